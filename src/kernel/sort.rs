//! Sorting floats by radix on integer keys that keep their order. What is done with the sorted
//! elements is in [`jaccard`](super::jaccard).
//!
//! # Order
//!
//! A key is the bits of the float, all flipped where it is negative and the sign bit flipped
//! where it is not, so that keys as unsigned integers are ordered as the floats are. −0 has the
//! key of +0. A NaN has a key beyond the infinities, and is for the caller to refuse. What is
//! sorted is the distance from the least key, by least significant digits of at most 11 bits, each
//! pass stable, so items of equal keys keep their order and the result is one and the same
//! however it is computed. Passes in which all keys have one digit are left out.
//!
//! # Complexity
//!
//! At most 3 passes for `f32` and 6 for `f64`, and one before every three that counts their digits: linear
//! in the number of items, with as much memory again.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::sort::{Item, Ordered, sort};
//!
//! let errors = [0.5_f32, 2.0, -0.0, 2.0, 0.0];
//! let key = |(tag, error): (u32, &f32)| Item { key: error.descending(), tag };
//! let mut items: Vec<_> = (0..).zip(&errors).map(key).collect();
//! sort(&mut items, &mut Vec::new());
//! assert!(items.iter().map(|item| item.tag).eq([1, 3, 0, 2, 4]));
//! ```

use core::fmt::Debug;
use core::ops::{Add, Sub};

use super::dispatch::{Kernel, dispatch};

/// Most bits of a digit.
pub(super) const DIGIT: u32 = 11;
/// Bits of a digit where there are not many items, so that counting digits costs less than they.
const SHORT: u32 = 8;
/// Below this many items a comparison sort is faster than counting digits.
const FEW: usize = 128;
/// Below this many items digits are short.
const NOT_MANY: usize = 4096;

/// An unsigned integer that is sorted by its digits: `u32` or `u64`.
pub trait Key:
    Copy + Ord + Default + Debug + Send + Sync + Add<Output = Self> + Sub<Output = Self> + 'static
{
    /// The least key.
    const MIN: Self;
    /// The key after the least.
    const ONE: Self;
    /// The largest key.
    const MAX: Self;

    /// How many bits the number has.
    fn bits(self) -> u32;
    /// The low bits of the number without its last `shift` bits.
    fn shifted(self, shift: u32) -> usize;
    /// digit·2^shift, where it is a key.
    fn from_digit(digit: usize, shift: u32) -> Option<Self>;
}

macro_rules! key {
    ($key:ident) => {
        impl Key for $key {
            const MIN: Self = Self::MIN;
            const ONE: Self = 1;
            const MAX: Self = Self::MAX;

            #[inline(always)]
            fn bits(self) -> u32 {
                Self::BITS - self.leading_zeros()
            }

            #[inline(always)]
            fn shifted(self, shift: u32) -> usize {
                (self >> shift) as usize
            }

            #[inline(always)]
            fn from_digit(digit: usize, shift: u32) -> Option<Self> {
                Self::try_from((digit as u128) << shift).ok()
            }
        }
    };
}
key!(u32);
key!(u64);

/// A float with a key that keeps its order.
pub trait Ordered: Sized {
    /// The integer type of the key.
    type Key: Key;

    /// The key that grows with the number.
    fn ascending(self) -> Self::Key;
    /// The key that falls as the number grows.
    fn descending(self) -> Self::Key;
    /// The number with this ascending key.
    fn from_ascending(key: Self::Key) -> Self;
    /// The number with this descending key.
    fn from_descending(key: Self::Key) -> Self;
}

macro_rules! ordered {
    ($float:ident, $key:ident) => {
        impl Ordered for $float {
            type Key = $key;

            #[inline(always)]
            fn ascending(self) -> $key {
                // −0 + 0 is +0.
                let bits = (self + 0.0).to_bits();
                let sign = 1 << ($key::BITS - 1);
                if bits & sign == 0 { bits | sign } else { !bits }
            }
            #[inline(always)]
            fn descending(self) -> $key {
                !self.ascending()
            }
            #[inline(always)]
            fn from_ascending(key: $key) -> Self {
                let sign = 1 << ($key::BITS - 1);
                Self::from_bits(if key & sign == 0 { !key } else { key ^ sign })
            }
            #[inline(always)]
            fn from_descending(key: $key) -> Self {
                Self::from_ascending(!key)
            }
        }
    };
}
ordered!(f32, u32);
ordered!(f64, u64);

/// What is sorted: a key, and a tag that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Item<K> {
    /// What the items are sorted by.
    pub key: K,
    /// Anything, such as an index.
    pub tag: u32,
}

/// Sorts items by ascending keys; equal keys keep their order. `scratch` is working memory,
/// which a caller who sorts repeatedly can keep.
pub fn sort<K: Key>(items: &mut Vec<Item<K>>, scratch: &mut Vec<Item<K>>) {
    let ends = ends(items);
    core::mem::swap(items, scratch);
    let mut unsorted = core::mem::take(scratch);
    sort_parts(&[&unsorted], ends, items, scratch);
    // The larger memory is kept.
    if unsorted.capacity() > scratch.capacity() {
        unsorted.clear();
        *scratch = unsorted;
    }
}

