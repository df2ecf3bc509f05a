//! Which classes of cases each loss has, and which family makes them: a plain list. What the classes
//! are about is in `tags`.

use super::draft::{Draft, Parts};
use super::tags::Kind::{self, *};
use super::{binary, pixels, regression, rows};

/// How the cases of a loss are made.
#[derive(Debug)]
pub(super) struct Recipe {
    /// The name of the loss.
    pub(super) loss: &'static str,
    /// The classes of its cases.
    pub(super) kinds: &'static [Kind],
    /// Makes a case of a class, other than a hard one.
    pub(super) make: fn(&mut Draft, Kind) -> Parts,
}

/// A recipe for each loss of the catalogue.
pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        loss: "cross_entropy",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            IgnoredRows,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: rows::cross_entropy,
    },
    Recipe {
        loss: "entropy",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: rows::entropy,
    },
    Recipe {
        loss: "kl_divergence",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: rows::kl_divergence,
    },
    Recipe {
        loss: "binary_cross_entropy",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: binary::binary_cross_entropy,
    },
    Recipe {
        loss: "balanced_cross_entropy",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            AbsentClasses,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: binary::balanced_cross_entropy,
    },
    Recipe {
        loss: "focal",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            ZeroTargets,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: binary::focal,
    },
    Recipe {
        loss: "jaccard",
        kinds: &[
            Shapes,
            Random,
            Ties,
            AbsentClasses,
            IgnoredRows,
            Parameters,
            Hard,
            Undefined,
            Large,
        ],
        make: pixels::jaccard,
    },
    Recipe {
        loss: "lovasz_extension",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Cancellation,
            Subnormals,
            AbsentClasses,
            Hard,
            Undefined,
            Large,
        ],
        make: pixels::lovasz_extension,
    },
    Recipe {
        loss: "lovasz_hinge",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Cancellation,
            Subnormals,
            AbsentClasses,
            IgnoredRows,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: pixels::lovasz_hinge,
    },
    Recipe {
        loss: "lovasz_softmax",
        kinds: &[
            Shapes,
            Edge,
            Spaced,
            Random,
            Ties,
            Saturation,
            Cancellation,
            Subnormals,
            AbsentClasses,
            IgnoredRows,
            Parameters,
            Hard,
            Infinite,
            Undefined,
            Large,
        ],
        make: pixels::lovasz_softmax,
    },
];

/// The recipe of a loss; `None` where it has none.
pub(super) fn recipe(loss: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.loss == loss)
}

/// One class of the cases of a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Kind(Kind),
    Known(&'static regression::Known),
}

impl Class {
    pub(super) fn tag(self) -> &'static super::Tag {
        match self {
            Self::Kind(kind) => kind.tag(),
            Self::Known(known) => &known.tag,
        }
    }
}

/// The classes of the cases of a loss: the known ones last.
pub(super) fn classes(loss: &str) -> Vec<Class> {
    let kinds = recipe(loss).map_or(&[][..], |recipe| recipe.kinds);
    let known = regression::of(loss).map(Class::Known);
    kinds
        .iter()
        .copied()
        .map(Class::Kind)
        .chain(known)
        .collect()
}
