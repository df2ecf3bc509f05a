//! The marginals of the discrete Jaccard loss along an order, and their inner product with sorted
//! errors: the value and the subgradient of its Lovász extension. Who is foreground, and what an
//! error is, is said by the losses; the sorting is in [`sort`](super::sort).
//!
//! # Formula
//!
//! Let G be the number of foreground elements, and let f and n count the foreground and the
//! background elements up to a position of the descending order, this one included. Then the
//! marginal there is
//!
//! * 1/(G+n) for a foreground element,
//! * (G−f)/((G+n)(G+n−1)) for a background element; 1 for the first one where G = 0.
//!
//! The counts are integers, exact for any number of elements up to 2³¹, and nothing is
//! subtracted but these: no cancellation. (Differences of neighbouring Jaccard losses in floating
//! point lose about log₂ p of their bits, and so do counts kept in `f32`.)
//!
//! # Bounds
//!
//! (G+n)(G+n−1) is below 2⁶⁴ and is an exact pair. The quotient q = fl(a/d) with its rest
//! fl((a − q·d)/d), where a − q·d is taken exactly, is within 2⁻¹⁰³ relative: a pair whose
//! rounding to `f64` is within ½ + 2⁻⁵⁰ ulp, and to `f32` within ½ + 2⁻²⁹ ulp.
//!
//! The products of marginals and errors, both pairs, are within 2⁻¹⁰⁰ relative each, and are
//! added up as [`sum`](super::sum) does: the value is within 2⁻⁷⁴·Σ|mᵢgᵢ| of Σ mᵢgᵢ, for errors
//! that are pairs within 2⁻¹⁰⁶. Rounded, it is within ½ + 2⁻²⁰ ulp where no error is negative, for
//! any number of elements. The errors are scaled by a power of two beforehand where the largest
//! of them lies outside 2^±400, so that nothing overflows, nor underflows that could matter: what
//! underflows is below p·2⁻⁶⁷⁰ of the largest |mᵢ|.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::jaccard::extension;
//! use exact_loss::kernel::pair::Pair;
//!
//! // One foreground element among three, second in the order.
//! let sorted = [(0.75, false), (0.5, true), (0.25, false)];
//! let mut marginals = Vec::new();
//! let element = |i: usize| (Pair::from(sorted[i].0), sorted[i].1);
//! let value = extension(1, 3, element, |_, g| marginals.push(g.hi));
//! assert_eq!(marginals, [0.5, 0.5, 0.0]);
//! assert_eq!(value.hi, 0.625);
//! ```

use super::Float;
use super::pair::{Pair, power_of_two, two_product, two_sum};
use super::sort::{Item, Key, Ordered, sort};
use super::sum::{CHUNK, LANES, Lanes, Total};

/// Errors whose largest lies beyond 2^±RANGE are scaled.
const RANGE: i32 = 400;

/// One chunk of elements, column by column.
struct Columns {
    /// The marginal is above / (left · right).
    above: Vec<f64>,
    left: Vec<f64>,
    right: Vec<f64>,
    error: Vec<f64>,
    error_rest: Vec<f64>,
    marginal: Vec<f64>,
    marginal_rest: Vec<f64>,
}

