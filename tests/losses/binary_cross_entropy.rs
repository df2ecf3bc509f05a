//! Binary cross entropy: the article's rows BCE-1 to BCE-3, its definition, the known failures
//! of other implementations, and the measured bounds of its fast twin.

use core::cmp::Ordering;

use exact_loss::Error;
use exact_loss::exact::round::ulp;
use exact_loss::exact::{Bernoulli, Extended, Format, Rational, Real};
use exact_loss::kernel::Float;
use exact_loss::losses::{
    BalancedCrossEntropy, BinaryCrossEntropy, CrossEntropy, Focal, Loss, Prediction, Reduction,
    Scalar, Space, Target, Value,
};
use ndarray::{Array1, Array2, ArrayD, IxDyn, arr0, array};
use num_traits::{One, Zero};
use proptest::prelude::*;

use super::elements::{
    double, exact, exact_all, exact_gradient, logarithms, logit, logits, number, probabilities,
    probability, single, targets,
};
use super::measure::{
    errors, extreme_logits, extreme_probabilities, random, rational, targets as all_targets,
};

fn plain() -> BinaryCrossEntropy {
    BinaryCrossEntropy::new()
}

fn each() -> BinaryCrossEntropy {
    plain().reduction(Reduction::None)
}

// The article.

/// BCE-1: P_θ(y) = θ^y·(1−θ)^(1−y) is θ at y = 1 and 1 − θ at y = 0.
#[test]
fn bernoulli_law_in_one_formula_is_both_cases() {
    for theta in ["0", "1/3", "0.9", "1"].map(number) {
        let law = |y: i64| {
            let power = |base: &Rational, exponent| {
                Real::power(base, &rational(exponent, 1)).expect("a base ≥ 0")
            };
            power(&theta, y)
                .mul(&power(&(Rational::one() - &theta), 1 - y))
                .expect("a product")
        };
        assert_eq!(law(1), Real::from(theta.clone()));
        assert_eq!(law(0), Real::from(Rational::one() - &theta));
    }
}

/// BCE-2: ln Π θ^y·(1−θ)^(1−y) = Σ [y·ln θ + (1−y)·ln(1−θ)], as equality of canonical forms.
#[test]
fn log_likelihood_of_a_sample_is_a_sum() {
    let theta = number("2/7");
    let (ones, zeros) = (5, 3);
    let mut product = Rational::one();
    (0..ones).for_each(|_| product *= &theta);
    (0..zeros).for_each(|_| product *= Rational::one() - &theta);
    let sum = logarithms("5 2/7, 3 5/7");
    assert_eq!(Real::ln(&product).expect("a positive product"), sum);
}

/// BCE-3, erratum: the log-likelihood is *minus* the sum of the binary cross entropies.
#[test]
fn log_likelihood_is_minus_the_sum_of_binary_cross_entropies() {
    let sum = plain().reduction(Reduction::Sum);
    let batch = "2/7 2/7 2/7 2/7 2/7 2/7 2/7 2/7";
    let loss = exact(&sum, &probabilities(batch), &targets("1 1 1 1 1 0 0 0"));
    let log_likelihood = logarithms("5 2/7, 3 5/7");
    assert_eq!(loss, log_likelihood.neg());
    assert_ne!(loss, log_likelihood);
    assert_eq!(loss.sign().expect("decided"), Ordering::Greater);
}

fn fraction() -> impl Strategy<Value = Rational> {
    (1_i64..60, 1_i64..60).prop_map(|(a, b)| rational(a, a + b))
}

fn rational_logit() -> impl Strategy<Value = Rational> {
    (-400_i64..400, 1_i64..16).prop_map(|(a, b)| rational(a, b))
}

fn one(number: &Rational) -> Array1<Extended> {
    values(core::slice::from_ref(number))
}

