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
//! At most 3 passes for `f32` and 6 for `f64`, and one before them that counts all digits: linear
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
    /// The `width` bits from `shift` on, at most 11.
    fn digit(self, shift: u32, width: u32) -> usize;
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
            fn digit(self, shift: u32, width: u32) -> usize {
                (self >> shift) as usize & ((1 << width) - 1)
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
    if items.len() < FEW || u32::try_from(items.len()).is_err() {
        items.sort_by_key(|item| item.key);
        return;
    }
    let (low, high) = ends(items);
    let bits = (high - low).bits();
    let widest = if items.len() < NOT_MANY { SHORT } else { DIGIT };
    let passes = bits.div_ceil(widest);
    if passes == 0 {
        return;
    }
    let width = bits.div_ceil(passes);
    let mut counts = [[0_u32; 1 << DIGIT]; 8];
    let counts = &mut counts[..passes as usize];
    for item in items.iter() {
        let key = item.key - low;
        for (pass, counts) in (0..).zip(counts.iter_mut()) {
            counts[key.digit(pass * width, width)] += 1;
        }
    }
    scratch.clear();
    scratch.reserve_exact(items.len());
    scratch.resize(items.len(), Item::default());
    for (pass, counts) in (0..).zip(counts) {
        let counts = &mut counts[..1 << width];
        if counts.contains(&(items.len() as u32)) {
            continue;
        }
        let mut before = 0;
        for count in counts.iter_mut() {
            before += core::mem::replace(count, before);
        }
        for &item in items.iter() {
            let place = &mut counts[(item.key - low).digit(pass * width, width)];
            scratch[*place as usize] = item;
            *place += 1;
        }
        core::mem::swap(items, scratch);
    }
}

/// The least and the largest key; the largest and the least possible of no items.
#[inline(always)]
pub(super) fn ends<K: Key>(items: &[Item<K>]) -> (K, K) {
    items.iter().fold((K::MAX, K::MIN), |(low, high), item| {
        (low.min(item.key), high.max(item.key))
    })
}
