//! The exact twin of cross entropy, and nothing that the other twin reads.

use ndarray::ArrayD;
use num_traits::{One, Zero};

use super::super::rows::{ClassTarget, exact_gradient};
use super::super::{Reduction, Value, reduce};
use super::{Batch, CrossEntropy, NAME};
use crate::Error;
use crate::exact::ratio::{add, complement, divide, multiply};
use crate::exact::rational::sum;
use crate::exact::{Distribution, Lift, Rational, Real};

/// L = (1/D) Σ_i ℓ_i, where ℓ_i = −Σ_c w_c q_ic ln p_ic.
pub(super) fn value<T: Lift>(
    loss: &CrossEntropy,
    batch: &Batch<'_, T>,
) -> Result<Value<Real>, Error> {
    let mut values = Vec::with_capacity(batch.rows.len());
    for row in 0..batch.rows.len() {
        values.push(match weighted_targets(loss, batch, row)? {
            None => Real::zero(),
            Some(wq) => batch
                .rows
                .distribution(NAME, row)?
                .expected_surprisal(&wq)?,
        });
    }
    reduce::exact(values, loss.reduction, &divisor(loss, batch)?, loss.base)
}

/// ∂L/∂p_ic = −w_c q_ic / (D p_ic), or ∂L/∂z_ic = ((Σ_k w_k q_ik) p_ic − w_c q_ic) / D.
pub(super) fn gradient<T: Lift>(
    loss: &CrossEntropy,
    batch: &Batch<'_, T>,
) -> Result<ArrayD<Real>, Error> {
    by_rows(loss, batch, Distribution::expected_surprisal_gradient)
}

/// The sums of the magnitudes of the terms of [`gradient`].
pub(super) fn gradient_terms<T: Lift>(
    loss: &CrossEntropy,
    batch: &Batch<'_, T>,
) -> Result<ArrayD<Real>, Error> {
    by_rows(loss, batch, Distribution::expected_surprisal_gradient_terms)
}

fn by_rows<T: Lift>(
    loss: &CrossEntropy,
    batch: &Batch<'_, T>,
    of_row: fn(&Distribution, &[Rational]) -> Result<Vec<Real>, Error>,
) -> Result<ArrayD<Real>, Error> {
    exact_gradient(&batch.rows, loss.base, &divisor(loss, batch)?, |row| {
        let Some(wq) = weighted_targets(loss, batch, row)? else {
            return Ok(None);
        };
        of_row(batch.rows.distribution(NAME, row)?, &wq).map(Some)
    })
}

/// w_c q_ic for each class c of row i, where q_i is the smoothed target (1−ε)y_i + ε/K;
/// `None` where the row is ignored.
fn weighted_targets<T: Lift>(
    loss: &CrossEntropy,
    batch: &Batch<'_, T>,
    row: usize,
) -> Result<Option<Vec<Rational>>, Error> {
    let Some(mut q) = batch.target.distribution(row, batch.rows.classes())? else {
        return Ok(None);
    };
    let epsilon = loss.label_smoothing.exact();
    if !epsilon.is_zero() {
        let keep = complement(epsilon);
        let spread = divide(epsilon, &Rational::from_integer(q.len().into()));
        for q in &mut q {
            *q = add(&multiply(q, &keep), &spread);
        }
    }
    if let Some(weights) = &loss.weights {
        for (q, w) in q.iter_mut().zip(weights) {
            *q = multiply(q, w.exact());
        }
    }
    Ok(Some(q))
}

/// D: 1 where nothing is averaged; the number of rows for soft targets; for labels the sum
/// of w_{y_i} over the rows that are kept.
fn divisor<T: Lift>(loss: &CrossEntropy, batch: &Batch<'_, T>) -> Result<Rational, Error> {
    if loss.reduction != Reduction::Mean {
        return Ok(Rational::one());
    }
    let rows = || Rational::from_integer(batch.rows.len().into());
    let ClassTarget::Labels(labels) = &batch.target else {
        return Ok(rows());
    };
    let kept = (0..batch.rows.len()).filter_map(|row| labels.get(row));
    let total = match &loss.weights {
        None => Rational::from_integer(kept.count().into()),
        Some(weights) => sum(kept.map(|label| weights[label].exact())),
    };
    if total.is_zero() {
        Err(reduce::weights_sum_to_zero(NAME))
    } else {
        Ok(total)
    }
}
