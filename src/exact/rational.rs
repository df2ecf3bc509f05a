//! Rationals: the lossless lift of floats, parsing, exact sums, and the nearest float. What is
//! irrational lives elsewhere.

use crate::Error;

/// An exact rational number.
pub type Rational = num_rational::BigRational;

/// A rational or ±∞: what an input of an exact twin may hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Extended {
    /// −∞.
    NegativeInfinity,
    /// A rational number.
    Finite(Rational),
    /// +∞.
    Infinity,
}

/// A number that can be read without loss as a rational or ±∞.
pub trait Lift {
    /// The same number, exactly; `None` for NaN.
    fn lift(&self) -> Option<Extended>;
}

/// A binary floating-point format: how its numbers are read and written, bit by bit.
pub trait Format: Lift + Copy {
    /// Bits of the significand, the hidden one included.
    const PRECISION: u32;
    /// Exponent of the least normal number: 2^MIN_EXPONENT.
    const MIN_EXPONENT: i32;
    /// Exponent of the largest number, which lies below 2^(MAX_EXPONENT + 1).
    const MAX_EXPONENT: i32;
    /// The name in the oracle's lines: "f64".
    const NAME: &'static str;
}

/// The error for a text that is no number.
pub(crate) fn parse_error(got: &str, wanted: &'static str) -> Error {
    Error::Parse { got: got.to_owned(), wanted }
}
