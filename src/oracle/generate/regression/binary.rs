//! What has gone wrong somewhere with losses of binary predictions: each with the cases that show it, and the trackers
//! and libraries where it did. How the words are read is said above.

use super::{Known, case};
use crate::oracle::generate::Tag;

/// What is known, in no order that matters.
pub(super) const KNOWN: &[Known] = &[
    Known {
        tag: Tag {
            name: "sigmoid-then-bce",
            note: "the gradient at a large wrong logit is −1, not that of a sigmoid that has become 0 (pytorch#103316)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "logits -50", "targets 1"),
            case(
                "balanced_cross_entropy",
                "alpha=1/2",
                "logits -50",
                "targets 1",
            ),
            case("focal", "gamma=0", "logits -50", "targets 1"),
        ],
    },
    Known {
        tag: Tag {
            name: "infinite-logits",
            note: "logits of ±∞ are limits: +∞ or 0, never NaN (pytorch#135359, numpyro#2240)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "reduction=none",
                "logits inf inf inf -inf -inf -inf",
                "targets 0 0.9 1 0 0.9 1",
            ),
            case("binary_cross_entropy", "", "logits inf -inf", "targets 1 0"),
            case("focal", "reduction=none", "logits inf -inf", "targets 1 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "large-logit-of-a-positive",
            note: "a large logit of the right sign has a tiny loss, of the wrong sign a linear one (candle#2561)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "logits 100", "targets 1"),
            case("binary_cross_entropy", "", "logits -100", "targets 1"),
            case(
                "binary_cross_entropy",
                "reduction=sum",
                "logits 1e4 -1e4 6e4",
                "targets 1 1 0",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "clamped-certainty",
            note: "p = 0 with y = 1 is +∞ and p = 1 with y = 1 is 0; a clamp is another function (keras#377, keras#10, keras#15249, tensorflow#41595)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "reduction=none",
                "probabilities 0 1 0 1",
                "targets 1 1 0 0",
            ),
            case(
                "cross_entropy",
                "reduction=none",
                "probabilities [0 1][1 0]",
                "labels 0 0",
            ),
            case(
                "balanced_cross_entropy",
                "alpha=1/4 reduction=none",
                "probabilities 0 1",
                "targets 1 1",
            ),
            case(
                "focal",
                "reduction=none",
                "probabilities 0 1",
                "targets 1 1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "one-minus-epsilon-is-one",
            note: "p = 1 has the loss 0, also where 1 − 1e-15 is 1 in the type and a clip gives NaN (sklearn#24315)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "probabilities 1", "targets 1"),
            case(
                "binary_cross_entropy",
                "",
                "probabilities 0 1",
                "targets 0 1",
            ),
            case("cross_entropy", "", "probabilities [1 0]", "labels 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "raw-score-minus-1000",
            note: "at a raw score of −1000 the gradient of a positive is −1 (sklearn#28046)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "logits -1000", "targets 1"),
            case(
                "binary_cross_entropy",
                "reduction=none",
                "logits -1000 1000 1000",
                "targets 0 0 1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "mean-of-many",
            note: "the mean of many equal elements is each of them; a running sum drifts (pytorch#55657; burn and candle over 10⁷ elements)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "",
                "probabilities 0.1*N",
                "targets 1*N",
            ),
            case("binary_cross_entropy", "", "logits 0.3*N", "targets 0*N"),
            case(
                "balanced_cross_entropy",
                "alpha=1/4",
                "logits 0.3*N",
                "targets 1*N",
            ),
            case("focal", "", "probabilities 0.7*N", "targets 1*N"),
        ],
    },
    Known {
        tag: Tag {
            name: "focal-at-certainty",
            note: "where p_t rounds to 1, value and gradient of the focal loss are finite (optax#1267 and others)",
            page: "focal.md",
        },
        cases: &[
            case("focal", "gamma=0", "logits 1000", "targets 1"),
            case("focal", "gamma=1/2", "logits 40", "targets 1"),
            case("focal", "gamma=1/2", "logits 1000", "targets 1"),
            case("focal", "gamma=1/2", "probabilities 1", "targets 1"),
            case(
                "focal",
                "gamma=1/2",
                "probabilities 0.99999999",
                "targets 1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "focal-negative-at-f16-range",
            note: "logits as large as half precision has, of the negative class: finite (mmcv#1488)",
            page: "focal.md",
        },
        cases: &[
            case(
                "focal",
                "alpha=1/4 reduction=none",
                "logits 65504 -65504 11.5 -17",
                "targets 0 0 0 0",
            ),
            case("focal", "reduction=none", "logits [65504 0]", "labels 1"),
        ],
    },
    Known {
        tag: Tag {
            name: "focal-alpha-by-class",
            note: "α belongs to the class 1 and 1 − α to the class 0, or to each class its own (kornia#875, kornia#2371)",
            page: "focal.md",
        },
        cases: &[
            case(
                "focal",
                "alpha=1/4 reduction=none",
                "probabilities 1/2 1/2",
                "targets 1 0",
            ),
            case(
                "focal",
                "alpha=1/4,1/2,1 reduction=none",
                "logits [1 0 0][1 0 0][1 0 0]",
                "labels 0 1 2",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "gradient-at-certain-and-right",
            note: "at p = y = 0 the gradient by p is 1, at p = y = 1 it is −1, not 0 or NaN (PyTorch, Burn)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "probabilities 0", "targets 0"),
            case("binary_cross_entropy", "", "probabilities 1", "targets 1"),
        ],
    },
    Known {
        tag: Tag {
            name: "gradient-of-tiny-probability",
            note: "the gradient −1/p is large where p is small, not cut off (PyTorch at p = 1e-20)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "",
                "probabilities 1e-20",
                "targets 1",
            ),
            case("cross_entropy", "", "probabilities [1e-20 1]", "labels 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "logarithm-below-minus-100",
            note: "a logarithm below −100 is a number like others (PyTorch in f64 at p = 1e-60)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "",
                "probabilities 1e-60",
                "targets 1",
            ),
            case(
                "binary_cross_entropy",
                "",
                "probabilities 1e-300",
                "targets 1",
            ),
            case("cross_entropy", "", "probabilities [1e-60 1]", "labels 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "small-loss-of-a-sure-logit",
            note: "softplus of a large negative number is small, not 0: log1p is wanted (PyTorch at x = ±20)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "logits -20", "targets 0"),
            case("binary_cross_entropy", "", "logits 20", "targets 1"),
            case(
                "balanced_cross_entropy",
                "alpha=1/2",
                "logits -20",
                "targets 0",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "tiny-target-at-large-logit",
            note: "a small target at a large logit: y·x must not be rounded against x (PyTorch at x = −1e4)",
            page: "binary-cross-entropy.md",
        },
        cases: &[case(
            "binary_cross_entropy",
            "",
            "logits -1e4",
            "targets 1.1031364e-7",
        )],
    },
    Known {
        tag: Tag {
            name: "focal-half-power-gradient",
            note: "the gradient at γ = 1/2 is tiny and not NaN (torchvision at x = 20)",
            page: "focal.md",
        },
        cases: &[
            case("focal", "gamma=1/2 alpha=1/4", "logits 20", "targets 1"),
            case("focal", "gamma=1/2", "logits -20", "targets 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "focal-of-a-sure-logit",
            note: "1 − p_t by subtraction loses the digits of the loss, or all of it (torchvision at x = 14 and 20)",
            page: "focal.md",
        },
        cases: &[
            case("focal", "gamma=1", "logits 14", "targets 1"),
            case("focal", "gamma=2", "logits 20", "targets 1"),
        ],
    },
    Known {
        tag: Tag {
            name: "focal-gamma-0-gradient",
            note: "at γ = 0 the gradient is that of cross entropy, not NaN (Keras at x = 54)",
            page: "focal.md",
        },
        cases: &[case("focal", "gamma=0", "logits 54.01", "targets 1")],
    },
    Known {
        tag: Tag {
            name: "probability-below-epsilon",
            note: "a probability below 1e-7 is not 1e-7 (Keras)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case(
                "binary_cross_entropy",
                "",
                "probabilities 2.396e-29",
                "targets 1",
            ),
            case(
                "binary_cross_entropy",
                "",
                "probabilities 1e-9 0.999999999",
                "targets 1 0",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "soft-target-at-large-logit",
            note: "a soft target at a large logit: (1 − y)·x, where a sigmoid that has become 1 gives infinity (candle at x = 103.97)",
            page: "binary-cross-entropy.md",
        },
        cases: &[
            case("binary_cross_entropy", "", "logits 103.97", "targets 0.9"),
            case("binary_cross_entropy", "", "logits -103.97", "targets 0.1"),
        ],
    },
];
