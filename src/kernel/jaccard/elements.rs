//! What a loss says about its elements: which there are, what they are sorted by, and what their
//! errors are; and the exact keys of errors p and 1 − p.

use core::ops::Range;

use crate::kernel::Float;
use crate::kernel::pair::Pair;
use crate::kernel::sort::{Item, Key, Ordered};

/// The keys that elements are sorted by.
pub(super) type KeyOf<E> = <<E as Elements>::Float as Ordered>::Key;

/// One element of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<K> {
    /// What it is sorted by: smaller where the error is larger.
    pub key: K,
    /// Whether it is foreground.
    pub is_foreground: bool,
    /// Whether it counts.
    pub counts: bool,
    /// Whether its error is to be sorted: else it is 0 and behind all that are.
    pub is_sorted: bool,
}

/// The elements of one or more extensions: a column for each, with an element for each pixel.
pub trait Elements: Sync {
    /// The float of the gradient, whose keys are sorted by.
    type Float: Float;
    /// Whether the gradient has the sign −1 for foreground.
    const IS_SIGNED: bool;
    /// Whether errors can be negative, so that their products with the marginals cancel.
    const CAN_CANCEL: bool;

    /// How many pixels there are, at most 2³¹.
    fn pixels(&self) -> usize;

    /// How many columns there are.
    fn columns(&self) -> usize {
        1
    }

    /// The element of a pixel in a column.
    fn element(&self, pixel: usize, column: usize) -> Element<KeyOf<Self>>;

    /// Whether a pixel that counts is bad.
    fn is_bad(&self, pixel: usize) -> bool;

    /// The error with this key, within 2⁻¹⁰⁶ relative. To be inlined always.
    fn error(key: KeyOf<Self>) -> Pair;

    /// Adds the elements of some pixels to what is known of each column.
    ///
    /// # Errors
    /// The first bad pixel.
    fn survey(
        &self,
        pixels: Range<usize>,
        columns: &mut [Survey<KeyOf<Self>>],
    ) -> Result<(), usize> {
        if let Some(pixel) = pixels.clone().find(|&pixel| self.is_bad(pixel)) {
            return Err(pixel);
        }
        for pixel in pixels {
            for (column, survey) in columns.iter_mut().enumerate() {
                survey.add(self.element(pixel, column));
            }
        }
        Ok(())
    }

    /// Counts the elements of some pixels with keys up to the `last` of their column, which are
    /// those that [`Elements::collect`] gives.
    fn count(&self, pixels: Range<usize>, last: &[KeyOf<Self>], kept: &mut [usize]) {
        for pixel in pixels {
            for (column, (&last, kept)) in last.iter().zip(kept.iter_mut()).enumerate() {
                let element = self.element(pixel, column);
                *kept += usize::from(element.is_kept(last));
            }
        }
    }

    /// Collects the elements of some pixels with keys up to the `last` of their column, for some
    /// columns, in the order of the pixels.
    fn collect(
        &self,
        pixels: Range<usize>,
        columns: Range<usize>,
        last: &[KeyOf<Self>],
        slots: &mut [Slots<'_, KeyOf<Self>>],
    ) {
        for pixel in pixels {
            for (column, slots) in columns.clone().zip(slots.iter_mut()) {
                let element = self.element(pixel, column);
                let is_kept = element.is_kept(last[column]);
                slots.push_if(is_kept, element.key, pixel, element.is_foreground);
            }
        }
    }
}

impl<K: Key> Element<K> {
    /// Whether it counts, is sorted, and has a key up to `last`.
    #[inline(always)]
    #[must_use]
    pub fn is_kept(&self, last: K) -> bool {
        self.counts & self.is_sorted & (self.key <= last)
    }
}

/// What is known of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey<K> {
    /// How many elements are foreground.
    pub foreground: usize,
    /// The least key.
    pub first: K,
    /// The largest key of a foreground element, [`Key::MAX`] for one that is not sorted.
    pub last_foreground: K,
    /// How many elements are sorted.
    pub sorted: usize,
}

impl<K: Key> Default for Survey<K> {
    fn default() -> Self {
        Self {
            foreground: 0,
            first: K::MAX,
            last_foreground: K::MIN,
            sorted: 0,
        }
    }
}

impl<K: Key> Survey<K> {
    /// What is known of so many foreground elements one of which is not sorted, and so many that are.
    #[must_use]
    pub fn open(foreground: usize, sorted: usize) -> Self {
        Self {
            foreground,
            last_foreground: K::MAX,
            sorted,
            ..Self::default()
        }
    }

    /// Adds an element.
    #[inline(always)]
    pub fn add(&mut self, element: Element<K>) {
        let Element {
            key,
            is_foreground,
            counts,
            is_sorted,
        } = element;
        let is_foreground = counts & is_foreground;
        let of_foreground = if is_sorted { key } else { K::MAX };
        let first = if counts & is_sorted { key } else { K::MAX };
        self.merge(Self {
            foreground: usize::from(is_foreground),
            first,
            last_foreground: if is_foreground { of_foreground } else { K::MIN },
            sorted: usize::from(counts & is_sorted),
        });
    }

    /// Adds what is known of other pixels.
    #[inline(always)]
    pub(super) fn merge(&mut self, other: Self) {
        self.foreground += other.foreground;
        self.first = self.first.min(other.first);
        self.last_foreground = self.last_foreground.max(other.last_foreground);
        self.sorted += other.sorted;
    }

    /// The largest key of an element whose marginal may be other than 0.
    pub(super) fn last(&self) -> K {
        if self.foreground == 0 {
            self.first
        } else {
            self.last_foreground
        }
    }
}

