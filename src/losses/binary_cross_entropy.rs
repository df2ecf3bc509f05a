//! Binary cross entropy of predictions of any shape relative to targets in [0, 1]: its
//! parameters, its exact twin and its fast twin. What all losses share lives in the contract.

use ndarray::{ArrayD, ArrayView, ArrayViewD, ArrayViewMutD, Dimension, array};

use super::certified::{self, Certified, Shares};
use super::elements::Elements;
use super::input::Domain;
use super::sample::{matrix, vector};
use super::{
    DynLoss, Entry, Evaluation, Loss, Parameter, ParameterInfo, Params, Prediction, Reduction,
    Sample, Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};
use crate::kernel::pair::Pair;

const NAME: &str = "binary_cross_entropy";

/// Binary cross entropy of a prediction p relative to a target y: the mean surprisal of an
/// outcome that is 1 with probability y and 0 otherwise. It is minus the log-likelihood of the
/// Bernoulli law, and cross entropy with two classes.
///
/// # Formula
/// ℓ = −w·[w₊·y·ln p + (1−y)·ln(1−p)] in nats for each element, with its weight w (1 where none
/// are given) and the factor w₊ = `pos_weight` of the outcome 1. From a logit x it is
/// p = σ(x) = 1/(1 + exp(−x)), and ℓ = w·[w₊·y·ln(1 + exp(−x)) + (1−y)·ln(1 + exp(x))].
///
/// | reduction | value |
/// |---|---|
/// | none | ℓ for each element |
/// | sum | Σ ℓ |
/// | mean | Σ ℓ / N, N being the number of elements, with weights or without |
///
/// # Shapes
/// Prediction in probabilities or logits and targets of one shape, of any number of axes, with
/// at least one element; weights of that shape, or of one that is broadcast to it. The value is
/// a number, or has that shape with [`Reduction::None`]; so has the gradient.
///
/// # Domain
/// Probabilities and targets in [0, 1]; logits any number or ±∞; w and w₊ finite and ≥ 0.
///
/// # Conventions
/// 0·ln 0 = 0: at p = 0 the value is 0 for y = 0, and +∞ for any y > 0. The logits ±∞ are the
/// limits, p = 1 and p = 0. A weight of 0 takes its term away, also an infinite one. An empty
/// batch has no value under any reduction.
///
/// # Gradient
/// With respect to the prediction as it was given, D being N for the mean and else 1:
/// ∂L/∂p = w·[(1−y)/(1−p) − w₊·y/p]/D, where 0/0 is 0, and a positive number over 0 infinite:
/// −∞ at p = 0 < y, and 1/D at p = y = 0 without weights. Or
/// ∂L/∂x = w·[(1−y)·σ(x) − w₊·y·σ(−x)]/D, which is finite everywhere; without w₊ it is
/// w·(σ(x) − y)/D.
///
/// # Accuracy
/// Stated bounds of the fast twin, in ulps of the result; the tests measure them against the
/// exact twin. They hold for any number of elements up to 2⁴⁰.
///
/// | targets 0 and 1 | bound by count, `f64` and `f32` | measured |
/// |---|---|---|
/// | value from logits | 2.5 | 1.24 |
/// | value from probabilities | 1.5 | 0.84 |
/// | derivative by x | 6 | 1.90 |
/// | derivative by p | 3 | 1.42 |
///
/// With w or w₊ the value may be off by 3 ulp more in `f64` and 0.5 in `f32`, and the derivative
/// by 2 ulp more.
///
/// | other targets | `f64` | `f32` |
/// |---|---|---|
/// | value | 0.625 (measured 0.51) | 0.5 + 2⁻²⁸ (0.5) |
/// | derivative by p | 0.625 + 2⁻⁹⁶·(w₊y/p + (1−y)/(1−p))·w/D ulp (0.5) | the same (0.5) |
/// | derivative by x | 1 ulp + 2⁻⁵⁵·(w₊y·σ(−x) + (1−y)·σ(x))·w/D | the same |
///
/// The bounds of other targets also hold for targets 0 and 1 where |x| is above 80 (`f64`: 300),
/// or p or 1−p below the normal numbers, and for parameters beyond 10^±12. In `f64` a surprisal
/// or a probability below 2⁻¹⁰²² is rounded to a multiple of 2⁻¹⁰⁷⁴ before it is weighted, and a
/// derivative below the normal numbers may be off by one more of these. The parameters are
/// rounded to the float type first, where they are not of it.
///
/// The bits depend on the input alone, not on the processor or the number of threads.
///
/// # Complexity
/// O(N) time, in vector lanes and on all threads for targets 0 and 1. No memory beyond the
/// result, but for a copy of an array that is not contiguous, and N floats for the weights. The
/// exact twin takes two logarithms, or the logarithms of two exponential sums, for each element.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a number out of its domain, [`Error::NotANumber`],
/// [`Error::Unsupported`] for another space, for labels or without a target, and
/// [`Error::Undefined`] for an empty batch. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::losses::{BinaryCrossEntropy, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let logits = array![-20.0, 3.0];
/// let targets = array![0.0, 1.0];
/// let loss = BinaryCrossEntropy::new();
///
/// let exact = loss.exact(Prediction::logits(&logits), Target::values(&targets))?;
/// let wanted = "1/2·ln(1 + exp(-20)) + 1/2·ln(1 + exp(-3))";
/// assert_eq!(exact.reduced().expect("a mean").to_string(), wanted);
///
/// let fast = loss.fast_with_gradient(Prediction::logits(&logits), Target::values(&targets))?;
/// assert_eq!(fast.value.reduced(), Some(0.024293676817447842));
/// assert_eq!(fast.gradient[[0]], 1.0305768090951017e-9);
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Logarithms cut off at −100, or probabilities kept in [ε, 1−ε]: finite where this is +∞.
/// * Smoothed targets, y(1−s) + s/2 or y(1−s) + (1−y)s: give the smoothed targets instead.
/// * The mean of a weighted batch divided by Σw instead of N.
/// * `pos_weight` on the whole element instead of the outcome 1 alone.
///
/// # References
/// C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.2 (as the negative
/// log-likelihood of the Bernoulli law).
#[derive(Debug, Clone)]
pub struct BinaryCrossEntropy {
    reduction: Reduction,
    weights: Option<ArrayD<Parameter>>,
    pos_weight: Parameter,
}