fn values(numbers: &[Rational]) -> Array1<Extended> {
    numbers.iter().cloned().map(Extended::Finite).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// BCE-3: BCE(p, y) = CE((p, 1−p), (y, 1−y)), as equality of canonical forms.
    #[test]
    fn of_probabilities_is_cross_entropy_of_two_classes(p in fraction(), y in fraction()) {
        let pair = |x: &Rational| {
            let rest = Rational::one() - x;
            Array2::from_shape_vec((1, 2), vec![Extended::Finite(x.clone()), rest.into()]).unwrap()
        };
        let single = exact(
            &plain(),
            &Prediction::probabilities(one(&p)),
            &Target::values(one(&y)),
        );
        let two = exact(
            &CrossEntropy::new(),
            &Prediction::probabilities(pair(&p)),
            &Target::values(pair(&y)),
        );
        prop_assert_eq!(single, two);
    }

    /// The same for logits: x is the logit of class 0 over that of class 1, and the derivative
    /// with respect to x is the derivative with respect to the first logit.
    #[test]
    fn of_logits_is_cross_entropy_of_two_classes(x in rational_logit(), y in fraction()) {
        let row = array![[Extended::Finite(x.clone()), Extended::from(Rational::zero())]];
        let rest = Rational::one() - &y;
        let both = array![[Extended::Finite(y.clone()), Extended::Finite(rest)]];
        let (x, y) = (Prediction::logits(one(&x)), Target::values(one(&y)));
        let (row, both) = (Prediction::logits(row), Target::values(both));
        prop_assert_eq!(exact(&plain(), &x, &y), exact(&CrossEntropy::new(), &row, &both));
        let slope = exact_gradient(&plain(), &x, &y);
        let slopes = exact_gradient(&CrossEntropy::new(), &row, &both);
        prop_assert_eq!(&slope[0], &slopes[0]);
        prop_assert_eq!(&slope[0].neg(), &slopes[1]);
    }

    /// Where σ(x) is rational both spaces have the same value: at x = 0 it is ½.
    #[test]
    fn of_logit_zero_is_that_of_one_half(y in fraction()) {
        let y = Target::values(one(&y));
        prop_assert_eq!(exact(&plain(), &logits("0"), &y), exact(&plain(), &probabilities("1/2"), &y));
    }

    /// The maximum-likelihood θ̂ is the mean of y: the gradient along θ is 0 there, as a rational
    /// identity, and below 0 before and above 0 behind.
    #[test]
    fn maximum_likelihood_is_the_mean_of_the_targets(ys in prop::collection::vec(fraction(), 1..7)) {
        let mean = ys.iter().sum::<Rational>() / rational(ys.len() as i64, 1);
        let along = |theta: &Rational| {
            let same = vec![theta.clone(); ys.len()];
            let gradient = exact_gradient(
                &plain(),
                &Prediction::probabilities(values(&same)),
                &Target::values(values(&ys)),
            );
            Real::sum(gradient).unwrap()
        };
        prop_assert_eq!(along(&mean), Real::zero());
        let half = rational(1, 2);
        prop_assert_eq!(along(&(&mean * &half)).sign().unwrap(), Ordering::Less);
        let behind = (&mean + Rational::one()) * &half;
        prop_assert_eq!(along(&behind).sign().unwrap(), Ordering::Greater);
    }

    /// The same in logits: at x̂ = ln(θ̂/(1−θ̂)) the derivative changes its sign.
    #[test]
    fn derivative_in_the_logit_has_the_sign_of_its_probability_over_the_target(
        x in rational_logit(),
        y in fraction(),
    ) {
        let slope = &exact_gradient(
            &plain(),
            &Prediction::logits(one(&x)),
            &Target::values(one(&y)),
        )[0];
        let p = Bernoulli::from_logit(Extended::Finite(x)).probability();
        let order = p.compare(&Real::from(y)).unwrap();
        prop_assert_eq!(slope.sign().unwrap(), order);
    }

    /// Each p·ln p with y = p is the entropy: no prediction beats the target's own.
    #[test]
    fn no_prediction_is_better_than_the_target_itself(p in fraction(), y in fraction()) {
        let y_as_target = Target::values(one(&y));
        let other = exact(&plain(), &Prediction::probabilities(one(&p)), &y_as_target);
        let own = exact(&plain(), &Prediction::probabilities(one(&y)), &y_as_target);
        let order = own.compare(&other).unwrap();
        prop_assert_eq!(order, if p == y { Ordering::Equal } else { Ordering::Less });
    }

    /// pos_weight w₊ doubles the term of the outcome 1 alone, weights w the whole element.
    #[test]
    fn weights_multiply_the_terms_that_they_name(p in fraction(), y in fraction(), w in fraction()) {
        let (p, rest) = (p.clone(), Rational::one() - p);
        let ln = |x: &Rational| Real::ln(x).unwrap();
        let wanted = Real::sum([
            ln(&p).scale(&(-&w * rational(3, 1) * &y)),
            ln(&rest).scale(&(-&w * (Rational::one() - &y))),
        ]).unwrap();
        let loss = plain().pos_weight(3).unwrap().weights(array![w].view()).unwrap();
        let prediction = Prediction::probabilities(one(&p));
        prop_assert_eq!(exact(&loss, &prediction, &Target::values(one(&y))), wanted);
    }
}

