//! From pairs of coefficient and exponent to normalised terms: sorted, equal exponents merged, the
//! largest exponent and the common factor of the coefficients set apart.

use core::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use crate::exact::Rational;
use crate::exact::ratio;

/// Exponents are brought to a common denominator where it is not longer than this.
const LONGEST_COMMON_DENOMINATOR: u64 = 1 << 12;

/// The largest exponent, and the terms in falling order of their exponents, from which it has
/// been subtracted. `None` where nothing remains.
pub(super) fn merge(
    terms: Vec<(Rational, Rational)>,
) -> Option<(Rational, Vec<(Rational, Rational)>)> {
    match common_denominator(&terms) {
        Some(common) => {
            let dyadic = ratio::dyadic_shift(&Rational::new_raw(BigInt::one(), common.clone()));
            let key = |exponent: &Rational| match (dyadic, ratio::dyadic_shift(exponent)) {
                (Some(k), Some(own)) => exponent.numer() << (k - own),
                _ => exponent.numer() * (&common / exponent.denom()),
            };
            let back = |key: BigInt| match dyadic {
                Some(k) => ratio::dyadic(key, k),
                None => ratio::in_lowest_terms(key, common.clone()),
            };
            let mut keyed: Vec<_> = terms.iter().map(|(c, a)| (key(a), c)).collect();
            keyed.sort_unstable_by(|left, right| right.0.cmp(&left.0));
            let merged = merge_equal(keyed, |left, right| left == right);
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(key, c)| (c, back(key - &first)))
                .collect();
            Some((back(first), terms))
        }
        None => {
            let mut keyed: Vec<_> = terms.iter().map(|(c, a)| (a, c)).collect();
            keyed.sort_by(|left, right| ratio::compare(right.0, left.0));
            let merged = merge_equal(keyed, |left, right| {
                ratio::compare(left, right) == Ordering::Equal
            });
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(a, c)| (c, ratio::subtract(a, &first)))
                .collect();
            Some((first, terms))
        }
    }
}

/// Adds the coefficients of neighbours with one key, and drops what cancels.
fn merge_equal<K>(
    keyed: Vec<(K, &Rational)>,
    equal: impl Fn(&K, &K) -> bool,
) -> Vec<(K, Rational)> {
    let mut merged: Vec<(K, Vec<&Rational>)> = Vec::with_capacity(keyed.len());
    for (key, coefficient) in keyed {
        match merged.last_mut() {
            Some((last, parts)) if equal(last, &key) => parts.push(coefficient),
            _ => merged.push((key, vec![coefficient])),
        }
    }
    let summed = merged
        .into_iter()
        .map(|(key, parts)| match parts.as_slice() {
            [one] => (key, (*one).clone()),
            _ => (key, ratio::sum(parts)),
        });
    summed
        .filter(|(_, coefficient)| !coefficient.is_zero())
        .collect()
}

/// The least common denominator of the exponents, where it is not too long.
fn common_denominator(terms: &[(Rational, Rational)]) -> Option<BigInt> {
    let mut common = BigInt::one();
    let mut dyadic = 0;
    for (_, exponent) in terms {
        match ratio::dyadic_shift(exponent) {
            Some(k) => dyadic = dyadic.max(k),
            None => common = ratio::lcm(&common, exponent.denom()),
        }
        if common.bits() + dyadic > LONGEST_COMMON_DENOMINATOR {
            return None;
        }
    }
    let own = common.trailing_zeros().unwrap_or(0);
    Some(common << dyadic.saturating_sub(own))
}

/// The factor that leaves integers without a common factor, the first of them positive.
pub(super) fn content(terms: &[(Rational, Rational)]) -> Rational {
    let mut denominator = BigInt::one();
    for (coefficient, _) in terms {
        if !coefficient.denom().is_one() && *coefficient.denom() != denominator {
            denominator = ratio::lcm(&denominator, coefficient.denom());
        }
    }
    let mut numerator = BigInt::zero();
    for (coefficient, _) in terms {
        if numerator.is_one() {
            break;
        }
        // lcm/denominator is coprime to no common factor of all: scale first, then take the gcd.
        let scaled = coefficient.numer() * (&denominator / coefficient.denom());
        numerator = ratio::gcd(numerator.magnitude(), scaled.magnitude()).into();
    }
    if terms[0].0.is_negative() {
        numerator = -numerator;
    }
    ratio::in_lowest_terms(numerator, denominator)
}
