//! exp, ln and what is made of them, accurate forms: errors and special values.

use exact_loss::exact::Enclosure;
use exact_loss::exact::elementary::{exp_enclosure, ln_1p_enclosure, ln_enclosure};
use exact_loss::kernel::elementary as kernel;
use exact_loss::kernel::pair::Pair;
use exact_loss::kernel::softplus::{
    log_sigmoid, sigmoid, sigmoid_complement, sigmoid_pair, softplus, softplus_pair,
};
use num_traits::One;

use super::inputs::numbers;
use super::{BITS, Scalar, check, enclosure, relative_error, ulps};

const COUNT: usize = 3000;

pub(super) fn exact_exp<F: Scalar>(x: F) -> Enclosure {
    exp_enclosure(&enclosure(x), BITS).expect("within the cap")
}

pub(super) fn exact_exp_m1<F: Scalar>(x: F) -> Enclosure {
    // 1 is taken away from so many digits that enough are left.
    let exp = exp_enclosure(&enclosure(x), BITS + 1100).expect("within the cap");
    exp.sub(&Enclosure::one(), BITS)
}

pub(super) fn exact_ln<F: Scalar>(x: F) -> Enclosure {
    ln_enclosure(&enclosure(x), BITS).expect("x > 0")
}

pub(super) fn exact_ln_1p<F: Scalar>(x: F) -> Enclosure {
    ln_1p_enclosure(&enclosure(x), BITS).expect("x > -1")
}

pub(super) fn exact_softplus<F: Scalar>(x: F) -> Enclosure {
    let small = exp_enclosure(&enclosure(x).abs().neg(), BITS).expect("within the cap");
    let small = ln_1p_enclosure(&small, BITS).expect("above -1");
    if x > F::ZERO {
        small.add(&enclosure(x), BITS)
    } else {
        small
    }
}

pub(super) fn exact_sigmoid<F: Scalar>(x: F) -> Enclosure {
    let small = exp_enclosure(&enclosure(x).neg(), BITS).expect("within the cap");
    small.add(&Enclosure::one(), BITS).recip(BITS)
}

/// The errors in ulps of a function.
fn errors<F: Scalar>(
    inputs: Vec<F>,
    function: impl Fn(F) -> F,
    exact: impl Fn(F) -> Enclosure,
) -> impl Iterator<Item = (F, f64)> {
    inputs
        .into_iter()
        .map(move |x| (x, ulps(function(x), &exact(x))))
}

/// The relative errors of a function that gives pairs, of results from 2^−900 to 2^1000.
fn pair_errors(
    inputs: Vec<f64>,
    function: impl Fn(f64) -> Pair,
    exact: impl Fn(f64) -> Enclosure,
) -> impl Iterator<Item = (f64, f64)> {
    inputs.into_iter().filter_map(move |x| {
        let got = function(x);
        let inside = (1e-270..1e300).contains(&got.hi.abs());
        inside.then(|| (x, relative_error(got, &exact(x))))
    })
}

#[test]
fn exp_is_within_0_54_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = numbers(COUNT, -760.0, 720.0);
    check("exp f64", errors::<f64>(inputs, kernel::exp, exact_exp));
    let inputs = numbers(COUNT, -110.0, 95.0);
    check("exp f32", errors::<f32>(inputs, kernel::exp, exact_exp));
}

#[test]
fn exp_m1_is_within_0_6_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = numbers(COUNT, -760.0, 720.0);
    check(
        "exp_m1 f64",
        errors::<f64>(inputs, kernel::exp_m1, exact_exp_m1),
    );
    let inputs = numbers(COUNT, -110.0, 95.0);
    check(
        "exp_m1 f32",
        errors::<f32>(inputs, kernel::exp_m1, exact_exp_m1),
    );
}

#[test]
fn ln_is_within_0_55_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = numbers(COUNT, f64::MIN_POSITIVE * f64::EPSILON, f64::MAX);
    check("ln f64", errors::<f64>(inputs, kernel::ln, exact_ln));
    let inputs = numbers(
        COUNT,
        f64::from(f32::MIN_POSITIVE) * 1e-6,
        f64::from(f32::MAX),
    );
    check("ln f32", errors::<f32>(inputs, kernel::ln, exact_ln));
}

#[test]
fn ln_1p_is_within_0_55_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = numbers(COUNT, -1.0 + f64::EPSILON, f64::MAX);
    check(
        "ln_1p f64",
        errors::<f64>(inputs, kernel::ln_1p, exact_ln_1p),
    );
    let inputs = numbers(COUNT, -0.999_999_9, f64::from(f32::MAX));
    check(
        "ln_1p f32",
        errors::<f32>(inputs, kernel::ln_1p, exact_ln_1p),
    );
}

#[test]
fn softplus_and_log_sigmoid_are_within_0_66_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = || numbers(COUNT, -760.0, 1e300);
    check(
        "softplus f64",
        errors::<f64>(inputs(), softplus, exact_softplus),
    );
    let negated = |x: f64| exact_softplus(-x).neg();
    check(
        "log_sigmoid f64",
        errors::<f64>(inputs(), log_sigmoid, negated),
    );
    let inputs = numbers(COUNT, -110.0, 1e30);
    check(
        "softplus f32",
        errors::<f32>(inputs, softplus, exact_softplus),
    );
}

