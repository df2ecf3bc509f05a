//! The exact twin of KL divergence, and nothing that the other twin reads.

use ndarray::ArrayD;
use num_traits::Zero;

use super::super::rows::exact_gradient;
use super::super::{Space, Value, reduce};
use super::{Batch, KlDivergence, NAME};
use crate::Error;
use crate::exact::rational::sum;
use crate::exact::{Lift, Rational, Real};

/// L = (1/D) Σ_i ℓ_i, where ℓ_i = Σ_c q_ic ln(q_ic / p_ic), and + Σ_c (p_ic − q_ic) where it
/// is generalized.
pub(super) fn value<T: Lift>(
    loss: &KlDivergence,
    batch: &Batch<'_, T>,
) -> Result<Value<Real>, Error> {
    let mut values = Vec::with_capacity(batch.rows.len());
    for row in 0..batch.rows.len() {
        let q = targets(batch, row)?;
        let p = batch.rows.distribution(NAME, row)?;
        let mut terms = vec![p.expected_surprisal(&q)?];
        for q in &q {
            terms.push(Real::ln(q)?.scale(q));
        }
        if loss.generalized {
            for c in 0..p.classes() {
                terms.push(p.probability(c)?);
            }
            terms.push(Real::from(-sum(&q)));
        }
        values.push(Real::sum(terms)?);
    }
    reduce::exact(
        values,
        loss.reduction,
        &reduce::count(loss.reduction, batch.rows.len()),
        loss.base,
    )
}

/// ∂L/∂p_ic = −q_ic / (D p_ic), and + 1/D where it is generalized, or
/// ∂L/∂z_ic = ((Σ_k q_ik) p_ic − q_ic) / D.
pub(super) fn gradient<T: Lift>(
    loss: &KlDivergence,
    batch: &Batch<'_, T>,
) -> Result<ArrayD<Real>, Error> {
    let divisor = reduce::count(loss.reduction, batch.rows.len());
    let slope_of_sum = loss.generalized && batch.rows.space == Space::Probabilities;
    exact_gradient(&batch.rows, loss.base, &divisor, |row| {
        let p = batch.rows.distribution(NAME, row)?;
        let mut derivatives = p.expected_surprisal_gradient(&targets(batch, row)?)?;
        if slope_of_sum {
            for derivative in &mut derivatives {
                *derivative = derivative.add(&Real::one())?;
            }
        }
        Ok(Some(derivatives))
    })
}

/// The sums of the magnitudes of the terms of [`gradient`].
pub(super) fn gradient_terms<T: Lift>(
    loss: &KlDivergence,
    batch: &Batch<'_, T>,
) -> Result<ArrayD<Real>, Error> {
    let divisor = reduce::count(loss.reduction, batch.rows.len());
    let slope_of_sum = loss.generalized && batch.rows.space == Space::Probabilities;
    exact_gradient(&batch.rows, loss.base, &divisor, |row| {
        let p = batch.rows.distribution(NAME, row)?;
        let mut terms = p.expected_surprisal_gradient_terms(&targets(batch, row)?)?;
        if slope_of_sum {
            for term in &mut terms {
                *term = term.add(&Real::one())?;
            }
        }
        Ok(Some(terms))
    })
}

fn targets<T: Lift>(batch: &Batch<'_, T>, row: usize) -> Result<Vec<Rational>, Error> {
    let targets = batch.target.distribution(row, batch.rows.classes())?;
    Ok(targets.unwrap_or_else(|| vec![Rational::zero(); batch.rows.classes()]))
}
