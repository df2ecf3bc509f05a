//! The terms of the focal loss in two parts of `f64`. Bounds and derivation are in the
//! [module](super) above.
//!
//! # Numbers in two parts
//!
//! A number is kept as a *head* of at most 26 bits and a *tail*, below 2⁻²⁴ of it: the product of two heads is
//! exact, and whatever else belongs to a product is so small that its roundings are, too. A product of
//! n such numbers has a tail below n·2⁻²⁴, and the last multiplication adds n·2⁻⁷⁵ to its error: a power
//! and its factors, n ≤ 68, are within n·log₂n·2⁻⁷⁵ < 2⁻⁶⁶. Quotients and roots come within
//! 2⁻⁷⁴. Beside the errors of exponentials and logarithms that is nothing.

use super::{Power, Row, Terms, at_target};
use crate::kernel::binary::LANES;
use crate::kernel::elementary::heads::{cut, exp_cut, one_plus_cut, plus_log};
use crate::kernel::elementary::lanes_of_pairs::{power_of, surprisal};
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

/// A row of numbers in two parts.
#[derive(Debug, Clone, Copy)]
struct Twos {
    hi: Row,
    lo: Row,
}

impl Twos {
    const ZERO: Self = Self {
        hi: [0.0; LANES],
        lo: [0.0; LANES],
    };

    #[inline(always)]
    fn get(&self, i: usize) -> Two {
        (self.hi[i], self.lo[i])
    }

    #[inline(always)]
    fn set(&mut self, i: usize, to: Two) {
        (self.hi[i], self.lo[i]) = to;
    }

    #[inline(always)]
    fn multiply(&mut self, other: &Self) {
        for i in 0..LANES {
            self.set(i, times(self.get(i), other.get(i)));
        }
    }
}

/// p, r and s of plain elements from logits. In several loops, because the chains of one are as long as the
/// processor looks ahead.
#[inline(always)]
fn of_logits(x: &Row, y: &Row, p: &mut Twos, r: &mut Twos, s: &mut Twos) {
    let (mut e, mut log, mut sum) = (Twos::ZERO, Twos::ZERO, Twos::ZERO);
    let mut inverse = [0.0; LANES];
    for (i, x) in x.iter().enumerate() {
        e.set(i, exp_cut(-x.abs()));
    }
    for (i, inverse) in inverse.iter_mut().enumerate() {
        let one_plus = one_plus_cut(e.get(i));
        log.set(i, one_plus.log);
        sum.set(i, one_plus.sum);
        *inverse = one_plus.inverse;
    }
    for i in 0..LANES {
        let probable = (x[i] > 0.0) == (y[i] == 1.0);
        let (of_p, of_r) = at_target((1.0, 0.0), e.get(i), probable);
        // Where only the value is wanted, nothing is left of p.
        p.set(i, over_known(of_p, sum.get(i), inverse[i]));
        r.set(i, over_known(of_r, sum.get(i), inverse[i]));
        s.set(
            i,
            plus_log(if probable { 0.0 } else { x[i].abs() }, log.get(i)),
        );
    }
}

/// p, r and s of plain elements from probabilities.
#[inline(always)]
fn of_probabilities(x: &Row, y: &Row, p: &mut Twos, r: &mut Twos, s: &mut Twos) {
    for i in 0..LANES {
        let hit = y[i] == 1.0;
        let (of_p, of_r) = at_target((x[i], 0.0), fast_two_sum(1.0, -x[i]), hit);
        p.set(i, cut(of_p.0, of_p.1));
        r.set(i, cut(of_r.0, of_r.1));
        let (hi, lo) = surprisal(of_p, of_r);
        s.set(i, cut(hi, lo));
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
    let (mut p, mut r, mut s) = (Twos::ZERO, Twos::ZERO, Twos::ZERO);
    if LOGIT {
        of_logits(x, y, &mut p, &mut r, &mut s);
    } else {
        of_probabilities(x, y, &mut p, &mut r, &mut s);
    }
    let power = of_rows(power, gamma, &r);
    let of_pair = |weight: Pair| cut(weight.hi, weight.lo);
    let [zero, one] = weights.value.map(of_pair);
    let mut terms = Terms::ZERO;
    if weights.value == [Pair::ONE; 2] {
        for i in 0..LANES {
            let (hi, lo) = product(power.get(i), s.get(i));
            (terms.value[i], terms.low[i]) = fast_two_sum(hi, lo);
        }
    } else {
        for (i, &y) in y.iter().enumerate() {
            let alpha = if y == 1.0 { one } else { zero };
            let (hi, lo) = product(times(power.get(i), s.get(i)), alpha);
            (terms.value[i], terms.low[i]) = fast_two_sum(hi, lo);
        }
    }
    if GRADIENT {
        let [zero, one] = weights.slope.map(of_pair);
        let gamma = cut(gamma, 0.0);
        for (i, &y) in y.iter().enumerate() {
            let (p, r, s) = (p.get(i), r.get(i), s.get(i));
            let inner = if LOGIT {
                plus(product(gamma, times(p, s)), r)
            } else {
                plus(product(gamma, over(s, r)), over((1.0, 0.0), p))
            };
            let factor = if y == 1.0 { one } else { zero };
            let slope = product(times(power.get(i), inner), factor);
            terms.slope[i] = slope.0 + slope.1;
        }
    }
    terms
}

/// r^γ.
#[inline(always)]
fn of_rows(power: Power, gamma: f64, r: &Twos) -> Twos {
    match power {
        Power::Product { whole, root: half } => {
            // The first factor is taken as it is.
            let mut result = None;
            let mut take = |factor: &Twos| match &mut result {
                None => result = Some(*factor),
                Some(result) => result.multiply(factor),
            };
            let (mut square, mut whole) = (*r, whole);
            while whole > 0 {
                if whole % 2 == 1 {
                    take(&square);
                }
                whole /= 2;
                if whole > 0 {
                    square.multiply(&square.clone());
                }
            }
            if half {
                let mut roots = Twos::ZERO;
                for i in 0..LANES {
                    roots.set(i, root(r.get(i)));
                }
                take(&roots);
            }
            result.unwrap_or(Twos {
                hi: [1.0; LANES],
                lo: [0.0; LANES],
            })
        }
        Power::Exponential => {
            let mut result = Twos::ZERO;
            for i in 0..LANES {
                let (hi, lo) = r.get(i);
                let (hi, lo) = power_of(fast_two_sum(hi, lo), gamma);
                result.set(i, cut(hi, lo));
            }
            result
        }
    }
}