// The definition.

#[test]
fn shape_is_any_and_the_values_and_the_gradient_have_it() {
    let p = ArrayD::from_elem(IxDyn(&[2, 1, 3, 2]), Extended::Finite(rational(1, 4)));
    let y = ArrayD::from_elem(IxDyn(&[2, 1, 3, 2]), Extended::from(1));
    let evaluation = each()
        .exact_with_gradient(Prediction::probabilities(p), Target::values(y))
        .expect("a value");
    let Value::PerElement(values) = &evaluation.value else {
        panic!("the elements are kept apart")
    };
    assert_eq!(values.shape(), [2, 1, 3, 2]);
    assert_eq!(evaluation.gradient.shape(), [2, 1, 3, 2]);
    assert!(values.iter().all(|value| *value == logarithms("2 2")));
    assert!(
        evaluation
            .gradient
            .iter()
            .all(|slope| *slope == Real::from(rational(-4, 1)))
    );
}

#[test]
fn mean_divides_by_the_number_of_elements_also_with_weights() {
    let (p, y) = (probabilities("1/2 1/4"), targets("1 1"));
    assert_eq!(exact(&plain(), &p, &y), logarithms("3/2 2"));
    let weighted = plain().weights(array![1, 3].view()).expect("weights ≥ 0");
    // (1·ln 2 + 3·ln 4)/2, and not over 1 + 3.
    assert_eq!(exact(&weighted, &p, &y), logarithms("7/2 2"));
}

#[test]
fn weights_are_broadcast_to_the_shape_of_the_prediction() {
    let p = array![[0.5, 0.25], [0.25, 0.5]];
    let y = array![[1.0, 1.0], [0.0, 0.0]];
    let columns = each().weights(array![1, 3].view()).expect("weights ≥ 0");
    let full = each()
        .weights(array![[1, 3], [1, 3]].view())
        .expect("weights ≥ 0");
    let of = |loss: &BinaryCrossEntropy| {
        let value = loss.fast(
            Prediction::probabilities(p.view()),
            Target::values(y.view()),
        );
        value.expect("a value")
    };
    assert_eq!(of(&columns), of(&full));
    let wrong = each().weights(array![1, 2, 3].view()).expect("weights ≥ 0");
    let error = wrong.fast(
        Prediction::probabilities(p.view()),
        Target::values(y.view()),
    );
    assert!(matches!(
        error,
        Err(Error::Shape {
            argument: "weights",
            ..
        })
    ));
}

#[test]
fn view_that_is_not_contiguous_gives_the_same_bits() {
    let x = Array2::from_shape_fn((3, 4), |(i, j)| i as f64 - 1.5 * j as f64);
    let y = Array2::from_shape_fn((3, 4), |(i, j)| f64::from(u8::from((i + j) % 2 == 0)));
    let owned = (x.t().to_owned(), y.t().to_owned());
    let strided = plain().fast_with_gradient(Prediction::logits(x.t()), Target::values(y.t()));
    let copied = plain().fast_with_gradient(Prediction::logits(&owned.0), Target::values(&owned.1));
    assert_eq!(strided, copied);
}

