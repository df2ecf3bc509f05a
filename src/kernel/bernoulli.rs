//! The two outcomes of one binary prediction in floating point: surprisals, probabilities, and
//! the weighted cross entropy that is made of them, with its derivative. Batches, weights and
//! reductions live with the losses.
//!
//! # Bounds
//!
//! All is computed in pairs, and the weights a, b ≥ 0 are pairs within 2⁻¹⁰⁰, however small.
//!
//! *Surprisals.* From a probability, −ln p and −ln(1−p) are [`elementary`](super::elementary)
//! logarithms of the number itself, within 2⁻⁵⁶·⁸ relative; 1 − p is never rounded. From a logit,
//! they are [`softplus`](super::softplus) of ∓x, within 2⁻⁵⁶.
//!
//! *The cross entropy* −a·ln p − b·ln(1−p) is a sum of two terms that are not negative, so it is
//! within 2⁻⁵⁶ + 2⁻¹⁰⁰ relative, and within ½ + 2⁻³ ulp once rounded to `f64`, ½ + 2⁻³² to `f32`.
//!
//! *The derivative with respect to p* is b/(1−p) − a/p, a difference of pairs within 2⁻⁹⁶ of each
//! part: within ½ ulp + 2⁻⁹⁶·(a/p + b/(1−p)). *With respect to x* it is b·σ(x) − a·σ(−x), within
//! ½ ulp + 2⁻⁵⁶·(b·σ(x) + a·σ(−x)): for a target of 0 or 1 there is one part, and this is
//! ½ + 2⁻³ ulp.
//!
//! A surprisal or a probability σ(x) below 2⁻⁹⁶⁹ has lost its low part, and below 2⁻¹⁰²² it is
//! rounded to a multiple of 2⁻¹⁰⁷⁴ before it is weighted.
//!
//! # Special values
//!
//! A weight of 0 makes its term 0, also where the surprisal is infinite. A derivative with
//! respect to p at p = 0 is −∞ unless a = 0, and at p = 1 it is +∞ unless b = 0.

use super::Float;
use super::elementary::{ln_1p_pair, ln_pair};
use super::pair::Pair;
use super::softplus::{sigmoid_pair, softplus_pair};
use super::sum::Total;
use super::weight::Weight;

/// The law of a binary outcome, given by the probability of the outcome 1 or by its logit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    number: f64,
    logit: bool,
}

impl Law {
    /// The law with this probability of the outcome 1, in [0, 1].
    #[inline]
    #[must_use]
    pub fn from_probability<F: Float>(p: F) -> Self {
        Self {
            number: p.to_f64(),
            logit: false,
        }
    }

    /// The law with this logit, which is not NaN.
    #[inline]
    #[must_use]
    pub fn from_logit<F: Float>(x: F) -> Self {
        Self {
            number: x.to_f64(),
            logit: true,
        }
    }

    /// −ln p.
    #[inline]
    #[must_use]
    pub fn surprisal(self) -> Pair {
        if self.logit {
            softplus_pair(-self.number)
        } else {
            -ln_pair(self.number)
        }
    }

    /// −ln(1 − p).
    #[inline]
    #[must_use]
    pub fn surprisal_of_complement(self) -> Pair {
        if self.logit {
            softplus_pair(self.number)
        } else {
            -ln_1p_pair(-self.number)
        }
    }

    /// p.
    #[inline]
    #[must_use]
    pub fn probability(self) -> Pair {
        if self.logit {
            sigmoid_pair(self.number)
        } else {
            Pair::from(self.number)
        }
    }

    /// 1 − p.
    #[inline]
    #[must_use]
    pub fn complement(self) -> Pair {
        if self.logit {
            sigmoid_pair(-self.number)
        } else {
            Pair::difference(1.0, self.number)
        }
    }

    /// −a·ln p − b·ln(1 − p) for weights that are not negative.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::kernel::bernoulli::Law;
    /// use exact_loss::kernel::pair::Pair;
    /// use exact_loss::kernel::weight::Weight;
    ///
    /// let (none, full) = (Weight::from(Pair::ZERO), Weight::from(Pair::ONE));
    /// let loss = Law::from_logit(-20.0_f64).expected_surprisal(none, full);
    /// assert_eq!(loss.round::<f64>(), 2.061153620314381e-9);
    /// ```
    #[inline]
    #[must_use]
    pub fn expected_surprisal(self, a: Weight, b: Weight) -> Total {
        let mut total = Total::ZERO;
        if !a.is_zero() {
            add_product(&mut total, a, self.surprisal());
        }
        if !b.is_zero() {
            add_product(&mut total, b, self.surprisal_of_complement());
        }
        total
    }

    /// The derivative of [`Law::expected_surprisal`] with respect to p or to x, whichever the
    /// law was given by.
    #[inline]
    #[must_use]
    pub fn expected_surprisal_derivative(self, a: Weight, b: Weight) -> Pair {
        let (p, rest) = (self.probability(), self.complement());
        let of_a = |a: Pair| if self.logit { a * rest } else { a / p };
        let of_b = |b: Pair| if self.logit { b * p } else { b / rest };
        // What underflows keeps its sign, which a difference from 0 would not.
        match (a.is_zero(), b.is_zero()) {
            (true, true) => Pair::ZERO,
            (true, false) => b.of(of_b),
            (false, true) => -a.of(of_a),
            (false, false) => Weight::difference((b, of_b), (a, of_a)),
        }
    }
}

/// Adds weight · surprisal for a weight above 0, which may be beyond the largest float.
#[inline]
fn add_product(total: &mut Total, weight: Weight, surprisal: Pair) {
    let product = weight.of(|weight| weight * surprisal);
    match weight.plain() {
        Some(weight) if !product.is_finite() && surprisal.is_finite() => {
            total.add_product(weight.hi, surprisal);
            total.add_product(weight.lo, surprisal);
        }
        _ => total.add_pair(product),
    }
}
