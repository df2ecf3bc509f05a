//! One row of logits z: its softmax p, the surprisals −ln pⱼ = ln Σᵢ e^(zᵢ) − zⱼ, and the
//! gradients of what is made of them. The rows of a batch, weights and reductions live with the
//! losses.
//!
//! # Formulas
//!
//! With m = max z, attained c times, the row is summed up by its *tail*
//! S = Σ_(zⱼ<m) e^(zⱼ−m) + (c − 1), the sum of all terms but one largest, so Σᵢ e^(zᵢ−m) = 1 + S and
//!
//! * −ln pⱼ = (m − zⱼ) + ln(1+S): two nonnegative terms, so nothing cancels;
//! * pⱼ = e^(zⱼ−m)/(1+S);
//! * 1 − pⱼ = S/(1+S) for a largest logit, and (1 + S − e^(zⱼ−m))/(1+S) for another, where the
//!   difference is at least 1.
//!
//! # Bounds
//!
//! zⱼ − m is taken exactly, as a pair. Each e^(zⱼ−m) is within 2⁻⁵⁷·⁵ relative (see
//! [`elementary`](super::elementary)) and is added up times 2⁶⁴, so that none is subnormal which
//! could matter; the compensated sum of nonnegative terms adds 2⁻⁷⁵. With u = 2⁻⁵³ that
//! is 0.0442u·S/(1+S) in ln(1+S), and the logarithm adds 0.0243u from 0.3466 on, 0.059u relative
//! below. So a surprisal is a pair within 2⁻⁵⁶·² relative (the worst is ln(1+S) = 0.3466, and S/(1+S)
//! 0.293), for any number of classes up to 2⁴⁰. In ulps it is at most 0.09, where ln(1+S) is just
//! below ½ or ¼: within 0.6 ulp once rounded to `f64`, 0.5001 ulp to `f32`.
//!
//! | value | `f64` | `f32` |
//! |---|---|---|
//! | [`Softmax::surprisal`], [`Softmax::expected_surprisal`], rounded | 0.6 ulp | 0.5001 ulp |
//! | [`Softmax::gradient_label_into`] | 2 ulp | 0.51 ulp |
//! | [`Softmax::gradient_into`], soft targets t | 1 ulp + 2⁻⁵⁵(pⱼΣt + tⱼ)·\|scale\| | the same |
//!
//! # Special values
//!
//! A logit −∞ has probability 0. A single +∞ has probability 1 and the others 0: the limit. All
//! −∞, two or more +∞, a NaN, or no logits at all have no softmax: [`Undefined`].
//! Where m − zⱼ is beyond the largest float, the surprisal is +∞, the nearest float.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::log_sum_exp::Softmax;
//!
//! let row = [20.0_f64, 0.0];
//! let softmax = Softmax::of(&row)?;
//! assert_eq!(softmax.surprisal(row[0]).round::<f64>(), 2.061153620314381e-9);
//!
//! let mut gradient = [0.0; 2];
//! softmax.gradient_label_into(&row, 0, 1.0, &mut gradient);
//! assert_eq!(gradient[0], -gradient[1]);
//! # Ok::<(), exact_loss::kernel::log_sum_exp::Undefined>(())
//! ```

mod centred;
mod labels;

pub use centred::Centred;
pub use labels::every_class;
pub use labels::{RowError, Rows, Scale, Target, surprisals};

use super::Float;
use super::elementary::{exp_scaled, ln_1p_of_pair};
use super::pair::{Pair, power_of_two, two_difference};
use super::sum::{CHUNK, LANES, Lanes, Total};

/// Why a row of logits has no softmax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undefined {
    /// There are no logits.
    Empty,
    /// The logit at this index is the first NaN.
    NotANumber(usize),
    /// All logits are −∞.
    AllNegativeInfinity,
    /// More than one logit is +∞.
    ManyPositiveInfinity,
}

/// What one pass over a row of logits gives: see the [module](self).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax {
    max: f64,
    tail: Pair,
    log: Pair,
}

/// The largest element, and whether there is a NaN.
#[inline(always)]
fn largest<F: Float>(row: &[F]) -> (f64, bool) {
    let mut lanes = [F::NEG_INFINITY; LANES];
    let mut nan = [false; LANES];
    let (rows, rest) = row.as_chunks::<LANES>();
    for row in rows {
        for i in 0..LANES {
            lanes[i] = if row[i] > lanes[i] { row[i] } else { lanes[i] };
            nan[i] |= row[i].is_nan();
        }
    }
    for (i, &x) in rest.iter().enumerate() {
        lanes[i] = if x > lanes[i] { x } else { lanes[i] };
        nan[i] |= x.is_nan();
    }
    let mut max = lanes[0];
    for &x in &lanes {
        max = if x > max { x } else { max };
    }
    (max.to_f64(), nan.contains(&true))
}

