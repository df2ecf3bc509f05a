//! The sums that certify the rounding of KL divergence from probabilities. How they are rounded
//! lives in [`certified`](super::super::certified).

use super::super::certified::{Batching, Certified, collect_rows};
use super::super::reduce::count_in_float;
use super::super::rows::{ClassTarget, contiguous};
use super::super::{Prediction, Space, Target, Value};
use super::KlDivergence;
use crate::Error;
use crate::kernel::certified::Sum;
use crate::kernel::pair::Pair;

impl Certified for KlDivergence {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        let batch = self.batch(prediction, target).ok()?;
        let ClassTarget::Soft(targets, _) = &batch.target else {
            return None;
        };
        if batch.rows.space != Space::Probabilities {
            return None;
        }
        let batching = Batching {
            reduction: self.reduction,
            base: self.base,
            divisor: count_in_float(self.reduction, batch.rows.len()).value(),
        };
        let mut copy = Vec::new();
        collect_rows(&batch.rows, &batching, |index, row, sum| {
            let target = targets.row(index);
            let target = contiguous(&target, &mut copy);
            if self.generalized {
                add_generalized(target, row, sum);
            } else {
                sum.add_divergences(target, row);
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

/// Σ_c (q_c·ln(q_c/p_c) − q_c + p_c).
fn add_generalized(target: &[f64], row: &[f64], sum: &mut Sum) {
    for (&q, &p) in target.iter().zip(row) {
        let known = |x: f64| x == 0.0 || (f64::MIN_POSITIVE..=f64::MAX).contains(&x);
        if known(p) && known(q) {
            sum.add(Pair::difference(p, q));
            sum.add_divergence(q, p);
        } else {
            sum.add_unknown();
        }
    }
}
