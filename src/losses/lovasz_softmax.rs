//! The Lovász-softmax loss of class probabilities or logits: its parameters, its exact twin and
//! its fast twin. What the Lovász losses share lives beside the contract.

use ndarray::{ArrayViewD, ArrayViewMutD, CowArray, IxDyn, array};

use super::input::{Domain, wrong_space};
use super::pieces;
use super::pixels::{Grouping, Pixels, fill_gradient, pixel_shape};
use super::rows;
use super::sample::matrix;
use super::{
    Classes, Entry, Evaluation, Loss, Prediction, Reduction, Sample, Scalar, Space, Target, Value,
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
/// rounded to `f64`, so the gradient is that of an order in which errors whose odds differ by less
/// than 2⁻⁵¹ relative may be exchanged.
///
/// | result | `f64` | `f32` |
/// |---|---|---|
/// | value from probabilities | 0.51 | 0.51 |
/// | value from logits | 2 | 0.51 |
/// | gradient by probabilities | 0.51 | 0.51 |
/// | gradient by logits | 0.51 + 2⁻⁵¹·p_ic·(\|v_ic\| + Σ_k p_ik\|v_ik\|) | the same |
///
/// # Complexity
/// A radix sort of each class, O(BPC) time; O(P) memory, O(PC) from logits. The exact twin sorts
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

    fn has_unique_gradient<T: Lift>(
        &self,
        prediction: Prediction<'_, T>,
        target: Target<'_, T>,
    ) -> Result<bool, Error> {
        let exact = exact_twin::Exact::new(&self.batch(&prediction, &target)?)?;
        pieces::are_unique(&exact.pieces)
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

mod exact_twin {
    use ndarray::ArrayD;

    use super::super::Space;
    use super::super::pieces::{self, Piece, Place};
    use super::Batch;
    use crate::Error;
    use crate::exact::{Distribution, Lift, Rational, Real};

    /// The distributions of the kept pixels, and the extensions of all images and classes.
    pub(super) struct Exact {
        distributions: Vec<(usize, Distribution)>,
        pub(super) pieces: Vec<Piece>,
    }

    impl Exact {
        /// (1/(|C|·B))·Δ̄_c(m(c)) for each image and class.
        pub(super) fn new<T: Lift>(batch: &Batch<'_, T>) -> Result<Self, Error> {
            let elements: Vec<&T> = batch.values.iter().collect();
            let mut exact = Self {
                distributions: Vec::new(),
                pieces: Vec::new(),
            };
            let images = batch.pixels.images();
            for (image, classes) in images.iter().zip(&batch.selected) {
                let first = exact.distributions.len();
                let mut labels = Vec::new();
                for (pixel, label) in batch.pixels.kept(image.clone()) {
                    let row = pixel * batch.classes..(pixel + 1) * batch.classes;
                    let row = elements[row].iter().copied();
                    exact
                        .distributions
                        .push((pixel, batch.distribution(pixel, row)?));
                    labels.push(label);
                }
                let weight = Rational::new(1.into(), (classes.len() * images.len()).into());
                for &class in classes {
                    let mut elements = Vec::with_capacity(labels.len());
                    for (&label, (pixel, p)) in labels.iter().zip(&exact.distributions[first..]) {
                        let place = Place {
                            index: pixel * batch.classes + class,
                            negative: label == class,
                        };
                        elements.push((label == class, error(p, class, label)?, place));
                    }
                    exact
                        .pieces
                        .push(Piece::new(elements, false, weight.clone())?);
                }
            }
            Ok(exact)
        }

        /// v_ic = ∂L/∂p_ic, or ∂L/∂z_ic = p_ic·(v_ic − Σ_k p_ik·v_ik).
        pub(super) fn gradient<T>(&self, batch: &Batch<'_, T>) -> Result<ArrayD<Real>, Error> {
            let shape = batch.values.shape();
            if batch.space == Space::Probabilities {
                return pieces::gradient(&self.pieces, shape);
            }
            let v = pieces::subgradient(&self.pieces, batch.values.len())?;
            let mut gradient = vec![Real::zero(); v.len()];
            for (pixel, distribution) in &self.distributions {
                let row = pixel * batch.classes..(pixel + 1) * batch.classes;
                let p = (0..batch.classes).map(|class| distribution.probability(class));
                let p = p.collect::<Result<Vec<Real>, Error>>()?;
                let products = p.iter().zip(&v[row.clone()]).map(|(p, v)| p.scale(v));
                let mean = Real::sum(products)?;
                for ((to, p), v) in gradient[row.clone()].iter_mut().zip(&p).zip(&v[row]) {
                    *to = p.mul(&Real::from(v.clone()).sub(&mean)?)?;
                }
            }
            Ok(pieces::in_shape(gradient.into_iter(), shape))
        }
    }

    /// m_i(c): 1 − p_ic for the label, p_ic for another class.
    fn error(p: &Distribution, class: usize, label: usize) -> Result<Real, Error> {
        let probability = p.probability(class)?;
        if class == label {
            Real::one().sub(&probability)
        } else {
            Ok(probability)
        }
    }
}

mod fast_twin {
    use super::super::pixels::{checked_size, flat};
    use super::super::{Scalar, Space, Value};
    use super::{Batch, NAME};
    use crate::Error;
    use crate::kernel::Float;
    use crate::kernel::jaccard::{Elements, Probabilities};
    use crate::kernel::log_sum_exp::Softmax;
    use crate::kernel::pair::Pair;
    use crate::kernel::sort::Ordered;
    use crate::kernel::sum::Total;

    /// One image: its first pixel, its kept pixels with their labels, the classes averaged over,
    /// and what the gradient is multiplied by.
    struct Image<'a> {
        kept: Vec<(usize, usize)>,
        selected: &'a [usize],
        classes: usize,
        weight: Pair,
    }

    /// The value; the gradient, which is 0 so far, is written where one is wanted.
    pub(super) fn evaluate<F: Scalar>(
        batch: &Batch<'_, F>,
        mut gradient: Option<&mut [F]>,
    ) -> Result<Value<F>, Error> {
        let values = flat(batch.values);
        let ranges = batch.pixels.images();
        let mut total = Total::ZERO;
        for (range, selected) in ranges.iter().zip(&batch.selected) {
            checked_size(NAME, range.len())?;
            let count = selected.len() as f64;
            let image = Image {
                kept: batch.pixels.kept(range.clone()).collect(),
                selected,
                classes: batch.classes,
                weight: Pair::ONE / Pair::product(count, ranges.len() as f64),
            };
            let gradient = gradient.as_deref_mut();
            let value = match batch.space {
                Space::Logits => image.at_logits(&values, gradient),
                _ => image.at_probabilities(&values, gradient),
            };
            let value = value.map_err(|pixel| image.error(batch, &values, pixel))?;
            total.add_pair(value / Pair::from(count));
        }
        Ok(Value::Reduced(
            total.divided_by(ranges.len() as f64).round(),
        ))
    }

    impl Image<'_> {
        fn row<'v, F>(&self, values: &'v [F], pixel: usize) -> &'v [F] {
            &values[pixel * self.classes..(pixel + 1) * self.classes]
        }

        fn error<F: Scalar>(&self, batch: &Batch<'_, F>, values: &[F], pixel: usize) -> Error {
            let found = batch
                .distribution(pixel, self.row(values, pixel).iter())
                .err();
            found.unwrap_or_else(|| Error::Undefined {
                loss: NAME,
                reason: format!("pixel {pixel} has no distribution in floating point"),
            })
        }

        /// Σ_c Δ̄_c, or a pixel whose row is not of probabilities.
        fn at_probabilities<F: Float>(
            &self,
            values: &[F],
            mut gradient: Option<&mut [F]>,
        ) -> Result<Pair, usize> {
            let is_bad = |p: &F| !(F::ZERO..=F::ONE).contains(p);
            if let Some(&(pixel, _)) = self
                .kept
                .iter()
                .find(|&&(pixel, _)| self.row(values, pixel).iter().any(is_bad))
            {
                return Err(pixel);
            }
            let mut total = Total::ZERO;
            let mut elements = Probabilities::new();
            for &class in self.selected {
                elements.clear();
                for (at, &(pixel, label)) in self.kept.iter().enumerate() {
                    elements.push(self.row(values, pixel)[class], at, label == class);
                }
                total.add_pair(match &mut gradient {
                    None => elements.evaluate(|_, _, _| ()),
                    Some(gradient) => elements.evaluate(|at, is_label, g| {
                        let component = signed(g * self.weight, is_label);
                        gradient[self.kept[at].0 * self.classes + class] = component.round();
                    }),
                });
            }
            Ok(total.value())
        }

        /// Σ_c Δ̄_c, or a pixel whose row has no softmax.
        fn at_logits<F: Float>(
            &self,
            values: &[F],
            gradient: Option<&mut [F]>,
        ) -> Result<Pair, usize> {
            // The odds e/(1−e) of the errors, class by class; then v in their place.
            let mut columns = vec![0.0; self.selected.len() * self.kept.len()];
            let mut softmaxes = Vec::with_capacity(self.kept.len());
            for (at, &(pixel, label)) in self.kept.iter().enumerate() {
                let row = self.row(values, pixel);
                let softmax = Softmax::of(row).map_err(|_| pixel)?;
                for (column, &class) in self.selected.iter().enumerate() {
                    let odds = if class == label {
                        softmax.odds_against(row[class])
                    } else {
                        softmax.odds(row[class])
                    };
                    columns[column * self.kept.len() + at] = odds.hi;
                }
                softmaxes.push(softmax);
            }
            let mut total = Total::ZERO;
            let mut elements = Elements::new();
            for (column, &class) in columns.chunks_mut(self.kept.len()).zip(self.selected) {
                elements.clear();
                for (at, &(_, label)) in self.kept.iter().enumerate() {
                    elements.push(column[at].descending(), at, label == class);
                }
                column.fill(0.0);
                let error = |key| error_of_odds(f64::from_descending(key));
                total.add_pair(elements.evaluate(error, |at, is_label, g| {
                    column[at] = signed(g * self.weight, is_label).hi;
                }));
            }
            if let Some(gradient) = gradient {
                self.through_softmax(values, &softmaxes, &columns, gradient);
            }
            Ok(total.value())
        }

        /// p_ic·(v_ic − Σ_k p_ik·v_ik).
        fn through_softmax<F: Float>(
            &self,
            values: &[F],
            softmaxes: &[Softmax],
            columns: &[f64],
            gradient: &mut [F],
        ) {
            let mut v = vec![0.0; self.classes];
            let mut p = vec![Pair::ZERO; self.classes];
            for (at, (&(pixel, _), softmax)) in self.kept.iter().zip(softmaxes).enumerate() {
                for (column, &class) in self.selected.iter().enumerate() {
                    v[class] = columns[column * self.kept.len() + at];
                }
                let mut mean = Pair::ZERO;
                for ((p, &z), &v) in p.iter_mut().zip(self.row(values, pixel)).zip(&v) {
                    *p = softmax.probability(z);
                    mean = mean + p.mul_f64(v);
                }
                let output = &mut gradient[pixel * self.classes..(pixel + 1) * self.classes];
                for ((to, &p), &v) in output.iter_mut().zip(&p).zip(&v) {
                    *to = (p * (Pair::from(v) - mean)).round();
                }
            }
        }
    }

    /// e of e/(1−e).
    fn error_of_odds(odds: f64) -> Pair {
        if odds == f64::INFINITY {
            Pair::ONE
        } else {
            Pair::from(odds) / Pair::sum(1.0, odds)
        }
    }

    /// The error falls with the probability of the label, and grows with that of another class.
    fn signed(component: Pair, is_label: bool) -> Pair {
        if is_label { -component } else { component }
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
    samples,
};

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
