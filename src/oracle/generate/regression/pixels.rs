//! What has gone wrong somewhere with losses of labelled pixels: each with the cases that show it, and the trackers
//! and libraries where it did. How the words are read is said above.

use super::{Known, case};
use crate::oracle::generate::Tag;

/// What is known, in no order that matters.
pub(super) const KNOWN: &[Known] = &[
    Known {
        tag: Tag {
            name: "absent-class-under-all",
            note: "a class without a labelled pixel counts under \"all\", with the value of its largest error (Lovász-softmax and its ports)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case(
                "lovasz_softmax",
                "classes=all",
                "probabilities [1/2 1/4 1/4][1/8 3/4 1/8]",
                "labels 0 1",
            ),
            case(
                "lovasz_softmax",
                "classes=present",
                "probabilities [1/2 1/4 1/4][1/8 3/4 1/8]",
                "labels 0 1",
            ),
            case(
                "lovasz_softmax",
                "classes=all",
                "logits [1 0 -1][0 2 1]",
                "labels 0 0",
            ),
            case(
                "jaccard",
                "classes=all class_count=3",
                "predictions 0 1 1",
                "labels 0 0 1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "one-pixel",
            note: "a single pixel: ports that squeeze or take differences fail (Lovász losses and their ports)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case("lovasz_softmax", "", "probabilities [3/4 1/4]", "labels 1"),
            case("lovasz_softmax", "", "logits [1 -1]", "labels 0"),
            case("lovasz_hinge", "", "scores 1/4", "labels 1"),
            case("lovasz_hinge", "", "scores 1/4", "labels 0"),
            case("lovasz_extension", "", "errors 0.3", "foreground 0"),
            case("jaccard", "", "predictions 1", "labels 1"),
        ],
    },
    Known {
        tag: Tag {
            name: "every-pixel-void",
            note: "nothing but ignored pixels: no value, where ports give 0 or NaN (Lovász losses and their ports)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case(
                "lovasz_softmax",
                "ignore_index=255",
                "probabilities [3/4 1/4][1/2 1/2]",
                "labels 255 255",
            ),
            case(
                "lovasz_hinge",
                "ignore_index=255",
                "scores 1/4 2",
                "labels 255 255",
            ),
            case(
                "jaccard",
                "ignore_index=255",
                "predictions 1 0",
                "labels 255 255",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "one-class",
            note: "one class alone (Lovász-softmax and its ports)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case(
                "lovasz_softmax",
                "",
                "probabilities [3/4][1/4]",
                "labels 0 0",
            ),
            case("lovasz_softmax", "", "logits [5][-3]", "labels 0 0"),
        ],
    },
    Known {
        tag: Tag {
            name: "tied-errors",
            note: "equal errors: the value is one number, the gradient one of a set (Lovász losses and their ports)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case(
                "lovasz_softmax",
                "",
                "probabilities [1/2 1/2][1/2 1/2][1/2 1/2]",
                "labels 0 1 0",
            ),
            case("lovasz_hinge", "", "scores 0 0 0 0", "labels 1 0 1 0"),
            case(
                "lovasz_extension",
                "",
                "errors 1/2 1/2 1/2 1/4",
                "foreground 1 0 1 0",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "class-indices-sorted",
            note: "a Lovász-softmax that sorts class indices instead of the foreground gives 1/2 where 7/16 is right",
            page: "lovasz-losses.md",
        },
        cases: &[case(
            "lovasz_softmax",
            "",
            "probabilities [3/4 1/4][1/2 1/2]",
            "labels 0 1",
        )],
    },
    Known {
        tag: Tag {
            name: "permuted-rows",
            note: "rows that are permutations with the peak on the label: 1/2, where sorted class indices give 49/144",
            page: "lovasz-losses.md",
        },
        cases: &[case(
            "lovasz_softmax",
            "",
            "probabilities [1/2 1/4 1/4][1/4 1/2 1/4][1/4 1/4 1/2]",
            "labels 0 1 2",
        )],
    },
    Known {
        tag: Tag {
            name: "lovasz-gradient-of-many-pixels",
            note: "the marginals by differences of Jaccard losses lose their digits with the number of pixels (the published code in f32)",
            page: "lovasz-extension.md",
        },
        cases: &[
            case("lovasz_extension", "", "large", ""),
            case("lovasz_hinge", "", "large", ""),
        ],
    },
    Known {
        tag: Tag {
            name: "lovasz-in-f64",
            note: "inputs in double precision (the published code stops with an error)",
            page: "lovasz-losses.md",
        },
        cases: &[
            case("lovasz_hinge", "", "scores 1/2 -1 2 1/4", "labels 1 0 1 0"),
            case(
                "lovasz_softmax",
                "",
                "probabilities [3/4 1/4][1/3 2/3]",
                "labels 0 1",
            ),
        ],
    },
    Known {
        tag: Tag {
            name: "softmax-applied-twice",
            note: "probabilities are taken as they are, without a softmax of them (segmentation-models-pytorch)",
            page: "lovasz-losses.md",
        },
        cases: &[case(
            "lovasz_softmax",
            "",
            "probabilities [0.9 0.05 0.05][0.1 0.8 0.1]",
            "labels 0 1",
        )],
    },
];
