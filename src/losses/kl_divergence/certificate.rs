//! The sums that certify the rounding of KL divergence from probabilities. How they are rounded
//! lives in [`certified`](super::super::certified).

use super::super::certified::{Batching, Certified, collect_rows};
use super::super::reduce::count_in_float;
use super::super::rows::ClassTarget;
use super::super::{Prediction, Space, Target, Value};
use super::KlDivergence;
use crate::Error;
use crate::kernel::certified::ln;
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
        let largest = if self.generalized { f64::MAX } else { 1.0 };
        collect_rows(&batch.rows, &batching, |index, row, sum| {
            for (&p, &q) in row.iter().zip(targets.row(index)) {
                let known = |x: f64| x == 0.0 || (f64::MIN_POSITIVE..=largest).contains(&x);
                if !known(p) || !known(q) {
                    sum.add_unknown();
                    continue;
                }
                if self.generalized {
                    sum.add(Pair::difference(p, q));
                }
                if q != 0.0 {
                    sum.add_product(ln(Pair::from(q)), Pair::from(q));
                    sum.add_surprisal(Pair::from(q), p);
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
