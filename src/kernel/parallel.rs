//! Work on chunks of a batch, on several threads where there are several, with results that do
//! not depend on how many there are. What is done to a chunk lives with the kernels and losses.
//!
//! The chunks are fixed by the length of the batch alone, each is worked on by one thread, and
//! their results are combined in order. Without the feature `parallel` everything runs on the
//! calling thread, with the same bits.
//!
//! A batch of one chunk is worked on in place: no allocation, no other thread.

use core::ops::Range;
use std::sync::{Mutex, PoisonError};

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

/// Calls `work` on every part, on several threads if there are several parts, and `combine` on the
/// results in the order of the parts.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::parallel::for_parts;
///
/// let mut data = [1, 2, 3, 4, 5];
/// let mut sums = Vec::new();
/// for_parts(data.chunks_mut(2), |part| part.iter().sum::<i32>(), |sum| sums.push(sum));
/// assert_eq!(sums, [3, 7, 5]);
/// ```
pub fn for_parts<P: Send, R: Send>(
    parts: impl Iterator<Item = P>,
    work: impl Fn(P) -> R + Sync,
    mut combine: impl FnMut(R),
) {
    let mut parts = parts;
    let Some(first) = parts.next() else { return };
    let Some(second) = parts.next() else {
        combine(work(first));
        return;
    };
    let parts = [first, second].into_iter().chain(parts);
    #[cfg(feature = "parallel")]
    {
        let parts: Vec<P> = parts.collect();
        let results: Vec<R> = parts.into_par_iter().map(&work).collect();
        results.into_iter().for_each(combine);
    }
    #[cfg(not(feature = "parallel"))]
    parts.map(work).for_each(combine);
}

/// The ranges of `chunk` items that cut up `0..items`. A `chunk` of 0 counts as 1.
pub fn ranges(items: usize, chunk: usize) -> impl Iterator<Item = Range<usize>> {
    let chunk = chunk.max(1);
    (0..items.div_ceil(chunk)).map(move |i| i * chunk..items.min((i + 1) * chunk))
}

/// [`for_parts`] of the [`ranges`] of `chunk` items.
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
    for_parts(ranges(items, chunk), work, combine);
}

/// What threads work with in turn: one takes it and gives it back, and there are as many as were in use at once.
pub(in crate::kernel) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    pub(in crate::kernel) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Works with one that is not in use, or with a new one.
    pub(in crate::kernel) fn with<R>(
        &self,
        new: impl FnOnce() -> T,
        work: impl FnOnce(&mut T) -> R,
    ) -> R {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lock().pop();
        let mut taken = taken.unwrap_or_else(new);
        let result = work(&mut taken);
        lock().push(taken);
        result
    }

    /// All that there are.
    pub(in crate::kernel) fn into_all(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
