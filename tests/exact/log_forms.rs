//! Logarithmic forms: equality is decided, and the canonical form is unique.

use exact_loss::exact::log_form::LogForm;
use exact_loss::exact::{Rational, Real};
use num_integer::Integer;
use proptest::prelude::*;

use super::{ln, power_of_two, rational, whole};

fn forms() -> impl Strategy<Value = LogForm> {
    // Four powers with exponents up to 12 of numbers below 2^10.4: no argument is too long.
    let number = (-6_i64..=6, 1_i64..=2).prop_map(|(n, d)| rational(n, d));
    let argument = (1_i64..=36, 1_i64..=36).prop_map(|(n, d)| rational(n, d));
    let terms = prop::collection::vec((number.clone(), argument), 0..5);
    (number, terms).prop_map(|(constant, terms)| LogForm::new(constant, terms).unwrap())
}

/// The coefficients over the logarithms of the primes below 37: an independent decision.
fn prime_exponents(form: &LogForm) -> Vec<Rational> {
    let valuation = |number: &num_bigint::BigInt, prime: i64| {
        let mut number = number.clone();
        let mut count = 0;
        while number.is_multiple_of(&prime.into()) {
            number /= prime;
            count += 1;
        }
        count
    };
    let primes = [2_i64, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31];
    let exponent = |prime| {
        let of_term = |(r, s): (&Rational, &Rational)| {
            r * whole(valuation(s.numer(), prime) - valuation(s.denom(), prime))
        };
        form.logs().map(of_term).sum()
    };
    primes.into_iter().map(exponent).collect()
}

#[test]
fn known_zeros_are_decided() {
    let zero = Real::sum([ln(6, 1).scale(&whole(2)), ln(1, 4), ln(1, 9)]).unwrap();
    assert_eq!(zero, Real::zero());
    assert_eq!(zero.as_rational(), Some(whole(0)));
    assert_eq!(zero.to_string(), "0");
    let almost = Real::sum([ln(6, 1).scale(&whole(2)), ln(1, 4), ln(1, 9)])
        .unwrap()
        .add(&Real::from(power_of_two(-900)))
        .unwrap();
    assert_eq!(almost.as_rational(), Some(power_of_two(-900)));
    assert_ne!(almost, Real::zero());
}

#[test]
fn bits_of_powers_of_two_are_rational() {
    assert_eq!(ln(1, 4).in_bits().to_string(), "-2");
    assert_eq!(ln(8, 1).in_bits().as_rational(), Some(whole(3)));
    let quarter = ln(4, 1).pow(&whole(-1)).unwrap();
    let half = ln(2, 1).mul(&quarter).unwrap();
    assert_eq!(half.as_rational(), Some(rational(1, 2)));
    let sum = Real::sum([ln(6, 1), ln(2, 3), ln(1, 2)]).unwrap().in_bits();
    assert_eq!(sum.as_rational(), Some(whole(1)));
    assert_eq!(sum.to_string(), "1");
}

#[test]
fn quotients_of_logarithms_are_decided() {
    let quotient = |a, b| ln(a, 1).mul(&ln(b, 1).pow(&whole(-1)).unwrap()).unwrap();
    assert_eq!(quotient(9, 27).as_rational(), Some(rational(2, 3)));
    assert_eq!(quotient(3, 2).is_irrational(), Some(true));
    assert_eq!(quotient(10, 100), Real::from(rational(1, 2)));
}

#[test]
fn canonical_forms_are_written_as_stated() {
    let written = |value: Real| value.to_string();
    assert_eq!(written(ln(7, 10)), "-ln(10/7)");
    assert_eq!(written(ln(250, 7).scale(&rational(1, 3))), "1/3·ln(250/7)");
    assert_eq!(written(ln(10, 7).in_bits()), "ln(10/7)/ln(2)");
    assert_eq!(
        written(ln(10, 7).in_bits().add(&Real::one()).unwrap()),
        "ln(20/7)/ln(2)"
    );
    assert_eq!(written(ln(4, 9).scale(&rational(1, 2))), "-ln(3/2)");
    assert_eq!(written(ln(1, 1)), "0");
    assert_eq!(written(Real::ln(&whole(0)).unwrap()), "-inf");
    // The mean of the article's three rows.
    let rows = [ln(10, 7), ln(5, 2), ln(10, 1)];
    assert_eq!(
        written(Real::sum(rows).unwrap().scale(&rational(1, 3))),
        "1/3·ln(250/7)"
    );
}

