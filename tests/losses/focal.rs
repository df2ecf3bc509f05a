//! The focal loss: the article's rows FL-1 to FL-4, its definition, its dialects, the known
//! failures of other implementations, and the measured bounds of its fast twin.

use core::cmp::Ordering;

use exact_loss::Error;
use exact_loss::exact::{Bernoulli, Distribution, ExpSum, Extended, Format, Lift, Rational, Real};
use exact_loss::losses::{
    BinaryCrossEntropy, CrossEntropy, Focal, Loss, Prediction, Reduction, Scalar, Target, Value,
};
use ndarray::{Array1, Array2, ArrayD, arr0, array};
use num_traits::{One, Zero};
use proptest::prelude::*;

use super::elements::{
    double, exact, exact_all, exact_gradient, logarithms, logit, logits, number, numbers,
    probabilities, probability, single, targets,
};
use super::measure::{
    errors, extreme_logits, extreme_probabilities, random, rational, shown, targets as all_targets,
};
use super::rows::gradient_error_beyond;

fn focal(gamma: &str) -> Focal {
    Focal::new().gamma(number(gamma)).expect("γ ≥ 0")
}

fn ln(x: &Rational) -> Real {
    Real::ln(x).expect("a positive number")
}

fn is_below(left: &Real, right: &Real) -> bool {
    left.compare(right).expect("decided") == Ordering::Less
}

/// The loss of one positive example, and its derivative with respect to the logit times −1,
/// (1−p)^γ·(γ·p·(−ln p) + 1 − p), from the probability p.
fn of_positive(gamma: &Rational, p: &Rational) -> (Real, Real) {
    let rest = Rational::one() - p;
    let power = Real::power(&rest, gamma).expect("a base > 0");
    let surprisal = ln(p).neg();
    let inner = surprisal
        .scale(&(gamma * p))
        .add(&Real::from(rest))
        .expect("finite");
    (
        power.mul(&surprisal).expect("finite"),
        power.mul(&inner).expect("finite"),
    )
}

/// The quotient of hard over easy, as a·d against c·b: whether hard/easy grows from the first
/// pair to the second.
fn quotient_grows(
    (hard, easy): (&Real, &Real),
    (later_hard, later_easy): (&Real, &Real),
) -> Ordering {
    let before = hard.mul(later_easy).expect("finite");
    let after = later_hard.mul(easy).expect("finite");
    after.compare(&before).expect("decided")
}

// The article.

/// FL-1, erratum: (1−p_t)^γ·ln p_t without a minus sign is below 0; the loss is minus that.
#[test]
fn printed_formula_without_its_sign_is_negative() {
    let printed = logarithms("1/4 1/2");
    assert_eq!(printed.sign().expect("decided"), Ordering::Less);
    assert_eq!(
        exact(&focal("2"), &probabilities("1/2"), &targets("1")),
        printed.neg()
    );
}

fn chance() -> impl Strategy<Value = Rational> {
    (1_i64..60, 1_i64..60).prop_map(|(a, b)| rational(a, a + b))
}

