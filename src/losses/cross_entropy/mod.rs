//! Cross entropy of a prediction relative to labels or to target distributions: its
//! parameters, its exact twin and its fast twin. What all losses share lives in the contract.

mod certificate;
mod exact_twin;
mod fast_twin;

use ndarray::{ArrayD, ArrayViewMutD, array};

use super::certified;
use super::input::{Domain, shape};
use super::rows::{ClassRows, ClassTarget, TableMut};
use super::sample::matrix;
use super::{
    Base, DynLoss, Entry, Evaluation, Loss, Parameter, ParameterInfo, Params, Prediction,
    Reduction, Sample, Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};

const NAME: &str = "cross_entropy";

/// Cross entropy of a prediction p relative to a target q: the mean surprisal −ln p of what is
/// drawn from q.
///
/// # Formula
/// ℓ_i = −Σ_c w_c·q_ic·ln p_ic in nats, or with log₂ in bits, where q_i = (1−ε)·y_i + ε/K is the
/// smoothed target, y_i being the given distribution over the K classes, or 1 at the label and 0
/// elsewhere. From logits z it is p_ic = exp(z_ic) / Σ_j exp(z_ij).
///
/// | reduction | value |
/// |---|---|
/// | none | ℓ_i for each row |
/// | sum | Σ_i ℓ_i |
/// | mean, labels y | Σ_i ℓ_i / Σ_i w_{y_i} over the rows that are kept |
/// | mean, soft targets | Σ_i ℓ_i / N |
///
/// # Shapes
/// Prediction \[N, C\] in probabilities or logits; labels \[N\] or soft targets \[N, C\]; weights
/// \[C\]; N, C ≥ 1. The value is a number, or \[N\] with [`Reduction::None`]; the gradient \[N, C\].
///
/// # Domain
/// Probabilities and soft targets in [0, 1]; nothing makes them sum to 1, as no floats would.
/// Logits: any number or ±∞. Labels in 0..C, or the ignored label. Weights finite and ≥ 0;
/// ε in [0, 1].
///
/// # Conventions
/// 0·ln 0 = 0; a positive target at p = 0 gives +∞. A logit of −∞ is p = 0; a single +∞ is the
/// limit, p = 1. A row that is ignored is not read, counts in no mean, and has the value 0 and a
/// gradient of 0. An empty batch, and one in which every row is ignored, has no value under any
/// reduction.
///
/// # Gradient
/// With respect to the prediction as it was given, D being the divisor of the mean (else 1):
/// ∂L/∂p_ic = −w_c·q_ic / (D·p_ic), which is −∞ at p = 0 < q and 0 at q = 0, or
/// ∂L/∂z_ic = (p_ic·Σ_k w_k·q_ik − w_c·q_ic) / D. In bits both are divided by ln 2.
///
/// # Accuracy
/// Stated bounds of the fast twin, in ulps of the result; the tests measure them against the
/// exact twin. They hold for any number of rows and classes up to 2⁴⁰.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value, labels, logits | 2.25 | 2.25 |
/// | value, labels, probabilities | 1 | 0.51 |
/// | value, soft targets | 4 | 3 |
/// | value, soft targets with weights, or smoothing | 7 | 3 |
/// | gradient, labels, logits | 4 | 4 |
/// | gradient, labels, probabilities | 2.5 | 0.51 |
/// | gradient, soft targets or smoothing, logits | ½ + 2⁻⁵⁰(pΣwq + wq)/D | ½ + 2⁻²²(pΣwq + wq)/D |
/// | gradient, soft targets or smoothing, probabilities | 4.5 | 2 |
///
/// The parameters w and ε are rounded to the float type first, where they are not of it.
///
/// # Complexity
/// O(N·C) time, in vector code on all threads. Small contiguous batches with labels that are not
/// smoothed allocate nothing beside the result; smoothing and soft targets take O(C) memory for weights; views that are not
/// contiguous are copied a few rows at a time. The exact twin takes as many logarithms or
/// exponentials as there are positive targets or logits.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a value or label out of its domain,
/// [`Error::NotANumber`], [`Error::Unsupported`] for another space or without a target, and
/// [`Error::Undefined`] for an empty batch, one with every row ignored, weights that sum to
/// zero, or a row of logits that has no softmax. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::losses::{CrossEntropy, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let logits = array![[20.0, 0.0]];
/// let labels = array![0];
/// let loss = CrossEntropy::new();
///
/// let exact = loss.exact(Prediction::logits(&logits), Target::labels(&labels))?;
/// assert_eq!(exact.reduced().expect("a mean").to_string(), "ln(1 + exp(-20))");
///
/// let fast = loss.fast(Prediction::logits(&logits), Target::labels(&labels))?;
/// assert_eq!(fast.reduced(), Some(2.061153620314381e-9));
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Mean with weights: divided by N instead of Σw.
/// * Ignored rows counted in the mean; NaN, or 0, where every row is ignored.
/// * Smoothing with ε/(K−1) on the other classes.
/// * Clamped probabilities or logarithms, which turn +∞ into a finite number.
///
/// # References
/// C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6 (entropy). C. Szegedy
/// et al., "Rethinking the Inception Architecture for Computer Vision", 2016, section 7 (label
/// smoothing).
#[derive(Debug, Clone, Default)]
pub struct CrossEntropy {
    base: Base,
    reduction: Reduction,
    weights: Option<Vec<Parameter>>,
    ignore_index: Option<i64>,
    label_smoothing: Parameter,
}

