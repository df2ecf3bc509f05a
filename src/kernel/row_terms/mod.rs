//! Sums of one term a class over rows of probabilities, and their gradients, in vector code on
//! all threads: cross entropy, entropy and relative entropy. Rows of logits are summed up in
//! [`log_sum_exp`](super::log_sum_exp); what becomes of the rows lives with the losses.
//!
//! # How
//!
//! As many rows as fit are a *panel*, and so is a piece of a longer row. The terms of a panel are worked out
//! in steps, each a loop over all of its elements, whichever row they belong to. Then
//! term c of each row goes to lane c mod 16; the lanes are added up by halving their number. Where the values of
//! rows are not wanted, a panel of several rows is one sum, and its term i goes to lane i mod 16. For
//! `f32` the lanes are `f64`, and the products that make a term are; for `f64` they are
//! compensated. A row is *ordinary* if its numbers are in the domain and, where they are
//! divided by each other, far from the ends of the floats. For other rows, and where a sum is not
//! finite or nearly zero, the caller's slower function is asked. Which rows these are depends on the
//! numbers of the row alone: a panel that has one is taken row by row.
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
//! If p and q are near each other, let x = p and k = 0; otherwise let x = p·2⁻ᵏ be between ⅔q and 3/2 q. With
//! d = x − q, which is exact, s = d/(x + q), the polynomial P = P(s²) of 2 artanh s = 2s + s³P, and
//! g = s·(s − s²)·P/2, the term of q and x is T = d·(s − g), and t = T − q·k·ln 2 + p − x.
//!
//! * `f32`: only s and g are rounded to it. s has two roundings, which s − g takes over 1.11 times since |s| < 0.24; g, at
//!   most 0.093 of the difference, has seven halves of its own: below 2.5u of T (seen 2.2u). T is t for k = 0, and
//!   otherwise at most 0.92t (at p/q = 0.69): 2.5u of t.
//! * `f64`, near is ½ ≤ p/q ≤ 2: t = T = d·(s·(1 − (1−s)·s·P/2)), |s| ≤ ⅓: s makes 2.4u, its bracket 1.6u, the two products
//!   2u: 6u of t.
//! * `f64`, and k ≠ 0: then t ≥ 0.19q. ln(q/p) = −k·ln 2 − 2 artanh s, |s| ≤ 0.2, is rounded, and so is its
//!   product with q: 7u of t.
//!
//! What is added up is t, or t + q − p for the divergence that is not generalized: there the exact
//! differences d are added up as they are. So are the exact products q·k of `f32` in panels of one sum, whose multiple by
//! ln 2 is taken once: where k ≠ 0, |q·k|·ln 2 is below 12t, which 2⁻⁵³ makes nothing beside u.

mod batch;
mod panel;
mod relative_entropy;
mod terms;

pub use batch::{Batch, Slow};
pub(super) use batch::{Growing, write_value};
pub(super) use panel::{PANEL, Panel, Rest, Sums, Watch, masked};
pub use relative_entropy::RelativeEntropy;
pub use terms::{Coefficients, Entropy, Surprisal, Term};

use super::aligned::Aligned;
use super::dispatch::{Kernel, dispatch};
use super::lanes::Lanes;
use super::parallel::for_parts;
use super::sum::Total;

/// How many lanes a row is worked on in.
pub(super) const LANES: usize = 16;

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

/// How many rows make a panel, if it is more than one: no more than fit, and such that the panel is of
/// whole rows of lanes, if that can be.
fn rows_in_panel(classes: usize) -> usize {
    let most = PANEL / classes;
    // Lanes are a power of two.
    let unit = LANES >> classes.trailing_zeros().min(LANES.trailing_zeros());
    if most < unit {
        most.max(1)
    } else {
        most - most % unit
    }
}

/// Elements that are copied to fill a panel up to whole rows of lanes.
struct Copies<F> {
    p: Aligned<[F; PANEL]>,
    q: Aligned<[F; PANEL]>,
    slopes: Aligned<[F; PANEL]>,
}