#[test]
fn a_written_argument_is_above_one_and_no_perfect_power() {
    let written = |r: Rational, s: Rational| LogForm::new(whole(0), [(r, s)]).unwrap().to_string();
    assert_eq!(written(whole(1), rational(1, 2)), "-ln(2)");
    assert_eq!(written(whole(-3), rational(3, 7)), "3·ln(7/3)");
    assert_eq!(written(whole(1), whole(1024)), "10·ln(2)");
    assert_eq!(written(rational(1, 2), rational(225, 4)), "ln(15/2)");
    let form = LogForm::new(whole(0), [(whole(2), whole(3)), (whole(2), whole(5))]).unwrap();
    assert_eq!(form.to_string(), "2·ln(15)");
}

#[test]
fn long_arguments_are_written_as_a_sum() {
    let tenth = Rational::new(3602879701896397_i64.into(), (1_i64 << 55).into());
    let value = ln(10, 7).scale(&tenth);
    assert_eq!(
        value.to_string(),
        "3602879701896397/36028797018963968·ln(10/7)"
    );
    let value = value.add(&ln(10, 3)).unwrap();
    let text = value.to_string();
    let other = ln(10, 3)
        .add(&ln(7, 10).scale(&-tenth))
        .unwrap()
        .to_string();
    assert_eq!(text, other);
}

proptest! {
    #[test]
    fn equality_agrees_with_the_exponents_of_primes(left in forms(), right in forms()) {
        let difference = left.difference(&right);
        let equal = left.constant() == right.constant()
            && prime_exponents(&left) == prime_exponents(&right);
        prop_assert_eq!(difference.is_zero().unwrap(), equal);
    }

    #[test]
    fn forms_are_equal_exactly_when_they_are_written_alike(left in forms(), right in forms()) {
        let equal = left.difference(&right).is_zero().unwrap();
        prop_assert_eq!(left.to_string() == right.to_string(), equal);
    }

    #[test]
    fn rewriting_over_primes_changes_nothing(form in forms()) {
        let primes = [2_i64, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31];
        let exponents = prime_exponents(&form);
        let terms = exponents.into_iter().zip(primes.map(whole));
        let rewritten = LogForm::new(form.constant().clone(), terms).unwrap();
        prop_assert!(form.difference(&rewritten).is_zero().unwrap());
        prop_assert_eq!(form.to_string(), rewritten.to_string());
    }

    #[test]
    fn the_canonical_form_is_the_same_number(form in forms()) {
        let canonical = form.canonical().unwrap();
        prop_assert!(form.difference(&canonical).is_zero().unwrap());
        prop_assert!(canonical.logs().count() <= 1);
        prop_assert_eq!(canonical.canonical().unwrap().to_string(), canonical.to_string());
    }

    #[test]
    fn a_form_and_the_real_made_of_its_terms_are_written_alike(
        terms in prop::collection::vec(((-6_i64..=6, 1_i64..=2), (1_i64..=36, 1_i64..=36)), 0..5),
    ) {
        let terms = || terms.iter().map(|&((a, b), (c, d))| (rational(a, b), rational(c, d)));
        let form = LogForm::new(whole(0), terms()).unwrap();
        let value = Real::sum(terms().map(|(r, s)| Real::ln(&s).unwrap().scale(&r))).unwrap();
        prop_assert_eq!(form.to_string(), value.to_string());
    }

    #[test]
    fn a_normal_form_has_no_common_factors(form in forms()) {
        let normal = form.over_coprime_base().unwrap();
        for (index, (coefficient, left)) in normal.iter().enumerate() {
            prop_assert_ne!(coefficient, &whole(0));
            for (_, right) in &normal[index + 1..] {
                prop_assert_eq!(left.gcd(right), 1_u32.into());
            }
        }
        let terms = normal.into_iter().map(|(c, b)| (c, Rational::from_integer(b.into())));
        let rebuilt = LogForm::new(form.constant().clone(), terms).unwrap();
        prop_assert!(form.difference(&rebuilt).is_zero().unwrap());
    }
}
