//! Sums of terms that are known within a relative bound, and the test whether all numbers within the
//! bound of the sum round to one float. The terms themselves are made beside this file.

use super::super::pair::{Pair, two_sum};

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
/// most. Chunks are added as pairs, each within 4u² of M: for 2⁴⁰ terms 2⁻⁷⁶M. So the sum of terms within
/// 2⁻⁶⁴ relative is within (2⁻⁶⁴ + 2⁻⁷⁵)M, below [`ERROR`]·M.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    hi: f64,
    lo: f64,
    merged: Pair,
    magnitude: f64,
    terms: u32,
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

    /// Adds a term whose relative error is `errors` times 2⁻⁶⁴, `errors` ≥ 1.
    #[inline(always)]
    pub fn add_within(&mut self, term: Pair, errors: f64) {
        self.add(term);
        self.magnitude += (errors - 1.0) * term.hi.abs();
    }

    fn merge_chunk(&mut self) {
        self.merged = self.merged + Pair::sum(self.hi, self.lo);
        (self.hi, self.lo, self.terms) = (0.0, 0.0, 0);
    }

    /// Adds another sum.
    pub fn merge(&mut self, mut other: Self) {
        other.merge_chunk();
        self.merge_chunk();
        self.merged = self.merged + other.merged;
        self.magnitude += other.magnitude;
    }

    /// The sum as a pair, and the bound of its absolute error.
    #[must_use]
    pub fn value(mut self) -> (Pair, f64) {
        self.merge_chunk();
        (self.merged, self.magnitude * ERROR)
    }

    /// The float nearest to the sum times a factor, which is within 2⁻⁹⁰; `None` where the bound leaves
    /// it open, and where the sum is so large or so small that the bound might not hold.
    #[must_use]
    pub fn round(self, factor: Pair) -> Option<f64> {
        const LARGE: f64 = 1e270;
        const SMALL: f64 = 1e-200;
        let (sum, error) = self.value();
        let product = sum * factor;
        let error = error * factor.hi.abs() * 1.000_001;
        let size = product.hi.abs();
        if !(SMALL..LARGE).contains(&size)
            || !(SMALL..LARGE).contains(&sum.hi.abs())
            || self.magnitude >= LARGE
        {
            return None;
        }
        let (below, above) = (
            product.hi + (product.lo - error),
            product.hi + (product.lo + error),
        );
        (below == above).then_some(below)
    }
}
