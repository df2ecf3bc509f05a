//! The two inputs of a loss, prediction and target, with the checks of shape and domain that
//! both twins share. What is particular to one loss is checked in that loss.

use ndarray::{ArrayBase, ArrayViewD, CowArray, Dimension, IxDyn};

/// The space in which a prediction is given, which is also the space of its gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Probabilities, in [0, 1].
    Probabilities,
    /// Unnormalised log-probabilities, any real number or ±∞.
    Logits,
    /// Errors, as the Lovász extension takes them.
    Errors,
    /// Real scores, as hinge losses take them.
    Scores,
    /// Class indices: a prediction that has no gradient.
    Classes,
}

/// A prediction and the space that it is given in. Views are borrowed, never copied.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Prediction<'a, T> {
    /// See [`Space::Probabilities`].
    Probabilities(CowArray<'a, T, IxDyn>),
    /// See [`Space::Logits`].
    Logits(CowArray<'a, T, IxDyn>),
    /// See [`Space::Errors`].
    Errors(CowArray<'a, T, IxDyn>),
    /// See [`Space::Scores`].
    Scores(CowArray<'a, T, IxDyn>),
    /// See [`Space::Classes`].
    Classes(CowArray<'a, i64, IxDyn>),
}

/// What the prediction is compared with. Views are borrowed, never copied.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Target<'a, T> {
    /// Nothing: the loss takes a prediction alone, as the entropy does.
    None,
    /// Class indices.
    Labels(CowArray<'a, i64, IxDyn>),
    /// Real targets: probabilities of each class, or of the positive class.
    Values(CowArray<'a, T, IxDyn>),
}
