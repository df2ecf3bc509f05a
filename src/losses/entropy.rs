//! Entropy of a prediction: its parameters, its exact twin and its fast twin. What all losses
//! share lives in the contract.

use ndarray::{ArrayD, ArrayViewMutD};

use super::certified::{self, Batching, Certified, collect_rows};
use super::input::{Domain, wrong_target};
use super::reduce::count_in_float;
use super::rows::{ClassRows, TableMut};
use super::sample::matrix;
use super::{
    Base, DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction, Sample,
    Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Real};
use crate::kernel::certified::Weights;

const NAME: &str = "entropy";

/// The Shannon entropy of a prediction, which takes no target.
///
/// # Formula
/// ℓ_i = −Σ_c p_ic·ln p_ic in nats, or with log₂ in bits; from logits z,
/// p_ic = exp(z_ic) / Σ_j exp(z_ij). The value of a batch is the sum or the mean of its rows.
///
/// # Shapes
/// Prediction \[N, C\] in probabilities or logits, N, C ≥ 1. The value is a number, or \[N\] with
/// [`Reduction::None`]; the gradient [N, C].
///
/// # Domain
/// Probabilities in [0, 1]; nothing makes them sum to 1. Logits: any number or ±∞.
///
/// # Conventions
/// 0·ln 0 = 0. A logit of −∞ is p = 0; a single +∞ is the limit, p = 1. An empty batch has no
/// value.
///
/// # Gradient
/// With D = N for a mean (else 1): ∂L/∂p_ic = (−ln p_ic − 1)/D, which is +∞ at p = 0, or
/// ∂L/∂z_ic = p_ic·(Σ_k p_ik·z_ik − z_ic)/D. In bits both are divided by ln 2.
///
/// # Accuracy
/// Stated bounds of the fast twin, in ulps of the result, except where a bound on the absolute
/// error is given for a difference that may cancel.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value, from probabilities | 4 | 3 |
/// | value, from logits | 5.5 | 4 |
/// | gradient by probabilities | 1.5 + 2⁻⁵¹(\|ln p\| + 1)/D | 1.5 + 2⁻²²(\|ln p\| + 1)/D |
/// | gradient by logits | 1.5 + 2⁻⁵⁰·r | 1.5 + 2⁻²¹·r |
///
/// Here r = p·(m − z + Σ_k p_k(m − z_k))/D with m = max z.
///
/// # Complexity
/// O(N·C) time, in vector code on all threads; no memory beyond the result for small contiguous
/// batches, and views that are not contiguous are copied a few rows at a time.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`], [`Error::NotANumber`], [`Error::Unsupported`] for
/// another space or with a target, and [`Error::Undefined`] for an empty batch or a row of
/// logits that has no softmax. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Base, Entropy, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let fair = array![[0.5, 0.25, 0.25]];
/// let entropy = Entropy::new().base(Base::Two);
/// let bits = entropy.exact(Prediction::probabilities(&fair), Target::None)?;
/// assert_eq!(bits.reduced().expect("a mean").to_string(), "3/2");
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Clamped probabilities.
/// * As a regularizer with its sign changed, under the same name.
///
/// # References
/// C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6.
#[derive(Debug, Clone, Default)]
pub struct Entropy {
    base: Base,
    reduction: Reduction,
}

impl Entropy {
    /// The entropy in nats, averaged over the rows.
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
}

fn rows<'a, T>(
    prediction: &'a Prediction<'_, T>,
    target: &Target<'_, T>,
) -> Result<ClassRows<'a, T>, Error> {
    let rows = ClassRows::new(NAME, prediction, Domain::Unit)?;
    match target {
        Target::None => Ok(rows),
        _ => Err(wrong_target(NAME, target, "the prediction alone")),
    }
}

