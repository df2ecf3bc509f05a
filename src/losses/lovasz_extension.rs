//! The Lovász extension of the discrete Jaccard loss, as a loss of given errors: its exact twin
//! and its fast twin. The extension of any set function is in the exact floor.

use ndarray::{ArrayViewD, ArrayViewMutD, array};

use super::pieces;
use super::pixels::{BinaryPixels, Grouping, fill_gradient};
use super::sample::vector;
use super::{
    DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction, Sample, Scalar,
    Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};

const NAME: &str = "lovasz_extension";

/// The Lovász extension Δ̄ of the Jaccard loss at given errors: the convex function that equals
/// the discrete loss Δ wherever all errors are 0 or 1.
///
/// # Formula
/// Let m_π₁ ≥ m_π₂ ≥ … be the sorted errors, and Δ(M) = |M| / |y ∪ M| with y the foreground. Then
/// Δ̄(m) = Σᵢ m_πᵢ·gᵢ with gᵢ = Δ({π₁, …, πᵢ}) − Δ({π₁, …, πᵢ₋₁}). With G = |y|, and f and n the
/// foreground and background pixels among π₁, …, πᵢ: gᵢ = 1/(G+n) for a foreground pixel, and
/// (G−f)/((G+n)(G+n−1)) for a background pixel, 1 for the first one where G = 0.
///
/// # Shapes
/// Errors \[P\], P ≥ 1; labels \[P\], 1 for foreground and 0 for background. The value is a number;
/// the gradient \[P\].
///
/// # Domain
/// Errors: any finite numbers.
///
/// # Conventions
/// Without foreground the value is the largest error; with nothing else it is the mean. Ties do
/// not matter to the value. An empty batch has no value.
///
/// # Gradient
/// ∂Δ̄/∂m_πᵢ = gᵢ. It is the only one where no two errors are equal, and at some ties, such as
/// those among foreground pixels. At other ties it is one subgradient of many: that of the order
/// by index. [`Loss::has_gradient_between`] judges any candidate, and
/// [`Subdifferential`](crate::exact::set_function::Subdifferential) describes them all.
///
/// # Accuracy
/// Stated bounds of the fast twin; the order is exact, and the counts are integers.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value | 0.51 ulp + 2⁻⁷²·Σ\|mᵢgᵢ\| | the same |
/// | gradient | 0.51 ulp | 0.51 ulp |
///
/// The sum matters only where errors are negative.
///
/// # Complexity
/// A radix sort and O(P) time, on several threads. Beyond input and output, each pixel takes at
/// most 9 bytes in `f32` and 17 in `f64`, and each thread 1 MB or 2 MB; a view whose elements do
/// not lie in order is copied. The exact twin sorts with O(P log P) comparisons, and its value is
/// a fraction of O(P) digits.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a label that is neither 0 nor 1 or an error that is
/// infinite, [`Error::NotANumber`], [`Error::Unsupported`] for another space, a target that is
/// not labels or, from the fast twin, more than 2³¹ pixels, and [`Error::Undefined`] for an empty
/// batch. Both twins give the same error otherwise.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Loss, LovaszExtension, Prediction, Target};
/// use ndarray::array;
///
/// let errors = array![0.5, 0.75, 0.25];
/// let foreground = array![1, 0, 0];
/// let loss = LovaszExtension::new();
/// let (m, y) = (Prediction::errors(&errors), Target::labels(&foreground));
/// let exact = loss.exact_with_gradient(m.view(), y.view())?;
/// assert_eq!(exact.value.reduced().expect("a number").to_string(), "5/8");
/// assert_eq!(exact.gradient[[0]].to_string(), "1/2");
/// assert_eq!(loss.fast(m, y)?.reduced(), Some(0.625));
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Differences of neighbouring Jaccard losses in floating point, which cancel.
/// * Counts in `f32`, which stop at 2²⁴.
///
/// # References
/// L. Lovász, "Submodular functions and convexity", 1983. M. Berman, A. Rannen Triki and M. B.
/// Blaschko, "The Lovász-Softmax Loss", 2018, section 2. J. Yu and M. B. Blaschko, "Learning
/// Submodular Losses with the Lovász Hinge", 2015.
#[derive(Debug, Clone, Default)]
pub struct LovaszExtension {}

impl LovaszExtension {
    /// The Lovász extension of the Jaccard loss.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

fn batch<'a, T>(
    prediction: &'a Prediction<'_, T>,
    target: &'a Target<'_, T>,
) -> Result<BinaryPixels<'a, T>, Error> {
    BinaryPixels::new(
        NAME,
        Space::Errors,
        1,
        prediction,
        target,
        Grouping::default(),
    )
}

