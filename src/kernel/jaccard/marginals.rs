//! The walk along sorted elements: their marginals and the sum of the products with their errors.
//! The formula and the bounds are in the [module above](super).

use super::Counts;
use super::elements::{Elements, KeyOf, is_foreground};
use crate::kernel::Float;
use crate::kernel::aligned::Aligned;
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
        let is_single = size_of::<E::Float>() == 4;
        if is_single && !E::CAN_CANCEL {
            self.walk::<Plain>()
        } else if self.common.is_exact {
            self.walk::<Pairs<true>>()
        } else {
            self.walk::<Pairs<false>>()
        }
    }
}

/// How marginals and products are worked out.
trait Arithmetic {
    /// The marginals of the first `size` elements.
    fn find_marginals<K: Key>(block: &mut Block<K>, size: usize, all: usize, common: Common);
    /// The products of the first `size` marginals with their errors.
    fn multiply<E: Elements>(block: &mut Block<KeyOf<E>>, size: usize, factor: f64);
    /// The sum of the first `size` products.
    fn sum<K: Key>(block: &mut Block<K>, size: usize) -> Pair;
}

/// In `f64`, for what ends up in `f32` and does not cancel.
struct Plain;

/// In pairs; d is a float if it is `EXACT`.
struct Pairs<const EXACT: bool>;

/// One block, column by column. The loops over it are simple, to become vector code.
struct Block<K> {
    keys: Aligned<[K; BLOCK]>,
    /// How many elements are foreground, up to each.
    f: Aligned<[u32; BLOCK]>,
    is_foreground: Aligned<[u32; BLOCK]>,
    marginal: Aligned<[f64; BLOCK]>,
    marginal_rest: Aligned<[f64; BLOCK]>,
    product: Aligned<[f64; BLOCK]>,
    product_rest: Aligned<[f64; BLOCK]>,
}

impl<E: Elements> Walk<'_, E> {
    #[inline(always)]
    fn walk<A: Arithmetic>(self) -> Total {
        let Self {
            items,
            before,
            common,
        } = self;
        let mut block = Block {
            keys: Aligned([KeyOf::<E>::default(); BLOCK]),
            f: Aligned([0; BLOCK]),
            is_foreground: Aligned([0; BLOCK]),
            marginal: Aligned([0.0; BLOCK]),
            marginal_rest: Aligned([0.0; BLOCK]),
            product: Aligned([0.0; BLOCK]),
            product_rest: Aligned([0.0; BLOCK]),
        };
        let mut f = before.foreground as u32;
        let mut all = before.all;
        let mut total = Total::ZERO;
        for items in items.chunks_mut(BLOCK) {
            let columns = block.f.iter_mut().zip(block.is_foreground.iter_mut());
            for ((item, key), (to, side)) in items.iter().zip(block.keys.iter_mut()).zip(columns) {
                let is_foreground = u32::from(is_foreground(item));
                f += is_foreground;
                (*key, *to, *side) = (item.key, f, is_foreground);
            }
            let size = items.len();
            A::find_marginals(&mut block, size, all, common);
            A::multiply::<E>(&mut block, size, common.factor);
            total.add_pair(A::sum(&mut block, size));
            all += size;
            if common.wants_gradient {
                for (item, &marginal) in items.iter_mut().zip(&*block.marginal) {
                    let is_negative = E::IS_SIGNED && is_foreground(item);
                    let component = if is_negative { -marginal } else { marginal };
                    item.key = E::Float::from_f64(component).ascending();
                }
            }
        }
        total
    }
}

/// The numerator of a marginal, and |union| and |union| − 1 of its denominator; 1 for the whole union.
#[inline(always)]
fn fraction(
    (foreground, first): (f64, f64),
    k: usize,
    f: u32,
    is_foreground: u32,
) -> (f64, f64, f64) {
    let f = f64::from(f);
    let union = foreground + ((first + f64::from(k as u32)) - f);
    // The first element of a union of one is all of it.
    let is_whole = (is_foreground != 0) | (union == 1.0);
    let above = if is_whole { 1.0 } else { foreground - f };
    let before = if is_whole { 1.0 } else { union - 1.0 };
    (above, union, before)
}

impl Arithmetic for Plain {
    #[inline(always)]
    fn find_marginals<K: Key>(block: &mut Block<K>, size: usize, all: usize, common: Common) {
        let ends = (common.foreground as f64, (all + 1) as f64);
        let (f, is_foreground) = (&block.f[..size], &block.is_foreground[..size]);
        let marginal = &mut block.marginal[..size];
        for k in 0..size {
            let (above, union, before) = fraction(ends, k, f[k], is_foreground[k]);
            marginal[k] = above / (union * (before * common.divisor));
        }
    }

    #[inline(always)]
    fn multiply<E: Elements>(block: &mut Block<KeyOf<E>>, size: usize, factor: f64) {
        let (keys, marginal) = (&block.keys[..size], &block.marginal[..size]);
        let product = &mut block.product[..size];
        for k in 0..size {
            product[k] = marginal[k] * (E::error(keys[k]).hi * factor);
        }
    }

    #[inline(always)]
    fn sum<K: Key>(block: &mut Block<K>, size: usize) -> Pair {
        let end = size.next_multiple_of(LANES);
        block.product[size..end].fill(0.0);
        let mut lanes = [0.0; LANES];
        for row in block.product[..end].as_chunks::<LANES>().0 {
            for (lane, x) in lanes.iter_mut().zip(row) {
                *lane += x;
            }
        }
        Pair::from(lanes.iter().sum::<f64>())
    }
}

impl<const EXACT: bool> Arithmetic for Pairs<EXACT> {
    #[inline(always)]
    fn find_marginals<K: Key>(block: &mut Block<K>, size: usize, all: usize, common: Common) {
        let ends = (common.foreground as f64, (all + 1) as f64);
        let (f, is_foreground) = (&block.f[..size], &block.is_foreground[..size]);
        let marginal = &mut block.marginal[..size];
        let marginal_rest = &mut block.marginal_rest[..size];
        for k in 0..size {
            let (above, union, before) = fraction(ends, k, f[k], is_foreground[k]);
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

    #[inline(always)]
    fn multiply<E: Elements>(block: &mut Block<KeyOf<E>>, size: usize, factor: f64) {
        let keys = &block.keys[..size];
        let (marginal, marginal_rest) = (&block.marginal[..size], &block.marginal_rest[..size]);
        let product = &mut block.product[..size];
        let product_rest = &mut block.product_rest[..size];
        for k in 0..size {
            let error = E::error(keys[k]);
            let (m, m_rest) = (error.hi * factor, error.lo * factor);
            let (high, low) = two_product(marginal[k], m);
            product[k] = high;
            product_rest[k] = low + (marginal[k] * m_rest + marginal_rest[k] * m);
        }
    }

    #[inline(always)]
    fn sum<K: Key>(block: &mut Block<K>, size: usize) -> Pair {
        let end = size.next_multiple_of(LANES);
        block.product[size..end].fill(0.0);
        block.product_rest[size..end].fill(0.0);
        let mut lanes = Lanes::ZERO;
        let (high, _) = block.product[..end].as_chunks::<LANES>();
        let (low, _) = block.product_rest[..end].as_chunks::<LANES>();
        for (high, low) in high.iter().zip(low) {
            lanes.add(high, low);
        }
        lanes.total()
    }
}
