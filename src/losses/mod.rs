//! The contract of a loss, and the list [`ALL`] of the losses. What is particular to one loss
//! lives in its own file; what judges other implementations lives in the oracle.
//!
//! A loss is a struct of validated parameters that implements [`Loss`]: two verbs, `exact` and
//! `fast`, each alone or with the gradient. The gradient is taken with respect to the
//! prediction in the space in which it was given. With [`Reduction::None`] it is the gradient
//! of the sum, whose rows are the gradients of the elements.

mod balanced_cross_entropy;
mod binary_cross_entropy;
mod certified;
mod cross_entropy;
mod elements;
mod entropy;
mod focal;
mod input;
mod jaccard;
mod kl_divergence;
mod lovasz_extension;
mod lovasz_hinge;
mod lovasz_softmax;
mod parameter;
mod params;
mod pieces;
mod pixels;
mod reduce;
mod rows;
mod sample;

pub use balanced_cross_entropy::BalancedCrossEntropy;
pub use binary_cross_entropy::BinaryCrossEntropy;
pub use cross_entropy::CrossEntropy;
pub use entropy::Entropy;
pub use focal::Focal;
pub use jaccard::Jaccard;
pub use kl_divergence::KlDivergence;
pub use lovasz_extension::LovaszExtension;
pub use lovasz_hinge::LovaszHinge;
pub use lovasz_softmax::LovaszSoftmax;

pub use input::{Prediction, Space, Target, TargetKind};
pub use parameter::{Base, Classes, Parameter, Reduction};
pub use params::{ParameterInfo, Params, Setting};
pub use sample::{Entry, Sample};

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD};

use crate::Error;
use crate::exact::{Extended, Lift, Rational, Real};
use crate::kernel::log_sum_exp::Rows;

/// The losses, in the order of the book. Whatever treats all losses alike reads this list.
pub const ALL: &[Entry] = &[
    cross_entropy::ENTRY,
    entropy::ENTRY,
    kl_divergence::ENTRY,
    binary_cross_entropy::ENTRY,
    balanced_cross_entropy::ENTRY,
    focal::ENTRY,
    jaccard::ENTRY,
    lovasz_extension::ENTRY,
    lovasz_hinge::ENTRY,
    lovasz_softmax::ENTRY,
];

/// The entry of the loss with this name.
///
/// # Errors
/// [`Error::Parameter`] where there is no such loss; it names those that there are.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    ALL.iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| Error::Parameter {
            name: "loss",
            got: format!("{name:?}"),
            wanted: format!(
                "one of {}",
                ALL.iter()
                    .map(|entry| entry.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        })
}

/// A float that both floors understand: `f32` or `f64`.
pub trait Scalar: Rows + Lift {}
impl<F: Rows + Lift> Scalar for F {}

/// The value of a loss: one number, or one number for each element where nothing is reduced.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<T> {
    /// The sum or the mean.
    Reduced(T),
    /// One value for each row or element, with [`Reduction::None`].
    PerElement(ArrayD<T>),
}

impl<T> Value<T> {
    /// The number that the batch was reduced to; `None` with [`Reduction::None`].
    #[must_use]
    pub fn reduced(self) -> Option<T> {
        match self {
            Self::Reduced(value) => Some(value),
            Self::PerElement(_) => None,
        }
    }

    /// What a function makes of the value, or of each.
    pub fn map<U>(&self, mut each: impl FnMut(&T) -> U) -> Value<U> {
        match self {
            Self::Reduced(value) => Value::Reduced(each(value)),
            Self::PerElement(values) => Value::PerElement(values.map(each)),
        }
    }

    /// [`Value::map`] by a function that may fail.
    ///
    /// # Errors
    /// The first of the function.
    pub fn try_map<U, E>(&self, mut each: impl FnMut(&T) -> Result<U, E>) -> Result<Value<U>, E> {
        Ok(match self {
            Self::Reduced(value) => Value::Reduced(each(value)?),
            Self::PerElement(values) => {
                let mapped: Vec<U> = values.iter().map(each).collect::<Result<_, E>>()?;
                let mapped = ArrayD::from_shape_vec(values.shape(), mapped);
                Value::PerElement(mapped.expect("there is one result for each value"))
            }
        })
    }

