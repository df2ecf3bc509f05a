//! The fast twins against the exact ones: each stated bound, on random input, at extremes, and at
//! a million pixels, with the published difference formula beside.

use exact_loss::exact::rational::nearest;
use exact_loss::exact::round::ulp_error;
use exact_loss::exact::set_function::{Jaccard, SetFunction, descending};
use exact_loss::exact::{Distribution, Enclosure, Extended, Format, Lift, Rational, UlpError};
use exact_loss::kernel::sort::{Item, Ordered, sort};
use exact_loss::losses::{
    Classes, Loss, LovaszExtension, LovaszHinge, LovaszSoftmax, Prediction, Scalar, Target,
};
use ndarray::{Array1, Array2, ArrayD, array};
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::{integer, ratio};

/// The bound of a value or component that is rounded from a pair, in ulps.
fn rounded_once() -> Rational {
    ratio(51, 100)
}

fn ulps(error: UlpError) -> Rational {
    match error {
        UlpError::Ulps { upper, .. } => upper,
        other => panic!("{other:?}"),
    }
}

fn lifted<F: Lift>(x: F) -> Rational {
    x.lift()
        .and_then(Extended::into_finite)
        .expect("a finite number")
}

/// Checks value and gradient of the fast twin against the exact one, within these ulps.
fn check<F: Scalar + Format, L: Loss>(
    loss: &L,
    prediction: &Prediction<'_, F>,
    labels: &Array1<i64>,
    value_ulps: &Rational,
) {
    let target = Target::labels(labels);
    let exact = loss
        .exact_with_gradient(prediction.view(), target.view())
        .expect("valid input");
    let fast = loss
        .fast_with_gradient(prediction.view(), target.view())
        .expect("valid input");
    let alone = loss.fast(prediction.view(), target).expect("valid input");
    assert_eq!(alone, fast.value);
    let (value, wanted) = (
        fast.value.reduced(),
        exact.value.reduced().expect("a number"),
    );
    let error = ulps(wanted.ulp_error(value.expect("a number")).expect("decided"));
    assert!(
        error <= *value_ulps,
        "value {value:?}, {error} ulps from {wanted}"
    );
    for (got, wanted) in fast.gradient.iter().zip(&exact.gradient) {
        let error = ulps(wanted.ulp_error(*got).expect("decided"));
        assert!(
            error <= rounded_once(),
            "component {got:?}, {error} ulps from {wanted}"
        );
    }
}

/// Numbers of many magnitudes, with ties.
fn scores<F: Scalar + Format>() -> impl Strategy<Value = F> {
    let spread = (any::<bool>(), any::<u64>(), -30_i32..12);
    let spread = spread.prop_map(|(negative, significand, exponent)| {
        let significand = significand >> (64 - F::PRECISION);
        F::encode(negative, significand, exponent - (F::PRECISION as i32 - 1)).expect("in range")
    });
    let few = (-8_i32..=8).prop_map(|n| F::from_f64(f64::from(n) / 4.0));
    prop_oneof![3 => spread, 1 => few]
}

fn probabilities<F: Scalar + Format>() -> impl Strategy<Value = F> {
    let spread = (any::<u64>(), -70_i32..0).prop_map(|(significand, exponent)| {
        let significand = significand >> (64 - F::PRECISION);
        F::encode(false, significand, exponent - (F::PRECISION as i32 - 1)).expect("in range")
    });
    let near_one = (0_u32..40).prop_map(|n| F::ONE - F::from_f64(f64::from(n)) * F::EPSILON);
    let few = (0_i32..=8).prop_map(|n| F::from_f64(f64::from(n) / 8.0));
    prop_oneof![3 => spread, 1 => near_one, 2 => few]
}

fn labelled<T: core::fmt::Debug>(
    element: impl Strategy<Value = T>,
    classes: i64,
    most: usize,
) -> impl Strategy<Value = (Vec<T>, Array1<i64>)> {
    proptest::collection::vec((element, 0..classes), 1..most).prop_map(|pixels| {
        let (elements, labels): (Vec<T>, Vec<i64>) = pixels.into_iter().unzip();
        (elements, Array1::from(labels))
    })
}

