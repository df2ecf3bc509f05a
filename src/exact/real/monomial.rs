//! Products of generators with rational exponents: the terms of a [`Real`](super::Real), and how
//! they multiply. What a product is in decimals lives in `evaluate`.

use core::cmp::Ordering;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::Real;
use crate::Error;
use crate::exact::exp_sum::Core;
use crate::exact::log_form::perfect_power_of_rational;
use crate::exact::ratio::{self, Key};
use crate::exact::{ExpSum, Rational};

/// A power s^n is written out where it takes at most so many bits.
const LONGEST_POWER: u64 = 1 << 16;

/// What a monomial is a product of. All generators but sums with negative coefficients, and
/// their logarithms, are positive numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Generator {
    /// s of s^f, where s > 1 is not a perfect power and f in (0, 1); f is any other number only
    /// where writing out s^⌊f⌋ would take too many bits.
    Radical(Key),
    /// ln s with s > 1, not a power of 2 but 2 itself.
    Ln(Key),
    /// A core.
    Sum(Arc<Core>),
    /// ln of a positive core.
    LnSum(Arc<Core>),
}

impl Generator {
    /// Whether the number is above 0 by its looks.
    fn is_plainly_positive(&self) -> bool {
        match self {
            Self::Radical(_) | Self::Ln(_) => true,
            Self::Sum(core) | Self::LnSum(core) => core.all_positive(),
        }
    }
}

/// exp(exponent) · Π generator^power.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Monomial {
    pub(super) exponent: Key,
    /// Sorted by generator, none twice, no power 0.
    pub(super) factors: Vec<(Generator, Key)>,
}

impl Monomial {
    pub(super) fn one() -> Self {
        Self {
            exponent: Key::zero(),
            factors: Vec::new(),
        }
    }

    pub(super) fn is_one(&self) -> bool {
        self.factors.is_empty() && self.exponent.0.is_zero()
    }

    /// Whether it is 1 or the logarithm of a rational.
    pub(super) fn is_log(&self) -> bool {
        let is_log = match self.factors.as_slice() {
            [] => true,
            [(Generator::Ln(_), power)] => ratio::is_one(&power.0),
            _ => false,
        };
        is_log && self.exponent.0.is_zero()
    }

    pub(super) fn exp(exponent: Rational) -> Self {
        Self {
            exponent: Key(exponent),
            factors: Vec::new(),
        }
    }

    pub(super) fn generator(generator: Generator) -> Self {
        Self {
            exponent: Key::zero(),
            factors: vec![(generator, Key::one())],
        }
    }

    /// ln argument for an argument above 0, as coefficient and monomial.
    pub(super) fn ln(argument: &Rational) -> (Rational, Self) {
        let above = argument.numer() > argument.denom();
        let argument = if above {
            argument.clone()
        } else {
            argument.recip()
        };
        let sign = if above {
            Rational::one()
        } else {
            -Rational::one()
        };
        if argument.denom().is_one()
            && let Some(exponent) = argument.numer().trailing_zeros()
            && argument.numer().bits() == exponent + 1
        {
            if exponent == 0 {
                return (Rational::zero(), Self::one());
            }
            let two = Rational::from_integer(2.into());
            let coefficient = ratio::multiply(&sign, &Rational::from_integer(exponent.into()));
            return (coefficient, Self::generator(Generator::Ln(Key(two))));
        }
        (sign, Self::generator(Generator::Ln(Key(argument))))
    }

    /// base^power for a base above 0, as coefficient and monomial.
    pub(super) fn power(base: &Rational, power: &Rational) -> (Rational, Self) {
        let (root, multiple) = perfect_power_of_rational(base);
        if multiple == 0 || power.is_zero() {
            return (Rational::one(), Self::one());
        }
        let mut power = ratio::multiply(power, &Rational::from_integer(multiple.into()));
        let mut root = root;
        if root.numer() < root.denom() {
            (root, power) = (root.recip(), -power);
        }
        let (coefficient, rest) = whole_part(&root, power);
        let factors = rest.map(|rest| (Generator::Radical(Key(root)), Key(rest)));
        (
            coefficient,
            Self {
                exponent: Key::zero(),
                factors: factors.into_iter().collect(),
            },
        )
    }

    /// content · exp(shift) · core, as coefficient and monomial.
    pub(super) fn sum(sum: &ExpSum) -> (Rational, Self) {
        let factors = sum
            .core()
            .map(|core| (Generator::Sum(core.clone()), Key::one()));
        let exponent = Key(sum.shift().clone());
        (
            sum.content().clone(),
            Self {
                exponent,
                factors: factors.into_iter().collect(),
            },
        )
    }

