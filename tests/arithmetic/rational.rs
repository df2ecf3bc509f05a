//! Lossless lift, parsing within limits, exact sums, and the nearest float: exhaustively for the
//! formats of 16 bits, against std's parser for the others.

use exact_loss::Error;
use exact_loss::exact::rational::{
    BF16, Decoded, F16, MAX_DIGITS, MAX_EXPONENT, dot, nearest, parse_extended, parse_rational, sum,
};
use exact_loss::exact::{Extended, Format, Lift, Rational};
use proptest::prelude::*;

use super::{power_of_two, ratio, rational, rationals};

/// Every finite pattern of 16 bits, lifted and rounded, is itself; of the zeros, +0.
fn lifts_and_rounds_to_itself<F: Format>() {
    let mut finite = 0;
    for bits in 0..=0xffff {
        let x = F::from_format_bits(bits);
        match (x.decode(), x.lift()) {
            (Decoded::NotANumber, lifted) => assert_eq!(lifted, None),
            (Decoded::Infinite { negative }, Some(lifted)) => {
                assert_eq!(lifted == Extended::NegativeInfinity, negative);
                assert_eq!(lifted == Extended::Infinity, !negative);
            }
            (
                Decoded::Finite {
                    negative,
                    significand,
                    exponent,
                },
                Some(Extended::Finite(y)),
            ) => {
                finite += 1;
                let expected = if significand == 0 { F::zero(false) } else { x };
                assert_eq!(nearest::<F>(&y).bits(), expected.bits());
                assert_eq!(F::encode(negative, significand, exponent), Some(x));
            }
            other => panic!("{bits:#x}: {other:?}"),
        }
    }
    let exponents = F::MAX_EXPONENT - F::MIN_EXPONENT + 2;
    assert_eq!(finite, (2 * exponents) << (F::PRECISION - 1));
}

#[test]
fn every_binary16_lifts_and_rounds_to_itself() {
    lifts_and_rounds_to_itself::<F16>();
}

#[test]
fn every_bfloat16_lifts_and_rounds_to_itself() {
    lifts_and_rounds_to_itself::<BF16>();
}

/// Between each two neighbours: the midpoint goes to the even one, and what lies just beside it to
/// the nearer. The last interval ends at ∞, whose neighbour is the largest number.
fn midpoints_go_to_even<F: Format>() {
    let beside = power_of_two(-200);
    let infinity = F::infinity(false).bits();
    for bits in 0..infinity {
        let (low, high) = (F::from_format_bits(bits), F::from_format_bits(bits + 1));
        let value = |x: F| x.lift().expect("a number").into_finite();
        let x = value(low).expect("finite");
        // The upper neighbour of the largest number is a power of two, were it in the format.
        let y = value(high).unwrap_or_else(|| power_of_two(F::MAX_EXPONENT + 1));
        let midpoint = (x + y) / ratio(2, 1);
        let even = if bits % 2 == 0 { low } else { high };
        for (point, wanted) in [
            (&midpoint - &beside, low),
            (midpoint.clone(), even),
            (midpoint + &beside, high),
        ] {
            assert_eq!(nearest::<F>(&point).bits(), wanted.bits(), "{point}");
            let sign = 1 << (F::WIDTH - 1);
            assert_eq!(nearest::<F>(&-point).bits(), wanted.bits() | sign);
        }
    }
}

#[test]
fn every_binary16_midpoint_goes_to_even() {
    midpoints_go_to_even::<F16>();
}

#[test]
fn every_bfloat16_midpoint_goes_to_even() {
    midpoints_go_to_even::<BF16>();
}

#[test]
fn what_no_format_has_is_not_encoded() {
    assert_eq!(f64::encode(true, 1, -1074), Some(-f64::from_bits(1)));
    assert_eq!(f64::encode(false, 3, -1075), None);
    assert_eq!(
        f64::encode(false, 1 << 53, 970),
        Some(f64::from_bits(0x7fd0_0000_0000_0000) * 2.0)
    );
    assert_eq!(f64::encode(false, 1, 1024), None);
    assert_eq!(f64::encode(false, (1 << 53) + 1, 0), None);
    assert_eq!(f64::encode(false, u64::MAX, i32::MIN), None);
    assert_eq!(f64::encode(false, u64::MAX, i32::MAX), None);
    assert_eq!(f32::encode(false, 0, i32::MAX), Some(0.0));
    assert_eq!(f64::largest(true), f64::MIN);
}