/// Σ mᵢ·gᵢ, where `element` gives mᵢ and whether it is foreground for each position of the
/// descending order. `foreground` is the number G of foreground elements. Elements may be left out
/// at the end of the order where they add nothing. Each gᵢ is handed to `marginal`.
///
/// The value is +∞ where an error is; no error may be −∞ or NaN.
pub fn extension(
    foreground: usize,
    len: usize,
    element: impl Fn(usize) -> (Pair, bool),
    mut marginal: impl FnMut(usize, Pair),
) -> Pair {
    let end = |i: Option<usize>| i.map_or(0.0, |i| element(i).0.hi.abs());
    let largest = end((len > 0).then_some(0)).max(end(len.checked_sub(1)));
    let scale = scale_of(largest);
    let factor = power_of_two(scale);
    let (mut f, mut n) = (0, 0);
    let column = || vec![0.0; CHUNK];
    let mut columns = Columns {
        above: column(),
        left: column(),
        right: column(),
        error: column(),
        error_rest: column(),
        marginal: column(),
        marginal_rest: column(),
    };
    let mut total = Total::ZERO;
    for start in (0..len).step_by(CHUNK) {
        let size = CHUNK.min(len - start);
        for k in 0..size {
            let (error, is_foreground) = element(start + k);
            columns.error[k] = error.hi * factor;
            columns.error_rest[k] = error.lo * factor;
            if is_foreground {
                f += 1;
                columns.above[k] = 1.0;
                columns.left[k] = (foreground + n) as f64;
                columns.right[k] = 1.0;
            } else {
                n += 1;
                let is_all = foreground + n == 1;
                let above = if is_all {
                    1
                } else {
                    foreground.saturating_sub(f)
                };
                columns.above[k] = above as f64;
                columns.left[k] = (foreground + n) as f64;
                columns.right[k] = if is_all {
                    1.0
                } else {
                    (foreground + n - 1) as f64
                };
            }
        }
        total.add_pair(columns.multiply(size));
        for k in 0..size {
            let g = Pair {
                hi: columns.marginal[k],
                lo: columns.marginal_rest[k],
            };
            marginal(start + k, g);
        }
    }
    if largest == f64::INFINITY {
        return Pair::INFINITY;
    }
    total.value().scale(-scale)
}

/// The exponent of the power of two that brings the largest error near 1, or 0 where that is not
/// needed.
fn scale_of(largest: f64) -> i32 {
    let exponent = (largest.to_bits() >> 52) as i32 - 1023;
    if largest == 0.0 || largest == f64::INFINITY || exponent.abs() <= RANGE {
        0
    } else {
        (-exponent).clamp(-1000, 1000)
    }
}

impl Columns {
    /// Computes the marginals of the first `size` rows, and the sum of their products with the
    /// errors.
    fn multiply(&mut self, size: usize) -> Pair {
        let mut lanes = Lanes::ZERO;
        for start in (0..size).step_by(LANES) {
            let mut high = [0.0; LANES];
            let mut low = [0.0; LANES];
            for k in 0..LANES.min(size - start) {
                let row = start + k;
                let above = self.above[row];
                let (d, d_rest) = two_product(self.left[row], self.right[row]);
                let q = above / d;
                let (p, p_rest) = two_product(q, d);
                let q_rest = (((above - p) - p_rest) - q * d_rest) / d;
                self.marginal[row] = q;
                self.marginal_rest[row] = q_rest;
                let (m, m_rest) = (self.error[row], self.error_rest[row]);
                let (product, rest) = two_product(q, m);
                high[k] = product;
                low[k] = rest + (q * m_rest + q_rest * m);
            }
            lanes.add(&high, &low);
        }
        lanes.total()
    }
}

/// The elements of one extension, each with a key to sort by, its index, and whether it is
/// foreground.
#[derive(Debug, Clone, Default)]
pub struct Elements<K> {
    items: Vec<Item<K>>,
    scratch: Vec<Item<K>>,
    foreground: usize,
    /// Whether the last foreground element may be one that was passed over.
    passed: bool,
}

impl<K: Key> Elements<K> {
    /// No elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the elements and keeps the memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.foreground = 0;
        self.passed = false;
    }

    /// Adds an element; the index is below 2³¹.
    #[inline(always)]
    pub fn push(&mut self, key: K, index: usize, is_foreground: bool) {
        self.foreground += usize::from(is_foreground);
        self.items.push(item(key, index, is_foreground));
    }

    /// Counts an element that is last in the order and whose error is 0.
    #[inline(always)]
    pub fn pass(&mut self, is_foreground: bool) {
        self.foreground += usize::from(is_foreground);
        self.passed |= is_foreground;
    }

    /// Sorts the elements by ascending keys, equal ones in the order in which they came, and
    /// gives the value of the extension there. `error` reads mᵢ from a key, and `marginal` gets
    /// the index of an element, whether it is foreground, and gᵢ. Elements whose gᵢ is 0 may be
    /// left out.
    pub fn evaluate(
        &mut self,
        error: impl Fn(K) -> Pair,
        mut marginal: impl FnMut(usize, bool, Pair),
    ) -> Pair {
        // Behind the last foreground element every marginal is 0.
        let foreground = self.items.iter().filter(|item| is_foreground(item));
        if let (Some(last), false) = (foreground.map(|item| item.key).max(), self.passed) {
            self.items.retain(|item| item.key <= last);
        }
        sort(&mut self.items, &mut self.scratch);
        let items = &self.items;
        extension(
            self.foreground,
            items.len(),
            |i| (error(items[i].key), is_foreground(&items[i])),
            |i, g| marginal(index(&items[i]), is_foreground(&items[i]), g),
        )
    }
}

