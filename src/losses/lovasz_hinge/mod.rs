//! The Lovász hinge loss of binary scores: its parameters, its exact twin and its fast twin. What
//! the Lovász losses share lives beside the contract.

mod exact_twin;
mod fast_twin;

use ndarray::{ArrayViewD, ArrayViewMutD, array};

use super::pieces;
use super::pixels::{BinaryPixels, Grouping, fill_gradient};
use super::sample::{matrix, vector};
use super::{
    DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction, Sample, Scalar,
    Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Rational, Real};

const NAME: &str = "lovasz_hinge";

/// The Lovász hinge of the Jaccard loss: its Lovász extension at the hinge errors of binary
/// scores, thresholded inside.
///
/// # Formula
/// With sᵢ = 1 for foreground and −1 for background, eᵢ = 1 − xᵢsᵢ and mᵢ = max(eᵢ, 0), the value of
/// an image is Δ̄(m), where Δ̄ is the Lovász extension of the Jaccard loss
/// ([`LovaszExtension`](super::LovaszExtension)). The value of a batch is the mean over the
/// images, or that of all their pixels taken together.
///
/// # Shapes
/// Scores and labels \[P\] or [B, P]. The value is a number; the gradient has the shape of the
/// scores.
///
/// # Domain
/// Scores: any number or ±∞. Labels: 1 for foreground, 0 for background, or the ignored label.
///
/// # Conventions
/// A score of ±∞ is the limit: its error is 0 on the right side, and on the wrong side it makes
/// the value +∞. Pixels with the ignored label do not count, and their scores are not read. With
/// `per_image` an image without a pixel that counts is left out of the mean. A batch without any
/// has no value.
///
/// # Gradient
/// ∂L/∂xᵢ = −sᵢ·gᵢ/B where eᵢ > 0, with g the gradient of Δ̄ and B the number of images in the mean
/// (else 1), and 0 elsewhere. It is the only one where no two positive errors are equal and none
/// is 0, and at some other points. At ties it is that of the order by index, and at the kink,
/// eᵢ = 0, it takes the slope 0: one subgradient of many, of which
/// [`Loss::has_gradient_between`] judges any.
///
/// # Accuracy
/// Stated bounds of the fast twin in ulps, for any number of pixels. The order is exact: sorting
/// by −xᵢsᵢ needs no rounding.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value | 0.51 | 0.51 |
/// | gradient | 0.51 | 0.51 |
///
/// # Complexity
/// A radix sort and O(BP) time, on several threads. Beyond input and output, each pixel of an
/// error above 0 takes at most 9 bytes in `f32` and 17 in `f64`, and each thread 1 MB or 2 MB;
/// a view whose elements do not lie in order is copied. The value alone in `f32`, of images of 2¹⁶ pixels or more,
/// is counted in bins before anything is sorted, which decides it as a rule
/// ([`kernel::jaccard`](crate::kernel::jaccard#a-value-without-a-sort)): in ½ MB a thread and 0.8 MB, or from 2²⁰ pixels on, where
/// that leaves it open, in 2 MB a thread and 3.2 MB. The exact twin sorts with O(P log P)
/// comparisons, and its value is a fraction of O(P) digits.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a label out of range, [`Error::NotANumber`],
/// [`Error::Unsupported`] for another space, a target that is not labels or, from the fast twin,
/// more than 2³¹ pixels taken together, and [`Error::Undefined`] for an empty batch or one in
/// which every pixel is ignored. Both twins give the same error otherwise.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Loss, LovaszHinge, Prediction, Target};
/// use ndarray::array;
///
/// let scores = array![0.5, -1.0, 2.0, 0.25];
/// let labels = array![1, 0, 1, 0];
/// let loss = LovaszHinge::new();
/// // The errors are 1/2, 0, 0 and 5/4, the marginals of the two above 0 are 1/3 and 2/3.
/// let exact = loss.exact(Prediction::scores(&scores), Target::labels(&labels))?;
/// assert_eq!(exact.reduced().expect("a mean").to_string(), "7/12");
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Thresholding outside: max(Δ̄(e), 0) with errors of both signs in the sum, for losses that are
///   not monotone. This loss thresholds inside, as the published code does.
/// * Images without a pixel that counts have the value 0 in the mean.
/// * max(e, 0) replaced by elu(e) + 1.
///
/// # References
/// J. Yu and M. B. Blaschko, "Learning Submodular Losses with the Lovász Hinge", 2015. M. Berman,
/// A. Rannen Triki and M. B. Blaschko, "The Lovász-Softmax Loss", 2018. J. Finocchiaro, R.
/// Frongillo and E. Nueve, "The Structured Abstain Problem and the Lovász Hinge", 2022 (it is not
/// a consistent surrogate).
#[derive(Debug, Clone, Default)]
pub struct LovaszHinge {
    grouping: Grouping,
}

