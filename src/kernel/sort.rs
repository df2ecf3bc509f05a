//! Sorting floats by radix on integer keys that keep their order. What is done with the sorted
//! elements is in [`jaccard`](super::jaccard).
//!
//! # Order
//!
//! A key is the bits of the float, all flipped where it is negative and the sign bit flipped
//! where it is not, so that keys as unsigned integers are ordered as the floats are. −0 has the
//! key of +0. A NaN has a key beyond the infinities, and is for the caller to refuse. Items are
//! sorted by least significant digits of 11 bits, each pass stable, so items of equal keys keep
//! their order and the result is one and the same however it is computed. Passes in which all
//! keys have one digit are left out.
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

/// Bits of a digit.
const DIGIT: u32 = 11;
/// Below this many items a comparison sort is faster than counting digits.
const FEW: usize = 1024;

/// An unsigned integer that is sorted by its digits: `u32` or `u64`.
pub trait Key: Copy + Ord + Default + Debug + Send + Sync + 'static {
    /// The width in bits.
    const BITS: u32;

    /// The eleven bits from `shift` on.
    fn digit(self, shift: u32) -> usize;
}

impl Key for u32 {
    const BITS: u32 = Self::BITS;

    #[inline(always)]
    fn digit(self, shift: u32) -> usize {
        (self >> shift) as usize & ((1 << DIGIT) - 1)
    }
}

impl Key for u64 {
    const BITS: u32 = Self::BITS;

    #[inline(always)]
    fn digit(self, shift: u32) -> usize {
        (self >> shift) as usize & ((1 << DIGIT) - 1)
    }
}

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
    if items.len() < FEW {
        items.sort_by_key(|item| item.key);
        return;
    }
    let passes = K::BITS.div_ceil(DIGIT) as usize;
    let mut counts = vec![[0_usize; 1 << DIGIT]; passes];
    for item in items.iter() {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[item.key.digit(pass as u32 * DIGIT)] += 1;
        }
    }
    scratch.clear();
    scratch.resize(items.len(), Item::default());
    for (pass, counts) in counts.iter_mut().enumerate() {
        if counts.contains(&items.len()) {
            continue;
        }
        let mut before = 0;
        for count in counts.iter_mut() {
            before += core::mem::replace(count, before);
        }
        for &item in items.iter() {
            let place = &mut counts[item.key.digit(pass as u32 * DIGIT)];
            scratch[*place] = item;
            *place += 1;
        }
        core::mem::swap(items, scratch);
    }
}