/// The items of all parts, one part after another, sorted as by [`sort`]. No key is below the first or
/// above the second of the ends.
pub(super) fn sort_parts<K: Key, P: AsRef<[Item<K>]>>(
    parts: &[P],
    (low, high): (K, K),
    items: &mut Vec<Item<K>>,
    scratch: &mut Vec<Item<K>>,
) {
    let len: usize = parts.iter().map(|part| part.as_ref().len()).sum();
    let bits = if low < high { (high - low).bits() } else { 0 };
    if len < FEW || u32::try_from(len).is_err() || bits == 0 {
        gather(parts, len, items);
        items.sort_by_key(|item| item.key);
        return;
    }
    let widest = if len < NOT_MANY { SHORT } else { DIGIT };
    let passes = bits.div_ceil(widest);
    let width = bits.div_ceil(passes);
    dispatch(Radix {
        parts,
        low,
        passes,
        width,
        len,
        items,
        scratch,
    });
}

/// One digit of the distance of a key from the least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digit<K> {
    low: K,
    shift: u32,
    mask: usize,
}

impl<K: Key> Digit<K> {
    /// The `width` bits from `shift` on, at most [`DIGIT`].
    #[inline(always)]
    pub(super) fn new(low: K, shift: u32, width: u32) -> Self {
        let mask = (1 << width) - 1;
        Self { low, shift, mask }
    }

    #[inline(always)]
    pub(super) fn of(self, key: K) -> usize {
        // The second mask says to the compiler that tables of digits are long enough.
        (key - self.low).shifted(self.shift) & self.mask & ((1 << DIGIT) - 1)
    }

    /// How many digits there may be.
    pub(super) fn count(self) -> usize {
        self.mask + 1
    }
}

/// The passes of a sort.
struct Radix<'a, K, P> {
    parts: &'a [P],
    low: K,
    passes: u32,
    width: u32,
    len: usize,
    items: &'a mut Vec<Item<K>>,
    scratch: &'a mut Vec<Item<K>>,
}

/// How many digits are counted at once.
const TOGETHER: usize = 3;

impl<K: Key, P: AsRef<[Item<K>]>> Radix<'_, K, P> {
    /// Counts the digits of some passes.
    #[inline(always)]
    fn count<const PASSES: usize>(&self, first: usize, counts: &mut [Table; TOGETHER]) {
        let digit: [Digit<K>; PASSES] = core::array::from_fn(|i| self.digit(first + i));
        for part in self.parts {
            for item in part.as_ref() {
                for pass in 0..PASSES {
                    counts[pass][digit[pass].of(item.key)] += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn digit(&self, pass: usize) -> Digit<K> {
        Digit::new(self.low, pass as u32 * self.width, self.width)
    }
}

/// A number for each digit.
type Table = [u32; 1 << DIGIT];

impl<K: Key, P: AsRef<[Item<K>]>> Kernel for Radix<'_, K, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let passes = self.passes as usize;
        let mut are_gathered = false;
        for first in (0..passes).step_by(TOGETHER) {
            let mut counts = [[0; 1 << DIGIT]; TOGETHER];
            let together = TOGETHER.min(passes - first);
            match together {
                1 => self.count::<1>(first, &mut counts),
                2 => self.count::<2>(first, &mut counts),
                _ => self.count::<TOGETHER>(first, &mut counts),
            }
            for (pass, counts) in (first..).zip(&mut counts[..together]) {
                if counts.contains(&(self.len as u32)) {
                    continue;
                }
                let mut before = 0;
                for count in &mut counts[..1 << self.width] {
                    before += core::mem::replace(count, before);
                }
                let more = self.len.saturating_sub(self.scratch.len());
                self.scratch.reserve_exact(more);
                self.scratch.resize(self.len, Item::default());
                if are_gathered {
                    scatter(self.items, counts, self.digit(pass), self.scratch);
                } else {
                    for part in self.parts {
                        scatter(part.as_ref(), counts, self.digit(pass), self.scratch);
                    }
                }
                are_gathered = true;
                core::mem::swap(self.items, self.scratch);
            }
        }
        if !are_gathered {
            gather(self.parts, self.len, self.items);
        }
    }
}

/// The items of all parts, one part after another.
fn gather<K: Key, P: AsRef<[Item<K>]>>(parts: &[P], len: usize, items: &mut Vec<Item<K>>) {
    items.clear();
    items.reserve_exact(len);
    for part in parts {
        items.extend_from_slice(part.as_ref());
    }
}

/// Puts each item where the table says that its digit comes next.
#[inline(always)]
pub(super) fn scatter<K: Key>(
    from: &[Item<K>],
    places: &mut Table,
    digit: Digit<K>,
    to: &mut [Item<K>],
) {
    for item in from {
        let place = &mut places[digit.of(item.key)];
        to[*place as usize] = *item;
        *place += 1;
    }
}

/// The least and the largest key; the largest and the least possible of no items.
#[inline(always)]
pub(super) fn ends<K: Key>(items: &[Item<K>]) -> (K, K) {
    items.iter().fold((K::MAX, K::MIN), |(low, high), item| {
        (low.min(item.key), high.max(item.key))
    })
}
