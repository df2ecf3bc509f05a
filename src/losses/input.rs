//! The two inputs of a loss, prediction and target, with the checks of shape and domain that
//! both twins share, so that bad input is the same error in both. What is particular to one
//! loss is checked in that loss.

use ndarray::{
    Array, ArrayView, ArrayView1, ArrayView2, ArrayViewMut2, ArrayViewMutD, Axis, CowArray, Dimension, Ix1, Ix2, IxDyn,
};
use num_traits::{One, Signed, Zero};

use super::reduce::every_row_ignored;
use crate::Error;
use crate::exact::{Distribution, Extended, Lift, Rational};

/// The space in which a prediction is given, which is also the space of its gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Probabilities, in [0, 1].
    Probabilities,
    /// Unnormalised log-probabilities: any real number or ±∞.
    Logits,
    /// Errors, as the Lovász extension takes them.
    Errors,
    /// Real scores, as hinge losses take them.
    Scores,
    /// Class indices: a prediction that has no gradient.
    Predictions,
}

impl Space {
    /// The name of such an input in errors and in the oracle's lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Probabilities => "probabilities",
            Self::Logits => "logits",
            Self::Errors => "errors",
            Self::Scores => "scores",
            Self::Predictions => "predictions",
        }
    }
}

/// A prediction and the space that it is given in. Views are borrowed, never copied.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction<'a, T> {
    /// Numbers in a space.
    Values(Space, CowArray<'a, T, IxDyn>),
    /// Class indices.
    Classes(CowArray<'a, i64, IxDyn>),
}

impl<'a, T> Prediction<'a, T> {
    /// Probabilities, as an array or a view of any dimension.
    pub fn probabilities<D: Dimension>(values: impl Into<CowArray<'a, T, D>>) -> Self {
        Self::Values(Space::Probabilities, values.into().into_dyn())
    }

    /// Logits, as an array or a view of any dimension.
    pub fn logits<D: Dimension>(values: impl Into<CowArray<'a, T, D>>) -> Self {
        Self::Values(Space::Logits, values.into().into_dyn())
    }

    /// Errors, as an array or a view of any dimension.
    pub fn errors<D: Dimension>(values: impl Into<CowArray<'a, T, D>>) -> Self {
        Self::Values(Space::Errors, values.into().into_dyn())
    }

    /// Scores, as an array or a view of any dimension.
    pub fn scores<D: Dimension>(values: impl Into<CowArray<'a, T, D>>) -> Self {
        Self::Values(Space::Scores, values.into().into_dyn())
    }

    /// Class indices, as an array or a view of any dimension.
    pub fn classes<D: Dimension>(classes: impl Into<CowArray<'a, i64, D>>) -> Self {
        Self::Classes(classes.into().into_dyn())
    }

    /// The space that the prediction is given in.
    #[must_use]
    pub fn space(&self) -> Space {
        match self {
            Self::Values(space, _) => *space,
            Self::Classes(_) => Space::Predictions,
        }
    }

    /// The shape of the prediction, and of the gradient.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Values(_, values) => values.shape(),
            Self::Classes(classes) => classes.shape(),
        }
    }

    /// The same prediction, borrowed.
    #[must_use]
    pub fn view(&self) -> Prediction<'_, T> {
        match self {
            Self::Values(space, values) => Prediction::Values(*space, values.view().into()),
            Self::Classes(classes) => Prediction::Classes(classes.view().into()),
        }
    }

    /// The rows (along the first axis) with these indices, in this order.
    pub(crate) fn select_rows(&self, rows: &[usize]) -> Prediction<'static, T>
    where
        T: Clone,
    {
        match self {
            Self::Values(space, values) => {
                Prediction::Values(*space, values.select(Axis(0), rows).into())
            }
            Self::Classes(classes) => Prediction::Classes(classes.select(Axis(0), rows).into()),
        }
    }

    /// The same prediction with every number mapped.
    pub fn map<U>(&self, number: impl FnMut(&T) -> U) -> Prediction<'static, U> {
        match self {
            Self::Values(space, values) => Prediction::Values(*space, values.map(number).into()),
            Self::Classes(classes) => Prediction::Classes(classes.to_owned().into()),
        }
    }
}

