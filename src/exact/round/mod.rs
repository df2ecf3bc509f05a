//! Correct rounding of a real number that is given by enclosures, with its three outcomes; and
//! the error of a float in ulps. The nearest float to a rational is in `rational`; how a number
//! is enclosed is known to `elementary` and `real`.

mod decimal;
mod ulp;

pub use ulp::{UlpError, sign_of_zero_agrees, ulp, ulp_error};

use core::cmp::Ordering;

use super::enclosure::{Bound, Enclosure};
use super::rational::{Extended, Format, Rational, Tie, float_equal_to, nearest, nearest_dyadic};
use crate::Error;

/// The precision at which the search for a correct rounding stops, where the caller has no other.
pub const DEFAULT_CAP: u32 = 8192;

/// The result of correct rounding: to nearest, ties to even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounded<F> {
    /// The value is this float.
    Exact(F),
    /// The value is no float, and this is the nearest.
    Rounded(F),
    /// The value was still too near to a rounding boundary at this precision.
    Undecided {
        /// The working precision at which the search stopped.
        bits: u32,
    },
}

impl<F: Copy> Rounded<F> {
    /// The float, or `None` where the search stopped.
    pub fn value(&self) -> Option<F> {
        match *self {
            Self::Exact(x) | Self::Rounded(x) => Some(x),
            Self::Undecided { .. } => None,
        }
    }

    /// The float.
    ///
    /// # Errors
    /// [`Error::Undecided`] where the search stopped.
    pub fn decided(&self) -> Result<F, Error> {
        match *self {
            Self::Exact(x) | Self::Rounded(x) => Ok(x),
            Self::Undecided { bits } => Err(Error::Undecided {
                bits,
                question: "which float is nearest to the value",
            }),
        }
    }
}

/// The float nearest to a rational, and whether it is that rational.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Rounded, rational::parse_rational, round::round_rational};
///
/// assert_eq!(round_rational::<f64>(&parse_rational("0.5")?), Rounded::Exact(0.5));
/// assert_eq!(round_rational::<f64>(&parse_rational("0.1")?), Rounded::Rounded(0.1));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn round_rational<F: Format>(x: &Rational) -> Rounded<F> {
    match float_equal_to(x) {
        Some(float) => Rounded::Exact(float),
        None => Rounded::Rounded(nearest(x)),
    }
}

/// The float that every number of the enclosure rounds to, or `None` where they differ.
///
/// `strict` says that the value is known to be no dyadic number (irrational, say), so that it
/// lies strictly inside the enclosure: then an end on a rounding boundary decides too.
///
/// Rounding is to nearest, ties to even. A positive value below half of the least subnormal
/// number gives +0, such a negative value −0, and 0 itself +0. From MAX + ½ulp(MAX) on the
/// result is infinite.
///
/// # Examples
/// ```
/// use exact_loss::exact::enclosure::{Dyadic, Enclosure};
/// use exact_loss::exact::round::decide;
///
/// // 1 + 2^−53 lies halfway between two floats.
/// let tie = Dyadic::new(((1_u64 << 53) + 1).into(), -53)?;
/// let above = Dyadic::new(((1_u64 << 54) + 3).into(), -54)?;
/// let enclosure = Enclosure::new(tie, above)?;
/// assert_eq!(decide::<f64>(&enclosure, false), None);
/// assert_eq!(decide::<f64>(&enclosure, true), Some(1.0 + f64::EPSILON));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn decide<F: Format>(enclosure: &Enclosure, strict: bool) -> Option<F> {
    let strict = strict && !enclosure.is_point();
    let inward = |upwards: bool, bound: &Bound| {
        // An open interval's end on zero belongs to the side of the interval.
        match bound {
            Bound::NegativeInfinity => F::infinity(true),
            Bound::Infinity => F::infinity(false),
            Bound::Finite(x) if x.is_zero() => F::zero(strict && !upwards),
            Bound::Finite(x) => {
                let away = upwards == (x.sign() == Ordering::Greater);
                let tie = match (strict, away) {
                    (false, _) => Tie::Even,
                    (true, true) => Tie::AwayFromZero,
                    (true, false) => Tie::TowardsZero,
                };
                let negative = x.sign() == Ordering::Less;
                nearest_dyadic(negative, x.mantissa().magnitude(), x.exponent(), tie)
            }
        }
    };
    let lower = inward(true, enclosure.lower_bound());
    let upper = inward(false, enclosure.upper_bound());
    (lower.bits() == upper.bits()).then_some(lower)
}

/// Correct rounding by refinement (Ziv's strategy): exactness first, then enclosures at doubling
/// precision until one decides, or until the cap.
///
/// * `exact`: the value, where it is known to be rational. Then nothing is enclosed.
/// * `strict`: whether the value is known to be irrational. Then the search ends, though perhaps
///   beyond the cap: an irrational number is no rounding boundary.
/// * `enclose`: an enclosure of the value at a working precision. Its relative width is its own
///   affair; it should shrink with the precision.
/// * `cap`: the largest working precision.
///
/// A value that is no float but whose enclosure becomes a point is rounded as that rational.
///
/// # Errors
/// Those of `enclose`, but for [`Error::Undecided`], which becomes [`Rounded::Undecided`].
///
/// # Examples
/// ```
/// use exact_loss::exact::{Rounded, elementary::ln, rational::parse_rational};
/// use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement};
///
/// // ln 3 is irrational.
/// let three = parse_rational("3")?;
/// let rounded =
///     round_by_refinement::<f64>(None, true, |bits| ln(&three, bits), DEFAULT_CAP)?;
/// assert_eq!(rounded, Rounded::Rounded(1.0986122886681098));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn round_by_refinement<F: Format>(
    exact: Option<&Rational>,
    strict: bool,
    mut enclose: impl FnMut(u32) -> Result<Enclosure, Error>,
    cap: u32,
) -> Result<Rounded<F>, Error> {
    if let Some(x) = exact {
        return Ok(round_rational(x));
    }
    // One random value in 2^24 needs a second look.
    let mut bits = (F::PRECISION + 24).min(cap);
    loop {
        let enclosure = match enclose(bits) {
            Ok(enclosure) => enclosure,
            Err(Error::Undecided { bits, .. }) => return Ok(Rounded::Undecided { bits }),
            Err(other) => return Err(other),
        };
        if let Some(float) = decide::<F>(&enclosure, strict) {
            let exact = enclosure.is_point() && is_float(&enclosure, float);
            return Ok(if exact {
                Rounded::Exact(float)
            } else {
                Rounded::Rounded(float)
            });
        }
        if bits >= cap {
            return Ok(Rounded::Undecided { bits });
        }
        bits = bits.saturating_mul(2).min(cap);
    }
}

/// Whether the one number of a point is this float.
fn is_float<F: Format>(point: &Enclosure, float: F) -> bool {
    match (float.lift(), point.lower_bound()) {
        (Some(Extended::Finite(own)), Bound::Finite(x)) => x.cmp_rational(&own) == Ordering::Equal,
        _ => false,
    }
}
