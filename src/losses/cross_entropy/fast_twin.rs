//! The fast twin of cross entropy, and nothing that the other twin reads.

use super::super::rows::{self, Batching, ClassTarget, Labels, TableMut, WantedGradient};
use super::super::{Reduction, Scalar, Space, Value, reduce};
use super::{Batch, CrossEntropy, NAME};
use crate::Error;
use crate::kernel::Float;
use crate::kernel::elementary::ln_pair;
use crate::kernel::log_sum_exp::every_class::{ExpectedSurprisal, sum_of_rows};
use crate::kernel::log_sum_exp::{RowError, Softmax, Target, surprisals};
use crate::kernel::pair::Pair;
use crate::kernel::row_terms::{
    self, Coefficients as Mixture, Surprisal, sum_of_slow_rows, sum_of_terms,
};
use crate::kernel::sum::{Total, sum_of};
use crate::kernel::weight::Weight;

/// The value of the batch; the gradient is written where one is wanted.
#[inline]
pub(super) fn evaluate<F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
    gradient: Option<TableMut<'_, F>>,
) -> Result<Value<F>, Error> {
    let (reduction, base) = (loss.reduction, loss.base);
    let batching = Batching {
        reduction,
        base,
        divisor: divisor(loss, batch)?,
    };
    let epsilon = loss.label_smoothing.float::<F>().to_f64();
    if let (Space::Logits, ClassTarget::Labels(labels)) = (batch.rows.space, &batch.target)
        && epsilon == 0.0
    {
        return rows::in_slices(&batch.rows, None, batching, gradient, |slices| {
            of_labels(loss, labels, slices).map_err(|row| fault(batch, row))
        });
    }
    let (labels, targets) = match &batch.target {
        ClassTarget::Labels(labels) => (Some(labels), None),
        ClassTarget::Soft(targets, _) => (None, Some(targets)),
    };
    let classes = batch.rows.classes();
    let logits = batch.rows.space == Space::Logits;
    let fault = |row: usize| fault(batch, row);
    let one_label = labels.is_some() && epsilon == 0.0;
    // Only where every class counts.
    let weights: Option<Vec<f64>> = match &loss.weights {
        Some(weights) if !one_label => {
            Some(weights.iter().map(|w| w.float::<F>().to_f64()).collect())
        }
        _ => None,
    };
    rows::in_slices(&batch.rows, targets, batching, gradient, |slices| {
        let scale = slices.scale.gradient.hi;
        let slow = |row: usize, x: &[F], _: &[F], gradient: Option<&mut [F]>| {
            let mut buffer = Vec::new();
            let gradient = gradient.map(|gradient| (scale, gradient));
            match weighted_targets(loss, batch, row, &mut buffer) {
                Err(_) => None,
                Ok(Coefficients::Ignored) => {
                    if let Some((_, output)) = gradient {
                        output.fill(F::ZERO);
                    }
                    Some(Total::ZERO)
                }
                Ok(wq) if logits => from_logits(x, &wq, gradient),
                Ok(wq) => from_probabilities(x, &wq, gradient),
            }
        };
        let spread = epsilon / classes as f64;
        if one_label || (spread == 0.0 && epsilon != 0.0) {
            return sum_of_slow_rows(slices, &slow).map_err(fault);
        }
        let coefficients = Mixture {
            label: |row: usize| match labels {
                None => Some(0),
                Some(labels) => labels.get(row),
            },
            labelled: labels.is_some(),
            keep: 1.0 - epsilon,
            spread,
            weights: weights.as_deref(),
        };
        if logits {
            sum_of_rows(slices, &ExpectedSurprisal(coefficients), &slow)
        } else {
            sum_of_terms(slices, &Surprisal(coefficients), &slow)
        }
        .map_err(fault)
    })
}

/// The error of a row that has no value.
fn fault<F: Scalar>(batch: &Batch<'_, F>, row: usize) -> Error {
    match batch.target.distribution(row, batch.rows.classes()) {
        Err(error) => error,
        Ok(_) => batch.rows.error(NAME, row),
    }
}

/// The value of rows of logits with labels that are not smoothed; else the row that has none.
#[inline]
fn of_labels<F: Scalar>(
    loss: &CrossEntropy,
    labels: &Labels<'_>,
    slices: row_terms::Batch<'_, F>,
) -> Result<Total, usize> {
    let weights = loss.weights.as_deref();
    let target = |row: usize| {
        let label = labels.get(slices.first + row)?;
        let weight = weights.map_or(1.0, |weights| weights[label].float::<F>().to_f64());
        Some(Target { label, weight })
    };
    surprisals(
        slices.prediction,
        slices.classes,
        target,
        slices.scale,
        slices.values,
        slices.gradient,
    )
    .map_err(|error| {
        let (RowError::Undefined(row, _) | RowError::Label(row)) = error;
        slices.first + row
    })
}

/// The weights w_c q_c of the surprisals of one row.
pub(super) enum Coefficients<'a> {
    Ignored,
    /// Of one class, the others being 0.
    One(usize, f64),
    All(&'a [Weight]),
}

