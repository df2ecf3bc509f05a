//! The discrete Jaccard loss of label arrays: its parameters, its exact twin and its fast twin.
//! The same loss as a set function of the mispredicted pixels is in the exact floor; its
//! continuous extensions are the Lovász losses.

use core::ops::Range;
use std::collections::BTreeMap;

use ndarray::{ArrayViewMutD, array};

use super::input::wrong_space;
use super::pixels::{Grouping, Pixels, flat, pixel_shape};
use super::{
    Classes, DynLoss, Entry, Evaluation, Loss, ParameterInfo, Params, Prediction, Reduction,
    Sample, Scalar, Space, Target, TargetKind, Value,
};
use crate::Error;
use crate::claims::Claim;
use crate::exact::{Lift, Real};

const NAME: &str = "jaccard";

/// The discrete Jaccard loss of predicted class labels: one minus the intersection over union.
///
/// # Formula
/// For a class c, with Y = {i : yᵢ = c} the labelled and Ỹ = {i : ỹᵢ = c} the predicted pixels,
/// Δ_c = 1 − |Y ∩ Ỹ| / |Y ∪ Ỹ| = |M| / |Y ∪ M|, where M = (Y∖Ỹ) ∪ (Ỹ∖Y) holds the mispredicted
/// pixels. The value of an image is the mean of Δ_c over the classes, and 1 − mIoU; that of a
/// batch is the mean over the images, or that of all their pixels taken together.
///
/// # Shapes
/// Predictions and labels \[P\] or [B, P]. The value is a number.
///
/// # Domain
/// Class indices in 0..C where the number of classes is given, else any that are not negative;
/// labels may also be the ignored label.
///
/// # Conventions
/// 0/0 = 0: a class that is neither labelled nor predicted has the loss 0. Pixels with the
/// ignored label do not count, whatever is predicted there. A class is present where it is among
/// the labels that count. With `per_image` the classes that are present differ from image to
/// image, and an image without a pixel that counts is left out of the mean. A batch without any
/// has no value.
///
/// # Gradient
/// None: the prediction is discrete, and asking for a gradient is an error. The Lovász losses
/// have one.
///
/// # Accuracy
/// The fast twin counts in integers: the value is within 0.51 ulp in `f64` and in `f32`.
///
/// # Complexity
/// O(BP) time and O(C) memory for classes below 4096; O(BP·log C) for others.
///
/// # Errors
/// [`Error::Shape`], [`Error::Element`] for a class out of range, [`Error::Parameter`] for
/// classes out of range or all of an unknown number, [`Error::Unsupported`] for another space, a
/// target that is not labels, or a gradient, and [`Error::Undefined`] for an empty batch or one
/// in which every pixel is ignored. Both twins give the same error.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Jaccard, Loss, Prediction, Target};
/// use ndarray::array;
///
/// let (predictions, labels) = (array![0, 1, 1, 1], array![0, 0, 1, 1]);
/// // Class 0: 1 of 2 in the union. Class 1: 2 of 3.
/// let loss = Jaccard::new();
/// let exact = loss.exact::<f64>(Prediction::classes(&predictions), Target::labels(&labels))?;
/// assert_eq!(exact.reduced().expect("a mean").to_string(), "5/12");
/// # Ok::<(), exact_loss::Error>(())
/// ```
///
/// # Dialects
/// * Absent classes count as a loss of 1, of NaN, or are left out.
/// * A small number added to numerator and denominator.
/// * Present means labelled or predicted.
/// * Counts in `f32`, which stop at 2²⁴.
///
/// # References
/// P. Jaccard, "The Distribution of the Flora in the Alpine Zone", 1912. M. Berman, A. Rannen
/// Triki and M. B. Blaschko, "The Lovász-Softmax Loss", 2018, section 2.
#[derive(Debug, Clone, Default)]
pub struct Jaccard {
    classes: Classes,
    class_count: Option<usize>,
    grouping: Grouping,
}

impl Jaccard {
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

    /// Takes the loss of one class alone.
    #[must_use]
    pub fn class(mut self, class: usize) -> Self {
        self.classes = Classes::List(vec![class]);
        self
    }

    /// Sets the number C of classes, which [`Classes::All`] needs.
    #[must_use]
    pub fn class_count(mut self, count: usize) -> Self {
        self.class_count = Some(count);
        self
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

/// How often a class occurs.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    labelled: usize,
    predicted: usize,
    both: usize,
}

impl Counts {
    fn union(self) -> usize {
        self.labelled + self.predicted - self.both
    }

