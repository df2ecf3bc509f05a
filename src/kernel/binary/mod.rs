//! Batches of binary predictions at the speed of the memory: the walk over the elements, their
//! sum and their gradient. The terms that are summed up are in the files below this module, and
//! so is the focal loss, which has a walk of its own; one element with all care is
//! [`bernoulli`](super::bernoulli) and [`focal`](super::focal).
//!
//! # How
//!
//! An element is *plain* if its target is 0 or 1, its prediction is neither invalid nor so
//! extreme that something under- or overflows, and its weight is 0 or between 10⁻¹² and 10¹².
//! Blocks of `BLOCK` elements are first worked on as if all were plain, in vector lanes and
//! without a branch; the same loop finds out whether one is not. Those are then done again, each on its own in pairs.
//! So what an element gets depends on that element alone.
//!
//! # Sums
//!
//! Element i of a chunk is added to lane i mod `LANES`: in `f64` for `f32`, compensated for
//! `f64`; the lanes are added by halving their number, the chunks in order. For `f32` a lane has at most 2048
//! terms, none negative, so the sum is within 2⁻⁴² of them; for `f64`, within 2⁻⁸⁰.

mod cross_entropy;
mod focal;
mod masses;
mod sums;

use super::Float;
use super::aligned::Aligned;
use super::dispatch::{Kernel, dispatch};
use super::lanes::Lanes;
use super::pair::Pair;
use super::parallel::{CHUNK, for_parts, ranges};
use super::sum::Total;
use super::weight::Weight;

use sums::Sums;

pub use cross_entropy::CrossEntropy;
pub use focal::Focal;
pub use masses::masses;

/// How many lanes the elements are worked on in.
const LANES: usize = 16;
/// How many elements are worked on before it is looked whether all are plain.
const BLOCK: usize = 16 * LANES;

/// The loss of one element with target 0 or 1, and of one with any target.
pub trait Term<F: Lanes>: Copy + Send + Sync {
    /// Whether the element is plain but for its weight.
    fn is_plain(self, x: F, y: F) -> bool;
    /// Whether [`Term::first`] has a second part.
    const IN_TWO_PARTS: bool;
    /// What is worked out first, in a loop of its own: the chains of one loop should not be longer than
    /// what a processor looks ahead.
    fn first(self, x: F, y: F) -> (F, F);
    /// The value of a plain element, and its derivative times |`factor`|: `factor` already has
    /// the sign that the target gives, and `first` is [`Term::first`].
    fn quick(self, x: F, y: F, first: (F, F), factor: F) -> (F, F);
    /// Whether the prediction lies in its domain.
    fn is_inside(self, x: F) -> bool;
    /// The value of any element, and its derivative times `factor`, where one is wanted.
    fn accurate(self, x: F, y: f64, weights: Weights, factor: Option<Pair>) -> (Total, Pair);
}

/// The weights of the two outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcomes {
    /// Of the outcome 1.
    pub one: Pair,
    /// Of the outcome 0.
    pub zero: Pair,
}

/// The weights of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Of the two outcomes.
    pub outcomes: Outcomes,
    /// Of the element.
    pub element: f64,
}

impl Weights {
    /// The weights of the surprisals of the outcomes 1 and 0 where these have the shares y and
    /// 1 − y.
    #[must_use]
    pub fn of_target(self, y: f64) -> (Weight, Weight) {
        let Outcomes { one, zero } = self.outcomes;
        let weight = |share: Pair, outcome: Pair| {
            Weight::linear(|unit| (outcome * share.mul_f64(unit)).mul_f64(self.element))
        };
        (
            weight(Pair::from(y), one),
            weight(Pair::difference(1.0, y), zero),
        )
    }
}

/// The elements of a batch, all of one length.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a, F> {
    /// The predictions.
    pub predictions: &'a [F],
    /// The targets.
    pub targets: &'a [F],
    /// A factor for each element, if any.
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

/// What is the same for all elements, rounded for the lanes.
#[derive(Debug, Clone, Copy)]
struct Scale<F> {
    outcomes: Outcomes,
    /// The factor of the gradient.
    factor: Pair,
    /// The weights for targets 1 and 0, and the factors of the derivatives.
    value: [f64; 2],
    slope: [F; 2],
    /// Whether all of them are moderate.
    quick: bool,
}

/// Whether a factor lets products with it stay among the normal numbers.
fn is_moderate(x: f64, size: f64) -> bool {
    x == 0.0 || (size.recip()..=size).contains(&x.abs())
}

impl<F: Float> Scale<F> {
    fn new(outcomes: Outcomes, factor: Pair) -> Self {
        let Outcomes { one, zero } = outcomes;
        let slope = [-(one * factor).hi, (zero * factor).hi];
        let value = [one.hi, zero.hi];
        Self {
            outcomes,
            factor,
            value,
            slope: slope.map(F::from_f64),
            quick: slope.iter().chain(&value).all(|&x| is_moderate(x, 1e18)),
        }
    }
}

