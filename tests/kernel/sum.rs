//! Sums and dot products: accuracy that does not depend on the length, no overflow on the way.

use exact_loss::exact::Rational;
use exact_loss::exact::rational::{dot as exact_dot, sum as exact_sum};
use exact_loss::exact::round::round_rational;
use exact_loss::kernel::pair::Pair;
use exact_loss::kernel::sum::{Total, dot, sum};
use num_traits::{Signed, Zero};

use super::inputs::Random;
use super::{rational, rational_of_pair};

/// |got − exact| ≤ bound · scale.
fn close(got: Pair, exact: &Rational, scale: &Rational, bound: f64) -> bool {
    (rational_of_pair(got) - exact).abs() <= scale * rational(bound)
}

const TWO_POW_MINUS_75: f64 = 2.646_977_960_169_689e-23;

#[test]
fn sums_are_within_two_to_the_minus_75_of_their_terms() {
    let mut random = Random::new(1);
    for length in [0, 1, 7, 8, 9, 4095, 4096, 4097, 100_000] {
        let x: Vec<f64> = (0..length)
            .map(|i| random.normalish() * 10.0_f64.powi(i % 30 - 15))
            .collect();
        let exact = exact_sum(x.iter().map(|&x| rational(x)));
        let size = exact_sum(x.iter().map(|&x| rational(x.abs())));
        assert!(
            close(sum(&x).value(), &exact, &size, TWO_POW_MINUS_75),
            "{length}"
        );
        let y: Vec<f64> = (0..length).map(|_| random.normalish()).collect();
        let exact = exact_dot(x.iter().zip(&y).map(|(&x, &y)| (rational(x), rational(y))));
        let size: Rational = x
            .iter()
            .zip(&y)
            .map(|(&x, &y)| rational(x.abs()) * rational(y.abs()))
            .fold(Rational::zero(), |a, b| a + b);
        assert!(
            close(dot(&x, &y).value(), &exact, &size, TWO_POW_MINUS_75),
            "{length}"
        );
    }
}

#[test]
fn sums_of_nonnegative_f64_and_f32_are_correctly_rounded_in_practice() {
    let mut random = Random::new(2);
    let x: Vec<f32> = (0..1_000_003).map(|_| random.unit() as f32).collect();
    let exact = exact_sum(x.iter().map(|&x| rational(x)));
    assert_eq!(Some(sum(&x).round::<f32>()), round_rational(&exact).value());
    let x: Vec<f64> = (0..1_000_003).map(|_| random.unit()).collect();
    let exact = exact_sum(x.iter().map(|&x| rational(x)));
    assert_eq!(Some(sum(&x).round::<f64>()), round_rational(&exact).value());
}

#[test]
fn sums_do_not_overflow_on_the_way() {
    let large = [f64::MAX, f64::MAX, -f64::MAX, 1.0, -f64::MAX];
    assert_eq!(sum(&large).value(), Pair::ONE);
    assert_eq!(
        sum(&[f64::MAX; 10_000]).divided_by(10_000.0),
        Pair::from(f64::MAX)
    );
    assert_eq!(sum(&[f64::MAX; 3]).value(), Pair::INFINITY);
    assert_eq!(dot(&[1e300, 1e300], &[1e300, -1e300]).value(), Pair::ZERO);
    let mut total = Total::ZERO;
    total.add_product(f64::MAX, Pair::from(4.0));
    assert_eq!(total.divided_by(8.0).hi, 0.5 * f64::MAX);
    total.merge(total);
    assert_eq!(total.divided_by_total(total), Pair::ONE);
    assert_eq!(total.divided_by(16.0).hi, 0.5 * f64::MAX);
}

#[test]
fn infinities_and_nan_in_a_sum_behave_as_in_a_plain_one() {
    assert_eq!(sum(&[1.0, f64::INFINITY]).value().hi, f64::INFINITY);
    assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).value().hi.is_nan());
    assert!(sum(&[1.0, f64::NAN]).value().hi.is_nan());
    assert!(dot(&[0.0], &[f64::INFINITY]).value().hi.is_nan());
    assert_eq!(sum::<f64>(&[]).value(), Pair::ZERO);
}