impl LovaszHinge {
    /// The Lovász hinge of all pixels taken together.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the label whose pixels do not count.
    #[must_use]
    pub fn ignore_index(mut self, label: i64) -> Self {
        self.grouping.ignore = Some(label);
        self
    }

    /// Sets whether the value is the mean over the images instead of that of all pixels.
    #[must_use]
    pub fn per_image(mut self, per_image: bool) -> Self {
        self.grouping.per_image = per_image;
        self
    }

    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<BinaryPixels<'a, T>, Error> {
        BinaryPixels::new(NAME, Space::Scores, 2, prediction, target, self.grouping)
    }
}

impl Loss for LovaszHinge {
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
        let pieces = exact_twin::pieces(&self.batch(&prediction, &target)?)?;
        pieces::value(&pieces).map(Value::Reduced)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let pieces = exact_twin::pieces(&self.batch(&prediction, &target)?)?;
        let value = Value::Reduced(pieces::value(&pieces)?);
        let gradient = pieces::gradient(&pieces, prediction.shape())?;
        Ok(Evaluation { value, gradient })
    }

    fn exact_with_uniqueness<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<(Evaluation<Real>, bool), Error> {
        let pieces = exact_twin::pieces(&self.batch(&prediction, &target)?)?;
        let value = Value::Reduced(pieces::value(&pieces)?);
        let gradient = pieces::gradient(&pieces, prediction.shape())?;
        Ok((Evaluation { value, gradient }, pieces::are_unique(&pieces)?))
    }

    fn has_unique_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<bool, Error> {
        pieces::are_unique(&exact_twin::pieces(&self.batch(&prediction, &target)?)?)
    }

    fn has_gradient_between<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        let pieces = exact_twin::pieces(&self.batch(&prediction, &target)?)?;
        pieces::meet(&pieces, prediction.shape(), lower, upper).map(Some)
    }

    fn fast<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Value<F>, Error> {
        fast_twin::evaluate(&self.batch(&prediction, &target)?, None)
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        let batch = self.batch(&prediction, &target)?;
        fill_gradient(gradient, prediction.shape(), |gradient| {
            fast_twin::evaluate(&batch, Some(gradient))
        })
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Lovász hinge",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInPrediction,
        Claim::GradientIsSubgradient,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Scores],
    targets: &[TargetKind::Labels],
    parameters: &[
        ParameterInfo::MEAN,
        ParameterInfo::IGNORE_INDEX,
        ParameterInfo::PER_IMAGE,
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    params.only_mean()?;
    let mut loss = LovaszHinge::new().per_image(params.flag("per_image")?);
    if let Some(label) = params.ignore_index()? {
        loss = loss.ignore_index(label);
    }
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let scores = |numbers| vector(numbers).map(Prediction::scores);
    let images = || matrix("0.5 -1 2 0.25; 3 -0.1 0.1 -2").map(Prediction::scores);
    let labels = || Target::labels(array![1, 0, 1, 0]);
    let labels_of_images = || Target::labels(array![[1, 0, 1, 0], [1, 0, 255, 1]]);
    let hinge = LovaszHinge::new;
    let ignoring = || hinge().ignore_index(255);
    Ok(vec![
        Sample::new("four_pixels", hinge(), scores("0.5 -1 2 0.25")?, labels()),
        Sample::new("kinks_and_ties", hinge(), scores("1 0 0 0")?, labels()),
        Sample::new(
            "infinite_score",
            hinge(),
            scores("inf -2 -3 inf")?,
            labels(),
        ),
        Sample::new("images_together", ignoring(), images()?, labels_of_images()),
        Sample::new(
            "per_image",
            ignoring().per_image(true),
            images()?,
            labels_of_images(),
        ),
    ])
}
