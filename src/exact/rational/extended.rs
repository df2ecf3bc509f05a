//! Rationals with ±∞, and the trait that lifts every number type into them. How a float's bits
//! are laid out is in `format`.

use core::fmt;

use num_bigint::BigInt;

use super::{Decoded, Format, Rational, from_dyadic};

/// A rational or ±∞: what an input of an exact twin may hold.
///
/// The order is that of the extended real line.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Extended, Lift};
///
/// let half = 0.5_f64.lift().expect("not NaN");
/// assert_eq!(half.to_string(), "1/2");
/// assert!(Extended::NegativeInfinity < half && half < Extended::Infinity);
/// assert_eq!(f64::NAN.lift(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extended {
    /// −∞.
    NegativeInfinity,
    /// A rational number.
    Finite(Rational),
    /// +∞.
    Infinity,
}

impl Extended {
    /// Whether this is a rational.
    pub fn is_finite(&self) -> bool {
        matches!(self, Self::Finite(_))
    }

    /// The rational, or `None` for ±∞.
    pub fn finite(&self) -> Option<&Rational> {
        match self {
            Self::Finite(x) => Some(x),
            _ => None,
        }
    }

    /// The rational, or `None` for ±∞, without a copy.
    pub fn into_finite(self) -> Option<Rational> {
        match self {
            Self::Finite(x) => Some(x),
            _ => None,
        }
    }
}

impl fmt::Display for Extended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeInfinity => f.pad("-inf"),
            Self::Finite(x) => fmt::Display::fmt(x, f),
            Self::Infinity => f.pad("inf"),
        }
    }
}

impl From<Rational> for Extended {
    fn from(x: Rational) -> Self {
        Self::Finite(x)
    }
}

impl From<i64> for Extended {
    fn from(x: i64) -> Self {
        Self::Finite(Rational::from_integer(BigInt::from(x)))
    }
}

/// A number that can be read without loss as a rational or ±∞.
pub trait Lift {
    /// The same number, exactly; `None` for NaN. −0 is read as 0.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::Lift;
    ///
    /// // 0.1 in f32 is this very number.
    /// assert_eq!(0.1_f32.lift().expect("not NaN").to_string(), "13421773/134217728");
    /// assert_eq!(f32::INFINITY.lift().expect("not NaN").to_string(), "inf");
    /// ```
    fn lift(&self) -> Option<Extended>;
}

/// [`Lift::lift`] of a float, from its bits.
pub(super) fn lift_float<F: Format>(x: F) -> Option<Extended> {
    match x.decode() {
        Decoded::NotANumber => None,
        Decoded::Infinite { negative: true } => Some(Extended::NegativeInfinity),
        Decoded::Infinite { negative: false } => Some(Extended::Infinity),
        Decoded::Finite {
            negative,
            significand,
            exponent,
        } => {
            let magnitude = BigInt::from(significand);
            let mantissa = if negative { -magnitude } else { magnitude };
            Some(Extended::Finite(from_dyadic(mantissa, i64::from(exponent))))
        }
    }
}

impl Lift for Rational {
    fn lift(&self) -> Option<Extended> {
        Some(Extended::Finite(self.clone()))
    }
}

impl Lift for Extended {
    fn lift(&self) -> Option<Extended> {
        Some(self.clone())
    }
}

/// A number that was read from somewhere: `None` is NaN.
impl Lift for Option<Extended> {
    fn lift(&self) -> Option<Extended> {
        self.clone()
    }
}

macro_rules! lift_integer {
    ($($integer:ty),*) => {$(
        impl Lift for $integer {
            fn lift(&self) -> Option<Extended> {
                Some(Extended::Finite(Rational::from_integer(BigInt::from(*self))))
            }
        }
    )*};
}

lift_integer!(i8, i16, i32, i64, u8, u16, u32, u64, usize);
