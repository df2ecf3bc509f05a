//! Cases whose exact value lies very near to halfway between two numbers of the type: found by a
//! search that costs a bounded number of exact evaluations.
//!
//! One number x of a random case is moved by t steps of the type. Over a few thousand steps the value
//! f is a straight line to much less than an ulp: f(x + t·u) ≈ f(x) + t·u·f′(x), with both f(x) and
//! f′(x) from the exact twin. In units of 2^−64 ulp the fraction of this is a 64-bit number to which
//! each step adds the same, so the t at which it is nearest to ½ is found by additions alone. What the
//! straight line found is then evaluated exactly, and the nearest of all is kept.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive};

use super::super::{Case, Dtype};
use super::draft::{Draft, Parts, labels, prediction};
use super::pixels::{halfway_errors, jaccard_of_counts};
use super::pool::dyadic;
use super::recipes::Recipe;
use super::tags::Kind;
use crate::exact::rational::magnitude;
use crate::exact::{Extended, Rational, Real};
use crate::losses::{Entry, Prediction, Value};

/// How many exact evaluations a case may cost.
const BUDGET: usize = 64;

/// Halfway between two numbers, in 2^−64 ulp above the lower one.
const HALF: u64 = 1 << 63;

/// With how many bits to spare halfway is approached; the search ends as soon as it is as near as
/// this.
fn wanted_bits(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::F64 | Dtype::Exact => 20,
        Dtype::F32 => 12,
        Dtype::F16 => 8,
        Dtype::Bf16 => 6,
    }
}

/// A case of this loss whose value is hard to round.
pub(super) fn make(d: &mut Draft, entry: &'static Entry, recipe: &Recipe) -> Parts {
    if entry.name == "jaccard" {
        return of_counts(d);
    }
    let mut best = None;
    let mut spent = 0;
    while spent < BUDGET {
        let mut parts = (recipe.make)(d, Kind::Hard);
        parts.params.remove("reduction");
        if entry.name == "lovasz_extension" && d.turn.is_multiple_of(4) {
            return halfway(d, parts);
        }
        // A few starts in each case.
        for _ in 0..8 {
            spent += 2;
            let Some((moved, nearness)) = approach(d, entry, &parts) else {
                break;
            };
            if best.as_ref().is_none_or(|&(_, least)| nearness < least) {
                best = Some((moved, nearness));
            }
            if nearness >> (64 - wanted_bits(d.pool.dtype)) == 0 {
                spent = BUDGET;
                break;
            }
        }
        if spent >= BUDGET && best.is_none() {
            return parts;
        }
    }
    match best {
        Some((parts, _)) => parts,
        None => (recipe.make)(d, Kind::Random),
    }
}

/// Two foreground errors, so that the value is their mean.
fn halfway(d: &mut Draft, parts: Parts) -> Parts {
    Parts {
        prediction: prediction(parts.prediction.space(), &[2], halfway_errors(d)),
        target: labels(&[2], vec![1, 1]),
        ..parts
    }
}

/// A quotient of counts: with so many pixels in the union, that number of mispredicted ones at which
/// the loss is nearest to halfway.
fn of_counts(d: &mut Draft) -> Parts {
    let union = 65 + 2 * d.random().index(32);
    let nearness = |k: &usize| {
        let value = Rational::new((*k).into(), union.into());
        fraction(&value, d.pool.dtype).map_or(u64::MAX, |fraction| fraction.abs_diff(HALF))
    };
    let mispredicted = (1..union).min_by_key(nearness).unwrap_or(1);
    let least = (union - mispredicted).max(1);
    let labelled = least + d.random().index(union - least + 1);
    let added = union - labelled;
    jaccard_of_counts(labelled, mispredicted - added, added)
}

