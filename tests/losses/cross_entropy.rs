//! Cross entropy: the article's rows CE-1 to CE-4, its definition as relations between exact
//! values, the known failures of other implementations, and the measured bounds of its fast
//! twin.

use core::cmp::Ordering;

use exact_loss::Error;
use exact_loss::exact::{Extended, Format, Rational, Real};
use exact_loss::losses::{
    Base, CrossEntropy, Entropy, Loss, Prediction, Reduction, Scalar, Space, Target,
};
use ndarray::{Array1, Array2, ArrayD, Axis, Slice, array};
use num_traits::{One, ToPrimitive};
use proptest::prelude::*;

use super::measure::{self, random};
use super::rows::{exact, gradient_error_beyond, labels, ln, prediction, rational, rows, ulps};

fn plain() -> CrossEntropy {
    CrossEntropy::new()
}

fn each() -> CrossEntropy {
    plain().reduction(Reduction::None)
}

const ARTICLE: &str = "0.1 0.2 0.7; 0.3 0.4 0.3; 0.1 0.2 0.7";
const ARTICLE_LABELS: [i64; 3] = [2, 1, 0];

// The article.

/// CE-1: the definition, in bits and in nats.
#[test]
fn definition_is_the_expected_surprisal_in_either_base() {
    let (p, q) = (rows("1/2 1/4 1/4"), rows("1/3 2/3 0"));
    let nats = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
    let by_hand = Real::sum([
        ln("2").scale(&rational("1/3")),
        ln("4").scale(&rational("2/3")),
    ]);
    assert_eq!(nats, by_hand.unwrap());
    let bits = plain().base(Base::Two);
    let bits = exact(&bits, Prediction::probabilities(&p), Target::values(&q));
    assert_eq!(bits.as_rational(), Some(rational("5/3")));
}

/// CE-2: the printed comparison with the entropy of p fails at q = (1, 0), p = (9/10, 1/10).
#[test]
fn cross_entropy_can_be_less_than_the_entropy_of_the_prediction() {
    let (p, q) = (rows("9/10 1/10"), rows("1 0"));
    let cross = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
    let of_p = exact(&Entropy::new(), Prediction::probabilities(&p), Target::None);
    let difference = cross.sub(&of_p).unwrap();
    assert_eq!(difference.sign().unwrap(), Ordering::Less);
    assert_eq!(difference.in_bits().decimal(3).unwrap(), "-0.317");
    let of_q = exact(&Entropy::new(), Prediction::probabilities(&q), Target::None);
    assert_eq!(cross.compare(&of_q).unwrap(), Ordering::Greater);
}

/// CE-3: the mean over samples of the one-hot cross entropies is the sum with joint weights 1/N.
#[test]
fn mean_over_samples_is_the_sum_with_joint_weights() {
    let p = rows(ARTICLE);
    let mean = exact(
        &plain(),
        Prediction::probabilities(&p),
        labels(&ARTICLE_LABELS),
    );
    let joint = rows("0 0 1/3; 0 1/3 0; 1/3 0 0");
    let sum = plain().reduction(Reduction::Sum);
    assert_eq!(
        mean,
        exact(&sum, Prediction::probabilities(&p), Target::values(&joint))
    );
}

