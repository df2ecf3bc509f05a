//! Verdicts: each class by a planted answer, subgradients at ties, and the twins, which are right.

use exact_loss::exact::Extended;
use exact_loss::losses::{ALL, Params, Prediction, Reduction, Sample, Setting, Target};
use exact_loss::oracle::{
    Answer, Answered, Case, Class, Dtype, Fault, Gradient, Limit, Number, Numbers, Verdict, judge,
    judge_by,
};
use ndarray::{ArrayD, array};
use proptest::prelude::*;

fn logits(dtype: Dtype) -> Case {
    Case::new(
        "cross_entropy",
        dtype,
        Params::new(),
        Prediction::logits(array![[20.0, 0.0]]),
        Target::labels(array![0]),
    )
    .unwrap()
}

/// ln(1 + e^−20), from tables, and the first component of its gradient with the sign changed.
const LN: f64 = 2.061_153_620_314_381e-9;
const SOFTMAX: f64 = 2.061_153_618_190_204e-9;

fn gradient(components: &[f64], name: &str) -> Answer {
    let components = ArrayD::from_shape_vec(vec![1, 2], components.to_vec()).unwrap();
    Answer {
        gradient: Some([(name.to_owned(), Numbers::Array(components))].into()),
        ..Answer::from(LN)
    }
}

fn at_default(case: &Case, answer: impl Into<Answer>) -> Verdict {
    judge(case, &answer.into(), &Limit::default())
}

fn fault_of_value(case: &Case, answer: impl Into<Answer>) -> Option<Fault> {
    at_default(case, answer).value.and_then(|part| part.fault)
}

