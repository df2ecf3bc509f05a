//! The terms of the focal loss for what ends up in `f32`, in the arithmetic of `f64`. Bounds and
//! derivation are in the [module](super) above.

use super::{Power, Row, Terms, at_target};
use crate::kernel::binary::LANES;
use crate::kernel::elementary::lanes_of_pairs::{
    exp_lite, ln_of_quotient_lite, one_plus, surprisal_lite,
};

/// Of plain elements: 1 − p_t, −ln p_t, and the bracket of the derivative.
struct Parts {
    complement: Row,
    surprisal: Row,
    inner: Row,
}

impl Parts {
    const ZERO: Self = Self {
        complement: [0.0; LANES],
        surprisal: [0.0; LANES],
        inner: [0.0; LANES],
    };

    /// From logits. In several loops, because the chains of one are as long as the processor looks ahead.
    #[inline(always)]
    fn of_logits(gamma: f64, x: &Row, y: &Row) -> Self {
        let mut e = [0.0; LANES];
        for i in 0..LANES {
            e[i] = exp_lite(-x[i].abs());
        }
        let (mut inverse, mut k, mut s) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            (inverse[i], k[i], s[i]) = one_plus(e[i]);
        }
        let mut log = [0.0; LANES];
        for i in 0..LANES {
            log[i] = ln_of_quotient_lite(k[i], s[i]);
        }
        let mut parts = Self::ZERO;
        for i in 0..LANES {
            let probable = (x[i] > 0.0) == (y[i] == 1.0);
            let r = if probable { e[i] } else { 1.0 } * inverse[i];
            let s = log[i] + if probable { 0.0 } else { x[i].abs() };
            // p·s, where p is 1 − r or, smaller, e·r.
            let information = if probable { s - r * s } else { (e[i] * r) * s };
            parts.complement[i] = r;
            parts.surprisal[i] = s;
            parts.inner[i] = gamma * information + r;
        }
        parts
    }

    /// From probabilities.
    #[inline(always)]
    fn of_probabilities(gamma: f64, x: &Row, y: &Row) -> Self {
        let mut parts = Self::ZERO;
        for i in 0..LANES {
            let (p, r) = at_target(x[i], 1.0 - x[i], y[i] == 1.0);
            let s = surprisal_lite(p, r);
            parts.complement[i] = r;
            parts.surprisal[i] = s;
            parts.inner[i] = gamma * (s / r) + 1.0 / p;
        }
        parts
    }
}

/// The rows of values and derivatives, weighted.
#[inline(always)]
pub(super) fn terms<const LOGIT: bool, const GRADIENT: bool>(
    power: Power,
    gamma: f64,
    weights: &super::Weights,
    x: &Row,
    y: &Row,
) -> Terms {
    let parts = if LOGIT {
        Parts::of_logits(gamma, x, y)
    } else {
        Parts::of_probabilities(gamma, x, y)
    };
    let power = of_rows(power, &parts.complement);
    let [zero, one] = weights.value.map(|weight| weight.hi);
    let [zero_slope, one_slope] = weights.slope.map(|weight| weight.hi);
    let mut terms = Terms::ZERO;
    for i in 0..LANES {
        let alpha = if y[i] == 1.0 { one } else { zero };
        terms.value[i] = power[i] * parts.surprisal[i] * alpha;
        if GRADIENT {
            let factor = if y[i] == 1.0 { one_slope } else { zero_slope };
            terms.slope[i] = power[i] * parts.inner[i] * factor;
        }
    }
    terms
}

/// r^γ for a power that is a product.
#[inline(always)]
fn of_rows(power: Power, r: &Row) -> Row {
    let Power::Product { whole, root } = power else {
        return [f64::NAN; LANES];
    };
    let mut result = match whole {
        0 => [1.0; LANES],
        1 => *r,
        2 => r.map(|r| r * r),
        _ => {
            let odd = whole % 2 == 1;
            let mut result = r.map(|r| if odd { r * r * r } else { r * r });
            for _ in 1..whole / 2 {
                for i in 0..LANES {
                    result[i] *= r[i] * r[i];
                }
            }
            result
        }
    };
    if root {
        for i in 0..LANES {
            result[i] *= r[i].sqrt();
        }
    }
    result
}