/// CE-4: the table is right in nats only, and the mean of the rounded values rounds alike here.
#[test]
fn article_table_is_in_nats() {
    let p = rows(ARTICLE);
    let shown = |loss: CrossEntropy, places| {
        let value = loss
            .exact(Prediction::probabilities(&p), labels(&ARTICLE_LABELS))
            .unwrap();
        value
            .iter()
            .map(|value| value.decimal(places).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(each(), 2), ["0.36", "0.92", "2.30"]);
    assert_eq!(shown(plain(), 5), ["1.19185"]);
    assert_eq!(
        shown(each().base(Base::Two), 4),
        ["0.5146", "1.3219", "3.3219"]
    );
    assert_eq!(shown(plain().base(Base::Two), 4), ["1.7195"]);
    let mean_of_rounded = (rational("0.36") + rational("0.92") + rational("2.30")) / rational("3");
    assert_eq!(Real::from(mean_of_rounded).decimal(2).unwrap(), "1.19");
}

// Relations between exact values.

/// Weights between 1 and 12, over their sum: a distribution without zeros.
fn distribution(classes: usize) -> impl Strategy<Value = Vec<Rational>> {
    prop::collection::vec(1_i64..=12, classes).prop_map(|weights| {
        let total: i64 = weights.iter().sum();
        weights
            .into_iter()
            .map(|w| Rational::new(w.into(), total.into()))
            .collect()
    })
}

fn logit() -> impl Strategy<Value = Rational> {
    (-40_i64..=40, 1_i64..=9).prop_map(|(n, d)| Rational::new(n.into(), d.into()))
}

fn one_row(values: &[Rational]) -> Array2<Rational> {
    Array2::from_shape_vec((1, values.len()), values.to_vec()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Gibbs: H_p(q) ≥ H(q), with equality iff p = q.
    #[test]
    fn cross_entropy_is_at_least_the_entropy_and_equal_only_at_the_target(
        p in distribution(4), q in distribution(4),
    ) {
        let (p, q) = (one_row(&p), one_row(&q));
        let cross = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
        let entropy = exact(&Entropy::new(), Prediction::probabilities(&q), Target::None);
        let order = cross.compare(&entropy).unwrap();
        prop_assert_eq!(order, if p == q { Ordering::Equal } else { Ordering::Greater });
        let at_target = exact(&plain(), Prediction::probabilities(&q), Target::values(&q));
        prop_assert_eq!(at_target, entropy);
    }

    #[test]
    fn adding_a_number_to_every_logit_changes_nothing(
        z in prop::collection::vec(logit(), 3), shift in logit(), label in 0_i64..3,
    ) {
        let shifted: Vec<Rational> = z.iter().map(|z| z + &shift).collect();
        let at = |z: &[Rational]| exact(&plain(), Prediction::logits(one_row(z)), labels(&[label]));
        prop_assert_eq!(at(&z), at(&shifted));
    }

    #[test]
    fn permuting_classes_with_their_targets_and_weights_changes_nothing(
        p in distribution(4), q in distribution(4), by in 1_usize..4,
    ) {
        let weights: Vec<Rational> = (1..=4).map(|w: i64| Rational::from_integer(w.into())).collect();
        let turned = |x: &[Rational]| {
            let mut x = x.to_vec();
            x.rotate_left(by);
            x
        };
        let at = |p: &[Rational], q: &[Rational], w: &[Rational]| {
            let loss = plain().weights(w).unwrap();
            exact(&loss, Prediction::probabilities(one_row(p)), Target::values(one_row(q)))
        };
        prop_assert_eq!(at(&p, &q, &weights), at(&turned(&p), &turned(&q), &turned(&weights)));
    }

    #[test]
    fn labels_are_one_hot_targets_in_value_and_gradient(
        z in prop::collection::vec(logit(), 4), label in 0_usize..4,
    ) {
        let z = one_row(&z);
        let mut one_hot = Array2::from_elem((1, 4), Rational::default());
        one_hot[[0, label]] = Rational::one();
        let label = i64::try_from(label).unwrap();
        let hard = plain().exact_with_gradient(Prediction::logits(&z), labels(&[label]));
        let soft = plain().exact_with_gradient(Prediction::logits(&z), Target::values(&one_hot));
        prop_assert_eq!(hard.unwrap(), soft.unwrap());
    }

    #[test]
    fn smoothing_mixes_the_loss_with_that_of_the_uniform_target(
        z in prop::collection::vec(logit(), 3), label in 0_i64..3, tenths in 0_i64..=10,
    ) {
        let epsilon = Rational::new(tenths.into(), 10.into());
        let z = one_row(&z);
        let smooth = plain().label_smoothing(epsilon.clone()).unwrap();
        let smooth = exact(&smooth, Prediction::logits(&z), labels(&[label]));
        let hard = exact(&plain(), Prediction::logits(&z), labels(&[label]));
        let third = Array2::from_elem((1, 3), rational("1/3"));
        let uniform = exact(&plain(), Prediction::logits(&z), Target::values(&third));
        let mixed = Real::sum([hard.scale(&(Rational::one() - &epsilon)), uniform.scale(&epsilon)]);
        prop_assert_eq!(&smooth, &mixed.unwrap());
        if tenths == 0 {
            prop_assert_eq!(smooth, hard);
        }
    }

    #[test]
    fn one_base_is_the_other_times_ln_2(p in distribution(3), z in prop::collection::vec(logit(), 3)) {
        let p = one_row(&p);
        let z = one_row(&z);
        for input in [Prediction::probabilities(&p), Prediction::logits(&z)] {
            let nats = plain().exact_with_gradient(input.view(), labels(&[1])).unwrap();
            let bits = plain().base(Base::Two).exact_with_gradient(input.view(), labels(&[1]));
            let bits = bits.unwrap();
            let pairs = nats.value.iter().chain(&nats.gradient);
            for (nats, bits) in pairs.zip(bits.value.iter().chain(&bits.gradient)) {
                prop_assert_eq!(nats, &bits.mul(&ln("2")).unwrap());
            }
        }
    }

    /// The loss is convex, so f(x−h), f(x), f(x+h) enclose the derivative for every h.
    #[test]
    fn exact_gradient_lies_between_the_difference_quotients(
        z in prop::collection::vec(logit(), 3), q in distribution(3), shift in 1_u32..200,
    ) {
        let (z, q) = (one_row(&z), one_row(&q));
        let h = Rational::new(One::one(), num_bigint::BigInt::one() << shift);
        let at = |z: &Array2<Rational>| exact(&plain(), Prediction::logits(z), Target::values(&q));
        let gradient = plain().exact_with_gradient(Prediction::logits(&z), Target::values(&q));
        let gradient = gradient.unwrap().gradient;
        for c in 0..3 {
            let slope = |step: &Rational| {
                let mut moved = z.clone();
                moved[[0, c]] += step;
                at(&moved).sub(&at(&z)).unwrap().scale(&step.recip())
            };
            prop_assert_ne!(slope(&-&h).compare(&gradient[[0, c]]).unwrap(), Ordering::Greater);
            prop_assert_ne!(slope(&h).compare(&gradient[[0, c]]).unwrap(), Ordering::Less);
        }
    }
}

// Parameters.

#[test]
fn weighted_mean_divides_by_the_weights_of_the_labels() {
    let p = rows("1/2 1/2; 3/4 1/4");
    let loss = plain().weights(&[1, 3]).unwrap();
    let mean = exact(&loss, Prediction::probabilities(&p), labels(&[0, 1]));
    let by_hand = ln("2")
        .add(&ln("4").scale(&rational("3")))
        .unwrap()
        .scale(&rational("1/4"));
    assert_eq!(mean, by_hand);
}

#[test]
fn soft_mean_divides_by_the_rows_also_with_weights() {
    let (p, q) = (rows("1/2 1/2; 3/4 1/4"), rows("1 0; 0 1"));
    let loss = plain().weights(&[1, 3]).unwrap();
    let mean = exact(&loss, Prediction::probabilities(&p), Target::values(&q));
    let by_hand = ln("2")
        .add(&ln("4").scale(&rational("3")))
        .unwrap()
        .scale(&rational("1/2"));
    assert_eq!(mean, by_hand);
}

#[test]
fn bad_parameters_are_refused_by_name() {
    let got = |error: Error| error.to_string();
    let weights = |w: &[f64]| got(plain().weights(w).unwrap_err());
    assert_eq!(
        weights(&[1.0, -2.0]),
        "weights: got -2, wanted a finite number ≥ 0"
    );
    assert_eq!(
        weights(&[f64::INFINITY]),
        "weights: got inf, wanted a finite number ≥ 0"
    );
    assert_eq!(
        weights(&[f64::NAN]),
        "weights: got NaN, wanted a finite number ≥ 0"
    );
    let smoothing = |e: f64| got(plain().label_smoothing(e).unwrap_err());
    assert_eq!(
        smoothing(1.5),
        "label_smoothing: got 3/2, wanted a number in [0, 1]"
    );
    assert_eq!(
        smoothing(-0.5),
        "label_smoothing: got -1/2, wanted a number in [0, 1]"
    );
}

#[test]
fn weights_of_another_length_and_weights_that_sum_to_zero_are_errors_of_both_twins() {
    let z = array![[1.0, 2.0], [0.0, 0.0]];
    let target = || labels(&[0, 0]);
    let both = |loss: &CrossEntropy| {
        let fast = loss.fast(Prediction::logits(&z), target()).unwrap_err();
        assert_eq!(
            loss.exact(Prediction::logits(&z), target()).unwrap_err(),
            fast
        );
        assert_eq!(
            loss.fast_with_gradient(Prediction::logits(&z), target())
                .unwrap_err(),
            fast
        );
        fast
    };
    assert!(matches!(
        both(&plain().weights(&[1, 2, 3]).unwrap()),
        Error::Shape { .. }
    ));
    assert!(matches!(
        both(&plain().weights(&[0, 1]).unwrap()),
        Error::Undefined { .. }
    ));
}

#[test]
fn nan_is_the_same_error_in_both_twins() {
    for space in [Space::Probabilities, Space::Logits] {
        let p = array![[0.5, 0.5], [0.5, f64::NAN]];
        let fast = plain()
            .fast(prediction(space, &p), labels(&[0, 0]))
            .unwrap_err();
        assert_eq!(
            plain()
                .exact(prediction(space, &p), labels(&[0, 0]))
                .unwrap_err(),
            fast
        );
        assert_eq!(
            fast,
            Error::NotANumber {
                argument: space.name(),
                index: vec![1, 1]
            }
        );
    }
    let (p, q) = (array![[0.5, 0.5]], array![[f64::NAN, 0.5]]);
    let fast = plain()
        .fast(Prediction::probabilities(&p), Target::values(&q))
        .unwrap_err();
    let exact = plain()
        .exact(Prediction::probabilities(&p), Target::values(&q))
        .unwrap_err();
    assert_eq!(exact, fast);
    assert_eq!(
        fast,
        Error::NotANumber {
            argument: "targets",
            index: vec![0, 0]
        }
    );
}

#[test]
fn ignored_rows_are_not_read() {
    let p = array![[f64::NAN, -3.0], [0.25, 0.75]];
    let loss = plain().ignore_index(-100);
    let at = loss
        .fast_with_gradient(Prediction::probabilities(&p), labels(&[-100, 1]))
        .unwrap();
    assert_eq!(
        at.gradient,
        array![[0.0, 0.0], [0.0, -1.0 / 0.75]].into_dyn()
    );
    let kept = plain().fast(
        Prediction::probabilities(p.slice_axis(Axis(0), Slice::from(1..))),
        labels(&[1]),
    );
    assert_eq!(at.value, kept.unwrap());
    let exact = loss
        .exact(Prediction::probabilities(&p), labels(&[-100, 1]))
        .unwrap();
    assert_eq!(exact.reduced(), Some(ln("4/3")));
}

#[test]
fn a_gradient_of_another_shape_is_refused() {
    let z = array![[1.0, 2.0]];
    let mut gradient = Array2::<f64>::zeros((2, 1));
    let error = plain().fast_with_gradient_into(
        Prediction::logits(&z),
        labels(&[0]),
        gradient.view_mut().into_dyn(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "gradient: got shape [2, 1], wanted [1, 2]"
    );
}

#[test]
fn labels_and_targets_that_do_not_fit_are_refused_by_both_twins() {
    let z = Array2::from_shape_fn((9, 4), |(i, c)| (i + 2 * c) as f64 / 4.0);
    let refused = |target: Target<'_, f64>, wanted: &str| {
        let fast = plain().fast(Prediction::logits(&z), target.view());
        let exact = plain().exact(Prediction::logits(&z), target.view());
        assert_eq!(fast.unwrap_err().to_string(), wanted);
        assert_eq!(exact.unwrap_err().to_string(), wanted);
    };
    for label in [-1, 4, i64::MIN, i64::MAX] {
        let mut labels = Array1::<i64>::from_elem(9, 3);
        labels[7] = label;
        let wanted = format!("labels[7]: got {label}, wanted a class in 0..4");
        refused(Target::labels(&labels), &wanted);
        // Not in order in memory.
        let mut apart = Array1::<i64>::from_elem(18, 9);
        apart
            .slice_axis_mut(Axis(0), Slice::new(0, None, 2))
            .assign(&labels);
        let apart = apart.slice_axis(Axis(0), Slice::new(0, None, 2));
        refused(Target::labels(apart), &wanted);
    }
    refused(
        Target::labels(Array1::<i64>::zeros(8)),
        "labels: got shape [8], wanted [9]",
    );
    refused(
        Target::values(Array2::zeros((4, 9))),
        "targets: got shape [4, 9], wanted [9, 4]",
    );
}

#[test]
fn strided_views_give_the_bits_of_contiguous_ones() {
    let wide = Array2::from_shape_fn((6, 10), |(i, c)| (i * 7 + c * 3) as f64 / 11.0 - 2.0);
    let rows = wide.slice_axis(Axis(0), Slice::new(0, None, 2));
    let view = rows.slice_axis(Axis(1), Slice::new(0, None, 3));
    let copy = view.as_standard_layout().into_owned();
    let turned = wide.t();
    let strided = plain().fast_with_gradient(Prediction::logits(view), labels(&[0, 3, 1]));
    let contiguous = plain().fast_with_gradient(Prediction::logits(&copy), labels(&[0, 3, 1]));
    assert_eq!(strided.unwrap(), contiguous.unwrap());
    let ten = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3];
    let copy = turned.as_standard_layout().into_owned();
    let strided = plain().fast_with_gradient(Prediction::logits(turned), labels(&ten));
    let contiguous = plain().fast_with_gradient(Prediction::logits(&copy), labels(&ten));
    assert_eq!(strided.unwrap(), contiguous.unwrap());
}

// Known failures of other implementations. Each name says what others get wrong, each comment
// where it was reported.

fn fast<F: Scalar>(prediction: Prediction<'_, F>, label: i64) -> (F, Vec<F>) {
    let at = plain()
        .fast_with_gradient(prediction, labels(&[label]))
        .unwrap();
    (
        at.value.reduced().unwrap(),
        at.gradient.into_iter().collect(),
    )
}

fn within<F: Format>(got: F, exact: &Real, bound: f64) {
    let error = ulps(got, exact);
    assert!(error <= bound, "{error} ulp from {exact}");
}

/// pytorch#11752, mlx#4188, optax#1792; and the measured inputs −1e4 and 1e38 of optax.
#[test]
fn equal_huge_logits_give_ln_k() {
    for z in [1e8_f32, -1e4, 1e4, 1e38, -1e38, f32::MAX] {
        for classes in [2_usize, 3, 10, 1000] {
            let (value, _) = fast(Prediction::logits(Array2::from_elem((1, classes), z)), 0);
            within(value, &ln(&classes.to_string()), LOGITS.0);
        }
    }
    for z in [1e8, 1e308, -1e308, f64::MAX] {
        let (value, _) = fast(Prediction::logits(array![[z, z]]), 1);
        within(value, &ln("2"), 1.0);
    }
}

/// keras#17634: logits (14.4, 50.1, 3.5), class 0.
#[test]
fn a_wrong_class_far_below_the_largest_keeps_its_digits() {
    let z = array![[14.4, 50.1, 3.5]];
    let (value, _) = fast(Prediction::logits(&z), 0);
    within(
        value,
        &exact(&plain(), Prediction::logits(&z), labels(&[0])),
        1.0,
    );
    assert!((35.699..35.701).contains(&value));
}

/// The ONNX reference gives −0.0, and the libraries tried give 0 with a gradient of 0.
#[test]
fn a_gap_of_twenty_is_not_zero() {
    let z = array![[20.0_f32, 0.0]];
    let at = plain()
        .exact_with_gradient(Prediction::logits(&z), labels(&[0]))
        .unwrap();
    let (value, gradient) = fast(Prediction::logits(&z), 0);
    within(value, &at.value.reduced().unwrap(), LOGITS.0);
    assert!(value > 2.061e-9 && value < 2.062e-9);
    for (got, exact) in gradient.iter().zip(&at.gradient) {
        within(*got, exact, LOGITS.1);
        assert!(got.abs() > 2.06e-9);
    }
}

/// optax#896: logits (−∞, 0), targets (0, 1).
#[test]
fn zero_target_at_minus_infinity_gives_zero_value_and_gradient() {
    let (z, q) = (array![[f64::NEG_INFINITY, 0.0]], array![[0.0, 1.0]]);
    let at = plain()
        .fast_with_gradient(Prediction::logits(&z), Target::values(&q))
        .unwrap();
    assert_eq!(at.value.reduced(), Some(0.0));
    assert_eq!(at.gradient, array![[0.0, 0.0]].into_dyn());
    let exact = plain()
        .exact_with_gradient(Prediction::logits(&z), Target::values(&q))
        .unwrap();
    assert_eq!(exact.value.reduced(), Some(Real::zero()));
    assert!(
        exact
            .gradient
            .iter()
            .all(|component| *component == Real::zero())
    );
}

/// PyTorch, JAX, TF: logits (0, −∞), targets (1, 0) give NaN.
#[test]
fn a_class_of_probability_zero_without_target_does_not_matter() {
    let (z, q) = (array![[0.0_f32, f32::NEG_INFINITY]], array![[1.0_f32, 0.0]]);
    let at = plain()
        .fast_with_gradient(Prediction::logits(&z), Target::values(&q))
        .unwrap();
    assert_eq!(at.value.reduced(), Some(0.0));
    assert_eq!(at.gradient, array![[0.0, 0.0]].into_dyn());
}

/// pytorch#70348, #75181, #116349: an error of its own, under every reduction.
#[test]
fn every_row_ignored_is_a_named_error_of_both_twins() {
    let z = array![[1.0, 2.0], [3.0, 4.0]];
    for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
        let loss = plain().reduction(reduction).ignore_index(7);
        let fast = loss
            .fast(Prediction::logits(&z), labels(&[7, 7]))
            .unwrap_err();
        assert_eq!(
            fast.to_string(),
            "cross_entropy: undefined, because every row is ignored"
        );
        assert_eq!(
            loss.exact(Prediction::logits(&z), labels(&[7, 7]))
                .unwrap_err(),
            fast
        );
    }
}

