//! The terms of the focal loss in two parts of `f64`. Bounds and derivation are in the
//! [module](super) above.
//!
//! # Numbers in two parts
//!
//! A number is kept as a *head* of at most 26 bits and a *tail*, below 2⁻²⁴ of it: the product of two heads is
//! exact, and whatever else belongs to a product is so small that its roundings are, too. A product of
//! n such numbers has a tail below n·2⁻²⁴, and the last multiplication adds n·2⁻⁷⁵ to its error: a power
//! and its factors, n ≤ 68, are within n·log₂n·2⁻⁷⁵ < 2⁻⁶⁶. Quotients and roots come within
//! 2⁻⁷⁴. Beside the errors of exponentials and logarithms that is nothing. The values are products that are not cut:
//! their tails, below 2⁻¹⁸ of them, go into a sum of their own, two thousand to a lane, which adds 2⁻⁶⁰.

use super::{Arithmetic, BLOCK, Plan, Power, Row, Values, against, at_target};
use crate::kernel::aligned::Aligned;
use crate::kernel::elementary::heads::{cut, exp_cut, log_cut, one_plus_cut, plus_log};
use crate::kernel::elementary::lanes_of_pairs::{power_of, surprisal};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, fast_two_sum, two_sum};

/// A number as head and tail.
type Two = (f64, f64);

/// a·b, not cut.
#[inline(always)]
fn product(a: Two, b: Two) -> Two {
    (a.0 * b.0, a.0 * b.1 + a.1 * (b.0 + b.1))
}

#[inline(always)]
fn times(a: Two, b: Two) -> Two {
    let (high, rest) = product(a, b);
    cut(high, rest)
}

/// a + b for any a and b.
#[inline(always)]
fn plus(a: Two, b: Two) -> Two {
    let (s, e) = two_sum(a.0, b.0);
    cut(s, e + (a.1 + b.1))
}

#[inline(always)]
fn over(a: Two, b: Two) -> Two {
    over_known(a, b, 1.0 / (b.0 + b.1))
}

/// a/b with the inverse of b, within 2⁻⁵⁰.
#[inline(always)]
fn over_known(a: Two, b: Two, inverse: f64) -> Two {
    let (q, _) = cut(a.0 * inverse, 0.0);
    // q·b.0 is exact, and so is its difference from a.0, which is below 2⁻²⁴.
    (q, ((a.0 - q * b.0) + (a.1 - q * b.1)) * inverse)
}

#[inline(always)]
fn root(a: Two) -> Two {
    let root = (a.0 + a.1).sqrt();
    let (q, _) = cut(root, 0.0);
    (q, ((a.0 - q * q) + a.1) / (root + q))
}

/// Numbers of a block in two parts.
#[derive(Debug, Clone, Copy)]
struct Twos {
    hi: Row,
    lo: Row,
}

impl Twos {
    const ZERO: Self = Self {
        hi: Aligned([0.0; BLOCK]),
        lo: Aligned([0.0; BLOCK]),
    };

    const ONE: Self = Self {
        hi: Aligned([1.0; BLOCK]),
        lo: Aligned([0.0; BLOCK]),
    };

    #[inline(always)]
    fn get(&self, i: usize) -> Two {
        (self.hi[i], self.lo[i])
    }

    #[inline(always)]
    fn set(&mut self, i: usize, to: Two) {
        (self.hi[i], self.lo[i]) = to;
    }
}

/// Of the elements of a block: p_t, r = 1 − p_t and s = −ln p_t, r^γ, and what of logits becomes of them:
/// z, with p_t = 1/(1 + e^z), e = e^(−|z|), 1 + e with its inverse, ln(1 + e).
pub(super) struct Double {
    z: Row,
    p: Twos,
    r: Twos,
    s: Twos,
    power: Twos,
    inverse: Row,
}

impl Double {
    /// The weighted values, of r² if `SQUARE` and else of the powers.
    #[inline(always)]
    fn values<F: Lanes, const SQUARE: bool>(&self, plan: &Plan, y: &[F], values: &mut Values) {
        let len = y.len().min(BLOCK);
        let power = |i: usize| {
            if SQUARE {
                times(self.r.get(i), self.r.get(i))
            } else {
                self.power.get(i)
            }
        };
        let [zero, one] = plan.weights.value.map(|weight| cut(weight.hi, weight.lo));
        if plan.weights.value == [Pair::ONE; 2] {
            for i in 0..len {
                (values.hi[i], values.lo[i]) = product(power(i), self.s.get(i));
            }
        } else {
            // By index: the second end that an iterator has would leave the last elements to a scalar loop.
            let alpha = |i: usize| if y[i] == F::ONE { one } else { zero };
            for i in 0..len {
                (values.hi[i], values.lo[i]) = product(times(power(i), self.s.get(i)), alpha(i));
            }
        }
    }

