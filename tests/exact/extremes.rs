//! Gaps of 1e308, probabilities of 2^−1074 and values at rounding boundaries: decided at once,
//! from signs and strictness, without computing astronomically many bits.

use exact_loss::exact::{ExpSum, Rational, Real, Rounded, UlpError};
use num_bigint::BigInt;

use super::{exponentials, ln, power_of_two, rational, whole};

/// 10^exponent.
fn power_of_ten(exponent: u32) -> Rational {
    Rational::from_integer(BigInt::from(10).pow(exponent))
}

/// ln(1 + e^(−10^exponent)).
fn softplus(exponent: u32) -> Real {
    exponentials(&[whole(0), -power_of_ten(exponent)])
        .ln()
        .unwrap()
}

#[test]
fn a_tiny_loss_rounds_to_a_zero_of_its_sign() {
    for exponent in [4, 9, 12, 13, 38, 308] {
        let loss = softplus(exponent);
        assert_eq!(loss.round::<f64>().unwrap(), Rounded::Rounded(0.0));
        let negative = loss.neg().round::<f64>().unwrap().decided().unwrap();
        assert_eq!(negative.to_bits(), (-0.0_f64).to_bits());
        assert_eq!(loss.is_irrational(), Some(true));
        let UlpError::Ulps { upper, .. } = loss.ulp_error(0.0_f64).unwrap() else {
            panic!()
        };
        assert!(upper < rational(1, 1000));
    }
}

#[test]
fn a_midpoint_plus_something_tiny_rounds_up() {
    // 1 + 2^−53 lies halfway between 1 and the next float, and 1 is even.
    let midpoint = Real::from(whole(1) + power_of_two(-53));
    assert_eq!(midpoint.round::<f64>().unwrap(), Rounded::Rounded(1.0));
    let next = 1.0 + f64::EPSILON;
    for exponent in [3, 12, 38, 308] {
        let above = midpoint.add(&softplus(exponent)).unwrap();
        assert_eq!(above.round::<f64>().unwrap(), Rounded::Rounded(next));
        let below = midpoint.sub(&softplus(exponent)).unwrap();
        assert_eq!(below.round::<f64>().unwrap(), Rounded::Rounded(1.0));
    }
}

#[test]
fn a_midpoint_plus_something_tiny_that_no_theorem_covers_rounds_up() {
    // p·ln(1 + e^(−gap)), whose irrationality is open.
    for exponent in [3, 38, 308] {
        let sum = exponentials(&[whole(0), -power_of_ten(exponent)]);
        let p = Real::ratio(&ExpSum::one(), &sum).unwrap();
        let tiny = p.mul(&sum.ln().unwrap()).unwrap();
        assert_eq!(tiny.is_irrational(), None);
        assert_eq!(tiny.round::<f64>().unwrap(), Rounded::Rounded(0.0));
        let negative = tiny.neg().round::<f64>().unwrap().decided().unwrap();
        assert_eq!(negative.to_bits(), (-0.0_f64).to_bits());
        let midpoint = Real::from(whole(1) + power_of_two(-53));
        let above = midpoint.add(&tiny).unwrap().round::<f64>().unwrap();
        assert_eq!(above, Rounded::Rounded(1.0 + f64::EPSILON));
        let below = midpoint.sub(&tiny).unwrap().round::<f64>().unwrap();
        assert_eq!(below, Rounded::Rounded(1.0));
    }
}

#[test]
fn huge_gaps_are_linear() {
    for exponent in [38, 308] {
        let gap = power_of_ten(exponent);
        let loss = exponentials(&[gap.clone(), whole(0)]).ln().unwrap();
        let rounded = loss.round::<f64>().unwrap();
        assert_eq!(
            rounded,
            Rounded::Rounded(format!("1e{exponent}").parse().unwrap())
        );
        assert_eq!(
            loss.compare(&Real::from(gap)).unwrap(),
            core::cmp::Ordering::Greater
        );
    }
    let beyond = Real::exp(&power_of_ten(308));
    assert_eq!(
        beyond.round::<f64>().unwrap(),
        Rounded::Rounded(f64::INFINITY)
    );
    let vanishing = Real::exp(&-power_of_ten(308));
    assert_eq!(vanishing.round::<f64>().unwrap(), Rounded::Rounded(0.0));
}