/// e^(z−m)·2⁶⁴ for z < m, and 0 otherwise.
#[inline(always)]
fn term(z: f64, max: f64) -> (f64, f64) {
    let (difference, low) = two_difference(z, max);
    // An infinite difference has no low part.
    let low = if difference.is_finite() { low } else { 0.0 };
    let (hi, lo) = exp_scaled(difference, low);
    if z < max { (hi, lo) } else { (0.0, 0.0) }
}

impl Softmax {
    /// Sums up a row.
    ///
    /// # Errors
    ///
    /// [`Undefined`] says why the row has no softmax.
    pub fn of<F: Float>(row: &[F]) -> Result<Self, Undefined> {
        let (max, nan) = largest(row);
        if nan {
            let index = row.iter().position(|x| x.is_nan());
            return Err(index.map_or(Undefined::Empty, Undefined::NotANumber));
        }
        if max.is_infinite() {
            return Self::of_infinite(row, max);
        }
        let mut tail = Pair::ZERO;
        let mut count = 0.0;
        for chunk in row.chunks(CHUNK) {
            let mut lanes = Lanes::ZERO;
            let mut counts = [0.0; LANES];
            let mut body = |row: &[F]| {
                let mut high = [0.0; LANES];
                let mut low = [0.0; LANES];
                for (i, z) in row.iter().enumerate() {
                    let z = z.to_f64();
                    (high[i], low[i]) = term(z, max);
                    counts[i] += if z == max { 1.0 } else { 0.0 };
                }
                lanes.add(&high, &low);
            };
            let (rows, rest) = chunk.as_chunks::<LANES>();
            for row in rows {
                body(row);
            }
            body(rest);
            tail = tail + lanes.total();
            count += counts.iter().sum::<f64>();
        }
        let tail = tail.scale(-64).add_f64(count - 1.0);
        Ok(Self {
            max,
            tail,
            log: ln_1p_of_pair(tail),
        })
    }

    /// [`Softmax::of`] a row whose largest logit is infinite, or that is empty.
    fn of_infinite<F: Float>(row: &[F], max: f64) -> Result<Self, Undefined> {
        if row.is_empty() {
            return Err(Undefined::Empty);
        }
        if max < 0.0 {
            return Err(Undefined::AllNegativeInfinity);
        }
        if row.iter().filter(|&&z| z == F::INFINITY).count() > 1 {
            return Err(Undefined::ManyPositiveInfinity);
        }
        Ok(Self {
            max,
            tail: Pair::ZERO,
            log: Pair::ZERO,
        })
    }

