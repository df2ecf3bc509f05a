//! The error-free transformations and the arithmetic of pairs.

use exact_loss::exact::Enclosure;
use exact_loss::kernel::pair::{Pair, two_difference, two_product, two_sum};
use proptest::prelude::*;

use super::{rational, rational_of_pair, relative_error};

/// A number of moderate size, with a random significand.
fn moderate() -> impl Strategy<Value = f64> {
    (any::<bool>(), any::<u64>(), -60_i32..60).prop_map(|(negative, bits, exponent)| {
        let m = f64::from_bits((bits >> 12) | 0x3ff0_0000_0000_0000);
        let x = m * 2.0_f64.powi(exponent);
        if negative { -x } else { x }
    })
}

fn pair() -> impl Strategy<Value = Pair> {
    (moderate(), -1.0..1.0_f64).prop_map(|(hi, part)| Pair::sum(hi, hi * part * 2.0_f64.powi(-54)))
}

/// Two hundredths of a billionth of a billionth of a billionth: 2⁻¹⁰⁰ relative.
const TINY: f64 = 7.888_609_052_210_118e-31;

proptest! {
    #[test]
    fn two_sum_difference_and_product_are_exact(a in moderate(), b in moderate()) {
        let (s, e) = two_sum(a, b);
        prop_assert_eq!(rational(s) + rational(e), rational(a) + rational(b));
        let (d, e) = two_difference(a, b);
        prop_assert_eq!(rational(d) + rational(e), rational(a) - rational(b));
        let (p, e) = two_product(a, b);
        prop_assert_eq!(rational(p) + rational(e), rational(a) * rational(b));
    }

    #[test]
    fn arithmetic_of_pairs_is_within_two_to_the_minus_100(a in pair(), b in pair()) {
        let (x, y) = (rational_of_pair(a), rational_of_pair(b));
        let exact = |x| Enclosure::from_rational(&x, 400);
        prop_assert!(relative_error(a * b, &exact(&x * &y)) <= TINY);
        prop_assert!(relative_error(a / b, &exact(&x / &y)) <= TINY);
        if a.hi.is_sign_positive() == b.hi.is_sign_positive() {
            prop_assert!(relative_error(a + b, &exact(&x + &y)) <= TINY);
        } else {
            prop_assert!(relative_error(a - b, &exact(&x - &y)) <= TINY);
        }
        prop_assert!(relative_error(a.mul_f64(b.hi), &exact(&x * rational(b.hi))) <= TINY);
    }
}

#[test]
fn products_at_the_ends_of_the_range_keep_their_low_part() {
    for (a, b) in [
        (1.1e300, 1.3e7),
        (1.1e-200, 1.3e-40),
        (1.7e308, 0.3),
        (1.1e-300, 1.3e250),
    ] {
        let exact = Enclosure::from_rational(&(rational(a) * rational(b)), 400);
        let error = relative_error(Pair::product(a, b), &exact);
        assert!(error <= TINY, "{a} · {b}: {error}");
    }
}

#[test]
fn pairs_of_infinity_have_no_low_part() {
    let infinite = [
        Pair::sum(f64::MAX, f64::MAX),
        Pair::product(1e200, 1e200),
        Pair::INFINITY + Pair::ONE,
        Pair::ONE / Pair::ZERO,
        Pair::difference(f64::MAX, -f64::MAX),
    ];
    for pair in infinite {
        assert_eq!(pair, Pair::INFINITY);
    }
    assert_eq!(Pair::ONE / Pair::INFINITY, Pair::ZERO);
}
