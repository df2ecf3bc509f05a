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
use crate::kernel::weight::Weight;

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
        collect_rows(&batch.rows, &batching, |index, row, sum| {
            if as_they_are
                && batch.rows.space == Space::Probabilities
                && let ClassTarget::Soft(targets, _) = &batch.target
            {
                let target = targets.row(index);
                let target = contiguous(&target, &mut copy);
                if !in_unit(target) {
                    return sum.add_unknown();
                }
                return sum.add_surprisals(Weights::from(target), row);
            }
            match weighted_targets(self, &batch, index, &mut buffer) {
                Err(_) => sum.add_unknown(),
                Ok(Coefficients::Ignored) => {}
                Ok(wq) if batch.rows.space == Space::Logits => add_of_logits(row, &wq, sum),
                Ok(Coefficients::One(label, weight)) => {
                    if in_unit(row) {
                        sum.add_surprisal(Pair::from(weight), row[label]);
                    } else {
                        sum.add_unknown();
                    }
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
                    sum.add_surprisals(weights.weights(), row);
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

/// Σ_c w_c q_c (ln Σ_j exp(z_j) − z_c).
fn add_of_logits(row: &[f64], wq: &Coefficients<'_>, sum: &mut Sum) {
    let Some(softmax) = Softmax::of(row) else {
        return sum.add_unknown();
    };
    let mut add = |wq: Weight, z: f64| match wq.plain() {
        _ if wq.is_zero() => {}
        _ if z == f64::NEG_INFINITY => sum.add_infinity(),
        Some(wq) => sum.add_product(softmax.surprisal(z), wq),
        None => sum.add_unknown(),
    };
    match wq {
        Coefficients::Ignored => {}
        &Coefficients::One(label, weight) => add(Pair::from(weight).into(), row[label]),
        Coefficients::All(wq) => wq.iter().zip(row).for_each(|(&wq, &z)| add(wq, z)),
    }
}
