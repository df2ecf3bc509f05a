//! The sum of the terms of one chunk, in lanes. What is summed up, and how near the sum is, lives
//! in the [module](super) above.

use super::LANES;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, two_sum};
use crate::kernel::sum::total_of_lanes;

/// The sums of a chunk in lanes, with what rounding left out.
pub(super) struct Sums {
    sums: [f64; LANES],
    rests: [f64; LANES],
}

/// Adds a value to a sum: of `f64` with what is rounded off; a sum of `f32` is in `f64` as it is.
#[inline(always)]
fn add_to<F: Lanes>(sum: &mut f64, rest: &mut f64, value: f64) {
    if size_of::<F>() == 4 {
        *sum += value;
    } else {
        let (high, low) = two_sum(*sum, value);
        *sum = high;
        *rest += low;
    }
}

impl Sums {
    pub(super) const ZERO: Self = Self {
        sums: [0.0; LANES],
        rests: [0.0; LANES],
    };

    /// Adds values times their weights, if there are any.
    #[inline(always)]
    pub(super) fn add<F: Lanes>(&mut self, values: &[F; LANES], weights: Option<&[f64; LANES]>) {
        for i in 0..LANES {
            let value = values[i].to_f64();
            let value = weights.map_or(value, |weights| value * weights[i]);
            add_to::<F>(&mut self.sums[i], &mut self.rests[i], value);
        }
    }

    /// Adds terms that are far more precise than what their sum ends up in.
    #[inline(always)]
    pub(super) fn add_wide(&mut self, values: &[f64; LANES]) {
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += value;
        }
    }

    /// Adds pairs.
    #[inline(always)]
    pub(super) fn add_pairs(&mut self, values: &[f64; LANES], lows: &[f64; LANES]) {
        self.add(values, None);
        for (rest, low) in self.rests.iter_mut().zip(lows) {
            *rest += low;
        }
    }

    pub(super) fn total(&self) -> Pair {
        total_of_lanes(&self.sums, &self.rests)
    }
}
