//! The terms of the focal loss of binary predictions, from logits and from probabilities.
//!
//! With p = p_t, r = 1 − p_t and s = −ln p_t the value is r^γ·s, and the derivative is −r^γ·(γ·p·s + r)
//! with respect to the logit of the target, or that over p·r with respect to p_t: products and
//! sums of numbers that are not negative.
//!
//! # Powers
//!
//! r^γ is a product, and a square root for ½, where 2γ is a whole number up to 16. For any other
//! γ it is exp(γ·ln r): in `f32` this is worked out in `f64`, and in `f64` no element is plain.
//!
//! # Bounds
//!
//! With u = 2⁻²⁴ or 2⁻⁵³, for plain elements. A power comes with γ times the error of r, and u for each of
//! its products and its root: γ at most.
//!
//! *From a logit*: e = e^(−|x|) comes with 1.75u, p and r with 4.75u, s with 2.5 ulp, at most 5u. The
//! value comes with 4.75γ + γ + 5 + 1 = 5.75γ + 6; in the derivative γ·p·s comes with 4.75 + 5 + 3, so all with
//! 5.75γ + 12.75 + 1 + 3 < 5.75γ + 17, f and the products with it included.
//!
//! *From a probability*: p and r come with u, s with 1.5 ulp, at most 3u. The value comes with 2γ + 4, and
//! the derivative with 2γ, 7 for γ·p·s, 1 for the sum, 4 for the quotient by p·r, 3 for the
//! products and f: 2γ + 15.
//!
//! These count every error at its worst and all with one sign; what is seen is a third of it.

use super::cross_entropy::{is_hard, is_inside, of_target};
use super::{BLOCK, Elements, Guards, LANES, Outcomes, Term, rows, rows_mut};
use crate::kernel::bernoulli::Law;
use crate::kernel::elementary::exp;
use crate::kernel::focal::TargetProbability;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// The largest γ for which a power is a product.
const LARGEST_PRODUCT: f64 = 8.0;

/// How a power is worked out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Power {
    /// r^whole, times √r if `root`.
    Product { whole: u32, root: bool },
    /// exp(γ·ln r).
    Exponential,
}

/// (1 − p_t)^γ·(−ln p_t), for predictions that are logits or else probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Focal<F, const LOGIT: bool> {
    gamma: f64,
    power: Power,
    /// The least r of a plain element: its value is a normal number.
    least: F,
    /// What the logit of an improbable error is multiplied with, before it must be ordinary.
    stretch: F,
}

impl<F: Lanes, const LOGIT: bool> Focal<F, LOGIT> {
    /// The term for a γ ≥ 0.
    #[must_use]
    pub fn new(gamma: f64) -> Self {
        // −ln of the smallest normal number, rounded down.
        let range = F::from_pair(87.0, 708.0).to_f64();
        let furthest = range / (gamma + 1.0);
        let ordinary = F::ORDINARY.to_f64();
        let is_product = gamma <= LARGEST_PRODUCT && (2.0 * gamma).fract() == 0.0;
        Self {
            gamma,
            power: if is_product {
                Power::Product {
                    whole: gamma as u32,
                    root: gamma.fract() != 0.0,
                }
            } else {
                Power::Exponential
            },
            least: F::from_f64(exp(-furthest)),
            stretch: F::from_f64((ordinary / furthest).max(1.0)),
        }
    }

    /// Whether the powers are as exact as the lanes: exp(γ·ln r) needs more digits than them.
    #[inline(always)]
    fn has_power(self) -> bool {
        self.power != Power::Exponential || F::EPSILON.to_f64() > 1e-10
    }

    /// Writes r^γ.
    #[inline(always)]
    fn power(self, r: &[F], to: &mut [F]) {
        let pairs = || r.iter();
        match self.power {
            Power::Product { whole, root } => {
                match whole {
                    0 => to.fill(F::ONE),
                    1 => to.copy_from_slice(r),
                    2 => {
                        for (to, &r) in to.iter_mut().zip(pairs()) {
                            *to = r * r;
                        }
                    }
                    _ => {
                        // Two more factors at a time, then one where the number is odd.
                        let odd = whole % 2 == 1;
                        for (to, &r) in to.iter_mut().zip(pairs()) {
                            *to = if odd { r * r * r } else { r * r };
                        }
                        for _ in 1..whole / 2 {
                            for (to, &r) in to.iter_mut().zip(pairs()) {
                                *to *= r * r;
                            }
                        }
                    }
                }
                if root {
                    for (to, &r) in to.iter_mut().zip(pairs()) {
                        *to *= r.square_root();
                    }
                }
            }
            Power::Exponential if self.has_power() => {
                for (to, &r) in to.iter_mut().zip(pairs()) {
                    let log = r.to_f64().ln_positive();
                    *to = F::from_f64((log * self.gamma).exp_ordinary());
                }
            }
            Power::Exponential => to.fill(F::ONE),
        }
    }

