//! Focal loss, of binary predictions of any shape or of class rows: its parameters and the
//! choice between the two. The exact twin and the fast twin have a file each beside this one;
//! what all losses share lives in the contract.

mod exact_twin;
mod fast_twin;

use ndarray::{ArrayViewMutD, array};

use super::elements::Elements;
use super::input::{Domain, Prediction, Target, shape};
use super::rows::{ClassRows, ClassTarget};
use super::sample::{matrix, vector};
use super::{Entry, Evaluation, Loss, Parameter, Reduction, Sample, Scalar, Value};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real, TargetProbability};

const NAME: &str = "focal";

/// The weights of the classes.
#[derive(Debug, Clone, Default, PartialEq)]
enum Alpha {
    /// 1 for every class.
    #[default]
    None,
    /// α for the class 1 and 1 − α for the class 0.
    Positive(Parameter),
    /// A number for each class.
    Classes(Vec<Parameter>),
}

/// Focal loss.
#[derive(Debug, Clone)]
pub struct Focal {
    reduction: Reduction,
    gamma: Parameter,
    alpha: Alpha,
    multi_class: bool,
}

impl Default for Focal {
    fn default() -> Self {
        Self::new()
    }
}

impl Focal {
    /// The focal loss in nats, averaged, with γ = 2 and without α.
    #[must_use]
    pub fn new() -> Self {
        Self {
            reduction: Reduction::default(),
            gamma: Rational::from_integer(2.into()).into(),
            alpha: Alpha::None,
            multi_class: false,
        }
    }

    /// Sets the reduction over the elements, or over the rows.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Sets the focusing exponent γ.
    ///
    /// # Errors
    /// [`Error::Parameter`] where γ is negative, infinite or NaN.
    pub fn gamma<T: Lift>(mut self, gamma: T) -> Result<Self, Error> {
        self.gamma = Parameter::new("gamma", &gamma, Domain::NonNegative)?;
        Ok(self)
    }

    /// Sets the weight α of the class 1; that of the class 0 is 1 − α. It is for two classes.
    ///
    /// # Errors
    /// [`Error::Parameter`] where α lies outside [0, 1].
    pub fn alpha<T: Lift>(mut self, alpha: T) -> Result<Self, Error> {
        self.alpha = Alpha::Positive(Parameter::new("alpha", &alpha, Domain::Unit)?);
        Ok(self)
    }

    /// Sets the weight α_c of each class, in the order of the classes.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a weight is negative, infinite or NaN.
    pub fn alpha_of_classes<T: Lift>(mut self, alpha: &[T]) -> Result<Self, Error> {
        self.alpha = Alpha::Classes(Parameter::vector("alpha", alpha, Domain::NonNegative)?);
        Ok(self)
    }

    /// Takes targets [N, C] as one distribution over the classes a row, instead of one binary
    /// target an element. Labels [N] are always classes.
    #[must_use]
    pub fn multi_class(mut self, multi_class: bool) -> Self {
        self.multi_class = multi_class;
        self
    }

    /// Checks that α has a weight for each of so many classes.
    fn check_alpha(&self, classes: usize) -> Result<(), Error> {
        match &self.alpha {
            Alpha::None => Ok(()),
            Alpha::Positive(_) if classes == 2 => Ok(()),
            Alpha::Positive(_) => Err(Error::Unsupported {
                loss: NAME,
                what: format!("one α for {classes} classes"),
                instead: "give a vector with an α for each class".to_owned(),
            }),
            Alpha::Classes(alpha) => shape("alpha", &[alpha.len()], &[classes]),
        }
    }
}

/// The checked inputs of one call, which both twins read.
enum Batch<'a, T> {
    Binary(Elements<'a, T>),
    Classes(ClassRows<'a, T>, ClassTarget<'a, T>),
}

impl Focal {
    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        if self.multi_class || matches!(target, Target::Labels(_)) {
            let rows = ClassRows::new(NAME, prediction, Domain::Unit)?;
            let shape = rows.values.dim();
            let target = ClassTarget::new(NAME, target, shape, None, Domain::Unit)?;
            self.check_alpha(rows.classes())?;
            return Ok(Batch::Classes(rows, target));
        }
        let elements = Elements::new(NAME, prediction, target)?;
        self.check_alpha(2)?;
        Ok(Batch::Binary(elements))
    }
}

