//! The nearest float to a rational: rounding to nearest, ties to even. The rounding of reals
//! that are only enclosed is in `round`, and ends here too.

use core::cmp::Ordering;

use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};

use super::format::unit_exponent;
use super::{Format, Rational, dyadic_shift, magnitude};

/// What a significand leaves of the number, in comparison with half a unit of its last bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    BelowHalf,
    Half,
    AboveHalf,
}

impl Excess {
    /// The excess of a remainder over a divisor.
    fn of(remainder: &BigUint, divisor: &BigUint) -> Self {
        match (remainder << 1_u32).cmp(divisor) {
            Ordering::Less => Self::BelowHalf,
            Ordering::Equal => Self::Half,
            Ordering::Greater => Self::AboveHalf,
        }
    }
}

/// Where a number halfway between two floats goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// To the float whose last bit is 0.
    Even,
    /// Towards zero: the number is the upper end, in magnitude, of an open interval.
    TowardsZero,
    /// Away from zero: the number is the lower end, in magnitude, of an open interval.
    AwayFromZero,
}

/// The float for ±(significand + excess)·2^unit, where 2^unit is the last place of the format
/// there. A significand that is rounded up to 2^PRECISION is the next power of two, or ∞.
pub(crate) fn assemble<F: Format>(
    negative: bool,
    significand: u64,
    excess: Excess,
    unit: i64,
    tie: Tie,
) -> F {
    let up = match (excess, tie) {
        (Excess::BelowHalf, _) | (Excess::Half, Tie::TowardsZero) => false,
        (Excess::AboveHalf, _) | (Excess::Half, Tie::AwayFromZero) => true,
        (Excess::Half, Tie::Even) => significand & 1 == 1,
    };
    i32::try_from(unit)
        .ok()
        .and_then(|unit| F::encode(negative, significand + u64::from(up), unit))
        .unwrap_or(F::infinity(negative))
}

/// The float nearest to a rational: ties to even, gradual underflow, and ±∞ from
/// MAX + ½ulp(MAX) on in magnitude.
///
/// A rational that is too small for the least subnormal number becomes a zero of its sign; 0
/// itself becomes +0.
///
/// # Complexity
/// One division of integers of the size of x plus the exponent range of the format; none for a
/// dyadic number.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::{nearest, parse_rational};
///
/// let third = parse_rational("1/3")?;
/// assert_eq!(nearest::<f64>(&third), 1.0 / 3.0);
/// assert_eq!(nearest::<f32>(&parse_rational("-1e-60")?).to_bits(), (-0.0_f32).to_bits());
/// assert_eq!(nearest::<f32>(&parse_rational("1e60")?), f32::INFINITY);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn nearest<F: Format>(x: &Rational) -> F {
    if let Some(float) = float_equal_to(x) {
        return float;
    }
    let negative = x.numer().sign() == num_bigint::Sign::Minus;
    let (numerator, denominator) = (x.numer().magnitude(), x.denom().magnitude());
    if let Some(shift) = dyadic_shift(x) {
        let exponent = -i64::try_from(shift).expect("a length in memory is below 2^63");
        return nearest_dyadic(negative, numerator, exponent, Tie::Even);
    }
    let Some(top) = magnitude(x) else {
        return F::zero(false);
    };
    if top > i64::from(F::MAX_EXPONENT) {
        return F::infinity(negative);
    }
    let unit = unit_exponent::<F>(top);
    if top < unit - 1 {
        return F::zero(negative);
    }
    // |x| = (quotient + remainder/divisor)·2^unit
    let (dividend, divisor) = if unit >= 0 {
        (numerator.clone(), denominator << unit.unsigned_abs())
    } else {
        (numerator << unit.unsigned_abs(), denominator.clone())
    };
    let quotient = &dividend / &divisor;
    let remainder = dividend - &quotient * &divisor;
    let excess = if remainder.is_zero() {
        Excess::BelowHalf
    } else {
        Excess::of(&remainder, &divisor)
    };
    let significand = quotient.to_u64().expect("top − unit < PRECISION ≤ 64");
    assemble(negative, significand, excess, unit, Tie::Even)
}