/// How many elements are added to [`Slots`] at once, at most.
pub const BLOCK: usize = 256;

/// Room for the elements of a chunk in a column.
#[derive(Debug)]
pub struct Slots<'a, K> {
    items: &'a mut [Item<K>],
    len: usize,
}

impl<'a, K: Key> Slots<'a, K> {
    pub(super) fn new(items: &'a mut [Item<K>]) -> Self {
        Self { items, len: 0 }
    }

    /// Adds an element.
    #[inline(always)]
    pub fn push(&mut self, key: K, index: usize, is_foreground: bool) {
        self.push_if(true, key, index, is_foreground);
    }

    /// Adds an element where it is kept, without a branch that depends on it.
    #[inline(always)]
    pub fn push_if(&mut self, is_kept: bool, key: K, index: usize, is_foreground: bool) {
        if let Some(slot) = self.items.get_mut(self.len) {
            *slot = item(key, index, is_foreground);
        }
        self.len += usize::from(is_kept);
    }

    /// Adds those of at most [`BLOCK`] elements that are kept: given by their keys, on which side they are, and
    /// the index of the first.
    #[inline(always)]
    pub fn extend_if(&mut self, is_kept: &[bool], keys: &[K], first: usize, sides: &[bool]) {
        let mut items = [Item::default(); BLOCK];
        let mut tags = [0_u32; BLOCK];
        let first = first as u32;
        for (i, (tag, &side)) in tags.iter_mut().zip(sides).enumerate() {
            *tag = (first + i as u32) << 1 | u32::from(side);
        }
        let mut len = 0;
        for ((&is_kept, &key), &tag) in is_kept.iter().zip(keys).zip(&tags) {
            // Always in the array, which the compiler is to see.
            items[len % BLOCK] = Item { key, tag };
            len += usize::from(is_kept);
        }
        let to = self.items.get_mut(self.len..self.len + len);
        if let (Some(to), Some(items)) = (to, items.get(..len)) {
            to.copy_from_slice(items);
        }
        self.len += len;
    }

    pub(super) fn items(&self) -> &[Item<K>] {
        self.items
    }
}

#[inline(always)]
fn item<K>(key: K, index: usize, is_foreground: bool) -> Item<K> {
    let tag = (index as u32) << 1 | u32::from(is_foreground);
    Item { key, tag }
}

#[inline(always)]
pub(super) fn index<K>(item: &Item<K>) -> usize {
    (item.tag >> 1) as usize
}

#[inline(always)]
pub(super) fn is_foreground<K>(item: &Item<K>) -> bool {
    item.tag & 1 == 1
}

/// One column of elements that are given by their errors, which are finite.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a, F, P> {
    /// The errors.
    pub errors: &'a [F],
    /// Whether the element of an index is foreground.
    pub is_foreground: P,
}

impl<F: Float, P: Fn(usize) -> bool + Sync> Elements for Ranked<'_, F, P> {
    type Float = F;
    const IS_SIGNED: bool = false;
    const CAN_CANCEL: bool = true;

    fn pixels(&self) -> usize {
        self.errors.len()
    }

    #[inline(always)]
    fn element(&self, pixel: usize, _: usize) -> Element<F::Key> {
        Element {
            key: self.errors[pixel].descending(),
            is_foreground: (self.is_foreground)(pixel),
            counts: true,
            is_sorted: true,
        }
    }

    #[inline(always)]
    fn is_bad(&self, pixel: usize) -> bool {
        !self.errors[pixel].is_finite()
    }

    #[inline(always)]
    fn error(key: F::Key) -> Pair {
        Pair::from(F::from_descending(key).to_f64())
    }
}

/// Keys of the errors p and 1 − p of probabilities p in [0, 1], which are as exact as p: 1 − p is
/// never rounded.
///
/// An error e is known by 1 − e where it is at least ½ and by e where it is not; either is a
/// float, whether e is a given p or 1 − p, since 1 − p is one for p ≥ ½.
pub trait UnitKey: Float {
    /// The key of the error 1 − p.
    #[inline(always)]
    fn key_of_complement(self) -> Self::Key {
        let half = Self::ONE.half_bits();
        let rest = Self::ONE - self;
        if rest < self {
            half + half - rest.bits_from_zero()
        } else {
            self.bits_from_zero()
        }
    }

    /// The key of the error p.
    #[inline(always)]
    fn key_of_probability(self) -> Self::Key {
        let half = Self::ONE.half_bits();
        let rest = Self::ONE - self;
        if self < rest {
            half + half - self.bits_from_zero()
        } else {
            rest.bits_from_zero()
        }
    }

    /// The error with a key.
    #[inline(always)]
    fn error_of_key(key: Self::Key) -> Pair {
        let half = Self::ONE.half_bits();
        let is_large = key <= half;
        let bits = if is_large { key } else { half + half - key };
        let number = Self::from_ascending(bits + Self::ZERO.ascending()).to_f64();
        let complement = Pair::difference(1.0, number);
        if is_large {
            complement
        } else {
            Pair::from(number)
        }
    }

    /// How far the key of a number that is not negative is from that of 0.
    #[inline(always)]
    fn bits_from_zero(self) -> Self::Key {
        self.ascending() - Self::ZERO.ascending()
    }

    /// [`UnitKey::bits_from_zero`] of half of a number.
    #[inline(always)]
    fn half_bits(self) -> Self::Key {
        (self * Self::from_f64(0.5)).bits_from_zero()
    }
}

impl<F: Float> UnitKey for F {}
