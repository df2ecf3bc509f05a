//! One number of an answer against the exact one: a class of failure, or an error in ulps that is
//! on one side of the limit. What the numbers of a case amount to is said beside this file.

use core::cmp::Ordering;

use num_traits::{One, Signed};

use super::limit::{Limit, floats_around, rounded_down, rounded_up, scale};
use super::{Class, Fault};
use crate::Error;
use crate::exact::rational::{from_dyadic, magnitude};
use crate::exact::{Enclosure, Extended, Lift, Rational, Real, UlpError, ratio};
use crate::oracle::Dtype;

/// Bits that the first enclosure has beyond those of the type.
const GUARD: u32 = 16;

/// The working precision at which a verdict that is still open becomes [`Class::Undecided`].
pub const MAX_JUDGE_BITS: u32 = 1 << 13;

/// What is said of one number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) class: Class,
    pub(super) fault: Option<Fault>,
    /// Between how many ulps the error lies, where there is a number to give.
    pub(super) ulps: Option<(f64, f64)>,
}

impl Judged {
    /// What is said where no enclosure was found within the caps.
    pub(super) const UNDECIDED: Self = Self {
        class: Class::Undecided,
        fault: None,
        ulps: None,
    };

    fn fault(fault: Fault) -> Self {
        Self {
            class: Class::Outside,
            fault: Some(fault),
            ulps: None,
        }
    }
}

/// Whether the sign of a zero counts where the number is 0 exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// Only +0 is right, as of a value.
    Positive,
    /// Both are right, as of a component of a gradient.
    Either,
    /// Both are right whatever the number: it could be of either sign within the limit.
    Ignored,
}

/// Judges one number.
///
/// # Errors
/// [`Error::Undecided`] where the number is not enclosed within the caps.
pub(super) fn compare(
    dtype: Dtype,
    got: f64,
    exact: &Real,
    limit: &Limit,
    zero: Zero,
) -> Result<Judged, Error> {
    if got.is_nan() {
        return Ok(Judged::fault(Fault::NotANumber));
    }
    if exact.is_infinite() {
        let negative = exact.sign()? == Ordering::Less;
        return Ok(if got.is_infinite() && got.is_sign_negative() == negative {
            Judged {
                class: Class::Within,
                fault: None,
                ulps: Some((0.0, 0.0)),
            }
        } else {
            Judged::fault(Fault::Infinite)
        });
    }
    if let Some(judged) = compare_with_ball(dtype, got, exact, limit, zero) {
        return Ok(judged);
    }
    let mut bits = dtype.precision() + GUARD;
    loop {
        let enclosure = enclose(dtype, exact, bits)?;
        if got == 0.0 && bits == dtype.precision() + GUARD {
            let sign = enclosure.sign().map_or_else(|| exact.sign(), Ok)?;
            if is_wrong_zero(got, sign, zero) {
                return Ok(Judged::fault(Fault::SignOfZero));
            }
        }
        match dtype.ulp_error(got, &enclosure) {
            Ok(UlpError::NotANumber) => return Ok(Judged::fault(Fault::NotANumber)),
            Ok(UlpError::WrongInfinity) => return Ok(Judged::fault(Fault::Infinite)),
            Ok(UlpError::Ulps { lower, upper }) => {
                let class = match limit.admits(&lower, &upper) {
                    Some(true) => Class::Within,
                    Some(false) => Class::Outside,
                    None if bits >= MAX_JUDGE_BITS => Class::Undecided,
                    None => {
                        bits *= 2;
                        continue;
                    }
                };
                return Ok(Judged {
                    class,
                    fault: (class == Class::Outside).then_some(Fault::Ulps),
                    ulps: Some((rounded_down(&lower), rounded_up(&upper))),
                });
            }
            // Too wide to say whether the number rounds to an infinity.
            Err(Error::Undecided { .. }) if bits < MAX_JUDGE_BITS => bits *= 2,
            Err(error) => return Err(error),
        }
    }
}

/// Whether a zero has the wrong sign for a number of this sign.
fn is_wrong_zero(got: f64, exact: Ordering, zero: Zero) -> bool {
    let is_wrong = match exact {
        Ordering::Greater => got.is_sign_negative(),
        Ordering::Less => got.is_sign_positive(),
        Ordering::Equal => got.is_sign_negative() && zero == Zero::Positive,
    };
    is_wrong && zero != Zero::Ignored
}

/// What is said of a number that a ball around the exact one tells.
fn compare_with_ball(
    dtype: Dtype,
    got: f64,
    exact: &Real,
    limit: &Limit,
    zero: Zero,
) -> Option<Judged> {
    let ball = exact.ball()?;
    let distance = dtype.distance(got, ball)?;
    if got == 0.0 && is_wrong_zero(got, ball.sign(), zero) {
        return Some(Judged::fault(Fault::SignOfZero));
    }
    if distance.lower == 0 && distance.upper > 0 {
        // The answer may be exactly right.
        return None;
    }
    let ulps = floats_around(distance.lower, distance.upper, distance.exponent)?;
    let is_within = limit.admits_floats(ulps)?;
    Some(Judged {
        class: if is_within {
            Class::Within
        } else {
            Class::Outside
        },
        fault: (!is_within).then_some(Fault::Ulps),
        ulps: Some(ulps),
    })
}

/// The same where the number is computed from terms whose magnitudes add up to `size`, with the
/// limit that it then has.
///
/// # Errors
/// As [`compare`].
pub(super) fn compare_scaled(
    dtype: Dtype,
    got: f64,
    exact: &Real,
    limit: &Limit,
    (size, zero): (f64, Zero),
) -> Result<(Judged, Limit), Error> {
    let zero = if could_be_of_either_sign(dtype, exact, limit, size)? {
        Zero::Ignored
    } else {
        zero
    };
    let enclosure = enclose(dtype, exact, dtype.precision() + GUARD)?;
    let limit = limit.scaled(&scale(dtype, size, &enclosure));
    let judged = compare(dtype, got, exact, &limit, zero)?;
    Ok((judged, limit))
}

/// Whether the number is within the limit of 0, in ulps of the `size` of its terms, were there
/// floats as small as these.
fn could_be_of_either_sign(
    dtype: Dtype,
    exact: &Real,
    limit: &Limit,
    size: f64,
) -> Result<bool, Error> {
    let size = size.lift();
    let Some(top) = size.as_ref().and_then(Extended::finite).and_then(magnitude) else {
        return Ok(false);
    };
    let ulp = top - i64::from(dtype.precision()) + 1;
    let enclosure = exact.enclose_above(GUARD, ulp - i64::from(GUARD))?;
    let admitted = ratio::multiply(limit.ulps(), &from_dyadic(One::one(), ulp));
    let is_admitted = |end: Rational| ratio::compare(&end.abs(), &admitted) != Ordering::Greater;
    Ok(is_admitted(enclosure.upper()?) && is_admitted(enclosure.lower()?))
}

/// An enclosure that is narrow beside the number, or beside the least ulp of the type.
fn enclose(dtype: Dtype, exact: &Real, bits: u32) -> Result<Enclosure, Error> {
    exact.enclose_above(bits, i64::from(dtype.min_exponent()) - i64::from(bits))
}
