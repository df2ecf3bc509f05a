//! Sums of terms that are known within a relative bound, and the test whether all numbers within the
//! bound of the sum round to one float. The functions that terms are made with are beside this file, and so
//! are the terms that are added many at a time.

use super::super::pair::{Pair, two_sum};
use super::blocks::{LANES, Lanes};
use super::terms::{self, Weights};
use super::{LARGEST_EXPONENT, ln, ln_1p, softplus, softplus_of_both, times};

/// The relative error that the terms of a [`Sum`] may have, that of their sum included: 2⁻⁶³·⁹.
pub const ERROR: f64 = 5.8e-20;

/// How many terms are added up before they are merged.
const CHUNK: u32 = 4096;

/// A sum with the bound of its error.
///
/// # Bound
///
/// A chunk of n = 4096 terms is added with an error-free transformation, and the rests in `f64`: the
/// rests are below 2nuM, where M = Σ|terms|, and their additions are rounded by 4n²u²M = 2⁻⁸⁰M at
/// most. (Terms in lanes are added so in each lane, and the lanes to the rest of the chunk: n counts
/// them, too.) Chunks are added as pairs, each within 4u² of M: for 2⁴⁰ terms 2⁻⁷⁶M. So the sum of
/// terms within 2⁻⁶⁴ relative is within (2⁻⁶⁴ + 2⁻⁷⁵)M, below [`ERROR`]·M.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    hi: f64,
    lo: f64,
    merged: Pair,
    magnitude: f64,
    terms: u32,
    /// Whether a term is +∞.
    infinite: bool,
    /// Whether a term is not known.
    open: bool,
}

impl Sum {
    /// Adds a term that is within 2⁻⁶⁴ relative.
    #[inline(always)]
    pub fn add(&mut self, term: Pair) {
        let (s, e) = two_sum(self.hi, term.hi);
        self.hi = s;
        self.lo += e + term.lo;
        self.magnitude += term.hi.abs();
        self.terms += 1;
        if self.terms == CHUNK {
            self.merge_chunk();
        }
    }

    /// Adds the product of two factors, which together are within 2⁻⁶⁴ relative. A product that is
    /// nearly subnormal is not known.
    #[inline(always)]
    pub fn add_product(&mut self, a: Pair, b: Pair) {
        const SMALL: f64 = 1e-250;
        let term = times(a, b);
        if term.hi.abs() >= SMALL {
            self.add(term);
        } else if a.hi != 0.0 && b.hi != 0.0 {
            // NaN, too.
            self.open = true;
        }
    }

    /// Adds a term whose relative error is `errors` times 2⁻⁶⁴, `errors` ≥ 1.
    #[inline(always)]
    pub fn add_within(&mut self, term: Pair, errors: f64) {
        self.add(term);
        self.magnitude += (errors - 1.0) * term.hi.abs();
    }

    /// Adds −w·ln p for w ≥ 0 and a finite p ≥ 0, where 0·ln 0 = 0. A p that is subnormal is not known.
    #[inline(always)]
    pub fn add_surprisal(&mut self, w: Pair, p: f64) {
        if p >= f64::MIN_POSITIVE {
            let surprisal = -ln(Pair::from(p));
            if w == Pair::ONE {
                self.add(surprisal);
            } else {
                self.add_product(surprisal, w);
            }
        } else if w.hi != 0.0 {
            if p == 0.0 {
                self.infinite = true;
            } else {
                self.open = true;
            }
        }
    }

    /// Adds q·ln q − q·ln p for finite q, p ≥ 0, where 0·ln 0 = 0, as two terms: each is within
    /// 2⁻⁶⁵, and the bound of the sum holds however far they cancel. Only the second can be infinite. A
    /// q or p that is subnormal is not known.
    pub fn add_divergence(&mut self, q: f64, p: f64) {
        if q >= f64::MIN_POSITIVE {
            self.add_product(ln(Pair::from(q)), Pair::from(q));
            self.add_surprisal(Pair::from(q), p);
        } else if q != 0.0 {
            self.open = true;
        }
    }

    /// Adds −w·ln(1−p) for w ≥ 0 and 0 ≤ p ≤ 1.
    pub fn add_complement(&mut self, w: Pair, p: f64) {
        if w.hi == 0.0 {
            return;
        }
        if p == 1.0 {
            self.infinite = true;
        } else if p <= 0.5 {
            self.add_product(-ln_1p(Pair::from(-p)), w);
        } else {
            // 1 − p is a float.
            self.add_surprisal(w, 1.0 - p);
        }
    }

    /// Adds a·ln(1+e⁻ˣ) + b·ln(1+eˣ) for a, b ≥ 0. What is neither ordinary nor infinite is not known.
    pub fn add_logit(&mut self, x: f64, a: Pair, b: Pair) {
        if x.is_nan() {
            self.open = true;
        }
        if a.hi != 0.0 && b.hi != 0.0 && x.abs() <= LARGEST_EXPONENT {
            let (of_zero, of_one) = softplus_of_both(x);
            self.add_product(of_one, a);
            self.add_product(of_zero, b);
            return;
        }
        for (x, weight) in [(-x, a), (x, b)] {
            if weight.hi == 0.0 {
                continue;
            }
            if x == f64::INFINITY {
                self.infinite = true;
            } else if (-LARGEST_EXPONENT..1e100).contains(&x) {
                self.add_product(softplus(x), weight);
            } else if x != f64::NEG_INFINITY {
                self.open = true;
            }
        }
    }

