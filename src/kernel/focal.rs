//! The focal loss of one prediction in floating point, from p_t, 1 − p_t and −ln p_t, with its
//! derivatives; and powers with a real exponent. Batches, α and reductions live with the losses.
//!
//! # Formulas
//!
//! With p = p_t, r = 1 − p_t and s = −ln p_t:
//!
//! * the value is r^γ·s;
//! * the derivative with respect to p_t is −r^γ·(γ·s/r + 1/p);
//! * the derivative with respect to the logit of the target is −r^γ·(γ·p·s + r), because
//!   dp_t/dx = p·r; with respect to the logit of another class c it is r^γ·(γ·p·s/r + 1)·p_c.
//!
//! Each is a product of numbers that are not negative, or a sum of two such, so nothing cancels.
//! The quotient s/r tends to 1 as r tends to 0: no power with a negative exponent occurs, and
//! 0 < γ < 1 needs no special care.
//!
//! # Bounds
//!
//! Let p, r and s come within relative errors δp, δr and δs. Then r^γ comes within
//! γ·δr + [`power`]'s bound 2⁻⁵⁷·⁵ + 2⁻⁵⁷·γ, the value within γ·δr + δs + 2⁻⁵⁷·⁵ + 2⁻⁵⁷·γ + 2⁻⁹⁶, and
//! the derivatives within that and δp + δr + 2⁻⁹⁶.
//!
//! | from | δp | δr | δs | value, `f64` | derivative, `f64` |
//! |---|---|---|---|---|---|
//! | a probability, target 0 or 1 | 2⁻¹⁰⁵ | 2⁻¹⁰⁵ | 2⁻⁵⁶·⁸ | ½ + 2⁻⁴·(2 + γ) ulp | ½ + 2⁻⁴·(2 + γ) ulp |
//! | a logit, target 0 or 1, or a label | 2⁻⁵⁶ | 2⁻⁵⁶ | 2⁻⁵⁶ | ½ + 2⁻³·(2 + 2γ) ulp | ½ + 2⁻³·(4 + 2γ) ulp |
//! | soft targets | 2⁻⁵⁵ | 2⁻⁵⁵ | 2⁻⁵⁵ | ½ + 2⁻²·(2 + 2γ) ulp | ½ + 2⁻²·(4 + 2γ) ulp |
//!
//! In `f32` each is at most ½ + 2⁻²⁸·(4 + 2γ) ulp. A power below 2⁻⁹⁶⁹ has lost its low part, and
//! below 2⁻¹⁰²² it is rounded to a multiple of 2⁻¹⁰⁷⁴.

use super::Float;
use super::bernoulli::Law;
use super::elementary::{exp_of_pair, ln_1p_of_pair, ln_of_pair};
use super::log_sum_exp::{Centred, Softmax};
use super::pair::Pair;
use super::sum::Total;

/// The largest γ for which a whole or half-whole power is a product.
pub(super) const LARGEST_PRODUCT: f64 = 64.0;

/// p_t of one prediction, with its complement and its surprisal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetProbability {
    /// p_t.
    pub probability: Pair,
    /// 1 − p_t.
    pub complement: Pair,
    /// −ln p_t.
    pub surprisal: Pair,
}

impl TargetProbability {
    /// p_t = y·p + (1 − y)·(1 − p) of a binary prediction, for y in [0, 1].
    #[must_use]
    pub fn of_law(law: Law, y: f64) -> Self {
        let (p, rest) = (law.probability(), law.complement());
        if y == 1.0 {
            return Self {
                probability: p,
                complement: rest,
                surprisal: law.surprisal(),
            };
        }
        if y == 0.0 {
            let surprisal = law.surprisal_of_complement();
            return Self {
                probability: rest,
                complement: p,
                surprisal,
            };
        }
        let z = Pair::difference(1.0, y);
        Self::of_pairs(p.mul_f64(y) + rest * z, rest.mul_f64(y) + p * z)
    }

