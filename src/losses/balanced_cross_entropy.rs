//! Balanced cross entropy of predictions of any shape relative to targets in [0, 1]: its
//! parameters, its exact twin and its fast twin. What all losses share lives in the contract.

use ndarray::{ArrayD, ArrayViewMutD};

use super::certified::{self, Certified, Shares};
use super::elements::Elements;
use super::input::Domain;
use super::sample::{matrix, vector};
use super::{
    DynLoss, Entry, Evaluation, Loss, Parameter, ParameterInfo, Params, Prediction, Reduction,
    Sample, Scalar, Setting, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};
use crate::kernel::pair::Pair;

const NAME: &str = "balanced_cross_entropy";

/// Where the weight α of the positive class comes from.
#[derive(Debug, Clone, Default, PartialEq)]
enum Balance {
    /// α = n/(n + m) from the counts of the batch.
    #[default]
    Counts,
    /// A given number.
    Given(Parameter),
}

/// Balanced cross entropy: binary cross entropy with a weight α for the outcome 1 and 1 − α for
/// the outcome 0, so chosen that both classes weigh the same.
///
/// # Formula
/// ℓ = −[α·y·ln p + (1−α)·(1−y)·ln(1−p)] in nats for each element; for a target of 0 or 1 this
/// is −α_t·ln p_t with α_t = α or 1−α and p_t = p or 1−p. From a logit x, p = σ(x).
///
/// α is given, or comes from the counts of the batch: α/(1−α) = n/m, so α = n/(n + m), for
/// m = Σ y and n = Σ (1−y). Each class then has the total weight m·α = n·(1−α) = mn/(n + m).
///
/// | reduction | value |
/// |---|---|
/// | none | ℓ for each element |
/// | sum | Σ ℓ |
/// | mean | Σ ℓ / N, N being the number of elements |
///
/// # Shapes
/// Prediction in probabilities or logits and targets of one shape, of any number of axes, with
/// at least one element. The value is a number, or has that shape with [`Reduction::None`]; so
/// has the gradient.
///
/// # Domain
/// Probabilities, targets and α in [0, 1]; logits any number or ±∞.
///
/// # Conventions
/// As for binary cross entropy: 0·ln 0 = 0, and a weight of 0 takes its term away, also an
/// infinite one. Where a batch has one class alone, the counts give that class the weight 0 and
/// the loss is 0: with nothing to balance against there is nothing to learn from. All elements
/// of a batch are counted together; to balance each image apart, evaluate each apart.
///
/// # Gradient
/// With respect to the prediction as it was given, D being N for the mean and else 1, α being
/// constant (the counts depend on targets only):
/// ∂L/∂p = [(1−α)(1−y)/(1−p) − αy/p]/D, where 0/0 is 0, or
/// ∂L/∂x = [(1−α)(1−y)·σ(x) − αy·σ(−x)]/D.
///
/// # Accuracy
/// Stated bounds of the fast twin, in ulps of the result, as for binary cross entropy; the tests
/// measure them against the exact twin. α and 1−α come from the counts as quotients of sums of
/// their own, within 2⁻⁷⁴.
///
/// | targets 0 and 1 | bound by count, `f64` | `f32` | measured `f64`, `f32` |
/// |---|---|---|---|
/// | value from logits | 5.5 | 3 | 2.20, 1.66 |
/// | value from probabilities | 4.5 | 2 | 1.58, 1.22 |
/// | derivative by x | 7 | 7 | 2.89, 2.60 |
/// | derivative by p | 4 | 4 | 1.04, 2.28 |
///
/// | other targets | `f64` | `f32` |
/// |---|---|---|
/// | value | 0.625 (measured 0.51) | 0.5 + 2⁻²⁸ (0.5) |
/// | derivative by p | 0.625 + 2⁻⁷²·(αy/p + (1−α)(1−y)/(1−p))/D ulp | the same |
/// | derivative by x | 1 ulp + 2⁻⁵⁵·(αy·σ(−x) + (1−α)(1−y)·σ(x))/D | the same |
///
/// Binary cross entropy says where the bounds of other targets also hold for targets 0 and 1. A
/// given α is rounded to the float type first, where it is not of it.
///
/// # Complexity
/// O(N) time, as for binary cross entropy; no memory beyond the result, but for a copy of an
/// array that is not contiguous.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a number out of its domain, [`Error::NotANumber`],
/// [`Error::Unsupported`] for another space, for labels or without a target, and
/// [`Error::Undefined`] for an empty batch. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::parse_extended;
/// use exact_loss::losses::{BalancedCrossEntropy, Loss, Prediction, Reduction, Target};
/// use ndarray::Array1;
///
/// let numbers = |text: &str| -> Result<Array1<_>, exact_loss::Error> {
///     text.split(' ').map(parse_extended).collect()
/// };
/// // One positive in five: α = 4/5, so 4/5 for the one and 1/5 for each of the four.
/// let p = Prediction::probabilities(numbers("0.9 1/2 1/2 1/2 1/2")?);
/// let y = Target::values(numbers("1 0 0 0 0")?);
/// let each = BalancedCrossEntropy::new().reduction(Reduction::None);
/// let values: Vec<String> = each.exact(p, y)?.iter().map(ToString::to_string).collect();
/// assert_eq!(values[..2], ["4/5·ln(10/9)", "1/5·ln(2)"]);
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * `pos_weight` = n/m on the outcome 1 alone: (n + m)/m times this loss, for one batch; a fixed
///   `pos_weight` does not follow the counts of each batch.
/// * α from each image's own counts, as in holistically-nested edge detection.
/// * α as a fixed 0.25 or 0.5, whatever the counts are.
///
/// # References
/// S. Xie and Z. Tu, "Holistically-Nested Edge Detection", 2015, equation 2 (per image). T.-Y. Lin
/// et al., "Focal Loss for Dense Object Detection", 2017, section 3.1.
#[derive(Debug, Clone, Default)]
pub struct BalancedCrossEntropy {
    reduction: Reduction,
    balance: Balance,
}

