//! The sums that certify the rounding of cross entropy. How they are rounded lives in
//! [`certified`](super::super::certified).

use super::super::certified::{Batching, Certified, collect_rows, in_unit, is_float};
use super::super::{Prediction, Space, Target, Value};
use super::CrossEntropy;
use super::fast_twin::{Coefficients, divisor, weighted_targets};
use crate::Error;
use crate::kernel::certified::{Softmax, Sum};
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
        let mut buffer = Vec::new();
        collect_rows(
            &batch.rows,
            &batching,
            |index, row, sum| match weighted_targets(self, &batch, index, &mut buffer) {
                Err(_) => sum.add_unknown(),
                Ok(Coefficients::Ignored) => {}
                Ok(wq) if batch.rows.space == Space::Logits => add_of_logits(row, &wq, sum),
                Ok(_) if !in_unit(row) => sum.add_unknown(),
                Ok(Coefficients::One(label, weight)) => {
                    sum.add_surprisal(Pair::from(weight), row[label]);
                }
                Ok(Coefficients::All(wq)) => {
                    for (wq, &p) in wq.iter().zip(row) {
                        match wq.plain() {
                            Some(wq) => sum.add_surprisal(wq, p),
                            None if wq.is_zero() => {}
                            None => sum.add_unknown(),
                        }
                    }
                }
            },
        )
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
