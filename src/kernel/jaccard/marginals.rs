//! The walk along sorted elements: their marginals and the sum of the products with their errors.
//! The formula and the bounds are in the [module above](super).

use super::Counts;
use super::elements::{Elements, KeyOf, is_foreground};
use crate::kernel::Float;
use crate::kernel::dispatch::Kernel;
use crate::kernel::pair::{Pair, fast_two_sum, two_product};
use crate::kernel::sort::{Item, Key, Ordered};
use crate::kernel::sum::{LANES, Lanes, Total};

/// How many elements are worked on at a time. A multiple of [`LANES`].
const BLOCK: usize = 512;

/// What all elements of a column have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    /// G.
    pub(super) foreground: usize,
    /// What each marginal is divided by.
    pub(super) divisor: f64,
    /// A power of two that the errors are multiplied with.
    pub(super) factor: f64,
    /// Whether d is below 2⁵³ everywhere, and so a float.
    pub(super) is_exact: bool,
    /// Whether the keys are replaced by those of the components of the gradient.
    pub(super) wants_gradient: bool,
}

/// Walks along sorted elements, before which there are so many.
pub(super) struct Walk<'a, E: Elements> {
    pub(super) items: &'a mut [Item<KeyOf<E>>],
    pub(super) before: Counts,
    pub(super) common: Common,
}

impl<E: Elements> Kernel for Walk<'_, E> {
    type Output = Total;

    #[inline(always)]
    fn run(self) -> Total {
        if self.common.is_exact {
            self.walk::<true>()
        } else {
            self.walk::<false>()
        }
    }
}

/// One block, column by column. The loops over it are simple, to become vector code.
struct Block<K> {
    keys: [K; BLOCK],
    /// How many elements are foreground, up to each.
    f: [u32; BLOCK],
    is_foreground: [u32; BLOCK],
    marginal: [f64; BLOCK],
    marginal_rest: [f64; BLOCK],
    product: [f64; BLOCK],
    product_rest: [f64; BLOCK],
}

impl<E: Elements> Walk<'_, E> {
    #[inline(always)]
    fn walk<const EXACT: bool>(self) -> Total {
        let Self {
            items,
            before,
            common,
        } = self;
        let mut block = Block {
            keys: [KeyOf::<E>::default(); BLOCK],
            f: [0; BLOCK],
            is_foreground: [0; BLOCK],
            marginal: [0.0; BLOCK],
            marginal_rest: [0.0; BLOCK],
            product: [0.0; BLOCK],
            product_rest: [0.0; BLOCK],
        };
        let mut f = before.foreground as u32;
        let mut all = before.all;
        let mut total = Total::ZERO;
        for items in items.chunks_mut(BLOCK) {
            let columns = block.f.iter_mut().zip(&mut block.is_foreground);
            for ((item, key), (to, side)) in items.iter().zip(&mut block.keys).zip(columns) {
                let is_foreground = u32::from(is_foreground(item));
                f += is_foreground;
                (*key, *to, *side) = (item.key, f, is_foreground);
            }
            let size = items.len();
            block.find_marginals::<EXACT>(size, all, common);
            block.multiply::<E>(size, common.factor);
            total.add_pair(block.sum(size));
            all += size;
            if common.wants_gradient {
                for (item, &marginal) in items.iter_mut().zip(&block.marginal) {
                    let is_negative = E::IS_SIGNED && is_foreground(item);
                    let component = if is_negative { -marginal } else { marginal };
                    item.key = E::Float::from_f64(component).ascending();
                }
            }
        }
        total
    }
}

impl<K: Key> Block<K> {
    /// The marginals of the first `size` elements.
    #[inline(always)]
    fn find_marginals<const EXACT: bool>(&mut self, size: usize, all: usize, common: Common) {
        let foreground = common.foreground as f64;
        let first = (all + 1) as f64;
        let (f, is_foreground) = (&self.f[..size], &self.is_foreground[..size]);
        let marginal = &mut self.marginal[..size];
        let marginal_rest = &mut self.marginal_rest[..size];
        for k in 0..size {
            let f = f64::from(f[k]);
            let union = foreground + ((first + f64::from(k as u32)) - f);
            // The first element of a union of one is all of it.
            let is_whole = (is_foreground[k] != 0) | (union == 1.0);
            let above = if is_whole { 1.0 } else { foreground - f };
            let before = if is_whole { 1.0 } else { union - 1.0 };
            let right = before * common.divisor;
            let (d, d_rest) = if EXACT {
                (union * right, 0.0)
            } else {
                two_product(union, right)
            };
            let inverse = 1.0 / d;
            let quotient = above * inverse;
            let (p, p_rest) = two_product(quotient, d);
            let mut rest = (above - p) - p_rest;
            if !EXACT {
                rest -= quotient * d_rest;
            }
            (marginal[k], marginal_rest[k]) = fast_two_sum(quotient, rest * inverse);
        }
    }

    /// The products of the first `size` marginals with their errors.
    #[inline(always)]
    fn multiply<E: Elements<Float: Ordered<Key = K>>>(&mut self, size: usize, factor: f64) {
        let keys = &self.keys[..size];
        let (marginal, marginal_rest) = (&self.marginal[..size], &self.marginal_rest[..size]);
        let product = &mut self.product[..size];
        let product_rest = &mut self.product_rest[..size];
        for k in 0..size {
            let error = E::error(keys[k]);
            let (m, m_rest) = (error.hi * factor, error.lo * factor);
            let (high, low) = two_product(marginal[k], m);
            product[k] = high;
            product_rest[k] = low + (marginal[k] * m_rest + marginal_rest[k] * m);
        }
    }

    /// The sum of the first `size` products.
    #[inline(always)]
    fn sum(&mut self, size: usize) -> Pair {
        let end = size.next_multiple_of(LANES);
        self.product[size..end].fill(0.0);
        self.product_rest[size..end].fill(0.0);
        let mut lanes = Lanes::ZERO;
        let (high, _) = self.product[..end].as_chunks::<LANES>();
        let (low, _) = self.product_rest[..end].as_chunks::<LANES>();
        for (high, low) in high.iter().zip(low) {
            lanes.add(high, low);
        }
        lanes.total()
    }
}
