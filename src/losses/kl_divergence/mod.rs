//! Kullback–Leibler divergence of a prediction from target distributions: its parameters, its
//! exact twin and its fast twin. What all losses share lives in the contract.

mod certificate;
mod exact_twin;
mod fast_twin;

use ndarray::{ArrayD, ArrayViewMutD};

use super::certified;
use super::input::{Domain, wrong_target};
use super::rows::{ClassRows, ClassTarget, TableMut};
use super::sample::matrix;
use super::{
    Base, DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction, Sample,
    Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Real};

const NAME: &str = "kl_divergence";

/// The Kullback–Leibler divergence D(q‖p), or relative entropy, of a target q from a
/// prediction p: what the prediction adds to the entropy of the target.
///
/// # Formula
/// ℓ_i = Σ_c q_ic·ln(q_ic/p_ic) in nats, or with log₂ in bits; from logits z,
/// p_ic = exp(z_ic) / Σ_j exp(z_ij). The generalized divergence is
/// Σ_c (q_ic·ln(q_ic/p_ic) − q_ic + p_ic). The value of a batch is the sum or the mean of its
/// rows: the batch mean is the mean of the divergences.
///
/// # Shapes
/// Prediction [N, C] in probabilities or logits; targets [N, C]; N, C ≥ 1. The value is a
/// number, or \[N\] with [`Reduction::None`]; the gradient \[N, C\].
///
/// # Domain
/// Probabilities and targets in [0, 1]; nothing makes them sum to 1. Where it is generalized,
/// any finite numbers ≥ 0. Logits: any number or ±∞.
///
/// # Conventions
/// 0·ln(0/p) = 0, also at p = 0; a positive target at p = 0 gives +∞. A logit of −∞ is p = 0; a
/// single +∞ is the limit, p = 1. An empty batch has no value.
///
/// # Gradient
/// With respect to the prediction as it was given; the targets are constants. With D = N for a
/// mean (else 1): ∂L/∂p_ic = −q_ic/(D·p_ic), and + 1/D where it is generalized, which is −∞ at
/// p = 0 < q, or ∂L/∂z_ic = (p_ic·Σ_k q_ik − q_ic)/D. The gradient of the cross entropy is the
/// same. In bits all are divided by ln 2.
///
/// # Accuracy
/// Let S = Σ_c (q_c·ln(q_c/p_c) − q_c + p_c), a sum of terms that are not negative. The value
/// differs from S by Σq − Σp, which is zero for distributions but not for most floats that stand
/// for them. Stated bounds of the fast twin on the error of a row of probabilities:
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | generalized value, S itself | 7.5 ulp | 3 ulp |
/// | value | ½ ulp + 2⁻⁵⁰·S | ½ ulp + 2⁻²²·S |
/// | gradient | 2 ulp | 2 ulp |
///
/// Near p = q the value is small of second order in p − q, and S with it, so that a divergence
/// of distributions keeps its relative accuracy. From logits the probabilities are themselves
/// rounded, which adds 2⁻⁵⁰·Σ_c |p_c − q_c|, or 2⁻²¹ times that in `f32`; the gradient is as for
/// [`CrossEntropy`](super::CrossEntropy).
///
/// # Complexity
/// O(N·C) time, in vector code on all threads; no memory beyond the result for small contiguous
/// batches, and views that are not contiguous are copied a few rows at a time.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`], [`Error::NotANumber`], [`Error::Unsupported`] for
/// another space or a target in labels, and [`Error::Undefined`] for an empty batch or a row of
/// logits that has no softmax. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Base, KlDivergence, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let (q, p) = (array![[0.5, 0.5]], array![[0.25, 0.75]]);
/// let divergence = KlDivergence::new();
/// let exact = divergence.exact(Prediction::probabilities(&p), Target::values(&q))?;
/// assert_eq!(exact.reduced().expect("a mean").to_string(), "1/2·ln(4/3)");
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * The mean over all elements, which is the divergence over C.
/// * Targets, or predictions, given as logarithms.
/// * Zero targets clipped to a small number.
/// * The arguments in the other order.
///
/// # References
/// S. Kullback and R. A. Leibler, "On Information and Sufficiency", 1951. The generalized form
/// is the Bregman divergence of Σ p ln p: L. M. Bregman, 1967.
#[derive(Debug, Clone, Default)]
pub struct KlDivergence {
    base: Base,
    reduction: Reduction,
    generalized: bool,
}

impl KlDivergence {
    /// The divergence in nats, averaged over the rows.
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

    /// Chooses the generalized divergence Σ_c (q_c ln(q_c/p_c) − q_c + p_c), which is zero only
    /// at p = q for inputs that do not sum to 1. Targets and probabilities may then be any
    /// numbers ≥ 0.
    #[must_use]
    pub fn generalized(mut self, generalized: bool) -> Self {
        self.generalized = generalized;
        self
    }
}

/// The checked inputs of one call, which both twins read.
struct Batch<'a, T> {
    rows: ClassRows<'a, T>,
    target: ClassTarget<'a, T>,
}

impl KlDivergence {
    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        let domain = if self.generalized {
            Domain::NonNegative
        } else {
            Domain::Unit
        };
        let rows = ClassRows::new(NAME, prediction, domain)?;
        if !matches!(target, Target::Values(_)) {
            return Err(wrong_target(NAME, target, "targets [N, C]"));
        }
        let target = ClassTarget::new(NAME, target, rows.values.dim(), None, domain)?;
        Ok(Batch { rows, target })
    }
}

impl Loss for KlDivergence {
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
    title: "Kullback–Leibler divergence",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInPrediction,
        Claim::GradientIsDerivative,
        Claim::ShiftInvariant,
        Claim::GradientRowsSumToZero,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::Values],
    parameters: &[
        ParameterInfo::REDUCTION,
        ParameterInfo::BASE,
        ParameterInfo::new("generalized", "true or false", "false"),
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let loss = KlDivergence::new()
        .reduction(params.reduction()?)
        .base(params.base()?)
        .generalized(params.flag("generalized")?);
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities = || matrix("1/4 1/4 1/2; 0.3 0.4 0.3").map(Prediction::probabilities);
    let logits = || matrix("2 -1 1/2; 0 0 -3").map(Prediction::logits);
    let targets = || matrix("1/2 1/4 1/4; 0 1 0").map(Target::values);
    let plain = KlDivergence::new;
    let each = || plain().reduction(Reduction::None);
    let unnormalized = || matrix("2 1/2 3; 1 1 1").map(Prediction::probabilities);
    let generalized = || plain().generalized(true);
    Ok(vec![
        Sample::new("in_nats", plain(), probabilities()?, targets()?),
        Sample::new(
            "rows_in_bits",
            each().base(Base::Two),
            probabilities()?,
            targets()?,
        ),
        Sample::new(
            "at_the_target",
            plain(),
            matrix("1/2 1/4 1/4; 0 1 0").map(Prediction::probabilities)?,
            targets()?,
        ),
        Sample::new("logits", plain(), logits()?, targets()?),
        Sample::new(
            "logits_rows_in_bits",
            each().base(Base::Two),
            logits()?,
            targets()?,
        ),
        Sample::new("generalized", generalized(), unnormalized()?, targets()?),
        Sample::new(
            "sum",
            plain().reduction(Reduction::Sum),
            probabilities()?,
            targets()?,
        ),
    ])
}
