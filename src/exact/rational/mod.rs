//! Rationals: the lossless lift of floats, parsing, exact sums, and the nearest float. What is
//! irrational lives elsewhere.

mod common;
mod extended;
mod format;
mod lowest;
mod nearest;
mod parse;
mod sum;
mod text;

pub(crate) use common::CommonDenominator;
pub use extended::{Extended, Lift};
pub(crate) use format::unit_exponent;
pub use format::{BF16, Decoded, F16, Format};
pub(crate) use lowest::{gcd, in_lowest_terms};
pub use nearest::nearest;
pub(crate) use nearest::{Tie, float_equal_to, nearest_dyadic};
pub use parse::{MAX_DIGITS, MAX_EXPONENT, parse_extended, parse_rational};
pub(crate) use sum::gathered_by;
pub use sum::{dot, sum};
pub(crate) use text::{Written, WrittenMagnitude};

use num_bigint::BigInt;
use num_traits::{One, Zero};

/// An exact rational number, in lowest terms.
pub type Rational = num_rational::BigRational;

/// mantissa·2^exponent as a rational in lowest terms, without a gcd: only the trailing zeros of
/// the mantissa can cancel.
///
/// # Complexity
/// Linear in the bits of the mantissa plus |exponent|: the caller bounds the exponent.
pub(crate) fn from_dyadic(mantissa: BigInt, exponent: i64) -> Rational {
    let Some(zeros) = mantissa.trailing_zeros() else {
        return Rational::zero();
    };
    if exponent >= 0 {
        return Rational::from_integer(mantissa << exponent.unsigned_abs());
    }
    let wanted = exponent.unsigned_abs();
    let cancelled = wanted.min(zeros);
    let numerator = if cancelled == 0 {
        mantissa
    } else {
        mantissa >> cancelled
    };
    Rational::new_raw(numerator, power_of_two(wanted - cancelled))
}

/// 2^exponent.
fn power_of_two(exponent: u64) -> BigInt {
    match u32::try_from(exponent).map(|exponent| 1_u64.checked_shl(exponent)) {
        Ok(Some(word)) => word.into(),
        _ => BigInt::one() << exponent,
    }
}

/// k where the denominator is 2^k, or `None`: k for the dyadic rationals.
pub(crate) fn dyadic_shift(x: &Rational) -> Option<u64> {
    let denominator = x.denom();
    let zeros = denominator.trailing_zeros()?;
    (zeros + 1 == denominator.bits()).then_some(zeros)
}

/// ⌊log₂|x|⌋, or `None` for zero.
pub(crate) fn magnitude(x: &Rational) -> Option<i64> {
    if x.is_zero() {
        return None;
    }
    let (numerator, denominator) = (x.numer().magnitude(), x.denom().magnitude());
    let bits = |n: &num_bigint::BigUint| i64::try_from(n.bits()).unwrap_or(i64::MAX);
    let estimate = bits(numerator) - bits(denominator);
    // 2^(estimate−1) < |x| < 2^(estimate+1): one comparison decides.
    let reaches = if estimate >= 0 {
        *numerator >= denominator << estimate.unsigned_abs()
    } else {
        numerator << estimate.unsigned_abs() >= *denominator
    };
    Some(if reaches { estimate } else { estimate - 1 })
}