fn rows<F: Scalar + Format>() -> impl Strategy<Value = [F; 3]> {
    [
        probabilities::<F>(),
        probabilities::<F>(),
        probabilities::<F>(),
    ]
}

/// Checks the loss of errors that are not negative, and of scores.
fn check_binary<F: Scalar + Format>((numbers, labels): (Vec<F>, Array1<i64>)) {
    let scores = Array1::from(numbers);
    check(
        &LovaszHinge::new(),
        &Prediction::scores(&scores),
        &labels,
        &rounded_once(),
    );
    let errors = scores.map(|x| x.abs());
    check(
        &LovaszExtension::new(),
        &Prediction::errors(&errors),
        &labels,
        &rounded_once(),
    );
}

fn check_softmax<F: Scalar + Format>(numbers: Vec<[F; 3]>, labels: &Array1<i64>, classes: Classes) {
    let p = Array2::from(numbers);
    let loss = LovaszSoftmax::new().classes(classes).expect("classes");
    check(
        &loss,
        &Prediction::probabilities(&p),
        labels,
        &rounded_once(),
    );
}

proptest! {
    #[test]
    fn hinge_and_extension_are_within_their_bounds_in_f64(case in labelled(scores::<f64>(), 2, 80)) {
        check_binary(case);
    }

    #[test]
    fn hinge_and_extension_are_within_their_bounds_in_f32(case in labelled(scores::<f32>(), 2, 80)) {
        check_binary(case);
    }

    #[test]
    fn softmax_of_probabilities_is_within_its_bounds_in_f64(
        (p, labels) in labelled(rows::<f64>(), 3, 40)
    ) {
        check_softmax(p.clone(), &labels, Classes::Present);
        check_softmax(p, &labels, Classes::All);
    }

    #[test]
    fn softmax_of_probabilities_is_within_its_bounds_in_f32(
        (p, labels) in labelled(rows::<f32>(), 3, 40)
    ) {
        check_softmax(p.clone(), &labels, Classes::Present);
        check_softmax(p, &labels, Classes::All);
    }

    #[test]
    fn softmax_of_logits_is_within_its_bounds_in_f64(
        (z, labels) in labelled([scores::<f64>(), scores(), scores()], 3, 12)
    ) {
        check_logits(&Array2::from(z), &labels, &integer(2));
    }

    #[test]
    fn softmax_of_logits_is_within_its_bounds_in_f32(
        (z, labels) in labelled([scores::<f32>(), scores(), scores()], 3, 12)
    ) {
        check_logits(&Array2::from(z), &labels, &rounded_once());
    }

    #[test]
    fn errors_of_both_signs_are_within_the_bound_of_their_sum(
        (numbers, labels) in labelled(scores::<f64>(), 2, 80)
    ) {
        let m = Array1::from(numbers);
        let loss = LovaszExtension::new();
        let (prediction, target) = (Prediction::errors(&m), Target::labels(&labels));
        let exact = loss.exact_with_gradient(prediction.view(), target.view()).expect("valid input");
        let fast = loss.fast(prediction, target).expect("valid input").reduced().expect("a number");
        let sum: Rational = m.iter().zip(&exact.gradient).map(|(&m, g)| {
            lifted(m).abs() * g.as_rational().expect("a rational")
        }).sum();
        let value = exact.value.reduced().and_then(|value| value.as_rational()).expect("a rational");
        let ulp = exact_loss::exact::round::ulp::<f64>(&value);
        let bound = ulp * rounded_once() + sum / Rational::from_integer((1_u128 << 74).into());
        prop_assert!((lifted(fast) - value).abs() <= bound);
    }

    #[test]
    fn the_radix_sort_is_the_stable_sort_of_the_numbers(
        bits in proptest::collection::vec(any::<u32>(), 0..5000), few in 1_u32..64
    ) {
        let numbers = |modulus: u32| bits.iter().map(move |bits| f32::from_bits(bits % modulus * (u32::MAX / modulus)));
        for modulus in [u32::MAX, few] {
            let numbers: Vec<f32> = numbers(modulus).filter(|x| !x.is_nan()).collect();
            let mut wanted: Vec<(u32, f32)> = (0..).zip(numbers.iter().copied()).collect();
            wanted.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("no NaN"));
            let mut single: Vec<_> =
                (0..).zip(&numbers).map(|(tag, x)| Item { key: x.descending(), tag }).collect();
            sort(&mut single, &mut Vec::new());
            prop_assert!(single.iter().map(|item| item.tag).eq(wanted.iter().map(|pair| pair.0)));
            let mut double: Vec<_> = (0..)
                .zip(&numbers)
                .map(|(tag, x)| Item { key: f64::from(*x).descending(), tag })
                .collect();
            sort(&mut double, &mut Vec::new());
            prop_assert!(double.iter().map(|item| item.tag).eq(wanted.iter().map(|pair| pair.0)));
            for (item, (_, x)) in single.iter().zip(&wanted) {
                prop_assert_eq!(f32::from_descending(item.key), *x);
                prop_assert_eq!(f32::from_ascending(x.ascending()), *x);
            }
        }
    }
}

