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

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive};

use crate::exact::Rational;
use crate::exact::exp_sum::Core;
use crate::exact::ratio::lcm;
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
    let Some(common) = common_denominator(form) else {
        return false;
    };
    let [first, second] = POINTS.map(|point| {
        value(
            form,
            &Point {
                point,
                common: &common,
            },
        )
    });
    first.is_some() && second.is_some() && first != second
}

/// The least common denominator of all exponents, where the form is of this kind.
fn common_denominator(form: &Form) -> Option<BigInt> {
    let mut common = BigInt::one();
    let mut add = |exponent: &Rational| {
        common = lcm(&common, exponent.denom());
        (common.bits() <= LONGEST_DENOMINATOR).then_some(())
    };
    for (monomial, _) in form.terms() {
        add(&monomial.exponent.0)?;
        for (generator, power) in &monomial.factors {
            let Generator::Sum(core) = generator else {
                return None;
            };
            if !power.0.is_integer() {
                return None;
            }
            for (_, exponent) in core.terms() {
                add(&exponent.0)?;
            }
        }
    }
    Some(common)
}

/// What e^(1/common) is read as.
struct Point<'a> {
    point: u64,
    common: &'a BigInt,
}

fn value(form: &Form, at: &Point<'_>) -> Option<u64> {
    let mut known: Vec<(&Arc<Core>, u64)> = Vec::new();
    let mut total = 0;
    for (monomial, coefficient) in form.terms() {
        let mut product = residue(coefficient)? * at.exponential(&monomial.exponent.0)? % PRIME;
        for (generator, exponent) in &monomial.factors {
            let Generator::Sum(core) = generator else {
                return None;
            };
            let sum = match known.iter().find(|(own, _)| Arc::ptr_eq(own, core)) {
                Some((_, sum)) => *sum,
                None => {
                    let sum = at.sum(core).filter(|&sum| sum != 0)?;
                    known.push((core, sum));
                    sum
                }
            };
            product = product * power(sum, steps(exponent.0.numer())?) % PRIME;
        }
        total = (total + product) % PRIME;
    }
    Some(total)
}

impl Point<'_> {
    fn exponential(&self, exponent: &Rational) -> Option<u64> {
        let whole = exponent.numer() * (self.common / exponent.denom());
        Some(power(self.point, steps(&whole)?))
    }

    fn sum(&self, core: &Core) -> Option<u64> {
        let mut sum = 0;
        for (coefficient, exponent) in core.terms() {
            let term = residue_of_integer(coefficient)? * self.exponential(&exponent.0)?;
            sum = (sum + term) % PRIME;
        }
        Some(sum)
    }
}

/// An exponent, of which only the residue modulo p − 1 matters: t^(p−1) = 1.
fn steps(exponent: &BigInt) -> Option<u64> {
    exponent.mod_floor(&BigInt::from(PRIME - 1)).to_u64()
}

/// A rational modulo the prime, where the prime does not divide its denominator.
fn residue(number: &Rational) -> Option<u64> {
    let denominator = residue_of_integer(number.denom()).filter(|&residue| residue != 0)?;
    Some(residue_of_integer(number.numer())? * power(denominator, PRIME - 2) % PRIME)
}

fn residue_of_integer(number: &BigInt) -> Option<u64> {
    let residue = (number.magnitude() % BigUint::from(PRIME)).to_u64()?;
    Some(if number.is_negative() && residue != 0 {
        PRIME - residue
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