impl CrossEntropy {
    /// Cross entropy in nats, averaged, without weights, ignored labels or smoothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the base of the logarithm.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = base;
        self
    }

    /// Sets the reduction over the rows.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Sets the weight w_c of each class.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a weight is negative, infinite or NaN.
    pub fn weights<T: Lift>(mut self, weights: &[T]) -> Result<Self, Error> {
        self.weights = Some(Parameter::vector("weights", weights, Domain::NonNegative)?);
        Ok(self)
    }

    /// Sets the label whose rows count neither in the value nor in the mean.
    #[must_use]
    pub fn ignore_index(mut self, label: i64) -> Self {
        self.ignore_index = Some(label);
        self
    }

    /// Sets the share ε of a target that is spread evenly over the K classes.
    ///
    /// # Errors
    /// [`Error::Parameter`] where ε lies outside [0, 1].
    pub fn label_smoothing<T: Lift>(mut self, epsilon: T) -> Result<Self, Error> {
        self.label_smoothing = Parameter::new("label_smoothing", &epsilon, Domain::Unit)?;
        Ok(self)
    }
}

/// The checked inputs of one call, which both twins read.
struct Batch<'a, T> {
    rows: ClassRows<'a, T>,
    target: ClassTarget<'a, T>,
}

impl CrossEntropy {
    #[inline]
    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        let rows = ClassRows::new(NAME, prediction, Domain::Unit)?;
        let shape_of_rows = rows.values.dim();
        let target =
            ClassTarget::new(NAME, target, shape_of_rows, self.ignore_index, Domain::Unit)?;
        if let Some(weights) = &self.weights {
            shape("weights", &[weights.len()], &[rows.classes()])?;
        }
        Ok(Batch { rows, target })
    }
}

impl Loss for CrossEntropy {
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
        let batch = self.batch(&prediction, &target)?;
        let gradient = TableMut::of_gradient(gradient, batch.rows.values.dim())?;
        fast_twin::evaluate(self, &batch, Some(gradient))
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Cross entropy",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInPrediction,
        Claim::GradientIsDerivative,
        Claim::ShiftInvariant,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::Labels, TargetKind::Values],
    parameters: &[
        ParameterInfo::REDUCTION,
        ParameterInfo::BASE,
        ParameterInfo::new("weights", "an array [C] of numbers ≥ 0", "none"),
        ParameterInfo::IGNORE_INDEX,
        ParameterInfo::new("label_smoothing", "a number in [0, 1]", "0"),
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let mut loss = CrossEntropy::new()
        .reduction(params.reduction()?)
        .base(params.base()?);
    if let Some(weights) = params.vector("weights")? {
        loss = loss.weights(&weights)?;
    }
    if let Some(label) = params.ignore_index()? {
        loss = loss.ignore_index(label);
    }
    if let Some(epsilon) = params.number("label_smoothing")? {
        loss = loss.label_smoothing(epsilon)?;
    }
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities =
        || matrix("0.1 0.2 0.7; 0.3 0.4 0.3; 0.1 0.2 0.7").map(Prediction::probabilities);
    let logits = || matrix("2 -1 1/2; 0 0 -3; 1 1 1").map(Prediction::logits);
    let labels = || Target::labels(array![2, 1, 0]);
    let soft = || matrix("1/2 1/4 1/4; 0 1 0; 1/3 1/3 1/3").map(Target::values);
    let plain = CrossEntropy::new;
    let each = || CrossEntropy::new().reduction(Reduction::None);
    let weighted = plain().weights(&[1, 2, 3])?;
    let smooth = plain().label_smoothing(Rational::new(1.into(), 10.into()))?;
    let everything = weighted
        .clone()
        .label_smoothing(Rational::new(1.into(), 10.into()))?;
    Ok(vec![
        Sample::new("article_in_nats", plain(), probabilities()?, labels()),
        Sample::new(
            "article_in_bits",
            plain().base(Base::Two),
            probabilities()?,
            labels(),
        ),
        Sample::new("article_rows_in_nats", each(), probabilities()?, labels()),
        Sample::new(
            "article_rows_in_bits",
            each().base(Base::Two),
            probabilities()?,
            labels(),
        ),
        Sample::new("soft_targets", plain(), probabilities()?, soft()?),
        Sample::new("logits", plain(), logits()?, labels()),
        Sample::new(
            "logits_in_bits",
            each().base(Base::Two),
            logits()?,
            labels(),
        ),
        Sample::new(
            "logits_soft_targets_sum",
            plain().reduction(Reduction::Sum),
            logits()?,
            soft()?,
        ),
        Sample::new("weights", weighted, logits()?, labels()),
        Sample::new(
            "ignore_index",
            plain().ignore_index(1),
            probabilities()?,
            labels(),
        ),
        Sample::new("label_smoothing", smooth, probabilities()?, labels()),
        Sample::new(
            "weights_and_label_smoothing",
            everything,
            logits()?,
            labels(),
        ),
    ])
}
