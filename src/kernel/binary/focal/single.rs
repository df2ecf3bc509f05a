//! The terms of the focal loss for what ends up in `f32`, in the arithmetic of `f64`. Bounds and
//! derivation are in the [module](super) above.

use super::{Arithmetic, BLOCK, Plan, Power, Row, Values, against, at_target};
use crate::kernel::aligned::Aligned;
use crate::kernel::elementary::lanes_of_pairs::{
    exp_lite_of_reduced, exp_lite_reduced, one_plus, surprisal_lite, twice_artanh_lite,
};
use crate::kernel::lanes::Lanes;

/// Of the elements of a block: p_t and r = 1 − p_t, r^γ, and of logits z, with p_t = 1/(1 + e^z), and
/// e/(2 + e), with e = e^(−|z|).
pub(super) struct Single {
    z: Row,
    p: Row,
    r: Row,
    power: Row,
    quotient: Row,
}

impl Single {
    /// r^γ for a power that is a product.
    #[inline(always)]
    fn raise(&mut self, power: Power, len: usize) {
        let Power::Product { whole, root } = power else {
            self.power = Aligned([f64::NAN; BLOCK]);
            return;
        };
        let r = &self.r[..len];
        let power = &mut self.power[..len];
        match whole {
            0 => power.fill(1.0),
            1 => power.copy_from_slice(r),
            _ => {
                for (power, r) in power.iter_mut().zip(r) {
                    *power = r * r;
                }
            }
        }
        for _ in 2..whole {
            for (power, r) in power.iter_mut().zip(r) {
                *power *= r;
            }
        }
        if root {
            for (power, r) in power.iter_mut().zip(r) {
                *power *= r.sqrt();
            }
        }
    }

    /// The values and derivatives, of r² if `SQUARE` and else of the powers.
    #[inline(always)]
    fn finish<F: Lanes, const LOGIT: bool, const GRADIENT: bool, const SQUARE: bool>(
        &self,
        plan: &Plan,
        y: &[F],
        values: &mut [f64],
        slopes: &mut [F],
    ) {
        let gamma = plan.focal.gamma;
        let [zero, one] = plan.weights.value.map(|weight| weight.hi);
        let [zero_slope, one_slope] = plan.weights.slope.map(|weight| weight.hi);
        let len = y.len();
        let values = &mut values[..len];
        let (z, p, r) = (&self.z[..len], &self.p[..len], &self.r[..len]);
        let (power, quotient) = (&self.power[..len], &self.quotient[..len]);
        for i in 0..len {
            let s = if LOGIT {
                let linear = if z[i] > 0.0 { z[i] } else { 0.0 };
                linear + twice_artanh_lite(quotient[i])
            } else {
                surprisal_lite(p[i], r[i])
            };
            let power = if SQUARE { r[i] * r[i] } else { power[i] };
            let hit = y[i] == F::ONE;
            values[i] = power * s * if hit { one } else { zero };
            if GRADIENT {
                let inner = if LOGIT {
                    gamma * (p[i] * s) + r[i]
                } else {
                    gamma * (s / r[i]) + 1.0 / p[i]
                };
                let factor = if hit { one_slope } else { zero_slope };
                slopes[i] = F::from_f64(power * inner * factor);
            }
        }
    }
}

impl Arithmetic for Single {
    const NEW: Self = Self {
        z: Aligned([0.0; BLOCK]),
        p: Aligned([0.0; BLOCK]),
        r: Aligned([0.0; BLOCK]),
        power: Aligned([0.0; BLOCK]),
        quotient: Aligned([0.0; BLOCK]),
    };
    const IN_TWO_PARTS: bool = false;

    /// From logits. In several loops, because the chains of one are as long as the processor looks ahead.
    /// p is only written if `WITH_P`.
    #[inline(always)]
    fn read_logits<F: Lanes, const WITH_P: bool>(&mut self, x: &[F], y: &[F]) {
        let e = &mut self.quotient[..x.len()];
        // There is room: the powers come later.
        let shifted = &mut self.power;
        for (((&x, &y), (z, r)), shifted) in x
            .iter()
            .zip(y)
            .zip(self.z.iter_mut().zip(&mut *e))
            .zip(shifted.iter_mut())
        {
            *z = against(x, y);
            (*r, *shifted) = exp_lite_reduced(-z.abs());
        }
        for (e, shifted) in e.iter_mut().zip(&**shifted) {
            *e = exp_lite_of_reduced(*e, *shifted);
        }
        let to = self.p.iter_mut().zip(self.r.iter_mut());
        for ((quotient, z), (p, r)) in e.iter_mut().zip(&*self.z).zip(to) {
            let e = *quotient;
            let (inverse, half) = one_plus(e);
            let (of_p, of_r) = at_target(e, 1.0, *z > 0.0);
            if WITH_P {
                *p = of_p * inverse;
            }
            (*r, *quotient) = (of_r * inverse, half);
        }
    }

    #[inline(always)]
    fn read_probabilities<F: Lanes>(&mut self, x: &[F], y: &[F]) {
        let to = self.p.iter_mut().zip(self.r.iter_mut());
        for ((x, &y), (p, r)) in x.iter().zip(y).zip(to) {
            let x = x.to_f64();
            (*p, *r) = at_target(x, 1.0 - x, y == F::ONE);
        }
    }

    #[inline(always)]
    fn weigh<F: Lanes, const LOGIT: bool, const GRADIENT: bool>(
        &mut self,
        plan: &Plan,
        y: &[F],
        values: &mut Values,
        slopes: &mut [F],
    ) {
        if plan.power == Power::SQUARE {
            self.finish::<F, LOGIT, GRADIENT, true>(plan, y, &mut *values.hi, slopes);
        } else {
            self.raise(plan.power, y.len());
            self.finish::<F, LOGIT, GRADIENT, false>(plan, y, &mut *values.hi, slopes);
        }
    }
}
