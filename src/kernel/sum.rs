//! Compensated sums and dot products of any length, which neither lose accuracy with the length
//! nor overflow on the way. The arithmetic of one [`Pair`] lives in [`pair`](super::pair).
//!
//! # Order
//!
//! A slice is cut into chunks of [`CHUNK`] elements. Within a chunk, element i goes to lane
//! i mod [`LANES`]; each lane adds with [`two_sum`] and adds up the rests; the lanes are added
//! as pairs in the tree ((0+4)+(2+6))+((1+5)+(3+7)). The chunks are added as pairs, in order.
//! So the bits depend on the elements only, and chunks may be computed on any thread.
//!
//! # Bounds
//!
//! Within a lane of n = 512 elements the error of "Sum2" (Ogita, Rump and Oishi, 2005) is at most
//! γₙ₋₁² Σ|xᵢ| < 2⁻⁸⁷·⁹ Σ|xᵢ| before the pair is rounded; each pair addition of the tree and of
//! the chunks adds at most 4u² of what was summed so far. For N ≤ 2⁴⁰ elements, at most 2²⁸
//! chunks: the pair is within 2⁻⁷⁵ Σ|xᵢ| of the sum. For terms of one sign, the rounded sum is
//! therefore within ½ + 2⁻²² ulp, whatever N. A dot product adds the rounding of its low parts
//! and is within 2⁻⁷⁵ Σ|xᵢyᵢ|, and 2⁻¹⁰⁷⁴ for each product below 2⁻⁹⁶⁹.
//!
//! # Overflow
//!
//! Terms from 2⁹⁰⁰ on are added up apart, scaled by 2⁻¹²⁰⁰, so a [`Total`] of finite terms is always finite.
//! What is left to the caller is whether the *result* is beyond the largest float:
//! [`Total::value`] is then infinite, [`Total::divided_by`] (a mean) is not.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::sum::sum;
//!
//! assert_eq!(sum(&[1.0_f64, 1e100, 1.0, -1e100]).round::<f64>(), 2.0);
//! let large = sum(&[f64::MAX, f64::MAX]);
//! assert_eq!(large.value().hi, f64::INFINITY);
//! assert_eq!(large.divided_by(2.0).hi, f64::MAX);
//! ```

use super::Float;
use super::pair::{Pair, two_product, two_sum};

/// How many elements one chunk of a sum has. A multiple of [`LANES`].
pub const CHUNK: usize = 4096;
/// How many partial sums a chunk has.
pub const LANES: usize = 8;

/// Terms at least this large are added up apart.
const HUGE: f64 = 8.452712498170644e270; // 2⁹⁰⁰
/// Half of log₂ of the scale of the huge terms: any product of two floats is below 2⁸⁴⁸ times it.
const SCALE: i32 = 600;

/// A running sum that cannot overflow between finite terms: see the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Total {
    ordinary: Pair,
    /// The sum of the terms beyond [`HUGE`], times 2⁻¹²⁰⁰.
    huge: Pair,
}

impl Total {
    /// The empty sum.
    pub const ZERO: Self = Self {
        ordinary: Pair::ZERO,
        huge: Pair::ZERO,
    };

    /// The sum that is this pair.
    #[inline]
    #[must_use]
    pub fn of(x: Pair) -> Self {
        if x.hi.abs() < HUGE {
            return Self {
                ordinary: x,
                huge: Pair::ZERO,
            };
        }
        let mut total = Self::ZERO;
        total.add_pair(x);
        total
    }

    /// Adds `x`.
    #[inline]
    pub fn add(&mut self, x: f64) {
        self.add_pair(Pair::from(x));
    }

    /// Adds a pair.
    #[inline]
    pub fn add_pair(&mut self, x: Pair) {
        if x.hi.abs() < HUGE || !x.is_finite() {
            self.ordinary = self.ordinary + x;
            if self.ordinary.hi.abs() >= HUGE && self.ordinary.is_finite() {
                self.huge = self.huge + down(self.ordinary);
                self.ordinary = Pair::ZERO;
            }
        } else {
            self.huge = self.huge + down(x);
        }
    }