/// Moves one number of a case to where the value is near to halfway, and says how near, in 2^−64 ulp.
fn approach(d: &mut Draft, entry: &'static Entry, parts: &Parts) -> Option<(Parts, u64)> {
    let Prediction::Values(_, numbers) = &parts.prediction else {
        return None;
    };
    let p = d.pool.precision();
    let at = d.random().index(numbers.len());
    let x = numbers.iter().nth(at)?.as_ref()?.finite()?.clone();
    let top = magnitude(&x)?;
    let unit = top.max(d.pool.least_exponent()) - p + 1;
    // A random number of the same size and sign, with room for the steps.
    let steps = 1_i64 << (p * 5 / 16).min(16);
    let significand = (d.pool.significand() - steps).max(1 << (p - 1));
    let sign = if x < Rational::default() { -1 } else { 1 };
    let start = with(parts, at, &dyadic(sign * significand, unit));
    let (value, slope) = value_and_slope(d, entry, &start, at)?;
    let first = fraction(&value, d.pool.dtype)?;
    // What one step adds, in 2^−64 ulp of the value.
    let ulp = ulp_exponent(&value, d.pool.dtype)?;
    let added = low_bits(&(slope * dyadic(sign, unit - ulp)));
    let nearest = (0..steps as u64)
        .min_by_key(|&t| first.wrapping_add(t.wrapping_mul(added)).abs_diff(HALF))?;
    let found = dyadic(sign * (significand + nearest as i64), unit);
    let moved = with(parts, at, &found);
    let (value, _) = value_and_slope(d, entry, &moved, at)?;
    let nearness = fraction(&value, d.pool.dtype)?.abs_diff(HALF);
    Some((moved, nearness))
}

/// The parts with one number of the prediction replaced.
fn with(parts: &Parts, at: usize, x: &Rational) -> Parts {
    let mut parts = parts.clone();
    if let Prediction::Values(_, numbers) = &mut parts.prediction
        && let Some(number) = numbers.iter_mut().nth(at)
    {
        *number = Some(Extended::Finite(x.clone()));
    }
    parts
}

/// The value and its derivative by one number, each to far more bits than are looked at.
fn value_and_slope(
    d: &Draft,
    entry: &'static Entry,
    parts: &Parts,
    at: usize,
) -> Option<(Rational, Rational)> {
    let case = Case {
        id: String::new(),
        entry,
        dtype: d.pool.dtype,
        params: parts.params.clone(),
        prediction: parts.prediction.clone(),
        target: parts.target.clone(),
        dialect: None,
        tags: Vec::new(),
    };
    let truth = case.truth().ok()?;
    let Value::Reduced(value) = &truth.value else {
        return None;
    };
    let slope = truth.gradient.as_ref()?.iter().nth(at)?;
    Some((
        close_to(value, d.pool.dtype)?,
        close_to(slope, d.pool.dtype)?,
    ))
}

/// A rational within 2^−87 ulp of the number.
fn close_to(real: &Real, dtype: Dtype) -> Option<Rational> {
    if real.is_infinite() {
        return None;
    }
    match real.as_rational() {
        Some(exact) => Some(exact),
        None => real.enclose(dtype.precision() + 87).ok()?.lower().ok(),
    }
}

/// The exponent of the ulp of a number.
fn ulp_exponent(x: &Rational, dtype: Dtype) -> Option<i64> {
    let top = magnitude(x)?.max(i64::from(dtype.min_exponent()));
    Some(top - i64::from(dtype.precision()) + 1)
}

/// How far a number lies above the number of the type below it, in 2^−64 ulp.
fn fraction(x: &Rational, dtype: Dtype) -> Option<u64> {
    let ulp = ulp_exponent(x, dtype)?;
    Some(low_bits(&(x * dyadic(1, -ulp))))
}

/// The fraction of a number, in 2^−64.
fn low_bits(x: &Rational) -> u64 {
    let scaled = x * Rational::from_integer(BigInt::one() << 64_u32);
    let modulus = BigInt::one() << 64_u32;
    scaled
        .floor()
        .to_integer()
        .mod_floor(&modulus)
        .to_u64()
        .unwrap_or(0)
}
