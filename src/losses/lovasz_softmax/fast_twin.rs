//! The fast twin of Lovász-softmax, and nothing that the other twin reads.

use core::ops::Range;

use super::super::pixels::{checked_size, flat, over_images};
use super::super::{Scalar, Space, Value};
use super::columns::{Odds, Probabilities, ordered_odds};
use super::{Batch, NAME};
use crate::Error;
use crate::kernel::Float;
use crate::kernel::jaccard::{Gradient, extensions};
use crate::kernel::log_sum_exp::{Centred, Softmax};
use crate::kernel::pair::Pair;

/// One image: its rows, the labels of its pixels, the classes averaged over, and what the sum
/// over these is divided by.
struct Image<'a, F> {
    rows: &'a [F],
    classes: usize,
    labels: &'a [i64],
    ignored: i64,
    selected: &'a [usize],
    divisor: usize,
}

/// The value; the gradient, which is 0 so far, is written where one is wanted.
pub(super) fn evaluate<F: Scalar>(
    batch: &Batch<'_, F>,
    gradient: Option<&mut [F]>,
) -> Result<Value<F>, Error> {
    let values = flat(batch.values);
    let images = batch.pixels.images();
    for image in images {
        checked_size(NAME, image.len())?;
    }
    let classes = batch.classes;
    let work = |range: Range<usize>, gradient: Option<&mut [F]>| {
        let place = images.partition_point(|image| image.start < range.start);
        let selected = &batch.selected[place];
        let image = Image {
            rows: &values[range.start * classes..range.end * classes],
            classes,
            labels: batch.pixels.labels(range.clone()),
            ignored: batch.pixels.ignored(),
            selected,
            divisor: selected.len() * images.len(),
        };
        let value = match batch.space {
            Space::Logits => image.at_logits(gradient),
            _ => image.at_probabilities(gradient),
        };
        value.map_err(|pixel| range.start + pixel)
    };
    let value = over_images(images, classes, gradient, work);
    let value = value.map_err(|pixel| error(batch, &values, pixel))?;
    Ok(Value::Reduced(value.round()))
}

fn error<F: Scalar>(batch: &Batch<'_, F>, values: &[F], pixel: usize) -> Error {
    let row = &values[pixel * batch.classes..(pixel + 1) * batch.classes];
    let found = batch.distribution(pixel, row.iter()).err();
    found.unwrap_or_else(|| Error::Undefined {
        loss: NAME,
        reason: format!("pixel {pixel} has no distribution in floating point"),
    })
}

/// ln p − ln(1 − p) of a class, where the odds themselves are beyond the floats.
fn log_odds<F: Float>(row: &[F], class: usize) -> f64 {
    let others: Vec<F> = [&row[..class], &row[class + 1..]].concat();
    match Softmax::of(&others) {
        Ok(others) if others.max() < f64::INFINITY => {
            let gap = Pair::difference(row[class].to_f64(), others.max());
            (gap - others.log_tail()).hi
        }
        Ok(_) => f64::NEG_INFINITY,
        // There is no other class, or none that is possible.
        Err(_) => f64::INFINITY,
    }
}

impl<F: Float> Image<'_, F> {
    /// Σ_c Δ̄_c over the divisor, or a pixel whose row is not of probabilities.
    fn at_probabilities(&self, gradient: Option<&mut [F]>) -> Result<Pair, usize> {
        let columns = Probabilities::new(
            self.rows,
            self.classes,
            (self.labels, self.ignored),
            self.selected,
        );
        let gradient = gradient.map(|elements| Gradient {
            elements,
            width: self.classes,
            places: self.selected,
        });
        extensions(&columns, self.divisor, gradient)
    }

    /// Σ_c Δ̄_c over the divisor, or a pixel whose row has no softmax.
    fn at_logits(&self, gradient: Option<&mut [F]>) -> Result<Pair, usize> {
        let width = self.selected.len();
        let labelled = self.labels.iter().enumerate();
        let kept: Vec<(usize, usize)> = labelled
            .filter(|&(_, &label)| label != self.ignored)
            .map(|(pixel, &label)| (pixel, label as usize))
            .collect();
        // The odds e/(1−e) of the errors.
        let mut odds = Vec::with_capacity(width * kept.len());
        let mut softmaxes = Vec::with_capacity(kept.len());
        for &(pixel, label) in &kept {
            let row = self.row(pixel);
            let softmax = Softmax::of(row).map_err(|_| pixel)?;
            odds.extend(self.selected.iter().map(|&class| {
                let (odds, sign) = if class == label {
                    (softmax.odds_against(row[class]), -1.0)
                } else {
                    (softmax.odds(row[class]), 1.0)
                };
                ordered_odds(odds.hi, || sign * log_odds(row, class))
            }));
            softmaxes.push(softmax);
        }
        let columns = Odds {
            odds: &odds,
            kept: &kept,
            selected: self.selected,
        };
        let Some(gradient) = gradient else {
            return extensions(&columns, self.divisor, None);
        };
        let places: Vec<usize> = (0..width).collect();
        let mut v = vec![0.0; odds.len()];
        let wanted = Gradient {
            elements: &mut v,
            width,
            places: &places,
        };
        let value = extensions(&columns, self.divisor, Some(wanted))?;
        self.through_softmax(&kept, &softmaxes, &v, gradient);
        Ok(value)
    }

    fn row(&self, pixel: usize) -> &[F] {
        &self.rows[pixel * self.classes..(pixel + 1) * self.classes]
    }

    /// p_ic·(v_ic − Σ_k p_ik·v_ik).
    fn through_softmax(
        &self,
        kept: &[(usize, usize)],
        softmaxes: &[Softmax],
        columns: &[f64],
        gradient: &mut [F],
    ) {
        let mut v = vec![0.0; self.classes];
        let mut p = vec![Pair::ZERO; self.classes];
        let rows = columns.chunks_exact(self.selected.len());
        for ((&(pixel, _), softmax), columns) in kept.iter().zip(softmaxes).zip(rows) {
            for (&component, &class) in columns.iter().zip(self.selected) {
                v[class] = component;
            }
            let row = self.row(pixel);
            for (p, &z) in p.iter_mut().zip(row) {
                *p = softmax.probability(z);
            }
            let centred = Centred::of(softmax, row, |class| v[class], |class| p[class]);
            let output = &mut gradient[pixel * self.classes..(pixel + 1) * self.classes];
            for ((to, &p), &v) in output.iter_mut().zip(&p).zip(&v) {
                *to = (p * centred.excess(v)).round();
            }
        }
    }
}