/// burn#5568: ignored rows do not count in the mean.
#[test]
fn ignored_rows_do_not_count_in_the_mean() {
    let p = rows("1/2 1/2; 1/3 2/3; 1/5 4/5");
    let loss = plain().ignore_index(-1);
    let mean = exact(&loss, Prediction::probabilities(&p), labels(&[0, -1, 0]));
    assert_eq!(mean, ln("10").scale(&rational("1/2")));
}

/// pytorch#54843: with w = (1, 3), Σwℓ/Σw is the definition and Σwℓ/N the dialect.
#[test]
fn the_two_weighted_means_differ() {
    let p = rows("1/2 1/2; 3/4 1/4");
    let loss = plain().weights(&[1, 3]).unwrap();
    let mean = exact(&loss, Prediction::probabilities(&p), labels(&[0, 1]));
    let sum = loss.reduction(Reduction::Sum);
    let sum = exact(&sum, Prediction::probabilities(&p), labels(&[0, 1]));
    assert_eq!(mean, sum.scale(&rational("1/4")));
    assert_ne!(mean, sum.scale(&rational("1/2")), "the dialect");
}

/// pytorch#104776, #148884: with weights, each class's surprisal has its own weight, and the mean
/// divides by the weights of the labels.
#[test]
fn label_smoothing_with_class_weights_is_as_defined() {
    let p = rows("1/2 1/4 1/4");
    let loss = plain()
        .weights(&[2, 3, 5])
        .unwrap()
        .label_smoothing(rational("3/10"))
        .unwrap();
    let value = exact(&loss, Prediction::probabilities(&p), labels(&[0]));
    // q = (8/10, 1/10, 1/10), w q = (16, 3, 5)/10, surprisals ln 2, ln 4, ln 4; over w_0 = 2.
    assert_eq!(value, ln("2").scale(&rational("32/20")));
}