/// What the prediction is compared with. Views are borrowed, never copied.
#[derive(Debug, Clone, PartialEq)]
pub enum Target<'a, T> {
    /// Nothing: the loss takes a prediction alone, as the entropy does.
    None,
    /// Class indices.
    Labels(CowArray<'a, i64, IxDyn>),
    /// Real targets: the probability of each class, or of the positive class.
    Values(CowArray<'a, T, IxDyn>),
}

impl<'a, T> Target<'a, T> {
    /// Class indices, as an array or a view of any dimension.
    pub fn labels<D: Dimension>(labels: impl Into<CowArray<'a, i64, D>>) -> Self {
        Self::Labels(labels.into().into_dyn())
    }

    /// Real targets, as an array or a view of any dimension.
    pub fn values<D: Dimension>(values: impl Into<CowArray<'a, T, D>>) -> Self {
        Self::Values(values.into().into_dyn())
    }

    /// The same target, borrowed.
    #[must_use]
    pub fn view(&self) -> Target<'_, T> {
        match self {
            Self::None => Target::None,
            Self::Labels(labels) => Target::Labels(labels.view().into()),
            Self::Values(values) => Target::Values(values.view().into()),
        }
    }

    /// The rows (along the first axis) with these indices, in this order.
    pub(crate) fn select_rows(&self, rows: &[usize]) -> Target<'static, T>
    where
        T: Clone,
    {
        match self {
            Self::None => Target::None,
            Self::Labels(labels) => Target::Labels(labels.select(Axis(0), rows).into()),
            Self::Values(values) => Target::Values(values.select(Axis(0), rows).into()),
        }
    }

    /// The same target with every number mapped.
    pub fn map<U>(&self, number: impl FnMut(&T) -> U) -> Target<'static, U> {
        match self {
            Self::None => Target::None,
            Self::Labels(labels) => Target::Labels(labels.to_owned().into()),
            Self::Values(values) => Target::Values(values.map(number).into()),
        }
    }
}

/// What the elements of an input may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    /// A number in [0, 1].
    Unit,
    /// A finite number that is not negative.
    NonNegative,
    /// A finite number.
    Finite,
    /// A number or ±∞.
    Extended,
}

impl Domain {
    fn contains(self, number: &Extended) -> bool {
        match number {
            Extended::Finite(x) => self.contains_finite(x),
            Extended::Infinity | Extended::NegativeInfinity => self == Self::Extended,
        }
    }

    pub(super) fn contains_finite(self, x: &Rational) -> bool {
        match self {
            Self::Extended | Self::Finite => true,
            Self::NonNegative => !x.is_negative(),
            Self::Unit => !x.is_negative() && x.numer() <= x.denom(),
        }
    }

    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Unit => "a number in [0, 1]",
            Self::NonNegative => "a finite number ≥ 0",
            Self::Finite => "a finite number",
            Self::Extended => "a number or ±∞",
        }
    }
}

/// Lifts every element, and checks that it lies in the domain.
pub(super) fn lift<T: Lift, D: Dimension>(
    argument: &'static str,
    values: ArrayView<'_, T, D>,
    domain: Domain,
) -> Result<Array<Extended, D>, Error> {
    check(argument, values.view(), domain)?;
    Ok(values.map(|value| value.lift().unwrap_or(Extended::Finite(Rational::zero()))))
}

/// Lifts every element to a finite rational of the domain.
pub(super) fn lift_finite<T: Lift, D: Dimension>(
    argument: &'static str,
    values: ArrayView<'_, T, D>,
    domain: Domain,
) -> Result<Array<Rational, D>, Error> {
    let lifted = lift(argument, values, domain)?;
    Ok(lifted.map(|number| number.finite().cloned().unwrap_or_else(Rational::zero)))
}

/// The error that [`lift`] gives for these values, if any: for a fast twin that has met
/// something that is not right. It keeps no lifted copy.
pub(super) fn check<T: Lift, D: Dimension>(
    argument: &'static str,
    values: ArrayView<'_, T, D>,
    domain: Domain,
) -> Result<(), Error> {
    for (index, value) in values.into_dyn().indexed_iter() {
        lift_element(argument, || index.as_array_view().to_vec(), value, domain)?;
    }
    Ok(())
}

