//! Rows of logits in which every class counts: cross entropy relative to targets, relative
//! entropy and entropy. The rows are summed up as for labels, the label being a largest logit.
//!
//! # Formulas and bounds
//!
//! m is the largest logit, p its softmax, u is 2⁻²⁴ for `f32` and 2⁻⁵³ for `f64`. What is known of a row of
//! ordinary logits is −ln p_m, within 1.75u, and 1/Σe^z, within 1.75u; each e^z is within 1.75u.
//!
//! * Σ a·(−ln p) = Σ a·(m − z) + Σa·(−ln p_m): terms that are not negative. m − z is exact for `f32`; for
//!   `f64` it is rounded, as is its product with a. So 1.75u (`f64` 2u, or 5u if the coefficients are mixed).
//!   Its slope Σa·p − a is off by 4u·p·Σa and, for `f64`, 4u·a, and rounded. Where p > ½ it is taken as
//!   (Σa − a) − Σa·(1 − p), off by 5u of both: a target on one class alone leaves no difference at all.
//! * −Σ p ln p = Σ p·(m − z) − ln p_m: 3.5u (`f64` 5u). Its slope p·(m − z − Σ p(m − z)) is off by
//!   8u·p·(m − z + Σ p(m − z)), and rounded; for `f64` the bracket and the factor are pairs.
//! * Σ q·ln(q/p) from the terms of [`RelativeEntropy`] with the rounded p, within 4.5u: beside what the terms are
//!   wrong by, 4.5u·Σ|p − q|.

use super::super::Rows;
use super::{GROUP, Group, LANES, MIDDLE_BUFFER, tails};
use crate::kernel::aligned::Aligned;
use crate::kernel::dispatch::Kernel;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, fast_two_sum, two_difference, two_product, two_sum};
use crate::kernel::row_terms::{
    Batch, Coefficients, Growing, PANEL, Panel, RelativeEntropy, Rest, Slow, Sums, Term, Watch,
    block, in_parts, is_ordinary, sum_of_slow_rows, write, write_value,
};
use crate::kernel::sum::Total;

/// One ordinary row, and what is known of it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Row<'a, F> {
    logits: &'a [F],
    targets: &'a [F],
    /// How many classes; the slices may be longer.
    classes: usize,
    /// The largest logit.
    largest: f64,
    /// Its surprisal.
    surprisal: (f64, f64),
    /// 1/Σ e^z.
    inverse: f64,
    inverse_low: f64,
    /// The class of the largest logit, and 1 − p of it.
    likeliest: usize,
    complement: f64,
}

/// Room for the elements of a row and what is worked out of them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Room<F> {
    p: Aligned<[F; PANEL]>,
    q: Aligned<[F; PANEL]>,
    panel: Panel<F>,
    rest: Rest,
}

/// What is made of a row.
#[doc(hidden)]
pub trait Rule<F: Lanes>: Sync {
    /// What is known of a row: its label. `None` where the row is left out.
    fn label(&self, row: usize) -> Option<usize>;
    /// The value of a row, and the gradient times a scale; `None` where the row is not for this way.
    fn row(
        &self,
        row: Row<'_, F>,
        label: usize,
        gradient: Option<(&mut [F], f64)>,
        room: &mut Room<F>,
    ) -> Option<(f64, f64)>;
}

impl<F: Lanes> Row<'_, F> {
    /// How many blocks there are.
    #[inline(always)]
    fn blocks(&self) -> usize {
        self.classes.div_ceil(LANES)
    }

    /// The start of a block, how many of its classes count, and its logits and targets.
    #[inline(always)]
    fn block(&self, index: usize) -> (usize, usize, [F; LANES], [F; LANES]) {
        let at = index * LANES;
        let count = LANES.min(self.classes - at);
        let targets = if self.targets.is_empty() {
            [F::ZERO; LANES]
        } else {
            block(self.targets, at, count)
        };
        (at, count, block(self.logits, at, count), targets)
    }

    /// Σa·p − a of the likeliest class, as (Σa − a) − Σa·(1 − p) where p is near 1: nothing is left
    /// of 1 − p in p. `None` where p is not.
    #[inline(always)]
    fn slope_of_likeliest(&self, (total, low): (f64, f64), a: f64) -> Option<f64> {
        let others = (total - a) + low;
        (self.complement < 0.5).then_some(others - total * self.complement)
    }
}