impl Default for BinaryCrossEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl BinaryCrossEntropy {
    /// Binary cross entropy in nats, averaged, without weights.
    #[must_use]
    pub fn new() -> Self {
        let one = Rational::from_integer(1.into());
        Self {
            reduction: Reduction::default(),
            weights: None,
            pos_weight: one.into(),
        }
    }

    /// Sets the reduction over the elements.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Sets the weight w of each element. The array has the shape of the prediction, or one
    /// that is broadcast to it: \[C\] for one weight a column of \[N, C\].
    ///
    /// # Errors
    /// [`Error::Parameter`] where a weight is negative, infinite or NaN.
    pub fn weights<T: Lift, D: Dimension>(
        mut self,
        weights: ArrayView<'_, T, D>,
    ) -> Result<Self, Error> {
        let mut checked = Vec::with_capacity(weights.len());
        for weight in &weights {
            checked.push(Parameter::new("weights", weight, Domain::NonNegative)?);
        }
        let checked = ArrayD::from_shape_vec(weights.shape(), checked)
            .expect("there is one parameter for each weight");
        self.weights = Some(checked);
        Ok(self)
    }

    /// Sets the factor w₊ of the term of the outcome 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is negative, infinite or NaN.
    pub fn pos_weight<T: Lift>(mut self, pos_weight: T) -> Result<Self, Error> {
        self.pos_weight = Parameter::new("pos_weight", &pos_weight, Domain::NonNegative)?;
        Ok(self)
    }
}

/// The checked inputs of one call, which both twins read.
struct Batch<'a, T> {
    elements: Elements<'a, T>,
    /// Of the shape of the elements.
    weights: Option<ArrayViewD<'a, Parameter>>,
}

impl BinaryCrossEntropy {
    fn batch<'a, T>(
        &'a self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        let elements = Elements::new(NAME, prediction, target)?;
        let wanted = elements.values.shape();
        let weights = self.weights.as_ref().map(|weights| {
            weights.broadcast(wanted).ok_or_else(|| Error::Shape {
                argument: "weights",
                got: weights.shape().to_vec(),
                wanted: format!("{wanted:?}, or what is broadcast to it"),
            })
        });
        Ok(Batch {
            weights: weights.transpose()?,
            elements,
        })
    }
}

impl Loss for BinaryCrossEntropy {
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
        exact_twin::evaluate(self, &self.batch(&prediction, &target)?)
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

/// The sums that certify the rounding.
impl Certified for BinaryCrossEntropy {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        let weights = self.weights.iter().flatten();
        if !weights.chain([&self.pos_weight]).all(certified::is_float) {
            return None;
        }
        let batch = self.batch(prediction, target).ok()?;
        let pos_weight: f64 = self.pos_weight.float();
        let mut weights = batch.weights.iter().flatten();
        let shares = if batch.weights.is_none() && pos_weight == 1.0 {
            Shares::OfTarget
        } else {
            Shares::Weighted(|y| {
                let w = Pair::from(weights.next().map_or(1.0, Parameter::float));
                let (a, b) = (Pair::product(pos_weight, y), Pair::difference(1.0, y));
                (a * w, b * w)
            })
        };
        certified::collect_surprisals(&batch.elements, self.reduction, shares)
    }

    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error> {
        let batch = self.batch(prediction, target)?;
        let mut part = self.clone();
        part.weights = batch.weights.map(|weights| {
            let all: Vec<&Parameter> = weights.iter().collect();
            let picked = which.iter().map(|&index| all[index].clone());
            picked.collect::<ndarray::Array1<_>>().into_dyn()
        });
        let (prediction, target) = certified::selected(which, prediction, target);
        Ok((part, prediction, target))
    }
}