impl BalancedCrossEntropy {
    /// Balanced cross entropy in nats, averaged, with α from the counts of the batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the reduction over the elements.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Sets the weight α of the outcome 1; that of the outcome 0 is 1 − α.
    ///
    /// # Errors
    /// [`Error::Parameter`] where α lies outside [0, 1].
    pub fn alpha<T: Lift>(mut self, alpha: T) -> Result<Self, Error> {
        self.balance = Balance::Given(Parameter::new("alpha", &alpha, Domain::Unit)?);
        Ok(self)
    }

    /// Takes α from the counts of each batch: α = n/(n + m) with n = Σ (1 − y) and m = Σ y.
    #[must_use]
    pub fn alpha_from_counts(mut self) -> Self {
        self.balance = Balance::Counts;
        self
    }
}

impl Loss for BalancedCrossEntropy {
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
        exact_twin::value(self, &Elements::new(NAME, &prediction, &target)?)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        exact_twin::evaluate(self, &Elements::new(NAME, &prediction, &target)?)
    }

    fn gradient_terms<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        exact_twin::gradient_terms(self, &Elements::new(NAME, &prediction, &target)?).map(Some)
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
        fast_twin::evaluate(self, &Elements::new(NAME, &prediction, &target)?, None)
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        fast_twin::evaluate(
            self,
            &Elements::new(NAME, &prediction, &target)?,
            Some(gradient),
        )
    }
}

/// The sums that certify the rounding.
impl Certified for BalancedCrossEntropy {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        if matches!(&self.balance, Balance::Given(alpha) if !certified::is_float(alpha)) {
            return None;
        }
        let batch = Elements::new(NAME, prediction, target).ok()?;
        let (alpha, rest) = fast_twin::shares(self, &batch);
        let shares = |y| (alpha * Pair::from(y), rest * Pair::difference(1.0, y));
        certified::collect_surprisals(&batch, self.reduction, Shares::Weighted(shares))
    }

    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error> {
        let batch = Elements::new(NAME, prediction, target)?;
        let part = Self {
            balance: Balance::Given(exact_twin::alpha(self, &batch.exact_targets()?).into()),
            ..self.clone()
        };
        let (prediction, target) = certified::selected(which, prediction, target);
        Ok((part, prediction, target))
    }
}

mod exact_twin {
    use ndarray::ArrayD;

    use super::super::elements::Elements;
    use super::super::{Evaluation, Value};
    use super::{Balance, BalancedCrossEntropy};
    use crate::Error;
    use crate::exact::ratio::{complement, divide, multiply};
    use crate::exact::rational::sum;
    use crate::exact::{Lift, Rational, Real};