fn exponent() -> impl Strategy<Value = Rational> {
    (0_i64..24, 1_i64..5).prop_map(|(a, b)| rational(a, b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// FL-2: each value shrinks as γ grows, because (1−p_t)^γ ≤ 1 falls.
    #[test]
    fn every_value_falls_as_gamma_grows(p in chance(), gamma in exponent(), more in exponent()) {
        prop_assume!(!more.is_zero());
        let (low, _) = of_positive(&gamma, &p);
        let (high, _) = of_positive(&(&gamma + &more), &p);
        prop_assert!(is_below(&high, &low));
    }

    /// FL-2: the ratio FL(hard)/FL(easy) grows with γ, for every pair and every γ.
    #[test]
    fn loss_of_a_hard_example_grows_against_an_easy_one(
        a in chance(),
        b in chance(),
        gamma in exponent(),
        more in exponent(),
    ) {
        prop_assume!(a != b && !more.is_zero());
        let (hard, easy) = if a < b { (a, b) } else { (b, a) };
        let later = &gamma + &more;
        let at = |gamma: &Rational| (of_positive(gamma, &hard).0, of_positive(gamma, &easy).0);
        let (before, after) = (at(&gamma), at(&later));
        let order = quotient_grows((&before.0, &before.1), (&after.0, &after.1));
        prop_assert_eq!(order, Ordering::Greater);
    }

    /// FL-2, where the claim about the gradient holds: for a hard example below ½ and an easy
    /// one from ½ on, the ratio of the gradients grows with γ, from any γ to any larger.
    #[test]
    fn gradient_of_a_hard_example_grows_against_an_easy_one_across_one_half(
        a in chance(),
        b in chance(),
        gamma in exponent(),
        more in exponent(),
    ) {
        let half = rational(1, 2);
        let (hard, easy) = (a.clone() * &half, (b + Rational::one()) * &half);
        prop_assume!(!more.is_zero());
        let later = &gamma + &more;
        let at = |gamma: &Rational| (of_positive(gamma, &hard).1, of_positive(gamma, &easy).1);
        let (before, after) = (at(&gamma), at(&later));
        let order = quotient_grows((&before.0, &before.1), (&after.0, &after.1));
        prop_assert_eq!(order, Ordering::Greater);
    }

    /// FL-2: it also holds for any pair above 0.2032, where −ln p = 2(1−p).
    #[test]
    fn gradient_of_a_hard_example_grows_against_an_easy_one_above_a_fifth(
        a in chance(),
        b in chance(),
        gamma in exponent(),
        more in exponent(),
    ) {
        prop_assume!(a != b && !more.is_zero());
        let low = number("0.2032");
        let lift = |p: Rational| &low + p * (Rational::one() - &low);
        let (hard, easy) = if a < b { (lift(a), lift(b)) } else { (lift(b), lift(a)) };
        let later = &gamma + &more;
        let at = |gamma: &Rational| (of_positive(gamma, &hard).1, of_positive(gamma, &easy).1);
        let (before, after) = (at(&gamma), at(&later));
        let order = quotient_grows((&before.0, &before.1), (&after.0, &after.1));
        prop_assert_eq!(order, Ordering::Greater);
    }

    /// FL-2: from ½ on the gradient is at most that of cross entropy, for every γ.
    #[test]
    fn gradient_of_an_easy_example_is_at_most_that_of_cross_entropy(
        p in chance(),
        gamma in exponent(),
    ) {
        let p = (p + Rational::one()) * rational(1, 2);
        let (_, slope) = of_positive(&gamma, &p);
        let plain = Real::from(Rational::one() - &p);
        let order = slope.compare(&plain).unwrap();
        let wanted = if gamma.is_zero() { Ordering::Equal } else { Ordering::Less };
        prop_assert_eq!(order, wanted);
    }

    /// The derivative of the proof is the loss's own, in both spaces.
    #[test]
    fn derivatives_of_the_proof_are_those_of_the_loss(p in chance(), gamma in exponent()) {
        let (value, slope) = of_positive(&gamma, &p);
        let loss = Focal::new().gamma(gamma).unwrap();
        let (x, y) = (Prediction::probabilities(array![Extended::Finite(p.clone())]), targets("1"));
        prop_assert_eq!(&exact(&loss, &x, &y), &value);
        // dL/dx = dL/dp·p·(1−p).
        let by_logit = exact_gradient(&loss, &x, &y)[0].scale(&(&p * (Rational::one() - &p)));
        prop_assert_eq!(by_logit, slope.neg());
    }

    /// γ = 0 is cross entropy, exactly: binary with hard targets, and of labels.
    #[test]
    fn without_focus_it_is_cross_entropy(p in chance(), x in -40_i64..40, positive: bool) {
        let y = targets(if positive { "1" } else { "0" });
        for prediction in [
            Prediction::probabilities(array![Extended::Finite(p.clone())]),
            Prediction::logits(array![Extended::Finite(rational(x, 7))]),
        ] {
            let (loss, plain) = (focal("0"), BinaryCrossEntropy::new());
            prop_assert_eq!(exact(&loss, &prediction, &y), exact(&plain, &prediction, &y));
            prop_assert_eq!(
                exact_gradient(&loss, &prediction, &y),
                exact_gradient(&plain, &prediction, &y)
            );
        }
        let row = array![[Extended::from(x), Extended::from(1), Extended::from(0)]];
        let (row, label) = (Prediction::logits(row), Target::labels(array![0]));
        let plain = CrossEntropy::new();
        prop_assert_eq!(exact(&focal("0"), &row, &label), exact(&plain, &row, &label));
        prop_assert_eq!(
            exact_gradient(&focal("0"), &row, &label),
            exact_gradient(&plain, &row, &label)
        );
    }

    /// The binary loss is that of two classes, from probabilities and from logits.
    #[test]
    fn binary_loss_is_that_of_two_classes(
        p in chance(),
        x in -40_i64..40,
        y in chance(),
        gamma in exponent(),
    ) {
        let loss = Focal::new().gamma(gamma).unwrap().alpha(rational(1, 4)).unwrap();
        let rows = loss.clone().multi_class(true);
        let both = |a: Rational, b: Rational| array![[Extended::Finite(a), Extended::Finite(b)]];
        let one = Rational::one();
        let soft = Target::values(array![Extended::Finite(y.clone())]);
        let q = Target::values(both(&one - &y, y));
        let binary = Prediction::probabilities(array![Extended::Finite(p.clone())]);
        let classes = Prediction::probabilities(both(&one - &p, p));
        prop_assert_eq!(exact(&loss, &binary, &soft), exact(&rows, &classes, &q));
        let binary = Prediction::logits(array![Extended::from(x)]);
        let classes = Prediction::logits(both(Rational::zero(), rational(x, 1)));
        prop_assert_eq!(exact(&loss, &binary, &soft), exact(&rows, &classes, &q));
    }
}

/// FL-2, erratum for the gradient: of two very hard examples, p = 1/100 and p = 1/10, the harder
/// one's gradient *loses* against the other as γ goes from 0 to 1.
#[test]
fn gradient_of_a_very_hard_example_falls_against_a_hard_one() {
    let (hard, easy) = (number("1/100"), number("1/10"));
    let at = |gamma: &str| {
        let gamma = number(gamma);
        (of_positive(&gamma, &hard).1, of_positive(&gamma, &easy).1)
    };
    let (before, after) = (at("0"), at("1"));
    // 11/10 at γ = 0: the gradients of cross entropy are 1 − p.
    assert_eq!(before.0, before.1.scale(&number("11/10")));
    let order = quotient_grows((&before.0, &before.1), (&after.0, &after.1));
    assert_eq!(order, Ordering::Less);
    // Below 1.01 at γ = 1.
    assert!(is_below(&after.0, &after.1.scale(&number("1.01"))));
    // Nor is it for large γ: at γ = 1 to 2 the ratio of 1e−6 to 1e−3 falls, too.
    let (hard, easy) = (number("1e-6"), number("1e-3"));
    let at = |gamma: &str| {
        let gamma = number(gamma);
        (of_positive(&gamma, &hard).1, of_positive(&gamma, &easy).1)
    };
    let (before, after) = (at("1"), at("2"));
    let order = quotient_grows((&before.0, &before.1), (&after.0, &after.1));
    assert_eq!(order, Ordering::Less);
}

/// FL-2, erratum for the gradient: a hard example's gradient can exceed that of cross entropy,
/// so it is not true that every gradient shrinks.
#[test]
fn gradient_of_a_hard_example_exceeds_that_of_cross_entropy() {
    let p = number("1/10");
    let (_, plain) = of_positive(&Rational::zero(), &p);
    let (_, focused) = of_positive(&Rational::one(), &p);
    assert_eq!(plain, Real::from(number("9/10")));
    // 9/10·(1/10·ln 10 + 9/10).
    assert_eq!(
        focused,
        logarithms("9/100 10")
            .add(&Real::from(number("81/100")))
            .expect("finite")
    );
    assert!(is_below(&plain, &focused));
    // For large γ it shrinks there too.
    let (_, strong) = of_positive(&number("20"), &p);
    assert!(is_below(&strong, &plain));
}

/// FL-2: at p = ½ the growth of the gradient with γ begins with slope 0: −ln 2 + ln 2, so ½ is
/// where the first example falls from "gains" to "loses".
#[test]
fn one_half_is_where_a_little_focus_leaves_the_gradient_alone() {
    // d/dγ of ln |dL/dx| at γ = 0 is ln(1−p) − p·ln(p)/(1−p).
    let growth = |p: &str| {
        let p = number(p);
        let rest = Rational::one() - &p;
        ln(&rest).sub(&ln(&p).scale(&(&p / &rest))).expect("finite")
    };
    assert_eq!(growth("1/2"), Real::zero());
    assert_eq!(growth("0.49").sign().expect("decided"), Ordering::Greater);
    assert_eq!(growth("0.51").sign().expect("decided"), Ordering::Less);
}

/// It is not convex in the logit for γ > 0: its slope exceeds the slope at −∞ on the way.
#[test]
fn loss_is_not_convex_in_the_logit() {
    let slope = |x: &str| exact_gradient(&focal("1"), &logits(x), &targets("1")).remove(0);
    assert_eq!(slope("-inf"), Real::from(rational(-1, 1)));
    assert!(is_below(&slope("-4"), &slope("-inf")));
}

/// FL-3: α as the inverse frequencies of the classes, made to sum to 1, is BAL-3 for two.
#[test]
fn inverse_frequencies_are_the_balance_of_two_classes() {
    let inverse = |counts: &[i64]| -> Vec<Rational> {
        let total: Rational = counts.iter().map(|&n| rational(1, n)).sum();
        counts.iter().map(|&n| rational(1, n) / &total).collect()
    };
    let (n, m) = (7, 3);
    let alpha = inverse(&[n, m]);
    assert_eq!(alpha, [rational(m, n + m), rational(n, n + m)]);
    let classes = focal("2").alpha_of_classes(&alpha).expect("weights ≥ 0");
    let scalar = focal("2").alpha(rational(n, n + m)).expect("α in [0, 1]");
    let (p, y) = (probabilities("0.9 0.2 1/2"), targets("1 0 1"));
    assert_eq!(exact(&classes, &p, &y), exact(&scalar, &p, &y));
}

/// FL-4: the curves of the article's figure at p = ½ and p = 3/4; γ = ½ needs a radical.
#[test]
fn figure_has_these_values() {
    let of = |gamma, p: &str| exact(&focal(gamma), &probabilities(p), &targets("1")).to_string();
    assert_eq!(of("0", "1/2"), "ln(2)");
    assert_eq!(of("1/2", "1/2"), "1/2·2^(1/2)·ln(2)");
    assert_eq!(of("1", "1/2"), "1/2·ln(2)");
    assert_eq!(of("2", "1/2"), "1/4·ln(2)");
    assert_eq!(of("5", "1/2"), "1/32·ln(2)");
    assert_eq!(of("1/2", "3/4"), "1/2·ln(4/3)");
    assert_eq!(of("1/2", "0.6"), "2/5·(5/2)^(1/2)·ln(5/3)");
}

// The definition.

/// The classes as rows, and labels as one-hot targets.
#[test]
fn labels_are_one_hot_targets() {
    let rows = Array2::from_shape_vec((2, 3), numbers("1/2 1/4 1/4 0.1 0.2 0.7").to_vec()).unwrap();
    let hot = Array2::from_shape_vec((2, 3), numbers("0 0 1 1 0 0").to_vec()).unwrap();
    let alpha = |loss: Focal| loss.alpha_of_classes(&[1, 2, 3]).expect("weights ≥ 0");
    for prediction in [
        Prediction::probabilities(rows.clone()),
        Prediction::logits(rows),
    ] {
        let labels = Target::labels(array![2, 0]);
        let by_label = alpha(focal("1/2")).exact_with_gradient(prediction.view(), labels);
        let soft = alpha(focal("1/2")).multi_class(true);
        let by_target = soft.exact_with_gradient(prediction.view(), Target::values(hot.clone()));
        assert_eq!(by_label, by_target);
    }
}

#[test]
fn soft_target_of_classes_has_p_t_as_its_mean_probability() {
    let rows = Array2::from_shape_vec((1, 3), numbers("1/2 1/4 1/4").to_vec()).unwrap();
    let soft = Array2::from_shape_vec((1, 3), numbers("1/2 1/2 0").to_vec()).unwrap();
    let loss = focal("1").multi_class(true);
    // p_t = 3/8.
    let (p, q) = (Prediction::probabilities(rows), Target::values(soft));
    assert_eq!(exact(&loss, &p, &q), logarithms("5/8 8/3"));
}

/// A shift of a row changes neither the value nor the gradient, and the gradient of a row sums
/// to 0.
#[test]
fn shift_of_a_row_of_logits_changes_nothing() {
    let row = |text: &str| {
        Prediction::logits(Array2::from_shape_vec((1, 3), numbers(text).to_vec()).unwrap())
    };
    let soft = Array2::from_shape_vec((1, 3), numbers("1/2 1/4 1/4").to_vec()).unwrap();
    for (loss, target) in [
        (focal("2"), Target::labels(array![1])),
        (focal("1/2").multi_class(true), Target::values(soft)),
    ] {
        let (here, there) = (row("2 -1 1/2"), row("16/7 -5/7 11/14"));
        assert_eq!(exact(&loss, &here, &target), exact(&loss, &there, &target));
        let gradient = exact_gradient(&loss, &here, &target);
        assert_eq!(gradient, exact_gradient(&loss, &there, &target));
        let sum = Real::sum(gradient).expect("finite");
        assert_eq!(sum.sign().expect("decided"), Ordering::Equal);
    }
}

#[test]
fn bad_input_is_the_same_typed_error_in_both_twins() {
    let nan = f64::NAN;
    let infinity = f64::INFINITY;
    let plain = focal("2");
    let rows = plain.clone().multi_class(true);
    let cases: Vec<(Focal, Prediction<'_, f64>, Target<'_, f64>)> = vec![
        (
            plain.clone(),
            Prediction::probabilities(array![1.5]),
            Target::values(array![1.0]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![nan]),
            Target::values(array![1.0]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![1.0]),
            Target::values(array![2.0]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![1.0]),
            Target::values(array![1.0, 0.0]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![[1.0, 2.0]]),
            Target::labels(array![2]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![[1.0, nan]]),
            Target::labels(array![1]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![[infinity, infinity]]),
            Target::labels(array![1]),
        ),
        (
            plain.clone(),
            Prediction::logits(array![[-infinity, -infinity]]),
            Target::labels(array![1]),
        ),
        (
            plain.clone().alpha(0.25).unwrap(),
            Prediction::logits(array![[1.0, 2.0, 3.0]]),
            Target::labels(array![1]),
        ),
        (
            plain.clone().alpha_of_classes(&[1.0, 2.0]).unwrap(),
            Prediction::logits(array![[1.0, 2.0, 3.0]]),
            Target::labels(array![1]),
        ),
        (
            rows.clone(),
            Prediction::probabilities(array![[0.9, 0.9]]),
            Target::values(array![[1.0, 0.9]]),
        ),
        (
            rows.clone(),
            Prediction::probabilities(array![[1.0, 1e-300]]),
            Target::values(array![[1.0, 1.0]]),
        ),
        (
            rows.clone(),
            Prediction::logits(array![[1.0, 2.0]]),
            Target::values(array![[1.0, -0.1]]),
        ),
        (
            rows,
            Prediction::logits(array![[1.0, -infinity, -infinity]]),
            Target::values(array![[0.0, 0.5, 0.5]]),
        ),
    ];
    for (loss, prediction, target) in cases {
        let exact = loss.exact_with_gradient(prediction.view(), target.view());
        let fast = loss.fast_with_gradient(prediction.view(), target.view());
        let exact = exact.expect_err("bad input");
        assert_eq!(Some(exact), fast.err(), "{prediction:?} {target:?}");
    }
    assert!(matches!(
        Focal::new().gamma(-1),
        Err(Error::Parameter { name: "gamma", .. })
    ));
    assert!(Focal::new().gamma(nan).is_err());
    assert!(Focal::new().alpha(2).is_err());
    assert!(Focal::new().alpha_of_classes(&[1.0, -1.0]).is_err());
}

#[test]
fn weight_of_zero_removes_an_element_also_an_infinite_one() {
    let loss = focal("2").alpha(0).expect("α in [0, 1]");
    assert_eq!(single(&loss, probability(0.0), 1.0), (0.0, 0.0));
    assert_eq!(
        exact(&loss, &probabilities("0"), &targets("1")),
        Real::zero()
    );
    assert_eq!(
        exact_gradient(&loss, &probabilities("0"), &targets("1")),
        [Real::zero()]
    );
}

/// The limits at p_t = 0 and p_t = 1, in every space, by both twins.
#[test]
fn limits_are_these_in_both_twins() {
    let infinity = f64::INFINITY;
    for gamma in ["0", "1/2", "1", "2", "5"] {
        let loss = focal(gamma);
        let plain = gamma == "0";
        let at_one = if plain { -1.0 } else { 0.0 };
        assert_eq!(double(&loss, probability(1.0), 1.0), (0.0, at_one));
        assert_eq!(double(&loss, probability(0.0), 1.0), (infinity, -infinity));
        assert_eq!(double(&loss, probability(1.0), 0.0), (infinity, infinity));
        assert_eq!(double(&loss, probability(0.0), 0.0), (0.0, -at_one));
        assert_eq!(double(&loss, logit(infinity), 1.0), (0.0, 0.0));
        assert_eq!(double(&loss, logit(-infinity), 1.0), (infinity, -1.0));
        assert_eq!(double(&loss, logit(infinity), 0.0), (infinity, 1.0));
        assert_eq!(double(&loss, logit(-infinity), 0.0), (0.0, 0.0));
        for (prediction, y) in [
            (probability(1.0), 1.0),
            (probability(0.0), 1.0),
            (logit(infinity), 1.0),
            (logit(-infinity), 1.0),
            (logit(infinity), 0.25),
            (logit(-infinity), 0.25),
        ] {
            let found = errors(&loss, &prediction, &Target::values(arr0(y)));
            assert!(found.gradient.is_zero(), "{prediction:?} {y}");
        }
        for row in [
            [-infinity, 0.0, 1.0],
            [infinity, 0.0, 1.0],
            [0.0, infinity, 1.0],
        ] {
            let found = errors(
                &loss,
                &Prediction::logits(Array2::from(vec![row])),
                &Target::labels(array![0]),
            );
            assert!(found.value <= bound::<f64>(&number(gamma)), "{row:?}");
            assert!(found.gradient <= bound::<f64>(&number(gamma)), "{row:?}");
        }
    }
}

// Known failures of other implementations.

/// optax#1267, and the focal trackers: x = 1000, y = 1, γ = 0; γ = ½ at p_t → 1.
#[test]
fn certain_and_right_logits_have_a_finite_value_and_gradient() {
    assert_eq!(single(&focal("0"), logit(1000.0), 1.0), (0.0, 0.0));
    assert_eq!(single(&focal("1/2"), logit(1000.0), 1.0), (0.0, 0.0));
    for x in [10.0_f32, 16.0, 17.0, 20.0, 60.0] {
        let found = errors(&focal("1/2"), &logit(x), &Target::values(arr0(1.0)));
        assert!(found.value.max(found.gradient) <= bound::<f32>(&rational(1, 2)));
        let (value, slope) = single(&focal("1/2"), logit(x), 1.0);
        assert!(value > 0.0 && slope < 0.0, "{x}");
    }
}

/// mmcv#1488: logits of the range of half precision, negative class.
#[test]
fn largest_logit_of_half_precision_is_finite_for_the_negative_class() {
    let loss = focal("2").alpha(0.25).expect("α in [0, 1]");
    assert_eq!(single(&loss, logit(65504.0), 0.0), (0.75 * 65504.0, 0.75));
    assert_eq!(single(&loss, logit(-65504.0), 0.0), (0.0, 0.0));
}

/// kornia#875, kornia#2371: α is applied by class, α_t, and not to all classes alike.
#[test]
fn alpha_is_applied_by_class() {
    let loss = focal("0")
        .alpha(number("1/4"))
        .expect("α in [0, 1]")
        .reduction(Reduction::None);
    let both = exact_all(&loss, &probabilities("1/2 1/2"), &targets("1 0"));
    assert_eq!(both, [logarithms("1/4 2"), logarithms("3/4 2")]);
}

/// torchvision: x = 20, t = 1, γ = ½, α = ¼, gradient.
#[test]
fn gradient_at_a_saturated_logit_with_a_root_is_a_number() {
    let loss = focal("1/2").alpha(0.25).expect("α in [0, 1]");
    let slope = single(&loss, logit(20.0), 1.0).1;
    assert!((-3.52e-14..-3.50e-14).contains(&slope), "{slope}");
    let found = errors(&loss, &logit(20.0_f32), &Target::values(arr0(1.0)));
    assert!(found.gradient <= bound::<f32>(&rational(1, 2)));
}

/// torchvision: γ = 1 at x = 14, γ = 2 at x = 20.
#[test]
fn small_values_of_confident_logits_are_not_lost() {
    let value = single(&focal("1"), logit(14.0), 1.0).0;
    assert!((6.9143e-13..6.9145e-13).contains(&value), "{value}");
    assert!(single(&focal("2"), logit(20.0), 1.0).0 > 0.0);
}

/// Keras: γ = 0, x = 54.01, t = 1, gradient.
#[test]
fn gradient_at_a_saturated_logit_without_focus_is_a_number() {
    let slope = single(&focal("0"), logit(54.01), 1.0).1;
    assert!((-3.50e-24..-3.48e-24).contains(&slope), "{slope}");
}

// Dialects of soft targets.

/// The four functions that libraries call the focal loss at a soft target y, as γ = 2 without
/// α, for a rational p. At y ∈ {0, 1} they are one function.
mod dialect {
    use super::{ExpSum, Rational, Real, ln, number};
    use num_traits::{One, Zero};

    fn rest(x: &Rational) -> Rational {
        Rational::one() - x
    }

    fn square(x: &Rational) -> Rational {
        x * x
    }

    /// BCE(p, y).
    fn cross_entropy(p: &Rational, y: &Rational) -> Real {
        let sum = ln(p).scale(y).add(&ln(&rest(p)).scale(&rest(y)));
        sum.expect("finite").neg()
    }

    /// (1−p_t)²·BCE with p_t = py + (1−p)(1−y): torchvision, optax, Keras. The weight is by p_t
    /// and the loss is binary cross entropy.
    pub(super) fn modulated_cross_entropy(p: &Rational, y: &Rational) -> Real {
        let p_t = p * y + rest(p) * rest(y);
        cross_entropy(p, y).scale(&square(&rest(&p_t)))
    }

    /// (1−exp(−BCE))²·BCE: p_t = exp(−BCE), segmentation-models-pytorch. The exponential of a
    /// log form with rational coefficients is a product of radicals.
    pub(super) fn of_likelihood(p: &Rational, y: &Rational) -> Real {
        let power = |base: &Rational, exponent| Real::power(base, exponent).expect("a base > 0");
        let p_t = power(p, y).mul(&power(&rest(p), &rest(y))).expect("finite");
        let away = Real::one().sub(&p_t).expect("finite");
        let squared = away.mul(&away).expect("finite");
        squared.mul(&cross_entropy(p, y)).expect("finite")
    }

    /// σ(−x(2y−1))²·BCE: MONAI. For p = σ(x) the first factor is 1/(1 + (p/(1−p))^(2y−1)).
    pub(super) fn of_signed_logit(x: &Rational, y: &Rational) -> Real {
        let one = Rational::one();
        let sum =
            |z: &Rational| ExpSum::new([(one.clone(), Rational::zero()), (one.clone(), z.clone())]);
        let signed = x * (y + y - &one);
        let away = Real::ratio(&ExpSum::one(), &sum(&signed)).expect("a positive sum");
        let entropy = (sum(&-x).ln().expect("finite").scale(y))
            .add(&sum(x).ln().expect("finite").scale(&rest(y)))
            .expect("finite");
        away.mul(&away)
            .and_then(|square| square.mul(&entropy))
            .expect("finite")
    }

    /// y(1−p)²(−ln p) + (1−y)p²(−ln(1−p)): kornia.
    pub(super) fn of_two_terms(p: &Rational, y: &Rational) -> Real {
        let positive = ln(p).scale(&(-y * square(&rest(p))));
        let negative = ln(&rest(p)).scale(&(-rest(y) * square(p)));
        positive.add(&negative).expect("finite")
    }

    /// The definition of this crate: −(1−p_t)²·ln p_t.
    pub(super) fn article(p: &Rational, y: &Rational) -> Real {
        let p_t = p * y + rest(p) * rest(y);
        ln(&p_t).scale(&-square(&rest(&p_t)))
    }

    /// A hard target for each, and a soft one.
    pub(super) fn targets() -> ([Rational; 2], Rational) {
        ([number("0"), number("1")], number("3/4"))
    }
}

#[test]
fn dialects_of_soft_targets_differ_and_agree_at_hard_ones() {
    let p = number("1/3");
    let (hard, soft) = dialect::targets();
    let rational_forms: [fn(&Rational, &Rational) -> Real; 4] = [
        dialect::article,
        dialect::modulated_cross_entropy,
        dialect::of_likelihood,
        dialect::of_two_terms,
    ];
    let own = |y: &Rational| {
        let y = Target::values(array![Extended::Finite(y.clone())]);
        exact(&focal("2"), &probabilities("1/3"), &y)
    };
    for y in &hard {
        for form in rational_forms {
            assert_eq!(form(&p, y), own(y));
        }
    }
    assert_eq!(dialect::article(&p, &soft), own(&soft));
    for (i, first) in rational_forms.iter().enumerate() {
        for second in &rational_forms[..i] {
            let order = first(&p, &soft)
                .compare(&second(&p, &soft))
                .expect("decided");
            assert_ne!(order, Ordering::Equal);
        }
    }
}

/// The dialect by σ(−x(2y−1)) needs a logit: at x = 1 and a soft target it is not this loss, and
/// not the modulated cross entropy either.
#[test]
fn dialect_of_a_signed_logit_differs_and_agrees_at_hard_targets() {
    let (hard, soft) = dialect::targets();
    let x = Rational::one();
    let with = |loss: &dyn Fn(&Target<'_, Extended>) -> Real, y: &Rational| {
        loss(&Target::values(array![Extended::Finite(y.clone())]))
    };
    let own = |y: &Rational| with(&|y| exact(&focal("2"), &logits("1"), y), y);
    let entropy = |y: &Rational| with(&|y| exact(&BinaryCrossEntropy::new(), &logits("1"), y), y);
    let modulated = |y: &Rational| {
        let p_t = Bernoulli::from_logit(Extended::from(1)).target_probability(y);
        let square = p_t.complement().pow(&rational(2, 1)).expect("a power");
        square.mul(&entropy(y)).expect("finite")
    };
    for y in &hard {
        assert_eq!(dialect::of_signed_logit(&x, y), own(y));
        assert_eq!(modulated(y), own(y));
    }
    let signed = dialect::of_signed_logit(&x, &soft);
    for other in [own(&soft), modulated(&soft)] {
        assert_ne!(signed.compare(&other).expect("decided"), Ordering::Equal);
    }
}

/// One-vs-rest sigmoids are another function than the softmax, of the same logits.
#[test]
fn one_versus_rest_is_not_the_softmax() {
    let softmax = focal("2").exact(
        Prediction::logits(array![[1, 0, -1]]),
        Target::labels(array![0]),
    );
    let sigmoids = exact(
        &focal("2").reduction(Reduction::Sum),
        &logits("1 0 -1"),
        &targets("1 0 0"),
    );
    let softmax = softmax.expect("a value").reduced().expect("a mean");
    assert_ne!(
        softmax.compare(&sigmoids).expect("decided"),
        Ordering::Equal
    );
}

// The bounds of the fast twin.

/// The stated bound in ulps, for logits or probabilities and targets of any kind.
fn bound<F: Format>(gamma: &Rational) -> Rational {
    let unit = if F::PRECISION == 53 {
        rational(1, 4)
    } else {
        rational(1, 1 << 28)
    };
    rational(1, 2) + unit * (rational(4, 1) + gamma + gamma)
}

/// The bound for a target of 0 or 1, or a label.
fn hard_bound<F: Format>(gamma: &Rational) -> Rational {
    let unit = if F::PRECISION == 53 {
        rational(1, 8)
    } else {
        rational(1, 1 << 13)
    };
    rational(1, 2) + unit * (rational(4, 1) + gamma + gamma)
}

fn extremes_are_within_the_bound<F: Scalar + Format>() {
    for gamma in ["0", "1/2", "1", "2", "5", "0.1", "0.3", "3.7", "17/8"] {
        // The nearest f32 is a number of both types.
        let gamma: f32 = exact_loss::exact::rational::nearest(&number(gamma));
        let loss = Focal::new()
            .gamma(gamma)
            .expect("γ ≥ 0")
            .alpha(0.25)
            .expect("α in [0, 1]");
        let gamma = loss_gamma(gamma);
        let logits = extreme_logits::<F>().into_iter().map(logit);
        let probabilities = extreme_probabilities::<F>().into_iter().map(probability);
        for prediction in logits.chain(probabilities) {
            for y in all_targets::<F>() {
                let found = errors(&loss, &prediction, &Target::values(arr0(y)));
                let hard = y == F::ZERO || y == F::ONE;
                let limit = if hard {
                    hard_bound::<F>(&gamma)
                } else {
                    bound::<F>(&gamma)
                };
                let largest = found.value.max(found.gradient);
                assert!(largest <= limit, "{prediction:?} {y} {gamma}: {largest}");
            }
        }
    }
}

fn loss_gamma(gamma: f32) -> Rational {
    gamma
        .lift()
        .and_then(Extended::into_finite)
        .expect("a finite number")
}

#[test]
fn extremes_are_within_the_bound_in_single_precision() {
    extremes_are_within_the_bound::<f32>();
}

#[test]
fn extremes_are_within_the_bound_in_double_precision() {
    extremes_are_within_the_bound::<f64>();
}

/// |ℓ'|·(q_c + p_t)·p_c/D of each component of a gradient by logits, times 2⁻⁵⁴: what the
/// cancellation of q_c − p_t may add to the error.
fn cancellation<F: Scalar + Format>(
    gamma: f32,
    alpha: &[f64],
    x: &Array2<F>,
    q: &Array2<F>,
) -> ArrayD<f64> {
    let lifted = |x: &F| x.lift().expect("no NaN");
    let mut slack = Array2::zeros(x.dim());
    for (row, mut slack) in slack.rows_mut().into_iter().enumerate() {
        let logits: Vec<Extended> = x.row(row).iter().map(lifted).collect();
        let softmax = Distribution::softmax(&logits).expect("finite logits");
        let p = |c| shown(&middle(&softmax.probability(c).expect("a probability")));
        let (mut p_t, mut alpha_t) = (0.0, 0.0);
        for (c, q) in q.row(row).iter().enumerate() {
            p_t += q.to_f64() * p(c);
            alpha_t += q.to_f64() * alpha[c];
        }
        let gamma = f64::from(gamma);
        let slope =
            alpha_t * (1.0 - p_t).powf(gamma) * (gamma * -p_t.ln() / (1.0 - p_t) + 1.0 / p_t);
        for (c, slack) in slack.iter_mut().enumerate() {
            let sum = q[[row, c]].to_f64() + p_t;
            *slack = slope * sum * p(c) / x.nrows() as f64 * 0.5_f64.powi(54);
        }
    }
    slack.into_dyn()
}

fn middle(real: &Real) -> Rational {
    real.enclose_absolute(1200)
        .and_then(|enclosure| enclosure.lower())
        .expect("an enclosure")
}

fn rows_are_within_the_bound<F: Scalar + Format>() {
    let mut u = random();
    let mut draw = move |low: f64, high: f64| low + (high - low) * u.next().expect("endless");
    let alpha = [1.0, 0.25, 0.5, 2.0];
    for round in 0..60 {
        let gamma = [0.0_f32, 0.5, 1.0, 2.0, 5.0, 0.3][round % 6];
        let spread = [1.0, 30.0, 900.0][round % 3];
        let loss = Focal::new().gamma(gamma).expect("γ ≥ 0");
        let loss = loss.alpha_of_classes(&alpha).expect("weights ≥ 0");
        let soft = loss.clone().multi_class(true);
        let (hard_limit, limit) = {
            let gamma = loss_gamma(gamma);
            // The factor 1/N of the gradient is rounded once more.
            (
                hard_bound::<F>(&gamma) + rational(1, 2),
                bound::<F>(&gamma) + rational(1, 2),
            )
        };
        let x = Array2::from_shape_fn((3, 4), |_| F::from_f64(draw(-spread, spread)));
        let labels = Target::labels(Array1::from_shape_fn(3, |_| draw(0.0, 4.0) as i64));
        let found = errors(&loss, &Prediction::logits(&x), &labels);
        let largest = found.value.max(found.gradient);
        assert!(largest <= hard_limit, "{x} {labels:?}: {largest}");

        let q = Array2::from_shape_fn((3, 4), |_| F::from_f64(draw(0.0, 0.25)));
        let (prediction, target) = (Prediction::logits(&x), Target::values(&q));
        let found = errors(&soft, &prediction, &target);
        assert!(found.value <= limit, "{x} {q}: {}", found.value);
        if spread < 100.0 {
            let slack = cancellation(gamma, &alpha, &x, &q);
            let beyond = gradient_error_beyond(&soft, &prediction, &target, &slack);
            assert!(beyond <= shown(&limit), "{x} {q}: {beyond}");
        }

        let p = Array2::from_shape_fn((3, 4), |_| F::from_f64(draw(0.0, 1.0)));
        let prediction = Prediction::probabilities(&p);
        for (loss, target) in [(&loss, &labels), (&soft, &target)] {
            let found = errors(loss, &prediction, target);
            let largest = found.value.max(found.gradient);
            assert!(largest <= limit, "{p} {target:?}: {largest}");
        }
    }
}

#[test]
fn rows_are_within_the_bound_in_single_precision() {
    rows_are_within_the_bound::<f32>();
}

#[test]
fn rows_are_within_the_bound_in_double_precision() {
    rows_are_within_the_bound::<f64>();
}

/// A loss near 1e−30 is within the bound.
#[test]
fn tiny_losses_are_within_two_ulps() {
    for gamma in ["1/2", "1", "2"] {
        let loss = focal(gamma);
        for step in 1..120 {
            let x = 2.5 * f64::from(step);
            let found = errors(&loss, &logit(x), &Target::values(arr0(1.0)));
            assert!(
                found.value.max(found.gradient) <= rational(2, 1),
                "{gamma} {x}"
            );
            let found = errors(&loss, &probability((-x).exp()), &Target::values(arr0(0.0)));
            assert!(
                found.value.max(found.gradient) <= rational(2, 1),
                "{gamma} {x}"
            );
        }
    }
}

#[test]
fn mean_of_elements_is_the_mean_of_their_values() {
    let x: Array1<f64> = random().take(10_000).map(|u| 20.0 * u - 10.0).collect();
    let y = x.map(|&x| if x > 1.0 { 1.0 } else { 0.0 });
    let mean = focal("2")
        .fast(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let each = focal("2").reduction(Reduction::None);
    let each = each
        .fast(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let Value::Reduced(mean) = mean else {
        panic!("a mean is reduced")
    };
    let sum: f64 = each.iter().sum();
    assert!((mean - sum / 10_000.0).abs() <= 1e-13 * mean);
}

#[test]
fn target_probability_of_a_softmax_and_its_complement_sum_to_one() {
    let row: Vec<Extended> = numbers("2 -1 1/2 -inf").to_vec();
    let softmax = Distribution::softmax(&row).expect("a limit");
    let q: Vec<Rational> = ["1/2", "1/4", "0", "1/4"].map(number).to_vec();
    let p_t = softmax.target_probability(&q);
    let sum = p_t.value().add(&p_t.complement()).expect("finite");
    assert_eq!(sum, Real::one());
}