    /// p_t and 1 − p_t as they are given, each with its relative accuracy.
    #[must_use]
    pub fn of_pairs(probability: Pair, complement: Pair) -> Self {
        let surprisal = if probability.hi >= 0.5 {
            -ln_1p_of_pair(-complement)
        } else {
            -ln_of_pair(probability)
        };
        Self {
            probability,
            complement,
            surprisal,
        }
    }

    /// p_t of a label in a row of logits.
    #[must_use]
    pub fn of_label<F: Float>(softmax: &Softmax, logit: F) -> Self {
        Self {
            probability: softmax.probability(logit),
            complement: softmax.complement(logit),
            surprisal: softmax.surprisal(logit),
        }
    }

    /// (1 − p_t)^γ·(−ln p_t).
    #[inline]
    #[must_use]
    pub fn focal(&self, gamma: f64) -> Pair {
        if self.complement == Pair::ZERO {
            return Pair::ZERO;
        }
        power(self.complement, gamma) * self.surprisal
    }

    /// weight times the derivative of [`TargetProbability::focal`] with respect to p_t, for a
    /// weight that is not negative.
    #[must_use]
    pub fn slope(&self, gamma: f64, weight: Pair) -> Pair {
        if weight == Pair::ZERO {
            return Pair::ZERO;
        }
        if self.probability == Pair::ZERO {
            return -Pair::INFINITY;
        }
        let plain = weight / self.probability;
        if !plain.is_finite() {
            return -plain;
        }
        let focused = (self.surprisal_quotient() * weight).mul_f64(gamma);
        -(power(self.complement, gamma) * (focused + plain))
    }

    /// The derivative of [`TargetProbability::focal`] with respect to the logit of the target.
    #[must_use]
    pub fn slope_in_logit(&self, gamma: f64) -> Pair {
        let inner = self.information().mul_f64(gamma) + self.complement;
        -(power(self.complement, gamma) * inner)
    }

    /// weight times the derivative with respect to a logit x of the focal loss of
    /// p_t = y·σ(x) + (1 − y)·σ(−x), over 2y − 1, for 0 < y < 1.
    ///
    /// With e = exp(−|x|), and a and b the weights of the likelier and the other outcome in p_t,
    /// p_t = (a + b·e)/(1 + e), 1 − p_t = (b + a·e)/(1 + e), and σ(x)·σ(−x) = e/(1 + e)². So
    /// the derivative is −r^γ·(γ·s/(b + a·e) + 1/(a + b·e))·e/(1 + e). One factor √e is
    /// multiplied last, so that e itself may be below the floats.
    #[must_use]
    pub fn soft_slope_in_logit(&self, x: f64, y: f64, gamma: f64, weight: Pair) -> Pair {
        let root = exp_of_pair(Pair::from(-0.5 * x.abs()));
        let e = root * root;
        let (one, zero) = (Pair::from(y), Pair::difference(1.0, y));
        let (a, b) = if x > 0.0 { (one, zero) } else { (zero, one) };
        let focused = (self.surprisal / (b + a * e)).mul_f64(gamma);
        let plain = Pair::ONE / (a + b * e);
        let inner = (focused + plain) * root / e.add_f64(1.0);
        -(power(self.complement, gamma) * inner * weight * root)
    }

    /// −p_t times the derivative with respect to p_t, (1 − p_t)^γ·(γ·p_t·s/(1 − p_t) + 1): its
    /// product with p_c is the derivative with respect to the logit of another class c.
    #[must_use]
    pub fn relative_slope(&self, gamma: f64) -> Pair {
        let quotient = if self.complement == Pair::ZERO {
            Pair::ONE
        } else {
            self.information() / self.complement
        };
        power(self.complement, gamma) * (quotient.mul_f64(gamma) + Pair::ONE)
    }

