//! The certified kernels against the exact floor: the tables, the stated bounds over their whole
//! domains and where they are worst, and that the rounding test never lets a wrong float through.

use exact_loss::exact::elementary::{exp as exact_exp, ln as exact_ln, ln_1p_enclosure};
use exact_loss::exact::rational::nearest;
use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement};
use exact_loss::exact::{Enclosure, Rational};
use exact_loss::kernel::certified::{
    LARGEST_EXPONENT, LOGARITHMS, POWERS, Sum, exp, ln, ln_1p, product, softplus, softplus_of_both,
};
use exact_loss::kernel::pair::Pair;
use proptest::prelude::*;

use super::{BITS, rational, rational_of_pair, relative_error};

fn two_to(n: i32) -> f64 {
    2.0_f64.powi(n)
}

/// The next float in magnitude.
fn next(x: f64) -> f64 {
    f64::from_bits(x.to_bits() + 1)
}

#[test]
fn the_tables_are_the_nearest_pairs() {
    for (index, (r, h, l)) in LOGARITHMS.into_iter().enumerate() {
        assert_eq!(r * 1024.0, (r * 1024.0).trunc(), "{index}: r has 11 bits");
        assert_eq!(
            h * two_to(42),
            (h * two_to(42)).trunc(),
            "{index}: h has few bits"
        );
        let exact = exact_ln(&rational(r), 200).unwrap().neg();
        let rest = exact.sub(&Enclosure::from_rational(&rational(h), 200), 200);
        assert_eq!(nearest::<f64>(&rest.lower().unwrap()), l, "{index}");
        // Both ends of the interval come within 2⁻⁸ of 1; where r ≠ 1, nearer, and ln of them is larger.
        let start = (0x3fe6_u64 << 48) + ((index as u64) << 44);
        for end in [f64::from_bits(start), f64::from_bits(start + (1 << 44))] {
            let z = (end * r - 1.0).abs();
            assert!(z <= two_to(-8), "{index}: {end}");
            if r != 1.0 {
                assert!(z <= 0.0024 && z <= 0.51 * end.ln().abs(), "{index}: {end}");
                assert!(z <= 0.34 * h.abs(), "{index}: {end}");
            }
        }
    }
    for (j, (h, l)) in POWERS.into_iter().enumerate() {
        let exponent = Rational::new(j.into(), 64.into());
        let ln = exact_loss::exact::elementary::power(&rational(2.0), &exponent, 200).unwrap();
        assert_eq!(
            h * two_to(25),
            (h * two_to(25)).trunc(),
            "{j}: h has 26 bits"
        );
        assert!(l.abs() <= two_to(-26), "{j}: h is the nearest of them");
        let rest = ln.sub(&Enclosure::from_rational(&rational(h), 200), 200);
        assert_eq!(nearest::<f64>(&rest.lower().unwrap()), l, "{j}");
    }
}

fn ln_error(x: f64) -> f64 {
    if x == 1.0 {
        assert_eq!(ln(Pair::from(x)), Pair::ZERO);
        return 0.0;
    }
    relative_error(ln(Pair::from(x)), &exact_ln(&rational(x), BITS).unwrap())
}

fn exp_error(x: f64) -> f64 {
    relative_error(exp(Pair::from(x)), &exact_exp(&rational(x), BITS).unwrap())
}

fn ln_1p_error(x: Pair) -> f64 {
    let exact = ln_1p_enclosure(&Enclosure::from_rational(&rational_of_pair(x), 2200), BITS);
    relative_error(ln_1p(x), &exact.unwrap())
}

#[test]
fn ln_is_within_its_bound_at_the_ends_of_every_interval() {
    let mut worst = 0.0_f64;
    for index in 0..=256_u64 {
        let end = f64::from_bits((0x3fe6_u64 << 48) + (index << 44));
        for x in [end, next(end), f64::from_bits(end.to_bits() - 1)] {
            for exponent in [-1021, -1, 0, 1, 500, 1022] {
                worst = worst.max(ln_error(x * two_to(exponent)));
            }
        }
    }
    for power in 2..53 {
        worst = worst
            .max(ln_error(1.0 + two_to(-power)))
            .max(ln_error(1.0 - two_to(-power)));
    }
    for x in [f64::MIN_POSITIVE, f64::MAX] {
        worst = worst.max(ln_error(x));
    }
    assert!(worst <= two_to(-66), "{}", worst.log2());
    assert!(
        worst >= two_to(-72),
        "the bound is far too wide: {}",
        worst.log2()
    );
}

#[test]
fn ln_1p_is_within_its_bound_where_its_two_forms_meet() {
    let mut worst = 0.0_f64;
    for power in -60..8 {
        for x in [two_to(power), next(two_to(power)), 1.7 * two_to(power)] {
            for low in [0.0, two_to(-54), -two_to(-54)] {
                worst = worst.max(ln_1p_error(Pair::sum(x, x * low)));
                if power < -1 {
                    worst = worst.max(ln_1p_error(-Pair::sum(x, x * low)));
                }
            }
        }
    }
    assert!(worst <= two_to(-66), "{}", worst.log2());
}