/// pytorch#103316 and #55657 for this loss: the sum does not lose accuracy with N.
#[test]
fn mean_of_a_million_rows_is_as_accurate_as_one() {
    let n = 1_000_000;
    let rows = array![[20.0_f32, 0.0], [0.1, 0.3]];
    let z = Array2::from_shape_fn((n, 2), |(i, c)| rows[[i % 2, c]]);
    let alternate = Array1::from_shape_fn(n, |i| i64::from(i % 2 == 1));
    let two = exact(&plain(), Prediction::logits(&rows), labels(&[0, 1]));
    let mean = plain()
        .fast(Prediction::logits(&z), Target::labels(&alternate))
        .unwrap();
    within(mean.reduced().unwrap(), &two, LOGITS.0);
    let sum = plain().reduction(Reduction::Sum);
    let sum = sum
        .fast(Prediction::logits(&z), Target::labels(&alternate))
        .unwrap();
    let scaled = two.scale(&Rational::from_integer(n.into()));
    within(sum.reduced().unwrap(), &scaled, LOGITS.0);
    let z = z.mapv(f64::from);
    let mean = plain()
        .fast(Prediction::logits(&z), Target::labels(&alternate))
        .unwrap();
    within(mean.reduced().unwrap(), &two, LOGITS.0);
}