    /// r^γ.
    #[inline(always)]
    fn raise(&mut self, power: Power, gamma: f64, len: usize) {
        let (r, result) = (&self.r, &mut self.power);
        let Power::Product { whole, root: half } = power else {
            for i in 0..len.min(BLOCK) {
                let (hi, lo) = r.get(i);
                let (hi, lo) = power_of(fast_two_sum(hi, lo), gamma);
                result.set(i, cut(hi, lo));
            }
            return;
        };
        // By squares and products from the first digit of γ on.
        let digits = u32::BITS - whole.leading_zeros();
        match digits {
            0 => *result = Twos::ONE,
            1 => *result = *r,
            _ => {
                for i in 0..len.min(BLOCK) {
                    result.set(i, times(r.get(i), r.get(i)));
                }
            }
        }
        for digit in (0..digits.saturating_sub(1)).rev() {
            if digit + 2 < digits {
                for i in 0..len.min(BLOCK) {
                    result.set(i, times(result.get(i), result.get(i)));
                }
            }
            if whole >> digit & 1 == 1 {
                for i in 0..len.min(BLOCK) {
                    result.set(i, times(result.get(i), r.get(i)));
                }
            }
        }
        if half {
            for i in 0..len.min(BLOCK) {
                result.set(i, times(result.get(i), root(r.get(i))));
            }
        }
    }
}

impl Arithmetic for Double {
    const NEW: Self = Self {
        z: Aligned([0.0; BLOCK]),
        p: Twos::ZERO,
        r: Twos::ZERO,
        s: Twos::ZERO,
        power: Twos::ZERO,
        inverse: Aligned([0.0; BLOCK]),
    };
    const IN_TWO_PARTS: bool = true;

    /// From logits. In several loops, because the chains of one are as long as the processor looks ahead.
    /// p is only worked out if `WITH_P`.
    #[inline(always)]
    fn read_logits<F: Lanes, const WITH_P: bool>(&mut self, x: &[F], y: &[F]) {
        let len = x.len().min(BLOCK);
        let (e, sum, log) = (&mut self.p, &mut self.r, &mut self.s);
        for i in 0..len {
            self.z[i] = against(x[i], y[i]);
            e.set(i, exp_cut(-self.z[i].abs()));
        }
        for i in 0..len {
            let one_plus = one_plus_cut(e.get(i));
            log.set(i, one_plus.quotient);
            sum.set(i, one_plus.sum);
            self.inverse[i] = one_plus.inverse;
        }
        for i in 0..len {
            log.set(i, log_cut(e.get(i).0, log.get(i)));
        }
        for i in 0..len {
            let z = self.z[i];
            let (of_p, of_r) = at_target(e.get(i), (1.0, 0.0), z > 0.0);
            let (one_plus, inverse) = (sum.get(i), self.inverse[i]);
            if WITH_P {
                e.set(i, over_known(of_p, one_plus, inverse));
            }
            sum.set(i, over_known(of_r, one_plus, inverse));
            let linear = if z > 0.0 { z } else { 0.0 };
            log.set(i, plus_log(linear, log.get(i)));
        }
    }

    #[inline(always)]
    fn read_probabilities<F: Lanes>(&mut self, x: &[F], y: &[F]) {
        for i in 0..x.len().min(BLOCK) {
            let (x, hit) = (x[i].to_f64(), y[i] == F::ONE);
            let (of_p, of_r) = at_target((x, 0.0), fast_two_sum(1.0, -x), hit);
            self.p.set(i, cut(of_p.0, of_p.1));
            self.r.set(i, cut(of_r.0, of_r.1));
            let (hi, lo) = surprisal(of_p, of_r);
            self.s.set(i, cut(hi, lo));
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
        let len = y.len().min(BLOCK);
        if !GRADIENT && plan.power == Power::SQUARE {
            self.values::<F, true>(plan, y, values);
        } else {
            self.raise(plan.power, plan.focal.gamma, len);
            self.values::<F, false>(plan, y, values);
        }
        if GRADIENT {
            let [zero, one] = plan.weights.slope.map(|weight| cut(weight.hi, weight.lo));
            let gamma = cut(plan.focal.gamma, 0.0);
            for i in 0..len {
                let (p, r, s) = (self.p.get(i), self.r.get(i), self.s.get(i));
                let inner = if LOGIT {
                    plus(product(gamma, times(p, s)), r)
                } else {
                    plus(product(gamma, over(s, r)), over((1.0, 0.0), p))
                };
                let factor = if y[i] == F::ONE { one } else { zero };
                let (high, rest) = product(times(self.power.get(i), inner), factor);
                slopes[i] = F::from_f64(high + rest);
            }
        }
    }
}