    /// The values of the elements in this shape, which has as many.
    fn shaped(self, shape: &[usize]) -> Self {
        match self {
            Self::Reduced(value) => Self::Reduced(value),
            Self::PerElement(values) => {
                let values = values.into_shape_with_order(shape);
                Self::PerElement(values.expect("the shape has as many elements"))
            }
        }
    }

    /// The values in the order of the elements: one alone where the batch was reduced.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (one, many) = match self {
            Self::Reduced(value) => (Some(value), None),
            Self::PerElement(values) => (None, Some(values)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// A value with its gradient, which has the shape of the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<T> {
    /// The value of the loss.
    pub value: Value<T>,
    /// The gradient with respect to the prediction, in the space in which it was given.
    pub gradient: ArrayD<T>,
}

/// What every loss can do.
pub trait Loss {
    /// The name in the catalogue and in the oracle's lines.
    fn name(&self) -> &'static str;

    /// How the values of the elements become the value of the batch.
    fn reduction(&self) -> Reduction;

    /// The exact value.
    fn exact<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Value<Real>, Error>;

    /// The exact value with its exact gradient.
    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error>;

    /// Whether there is only one gradient at this prediction. At ties and kinks there are many,
    /// and [`Loss::exact_with_gradient`] gives one of them.
    ///
    /// A loss that is differentiable answers yes without a look.
    fn has_unique_gradient<T: Lift>(
        &self,
        _prediction: Prediction<'_, T>,
        _target: Target<'_, T>,
    ) -> Result<bool, Error> {
        Ok(true)
    }

    /// The gradient where numbers that differ by at most `tolerance` relative count as equal if the
    /// gradient depends on their order and they are not given, but come out of functions of the
    /// prediction: in floats their order may be lost. `None` where there are none that near.
    fn gradient_where_near_ties_are_ties<T: Lift>(
        &self,
        _prediction: Prediction<'_, T>,
        _target: Target<'_, T>,
        _tolerance: &Rational,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        Ok(None)
    }

    /// [`Loss::exact_with_gradient`] and [`Loss::has_unique_gradient`] in one: what both need is made
    /// once by a loss that is not differentiable.
    fn exact_with_uniqueness<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<(Evaluation<Real>, bool), Error> {
        let evaluation = self.exact_with_gradient(prediction.view(), target.view())?;
        let is_unique = self.has_unique_gradient(prediction, target)?;
        Ok((evaluation, is_unique))
    }

    /// Whether one of the gradients at this prediction lies between two arrays, each end
    /// included; `None` where the loss cannot tell, and where it has one gradient only, which can
    /// be compared.
    fn has_gradient_between<T: Lift>(
        &self,
        _prediction: Prediction<'_, T>,
        _target: Target<'_, T>,
        _lower: ArrayViewD<'_, Rational>,
        _upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        Ok(None)
    }

    /// For each component of the gradient the sum Σ|termⱼ| of the terms that its formula adds up,
    /// where terms of both signs may meet: how ill-conditioned the component is in the inputs. `None`
    /// where no component can cancel.
    fn gradient_terms<T: Lift>(
        &self,
        _prediction: Prediction<'_, T>,
        _target: Target<'_, T>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        Ok(None)
    }