// The fast twin's stated bounds.

/// The bounds that the documentation states, in ulps.
const VALUE: (f64, f64) = (1.0, 0.51);
const LABEL_GRADIENT: (f64, f64) = (2.5, 0.51);
/// The same for labels that are not smoothed, from logits, in both types.
const LOGITS: (f64, f64) = (2.25, 4.0);
/// The value for soft targets, from either space; in `f64`, plain and smoothed.
const SOFT: (f64, f64, f64) = (4.0, 7.0, 3.0);

fn label_errors<F: Scalar + Format>(
    prediction: &Prediction<'_, F>,
    label: i64,
    (value, gradient): (f64, f64),
) {
    let errors = measure::errors(&plain(), prediction, &labels(&[label]));
    let value_error = errors.value.to_f64().unwrap();
    let gradient_error = errors.gradient.to_f64().unwrap();
    assert!(
        value_error <= value,
        "value: {value_error} ulp at {prediction:?}, {label}"
    );
    assert!(
        gradient_error <= gradient,
        "gradient: {gradient_error} ulp at {prediction:?}, {label}"
    );
}

#[test]
fn labels_are_within_the_bound_at_extreme_logits() {
    let gaps = [
        0.0, 1e-300, 1e-30, 1e-8, 0.5, 1.0, 5.0, 17.0, 20.0, 37.0, 100.0, 700.0, 709.8, 745.0,
        746.0, 1e4, 1e8,
    ];
    for offset in [0.0, 1.0, -3.7, 1e4, -1e4, 1e8, -1e8] {
        for gap in gaps {
            let z = array![[offset + gap, offset, offset - 1.0]];
            let single = z.mapv(|z| z as f32);
            for label in 0..3 {
                label_errors(&Prediction::logits(&z), label, LOGITS);
                label_errors(&Prediction::logits(&single), label, LOGITS);
            }
        }
    }
}

