//! The terms of the focal loss in pairs of `f64`. Bounds and derivation are in the
//! [module](super) above.

use super::{Power, Row, Terms, at_target};
use crate::kernel::binary::LANES;
use crate::kernel::elementary::lanes_of_pairs::{exp, ln_1p, power_of, surprisal};
use crate::kernel::pair::{fast_two_sum, two_product, two_sum};

/// An unevaluated sum hi + lo, without the care of [`Pair`](crate::kernel::pair::Pair) for what
/// is infinite or extreme.
type Two = (f64, f64);

#[inline(always)]
fn times(a: Two, b: Two) -> Two {
    let (p, e) = two_product(a.0, b.0);
    fast_two_sum(p, e + (a.0 * b.1 + a.1 * b.0))
}

#[inline(always)]
fn plus(a: Two, b: Two) -> Two {
    let (s, e) = two_sum(a.0, b.0);
    fast_two_sum(s, e + (a.1 + b.1))
}

#[inline(always)]
fn over(a: Two, b: Two) -> Two {
    let inverse = 1.0 / b.0;
    let q = a.0 * inverse;
    let (p, e) = two_product(q, b.0);
    let rest = ((a.0 - p) - e) + (a.1 - q * b.1);
    fast_two_sum(q, rest * inverse)
}

#[inline(always)]
fn root(a: Two) -> Two {
    let root = a.0.sqrt();
    let (p, e) = two_product(root, root);
    fast_two_sum(root, (((a.0 - p) - e) + a.1) / (2.0 * root))
}

/// (p, r, s) of a plain element from a logit.
#[inline(always)]
fn of_logit(x: f64, hit: bool) -> (Two, Two, Two) {
    let probable = (x > 0.0) == hit;
    let size = x.abs();
    let e = exp(-size);
    let log = ln_1p(e.0, e.1);
    let (sum, rest) = fast_two_sum(1.0, e.0);
    let large = over((1.0, 0.0), (sum, rest + e.1));
    let small = times(e, large);
    if probable {
        (large, small, log)
    } else {
        (small, large, plus((size, 0.0), log))
    }
}

/// (p, r, s) of a plain element from a probability.
#[inline(always)]
fn of_probability(x: f64, hit: bool) -> (Two, Two, Two) {
    let (p, r) = at_target((x, 0.0), two_sum(1.0, -x), hit);
    (p, r, surprisal(p, r))
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
    for i in 0..LANES {
        let hit = y[i] == 1.0;
        let parts = if LOGIT {
            of_logit(x[i], hit)
        } else {
            of_probability(x[i], hit)
        };
        p.set(i, parts.0);
        r.set(i, parts.1);
        s.set(i, parts.2);
    }
    let power = of_rows(power, gamma, &r);
    let [zero, one] = weights.value;
    let [zero_slope, one_slope] = weights.slope;
    let mut terms = Terms::ZERO;
    for (i, &y) in y.iter().enumerate() {
        let alpha = if y == 1.0 { one } else { zero };
        let value = times(times(power.get(i), s.get(i)), (alpha.hi, alpha.lo));
        (terms.value[i], terms.low[i]) = value;
    }
    if GRADIENT {
        for (i, &y) in y.iter().enumerate() {
            let (p, r, s) = (p.get(i), r.get(i), s.get(i));
            let inner = if LOGIT {
                plus(times((gamma, 0.0), times(p, s)), r)
            } else {
                plus(times((gamma, 0.0), over(s, r)), over((1.0, 0.0), p))
            };
            let factor = if y == 1.0 { one_slope } else { zero_slope };
            let slope = times(times(power.get(i), inner), (factor.hi, factor.lo));
            terms.slope[i] = slope.0;
        }
    }
    terms
}

/// A row of pairs.
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

/// r^γ.
#[inline(always)]
fn of_rows(power: Power, gamma: f64, r: &Twos) -> Twos {
    let mut result = Twos::ZERO;
    match power {
        Power::Product { whole, root: half } => {
            result.hi = [1.0; LANES];
            let (mut square, mut whole) = (*r, whole);
            while whole > 0 {
                if whole % 2 == 1 {
                    result.multiply(&square);
                }
                whole /= 2;
                if whole > 0 {
                    square.multiply(&square.clone());
                }
            }
            if half {
                for i in 0..LANES {
                    result.set(i, times(result.get(i), root(r.get(i))));
                }
            }
        }
        Power::Exponential => {
            for i in 0..LANES {
                result.set(i, power_of(r.get(i), gamma));
            }
        }
    }
    result
}
