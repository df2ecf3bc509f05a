//! Predictions of each class of cases: rows of logits or probabilities, and single ones. What they are
//! compared with is said in the families.

use super::super::Number;
use super::draft::Draft;
use super::pool::{dyadic, one, zero};
use super::tags::Kind;
use crate::exact::Extended;
use crate::losses::Space;

/// A row of predictions.
pub(super) fn row(
    d: &mut Draft,
    kind: Kind,
    space: Space,
    classes: usize,
    label: usize,
) -> Vec<Number> {
    if space == Space::Logits {
        logits(d, kind, classes, label)
    } else {
        probabilities(d, kind, classes, label)
    }
}

fn logits(d: &mut Draft, kind: Kind, classes: usize, label: usize) -> Vec<Number> {
    match kind {
        Kind::Edge => {
            let mut row = d.numbers(classes, |d, _| edge_logit(d));
            let other = (label + 1) % classes;
            if other != label && d.random().once_in(4) {
                row[other] = Some(Extended::NegativeInfinity);
            }
            row
        }
        Kind::Spaced => {
            let mut row = vec![zero(); classes];
            row[label] = spaced_logit(d);
            row
        }
        Kind::Ties => {
            let values = [d.pool.signed(8), d.pool.signed(8)];
            let all_equal = d.random().once_in(2);
            d.numbers(classes, |d, _| {
                values[if all_equal { 0 } else { d.random().index(2) }].clone()
            })
        }
        Kind::Saturation => {
            let mut row = d.numbers(classes, |d, _| d.pool.signed(1));
            let sure = if d.random().once_in(3) {
                (label + 1) % classes
            } else {
                label
            };
            let gap = gap(d);
            row[sure] = d.pool.integer(gap);
            row
        }
        Kind::Cancellation => {
            // Numbers a few steps apart, where a step is 1/4.
            let significand = d.pool.significand();
            let sign = d.random().pick(&[-1, 1]);
            let offset = d.pool.scaled(sign * significand, -2);
            d.numbers(classes, |d, _| {
                let steps = d.random().between(-12, 12);
                d.pool.steps(&offset, steps)
            })
        }
        Kind::Subnormals => d.numbers(classes, |d, _| {
            let sign = d.random().pick(&[-1, 1]);
            subnormal(d, sign)
        }),
        _ => {
            let scale = d.random().pick(&[1, 4, 16]);
            d.numbers(classes, |d, _| d.pool.signed(scale))
        }
    }
}

fn probabilities(d: &mut Draft, kind: Kind, classes: usize, label: usize) -> Vec<Number> {
    match kind {
        Kind::Edge => d.numbers(classes, |d, _| edge_probability(d)),
        Kind::Spaced => {
            let mut row = d.pool.rounded_distribution(classes);
            row[label] = spaced_probability(d);
            row
        }
        Kind::Ties => vec![d.pool.ratio(1, classes as i64); classes],
        Kind::Saturation => {
            let sure = d.random().index(classes);
            let precision = d.pool.precision();
            let bits = d.random().between(4, precision);
            let mut row = d.numbers(classes, |d, _| {
                let least = d.pool.least_exponent();
                d.pool.magnitude(least, -bits)
            });
            row[sure] = d.pool.near(&(dyadic(1, 0) - dyadic(1, -bits)));
            row
        }
        Kind::Cancellation => {
            // Where −ln p − 1 is nearly 0.
            let near = d.pool.read("0.36787944117144232159552377016146");
            d.numbers(classes, |d, _| {
                let steps = d.random().between(-3, 3);
                d.pool.steps(&near, steps)
            })
        }
        Kind::Subnormals => d.numbers(classes, |d, _| subnormal(d, 1)),
        _ if d.random().once_in(8) => d.numbers(classes, |d, _| d.pool.unit()),
        _ if d.random().once_in(2) => d.pool.distribution(classes),
        _ => d.pool.rounded_distribution(classes),
    }
}

/// A number below the least normal one.
pub(super) fn subnormal(d: &mut Draft, sign: i64) -> Number {
    let most = (1_i64 << (d.pool.precision() - 1)) - 1;
    let most_bits = d.pool.precision() - 1;
    let bits = d.random().between(1, most_bits);
    let significand = d.random().between(1, most >> (most_bits - bits));
    let unit = d.pool.unit_exponent();
    d.pool.scaled(sign * significand, unit)
}

/// How far a logit is above the others where the rest is lost in rounding: beyond ½ ulp of 1 in
/// each type, and where exp overflows and underflows.
pub(super) fn gap(d: &mut Draft) -> i64 {
    d.random()
        .pick(&[6, 9, 12, 15, 17, 20, 37, 40, 89, 104, 300, 710, 746, 10_000])
}

pub(super) fn edge_logit(d: &mut Draft) -> Number {
    let sign = d.random().pick(&[-1, 1]);
    let unit = d.pool.unit_exponent();
    match d.random().below(8) {
        0 => zero(),
        1 => d.pool.scaled(sign, unit),
        2 => d.pool.scaled(sign, d.pool.least_exponent()),
        3 => d.pool.integer(sign),
        4 => {
            let steps = d.random().between(-1, 1);
            let one = d.pool.integer(sign);
            d.pool.steps(&one, steps)
        }
        5 => d.pool.near(&(dyadic(sign, 0) * d.pool.largest())),
        6 => d.pool.scaled(sign, -d.pool.precision()),
        // The ends of exp in f16, f32 and f64.
        _ => {
            let end = d.random().pick(&[
                "11.089866",
                "-16.635532",
                "-17.328679",
                "88.72283",
                "-103.972084",
                "-87.33654",
                "709.782712893384",
                "-745.133219101941",
                "-708.396418532264",
            ]);
            d.pool.read(end)
        }
    }
}

pub(super) fn edge_probability(d: &mut Draft) -> Number {
    match d.random().below(7) {
        0 => d.pool.scaled(1, d.pool.unit_exponent()),
        1 => d.pool.scaled(1, d.pool.least_exponent()),
        2 => d.pool.ratio(1, 2),
        3 => {
            let half = d.pool.ratio(1, 2);
            let steps = d.random().pick(&[-1, 1]);
            d.pool.steps(&half, steps)
        }
        4 => d
            .pool
            .near(&(dyadic(1, 0) - dyadic(1, -d.pool.precision()))),
        5 => one(),
        _ => {
            let clamp = d
                .random()
                .pick(&["1e-7", "1e-8", "1e-12", "1e-15", "1e-38", "3.8e-44"]);
            d.pool.read(clamp)
        }
    }
}

/// The exponents from `low` to `high` in turns that leave no large gap.
fn spaced(d: &Draft, low: i64, high: i64) -> i64 {
    let count = low.abs_diff(high) + 1;
    // The golden ratio's share of the count, over and over.
    low + ((u128::from(d.turn) * u128::from(count) * 618_034 / 1_000_000) % u128::from(count))
        as i64
}

pub(super) fn spaced_logit(d: &mut Draft) -> Number {
    let low = -d.pool.precision() - 4;
    let e = spaced(d, low, 14);
    let sign = d.random().pick(&[-1, 1]);
    let significand = d.pool.significand();
    d.pool
        .scaled(sign * significand, e - d.pool.precision() + 1)
}

pub(super) fn spaced_probability(d: &mut Draft) -> Number {
    let e = spaced(d, d.pool.unit_exponent(), -1);
    let significand = d.pool.significand();
    d.pool.scaled(significand, e - d.pool.precision() + 1)
}
