//! Cheap arithmetic and order on rationals: the gcd of a general sum or product is skipped where the
//! denominators are powers of two, as those of lifted floats are, and is a fast one elsewhere.
//! Nothing here is public; the general operators are those of [`Rational`].

use core::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

pub(crate) use super::rational::{
    CommonDenominator, dot, dyadic_shift, gathered_by, gcd, in_lowest_terms, sum,
};
use super::rational::{Rational, from_dyadic};

/// A rational in lowest terms, equal and ordered by its denominator and numerator as integers.
///
/// This is an order for keys, not the order of the numbers: comparing values would cost a
/// division for each comparison.
#[derive(Debug, Clone)]
pub(crate) struct Key(pub(crate) Rational);

impl Key {
    pub(crate) fn zero() -> Self {
        Self(Rational::zero())
    }

    pub(crate) fn one() -> Self {
        Self(Rational::one())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        are_equal(&self.0, &other.0)
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.denom().cmp(other.0.denom())).then_with(|| self.0.numer().cmp(other.0.numer()))
    }
}

/// numerator / 2^shift in lowest terms.
pub(crate) fn dyadic(numerator: BigInt, shift: u64) -> Rational {
    let exponent = i64::try_from(shift).expect("a length in memory is below 2^63");
    from_dyadic(numerator, -exponent)
}

/// left + right.
pub(crate) fn add(left: &Rational, right: &Rational) -> Rational {
    if left.is_zero() {
        return right.clone();
    }
    if right.is_zero() {
        return left.clone();
    }
    match (dyadic_shift(left), dyadic_shift(right)) {
        (Some(k), Some(l)) => {
            let exponent = k.max(l);
            let sum = (left.numer() << (exponent - k)) + (right.numer() << (exponent - l));
            dyadic(sum, exponent)
        }
        _ if left.denom() == right.denom() => {
            in_lowest_terms(left.numer() + right.numer(), left.denom().clone())
        }
        _ => {
            // Only what the denominators share can cancel.
            let shared = BigInt::from(gcd(left.denom().magnitude(), right.denom().magnitude()));
            let own = left.denom() / &shared;
            let sum = left.numer() * (right.denom() / &shared) + right.numer() * &own;
            let cancelled = BigInt::from(gcd(sum.magnitude(), shared.magnitude()));
            Rational::new_raw(sum / &cancelled, own * (right.denom() / cancelled))
        }
    }
}

/// left − right.
pub(crate) fn subtract(left: &Rational, right: &Rational) -> Rational {
    add(left, &-right)
}

/// 1 − number.
pub(crate) fn complement(number: &Rational) -> Rational {
    Rational::new_raw(number.denom() - number.numer(), number.denom().clone())
}

/// left · right.
pub(crate) fn multiply(left: &Rational, right: &Rational) -> Rational {
    if is_one(left) {
        return right.clone();
    }
    if is_one(right) {
        return left.clone();
    }
    match (dyadic_shift(left), dyadic_shift(right)) {
        (Some(k), Some(l)) => dyadic(left.numer() * right.numer(), k + l),
        _ => {
            let (numerator, other_denominator) = cancelled(left.numer(), right.denom());
            let (other_numerator, denominator) = cancelled(right.numer(), left.denom());
            Rational::new_raw(numerator * other_numerator, denominator * other_denominator)
        }
    }
}

/// factor · number.
pub(crate) fn multiple(number: &Rational, factor: i64) -> Rational {
    match factor {
        1 => number.clone(),
        -1 => -number,
        _ => multiply(number, &Rational::from_integer(factor.into())),
    }
}

/// The two numbers without what they share; (0, 1) for 0.
fn cancelled(numerator: &BigInt, denominator: &BigInt) -> (BigInt, BigInt) {
    if denominator.is_one() {
        return (numerator.clone(), denominator.clone());
    }
    in_lowest_terms(numerator.clone(), denominator.clone()).into_raw()
}