fn fault_of_gradient(case: &Case, answer: impl Into<Answer>) -> Option<Fault> {
    match at_default(case, answer).gradient {
        Gradient::Judged(part) => part.fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_is_within_up_to_the_limit_and_outside_beyond_it() {
    // 1/2 exactly, so that whole ulps can be counted; the condition is 1.
    let case = Case::new(
        "lovasz_hinge",
        Dtype::F64,
        Params::new(),
        Prediction::scores(array![0.5]),
        Target::labels(array![1]),
    )
    .unwrap();
    let ulps = |n: f64| 0.5 + n * f64::EPSILON / 2.0;
    assert_eq!(at_default(&case, ulps(4.0)).class, Class::Within);
    assert_eq!(at_default(&case, ulps(5.0)).class, Class::Outside);
    assert_eq!(fault_of_value(&case, ulps(5.0)), Some(Fault::Ulps));
    let limit = "4.5".parse().unwrap();
    assert_eq!(
        judge(&case, &ulps(5.0).into(), &limit).class,
        Class::Outside
    );
    assert_eq!(
        judge(&case, &ulps(5.0).into(), &Limit::from(5)).class,
        Class::Within
    );
    let worst = at_default(&case, ulps(3.0)).value.unwrap().worst.unwrap();
    assert_eq!(worst.ulps, Some((3.0, 3.0)));
}

#[test]
fn each_fault_of_a_value_is_named() {
    let case = logits(Dtype::F64);
    assert_eq!(fault_of_value(&case, LN), None);
    assert_eq!(
        fault_of_value(&case, Answer::default()),
        Some(Fault::Missing)
    );
    assert_eq!(fault_of_value(&case, f64::NAN), Some(Fault::NotANumber));
    assert_eq!(fault_of_value(&case, f64::INFINITY), Some(Fault::Infinite));
    assert_eq!(fault_of_value(&case, 0.0), Some(Fault::Ulps));
    assert_eq!(fault_of_value(&case, -0.0), Some(Fault::SignOfZero));
    let shape = fault_of_value(&case, ArrayD::from_elem(vec![1], LN));
    assert!(matches!(shape, Some(Fault::Shape { .. })), "{shape:?}");
    let unreadable = Answer {
        value: Some(Numbers::Unreadable("a word".to_owned())),
        ..Answer::default()
    };
    assert_eq!(
        fault_of_value(&case, unreadable),
        Some(Fault::Unreadable("a word".to_owned()))
    );
}

#[test]
fn an_infinite_value_is_right_only_as_that_infinity() {
    let case = Case::new(
        "binary_cross_entropy",
        Dtype::F32,
        Params::new(),
        Prediction::probabilities(array![0.0]),
        Target::values(array![1.0]),
    )
    .unwrap();
    assert_eq!(fault_of_value(&case, f32::INFINITY), None);
    for wrong in [f32::MAX, f32::NEG_INFINITY, 100.0] {
        assert_eq!(
            fault_of_value(&case, wrong),
            Some(Fault::Infinite),
            "{wrong}"
        );
    }
    assert_eq!(fault_of_value(&case, f32::NAN), Some(Fault::NotANumber));
}

#[test]
fn a_zero_that_is_exact_is_positive_in_a_value_and_has_any_sign_in_a_gradient() {
    let case = Case::new(
        "cross_entropy",
        Dtype::F64,
        Params::new(),
        Prediction::logits(array![[0.0, f64::NEG_INFINITY]]),
        Target::labels(array![0]),
    )
    .unwrap();
    assert_eq!(fault_of_value(&case, 0.0), None);
    assert_eq!(fault_of_value(&case, -0.0), Some(Fault::SignOfZero));
    for zero in [0.0, -0.0] {
        assert_eq!(
            at_default(&case, (0.0, array![[zero, zero]].into_dyn())).class,
            Class::Within
        );
    }
}

#[test]
fn a_number_that_underflows_keeps_its_sign() {
    // The components of the gradient are ∓e^−2000/(1 + e^−2000).
    let case = Case::new(
        "cross_entropy",
        Dtype::F64,
        Params::new(),
        Prediction::logits(array![[2000.0, 0.0]]),
        Target::labels(array![0]),
    )
    .unwrap();
    let answer = |a: f64, b: f64| (0.0, array![[a, b]].into_dyn());
    assert_eq!(fault_of_gradient(&case, answer(-0.0, 0.0)), None);
    assert_eq!(
        fault_of_gradient(&case, answer(0.0, 0.0)),
        Some(Fault::SignOfZero)
    );
    assert_eq!(
        fault_of_gradient(&case, answer(-0.0, -0.0)),
        Some(Fault::SignOfZero)
    );
    assert_eq!(fault_of_value(&case, -0.0), Some(Fault::SignOfZero));
}

#[test]
fn a_zero_that_is_left_where_terms_cancel_may_have_either_sign() {
    // σ(x) − 1/2 is about x/4, and the sigmoid of so small an x is 1/2 in floats.
    let case = Case::new(
        "binary_cross_entropy",
        Dtype::F64,
        Params::new(),
        Prediction::logits(array![-1e-20]),
        Target::values(array![0.5]),
    )
    .unwrap();
    let answer = |slope: f64| (2.0_f64.ln(), array![slope].into_dyn());
    for noise in [0.0, -0.0, 1e-17, -1e-17] {
        let verdict = at_default(&case, answer(noise));
        assert_eq!(verdict.class, Class::Within, "{noise} {verdict:?}");
        assert!(verdict.is_scaled());
    }
    assert_eq!(fault_of_gradient(&case, answer(1e-15)), Some(Fault::Ulps));
}

#[test]
fn each_fault_of_a_gradient_is_named() {
    let case = logits(Dtype::F64);
    assert_eq!(
        fault_of_gradient(&case, gradient(&[-SOFTMAX, SOFTMAX], "logits")),
        None
    );
    assert_eq!(
        fault_of_gradient(&case, gradient(&[-SOFTMAX, SOFTMAX], "")),
        None
    );
    let faults = [
        ([f64::NAN, SOFTMAX], Fault::NotANumber),
        ([f64::NEG_INFINITY, SOFTMAX], Fault::Infinite),
        ([-SOFTMAX, -SOFTMAX], Fault::Ulps),
        // Where 1 − p is computed by a subtraction.
        ([0.0, SOFTMAX], Fault::SignOfZero),
        ([-2.061_153_64e-9, SOFTMAX], Fault::Ulps),
    ];
    for (components, fault) in faults {
        let got = fault_of_gradient(&case, gradient(&components, "logits"));
        assert_eq!(got, Some(fault), "{components:?}");
    }
    let flat = (LN, array![-SOFTMAX, SOFTMAX].into_dyn());
    assert!(matches!(
        fault_of_gradient(&case, flat),
        Some(Fault::Shape { .. })
    ));
}

#[test]
fn a_gradient_that_is_lacking_or_of_another_input_is_no_fault_and_is_said() {
    let case = logits(Dtype::F64);
    let verdict = at_default(&case, LN);
    assert_eq!(
        (verdict.class, verdict.gradient),
        (Class::Within, Gradient::Lacking)
    );
    let verdict = at_default(&case, gradient(&[0.0, 1.0], "probabilities"));
    assert_eq!(
        (verdict.class, verdict.gradient),
        (Class::Within, Gradient::Lacking)
    );
    assert!(
        verdict
            .note
            .unwrap()
            .contains("\"probabilities\", and not to \"logits\"")
    );
}

#[test]
fn an_ill_conditioned_value_has_its_limit_scaled_and_this_is_said() {
    // ln(1 + 2⁻²⁰) by a subtraction: the condition is about 2²⁰.
    let case = Case::new(
        "binary_cross_entropy",
        Dtype::F64,
        Params::new(),
        Prediction::probabilities(array![1.0 - (-20_f64).exp2()]),
        Target::values(array![1.0]),
    )
    .unwrap();
    let right = -(-(-20_f64).exp2()).ln_1p();
    let off = |n: f64| right * (1.0 + n * f64::EPSILON);
    let verdict = at_default(&case, off(2.0));
    assert!(verdict.class == Class::Within && !verdict.is_scaled());
    let verdict = at_default(&case, off(1e6));
    assert!(verdict.class == Class::Within && verdict.is_scaled());
    let verdict = at_default(&case, off(1e7));
    assert!(verdict.class == Class::Outside && !verdict.is_scaled());
    assert_eq!(
        judge(&case, &off(1e6).into(), &"1e-9".parse().unwrap()).class,
        Class::Outside
    );
}

#[test]
fn a_value_that_is_exactly_0_may_err_as_its_terms_do() {
    // KL(p, p) is 0, a sum of terms of both signs.
    let p = array![[0.25, 0.75]];
    let case = Case::new(
        "kl_divergence",
        Dtype::F64,
        Params::new(),
        Prediction::probabilities(p.clone()),
        Target::values(p),
    )
    .unwrap();
    assert!(!at_default(&case, 0.0).is_scaled());
    let verdict = at_default(&case, f64::EPSILON);
    assert!(verdict.class == Class::Within && verdict.is_scaled());
    assert_eq!(at_default(&case, 1e-14).class, Class::Outside);
}

#[test]
fn nothing_is_judged_where_there_is_no_right_answer() {
    let ignored = Case::new(
        "cross_entropy",
        Dtype::F64,
        Params::new().with("ignore_index", Setting::Number(Some(0.into()))),
        Prediction::logits(array![[1.0, 2.0]]),
        Target::labels(array![0]),
    )
    .unwrap();
    let undefined = Answer {
        status: Some("undefined".to_owned()),
        ..Answer::default()
    };
    let mut invalid = ignored.clone();
    invalid.params = Params::new().with("gamma", Setting::Flag(true));
    for case in [&ignored, &invalid] {
        for (answer, claims) in [
            (undefined.clone(), false),
            (f64::NAN.into(), false),
            (0.5.into(), true),
        ] {
            let verdict = at_default(case, answer);
            assert_eq!(verdict.class, Class::Unjudged);
            assert_eq!(verdict.claims_too_much(), claims, "{verdict:?}");
        }
    }
    let declined = Answer {
        status: Some("unsupported".to_owned()),
        error: Some("no weights".to_owned()),
        ..Answer::default()
    };
    let verdict = at_default(&logits(Dtype::F64), declined);
    assert_eq!(verdict.class, Class::Unjudged);
    assert!(verdict.note.unwrap().contains("no weights"));
}

#[test]
fn answers_are_judged_in_the_type_of_the_case() {
    for (dtype, right, wrong) in [
        (Dtype::F64, LN, LN * (1.0 + 1e-13)),
        (Dtype::Exact, LN, LN * (1.0 + 1e-13)),
        (
            Dtype::F32,
            f64::from(LN as f32),
            f64::from((LN * (1.0 + 1e-4)) as f32),
        ),
        // 2.06e−9 is below half of the least number of binary16.
        (Dtype::F16, 0.0, 2.0_f64.powi(-20)),
        (
            Dtype::Bf16,
            2.0_f64.powi(-29) * (1.0 + 14.0 / 128.0),
            2.0_f64.powi(-28),
        ),
    ] {
        assert_eq!(
            at_default(&logits(dtype), right).class,
            Class::Within,
            "{dtype}"
        );
        let verdict = at_default(&logits(dtype), wrong);
        assert_eq!(verdict.class, Class::Outside, "{dtype} {verdict:?}");
    }
}

/// The case of a sample with its numbers rounded to a type.
fn case_of(sample: &Sample, dtype: Dtype) -> Case {
    let rounded = |x: &Extended| -> Number {
        Some(match x {
            Extended::Finite(x) => dtype.nearest(x),
            infinite => infinite.clone(),
        })
    };
    let prediction = sample.prediction.map(rounded);
    let target = sample.target.map(rounded);
    let mut case = Case::new(sample.loss.id(), dtype, Params::new(), prediction, target).unwrap();
    sample.name.clone_into(&mut case.id);
    case
}

#[test]
fn the_right_answers_rounded_are_within_half_an_ulp_for_all_samples() {
    let half: Limit = "1/2".parse().unwrap();
    for entry in ALL {
        for sample in (entry.samples)().unwrap() {
            for dtype in Dtype::ALL {
                let case = case_of(&sample, dtype);
                let truth = case.truth_by(&*sample.loss).unwrap();
                let answered = Answered {
                    value: truth.value().unwrap(),
                    gradient: truth.gradient().unwrap(),
                };
                let verdict = judge_by(&*sample.loss, &case, &answered.into(), &half);
                let shown = format!("{} {} {dtype}: {verdict:?}", entry.name, sample.name);
                assert_eq!(verdict.class, Class::Within, "{shown}");
                assert!(!verdict.is_scaled(), "{shown}");
            }
        }
    }
}

#[test]
fn the_fast_twins_are_within_four_ulps_for_all_samples() {
    for entry in ALL {
        for sample in (entry.samples)().unwrap() {
            for dtype in [Dtype::F64, Dtype::F32, Dtype::F16, Dtype::Bf16] {
                let case = case_of(&sample, dtype);
                let answered = case.answer_fast_by(&*sample.loss).unwrap();
                let verdict = judge_by(&*sample.loss, &case, &answered.into(), &Limit::default());
                assert_eq!(
                    verdict.class,
                    Class::Within,
                    "{} {} {dtype}: {verdict:?}",
                    entry.name,
                    sample.name
                );
            }
        }
    }
}

/// A case of the Lovász hinge with three pixels of one error, where there are six orders.
fn tied() -> Case {
    Case::new(
        "lovasz_hinge",
        Dtype::F64,
        Params::new(),
        Prediction::scores(array![0.5, -0.5, 0.5, 2.0]),
        Target::labels(array![1, 0, 1, 1]),
    )
    .unwrap()
}

/// The greedy gradient for one order of the three tied pixels: −sign·(J(S ∪ i) − J(S)), with
/// J = |M|/|y ∪ M|, counted by hand.
fn greedy(order: [usize; 3]) -> [f64; 4] {
    let foreground = [true, false, true];
    let jaccard = |wrong: &[usize]| {
        let outside = wrong.iter().filter(|&&i| !foreground[i]).count();
        wrong.len() as f64 / (3 + outside) as f64
    };
    let mut slopes = [0.0; 4];
    for at in 0..3 {
        let sign = if foreground[order[at]] { -1.0 } else { 1.0 };
        slopes[order[at]] = sign * (jaccard(&order[..=at]) - jaccard(&order[..at]));
    }
    slopes
}

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

proptest! {
    #[test]
    fn a_mixture_of_subgradients_is_right_and_what_is_none_is_not(
        parts in prop::array::uniform6(0.0_f64..1.0),
        off in prop_oneof![-0.1_f64..-1e-6, 1e-6..0.1_f64],
    ) {
        let case = tied();
        let value = case.truth().unwrap().value().unwrap().reduced().unwrap();
        let total: f64 = parts.iter().sum::<f64>() + 1e-9;
        let mut mixture = [0.0; 4];
        for (part, order) in parts.iter().zip(ORDERS) {
            for (sum, slope) in mixture.iter_mut().zip(greedy(order)) {
                *sum += (part + 1e-9 / 6.0) / total * slope;
            }
        }
        let answer = |slopes: [f64; 4]| (value, array![slopes[0], slopes[1], slopes[2], slopes[3]].into_dyn());
        // Sums of six products in floats are off by a few more ulps.
        let verdict = judge(&case, &answer(mixture).into(), &Limit::from(32));
        prop_assert_eq!(verdict.class, Class::Within, "{:?}", verdict);
        // The components add up to the same in every mixture.
        mixture[0] += off;
        prop_assert_eq!(fault_of_gradient(&case, answer(mixture)), Some(Fault::NotASubgradient));
    }
}

#[test]
fn a_gradient_at_a_tie_that_is_no_number_is_named_so() {
    let value = tied().truth().unwrap().value().unwrap().reduced().unwrap();
    for (wrong, fault) in [
        (f64::NAN, Fault::NotANumber),
        (f64::INFINITY, Fault::Infinite),
    ] {
        let answer = (value, array![wrong, 0.0, 0.0, 0.0].into_dyn());
        assert_eq!(fault_of_gradient(&tied(), answer), Some(fault));
    }
}

#[test]
fn reduction_none_wants_one_value_for_each_row() {
    let sample_is_none = |sample: &Sample| sample.loss.how_reduced() == Reduction::None;
    let samples = ALL.iter().flat_map(|entry| (entry.samples)().unwrap());
    for sample in samples.filter(sample_is_none) {
        let case = case_of(&sample, Dtype::F64);
        let verdict = judge_by(&*sample.loss, &case, &1.0.into(), &Limit::default());
        let fault = verdict.value.unwrap().fault;
        assert!(matches!(fault, Some(Fault::Shape { .. })), "{fault:?}");
    }
}