/// The work on one chunk.
struct Work<'a, F, T> {
    term: T,
    scale: &'a Scale<F>,
    elements: Elements<'a, F>,
    values: Option<&'a mut [F]>,
    gradient: Option<&'a mut [F]>,
}

/// What a walk over a chunk keeps from block to block.
struct Walk<F> {
    /// The values of a block, before that the first parts of [`Term::first`].
    values: Aligned<[F; BLOCK]>,
    /// The second parts.
    seconds: Aligned<[F; BLOCK]>,
    sums: Sums,
    /// Of the elements that are not plain.
    total: Total,
}

/// Splits a block, the length of which is a multiple of `LANES`.
#[inline(always)]
fn rows<F>(block: &[F]) -> &[[F; LANES]] {
    block.as_chunks::<LANES>().0
}

impl<F: Lanes, T: Term<F>> Work<'_, F, T> {
    /// The values and derivatives of a block as if all were plain, and whether all are. The
    /// derivatives are weighted, the values are not.
    #[inline(always)]
    fn lanes<const GRADIENT: bool>(
        &self,
        block: &Elements<'_, F>,
        values: &mut [F],
        seconds: &mut [F],
        gradient: &mut [F],
    ) -> bool {
        let [one, zero] = self.scale.slope;
        let term = self.term;
        let inputs = || block.predictions.iter().zip(block.targets);
        let mut others = F::Bits::default();
        let mut watch = |x, y| {
            let other = if term.is_plain(x, y) { F::ZERO } else { F::ONE };
            others = others | other.pattern();
        };
        if T::IN_TWO_PARTS {
            for (((&x, &y), value), second) in inputs().zip(&mut *values).zip(&mut *seconds) {
                watch(x, y);
                (*value, *second) = term.first(x, y);
            }
        } else {
            for ((&x, &y), value) in inputs().zip(&mut *values) {
                watch(x, y);
                *value = term.first(x, y).0;
            }
        }
        let factor = |y: F| if y == F::ONE { one } else { zero };
        if !GRADIENT {
            // Slices of one length: a zip of this many iterators leaves the last elements to a scalar loop.
            let len = values.len();
            let (x, y, seconds) = (
                &block.predictions[..len],
                &block.targets[..len],
                &seconds[..len],
            );
            for i in 0..len {
                values[i] = term.quick(x[i], y[i], (values[i], seconds[i]), one).0;
            }
            return others == F::Bits::default();
        }
        let inputs = inputs().zip(values).zip(seconds);
        if let Some(weights) = block.weights {
            for ((((&x, &y), value), second), (slope, &weight)) in
                inputs.zip(gradient.iter_mut().zip(weights))
            {
                (*value, *slope) = term.quick(x, y, (*value, *second), factor(y) * weight);
            }
        } else {
            for ((((&x, &y), value), second), slope) in inputs.zip(gradient) {
                (*value, *slope) = term.quick(x, y, (*value, *second), factor(y));
            }
        }
        others == F::Bits::default()
    }

    /// Whether an element of the block is plain.
    #[inline(always)]
    fn is_plain(&self, block: &Elements<'_, F>, i: usize) -> bool {
        let weight = block.weights.map_or(1.0, |weights| weights[i].to_f64());
        self.scale.quick
            && self.term.is_plain(block.predictions[i], block.targets[i])
            && is_moderate(weight, 1e12)
    }

    /// Removes the values of the elements that are not plain.
    #[inline(never)]
    fn remove(&self, block: &Elements<'_, F>, values: &mut [F]) {
        for (i, value) in values.iter_mut().enumerate() {
            if !self.is_plain(block, i) {
                *value = F::ZERO;
            }
        }
    }

    /// The elements of the block that are not plain.
    #[inline(never)]
    fn repair(
        &self,
        block: &Elements<'_, F>,
        mut values: Option<&mut [F]>,
        mut gradient: Option<&mut [F]>,
        total: &mut Total,
    ) -> Result<(), Outside> {
        let unit = F::ZERO..=F::ONE;
        for i in 0..block.predictions.len() {
            if self.is_plain(block, i) {
                continue;
            }
            let (x, y) = (block.predictions[i], block.targets[i]);
            if !unit.contains(&y) || !self.term.is_inside(x) {
                return Err(Outside);
            }
            let weights = Weights {
                outcomes: self.scale.outcomes,
                element: block.weights.map_or(1.0, |weights| weights[i].to_f64()),
            };
            let factor = gradient.is_some().then_some(self.scale.factor);
            let (value, slope) = self.term.accurate(x, y.to_f64(), weights, factor);
            total.merge(value);
            if let Some(values) = values.as_deref_mut() {
                values[i] = value.round();
            }
            if let Some(gradient) = gradient.as_deref_mut() {
                gradient[i] = slope.round();
            }
        }
        Ok(())
    }

    /// A block of whole rows of lanes, of which the first `count` elements are taken in.
    #[inline(always)]
    fn block<const GRADIENT: bool>(
        &self,
        block: &Elements<'_, F>,
        count: usize,
        values: Option<&mut [F]>,
        gradient: &mut [F],
        walk: &mut Walk<F>,
    ) -> Result<(), Outside> {
        let len = block.predictions.len();
        let (buffer, seconds) = (&mut walk.values[..len], &mut walk.seconds[..len]);
        let sums = &mut walk.sums;
        let mut plain =
            self.lanes::<GRADIENT>(block, buffer, seconds, gradient) && self.scale.quick;
        if let Some(weights) = block.weights {
            for weight in weights {
                plain &= is_moderate(weight.to_f64(), 1e12);
            }
        }
        if !plain {
            self.remove(block, buffer);
        }
        buffer[count..].fill(F::ZERO);
        let [one, zero] = self.scale.value;
        let unit = [one, zero] == [1.0; 2] && block.weights.is_none();
        let mut values = values;
        if unit {
            for value in rows(buffer) {
                sums.add(value, None);
            }
            if let Some(values) = values.as_deref_mut() {
                values.copy_from_slice(&buffer[..count]);
            }
        } else {
            for (row, (value, y)) in rows(buffer).iter().zip(rows(block.targets)).enumerate() {
                let mut weights = y.map(|y| if y == F::ONE { one } else { zero });
                if let Some(factors) = block.weights {
                    for (weight, factor) in weights.iter_mut().zip(&factors[row * LANES..]) {
                        *weight *= factor.to_f64();
                    }
                }
                sums.add(value, Some(&weights));
                if let Some(values) = values.as_deref_mut() {
                    let values = values[row * LANES..].iter_mut();
                    for (to, (value, weight)) in values.zip(value.iter().zip(&weights)) {
                        *to = F::from_f64(value.to_f64() * weight);
                    }
                }
            }
        }
        if !plain {
            let block = block.range(0..count);
            self.repair(
                &block,
                values,
                GRADIENT.then_some(gradient),
                &mut walk.total,
            )?;
        }
        Ok(())
    }

    #[inline(always)]
    fn walk<const GRADIENT: bool>(mut self) -> Result<Total, Outside> {
        let elements = self.elements;
        let len = elements.predictions.len();
        let mut walk = Walk {
            values: Aligned([F::ZERO; BLOCK]),
            seconds: Aligned([F::ZERO; BLOCK]),
            sums: Sums::ZERO,
            total: Total::ZERO,
        };
        let (mut values, mut gradient) = (self.values.take(), self.gradient.take());
        let whole = len - len % LANES;
        let mut at = 0;
        while at < whole {
            let end = (at + BLOCK).min(whole);
            let values = values.as_deref_mut().map(|values| &mut values[at..end]);
            let gradient = match gradient.as_deref_mut() {
                Some(gradient) => &mut gradient[at..end],
                None => &mut [],
            };
            let block = elements.range(at..end);
            self.block::<GRADIENT>(&block, end - at, values, gradient, &mut walk)?;
            at = end;
        }
        if whole < len {
            // The last row, filled up with elements that are not taken in.
            let fill = |rest: &[F]| {
                let mut row = [F::ZERO; LANES];
                row[..rest.len()].copy_from_slice(rest);
                row
            };
            let rest = elements.range(whole..len);
            let weights = rest.weights.map(fill);
            let block = Elements {
                predictions: &fill(rest.predictions),
                targets: &fill(rest.targets),
                weights: weights.as_ref().map(|row| row.as_slice()),
            };
            let mut slopes = [F::ZERO; LANES];
            let count = len - whole;
            let values = values.map(|values| &mut values[whole..]);
            self.block::<GRADIENT>(&block, count, values, &mut slopes, &mut walk)?;
            if let Some(gradient) = gradient {
                gradient[whole..].copy_from_slice(&slopes[..count]);
            }
        }
        walk.total.add_pair(walk.sums.total());
        Ok(walk.total)
    }
}

impl<F: Lanes, T: Term<F>> Kernel for Work<'_, F, T> {
    type Output = Result<Total, Outside>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        if self.gradient.is_some() {
            self.walk::<true>()
        } else {
            self.walk::<false>()
        }
    }
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
    for_parts(parts, dispatch, |part| take_in(&mut result, part));
    result
}

/// Adds what one chunk gives.
fn take_in(result: &mut Result<Total, Outside>, part: Result<Total, Outside>) {
    match (&mut *result, part) {
        (Ok(total), Ok(part)) => total.merge(part),
        (_, Err(outside)) => *result = Err(outside),
        (Err(_), Ok(_)) => {}
    }
}
