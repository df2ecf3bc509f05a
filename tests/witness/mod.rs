//! The witness from outside the crate: ln, exp and cross entropy as python-flint (Arb) encloses
//! and rounds them, in data that `generate.py` beside this file wrote.
//!
//! Both enclose the same number, so they have a number in common; ours has the width that was
//! asked for; and where the witness is much narrower, ours contains it. Rounded values agree
//! bit by bit.

mod values;

use exact_loss::Error;
use exact_loss::exact::enclosure::{Dyadic, Enclosure};
use exact_loss::exact::rational::{dot, parse_rational};
use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement, ulp_error};
use exact_loss::exact::{Format, Rational, Real, UlpError, elementary};
use exact_loss::losses::{CrossEntropy, Loss, Prediction, Target};
use ndarray::{Array1, Array2};
use num_bigint::BigInt;
use num_traits::{Num, One, Zero};

const ELEMENTARY: &str = include_str!("elementary.tsv");
const CROSS_ENTROPY: &str = include_str!("cross_entropy.tsv");

struct Row<'a> {
    text: &'a str,
    function: &'a str,
    arguments: &'a str,
    ball: Option<Enclosure>,
    f64: u64,
    f32: u64,
}

fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [function, _, arguments, lower, width, exponent, f64, f32] = fields[..] else {
                panic!("not eight fields: {line}");
            };
            let bits = |text: &str| u64::from_str_radix(text, 16).expect("bits");
            Row {
                text: line,
                function,
                arguments,
                ball: (lower != "-").then(|| ball(lower, width, exponent)),
                f64: bits(f64),
                f32: bits(f32),
            }
        })
}

fn ball(lower: &str, width: &str, exponent: &str) -> Enclosure {
    let integer = |text: &str| BigInt::from_str_radix(text, 16).expect("hexadecimal");
    let end = |mantissa| Dyadic::new(mantissa, exponent.parse().expect("an exponent"));
    let (lower, width) = (integer(lower), integer(width));
    let upper = &lower + width;
    end(lower)
        .and_then(|lower| Enclosure::new(lower, end(upper)?))
        .expect("an enclosure")
}

fn list(text: &str) -> Vec<Rational> {
    text.split(' ')
        .map(|x| parse_rational(x).expect("a rational"))
        .collect()
}

/// The value of a row at a working precision.
fn enclose(row: &Row<'_>, bits: u32) -> Result<Enclosure, Error> {
    match row.function {
        "ln" => elementary::ln(&list(row.arguments)[0], bits),
        "exp" => elementary::exp(&list(row.arguments)[0], bits),
        "nll" => Ok(elementary::ln(&list(row.arguments)[0], bits)?.neg()),
        "mean_nll" => {
            let p = list(row.arguments);
            let logs = logs(&p, bits)?;
            let count = Rational::from_integer(p.len().into());
            Ok(Enclosure::sum(&logs, bits + 8).scale(&-count.recip(), bits + 8))
        }
        "soft" => {
            let (q, p) = row
                .arguments
                .split_once(';')
                .expect("targets; probabilities");
            let logs = logs(&list(p), bits)?;
            let terms = list(q)
                .into_iter()
                .zip(&logs)
                .map(|(q, ln)| ln.scale(&-q, bits + 8));
            Ok(Enclosure::sum(&terms.collect::<Vec<_>>(), bits + 8))
        }
        "logits" => {
            let (target, z) = row.arguments.split_once(';').expect("target; logits");
            logits(&list(z), target.parse().expect("an index"), bits)
        }
        other => panic!("no function {other}"),
    }
}

fn logs(p: &[Rational], bits: u32) -> Result<Vec<Enclosure>, Error> {
    p.iter().map(|p| elementary::ln(p, bits + 8)).collect()
}

/// max − z_t + ln(1 + Σ exp(z_j − max)), where the sum leaves out one largest logit, the target
/// if it is one.
fn logits(z: &[Rational], target: usize, bits: u32) -> Result<Enclosure, Error> {
    let largest = z.iter().max().expect("logits");
    let left_out = if z[target] == *largest {
        target
    } else {
        z.iter().position(|z| z == largest).expect("the largest")
    };
    let rest = z.iter().enumerate().filter(|(j, _)| *j != left_out);
    let terms: Result<Vec<_>, Error> = rest
        .map(|(_, z)| elementary::exp(&(z - largest), bits + 8))
        .collect();
    let ln = elementary::ln_1p_enclosure(&Enclosure::sum(&terms?, bits + 8), bits + 8)?;
    Ok(ln.add_rational(&(largest - &z[target]), bits + 8))
}

fn rounds_as<F: Format>(row: &Row<'_>, strict: bool, wanted: u64) {
    let rounded = round_by_refinement::<F>(None, strict, |bits| enclose(row, bits), DEFAULT_CAP);
    let float = rounded.expect("defined").value().expect("decided");
    assert_eq!(float.bits(), wanted, "{}: {}", F::NAME, row.text);
    // What the witness rounded to lies within half an ulp of the witness's own ball.
    if let (Some(ball), true) = (&row.ball, wanted != F::infinity(false).bits())
        && let Ok(UlpError::Ulps { upper, .. }) = ulp_error(float, ball)
    {
        assert!(upper * BigInt::from(2) <= Rational::one(), "{}", row.text);
    }
}

