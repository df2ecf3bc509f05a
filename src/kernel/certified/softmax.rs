//! A row of logits with a proven bound: ln Σⱼ e^(zⱼ−m), from which its surprisals follow. Faster forms
//! with wider bounds are in [`log_sum_exp`](super::super::log_sum_exp).

use super::super::dispatch::{Kernel, dispatch};
use super::super::pair::{Pair, fast_two_sum, two_difference, two_sum};
use super::blocks::{BLOCK, LANES, Lanes, Pairs, exp, filled};
use super::sum::Sum;
use super::terms::{self, Weights};
use super::{LARGEST_EXPONENT, ln_1p};

/// What one pass over a row of logits gives.
///
/// −ln pⱼ = (m − zⱼ) + ln Σᵢ e^(zᵢ−m) with m the largest logit: two numbers that are not negative. The
/// exponentials are within 2⁻⁶⁶, their sum (without one largest) adds 2⁻⁷⁵, as that of a
/// [`Sum`] does, and the logarithm 2⁻⁶⁶
/// with condition at most 1. The two numbers are pairs, the first without error, and added within 3u² = 2⁻¹⁰⁴, as
/// neither is negative: together within 2⁻⁶⁴·⁹, and so is a surprisal times a weight, but for the error of
/// the weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax {
    max: f64,
    log: Pair,
}

impl Softmax {
    /// Sums up a row; `None` where it has no softmax, has an infinite logit that is not −∞, or where
    /// its bound cannot be proved: a loss below 2⁻⁷⁰⁰.
    #[must_use]
    pub fn of(row: &[f64]) -> Option<Self> {
        let max = dispatch(Largest(row));
        if !max.is_finite() {
            return None;
        }
        let mut sum = Pair::ZERO;
        let (mut others, mut dropped) = (false, false);
        for run in row.chunks(RUN) {
            // Of several that are largest, one is left out.
            let at = if others {
                None
            } else {
                run.iter().position(|&z| z == max)
            };
            others |= at.is_some();
            let terms = dispatch(Exponentials { row: run, max, at });
            sum = sum + terms.sum;
            dropped |= terms.dropped;
        }
        if dropped && sum.hi < 1e-200 {
            return None;
        }
        Some(Self {
            max,
            log: ln_1p(sum),
        })
    }

    /// −ln p of a class with this logit, which is one of the row's and finite.
    #[inline(always)]
    #[must_use]
    pub fn surprisal(&self, z: f64) -> Pair {
        // Without a branch, for lanes.
        let (gap, rest) = two_difference(self.max, z);
        let (s, e) = two_sum(gap, self.log.hi);
        let (hi, lo) = fast_two_sum(s, e + (rest + self.log.lo));
        Pair { hi, lo }
    }

    /// Adds −w·ln p for w ≥ 0, of a class with this logit, which is one of the row's: +∞ for −∞, and
    /// nothing without a weight.
    #[inline]
    pub fn add_surprisal(&self, w: Pair, z: f64, sum: &mut Sum) {
        if w.hi == 0.0 {
            return;
        }
        if z == f64::NEG_INFINITY {
            sum.add_infinity();
        } else {
            sum.add_product(self.surprisal(z), w);
        }
    }

    /// [`Softmax::add_surprisal`] of each class of the row with its weight, in lanes.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    pub fn add_surprisals(&self, weights: Weights<'_>, row: &[f64], sum: &mut Sum) {
        weights.check(row.len());
        let softmax = *self;
        terms::add(
            terms::Classes {
                weights,
                row,
                softmax,
            },
            sum,
        );
    }
}

/// How many exponentials are added up before their sum is made a pair.
const RUN: usize = 32 * BLOCK;

/// The largest number of a row; not finite where one is not a number, too.
struct Largest<'a>(&'a [f64]);

impl Kernel for Largest<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut max = [f64::NEG_INFINITY; LANES];
        // 0, or NaN where a number is +∞ or NaN. (−∞ is none, as nothing is below it.)
        let mut faults = [0.0; LANES];
        let (rows, rest) = self.0.as_chunks::<LANES>();
        let rest = filled(rest, f64::NEG_INFINITY);
        for row in rows.iter().chain([&rest]) {
            for i in 0..LANES {
                max[i] = if row[i] > max[i] { row[i] } else { max[i] };
                let z = if row[i] == f64::NEG_INFINITY {
                    0.0
                } else {
                    row[i]
                };
                faults[i] += 0.0 * z;
            }
        }
        let faults: f64 = faults.iter().sum();
        max.into_iter().fold(f64::NEG_INFINITY, f64::max) + faults
    }
}

/// Σ e^(z−max), without the one at an index.
struct Exponentials<'a> {
    row: &'a [f64],
    max: f64,
    at: Option<usize>,
}

/// What comes of them.
struct Terms {
    sum: Pair,
    /// Whether one is left out that is below e^−600, hence below 2⁻⁸⁶⁵, but not 0.
    dropped: bool,
}

impl Exponentials<'_> {
    #[inline(always)]
    fn block<const N: usize>(&self, z: &[f64; N], lanes: &mut Lanes, dropped: &mut [u64; LANES]) {
        let mut gaps = Pairs::<N>::ZERO;
        for i in 0..N {
            let (gap, rest) = two_difference(z[i], self.max);
            let small = gap < -LARGEST_EXPONENT;
            gaps.hi[i] = if small { -LARGEST_EXPONENT } else { gap };
            gaps.lo[i] = if small { 0.0 } else { rest };
            let lost = small & (z[i] != f64::NEG_INFINITY);
            dropped[i % LANES] |= u64::from(lost);
        }
        let mut terms = exp(&gaps);
        for (i, &z) in z.iter().enumerate() {
            let small = z - self.max < -LARGEST_EXPONENT;
            terms.hi[i] = if small { 0.0 } else { terms.hi[i] };
            terms.lo[i] = if small { 0.0 } else { terms.lo[i] };
        }
        lanes.add(&terms);
    }
}

impl Kernel for Exponentials<'_> {
    type Output = Terms;

    #[inline(always)]
    fn run(self) -> Terms {
        let mut lanes = Lanes::ZERO;
        let mut dropped = [0; LANES];
        let at = self.at.unwrap_or(usize::MAX);
        let (blocks, rest) = self.row.as_chunks::<BLOCK>();
        for (index, block) in blocks.iter().enumerate() {
            let mut block = *block;
            if at / BLOCK == index {
                block[at % BLOCK] = f64::NEG_INFINITY;
            }
            self.block(&block, &mut lanes, &mut dropped);
        }
        for (index, rest) in rest.chunks(LANES).enumerate() {
            let mut block = filled::<LANES>(rest, f64::NEG_INFINITY);
            if at / LANES == blocks.len() * (BLOCK / LANES) + index {
                block[at % LANES] = f64::NEG_INFINITY;
            }
            self.block(&block, &mut lanes, &mut dropped);
        }
        let (hi, lo) = lanes.added_to((0.0, 0.0));
        Terms {
            sum: Pair::sum(hi, lo),
            dropped: dropped.iter().any(|&lost| lost != 0),
        }
    }
}
