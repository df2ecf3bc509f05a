//! The two inputs of a loss, prediction and target, with the checks of shape and domain that
//! both twins share, so that bad input is the same error in both. What is particular to one
//! loss is checked in that loss.

use ndarray::{Array, ArrayView, ArrayView1, Axis, CowArray, Dimension, IxDyn};
use num_traits::{Signed, Zero};

use crate::Error;
use crate::exact::{Extended, Lift, Rational};

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

/// The kinds of [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// Nothing.
    None,
    /// Class indices.
    Labels,
    /// Labels of two classes: 1 for foreground, 0 for background.
    Foreground,
    /// Real targets.
    Values,
}

impl TargetKind {
    /// The name of such an input in the oracle's lines; `None` where there is none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Labels => Some("labels"),
            Self::Foreground => Some("foreground"),
            Self::Values => Some("targets"),
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

pub(super) fn lift_element<T: Lift>(
    argument: &'static str,
    index: impl Fn() -> Vec<usize>,
    value: &T,
    domain: Domain,
) -> Result<Extended, Error> {
    let number = value.lift().ok_or_else(|| Error::NotANumber {
        argument,
        index: index(),
    })?;
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

/// The view with one axis. What lies in order, as most do, is looked at anew: that takes less than to convert the
/// axes, which counts for a batch of a few rows.
#[inline]
pub(super) fn vector<'a, T>(
    argument: &'static str,
    values: &'a CowArray<'_, T, IxDyn>,
    wanted: &str,
) -> Result<ArrayView1<'a, T>, Error> {
    if let (&[_], Some(elements)) = (values.shape(), values.as_slice()) {
        return Ok(ArrayView1::from(elements));
    }
    let view = values.view().into_dimensionality();
    view.map_err(|_| wrong_shape(argument, values.shape(), wanted))
}

/// Checks a shape.
pub(super) fn shape(argument: &'static str, got: &[usize], wanted: &[usize]) -> Result<(), Error> {
    if got == wanted {
        return Ok(());
    }
    Err(wrong_shape(argument, got, format!("{wanted:?}")))
}

/// The error for an array of another shape.
pub(super) fn wrong_shape(
    argument: &'static str,
    got: &[usize],
    wanted: impl Into<String>,
) -> Error {
    Error::Shape {
        argument,
        got: got.to_vec(),
        wanted: wanted.into(),
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

/// The error for a target that is not of the kind that the loss takes.
pub(super) fn wrong_target<T>(loss: &'static str, got: &Target<'_, T>, wanted: &str) -> Error {
    let got = match got {
        Target::None => "a prediction without a target",
        Target::Labels(_) => "a target in labels",
        Target::Values(_) => "a target in values",
    };
    Error::Unsupported {
        loss,
        what: got.to_owned(),
        instead: format!("give {wanted}"),
    }
}

/// The error for a batch without elements.
pub(super) fn empty_batch(loss: &'static str) -> Error {
    Error::Undefined {
        loss,
        reason: "the batch is empty".to_owned(),
    }
}
