//! A panel: as many whole rows as fit, or a piece of a longer one, worked on in loops that stay
//! loops, and the sums of its rows in lanes. What the terms are lives with the terms, and which
//! rows make a panel with the walk over them.

use super::LANES;
use crate::kernel::aligned::Aligned;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, two_sum};
use crate::kernel::sum::total_of_lanes;

/// The most elements of a panel: what is worked out of them should stay in the first cache.
pub(in crate::kernel) const PANEL: usize = 32 * LANES;

/// What is worked out of the elements of a panel, for the sums and from step to step.
#[doc(hidden)]
#[derive(Debug)]
pub struct Panel<F> {
    /// The coefficients of the targets, where there are any.
    pub(in crate::kernel) coefficients: Aligned<[f64; PANEL]>,
    /// The terms; there is room to read whole rows of lanes anywhere.
    pub(in crate::kernel) terms: Aligned<[f64; PANEL + LANES]>,
    /// Their low parts, where they are pairs.
    pub(in crate::kernel) lows: Aligned<[f64; PANEL + LANES]>,
    /// What one step leaves to the next.
    pub(in crate::kernel) steps: [Aligned<[F; PANEL]>; 4],
}

impl<F: Lanes> Panel<F> {
    #[inline(always)]
    pub(in crate::kernel) fn new() -> Self {
        Self {
            coefficients: Aligned([0.0; PANEL]),
            terms: Aligned([0.0; PANEL + LANES]),
            lows: Aligned([0.0; PANEL + LANES]),
            steps: [Aligned([F::ZERO; PANEL]); 4],
        }
    }
}

/// Masks for the lanes that the last numbers of rows are in.
#[doc(hidden)]
#[derive(Debug)]
pub struct Rest([u64; LANES]);

impl Rest {
    /// Not inlined, so that the masks stay masks: the compiler makes comparisons of them.
    #[inline(never)]
    pub(in crate::kernel) fn of(classes: usize) -> Self {
        Self(core::array::from_fn(|i| {
            if i < classes % LANES { u64::MAX } else { 0 }
        }))
    }

    /// x if lane i is one of them, else 0.
    #[inline(always)]
    pub(in crate::kernel) fn masked(&self, i: usize, x: f64) -> f64 {
        masked(x, self.0[i])
    }

    /// The masks of the first half of the lanes and of the second, which have `half` each.
    #[inline(always)]
    pub(in crate::kernel) fn halves(&self, half: usize) -> (&[u64], &[u64]) {
        let (first, second) = self.0.split_at(half);
        (first, &second[..half])
    }
}

/// x if the mask is of ones, else 0.
#[inline(always)]
pub(in crate::kernel) fn masked(x: f64, mask: u64) -> f64 {
    f64::from_bits(x.to_bits() & mask)
}

/// Gathers whether all elements of a loop are ordinary: by "or", which vectors do at once.
pub(in crate::kernel) struct Watch<F: Lanes>(F::Bits);

impl<F: Lanes> Watch<F> {
    #[inline(always)]
    pub(in crate::kernel) fn new() -> Self {
        Self(F::Bits::default())
    }

    #[inline(always)]
    pub(in crate::kernel) fn see(&mut self, ordinary: bool) {
        let flag = (if ordinary { F::ZERO } else { F::ONE }).pattern();
        self.0 = self.0 | flag;
    }

    #[inline(always)]
    pub(in crate::kernel) fn are_ordinary(&self) -> bool {
        self.0 == F::Bits::default()
    }
}

/// Sums in lanes, of which the second half is for `f64` only.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Sums<F> {
    sums: [f64; LANES],
    rests: [f64; LANES],
    of: core::marker::PhantomData<F>,
}

impl<F: Lanes> Sums<F> {
    #[inline(always)]
    pub(in crate::kernel) fn new() -> Self {
        Self {
            sums: [0.0; LANES],
            rests: [0.0; LANES],
            of: core::marker::PhantomData,
        }
    }

    /// Adds x to lane i.
    #[inline(always)]
    pub(in crate::kernel) fn add(&mut self, i: usize, x: f64) {
        self.add_pair(i, x, 0.0);
    }

    /// Adds hi + lo to lane i; for `f32`, hi.
    #[inline(always)]
    pub(in crate::kernel) fn add_pair(&mut self, i: usize, x: f64, low: f64) {
        if size_of::<F>() == 4 {
            self.sums[i] += x;
        } else {
            let (sum, rest) = two_sum(self.sums[i], x);
            self.sums[i] = sum;
            self.rests[i] += rest + low;
        }
    }

    /// Adds the terms of a row, or of a piece of it, which start at `from`: the first of them to lane 0.
    #[inline(always)]
    pub(in crate::kernel) fn take_in(
        &mut self,
        panel: &Panel<F>,
        (from, count): (usize, usize),
        with_lows: bool,
        rest: &Rest,
    ) {
        let whole = count - count % LANES;
        self.take_in_whole(panel, (from, whole), with_lows);
        if whole < count {
            let (terms, lows) = (&panel.terms[from + whole..], &panel.lows[from + whole..]);
            for i in 0..LANES {
                let low = if with_lows { lows[i] } else { 0.0 };
                self.add_pair(i, rest.masked(i, terms[i]), rest.masked(i, low));
            }
        }
    }

    /// The same of whole rows of lanes.
    #[inline(always)]
    pub(in crate::kernel) fn take_in_whole(
        &mut self,
        panel: &Panel<F>,
        (from, count): (usize, usize),
        with_lows: bool,
    ) {
        let terms = panel.terms[from..][..count].as_chunks::<LANES>().0;
        let lows = panel.lows[from..][..count].as_chunks::<LANES>().0;
        for (terms, lows) in terms.iter().zip(lows) {
            for i in 0..LANES {
                self.add_pair(i, terms[i], if with_lows { lows[i] } else { 0.0 });
            }
        }
    }

    /// The sum of the lanes as a pair of numbers.
    #[inline(always)]
    pub(in crate::kernel) fn total(mut self) -> (f64, f64) {
        if size_of::<F>() == 8 {
            let Pair { hi, lo } = total_of_lanes(&self.sums, &self.rests);
            return (hi, lo);
        }
        // As the lanes themselves: in short chains, for rows are short.
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                self.sums[i] += self.sums[i + width];
            }
            width /= 2;
        }
        (self.sums[0], 0.0)
    }
}