#[test]
fn labels_are_within_the_bound_at_extreme_gaps() {
    let single = array![
        [1e38_f32, -1e38, 0.0],
        [f32::MAX, -f32::MAX, 3e38],
        [0.0, 1e-45, -1e-45]
    ];
    let double = array![
        [1e308, -1e308, 0.0],
        [f64::MAX, -f64::MAX, 1.7e308],
        [0.0, 5e-324, -5e-324]
    ];
    for label in 0..3 {
        for row in single.axis_chunks_iter(Axis(0), 1) {
            label_errors(&Prediction::logits(row), label, LOGITS);
        }
        for row in double.axis_chunks_iter(Axis(0), 1) {
            label_errors(&Prediction::logits(row), label, LOGITS);
        }
    }
}

#[test]
fn labels_are_within_the_bound_at_extreme_probabilities() {
    let single: Vec<f32> = measure::extreme_probabilities();
    for p in single.into_iter().filter(|&p| p > 0.0) {
        label_errors(
            &Prediction::probabilities(array![[p, 0.0]]),
            0,
            (VALUE.1, LABEL_GRADIENT.1),
        );
    }
    let mut double: Vec<f64> = measure::extreme_probabilities();
    double.extend([5e-324, 1.5e-320, 1e-310, 1.0 - f64::EPSILON]);
    for p in double.into_iter().filter(|&p| p > 0.0) {
        label_errors(
            &Prediction::probabilities(array![[p, 0.0]]),
            0,
            (VALUE.0, LABEL_GRADIENT.0),
        );
    }
}