    /// (p, r, s) of a plain element.
    #[inline(always)]
    fn parts(x: F, y: F) -> (F, F, F) {
        let hit = y == F::ONE;
        if !LOGIT {
            let s = x.surprisal(hit);
            return (of_target(x, y), of_target(x, F::ONE - y), s);
        }
        let z = if hit { x } else { -x };
        let e = (-x.abs()).exp_ordinary();
        let linear = if z < F::ZERO { -z } else { F::ZERO };
        let s = linear + e.ln_1p_unit();
        let inverse = F::ONE / (F::ONE + e);
        let small = e * inverse;
        let probable = z > F::ZERO;
        let p = if probable { inverse } else { small };
        let r = if probable { small } else { inverse };
        (p, r, s)
    }
}

impl<F: Lanes, const LOGIT: bool> Term<F> for Focal<F, LOGIT> {
    #[inline(always)]
    fn guard(self, x: F, y: F) -> F::Bits {
        if LOGIT {
            let error_is_improbable = (x > F::ZERO) == (y == F::ONE);
            let stretched = x * self.stretch;
            let x = if error_is_improbable { stretched } else { x };
            if is_hard(y) {
                x.magnitude()
            } else {
                F::NAN.magnitude()
            }
        } else {
            let p_t = of_target(x, y);
            let r = of_target(x, F::ONE - y);
            if is_hard(y) & (p_t >= F::MIN_POSITIVE) & (r >= self.least) {
                x.ordered_bits()
            } else {
                F::NAN.ordered_bits()
            }
        }
    }

    #[inline(always)]
    fn limit(self) -> F::Bits {
        match (self.has_power(), LOGIT) {
            (false, _) => F::Bits::default(),
            (true, true) => F::ORDINARY.ordered_bits(),
            (true, false) => F::ONE.ordered_bits(),
        }
    }

    #[inline(always)]
    fn lanes<const GRADIENT: bool>(
        self,
        block: &Elements<'_, F>,
        [one, zero]: [F; 2],
        values: &mut [F],
        gradient: &mut [F],
    ) -> bool {
        let (mut p, mut r, mut power) = ([F::ZERO; BLOCK], [F::ZERO; BLOCK], [F::ZERO; BLOCK]);
        let len = values.len();
        let mut guards = Guards::<F>::new();
        let inputs = rows(block.predictions).iter().zip(rows(block.targets));
        let parts = rows_mut(&mut p).iter_mut().zip(rows_mut(&mut r));
        for ((x, y), (s, (p, r))) in inputs.zip(rows_mut(values).iter_mut().zip(parts)) {
            for i in 0..LANES {
                guards.take(i, self.guard(x[i], y[i]));
                (p[i], r[i], s[i]) = Self::parts(x[i], y[i]);
            }
        }
        self.power(&r[..len], &mut power[..len]);
        let parts = rows(&p).iter().zip(rows(&r)).zip(rows(&power));
        if !GRADIENT {
            for (value, (_, power)) in rows_mut(values).iter_mut().zip(parts) {
                for i in 0..LANES {
                    value[i] *= power[i];
                }
            }
            return guards.are_within(self.limit());
        }
        let gamma = F::from_f64(self.gamma);
        let outputs = rows_mut(values).iter_mut().zip(rows_mut(gradient));
        for ((y, ((p, r), power)), (value, slope)) in
            rows(block.targets).iter().zip(parts).zip(outputs)
        {
            for i in 0..LANES {
                let s = value[i];
                let inner = gamma * (p[i] * s) + r[i];
                let inner = if LOGIT { inner } else { inner / (p[i] * r[i]) };
                let factor = if y[i] == F::ONE { one } else { zero };
                value[i] = power[i] * s;
                slope[i] = power[i] * inner * factor;
            }
        }
        guards.are_within(self.limit())
    }

    #[inline]
    fn is_inside(self, x: F) -> bool {
        is_inside::<F, LOGIT>(x)
    }

    fn accurate(self, x: F, y: f64, weights: Outcomes, factor: Option<Pair>) -> (Total, Pair) {
        let x = x.to_f64();
        accurate(self.gamma, x, LOGIT, y, weights, factor)
    }
}

/// [`Term::accurate`].
fn accurate(
    gamma: f64,
    x: f64,
    logit: bool,
    y: f64,
    weights: Outcomes,
    factor: Option<Pair>,
) -> (Total, Pair) {
    let law = if logit {
        Law::from_logit(x)
    } else {
        Law::from_probability(x)
    };
    let target = TargetProbability::of_law(law, y);
    let alpha = weights.one.mul_f64(y) + weights.zero * Pair::difference(1.0, y);
    let mut value = Total::ZERO;
    if alpha != Pair::ZERO {
        value.add_pair(alpha * target.focal(gamma));
    }
    let Some(factor) = factor else {
        return (value, Pair::ZERO);
    };
    let direction = Pair::difference(2.0 * y, 1.0);
    let weight = alpha * factor;
    let slope = if !logit && y == 0.5 {
        Pair::ZERO
    } else if !logit {
        target.slope(gamma, weight) * direction
    } else if y == 0.0 || y == 1.0 {
        weight * (target.slope_in_logit(gamma) * direction)
    } else {
        target.soft_slope_in_logit(x, y, gamma, weight * direction)
    };
    (value, slope)
}
