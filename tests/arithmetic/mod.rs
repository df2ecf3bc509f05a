//! The arithmetic of the exact floor: rationals against std's parser and plain sums, enclosures
//! by containment, elementary functions by their functional equations, rounding exhaustively
//! where a format is small. The witness from outside the crate is in `witness`.

mod elementary;
mod enclosure;
mod rational;
mod round;

use exact_loss::exact::Rational;
use exact_loss::exact::rational::parse_rational;
use num_bigint::BigInt;
use proptest::prelude::*;

fn rational(text: &str) -> Rational {
    parse_rational(text).expect("a rational")
}

fn ratio(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

/// 2^exponent.
fn power_of_two(exponent: i32) -> Rational {
    Rational::from_integer(BigInt::from(2)).pow(exponent)
}

/// Rationals of any sign: small fractions, floats, and values across the exponents.
fn rationals() -> impl Strategy<Value = Rational> {
    let fraction = (any::<i32>(), 1..=u32::MAX).prop_map(|(n, d)| ratio(n.into(), d.into()));
    let small = (-20_i64..=20, 1_i64..=20).prop_map(|(n, d)| ratio(n, d));
    let wide = (any::<i64>(), 1..=i64::MAX, -300_i32..=300)
        .prop_map(|(n, d, exponent)| ratio(n, d) * power_of_two(exponent));
    let dyadic = (any::<i64>(), -300_i32..=300)
        .prop_map(|(n, exponent)| ratio(n, 1) * power_of_two(exponent));
    prop_oneof![fraction, small, wide, dyadic]
}

/// Positive rationals: as above, and near 1.
fn positive_rationals() -> impl Strategy<Value = Rational> {
    let one = ratio(1, 1);
    let near_one = (rationals(), 1_i32..=400).prop_filter_map("positive", move |(x, k)| {
        let x = &one + x * power_of_two(-300 - k);
        (x > ratio(0, 1)).then_some(x)
    });
    let any = rationals().prop_filter_map("not zero", |x| {
        let zero = ratio(0, 1);
        (x != zero).then(|| if x < zero { -x } else { x })
    });
    prop_oneof![2 => any, 1 => near_one]
}
