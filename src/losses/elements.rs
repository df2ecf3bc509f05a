//! What the losses of binary predictions share: a batch of elements of any shape, each with a
//! target in [0, 1], and the walk over it in each twin. The inputs of losses over class rows,
//! and single checks, live in [`input`](super::input).

use ndarray::{Array1, ArrayD, ArrayViewD, ArrayViewMutD};

use super::input::{
    Domain, check, empty_batch, lift, lift_finite, shape, wrong_space, wrong_target,
};
use super::reduce::{self, count, count_in_float};
use super::{Base, Evaluation, Prediction, Reduction, Scalar, Space, Target, Value};
use crate::Error;
use crate::exact::{Bernoulli, Extended, Lift, Rational, Real};
use crate::kernel::binary::{self, CrossEntropy, Outcomes, Outside, Term};
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
            return Err(wrong_space(
                loss,
                prediction.space(),
                "probabilities or logits",
            ));
        };
        let Target::Values(targets) = target else {
            return Err(wrong_target(
                loss,
                target,
                "targets in [0, 1], one for each element",
            ));
        };
        shape("targets", targets.shape(), values.shape())?;
        if values.is_empty() {
            return Err(empty_batch(loss));
        }
        Ok(Self {
            space: *space,
            values: values.view(),
            targets: targets.view(),
        })
    }

    fn domain(&self) -> Domain {
        match self.space {
            Space::Logits => Domain::Extended,
            _ => Domain::Unit,
        }
    }
}