/// hi + lo of both.
#[inline(always)]
fn sum_of((a, a_low): (f64, f64), (b, b_low): (f64, f64)) -> (f64, f64) {
    let (sum, rest) = two_sum(a, b);
    fast_two_sum(sum, rest + (a_low + b_low))
}

/// Σ a·(−ln p) for the coefficients a of the targets.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedSurprisal<'a, L>(pub Coefficients<'a, L>);

impl<F: Lanes, L: Fn(usize) -> Option<usize> + Sync> Rule<F> for ExpectedSurprisal<'_, L> {
    #[inline(always)]
    fn label(&self, row: usize) -> Option<usize> {
        (self.0.label)(row)
    }

    #[inline(always)]
    fn row(
        &self,
        row: Row<'_, F>,
        label: usize,
        gradient: Option<(&mut [F], f64)>,
        _: &mut Room<F>,
    ) -> Option<(f64, f64)> {
        let (mut gaps, mut mass) = (Sums::<F>::new(), Sums::<F>::new());
        let (mut a, mut inside) = ([0.0; LANES], true);
        for index in 0..row.blocks() {
            let (at, count, z, q) = row.block(index);
            inside &= self.0.of((label, at, count), &q, &mut a);
            for i in 0..LANES {
                mass.add(i, a[i]);
                gaps.add(i, a[i] * (row.largest - z[i].to_f64()));
            }
        }
        let (total, total_low) = mass.total();
        let (value, value_low) = row.surprisal;
        let (p, rest) = two_product(total, value);
        let rest = rest + (total * value_low + total_low * value);
        let sum = sum_of(gaps.total(), (p, rest));
        if !inside || !is_ordinary(sum.0) || !is_ordinary(total) {
            return None;
        }
        if let Some((gradient, scale)) = gradient {
            let factor = total * scale * row.inverse;
            for index in 0..row.blocks() {
                let (at, count, z, q) = row.block(index);
                self.0.of((label, at, count), &q, &mut a);
                let mut slope = [F::ZERO; LANES];
                for i in 0..LANES {
                    let part = z[i].exp_ordinary().to_f64() * factor;
                    slope[i] = F::from_f64(part - a[i] * scale);
                }
                write(gradient, at, &slope, count);
            }
            let (at, count, _, q) = row.block(row.likeliest / LANES);
            self.0.of((label, at, count), &q, &mut a);
            let a = a[row.likeliest - at];
            if let Some(slope) = row.slope_of_likeliest((total, total_low), a) {
                gradient[row.likeliest] = F::from_f64(slope * scale);
            }
        }
        Some(sum)
    }
}

/// Σ q·ln(q/p), or Σ (q·ln(q/p) − q + p).
#[derive(Debug, Clone, Copy)]
pub struct Divergence {
    /// Whether it is generalized.
    pub generalized: bool,
}

impl<F: Lanes> Rule<F> for Divergence {
    #[inline(always)]
    fn label(&self, _: usize) -> Option<usize> {
        Some(0)
    }

