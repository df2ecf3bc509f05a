//! Focal loss, of binary predictions of any shape or of class rows: its parameters and the
//! choice between the two. The exact twin and the fast twin have a file each beside this one;
//! what all losses share lives in the contract.

mod certificate;
mod exact_twin;
mod fast_twin;

use ndarray::{ArrayD, ArrayViewMutD, array};

use super::certified;
use super::elements::Elements;
use super::input::{Domain, Prediction, Target, shape};
use super::rows::{ClassRows, ClassTarget};
use super::sample::{matrix, vector};
use super::{
    DynLoss, Entry, Evaluation, Loss, Parameter, ParameterInfo, Params, Reduction, Sample, Scalar,
    Setting, Space, TargetKind, Value,
};
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

/// Focal loss: cross entropy with the factor (1−p_t)^γ, which is small for an example whose
/// target already has a large probability p_t.
///
/// # Formula
/// ℓ = −α_t·(1−p_t)^γ·ln p_t in nats for each element, or for each row of classes.
///
/// | input | p_t | α_t |
/// |---|---|---|
/// | one binary prediction p, target y in [0, 1] | y·p + (1−y)·(1−p) | y·α + (1−y)·(1−α) |
/// | a row of classes with a label | p at the label | α at the label |
/// | a row of classes, target q | Σ_c q_c·p_c | Σ_c q_c·α_c |
///
/// Without α, α_t = 1. From a logit x it is p = σ(x); from a row of logits z it is
/// p_c = exp(z_c)/Σ_j exp(z_j). With γ = 0 this is cross entropy for targets of 0 and 1 and for
/// labels; for soft targets it is not, because −ln Σ q·p is not −Σ q·ln p.
///
/// | reduction | value |
/// |---|---|
/// | none | ℓ for each element, or each row |
/// | sum | Σ ℓ |
/// | mean | Σ ℓ / N, N being the number of elements, or of rows |
///
/// # Shapes
/// Binary: prediction in probabilities or logits and targets of one shape, of any number of
/// axes. Classes: prediction \[N, C\] with labels \[N\], or with [`Focal::multi_class`] and targets
/// \[N, C\]. At least one element. α: one number for two classes, or \[C\]. The value is a number,
/// or one for each element or row with [`Reduction::None`]; the gradient has the shape of the
/// prediction.
///
/// # Domain
/// Probabilities and targets in [0, 1]; nothing makes those of a row sum to 1, but p_t must not
/// be above 1. Logits any number or ±∞. γ any number ≥ 0, α in [0, 1] or a vector of numbers ≥ 0.
///
/// # Conventions
/// The limits: ℓ = 0 at p_t = 1 for every γ, and +∞ at p_t = 0. The logits ±∞ are limits, too. A
/// weight α_t = 0 takes its element away, also an infinite one. An empty batch has no value.
///
/// # Gradient
/// With respect to the prediction as it was given, D being N for the mean and else 1, with
/// ℓ' = dℓ/dp_t = α_t·[γ·(1−p_t)^(γ−1)·ln p_t − (1−p_t)^γ/p_t]:
///
/// | prediction | derivative of L, times D |
/// |---|---|
/// | binary p | ℓ'·(2y−1) |
/// | binary x | ℓ'·(2y−1)·p·(1−p); for y = 1 it is −α·(1−p)^γ·[1 − p − γ·p·ln p] |
/// | p of a row | ℓ'·q_c |
/// | z of a row | ℓ'·(q_c − p_t)·p_c |
///
/// At p_t = 1, ℓ' is −α_t for γ = 0 and 0 for every other γ, also below 1. At p_t = 0 it is −∞
/// in probabilities, and in logits the derivative tends to that of cross entropy; it has no
/// limit in a row whose target is spread over several impossible classes.
///
/// # Accuracy
/// Stated bounds of the fast twin, in ulps of the result; the tests measure them against the
/// exact twin. They hold for any number of elements up to 2⁴⁰.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value and derivative, targets 0 and 1 | 0.5 + (4 + 2γ)/8 (measured for γ ≤ 5: 0.57) | 0.5 + (4 + 2γ)·2⁻⁹ (0.502) |
/// | the same, other targets | 0.5 + (4 + 2γ)/4 (0.96) | 0.5 + (4 + 2γ)·2⁻²⁸ (0.501) |
/// | a row: value | as above | as above |
/// | a row: gradient, labels | half an ulp more | as above |
///
/// | a row: gradient, targets q | as above, and 2⁻⁵⁴·\|ℓ'\|·(q_c + p_t)·p_c/D, since q_c − p_t may cancel | as `f64` |
///
/// For a row of probabilities with targets q, 1 − p_t comes within 2⁻⁷⁴, so where p_t is within
/// 2⁻²⁰ of 1 the error grows to γ·2⁻⁷⁴/(1−p_t), relative. γ and α are rounded to the float type
/// first, where they are not of it.
///
/// # Complexity
/// O(N) or O(N·C) time; O(C) memory beyond the result. Where 2γ is a whole number up to 128 the
/// power is a product; any other γ costs a logarithm and an exponential more.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a number or label out of its domain,
/// [`Error::NotANumber`], [`Error::Unsupported`] for another space, without a target, or for one
/// α with other than two classes, and [`Error::Undefined`] for an empty batch, a row of logits
/// that has no softmax, a row with p_t above 1, or a gradient that has no limit. Both twins give
/// the same error.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Extended, Rational};
/// use exact_loss::losses::{Focal, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let number = |n: i64, d: i64| Rational::new(n.into(), d.into());
/// let p = Prediction::probabilities(array![Extended::Finite(number(1, 2))]);
/// let y = Target::values(array![Extended::from(1)]);
/// let loss = Focal::new().gamma(number(1, 2))?;
/// let exact = loss.exact(p, y)?.reduced().expect("a mean");
/// assert_eq!(exact.to_string(), "1/2·2^(1/2)·ln(2)");
///
/// // Where 1 − σ(x) by subtraction is 0 in single precision, the gradient is not.
/// let x = Prediction::logits(array![20.0_f32]);
/// let fast = loss.fast_with_gradient(x, Target::values(array![1.0]))?;
/// assert_eq!(fast.gradient[[0]], -1.4036435e-13);
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// For soft targets four functions go by this name; they agree for targets 0 and 1 alone.
/// * (1−p_t)^γ times binary cross entropy, p_t as above: torchvision, optax, Keras.
/// * p_t = exp(−BCE): segmentation-models-pytorch.
/// * 1−p_t = σ(−x(2y−1)): MONAI.
/// * y(1−p)^γ(−ln p) + (1−y)p^γ(−ln(1−p)): kornia.
///
/// Further: α = 0.25 by default; α applied to all classes alike; several classes as one sigmoid
/// each instead of a softmax.
///
/// # References
/// T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal Loss for Dense Object Detection",
/// 2017.
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

    /// Takes targets \[N, C\] as one distribution over the classes a row, instead of one binary
    /// target an element. Labels \[N\] are always classes.
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
        let batch = self.batch(&prediction, &target)?;
        exact_twin::value(self, &batch, &exact_twin::targets(&batch)?)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let batch = self.batch(&prediction, &target)?;
        let targets = exact_twin::targets(&batch)?;
        let value = exact_twin::value(self, &batch, &targets)?;
        let gradient = exact_twin::gradient(self, &batch, &targets)?;
        Ok(Evaluation { value, gradient })
    }

    fn gradient_terms<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        exact_twin::gradient_terms(self, &self.batch(&prediction, &target)?).map(Some)
    }

    fn rounded(
        &self,
        prediction: Prediction<'_, f64>,
        target: Target<'_, f64>,
    ) -> Result<Value<f64>, Error> {
        certified::rounded(self, &prediction, &target)
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
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::Values, TargetKind::Labels],
    parameters: &[
        ParameterInfo::REDUCTION,
        ParameterInfo::new("gamma", "a number ≥ 0", "2"),
        ParameterInfo::new(
            "alpha",
            "a number in [0, 1], or an array with a number ≥ 0 for each class",
            "none",
        ),
        ParameterInfo::new(
            "multi_class",
            "true or false: targets [N, C] are distributions",
            "false",
        ),
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let mut loss = Focal::new()
        .reduction(params.reduction()?)
        .multi_class(params.flag("multi_class")?);
    if let Some(gamma) = params.number("gamma")? {
        loss = loss.gamma(gamma)?;
    }
    loss = match params.get("alpha") {
        Some(Setting::Numbers(_)) => {
            loss.alpha_of_classes(&params.vector("alpha")?.unwrap_or_default())?
        }
        _ => match params.number("alpha")? {
            Some(alpha) => loss.alpha(alpha)?,
            None => loss,
        },
    };
    Ok(Box::new(loss))
}

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