/// left / right, for a divisor that is not 0.
pub(crate) fn divide(left: &Rational, right: &Rational) -> Rational {
    multiply(left, &right.recip())
}

/// The least common multiple of two numbers above 0.
pub(crate) fn lcm(left: &BigInt, right: &BigInt) -> BigInt {
    let shared = BigInt::from(gcd(left.magnitude(), right.magnitude()));
    left * (right / shared)
}

/// Whether the number is 1, without the division that comparing rationals costs.
pub(crate) fn is_one(number: &Rational) -> bool {
    number.numer().is_one() && number.denom().is_one()
}

/// Whether two rationals in lowest terms are the same number, without a division.
pub(crate) fn are_equal(left: &Rational, right: &Rational) -> bool {
    left.denom() == right.denom() && left.numer() == right.numer()
}

/// left against right as numbers.
pub(crate) fn compare(left: &Rational, right: &Rational) -> Ordering {
    match (left.numer().sign(), right.numer().sign()) {
        (a, b) if a != b => a.cmp(&b),
        (Sign::NoSign, _) => Ordering::Equal,
        _ if left.denom() == right.denom() => left.numer().cmp(right.numer()),
        _ => (left.numer() * right.denom()).cmp(&(right.numer() * left.denom())),
    }
}

/// ⌊number⌋ and the rest in [0, 1).
pub(crate) fn split(number: &Rational) -> (BigInt, Rational) {
    let (whole, rest) = number.numer().div_mod_floor(number.denom());
    (whole, Rational::new_raw(rest, number.denom().clone()))
}

/// numerator / denominator for coprime positive numbers.
pub(crate) fn of_coprime(numerator: BigUint, denominator: BigUint) -> Rational {
    Rational::new_raw(numerator.into(), denominator.into())
}

/// The bits that numerator and denominator take together.
pub(crate) fn bits(number: &Rational) -> u64 {
    number.numer().bits() + number.denom().bits()
}

/// number^exponent for a whole exponent. The caller bounds the size; `number` is not 0 where
/// the exponent is negative.
pub(crate) fn power(number: &Rational, exponent: i64) -> Rational {
    let size = u32::try_from(exponent.unsigned_abs()).expect("the caller bounds the size");
    let (numerator, denominator) = (number.numer().pow(size), number.denom().pow(size));
    if exponent >= 0 {
        Rational::new_raw(numerator, denominator)
    } else if numerator.is_negative() {
        Rational::new_raw(-denominator, -numerator)
    } else {
        Rational::new_raw(denominator, numerator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rational(numerator: i64, denominator: i64) -> Rational {
        Rational::new(numerator.into(), denominator.into())
    }

    #[test]
    fn shortcuts_agree_with_the_general_operators() {
        let numbers = [
            (0, 1),
            (1, 1),
            (-1, 1),
            (3, 8),
            (-5, 8),
            (7, 2),
            (2, 3),
            (-9, 14),
            (12, 1),
        ];
        for (a, b) in numbers {
            for (c, d) in numbers {
                let (left, right) = (rational(a, b), rational(c, d));
                assert_eq!(add(&left, &right), &left + &right);
                assert_eq!(subtract(&left, &right), &left - &right);
                assert_eq!(multiply(&left, &right), &left * &right);
                assert_eq!(complement(&left), Rational::one() - &left);
                assert_eq!(compare(&left, &right), left.cmp(&right));
                if c != 0 {
                    assert_eq!(divide(&left, &right), &left / &right);
                }
            }
        }
    }

    #[test]
    fn power_keeps_the_denominator_positive() {
        assert_eq!(power(&rational(-2, 3), -3), rational(-27, 8));
        assert_eq!(power(&rational(-2, 3), 2), rational(4, 9));
        assert_eq!(power(&rational(5, 7), 0), rational(1, 1));
    }
}