    /// The exact value rounded to the nearest `f64`, ties to even. The losses of probabilities, and
    /// (binary) cross entropy of logits, do that at about the cost of a plain loop: a sum with a
    /// proven bound is rounded where the bound decides, and the exact twin answers elsewhere.
    fn rounded(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error>
    where
        Self: Sized,
    {
        certified::exactly(self, prediction, target)
    }

    /// The fast value, within the loss's stated bound.
    fn fast<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Value<F>, Error>;

    /// The fast value; the gradient is written into an array that the caller gives.
    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error>;

    /// The fast value with its gradient in a new array.
    fn fast_with_gradient<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Evaluation<F>, Error> {
        let mut gradient = ArrayD::from_elem(prediction.shape(), F::ZERO);
        let value = self.fast_with_gradient_into(prediction, target, gradient.view_mut())?;
        Ok(Evaluation { value, gradient })
    }
}

/// [`Loss`] behind a pointer, for whatever treats all losses alike: the oracle, the tests, the
/// benchmarks and the book. Every loss has it.
pub trait DynLoss: Send + Sync {
    /// The name in the catalogue and in the oracle's lines.
    fn id(&self) -> &'static str;
    /// [`Loss::reduction`].
    fn how_reduced(&self) -> Reduction;
    /// [`Loss::exact`] of rationals and infinities.
    fn value_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Value<Real>, Error>;
    /// [`Loss::exact_with_gradient`] of rationals and infinities.
    fn evaluate_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Evaluation<Real>, Error>;
    /// [`Loss::exact_with_uniqueness`] of rationals and infinities.
    fn evaluate_exact_with_uniqueness(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<(Evaluation<Real>, bool), Error> {
        let evaluation = self.evaluate_exact(prediction.view(), target.view())?;
        let is_unique = self.gradient_is_unique(prediction, target)?;
        Ok((evaluation, is_unique))
    }
    /// [`Loss::rounded`].
    fn value_rounded(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error>;
    /// [`Loss::exact_with_gradient`] of numbers that may be NaN, which is `None`: an error where
    /// the loss reads it.
    fn evaluate_exact_numbers(
        &self,
        prediction: Prediction<'_, Option<Extended>>,
        target: Target<'_, Option<Extended>>,
    ) -> Result<Evaluation<Real>, Error>;
    /// [`Loss::gradient_terms`] of rationals and infinities.
    fn terms_of_gradient(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Option<ArrayD<Real>>, Error>;
    /// [`Loss::has_unique_gradient`] of rationals and infinities.
    fn gradient_is_unique(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<bool, Error>;
    /// [`Loss::gradient_where_near_ties_are_ties`] of rationals and infinities.
    fn gradient_at_near_ties(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
        tolerance: &Rational,
    ) -> Result<Option<ArrayD<Real>>, Error>;
    /// [`Loss::has_gradient_between`] of rationals and infinities.
    fn gradient_lies_between(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error>;
    /// [`Loss::fast`] in `f32`.
    fn value_f32(
        &self,
        prediction: Prediction<'_, f32>,
        target: Target<'_, f32>,
    ) -> Result<Value<f32>, Error>;
    /// [`Loss::fast_with_gradient`] in `f32`.
    fn evaluate_f32(
        &self,
        prediction: Prediction<'_, f32>,
        target: Target<'_, f32>,
    ) -> Result<Evaluation<f32>, Error>;
    /// [`Loss::fast`] in `f64`.
    fn value_f64(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error>;
    /// [`Loss::fast_with_gradient`] in `f64`.
    fn evaluate_f64(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Evaluation<f64>, Error>;
}

impl<L: Loss + Send + Sync> DynLoss for L {
    fn id(&self) -> &'static str {
        self.name()
    }
    fn how_reduced(&self) -> Reduction {
        self.reduction()
    }
    fn value_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Value<Real>, Error> {
        self.exact(prediction, target)
    }
    fn evaluate_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Evaluation<Real>, Error> {
        self.exact_with_gradient(prediction, target)
    }
    fn evaluate_exact_with_uniqueness(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<(Evaluation<Real>, bool), Error> {
        self.exact_with_uniqueness(prediction, target)
    }
    fn value_rounded(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error> {
        self.rounded(prediction, target)
    }
    fn evaluate_exact_numbers(
        &self,
        prediction: Prediction<'_, Option<Extended>>,
        target: Target<'_, Option<Extended>>,
    ) -> Result<Evaluation<Real>, Error> {
        self.exact_with_gradient(prediction, target)
    }
    fn terms_of_gradient(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        self.gradient_terms(prediction, target)
    }
    fn gradient_is_unique(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<bool, Error> {
        self.has_unique_gradient(prediction, target)
    }
    fn gradient_at_near_ties(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
        tolerance: &Rational,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        self.gradient_where_near_ties_are_ties(prediction, target, tolerance)
    }
    fn gradient_lies_between(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        self.has_gradient_between(prediction, target, lower, upper)
    }
    fn value_f32(
        &self,
        prediction: Prediction<'_, f32>,
        target: Target<'_, f32>,
    ) -> Result<Value<f32>, Error> {
        self.fast(prediction, target)
    }
    fn evaluate_f32(
        &self,
        prediction: Prediction<'_, f32>,
        target: Target<'_, f32>,
    ) -> Result<Evaluation<f32>, Error> {
        self.fast_with_gradient(prediction, target)
    }
    fn value_f64(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error> {
        self.fast(prediction, target)
    }
    fn evaluate_f64(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Evaluation<f64>, Error> {
        self.fast_with_gradient(prediction, target)
    }
}
