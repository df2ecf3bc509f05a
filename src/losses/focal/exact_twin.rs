//! The exact twin of the focal loss, and nothing else.

use ndarray::ArrayD;
use num_traits::{One, Zero};

use super::super::reduce::{self, count};
use super::super::rows::{ClassRows, exact_gradient};
use super::super::{Base, Space, Value};
use super::{Alpha, Batch, Focal, NAME, check_target_probability, no_gradient};
use crate::Error;
use crate::exact::ratio::{complement, multiply, subtract};
use crate::exact::rational::sum;
use crate::exact::{Bernoulli, Lift, Rational, Real, TargetProbability};

/// q and p_t for each element or row: what a prediction gives to its target.
pub(super) type Targets = Vec<(Vec<Rational>, TargetProbability)>;

/// The targets of a batch, which its value and its gradient share. One element has q = (1−y, y).
pub(super) fn targets<T: Lift>(batch: &Batch<'_, T>) -> Result<Targets, Error> {
    match batch {
        Batch::Binary(elements) => {
            let (laws, targets) = (elements.laws()?, elements.exact_targets()?);
            let of_element = |(law, y): (&Bernoulli, &Rational)| {
                (vec![complement(y), y.clone()], law.target_probability(y))
            };
            Ok(laws.iter().zip(&targets).map(of_element).collect())
        }
        Batch::Classes(rows, target) => (0..rows.len())
            .map(|row| check_target_probability(rows, target, row))
            .collect(),
    }
}

/// L = (1/D) Σ ℓ, where ℓ = −α_t·(1−p_t)^γ·ln p_t.
pub(super) fn value<T: Lift>(
    loss: &Focal,
    batch: &Batch<'_, T>,
    targets: &Targets,
) -> Result<Value<Real>, Error> {
    let gamma = loss.gamma.exact();
    let values = targets
        .iter()
        .map(|(q, p_t)| Ok(element(p_t, gamma)?.scale(&alpha(loss, q))));
    let values = values.collect::<Result<_, Error>>()?;
    match batch {
        Batch::Binary(elements) => elements.exact_value(values, loss.reduction),
        Batch::Classes(rows, _) => {
            let divisor = count(loss.reduction, rows.len());
            reduce::exact(values, loss.reduction, &divisor, Base::E)
        }
    }
}

/// With ℓ' = dℓ/dp_t: ∂ℓ/∂p = ℓ'·(2y−1) and ∂ℓ/∂x = ℓ'·(2y−1)·p·(1−p) for one binary
/// prediction; ∂ℓ/∂p_c = ℓ'·q_c and ∂ℓ/∂z_c = ℓ'·(q_c−p_t)·p_c for a row.
pub(super) fn gradient<T: Lift>(
    loss: &Focal,
    batch: &Batch<'_, T>,
    targets: &Targets,
) -> Result<ArrayD<Real>, Error> {
    by_parts(loss, batch, targets, Part::Component)
}

/// The sums of the magnitudes of the terms of [`gradient`]: ℓ' has terms of one sign, so only
/// 2y−1 and q_c−p_t can cancel.
pub(super) fn gradient_terms<T: Lift>(
    loss: &Focal,
    batch: &Batch<'_, T>,
) -> Result<ArrayD<Real>, Error> {
    by_parts(loss, batch, &targets(batch)?, Part::Terms)
}

/// What of a gradient is wanted.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Component,
    Terms,
}

fn by_parts<T: Lift>(
    loss: &Focal,
    batch: &Batch<'_, T>,
    targets: &Targets,
    part: Part,
) -> Result<ArrayD<Real>, Error> {
    let gamma = loss.gamma.exact();
    match batch {
        Batch::Binary(elements) => {
            let laws = elements.laws()?;
            let derivatives = laws.iter().zip(targets).map(|(law, (q, p_t))| {
                let direction = match part {
                    Part::Component => subtract(&q[1], &q[0]),
                    Part::Terms => Rational::one(),
                };
                let alpha = multiply(&alpha(loss, q), &direction);
                let derivative = match elements.space {
                    Space::Logits if p_t.is_zero() => Real::one().neg(),
                    Space::Logits if p_t.as_rational().is_some() => Real::zero(),
                    Space::Logits => {
                        let step = law.probability().mul(&law.complement().probability())?;
                        slope(p_t, gamma)?.mul(&step)?
                    }
                    _ => slope(p_t, gamma)?,
                };
                part.of(derivative.scale(&alpha))
            });
            let derivatives = derivatives.collect::<Result<_, Error>>()?;
            Ok(elements.exact_gradient(derivatives, loss.reduction))
        }
        Batch::Classes(rows, _) => {
            let divisor = count(loss.reduction, rows.len());
            exact_gradient(rows, Base::E, &divisor, |row| {
                let (q, p_t) = &targets[row];
                let alpha = alpha(loss, q);
                let derivatives = match rows.space {
                    Space::Logits => by_logits(rows, row, q, p_t, gamma, part)?,
                    _ => {
                        let slope = slope(p_t, gamma)?;
                        q.iter().map(|q| slope.scale(q)).collect()
                    }
                };
                let scaled = derivatives
                    .iter()
                    .map(|derivative| part.of(derivative.scale(&alpha)));
                scaled.collect::<Result<_, Error>>().map(Some)
            })
        }
    }
}