impl<T: Lift> Elements<'_, T> {
    /// The law of the outcome that each prediction gives, in the order of the indices.
    pub(super) fn laws(&self) -> Result<Vec<Bernoulli>, Error> {
        let predictions = lift(self.space.name(), self.values.view(), self.domain())?;
        let law = |number: Extended| match (self.space, number) {
            (Space::Logits, x) => Bernoulli::from_logit(x),
            (_, p) => Bernoulli::from_probability(p.into_finite().unwrap_or_default()),
        };
        Ok(predictions.into_iter().map(law).collect())
    }

    /// The targets, exactly, in the order of the indices.
    pub(super) fn exact_targets(&self) -> Result<Vec<Rational>, Error> {
        let targets = lift_finite("targets", self.targets.view(), Domain::Unit)?;
        Ok(targets.into_iter().collect())
    }

    /// L = (1/D) Σ ℓ, where ℓ = −a·ln p − b·ln(1 − p) for the weights (a, b) of each element.
    pub(super) fn exact_surprisal(
        &self,
        reduction: Reduction,
        weights: &[(Rational, Rational)],
    ) -> Result<Value<Real>, Error> {
        let laws = self.laws()?;
        let values = laws
            .iter()
            .zip(weights)
            .map(|(law, (a, b))| law.expected_surprisal(a, b));
        self.exact_value(values.collect::<Result<_, Error>>()?, reduction)
    }

    /// [`Elements::exact_surprisal`] with its gradient.
    pub(super) fn exact_surprisal_with_gradient(
        &self,
        reduction: Reduction,
        weights: &[(Rational, Rational)],
    ) -> Result<Evaluation<Real>, Error> {
        let laws = self.laws()?;
        let derivative =
            |(law, (a, b)): (&Bernoulli, &(_, _))| law.expected_surprisal_derivative(a, b);
        let derivatives = laws
            .iter()
            .zip(weights)
            .map(derivative)
            .collect::<Result<_, Error>>()?;
        let value = self.exact_surprisal(reduction, weights)?;
        Ok(Evaluation {
            value,
            gradient: self.exact_gradient(derivatives, reduction),
        })
    }

    /// The sums of the magnitudes of the terms of the gradient of
    /// [`Elements::exact_surprisal`].
    pub(super) fn exact_surprisal_gradient_terms(
        &self,
        reduction: Reduction,
        weights: &[(Rational, Rational)],
    ) -> Result<ArrayD<Real>, Error> {
        let laws = self.laws()?;
        let terms = laws
            .iter()
            .zip(weights)
            .map(|(law, (a, b))| law.expected_surprisal_derivative_terms(a, b));
        Ok(self.exact_gradient(terms.collect::<Result<_, Error>>()?, reduction))
    }

    /// L from the exact values of the elements: these, their sum or their mean.
    pub(super) fn exact_value(
        &self,
        values: Vec<Real>,
        reduction: Reduction,
    ) -> Result<Value<Real>, Error> {
        let divisor = count(reduction, self.values.len());
        let value = reduce::exact(values, reduction, &divisor, Base::E)?;
        Ok(value.shaped(self.values.shape()))
    }

    /// The gradient of L from the exact derivatives of the elements.
    pub(super) fn exact_gradient(
        &self,
        derivatives: Vec<Real>,
        reduction: Reduction,
    ) -> ArrayD<Real> {
        let share = count(reduction, self.values.len()).recip();
        let scaled = derivatives
            .iter()
            .map(|derivative| derivative.scale(&share));
        ArrayD::from_shape_vec(self.values.shape(), scaled.collect())
            .expect("there is one derivative for each element")
    }

    /// The error of the exact twin, for a fast twin that has met an element
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
    /// [`Elements::exact_surprisal`] in floating point, with the gradient where one is wanted,
    /// for the weights of the outcomes times those of the elements, if any.
    pub(super) fn surprisal(
        &self,
        loss: &'static str,
        reduction: Reduction,
        gradient: Option<ArrayViewMutD<'_, F>>,
        outcomes: Outcomes,
        weights: Option<&[F]>,
    ) -> Result<Value<F>, Error> {
        if self.space == Space::Logits {
            let term = CrossEntropy::<true>;
            self.sum(loss, reduction, gradient, term, outcomes, weights)
        } else {
            let term = CrossEntropy::<false>;
            self.sum(loss, reduction, gradient, term, outcomes, weights)
        }
    }

    /// The reduction of a term over the elements, with the gradient where one is wanted.
    fn sum(
        &self,
        loss: &'static str,
        reduction: Reduction,
        gradient: Option<ArrayViewMutD<'_, F>>,
        term: impl Term<F>,
        outcomes: Outcomes,
        weights: Option<&[F]>,
    ) -> Result<Value<F>, Error> {
        self.reduce(
            loss,
            reduction,
            gradient,
            weights,
            |elements, factor, values, gradient| {
                binary::sum(term, elements, outcomes, factor, values, gradient)
            },
        )
    }

    /// The reduction of the focal loss over the elements, with the gradient where one is wanted.
    pub(super) fn focal(
        &self,
        loss: &'static str,
        reduction: Reduction,
        gradient: Option<ArrayViewMutD<'_, F>>,
        focal: binary::Focal,
    ) -> Result<Value<F>, Error> {
        self.reduce(
            loss,
            reduction,
            gradient,
            None,
            |elements, factor, values, gradient| focal.sum(elements, factor, values, gradient),
        )
    }

    /// The reduction of what `kernel` makes of the elements: it is given the factor of the
    /// gradient, and where the values and the gradient go.
    fn reduce(
        &self,
        loss: &'static str,
        reduction: Reduction,
        gradient: Option<ArrayViewMutD<'_, F>>,
        weights: Option<&[F]>,
        kernel: impl Fn(
            binary::Elements<'_, F>,
            Pair,
            Option<&mut [F]>,
            Option<&mut [F]>,
        ) -> Result<Total, Outside>,
    ) -> Result<Value<F>, Error> {
        let len = self.values.len();
        let divisor = count_in_float(reduction, len);
        let factor = Pair::ONE / divisor.value();
        // What does not lie in order is copied.
        let predictions = self.values.as_standard_layout();
        let targets = self.targets.as_standard_layout();
        let elements = binary::Elements {
            predictions: predictions.as_slice().unwrap_or_default(),
            targets: targets.as_slice().unwrap_or_default(),
            weights,
        };
        let mut values = match reduction {
            Reduction::None => Some(vec![F::ZERO; len]),
            Reduction::Sum | Reduction::Mean => None,
        };
        let mut sum = |gradient: Option<&mut [F]>| {
            let values = values.as_deref_mut();
            kernel(elements, factor, values, gradient).map_err(|_| self.error(loss))
        };
        let total = match gradient {
            None => sum(None)?,
            Some(mut gradient) => {
                shape("gradient", gradient.shape(), self.values.shape())?;
                match gradient.as_slice_mut() {
                    Some(gradient) => sum(Some(gradient))?,
                    None => {
                        let mut copy = ArrayD::from_elem(gradient.shape(), F::ZERO);
                        let total = sum(copy.as_slice_mut())?;
                        gradient.assign(&copy);
                        total
                    }
                }
            }
        };
        let value = match values {
            Some(values) => Value::PerElement(Array1::from(values).into_dyn()),
            None => Value::Reduced(total.divided_by_total(divisor).round()),
        };
        Ok(value.shaped(self.values.shape()))
    }
}
