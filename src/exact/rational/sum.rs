//! Exact sums and dot products that normalise once, not at every step.

use core::borrow::Borrow;
use core::cmp::Ordering;
use std::collections::HashMap;

use num_bigint::BigInt;
use num_traits::Zero;

use super::{Rational, dyadic_shift, from_dyadic, in_lowest_terms};
use crate::exact::ratio::add;

/// The exact sum of rationals.
///
/// Dyadic numbers, which all floats are, are summed as one integer on a common power of two;
/// the others are grouped by their denominator, and the groups summed as a balanced tree.
///
/// # Complexity
/// For n dyadics, n additions of integers as long as the spread of the exponents, and no gcd.
/// For others, one normalisation for each distinct denominator.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::{parse_rational, sum};
///
/// let parts = [parse_rational("1/3")?, parse_rational("0.5")?, parse_rational("1/6")?];
/// assert_eq!(sum(&parts).to_string(), "1");
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn sum<I>(terms: I) -> Rational
where
    I: IntoIterator<Item: Borrow<Rational>>,
{
    let mut total = Accumulator::default();
    for term in terms {
        let term = term.borrow();
        total.add_fraction(term.numer(), term.denom(), dyadic_shift(term));
    }
    total.finish()
}

/// The exact dot product Σ aᵢ·bᵢ.
///
/// # Complexity
/// As for [`sum`], and one integer product a pair.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::{dot, parse_rational};
///
/// let half = parse_rational("1/2")?;
/// let third = parse_rational("1/3")?;
/// assert_eq!(dot([(&half, &third), (&half, &half)]).to_string(), "5/12");
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn dot<I, A, B>(pairs: I) -> Rational
where
    I: IntoIterator<Item = (A, B)>,
    A: Borrow<Rational>,
    B: Borrow<Rational>,
{
    let mut total = Accumulator::default();
    for (a, b) in pairs {
        let (a, b) = (a.borrow(), b.borrow());
        let numerator = a.numer() * b.numer();
        match (dyadic_shift(a), dyadic_shift(b)) {
            (Some(s), Some(t)) => total.add_dyadic(&numerator, s + t),
            _ => total.add_fraction(&numerator, &(a.denom() * b.denom()), None),
        }
    }
    total.finish()
}

/// The terms in this order of their keys, those of equal keys as one with the sum of their coefficients, and
/// none with 0.
pub(crate) fn gathered_by<K>(
    mut terms: Vec<(K, Rational)>,
    order: impl Fn(&K, &K) -> Ordering,
) -> Vec<(K, Rational)> {
    terms.sort_by(|left, right| order(&left.0, &right.0));
    let mut gathered = Vec::with_capacity(terms.len());
    let mut parts: Vec<Rational> = Vec::new();
    let mut terms = terms.into_iter().peekable();
    while let Some((key, coefficient)) = terms.next() {
        let same = |next: &(K, Rational)| order(&next.0, &key) == Ordering::Equal;
        let coefficient = if terms.peek().is_some_and(same) {
            parts.clear();
            parts.push(coefficient);
            while let Some((_, next)) = terms.next_if(same) {
                parts.push(next);
            }
            sum(&parts)
        } else {
            coefficient
        };
        if !coefficient.is_zero() {
            gathered.push((key, coefficient));
        }
    }
    gathered
}

/// Σ of what was added: mantissa/2^shift + Σ numerator/denominator over the groups.
#[derive(Default)]
struct Accumulator {
    mantissa: BigInt,
    shift: u64,
    groups: HashMap<BigInt, BigInt>,
}

impl Accumulator {
    fn add_dyadic(&mut self, numerator: &BigInt, shift: u64) {
        if shift > self.shift {
            self.mantissa <<= shift - self.shift;
            self.shift = shift;
        }
        if shift == self.shift {
            self.mantissa += numerator;
        } else {
            self.mantissa += numerator << (self.shift - shift);
        }
    }

    fn add_fraction(&mut self, numerator: &BigInt, denominator: &BigInt, shift: Option<u64>) {
        if let Some(shift) = shift {
            self.add_dyadic(numerator, shift);
        } else if let Some(group) = self.groups.get_mut(denominator) {
            *group += numerator;
        } else {
            self.groups.insert(denominator.clone(), numerator.clone());
        }
    }

    fn finish(self) -> Rational {
        let exponent = -i64::try_from(self.shift).expect("a shift in memory is below 2^63");
        let mut level = vec![from_dyadic(self.mantissa, exponent)];
        level.extend(self.groups.into_iter().map(|(d, n)| in_lowest_terms(n, d)));
        while level.len() > 1 {
            let pair = |pair: &[Rational]| match pair {
                [a, b] => add(a, b),
                _ => pair.first().cloned().unwrap_or_else(Rational::zero),
            };
            level = level.chunks(2).map(pair).collect();
        }
        level.pop().unwrap_or_else(Rational::zero)
    }
}
