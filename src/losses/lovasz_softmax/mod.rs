//! The Lovász-softmax loss of class probabilities or logits: its parameters, its exact twin and
//! its fast twin. What the Lovász losses share lives beside the contract.

mod columns;
mod exact_twin;
mod fast_twin;

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, CowArray, IxDyn, array};

use super::input::{Domain, wrong_space};
use super::pieces;
use super::pixels::{Grouping, Pixels, fill_gradient, pixel_shape};
use super::rows;
use super::sample::matrix;
use super::{
    Classes, DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction,
    Sample, Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Distribution, Lift, Rational, Real};

const NAME: &str = "lovasz_softmax";

/// The Lovász-softmax loss: the mean over the classes of the Lovász extension of each class's
/// Jaccard loss, at the errors of its probabilities.
///
/// # Formula
/// With p the given probabilities, or p_ic = exp(z_ic) / Σ_k exp(z_ik) from logits, the error of
/// pixel i for class c is m_i(c) = 1 − p_ic where c is its label and p_ic elsewhere. The value of
/// an image is (1/|C|)·Σ_{c∈C} Δ̄_c(m(c)), where Δ̄_c is the Lovász extension of the Jaccard loss of
/// class c ([`LovaszExtension`](super::LovaszExtension)). The value of a batch is the mean over
/// the images, or that of all their pixels taken together.
///
/// Where every probability is 0 or 1 it equals the discrete loss
/// ([`Jaccard`](super::Jaccard)), 1 − mIoU over the same classes.
///
/// # Shapes
/// Prediction [P, C] or [B, P, C] in probabilities or logits, with labels \[P\] or [B, P]; C ≥ 1.
/// The value is a number; the gradient has the shape of the prediction.
///
/// # Domain
/// Probabilities in [0, 1]; nothing makes them sum to 1. Logits: any number or ±∞. Labels in
/// 0..C, or the ignored label.
///
/// # Conventions
/// Classes are averaged over that are present among the labels that count, or all, or those of a
/// list, whether they occur or not. A class without a labelled pixel has the value max m(c).
/// Pixels with the ignored label do not count, and their rows are not read. With `per_image` the
/// classes that are present differ from image to image, and an image without a pixel that counts
/// is left out of the mean. A batch without any has no value. A logit of −∞ is p = 0; a single
/// +∞ is the limit, p = 1.
///
/// # Gradient
/// With g(c) the gradient of Δ̄_c at m(c), |C| the number of classes averaged over and B that of the
/// images (else 1): ∂L/∂p_ic = v_ic = ∓g_i(c)/(|C|·B), minus where c is the label, and 0 for
/// other classes; ∂L/∂z_ic = p_ic·(v_ic − Σ_k p_ik·v_ik). Where two errors of a class are equal it
/// may be one of many: that of the order by index. [`Loss::has_gradient_between`] judges any
/// candidate by probabilities. It does not tell by logits: there a gradient is right where v_ic
/// can be had from it, and v is only given up to one unknown number for each pixel, which ties
/// the classes together in a linear program. [`Loss::has_unique_gradient`] looks at v.
///
/// # Accuracy
/// Stated bounds of the fast twin in ulps of the result, for any number of pixels. From
/// probabilities the order is exact. From logits the errors e are sorted by their odds e/(1−e),
/// rounded to `f64`, or by the logarithm of these beyond its range, so the gradient is that of an
/// order in which errors may be exchanged whose odds, or logarithms of odds, differ by less than
/// 2⁻⁵¹ relative (2⁻⁴⁵ beyond the range).
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value from probabilities | 0.51 | 0.51 |
/// | value from logits | 2 | 0.51 |
/// | gradient by probabilities | 0.51 | 0.51 |
/// | gradient by logits | 0.51 + 2⁻⁵¹·p_ic·(\|v_ic\| + Σ_k p_ik\|v_ik\|) | the same |
///
/// A component of the gradient by logits that is subnormal may be off by one more unit of the
/// least subnormal number.
///
/// # Complexity
/// A radix sort of each class, O(BPC) time, on several threads. Beyond input and output, classes
/// are sorted together while they take at most 12 bytes a pixel in `f32` and 23 in `f64`, and each
/// thread 2 MB or 4 MB; pixels behind the last one of a class, in the order of its errors, take
/// none. A view whose elements do not lie in order is copied. From logits it is O(PC) memory. The exact twin sorts
/// with O(P log P) comparisons for each class; from logits each compares two exponential sums,
/// which is decided, never guessed.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a label or a probability out of range,
/// [`Error::NotANumber`], [`Error::Parameter`] for a class out of range, [`Error::Unsupported`]
/// for another space, a target that is not labels or, from the fast twin, more than 2³¹ pixels
/// taken together, and [`Error::Undefined`] for an empty batch, one in which every pixel is
/// ignored, or a row of logits that has no softmax. Both twins give the same error otherwise.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Loss, LovaszSoftmax, Prediction, Target};
/// use ndarray::array;
///
/// let probabilities = array![[0.75, 0.25], [0.5, 0.5]];
/// let labels = array![0, 1];
/// let loss = LovaszSoftmax::new();
/// let (p, y) = (Prediction::probabilities(&probabilities), Target::labels(&labels));
/// let exact = loss.exact(p.view(), y.view())?;
/// assert_eq!(exact.reduced().expect("a mean").to_string(), "7/16");
/// assert_eq!(loss.fast(p, y)?.reduced(), Some(0.4375));
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Images without a pixel that counts have the value 0 in the mean.
/// * Absent classes of a list are left out.
/// * Probabilities that were meant to be logits, or logits to be probabilities.
/// * Differences of neighbouring Jaccard losses in floating point, which cancel.
///
/// # References
/// M. Berman, A. Rannen Triki and M. B. Blaschko, "The Lovász-Softmax Loss: A Tractable Surrogate
/// for the Optimization of the Intersection-Over-Union Measure in Neural Networks", 2018.
#[derive(Debug, Clone, Default)]
pub struct LovaszSoftmax {
    classes: Classes,
    grouping: Grouping,
}