#[test]
fn a_probability_of_zero_at_the_label_is_infinite_with_an_infinite_gradient() {
    let (value, gradient) = fast(Prediction::probabilities(array![[0.0, 1.0]]), 0);
    assert_eq!(
        (value, gradient),
        (f64::INFINITY, vec![f64::NEG_INFINITY, 0.0])
    );
    let p = array![[0.0, 1.0]];
    let exact = plain()
        .exact_with_gradient(Prediction::probabilities(&p), labels(&[0]))
        .unwrap();
    assert_eq!(exact.value.reduced(), Some(Real::infinity()));
    assert_eq!(exact.gradient[[0, 0]], Real::negative_infinity());
}

#[test]
fn fifty_thousand_classes_are_within_the_bound() {
    let mut random = random();
    let z = Array2::from_shape_simple_fn((1, 50_257), || {
        (random.next().unwrap() * 24.0 - 12.0) as f32
    });
    let mut sure = z.clone();
    sure[[0, 1234]] = 40.0;
    for z in [z, sure] {
        let double = z.mapv(f64::from);
        let value = exact(&plain(), Prediction::logits(&z), labels(&[1234]));
        let single = plain()
            .fast(Prediction::logits(&z), labels(&[1234]))
            .unwrap();
        within(single.reduced().unwrap(), &value, LOGITS.0);
        let double = plain()
            .fast(Prediction::logits(&double), labels(&[1234]))
            .unwrap();
        within(double.reduced().unwrap(), &value, LOGITS.0);
    }
}

/// What the documentation allows the gradient for soft targets: of logits (pΣwq + wq)/D times 2⁻⁵⁰ or 2⁻²²
/// beside half an ulp, of probabilities ulps alone.
fn soft_gradient<F: Scalar + Format>(
    loss: &CrossEntropy,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
) -> (f64, ArrayD<f64>) {
    if prediction.space() == Space::Probabilities {
        let bound = F::from_pair(2.0, 4.5).to_f64();
        return (bound, ArrayD::zeros(prediction.shape()));
    }
    let exact = loss
        .exact_with_gradient(prediction.view(), target.view())
        .unwrap()
        .gradient;
    let unit = F::from_pair(0.5_f32.powi(22), 0.5_f64.powi(50)).to_f64();
    // |component| ≤ pΣwq + wq ≤ |component| + 2wq, and every w, q ≤ 1 here.
    let slack = exact.map(|component| {
        let size = component.round::<f64>().unwrap().decided().unwrap().abs();
        (size + 2.0) * unit
    });
    (0.51, slack)
}

