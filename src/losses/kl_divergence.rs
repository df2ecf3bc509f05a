//! Kullback–Leibler divergence of a prediction from target distributions: its parameters, its
//! exact twin and its fast twin. What all losses share lives in the contract.

use ndarray::ArrayViewMutD;

use super::input::{Domain, wrong_target};
use super::rows::{ClassRows, ClassTarget, gradient_rows};
use super::sample::matrix;
use super::{Base, Entry, Evaluation, Loss, Prediction, Reduction, Sample, Scalar, Target, Value};
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
/// | generalized value, S itself | 1.5 ulp | 0.51 ulp |
/// | value | ½ ulp + 2⁻⁵²·S | ½ ulp + 2⁻⁵²·S |
/// | gradient | as for [`CrossEntropy`](super::CrossEntropy) | the same |
///
/// Near p = q the value is small of second order in p − q, and S with it, so that a divergence
/// of distributions keeps its relative accuracy. From logits the probabilities are themselves
/// rounded, to 2⁻⁵⁵ relative: this adds 2⁻⁵⁴·Σ_c |p_c − q_c|.
///
/// # Complexity
/// O(N·C) time; O(C) memory beyond the result.
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
        let gradient = gradient_rows(gradient, batch.rows.values.dim())?;
        fast_twin::evaluate(self, &batch, Some(gradient))
    }
}

mod exact_twin {
    use ndarray::ArrayD;
    use num_traits::Zero;

    use super::super::rows::exact_gradient;
    use super::super::{Space, Value, reduce};
    use super::{Batch, KlDivergence, NAME};
    use crate::Error;
    use crate::exact::rational::sum;
    use crate::exact::{Lift, Rational, Real};

    /// L = (1/D) Σ_i ℓ_i, where ℓ_i = Σ_c q_ic ln(q_ic / p_ic), and + Σ_c (p_ic − q_ic) where it
    /// is generalized.
    pub(super) fn value<T: Lift>(
        loss: &KlDivergence,
        batch: &Batch<'_, T>,
    ) -> Result<Value<Real>, Error> {
        let mut values = Vec::with_capacity(batch.rows.len());
        for row in 0..batch.rows.len() {
            let q = targets(batch, row)?;
            let p = batch.rows.distribution(NAME, row)?;
            let mut terms = vec![p.expected_surprisal(&q)?];
            for q in &q {
                terms.push(Real::ln(q)?.scale(q));
            }
            if loss.generalized {
                for c in 0..p.classes() {
                    terms.push(p.probability(c)?);
                }
                terms.push(Real::from(-sum(&q)));
            }
            values.push(Real::sum(terms)?);
        }
        reduce::exact(
            values,
            loss.reduction,
            &reduce::count(loss.reduction, batch.rows.len()),
            loss.base,
        )
    }

    /// ∂L/∂p_ic = −q_ic / (D p_ic), and + 1/D where it is generalized, or
    /// ∂L/∂z_ic = ((Σ_k q_ik) p_ic − q_ic) / D.
    pub(super) fn gradient<T: Lift>(
        loss: &KlDivergence,
        batch: &Batch<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        let divisor = reduce::count(loss.reduction, batch.rows.len());
        let slope_of_sum = loss.generalized && batch.rows.space == Space::Probabilities;
        exact_gradient(&batch.rows, loss.base, &divisor, |row| {
            let p = batch.rows.distribution(NAME, row)?;
            let mut derivatives = p.expected_surprisal_gradient(&targets(batch, row)?)?;
            if slope_of_sum {
                for derivative in &mut derivatives {
                    *derivative = derivative.add(&Real::one())?;
                }
            }
            Ok(Some(derivatives))
        })
    }

    fn targets<T: Lift>(batch: &Batch<'_, T>, row: usize) -> Result<Vec<Rational>, Error> {
        let targets = batch.target.distribution(row, batch.rows.classes())?;
        Ok(targets.unwrap_or_else(|| vec![Rational::zero(); batch.rows.classes()]))
    }
}

mod fast_twin {
    use ndarray::ArrayViewMut2;

    use super::super::rows::{self, Batching, ClassTarget, WantedGradient, contiguous};
    use super::super::{Scalar, Space, Value, reduce};
    use super::{Batch, KlDivergence, NAME};
    use crate::Error;
    use crate::kernel::Float;
    use crate::kernel::elementary::ln_pair;
    use crate::kernel::log_sum_exp::Softmax;
    use crate::kernel::pair::Pair;
    use crate::kernel::relative_entropy::term;
    use crate::kernel::sum::Total;

