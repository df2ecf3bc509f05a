//! Sums of one term a class over rows of probabilities, and their gradients, in vector code on
//! all threads: cross entropy, entropy and relative entropy. Rows of logits are summed up in
//! [`log_sum_exp`](super::log_sum_exp); what becomes of the rows lives with the losses.
//!
//! # How
//!
//! Term c of a row goes to lane c mod 16; the lanes are added up by halving their number. For
//! `f32` the lanes are `f64`, and the product that makes a term is exact; for `f64` they are
//! compensated. A row is *ordinary* if its numbers are in the domain and, where they are
//! divided by each other, far from the ends of the floats. For other rows, and where a sum is not
//! finite or nearly zero, the caller's slower function is asked. Which rows these are depends on the
//! numbers alone.
//!
//! # Bounds
//!
//! u is 2⁻²⁴ for `f32` and 2⁻⁵³ for `f64`. Sums add nothing that could be seen: 2⁻⁵³·C/16 relative
//! for `f32`, 2⁻¹⁰⁰ for `f64`, to what the terms are wrong by.
//!
//! **Surprisals**, a·(−ln p): ln comes with 1.2 ulp, so 2.4u relative, and for `f64` each product
//! with u. The coefficient (q·keep + spread)·w is rounded in `f64`, 3·2⁻⁵³ relative; it is exact if
//! keep = 1, spread = 0 and there are no weights. Terms are not negative: a sum within 2.4u
//! (`f64` 3.4u, or 6.4u with coefficients) rounded once. The slope −a·scale/p has a quotient, a product and the rounding of
//! the scale (and, for coefficients, theirs): 1.5 ulp (2 or, `f64`, 4).
//!
//! **Entropy**, p·(−ln p): the same. The slope (−ln p − 1)·scale is off by 1 ulp and
//! 3u·|ln p|·scale.
//!
//! **Relative entropy**, t = q·ln(q/p) − q + p:
//!
//! If ½ ≤ p/q ≤ 2, let k = 0; otherwise p is scaled by 2⁻ᵏ to be between ⅔q and 3/2 q, and t ≥ 0.19q. With
//! x = p·2⁻ᵏ and d = x − q, which is exact, s = d/(x + q) and the polynomial P = P(s²) of 2 artanh s = 2s + s³P:
//!
//! * t = d·s·(1 − (1−s)·s·P/2) − q·k·ln 2 + p − x. The bracket is between 0.85 and 1.08: s, the bracket and the
//!   two products make at most 2.5u (`f64` 3u) of the first part, which is t for k = 0, and else at most 0.1q.
//!   For `f32` the other parts are right in `f64`: 2.5u of t.
//! * For `f64` and k ≠ 0, ln(q/p) = −k·ln 2 − 2 artanh s, |s| ≤ 0.2, is rounded, and so is its product with q:
//!   7u of t.
//!
//! What is added up is t, or t + q − p for the divergence that is not generalized: there the exact
//! differences d are added up as they are.

mod batch;
mod terms;

pub use batch::{Batch, Slow};
pub(super) use batch::{Growing, write_value};
pub use terms::{Coefficients, Entropy, RelativeEntropy, Surprisal, Term};

use super::dispatch::{Kernel, dispatch};
use super::lanes::Lanes;
use super::pair::{fast_two_sum, two_sum};
use super::parallel::for_parts;
use super::sum::Total;

/// How many lanes a row is worked on in.
pub(super) const LANES: usize = 16;

/// Sums in lanes, of which the second half is for `f64` only, and whether something was not as it must
/// be.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Sums<F: Lanes> {
    sums: [f64; LANES],
    rests: [f64; LANES],
    refused: [F::Bits; LANES],
}

/// Whether a number is not between two, neither of them negative.
#[inline(always)]
fn is_outside<F: Lanes>(x: F, (least, most): (F, F)) -> bool {
    x.ordered_bits_from(least) > most.ordered_bits_from(least)
}