/// Elements that are given by a probability p in [0, 1]: the error is 1 − p in the foreground and
/// p in the background. They are sorted exactly: 1 − p is never rounded.
#[derive(Debug, Clone)]
pub struct Probabilities<F: Ordered> {
    foreground: Vec<Item<F::Key>>,
    background: Vec<Item<F::Key>>,
    scratch: Vec<Item<F::Key>>,
    merged: Vec<(F, bool, usize)>,
}

impl<F: Float> Default for Probabilities<F> {
    fn default() -> Self {
        Self {
            foreground: Vec::new(),
            background: Vec::new(),
            scratch: Vec::new(),
            merged: Vec::new(),
        }
    }
}

impl<F: Float> Probabilities<F> {
    /// No elements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the elements and keeps the memory.
    pub fn clear(&mut self) {
        self.foreground.clear();
        self.background.clear();
    }

    /// Adds an element; the index is below 2³¹, and above those before.
    #[inline(always)]
    pub fn push(&mut self, p: F, index: usize, is_foreground: bool) {
        if is_foreground {
            self.foreground.push(item(p.ascending(), index, true));
        } else {
            self.background.push(item(p.descending(), index, false));
        }
    }

    /// Sorts the elements by their errors, equal ones by index, and gives the value of the
    /// extension there, as [`Elements::evaluate`] does.
    pub fn evaluate(&mut self, mut marginal: impl FnMut(usize, bool, Pair)) -> Pair {
        // Behind the last foreground element every marginal is 0. A rounded sum is below 1 only
        // where the sum is.
        if let Some(last) = self.foreground.iter().map(|item| item.key).max() {
            let last = F::from_ascending(last).to_f64();
            let p = |item: &Item<F::Key>| F::from_descending(item.key).to_f64();
            self.background.retain(|item| p(item) + last >= 1.0);
        }
        sort(&mut self.foreground, &mut self.scratch);
        sort(&mut self.background, &mut self.scratch);
        self.merge();
        let merged = &self.merged;
        extension(
            self.foreground.len(),
            merged.len(),
            |i| {
                let (p, is_foreground, _) = merged[i];
                let p = p.to_f64();
                let error = if is_foreground {
                    Pair::difference(1.0, p)
                } else {
                    Pair::from(p)
                };
                (error, is_foreground)
            },
            |i, g| marginal(merged[i].2, merged[i].1, g),
        )
    }

    /// Merges foreground and background into one order.
    fn merge(&mut self) {
        self.merged.clear();
        let mut background = self.background.iter().peekable();
        for item in &self.foreground {
            let (p, at) = (F::from_ascending(item.key), index(item));
            while let Some(other) = background.peek() {
                let q = F::from_descending(other.key);
                // The error q against 1 − p: the sign of p + q − 1.
                let (sum, rest) = two_sum(p.to_f64(), q.to_f64());
                let is_larger = sum > 1.0 || (sum == 1.0 && rest > 0.0);
                let is_equal = sum == 1.0 && rest == 0.0;
                let comes_first = is_larger || (is_equal && index(other) < at);
                if !comes_first {
                    break;
                }
                self.merged.push((q, false, index(other)));
                background.next();
            }
            self.merged.push((p, true, at));
        }
        let rest = background.map(|item| (F::from_descending(item.key), false, index(item)));
        self.merged.extend(rest);
    }
}

#[inline(always)]
fn item<K>(key: K, index: usize, is_foreground: bool) -> Item<K> {
    let tag = (index as u32) << 1 | u32::from(is_foreground);
    Item { key, tag }
}

#[inline(always)]
fn index<K>(item: &Item<K>) -> usize {
    (item.tag >> 1) as usize
}

#[inline(always)]
fn is_foreground<K>(item: &Item<K>) -> bool {
    item.tag & 1 == 1
}
