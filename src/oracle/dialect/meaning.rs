//! What a dialect makes of a case: the loss itself of another input, up to factors, or numbers
//! that were written out. Which dialect makes what is said beside this file.

use ndarray::{ArrayD, ArrayViewD};
use num_traits::{One, Signed, Zero};

use crate::Error;
use crate::exact::{Extended, Rational, Real};
use crate::losses::{DynLoss, Evaluation, Prediction, Reduction, Target, Value};

/// What a dialect makes of a case.
pub(super) enum Meaning {
    /// The loss of another input.
    Rewritten(Box<Rewrite>),
    /// Numbers, with the sums of the magnitudes of the terms of the gradient.
    Given(Box<Evaluation<Real>>, ArrayD<Real>),
}

/// factor·loss(prediction, target). Each component of the gradient has a factor of its own, the
/// derivative of its number with respect to the number of the case.
pub(super) struct Rewrite {
    pub(super) loss: Box<dyn DynLoss>,
    pub(super) prediction: Prediction<'static, Extended>,
    pub(super) target: Target<'static, Extended>,
    pub(super) factor: Rational,
    pub(super) slopes: Option<ArrayD<Rational>>,
}

impl From<Rewrite> for Meaning {
    fn from(rewrite: Rewrite) -> Self {
        Self::Rewritten(Box::new(rewrite))
    }
}

impl Rewrite {
    /// The same times a number.
    pub(super) fn times(mut self, factor: &Rational) -> Self {
        self.factor *= factor;
        self
    }

    /// The same with these derivatives of its numbers.
    pub(super) fn with_slopes(mut self, slopes: ArrayD<Rational>) -> Self {
        self.slopes = Some(slopes);
        self
    }

    fn scaled(&self, components: &ArrayD<Real>) -> ArrayD<Real> {
        let mut scaled = components.map(|component| component.scale(&self.factor));
        if let Some(slopes) = &self.slopes {
            for (component, slope) in scaled.iter_mut().zip(slopes) {
                *component = component.scale(slope);
            }
        }
        scaled
    }
}

impl Meaning {
    /// A loss that is 0 whatever is predicted.
    pub(super) fn zero(prediction: &[usize], values: Option<&[usize]>) -> Self {
        let zeros = |shape: &[usize]| ArrayD::from_elem(shape, Real::zero());
        let value = match values {
            None => Value::Reduced(Real::zero()),
            Some(shape) => Value::PerElement(zeros(shape)),
        };
        let gradient = zeros(prediction);
        let terms = gradient.clone();
        Self::Given(Box::new(Evaluation { value, gradient }), terms)
    }

    /// Values of elements and the gradient of their sum, reduced: the mean divides by `divisor`.
    /// Each component of the gradient is one term.
    pub(super) fn reduced(
        reduction: Reduction,
        divisor: &Rational,
        values: ArrayD<Real>,
        gradient: ArrayD<Real>,
    ) -> Result<Self, Error> {
        let terms: Result<Vec<Real>, Error> = gradient.iter().map(Real::abs).collect();
        let terms = ArrayD::from_shape_vec(gradient.raw_dim(), terms?)
            .expect("each component has its magnitude");
        Self::reduced_with_terms(reduction, divisor, values, gradient, terms)
    }

    /// The same with the sums of the magnitudes of the terms of each component of the gradient.
    pub(super) fn reduced_with_terms(
        reduction: Reduction,
        divisor: &Rational,
        values: ArrayD<Real>,
        gradient: ArrayD<Real>,
        terms: ArrayD<Real>,
    ) -> Result<Self, Error> {
        let factor = match reduction {
            Reduction::Mean => divisor.recip(),
            _ => Rational::one(),
        };
        let value = match reduction {
            Reduction::None => Value::PerElement(values),
            _ => Value::Reduced(Real::sum(values)?.scale(&factor)),
        };
        let gradient = gradient.map(|component| component.scale(&factor));
        Ok(Self::Given(
            Box::new(Evaluation { value, gradient }),
            terms.map(|term| term.scale(&factor)),
        ))
    }

    pub(super) fn value(self) -> Result<Value<Real>, Error> {
        match self {
            Self::Given(evaluation, _) => Ok(evaluation.value),
            Self::Rewritten(rewrite) => {
                let Rewrite { loss, factor, .. } = &*rewrite;
                let value = loss.value_exact(rewrite.prediction.view(), rewrite.target.view())?;
                Ok(value.map(|real| real.scale(factor)))
            }
        }
    }

    pub(super) fn evaluate(self) -> Result<Evaluation<Real>, Error> {
        match self {
            Self::Given(evaluation, _) => Ok(*evaluation),
            Self::Rewritten(rewrite) => {
                let (prediction, target) = (rewrite.prediction.view(), rewrite.target.view());
                let Evaluation { value, gradient } =
                    rewrite.loss.evaluate_exact(prediction, target)?;
                Ok(Evaluation {
                    value: value.map(|real| real.scale(&rewrite.factor)),
                    gradient: rewrite.scaled(&gradient),
                })
            }
        }
    }

    pub(super) fn terms(self) -> Result<Option<ArrayD<Real>>, Error> {
        match self {
            Self::Given(_, terms) => Ok(Some(terms)),
            Self::Rewritten(rewrite) => {
                let (prediction, target) = (rewrite.prediction.view(), rewrite.target.view());
                let Some(terms) = rewrite.loss.terms_of_gradient(prediction, target)? else {
                    return Ok(None);
                };
                let scaled: Result<Vec<Real>, Error> =
                    rewrite.scaled(&terms).iter().map(Real::abs).collect();
                Ok(Some(
                    ArrayD::from_shape_vec(terms.raw_dim(), scaled?)
                        .expect("each term has its magnitude"),
                ))
            }
        }
    }

    pub(super) fn has_unique_gradient(self) -> Result<bool, Error> {
        match self {
            Self::Given(..) => Ok(true),
            Self::Rewritten(rewrite) => rewrite
                .loss
                .gradient_is_unique(rewrite.prediction.view(), rewrite.target.view()),
        }
    }

    /// A gradient of the loss times a positive factor lies between two ends where the gradient
    /// itself lies between the ends over the factor.
    pub(super) fn has_gradient_between(
        self,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        let rewrite = match self {
            Self::Rewritten(rewrite) if rewrite.slopes.is_none() => rewrite,
            _ => return Ok(None),
        };
        if rewrite.factor.is_zero() || rewrite.factor.is_negative() {
            return Ok(None);
        }
        let (lower, upper) = (
            lower.map(|end| end / &rewrite.factor),
            upper.map(|end| end / &rewrite.factor),
        );
        let (prediction, target) = (rewrite.prediction.view(), rewrite.target.view());
        rewrite
            .loss
            .gradient_lies_between(prediction, target, lower.view(), upper.view())
    }
}