/// ∂ℓ/∂z_c = ℓ'·(q_c−p_t)·p_c without α_t, or its limit.
fn by_logits<T: Lift>(
    rows: &ClassRows<'_, T>,
    row: usize,
    q: &[Rational],
    p_t: &TargetProbability,
    gamma: &Rational,
    part: Part,
) -> Result<Vec<Real>, Error> {
    let p = rows.distribution(NAME, row)?;
    let classes = q.iter().enumerate();
    if p_t.is_zero() {
        // ℓ' tends to −1/p_t: for a target of one class c this leaves −1 + p_c, and p_k.
        if q.iter().filter(|q| !q.is_zero()).count() != 1 {
            return Err(no_gradient(row));
        }
        let component = |(c, q): (usize, &Rational)| {
            let p = p.probability(c)?;
            if q.is_zero() {
                Ok(p)
            } else {
                p.sub(&Real::one())
            }
        };
        return classes.map(component).collect();
    }
    if p_t.as_rational().is_some() {
        // Each class has p_c = 0 or q_c = p_t.
        return Ok(vec![Real::zero(); q.len()]);
    }
    let slope = slope(p_t, gamma)?;
    let total = sum(q);
    let component = |(c, q_c): (usize, &Rational)| {
        let is_mixed = !q_c.is_zero() && *q_c != total;
        let difference = if is_mixed && part == Part::Terms {
            Real::from(q_c.clone()).add(&p_t.value())?
        } else if q_c.is_zero() {
            p_t.value().neg()
        } else if q_c.is_one() {
            p_t.complement()
        } else {
            // The same as q_c − p_t, for Σ_k p_k = 1; and nothing cancels where p_c is nearly 1.
            let differences: Vec<Rational> = q.iter().map(|q| subtract(q_c, q)).collect();
            p.mean(&differences)?
        };
        slope.mul(&difference.mul(&p.probability(c)?)?)
    };
    classes.map(component).collect()
}

impl Part {
    /// The component, or its magnitude.
    fn of(self, component: Real) -> Result<Real, Error> {
        match self {
            Self::Component => Ok(component),
            Self::Terms => component.abs(),
        }
    }
}

/// (1−p_t)^γ·(−ln p_t).
fn element(p_t: &TargetProbability, gamma: &Rational) -> Result<Real, Error> {
    if p_t.is_zero() || gamma.is_zero() {
        return p_t.surprisal();
    }
    p_t.complement().pow(gamma)?.mul(&p_t.surprisal()?)
}

/// dℓ/dp_t = −γ·(1−p_t)^(γ−1)·(−ln p_t) − (1−p_t)^γ/p_t, and its limits: −∞ at p_t = 0; at
/// p_t = 1 it is −1 for γ = 0, and otherwise 0.
fn slope(p_t: &TargetProbability, gamma: &Rational) -> Result<Real, Error> {
    if p_t.is_zero() || gamma.is_zero() {
        return Ok(p_t.reciprocal().neg());
    }
    if p_t.is_one() {
        return Ok(Real::zero());
    }
    let complement = p_t.complement();
    let focused = complement
        .pow(&subtract(gamma, &Rational::one()))?
        .mul(&p_t.surprisal()?)?
        .scale(gamma);
    let plain = complement.pow(gamma)?.mul(&p_t.reciprocal())?;
    Ok(focused.add(&plain)?.neg())
}

/// α_t = Σ_c q_c·α_c; 1 where no α is given.
fn alpha(loss: &Focal, q: &[Rational]) -> Rational {
    match &loss.alpha {
        Alpha::None => Rational::one(),
        Alpha::Positive(alpha) => {
            let alpha = alpha.exact();
            sum(&[multiply(&complement(alpha), &q[0]), multiply(alpha, &q[1])])
        }
        Alpha::Classes(alpha) => {
            let products = alpha
                .iter()
                .zip(q)
                .map(|(alpha, q)| multiply(alpha.exact(), q));
            let products: Vec<Rational> = products.collect();
            sum(&products)
        }
    }
}