impl<F: Lanes> Sums<F> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self {
            sums: [0.0; LANES],
            rests: [0.0; LANES],
            refused: [F::Bits::default(); LANES],
        }
    }

    /// Adds x to lane i.
    #[inline(always)]
    pub(super) fn add(&mut self, i: usize, x: f64) {
        if size_of::<F>() == 4 {
            self.sums[i] += x;
        } else {
            let (sum, rest) = two_sum(self.sums[i], x);
            self.sums[i] = sum;
            self.rests[i] += rest;
        }
    }

    /// Takes in a number that must be between two, neither of them negative: refuses the row if it is not.
    #[inline(always)]
    pub(super) fn watch(&mut self, i: usize, x: F, range: (F, F)) {
        let flag = if is_outside(x, range) {
            F::ONE
        } else {
            F::ZERO
        };
        self.refused[i] = self.refused[i] | flag.pattern();
    }

    /// The sum of the lanes as a pair of numbers.
    #[inline(always)]
    pub(super) fn total(mut self) -> (f64, f64) {
        let mut width = LANES / 2;
        if size_of::<F>() == 4 {
            // As the lanes themselves: in short chains, for rows are short.
            while width > 0 {
                for i in 0..width {
                    self.sums[i] += self.sums[i + width];
                }
                width /= 2;
            }
            return (self.sums[0], 0.0);
        }
        while width > 0 {
            for i in 0..width {
                let (s, rest) = two_sum(self.sums[i], self.sums[i + width]);
                self.sums[i] = s;
                self.rests[i] += self.rests[i + width] + rest;
            }
            width /= 2;
        }
        fast_two_sum(self.sums[0], self.rests[0])
    }

    /// Whether the row is refused.
    #[inline(always)]
    pub(super) fn is_refused(&self) -> bool {
        let mut refused = F::Bits::default();
        for &flag in &self.refused {
            refused = refused | flag;
        }
        refused != F::Bits::default()
    }
}

/// The block of elements from `from` on; beyond the slice or the `count` that belong to the row,
/// zeros.
#[inline(always)]
pub(super) fn block<F: Lanes>(elements: &[F], from: usize, count: usize) -> [F; LANES] {
    let rest = &elements[from..];
    let mut block = [F::ZERO; LANES];
    if let Some(whole) = rest.first_chunk::<LANES>() {
        if count >= LANES {
            return *whole;
        }
        // Compared as 32 bits, which vectors do at once.
        let count = count as i32;
        for (i, to) in block.iter_mut().enumerate() {
            *to = if (i as i32) < count {
                whole[i]
            } else {
                F::ZERO
            };
        }
    } else {
        for (to, &from) in block.iter_mut().zip(rest).take(count) {
            *to = from;
        }
    }
    block
}

/// Writes a block to the elements from `from` on. What follows its first `count` elements is
/// overwritten where there is room: rows go in order.
#[inline(always)]
pub(super) fn write<F: Lanes>(elements: &mut [F], from: usize, block: &[F; LANES], count: usize) {
    let rest = &mut elements[from..];
    if let Some(whole) = rest.first_chunk_mut::<LANES>() {
        *whole = *block;
    } else {
        for (to, &from) in rest.iter_mut().zip(block).take(count) {
            *to = from;
        }
    }
}

/// Sums smaller than this may come of terms that were rounded as subnormal numbers.
const TINY: f64 = 1.0e-270;
/// Larger ones could have lost their rests.
const LARGE: f64 = 1.0e270;

/// Whether a sum can be trusted: it is 0 because all its terms are, or far from the ends of the floats.
#[inline(always)]
pub(super) fn is_ordinary(sum: f64) -> bool {
    sum == 0.0 || (TINY..LARGE).contains(&sum.abs())
}

/// The work on some consecutive rows.
struct Work<'a, 'b, F, T> {
    batch: Batch<'a, F>,
    term: &'b T,
    slow: Slow<'b, F>,
}

