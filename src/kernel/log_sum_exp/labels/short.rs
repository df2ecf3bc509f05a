//! Rows of few classes, several at a time: their exponentials in one loop, because those of one would not fill the
//! lanes, and then what follows, a row in each lane. How a row is added up and finished is said beside this file.

use super::{
    Group, Kernel, LANES, Moderate, RowError, Rows, Sums, Target, Total, Work, exponentials,
    total_with,
};
use crate::kernel::aligned::Aligned;
use crate::kernel::row_terms::Rest;

/// How many rows are worked on together, half as many as a row has lanes.
pub(super) const WIDTH: usize = 8;
/// The most elements that they have, and what is read or written behind them.
const ROOM: usize = (WIDTH + 1) * LANES;

/// The work on some consecutive rows of fewer than [`LANES`] classes.
pub(super) struct Short<'a, F, T> {
    pub(super) work: Work<'a, F, T>,
    /// [`WIDTH`]. The compiler is not to know: it would make single operations of the loops over so few rows.
    pub(super) width: usize,
}

/// e^z of every element, in whole blocks, and whether all |z| are ordinary.
#[inline(always)]
fn exponentials_in_blocks<F: Rows>(logits: &[F], terms: &mut [F; ROOM]) -> bool {
    let (blocks, rest) = logits.split_at(logits.len() - logits.len() % LANES);
    let (to, behind) = terms.split_at_mut(blocks.len());
    let ordinary = exponentials(blocks, to);
    if rest.is_empty() {
        return ordinary;
    }
    let mut last = Aligned([F::ZERO; LANES]);
    last[..rest.len()].copy_from_slice(rest);
    ordinary & exponentials(&*last, behind)
}

impl<F: Rows, T: Fn(usize) -> Option<Target>> Kernel for Short<'_, F, T> {
    type Output = Result<Total, RowError>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { mut work, width } = self;
        let (classes, scale) = (work.classes, work.scale.gradient);
        let scale_of_factors = work.gradient.as_ref().map(|_| scale);
        let moderate = Moderate::with(scale);
        let rest = Rest::of(classes);
        let rows = work.logits.len() / classes;
        let mut terms = Aligned([F::ZERO; ROOM]);
        let mut group = Group::<WIDTH>::EMPTY;
        let mut sums = Sums::<WIDTH>::ZERO;
        let mut other = Total::ZERO;
        let mut start = 0;
        while start < rows {
            let count = WIDTH.min(rows - start);
            let range = start * classes..(start + count) * classes;
            let logits = &work.logits[range.clone()];
            if count < WIDTH && start > 0 {
                // The rows that are missing add nothing.
                group = Group::EMPTY;
                *terms = [F::ZERO; ROOM];
            }
            work.targets(start, count, &mut group)?;
            let weights = group.weight;
            let ordinary = exponentials_in_blocks(logits, &mut terms);
            for i in 0..count {
                let at = i * classes + group.label[i];
                group.logit[i] = logits[at].to_f64();
                terms[at] = F::ZERO;
            }
            group.ordinary = [true; WIDTH];
            if !ordinary {
                for (row, of_row) in logits.chunks_exact(classes).zip(&mut group.ordinary) {
                    *of_row = row.iter().all(|z| z.abs() <= F::ORDINARY);
                }
            }
            F::tails_of_short(&*terms, classes, width, &rest, &mut group);
            let fast = group.leave_out_others(count, width, &moderate);
            F::finish(&mut group, width, scale_of_factors);
            F::add_values(&mut sums, &group);
            work.write_values(start, count, &group);
            if let Some(gradient) = work.gradient.as_deref_mut() {
                let gradient = &mut gradient[range];
                for i in 0..count {
                    let at = i * classes;
                    let (factor, low) = (group.factor[i], group.factor_low[i]);
                    let from = &terms[at..][..LANES];
                    // What is written behind the row is written again.
                    if let Some(to) = gradient[at..].first_chunk_mut::<LANES>() {
                        for (to, from) in to.iter_mut().zip(from) {
                            *to = from.times(factor, low);
                        }
                    } else {
                        for (to, from) in gradient[at..][..classes].iter_mut().zip(from) {
                            *to = from.times(factor, low);
                        }
                    }
                    gradient[at + group.label[i]] = group.slope_of_label(i);
                }
                if !fast {
                    let rows = gradient.chunks_exact_mut(classes).zip(&group.ordinary);
                    for (row, _) in rows.filter(|&(_, &ordinary)| !ordinary) {
                        row.fill(F::ZERO);
                    }
                }
            }
            if !fast {
                other.merge(work.accurate_rows(start, count, &group, &weights)?);
            }
            start += count;
        }
        Ok(total_with(F::total_of_lanes(&sums), other))
    }
}