    /// |M|.
    fn mispredicted(self) -> usize {
        self.union() - self.both
    }
}

/// A twin's way to count the classes of predictions and labels, of which one is ignored: the
/// counts of those that occur, or the first prediction that is not below a number of classes.
type Tally = fn(&[i64], &[i64], i64, usize) -> Result<BTreeMap<usize, Counts>, usize>;

impl Jaccard {
    /// The counts of each class that is averaged over, for each image.
    fn counts<T>(
        &self,
        prediction: &Prediction<'_, T>,
        target: &Target<'_, T>,
        tally: Tally,
    ) -> Result<Vec<Vec<Counts>>, Error> {
        let Prediction::Classes(predictions) = prediction else {
            return Err(wrong_space(NAME, prediction.space(), "class indices"));
        };
        let shape = pixel_shape("predictions", predictions.shape(), 2, 0, "[P] or [B, P]")?;
        let pixels = Pixels::new(
            NAME,
            "labels",
            target,
            shape,
            self.class_count,
            self.grouping,
        )?;
        let predictions = flat(predictions);
        let images = pixels.images().iter();
        images
            .map(|image| self.counts_of_image(&predictions, &pixels, image.clone(), tally))
            .collect()
    }

    fn counts_of_image(
        &self,
        predictions: &[i64],
        pixels: &Pixels<'_>,
        image: Range<usize>,
        tally: Tally,
    ) -> Result<Vec<Counts>, Error> {
        let start = image.start;
        let counts = tally(
            &predictions[image.clone()],
            pixels.labels(image),
            pixels.ignored(),
            self.class_count.unwrap_or(usize::MAX),
        )
        .map_err(|at| self.outside(predictions[start + at], pixels.index(start + at)))?;
        let occurring = || {
            let labelled = counts.iter().filter(|(_, counts)| counts.labelled > 0);
            labelled.map(|(&class, _)| class).collect()
        };
        let classes = self.classes.select(self.class_count, occurring)?;
        let of_class = |class| counts.get(&class).copied().unwrap_or_default();
        Ok(classes.into_iter().map(of_class).collect())
    }

    fn outside(&self, class: i64, index: Vec<usize>) -> Error {
        Error::Element {
            argument: "predictions",
            index,
            got: class.to_string(),
            wanted: self.class_count.map_or("a class".to_owned(), |count| {
                format!("a class in 0..{count}")
            }),
        }
    }
}

fn no_gradient() -> Error {
    Error::Unsupported {
        loss: NAME,
        what: "a gradient with respect to class indices".to_owned(),
        instead: "take a Lovász loss, which extends this one".to_owned(),
    }
}

impl Loss for Jaccard {
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
        let images = self.counts(&prediction, &target, exact_twin::tally)?;
        Ok(Value::Reduced(exact_twin::value(&images)))
    }

    fn exact_with_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<Evaluation<Real>, Error> {
        self.counts(&prediction, &target, exact_twin::tally)?;
        Err(no_gradient())
    }

    fn fast<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
    ) -> Result<Value<F>, Error> {
        let images = self.counts(&prediction, &target, fast_twin::tally)?;
        Ok(Value::Reduced(fast_twin::value(&images)))
    }

    fn fast_with_gradient_into<F: Scalar>(
        &self,
        prediction: Prediction<'_, F>,
        target: Target<'_, F>,
        _gradient: ArrayViewMutD<'_, F>,
    ) -> Result<Value<F>, Error> {
        self.counts(&prediction, &target, fast_twin::tally)?;
        Err(no_gradient())
    }
}

mod exact_twin {
    use std::collections::BTreeMap;

    use super::Counts;
    use crate::exact::ratio::{complement, divide};
    use crate::exact::rational::sum;
    use crate::exact::{Rational, Real};

    /// Counts one pixel after another.
    pub(super) fn tally(
        predictions: &[i64],
        labels: &[i64],
        ignored: i64,
        classes: usize,
    ) -> Result<BTreeMap<usize, Counts>, usize> {
        let mut counts = BTreeMap::<usize, Counts>::new();
        for (pixel, (&label, &predicted)) in labels.iter().zip(predictions).enumerate() {
            let (false, Ok(class)) = (label == ignored, usize::try_from(label)) else {
                continue;
            };
            let predicted = usize::try_from(predicted).map_err(|_| pixel)?;
            if predicted >= classes {
                return Err(pixel);
            }
            counts.entry(class).or_default().labelled += 1;
            counts.entry(predicted).or_default().predicted += 1;
            if predicted == class {
                counts.entry(class).or_default().both += 1;
            }
        }
        Ok(counts)
    }

    /// The mean over the images of the mean over the classes.
    pub(super) fn value(images: &[Vec<Counts>]) -> Real {
        let of_image = |counts: &Vec<Counts>| mean(counts.iter().map(|&counts| loss(counts)));
        Real::from(mean(images.iter().map(of_image)))
    }