/// Whether two errors of a class are so near that the fast twin may sort them either way: the
/// odds of each, to about 2⁻⁵⁰, by the definition.
fn nearly_tied<F: Scalar>(z: &Array2<F>, labels: &Array1<i64>) -> bool {
    (0..3).any(|c| {
        let log_odds = |(i, &label): (usize, &i64)| {
            let z = [0, 1, 2].map(|k| z[[i, k]].to_f64() - z[[i, c]].to_f64());
            let others: f64 = (0..3).filter(|&k| k != c).map(|k| z[k].exp()).sum();
            if label == c as i64 {
                others.ln()
            } else {
                -others.ln()
            }
        };
        let mut odds: Vec<f64> = labels.iter().enumerate().map(log_odds).collect();
        odds.sort_by(f64::total_cmp);
        odds.windows(2).any(|pair| pair[1] - pair[0] < 1e-10)
    })
}

/// Logits: the value in ulps, and the gradient within 0.51 ulp + 2⁻⁵⁰·p and the least subnormal
/// number, where no errors are nearly tied.
fn check_logits<F: Scalar + Format>(z: &Array2<F>, labels: &Array1<i64>, value_ulps: &Rational) {
    let loss = LovaszSoftmax::new();
    let (prediction, target) = (Prediction::logits(z), Target::labels(labels));
    let exact = loss
        .exact_with_gradient(prediction.view(), target.view())
        .expect("valid input");
    let fast = loss
        .fast_with_gradient(prediction, target)
        .expect("valid input");
    let (value, wanted) = (
        fast.value.reduced(),
        exact.value.reduced().expect("a number"),
    );
    let error = ulps(wanted.ulp_error(value.expect("a number")).expect("decided"));
    assert!(
        error <= *value_ulps,
        "value {value:?}, {error} ulps from {wanted}"
    );
    if nearly_tied(z, labels) {
        return;
    }
    for (i, row) in z.outer_iter().enumerate() {
        let row: Vec<Extended> = row.iter().map(|z| z.lift().expect("a number")).collect();
        let softmax = Distribution::softmax(&row).expect("finite logits");
        for c in 0..3 {
            let (got, wanted) = (lifted(fast.gradient[[i, c]]), &exact.gradient[[i, c]]);
            let middle = wanted
                .enclose_absolute(2000)
                .and_then(|w| w.lower())
                .expect("finite");
            let p = softmax
                .probability(c)
                .and_then(|p| p.enclose(60))
                .expect("finite");
            let slack = p.upper().expect("bounded") / Rational::from_integer((1_u64 << 50).into())
                + exact_loss::exact::round::ulp::<F>(&Rational::default());
            let ulp = exact_loss::exact::round::ulp::<F>(&middle);
            let bound = ulp * rounded_once() + slack;
            let error = (&got - &middle).abs() / &bound;
            assert!(error <= integer(1), "component {i}, {c} of {z:?}");
        }
    }
}

