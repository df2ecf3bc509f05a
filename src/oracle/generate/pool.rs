//! Numbers of a case: each is a number of the case's type, or a rational where the type is that of
//! rationals. Which numbers make a case of a kind is said in the families.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::super::{Dtype, Number};
use super::random::Random;
use crate::exact::rational::{from_dyadic, magnitude, parse_extended};
use crate::exact::{Extended, Rational};

/// What a type can hold, and random numbers of it.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) dtype: Dtype,
    pub(super) random: Random,
}

impl Pool {
    /// Bits of a significand.
    pub(super) fn precision(&self) -> i64 {
        i64::from(self.dtype.precision())
    }

    /// The exponent of the least normal number.
    pub(super) fn least_exponent(&self) -> i64 {
        i64::from(self.dtype.min_exponent())
    }

    /// The exponent of the least number above 0.
    pub(super) fn unit_exponent(&self) -> i64 {
        self.least_exponent() - self.precision() + 1
    }

    /// The exponent of the largest number.
    pub(super) fn greatest_exponent(&self) -> i64 {
        1 - self.least_exponent()
    }

    /// The largest number.
    pub(super) fn largest(&self) -> Rational {
        let p = self.precision();
        dyadic((1_i64 << p) - 1, self.greatest_exponent() - p + 1)
    }

    /// The nearest number of the type, without falling over its ends: the largest finite number
    /// for what is larger, the least above 0 for what would become 0.
    pub(super) fn near(&self, x: &Rational) -> Number {
        let sign = Rational::from_integer(x.numer().signum());
        Some(match self.dtype.nearest(x) {
            Extended::Finite(float) if float.is_zero() && !x.is_zero() => {
                Extended::Finite(sign * dyadic(1, self.unit_exponent()))
            }
            Extended::Finite(float) => Extended::Finite(float),
            _ => Extended::Finite(sign * self.largest()),
        })
    }

    /// [`Pool::near`] of a quotient.
    pub(super) fn ratio(&self, numerator: i64, denominator: i64) -> Number {
        self.near(&Rational::new(numerator.into(), denominator.into()))
    }

    /// [`Pool::near`] of an integer.
    pub(super) fn integer(&self, x: i64) -> Number {
        self.near(&Rational::from_integer(x.into()))
    }

    /// [`Pool::near`] of m·2^e.
    pub(super) fn scaled(&self, m: i64, e: i64) -> Number {
        self.near(&dyadic(m, e))
    }

    /// [`Pool::near`] of what is written: a rational, "inf", "-inf" or "nan".
    pub(super) fn read(&self, text: &str) -> Number {
        match parse_extended(text) {
            Ok(Extended::Finite(x)) => self.near(&x),
            Ok(infinite) => Some(infinite),
            Err(_) => None,
        }
    }

    /// Whether small fractions are drawn instead of floats: half of the time where the type is that
    /// of rationals.
    fn draws_fractions(&mut self) -> bool {
        self.dtype == Dtype::Exact && self.random.once_in(2)
    }

    /// A number between 0 and 1, evenly drawn, never 0 or 1 itself.
    pub(super) fn unit(&mut self) -> Number {
        if self.draws_fractions() {
            let denominator = self.random.between(2, 30);
            let numerator = self.random.between(1, denominator - 1);
            return self.ratio(numerator, denominator);
        }
        let bits = self.precision();
        let numerator = self.random.between(1, (1 << bits) - 1);
        self.scaled(numerator, -bits)
    }

    /// A number between −scale and scale, evenly drawn.
    pub(super) fn signed(&mut self, scale: i64) -> Number {
        if self.draws_fractions() {
            let denominator = self.random.between(1, 12);
            let numerator = self
                .random
                .between(-scale * denominator, scale * denominator);
            return self.ratio(numerator, denominator);
        }
        let bits = self.precision();
        let numerator = self.random.between(-(1 << bits), 1 << bits);
        self.near(&(dyadic(numerator, -bits) * Rational::from_integer(scale.into())))
    }

    /// A number above 0 whose logarithm is about evenly drawn between 2^low and 2^(high + 1).
    pub(super) fn magnitude(&mut self, low: i64, high: i64) -> Number {
        let e = self.random.between(low, high);
        let significand = self.significand();
        self.scaled(significand, e - self.precision() + 1)
    }

    /// A random significand with its leading bit set.
    pub(super) fn significand(&mut self) -> i64 {
        let half = 1_i64 << (self.precision() - 1);
        half + self.random.below(half as u64) as i64
    }

    /// Weights that sum to 1 exactly, each a number of the type; none is 0.
    pub(super) fn distribution(&mut self, classes: usize) -> Vec<Number> {
        // 2^bits parts, cut at random places; any number of parts is a significand.
        let bits = (self.precision() - 1).min(24);
        let mut rest = 1_i64 << bits;
        let mut parts = Vec::with_capacity(classes);
        for class in 0..classes {
            let others = (classes - class - 1) as i64;
            let part = match others {
                0 => rest,
                _ => {
                    let most = (2 * rest / (others + 1)).min(rest - others).max(1);
                    self.random.between(1, most)
                }
            };
            rest -= part;
            parts.push(self.scaled(part, -bits));
        }
        self.shuffle(&mut parts);
        parts
    }

    /// Weights that sum to 1 before they are rounded to the type.
    pub(super) fn rounded_distribution(&mut self, classes: usize) -> Vec<Number> {
        let parts: Vec<i64> = (0..classes)
            .map(|_| self.random.between(1, 1_000_000))
            .collect();
        let total: i64 = parts.iter().sum();
        parts
            .into_iter()
            .map(|part| self.ratio(part, total))
            .collect()
    }

    /// Puts things in a random order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.random.index(i + 1));
        }
    }

    /// The number so many steps of the type above another; steps of 2^−52 of it in rationals.
    pub(super) fn steps(&self, x: &Number, steps: i64) -> Number {
        let Some(Extended::Finite(x)) = x else {
            return x.clone();
        };
        let top = magnitude(x).unwrap_or(self.least_exponent());
        let unit = top.max(self.least_exponent()) - self.precision() + 1;
        self.near(&(x + dyadic(steps, unit)))
    }
}

/// The number, or 1 where it is above 1.
pub(super) fn at_most_one(x: Number) -> Number {
    x.min(one())
}

/// m·2^e.
pub(super) fn dyadic(m: i64, e: i64) -> Rational {
    from_dyadic(BigInt::from(m), e)
}

/// 0.
pub(super) fn zero() -> Number {
    Some(Extended::from(0))
}

/// 1.
pub(super) fn one() -> Number {
    Some(Extended::from(1))
}
