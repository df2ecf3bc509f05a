//! Rows of few classes, which would not fill the lanes: several at a time in columns, a row in each lane. What is
//! done with the sums is the same for all rows and lives beside this file.

use super::{Group, LANES, Rows};
use crate::kernel::aligned::Aligned;
use crate::kernel::pair::{fast_two_sum, two_sum};
use crate::kernel::row_terms::Watch;

/// How many rows are worked on together.
pub(super) const WIDTH: usize = 8;

/// e^z of some rows of fewer than [`LANES`] classes: a column for each row.
pub(super) struct Columns<F>(Aligned<[[F; WIDTH]; LANES]>);

impl<F: Rows> Columns<F> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self(Aligned([[F::ZERO; WIDTH]; LANES]))
    }

    /// Takes in the exponentials of the `count` rows that `logits` begins with, sets their tails, and whether they are
    /// ordinary.
    #[inline(always)]
    pub(super) fn tails(&mut self, logits: &[F], classes: usize, count: usize, group: &mut Group) {
        let terms = &mut self.0[..classes];
        // The last row stands in for those that are missing, whose sums are left out.
        let rows: [&[F]; WIDTH] =
            core::array::from_fn(|i| &logits[i.min(count - 1) * classes..][..classes]);
        for (c, to) in terms.iter_mut().enumerate() {
            for i in 0..WIDTH {
                to[i] = rows[i][c];
            }
        }
        let mut watch = Watch::<F>::new();
        for z in terms.as_flattened_mut() {
            watch.see(z.abs() <= F::ORDINARY);
            *z = z.exp_ordinary();
        }
        for (i, &label) in (0..WIDTH).zip(&group.label[..count]) {
            terms[label][i] = F::ZERO;
        }
        let (mut sums, mut rests) = ([0.0; WIDTH], [0.0; WIDTH]);
        for row in terms.iter() {
            for i in 0..WIDTH {
                let (sum, rest) = two_sum(sums[i], row[i].to_f64());
                sums[i] = sum;
                rests[i] += rest;
            }
        }
        for i in 0..count.min(WIDTH) {
            (group.tail[i], group.tail_low[i]) = fast_two_sum(sums[i], rests[i]);
        }
        let all = watch.are_ordinary();
        for (ordinary, row) in group.ordinary[..count].iter_mut().zip(rows) {
            *ordinary = all || row.iter().all(|z| z.abs() <= F::ORDINARY);
        }
    }

    /// Writes the gradient of the `count` rows: zeros where one is not ordinary.
    #[inline(always)]
    pub(super) fn write_gradient(
        &mut self,
        group: &Group,
        classes: usize,
        count: usize,
        gradient: &mut [F],
    ) {
        let terms = &mut self.0[..classes];
        let (factors, lows) = (&group.factor, &group.factor_low);
        for row in terms.iter_mut() {
            for i in 0..WIDTH {
                let x = row[i].to_f64();
                row[i] = F::from_f64(x * factors[i] + x * lows[i]);
            }
        }
        for i in 0..count.min(WIDTH) {
            terms[group.label[i]][i] = group.slope_of_label(i);
        }
        let gradient = &mut gradient[..count * classes];
        if count == WIDTH {
            let mut rest = &mut *gradient;
            let rows: [&mut [F]; WIDTH] = core::array::from_fn(|_| {
                let (row, behind) = core::mem::take(&mut rest).split_at_mut(classes);
                rest = behind;
                row
            });
            for (c, from) in terms.iter().enumerate() {
                for i in 0..WIDTH {
                    rows[i][c] = from[i];
                }
            }
        } else {
            for (i, row) in (0..WIDTH).zip(gradient.chunks_exact_mut(classes)) {
                for (to, from) in row.iter_mut().zip(&*terms) {
                    *to = from[i];
                }
            }
        }
        for (row, &ordinary) in gradient.chunks_exact_mut(classes).zip(&group.ordinary) {
            if !ordinary {
                row.fill(F::ZERO);
            }
        }
    }
}