fn soft_errors<F: Scalar + Format>(
    loss: &CrossEntropy,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
    value: f64,
) {
    let errors = measure::errors(loss, prediction, target);
    let value_error = errors.value.to_f64().unwrap();
    assert!(
        value_error <= value,
        "value: {value_error} ulp at {prediction:?}, {target:?}"
    );
    let (bound, slack) = soft_gradient(loss, prediction, target);
    let gradient = gradient_error_beyond(loss, prediction, target, &slack);
    assert!(
        gradient <= bound,
        "gradient: {gradient} ulp at {prediction:?}, {target:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn labels_are_within_the_bound_on_random_logits(
        z in prop::collection::vec(-60.0_f64..60.0, 1..12), scale in -3_i32..4, at in 0_usize..12,
    ) {
        let label = i64::try_from(at % z.len()).unwrap();
        let z = Array2::from_shape_vec((1, z.len()), z).unwrap() * 10_f64.powi(scale);
        label_errors(&Prediction::logits(&z), label, LOGITS);
        let z = z.mapv(|z| z as f32);
        label_errors(&Prediction::logits(&z), label, LOGITS);
    }

    #[test]
    fn soft_targets_and_smoothing_are_within_the_bound(
        z in prop::collection::vec((-30.0_f64..30.0, 0.0_f64..1.0, 0.0_f64..1.0), 2..8),
        bits in any::<bool>(), smooth in any::<bool>(),
    ) {
        let column = |pick: fn(&(f64, f64, f64)) -> f64| {
            Array2::from_shape_vec((1, z.len()), z.iter().map(pick).collect()).unwrap()
        };
        let (logits, q, p) = (column(|x| x.0), column(|x| x.1), column(|x| x.2));
        // An eighth is a number of both types, so both twins smooth alike.
        let loss = plain().base(if bits { Base::Two } else { Base::E });
        let loss = if smooth { loss.label_smoothing(0.125).unwrap() } else { loss };
        let double = if smooth { SOFT.1 } else { SOFT.0 };
        for (space, x) in [(Space::Logits, &logits), (Space::Probabilities, &p)] {
            soft_errors(&loss, &prediction(space, x), &Target::values(&q), double);
            let (x, q) = (x.mapv(|x| x as f32), q.mapv(|q| q as f32));
            soft_errors(&loss, &prediction(space, &x), &Target::values(&q), SOFT.2);
        }
    }

    #[test]
    fn weighted_and_ignored_batches_are_within_the_bound(
        z in prop::collection::vec(-20.0_f64..20.0, 12),
        y in prop::collection::vec(-1_i64..3, 4).prop_filter("a row is kept", |y| y.iter().any(|&y| y >= 0)),
    ) {
        let z = Array2::from_shape_vec((4, 3), z).unwrap();
        let loss = plain().weights(&[0.25, 1.0, 0.75]).unwrap().ignore_index(-1);
        let errors = measure::errors(&loss, &Prediction::logits(&z), &labels(&y));
        prop_assert!(errors.value.to_f64().unwrap() <= LOGITS.0);
        prop_assert!(errors.gradient.to_f64().unwrap() <= LOGITS.1);
    }
}

#[test]
fn exact_twin_lifts_floats_without_loss() {
    let p = array![[0.1_f32, 0.9]];
    let value = exact(&plain(), Prediction::probabilities(&p), labels(&[0]));
    assert_eq!(value, ln("134217728/13421773"));
}

#[test]
fn infinite_logits_are_limits() {
    let z = |text: &str| Prediction::logits(rows(text));
    assert_eq!(
        exact::<Extended>(&plain(), z("inf 3"), labels(&[0])),
        Real::zero()
    );
    assert_eq!(
        exact::<Extended>(&plain(), z("inf 3"), labels(&[1])),
        Real::infinity()
    );
    assert_eq!(
        exact::<Extended>(&plain(), z("-inf 3"), labels(&[0])),
        Real::infinity()
    );
    for text in ["inf inf", "-inf -inf", "1 inf inf"] {
        let undefined = plain().exact(z(text), labels(&[0])).unwrap_err();
        assert!(
            matches!(undefined, Error::Undefined { .. }),
            "{text}: {undefined}"
        );
    }
}