    /// p_t·(−ln p_t), with 0·ln 0 = 0.
    #[inline]
    fn information(&self) -> Pair {
        if self.probability == Pair::ZERO {
            Pair::ZERO
        } else {
            self.probability * self.surprisal
        }
    }

    /// −ln p_t/(1 − p_t), and its limit 1 at p_t = 1.
    #[inline]
    fn surprisal_quotient(&self) -> Pair {
        if self.complement == Pair::ZERO {
            Pair::ONE
        } else {
            self.surprisal / self.complement
        }
    }
}

/// A row of logits with soft targets q: p_t = Σ_c q_c·p_c, and the share of each class in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoftTarget {
    target: TargetProbability,
    /// q_c less p_t, their mean.
    centred: Centred,
    /// The largest logit of a class with q_c > 0, and Σ_c q_c·exp(z_c − largest).
    largest: f64,
    sum: Pair,
}

impl SoftTarget {
    /// p_t of targets in [0, 1], one for each logit of the row.
    #[must_use]
    pub fn new<F: Float>(softmax: &Softmax, row: &[F], targets: &[F]) -> Self {
        let mut largest = f64::NEG_INFINITY;
        let (mut inside, mut outside) = (Total::ZERO, Total::ZERO);
        for (&z, q) in row.iter().zip(targets) {
            let q = q.to_f64();
            if q > 0.0 && z.to_f64() > largest {
                largest = z.to_f64();
            }
            let p = softmax.probability(z);
            inside.add_pair(p.mul_f64(q));
            outside.add_pair(p * Pair::difference(1.0, q));
        }
        let mut total = Total::ZERO;
        for (&z, q) in row.iter().zip(targets) {
            total.add_pair(term(z.to_f64(), largest).mul_f64(q.to_f64()));
        }
        let (probability, complement, sum) = (inside.value(), outside.value(), total.value());
        let mut target = TargetProbability::of_pairs(probability, complement);
        if probability.hi < 0.5 {
            // p_t itself may have underflowed: −ln p_t = (m − largest) − ln(sum/Σ exp(z − m)).
            target.surprisal = if sum == Pair::ZERO {
                Pair::INFINITY
            } else {
                let gap = softmax.gap(F::from_f64(largest));
                gap - ln_of_pair(sum / softmax.tail().add_f64(1.0))
            };
        }
        let number = |class: usize| targets[class].to_f64();
        let probability = |class: usize| softmax.probability(row[class]);
        Self {
            target,
            centred: Centred::of(softmax, row, number, probability),
            largest,
            sum,
        }
    }

    /// p_t.
    #[must_use]
    pub fn target(&self) -> &TargetProbability {
        &self.target
    }

    /// Whether p_t is 0 itself, and not only below the smallest float.
    #[must_use]
    pub fn is_impossible(&self, softmax: &Softmax) -> bool {
        self.largest == f64::NEG_INFINITY
            || (softmax.max() == f64::INFINITY && self.largest < f64::INFINITY)
    }

    /// (q_c/p_t − 1)·p_c, which times [`TargetProbability::relative_slope`] is minus the
    /// derivative with respect to the logit of the class.
    #[must_use]
    pub fn pull<F: Float>(&self, softmax: &Softmax, logit: F, q: F) -> Pair {
        let (z, q) = (logit.to_f64(), q.to_f64());
        if q == 0.0 {
            return -softmax.probability(logit);
        }
        self.centred.excess(q) * (term(z, self.largest) / self.sum)
    }
}

/// exp(z − largest) for z ≤ largest, and 1 where both are the same infinity; 0 for a logit that
/// is larger.
fn term(z: f64, largest: f64) -> Pair {
    if z == largest {
        Pair::ONE
    } else if z > largest || z == f64::NEG_INFINITY || largest == f64::INFINITY {
        Pair::ZERO
    } else {
        exp_of_pair(Pair::difference(z, largest))
    }
}