    /// L = (1/D) Σ ℓ, where ℓ = −[α·y·ln p + (1−α)·(1−y)·ln(1−p)].
    pub(super) fn value<T: Lift>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, T>,
    ) -> Result<Value<Real>, Error> {
        batch.exact_surprisal(loss.reduction, &weights(loss, batch)?)
    }

    /// L with ∂ℓ/∂p = (1−α)(1−y)/(1−p) − αy/p, or ∂ℓ/∂x = (1−α)(1−y)·σ(x) − αy·σ(−x).
    pub(super) fn evaluate<T: Lift>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        batch.exact_surprisal_with_gradient(loss.reduction, &weights(loss, batch)?)
    }

    /// The sums of the magnitudes of the terms of the gradient.
    pub(super) fn gradient_terms<T: Lift>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        batch.exact_surprisal_gradient_terms(loss.reduction, &weights(loss, batch)?)
    }

    /// α as it is given, or n/(n + m).
    pub(super) fn alpha(loss: &BalancedCrossEntropy, targets: &[Rational]) -> Rational {
        match &loss.balance {
            Balance::Given(alpha) => alpha.exact().clone(),
            Balance::Counts => {
                let count = Rational::from_integer(targets.len().into());
                complement(&divide(&sum(targets), &count))
            }
        }
    }

    /// The weights α·y of −ln p and (1−α)·(1−y) of −ln(1−p).
    fn weights<T: Lift>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, T>,
    ) -> Result<Vec<(Rational, Rational)>, Error> {
        let targets = batch.exact_targets()?;
        let alpha = alpha(loss, &targets);
        let rest = complement(&alpha);
        let weights = |y| (multiply(&alpha, y), multiply(&rest, &complement(y)));
        Ok(targets.iter().map(weights).collect())
    }
}

mod fast_twin {
    use ndarray::ArrayViewMutD;

    use super::super::elements::Elements;
    use super::super::{Scalar, Value};
    use super::{Balance, BalancedCrossEntropy, NAME};
    use crate::Error;
    use crate::kernel::binary::{Outcomes, masses};
    use crate::kernel::pair::Pair;

    /// The value of the batch; the gradient is written where one is wanted.
    pub(super) fn evaluate<F: Scalar>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, F>,
        gradient: Option<ArrayViewMutD<'_, F>>,
    ) -> Result<Value<F>, Error> {
        let (alpha, rest) = shares(loss, batch);
        let outcomes = Outcomes {
            one: alpha,
            zero: rest,
        };
        batch.surprisal(NAME, loss.reduction, gradient, outcomes, None)
    }

    /// α and 1 − α.
    pub(super) fn shares<F: Scalar>(
        loss: &BalancedCrossEntropy,
        batch: &Elements<'_, F>,
    ) -> (Pair, Pair) {
        match &loss.balance {
            Balance::Given(alpha) => {
                let alpha = alpha.float::<F>().to_f64();
                (Pair::from(alpha), Pair::difference(1.0, alpha))
            }
            Balance::Counts => from_counts(batch),
        }
    }

    /// α = n/(n + m) and 1 − α = m/(n + m), each from a sum of its own: neither cancels.
    fn from_counts<F: Scalar>(batch: &Elements<'_, F>) -> (Pair, Pair) {
        let targets = batch.targets.as_standard_layout();
        let (positives, negatives) = masses(targets.as_slice().unwrap_or_default());
        let count = batch.targets.len() as f64;
        (negatives.divided_by(count), positives.divided_by(count))
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Balanced cross entropy",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInPrediction,
        Claim::GradientIsDerivative,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::Values],
    parameters: &[
        ParameterInfo::REDUCTION,
        ParameterInfo::new(
            "alpha",
            "a number in [0, 1], or \"auto\" for the counts",
            "\"auto\"",
        ),
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let loss = BalancedCrossEntropy::new().reduction(params.reduction()?);
    let is_auto = matches!(params.get("alpha"), Some(Setting::Text(text)) if text == "auto");
    Ok(Box::new(match params.number("alpha") {
        _ if is_auto => loss.alpha_from_counts(),
        Ok(None) => loss,
        Ok(Some(alpha)) => loss.alpha(alpha)?,
        Err(error) => return Err(error),
    }))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities = || vector("0.9 0.2 1/2 0.3 1/4").map(Prediction::probabilities);
    let hard = || vector("1 0 0 0 0").map(Target::values);
    let logits = || matrix("2 -1 1/2; 0 -3 4").map(Prediction::logits);
    let soft = || matrix("1 0 1/3; 1/2 0.1 1").map(Target::values);
    let counts = BalancedCrossEntropy::new;
    let quarter = Rational::new(1.into(), 4.into());
    let given = counts().alpha(quarter)?;
    let each = counts().reduction(Reduction::None);
    Ok(vec![
        Sample::new("counts", counts(), probabilities()?, hard()?),
        Sample::new("counts_each", each, probabilities()?, hard()?),
        Sample::new("alpha", given.clone(), probabilities()?, hard()?),
        Sample::new("counts_logits_soft_targets", counts(), logits()?, soft()?),
        Sample::new(
            "alpha_logits_sum",
            given.reduction(Reduction::Sum),
            logits()?,
            soft()?,
        ),
    ])
}
