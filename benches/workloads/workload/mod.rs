//! The list [`ALL`] of the workloads: of each the loss, what it is given, and the size. What it is made
//! of is in `parts`, how it is timed in `timing`.

mod parts;

use exact_loss::Error;
use exact_loss::losses::{DynLoss, Loss, Value};
use ndarray::ArrayViewMutD;

use crate::float::Real;
use crate::inputs::Inputs;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CrossEntropy,
    BinaryLogits,
    BinaryProbabilities,
    BalancedLogits,
    FocalLogits,
    Divergence,
    Entropy,
    Jaccard,
    LovaszExtension,
    LovaszHinge,
    LovaszSoftmax,
}

/// A loss at inputs of a size.
#[derive(Debug)]
pub(crate) struct Workload {
    /// The name in arguments and lines.
    pub(crate) name: &'static str,
    /// The loss, in the catalogue.
    pub(crate) loss: &'static str,
    /// What it is given.
    pub(crate) given: &'static str,
    /// The rows, or the elements.
    pub(crate) rows: usize,
    /// The classes of a row; none where there are only elements.
    pub(crate) classes: Option<usize>,
    /// How many rows are judged by the oracle.
    pub(crate) judged: usize,
    kind: Kind,
}

/// All workloads: every loss of the catalogue is among them.
pub(crate) const ALL: &[Workload] = &[
    rows(
        "ce_100",
        "cross_entropy",
        "logits, labels",
        Kind::CrossEntropy,
        65_536,
        100,
        656,
    ),
    rows(
        "ce_50257",
        "cross_entropy",
        "logits, labels",
        Kind::CrossEntropy,
        1024,
        50_257,
        2,
    ),
    rows(
        "ce_small",
        "cross_entropy",
        "logits, labels",
        Kind::CrossEntropy,
        8,
        10,
        8,
    ),
    elements(
        "bce_logits",
        "binary_cross_entropy",
        "logits",
        Kind::BinaryLogits,
        10_000_000,
        1 << 16,
    ),
    elements(
        "bce_probs",
        "binary_cross_entropy",
        "probabilities",
        Kind::BinaryProbabilities,
        10_000_000,
        1 << 16,
    ),
    elements(
        "focal",
        "focal",
        "logits, γ = 2, α = 1/4",
        Kind::FocalLogits,
        10_000_000,
        1 << 16,
    ),
    rows(
        "kl",
        "kl_divergence",
        "probabilities",
        Kind::Divergence,
        65_536,
        100,
        656,
    ),
    elements(
        "lovasz_hinge_1m",
        "lovasz_hinge",
        "scores",
        Kind::LovaszHinge,
        1 << 20,
        1 << 17,
    ),
    elements(
        "lovasz_hinge_4m",
        "lovasz_hinge",
        "scores",
        Kind::LovaszHinge,
        1 << 22,
        1 << 15,
    ),
    rows(
        "lovasz_softmax",
        "lovasz_softmax",
        "probabilities",
        Kind::LovaszSoftmax,
        512 * 512,
        21,
        1 << 13,
    ),
    rows(
        "entropy",
        "entropy",
        "probabilities",
        Kind::Entropy,
        65_536,
        100,
        656,
    ),
    elements(
        "balanced_bce",
        "balanced_cross_entropy",
        "logits",
        Kind::BalancedLogits,
        10_000_000,
        1 << 16,
    ),
    elements(
        "jaccard",
        "jaccard",
        "labels of 21 classes",
        Kind::Jaccard,
        1 << 22,
        1 << 16,
    ),
    elements(
        "lovasz_extension_1m",
        "lovasz_extension",
        "errors",
        Kind::LovaszExtension,
        1 << 20,
        1 << 17,
    ),
];

const fn rows(
    name: &'static str,
    loss: &'static str,
    given: &'static str,
    kind: Kind,
    rows: usize,
    classes: usize,
    judged: usize,
) -> Workload {
    Workload {
        name,
        loss,
        given,
        rows,
        classes: Some(classes),
        judged,
        kind,
    }
}

const fn elements(
    name: &'static str,
    loss: &'static str,
    given: &'static str,
    kind: Kind,
    rows: usize,
    judged: usize,
) -> Workload {
    Workload {
        name,
        loss,
        given,
        rows,
        classes: None,
        judged,
        kind,
    }
}

/// The loss of a workload, in one float type: the same compiled code whether it is timed or judged.
pub(crate) trait Subject<F: 'static>: Send + Sync {
    /// [`Loss::fast`], reduced.
    fn value(&self, inputs: &Inputs<F>) -> Result<F, Error>;
    /// [`Loss::fast_with_gradient_into`], reduced.
    fn with_gradient(&self, inputs: &Inputs<F>, gradient: ArrayViewMutD<'_, F>)
    -> Result<F, Error>;
    /// What the oracle judges by.
    fn exactly(&self) -> &dyn DynLoss;
}

impl<F: Real, L: Loss + Send + Sync> Subject<F> for L {
    fn value(&self, inputs: &Inputs<F>) -> Result<F, Error> {
        self.fast(inputs.prediction.view(), inputs.target.view())
            .map(one)
    }

    fn with_gradient(
        &self,
        inputs: &Inputs<F>,
        gradient: ArrayViewMutD<'_, F>,
    ) -> Result<F, Error> {
        self.fast_with_gradient_into(inputs.prediction.view(), inputs.target.view(), gradient)
            .map(one)
    }

    fn exactly(&self) -> &dyn DynLoss {
        self
    }
}

fn one<F>(value: Value<F>) -> F {
    value.reduced().expect("every workload is a mean")
}

impl Workload {
    /// The workload of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|workload| workload.name == name)
    }

    /// The numbers of a prediction of so many rows.
    pub(crate) fn elements(&self, rows: usize) -> usize {
        rows * self.classes.unwrap_or(1)
    }

    /// The size of so many rows, to read.
    pub(crate) fn size(&self, rows: usize) -> String {
        match self.classes {
            Some(classes) => format!("{rows} × {classes}"),
            None => rows.to_string(),
        }
    }

    fn shape(&self, rows: usize) -> Vec<usize> {
        [rows].into_iter().chain(self.classes).collect()
    }

    /// Whether there is a gradient.
    pub(crate) fn has_gradient(&self) -> bool {
        self.kind != Kind::Jaccard
    }
}