impl LovaszSoftmax {
    /// The mean over the classes that are present, of all pixels taken together.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the classes whose losses are averaged.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a list that is empty or names a class twice.
    pub fn classes(mut self, classes: Classes) -> Result<Self, Error> {
        self.classes = classes.checked()?;
        Ok(self)
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
}

/// The checked inputs of one call, which both twins read.
struct Batch<'a, T> {
    space: Space,
    values: &'a CowArray<'a, T, IxDyn>,
    pixels: Pixels<'a>,
    classes: usize,
    /// The classes that are averaged over, for each image.
    selected: Vec<Vec<usize>>,
}

impl LovaszSoftmax {
    fn batch<'a, T>(
        &self,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
    ) -> Result<Batch<'a, T>, Error> {
        let (space, values) = match prediction {
            Prediction::Values(space @ (Space::Probabilities | Space::Logits), values) => {
                (*space, values)
            }
            _ => {
                return Err(wrong_space(
                    NAME,
                    prediction.space(),
                    "probabilities or logits",
                ));
            }
        };
        let wanted = "[P, C] or [B, P, C] with at least one class";
        let shape = pixel_shape(space.name(), values.shape(), 2, 1, wanted)?;
        let classes = match values.shape().last() {
            Some(&classes) if classes > 0 => classes,
            _ => {
                return Err(Error::Shape {
                    argument: space.name(),
                    got: values.shape().to_vec(),
                    wanted: wanted.to_owned(),
                });
            }
        };
        let pixels = Pixels::new(NAME, "labels", target, shape, Some(classes), self.grouping)?;
        let images = pixels.images().iter();
        let selected = images.map(|image| {
            self.classes
                .select(Some(classes), || pixels.occurring(image.clone(), classes))
        });
        let selected = selected.collect::<Result<_, Error>>()?;
        Ok(Batch {
            space,
            values,
            pixels,
            classes,
            selected,
        })
    }
}

impl<T> Batch<'_, T> {
    /// The exact distribution of a pixel, which also finds what is wrong with it.
    fn distribution<'t>(
        &self,
        pixel: usize,
        row: impl Iterator<Item = &'t T>,
    ) -> Result<Distribution, Error>
    where
        T: Lift + 't,
    {
        let domain = match self.space {
            Space::Logits => Domain::Extended,
            _ => Domain::Unit,
        };
        rows::distribution((NAME, self.space, domain), row, &self.pixels.index(pixel))
    }
}

