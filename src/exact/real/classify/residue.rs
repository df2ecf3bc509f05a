//! A short proof that a quotient of exponential sums is irrational: it is evaluated twice modulo a
//! prime, and has two values. What has one value is left to its expansion.
//!
//! Let X be a combination of exponentials e^a with rational a over powers of sums of such. Choose q
//! so that all q·a are whole, and read e^(a) as t^(q·a). This is a homomorphism from the ring of
//! exponential sums, with rational coefficients whose denominators p does not divide, to the field
//! of p elements, for each t ≠ 0 in it.
//!
//! Suppose X = N/D is a rational ρ. By Lindemann and Weierstrass the number N − ρ·D is 0 only if it
//! is 0 coefficient by coefficient, so N = ρ·D formally, and N(t)/D(t) is the same ρ modulo p for
//! every t with D(t) ≠ 0. (ρ is a quotient of two coefficients; p may divide its denominator only
//! if D vanishes modulo p for all t, and then nothing is concluded.) Two values are a proof that X is
//! irrational, therefore; and if X is no constant, the values differ but for a chance of about its
//! degree in p.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::exact::Rational;
use crate::exact::exp_sum::Core;
use crate::exact::ratio::CommonDenominator;
use crate::exact::real::form::Form;
use crate::exact::real::monomial::Generator;

/// 2³¹ − 1, a prime: a product of two residues fits in a machine word.
const PRIME: u64 = (1 << 31) - 1;

/// Two points, of orders that are no small numbers.
const POINTS: [u64; 2] = [1_103_515_245, 1_664_525];

/// Common denominators of the exponents are no longer than this.
const LONGEST_DENOMINATOR: u64 = 1 << 12;

/// Whether the form is a combination of exponentials over powers of exponential sums that is proved
/// not to be constant.
pub(super) fn is_no_constant(form: &Form) -> bool {
    common_denominator(form)
        .and_then(|common| values(form, &common))
        .is_some_and(|[first, second]| first != second)
}

/// The least common denominator of all exponents, where the form is of this kind.
fn common_denominator(form: &Form) -> Option<CommonDenominator> {
    let mut exponents = Vec::new();
    for (monomial, _) in form.terms() {
        exponents.push(&monomial.exponent.0);
        for (generator, power) in &monomial.factors {
            let Generator::Sum(core) = generator else {
                return None;
            };
            if !power.0.is_integer() {
                return None;
            }
            exponents.extend(core.terms().iter().map(|(_, exponent)| &exponent.0));
        }
    }
    CommonDenominator::within(exponents, LONGEST_DENOMINATOR)
}

/// A residue for each of the points.
type Residues = [u64; 2];

/// What the form is where e^(1/common) is read as one point and as the other.
fn values(form: &Form, common: &CommonDenominator) -> Option<Residues> {
    let mut known: Vec<(&Arc<Core>, Residues)> = Vec::new();
    let mut total = [0; 2];
    for (monomial, coefficient) in form.terms() {
        let coefficient = residue(coefficient)?;
        let mut product =
            exponential(&monomial.exponent.0, common)?.map(|e| coefficient * e % PRIME);
        for (generator, exponent) in &monomial.factors {
            let Generator::Sum(core) = generator else {
                return None;
            };
            let sum = match known.iter().find(|(own, _)| Arc::ptr_eq(own, core)) {
                Some((_, sum)) => *sum,
                None => {
                    let sum = sum(core, common).filter(|sum| !sum.contains(&0))?;
                    known.push((core, sum));
                    sum
                }
            };
            let steps = steps(exponent.0.numer())?;
            product = pairwise(product, sum, |product, sum| {
                product * power(sum, steps) % PRIME
            });
        }
        total = pairwise(total, product, |total, product| (total + product) % PRIME);
    }
    Some(total)
}

fn sum(core: &Core, common: &CommonDenominator) -> Option<Residues> {
    let mut sum = [0; 2];
    for (coefficient, exponent) in core.terms() {
        let coefficient = modulo(coefficient, PRIME)?;
        let exponential = exponential(&exponent.0, common)?;
        sum = pairwise(sum, exponential, |sum, e| (sum + coefficient * e) % PRIME);
    }
    Some(sum)
}

fn exponential(exponent: &Rational, common: &CommonDenominator) -> Option<Residues> {
    let steps = steps(&common.numerator(exponent))?;
    Some(POINTS.map(|point| power(point, steps)))
}

fn pairwise(left: Residues, right: Residues, combine: impl Fn(u64, u64) -> u64) -> Residues {
    [combine(left[0], right[0]), combine(left[1], right[1])]
}

/// An exponent, of which only the residue modulo p − 1 matters: t^(p−1) = 1.
fn steps(exponent: &BigInt) -> Option<u64> {
    modulo(exponent, PRIME - 1)
}

/// A rational modulo the prime, where the prime does not divide its denominator.
fn residue(number: &Rational) -> Option<u64> {
    let denominator = modulo(number.denom(), PRIME).filter(|&residue| residue != 0)?;
    Some(modulo(number.numer(), PRIME)? * power(denominator, PRIME - 2) % PRIME)
}

/// The residue of an integer, from 0 on.
fn modulo(number: &BigInt, modulus: u64) -> Option<u64> {
    let residue = (number.magnitude() % modulus).to_u64()?;
    Some(if number.is_negative() && residue != 0 {
        modulus - residue
    } else {
        residue
    })
}

fn power(base: u64, exponent: u64) -> u64 {
    let (mut square, mut product) = (base, 1);
    let mut rest = exponent;
    while rest > 0 {
        if rest & 1 == 1 {
            product = product * square % PRIME;
        }
        square = square * square % PRIME;
        rest >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use num_traits::One;

    use super::*;
    use crate::exact::real::Kind;
    use crate::exact::{ExpSum, Real};

    fn softmax(logits: &[i64], class: usize) -> Real {
        let term = |&z: &i64| (Rational::one(), Rational::new(z.into(), 4.into()));
        let sum = ExpSum::new(logits.iter().map(term));
        Real::ratio(&ExpSum::new([term(&logits[class])]), &sum).expect("a sum above 0")
    }

    fn is_shown_irrational(real: &Real) -> bool {
        match &real.kind {
            Kind::Finite(form) => is_no_constant(form),
            _ => false,
        }
    }

    #[test]
    fn softmax_components_of_unequal_logits_are_shown_irrational() {
        let difference = softmax(&[1, 2, 5], 0)
            .sub(&softmax(&[3, -1], 1))
            .expect("finite");
        assert!(is_shown_irrational(&difference));
        assert!(is_shown_irrational(&softmax(&[1, 2, 5], 2)));
    }

    #[test]
    fn what_is_rational_is_not_shown_irrational() {
        let sum = |a: &Real, b: &Real| a.add(b).expect("finite");
        // p + q of two rows that are alike but for a shift, a rational number.
        let total = sum(&softmax(&[1, 5], 0), &softmax(&[8, 4], 0));
        assert!(!is_shown_irrational(&total), "{total}");
        assert_eq!(total.as_rational(), Some(Rational::one()));
    }
}