    /// The largest logit.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.max
    }

    /// S = Σᵢ e^(zᵢ−m) − 1, as the sum of all terms but one largest.
    #[must_use]
    pub fn tail(&self) -> Pair {
        self.tail
    }

    /// ln(1+S) = ln Σᵢ e^(zᵢ−m) = −ln max p.
    #[must_use]
    pub fn log_tail(&self) -> Pair {
        self.log
    }

    /// ln Σᵢ e^(zᵢ). It may cancel, m being of any sign: as good as a pair can hold.
    #[must_use]
    pub fn log_sum_exp(&self) -> Pair {
        self.log.add_f64(self.max)
    }

    /// m − z, and 0 for the largest logit, also an infinite one.
    #[inline]
    #[must_use]
    pub fn gap<F: Float>(&self, logit: F) -> Pair {
        let z = logit.to_f64();
        if z == self.max {
            Pair::ZERO
        } else {
            Pair::difference(self.max, z)
        }
    }

    /// −ln p of a logit of the row: ln Σᵢ e^(zᵢ) − z.
    #[inline]
    #[must_use]
    pub fn surprisal<F: Float>(&self, logit: F) -> Pair {
        self.gap(logit) + self.log
    }

    /// Adds `weight · surprisal` of a logit of the row to `total`, also where the surprisal alone would be
    /// beyond the largest float. Weight 0 adds 0, even times ∞.
    #[inline]
    pub fn add_surprisal<F: Float>(&self, logit: F, weight: f64, total: &mut Total) {
        self.add_gap(logit, weight, total);
        if weight != 0.0 {
            total.add_product(weight, self.log);
        }
    }

    #[inline]
    fn add_gap<F: Float>(&self, logit: F, weight: f64, total: &mut Total) {
        if weight == 0.0 {
            return;
        }
        let gap = self.gap(logit);
        let z = logit.to_f64();
        if gap.is_finite() || !z.is_finite() || !self.max.is_finite() {
            total.add_product(weight, gap);
        } else {
            // Beyond the largest float: twice the half of it.
            let half = Pair::difference(0.5 * self.max, 0.5 * z);
            total.add_product(weight, half);
            total.add_product(weight, half);
        }
    }

    /// Σⱼ tⱼ·(−ln pⱼ) for nonnegative `targets`, with 0·∞ = 0, over the shorter length.
    #[must_use]
    pub fn expected_surprisal<F: Float>(&self, row: &[F], targets: &[F]) -> Total {
        let mut total = Total::ZERO;
        let mut mass = Total::ZERO;
        for (&z, &t) in row.iter().zip(targets) {
            self.add_gap(z, t.to_f64(), &mut total);
            mass.add(t.to_f64());
        }
        let mass = mass.value();
        if mass != Pair::ZERO && self.log != Pair::ZERO {
            total.add_pair(mass * self.log);
        }
        total
    }

    /// Σⱼ (−ln pⱼ) over the whole row: the part of label smoothing.
    #[must_use]
    pub fn total_surprisal<F: Float>(&self, row: &[F]) -> Total {
        let mut total = Total::ZERO;
        for &z in row {
            self.add_gap(z, 1.0, &mut total);
        }
        total.add_product(row.len() as f64, self.log);
        total
    }

    /// e^(z−m) as a pair.
    #[inline]
    fn term<F: Float>(&self, logit: F) -> Pair {
        let z = logit.to_f64();
        if z == self.max {
            return Pair::ONE;
        }
        let (hi, lo) = term(z, self.max);
        Pair { hi, lo }.scale(-64)
    }

    /// p of a logit of the row.
    #[inline]
    #[must_use]
    pub fn probability<F: Float>(&self, logit: F) -> Pair {
        self.term(logit) / self.tail.add_f64(1.0)
    }

    /// 1 − p of a logit of the row, with its relative accuracy.
    #[inline]
    #[must_use]
    pub fn complement<F: Float>(&self, logit: F) -> Pair {
        let sum = self.tail.add_f64(1.0);
        if logit.to_f64() == self.max {
            self.tail / sum
        } else {
            (sum - self.term(logit)) / sum
        }
    }

    /// p/(1−p) of a logit of the row, with its relative accuracy; infinite where 1 − p is 0.
    #[inline]
    #[must_use]
    pub fn odds<F: Float>(&self, logit: F) -> Pair {
        let (term, others) = self.term_and_others(logit);
        term / others
    }

    /// (1−p)/p of a logit of the row, with its relative accuracy; infinite where p is 0.
    #[inline]
    #[must_use]
    pub fn odds_against<F: Float>(&self, logit: F) -> Pair {
        let (term, others) = self.term_and_others(logit);
        others / term
    }

    /// e^(z−m), and the sum of the terms of the other logits.
    #[inline]
    fn term_and_others<F: Float>(&self, logit: F) -> (Pair, Pair) {
        if logit.to_f64() == self.max {
            return (Pair::ONE, self.tail);
        }
        let term = self.term(logit);
        (term, self.tail.add_f64(1.0) - term)
    }

    /// Writes the probabilities of the row into `output`, up to the shorter length.
    pub fn probabilities_into<F: Float>(&self, row: &[F], output: &mut [F]) {
        self.scaled_probabilities_into(row, Pair::ONE, output);
    }

    /// Writes `scale · pⱼ` into `output`.
    fn scaled_probabilities_into<F: Float>(&self, row: &[F], scale: Pair, output: &mut [F]) {
        let factor = scale / self.tail.add_f64(1.0);
        // The terms come times 2⁶⁴. The scale is taken off where it cannot make a subnormal
        // number too early, nor an infinite one.
        let (factor, last) = if factor.hi.abs() > 1.0 {
            (factor.scale(-64), 1.0)
        } else {
            (factor, power_of_two(-64))
        };
        for (to, z) in output.iter_mut().zip(row) {
            let z = z.to_f64();
            let (hi, lo) = term(z, self.max);
            let (hi, lo) = if z == self.max {
                (power_of_two(64), 0.0)
            } else {
                (hi, lo)
            };
            let product = hi * factor.hi + (lo * factor.hi + hi * factor.lo);
            *to = F::from_f64(product * last);
        }
    }

    /// Writes `scale · (pⱼ − [j = label])`, the gradient of `scale · surprisal`, into `output`,
    /// up to the shorter length. A label out of range has no component.
    pub fn gradient_label_into<F: Float>(
        &self,
        row: &[F],
        label: usize,
        scale: impl Into<Pair>,
        output: &mut [F],
    ) {
        let scale = scale.into();
        self.scaled_probabilities_into(row, scale, output);
        if let (Some(to), Some(&z)) = (output.get_mut(label), row.get(label)) {
            *to = (-(self.complement(z) * scale)).round();
        }
    }

    /// Writes `scale · (mass·pⱼ − target(j))` into `output`, up to the shorter length. With `mass`
    /// the sum of the targets, this is the gradient of `scale` times the expected surprisal.
    pub fn gradient_into<F: Float>(
        &self,
        row: &[F],
        mass: Pair,
        target: impl Fn(usize) -> Pair,
        scale: impl Into<Pair>,
        output: &mut [F],
    ) {
        let scale = scale.into();
        let factor = mass / self.tail.add_f64(1.0);
        // Where p is near 1, nothing is left of 1 − p in it.
        let likely = self.tail.hi < 1.0;
        for (j, (to, &z)) in output.iter_mut().zip(row).enumerate() {
            let component = if likely && z.to_f64() == self.max {
                (mass - target(j)) - self.tail * factor
            } else {
                self.term(z) * factor - target(j)
            };
            *to = (component * scale).round();
        }
    }
}