#[test]
fn extreme_magnitudes_neither_overflow_nor_lose_their_bits() {
    let labels = array![1, 0, 1, 0, 0];
    let tiny = f64::from_bits(1);
    for m in [
        [f64::MAX, f64::MAX, f64::MAX / 3.0, 1.0, tiny],
        [tiny, 3.0 * tiny, 7.0 * tiny, 0.0, tiny],
        [1e-310, 3e-308, 1e-300, 2e-305, 5e-309],
        [1e300, 1e-300, 1.0, 1e30, 1e-30],
        [1e-200, 1e-201, 1e-150, 1e-160, 3e-190],
    ] {
        let m = Array1::from(m.to_vec());
        check(
            &LovaszExtension::new(),
            &Prediction::errors(&m),
            &labels,
            &rounded_once(),
        );
        check(
            &LovaszHinge::new(),
            &Prediction::scores(&m),
            &labels,
            &rounded_once(),
        );
        check(
            &LovaszHinge::new(),
            &Prediction::scores(-m),
            &labels,
            &rounded_once(),
        );
    }
    let m = array![f32::MAX, f32::from_bits(1), f32::MAX, 1e-40, 1e38];
    check(
        &LovaszExtension::new(),
        &Prediction::errors(&m),
        &labels,
        &rounded_once(),
    );
    check(
        &LovaszHinge::new(),
        &Prediction::scores(&m),
        &labels,
        &rounded_once(),
    );
    // An infinite error on the wrong side.
    let x = array![
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.5,
        f64::NEG_INFINITY
    ];
    check(
        &LovaszHinge::new(),
        &Prediction::scores(&x),
        &labels,
        &rounded_once(),
    );
    let value = LovaszHinge::new().fast(Prediction::scores(&x), Target::labels(&labels));
    assert_eq!(value.expect("valid input").reduced(), Some(f64::INFINITY));
}

#[test]
fn one_minus_p_is_sorted_without_rounding() {
    // 1 − 2⁻⁶⁰ and 1 − 2⁻⁷⁰ round to 1, and are told from each other and from the background's 1.
    let (a, b) = (
        f64::from_bits((1023 - 60) << 52),
        f64::from_bits((1023 - 70) << 52),
    );
    let p = array![[a, 0.0], [1.0, 0.0], [b, 0.0], [1.0, 0.0]];
    let labels = array![0, 1, 0, 1];
    let loss = LovaszSoftmax::new()
        .classes(Classes::List(vec![0]))
        .expect("a class");
    check(
        &loss,
        &Prediction::probabilities(&p),
        &labels,
        &rounded_once(),
    );
    let fast = loss.fast_with_gradient(Prediction::probabilities(&p), Target::labels(&labels));
    let gradient = fast.expect("valid input").gradient;
    // First the two background pixels, then b's, then a's.
    assert_eq!(gradient[[1, 0]], 1.0 / 3.0);
    assert_eq!(gradient[[3, 0]], 1.0 / 6.0);
    assert_eq!((gradient[[2, 0]], gradient[[0, 0]]), (-0.25, -0.25));
}

#[test]
fn the_layout_of_the_arrays_does_not_matter() {
    let p = Array2::from_shape_fn((60, 4), |(i, c)| ((i * 7 + c * 13) % 17) as f32 / 17.0);
    let labels = Array1::from_iter((0..60).map(|i| i * i % 4));
    let loss = LovaszSoftmax::new();
    let rowwise = loss.fast_with_gradient(Prediction::probabilities(&p), Target::labels(&labels));
    let rowwise = rowwise.expect("valid input");
    let mut transposed = Array2::zeros((4, 60));
    transposed.assign(&p.t());
    let mut gradient = Array2::zeros((4, 60));
    let value = loss.fast_with_gradient_into(
        Prediction::probabilities(transposed.t()),
        Target::labels(&labels),
        gradient.view_mut().reversed_axes().into_dyn(),
    );
    assert_eq!(value.expect("valid input"), rowwise.value);
    assert_eq!(gradient.t().into_dyn(), rowwise.gradient);
}

/// Deterministic pixels with a third of foreground, whose scores lean to the right side.
fn million() -> (Vec<f32>, Vec<bool>) {
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0
    };
    let pixel = |_| {
        let foreground = random() < 0.3;
        let noise = 4.0 * (random() + random() + random()) - 6.0;
        (
            if foreground { noise + 1.0 } else { noise - 1.0 },
            foreground,
        )
    };
    (0..1_000_000).map(pixel).unzip()
}

