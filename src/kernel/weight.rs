//! A weight that may be so small that its products would lose their digits below the floats: it
//! carries a power of two of its own. What is weighted lives in [`bernoulli`](super::bernoulli)
//! and with the losses.

use super::pair::{Pair, power_of_two};

/// What is smaller is carried as 2⁴⁰⁰ times as much: 2⁻⁵⁰⁰.
const SMALL: f64 = 3.054_936_363_499_605e-151;
/// log₂ of the power of two: what is lifted, even over the smallest float, stays finite.
const LIFT: i32 = 400;

/// A weight that is not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    lifted: Pair,
    is_lifted: bool,
}

impl From<Pair> for Weight {
    #[inline]
    fn from(weight: Pair) -> Self {
        Self {
            lifted: weight,
            is_lifted: false,
        }
    }
}

impl Weight {
    /// The weight `linear(1)`, of a function that is linear in its argument, a power of two.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::kernel::pair::Pair;
    /// use exact_loss::kernel::weight::Weight;
    ///
    /// let tiny = 2.0_f64.powi(-1074);
    /// // ¾ of the smallest float would be that float itself.
    /// let weight = Weight::linear(|unit| Pair::product(unit * tiny, 0.75));
    /// assert_eq!(weight.of(|weight| weight.mul_f64(1024.0)).hi, 768.0 * tiny);
    /// ```
    #[inline]
    #[must_use]
    pub fn linear(linear: impl Fn(f64) -> Pair) -> Self {
        let plain = linear(1.0);
        if plain.hi >= SMALL {
            return plain.into();
        }
        Self {
            lifted: linear(power_of_two(LIFT)),
            is_lifted: true,
        }
    }

    /// Whether it is 0.
    #[inline]
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.lifted == Pair::ZERO
    }

    /// The weight as it is, if its products need no care.
    #[inline]
    #[must_use]
    pub fn plain(self) -> Option<Pair> {
        (!self.is_lifted).then_some(self.lifted)
    }

    /// The weight times a factor.
    #[inline]
    #[must_use]
    pub fn times(self, factor: Pair) -> Self {
        Self {
            lifted: self.lifted * factor,
            ..self
        }
    }

    /// What linear functions make of two weights, the one less the other. The parts may both
    /// underflow.
    #[inline]
    #[must_use]
    pub fn difference(
        (a, of_a): (Self, impl FnOnce(Pair) -> Pair),
        (b, of_b): (Self, impl FnOnce(Pair) -> Pair),
    ) -> Pair {
        if a.is_lifted && b.is_lifted {
            (of_a(a.lifted) - of_b(b.lifted)).scale(-LIFT)
        } else {
            a.of(of_a) - b.of(of_b)
        }
    }

    /// What a function that is linear in the weight makes of it.
    #[inline]
    #[must_use]
    pub fn of(self, linear: impl FnOnce(Pair) -> Pair) -> Pair {
        let product = linear(self.lifted);
        if self.is_lifted {
            product.scale(-LIFT)
        } else {
            product
        }
    }
}
