//! The fast twin of the focal loss, and nothing else.

use ndarray::ArrayViewMutD;

use super::super::elements::Elements;
use super::super::reduce::count_in_float;
use super::super::rows::{self, Batching, ClassRows, ClassTarget, TableMut, WantedGradient};
use super::super::{Base, Scalar, Space, Value};
use super::{Alpha, Batch, Focal, NAME, check_target_probability, no_gradient};
use crate::Error;
use crate::kernel::bernoulli::Law;
use crate::kernel::binary::{self, Outcomes};
use crate::kernel::elementary::ln_of_pair;
use crate::kernel::focal::{SoftTarget, TargetProbability};
use crate::kernel::log_sum_exp::Softmax;
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// The value of the batch; the gradient is written where one is wanted.
pub(super) fn evaluate<F: Scalar>(
    loss: &Focal,
    batch: &Batch<'_, F>,
    gradient: Option<ArrayViewMutD<'_, F>>,
) -> Result<Value<F>, Error> {
    match batch {
        Batch::Binary(elements) => of_elements(loss, elements, gradient),
        Batch::Classes(rows, target) => {
            let dim = rows.values.dim();
            let gradient = gradient
                .map(|gradient| TableMut::of_gradient(gradient, dim))
                .transpose()?;
            let divisor = count_in_float(loss.reduction, rows.len());
            let batching = Batching {
                reduction: loss.reduction,
                base: Base::E,
                divisor,
            };
            let mut targets = Vec::new();
            rows::fast(rows, batching, gradient, |index, row, wanted| {
                let batch = Row {
                    loss,
                    rows,
                    target,
                    index,
                };
                match (rows.space, target) {
                    (Space::Logits, ClassTarget::Labels(labels)) => {
                        batch.label_in_logits(row, labels.get(index).unwrap_or(0), wanted)
                    }
                    (Space::Logits, ClassTarget::Soft(..)) => {
                        batch.targets_in_logits(row, &mut targets, wanted)
                    }
                    (_, ClassTarget::Labels(labels)) => {
                        batch.label_in_probabilities(row, labels.get(index).unwrap_or(0), wanted)
                    }
                    (_, ClassTarget::Soft(..)) => {
                        batch.targets_in_probabilities(row, &mut targets, wanted)
                    }
                }
            })
        }
    }
}

fn of_elements<F: Scalar>(
    loss: &Focal,
    elements: &Elements<'_, F>,
    gradient: Option<ArrayViewMutD<'_, F>>,
) -> Result<Value<F>, Error> {
    let (zero, one) = match &loss.alpha {
        Alpha::None => (Pair::ONE, Pair::ONE),
        Alpha::Positive(alpha) => {
            let alpha = alpha.float::<F>().to_f64();
            (Pair::difference(1.0, alpha), Pair::from(alpha))
        }
        Alpha::Classes(alpha) => {
            let [zero, one] = [0, 1].map(|c| Pair::from(alpha[c].float::<F>().to_f64()));
            (zero, one)
        }
    };
    let focal = binary::Focal {
        gamma: gamma::<F>(loss),
        alpha: Outcomes { one, zero },
        logits: elements.space == Space::Logits,
    };
    elements.focal(NAME, loss.reduction, gradient, focal)
}

/// One row of a batch over classes.
struct Row<'a, 'b, F> {
    loss: &'a Focal,
    rows: &'a ClassRows<'b, F>,
    target: &'a ClassTarget<'b, F>,
    index: usize,
}

impl<F: Scalar> Row<'_, '_, F> {
    fn label_in_logits(
        &self,
        row: &[F],
        label: usize,
        wanted: WantedGradient<'_, F>,
    ) -> Result<Total, Error> {
        let softmax = Softmax::of(row).map_err(|_| self.rows.error(NAME, self.index))?;
        let (gamma, alpha) = (gamma::<F>(self.loss), Pair::from(self.alpha(label)));
        let target = TargetProbability::of_label(&softmax, row[label]);
        if let Some((scale, output)) = wanted {
            let weight = alpha.mul_f64(scale);
            let others = target.relative_slope(gamma) * weight;
            for (to, &z) in output.iter_mut().zip(row) {
                *to = (others * softmax.probability(z)).round();
            }
            output[label] = (target.slope_in_logit(gamma) * weight).round();
        }
        Ok(weighted(alpha, target.focal(gamma)))
    }

    fn targets_in_logits(
        &self,
        row: &[F],
        buffer: &mut Vec<F>,
        wanted: WantedGradient<'_, F>,
    ) -> Result<Total, Error> {
        let softmax = Softmax::of(row).map_err(|_| self.rows.error(NAME, self.index))?;
        let q = self.soft_targets(buffer)?;
        let (gamma, alpha) = (gamma::<F>(self.loss), self.alpha_of_targets(q));
        let soft = SoftTarget::new(&softmax, row, q);
        if let Some((scale, output)) = wanted {
            let classes = q.iter().filter(|&&q| q > F::ZERO).count();
            if soft.is_impossible(&softmax) && classes != 1 {
                return Err(no_gradient(self.index));
            }
            let weight = soft.target().relative_slope(gamma) * alpha.mul_f64(scale);
            for (to, (&z, &q)) in output.iter_mut().zip(row.iter().zip(q)) {
                let pull = if soft.is_impossible(&softmax) && q > F::ZERO {
                    Pair::ONE
                } else {
                    soft.pull(&softmax, z, q)
                };
                *to = (-(weight * pull)).round();
            }
        }
        Ok(weighted(alpha, soft.target().focal(gamma)))
    }

