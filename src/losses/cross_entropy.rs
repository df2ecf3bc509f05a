//! Cross entropy of a prediction relative to labels or to target distributions: its
//! parameters, its exact twin and its fast twin. What all losses share lives in the contract.

use ndarray::{ArrayViewMutD, array};

use super::input::{ClassRows, ClassTarget, Domain, shape};
use super::sample::matrix;
use super::{
    Base, Entry, Evaluation, Loss, Parameter, Prediction, Reduction, Sample, Scalar, Target, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};

const NAME: &str = "cross_entropy";

/// Cross entropy.
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
    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        let rows = ClassRows::new(NAME, prediction)?;
        let target = ClassTarget::new(NAME, target, rows.values.dim(), self.ignore_index)?;
        if let Some(weights) = &self.weights {
            shape("weights", &[weights.len()], &[rows.values.ncols()])?;
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
}

mod exact_twin {
    use ndarray::{Array2, ArrayD};
    use num_traits::{One, Zero};

    use super::super::input::{ClassTarget, Domain};
    use super::super::reduce::{self, in_base};
    use super::super::{Reduction, Value};
    use super::{Batch, CrossEntropy, NAME};
    use crate::Error;
    use crate::exact::rational::sum;
    use crate::exact::{Lift, Rational, Real};

    /// L = (1/D) Σ_i ℓ_i, where ℓ_i = −Σ_c w_c q_ic ln p_ic.
    pub(super) fn value<T: Lift>(
        loss: &CrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<Value<Real>, Error> {
        let mut values = Vec::with_capacity(batch.rows.len());
        for row in 0..batch.rows.len() {
            values.push(match weighted_targets(loss, batch, row)? {
                None => Real::zero(),
                Some(wq) => batch.rows.distribution(NAME, row)?.expected_surprisal(&wq)?,
            });
        }
        reduce::exact(values, loss.reduction, &divisor(loss, batch)?, loss.base)
    }

    /// ∂L/∂p_ic = −w_c q_ic / (D p_ic), or ∂L/∂z_ic = ((Σ_k w_k q_ik) p_ic − w_c q_ic) / D.
    pub(super) fn gradient<T: Lift>(
        loss: &CrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        let scale = divisor(loss, batch)?.recip();
        let mut gradient = Array2::from_elem(batch.rows.values.dim(), Real::zero());
        for (row, mut components) in gradient.rows_mut().into_iter().enumerate() {
            let Some(wq) = weighted_targets(loss, batch, row)? else { continue };
            let distribution = batch.rows.distribution(NAME, row)?;
            let derivatives = distribution.expected_surprisal_gradient(&wq)?;
            for (component, derivative) in components.iter_mut().zip(derivatives) {
                *component = in_base(derivative.scale(&scale), loss.base)?;
            }
        }
        Ok(gradient.into_dyn())
    }

    /// w_c q_ic for each class c of row i, where q_i is the smoothed target (1−ε)y_i + ε/K;
    /// `None` where the row is ignored.
    fn weighted_targets<T: Lift>(
        loss: &CrossEntropy,
        batch: &Batch<'_, T>,
        row: usize,
    ) -> Result<Option<Vec<Rational>>, Error> {
        let Some(mut q) = batch.target.distribution(row, batch.rows.classes())? else {
            return Ok(None);
        };
        let epsilon = loss.label_smoothing.exact();
        if !epsilon.is_zero() {
            let keep = Rational::one() - epsilon;
            let spread = epsilon / Rational::from_integer(q.len().into());
            for q in &mut q {
                *q = &*q * &keep + &spread;
            }
        }
        if let Some(weights) = &loss.weights {
            for (q, w) in q.iter_mut().zip(weights) {
                *q *= w.exact();
            }
        }
        Ok(Some(q))
    }

    /// D: 1 where nothing is averaged; the number of rows for soft targets; for labels the sum
    /// of w_{y_i} over the rows that are kept.
    fn divisor<T: Lift>(loss: &CrossEntropy, batch: &Batch<'_, T>) -> Result<Rational, Error> {
        if loss.reduction != Reduction::Mean {
            return Ok(Rational::one());
        }
        let rows = || Rational::from_integer(batch.rows.len().into());
        let ClassTarget::Labels(labels) = &batch.target else { return Ok(rows()) };
        let kept = (0..batch.rows.len()).filter_map(|row| labels.get(row));
        let total = match &loss.weights {
            None => Rational::from_integer(kept.count().into()),
            Some(weights) => sum(kept.map(|label| weights[label].exact())),
        };
        if total.is_zero() { Err(reduce::weights_sum_to_zero(NAME)) } else { Ok(total) }
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
    samples,
};

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities = || matrix("0.1 0.2 0.7; 0.3 0.4 0.3; 0.1 0.2 0.7").map(Prediction::probabilities);
    let logits = || matrix("2 -1 1/2; 0 0 -3; 1 1 1").map(Prediction::logits);
    let labels = || Target::labels(array![2, 1, 0]);
    let soft = || matrix("1/2 1/4 1/4; 0 1 0; 1/3 1/3 1/3").map(Target::values);
    let plain = CrossEntropy::new;
    let each = || CrossEntropy::new().reduction(Reduction::None);
    let weighted = plain().weights(&[1, 2, 3])?;
    let smooth = plain().label_smoothing(Rational::new(1.into(), 10.into()))?;
    let everything = weighted.clone().label_smoothing(Rational::new(1.into(), 10.into()))?;
    Ok(vec![
        Sample::new("article_in_nats", plain(), probabilities()?, labels()),
        Sample::new("article_in_bits", plain().base(Base::Two), probabilities()?, labels()),
        Sample::new("article_rows_in_nats", each(), probabilities()?, labels()),
        Sample::new("article_rows_in_bits", each().base(Base::Two), probabilities()?, labels()),
        Sample::new("soft_targets", plain(), probabilities()?, soft()?),
        Sample::new("logits", plain(), logits()?, labels()),
        Sample::new("logits_in_bits", each().base(Base::Two), logits()?, labels()),
        Sample::new("logits_soft_targets_sum", plain().reduction(Reduction::Sum), logits()?, soft()?),
        Sample::new("weights", weighted, logits()?, labels()),
        Sample::new("ignore_index", plain().ignore_index(1), probabilities()?, labels()),
        Sample::new("label_smoothing", smooth, probabilities()?, labels()),
        Sample::new("weights_and_label_smoothing", everything, logits()?, labels()),
    ])
}
