//! ln, exp and powers: the width promised, one precision inside another, and the functional
//! equations. Against another program they are tested in `witness`.

use exact_loss::Error;
use exact_loss::exact::elementary::{
    exact_power, exp, exp_dyadic, exp_enclosure, ln, ln_1p_enclosure, ln_2, ln_dyadic,
    ln_enclosure, power, power_enclosure, root,
};
use exact_loss::exact::enclosure::{Dyadic, Enclosure, MAX_BITS};
use num_bigint::BigInt;
use proptest::prelude::*;

use super::{positive_rationals, power_of_two, ratio, rational, rationals};

/// Arguments of exp: of any size that does not saturate.
fn exponents() -> impl Strategy<Value = exact_loss::exact::Rational> {
    (rationals(), -300_i32..3).prop_map(|(x, k)| {
        let top = x.numer().bits() as i32 - x.denom().bits() as i32;
        if top > 8 {
            x * power_of_two(k.max(-40) + 8 - top)
        } else {
            x
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// At 16 bits an uncounted unit of error shows.
    #[test]
    fn a_logarithm_at_few_bits_contains_that_at_many(x in positive_rationals(), bits in 1..200_u32) {
        let coarse = ln(&x, bits).unwrap();
        let fine = ln(&x, 400).unwrap();
        prop_assert!(coarse.encloses(&fine), "{coarse} {fine}");
        prop_assert!(coarse.relative_width_at_most(bits), "{coarse}");
        prop_assert!(fine.relative_width_at_most(400));
    }

    #[test]
    fn an_exponential_at_few_bits_contains_that_at_many(x in exponents(), bits in 1..200_u32) {
        let coarse = exp(&x, bits).unwrap();
        let fine = exp(&x, 400).unwrap();
        prop_assert!(coarse.intersects(&fine));
        // Next to 1 both have the end 1, or that end lies within 2^−400 of the value.
        prop_assert!(coarse.encloses(&fine) || fine.contains(&ratio(1, 1)), "{coarse} {fine}");
        prop_assert!(coarse.relative_width_at_most(bits), "{coarse}");
        prop_assert!(fine.relative_width_at_most(400));
    }

    /// By the terms of the series as rationals, which alternate for x < 0.
    #[test]
    fn the_exponential_of_a_small_number_is_its_series(
        mantissa in 1_i64..1 << 30,
        negative in any::<bool>(),
        scale in 1_i32..1200,
        bits in prop_oneof![20_u32..200, 200_u32..2000],
    ) {
        let x = ratio(if negative { -mantissa } else { mantissa }, 1) * power_of_two(-30 - scale);
        let least = power_of_two(-(bits as i32) - 200);
        let (mut sum, mut term, mut n) = (ratio(1, 1), ratio(1, 1), 0);
        loop {
            n += 1;
            term = term * &x / ratio(n, 1);
            sum += &term;
            if term < least && -&term < least {
                break;
            }
        }
        // The rest of the series is below the last term, and far below the width.
        let enclosure = exp(&x, bits).unwrap();
        prop_assert!(enclosure.relative_width_at_most(bits));
        prop_assert!(enclosure.contains(&sum), "{enclosure}");
    }

    #[test]
    fn the_logarithm_of_a_product_is_the_sum(x in positive_rationals(), y in positive_rationals()) {
        let sum = ln(&x, 200).unwrap().add(&ln(&y, 200).unwrap(), 200);
        let product = ln(&(&x * &y), 200).unwrap();
        prop_assert!(sum.intersects(&product));
        prop_assert!(ln(&x.recip(), 100).unwrap().intersects(&ln(&x, 100).unwrap().neg()));
    }

    #[test]
    fn the_exponential_of_a_sum_is_the_product(x in exponents(), y in exponents()) {
        let product = exp(&x, 200).unwrap().mul(&exp(&y, 200).unwrap(), 200);
        prop_assert!(product.intersects(&exp(&(&x + &y), 200).unwrap()));
    }

    #[test]
    fn exp_undoes_ln_and_ln_undoes_exp(x in positive_rationals(), y in exponents()) {
        let back = exp_enclosure(&ln(&x, 200).unwrap(), 150).unwrap();
        prop_assert!(back.contains(&x), "{back}");
        prop_assert!(back.relative_width_at_most(140));
        let back = ln_enclosure(&exp(&y, 900).unwrap(), 150).unwrap();
        prop_assert!(back.contains(&y), "{back}");
    }

    #[test]
    fn dyadic_numbers_have_the_logarithms_and_exponentials_of_their_values(
        m in any::<i64>(),
        e in -200_i64..-56,
    ) {
        let dyadic = Dyadic::new(BigInt::from(m), e).unwrap();
        let x = dyadic.to_rational().unwrap();
        prop_assert_eq!(exp_dyadic(&dyadic, 100), exp(&x, 100));
        let point = Enclosure::point(dyadic.clone());
        prop_assert_eq!(exp_enclosure(&point, 100), exp(&x, 100));
        if m > 0 {
            // The reduction may see other bits of the same fraction.
            prop_assert!(ln_dyadic(&dyadic, 100).unwrap().intersects(&ln(&x, 100).unwrap()));
            prop_assert!(ln_dyadic(&dyadic, 100).unwrap().relative_width_at_most(100));
        }
    }

    #[test]
    fn ln_1p_is_the_logarithm_of_one_more(x in rationals(), shift in 0..900_i32, bits in 16..200_u32) {
        let x = x * power_of_two(-shift);
        let one_more = &x + ratio(1, 1);
        let enclosed = Enclosure::from_rational(&x, 1200);
        let result = ln_1p_enclosure(&enclosed, bits);
        if one_more > ratio(0, 1) {
            let result = result.unwrap();
            prop_assert!(result.encloses(&ln(&one_more, 2000).unwrap()));
            prop_assert!(result.relative_width_at_most(bits), "{result}");
        } else {
            prop_assert!(result.is_err() || enclosed.contains(&ratio(-1, 1)));
        }
    }

    #[test]
    fn a_function_of_an_interval_contains_that_of_each_number(
        x in positive_rationals(),
        y in positive_rationals(),
        exponent in (-9_i64..9, 1_i64..7),
    ) {
        let (x, y) = if x <= y { (x, y) } else { (y, x) };
        let low = Enclosure::from_rational(&x, 60);
        let high = Enclosure::from_rational(&y, 60);
        let hull = Enclosure::new(
            low.lower_bound().finite().unwrap().clone(),
            high.upper_bound().finite().unwrap().clone(),
        )
        .unwrap();
        let exponent = ratio(exponent.0, exponent.1);
        for inside in [&x, &y, &((&x + &y) / ratio(2, 1))] {
            prop_assert!(ln_enclosure(&hull, 60).unwrap().encloses(&ln(inside, 400).unwrap()));
            let of_hull = power_enclosure(&hull, &exponent, 60).unwrap();
            prop_assert!(of_hull.encloses(&power(inside, &exponent, 400).unwrap()), "{}", exponent);
        }
    }

    #[test]
    fn a_power_has_the_width_promised_and_the_right_power(
        x in positive_rationals(),
        n in -40_i64..40,
        d in 1_i64..30,
        bits in 16..150_u32,
    ) {
        let exponent = ratio(n, d);
        let y = power(&x, &exponent, bits).unwrap();
        prop_assert!(y.relative_width_at_most(bits), "{y}");
        prop_assert!(y.encloses(&power(&x, &exponent, 400).unwrap()));
        let n = *exponent.numer().iter_u64_digits().collect::<Vec<_>>().first().unwrap_or(&0) as i32
            * if n < 0 { -1 } else { 1 };
        let d = exponent.denom().iter_u64_digits().next().unwrap() as i64;
        prop_assert!(y.powi(d, 400).contains(&x.pow(n)));
    }

    #[test]
    fn a_root_is_found_exact_iff_it_is(x in positive_rationals(), d in 1_u32..12, off in -1_i64..=1) {
        let d_ratio = ratio(1, d.into());
        let power = x.pow(d as i32);
        prop_assert_eq!(exact_power(&power, &d_ratio), Ok(Some(x.clone())));
        let enclosed = root(&power, d, 60).unwrap();
        prop_assert!(enclosed.contains(&x));
        // One more than a d-th power of an integer is none, but for 0 and 1.
        let integer = num_bigint::BigUint::from(x.numer().iter_u64_digits().next().unwrap() | 2);
        let beside = exact_loss::exact::Rational::from_integer(BigInt::from(integer.pow(d)) + off);
        let exact = exact_power(&beside, &d_ratio).unwrap();
        prop_assert_eq!(exact.is_some(), off == 0 || d == 1);
    }

    #[test]
    fn an_exact_power_is_the_product(n in -30_i64..30, d in 1_i64..30, k in -6_i64..6) {
        prop_assume!(n != 0);
        let x = ratio(n, d);
        let exact = exact_power(&x, &ratio(k, 1)).unwrap().unwrap();
        prop_assert_eq!(&exact, &x.pow(k as i32));
        prop_assert!(power(&x, &ratio(k, 1), 50).unwrap().contains(&exact));
    }
}

#[test]
fn ln_2_is_the_logarithm_of_2_at_every_precision() {
    // Rising and falling, so that the cached value is both extended and cut.
    let fine = ln(&ratio(2, 1), 3000).unwrap();
    for bits in [16, 100, 2000, 17, 500, 1000, 64] {
        let constant = ln_2(bits).unwrap();
        assert!(constant.relative_width_at_most(bits));
        assert!(constant.encloses(&fine), "{bits}");
    }
    // ln 2 = −ln ½ = ln 6 − ln 3, whose reductions differ.
    let difference = ln(&ratio(6, 1), 300)
        .unwrap()
        .sub(&ln(&ratio(3, 1), 300).unwrap(), 300);
    assert!(difference.encloses(&fine));
}

/// At thousands of bits the logarithm of (1 + 2^−12)^n goes by an exponential where n is large,
/// that of 1 + 2^−12 by the series.
#[test]
fn both_ways_to_a_logarithm_meet_at_thousands_of_bits() {
    for bits in [3000, 9000] {
        let base = ratio(1, 1) + power_of_two(-12);
        let by_series = ln(&base, bits + 20).expect("defined");
        for n in [1_i32, 600, 1300, -1300, 4096, -9000] {
            let x = base.pow(n);
            let y = ln(&x, bits).expect("defined");
            assert!(y.relative_width_at_most(bits), "{n} {bits}");
            assert!(
                y.encloses(&by_series.scale(&ratio(n.into(), 1), bits + 15)),
                "{n} {bits}"
            );
            assert!(ln(&x, 100).expect("defined").encloses(&y), "{n} {bits}");
        }
    }
}

#[test]
fn exact_values_are_points() {
    assert_eq!(ln(&ratio(1, 1), 64), Ok(Enclosure::zero()));
    assert_eq!(exp(&ratio(0, 1), 64), Ok(Enclosure::one()));
    assert_eq!(power(&ratio(5, 7), &ratio(0, 1), 64), Ok(Enclosure::one()));
    assert_eq!(power(&ratio(0, 1), &ratio(0, 1), 64), Ok(Enclosure::one()));
    assert_eq!(power(&ratio(0, 1), &ratio(1, 2), 64), Ok(Enclosure::zero()));
    assert!(
        power(&ratio(1, 4), &ratio(1, 2), 64)
            .unwrap()
            .contains(&ratio(1, 2))
    );
    assert_eq!(
        exact_power(&ratio(0, 1), &ratio(2, 3)),
        Ok(Some(ratio(0, 1)))
    );
    assert_eq!(
        exact_power(&ratio(-1, 1), &rational("1000000001")),
        Ok(Some(ratio(-1, 1)))
    );
    assert_eq!(
        exact_power(&ratio(-2, 3), &ratio(-3, 1)),
        Ok(Some(ratio(-27, 8)))
    );
    assert_eq!(
        exact_power(&ratio(1, 1), &rational("1e400")),
        Ok(Some(ratio(1, 1)))
    );
    assert_eq!(
        exact_power(&ratio(2, 1), &rational("1/1000000000000")),
        Ok(None)
    );
}

#[test]
fn what_is_undefined_is_an_error() {
    let undefined = |result: Result<Enclosure, Error>| {
        assert!(matches!(result, Err(Error::Undefined { .. })), "{result:?}");
    };
    undefined(ln(&ratio(0, 1), 64));
    undefined(ln(&ratio(-1, 3), 64));
    undefined(ln_enclosure(&Enclosure::zero(), 64));
    undefined(ln_1p_enclosure(&Enclosure::one().neg(), 64));
    undefined(power(&ratio(-1, 1), &ratio(1, 2), 64));
    undefined(power(&ratio(0, 1), &ratio(-1, 2), 64));
    undefined(power(&ratio(0, 1), &ratio(-2, 1), 64));
    undefined(power_enclosure(&Enclosure::one().neg(), &ratio(1, 3), 64));
    undefined(root(&ratio(2, 1), 0, 64));
    assert!(matches!(
        exact_power(&ratio(0, 1), &ratio(-1, 1)),
        Err(Error::Undefined { .. })
    ));
}

/// Every one of these returns at once.
#[test]
fn what_would_take_too_long_is_an_error_or_saturates() {
    let undecided = |result: Result<Enclosure, Error>| {
        assert!(
            matches!(result, Err(Error::Undecided { bits: MAX_BITS, .. })),
            "{result:?}"
        );
    };
    undecided(ln(&ratio(2, 1), MAX_BITS + 1));
    undecided(exp(&ratio(2, 1), u32::MAX));
    undecided(power(&ratio(2, 1), &ratio(1, 3), u32::MAX));
    let long = exact_power(&ratio(3, 2), &rational("1e12"));
    assert!(matches!(long, Err(Error::Unsupported { .. })), "{long:?}");
    let huge = power(&ratio(3, 2), &rational("1e300"), 64).unwrap();
    assert!(
        huge.order_rational(&rational("1e20000"))
            .is_some_and(core::cmp::Ordering::is_gt)
    );
    let tiny = power(&ratio(3, 2), &rational("-0x1p2000"), 64).unwrap();
    assert!(
        tiny.order_rational(&rational("1e-20000"))
            .is_some_and(core::cmp::Ordering::is_lt)
    );
    let odd = rational("-36893488147419103233");
    let negative = power(&ratio(-3, 2), &odd, 64).unwrap();
    assert!(negative.upper_bound().sign().is_le() && negative.contains(&ratio(0, 1)));
}
