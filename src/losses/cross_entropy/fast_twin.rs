//! The fast twin of cross entropy, and nothing that the other twin reads.

use ndarray::ArrayViewMut2;

use super::super::rows::{self, Batching, ClassTarget, Labels, Slices, WantedGradient};
use super::super::{Reduction, Scalar, Space, Value, reduce};
use super::{Batch, CrossEntropy, NAME};
use crate::Error;
use crate::kernel::Float;
use crate::kernel::elementary::ln_pair;
use crate::kernel::log_sum_exp::{RowError, Softmax, Target, surprisals};
use crate::kernel::pair::Pair;
use crate::kernel::sum::{Total, sum_of};

/// The value of the batch; the gradient is written where one is wanted.
pub(super) fn evaluate<F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
    gradient: Option<ArrayViewMut2<'_, F>>,
) -> Result<Value<F>, Error> {
    let (reduction, base) = (loss.reduction, loss.base);
    let batching = Batching {
        reduction,
        base,
        divisor: divisor(loss, batch)?,
    };
    if let (ClassTarget::Labels(labels), Space::Logits) = (&batch.target, batch.rows.space)
        && loss.label_smoothing.float::<F>() == F::ZERO
    {
        return of_labels(loss, batch, labels, batching, gradient);
    }
    let mut buffer = Vec::new();
    rows::fast(&batch.rows, batching, gradient, |index, row, wanted| {
        let value = match weighted_targets(loss, batch, index, &mut buffer)? {
            Coefficients::Ignored => {
                if let Some((_, output)) = wanted {
                    output.fill(F::ZERO);
                }
                Some(Total::ZERO)
            }
            wq if batch.rows.space == Space::Logits => from_logits(row, &wq, wanted),
            wq => from_probabilities(row, &wq, wanted),
        };
        value.ok_or_else(|| batch.rows.error(NAME, index))
    })
}

/// The value of labels that are not smoothed, from logits.
fn of_labels<F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
    labels: &Labels<'_>,
    batching: Batching,
    gradient: Option<ArrayViewMut2<'_, F>>,
) -> Result<Value<F>, Error> {
    let weights = loss.weights.as_deref();
    let classes = batch.rows.classes();
    rows::in_slices(&batch.rows, None, batching, gradient, |slices| {
        let target = |row: usize| {
            let label = labels.get(slices.first + row)?;
            let weight = weights.map_or(1.0, |weights| weights[label].float::<F>().to_f64());
            Some(Target { label, weight })
        };
        let Slices {
            scale,
            values,
            gradient,
            ..
        } = slices;
        surprisals(slices.prediction, classes, target, scale, values, gradient).map_err(|error| {
            let (RowError::Undefined(row, _) | RowError::Label(row)) = error;
            batch.rows.error(NAME, slices.first + row)
        })
    })
}

/// The weights w_c q_c of the surprisals of one row.
enum Coefficients<'a> {
    Ignored,
    /// Of one class, the others being 0.
    One(usize, f64),
    All(&'a [Pair]),
}

fn weighted_targets<'a, F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
    row: usize,
    buffer: &'a mut Vec<Pair>,
) -> Result<Coefficients<'a>, Error> {
    let weight = |c: usize| match &loss.weights {
        None => 1.0,
        Some(weights) => weights[c].float::<F>().to_f64(),
    };
    let epsilon = loss.label_smoothing.float::<F>().to_f64();
    let classes = batch.rows.classes();
    buffer.clear();
    match &batch.target {
        ClassTarget::Labels(labels) => match labels.get(row) {
            None => return Ok(Coefficients::Ignored),
            Some(label) if epsilon == 0.0 => {
                return Ok(Coefficients::One(label, weight(label)));
            }
            Some(label) => {
                buffer.resize(classes, Pair::ZERO);
                buffer[label] = Pair::ONE;
            }
        },
        ClassTarget::Soft(targets, _) => {
            let targets = targets.row(row);
            if !targets.iter().all(|q| (F::ZERO..=F::ONE).contains(q)) {
                batch.target.distribution(row, classes)?;
            }
            buffer.extend(targets.iter().map(|q| Pair::from(q.to_f64())));
        }
    }
    if epsilon != 0.0 {
        let keep = Pair::difference(1.0, epsilon);
        let spread = Pair::from(epsilon) / Pair::from(classes as f64);
        buffer.iter_mut().for_each(|q| *q = *q * keep + spread);
    }
    if loss.weights.is_some() {
        buffer
            .iter_mut()
            .enumerate()
            .for_each(|(c, q)| *q = q.mul_f64(weight(c)));
    }
    Ok(Coefficients::All(buffer))
}

