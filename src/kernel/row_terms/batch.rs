//! The rows that are summed up together, and their sum as it grows. What is summed up is said
//! by the terms, or by the rules for logits.

use crate::kernel::lanes::Lanes;
use crate::kernel::log_sum_exp::Scale;
use crate::kernel::pair::{Pair, two_product, two_sum};
use crate::kernel::parallel::{ranges, rows_in_chunk};
use crate::kernel::sum::Total;

/// Rows of one width in row order.
#[derive(Debug)]
pub struct Batch<'a, F> {
    /// The index of the first row.
    pub first: usize,
    /// The number of classes.
    pub classes: usize,
    /// The prediction.
    pub prediction: &'a [F],
    /// The targets, of the size of the prediction, or none.
    pub targets: &'a [F],
    /// Where the value of each row is wanted.
    pub values: Option<&'a mut [F]>,
    /// Where the gradient is wanted, of the size of the prediction.
    pub gradient: Option<&'a mut [F]>,
    /// The factors of both.
    pub scale: Scale,
}

impl<'a, F: Lanes> Batch<'a, F> {
    /// Cuts the rows into the parts that are worked on together.
    pub(in crate::kernel) fn parts(self) -> impl Iterator<Item = Self> + 'a {
        let Self {
            first,
            classes,
            prediction,
            targets,
            values,
            gradient,
            scale,
        } = self;
        let chunk = rows_in_chunk(classes);
        let rows = prediction.len() / classes.max(1);
        let mut values = values.map(|values| values.chunks_mut(chunk));
        let mut gradient = gradient.map(|gradient| gradient.chunks_mut(chunk * classes));
        ranges(rows, chunk).map(move |range| {
            let elements = range.start * classes..range.end * classes;
            Self {
                first: first + range.start,
                classes,
                prediction: &prediction[elements.clone()],
                targets: targets.get(elements).unwrap_or_default(),
                values: values.as_mut().and_then(Iterator::next),
                gradient: gradient.as_mut().and_then(Iterator::next),
                scale,
            }
        })
    }

    /// The number of rows.
    #[inline(always)]
    pub(in crate::kernel) fn rows(&self) -> usize {
        self.prediction.len() / self.classes
    }
}

/// What is asked for the value, without its scale, and the gradient, with it, of a row that the fast way
/// is not for: by the index of the row, its prediction and its targets. `None` where it has none.
pub type Slow<'a, F> = &'a (dyn Fn(usize, &[F], &[F], Option<&mut [F]>) -> Option<Total> + Sync);

/// The sum over the rows of a part, as it grows.
pub(in crate::kernel) struct Growing {
    sum: f64,
    rest: f64,
    other: Total,
}

impl Growing {
    #[inline(always)]
    pub(in crate::kernel) fn new() -> Self {
        Self {
            sum: 0.0,
            rest: 0.0,
            other: Total::ZERO,
        }
    }

    #[inline(always)]
    pub(in crate::kernel) fn add(&mut self, value: f64, low: f64) {
        let (sum, rest) = two_sum(self.sum, value);
        self.sum = sum;
        self.rest += rest + low;
    }

    /// Takes in a row by the slow way.
    #[inline(never)]
    pub(in crate::kernel) fn add_slow<F: Lanes>(
        &mut self,
        batch: &mut Batch<'_, F>,
        row: usize,
        slow: Slow<'_, F>,
    ) -> Result<(), usize> {
        let classes = batch.classes;
        let elements = row * classes..(row + 1) * classes;
        let targets = batch.targets.get(elements.clone()).unwrap_or_default();
        let gradient = batch.gradient.as_deref_mut();
        let value = slow(
            batch.first + row,
            &batch.prediction[elements.clone()],
            targets,
            gradient.map(|gradient| &mut gradient[elements]),
        );
        let value = value.ok_or(batch.first + row)?;
        if let Some(values) = batch.values.as_deref_mut() {
            values[row] = (value.value() * batch.scale.values).round();
        }
        self.other.merge(value);
        Ok(())
    }

    #[inline(always)]
    pub(in crate::kernel) fn total(mut self) -> Total {
        self.other.add_pair(Pair::sum(self.sum, self.rest));
        self.other
    }
}

/// Writes the value of a row, times its scale.
#[inline(always)]
pub(in crate::kernel) fn write_value<F: Lanes>(
    batch: &mut Batch<'_, F>,
    row: usize,
    (hi, lo): (f64, f64),
) {
    let unit = batch.scale.values;
    if let Some(values) = batch.values.as_deref_mut() {
        let (product, rest) = two_product(hi, unit.hi);
        values[row] = F::from_f64(product + (rest + (hi * unit.lo + lo * unit.hi)));
    }
}