fn lift_element<T: Lift>(
    argument: &'static str,
    index: impl Fn() -> Vec<usize>,
    value: &T,
    domain: Domain,
) -> Result<Extended, Error> {
    let number = value.lift().ok_or_else(|| Error::NotANumber { argument, index: index() })?;
    if domain.contains(&number) {
        return Ok(number);
    }
    Err(Error::Element {
        argument,
        index: index(),
        got: number.to_string(),
        wanted: domain.wanted().to_owned(),
    })
}

/// A batch of rows of class probabilities or logits, [N, C] with N ≥ 1 and C ≥ 1.
pub(super) struct ClassRows<'a, T> {
    pub(super) space: Space,
    pub(super) values: ArrayView2<'a, T>,
}

impl<'a, T> ClassRows<'a, T> {
    /// The rows of a prediction in probabilities or logits.
    pub(super) fn new(loss: &'static str, prediction: &'a Prediction<'_, T>) -> Result<Self, Error> {
        let (Space::Probabilities | Space::Logits, Prediction::Values(space, values)) =
            (prediction.space(), prediction)
        else {
            return Err(wrong_space(loss, prediction.space(), "probabilities or logits"));
        };
        let rows = rank::<T, Ix2>(space.name(), values, "[N, C]")?;
        if rows.nrows() == 0 {
            return Err(empty_batch(loss));
        }
        if rows.ncols() == 0 {
            return Err(Error::Shape {
                argument: space.name(),
                got: values.shape().to_vec(),
                wanted: "[N, C] with at least one class".to_owned(),
            });
        }
        Ok(Self { space: *space, values: rows })
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.values.nrows()
    }

    /// The number of classes.
    pub(super) fn classes(&self) -> usize {
        self.values.ncols()
    }

    /// The exact distribution that one row gives.
    pub(super) fn distribution(&self, loss: &'static str, row: usize) -> Result<Distribution, Error>
    where
        T: Lift,
    {
        let domain = match self.space {
            Space::Logits => Domain::Extended,
            _ => Domain::Unit,
        };
        let mut lifted = Vec::with_capacity(self.values.ncols());
        for (c, x) in self.values.row(row).iter().enumerate() {
            lifted.push(lift_element(self.space.name(), || vec![row, c], x, domain)?);
        }
        match self.space {
            Space::Logits => Distribution::softmax(&lifted).ok_or_else(|| Error::Undefined {
                loss,
                reason: format!("row {row} of the logits is all -inf, or has two that are +inf"),
            }),
            _ => Ok(Distribution::from_probabilities(
                lifted.into_iter().filter_map(Extended::into_finite).collect(),
            )),
        }
    }

    /// The error that [`ClassRows::distribution`] gives for a row, for a fast twin that has
    /// found the row to be bad.
    pub(super) fn error(&self, loss: &'static str, row: usize) -> Error
    where
        T: Lift,
    {
        self.distribution(loss, row).err().unwrap_or_else(|| Error::Undefined {
            loss,
            reason: format!("row {row} has no distribution in floating point"),
        })
    }
}

/// The caller's gradient as rows, of the shape of the prediction.
pub(super) fn gradient_rows<F>(
    gradient: ArrayViewMutD<'_, F>,
    wanted: (usize, usize),
) -> Result<ArrayViewMut2<'_, F>, Error> {
    shape("gradient", gradient.shape(), &[wanted.0, wanted.1])?;
    let got = gradient.shape().to_vec();
    gradient.into_dimensionality().map_err(|_| Error::Shape {
        argument: "gradient",
        got,
        wanted: format!("[{}, {}]", wanted.0, wanted.1),
    })
}

/// What the rows of a [`ClassRows`] are compared with.
pub(super) enum ClassTarget<'a, T> {
    /// One class a row; `None` where the row is ignored.
    Labels(Labels<'a>),
    /// A distribution over the classes for each row.
    Soft(ArrayView2<'a, T>),
}

/// Checked labels.
pub(super) struct Labels<'a> {
    labels: ArrayView1<'a, i64>,
    ignore: Option<i64>,
}

impl Labels<'_> {
    /// The class of a row; `None` where it is ignored.
    pub(super) fn get(&self, row: usize) -> Option<usize> {
        let label = self.labels[row];
        if self.ignore == Some(label) { None } else { usize::try_from(label).ok() }
    }
}