#[test]
fn exp_is_within_its_bound_at_the_ends_of_its_domain_and_steps() {
    let mut worst = exp_error(LARGEST_EXPONENT).max(exp_error(-LARGEST_EXPONENT));
    for step in (-50_000..50_000).step_by(997) {
        let boundary = (f64::from(step) + 0.5) * core::f64::consts::LN_2 / 64.0;
        for x in [boundary, next(boundary), boundary + 1e-5] {
            worst = worst.max(exp_error(x));
        }
    }
    assert!(worst <= two_to(-66), "{}", worst.log2());
    assert!(
        worst >= two_to(-72),
        "the bound is far too wide: {}",
        worst.log2()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn ln_is_within_its_bound(bits in f64::MIN_POSITIVE.to_bits()..f64::INFINITY.to_bits()) {
        prop_assert!(ln_error(f64::from_bits(bits)) <= two_to(-66));
    }

    #[test]
    fn ln_near_1_is_within_its_bound(x in 0.6..1.6_f64) {
        prop_assert!(ln_error(x) <= two_to(-66));
    }

    #[test]
    fn exp_is_within_its_bound(x in -600.0..600.0_f64, low in -1.0..1.0_f64) {
        prop_assert!(exp_error(x) <= two_to(-66));
        let pair = Pair::sum(x, x * low * two_to(-54));
        let exact = exact_exp(&rational_of_pair(pair), BITS).unwrap();
        prop_assert!(relative_error(exp(pair), &exact) <= two_to(-66));
    }

    #[test]
    fn softplus_is_within_its_bound(x in -600.0..600.0_f64) {
        let e = exact_exp(&rational(x), 300).unwrap();
        let exact = ln_1p_enclosure(&e, 300).unwrap();
        prop_assert!(relative_error(softplus(x), &exact) <= two_to(-65));
        for x in [x, 0.2 * x, 0.01 * x, x.trunc(), 0.0, -0.0, 120.0, -121.0] {
            prop_assert_eq!(softplus_of_both(x), (softplus(x), softplus(-x)), "{}", x);
        }
    }

    #[test]
    fn a_product_is_within_two_to_the_minus_104(a in 1e-100..1e100_f64, b in 1e-100..1e100_f64) {
        let (hi, lo) = product(a, b);
        let pair = Pair { hi, lo };
        let exact = Enclosure::from_rational(&(rational(a) * rational(b)), 400);
        prop_assert!(relative_error(pair, &exact) <= two_to(-104));
    }

    #[test]
    fn a_sum_that_is_rounded_is_rounded_correctly(
        terms in proptest::collection::vec((1e-20..1.0_f64, 1e-9..1.0_f64), 1..20),
    ) {
        let mut sum = Sum::default();
        let mut exact = Vec::new();
        for &(q, p) in &terms {
            let ln = -ln(Pair::from(p));
            sum.add(ln.mul_f64(q));
            exact.push((rational(q), rational(p)));
        }
        let rounded = round_by_refinement::<f64>(
            None,
            true,
            |bits| {
                let mut total = Enclosure::zero();
                for (q, p) in &exact {
                    let q = Enclosure::from_rational(q, bits);
                    total = total.sub(&q.mul(&exact_ln(p, bits)?, bits), bits);
                }
                Ok(total)
            },
            DEFAULT_CAP,
        );
        let rounded = rounded.unwrap().value().unwrap();
        prop_assert!(sum.round(Pair::ONE).is_none_or(|got| got == rounded));
    }
}

#[test]
fn a_sum_next_to_a_tie_is_not_rounded() {
    // 1 + 2⁻⁵³ is halfway between two floats; an error of 2⁻⁶⁴ may be on either side of it.
    for distance in [0.0, two_to(-66), -two_to(-66)] {
        let mut sum = Sum::default();
        sum.add(Pair {
            hi: 1.0,
            lo: two_to(-53) + distance,
        });
        assert_eq!(sum.round(Pair::ONE), None, "{distance}");
    }
    for (distance, wanted) in [(two_to(-60), next(1.0)), (-two_to(-60), 1.0)] {
        let mut sum = Sum::default();
        sum.add(Pair {
            hi: 1.0,
            lo: two_to(-53) + distance,
        });
        assert_eq!(sum.round(Pair::ONE), Some(wanted), "{distance}");
    }
}

#[test]
fn a_sum_that_cancels_keeps_the_bound_of_its_terms() {
    let mut sum = Sum::default();
    sum.add(Pair::from(1e15));
    sum.add(Pair::from(-1e15));
    sum.add(Pair::from(0.1));
    assert_eq!(sum.round(Pair::ONE), None);
}

#[test]
fn sums_of_many_terms_are_merged_within_the_bound() {
    let count = 1_000_000_u32;
    let mut sum = Sum::default();
    let mut other = Sum::default();
    for i in 0..count {
        let half = if i % 3 == 0 { &mut sum } else { &mut other };
        half.add(Pair::sum(0.1, 1e-18));
    }
    sum.merge(other);
    let exact = (rational(0.1) + rational(1e-18)) * Rational::from_integer(count.into());
    let (pair, bound) = sum.value();
    let error = relative_error(pair, &Enclosure::from_rational(&exact, 400));
    assert!(error <= two_to(-75), "{}", error.log2());
    assert!(bound < 1e5 * two_to(-63));
    assert_eq!(sum.round(Pair::ONE), Some(nearest::<f64>(&exact)));
}

#[test]
fn an_empty_sum_and_one_of_zeros_are_zero() {
    let mut sum = Sum::default();
    assert_eq!(sum.round(Pair::ONE), Some(0.0));
    sum.add_surprisal(Pair::ONE, 1.0);
    sum.add_surprisal(Pair::ZERO, 0.0);
    assert_eq!(sum.round(Pair::ONE), Some(0.0));
    // A product that underflows is no zero.
    sum.add_product(Pair::from(1e-200), Pair::from(1e-200));
    assert_eq!(sum.round(Pair::ONE), None);
}

#[test]
fn what_is_infinite_huge_tiny_or_not_a_number_is_not_rounded() {
    for x in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300, 1e-300] {
        let mut sum = Sum::default();
        sum.add(Pair::from(x));
        assert_eq!(sum.round(Pair::ONE), None, "{x}");
    }
}
