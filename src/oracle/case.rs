//! A case: a loss, its parameters and one input, in memory. How it is written in a line is in
//! `line`; what the right answer to it is, in `truth`.

use ndarray::ArrayD;

use super::{Dialect, Dtype, as_float};
use crate::Error;
use crate::exact::{Extended, Lift};
use crate::losses::{self, DynLoss, Entry, Params, Prediction, Scalar, Target, TargetKind};

/// A number of an input or an answer: `None` is NaN.
pub type Number = Option<Extended>;

/// A loss, its parameters and one input.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Params, Prediction, Target};
/// use exact_loss::oracle::{Case, Dtype};
/// use ndarray::array;
///
/// let case = Case::new(
///     "cross_entropy",
///     Dtype::F64,
///     Params::new(),
///     Prediction::logits(array![[20.0, 0.0]]),
///     Target::labels(array![0]),
/// )?;
/// assert_eq!(case.truth()?.value()?.iter().next(), Some(&2.061153620314381e-9));
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Case {
    /// What tells the case from others of its run.
    pub id: String,
    /// The entry of the loss in the catalogue.
    pub entry: &'static Entry,
    /// The type of the numbers.
    pub dtype: Dtype,
    /// The parameters that are set.
    pub params: Params,
    /// The prediction.
    pub prediction: Prediction<'static, Number>,
    /// What the prediction is compared with.
    pub target: Target<'static, Number>,
    /// What the case is about.
    pub tags: Vec<String>,
    /// The dialect in which the loss is meant; `None` for the loss itself. It is no part of a line.
    pub dialect: Option<&'static Dialect>,
}

impl Case {
    /// A case of numbers, without an id or tags.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such loss.
    pub fn new<T: Lift>(
        loss: &str,
        dtype: Dtype,
        params: Params,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Self, Error> {
        Ok(Self {
            id: String::new(),
            entry: losses::find(loss)?,
            dtype,
            params,
            prediction: prediction.map(Lift::lift),
            target: target.map(Lift::lift),
            tags: Vec::new(),
            dialect: None,
        })
    }

    /// The loss with the parameters of the case, or what its dialect means by them.
    ///
    /// # Errors
    /// As [`Entry::build`]. What a dialect cannot take, it refuses when it is evaluated.
    pub fn loss(&self) -> Result<Box<dyn DynLoss>, Error> {
        match self.dialect {
            None => self.entry.build(&self.params),
            Some(dialect) => Ok(dialect.loss_of(self)),
        }
    }

    /// The prediction in the nearest floats; class indices as they are.
    #[must_use]
    pub fn input<F: Scalar>(&self) -> ArrayD<F> {
        let float = |number: &Number| F::from_f64(as_float(self.dtype, number));
        match &self.prediction {
            Prediction::Values(_, values) => values.map(float),
            Prediction::Classes(classes) => classes.map(|&class| F::from_f64(class as f64)),
        }
    }

    /// The target in the nearest floats, if it is one of numbers.
    #[must_use]
    pub fn targets<F: Scalar>(&self) -> Option<ArrayD<F>> {
        match &self.target {
            Target::Values(values) => {
                Some(values.map(|number| F::from_f64(as_float(self.dtype, number))))
            }
            _ => None,
        }
    }

    /// The target, if it is one of labels or of foreground.
    #[must_use]
    pub fn labels(&self) -> Option<ArrayD<i64>> {
        match &self.target {
            Target::Labels(labels) => Some(labels.to_owned().into_owned()),
            _ => None,
        }
    }

    /// The name of the input that the target is, as lines call it; `None` where there is none.
    #[must_use]
    pub fn target_name(&self) -> Option<&'static str> {
        match &self.target {
            Target::None => None,
            Target::Values(_) => TargetKind::Values.name(),
            Target::Labels(_) if self.entry.targets.contains(&TargetKind::Foreground) => {
                TargetKind::Foreground.name()
            }
            Target::Labels(_) => TargetKind::Labels.name(),
        }
    }

    /// Whether one of the numbers is NaN.
    #[must_use]
    pub fn has_nan(&self) -> bool {
        let predicted = match &self.prediction {
            Prediction::Values(_, values) => values.iter().any(Option::is_none),
            Prediction::Classes(_) => false,
        };
        let targeted = match &self.target {
            Target::Values(values) => values.iter().any(Option::is_none),
            _ => false,
        };
        predicted || targeted
    }

    /// How many numbers the prediction has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prediction.shape().iter().product()
    }

    /// Whether the prediction is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A number that is known not to be NaN.
pub(super) fn finite_or_zero(number: &Number) -> Extended {
    number.clone().unwrap_or_else(|| Extended::from(0))
}
