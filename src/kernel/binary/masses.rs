//! The mass of each outcome among the targets of a batch: how many ones and zeros there are, or
//! what soft targets add up to.

use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;
use crate::kernel::parallel::{CHUNK, reduce};
use crate::kernel::sum::Total;

/// Σ y and Σ (1 − y), each a sum of its own, so that neither cancels.
///
/// # Bound
/// Exact for targets 0 and 1; else that of [`Total`].
///
/// # Examples
/// ```
/// use exact_loss::kernel::binary::masses;
///
/// let (ones, zeros) = masses(&[1.0_f32, 0.25, 0.0]);
/// assert_eq!((ones.round::<f64>(), zeros.round::<f64>()), (1.25, 1.75));
/// ```
#[must_use]
pub fn masses<F: Lanes>(targets: &[F]) -> (Total, Total) {
    let (mut ones, mut zeros) = (Total::ZERO, Total::ZERO);
    let of_range = |range: core::ops::Range<usize>| of_chunk(&targets[range]);
    reduce(targets.len(), CHUNK, of_range, |(one, zero)| {
        ones.merge(one);
        zeros.merge(zero);
    });
    (ones, zeros)
}

fn of_chunk<F: Lanes>(targets: &[F]) -> (Total, Total) {
    let (mut ones, mut zeros) = (Total::ZERO, Total::ZERO);
    let count = dispatch(Count(targets));
    if count.ones + count.zeros == targets.len() as u32 {
        ones.add(count.ones.into());
        zeros.add(count.zeros.into());
        return (ones, zeros);
    }
    for y in targets {
        ones.add(y.to_f64());
        zeros.add_pair(Pair::difference(1.0, y.to_f64()));
    }
    (ones, zeros)
}

/// How many targets are 1 and how many 0, of a chunk.
struct Count<'a, F>(&'a [F]);

struct Counted {
    ones: u32,
    zeros: u32,
}

impl<F: Lanes> Kernel for Count<'_, F> {
    type Output = Counted;

    #[inline(always)]
    fn run(self) -> Counted {
        let mut counted = Counted { ones: 0, zeros: 0 };
        for &y in self.0 {
            counted.ones += u32::from(y == F::ONE);
            counted.zeros += u32::from(y == F::ZERO);
        }
        counted
    }
}