impl Loss for Entropy {
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
        exact_twin::value(self, &rows(&prediction, &target)?)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let rows = rows(&prediction, &target)?;
        let value = exact_twin::value(self, &rows)?;
        let gradient = exact_twin::gradient(self, &rows)?;
        Ok(Evaluation { value, gradient })
    }

    fn gradient_terms<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        exact_twin::gradient_terms(self, &rows(&prediction, &target)?).map(Some)
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
        fast_twin::evaluate(self, &rows(&prediction, &target)?, None)
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        let rows = rows(&prediction, &target)?;
        let gradient = TableMut::of_gradient(gradient, rows.values.dim())?;
        fast_twin::evaluate(self, &rows, Some(gradient))
    }
}

/// The sums that certify the rounding, from probabilities.
impl Certified for Entropy {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        let rows = rows(prediction, target).ok()?;
        if rows.space != Space::Probabilities {
            return None;
        }
        let batching = Batching {
            reduction: self.reduction,
            base: self.base,
            divisor: count_in_float(self.reduction, rows.len()).value(),
        };
        collect_rows(&rows, &batching, |_, row, sum| {
            sum.add_surprisals(Weights::from(row), row);
        })
    }

    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error> {
        Ok((
            self.clone(),
            prediction.select_rows(which),
            target.select_rows(which),
        ))
    }
}

mod exact_twin {
    use ndarray::ArrayD;

    use super::super::Value;
    use super::super::reduce;
    use super::super::rows::{ClassRows, exact_gradient};
    use super::{Entropy, NAME};
    use crate::Error;
    use crate::exact::{Lift, Real};

    /// L = (1/D) Σ_i ℓ_i, where ℓ_i = −Σ_c p_ic ln p_ic.
    pub(super) fn value<T: Lift>(
        loss: &Entropy,
        rows: &ClassRows<'_, T>,
    ) -> Result<Value<Real>, Error> {
        let entropies = (0..rows.len()).map(|row| rows.distribution(NAME, row)?.entropy());
        let values = entropies.collect::<Result<Vec<_>, Error>>()?;
        reduce::exact(
            values,
            loss.reduction,
            &reduce::count(loss.reduction, rows.len()),
            loss.base,
        )
    }

    /// ∂L/∂p_ic = (−ln p_ic − 1)/D, or ∂L/∂z_ic = p_ic (Σ_k p_ik z_ik − z_ic)/D.
    pub(super) fn gradient<T: Lift>(
        loss: &Entropy,
        rows: &ClassRows<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        let divisor = reduce::count(loss.reduction, rows.len());
        exact_gradient(rows, loss.base, &divisor, |row| {
            rows.distribution(NAME, row)?.entropy_gradient().map(Some)
        })
    }

    /// The sums of the magnitudes of the terms of [`gradient`].
    pub(super) fn gradient_terms<T: Lift>(
        loss: &Entropy,
        rows: &ClassRows<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        let divisor = reduce::count(loss.reduction, rows.len());
        exact_gradient(rows, loss.base, &divisor, |row| {
            let distribution = rows.distribution(NAME, row)?;
            distribution.entropy_gradient_terms().map(Some)
        })
    }
}

mod fast_twin {
    use super::super::rows::{self, Batching, ClassRows, TableMut, WantedGradient};
    use super::super::{Scalar, Space, Value, reduce};
    use super::{Entropy, NAME};
    use crate::Error;
    use crate::kernel::Float;
    use crate::kernel::elementary::ln_pair;
    use crate::kernel::log_sum_exp::Softmax;
    use crate::kernel::log_sum_exp::every_class::{EntropyOfSoftmax, sum_of_rows};
    use crate::kernel::pair::Pair;
    use crate::kernel::row_terms::{self, sum_of_terms};
    use crate::kernel::sum::Total;

