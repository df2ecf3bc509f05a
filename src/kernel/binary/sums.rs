//! The sum of the terms of one chunk, in lanes. What is summed up, and how near the sum is, lives
//! in the [module](super) above.

use super::LANES;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, two_sum};

/// The sums of a chunk in lanes, with what rounding left out.
pub(super) struct Sums {
    sums: [f64; LANES],
    rests: [f64; LANES],
}

impl Sums {
    pub(super) const ZERO: Self = Self {
        sums: [0.0; LANES],
        rests: [0.0; LANES],
    };

    /// Adds values times their weights, if there are any.
    #[inline(always)]
    pub(super) fn add<F: Lanes>(&mut self, values: &[F; LANES], weights: Option<&[f64; LANES]>) {
        // Folded at compile time: whether a sum of values can be added in `f64` as it is.
        let single = F::EPSILON.to_f64() > 1e-10;
        for i in 0..LANES {
            let value = values[i].to_f64();
            let value = weights.map_or(value, |weights| value * weights[i]);
            if single {
                self.sums[i] += value;
            } else {
                let (sum, rest) = two_sum(self.sums[i], value);
                self.sums[i] = sum;
                self.rests[i] += rest;
            }
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

    pub(super) fn total(mut self) -> Pair {
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                let (sum, rest) = two_sum(self.sums[i], self.sums[i + width]);
                self.sums[i] = sum;
                self.rests[i] += self.rests[i + width] + rest;
            }
            width /= 2;
        }
        Pair::sum(self.sums[0], self.rests[0])
    }
}
