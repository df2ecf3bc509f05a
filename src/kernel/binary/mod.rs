//! Batches of binary predictions at the speed of the memory: the walk over the elements, their
//! sum and their gradient. The terms that are summed up are in the files below this module; one
//! element with all care is [`bernoulli`](super::bernoulli) and [`focal`](super::focal).
//!
//! # How
//!
//! An element is *plain* if its target is 0 or 1, its prediction is neither invalid nor so
//! extreme that something under- or overflows, and its weight is 0 or between 10⁻¹² and 10¹².
//! Blocks of 256 elements are first worked on as if all were plain, in vector lanes and
//! without a branch; the same loop finds out whether one is not. Those are then done again, each on its own in pairs.
//! So what an element gets depends on that element alone.
//!
//! # Sums
//!
//! Element i of a chunk is added to lane i mod 16: in `f64` for `f32`, compensated for
//! `f64`; the lanes are added by halving their number, the chunks in order. For `f32` a lane has at most 2048
//! terms, none negative, so the sum is within 2⁻⁴² of them; for `f64`, within 2⁻⁸⁰.

mod chunk;
mod cross_entropy;
mod focal;

use chunk::{Scale, Work};

use super::dispatch::dispatch;
use super::lanes::Lanes;
use super::pair::Pair;
use super::parallel::{CHUNK, for_parts, ranges};
use super::sum::Total;

pub use cross_entropy::CrossEntropy;
pub use focal::Focal;

/// How many lanes the elements are worked on in.
const LANES: usize = 16;
/// How many elements are worked on before it is looked whether all are plain.
const BLOCK: usize = 16 * LANES;

/// The loss of elements with targets 0 or 1 in lanes, and of one with any target.
pub trait Term<F: Lanes>: Copy + Send + Sync {
    /// How far the element is from being plain: it is if this is at most [`Term::limit`].
    fn guard(self, x: F, y: F) -> F::Bits;
    /// The largest guard of a plain element.
    fn limit(self) -> F::Bits;
    /// Writes the values of a block as if all elements were plain, without weights. If
    /// `GRADIENT`, also writes the derivatives times the `factors` for the targets 1 and 0, which
    /// have the sign that the target gives, and times the weights of the elements. Answers
    /// whether all elements are plain. The length of the block is a multiple of the lanes.
    fn lanes<const GRADIENT: bool>(
        self,
        block: &Elements<'_, F>,
        factors: [F; 2],
        values: &mut [F],
        gradient: &mut [F],
    ) -> bool;
    /// Whether the prediction lies in its domain.
    fn is_inside(self, x: F) -> bool;
    /// The value of any element, and its derivative times `factor`, where one is wanted: `one`
    /// and `zero` are the weights of the two outcomes.
    fn accurate(self, x: F, y: f64, weights: Outcomes, factor: Option<Pair>) -> (Total, Pair);
}

/// The largest guard in each lane.
struct Guards<F: Lanes>([F::Bits; LANES]);

impl<F: Lanes> Guards<F> {
    #[inline(always)]
    fn new() -> Self {
        Self([F::Bits::default(); LANES])
    }

    #[inline(always)]
    fn take(&mut self, lane: usize, guard: F::Bits) {
        let largest = self.0[lane];
        self.0[lane] = if guard > largest { guard } else { largest };
    }

    #[inline(always)]
    fn are_within(self, limit: F::Bits) -> bool {
        let mut largest = self.0[0];
        for guard in self.0 {
            largest = if guard > largest { guard } else { largest };
        }
        largest <= limit
    }
}

/// Splits a block, the length of which is a multiple of [`LANES`].
#[inline(always)]
fn rows<F>(block: &[F]) -> &[[F; LANES]] {
    block.as_chunks::<LANES>().0
}

/// [`rows`] to write to.
#[inline(always)]
fn rows_mut<F>(block: &mut [F]) -> &mut [[F; LANES]] {
    block.as_chunks_mut::<LANES>().0
}

/// The weights of the two outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcomes {
    /// Of the outcome 1.
    pub one: Pair,
    /// Of the outcome 0.
    pub zero: Pair,
}

/// The elements of a batch, all of one length.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a, F> {
    /// The predictions.
    pub predictions: &'a [F],
    /// The targets.
    pub targets: &'a [F],
    /// A factor for each element, if any; only cross entropy takes them.
    pub weights: Option<&'a [F]>,
}

impl<'a, F> Elements<'a, F> {
    fn range(&self, range: core::ops::Range<usize>) -> Self {
        Self {
            predictions: &self.predictions[range.clone()],
            targets: &self.targets[range.clone()],
            weights: self.weights.map(|weights| &weights[range]),
        }
    }
}

/// An element lies outside the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside;

/// [`dispatch`], compiled once for each term.
#[inline(never)]
fn dispatched<F: Lanes, T: Term<F>>(work: Work<'_, F, T>) -> Result<Total, Outside> {
    dispatch(work)
}

/// Σ of the terms of all elements, each times the weights of its outcome and of itself.
///
/// If given, `values` gets the term of each element, and `gradient` its derivative times
/// `factor`; they are as long as the elements. Work is shared among threads; the bits do not
/// depend on their number.
///
/// # Errors
///
/// [`Outside`] where an element is not in the domain; `values` and `gradient` then hold anything.
///
/// # Panics
///
/// Where the lengths differ.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::binary::{CrossEntropy, Elements, Outcomes, sum};
/// use exact_loss::kernel::pair::Pair;
///
/// let elements = Elements {
///     predictions: &[-20.0_f32, 1000.0],
///     targets: &[0.0, 0.0],
///     weights: None,
/// };
/// let outcomes = Outcomes { one: Pair::ONE, zero: Pair::ONE };
/// let mut gradient = [0.0; 2];
/// let term = CrossEntropy::<true>;
/// let total = sum(term, elements, outcomes, Pair::ONE, None, Some(&mut gradient));
/// assert_eq!(total.expect("in the domain").round::<f32>(), 1000.0);
/// assert_eq!(gradient, [2.0611537e-9, 1.0]);
/// ```
pub fn sum<F: Lanes, T: Term<F>>(
    term: T,
    elements: Elements<'_, F>,
    outcomes: Outcomes,
    factor: Pair,
    values: Option<&mut [F]>,
    gradient: Option<&mut [F]>,
) -> Result<Total, Outside> {
    let scale = &Scale::new(outcomes, factor);
    let mut values = values.map(|values| values.chunks_mut(CHUNK));
    let mut gradient = gradient.map(|gradient| gradient.chunks_mut(CHUNK));
    let parts = ranges(elements.predictions.len(), CHUNK).map(|range| Work {
        term,
        scale,
        elements: elements.range(range),
        values: values.as_mut().and_then(Iterator::next),
        gradient: gradient.as_mut().and_then(Iterator::next),
    });
    let mut result = Ok(Total::ZERO);
    for_parts(parts, dispatched, |part: Result<Total, Outside>| {
        match (&mut result, part) {
            (Ok(total), Ok(part)) => total.merge(part),
            (_, Err(outside)) => result = Err(outside),
            (Err(_), Ok(_)) => {}
        }
    });
    result
}