/// Σ_c w_c q_c (ln Σ_j exp(z_j) − z_c); `None` where the softmax has no limit.
fn from_logits<F: Float>(
    row: &[F],
    wq: &Coefficients<'_>,
    gradient: WantedGradient<'_, F>,
) -> Option<Total> {
    let softmax = Softmax::of(row).ok()?;
    let mut total = Total::ZERO;
    match wq {
        Coefficients::Ignored => {}
        &Coefficients::One(label, weight) => {
            softmax.add_surprisal(row[label], weight, &mut total);
            if let Some((scale, output)) = gradient {
                softmax.gradient_label_into(row, label, weight * scale, output);
            }
        }
        Coefficients::All(wq) => {
            for (&z, wq) in row.iter().zip(*wq) {
                softmax.add_surprisal(z, wq.hi, &mut total);
                softmax.add_surprisal(z, wq.lo, &mut total);
            }
            if let Some((scale, output)) = gradient {
                let mut mass = Total::ZERO;
                wq.iter().for_each(|&wq| mass.add_pair(wq));
                softmax.gradient_into(row, mass.value(), |c| wq[c], scale, output);
            }
        }
    }
    Some(total)
}

/// −Σ_c w_c q_c ln p_c; `None` where a probability lies outside [0, 1].
fn from_probabilities<F: Float>(
    row: &[F],
    wq: &Coefficients<'_>,
    gradient: WantedGradient<'_, F>,
) -> Option<Total> {
    if !row.iter().all(|p| (F::ZERO..=F::ONE).contains(p)) {
        return None;
    }
    let mut total = Total::ZERO;
    let mut add = |p: F, wq: f64| {
        if wq != 0.0 {
            total.add_product(wq, -ln_pair(p));
        }
    };
    match wq {
        Coefficients::Ignored => {}
        Coefficients::One(label, weight) => add(row[*label], *weight),
        Coefficients::All(wq) => row.iter().zip(*wq).for_each(|(&p, wq)| {
            add(p, wq.hi);
            add(p, wq.lo);
        }),
    }
    if let Some((scale, output)) = gradient {
        for (c, (to, &p)) in output.iter_mut().zip(row).enumerate() {
            *to = match wq {
                Coefficients::One(label, weight) if c == *label => {
                    derivative(Pair::from(*weight), p, scale)
                }
                Coefficients::All(wq) => derivative(wq[c], p, scale),
                _ => F::ZERO,
            };
        }
    }
    Some(total)
}

/// −w q/p, times the scale of the batch: −∞ at p = 0 < q, and 0 at q = 0.
fn derivative<F: Float>(wq: Pair, p: F, scale: f64) -> F {
    match (wq == Pair::ZERO, p == F::ZERO) {
        (true, _) => F::ZERO,
        (false, true) => F::NEG_INFINITY,
        (false, false) => (-(wq.mul_f64(scale) / Pair::from(p.to_f64()))).round(),
    }
}

/// D: 1 where nothing is averaged; the number of rows for soft targets; for labels the sum
/// of w_{y_i} over the rows that are kept.
fn divisor<F: Scalar>(loss: &CrossEntropy, batch: &Batch<'_, F>) -> Result<Total, Error> {
    let rows = batch.rows.len();
    let mut divisor = Total::ZERO;
    match (&batch.target, &loss.weights, loss.reduction) {
        (_, _, Reduction::None | Reduction::Sum) => divisor.add(1.0),
        (ClassTarget::Soft(..), _, Reduction::Mean) => divisor.add(rows as f64),
        (ClassTarget::Labels(labels), None, Reduction::Mean) => divisor.add(labels.kept() as f64),
        (ClassTarget::Labels(labels), Some(weights), Reduction::Mean) => {
            divisor = sum_of(rows, |row| match labels.get(row) {
                Some(label) => weights[label].float::<F>().to_f64(),
                None => 0.0,
            });
        }
    }
    let zero = divisor.value() == Pair::ZERO;
    if zero {
        Err(reduce::weights_sum_to_zero(NAME))
    } else {
        Ok(divisor)
    }
}
