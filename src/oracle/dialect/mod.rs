//! Dialects: the functions that libraries compute under the name of a loss where they mean
//! another than the one defined here. Each is a named exact function, made from the exact twin
//! with other inputs, parameters or divisors, or written out where that is not enough. There is
//! no fast twin of a dialect. The definitions are in the files beside this one, by family.

mod elements;
mod focal;
mod input;
mod meaning;
mod rows;
mod sets;

use core::fmt;

use ndarray::{ArrayD, ArrayViewD};

use self::input::Input;
use self::meaning::Meaning;
use super::{Case, Dtype};
use crate::Error;
use crate::exact::{Extended, Rational, Real};
use crate::losses::{DynLoss, Entry, Evaluation, Params, Prediction, Reduction, Target, Value};

/// A named variant that some library computes under the name of a loss.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// The name, in snake case. Dialects of different losses may share one.
    pub name: &'static str,
    /// The loss that it is a dialect of.
    pub loss: &'static str,
    /// What it means, and who means it.
    pub note: &'static str,
    meaning: fn(&Input<'_>) -> Result<Meaning, Error>,
}

impl fmt::Debug for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.name, self.loss)
    }
}

/// The families of dialects, in the order of the losses.
const FAMILIES: &[&[Dialect]] = &[rows::ALL, elements::ALL, focal::ALL, sets::ALL];

impl Dialect {
    /// All dialects.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        FAMILIES.iter().copied().flatten()
    }

    /// Those of one loss.
    pub fn of(loss: &str) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |dialect| dialect.loss == loss)
    }

    /// The dialect of a loss with this name.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the loss has no such dialect; it names those that there are.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::losses::{Params, Prediction, Target};
    /// use exact_loss::oracle::{Case, Dialect, Dtype};
    /// use ndarray::array;
    ///
    /// let case = Case::new(
    ///     "binary_cross_entropy",
    ///     Dtype::F64,
    ///     Params::new(),
    ///     Prediction::probabilities(array![0.0]),
    ///     Target::values(array![1.0]),
    /// )?;
    /// let clamped = Dialect::find("binary_cross_entropy", "log_clamped")?;
    /// let truth = case.truth_by(&*clamped.loss_of(&case))?;
    /// assert_eq!(truth.value()?.iter().next(), Some(&100.0));
    /// assert_eq!(case.truth()?.value()?.iter().next(), Some(&f64::INFINITY));
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn find(loss: &str, name: &str) -> Result<&'static Self, Error> {
        let found = Self::of(loss).find(|dialect| dialect.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::of(loss).map(|dialect| dialect.name).collect();
            Error::Parameter {
                name: "dialect",
                got: format!("{name:?}"),
                wanted: match names[..] {
                    [] => format!("none, for {loss} has no dialects"),
                    _ => format!("one of {}", names.join(", ")),
                },
            }
        })
    }

    /// The function that the dialect means by the parameters of a case of its loss, in the type of
    /// the case: clamps are floats of that type.
    #[must_use]
    pub fn loss_of(&self, case: &Case) -> Box<dyn DynLoss> {
        Box::new(Dialected {
            dialect: *self,
            entry: case.entry,
            dtype: case.dtype,
            params: case.params.clone(),
        })
    }
}

/// A dialect with parameters.
struct Dialected {
    dialect: Dialect,
    entry: &'static Entry,
    dtype: Dtype,
    params: Params,
}

impl Dialected {
    fn meaning(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Meaning, Error> {
        (self.dialect.meaning)(&Input {
            entry: self.entry,
            dtype: self.dtype,
            params: &self.params,
            prediction: prediction.view(),
            target: target.view(),
        })
    }

    fn no_fast_twin<T>(&self) -> Result<T, Error> {
        Err(Error::Unsupported {
            loss: self.entry.name,
            what: format!("a fast twin of the dialect {}", self.dialect.name),
            instead: "a dialect has an exact twin only".to_owned(),
        })
    }
}

impl DynLoss for Dialected {
    fn id(&self) -> &'static str {
        self.entry.name
    }

    fn how_reduced(&self) -> Reduction {
        self.params.reduction().unwrap_or_default()
    }

    fn value_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Value<Real>, Error> {
        self.meaning(prediction, target)?.value()
    }

    fn value_rounded(
        &self,
        _prediction: Prediction<'_, f64>,
        _target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error> {
        self.no_fast_twin()
    }

    fn evaluate_exact(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Evaluation<Real>, Error> {
        self.meaning(prediction, target)?.evaluate()
    }

    fn evaluate_exact_numbers(
        &self,
        prediction: Prediction<'_, Option<Extended>>,
        _target: Target<'_, Option<Extended>>,
    ) -> Result<Evaluation<Real>, Error> {
        // The oracle asks this of numbers one of which is NaN.
        Err(Error::NotANumber {
            argument: prediction.space().name(),
            index: Vec::new(),
        })
    }

    fn terms_of_gradient(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        self.meaning(prediction, target)?.terms()
    }

    fn gradient_is_unique(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
    ) -> Result<bool, Error> {
        self.meaning(prediction, target)?.has_unique_gradient()
    }

    // A dialect of a Lovász loss is judged by the exact order alone.
    fn gradient_at_near_ties(
        &self,
        _: Prediction<'_, Extended>,
        _: Target<'_, Extended>,
        _: &Rational,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        Ok(None)
    }

    fn gradient_lies_between(
        &self,
        prediction: Prediction<'_, Extended>,
        target: Target<'_, Extended>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        self.meaning(prediction, target)?
            .has_gradient_between(lower, upper)
    }

    fn value_f32(
        &self,
        _prediction: Prediction<'_, f32>,
        _target: Target<'_, f32>,
    ) -> Result<Value<f32>, Error> {
        self.no_fast_twin()
    }

    fn evaluate_f32(
        &self,
        _prediction: Prediction<'_, f32>,
        _target: Target<'_, f32>,
    ) -> Result<Evaluation<f32>, Error> {
        self.no_fast_twin()
    }

    fn value_f64(
        &self,
        _prediction: Prediction<'_, f64>,
        _target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error> {
        self.no_fast_twin()
    }

    fn evaluate_f64(
        &self,
        _prediction: Prediction<'_, f64>,
        _target: Target<'_, f64>,
    ) -> Result<Evaluation<f64>, Error> {
        self.no_fast_twin()
    }
}