impl<F: Lanes, T: Term<F>> Work<'_, '_, F, T> {
    /// Works out the terms of `len` elements from the class `at` of a row on, and their slopes. Adds the terms to
    /// `sums`, if given; then they may not be left in the panel. Whether all are ordinary.
    #[inline(always)]
    fn terms(
        &mut self,
        (row, at): (usize, usize),
        len: usize,
        panel: &mut Panel<F>,
        copies: &mut Copies<F>,
        sums: Option<&mut Sums<F>>,
    ) -> bool {
        let classes = self.batch.classes;
        let start = row * classes + at;
        let range = start..start + len;
        let filled = len.next_multiple_of(LANES);
        let (mut p, mut q) = (
            &self.batch.prediction[range.clone()],
            self.batch.targets.get(range.clone()).unwrap_or_default(),
        );
        let mut ordinary = true;
        // The rows of the panel, or what there is of one.
        for (i, from) in (0..len).step_by(classes).enumerate() {
            let Some(label) = self.term.label(self.batch.first + row + i) else {
                panel.coefficients[from..len.min(from + classes)].fill(0.0);
                continue;
            };
            let row = from..len.min(from + classes);
            let q = q.get(row.clone()).unwrap_or_default();
            ordinary &= self
                .term
                .coefficients(label, at, q, &mut panel.coefficients[row]);
        }
        let copied = filled > len;
        if copied {
            // With elements that add nothing.
            copies.p[..len].copy_from_slice(p);
            copies.p[len..filled].fill(F::ONE);
            p = &copies.p[..filled];
            if !q.is_empty() {
                copies.q[..len].copy_from_slice(q);
                copies.q[len..filled].fill(F::ONE);
                q = &copies.q[..filled];
            }
            panel.coefficients[len..filled].fill(0.0);
        }
        // Terms that take no targets do not look at them.
        let q = if q.is_empty() { p } else { q };
        ordinary &= match sums {
            Some(sums) => self.term.add_terms(p, q, panel, sums),
            None => self.term.terms(p, q, panel),
        };
        if let Some(gradient) = self.batch.gradient.as_deref_mut() {
            let scale = self.batch.scale.gradient.hi;
            let gradient = &mut gradient[range];
            let slopes = if copied {
                &mut copies.slopes[..filled]
            } else {
                &mut *gradient
            };
            self.term.slopes(p, q, panel, scale, slopes);
            if copied {
                gradient.copy_from_slice(&copies.slopes[..len]);
            }
        }
        ordinary
    }
}

impl<F: Lanes, T: Term<F>> Kernel for Work<'_, '_, F, T> {
    type Output = Result<Total, usize>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let (classes, rows) = (self.batch.classes, self.batch.rows());
        let (together, rest) = (rows_in_panel(classes), Rest::of(classes));
        let scale = self.batch.scale.gradient.hi;
        let moderate = self.batch.gradient.is_none() || (1e-30..1e30).contains(&scale);
        let mut panel = Panel::new();
        let mut copies = Copies {
            p: Aligned([F::ONE; PANEL]),
            q: Aligned([F::ONE; PANEL]),
            slopes: Aligned([F::ONE; PANEL]),
        };
        let mut sum = Growing::new();
        // Where the next panel starts, and how many rows from here on are taken one by one.
        let (mut row, mut at, mut alone) = (0, 0, 0);
        let mut sums = Sums::<F>::new();
        let mut ordinary = moderate;
        while row < rows {
            let count = if alone > 0 {
                1
            } else {
                together.min(rows - row)
            };
            let len = if count > 1 {
                count * classes
            } else {
                (classes - at).min(PANEL)
            };
            if count > 1 && self.batch.values.is_none() {
                // The panel is one sum. Both ways are written out: where they share a call, or the way to single rows, the
                // compiled loops take up to a third longer.
                let (panel, copies) = (&mut panel, &mut copies);
                ordinary &= self.terms((row, 0), len, panel, copies, Some(&mut sums));
                let (hi, lo) = sums.total();
                sums = Sums::new();
                if ordinary && is_ordinary(hi) {
                    sum.add(hi, lo);
                    row += count;
                } else {
                    alone = count;
                    ordinary = moderate;
                }
                continue;
            }
            ordinary &= self.terms((row, at), len, &mut panel, &mut copies, None);
            if count > 1 && !ordinary {
                // One of the rows is not: which?
                alone = count;
                ordinary = moderate;
                continue;
            }
            let width = len / count;
            for from in (0..len).step_by(width) {
                sums.take_in(&panel, (from, width), T::WITH_LOWS, &rest);
                at += width;
                if at < classes {
                    continue;
                }
                let (hi, lo) = sums.total();
                // A row that is left out adds nothing, and its slopes are 0.
                let kept = self.term.label(self.batch.first + row).is_some();
                if kept && ordinary && is_ordinary(hi) {
                    sum.add(hi, lo);
                    write_value(&mut self.batch, row, (hi, lo));
                } else if kept {
                    sum.add_slow(&mut self.batch, row, self.slow)?;
                }
                sums = Sums::new();
                (row, at) = (row + 1, 0);
            }
            if at == 0 {
                alone = alone.saturating_sub(1);
                ordinary = moderate;
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
