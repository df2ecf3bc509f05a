//! What has gone wrong somewhere with losses of class rows: each with the cases that show it, and the trackers
//! and libraries where it did. How the words are read is said above.

use super::{Known, case};
use crate::oracle::generate::Tag;

/// What is known, in no order that matters.
pub(super) const KNOWN: &[Known] = &[
    Known {
        tag: Tag {
            name: "equal-huge-logits",
            note: "equal logits have the loss ln K, also where logsumexp − z absorbs it and gives 0 (pytorch#11752, mlx#4188, optax#1792)",
            page: "cross-entropy.md",
        },
        cases: &[
            case("cross_entropy", "", "logits [1e8 1e8 1e8 1e8]", "labels 0"),
            case(
                "cross_entropy",
                "reduction=none",
                "logits [1e8*10]",
                "labels 9",
            ),
            case("cross_entropy", "", "logits [-1e4 -1e4]", "labels 0"),
            case("cross_entropy", "", "logits [1e38 1e38]", "labels 1"),
            case("cross_entropy", "", "logits [1e8 1e8]", "targets [1/4 3/4]"),
            case("entropy", "", "logits [1e8*3]", ""),
            case(
                "kl_divergence",
                "",
                "logits [1e38 1e38]",
                "targets [1/2 1/2]",
            ),
            case("focal", "", "logits [1e8 1e8]", "labels 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "probability-path-loses-logits",
            note: "from logits the loss is about 35.7; by way of probabilities it is lost (keras#17634)",
            page: "cross-entropy.md",
        },
        cases: &[case(
            "cross_entropy",
            "",
            "logits [14.4 50.1 3.5]",
            "labels 0",
        )],
    },
    Known {
        tag: Tag {
            name: "impossible-class-without-target",
            note: "0·∞ is 0: a logit of −∞ with a target of 0 changes nothing (optax#896; soft targets in PyTorch, JAX and TensorFlow)",
            page: "cross-entropy.md",
        },
        cases: &[
            case("cross_entropy", "", "logits [-inf 0]", "targets [0 1]"),
            case("cross_entropy", "", "logits [0 -inf]", "targets [1 0]"),
            case("cross_entropy", "", "probabilities [0 1]", "targets [0 1]"),
            case("cross_entropy", "", "logits [0 -inf]", "labels 0"),
            case("kl_divergence", "", "logits [-inf 0]", "targets [0 1]"),
            case("entropy", "", "logits [-inf 0]", ""),
            case(
                "focal",
                "multi_class=true",
                "logits [-inf 0]",
                "targets [0 1]",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "every-row-ignored",
            note: "there is no mean of nothing: a named result, never a silent NaN or 0 (pytorch#70348, pytorch#75181, pytorch#116349)",
            page: "cross-entropy.md",
        },
        cases: &[
            case(
                "cross_entropy",
                "ignore_index=-100",
                "logits [1 2][3 4]",
                "labels -100 -100",
            ),
            case(
                "cross_entropy",
                "ignore_index=-100 reduction=sum",
                "probabilities [1/2 1/2]",
                "labels -100",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "ignored-rows-in-the-mean",
            note: "the mean is over the rows that are kept (burn#5568)",
            page: "cross-entropy.md",
        },
        cases: &[
            case(
                "cross_entropy",
                "ignore_index=0",
                "logits [2 -1 0][0 1 0][3 1 -2]",
                "labels 1 0 2",
            ),
            case(
                "cross_entropy",
                "ignore_index=-1",
                "probabilities [1/4 3/4][1/2 1/2]",
                "labels 0 -1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "weighted-mean",
            note: "Σwℓ/Σw and Σwℓ/N are two conventions; this is the first (pytorch#54843)",
            page: "cross-entropy.md",
        },
        cases: &[
            case(
                "cross_entropy",
                "weights=1,3",
                "logits [1 0][0 2]",
                "labels 0 1",
            ),
            case(
                "cross_entropy",
                "weights=1,3",
                "probabilities [1/2 1/2][1/4 3/4]",
                "labels 0 1",
            ),
            case(
                "cross_entropy",
                "weights=1,3",
                "logits [1 0][0 2]",
                "targets [1/2 1/2][1/4 3/4]",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "smoothing-with-weights",
            note: "label smoothing with class weights: each smoothed target is weighted by its own class (pytorch#104776, pytorch#148884)",
            page: "cross-entropy.md",
        },
        cases: &[
            case(
                "cross_entropy",
                "weights=1,3,1/2 label_smoothing=0.1",
                "logits [1 0 -1][0 2 1]",
                "labels 0 1",
            ),
            case(
                "cross_entropy",
                "weights=1,3,1/2 label_smoothing=1/4 reduction=none",
                "probabilities [1/2 1/4 1/4]",
                "labels 2",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "divergence-of-zero-targets",
            note: "0·ln 0 = 0, also at log q = −∞, in value and gradient (pytorch#89558, optax#1786)",
            page: "kl-divergence.md",
        },
        cases: &[
            case(
                "kl_divergence",
                "",
                "probabilities [1/2 1/2]",
                "targets [0 1]",
            ),
            case("kl_divergence", "", "probabilities [0 1]", "targets [0 1]"),
            case(
                "kl_divergence",
                "reduction=none",
                "logits [-inf 0][2 1]",
                "targets [0 1][1 0]",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "divergence-mean-over-rows",
            note: "the mean divergence is over rows; divided by all elements it is another function (the default of PyTorch's KLDivLoss)",
            page: "kl-divergence.md",
        },
        cases: &[case(
            "kl_divergence",
            "reduction=mean",
            "probabilities [1/4 1/4 1/2][1/2 1/4 1/4]",
            "targets [1/2 1/4 1/4][1/4 1/4 1/2]",
        )],
    },
    Known {
        tag: Tag {
            name: "small-loss-of-a-sure-row",
            note: "the loss of a sure row is small, not 0, and so is its gradient (all libraries that were tried)",
            page: "cross-entropy.md",
        },
        cases: &[
            case("cross_entropy", "", "logits [20 0]", "labels 0"),
            case("cross_entropy", "", "logits [0 20]", "labels 1"),
            case("cross_entropy", "", "logits [40 0 0]", "labels 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "divergence-at-subnormal-probability",
            note: "a subnormal probability is not 0: the divergence is finite (optax at p = 1e-40 in f32)",
            page: "kl-divergence.md",
        },
        cases: &[
            case(
                "kl_divergence",
                "",
                "probabilities [0.5 1e-40]",
                "targets [0.5 0.5]",
            ),
            case("cross_entropy", "", "probabilities [0.5 1e-40]", "labels 1"),
        ],
    },
];
