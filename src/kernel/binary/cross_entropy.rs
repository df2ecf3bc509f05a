//! The terms of binary cross entropy, from logits and from probabilities.
//!
//! # Bounds
//!
//! With u = 2⁻²⁴ or 2⁻⁵³, for plain elements, and unit weights unless said:
//!
//! *From a logit.* With z = x for the target 1 and −x for 0 the value is softplus(−z), within the
//! 2.5 ulp of [`lanes`](crate::kernel::lanes). The derivative is ∓σ(−z)·f = ∓(e or 1)/(1 + e)·f
//! with e = e^(−|x|). e comes with 1.75u, and at most as much of it is left in the quotient; 1 + e,
//! the quotient, f and the product add u each: 5.75u.
//!
//! *From a probability.* −ln p_t comes within 1.5 ulp, with no rounding of 1 − p. The derivative
//! is ∓f/p_t, and p_t, f and the quotient have u each: 3u.
//!
//! A weight of the outcome that is no float adds u; its product with the weight of the element, and that with
//! the value, u each in `f64`, and nothing but the last rounding to `f32`. In the derivative the
//! weights of outcome and element add u each. A relative error of u is at most one ulp.

use super::{Term, Weights};
use crate::kernel::Float;
use crate::kernel::bernoulli::Law;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// −ln p_t, for predictions that are logits or else probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossEntropy<const LOGIT: bool>;

/// Whether a target is 0 or 1.
#[inline(always)]
pub(super) fn is_hard<F: Float>(y: F) -> bool {
    (y == F::ONE) | (y == F::ZERO)
}

/// p_t of a probability, rounded: p for the target 1, and 1 − p for 0.
#[inline(always)]
pub(super) fn of_target<F: Float>(p: F, y: F) -> F {
    if y == F::ONE { p } else { F::ONE - p }
}

impl<F: Lanes, const LOGIT: bool> Term<F> for CrossEntropy<LOGIT> {
    /// Whether the target is 0 or 1, and the logit is ordinary or p_t a normal number.
    #[inline(always)]
    fn is_plain(self, x: F, y: F) -> bool {
        let inside = if LOGIT {
            x.abs() <= F::ORDINARY
        } else {
            (of_target(x, y) >= F::MIN_POSITIVE) & (x <= F::ONE) & (x >= F::ZERO)
        };
        is_hard(y) & inside
    }

    const IN_TWO_PARTS: bool = !LOGIT;

    /// Of a logit e^(−|x|), of a probability what p_t is split into.
    #[inline(always)]
    fn first(self, x: F, y: F) -> (F, F) {
        if !LOGIT {
            return x.split_outcome(y == F::ONE);
        }
        ((-x.abs()).exp_ordinary(), F::ZERO)
    }

    #[inline(always)]
    fn quick(self, x: F, y: F, first: (F, F), factor: F) -> (F, F) {
        if !LOGIT {
            let (k, f) = first;
            // A difference, so that −ln 1 is +0.
            let surprisal = F::ZERO - F::ln_of_split(k, f);
            return (surprisal, factor / of_target(x, y));
        }
        let z = if y == F::ONE { x } else { -x };
        let (e, _) = first;
        let linear = if z < F::ZERO { -z } else { F::ZERO };
        let numerator = if z > F::ZERO { e } else { F::ONE };
        (linear + e.ln_1p_unit(), numerator / (F::ONE + e) * factor)
    }

    #[inline]
    fn is_inside(self, x: F) -> bool {
        if LOGIT {
            !x.is_nan()
        } else {
            (F::ZERO..=F::ONE).contains(&x)
        }
    }

    fn accurate(self, x: F, y: f64, weights: Weights, factor: Option<Pair>) -> (Total, Pair) {
        let law = if LOGIT {
            Law::from_logit(x)
        } else {
            Law::from_probability(x)
        };
        let (a, b) = weights.of_target(y);
        let slope = |factor| law.expected_surprisal_derivative(a.times(factor), b.times(factor));
        let slope = factor.map_or(Pair::ZERO, slope);
        (law.expected_surprisal(a, b), slope)
    }
}