    /// [`Sum::add_surprisal`] of each p with its weight, in lanes. A p outside [0, 1] is not known.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    pub fn add_surprisals(&mut self, weights: Weights<'_>, p: &[f64]) {
        weights.check(p.len());
        terms::add(terms::Surprisals { weights, p }, self);
    }

    /// [`Sum::add_divergence`] of each q from its p, in lanes. A q or p outside [0, 1] is not known.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    pub fn add_divergences(&mut self, q: &[f64], p: &[f64]) {
        assert_eq!(q.len(), p.len(), "a q for each p");
        terms::add(terms::Divergences { q, p }, self);
    }

    /// [`Sum::add_complement`] of each p with its weight, in lanes. A p outside [0, 1] is not known.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    pub fn add_complements(&mut self, weights: Weights<'_>, p: &[f64]) {
        weights.check(p.len());
        terms::add(terms::Complements { weights, p }, self);
    }

    /// [`Sum::add_logit`] of each x, in lanes, with the weights a and b of the outcomes 1 and 0. Without
    /// weights of the outcome 0 they are 1 − a, and an a outside [0, 1] is not known.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    pub fn add_logits(&mut self, ones: Weights<'_>, zeros: Option<Weights<'_>>, x: &[f64]) {
        ones.check(x.len());
        if let Some(zeros) = zeros {
            zeros.check(x.len());
        }
        terms::add(terms::Logits { x, ones, zeros }, self);
    }

    /// Adds terms that are within 2⁻⁶⁴ relative and are added up in lanes: `count` < 4096 − 8 of them.
    pub(super) fn add_lanes(&mut self, lanes: &Lanes, count: usize) {
        let count = (count + LANES) as u32;
        if self.terms + count >= CHUNK {
            self.merge_chunk();
        }
        (self.hi, self.lo) = lanes.added_to((self.hi, self.lo));
        for magnitude in lanes.magnitude {
            self.magnitude += magnitude;
        }
        self.terms += count;
    }

    /// Adds +∞.
    pub fn add_infinity(&mut self) {
        self.infinite = true;
    }

    /// Adds a term that is not known.
    pub fn add_unknown(&mut self) {
        self.open = true;
    }

    #[inline(always)]
    fn merge_chunk(&mut self) {
        self.merged = merged(self.merged, self.hi, self.lo);
        (self.hi, self.lo, self.terms) = (0.0, 0.0, 0);
    }

    /// Adds another sum.
    pub fn merge(&mut self, mut other: Self) {
        other.merge_chunk();
        self.merge_chunk();
        self.merged = self.merged + other.merged;
        self.magnitude += other.magnitude;
        self.infinite |= other.infinite;
        self.open |= other.open;
    }

    /// The sum of the terms that are numbers as a pair, and the bound of its absolute error.
    #[must_use]
    pub fn value(mut self) -> (Pair, f64) {
        self.merge_chunk();
        (self.merged, self.magnitude * ERROR)
    }

    /// The float nearest to the sum times a positive factor, which is within 2⁻⁷⁰; `None` where the
    /// bound leaves it open, and where the sum is so large or so small that the bound might not hold.
    #[inline]
    #[must_use]
    pub fn round(self, factor: Pair) -> Option<f64> {
        let is_one_chunk = self.merged.hi == 0.0 && !self.open && !self.infinite;
        if is_one_chunk && factor == Pair::ONE && self.is_ordinary(self.hi) {
            return nearest(Pair::sum(self.hi, self.lo), self.magnitude * ERROR);
        }
        self.round_any(factor)
    }

    #[inline(never)]
    fn round_any(self, factor: Pair) -> Option<f64> {
        if self.open {
            return None;
        }
        if self.infinite {
            return Some(f64::INFINITY);
        }
        if self.magnitude == 0.0 {
            return Some(0.0);
        }
        let (sum, error) = self.value();
        let product = times(sum, factor);
        if !self.is_ordinary(sum.hi) || !self.is_ordinary(product.hi) {
            return None;
        }
        nearest(product, error * factor.hi.abs())
    }

    /// Whether the bound holds for the sum, or for it times a factor.
    #[inline]
    fn is_ordinary(&self, sum: f64) -> bool {
        const LARGE: f64 = 1e270;
        const SMALL: f64 = 1e-200;
        (SMALL..LARGE).contains(&sum.abs()) && self.magnitude < LARGE
    }
}

/// By value, so that a sum of one term need not be kept in memory.
#[inline(never)]
fn merged(merged: Pair, hi: f64, lo: f64) -> Pair {
    merged + Pair::sum(hi, lo)
}

/// The float nearest to all that is within `error` of a number.
#[inline]
fn nearest(number: Pair, error: f64) -> Option<f64> {
    let error = error * 1.000_001;
    let below = number.hi + (number.lo - error);
    let above = number.hi + (number.lo + error);
    (below == above).then_some(below)
}