#[test]
fn sigmoid_is_within_0_66_ulp_in_f64_and_0_5001_in_f32() {
    let inputs = numbers(COUNT, -760.0, 760.0);
    check("sigmoid f64", errors::<f64>(inputs, sigmoid, exact_sigmoid));
    let inputs = numbers(COUNT, -110.0, 110.0);
    check("sigmoid f32", errors::<f32>(inputs, sigmoid, exact_sigmoid));
}

#[test]
fn one_minus_sigmoid_is_the_sigmoid_of_the_negated_number() {
    for x in numbers::<f64>(COUNT, -760.0, 760.0) {
        assert_eq!(sigmoid_complement(x).to_bits(), sigmoid(-x).to_bits());
    }
}

#[test]
fn pairs_are_within_two_to_the_minus_57_or_56_relative() {
    let inputs = || numbers(COUNT, -620.0, 690.0);
    check(
        "exp pair",
        pair_errors(inputs(), kernel::exp_pair, exact_exp),
    );
    check(
        "exp_m1 pair",
        pair_errors(inputs(), kernel::exp_m1_pair, exact_exp_m1),
    );
    check(
        "softplus pair",
        pair_errors(inputs(), softplus_pair, exact_softplus),
    );
    check(
        "sigmoid pair",
        pair_errors(inputs(), sigmoid_pair, exact_sigmoid),
    );
    let inputs = numbers(COUNT, f64::MIN_POSITIVE * f64::EPSILON, f64::MAX);
    check("ln pair", pair_errors(inputs, kernel::ln_pair, exact_ln));
    let inputs = numbers(COUNT, -1.0 + f64::EPSILON, f64::MAX);
    check(
        "ln_1p pair",
        pair_errors(inputs, kernel::ln_1p_pair, exact_ln_1p),
    );
}

#[test]
fn elementary_functions_take_special_values_as_documented() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    assert_eq!(kernel::exp(-inf), 0.0);
    assert_eq!(kernel::exp(inf), inf);
    assert_eq!(kernel::exp(710.0), inf);
    assert_eq!(kernel::exp(-746.0), 0.0);
    assert_eq!(kernel::exp_m1(-inf), -1.0);
    assert_eq!(kernel::exp_m1(inf), inf);
    assert_eq!(kernel::ln(0.0), -inf);
    assert_eq!(kernel::ln(-0.0), -inf);
    assert_eq!(kernel::ln(inf), inf);
    assert_eq!(kernel::ln(1.0_f64).to_bits(), 0.0_f64.to_bits());
    assert!(kernel::ln(-1.0_f64).is_nan());
    assert_eq!(kernel::ln_1p(-1.0), -inf);
    assert_eq!(kernel::ln_1p(inf), inf);
    assert!(kernel::ln_1p(-1.5_f64).is_nan());
    assert_eq!(kernel::ln_1p(-0.0_f64).to_bits(), (-0.0_f64).to_bits());
    assert_eq!((softplus(-inf), softplus(inf)), (0.0, inf));
    assert_eq!((sigmoid(-inf), sigmoid(inf)), (0.0, 1.0));
    assert_eq!((log_sigmoid(-inf), log_sigmoid(inf)), (-inf, -0.0));
    for function in [
        kernel::exp,
        kernel::exp_m1,
        kernel::ln,
        kernel::ln_1p,
        softplus,
        sigmoid,
    ] {
        assert!(function(nan).is_nan());
    }
    for function in [
        kernel::exp,
        kernel::exp_m1,
        kernel::ln,
        kernel::ln_1p,
        softplus,
        sigmoid,
    ] {
        assert!(function(f32::NAN).is_nan());
    }
}

#[test]
fn functions_of_slices_are_the_functions_of_their_elements() {
    let inputs = numbers::<f64>(200, 1e-300, 700.0);
    let mut output = vec![0.0; inputs.len()];
    type Pairing = (fn(&[f64], &mut [f64]), fn(f64) -> f64);
    let pairings: [Pairing; 3] = [
        (kernel::exp_into, kernel::exp),
        (kernel::ln_into, kernel::ln),
        (kernel::ln_1p_into, kernel::ln_1p),
    ];
    for (of_slice, of_element) in pairings {
        of_slice(&inputs, &mut output);
        let expected: Vec<f64> = inputs.iter().map(|&x| of_element(x)).collect();
        assert_eq!(output, expected);
    }
}

#[test]
fn ln_of_a_pair_keeps_its_low_part() {
    // 1 + 2⁻⁸⁰ is no float; its logarithm is 2⁻⁸⁰ up to 2⁻¹⁶¹.
    let low = 2.0_f64.powi(-80);
    let x = Pair::sum(1.0, low);
    assert_eq!(kernel::ln_of_pair(x).hi, low);
    let exact = {
        let one = exact_loss::exact::Rational::one();
        let sum = one + super::rational(low);
        ln_enclosure(&Enclosure::from_rational(&sum, BITS), BITS).expect("positive")
    };
    assert!(relative_error(kernel::ln_of_pair(x), &exact) < 1e-17);
}