impl Loss for LovaszSoftmax {
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
        let exact = exact_twin::Exact::new(&self.batch(&prediction, &target)?)?;
        pieces::value(&exact.pieces).map(Value::Reduced)
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        let batch = self.batch(&prediction, &target)?;
        let exact = exact_twin::Exact::new(&batch)?;
        let value = Value::Reduced(pieces::value(&exact.pieces)?);
        let gradient = exact.gradient(&batch)?;
        Ok(Evaluation { value, gradient })
    }

    fn exact_with_uniqueness<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<(Evaluation<Real>, bool), Error> {
        let batch = self.batch(&prediction, &target)?;
        let exact = exact_twin::Exact::new(&batch)?;
        let value = Value::Reduced(pieces::value(&exact.pieces)?);
        let gradient = exact.gradient(&batch)?;
        Ok((
            Evaluation { value, gradient },
            pieces::are_unique(&exact.pieces)?,
        ))
    }

    fn has_unique_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<bool, Error> {
        let exact = exact_twin::Exact::new(&self.batch(&prediction, &target)?)?;
        pieces::are_unique(&exact.pieces)
    }

    fn gradient_where_near_ties_are_ties<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
        tolerance: &Rational,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        let batch = self.batch(&prediction, &target)?;
        if batch.space != Space::Logits {
            return Ok(None);
        }
        let mut exact = exact_twin::Exact::new(&batch)?;
        let mut has_any = false;
        for piece in &mut exact.pieces {
            has_any |= piece.tie(tolerance)?;
        }
        if has_any {
            exact.gradient(&batch).map(Some)
        } else {
            Ok(None)
        }
    }

    fn has_gradient_between<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
        lower: ArrayViewD<'_, Rational>,
        upper: ArrayViewD<'_, Rational>,
    ) -> Result<Option<bool>, Error> {
        let batch = self.batch(&prediction, &target)?;
        if batch.space == Space::Logits {
            return Ok(None);
        }
        let exact = exact_twin::Exact::new(&batch)?;
        pieces::meet(&exact.pieces, prediction.shape(), lower, upper).map(Some)
    }

    fn gradient_terms<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Option<ArrayD<Real>>, Error> {
        let batch = self.batch(&prediction, &target)?;
        if batch.space == Space::Probabilities {
            return Ok(None);
        }
        exact_twin::Exact::new(&batch)?
            .gradient_terms(&batch)
            .map(Some)
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
    title: "Lovász-softmax",
    claims: &[
        Claim::NonNegative,
        Claim::ConvexInProbabilities,
        Claim::GradientIsSubgradient,
        Claim::ShiftInvariant,
        Claim::GradientRowsSumToZero,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Probabilities, Space::Logits],
    targets: &[TargetKind::Labels],
    parameters: &[
        ParameterInfo::MEAN,
        ParameterInfo::CLASSES,
        ParameterInfo::IGNORE_INDEX,
        ParameterInfo::PER_IMAGE,
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    params.only_mean()?;
    let mut loss = LovaszSoftmax::new()
        .classes(params.classes()?)?
        .per_image(params.flag("per_image")?);
    if let Some(label) = params.ignore_index()? {
        loss = loss.ignore_index(label);
    }
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let rows = "3/4 1/4 0; 1/2 1/3 1/6; 1/5 1/5 3/5; 1/8 3/4 1/8";
    let probabilities = || matrix(rows).map(Prediction::probabilities);
    let labels = || Target::labels(array![0, 1, 255, 0]);
    let softmax = || LovaszSoftmax::new().ignore_index(255);
    let with = |classes| softmax().classes(classes);
    let batch = || {
        let images = matrix(rows)?
            .into_shape_with_order((2, 2, 3))
            .map_err(|_| Error::Shape {
                argument: "probabilities",
                got: vec![4, 3],
                wanted: "[2, 2, 3]".to_owned(),
            })?;
        Ok::<_, Error>(Prediction::probabilities(images))
    };
    let labels_of_images = || Target::labels(array![[0, 1], [255, 0]]);
    let logits = || matrix("1 0 -2; 0 1/2 0; -1 1 1").map(Prediction::logits);
    let labels_of_logits = || Target::labels(array![0, 1, 0]);
    Ok(vec![
        Sample::new("present_classes", softmax(), probabilities()?, labels()),
        Sample::new(
            "all_classes",
            with(Classes::All)?,
            probabilities()?,
            labels(),
        ),
        Sample::new(
            "listed_classes",
            with(Classes::List(vec![0, 2]))?,
            probabilities()?,
            labels(),
        ),
        Sample::new("images_together", softmax(), batch()?, labels_of_images()),
        Sample::new(
            "per_image",
            softmax().per_image(true),
            batch()?,
            labels_of_images(),
        ),
        Sample::new("logits", softmax(), logits()?, labels_of_logits()),
        Sample::new(
            "logits_all_classes",
            with(Classes::All)?,
            logits()?,
            labels_of_logits(),
        ),
    ])
}
