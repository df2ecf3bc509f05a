//! From pairs of coefficient and exponent to normalised terms: sorted, equal exponents merged, the
//! largest exponent and the common factor of the coefficients set apart.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use crate::exact::Rational;
use crate::exact::ratio::{self, CommonDenominator};

/// Exponents are brought to a common denominator where it is not longer than this.
const LONGEST_COMMON_DENOMINATOR: u64 = 1 << 12;

/// The largest exponent, and the terms in falling order of their exponents, from which it has
/// been subtracted. `None` where nothing remains.
pub(super) fn merge(
    terms: Vec<(Rational, Rational)>,
) -> Option<(Rational, Vec<(Rational, Rational)>)> {
    let exponents = terms.iter().map(|(_, exponent)| exponent);
    match CommonDenominator::within(exponents, LONGEST_COMMON_DENOMINATOR) {
        Some(common) => {
            let keyed = terms.into_iter().map(|(c, a)| (common.numerator(&a), c));
            let falling = |left: &BigInt, right: &BigInt| right.cmp(left);
            let merged = ratio::gathered_by(keyed.collect(), falling);
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(key, c)| (c, common.quotient(key - &first)))
                .collect();
            Some((common.quotient(first), terms))
        }
        None => {
            let keyed = terms.into_iter().map(|(c, a)| (a, c));
            let falling = |left: &Rational, right: &Rational| ratio::compare(right, left);
            let merged = ratio::gathered_by(keyed.collect(), falling);
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(a, c)| (c, ratio::subtract(&a, &first)))
                .collect();
            Some((first, terms))
        }
    }
}

/// The factor that leaves integers without a common factor, the first of them positive.
pub(super) fn content(terms: &[(Rational, Rational)]) -> Rational {
    let common = CommonDenominator::of(terms.iter().map(|(coefficient, _)| coefficient));
    let mut numerator = BigInt::zero();
    for (coefficient, _) in terms {
        if numerator.is_one() {
            break;
        }
        let scaled = common.numerator(coefficient);
        numerator = ratio::gcd(numerator.magnitude(), scaled.magnitude()).into();
    }
    if terms[0].0.is_negative() {
        numerator = -numerator;
    }
    common.quotient(numerator)
}