impl<'a, T> ClassTarget<'a, T> {
    /// Checks a target against rows of shape [N, C].
    pub(super) fn new(
        loss: &'static str,
        target: &'a Target<'_, T>,
        (rows, classes): (usize, usize),
        ignore: Option<i64>,
    ) -> Result<Self, Error> {
        match target {
            Target::None => Err(Error::Unsupported {
                loss,
                what: "a prediction without a target".to_owned(),
                instead: "give labels [N] or targets [N, C]".to_owned(),
            }),
            Target::Labels(labels) => {
                let labels = rank::<i64, Ix1>("labels", labels, "[N]")?;
                shape("labels", labels.shape(), &[rows])?;
                check_labels(labels, classes, ignore)?;
                if labels.iter().all(|&label| ignore == Some(label)) {
                    return Err(every_row_ignored(loss));
                }
                Ok(Self::Labels(Labels { labels, ignore }))
            }
            Target::Values(values) => {
                let values = rank::<T, Ix2>("targets", values, "[N, C]")?;
                shape("targets", values.shape(), &[rows, classes])?;
                Ok(Self::Soft(values))
            }
        }
    }
}

impl<T> ClassTarget<'_, T> {
    /// The target of one row as an exact distribution over the classes, one-hot for a label;
    /// `None` where the row is ignored.
    pub(super) fn distribution(
        &self,
        row: usize,
        classes: usize,
    ) -> Result<Option<Vec<Rational>>, Error>
    where
        T: Lift,
    {
        match self {
            Self::Labels(labels) => Ok(labels.get(row).map(|label| {
                let mut one_hot = vec![Rational::zero(); classes];
                one_hot[label] = Rational::one();
                one_hot
            })),
            Self::Soft(targets) => {
                let row_of_targets = targets.row(row);
                let elements = row_of_targets.iter().enumerate();
                let lifted = elements.map(|(c, q)| {
                    let q = lift_element("targets", || vec![row, c], q, Domain::Unit)?;
                    Ok(q.into_finite().unwrap_or_else(Rational::zero))
                });
                lifted.collect::<Result<_, Error>>().map(Some)
            }
        }
    }
}

fn check_labels(
    labels: ArrayView1<'_, i64>,
    classes: usize,
    ignore: Option<i64>,
) -> Result<(), Error> {
    let in_range = |label: i64| usize::try_from(label).is_ok_and(|label| label < classes);
    match labels.iter().position(|&label| !in_range(label) && ignore != Some(label)) {
        None => Ok(()),
        Some(row) => Err(Error::Element {
            argument: "labels",
            index: vec![row],
            got: labels[row].to_string(),
            wanted: match ignore {
                None => format!("a class in 0..{classes}"),
                Some(ignored) => format!("a class in 0..{classes}, or {ignored}, which is ignored"),
            },
        }),
    }
}

/// The view with a fixed number of axes.
pub(super) fn rank<'a, T, D: Dimension>(
    argument: &'static str,
    values: &'a CowArray<'_, T, IxDyn>,
    wanted: &str,
) -> Result<ArrayView<'a, T, D>, Error> {
    values.view().into_dimensionality::<D>().map_err(|_| Error::Shape {
        argument,
        got: values.shape().to_vec(),
        wanted: wanted.to_owned(),
    })
}

/// Checks a shape.
pub(super) fn shape(argument: &'static str, got: &[usize], wanted: &[usize]) -> Result<(), Error> {
    if got == wanted {
        return Ok(());
    }
    Err(Error::Shape { argument, got: got.to_vec(), wanted: format!("{wanted:?}") })
}

/// The elements of a row in one piece: the row itself where it lies so, else a copy of it.
pub(super) fn contiguous<'a, T: Copy>(
    row: &'a ArrayView1<'_, T>,
    copy: &'a mut Vec<T>,
) -> &'a [T] {
    match row.as_slice() {
        Some(elements) => elements,
        None => {
            copy.clear();
            copy.extend(row);
            copy
        }
    }
}

/// The error for a prediction in a space that the loss does not take.
pub(super) fn wrong_space(loss: &'static str, got: Space, wanted: &str) -> Error {
    Error::Unsupported {
        loss,
        what: format!("a prediction in {}", got.name()),
        instead: format!("give {wanted}"),
    }
}

/// The error for a batch without elements.
pub(super) fn empty_batch(loss: &'static str) -> Error {
    Error::Undefined { loss, reason: "the batch is empty".to_owned() }
}
