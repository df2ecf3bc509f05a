//! What is known of a few rows that are finished together, and which of them are left to the accurate way. How they are
//! summed up and finished is beside this file.

use super::{GROUP, Rows};
use crate::kernel::pair::Pair;
use crate::kernel::row_terms::Watch;

/// What is known of some consecutive rows, as arrays of lanes. Pairs are two arrays.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Group<const N: usize = GROUP> {
    pub(super) label: [usize; N],
    /// z of the label.
    pub(super) logit: [f64; N],
    pub(super) weight: [f64; N],
    /// Whether the row is looked at.
    pub(super) kept: [bool; N],
    /// Σ e^z of the other classes.
    pub(super) tail: [f64; N],
    pub(super) tail_low: [f64; N],
    /// Whether the row is ordinary.
    pub(super) ordinary: [bool; N],
    /// weight · surprisal.
    pub(super) value: [f64; N],
    pub(super) value_low: [f64; N],
    /// weight · scale / Σ e^z.
    pub(super) factor: [f64; N],
    pub(super) factor_low: [f64; N],
}

impl<const N: usize> Group<N> {
    /// Rows that add nothing.
    pub(super) const EMPTY: Self = Self {
        label: [0; N],
        logit: [0.0; N],
        weight: [0.0; N],
        kept: [false; N],
        tail: [0.0; N],
        tail_low: [0.0; N],
        ordinary: [false; N],
        value: [0.0; N],
        value_low: [0.0; N],
        factor: [0.0; N],
        factor_low: [0.0; N],
    };

    /// Takes the rows that are not ordinary, or whose weight is not, for rows that add nothing. Whether there are
    /// none among the first `count`; the first `len` lanes are those of rows, or empty.
    #[inline(always)]
    pub(super) fn leave_out_others(
        &mut self,
        count: usize,
        len: usize,
        weights: &Moderate,
    ) -> bool {
        let mut watch = Watch::<f64>::new();
        for &weight in &self.weight[..len] {
            watch.see(weights.contain(weight));
        }
        if count == len && watch.are_ordinary() && self.ordinary == [true; N] {
            return true;
        }
        let mut fast = true;
        for i in 0..count {
            self.ordinary[i] &= weights.contain(self.weight[i]);
            fast &= self.ordinary[i];
            if !self.ordinary[i] {
                self.tail[i] = 0.0;
                self.tail_low[i] = 0.0;
                self.logit[i] = 0.0;
                self.weight[i] = 0.0;
            }
        }
        fast
    }

    /// The component of the gradient at the label of a row: −(1 − p), scaled.
    #[inline(always)]
    pub(super) fn slope_of_label<F: Rows>(&self, row: usize) -> F {
        let (factor, factor_low) = (self.factor[row], self.factor_low[row]);
        let (tail, tail_low) = (self.tail[row], self.tail_low[row]);
        let complement = tail * factor + (tail * factor_low + tail_low * factor);
        F::from_f64(-complement)
    }
}

/// The weights with which the factor of a row's gradient neither over- nor underflows on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moderate {
    least: f64,
    largest: f64,
}

impl Moderate {
    /// Those with which a factor times this scale is as moderate as the weight: none, if the scale is not.
    #[inline(always)]
    pub(super) fn with(scale: Pair) -> Self {
        let scale = scale.hi.abs();
        Self {
            least: 1e-100 / scale.min(1.0),
            largest: 1e100 / scale.max(1.0),
        }
    }

    #[inline(always)]
    fn contain(&self, weight: f64) -> bool {
        (weight.abs() >= self.least) & (weight.abs() <= self.largest)
    }
}
