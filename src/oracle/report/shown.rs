//! Numbers of a report as people read them: errors rounded up, and the right number of an
//! example as an expression. How a report is laid out is in `text`.

use core::fmt::Write as _;

use super::{Failure, Worst};
use crate::exact::Real;
use crate::losses::{Prediction, Target, Value};
use crate::oracle::judge::Number;
use crate::oracle::{Case, Dtype};

/// The most numbers that a case has whose right answer is written as an expression.
const MAX_NUMBERS: usize = 64;

/// The most characters of an expression, or of an input, that are shown.
const MAX_SHOWN: usize = 240;

/// The right number beside one that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its expression; `None` for a case of many numbers.
    pub expression: Option<String>,
    /// The nearest float; `None` where it is not found, or where there are many right numbers.
    pub nearest: Option<f64>,
}

impl Worst {
    /// The right number.
    #[must_use]
    pub fn exact(&self) -> Shown {
        exact(&self.case, self.part, Some(&self.number))
    }
}

impl Failure {
    /// The right number.
    #[must_use]
    pub fn exact(&self) -> Shown {
        exact(&self.case, self.part, self.number.as_ref())
    }
}

fn exact(case: &Case, part: &str, number: Option<&Number>) -> Shown {
    let nothing = Shown {
        expression: None,
        nearest: None,
    };
    let index = number.map_or(&[][..], |number| &number.index);
    let Ok(truth) = case.truth() else {
        return nothing;
    };
    let real: Option<&Real> = match (part, &truth.value, &truth.gradient) {
        ("value", Value::Reduced(value), _) => Some(value),
        ("value", Value::PerElement(values), _) => values.get(index),
        (_, _, Some(gradient)) => gradient.get(index),
        _ => None,
    };
    let Some(real) = real else {
        return nothing;
    };
    Shown {
        expression: (case.len() <= MAX_NUMBERS).then(|| cut(&real.to_string())),
        nearest: case.dtype.round(real).ok(),
    }
}

/// The start of a text that is long.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A number of ulps with three digits, rounded up.
pub(crate) fn ulps(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let nearest = format!("{x:.2e}");
    let (digits, exponent) = nearest.split_once('e').unwrap_or((&nearest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits: i64 = digits.replace('.', "").parse().unwrap_or_default();
    let below = nearest.parse().is_ok_and(|nearest: f64| nearest < x);
    let (digits, exponent) = match digits + i64::from(below) {
        1000 => (100, exponent + 1),
        digits => (digits, exponent),
    };
    match exponent {
        -4..0 => {
            let zeros = "0".repeat((-exponent - 1).unsigned_abs() as usize);
            format!("0.{zeros}{digits}")
        }
        0 => format!("{}.{:02}", digits / 100, digits % 100),
        1 => format!("{}.{}", digits / 10, digits % 10),
        2 => format!("{digits}"),
        _ => format!("{}.{:02}e{exponent}", digits / 100, digits % 100),
    }
}

/// A number of an answer as it is written.
pub(crate) fn float(dtype: Dtype, x: f64) -> String {
    let mut text = String::new();
    dtype.write(x, &mut text);
    text.trim_matches('"').to_owned()
}

/// The place in an array, nothing for a number alone.
pub(crate) fn place(index: &[usize]) -> String {
    match index {
        [] => String::new(),
        _ => {
            let index: Vec<String> = index.iter().map(ToString::to_string).collect();
            format!("[{}]", index.join(", "))
        }
    }
}

/// The input of a case, where it is short.
pub(crate) fn input(case: &Case) -> String {
    let number = |x: &crate::oracle::case::Number| {
        let mut text = String::new();
        case.dtype.write_input(x, &mut text);
        text.trim_matches('"').to_owned()
    };
    let mut text = match &case.prediction {
        _ if case.len() > MAX_NUMBERS => return format!("{} numbers", case.len()),
        Prediction::Values(space, values) => format!("{} {}", space.name(), values.map(number)),
        Prediction::Classes(classes) => format!("predictions {classes}"),
    };
    if let Some(name) = case.target_name() {
        // Writing to a string cannot fail.
        let _ = match &case.target {
            Target::None => Ok(()),
            Target::Labels(labels) => write!(text, ", {name} {labels}"),
            Target::Values(values) => write!(text, ", {name} {}", values.map(number)),
        };
    }
    for (name, setting) in case.params.iter() {
        let _ = write!(text, ", {name} {setting}");
    }
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::ulps;

    #[test]
    fn ulps_are_shown_rounded_up() {
        for (x, shown) in [
            (0.0, "0"),
            (0.5, "0.500"),
            (0.500_000_1, "0.501"),
            (0.000_123_4, "0.000124"),
            (1.0, "1.00"),
            (1.001, "1.01"),
            (9.999, "10.0"),
            (99.99, "100"),
            (1234.0, "1.24e3"),
            (4.6e15, "4.60e15"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(ulps(x), shown);
            assert!(ulps(x).parse::<f64>().is_ok_and(|shown| shown >= x), "{x}");
        }
    }
}
