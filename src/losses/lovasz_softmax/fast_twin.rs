//! The fast twin of Lovász-softmax, and nothing that the other twin reads.

use super::super::pixels::{checked_size, flat};
use super::super::{Scalar, Space, Value};
use super::{Batch, NAME};
use crate::Error;
use crate::kernel::Float;
use crate::kernel::jaccard::{Elements, Probabilities};
use crate::kernel::log_sum_exp::Softmax;
use crate::kernel::pair::Pair;
use crate::kernel::sort::Ordered;
use crate::kernel::sum::Total;

/// One image: its first pixel, its kept pixels with their labels, the classes averaged over,
/// and what the gradient is multiplied by.
struct Image<'a> {
    kept: Vec<(usize, usize)>,
    selected: &'a [usize],
    classes: usize,
    weight: Pair,
}

/// The value; the gradient, which is 0 so far, is written where one is wanted.
pub(super) fn evaluate<F: Scalar>(
    batch: &Batch<'_, F>,
    mut gradient: Option<&mut [F]>,
) -> Result<Value<F>, Error> {
    let values = flat(batch.values);
    let ranges = batch.pixels.images();
    let mut total = Total::ZERO;
    for (range, selected) in ranges.iter().zip(&batch.selected) {
        checked_size(NAME, range.len())?;
        let count = selected.len() as f64;
        let image = Image {
            kept: batch.pixels.kept(range.clone()).collect(),
            selected,
            classes: batch.classes,
            weight: Pair::ONE / Pair::product(count, ranges.len() as f64),
        };
        let gradient = gradient.as_deref_mut();
        let value = match batch.space {
            Space::Logits => image.at_logits(&values, gradient),
            _ => image.at_probabilities(&values, gradient),
        };
        let value = value.map_err(|pixel| image.error(batch, &values, pixel))?;
        total.add_pair(value / Pair::from(count));
    }
    Ok(Value::Reduced(
        total.divided_by(ranges.len() as f64).round(),
    ))
}

impl Image<'_> {
    fn row<'v, F>(&self, values: &'v [F], pixel: usize) -> &'v [F] {
        &values[pixel * self.classes..(pixel + 1) * self.classes]
    }

    fn error<F: Scalar>(&self, batch: &Batch<'_, F>, values: &[F], pixel: usize) -> Error {
        let found = batch
            .distribution(pixel, self.row(values, pixel).iter())
            .err();
        found.unwrap_or_else(|| Error::Undefined {
            loss: NAME,
            reason: format!("pixel {pixel} has no distribution in floating point"),
        })
    }

    /// Σ_c Δ̄_c, or a pixel whose row is not of probabilities.
    fn at_probabilities<F: Float>(
        &self,
        values: &[F],
        mut gradient: Option<&mut [F]>,
    ) -> Result<Pair, usize> {
        let is_bad = |p: &F| !(F::ZERO..=F::ONE).contains(p);
        if let Some(&(pixel, _)) = self
            .kept
            .iter()
            .find(|&&(pixel, _)| self.row(values, pixel).iter().any(is_bad))
        {
            return Err(pixel);
        }
        let mut total = Total::ZERO;
        let mut elements = Probabilities::new();
        for &class in self.selected {
            elements.clear();
            for (at, &(pixel, label)) in self.kept.iter().enumerate() {
                elements.push(self.row(values, pixel)[class], at, label == class);
            }
            total.add_pair(match &mut gradient {
                None => elements.evaluate(|_, _, _| ()),
                Some(gradient) => elements.evaluate(|at, is_label, g| {
                    let component = signed(g * self.weight, is_label);
                    gradient[self.kept[at].0 * self.classes + class] = component.round();
                }),
            });
        }
        Ok(total.value())
    }

    /// Σ_c Δ̄_c, or a pixel whose row has no softmax.
    fn at_logits<F: Float>(&self, values: &[F], gradient: Option<&mut [F]>) -> Result<Pair, usize> {
        // The odds e/(1−e) of the errors, class by class; then v in their place.
        let mut columns = vec![0.0; self.selected.len() * self.kept.len()];
        let mut softmaxes = Vec::with_capacity(self.kept.len());
        for (at, &(pixel, label)) in self.kept.iter().enumerate() {
            let row = self.row(values, pixel);
            let softmax = Softmax::of(row).map_err(|_| pixel)?;
            for (column, &class) in self.selected.iter().enumerate() {
                let odds = if class == label {
                    softmax.odds_against(row[class])
                } else {
                    softmax.odds(row[class])
                };
                columns[column * self.kept.len() + at] = odds.hi;
            }
            softmaxes.push(softmax);
        }
        let mut total = Total::ZERO;
        let mut elements = Elements::new();
        for (column, &class) in columns.chunks_mut(self.kept.len()).zip(self.selected) {
            elements.clear();
            for (at, &(_, label)) in self.kept.iter().enumerate() {
                elements.push(column[at].descending(), at, label == class);
            }
            column.fill(0.0);
            let error = |key| error_of_odds(f64::from_descending(key));
            total.add_pair(elements.evaluate(error, |at, is_label, g| {
                column[at] = signed(g * self.weight, is_label).hi;
            }));
        }
        if let Some(gradient) = gradient {
            self.through_softmax(values, &softmaxes, &columns, gradient);
        }
        Ok(total.value())
    }

    /// p_ic·(v_ic − Σ_k p_ik·v_ik).
    fn through_softmax<F: Float>(
        &self,
        values: &[F],
        softmaxes: &[Softmax],
        columns: &[f64],
        gradient: &mut [F],
    ) {
        let mut v = vec![0.0; self.classes];
        let mut p = vec![Pair::ZERO; self.classes];
        for (at, (&(pixel, _), softmax)) in self.kept.iter().zip(softmaxes).enumerate() {
            for (column, &class) in self.selected.iter().enumerate() {
                v[class] = columns[column * self.kept.len() + at];
            }
            let mut mean = Pair::ZERO;
            for ((p, &z), &v) in p.iter_mut().zip(self.row(values, pixel)).zip(&v) {
                *p = softmax.probability(z);
                mean = mean + p.mul_f64(v);
            }
            let output = &mut gradient[pixel * self.classes..(pixel + 1) * self.classes];
            for ((to, &p), &v) in output.iter_mut().zip(&p).zip(&v) {
                *to = (p * (Pair::from(v) - mean)).round();
            }
        }
    }
}

/// e of e/(1−e).
fn error_of_odds(odds: f64) -> Pair {
    if odds == f64::INFINITY {
        Pair::ONE
    } else {
        Pair::from(odds) / Pair::sum(1.0, odds)
    }
}

/// The error falls with the probability of the label, and grows with that of another class.
fn signed(component: Pair, is_label: bool) -> Pair {
    if is_label { -component } else { component }
}