proptest! {
    #[test]
    fn every_f64_lifts_and_rounds_to_itself(bits in any::<u64>()) {
        let x = f64::from_bits(bits);
        match x.lift() {
            None => prop_assert!(x.is_nan()),
            Some(Extended::Finite(y)) if x != 0.0 => {
                prop_assert_eq!(nearest::<f64>(&y).to_bits(), bits);
            }
            Some(_) => prop_assert!(x.is_infinite() || x == 0.0),
        }
    }

    #[test]
    fn the_nearest_float_is_what_std_reads(
        text in "-?[0-9]{1,25}(\\.[0-9]{1,25})?(e-?[0-9]{1,2})?",
        exponent in -340..320_i32,
    ) {
        let far = if text.contains('e') { text } else { format!("{text}e{exponent}") };
        let x = rational(&far);
        let zero = x == ratio(0, 1);
        let f64 = far.parse::<f64>().unwrap();
        let f32 = far.parse::<f32>().unwrap();
        prop_assert!(zero || nearest::<f64>(&x).to_bits() == f64.to_bits(), "{}", far);
        prop_assert!(zero || nearest::<f32>(&x).to_bits() == f32.to_bits(), "{}", far);
    }

    #[test]
    fn a_midpoint_of_floats_goes_to_even(bits in 1..0x7fef_ffff_ffff_ffff_u64) {
        let (low, high) = (f64::from_bits(bits), f64::from_bits(bits + 1));
        let lift = |x: f64| x.lift().unwrap().into_finite().unwrap();
        let midpoint = (lift(low) + lift(high)) / ratio(2, 1);
        let even = if bits % 2 == 0 { low } else { high };
        prop_assert_eq!(nearest::<f64>(&midpoint), even);
        let beside = power_of_two(-1200);
        prop_assert_eq!(nearest::<f64>(&(&midpoint + &beside)), high);
        prop_assert_eq!(nearest::<f64>(&(midpoint - beside)), low);
    }

    #[test]
    fn what_is_displayed_is_read_back(x in rationals()) {
        prop_assert_eq!(rational(&x.to_string()), x);
    }

    #[test]
    fn a_hexadecimal_float_is_read_exactly(m in any::<u32>(), digits in 0..5_usize, e in -80..80_i32) {
        let hex = format!("{m:08x}");
        let (whole, fraction) = hex.split_at(8 - digits);
        let text = format!("-0x{whole}.{fraction}p{e}");
        let shift = e - 4 * i32::try_from(digits).unwrap();
        prop_assert_eq!(rational(&text), -ratio(m.into(), 1) * power_of_two(shift));
    }

    #[test]
    fn a_decimal_is_read_exactly_and_reduced(m in any::<u64>(), e in -60..60_i32) {
        let x = rational(&format!("{m}e{e}"));
        let ten = Rational::from_integer(10.into());
        let expected = Rational::from_integer(m.into()) * ten.pow(e);
        prop_assert_eq!(x.numer(), expected.numer());
        prop_assert_eq!(x.denom(), expected.denom());
    }

    #[test]
    fn a_sum_is_the_sum_of_its_terms_in_any_order(terms in prop::collection::vec(rationals(), 0..20)) {
        let plain = terms.iter().fold(ratio(0, 1), |total, term| total + term);
        prop_assert_eq!(&sum(&terms), &plain);
        prop_assert_eq!(&sum(terms.iter().rev()), &plain);
        // In lowest terms, or equality would not be that of the parts.
        let total = sum(&terms);
        prop_assert_eq!(total.denom(), plain.denom());
    }

    #[test]
    fn a_dot_product_is_the_sum_of_its_products(
        pairs in prop::collection::vec((rationals(), rationals()), 0..10),
    ) {
        let plain = pairs.iter().fold(ratio(0, 1), |total, (a, b)| total + a * b);
        prop_assert_eq!(dot(pairs.iter().map(|(a, b)| (a, b))), plain);
    }
}