/// The float that is this rational; `None` where the format has none.
pub(crate) fn float_equal_to<F: Format>(x: &Rational) -> Option<F> {
    let negative = x.numer().sign() == num_bigint::Sign::Minus;
    let exponent = -i32::try_from(dyadic_shift(x)?).ok()?;
    let numerator = x.numer().magnitude();
    if let Some(significand) = numerator.to_u64() {
        return F::encode(negative, significand, exponent);
    }
    let zeros = numerator.trailing_zeros()?;
    let significand = (numerator >> zeros).to_u64()?;
    F::encode(negative, significand, exponent + i32::try_from(zeros).ok()?)
}

/// The float nearest to ±mantissa·2^exponent, without a division and without writing out the
/// exponent. 0 becomes +0.
pub(crate) fn nearest_dyadic<F: Format>(
    negative: bool,
    mantissa: &BigUint,
    exponent: i64,
    tie: Tie,
) -> F {
    let Some(zeros) = mantissa.trailing_zeros() else {
        return F::zero(false);
    };
    let length = i64::try_from(mantissa.bits()).unwrap_or(i64::MAX);
    let top = length + exponent - 1;
    if top > i64::from(F::MAX_EXPONENT) {
        return F::infinity(negative);
    }
    let unit = unit_exponent::<F>(top);
    if top < unit - 1 {
        return F::zero(negative);
    }
    let dropped = unit - exponent;
    let (significand, excess) = if dropped <= 0 {
        (mantissa << dropped.unsigned_abs(), Excess::BelowHalf)
    } else {
        let dropped = dropped.unsigned_abs();
        let half = mantissa.bit(dropped - 1);
        let excess = match (half, zeros == dropped - 1) {
            (false, _) => Excess::BelowHalf,
            (true, true) => Excess::Half,
            (true, false) => Excess::AboveHalf,
        };
        (mantissa >> dropped, excess)
    };
    let significand = significand.to_u64().expect("top − unit < PRECISION ≤ 64");
    assemble(negative, significand, excess, unit, tie)
}

#[cfg(test)]
mod tests {
    use super::super::{F16, from_dyadic};
    use super::*;
    use crate::exact::{Extended, Lift};

    #[test]
    fn every_half_float_and_nothing_beside_it_is_equal_to_a_half_float() {
        let tiny = from_dyadic(1.into(), -60);
        for bits in 0..=u16::MAX {
            let float = F16::from_format_bits(bits.into());
            let Some(Extended::Finite(number)) = float.lift() else {
                continue;
            };
            let equal = |number: &Rational| float_equal_to(number).map(F16::bits);
            let wanted = if number.is_zero() { 0 } else { bits };
            assert_eq!(equal(&number), Some(wanted.into()), "{bits:#x}");
            assert_eq!(equal(&(number + &tiny)), None, "{bits:#x}");
        }
    }

    #[test]
    fn long_and_far_numbers_are_equal_to_the_floats_that_they_are() {
        for (mantissa, exponent, wanted) in [
            (3_i64, 1000, Some(3.0 * 2_f64.powi(1000))),
            (-1, 1023, Some(-(2_f64.powi(1023)))),
            (1, 1024, None),
            (1, -1074, Some(f64::from_bits(1))),
            (1, -1075, None),
            (1, 100_000, None),
            ((1 << 53) + 1, 100, None),
            (
                (1 << 54) + 4,
                100,
                Some((2_f64.powi(52) + 1.0) * 2_f64.powi(102)),
            ),
        ] {
            let number = from_dyadic(mantissa.into(), exponent);
            assert_eq!(
                float_equal_to::<f64>(&number),
                wanted,
                "{mantissa}·2^{exponent}"
            );
        }
    }
}