    /// The value of the batch; the gradient is written where one is wanted.
    pub(super) fn evaluate<F: Scalar>(
        loss: &Entropy,
        rows: &ClassRows<'_, F>,
        gradient: Option<TableMut<'_, F>>,
    ) -> Result<Value<F>, Error> {
        let Entropy { reduction, base } = *loss;
        let divisor = reduce::count_in_float(reduction, rows.len());
        let batching = Batching {
            reduction,
            base,
            divisor,
        };
        let logits = rows.space == Space::Logits;
        rows::in_slices(rows, None, batching, gradient, |slices| {
            let scale = slices.scale.gradient.hi;
            let slow = |_: usize, row: &[F], _: &[F], gradient: Option<&mut [F]>| {
                let gradient = gradient.map(|gradient| (scale, gradient));
                if logits {
                    from_logits(row, gradient)
                } else {
                    from_probabilities(row, gradient)
                }
            };
            if logits {
                sum_of_rows(slices, &EntropyOfSoftmax, &slow)
            } else {
                sum_of_terms(slices, &row_terms::Entropy, &slow)
            }
            .map_err(|row| rows.error(NAME, row))
        })
    }

    /// −Σ_c p_c ln p_c; `None` where a probability lies outside [0, 1].
    fn from_probabilities<F: Float>(row: &[F], gradient: WantedGradient<'_, F>) -> Option<Total> {
        if !row.iter().all(|p| (F::ZERO..=F::ONE).contains(p)) {
            return None;
        }
        let mut total = Total::ZERO;
        for &p in row.iter().filter(|&&p| p != F::ZERO) {
            total.add_product(p.to_f64(), -ln_pair(p));
        }
        if let Some((scale, output)) = gradient {
            for (to, &p) in output.iter_mut().zip(row) {
                *to = (-ln_pair(p)).add_f64(-1.0).mul_f64(scale).round();
            }
        }
        Some(total)
    }

    /// Σ_c p_c (m − z_c) + ln Σ_j exp(z_j − m), two sums of terms that are not negative; `None`
    /// where the softmax has no limit.
    fn from_logits<F: Float>(row: &[F], gradient: WantedGradient<'_, F>) -> Option<Total> {
        let softmax = Softmax::of(row).ok()?;
        // p·gap, which tends to 0 where the gap grows without bound.
        let weighted_gap = |z: F| match softmax.probability(z) {
            Pair::ZERO => Pair::ZERO,
            p => p * softmax.gap(z),
        };
        let mut mean_gap = Total::ZERO;
        row.iter().for_each(|&z| mean_gap.add_pair(weighted_gap(z)));
        let mean_gap = mean_gap.value();
        if let Some((scale, output)) = gradient {
            for (to, &z) in output.iter_mut().zip(row) {
                let weighted_mean = softmax.probability(z) * mean_gap;
                // The largest logit has no gap: what underflows keeps its sign.
                let slope = if z.to_f64() == softmax.max() {
                    -weighted_mean
                } else {
                    weighted_gap(z) - weighted_mean
                };
                *to = slope.mul_f64(scale).round();
            }
        }
        let mut total = Total::ZERO;
        total.add_pair(mean_gap);
        total.add_pair(softmax.log_tail());
        Some(total)
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Entropy",
    claims: &[
        Claim::NonNegative,
        Claim::ShiftInvariant,
        Claim::GradientRowsSumToZero,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::None],
    parameters: &[ParameterInfo::REDUCTION, ParameterInfo::BASE],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let loss = Entropy::new()
        .reduction(params.reduction()?)
        .base(params.base()?);
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities = || matrix("1/2 1/4 1/4; 0 1 0; 0.3 0.4 0.3").map(Prediction::probabilities);
    let logits = || matrix("2 -1 1/2; 0 0 0").map(Prediction::logits);
    let each = || Entropy::new().reduction(Reduction::None);
    Ok(vec![
        Sample::new("in_nats", Entropy::new(), probabilities()?, Target::None),
        Sample::new(
            "rows_in_bits",
            each().base(Base::Two),
            probabilities()?,
            Target::None,
        ),
        Sample::new("logits", Entropy::new(), logits()?, Target::None),
        Sample::new(
            "logits_rows_in_bits",
            each().base(Base::Two),
            logits()?,
            Target::None,
        ),
    ])
}
