//! The least common denominator of rationals, and what they are over it. That of floats is a power of two, and
//! then shifts are all it takes. Sums are beside this file.

use num_bigint::BigInt;
use num_traits::One;

use super::{Rational, dyadic_shift, from_dyadic, in_lowest_terms, power_of_two};
use crate::exact::ratio::lcm;

/// The least common denominator of some rationals.
pub(crate) struct CommonDenominator {
    denominator: BigInt,
    /// k where it is 2^k.
    shift: Option<u64>,
}

impl CommonDenominator {
    /// That of these.
    pub(crate) fn of<'a>(numbers: impl IntoIterator<Item = &'a Rational>) -> Self {
        Self::within(numbers, u64::MAX).expect("no number is that long")
    }

    /// That of these, where it takes no more than about so many bits.
    pub(crate) fn within<'a>(
        numbers: impl IntoIterator<Item = &'a Rational>,
        bits: u64,
    ) -> Option<Self> {
        let (mut common, mut shift) = (BigInt::one(), 0);
        for number in numbers {
            match dyadic_shift(number) {
                Some(k) => shift = shift.max(k),
                None => common = lcm(&common, number.denom()),
            }
            if common.bits() + shift > bits {
                return None;
            }
        }
        Some(if common.is_one() {
            Self {
                denominator: power_of_two(shift),
                shift: Some(shift),
            }
        } else {
            let own = common.trailing_zeros().unwrap_or(0);
            Self {
                denominator: common << shift.saturating_sub(own),
                shift: None,
            }
        })
    }

    /// The denominator.
    pub(crate) fn denominator(&self) -> &BigInt {
        &self.denominator
    }

    /// The numerator of one of the rationals over the denominator.
    pub(crate) fn numerator(&self, number: &Rational) -> BigInt {
        match (self.shift, dyadic_shift(number)) {
            (Some(k), Some(own)) if k == own => number.numer().clone(),
            (Some(k), Some(own)) => number.numer() << (k - own),
            _ => number.numer() * (&self.denominator / number.denom()),
        }
    }

    /// The numerators of some of them.
    pub(crate) fn numerators<'a>(
        &self,
        numbers: impl IntoIterator<Item = &'a Rational>,
    ) -> Vec<BigInt> {
        let numerators = numbers.into_iter().map(|number| self.numerator(number));
        numerators.collect()
    }

    /// numerator/denominator.
    pub(crate) fn quotient(&self, numerator: BigInt) -> Rational {
        match self.shift.and_then(|k| i64::try_from(k).ok()) {
            Some(k) => from_dyadic(numerator, -k),
            None => in_lowest_terms(numerator, self.denominator.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_integer::Integer;

    #[test]
    fn numerators_over_the_least_common_denominator_are_the_numbers_again() {
        let rational = |(n, d): (i64, i64)| Rational::new(n.into(), d.into());
        let lists: [&[(i64, i64)]; 5] = [
            &[],
            &[(3, 1), (-5, 8), (1, 64), (0, 1)],
            &[(2, 3), (-1, 6), (7, 4)],
            &[(1, 12), (1, 16)],
            &[(1, 5), (22, 7)],
        ];
        for list in lists {
            let numbers: Vec<Rational> = list.iter().copied().map(rational).collect();
            let common = CommonDenominator::of(&numbers);
            let wanted = list.iter().fold(1_i64, |lcm, &pair| {
                lcm.lcm(&i64::try_from(rational(pair).denom()).expect("a small one"))
            });
            assert_eq!(*common.denominator(), wanted.into(), "{list:?}");
            for number in &numbers {
                let numerator = common.numerator(number);
                let whole = number * Rational::from_integer(wanted.into());
                assert_eq!(Rational::from_integer(numerator.clone()), whole);
                assert_eq!(common.quotient(numerator), *number);
            }
        }
        assert!(CommonDenominator::within(&[rational((1, 1 << 40))], 39).is_none());
    }
}
