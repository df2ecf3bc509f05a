//! Rows of `f32`: the exponentials of several short rows, or of pieces of a long one, are worked
//! out together and then added up row by row in `f64`.

use super::{BUFFER, GROUP, Group, LANES, Rows};
use crate::kernel::elementary::lanes_of_pairs;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;

/// e^z of every element, and whether all |z| are ordinary. `terms` may be longer than `logits`:
/// what follows them is unspecified, but finite if all are ordinary.
#[inline(always)]
fn exponentials(logits: &[f32], terms: &mut [f32]) -> bool {
    let (blocks, rest) = logits.as_chunks::<LANES>();
    let (to_blocks, to_rest) = terms.split_at_mut(blocks.len() * LANES);
    let to_blocks = to_blocks.as_chunks_mut::<LANES>().0;
    let mut largest = [0; LANES];
    for (block, to) in blocks.iter().zip(to_blocks) {
        for i in 0..LANES {
            let magnitude = block[i].magnitude();
            largest[i] = if magnitude > largest[i] {
                magnitude
            } else {
                largest[i]
            };
            to[i] = block[i].exp_ordinary();
        }
    }
    if !rest.is_empty() {
        let mut block = [0.0; LANES];
        for (to, &from) in block.iter_mut().zip(rest) {
            *to = from;
        }
        for i in 0..LANES {
            let magnitude = block[i].magnitude();
            largest[i] = if magnitude > largest[i] {
                magnitude
            } else {
                largest[i]
            };
            block[i] = block[i].exp_ordinary();
        }
        for (to, &from) in to_rest.iter_mut().zip(&block) {
            *to = from;
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            largest[i] = largest[i].max(largest[i + width]);
        }
        width /= 2;
    }
    largest[0] <= f32::ORDINARY.magnitude()
}

/// From [`LANES`] − n on: n ones, and then zeros.
const MASKS: [f32; 2 * LANES] = {
    let mut masks = [0.0; 2 * LANES];
    let mut i = 0;
    while i < LANES {
        masks[i] = 1.0;
        i += 1;
    }
    masks
};

/// Adds the first `count` elements of `terms` in lanes. What follows them is not added, but lets
/// the last block be loaded as a whole.
#[inline(always)]
fn accumulate(lanes: &mut [f64; LANES], terms: &[f32], count: usize, finite: bool) {
    let whole = count - count % LANES;
    for block in terms[..whole].as_chunks::<LANES>().0 {
        for i in 0..LANES {
            lanes[i] += f64::from(block[i]);
        }
    }
    let rest = count % LANES;
    if rest == 0 {
        return;
    }
    // What follows must be finite.
    if let Some(last) = terms[whole..].first_chunk::<LANES>()
        && let Some(mask) = MASKS[LANES - rest..].first_chunk::<LANES>()
        && finite
    {
        for i in 0..LANES {
            lanes[i] += f64::from(last[i] * mask[i]);
        }
        return;
    }
    let mut last = [0.0; LANES];
    for (to, &from) in last.iter_mut().zip(&terms[whole..count]) {
        *to = from;
    }
    for i in 0..LANES {
        lanes[i] += f64::from(last[i]);
    }
}

/// The sum of the lanes, halving them.
#[inline(always)]
fn total(mut lanes: [f64; LANES]) -> f64 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

impl Rows for f32 {
    #[inline(always)]
    fn tails(
        logits: &[Self],
        classes: usize,
        rows: usize,
        mut terms: Option<&mut [Self]>,
        buffer: &mut [Self],
        group: &mut Group,
    ) {
        let logits = &logits[..rows * classes];
        if classes > BUFFER {
            // One row after another, each in pieces.
            for (row, logits) in logits.chunks_exact(classes).enumerate() {
                let mut lanes = [0.0; LANES];
                let mut ordinary = true;
                for (piece, logits) in logits.chunks(BUFFER).enumerate() {
                    let at = piece * BUFFER;
                    let to: &mut [f32] = match terms.as_deref_mut() {
                        Some(terms) => &mut terms[row * classes + at..][..logits.len()],
                        None => &mut buffer[..logits.len()],
                    };
                    ordinary &= exponentials(logits, to);
                    if let Some(label) = group.label[row].checked_sub(at)
                        && let Some(term) = to.get_mut(label)
                    {
                        *term = 0.0;
                    }
                    accumulate(&mut lanes, to, logits.len(), false);
                }
                group.tail[row] = total(lanes);
                group.ordinary[row] = ordinary;
            }
            return;
        }
        // As many whole rows as the buffer holds.
        let rows = BUFFER / classes;
        for (piece, logits) in logits.chunks(rows * classes).enumerate() {
            let at = piece * rows;
            let to: &mut [f32] = match terms.as_deref_mut() {
                Some(terms) => &mut terms[at * classes..][..logits.len()],
                None => &mut *buffer,
            };
            let ordinary = exponentials(logits, to);
            let count = logits.len() / classes;
            for i in 0..count {
                to[i * classes + group.label[at + i]] = 0.0;
            }
            for i in 0..count {
                let mut lanes = [0.0; LANES];
                accumulate(&mut lanes, &to[i * classes..], classes, ordinary);
                group.tail[at + i] = total(lanes);
                group.ordinary[at + i] = ordinary
                    || logits[i * classes..][..classes]
                        .iter()
                        .all(|z| z.magnitude() <= f32::ORDINARY.magnitude());
            }
        }
    }

    #[inline(always)]
    fn finish(group: &mut Group, scale: Option<Pair>) {
        for i in 0..GROUP {
            let ratio = group.tail[i] * lanes_of_pairs::exp_lite(-group.logit[i]);
            group.value[i] = group.weight[i] * lanes_of_pairs::ln_1p_lite(ratio);
        }
        let Some(scale) = scale else { return };
        for i in 0..GROUP {
            let e = lanes_of_pairs::exp_lite(group.logit[i]);
            group.factor[i] = group.weight[i] * scale.hi / (group.tail[i] + e);
        }
    }

    #[inline(always)]
    fn multiply(terms: &mut [Self], factor: f64, _: f64) {
        for x in terms {
            *x = (f64::from(*x) * factor) as f32;
        }
    }
}