#[test]
fn numbers_are_read_in_every_notation() {
    for (text, numerator, denominator) in [
        ("7", 7, 1),
        ("+7", 7, 1),
        ("-0", 0, 1),
        ("1/3", 1, 3),
        ("-4/6", -2, 3),
        ("0.1", 1, 10),
        (".5", 1, 2),
        ("5.", 5, 1),
        ("1e-3", 1, 1000),
        ("2.50E+1", 25, 1),
        ("0e9", 0, 1),
        ("0x1.8p-4", 3, 32),
        ("-0X.8P1", -1, 1),
        ("0xff", 255, 1),
    ] {
        assert_eq!(rational(text), ratio(numerator, denominator), "{text}");
    }
    assert_eq!(parse_extended("inf"), Ok(Extended::Infinity));
    assert_eq!(parse_extended("+inf"), Ok(Extended::Infinity));
    assert_eq!(parse_extended("-inf"), Ok(Extended::NegativeInfinity));
    assert_eq!(parse_extended("1/4"), Ok(Extended::Finite(ratio(1, 4))));
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "", "-", "+", ".", "e5", "1e", "1e+", "0x", "0xp3", "0x1p", "1/", "/3", "1/0", "-1/-3",
        "1/2/3", "1.5/2", " 1", "1 ", "1_000", "--1", "+-1", "nan", "NaN", "infinity", "1.2.3",
        "0x1.8e4g", "１", "1e5.0", "0x-1", "1e--3",
    ] {
        for refused in [
            parse_rational(text).map(Extended::Finite),
            parse_extended(text),
        ] {
            assert!(
                matches!(refused, Err(Error::Parse { .. })),
                "{text:?}: {refused:?}"
            );
        }
    }
    assert!(parse_rational("inf").is_err());
}

/// Not only refused: refused before anything of that size is made.
#[test]
fn numbers_beyond_the_limits_are_refused() {
    let long = "1".repeat(MAX_DIGITS + 1);
    for text in [
        "1e1000000000",
        "1e-1000000000",
        "0x1p99999999999999999999",
        &format!("1e{}", MAX_EXPONENT + 1),
        &long,
        &format!("1/{long}"),
        &format!("0.{long}"),
    ] {
        let Err(Error::Parse { got, .. }) = parse_rational(text) else {
            panic!("{} characters were read", text.len());
        };
        assert!(got.len() < 70, "the message is short");
    }
    let longest = format!("0.{}e-{MAX_EXPONENT}", "5".repeat(MAX_DIGITS - 1));
    assert!(parse_rational(&longest).is_ok());
}

#[test]
fn infinities_stand_at_the_ends_of_the_order() {
    let x = Extended::from(3);
    assert!(Extended::NegativeInfinity < x && x < Extended::Infinity);
    assert!(x < Extended::from(ratio(7, 2)));
    assert!(x.is_finite() && !Extended::Infinity.is_finite());
    assert_eq!(x.finite(), Some(&ratio(3, 1)));
    assert_eq!(Extended::Infinity.finite(), None);
    assert_eq!(Extended::Infinity.to_string(), "inf");
    assert_eq!(Extended::NegativeInfinity.to_string(), "-inf");
    assert_eq!(Extended::from(ratio(-1, 3)).to_string(), "-1/3");
}

#[test]
fn a_number_of_any_type_is_lifted() {
    assert_eq!((-3_i8).lift(), Some(Extended::from(-3)));
    assert_eq!(u64::MAX.lift().unwrap().to_string(), u64::MAX.to_string());
    assert_eq!(ratio(1, 3).lift(), Some(Extended::Finite(ratio(1, 3))));
    assert_eq!(Extended::Infinity.lift(), Some(Extended::Infinity));
    assert_eq!((-0.0_f64).lift(), Some(Extended::from(0)));
    assert_eq!(
        f64::from_bits(1).lift(),
        Some(Extended::Finite(power_of_two(-1074)))
    );
}
