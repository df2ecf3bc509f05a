//! Correct rounding: the decision of an enclosure, the search with its three outcomes, and the
//! error in ulps.

use exact_loss::Error;
use exact_loss::exact::elementary::{exp, ln, ln_enclosure};
use exact_loss::exact::enclosure::{Dyadic, Enclosure};
use exact_loss::exact::rational::{BF16, F16, nearest};
use exact_loss::exact::round::{
    DEFAULT_CAP, decide, round_by_refinement, round_rational, sign_of_zero_agrees, ulp, ulp_error,
};
use exact_loss::exact::{Extended, Format, Lift, Rational, Rounded, UlpError};
use proptest::prelude::*;

use super::{power_of_two, ratio, rational, rationals};

fn lift<F: Format>(x: F) -> Rational {
    x.lift()
        .and_then(Extended::into_finite)
        .expect("a finite number")
}

fn dyadic(x: &Rational) -> Dyadic {
    Dyadic::from_rational(x).expect("a dyadic number")
}

fn interval(low: &Rational, high: &Rational) -> Enclosure {
    Enclosure::new(dyadic(low), dyadic(high)).expect("in order")
}

/// For each two neighbours and their midpoint m: [low, m] is decided if the value is strictly
/// inside, otherwise only if ties go to low; the same with [m, high]; what straddles m never is.
fn midpoints_decide<F: Format>() {
    let beside = power_of_two(-200);
    for bits in 0..F::infinity(false).bits() {
        let (low, high) = (F::from_format_bits(bits), F::from_format_bits(bits + 1));
        let x = lift(low);
        let y = match high.lift() {
            Some(Extended::Finite(y)) => y,
            _ => power_of_two(F::MAX_EXPONENT + 1),
        };
        let m = (&x + &y) / ratio(2, 1);
        let even = bits % 2 == 0;
        let below = interval(&x, &m);
        let above = interval(&m, &y);
        for (below, above, sign) in [
            (below.clone(), above.clone(), 0),
            (below.neg(), above.neg(), 1),
        ] {
            let signed = |x: F| F::from_format_bits(x.bits() | sign << (F::WIDTH - 1));
            assert_eq!(decide::<F>(&below, true), Some(signed(low)), "{bits:#x}");
            assert_eq!(decide::<F>(&above, true), Some(signed(high)), "{bits:#x}");
            // [0, m] below the least number: 0 itself would be +0.
            let low_decided = even && !(bits == 0 && sign == 1);
            assert_eq!(
                decide::<F>(&below, false),
                low_decided.then_some(signed(low))
            );
            assert_eq!(decide::<F>(&above, false), (!even).then_some(signed(high)));
        }
        for strict in [false, true] {
            let straddling = interval(&(&m - &beside), &(&m + &beside));
            assert_eq!(decide::<F>(&straddling, strict), None);
        }
    }
}

#[test]
fn every_binary16_midpoint_decides_strictly() {
    midpoints_decide::<F16>();
}

#[test]
fn every_bfloat16_midpoint_decides_strictly() {
    midpoints_decide::<BF16>();
}