impl Loss for Focal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn exact<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Value<Real>, Error> {
        exact_twin::value(self, &self.batch(&prediction, &target)?)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let batch = self.batch(&prediction, &target)?;
        let value = exact_twin::value(self, &batch)?;
        let gradient = exact_twin::gradient(self, &batch)?;
        Ok(Evaluation { value, gradient })
    }

    fn fast<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Value<F>, Error> {
        fast_twin::evaluate(self, &self.batch(&prediction, &target)?, None)
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        fast_twin::evaluate(self, &self.batch(&prediction, &target)?, Some(gradient))
    }
}

/// q and p_t of a row, exactly. Both twins refuse a row of probabilities with p_t above 1.
fn check_target_probability<T: Lift>(
    rows: &ClassRows<'_, T>,
    target: &ClassTarget<'_, T>,
    row: usize,
) -> Result<(Vec<Rational>, TargetProbability), Error> {
    let distribution = rows.distribution(NAME, row)?;
    let q = target
        .distribution(row, rows.classes())?
        .unwrap_or_default();
    let p_t = distribution.target_probability(&q);
    match p_t.as_rational() {
        Some(p_t) if p_t > &Rational::from_integer(1.into()) => Err(Error::Undefined {
            loss: NAME,
            reason: format!("row {row} gives its target a probability p_t above 1"),
        }),
        _ => Ok((q, p_t)),
    }
}

/// The error for a gradient that has no limit.
fn no_gradient(row: usize) -> Error {
    Error::Undefined {
        loss: NAME,
        reason: format!(
            "row {row} gives its target, of several classes or none, the probability 0: the \
             gradient with respect to its logits has no limit"
        ),
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Focal loss",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInProbabilities,
        Claim::GradientIsLimit,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    samples,
};

fn samples() -> Result<Vec<Sample>, Error> {
    let binary = || vector("0.9 0.2 1/2 0.3").map(Prediction::probabilities);
    let hard = || vector("1 0 1 0").map(Target::values);
    let binary_logits = || matrix("2 -1 1/2; 0 -3 4").map(Prediction::logits);
    let soft = || matrix("1 0 1/3; 1/2 0.1 1").map(Target::values);
    let rows = || matrix("0.1 0.2 0.7; 0.3 0.4 0.3; 0.1 0.2 0.7").map(Prediction::probabilities);
    let row_logits = || matrix("2 -1 1/2; 0 0 -3; 1 1 1").map(Prediction::logits);
    let labels = || Target::labels(array![2, 1, 0]);
    let soft_rows = || matrix("1/2 1/4 1/4; 0 1 0; 1/3 1/3 1/3").map(Target::values);
    let quarter = || Rational::new(1.into(), 4.into());
    let half = || Rational::new(1.into(), 2.into());
    let plain = Focal::new;
    let each = || plain().reduction(Reduction::None);
    let classes = || plain().multi_class(true);
    Ok(vec![
        Sample::new("binary", plain(), binary()?, hard()?),
        Sample::new("binary_each", each(), binary()?, hard()?),
        Sample::new("alpha", plain().alpha(quarter())?, binary()?, hard()?),
        Sample::new("gamma_0", plain().gamma(0)?, binary()?, hard()?),
        Sample::new("gamma_1_2", plain().gamma(half())?, binary()?, hard()?),
        Sample::new("logits_soft_targets", plain(), binary_logits()?, soft()?),
        Sample::new(
            "logits_gamma_1_2",
            each().gamma(half())?.alpha(quarter())?,
            binary_logits()?,
            soft()?,
        ),
        Sample::new("classes", plain(), rows()?, labels()),
        Sample::new(
            "classes_alpha",
            plain().alpha_of_classes(&[1, 2, 3])?,
            row_logits()?,
            labels(),
        ),
        Sample::new("classes_soft_targets", classes(), rows()?, soft_rows()?),
        Sample::new(
            "classes_logits_soft_targets_sum",
            classes().reduction(Reduction::Sum).gamma(5)?,
            row_logits()?,
            soft_rows()?,
        ),
    ])
}
