//! The limit of the error, and how much of it an ill-conditioned number is given. What is compared
//! with it is in `number`.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use num_traits::{One, Signed, Zero};

use crate::Error;
use crate::exact::ratio::{compare, divide, multiply};
use crate::exact::rational::{from_dyadic, magnitude, nearest, parse_rational};
use crate::exact::{Enclosure, Extended, Format, Lift, Rational};
use crate::oracle::Dtype;

/// The largest error of an answer, in ulps of the right number, that counts as right: 4 where
/// nothing else is said.
///
/// # Examples
/// ```
/// use exact_loss::oracle::Limit;
///
/// assert_eq!(Limit::default(), "4".parse()?);
/// assert_eq!("0.5".parse::<Limit>()?, "1/2".parse()?);
/// assert!("-1".parse::<Limit>().is_err());
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    ulps: Rational,
    /// The float below or at the limit, and that above or at it.
    ends: (f64, f64),
}

impl Limit {
    /// This many ulps.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a negative number.
    pub fn new(ulps: Rational) -> Result<Self, Error> {
        if ulps.is_negative() {
            return Err(Error::Parameter {
                name: "max-ulps",
                got: ulps.to_string(),
                wanted: "a number of ulps ≥ 0, such as 4, 0.5 or 1/2".to_owned(),
            });
        }
        let ends = (rounded_down(&ulps), rounded_up(&ulps));
        Ok(Self { ulps, ends })
    }

    /// The number of ulps.
    #[must_use]
    pub fn ulps(&self) -> &Rational {
        &self.ulps
    }

    /// This limit times a factor.
    pub(super) fn scaled(&self, factor: &Rational) -> Self {
        let ulps = multiply(&self.ulps, factor);
        let ends = (rounded_down(&ulps), rounded_up(&ulps));
        Self { ulps, ends }
    }

    /// Whether an error between two ends is within the limit; `None` where the ends differ.
    pub(super) fn admits(&self, lower: &Rational, upper: &Rational) -> Option<bool> {
        if compare(upper, &self.ulps) != Ordering::Greater {
            Some(true)
        } else if compare(lower, &self.ulps) == Ordering::Greater {
            Some(false)
        } else {
            None
        }
    }

    /// [`Limit::admits`] of ends in floats.
    pub(super) fn admits_floats(&self, (lower, upper): (f64, f64)) -> Option<bool> {
        if upper <= self.ends.0 {
            Some(true)
        } else if lower > self.ends.1 {
            Some(false)
        } else {
            None
        }
    }

    /// The limit in floats, rounded up.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.ends.1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            ulps: Rational::from_integer(4.into()),
            ends: (4.0, 4.0),
        }
    }
}

impl From<u32> for Limit {
    fn from(ulps: u32) -> Self {
        Self {
            ulps: Rational::from_integer(ulps.into()),
            ends: (ulps.into(), ulps.into()),
        }
    }
}

impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(parse_rational(text)?)
    }
}

/// As it was given where that is short, else as a decimal.
impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ends.0 == self.ends.1 {
            write!(formatter, "{}", self.ends.0)
        } else {
            write!(formatter, "{}", self.ulps)
        }
    }
}

/// The least float at or above a rational.
pub(super) fn rounded_up(x: &Rational) -> f64 {
    let float = nearest::<f64>(x);
    match float.lift() {
        Some(Extended::Finite(lifted)) if compare(&lifted, x) == Ordering::Less => float.next_up(),
        Some(Extended::NegativeInfinity) => f64::MIN,
        _ => float,
    }
}

/// The greatest float at or below a rational.
pub(super) fn rounded_down(x: &Rational) -> f64 {
    -rounded_up(&-x)
}

/// The greatest float at or below x·2^exponent and the least at or above y·2^exponent; `None` where a float
/// would be subnormal or too large.
pub(super) fn floats_around(x: u128, y: u128, exponent: i64) -> Option<(f64, f64)> {
    let scaled = |leading: u128, dropped: u32| {
        let exponent = i32::try_from(exponent + i64::from(dropped)).ok()?;
        // 2^53 at most, which is a float.
        let float = leading as f64 * f64::encode(false, 1, exponent)?;
        (leading == 0 || float.is_normal()).then_some(float)
    };
    let ((below, cut_below), (above, cut_above)) = (leading_bits(x), leading_bits(y));
    let is_cut = above << cut_above != y;
    Some((
        scaled(below, cut_below)?,
        scaled(above + u128::from(is_cut), cut_above)?,
    ))
}

/// The leading 53 bits of an integer, and how many bits come after them.
fn leading_bits(x: u128) -> (u128, u32) {
    let dropped = (128 - x.leading_zeros()).saturating_sub(f64::MANTISSA_DIGITS);
    (x >> dropped, dropped)
}

/// By how much the limit of a number grows that is computed from terms whose magnitudes add up to
/// `size`: by size/|y|, but not so far that the error exceeds the limit times
/// size·2^(1−PRECISION), which is what that means for a number below the normal ones and for 0.
/// 1 where the size is not known to be finite.
pub(super) fn scale(dtype: Dtype, size: f64, y: &Enclosure) -> Rational {
    let Some(Extended::Finite(size)) = size.lift() else {
        return Rational::one();
    };
    let unit = |top: i64| {
        let top = top.max(dtype.min_exponent().into());
        from_dyadic(One::one(), top - i64::from(dtype.precision()) + 1)
    };
    let magnitude_of = |x: Result<Rational, Error>| x.ok().map(|x| x.abs());
    let ends = [magnitude_of(y.lower()), magnitude_of(y.upper())];
    let [Some(lower), Some(upper)] = ends else {
        return Rational::one();
    };
    let lesser = |a: Rational, b: Rational| match compare(&a, &b) {
        Ordering::Greater => b,
        _ => a,
    };
    let least = if y.contains_zero() {
        Rational::zero()
    } else {
        lesser(lower, upper)
    };
    let ulp = unit(magnitude(&least).unwrap_or(i64::MIN));
    let step = from_dyadic(One::one(), 1 - i64::from(dtype.precision()));
    let absolute = divide(&multiply(&size, &step), &ulp);
    let factor = if least.is_zero() {
        absolute
    } else {
        lesser(absolute, divide(&size, &least))
    };
    match compare(&factor, &Rational::one()) {
        Ordering::Less => Rational::one(),
        _ => factor,
    }
}
