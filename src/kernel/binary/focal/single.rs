//! The terms of the focal loss for what ends up in `f32`, in the arithmetic of `f64`. Bounds and
//! derivation are in the [module](super) above.

use super::{Power, Row, Terms, at_target};
use crate::kernel::binary::LANES;
use crate::kernel::lanes::Lanes;

/// (p, r, s) of a plain element from a logit, and p·s.
#[inline(always)]
fn of_logit(x: f64, hit: bool) -> (f64, f64, f64) {
    let probable = (x > 0.0) == hit;
    let size = x.abs();
    let e = (-size).exp_ordinary();
    let log = e.ln_1p_unit();
    let r = if probable { e } else { 1.0 } / (1.0 + e);
    let s = if probable { log } else { size + log };
    // p·s, where p is 1 − r or, smaller, e·r.
    let information = if probable { s - r * s } else { (e * r) * s };
    (r, s, information)
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
    let (mut r, mut s, mut inner) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for i in 0..LANES {
        let hit = y[i] == 1.0;
        if LOGIT {
            let (complement, surprisal, information) = of_logit(x[i], hit);
            (r[i], s[i]) = (complement, surprisal);
            inner[i] = gamma * information + complement;
        } else {
            let (p, complement) = at_target(x[i], 1.0 - x[i], hit);
            (r[i], s[i]) = (complement, x[i].surprisal(hit));
            inner[i] = gamma * (s[i] / complement) + 1.0 / p;
        }
    }
    let power = of_rows(power, &r);
    let mut terms = Terms::ZERO;
    for i in 0..LANES {
        let hit = y[i] == 1.0;
        let alpha = if hit {
            weights.value[1].hi
        } else {
            weights.value[0].hi
        };
        terms.value[i] = power[i] * s[i] * alpha;
        if GRADIENT {
            let factor = if hit {
                weights.slope[1].hi
            } else {
                weights.slope[0].hi
            };
            terms.slope[i] = power[i] * inner[i] * factor;
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