    #[inline(always)]
    fn row(
        &self,
        row: Row<'_, F>,
        _: usize,
        gradient: Option<(&mut [F], f64)>,
        room: &mut Room<F>,
    ) -> Option<(f64, f64)> {
        let terms = RelativeEntropy::<true>;
        let (mut sums, mut mass) = (Sums::<F>::new(), Sums::<F>::new());
        let Room { p, q, panel, .. } = room;
        let mut watch = Watch::<F>::new();
        for from in (0..row.classes).step_by(PANEL) {
            let len = PANEL.min(row.classes - from);
            let filled = len.next_multiple_of(LANES);
            let (p, q) = (&mut p[..filled], &mut q[..filled]);
            q[..len].copy_from_slice(&row.targets[from..][..len]);
            q[len..].fill(F::ZERO);
            p[..len].copy_from_slice(&row.logits[from..][..len]);
            p[len..].fill(F::ZERO);
            for z in &mut *p {
                *z = F::from_f64(z.exp_ordinary().to_f64() * row.inverse);
            }
            p[len..].fill(F::ZERO);
            watch.see(terms.add_terms(p, q, panel, &mut sums));
            for q in q.as_chunks::<LANES>().0 {
                for (i, q) in q.iter().enumerate() {
                    watch.see(self.generalized | (*q <= F::ONE));
                    mass.add(i, q.to_f64());
                }
            }
        }
        let (total, total_low) = mass.total();
        let sum = sums.total();
        if !watch.are_ordinary() || !is_ordinary(sum.0) {
            return None;
        }
        let value = if self.generalized {
            sum
        } else {
            sum_of(sum, sum_of((total, total_low), (-1.0, 0.0)))
        };
        if let Some((gradient, scale)) = gradient {
            let factor = total * scale * row.inverse;
            for index in 0..row.blocks() {
                let (at, count, z, q) = row.block(index);
                let mut slope = [F::ZERO; LANES];
                for i in 0..LANES {
                    let part = z[i].exp_ordinary().to_f64() * factor;
                    slope[i] = F::from_f64(part - q[i].to_f64() * scale);
                }
                write(gradient, at, &slope, count);
            }
            let q = row.targets[row.likeliest].to_f64();
            if let Some(slope) = row.slope_of_likeliest((total, total_low), q) {
                gradient[row.likeliest] = F::from_f64(slope * scale);
            }
        }
        Some(value)
    }
}

/// −Σ p·ln p.
#[derive(Debug, Clone, Copy)]
pub struct EntropyOfSoftmax;

impl<F: Lanes> Rule<F> for EntropyOfSoftmax {
    #[inline(always)]
    fn label(&self, _: usize) -> Option<usize> {
        Some(0)
    }

    #[inline(always)]
    fn row(
        &self,
        row: Row<'_, F>,
        _: usize,
        gradient: Option<(&mut [F], f64)>,
        _: &mut Room<F>,
    ) -> Option<(f64, f64)> {
        let mut gaps = Sums::<F>::new();
        for index in 0..row.blocks() {
            let (_, count, z, _) = row.block(index);
            for (i, z) in z.into_iter().enumerate() {
                let gap = z.exp_ordinary().to_f64() * (row.largest - z.to_f64());
                gaps.add(i, if i < count { gap } else { 0.0 });
            }
        }
        let (gap, gap_low) = gaps.total();
        let (mean, mean_low) = two_product(gap, row.inverse);
        let mean_gap = (mean, mean_low + gap_low * row.inverse);
        let sum = sum_of(mean_gap, row.surprisal);
        if !is_ordinary(sum.0) || !is_ordinary(gap) {
            return None;
        }
        if let Some((gradient, scale)) = gradient {
            let (factor, rest) = two_product(scale, row.inverse);
            let excess = (rest + scale * row.inverse_low) / factor;
            for index in 0..row.blocks() {
                let (at, count, z, _) = row.block(index);
                let mut slope = [F::ZERO; LANES];
                for i in 0..LANES {
                    let part = if size_of::<F>() == 4 {
                        (row.largest - z[i].to_f64()) - mean_gap.0
                    } else {
                        let (gap, low) = two_difference(row.largest, z[i].to_f64());
                        let (part, rest) = two_difference(gap, mean_gap.0);
                        part + (rest + (low - mean_gap.1) + part * excess)
                    };
                    slope[i] = F::from_f64(z[i].exp_ordinary().to_f64() * factor * part);
                }
                write(gradient, at, &slope, count);
            }
        }
        Some(sum)
    }
}

/// The index of a largest element, and the element.
#[inline(always)]
fn largest<F: Lanes>(logits: &[F]) -> (usize, F) {
    let mut lanes = [F::NEG_INFINITY; LANES];
    let (blocks, rest) = logits.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            lanes[i] = if block[i] > lanes[i] {
                block[i]
            } else {
                lanes[i]
            };
        }
    }
    let mut largest = F::NEG_INFINITY;
    for &x in lanes.iter().chain(rest) {
        largest = if x > largest { x } else { largest };
    }
    for (at, block) in blocks.iter().enumerate() {
        let mut found = false;
        for &x in block {
            found |= x == largest;
        }
        if found && let Some(i) = block.iter().position(|&x| x == largest) {
            return (at * LANES + i, largest);
        }
    }
    let in_rest = rest.iter().position(|&x| x == largest);
    in_rest.map_or((0, logits[0]), |i| (blocks.len() * LANES + i, largest))
}