impl Loss for LovaszExtension {
    fn name(&self) -> &'static str {
        NAME
    }

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn exact<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Value<Real>, Error> {
        exact_twin::piece(&batch(&prediction, &target)?)?
            .value()
            .map(Value::Reduced)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        exact_twin::evaluate(&batch(&prediction, &target)?)
    }

    fn has_unique_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<bool, Error> {
        exact_twin::piece(&batch(&prediction, &target)?)?.is_unique()
    }

    fn has_gradient_between<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        let piece = exact_twin::piece(&batch(&prediction, &target)?)?;
        pieces::meet(&[piece], prediction.shape(), lower, upper).map(Some)
    }

    fn fast<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Value<F>, Error> {
        fast_twin::evaluate(&batch(&prediction, &target)?, None)
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        let batch = batch(&prediction, &target)?;
        fill_gradient(gradient, prediction.shape(), |gradient| {
            fast_twin::evaluate(&batch, Some(gradient))
        })
    }
}

mod exact_twin {
    use num_traits::One;

    use super::super::input::Domain;
    use super::super::pieces::{self, Piece, Place};
    use super::super::pixels::BinaryPixels;
    use super::super::{Evaluation, Value};
    use crate::Error;
    use crate::exact::{Lift, Rational, Real};

    /// Δ̄(m).
    pub(super) fn piece<T: Lift>(batch: &BinaryPixels<'_, T>) -> Result<Piece, Error> {
        let errors = batch
            .lifted(0..batch.values.len(), Domain::Finite)?
            .into_iter();
        let elements = errors.filter_map(|(index, is_foreground, m)| {
            let place = Place {
                index,
                negative: false,
            };
            Some((is_foreground, Real::from(m.into_finite()?), place))
        });
        Piece::new(elements.collect(), false, Rational::one())
    }

    /// The value with its greedy subgradient.
    pub(super) fn evaluate<T: Lift>(
        batch: &BinaryPixels<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let piece = piece(batch)?;
        let value = Value::Reduced(piece.value()?);
        let gradient = pieces::gradient(&[piece], batch.values.shape())?;
        Ok(Evaluation { value, gradient })
    }
}

mod fast_twin {
    use super::super::input::Domain;
    use super::super::pixels::{BinaryPixels, checked_size, flat};
    use super::super::{Scalar, Value};
    use super::NAME;
    use crate::Error;
    use crate::kernel::jaccard::{Gradient, Ranked, extensions};

    /// The value; the gradient, which is 0 so far, is written where one is wanted.
    pub(super) fn evaluate<F: Scalar>(
        batch: &BinaryPixels<'_, F>,
        gradient: Option<&mut [F]>,
    ) -> Result<Value<F>, Error> {
        let errors = flat(batch.values);
        checked_size(NAME, errors.len())?;
        let labels = batch.pixels.labels(0..errors.len());
        let elements = Ranked {
            errors: &errors,
            is_foreground: |pixel: usize| labels[pixel] == 1,
        };
        let gradient = gradient.map(|elements| Gradient {
            elements,
            width: 1,
            places: &[0],
        });
        let value = extensions(&elements, 1, gradient);
        let value = value.map_err(|pixel| batch.error(pixel, Domain::Finite))?;
        Ok(Value::Reduced(value.round()))
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Lovász extension",
    claims: &[
        Claim::ConvexInPrediction,
        Claim::GradientIsSubgradient,
        Claim::PositivelyHomogeneous,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Errors],
    targets: &[TargetKind::Foreground],
    parameters: &[ParameterInfo::MEAN],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    params.only_mean()?;
    Ok(Box::new(LovaszExtension::new()))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let errors = |numbers| vector(numbers).map(Prediction::errors);
    let labels = || Target::labels(array![1, 0, 1, 0, 1]);
    let sample = |name, errors, labels| Sample::new(name, LovaszExtension::new(), errors, labels);
    Ok(vec![
        sample("five_pixels", errors("0.5 0.9 0.2 0.1 0.7")?, labels()),
        sample("negative_errors", errors("-1/3 2 1/7 -4 0")?, labels()),
        sample("ties", errors("1/2 1/2 1/4 1/4 1/2")?, labels()),
        sample("vertex", errors("1 1 0 0 0")?, labels()),
        sample(
            "no_foreground",
            errors("1/2 1/3 1/7")?,
            Target::labels(array![0, 0, 0]),
        ),
        sample(
            "no_background",
            errors("1/2 1/3 1/7")?,
            Target::labels(array![1, 1, 1]),
        ),
    ])
}
