//! Rows of `f64`: one after another, with compensated sums.

use super::{GROUP, Group, LANES, Rows, total_of_pairs};
use crate::kernel::elementary::lanes_of_pairs;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, fast_two_sum, two_product, two_sum};

/// The sums of one row in lanes: the exponentials, their rests, and the largest magnitude.
#[derive(Debug, Clone, Copy)]
struct Row {
    sums: [f64; LANES],
    rests: [f64; LANES],
    largest: [u64; LANES],
}

impl Row {
    #[inline(always)]
    fn new() -> Self {
        Self {
            sums: [0.0; LANES],
            rests: [0.0; LANES],
            largest: [0; LANES],
        }
    }

    /// Writes e^z of the elements of a block into `to`, and 0 for the one in lane `label`; takes
    /// them all in. If `PART`, only the first `count` of them are.
    #[inline(always)]
    fn add<const PART: bool>(
        &mut self,
        block: &[f64; LANES],
        to: &mut [f64; LANES],
        label: u32,
        count: u32,
    ) {
        for i in 0..LANES {
            let lane = i as u64;
            let beyond = PART && lane >= u64::from(count);
            let z = if beyond { 0.0 } else { block[i] };
            let magnitude = z.magnitude();
            let largest = self.largest[i];
            self.largest[i] = if magnitude > largest {
                magnitude
            } else {
                largest
            };
            let excluded = beyond || lane == u64::from(label);
            let e = if excluded { 0.0 } else { z.exp_ordinary() };
            to[i] = e;
            let (s, rest) = two_sum(self.sums[i], e);
            self.sums[i] = s;
            self.rests[i] += rest;
        }
    }

    /// The largest magnitude, halving the lanes.
    #[inline(always)]
    fn largest(mut self) -> u64 {
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                let (a, b) = (self.largest[i], self.largest[i + width]);
                self.largest[i] = if a > b { a } else { b };
            }
            width /= 2;
        }
        self.largest[0]
    }
}

/// Sums up the exponentials of the row of `classes` logits that `logits` begins with, but the
/// label's, and writes them into `terms`, if given. What follows the row in `logits` lets its last
/// block be loaded as a whole; what follows it in `terms` is overwritten, so rows go in order.
#[inline(always)]
fn sum_row(logits: &[f64], classes: usize, label: usize, terms: Option<&mut [f64]>) -> Row {
    let mut row = Row::new();
    let whole = classes - classes % LANES;
    let rest = (classes % LANES) as u32;
    let blocks = logits[..whole].as_chunks::<LANES>().0;
    let mut written = [0.0; LANES];
    // The label's lane in the block; elsewhere some number beyond the lanes.
    let lane_of =
        |block: usize| u32::try_from(label.wrapping_sub(block * LANES)).unwrap_or(u32::MAX);
    let mut copy = [0.0; LANES];
    let last = match logits[whole..].first_chunk::<LANES>() {
        Some(block) => block,
        None => {
            for (to, &from) in copy.iter_mut().zip(&logits[whole..]) {
                *to = from;
            }
            &copy
        }
    };
    match terms {
        Some(terms) => {
            let to_blocks = terms[..whole].as_chunks_mut::<LANES>().0;
            for (i, (block, to)) in blocks.iter().zip(to_blocks).enumerate() {
                row.add::<false>(block, to, lane_of(i), 0);
            }
            if rest > 0 {
                row.add::<true>(last, &mut written, lane_of(blocks.len()), rest);
                match terms[whole..].first_chunk_mut::<LANES>() {
                    Some(to) => *to = written,
                    None => {
                        for (to, &from) in terms[whole..].iter_mut().zip(&written) {
                            *to = from;
                        }
                    }
                }
            }
        }
        None => {
            for (i, block) in blocks.iter().enumerate() {
                row.add::<false>(block, &mut written, lane_of(i), 0);
            }
            if rest > 0 {
                row.add::<true>(last, &mut written, lane_of(blocks.len()), rest);
            }
        }
    }
    row
}

impl Rows for f64 {
    #[inline(always)]
    fn tails(
        logits: &[Self],
        classes: usize,
        rows: usize,
        mut terms: Option<&mut [Self]>,
        _: &mut [Self],
        group: &mut Group,
    ) {
        for i in 0..rows {
            let at = i * classes;
            let to = terms.as_deref_mut().map(|terms| &mut terms[at..]);
            let row = sum_row(&logits[at..], classes, group.label[i], to);
            (group.tail[i], group.tail_low[i]) = total_of_pairs(row.sums, row.rests);
            group.ordinary[i] = row.largest() <= f64::ORDINARY.magnitude();
        }
    }

    #[inline(always)]
    fn finish(group: &mut Group, scale: Option<Pair>) {
        for i in 0..GROUP {
            let (tail, tail_low) = (group.tail[i], group.tail_low[i]);
            let weight = group.weight[i];
            let (e, e_low) = lanes_of_pairs::exp(-group.logit[i]);
            let (ratio, ratio_low) = two_product(tail, e);
            let ratio_low = ratio_low + (tail * e_low + tail_low * e);
            let (value, value_low) = lanes_of_pairs::ln_1p(ratio, ratio_low);
            let (p, p_low) = two_product(value, weight);
            (group.value[i], group.value_low[i]) = fast_two_sum(p, p_low + value_low * weight);
        }
        let Some(scale) = scale else { return };
        for i in 0..GROUP {
            let (e, e_low) = lanes_of_pairs::exp(group.logit[i]);
            let (s, s_low) = two_sum(group.tail[i], e);
            let s_low = s_low + (group.tail_low[i] + e_low);
            let (n, n_low) = two_product(scale.hi, group.weight[i]);
            let n_low = n_low + scale.lo * group.weight[i];
            let q = n / s;
            let (p, p_low) = two_product(q, s);
            let rest = ((n - p) - p_low) + (n_low - q * s_low);
            (group.factor[i], group.factor_low[i]) = (q, rest / s);
        }
    }

    #[inline(always)]
    fn multiply(terms: &mut [Self], factor: f64, factor_low: f64) {
        for x in terms {
            *x = *x * factor + *x * factor_low;
        }
    }
}