/// The work on some consecutive rows.
struct Work<'a, 'b, F, R> {
    batch: Batch<'a, F>,
    rule: &'b R,
    slow: Slow<'b, F>,
}

impl<F: Rows, R: Rule<F>> Kernel for Work<'_, '_, F, R> {
    type Output = Result<Total, usize>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let classes = self.batch.classes;
        let rows = self.batch.rows();
        let scale = self.batch.scale.gradient.hi;
        let moderate = self.batch.gradient.is_none() || (1e-100..1e100).contains(&scale);
        let mut sum = Growing::new();
        let mut buffer = Aligned([F::ZERO; MIDDLE_BUFFER]);
        let mut room = Room {
            p: Aligned([F::ZERO; PANEL]),
            q: Aligned([F::ZERO; PANEL]),
            panel: Panel::new(),
            rest: Rest::of(classes),
        };
        let mut start = 0;
        while start < rows {
            let count = GROUP.min(rows - start);
            let mut group = Group::<GROUP>::EMPTY;
            for i in 0..count {
                let (label, logit) =
                    largest(&self.batch.prediction[(start + i) * classes..][..classes]);
                group.label[i] = label;
                group.logit[i] = logit.to_f64();
                group.weight[i] = 1.0;
            }
            let logits = &self.batch.prediction[start * classes..];
            tails(
                logits,
                classes,
                count,
                None,
                &mut *buffer,
                &mut group,
                &room.rest,
            );
            for i in 0..count {
                if !group.ordinary[i] {
                    group.tail[i] = 0.0;
                    group.tail_low[i] = 0.0;
                    group.logit[i] = 0.0;
                }
            }
            F::finish(&mut group, GROUP, Some(Pair::ONE));
            for i in 0..count {
                let row = start + i;
                let at = row * classes;
                let Some(label) = self.rule.label(self.batch.first + row) else {
                    if let Some(gradient) = self.batch.gradient.as_deref_mut() {
                        gradient[at..][..classes].fill(F::ZERO);
                    }
                    continue;
                };
                let known = Row {
                    logits: &self.batch.prediction[at..],
                    targets: self.batch.targets.get(at..).unwrap_or_default(),
                    classes,
                    largest: group.logit[i],
                    surprisal: (group.value[i], group.value_low[i]),
                    inverse: group.factor[i],
                    inverse_low: group.factor_low[i],
                    likeliest: group.label[i],
                    complement: group.tail[i] * group.factor[i],
                };
                let gradient = self.batch.gradient.as_deref_mut();
                let gradient = gradient.map(|gradient| (&mut gradient[at..], scale));
                let value = if group.ordinary[i] && moderate {
                    self.rule.row(known, label, gradient, &mut room)
                } else {
                    None
                };
                match value {
                    Some((hi, lo)) => {
                        sum.add(hi, lo);
                        write_value(&mut self.batch, row, (hi, lo));
                    }
                    None => sum.add_slow(&mut self.batch, row, self.slow)?,
                }
            }
            start += count;
        }
        Ok(sum.total())
    }
}

/// Σ over the rows of logits of what the rule makes of them. If given, `values` of the batch get the values of
/// the rows, and `gradient` the derivatives by the logits, each times its scale.
///
/// # Errors
///
/// The index of the first row for which `slow` has no answer; `values` and `gradient` then hold anything.
pub fn sum_of_rows<F: Rows, R: Rule<F>>(
    batch: Batch<'_, F>,
    rule: &R,
    slow: Slow<'_, F>,
) -> Result<Total, usize> {
    if batch.classes == 1 {
        // The one probability is 1, which the lanes would round.
        return sum_of_slow_rows(batch, slow);
    }
    in_parts(batch.parts().map(|batch| Work { batch, rule, slow }))
}
