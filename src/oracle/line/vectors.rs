//! The vectors: a choice of the generated cases with their answers, as one JSON file for each loss, for
//! those who cannot run the oracle. The files are committed beside the book's chapters; a test keeps
//! them as they are made here.

use core::fmt::Write as _;

use super::super::generate::{Options, cases, tags};
use super::super::{Answered, Case, Dtype, Shown};
use super::write::{each, nested, text};
use super::{write_answer, write_failure};
use crate::Error;
use crate::losses::Entry;

/// The version of the vectors. It is raised whenever a case is changed or taken out.
pub const VECTORS_VERSION: u32 = 1;

/// How many turns of all tags are taken in a type.
fn turns(dtype: Dtype) -> u64 {
    match dtype {
        Dtype::F64 => 2,
        _ => 1,
    }
}

/// The longest case that is taken, in bytes.
const MAX_CASE: usize = 1000;

/// The vectors of a loss: what the tags are about, then cases, each on a line of its own. A case is an
/// answer as `eval` gives it, without enclosure and condition, and with value and gradient also as
/// hexadecimal floats.
///
/// # Errors
/// [`Error::Undecided`] for a case whose answer is not found within the caps.
pub fn write_vectors(entry: &'static Entry, out: &mut String) -> Result<(), Error> {
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{{\n\"$schema\": \"schema.json\",\n\"version\": {VECTORS_VERSION},\n\"loss\": "
    );
    text(entry.name, out);
    out.push_str(",\n\"title\": ");
    text(entry.title, out);
    out.push_str(",\n\"flags\": {");
    for (i, tag) in tags(entry).enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        text(tag.name, out);
        out.push_str(": {\"note\": ");
        text(tag.note, out);
        out.push_str(", \"page\": ");
        text(tag.page, out);
        out.push('}');
    }
    out.push_str("\n},\n\"cases\": [");
    let mut is_first = true;
    for dtype in Dtype::ALL {
        let options = Options {
            dtype,
            count: Some(tags(entry).count() as u64 * turns(dtype)),
            ..Options::default()
        };
        for case in cases(entry, &options)? {
            let mut line = String::new();
            write_vector(&case, &mut line)?;
            if line.len() <= MAX_CASE {
                out.push_str(if is_first { "\n" } else { ",\n" });
                out.push_str(&line);
                is_first = false;
            }
        }
    }
    out.push_str("\n]\n}\n");
    Ok(())
}

/// One case with its answer.
fn write_vector(case: &Case, out: &mut String) -> Result<(), Error> {
    // A case that is too long without its answer need not be answered.
    if case.len() > MAX_CASE {
        out.extend(core::iter::repeat_n(' ', MAX_CASE + 1));
        return Ok(());
    }
    let truth = match case.truth() {
        Ok(truth) => truth,
        Err(error @ (Error::Undefined { .. } | Error::NotANumber { .. })) => {
            write_failure(&case.id, Some(case), &error, out);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let answered = Answered {
        value: truth.value()?,
        gradient: truth.gradient()?,
    };
    let shown = Shown {
        exact: truth.shown(case)?.exact,
        is_unique: truth.is_unique,
        ..Shown::default()
    };
    write_answer(case, &answered, Some(&shown), out);
    out.pop();
    out.push_str(",\"hex\":{\"value\":");
    each(&answered.value, out, &hexadecimal);
    if let Some(gradient) = &answered.gradient {
        out.push_str(",\"gradient\":");
        nested(gradient.view(), out, &hexadecimal);
    }
    out.push_str("}}");
    Ok(())
}

/// A float as a hexadecimal one in quotes.
fn hexadecimal(x: &f64, out: &mut String) {
    const FRACTION_BITS: u32 = 52;
    let sign = if x.is_sign_negative() { "-" } else { "" };
    let bits = x.to_bits() & !(1 << 63);
    let (fraction, field) = (bits & ((1 << FRACTION_BITS) - 1), bits >> FRACTION_BITS);
    let written = match (x.is_finite(), field, fraction) {
        (false, _, _) => write!(
            out,
            "\"{}\"",
            if x.is_nan() {
                "nan"
            } else if *x > 0.0 {
                "inf"
            } else {
                "-inf"
            }
        ),
        (_, 0, 0) => write!(out, "\"{sign}0x0p+0\""),
        _ => {
            // A subnormal number is written with its leading bit first, as a normal one.
            let (fraction, exponent) = match field {
                0 => {
                    let shift = fraction.leading_zeros() - (63 - FRACTION_BITS);
                    (
                        fraction << shift & ((1 << FRACTION_BITS) - 1),
                        -1022 - i64::from(shift),
                    )
                }
                _ => (fraction, field as i64 - 1023),
            };
            let digits = format!("{fraction:013x}");
            let digits = digits.trim_end_matches('0');
            let point = if digits.is_empty() { "" } else { "." };
            write!(out, "\"{sign}0x1{point}{digits}p{exponent:+}\"")
        }
    };
    // Writing to a string cannot fail.
    let _ = written;
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;
    use crate::exact::rational::parse_extended;
    use crate::oracle::{Dtype, as_float};

    #[test]
    fn hexadecimal_floats_read_back_as_they_were() {
        let known = [
            (1.0, "\"0x1p+0\""),
            (-0.15625, "\"-0x1.4p-3\""),
            (f64::MAX, "\"0x1.fffffffffffffp+1023\""),
            (f64::from_bits(1), "\"0x1p-1074\""),
            (f64::from_bits(3), "\"0x1.8p-1073\""),
            (-0.0, "\"-0x0p+0\""),
            (f64::NEG_INFINITY, "\"-inf\""),
        ];
        for (x, wanted) in known {
            let mut written = String::new();
            hexadecimal(&x, &mut written);
            assert_eq!(written, wanted);
            let read = parse_extended(written.trim_matches('"')).expect("a number");
            assert_eq!(as_float(Dtype::F64, &Some(read)), x);
        }
    }
}