#[test]
fn every_enclosure_of_ln_and_exp_contains_the_witness() {
    let mut checked = [0, 0];
    for row in rows(ELEMENTARY) {
        let ball = row.ball.as_ref().expect("every elementary row has a ball");
        for bits in [53, 128, 256, 512] {
            let ours = enclose(&row, bits).expect("defined");
            assert!(ours.intersects(ball), "{bits}: {ours}: {}", row.text);
            assert!(ours.encloses(ball), "{bits}: {ours}: {}", row.text);
            assert!(
                ours.relative_width_at_most(bits),
                "{bits}: {ours}: {}",
                row.text
            );
        }
        checked[usize::from(row.function == "exp")] += 1;
    }
    assert!(checked[0] >= 700 && checked[1] >= 700, "{checked:?}");
}

#[test]
fn every_enclosure_of_cross_entropy_meets_the_witness() {
    let mut checked = 0;
    for row in rows(CROSS_ENTROPY) {
        let Some(ball) = &row.ball else { continue };
        for bits in [53, 128, 256, 512] {
            let ours = enclose(&row, bits).expect("defined");
            assert!(ours.intersects(ball), "{bits}: {ours}: {}", row.text);
            // The terms are of one sign, so nothing is lost in their sum.
            assert!(
                ours.relative_width_at_most(bits - 1),
                "{bits}: {ours}: {}",
                row.text
            );
        }
        checked += 1;
    }
    assert!(checked >= 800, "{checked}");
}

#[test]
fn every_ln_and_exp_rounds_as_the_witness_did() {
    for row in rows(ELEMENTARY) {
        // exp 0 and ln 1 are the only rational values.
        let x = &list(row.arguments)[0];
        let strict = if row.function == "ln" {
            !x.is_one()
        } else {
            !x.is_zero()
        };
        rounds_as::<f64>(&row, strict, row.f64);
        rounds_as::<f32>(&row, strict, row.f32);
    }
}

#[test]
fn every_cross_entropy_rounds_as_the_witness_did() {
    for row in rows(CROSS_ENTROPY) {
        rounds_as::<f64>(&row, true, row.f64);
        rounds_as::<f32>(&row, true, row.f32);
    }
}

/// The same rows by the exact twin, whose formulas and canonical forms are others.
fn exact_twin(row: &Row<'_>) -> Real {
    let array =
        |shape, values: &str| Array2::from_shape_vec(shape, list(values)).expect("a matrix");
    let width = |values: &str| (1, values.split(' ').count());
    let loss = CrossEntropy::new();
    let value = match (row.function, row.arguments.split_once(';')) {
        ("nll" | "mean_nll", None) => {
            // One class, whose probability is that of the label.
            let p = array((width(row.arguments).1, 1), row.arguments);
            let labels = Array1::zeros(p.nrows());
            loss.exact(Prediction::probabilities(&p), Target::labels(&labels))
        }
        ("soft", Some((q, p))) => {
            let (q, p) = (array(width(q), q), array(width(p), p));
            loss.exact(Prediction::probabilities(&p), Target::values(&q))
        }
        ("logits", Some((target, z))) => {
            let z = array(width(z), z);
            let labels = Array1::from_elem(1, target.parse().expect("an index"));
            loss.exact(Prediction::logits(&z), Target::labels(&labels))
        }
        other => panic!("no cross entropy: {other:?}"),
    };
    value.expect("defined").reduced().expect("a mean")
}

#[test]
fn the_exact_twin_of_cross_entropy_rounds_as_the_witness_did() {
    for row in rows(CROSS_ENTROPY) {
        let value = exact_twin(&row);
        let f64 = value
            .round::<f64>()
            .expect("a number")
            .decided()
            .expect("decided");
        let f32 = value
            .round::<f32>()
            .expect("a number")
            .decided()
            .expect("decided");
        assert_eq!((f64.bits(), f32.bits()), (row.f64, row.f32), "{}", row.text);
        if let Some(ball) = &row.ball {
            for bits in [53, 128, 256, 512] {
                let ours = value.enclose(bits).expect("a number");
                assert!(ours.intersects(ball), "{bits}: {ours}: {}", row.text);
            }
        }
    }
}

#[test]
fn the_soft_targets_of_the_witness_sum_to_one() {
    for row in rows(CROSS_ENTROPY).filter(|row| row.function == "soft") {
        let (q, _) = row
            .arguments
            .split_once(';')
            .expect("targets; probabilities");
        let one = Rational::one();
        assert_eq!(dot(list(q).iter().map(|q| (q, &one))), one);
    }
}

#[test]
fn the_witness_covers_what_it_says() {
    let text = [ELEMENTARY, CROSS_ENTROPY].concat();
    let tags: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(f, rest)| (f, rest.split('\t').next().unwrap_or("")))
        .collect();
    assert!(tags.len() >= 2000);
    for (function, tag) in [
        ("ln", "near-one"),
        ("ln", "power-of-two"),
        ("ln", "huge"),
        ("ln", "tiny"),
        ("ln", "subnormal"),
        ("exp", "subnormal"),
        ("exp", "subnormal-f32"),
        ("exp", "huge"),
        ("exp", "tiny"),
        ("logits", "saturated"),
        ("logits", "extreme"),
    ] {
        let count = tags
            .iter()
            .filter(|found| **found == (function, tag))
            .count();
        assert!(count >= 20, "{function} {tag}: {count}");
    }
    for function in ["ln", "exp"] {
        // Runs of 26 or more equal bits after the 53rd, where chance gives 2^−25.
        let hard = tags.iter().filter(|(f, tag)| {
            let run = tag
                .strip_prefix("hard:")
                .and_then(|run| run.parse::<u32>().ok());
            *f == function && run.is_some_and(|run| run >= 26)
        });
        assert!(hard.count() >= 20, "{function}");
    }
}