    /// Adds the product `factor · x`, which may be beyond the largest float.
    #[inline]
    pub fn add_product(&mut self, factor: f64, x: Pair) {
        let product = x.mul_f64(factor);
        if product.is_finite() || !factor.is_finite() || !x.is_finite() {
            self.add_pair(product);
        } else {
            let factor = Pair::from(factor).scale(-SCALE).hi;
            self.huge = self.huge + x.scale(-SCALE).mul_f64(factor);
        }
    }

    /// Adds another sum.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.huge = self.huge + other.huge;
        self.add_pair(other.ordinary);
    }

    /// The sum times 2⁻¹²⁰⁰ if there are huge terms, which it is as large as: else `None`.
    #[inline]
    fn scaled(self) -> Option<Pair> {
        if self.huge == Pair::ZERO || !self.ordinary.is_finite() {
            None
        } else {
            Some(self.huge + down(self.ordinary))
        }
    }

    /// The sum, infinite where it is beyond the largest float.
    #[inline]
    #[must_use]
    pub fn value(self) -> Pair {
        self.scaled().map_or(self.ordinary, up)
    }

    /// The sum divided by `x`, infinite only where the quotient is.
    #[inline]
    #[must_use]
    pub fn divided_by(self, x: f64) -> Pair {
        self.divided_by_pair(Pair::from(x))
    }

    /// The sum divided by a pair, infinite only where the quotient is.
    #[inline]
    #[must_use]
    pub fn divided_by_pair(self, x: Pair) -> Pair {
        match self.scaled() {
            None => self.ordinary / x,
            Some(sum) if x.hi.abs() < 1.0 => up(sum / x),
            Some(sum) => (sum / x.scale(-SCALE)).scale(SCALE),
        }
    }

    /// The sum divided by another, infinite only where the quotient is.
    #[inline]
    #[must_use]
    pub fn divided_by_total(self, x: Self) -> Pair {
        match (self.scaled(), x.scaled()) {
            (_, None) => self.divided_by_pair(x.ordinary),
            (Some(sum), Some(divisor)) => sum / divisor,
            (None, Some(divisor)) => (self.ordinary.scale(-SCALE) / divisor).scale(-SCALE),
        }
    }

    /// The sum, rounded to nearest (up to the bound of the [module](self)).
    #[inline]
    #[must_use]
    pub fn round<F: Float>(self) -> F {
        self.value().round()
    }
}

/// A pair times 2⁻¹²⁰⁰.
#[inline]
fn down(x: Pair) -> Pair {
    x.scale(-SCALE).scale(-SCALE)
}

/// A pair times 2¹²⁰⁰.
#[inline]
fn up(x: Pair) -> Pair {
    x.scale(SCALE).scale(SCALE)
}

/// [`LANES`] partial sums, each a compensated one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes {
    sums: [f64; LANES],
    rests: [f64; LANES],
}

impl Lanes {
    pub(super) const ZERO: Self = Self {
        sums: [0.0; LANES],
        rests: [0.0; LANES],
    };

    /// Adds `values[i] + low[i]` to lane i.
    #[inline(always)]
    pub(super) fn add(&mut self, values: &[f64; LANES], low: &[f64; LANES]) {
        for i in 0..LANES {
            let (s, e) = two_sum(self.sums[i], values[i]);
            self.sums[i] = s;
            self.rests[i] += e + low[i];
        }
    }

    /// The sum of the lanes, by the tree of the [module](self).
    #[inline(always)]
    pub(super) fn total(&self) -> Pair {
        let mut pairs = [Pair::ZERO; LANES];
        for (pair, (&sum, &rest)) in pairs.iter_mut().zip(self.sums.iter().zip(&self.rests)) {
            *pair = Pair::sum(sum, rest);
        }
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                pairs[i] = pairs[i] + pairs[i + width];
            }
            width /= 2;
        }
        pairs[0]
    }
}

/// The elements of `chunk` in rows of [`LANES`], the last one filled up with zeros.
#[inline(always)]
pub(super) fn for_each_row<F: Float>(chunk: &[F], mut body: impl FnMut(&[f64; LANES])) {
    let (rows, rest) = chunk.as_chunks::<LANES>();
    for row in rows {
        body(&row.map(F::to_f64));
    }
    if !rest.is_empty() {
        let mut last = [0.0; LANES];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = from.to_f64();
        }
        body(&last);
    }
}