/// Every kind of bad input, and the same error from both twins.
#[test]
fn bad_input_is_the_same_typed_error_in_both_twins() {
    let nan = f64::NAN;
    let pairs: [(Prediction<'_, f64>, Target<'_, f64>); 9] = [
        (
            Prediction::probabilities(array![0.5, 1.5]),
            Target::values(array![1.0, 1.0]),
        ),
        (
            Prediction::probabilities(array![0.5, -0.1]),
            Target::values(array![1.0, 1.0]),
        ),
        (
            Prediction::probabilities(array![0.5, nan]),
            Target::values(array![1.0, 1.0]),
        ),
        (
            Prediction::logits(array![0.5, nan]),
            Target::values(array![1.0, 1.0]),
        ),
        (
            Prediction::logits(array![0.5, 2.0]),
            Target::values(array![1.0, 1.5]),
        ),
        (
            Prediction::logits(array![0.5, 2.0]),
            Target::values(array![nan, 1.0]),
        ),
        (
            Prediction::logits(array![0.5, 2.0]),
            Target::values(array![1.0]),
        ),
        (Prediction::scores(array![0.5]), Target::values(array![1.0])),
        (
            Prediction::logits(Array1::<f64>::zeros(0)),
            Target::values(Array1::zeros(0)),
        ),
    ];
    for (prediction, target) in pairs {
        let exact = plain().exact_with_gradient(prediction.view(), target.view());
        let fast = plain().fast_with_gradient(prediction.view(), target.view());
        let exact = exact.expect_err("bad input");
        assert_eq!(
            Some(&exact),
            fast.err().as_ref(),
            "{prediction:?} {target:?}"
        );
        let alone = plain().fast(prediction.view(), target.view());
        assert_eq!(Some(exact), alone.err());
    }
    assert!(plain().pos_weight(-1).is_err());
    assert!(plain().pos_weight(f64::INFINITY).is_err());
    assert!(plain().weights(array![1.0, f64::NAN].view()).is_err());
    let labels = plain().fast(Prediction::logits(array![0.5]), Target::labels(array![1]));
    assert!(matches!(labels, Err(Error::Unsupported { .. })));
}

#[test]
fn gradient_of_another_shape_is_refused() {
    let mut gradient = ArrayD::<f64>::zeros(IxDyn(&[2]));
    let error = plain().fast_with_gradient_into(
        Prediction::logits(array![0.5]),
        Target::values(array![1.0]),
        gradient.view_mut(),
    );
    assert!(matches!(
        error,
        Err(Error::Shape {
            argument: "gradient",
            ..
        })
    ));
}

#[test]
fn weight_of_zero_removes_an_element_also_an_infinite_one() {
    let loss = plain().weights(array![0, 1].view()).expect("weights ≥ 0");
    let (p, y) = (array![0.0, 0.5], array![1.0, 1.0]);
    let fast = loss
        .fast_with_gradient(Prediction::probabilities(&p), Target::values(&y))
        .expect("a value");
    assert_eq!(fast.value, Value::Reduced(0.5 * core::f64::consts::LN_2));
    assert_eq!(fast.gradient, array![0.0, -1.0].into_dyn());
    assert_eq!(
        exact(&loss, &probabilities("0 1/2"), &targets("1 1")),
        logarithms("1/2 2")
    );
}

// Known failures of other implementations.

/// pytorch#103316.
#[test]
fn derivative_in_a_logit_of_minus_50_is_minus_1() {
    let (value, slope) = single(&plain(), logit(-50.0), 1.0);
    assert_eq!((value, slope), (50.0, -1.0));
}

/// pytorch#135359, numpyro#2240.
#[test]
fn infinite_logits_give_infinity_or_zero_and_never_nan() {
    let infinity = f32::INFINITY;
    let cases = [
        (infinity, 0.0, infinity, 1.0),
        (infinity, 0.9, infinity, 1.0 - 0.9),
        (infinity, 1.0, 0.0, 0.0),
        (-infinity, 0.0, 0.0, 0.0),
        (-infinity, 0.9, infinity, -0.9),
        (-infinity, 1.0, infinity, -1.0),
    ];
    for (x, y, value, slope) in cases {
        assert_eq!(single(&plain(), logit(x), y), (value, slope), "{x} {y}");
        let found = errors(&plain(), &logit(x), &Target::values(arr0(y)));
        assert!(
            found.value.is_zero() && found.gradient <= rational(1, 2),
            "{x} {y}"
        );
    }
}

/// candle#2561.
#[test]
fn large_logits_give_tiny_or_linear_losses() {
    assert_eq!(single(&plain(), logit(100.0), 1.0).0, 3.783_5e-44);
    assert_eq!(single(&plain(), logit(100.0), 0.0), (100.0, 1.0));
    assert_eq!(double(&plain(), logit(1e4), 0.0), (1e4, 1.0));
    assert_eq!(double(&plain(), logit(-1e4), 0.0), (0.0, 0.0));
    assert_eq!(double(&plain(), logit(f64::MAX), 0.0), (f64::MAX, 1.0));
}