    /// Δ = 1 − |Y ∩ Ỹ| / |Y ∪ Ỹ|, and 0 where the union is empty.
    fn loss(counts: Counts) -> Rational {
        let integer = |n: usize| Rational::from_integer(n.into());
        match counts.union() {
            0 => integer(0),
            union => complement(&divide(&integer(counts.both), &integer(union))),
        }
    }

    fn mean(values: impl ExactSizeIterator<Item = Rational>) -> Rational {
        let count = Rational::from_integer(values.len().max(1).into());
        sum(values) / count
    }
}

mod fast_twin {
    use std::collections::BTreeMap;

    use super::Counts;
    use crate::kernel::Float;
    use crate::kernel::confusion;
    use crate::kernel::pair::Pair;
    use crate::kernel::sum::Total;

    /// Counts chunks of pixels on several threads.
    pub(super) fn tally(
        predictions: &[i64],
        labels: &[i64],
        ignored: i64,
        classes: usize,
    ) -> Result<BTreeMap<usize, Counts>, usize> {
        let counts = confusion::counts(predictions, labels, ignored, classes)?;
        let of_class = |(class, counts): (usize, confusion::Counts)| {
            let confusion::Counts {
                labelled,
                predicted,
                both,
            } = counts;
            let counts = Counts {
                labelled,
                predicted,
                both,
            };
            (class, counts)
        };
        Ok(counts.into_iter().map(of_class).collect())
    }

    /// The mean over the images of the mean over the classes.
    pub(super) fn value<F: Float>(images: &[Vec<Counts>]) -> F {
        let of_image = |counts: &Vec<Counts>| mean(counts.iter().map(|&counts| loss(counts)));
        mean(images.iter().map(of_image)).round()
    }

    /// Δ = |M| / |Y ∪ M|, and 0 where the union is empty.
    fn loss(counts: Counts) -> Pair {
        let integer = |n: usize| Pair::from(n as f64);
        integer(counts.mispredicted()) / integer(counts.union().max(1))
    }

    fn mean(values: impl ExactSizeIterator<Item = Pair>) -> Pair {
        let count = values.len().max(1) as f64;
        let mut total = Total::ZERO;
        values.for_each(|value| total.add_pair(value));
        total.divided_by(count)
    }
}

/// The entry of the catalogue.
pub(super) const ENTRY: Entry = Entry {
    name: NAME,
    title: "Discrete Jaccard loss",
    claims: &[
        Claim::NonNegative,
        Claim::RowOrderInvariant,
        Claim::DuplicationInvariant,
    ],
    spaces: &[Space::Predictions],
    targets: &[TargetKind::Labels],
    parameters: &[
        ParameterInfo::MEAN,
        ParameterInfo::CLASSES,
        ParameterInfo::new("class", "one class alone", "none"),
        ParameterInfo::new(
            "class_count",
            "the number of classes, which \"all\" needs",
            "none",
        ),
        ParameterInfo::IGNORE_INDEX,
        ParameterInfo::PER_IMAGE,
    ],
    with,
    samples,
};

fn with(params: &Params) -> Result<Box<dyn DynLoss>, Error> {
    params.only_mean()?;
    let mut loss = Jaccard::new()
        .classes(params.classes()?)?
        .per_image(params.flag("per_image")?);
    if let Some(class) = params.count("class")? {
        loss = loss.class(class);
    }
    if let Some(count) = params.count("class_count")? {
        loss = loss.class_count(count);
    }
    if let Some(label) = params.ignore_index()? {
        loss = loss.ignore_index(label);
    }
    Ok(Box::new(loss))
}

fn samples() -> Result<Vec<Sample>, Error> {
    let predictions = || Prediction::classes(array![0, 1, 1, 1, 2, 0]);
    let labels = || Target::labels(array![0, 0, 1, 1, 2, 255]);
    let loss = || Jaccard::new().class_count(4).ignore_index(255);
    let images = || Prediction::classes(array![[0, 1, 1], [0, 0, 0]]);
    let labels_of_images = || Target::labels(array![[0, 0, 1], [0, 0, 0]]);
    let each = || loss().per_image(true);
    Ok(vec![
        Sample::new("present_classes", loss(), predictions(), labels()),
        Sample::new(
            "all_classes",
            loss().classes(Classes::All)?,
            predictions(),
            labels(),
        ),
        Sample::new("one_class", loss().class(1), predictions(), labels()),
        Sample::new("images_together", loss(), images(), labels_of_images()),
        Sample::new("per_image", each(), images(), labels_of_images()),
    ])
}