    /// The product, as coefficient and monomial.
    pub(super) fn multiply(&self, other: &Self) -> (Rational, Self) {
        if self.is_one() {
            return (Rational::one(), other.clone());
        }
        if other.is_one() {
            return (Rational::one(), self.clone());
        }
        let exponent = Key(ratio::add(&self.exponent.0, &other.exponent.0));
        let mut coefficient = Rational::one();
        let mut factors = Vec::with_capacity(self.factors.len() + other.factors.len());
        let (mut left, mut right) = (self.factors.iter(), other.factors.iter());
        let (mut next_left, mut next_right) = (left.next(), right.next());
        loop {
            let order = match (next_left, next_right) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.0.cmp(&b.0),
            };
            match order {
                Ordering::Less => {
                    factors.extend(next_left.cloned());
                    next_left = left.next();
                }
                Ordering::Greater => {
                    factors.extend(next_right.cloned());
                    next_right = right.next();
                }
                Ordering::Equal => {
                    if let (Some((generator, a)), Some((_, b))) = (next_left, next_right) {
                        let power = ratio::add(&a.0, &b.0);
                        let rest = match generator {
                            Generator::Radical(base) => {
                                let (whole, rest) = whole_part(&base.0, power);
                                coefficient = ratio::multiply(&coefficient, &whole);
                                rest
                            }
                            _ => (!power.is_zero()).then_some(power),
                        };
                        factors.extend(rest.map(|rest| (generator.clone(), Key(rest))));
                    }
                    (next_left, next_right) = (left.next(), right.next());
                }
            }
        }
        (coefficient, Self { exponent, factors })
    }

    /// The monomial to a rational power. The caller knows that the monomial is positive where
    /// the power is not a whole number.
    pub(super) fn raise(&self, power: &Rational) -> (Rational, Self) {
        let exponent = Key(ratio::multiply(&self.exponent.0, power));
        let mut coefficient = Rational::one();
        let mut factors = Vec::with_capacity(self.factors.len());
        for (generator, own) in &self.factors {
            let own = ratio::multiply(&own.0, power);
            let rest = match generator {
                Generator::Radical(base) => {
                    let (whole, rest) = whole_part(&base.0, own);
                    coefficient = ratio::multiply(&coefficient, &whole);
                    rest
                }
                _ => (!own.is_zero()).then_some(own),
            };
            factors.extend(rest.map(|rest| (generator.clone(), Key(rest))));
        }
        (coefficient, Self { exponent, factors })
    }

    /// Whether the number is above 0 by its looks. `false` leaves it open.
    ///
    /// An even power of a sum that is not known to be positive is, because no core is 0 and no
    /// core is 1 (Lindemann and Weierstrass).
    pub(super) fn is_plainly_positive(&self) -> bool {
        self.factors.iter().all(|(generator, power)| {
            generator.is_plainly_positive() || (power.0.denom().is_one() && !power.0.numer().bit(0))
        })
    }

    /// Whether every factor is above 0.
    pub(super) fn has_positive_factors(&self) -> Result<bool, Error> {
        for (generator, _) in &self.factors {
            if !generator.is_plainly_positive() {
                let value = Real::product((Rational::one(), Self::generator(generator.clone())));
                if value.sign()? != Ordering::Greater {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The radicals apart from the rest.
    pub(super) fn split_radicals(&self) -> (Vec<(Key, Key)>, Self) {
        let mut radicals = Vec::new();
        let mut rest = Vec::new();
        for (generator, power) in &self.factors {
            match generator {
                Generator::Radical(base) => radicals.push((base.clone(), power.clone())),
                _ => rest.push((generator.clone(), power.clone())),
            }
        }
        (
            radicals,
            Self {
                exponent: self.exponent.clone(),
                factors: rest,
            },
        )
    }
}

/// base^power as coefficient · base^rest with rest in (0, 1), or no rest. Where the coefficient
/// would be too long, all of the power is the rest.
fn whole_part(base: &Rational, power: Rational) -> (Rational, Option<Rational>) {
    let (whole, rest) = ratio::split(&power);
    match whole_power(base, &whole) {
        Some(coefficient) => (coefficient, (!rest.is_zero()).then_some(rest)),
        None => (Rational::one(), Some(power)),
    }
}

/// base^exponent where it is not too long.
pub(super) fn whole_power(base: &Rational, exponent: &BigInt) -> Option<Rational> {
    if exponent.is_zero() || ratio::is_one(base) {
        return Some(Rational::one());
    }
    let size = exponent.abs().to_u64()?.checked_mul(ratio::bits(base))?;
    let exponent = exponent.to_i64().filter(|_| size <= LONGEST_POWER)?;
    Some(ratio::power(base, exponent))
}