mod exact_twin {
    use ndarray::ArrayD;
    use num_traits::One;

    use super::super::{Evaluation, Value};
    use super::{Batch, BinaryCrossEntropy};
    use crate::Error;
    use crate::exact::ratio::{complement, multiply};
    use crate::exact::{Lift, Rational, Real};

    /// L = (1/D) Σ ℓ, where ℓ = −w·[w₊·y·ln p + (1−y)·ln(1−p)].
    pub(super) fn value<T: Lift>(
        loss: &BinaryCrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<Value<Real>, Error> {
        batch
            .elements
            .exact_surprisal(loss.reduction, &weights(loss, batch)?)
    }

    /// L with ∂ℓ/∂p = w·[(1−y)/(1−p) − w₊·y/p], or ∂ℓ/∂x = w·[(1−y)·σ(x) − w₊·y·σ(−x)].
    pub(super) fn evaluate<T: Lift>(
        loss: &BinaryCrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        batch
            .elements
            .exact_surprisal_with_gradient(loss.reduction, &weights(loss, batch)?)
    }

    /// The sums of the magnitudes of the terms of the gradient.
    pub(super) fn gradient_terms<T: Lift>(
        loss: &BinaryCrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<ArrayD<Real>, Error> {
        batch
            .elements
            .exact_surprisal_gradient_terms(loss.reduction, &weights(loss, batch)?)
    }

    /// The weights w·w₊·y of −ln p and w·(1−y) of −ln(1−p).
    fn weights<T: Lift>(
        loss: &BinaryCrossEntropy,
        batch: &Batch<'_, T>,
    ) -> Result<Vec<(Rational, Rational)>, Error> {
        let one = Rational::one();
        let mut weights = batch.weights.iter().flatten();
        let weigh = |y: &Rational| {
            let w = weights.next().map_or(&one, |weight| weight.exact());
            let positive = multiply(w, loss.pos_weight.exact());
            (multiply(&positive, y), multiply(w, &complement(y)))
        };
        Ok(batch.elements.exact_targets()?.iter().map(weigh).collect())
    }
}

mod fast_twin {
    use ndarray::ArrayViewMutD;

    use super::super::{Parameter, Scalar, Value};
    use super::{Batch, BinaryCrossEntropy, NAME};
    use crate::Error;
    use crate::kernel::binary::Outcomes;
    use crate::kernel::pair::Pair;

    /// The value of the batch; the gradient is written where one is wanted.
    pub(super) fn evaluate<F: Scalar>(
        loss: &BinaryCrossEntropy,
        batch: &Batch<'_, F>,
        gradient: Option<ArrayViewMutD<'_, F>>,
    ) -> Result<Value<F>, Error> {
        let outcomes = Outcomes {
            one: Pair::from(loss.pos_weight.float::<F>().to_f64()),
            zero: Pair::ONE,
        };
        let weights: Option<Vec<F>> = batch
            .weights
            .as_ref()
            .map(|weights| weights.iter().map(Parameter::float).collect());
        let elements = &batch.elements;
        elements.surprisal(NAME, loss.reduction, gradient, outcomes, weights.as_deref())
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Binary cross entropy",
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
            "weights",
            "an array of numbers ≥ 0, broadcast to the shape",
            "none",
        ),
        ParameterInfo::new("pos_weight", "a number ≥ 0", "1"),
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    let mut loss = BinaryCrossEntropy::new().reduction(params.reduction()?);
    if let Some(weights) = params.numbers("weights")? {
        loss = loss.weights(weights.view())?;
    }
    if let Some(pos_weight) = params.number("pos_weight")? {
        loss = loss.pos_weight(pos_weight)?;
    }
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let probabilities = || vector("0.9 0.2 1/2 0.3").map(Prediction::probabilities);
    let hard = || vector("1 0 1 0").map(Target::values);
    let logits = || matrix("2 -1 1/2; 0 -3 4").map(Prediction::logits);
    let soft = || matrix("1 0 1/3; 1/2 0.1 1").map(Target::values);
    let plain = BinaryCrossEntropy::new;
    let each = || plain().reduction(Reduction::None);
    let weighted = plain().weights(array![1, 2, 3].view())?;
    let positive = plain().pos_weight(3)?;
    let everything = weighted.clone().pos_weight(3)?.reduction(Reduction::Sum);
    Ok(vec![
        Sample::new("probabilities", plain(), probabilities()?, hard()?),
        Sample::new("probabilities_each", each(), probabilities()?, hard()?),
        Sample::new("logits_soft_targets", plain(), logits()?, soft()?),
        Sample::new("logits_each", each(), logits()?, soft()?),
        Sample::new("weights", weighted, logits()?, soft()?),
        Sample::new("pos_weight", positive, probabilities()?, hard()?),
        Sample::new("weights_and_pos_weight_sum", everything, logits()?, soft()?),
    ])
}