pub(super) fn weighted_targets<'a, F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
    row: usize,
    buffer: &'a mut Vec<Weight>,
) -> Result<Coefficients<'a>, Error> {
    let weight = |c: usize| match &loss.weights {
        None => 1.0,
        Some(weights) => weights[c].float::<F>().to_f64(),
    };
    let epsilon = loss.label_smoothing.float::<F>().to_f64();
    let classes = batch.rows.classes();
    let keep = Pair::difference(1.0, epsilon);
    let spread = |unit: f64| Pair::from(unit * epsilon) / Pair::from(classes as f64);
    let is_plain = epsilon == 0.0 && loss.weights.is_none();
    let smoothed = |(c, q): (usize, f64)| {
        if is_plain {
            return Weight::linear(|unit| Pair::from(unit * q));
        }
        Weight::linear(|unit| {
            let q = Pair::from(unit * q);
            let q = if epsilon == 0.0 {
                q
            } else {
                q * keep + spread(unit)
            };
            q.mul_f64(weight(c))
        })
    };
    buffer.clear();
    match &batch.target {
        ClassTarget::Labels(labels) => match labels.get(row) {
            None => return Ok(Coefficients::Ignored),
            Some(label) if epsilon == 0.0 => {
                return Ok(Coefficients::One(label, weight(label)));
            }
            Some(label) => {
                let certain = |c| (c, if c == label { 1.0 } else { 0.0 });
                buffer.extend((0..classes).map(certain).map(smoothed));
            }
        },
        ClassTarget::Soft(targets, _) => {
            let targets = targets.row(row);
            if !targets.iter().all(|q| (F::ZERO..=F::ONE).contains(q)) {
                batch.target.distribution(row, classes)?;
            }
            let targets = targets.iter().map(|q| q.to_f64());
            buffer.extend(targets.enumerate().map(smoothed));
        }
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
            for (&z, wq) in row.iter().zip(*wq).filter(|(_, wq)| !wq.is_zero()) {
                if let Some(wq) = wq.plain() {
                    softmax.add_surprisal(z, wq.hi, &mut total);
                    softmax.add_surprisal(z, wq.lo, &mut total);
                } else {
                    total.add_pair(wq.of(|wq| wq * softmax.surprisal(z)));
                }
            }
            if let Some((scale, output)) = gradient {
                let value = |wq: Weight| wq.of(|wq| wq);
                let mut mass = Total::ZERO;
                wq.iter().for_each(|&wq| mass.add_pair(value(wq)));
                softmax.gradient_into(row, mass.value(), |c| value(wq[c]), scale, output);
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
    let bad = |bad, &p| bad | !((p >= F::ZERO) & (p <= F::ONE));
    if row.iter().fold(false, bad) {
        return None;
    }
    let mut total = Total::ZERO;
    let mut add = |p: F, wq: Weight| match wq.plain() {
        _ if wq.is_zero() => {}
        None => total.add_pair(wq.of(|wq| wq * -ln_pair(p))),
        Some(wq) => {
            total.add_product(wq.hi, -ln_pair(p));
            if wq.lo != 0.0 {
                total.add_product(wq.lo, -ln_pair(p));
            }
        }
    };
    let whole = |weight: f64| Weight::linear(|unit| Pair::from(unit * weight));
    match wq {
        Coefficients::Ignored => {}
        Coefficients::One(label, weight) => add(row[*label], whole(*weight)),
        Coefficients::All(wq) => row.iter().zip(*wq).for_each(|(&p, &wq)| add(p, wq)),
    }
    if let Some((scale, output)) = gradient {
        match wq {
            Coefficients::Ignored => output.fill(F::ZERO),
            &Coefficients::One(label, weight) => {
                output.fill(F::ZERO);
                output[label] = derivative(whole(weight), row[label], scale);
            }
            Coefficients::All(wq) => {
                for ((to, &p), &wq) in output.iter_mut().zip(row).zip(*wq) {
                    *to = derivative(wq, p, scale);
                }
            }
        }
    }
    Some(total)
}

/// −w q/p, times the scale of the batch: −∞ at p = 0 < q, and 0 at q = 0.
fn derivative<F: Float>(wq: Weight, p: F, scale: f64) -> F {
    let scaled = wq.times(Pair::from(scale));
    match (wq.is_zero(), p == F::ZERO) {
        (true, _) => F::ZERO,
        (false, true) => F::NEG_INFINITY,
        (false, false) => (-scaled.of(|wq| wq / Pair::from(p.to_f64()))).round(),
    }
}

/// D: 1 where nothing is averaged; the number of rows for soft targets; for labels the sum
/// of w_{y_i} over the rows that are kept.
#[inline]
pub(super) fn divisor<F: Scalar>(
    loss: &CrossEntropy,
    batch: &Batch<'_, F>,
) -> Result<Total, Error> {
    let rows = batch.rows.len();
    let divisor = match (&batch.target, &loss.weights, loss.reduction) {
        (ClassTarget::Labels(labels), Some(weights), Reduction::Mean) => {
            sum_of(rows, |row| match labels.get(row) {
                Some(label) => weights[label].float::<F>().to_f64(),
                None => 0.0,
            })
        }
        (ClassTarget::Labels(labels), None, reduction) => {
            reduce::count_in_float(reduction, labels.kept())
        }
        (_, _, reduction) => reduce::count_in_float(reduction, rows),
    };
    let zero = divisor.value() == Pair::ZERO;
    if zero {
        Err(reduce::weights_sum_to_zero(NAME))
    } else {
        Ok(divisor)
    }
}