/// base^exponent for a base in [0, 1] and an exponent ≥ 0, with 0⁰ = 1.
///
/// # Bound
/// Within 2⁻⁵⁷·⁵ + 2⁻⁵⁷·exponent relative: whole and half-whole exponents up to 64 are products and
/// square roots of pairs, within 2⁻⁹⁶·(1 + exponent). For any other exponent γ, write
/// base = m·2ᵏ with ½ < m ≤ 1. Then base^γ = 2ⁿ·exp(f·ln 2 + γ·ln m), where n + f = γ·k exactly
/// and |f| ≤ ½: ln m is within 2⁻⁵⁶·⁸ of at most ln 2, and exp within 2⁻⁵⁷·⁵. So the size of k
/// does not enter, as it would in exp(γ·ln base).
///
/// # Examples
/// ```
/// use exact_loss::kernel::focal::power;
/// use exact_loss::kernel::pair::Pair;
///
/// assert_eq!(power(Pair::from(0.25), 1.5).round::<f64>(), 0.125);
/// assert_eq!(power(Pair::from(0.0), 0.0).round::<f64>(), 1.0);
/// assert_eq!(power(Pair::from(2.0_f64.powi(-80)), 0.375).round::<f64>(), 2.0_f64.powi(-30));
/// ```
#[must_use]
pub fn power(base: Pair, exponent: f64) -> Pair {
    if exponent == 0.0 || base == Pair::ONE {
        return Pair::ONE;
    }
    if base == Pair::ZERO {
        return Pair::ZERO;
    }
    let halves = exponent * 2.0;
    if exponent <= LARGEST_PRODUCT && halves.fract() == 0.0 {
        let whole = whole_power(base, exponent as u32);
        return if exponent.fract() == 0.0 {
            whole
        } else {
            whole * square_root(base)
        };
    }
    let (mantissa, k) = split(base);
    let steps = Pair::product(exponent, k);
    if steps.hi < -1200.0 {
        return Pair::ZERO;
    }
    let n = (steps.hi + 0.5).floor();
    let rest = Pair::LN_2 * steps.add_f64(-n);
    let inner = rest + ln_of_pair(mantissa).mul_f64(exponent);
    if inner.hi < -800.0 {
        return Pair::ZERO;
    }
    let power = exp_of_pair(inner);
    // In two steps, because n may lie below the exponents of normal numbers.
    let n = n as i32;
    power.scale(n / 2).scale(n - n / 2)
}

/// base = mantissa·2ᵏ with ½ < mantissa ≤ 1, for a base in (0, 1].
fn split(base: Pair) -> (Pair, f64) {
    let tiny = base.hi < f64::MIN_POSITIVE / f64::EPSILON;
    let base = if tiny { base.scale(200) } else { base };
    // The exponent of the next smaller float: ½ becomes 1·2⁻¹, not ½·2⁰.
    let k = ((base.hi.to_bits() - 1) >> 52) as i32 - 1022;
    let shift = if tiny { 200 } else { 0 };
    let half = k / 2;
    (base.scale(-half).scale(half - k), f64::from(k - shift))
}

/// base^n by squaring.
pub fn whole_power(base: Pair, mut n: u32) -> Pair {
    let (mut result, mut square) = (Pair::ONE, base);
    loop {
        if n & 1 == 1 {
            result = result * square;
        }
        n >>= 1;
        if n == 0 {
            return result;
        }
        square = square * square;
    }
}

/// The square root of a positive pair, within 2⁻⁹⁸ relative: one step of Newton's method from the
/// rounded root, which is an IEEE 754 operation.
pub fn square_root(x: Pair) -> Pair {
    let tiny = x.hi < 1e-200;
    let x = if tiny { x.scale(400) } else { x };
    let root = x.hi.sqrt();
    let rest = x - Pair::product(root, root);
    let refined = Pair::sum(root, rest.hi / (2.0 * root));
    if tiny { refined.scale(-200) } else { refined }
}
