//! The sums that certify the rounding of cross entropy. How they are rounded lives in
//! [`certified`](super::super::certified).

use super::super::certified::{Batching, Certified, Pairs, collect_rows, in_unit, is_float};
use super::super::rows::{ClassTarget, contiguous};
use super::super::{Prediction, Space, Target, Value};
use super::CrossEntropy;
use super::fast_twin::{Coefficients, divisor, weighted_targets};
use crate::Error;
use crate::kernel::certified::{Softmax, Sum, Weights};
use crate::kernel::pair::Pair;

impl Certified for CrossEntropy {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        let weights = self.weights.iter().flatten();
        if !weights.chain([&self.label_smoothing]).all(is_float) {
            return None;
        }
        let batch = self.batch(prediction, target).ok()?;
        let batching = Batching {
            reduction: self.reduction,
            base: self.base,
            divisor: divisor(self, &batch).ok()?.value(),
        };
        let epsilon: f64 = self.label_smoothing.float();
        let as_they_are = self.weights.is_none() && epsilon == 0.0;
        let (mut buffer, mut copy, mut weights) = (Vec::new(), Vec::new(), Pairs::default());
        let space = batch.rows.space;
        collect_rows(&batch.rows, &batching, |index, row, sum| {
            if as_they_are && let ClassTarget::Soft(targets, _) = &batch.target {
                let target = targets.row(index);
                let target = contiguous(&target, &mut copy);
                if !in_unit(target) {
                    return sum.add_unknown();
                }
                return add_all(space, row, Weights::from(target), sum);
            }
            match weighted_targets(self, &batch, index, &mut buffer) {
                Err(_) => sum.add_unknown(),
                Ok(Coefficients::Ignored) => {}
                Ok(Coefficients::One(label, weight)) => {
                    add_one(space, row, label, Pair::from(weight), sum);
                }
                Ok(Coefficients::All(wq)) => {
                    weights.clear();
                    for wq in wq {
                        let plain = wq.plain();
                        if plain.is_none() && !wq.is_zero() {
                            sum.add_unknown();
                        }
                        weights.push(plain.unwrap_or(Pair::ZERO));
                    }
                    add_all(space, row, weights.weights(), sum);
                }
            }
        })
    }

    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error> {
        Ok((
            self.clone(),
            prediction.select_rows(which),
            target.select_rows(which),
        ))
    }
}

/// −w ln p of one class of a row.
fn add_one(space: Space, row: &[f64], label: usize, weight: Pair, sum: &mut Sum) {
    if space == Space::Logits {
        match Softmax::of(row) {
            Some(softmax) => softmax.add_surprisal(weight, row[label], sum),
            None => sum.add_unknown(),
        }
    } else if in_unit(row) {
        sum.add_surprisal(weight, row[label]);
    } else {
        sum.add_unknown();
    }
}

/// −Σ_c w_c ln p_c of a row.
fn add_all(space: Space, row: &[f64], weights: Weights<'_>, sum: &mut Sum) {
    if space != Space::Logits {
        return sum.add_surprisals(weights, row);
    }
    match Softmax::of(row) {
        Some(softmax) => softmax.add_surprisals(weights, row, sum),
        None => sum.add_unknown(),
    }
}
