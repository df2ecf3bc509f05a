//! How the elements of one column are sorted and walked along in pieces that several threads
//! work on. Where they are cut depends on the elements only.

use core::marker::PhantomData;
use core::ops::Range;

use super::Slices;
use super::elements::{Elements, KeyOf, index, is_foreground};
use super::marginals::{Common, Walk};
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::pair::{Pair, power_of_two};
use crate::kernel::parallel::{Pool, for_parts};
use crate::kernel::sort::{DIGIT, Digit, Item, Key, scatter, sort_parts};
use crate::kernel::sum::Total;

/// Errors whose largest lies beyond 2^±RANGE are scaled.
const RANGE: i32 = 400;
/// Below this many elements, buckets are sorted together.
const FEW: usize = 1 << 14;
/// Beyond this many elements, a bucket is cut up again.
const MANY: usize = 1 << 16;

/// How many elements there are before a place in the order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) all: usize,
    pub(super) foreground: usize,
}

/// Elements that are together in the order: in each chunk by their indices.
#[derive(Debug)]
pub(super) struct Piece<'a, K> {
    pub(super) chunks: Slices<'a, K>,
    /// No key is less.
    pub(super) low: K,
    /// No key is larger.
    pub(super) high: K,
    pub(super) before: Counts,
}

/// Memory to sort in.
pub(super) struct Scratch<K> {
    items: Vec<Item<K>>,
    other: Vec<Item<K>>,
}

impl<K> Scratch<K> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            other: Vec::new(),
        }
    }
}

/// What is the same for all pieces of a column.
pub(super) struct Shape {
    pub(super) foreground: usize,
    pub(super) pixels: usize,
    pub(super) divisor: usize,
    pub(super) chunk_bits: u32,
    pub(super) wants_gradient: bool,
}

/// One column, with keys in a range.
pub(super) struct Column<'p, E: Elements> {
    common: Common,
    scale: i32,
    is_infinite: bool,
    chunk_bits: u32,
    pool: &'p Pool<Scratch<KeyOf<E>>>,
    elements: PhantomData<fn(&E)>,
}

impl<'p, E: Elements> Column<'p, E> {
    pub(super) fn new(
        shape: Shape,
        pool: &'p Pool<Scratch<KeyOf<E>>>,
        low: KeyOf<E>,
        high: KeyOf<E>,
    ) -> Self {
        let size = |key| E::error(key).hi.abs();
        let largest = if low <= high {
            size(low).max(size(high))
        } else {
            0.0
        };
        let scale = scale_of(largest);
        let (pixels, divisor) = (shape.pixels as f64, shape.divisor as f64);
        Self {
            common: Common {
                foreground: shape.foreground,
                divisor,
                factor: power_of_two(scale),
                is_exact: pixels * pixels * divisor < 9e15,
                wants_gradient: shape.wants_gradient,
            },
            scale,
            is_infinite: largest == f64::INFINITY,
            chunk_bits: shape.chunk_bits,
            pool,
            elements: PhantomData,
        }
    }

    /// Δ̄ over the divisor. Where a gradient is wanted, each chunk holds its elements in some
    /// order, and their keys are those of the components.
    pub(super) fn evaluate(&self, piece: Piece<'_, KeyOf<E>>) -> Pair {
        let value = self.value(piece).value();
        if self.is_infinite {
            Pair::INFINITY
        } else {
            value.scale(-self.scale)
        }
    }

    fn value(&self, piece: Piece<'_, KeyOf<E>>) -> Total {
        let size: usize = piece.chunks.iter().map(|chunk| chunk.len()).sum();
        if piece.low == piece.high {
            self.tied(piece)
        } else if size <= MANY {
            self.pool
                .with(Scratch::new, |scratch| self.sorted(piece, scratch))
        } else {
            self.in_buckets(piece, size)
        }
    }

    fn walk(&self, items: &mut [Item<KeyOf<E>>], before: Counts) -> Total {
        dispatch(Walk::<E> {
            items,
            before,
            common: self.common,
        })
    }

    /// The value of a piece of equal keys, which is sorted.
    fn tied(&self, piece: Piece<'_, KeyOf<E>>) -> Total {
        let mut total = Total::ZERO;
        let mut before = piece.before;
        for chunk in piece.chunks {
            let foreground = chunk.iter().filter(|item| is_foreground(item)).count();
            total.merge(self.walk(chunk, before));
            before.all += chunk.len();
            before.foreground += foreground;
        }
        total
    }

    /// The value of a piece that is small enough to be sorted in one place.
    fn sorted(&self, piece: Piece<'_, KeyOf<E>>, scratch: &mut Scratch<KeyOf<E>>) -> Total {
        let Scratch { items, other } = scratch;
        sort_parts(&piece.chunks, (piece.low, piece.high), items, other);
        let total = self.walk(items, piece.before);
        if self.common.wants_gradient {
            let mut chunks: Vec<_> = piece
                .chunks
                .into_iter()
                .map(|chunk| chunk.iter_mut())
                .collect();
            for &item in items.iter() {
                let chunk = index(&item) >> self.chunk_bits;
                if let Some(slot) = chunks[chunk].next() {
                    *slot = item;
                }
            }
        }
        total
    }

