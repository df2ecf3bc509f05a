//! The walk over one chunk of elements, and its sum. What the [module](super) says of plain
//! elements and of sums is done here.

use super::{BLOCK, Elements, LANES, Outcomes, Outside, Term, rows};
use crate::kernel::Float;
use crate::kernel::dispatch::Kernel;
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, two_sum};
use crate::kernel::sum::Total;

/// What is the same for all elements, rounded for the lanes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale<F> {
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
    pub(super) fn new(outcomes: Outcomes, factor: Pair) -> Self {
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
pub(super) struct Work<'a, F, T> {
    pub(super) term: T,
    pub(super) scale: &'a Scale<F>,
    pub(super) elements: Elements<'a, F>,
    pub(super) values: Option<&'a mut [F]>,
    pub(super) gradient: Option<&'a mut [F]>,
}

/// The sums of a chunk in lanes, with what rounding left out.
struct Sums {
    sums: [f64; LANES],
    rests: [f64; LANES],
}

impl Sums {
    /// Adds values times their weights, if there are any.
    #[inline(always)]
    fn add<F: Lanes>(&mut self, values: &[F; LANES], weights: Option<&[f64; LANES]>) {
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

    fn total(mut self) -> Pair {
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

impl<F: Lanes, T: Term<F>> Work<'_, F, T> {
    /// Whether an element of the block is plain.
    fn is_plain(&self, block: &Elements<'_, F>, i: usize) -> bool {
        let guard = self.term.guard(block.predictions[i], block.targets[i]);
        let weight = block.weights.map_or(1.0, |weights| weights[i].to_f64());
        self.scale.quick && guard <= self.term.limit() && is_moderate(weight, 1e12)
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
            let mut outcomes = self.scale.outcomes;
            if let Some(weights) = block.weights {
                let weight = weights[i].to_f64();
                outcomes.one = outcomes.one.mul_f64(weight);
                outcomes.zero = outcomes.zero.mul_f64(weight);
            }
            let factor = gradient.is_some().then_some(self.scale.factor);
            let (value, slope) = self.term.accurate(x, y.to_f64(), outcomes, factor);
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
        sums: &mut Sums,
        total: &mut Total,
    ) -> Result<(), Outside> {
        let mut buffer = [F::ZERO; BLOCK];
        let buffer = &mut buffer[..block.predictions.len()];
        let factors = self.scale.slope;
        let within = self
            .term
            .lanes::<GRADIENT>(block, factors, buffer, gradient);
        let mut plain = within && self.scale.quick;
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
            self.repair(&block, values, GRADIENT.then_some(gradient), total)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn walk<const GRADIENT: bool>(mut self) -> Result<Total, Outside> {
        let elements = self.elements;
        let len = elements.predictions.len();
        let mut sums = Sums {
            sums: [0.0; LANES],
            rests: [0.0; LANES],
        };
        let mut total = Total::ZERO;
        let (mut values, mut gradient) = (self.values.take(), self.gradient.take());
        let whole = len - len % LANES;
        // The last row, filled up with elements that are not taken in, and where they are kept.
        let fill = |rest: &[F]| {
            let mut row = [F::ZERO; LANES];
            row[..rest.len()].copy_from_slice(rest);
            row
        };
        let rest = elements.range(whole..len);
        let (predictions, targets) = (fill(rest.predictions), fill(rest.targets));
        let weights = rest.weights.map(fill);
        let mut slopes = [F::ZERO; LANES];
        let mut at = 0;
        while at < len {
            let (end, block) = if at < whole {
                let end = (at + BLOCK).min(whole);
                (end, elements.range(at..end))
            } else {
                let block = Elements {
                    predictions: &predictions,
                    targets: &targets,
                    weights: weights.as_ref().map(<[F; LANES]>::as_slice),
                };
                (len, block)
            };
            let values = values.as_deref_mut().map(|values| &mut values[at..end]);
            let slopes = match gradient.as_deref_mut() {
                Some(gradient) if at < whole => &mut gradient[at..end],
                _ => &mut slopes,
            };
            self.block::<GRADIENT>(&block, end - at, values, slopes, &mut sums, &mut total)?;
            at = end;
        }
        if let Some(gradient) = gradient {
            gradient[whole..].copy_from_slice(&slopes[..len - whole]);
        }
        total.add_pair(sums.total());
        Ok(total)
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