/// Σ xᵢ. An empty slice gives 0. Infinities and NaN behave as in a plain sum.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::sum::sum;
///
/// let tenth = [0.1_f32; 10];
/// assert_eq!(sum(&tenth).round::<f32>(), 1.0);
/// ```
#[must_use]
pub fn sum<F: Float>(values: &[F]) -> Total {
    let mut total = Total::ZERO;
    for chunk in values.chunks(CHUNK) {
        let mut lanes = Lanes::ZERO;
        for_each_row(chunk, |row| lanes.add(row, &[0.0; LANES]));
        let pair = lanes.total();
        if pair.hi.abs() < HUGE {
            total.add_pair(pair);
        } else {
            // Something is huge, infinite or NaN.
            for x in chunk {
                total.add(x.to_f64());
            }
        }
    }
    total
}

/// Σ xᵢ of the numbers that a function gives for 0..count, without a slice of them.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::sum::sum_of;
///
/// assert_eq!(sum_of(4, |i| i as f64).round::<f64>(), 6.0);
/// ```
#[must_use]
pub fn sum_of(count: usize, number: impl Fn(usize) -> f64) -> Total {
    let mut total = Total::ZERO;
    for start in (0..count).step_by(CHUNK) {
        let mut row = [0.0; LANES];
        let mut lanes = Lanes::ZERO;
        let end = count.min(start + CHUNK);
        for first in (start..end).step_by(LANES) {
            for (i, x) in row.iter_mut().enumerate() {
                *x = if first + i < end {
                    number(first + i)
                } else {
                    0.0
                };
            }
            lanes.add(&row, &[0.0; LANES]);
        }
        let pair = lanes.total();
        if pair.hi.abs() < HUGE {
            total.add_pair(pair);
        } else {
            (start..end).for_each(|i| total.add(number(i)));
        }
    }
    total
}

/// Σ xᵢ·yᵢ over the shorter length. A zero times an infinity is a NaN.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::sum::dot;
///
/// let x = [1e200_f64, 1.0, -1e200];
/// let y = [1e100_f64, 3.0, 1e100];
/// assert_eq!(dot(&x, &y).round::<f64>(), 3.0);
/// ```
#[must_use]
pub fn dot<F: Float>(x: &[F], y: &[F]) -> Total {
    let length = x.len().min(y.len());
    let mut total = Total::ZERO;
    for (x, y) in x[..length].chunks(CHUNK).zip(y[..length].chunks(CHUNK)) {
        let mut lanes = Lanes::ZERO;
        let mut largest = 0.0_f64;
        let (x_rows, x_rest) = x.as_chunks::<LANES>();
        let (y_rows, y_rest) = y.as_chunks::<LANES>();
        let mut row = |x: &[F], y: &[F]| {
            let mut high = [0.0; LANES];
            let mut low = [0.0; LANES];
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                let (x, y) = (x.to_f64(), y.to_f64());
                (high[i], low[i]) = two_product(x, y);
                // Not `max`, which would hide a NaN.
                let size = x.abs() + y.abs();
                largest = if size <= largest { largest } else { size };
            }
            lanes.add(&high, &low);
        };
        for (x, y) in x_rows.iter().zip(y_rows) {
            row(x, y);
        }
        row(x_rest, y_rest);
        let pair = lanes.total();
        if pair.hi.abs() < HUGE && largest < HUGE {
            total.add_pair(pair);
        } else {
            for (x, y) in x.iter().zip(y) {
                total.add_product(x.to_f64(), Pair::from(y.to_f64()));
            }
        }
    }
    total
}

/// The sum of compensated sums in lanes, halving their number.
///
/// Not inlined, so that the sums stay in memory: the compiler adds to sums in registers one by one.
#[inline(never)]
pub(in crate::kernel) fn total_of_lanes<const LANES: usize>(
    sums: &[f64; LANES],
    rests: &[f64; LANES],
) -> Pair {
    let (mut sums, mut rests) = (*sums, *rests);
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            let (sum, rest) = two_sum(sums[i], sums[i + width]);
            sums[i] = sum;
            rests[i] += rests[i + width] + rest;
        }
        width /= 2;
    }
    Pair::sum(sums[0], rests[0])
}
