//! Work on chunks of a batch, on several threads where there are several, with results that do
//! not depend on how many there are. What is done to a chunk lives with the kernels and losses.
//!
//! The chunks are fixed by the length of the batch alone, each is worked on by one thread, and
//! their results are combined in order. Without the feature `parallel` everything runs on the
//! calling thread, with the same bits.
//!
//! A batch of one chunk is worked on in place: no allocation, no other thread.

use core::ops::Range;

#[cfg(feature = "parallel")]
use rayon::prelude::*;

/// How many elements a chunk should have, about: enough to hide the cost of handing it over,
/// few enough for the second cache.
pub const CHUNK: usize = 1 << 15;

/// How many rows of `width` elements make a chunk of about [`CHUNK`] elements; at least 1.
#[must_use]
pub const fn rows_in_chunk(width: usize) -> usize {
    let rows = CHUNK / if width == 0 { 1 } else { width };
    if rows == 0 { 1 } else { rows }
}

/// Calls `work` on the ranges of `chunk` items that cut up `0..items`, and `combine` on the
/// results in order of the ranges. A `chunk` of 0 counts as 1.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::parallel::reduce;
///
/// let mut sum = 0;
/// reduce(100, 30, |range| range.sum::<usize>(), |part| sum += part);
/// assert_eq!(sum, 4950);
/// ```
pub fn reduce<R: Send>(
    items: usize,
    chunk: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
    combine: impl FnMut(R),
) {
    let chunk = chunk.max(1);
    let range = |i: usize| i * chunk..items.min((i + 1) * chunk);
    let chunks = items.div_ceil(chunk);
    #[cfg(feature = "parallel")]
    if chunks > 1 {
        let parts: Vec<R> = (0..chunks).into_par_iter().map(|i| work(range(i))).collect();
        parts.into_iter().for_each(combine);
        return;
    }
    (0..chunks).map(|i| work(range(i))).for_each(combine);
}

/// [`reduce`], where `work` also gets the part of `output` that belongs to its range: `width`
/// elements for each item. Items beyond the length of `output` are left out.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::parallel::reduce_into;
///
/// let mut squares = [0; 100];
/// let mut count = 0;
/// let work = |range: core::ops::Range<usize>, part: &mut [usize]| {
///     for (to, i) in part.iter_mut().zip(range.clone()) {
///         *to = i * i;
///     }
///     range.len()
/// };
/// reduce_into(100, 30, 1, &mut squares, work, |part| count += part);
/// assert_eq!((squares[99], count), (9801, 100));
/// ```
pub fn reduce_into<T: Send, R: Send>(
    items: usize,
    chunk: usize,
    width: usize,
    output: &mut [T],
    work: impl Fn(Range<usize>, &mut [T]) -> R + Sync,
    combine: impl FnMut(R),
) {
    let chunk = chunk.max(1);
    let range = |i: usize| i * chunk..items.min((i + 1) * chunk);
    let part = chunk * width.max(1);
    #[cfg(feature = "parallel")]
    if items > chunk {
        let parts: Vec<R> = output
            .par_chunks_mut(part)
            .enumerate()
            .map(|(i, output)| work(range(i), output))
            .collect();
        parts.into_iter().for_each(combine);
        return;
    }
    output
        .chunks_mut(part)
        .enumerate()
        .map(|(i, output)| work(range(i), output))
        .for_each(combine);
}
