//! The walk along sorted elements: their marginals and the sum of the products with their errors.
//! The formula and the bounds are in the [module above](super).

use super::Counts;
use super::elements::{Elements, KeyOf, is_foreground};
use crate::kernel::Float;
use crate::kernel::dispatch::Kernel;
use crate::kernel::pair::{Pair, fast_two_sum, two_product};
use crate::kernel::sort::{Item, Ordered};
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

/// One block, column by column.
struct Block<K> {
    keys: [K; BLOCK],
    /// How many elements are foreground, up to each.
    f: [u32; BLOCK],
    is_foreground: [u32; BLOCK],
    marginals: [f64; BLOCK],
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
            marginals: [0.0; BLOCK],
        };
        let mut f = before.foreground as u32;
        let mut all = before.all;
        let mut total = Total::ZERO;
        for items in items.chunks_mut(BLOCK) {
            for (k, item) in items.iter().enumerate() {
                let is_foreground = u32::from(is_foreground(item));
                f += is_foreground;
                block.keys[k] = item.key;
                block.f[k] = f;
                block.is_foreground[k] = is_foreground;
            }
            total.add_pair(Self::multiply::<EXACT>(
                &mut block,
                items.len(),
                all,
                common,
            ));
            all += items.len();
            if common.wants_gradient {
                for (item, &marginal) in items.iter_mut().zip(&block.marginals) {
                    let is_negative = E::IS_SIGNED && is_foreground(item);
                    let component = if is_negative { -marginal } else { marginal };
                    item.key = E::Float::from_f64(component).ascending();
                }
            }
        }
        total
    }

    /// The marginals of the first `size` elements, and the sum of their products with the errors.
    #[inline(always)]
    fn multiply<const EXACT: bool>(
        block: &mut Block<KeyOf<E>>,
        size: usize,
        all: usize,
        common: Common,
    ) -> Pair {
        let foreground = common.foreground as f64;
        let mut lanes = Lanes::ZERO;
        for start in (0..size).step_by(LANES) {
            let mut high = [0.0; LANES];
            let mut low = [0.0; LANES];
            for k in 0..LANES {
                let row = start + k;
                let position = (all + row + 1) as f64;
                let is_foreground = block.is_foreground[row] != 0;
                let f = f64::from(block.f[row]);
                let union = foreground + (position - f);
                // The first element of a union of one is all of it.
                let is_whole = is_foreground | (union == 1.0);
                let above = if is_whole { 1.0 } else { foreground - f };
                let before = if is_whole { 1.0 } else { union - 1.0 };
                let (d, d_rest) = if EXACT {
                    (union * (before * common.divisor), 0.0)
                } else {
                    two_product(union, before * common.divisor)
                };
                let inverse = 1.0 / d;
                let quotient = above * inverse;
                let (p, p_rest) = two_product(quotient, d);
                let mut rest = (above - p) - p_rest;
                if !EXACT {
                    rest -= quotient * d_rest;
                }
                let (q, q_rest) = fast_two_sum(quotient, rest * inverse);
                block.marginals[row] = q;
                let error = E::error(block.keys[row]);
                let (m, m_rest) = (error.hi * common.factor, error.lo * common.factor);
                let (product, rest) = two_product(q, m);
                let counts = row < size;
                high[k] = if counts { product } else { 0.0 };
                let rest = rest + (q * m_rest + q_rest * m);
                low[k] = if counts { rest } else { 0.0 };
            }
            lanes.add(&high, &low);
        }
        lanes.total()
    }
}