proptest! {
    #[test]
    fn a_point_rounds_as_its_rational(m in any::<i64>(), e in -1140_i32..1000, strict in any::<bool>()) {
        let x = ratio(m, 1) * power_of_two(e);
        let point = Enclosure::point(dyadic(&x));
        let f64 = decide::<f64>(&point, strict).unwrap();
        prop_assert_eq!(f64.to_bits(), nearest::<f64>(&x).to_bits());
        let f32 = decide::<f32>(&point, strict).unwrap();
        prop_assert_eq!(f32.to_bits(), nearest::<f32>(&x).to_bits());
    }

    #[test]
    fn a_refined_rational_rounds_as_itself(x in rationals()) {
        let refined = round_by_refinement::<f64>(
            None, false, |bits| Ok(Enclosure::from_rational(&x, bits)), DEFAULT_CAP,
        ).unwrap();
        let known = round_by_refinement::<f64>(
            Some(&x), false, |_| panic!("nothing is enclosed"), DEFAULT_CAP,
        ).unwrap();
        prop_assert_eq!(refined, known);
        prop_assert_eq!(known, round_rational::<f64>(&x));
        let float = known.value().unwrap();
        let exact = float.lift() == Some(Extended::Finite(x));
        prop_assert_eq!(known == Rounded::Exact(float), exact);
    }

    #[test]
    fn the_nearest_float_is_within_half_an_ulp(x in rationals()) {
        let half = ratio(1, 2);
        let enclosure = Enclosure::from_rational(&x, 600);
        let nearest_f64 = nearest::<f64>(&x);
        if nearest_f64.is_finite() {
            let error = (lift(nearest_f64) - &x) / ulp::<f64>(&x);
            prop_assert!(error <= half && -error <= half);
            let Ok(UlpError::Ulps { lower, upper }) = ulp_error(nearest_f64, &enclosure) else {
                panic!("a number");
            };
            prop_assert!(lower <= half && upper <= &half + power_of_two(-100));
            // The neighbours lie farther away.
            let other = nearest_f64.next_up();
            let Ok(UlpError::Ulps { upper, .. }) = ulp_error(other, &enclosure) else {
                panic!("a number");
            };
            prop_assert!(upper >= half);
        }
    }

    #[test]
    fn the_ulp_error_is_that_of_the_definition(
        x in rationals(),
        steps in -5_i64..5,
        width in 0..40_i32,
    ) {
        let f = nearest::<f32>(&x);
        let got = f32::from_bits((i64::from(f.to_bits()) + steps).max(0) as u32);
        if !got.is_finite() {
            return Ok(());
        }
        let error = (lift(got) - &x) / ulp::<f32>(&x);
        let error = if error < ratio(0, 1) { -error } else { error };
        for bits in [64, 30, 10, 2] {
            let enclosure = Enclosure::from_rational(&x, bits);
            let Ok(UlpError::Ulps { lower, upper }) = ulp_error(got, &enclosure) else {
                panic!("a number");
            };
            prop_assert!(lower <= error && error <= upper, "{lower} {error} {upper}");
        }
        // Of an interval around, too, on either side of 0 and across it.
        let spread = Enclosure::from_rational(&power_of_two(-width), 8);
        let wide = Enclosure::from_rational(&x, 64).sub(&spread, 64);
        let wide = wide.intersection(&Enclosure::from_rational(&x, 64)).unwrap_or(
            Enclosure::new(
                wide.lower_bound().finite().unwrap().clone(),
                Enclosure::from_rational(&x, 64).upper_bound().finite().unwrap().clone(),
            ).unwrap(),
        );
        if let Ok(UlpError::Ulps { lower, upper }) = ulp_error(got, &wide) && wide.contains(&x) {
            prop_assert!(lower <= error && error <= upper, "{lower} {error} {upper}");
        }
    }
}

#[test]
fn tiny_values_keep_their_sign_and_large_ones_overflow() {
    let exp_of = |text: &str| {
        let x = rational(text);
        move |bits| exp(&x, bits)
    };
    let round = |text: &str| {
        round_by_refinement::<f64>(None, true, exp_of(text), DEFAULT_CAP)
            .unwrap()
            .value()
            .unwrap()
    };
    assert_eq!(round("-1e308").to_bits(), 0.0_f64.to_bits());
    assert_eq!(round("1e308"), f64::INFINITY);
    assert_eq!(round("-745.14").to_bits(), 0);
    assert_eq!(round("-745.13").to_bits(), 1);
    assert_eq!(round("709.78"), 1.792_822_794_394_564_6e308);
    assert_eq!(round("709.79"), f64::INFINITY);
    let negative = |bits| Ok(exp(&rational("-1e308"), bits)?.neg());
    let rounded = round_by_refinement::<f64>(None, true, negative, DEFAULT_CAP).unwrap();
    assert_eq!(rounded.value().unwrap().to_bits(), (-0.0_f64).to_bits());
    // Not strict: the value might be 0, which is +0.
    let rounded = round_by_refinement::<f64>(None, false, negative, 200).unwrap();
    assert_eq!(rounded, Rounded::Undecided { bits: 200 });
}

#[test]
fn an_enclosure_across_zero_counts_in_the_least_ulps() {
    let y = interval(&ratio(-1, 1), &ratio(1, 1024));
    let Ok(UlpError::Ulps { lower, upper }) = ulp_error(1.0_f64, &y) else {
        panic!("a number");
    };
    // y may be 0, whose ulp is the least number, or 1/1024.
    assert!(upper >= power_of_two(1074));
    assert!(lower <= ratio(1023, 1024) * power_of_two(62));
}

#[test]
fn a_finite_answer_to_an_astronomical_value_errs_by_the_value_alone() {
    let huge = exp(&rational("1e308"), 64).expect("saturated");
    for y in [huge.clone(), exp(&rational("1e9"), 64).expect("defined")] {
        for got in [f64::MAX, 0.0, -1.0] {
            let Ok(UlpError::Ulps { lower, upper }) = ulp_error(got, &y) else {
                panic!("a number");
            };
            assert!(lower >= power_of_two(51) && upper <= power_of_two(54));
            assert_eq!(
                ulp_error(-got, &y.neg()),
                Ok(UlpError::Ulps { lower, upper })
            );
        }
    }
    // The same number by the definition, where it can be written out.
    let y = ratio(3, 2) * power_of_two(70_000);
    let enclosure = Enclosure::from_rational(&y, 64);
    let Ok(UlpError::Ulps { lower, upper }) = ulp_error(1.0_f64, &enclosure) else {
        panic!("a number");
    };
    let error = &y / ulp::<f64>(&y);
    assert!(lower <= error && error <= upper + ratio(1, 1));
    assert_eq!(ulp_error(f64::INFINITY, &huge), Ok(UlpError::zero()));
    assert_eq!(
        ulp_error(f64::NEG_INFINITY, &huge),
        Ok(UlpError::WrongInfinity)
    );
}