/// The published formula: Jaccard losses from counts in `f32`, subtracted from their neighbours.
fn by_differences(foreground: impl Iterator<Item = bool>, size: f32) -> Vec<f32> {
    let (mut hits, mut misses, mut before) = (0.0_f32, 0.0_f32, 0.0_f32);
    let marginal = |foreground: bool| {
        *(if foreground { &mut hits } else { &mut misses }) += 1.0;
        let jaccard = 1.0 - (size - hits) / (size + misses);
        jaccard - core::mem::replace(&mut before, jaccard)
    };
    foreground.map(marginal).collect()
}

#[test]
fn at_a_million_pixels_the_bounds_hold_and_the_published_differences_are_wrong() {
    let (scores, foreground) = million();
    let labels = Array1::from_iter(foreground.iter().map(|&y| i64::from(y)));
    let errors: Vec<Rational> = scores
        .iter()
        .zip(&foreground)
        .map(|(&x, &y)| (integer(1) - if y { lifted(x) } else { -lifted(x) }).max(integer(0)))
        .collect();
    let set = Jaccard::new(foreground.clone());
    let value = set
        .enclose_extension(&errors, 120)
        .expect("a million errors");
    let loss = LovaszHinge::new();

    let single = Array1::from(scores);
    let fast = loss.fast_with_gradient(Prediction::scores(&single), Target::labels(&labels));
    let fast = fast.expect("valid input");
    let in_f32 = ulp_error(fast.value.reduced().expect("a mean"), &value).expect("decided");
    assert!(ulps(in_f32) <= rounded_once());
    let double = single.map(|&x| f64::from(x));
    let in_f64 = loss.fast_with_gradient(Prediction::scores(&double), Target::labels(&labels));
    let in_f64 = in_f64.expect("valid input");
    let error = ulp_error(in_f64.value.reduced().expect("a mean"), &value).expect("decided");
    assert!(ulps(error) <= rounded_once());

    // The gradient, component by component, and the published one beside it.
    let order = descending(&errors);
    let size = foreground.iter().filter(|&&y| y).count() as f32;
    let published = by_differences(order.iter().map(|&i| foreground[i]), size);
    let mut relative = Vec::new();
    let mut zeros = 0;
    let marginals = set.marginals(&order);
    for ((&pixel, marginal), published) in order.iter().zip(marginals).zip(published) {
        if errors[pixel].is_zero() {
            break;
        }
        let sign = if foreground[pixel] { -1.0 } else { 1.0 };
        let exact = Enclosure::from_rational(&marginal, 100);
        let got = sign as f32 * fast.gradient[[pixel]];
        assert!(ulps(ulp_error(got, &exact).expect("decided")) <= rounded_once());
        let got = sign * in_f64.gradient[[pixel]];
        assert!(ulps(ulp_error(got, &exact).expect("decided")) <= rounded_once());
        if !marginal.is_zero() {
            zeros += usize::from(published == 0.0);
            let exact = nearest::<f64>(&marginal);
            relative.push(((f64::from(published) - exact) / exact).abs());
        }
    }
    relative.sort_by(f64::total_cmp);
    let (median, largest) = (relative[relative.len() / 2], relative[relative.len() - 1]);
    assert!(
        median > 0.01 && largest > 0.1,
        "published: median {median}, largest {largest}, zeros {zeros} of {}",
        relative.len()
    );
}

#[test]
fn the_fast_gradient_at_ties_is_that_of_the_order_by_index() {
    let m = array![0.5, 0.25, 0.5, 0.25, 0.5, 0.5];
    for mask in 0..64 {
        let labels = Array1::from_iter((0..6).map(|bit| mask >> bit & 1));
        check(
            &LovaszExtension::new(),
            &Prediction::errors(&m),
            &labels,
            &rounded_once(),
        );
        let p = ArrayD::from_shape_fn(vec![6, 2], |at| {
            if at[1] == 0 { m[at[0]] } else { 1.0 - m[at[0]] }
        });
        check(
            &LovaszSoftmax::new(),
            &Prediction::probabilities(&p),
            &labels,
            &rounded_once(),
        );
    }
}