#[test]
fn saturated_softmax_components_are_ordered() {
    let gap = power_of_ten(308);
    let sum = exponentials(&[whole(0), -&gap, whole(-2) * &gap]);
    let component = |a: Rational| Real::ratio(&exponentials(&[a]), &sum).unwrap();
    let (first, second, third) = (
        component(whole(0)),
        component(-&gap),
        component(whole(-2) * &gap),
    );
    assert_eq!(
        first.compare(&second).unwrap(),
        core::cmp::Ordering::Greater
    );
    assert_eq!(
        second.compare(&third).unwrap(),
        core::cmp::Ordering::Greater
    );
    assert_eq!(
        first.compare(&Real::one()).unwrap(),
        core::cmp::Ordering::Less
    );
    assert_eq!(first.round::<f64>().unwrap(), Rounded::Rounded(1.0));
    let gradient = first
        .sub(&Real::one())
        .unwrap()
        .round::<f64>()
        .unwrap()
        .decided()
        .unwrap();
    assert_eq!(gradient.to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn subnormal_probabilities() {
    let least = power_of_two(-1074);
    let loss = Real::ln(&least).unwrap().neg();
    assert_eq!(loss.to_string(), "1074·ln(2)");
    assert_eq!(
        loss.round::<f64>().unwrap(),
        Rounded::Rounded(744.4400719213812)
    );
    let weighted = loss.scale(&least).round::<f64>().unwrap();
    assert_eq!(weighted, Rounded::Rounded(f64::from_bits(744)));
    // ln(1 − 2^−1074) is −2^−1074 and a little less.
    let near_one = Real::ln(&(whole(1) - &least)).unwrap();
    assert_eq!(
        near_one.round::<f64>().unwrap(),
        Rounded::Rounded(-f64::from_bits(1))
    );
}

#[test]
fn a_small_loss_keeps_its_relative_precision() {
    // Logits 20 and 0: ln(1 + e^(−20)) = 2.0611536203143e−9.
    let loss = exponentials(&[whole(0), whole(-20)]).ln().unwrap();
    let float = loss.round::<f64>().unwrap().decided().unwrap();
    assert_eq!(float, (-20.0_f64).exp().ln_1p());
    assert!(loss.enclose(2000).unwrap().relative_width_at_most(2000));
}

#[test]
fn equal_logits_of_any_size_give_ln_of_their_count() {
    for exponent in [8, 38, 308] {
        let logits = vec![power_of_ten(exponent); 10];
        let loss = exponentials(&logits).ln().unwrap();
        let loss = loss.sub(&Real::from(power_of_ten(exponent))).unwrap();
        assert_eq!(loss, ln(10, 1));
    }
}

#[test]
fn cancellation_is_followed_as_far_as_it_goes() {
    // ln(1 + 2^−400) − 2^−400 is about −2^−801.
    let small = power_of_two(-400);
    let value = Real::ln(&(whole(1) + &small))
        .unwrap()
        .sub(&Real::from(small))
        .unwrap();
    assert_eq!(value.sign().unwrap(), core::cmp::Ordering::Less);
    assert_eq!(
        value.round::<f64>().unwrap(),
        Rounded::Rounded(-(2.0_f64.powi(-801)))
    );
}

#[test]
fn widths_beyond_the_cap_are_undecided_at_once() {
    use exact_loss::Error;
    let undecided =
        |value: &Real, bits| matches!(value.enclose(bits), Err(Error::Undecided { .. }));
    assert!(undecided(&ln(2, 1), 1 << 20));
    assert!(undecided(&softplus(308), 53));
    assert!(
        ln(2, 1)
            .enclose(20_000)
            .unwrap()
            .relative_width_at_most(20_000)
    );
}

#[test]
fn products_out_of_reach_are_errors() {
    let many =
        |step: i64| exponentials(&(0..1000).map(|k| rational(k * step, 1)).collect::<Vec<_>>());
    assert!(many(1).mul(&many(1)).is_err());
    let power = Real::ln(&whole(3)).unwrap().add(&Real::one()).unwrap();
    assert!(power.pow(&power_of_two(200)).is_err());
    // A power that is not written out is still enclosed.
    let tiny = Real::power(&rational(9, 10), &power_of_two(60)).unwrap();
    assert_eq!(tiny.round::<f64>().unwrap(), Rounded::Rounded(0.0));
}

#[test]
fn exponentials_of_tens_of_thousands_of_bits_multiply() {
    let bits = 40_000;
    let third = Real::exp(&rational(1, 3)).enclose(bits).unwrap();
    let cube = third.mul(&third, bits + 8).mul(&third, bits + 8);
    assert!(cube.intersects(&Real::exp(&whole(1)).enclose(bits).unwrap()));
}

#[test]
fn a_softmax_component_near_one_keeps_the_precision_of_its_distance() {
    for gap in [40, 700, 12_345, 1_000_000] {
        let sum = exponentials(&[whole(0), whole(-gap)]);
        let distance = Real::ratio(&ExpSum::one(), &sum)
            .unwrap()
            .sub(&Real::one())
            .unwrap();
        let other = Real::ratio(&exponentials(&[whole(-gap)]), &sum).unwrap();
        assert_eq!(distance, other.neg());
        let (ours, wanted) = (
            distance.enclose(200).unwrap(),
            other.neg().enclose(200).unwrap(),
        );
        assert!(ours.intersects(&wanted));
        assert_eq!(
            distance.round::<f64>().unwrap(),
            other.neg().round::<f64>().unwrap()
        );
    }
}