    /// The value of a large piece: each chunk is put in buckets by the leading bits of the keys,
    /// and consecutive buckets become pieces.
    fn in_buckets(&self, piece: Piece<'_, KeyOf<E>>, size: usize) -> Total {
        let Piece {
            mut chunks,
            low,
            high,
            before,
        } = piece;
        // Not so many buckets that counting them costs more than the elements.
        let elements = size / chunks.len().max(1);
        let span = (high - low).bits();
        let width = (elements >> 4).max(16).ilog2().min(DIGIT).min(span);
        let shift = span - width;
        let bucket = Digit::new(low, shift, width);

        let mut totals = vec![Counts::default(); 1 << width];
        let mut counts = Vec::with_capacity(chunks.len());
        let put = |chunk: &mut &mut [Item<KeyOf<E>>]| {
            self.pool.with(Scratch::new, |scratch| {
                dispatch(Distribute {
                    chunk,
                    scratch,
                    bucket,
                })
            })
        };
        for_parts(chunks.iter_mut(), put, |chunk: Vec<Packed>| {
            for (total, count) in totals.iter_mut().zip(&chunk) {
                total.all += count.all as usize;
                total.foreground += count.foreground as usize;
            }
            counts.push(chunk);
        });

        let mut pieces = Vec::new();
        let mut before = before;
        for buckets in together(&totals) {
            let edge =
                |bucket| KeyOf::<E>::from_digit(bucket, shift).filter(|&far| far <= high - low);
            let first = edge(buckets.start).map_or(high, |far| low + far);
            let last = edge(buckets.end).map_or(high, |far| low + far - Key::ONE);
            let mut parts = Vec::with_capacity(chunks.len());
            for (chunk, counts) in chunks.iter_mut().zip(&counts) {
                let counts = &counts[buckets.clone()];
                let len = counts.iter().map(|count| count.all as usize).sum();
                let (part, behind) = core::mem::take(chunk).split_at_mut(len);
                parts.push(part);
                *chunk = behind;
            }
            pieces.push(Piece {
                chunks: parts,
                low: first,
                high: last,
                before,
            });
            for total in &totals[buckets] {
                before.all += total.all;
                before.foreground += total.foreground;
            }
        }
        drop(counts);
        let mut total = Total::ZERO;
        for_parts(
            pieces.into_iter(),
            |piece| self.value(piece),
            |part| total.merge(part),
        );
        total
    }
}

/// [`Counts`] of a chunk, in few bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Packed {
    all: u32,
    foreground: u32,
}

/// Puts a chunk in the order of its buckets, those of one in their order, and counts them.
struct Distribute<'a, K> {
    chunk: &'a mut [Item<K>],
    scratch: &'a mut Scratch<K>,
    bucket: Digit<K>,
}

impl<K: Key> Kernel for Distribute<'_, K> {
    type Output = Vec<Packed>;

    #[inline(always)]
    fn run(self) -> Vec<Packed> {
        let Self {
            chunk,
            scratch,
            bucket,
        } = self;
        let items = &mut scratch.items;
        items.clear();
        items.reserve_exact(chunk.len());
        items.extend_from_slice(chunk);
        let mut counts = [Packed::default(); 1 << DIGIT];
        for item in items.iter() {
            let count = &mut counts[bucket.of(item.key)];
            count.all += 1;
            count.foreground += u32::from(is_foreground(item));
        }
        let mut places = [0; 1 << DIGIT];
        let mut before = 0;
        for (place, count) in places.iter_mut().zip(&counts) {
            *place = before;
            before += count.all;
        }
        scatter(items, &mut places, bucket, chunk);
        counts[..bucket.count()].to_vec()
    }
}

/// Ranges of consecutive buckets that are worked on together.
fn together(totals: &[Counts]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut size = 0;
    for (bucket, total) in totals.iter().enumerate() {
        match ranges.last_mut() {
            Some(range) if size + total.all <= FEW => {
                range.end = bucket + 1;
                size += total.all;
            }
            _ => {
                ranges.push(bucket..bucket + 1);
                size = total.all;
            }
        }
    }
    ranges
}

/// The exponent of the power of two that brings the largest error near 1, or 0 where that is not
/// needed.
fn scale_of(largest: f64) -> i32 {
    let exponent = (largest.to_bits() >> 52) as i32 - 1023;
    if largest == 0.0 || largest == f64::INFINITY || exponent.abs() <= RANGE {
        0
    } else {
        (-exponent).clamp(-1000, 1000)
    }
}
