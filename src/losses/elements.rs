//! What the losses of binary predictions share: a batch of elements of any shape, each with a
//! target in [0, 1], and the walk over it in each twin. The inputs of losses over class rows,
//! and single checks, live in [`input`](super::input).

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD};

use super::input::{Domain, check, empty_batch, lift, lift_finite, shape, wrong_space};
use super::reduce::{self, Collector};
use super::{Base, Evaluation, Prediction, Reduction, Scalar, Space, Target, Value};
use crate::Error;
use crate::exact::{Bernoulli, Extended, Lift, Rational, Real};
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// A batch of binary predictions, in probabilities or logits, with their targets.
pub(super) struct Elements<'a, T> {
    pub(super) space: Space,
    pub(super) values: ArrayViewD<'a, T>,
    pub(super) targets: ArrayViewD<'a, T>,
}

impl<'a, T> Elements<'a, T> {
    /// The elements of a prediction and their targets, of one shape.
    pub(super) fn new(
        loss: &'static str,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Self, Error> {
        let (Space::Probabilities | Space::Logits, Prediction::Values(space, values)) =
            (prediction.space(), prediction)
        else {
            return Err(wrong_space(loss, prediction.space(), "probabilities or logits"));
        };
        let Target::Values(targets) = target else {
            let what = match target {
                Target::Labels(_) => "a target of labels",
                _ => "a prediction without a target",
            };
            return Err(Error::Unsupported {
                loss,
                what: what.to_owned(),
                instead: "give targets in [0, 1], one for each element".to_owned(),
            });
        };
        shape("targets", targets.shape(), values.shape())?;
        if values.is_empty() {
            return Err(empty_batch(loss));
        }
        Ok(Self { space: *space, values: values.view(), targets: targets.view() })
    }

    fn domain(&self) -> Domain {
        match self.space {
            Space::Logits => Domain::Extended,
            _ => Domain::Unit,
        }
    }

    /// D: the number of elements where their mean is taken, and otherwise 1.
    fn divisor(&self, reduction: Reduction) -> usize {
        if reduction == Reduction::Mean { self.values.len() } else { 1 }
    }
}

/// One element for an exact twin.
pub(super) struct Element {
    /// The law of the outcome that the prediction gives.
    pub(super) law: Bernoulli,
    /// The target.
    pub(super) y: Rational,
}

impl<T: Lift> Elements<'_, T> {
    /// The elements, exactly, in the order of the indices.
    pub(super) fn exact(&self) -> Result<Vec<Element>, Error> {
        let predictions = lift(self.space.name(), self.values.view(), self.domain())?;
        let targets = self.exact_targets()?;
        let law = |number: Extended| match (self.space, number) {
            (Space::Logits, x) => Bernoulli::from_logit(x),
            (_, p) => Bernoulli::from_probability(p.into_finite().unwrap_or_default()),
        };
        let elements = predictions.into_iter().zip(targets);
        Ok(elements.map(|(number, y)| Element { law: law(number), y }).collect())
    }

    /// The targets, exactly.
    pub(super) fn exact_targets(&self) -> Result<ArrayD<Rational>, Error> {
        lift_finite("targets", self.targets.view(), Domain::Unit)
    }

    /// L from the exact values of the elements: these, their sum or their mean.
    pub(super) fn reduce(
        &self,
        values: Vec<Real>,
        reduction: Reduction,
    ) -> Result<Value<Real>, Error> {
        let divisor = Rational::from_integer(self.divisor(reduction).into());
        let value = reduce::exact(values, reduction, &divisor, Base::E)?;
        Ok(value.shaped(self.values.shape()))
    }

    /// L with its gradient, from the exact derivatives of the elements.
    pub(super) fn reduce_with_gradient(
        &self,
        values: Vec<Real>,
        derivatives: Vec<Real>,
        reduction: Reduction,
    ) -> Result<Evaluation<Real>, Error> {
        let value = self.reduce(values, reduction)?;
        let share = Rational::from_integer(self.divisor(reduction).into()).recip();
        let scaled = derivatives.iter().map(|derivative| derivative.scale(&share));
        let gradient = ArrayD::from_shape_vec(self.values.shape(), scaled.collect())
            .expect("there is one derivative for each element");
        Ok(Evaluation { value, gradient })
    }

    /// The error that [`Elements::exact`] gives, for a fast twin that has met an element
    /// outside the domain.
    fn error(&self, loss: &'static str) -> Error {
        let first = check(self.space.name(), self.values.view(), self.domain())
            .and_then(|()| check("targets", self.targets.view(), Domain::Unit));
        first.err().unwrap_or_else(|| Error::Undefined {
            loss,
            reason: "an element has no value in floating point".to_owned(),
        })
    }
}

impl<F: Scalar> Elements<'_, F> {
    /// Calls `element` with each prediction and target in turn, and with the factor 1/D of the
    /// derivative where a gradient is wanted. It answers with the value, and with the
    /// derivative times that factor.
    pub(super) fn evaluate(
        &self,
        loss: &'static str,
        reduction: Reduction,
        gradient: Option<ArrayViewMutD<'_, F>>,
        mut element: impl FnMut(F, F, Option<Pair>) -> (Total, Pair),
    ) -> Result<Value<F>, Error> {
        let divisor = self.divisor(reduction) as f64;
        let mut values = Collector::new(reduction, self.values.len());
        let unit = F::ZERO..=F::ONE;
        let logits = self.space == Space::Logits;
        let good = |x: F, y: F| {
            unit.contains(&y) && if logits { !x.is_nan() } else { unit.contains(&x) }
        };
        let elements = self.values.iter().zip(&self.targets);
        match gradient {
            None => {
                for (&x, &y) in elements {
                    if !good(x, y) {
                        return Err(self.error(loss));
                    }
                    values.push(element(x, y, None).0, Base::E);
                }
            }
            Some(mut gradient) => {
                shape("gradient", gradient.shape(), self.values.shape())?;
                let factor = Pair::ONE / Pair::from(divisor);
                for ((&x, &y), to) in elements.zip(&mut gradient) {
                    if !good(x, y) {
                        return Err(self.error(loss));
                    }
                    let (value, derivative) = element(x, y, Some(factor));
                    values.push(value, Base::E);
                    *to = derivative.round();
                }
            }
        }
        let mut total = Total::ZERO;
        total.add(divisor);
        Ok(values.finish(total, Base::E).shaped(self.values.shape()))
    }
}
