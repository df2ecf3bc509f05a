//! The tags of cases: what each class of cases is about, and where the book says more. Which losses
//! have which is in `recipes`; how the cases are made, in the families and in `regression`.

/// What a class of cases is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    /// The word that a case carries.
    pub name: &'static str,
    /// The class of bug that it is about.
    pub note: &'static str,
    /// The page of the book that says more.
    pub page: &'static str,
}

/// The classes of cases that are drawn at random or go through a list, as against single cases that
/// are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
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
    IgnoredRows,
    Parameters,
    Hard,
    Infinite,
    Undefined,
    Large,
}

const PAGE: &str = "oracle.md#tags";

impl Kind {
    /// The tag of the class.
    pub(super) fn tag(self) -> &'static Tag {
        match self {
            Self::Shapes => &Tag {
                name: "shapes",
                note: "one row, one class, two classes, more axes: code that squeezes, broadcasts \
                       or assumes several classes",
                page: PAGE,
            },
            Self::Edge => &Tag {
                name: "edge",
                note: "the ends of the domain and of the type and their neighbours: clamps, \
                       overflow, and tests with < that should be ≤",
                page: PAGE,
            },
            Self::Spaced => &Tag {
                name: "spaced",
                note: "magnitudes spaced over the whole range of the type: clamps and \
                       approximations that hold in the middle only",
                page: PAGE,
            },
            Self::Random => &Tag {
                name: "random",
                note: "everyday inputs with all options: wrong formulas, wrong signs, options that \
                       are not honoured",
                page: PAGE,
            },
            Self::Ties => &Tag {
                name: "ties",
                note: "equal numbers: sorts that are not stable in effect, argmax, kinks, \
                       gradients that are no subgradient",
                page: PAGE,
            },
            Self::Saturation => &Tag {
                name: "saturation",
                note: "probabilities that round to 0 or 1: losses that become 0 or infinite, and \
                       gradients that vanish",
                page: PAGE,
            },
            Self::Cancellation => &Tag {
                name: "cancellation",
                note: "nearly equal numbers that are subtracted: logits on a large offset, \
                       predictions near their targets",
                page: PAGE,
            },
            Self::Subnormals => &Tag {
                name: "subnormals",
                note: "numbers below the least normal one: flushing to zero, and reciprocals that \
                       overflow",
                page: PAGE,
            },
            Self::ZeroTargets => &Tag {
                name: "zero-targets",
                note: "0·ln 0, which is 0 and must not become NaN, in the value or in the gradient",
                page: PAGE,
            },
            Self::AbsentClasses => &Tag {
                name: "absent-classes",
                note: "classes without a label, or none but one: divisions by an empty count, and \
                       means over the wrong classes",
                page: PAGE,
            },
            Self::IgnoredRows => &Tag {
                name: "ignored-rows",
                note: "rows that do not count: ignored rows in the mean, in the gradient, or read \
                       although they may hold anything",
                page: PAGE,
            },
            Self::Parameters => &Tag {
                name: "parameters",
                note: "parameters at the ends of their domains: weights of 0, exponents below 1, \
                       smoothing by 1",
                page: PAGE,
            },
            Self::Hard => &Tag {
                name: "hard",
                note: "exact values very near to halfway between two numbers of the type: results \
                       that are not correctly rounded",
                page: PAGE,
            },
            Self::Infinite => &Tag {
                name: "infinite",
                note: "losses that are infinite, and infinite inputs: NaN instead of the limit, or \
                       a clamp that hides it",
                page: PAGE,
            },
            Self::Undefined => &Tag {
                name: "undefined",
                note: "inputs that have no loss: NaN, no rows, nothing but ignored rows; a number \
                       as the answer hides the fault",
                page: PAGE,
            },
            Self::Large => &Tag {
                name: "large",
                note: "many elements: sums whose error grows with their number, counts that are \
                       kept in floats",
                page: PAGE,
            },
        }
    }
}
