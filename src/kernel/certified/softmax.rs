//! A row of logits with a proven bound: ln Σⱼ e^(zⱼ−m), from which its surprisals follow. Faster forms
//! with wider bounds are in [`log_sum_exp`](super::super::log_sum_exp).

use super::super::pair::{Pair, two_difference};
use super::{LARGEST_EXPONENT, exp, ln_1p};

/// What one pass over a row of logits gives.
///
/// −ln pⱼ = (m − zⱼ) + ln Σᵢ e^(zᵢ−m) with m the largest logit: two numbers that are not negative. The
/// exponentials are within 2⁻⁶⁶, their sum (without one largest) adds 2⁻⁸⁰, and the logarithm 2⁻⁶⁶
/// with condition at most 1: together within 2⁻⁶⁴·⁹.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax {
    max: f64,
    log: Pair,
}

impl Softmax {
    /// Sums up a row; `None` where it has no softmax, has an infinite logit that is not −∞, or where
    /// its bound cannot be proved: a loss below 2⁻⁷⁰⁰.
    #[must_use]
    pub fn of(row: &[f64]) -> Option<Self> {
        let mut max = f64::NEG_INFINITY;
        let mut at = 0;
        for (index, &z) in row.iter().enumerate() {
            if z.is_nan() {
                return None;
            }
            if z > max {
                (max, at) = (z, index);
            }
        }
        if !max.is_finite() {
            return None;
        }
        let (mut hi, mut lo, mut dropped) = (0.0, 0.0, false);
        for (index, &z) in row.iter().enumerate() {
            let (gap, rest) = two_difference(z, max);
            if gap < -LARGEST_EXPONENT {
                // e^−600 is below 2⁻⁸⁶⁵.
                dropped |= z != f64::NEG_INFINITY;
            } else if index != at {
                let term = exp(Pair { hi: gap, lo: rest });
                let (s, e) = super::two_sum(hi, term.hi);
                hi = s;
                lo += e + term.lo;
            }
        }
        if dropped && hi < 1e-200 {
            return None;
        }
        Some(Self {
            max,
            log: ln_1p(Pair::sum(hi, lo)),
        })
    }

    /// −ln p of a class with this logit, which is one of the row's and finite.
    #[inline]
    #[must_use]
    pub fn surprisal(&self, z: f64) -> Pair {
        Pair::difference(self.max, z) + self.log
    }
}