    fn label_in_probabilities(
        &self,
        row: &[F],
        label: usize,
        wanted: WantedGradient<'_, F>,
    ) -> Result<Total, Error> {
        self.check(row)?;
        let (gamma, alpha) = (gamma::<F>(self.loss), Pair::from(self.alpha(label)));
        let target = TargetProbability::of_law(Law::from_probability(row[label]), 1.0);
        if let Some((scale, output)) = wanted {
            output.fill(F::ZERO);
            output[label] = target.slope(gamma, alpha.mul_f64(scale)).round();
        }
        Ok(weighted(alpha, target.focal(gamma)))
    }

    fn targets_in_probabilities(
        &self,
        row: &[F],
        buffer: &mut Vec<F>,
        wanted: WantedGradient<'_, F>,
    ) -> Result<Total, Error> {
        self.check(row)?;
        let q = self.soft_targets(buffer)?;
        let (gamma, alpha) = (gamma::<F>(self.loss), self.alpha_of_targets(q));
        let (mut inside, mut outside) = (Total::ZERO, Total::ZERO);
        outside.add(1.0);
        for (&p, q) in row.iter().zip(q) {
            let product = Pair::product(p.to_f64(), q.to_f64());
            inside.add_pair(product);
            outside.add_pair(-product);
        }
        let mut complement = outside.value();
        if complement.hi < f64::from(f32::EPSILON) {
            check_target_probability(self.rows, self.target, self.index)?;
            if complement.hi < 0.0 {
                complement = Pair::ZERO;
            }
        }
        let inside = inside.value();
        if inside.hi < TINY {
            return Ok(of_tiny_probability(row, q, alpha, wanted));
        }
        let target = TargetProbability::of_pairs(inside, complement);
        if let Some((scale, output)) = wanted {
            let weight = alpha.mul_f64(scale);
            for (to, q) in output.iter_mut().zip(q) {
                *to = target.slope(gamma, weight.mul_f64(q.to_f64())).round();
            }
        }
        Ok(weighted(alpha, target.focal(gamma)))
    }

    fn check(&self, row: &[F]) -> Result<(), Error> {
        let good = row.iter().all(|p| (F::ZERO..=F::ONE).contains(p));
        if good {
            Ok(())
        } else {
            Err(self.rows.error(NAME, self.index))
        }
    }

    /// The soft targets of the row, checked.
    fn soft_targets<'c>(&self, buffer: &'c mut Vec<F>) -> Result<&'c [F], Error> {
        buffer.clear();
        if let ClassTarget::Soft(targets, _) = &self.target {
            buffer.extend(targets.row(self.index));
        }
        if !buffer.iter().all(|q| (F::ZERO..=F::ONE).contains(q)) {
            self.target.distribution(self.index, self.rows.classes())?;
        }
        Ok(buffer)
    }

    /// α_c of one class.
    fn alpha(&self, class: usize) -> f64 {
        match &self.loss.alpha {
            Alpha::None => 1.0,
            Alpha::Positive(alpha) => {
                let alpha = alpha.float::<F>().to_f64();
                if class == 1 { alpha } else { 1.0 - alpha }
            }
            Alpha::Classes(alpha) => alpha[class].float::<F>().to_f64(),
        }
    }

    /// α_t = Σ_c q_c·α_c.
    fn alpha_of_targets(&self, q: &[F]) -> Pair {
        if self.loss.alpha == Alpha::None {
            return Pair::ONE;
        }
        let mut total = Total::ZERO;
        for (class, q) in q.iter().enumerate() {
            total.add_pair(Pair::product(self.alpha(class), q.to_f64()));
        }
        total.value()
    }
}

/// Below this 1 − p_t is 1, and products of probabilities and targets may have lost digits.
const TINY: f64 = 1e-290;

/// The focal loss of a p_t = Σ_c q_c·p_c below [`TINY`], which is −ln p_t then, whatever γ. The
/// targets are taken times 2⁶⁰⁰.
fn of_tiny_probability<F: Scalar>(
    row: &[F],
    q: &[F],
    alpha: Pair,
    wanted: WantedGradient<'_, F>,
) -> Total {
    let lifted = |q: F| Pair::from(q.to_f64()).scale(600);
    let mut inside = Total::ZERO;
    for (p, &q) in row.iter().zip(q) {
        inside.add_pair(lifted(q).mul_f64(p.to_f64()));
    }
    let inside = inside.value();
    if let Some((scale, output)) = wanted {
        let weight = alpha.mul_f64(scale);
        for (to, &q) in output.iter_mut().zip(q) {
            *to = match (q == F::ZERO || alpha == Pair::ZERO, inside == Pair::ZERO) {
                (true, _) => F::ZERO,
                (false, true) => F::NEG_INFINITY,
                (false, false) => (-(weight * (lifted(q) / inside))).round(),
            };
        }
    }
    let surprisal = -(ln_of_pair(inside) - Pair::LN_2.mul_f64(600.0));
    weighted(alpha, surprisal)
}

fn gamma<F: Scalar>(loss: &Focal) -> f64 {
    loss.gamma.float::<F>().to_f64()
}

/// weight · value, where a weight of 0 makes it 0, also where the value is infinite.
fn weighted(weight: Pair, value: Pair) -> Total {
    let mut total = Total::ZERO;
    if weight != Pair::ZERO {
        total.add_pair(weight * value);
    }
    total
}