    /// The value of the batch; the gradient is written where one is wanted.
    ///
    /// A row is Σ_c (q_c ln(q_c/p_c) − q_c + p_c) + (Σ_c q_c − Σ_c p_c): terms that are not
    /// negative and keep their relative accuracy, and two sums of inputs.
    pub(super) fn evaluate<F: Scalar>(
        loss: &KlDivergence,
        batch: &Batch<'_, F>,
        gradient: Option<ArrayViewMut2<'_, F>>,
    ) -> Result<Value<F>, Error> {
        let KlDivergence {
            reduction,
            base,
            generalized,
        } = *loss;
        let Batch { rows, target } = batch;
        let divisor = reduce::count_in_float(reduction, rows.len());
        let in_domain = |x: &F| {
            *x >= F::ZERO
                && if generalized {
                    x.is_finite()
                } else {
                    *x <= F::ONE
                }
        };
        let mut copy = Vec::new();
        rows::fast(
            rows,
            Batching {
                reduction,
                base,
                divisor,
            },
            gradient,
            |index, p, wanted| {
                let ClassTarget::Soft(targets, _) = target else {
                    return Ok(Total::ZERO);
                };
                let targets = targets.row(index);
                let q = contiguous(&targets, &mut copy);
                if !q.iter().all(in_domain) {
                    target.distribution(index, q.len())?;
                }
                let value = match rows.space {
                    Space::Logits => from_logits(p, q, wanted),
                    _ if p.iter().all(in_domain) => {
                        Some(from_probabilities(p, q, generalized, wanted))
                    }
                    _ => None,
                };
                let mut value = value.ok_or_else(|| rows.error(NAME, index))?;
                if !generalized {
                    q.iter().for_each(|q| value.add(q.to_f64()));
                    match rows.space {
                        Space::Logits => value.add(-1.0),
                        _ => p.iter().for_each(|p| value.add(-p.to_f64())),
                    }
                }
                Ok(value)
            },
        )
    }

    /// Σ_c (q_c ln(q_c/p_c) − q_c + p_c) of probabilities.
    fn from_probabilities<F: Float>(
        p: &[F],
        q: &[F],
        generalized: bool,
        gradient: WantedGradient<'_, F>,
    ) -> Total {
        let mut total = Total::ZERO;
        for (&p, &q) in p.iter().zip(q) {
            total.add_pair(term(Pair::from(q.to_f64()), Pair::from(p.to_f64())));
        }
        if let Some((scale, output)) = gradient {
            for ((to, &p), &q) in output.iter_mut().zip(p).zip(q) {
                let (p, q) = (p.to_f64(), q.to_f64());
                let slope = match (q == 0.0, p == 0.0) {
                    (true, _) => Pair::ZERO,
                    (false, true) => -Pair::INFINITY,
                    // 1 − q/p = (p − q)/p, which does not cancel.
                    (false, false) if generalized => Pair::difference(p, q) / Pair::from(p),
                    (false, false) => -(Pair::from(q) / Pair::from(p)),
                };
                let slope = if generalized && q == 0.0 {
                    Pair::ONE
                } else {
                    slope
                };
                *to = slope.mul_f64(scale).round();
            }
        }
        total
    }

    /// The same of a softmax, whose probabilities sum to 1; `None` where it has no limit.
    ///
    /// A probability below the floats still has a logarithm: such a term is taken from the
    /// surprisal.
    fn from_logits<F: Float>(row: &[F], q: &[F], gradient: WantedGradient<'_, F>) -> Option<Total> {
        const SMALL: f64 = f64::MIN_POSITIVE / f64::EPSILON;
        let softmax = Softmax::of(row).ok()?;
        let (mut total, mut mass) = (Total::ZERO, Total::ZERO);
        for (&z, &q) in row.iter().zip(q) {
            let (p, q) = (softmax.probability(z), q.to_f64());
            mass.add(q);
            if p.hi >= SMALL || q == 0.0 {
                total.add_pair(term(Pair::from(q), p));
            } else {
                softmax.add_surprisal(z, q, &mut total);
                total.add_product(q, ln_pair(q));
                total.add(-q);
                total.add_pair(p);
            }
        }
        if let Some((scale, output)) = gradient {
            let target = |c: usize| Pair::from(q[c].to_f64());
            softmax.gradient_into(row, mass.value(), target, scale, output);
        }
        Some(total)
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
    samples,
};

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