/// keras#377, keras#15249, tensorflow#41595: clamped probabilities are a dialect.
#[test]
fn impossible_outcome_costs_infinity_and_certain_one_nothing() {
    assert_eq!(
        single(&plain(), probability(0.0), 1.0),
        (f32::INFINITY, f32::NEG_INFINITY)
    );
    assert_eq!(single(&plain(), probability(1.0), 1.0), (0.0, -1.0));
    assert_eq!(
        single(&plain(), probability(1.0), 0.0),
        (f32::INFINITY, f32::INFINITY)
    );
    assert_eq!(
        exact_all(&plain(), &probabilities("0"), &targets("1")),
        [Real::infinity()]
    );
    assert_eq!(
        exact_gradient(&plain(), &probabilities("0"), &targets("1")),
        [Real::negative_infinity()]
    );
}

/// sklearn#24315: 1 − 10⁻¹⁵ is 1 in `f32`, so a clamp at it leaves 1.
#[test]
fn probability_of_one_in_single_precision_costs_nothing() {
    let clamped = 1.0_f32 - 1e-15;
    assert_eq!(single(&plain(), probability(clamped), 1.0).0, 0.0);
}

/// sklearn#28046: the gradient and, as the slope of the gradient, the second derivative.
#[test]
fn raw_score_of_minus_1000_has_gradient_minus_1_and_no_curvature() {
    assert_eq!(double(&plain(), logit(-1000.0), 1.0).1, -1.0);
    assert_eq!(double(&plain(), logit(-999.0), 1.0).1, -1.0);
    // σ(x)·(1 − σ(x)) itself is positive and below every float.
    let law = Bernoulli::from_logit(Extended::from(-1000));
    let curvature = law
        .probability()
        .mul(&law.complement().probability())
        .expect("a product");
    assert_eq!(curvature.sign().expect("decided"), Ordering::Greater);
    assert_eq!(
        curvature.round::<f64>().expect("a rounding").value(),
        Some(0.0)
    );
}