impl<F: Lanes, T: Term<F>> Kernel for Work<'_, '_, F, T> {
    type Output = Result<Total, usize>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let classes = self.batch.classes;
        let whole = classes - classes % LANES;
        let rest = classes % LANES;
        let scale = self.batch.scale.gradient.hi;
        let moderate = self.batch.gradient.is_none() || (1e-30..1e30).contains(&scale);
        let mut sum = Growing::new();
        for row in 0..self.batch.rows() {
            let index = self.batch.first + row;
            let Some(label) = self.term.label(index) else {
                if let Some(gradient) = self.batch.gradient.as_deref_mut() {
                    gradient[row * classes..][..classes].fill(F::ZERO);
                }
                continue;
            };
            let p = &self.batch.prediction[row * classes..];
            let q = if self.batch.targets.is_empty() {
                // Terms that take no targets do not look at them.
                p
            } else {
                &self.batch.targets[row * classes..]
            };
            let mut sums = Sums::new();
            let blocks = p[..whole].as_chunks::<LANES>().0.iter();
            for (i, (p, q)) in blocks.zip(q[..whole].as_chunks::<LANES>().0).enumerate() {
                let at = i * LANES;
                let a = self.term.coefficients(label, at, LANES, q, &mut sums);
                let known = self.term.add(p, &a, &mut sums);
                if let Some(gradient) = self.batch.gradient.as_deref_mut() {
                    let slope = self.term.slope(p, &a, &known, scale);
                    write(gradient, row * classes + at, &slope, LANES);
                }
            }
            if rest > 0 {
                let (p, q) = (block(p, whole, rest), block(q, whole, rest));
                let a = self.term.coefficients(label, whole, rest, &q, &mut sums);
                let known = self.term.add(&p, &a, &mut sums);
                if let Some(gradient) = self.batch.gradient.as_deref_mut() {
                    let slope = self.term.slope(&p, &a, &known, scale);
                    write(gradient, row * classes + whole, &slope, rest);
                }
            }
            let (hi, lo) = sums.total();
            if moderate && !sums.is_refused() && is_ordinary(hi) {
                sum.add(hi, lo);
                write_value(&mut self.batch, row, (hi, lo));
            } else {
                sum.add_slow(&mut self.batch, row, self.slow)?;
            }
        }
        Ok(sum.total())
    }
}

/// Σ over the rows and classes of the terms. If given, `values` of the batch get the sums of the rows, and
/// `gradient` the derivatives of the terms by the prediction, each times its scale.
///
/// # Errors
///
/// The index of the first row for which `slow` has no answer; `values` and `gradient` then hold anything.
pub fn sum_of_terms<F: Lanes, T: Term<F>>(
    batch: Batch<'_, F>,
    term: &T,
    slow: Slow<'_, F>,
) -> Result<Total, usize> {
    in_parts(batch.parts().map(|batch| Work { batch, term, slow }))
}

/// Σ over the rows of what `slow` answers, as [`sum_of_terms`] for rows that are all not ordinary.
///
/// # Errors
///
/// The index of the first row for which `slow` has no answer.
pub fn sum_of_slow_rows<F: Lanes>(batch: Batch<'_, F>, slow: Slow<'_, F>) -> Result<Total, usize> {
    in_parts(batch.parts().map(|batch| SlowWork { batch, slow }))
}

/// The slow work on some consecutive rows.
struct SlowWork<'a, 'b, F> {
    batch: Batch<'a, F>,
    slow: Slow<'b, F>,
}

impl<F: Lanes> Kernel for SlowWork<'_, '_, F> {
    type Output = Result<Total, usize>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let mut sum = Growing::new();
        for row in 0..self.batch.rows() {
            sum.add_slow(&mut self.batch, row, self.slow)?;
        }
        Ok(sum.total())
    }
}

/// The sum of what the parts give, or the error of the first that has one.
pub(super) fn in_parts<K>(parts: impl Iterator<Item = K>) -> Result<Total, usize>
where
    K: Kernel<Output = Result<Total, usize>> + Send,
{
    let mut result = Ok(Total::ZERO);
    for_parts(parts, dispatch, |part: Result<Total, usize>| {
        match (&mut result, part) {
            (Ok(total), Ok(part)) => total.merge(part),
            (Ok(_), Err(row)) => result = Err(row),
            (Err(_), _) => {}
        }
    });
    result
}