#[test]
fn the_overflow_boundary_is_max_and_half_an_ulp() {
    let boundary = lift(f64::MAX) + power_of_two(970);
    let beside = power_of_two(-500);
    let below = interval(&lift(f64::MAX), &boundary);
    let above = interval(&boundary, &(&boundary + &beside));
    assert_eq!(decide::<f64>(&below, true), Some(f64::MAX));
    assert_eq!(decide::<f64>(&below, false), None);
    assert_eq!(decide::<f64>(&above, false), Some(f64::INFINITY));
    assert_eq!(ulp_error(f64::INFINITY, &above), Ok(UlpError::zero()));
    assert_eq!(
        ulp_error(f64::NEG_INFINITY, &above.neg()),
        Ok(UlpError::zero())
    );
    assert_eq!(
        ulp_error(f64::NEG_INFINITY, &above),
        Ok(UlpError::WrongInfinity)
    );
    assert!(matches!(
        ulp_error(f64::INFINITY, &below),
        Err(Error::Undecided { .. })
    ));
    let beneath = interval(&lift(f64::MAX), &(&boundary - &beside));
    assert_eq!(
        ulp_error(f64::INFINITY, &beneath),
        Ok(UlpError::WrongInfinity)
    );
    assert_eq!(ulp_error(f64::NAN, &above), Ok(UlpError::NotANumber));
}

/// A number on a boundary that no enclosure can settle ends at the cap, and says where.
#[test]
fn what_stays_open_is_undecided_at_the_cap() {
    let tie = ratio(1, 1) + power_of_two(-53);
    let around = |bits: u32| {
        let step = power_of_two(-(bits as i32));
        Ok(interval(&(&tie - &step), &(&tie + &step)))
    };
    let mut asked = Vec::new();
    let rounded = round_by_refinement::<f64>(
        None,
        false,
        |bits| {
            asked.push(bits);
            around(bits)
        },
        1000,
    );
    assert_eq!(rounded, Ok(Rounded::Undecided { bits: 1000 }));
    assert_eq!(asked, [77, 154, 308, 616, 1000]);
    assert!(matches!(
        rounded.unwrap().decided(),
        Err(Error::Undecided { bits: 1000, .. })
    ));
    // The cap of the functions below is an outcome too, an error of theirs is one.
    let capped = |_| {
        Err(Error::Undecided {
            bits: 7,
            question: "any",
        })
    };
    assert_eq!(
        round_by_refinement::<f64>(None, true, capped, 1000),
        Ok(Rounded::Undecided { bits: 7 })
    );
    let failing = |bits| ln_enclosure(&Enclosure::zero(), bits);
    assert!(round_by_refinement::<f64>(None, true, failing, 1000).is_err());
}

#[test]
fn a_number_just_beside_a_tie_is_refined_until_it_is_decided() {
    // ln(exp 1 + ...) is not needed: 1 + 2^−53 + 2^−3000 as a number known by enclosures only.
    let x = ratio(1, 1) + power_of_two(-53) + power_of_two(-3000);
    let rounded = round_by_refinement::<f64>(
        None,
        true,
        |bits| Ok(Enclosure::from_rational(&x, bits)),
        DEFAULT_CAP,
    );
    assert_eq!(rounded, Ok(Rounded::Rounded(1.0 + f64::EPSILON)));
    let three = round_by_refinement::<f32>(None, true, |bits| ln(&ratio(3, 1), bits), 24);
    assert_eq!(three, Ok(Rounded::Rounded(1.098_612_3)));
}

#[test]
fn a_zero_has_the_sign_of_the_value() {
    let tiny = exp(&rational("-1e9"), 64).unwrap();
    assert_eq!(sign_of_zero_agrees(0.0_f32, &tiny), Some(true));
    assert_eq!(sign_of_zero_agrees(-0.0_f32, &tiny), Some(false));
    assert_eq!(sign_of_zero_agrees(-0.0_f32, &tiny.neg()), Some(true));
    assert_eq!(sign_of_zero_agrees(0.0_f32, &tiny.neg()), Some(false));
    assert_eq!(sign_of_zero_agrees(0.0_f32, &Enclosure::zero()), Some(true));
    assert_eq!(sign_of_zero_agrees(0.0_f32, &Enclosure::whole_line()), None);
    assert_eq!(sign_of_zero_agrees(f32::NAN, &tiny), None);
    let Ok(UlpError::Ulps { lower, upper }) = ulp_error(0.0_f32, &tiny) else {
        panic!("a number")
    };
    assert!(lower >= ratio(0, 1) && upper < power_of_two(-1000));
}