/// pytorch#55657, and the means of Burn and candle over ten million elements: the error of a
/// mean does not grow with the number of elements.
#[test]
fn mean_in_single_precision_is_as_good_for_a_million_elements_as_for_one() {
    let x: Array1<f32> = random()
        .take(1 << 20)
        .map(|u| (8.0 * u - 4.0) as f32)
        .collect();
    let y: Array1<f32> = random().skip(7).take(1 << 20).map(|u| u as f32).collect();
    let fast = plain()
        .fast(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let double = plain()
        .fast(
            Prediction::logits(x.map(|&x| f64::from(x))),
            Target::values(y.map(|&y| f64::from(y))),
        )
        .expect("a value");
    let (Value::Reduced(fast), Value::Reduced(double)) = (fast, double) else {
        panic!("means are reduced")
    };
    assert_eq!(fast, double as f32);
    // Against the exact twin, a thousand elements a thousand times.
    let x: Array1<f32> = x.iter().take(1000).copied().collect();
    let y: Array1<f32> = y.iter().take(1000).copied().collect();
    let often = |a: &Array1<f32>| a.broadcast((1000, 1000)).expect("a broadcast").to_owned();
    let (wide_x, wide_y) = (often(&x), often(&y));
    let fast = plain().fast(Prediction::logits(&wide_x), Target::values(&wide_y));
    let Value::Reduced(fast) = fast.expect("a value") else {
        panic!("a mean is reduced")
    };
    let once = plain()
        .exact(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let rounded = once
        .reduced()
        .expect("a mean")
        .round::<f32>()
        .expect("a rounding");
    assert_eq!(rounded.value(), Some(fast));
}

/// PyTorch and Burn: p = 0, t = 0 and p = 1, t = 1.
#[test]
fn derivative_at_a_certain_and_right_prediction_is_one() {
    assert_eq!(single(&plain(), probability(0.0), 0.0), (0.0, 1.0));
    assert_eq!(single(&plain(), probability(1.0), 1.0), (0.0, -1.0));
    let gradient = exact_gradient(&plain(), &probabilities("0 1"), &targets("0 1"));
    assert_eq!(
        gradient,
        [Real::from(rational(1, 2)), Real::from(rational(-1, 2))]
    );
}

/// PyTorch: p = 1e−20, t = 1.
#[test]
fn derivative_at_a_tiny_probability_is_its_reciprocal() {
    let p = 1e-20_f32;
    assert_eq!(
        single(&plain(), probability(p), 1.0).1,
        (-1.0 / f64::from(p)) as f32
    );
}

/// PyTorch in `f64`: p = 1e−60, t = 1; Keras: p = 2.396e−29, t = 1.
#[test]
fn tiny_probabilities_are_not_clamped() {
    assert_eq!(
        double(&plain(), probability(1e-60), 1.0).0,
        138.155_105_579_642_74
    );
    assert_eq!(single(&plain(), probability(2.396e-29), 1.0).0, 65.901_17);
}

/// PyTorch: x = −20, t = 0, and x = 20, t = 1.
#[test]
fn small_losses_of_confident_logits_are_not_lost() {
    assert_eq!(single(&plain(), logit(-20.0), 0.0).0, 2.061_153_6e-9);
    assert_eq!(single(&plain(), logit(20.0), 1.0).1, -2.061_153_6e-9);
}

/// PyTorch: x = −1e4, t = 1.1031364e−7.
#[test]
fn small_soft_target_of_a_large_logit_is_not_lost() {
    assert_eq!(
        single(&plain(), logit(-1e4), 1.103_136_4e-7).0,
        1.103_136_4e-3
    );
}

/// candle: x = 103.97, t = 0.9.
#[test]
fn soft_target_of_a_saturated_logit_is_linear() {
    let found = errors(&plain(), &logit(103.97_f32), &Target::values(arr0(0.9_f32)));
    assert!(found.value <= rational(1, 2));
    let (value, slope) = single(&plain(), logit(103.97), 0.9);
    assert!((10.397..10.398).contains(&value));
    assert_eq!(slope, 1.0 - 0.9);
}

// Dialects.

/// −100 as a floor of every logarithm, as some libraries have it, is another function.
#[test]
fn clamped_logarithm_is_another_function_below_exp_of_minus_100() {
    let clamped = |p: &str| {
        let ln = Real::ln(&number(p)).expect("a positive number");
        let floor = Real::from(rational(-100, 1));
        match ln.compare(&floor).expect("decided") {
            Ordering::Less => floor.neg(),
            _ => ln.neg(),
        }
    };
    assert_eq!(
        clamped("1e-43"),
        exact(&plain(), &probabilities("1e-43"), &targets("1"))
    );
    assert_ne!(
        clamped("1e-44"),
        exact(&plain(), &probabilities("1e-44"), &targets("1"))
    );
}

/// Smoothing a binary target: y(1−s) + s/2 and y(1−s) + (1−y)s differ, and agree at y = ½.
#[test]
fn two_smoothings_of_binary_targets_differ() {
    let s = number("1/10");
    let half = |y: &Rational| y * (Rational::one() - &s) + &s * rational(1, 2);
    let flip = |y: &Rational| y * (Rational::one() - &s) + (Rational::one() - y) * &s;
    let loss = |y: Rational| exact(&plain(), &probabilities("1/4"), &Target::values(one(&y)));
    let one = Rational::one();
    assert_eq!(loss(half(&one)), logarithms("19/20 4, 1/20 4/3"));
    assert_eq!(loss(flip(&one)), logarithms("9/10 4, 1/10 4/3"));
    assert_ne!(loss(half(&one)), loss(flip(&one)));
    let middle = rational(1, 2);
    assert_eq!(loss(half(&middle)), loss(flip(&middle)));
}

// Relations between the losses.

#[test]
fn balanced_with_half_the_weight_each_is_half_of_it() {
    let (p, y) = (probabilities("0.9 0.2 1/3"), targets("1 0 1/4"));
    let balanced = BalancedCrossEntropy::new()
        .alpha(rational(1, 2))
        .expect("α in [0, 1]");
    assert_eq!(
        exact(&balanced, &p, &y),
        exact(&plain(), &p, &y).scale(&rational(1, 2))
    );
}

#[test]
fn focal_without_focus_is_it_for_hard_targets_only() {
    let focal = Focal::new().gamma(0).expect("γ ≥ 0");
    let p = probabilities("0.9 0.2 1/3");
    let hard = targets("1 0 1");
    assert_eq!(exact(&focal, &p, &hard), exact(&plain(), &p, &hard));
    assert_eq!(
        exact_gradient(&focal, &p, &hard),
        exact_gradient(&plain(), &p, &hard)
    );
    let soft = targets("1 0 1/4");
    assert_ne!(exact(&focal, &p, &soft), exact(&plain(), &p, &soft));
}

// The bounds of the fast twin.

/// The stated bound, in ulps, of the value, and of the derivative where it is one term.
fn bound<F: Format>() -> Rational {
    if F::PRECISION == 53 {
        rational(5, 8)
    } else {
        rational(1, 2) + rational(1, 1 << 28)
    }
}

/// The bounds of the value and of the derivative in the table of the loss.
fn bounds<F: Float + Format>(space: Space, y: F) -> (Rational, Rational) {
    match space {
        _ if y != F::ZERO && y != F::ONE => (bound::<F>(), bound::<F>()),
        Space::Logits => (rational(5, 2), rational(4, 1)),
        _ => (rational(3, 2), rational(3, 1)),
    }
}

fn check<F: Scalar + Format>(loss: &BinaryCrossEntropy, prediction: &Prediction<'_, F>, y: F) {
    let found = errors(loss, prediction, &Target::values(arr0(y)));
    let text = format!("{prediction:?} {y}: {found:?}");
    let space = prediction.space();
    let (value, gradient) = bounds(space, y);
    assert!(found.value <= value, "{text}");
    if y == F::ZERO || y == F::ONE || space == Space::Probabilities {
        assert!(found.gradient <= gradient, "{text}");
    }
}

/// The derivative at a soft target y is within 1 ulp + 2⁻⁵⁵·(y·σ(−x) + (1−y)·σ(x)).
fn check_cancellation<F: Scalar + Format>(x: F, y: F) {
    let evaluation = plain().fast_with_gradient(logit(x), Target::values(arr0(y)));
    let got = evaluation.expect("a value").gradient[IxDyn(&[])];
    let finite = |x: F| {
        x.lift()
            .and_then(Extended::into_finite)
            .expect("a finite number")
    };
    let (got, y) = (finite(got), finite(y));
    let law = Bernoulli::from_logit(x.lift().expect("no NaN"));
    let away = law.complement().probability().scale(&y);
    let towards = law.probability().scale(&(Rational::one() - &y));
    let slope = towards.sub(&away).expect("finite");
    let parts = towards
        .add(&away)
        .expect("finite")
        .scale(&number("0x1p-55"));
    let limit = parts.add(&Real::from(ulp::<F>(&got))).expect("finite");
    let error = slope.sub(&Real::from(got)).expect("finite");
    assert_ne!(
        error.compare(&limit).expect("decided"),
        Ordering::Greater,
        "{x} {y}"
    );
    assert_ne!(
        error.neg().compare(&limit).expect("decided"),
        Ordering::Greater,
        "{x} {y}"
    );
}

fn extremes_are_within_the_bound<F: Scalar + Format>() {
    for y in all_targets::<F>() {
        for x in extreme_logits::<F>() {
            check(&plain(), &logit(x), y);
            check_cancellation(x, y);
        }
        for p in extreme_probabilities::<F>() {
            check(&plain(), &probability(p), y);
        }
    }
}

#[test]
fn extremes_are_within_the_bound_in_single_precision() {
    extremes_are_within_the_bound::<f32>();
}

#[test]
fn extremes_are_within_the_bound_in_double_precision() {
    extremes_are_within_the_bound::<f64>();
}

#[test]
fn random_batches_are_within_the_bound_with_weights() {
    let mut u = random();
    for _ in 0..200 {
        let mut draw = |low: f64, high: f64| low + (high - low) * u.next().expect("endless");
        let x = Array1::from_shape_fn(5, |_| draw(-30.0, 30.0));
        let y = Array1::from_shape_fn(5, |_| if draw(0.0, 1.0) < 0.5 { 0.0 } else { 1.0 });
        let weights = Array1::from_shape_fn(5, |_| draw(0.0, 4.0));
        let loss = plain().pos_weight(draw(0.0, 9.0)).expect("a weight ≥ 0");
        let loss = loss.weights(weights.view()).expect("weights ≥ 0");
        for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
            let loss = loss.clone().reduction(reduction);
            let found = errors(&loss, &Prediction::logits(&x), &Target::values(&y));
            let within = found.value <= rational(4, 1) && found.gradient <= rational(6, 1);
            assert!(within, "{found:?}");
        }
    }
}

/// A loss near 1e−30 is within the bound, as is every loss down to the smallest number.
#[test]
fn tiny_losses_are_within_the_bound() {
    for step in 0..250 {
        let x = 3.0 * f64::from(step);
        check(&plain(), &logit(x), 1.0);
        check(&plain(), &logit(-x), 0.0);
        check(&plain(), &logit(x as f32), 1.0);
        check(&plain(), &probability((-x).exp()), 0.0);
    }
}
