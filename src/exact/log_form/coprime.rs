//! Coprime bases of integers, by gcds and exact quotients alone: nothing here factors an integer into
//! primes. Roots and perfect powers are beside this file.

use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};

use super::natural::{Natural, Short};
use crate::Error;
use crate::exact::Rational;

/// Steps on machine words, about a second's, that finding a coprime base may take.
const WORK: u64 = 1 << 30;

/// How many elements of a base are looked at at once, whether one of them shares a factor.
const GROUP: usize = 128;
/// By each of so many elements a number is divided sooner than it is told which of them divide it.
const FEW: usize = 16;

/// The natural coprime base of the numbers, in rising order.
///
/// It is the one set of pairwise coprime integers above 1 that can be had from the numbers by
/// products, exact quotients and gcds, and over which each of them is a product of powers.
/// Zeros and ones are passed over.
///
/// # Complexity
///
/// Quadratic in the count of numbers, with one gcd for each pair. Of numbers that come from floats a product modulo one of them
/// tells of many at once that they are coprime to it, and few gcds are left.
///
/// # References
///
/// Daniel J. Bernstein, "Factoring into coprimes in essentially linear time", Journal of
/// Algorithms 54 (2005), who proves that the natural coprime base exists and is unique. The
/// method here is the plain quadratic one.
///
/// # Examples
///
/// ```
/// use exact_loss::exact::log_form::coprime_base;
/// use num_bigint::BigUint;
///
/// let numbers = [6_u32, 4, 15].map(BigUint::from);
/// let base = [2_u32, 3, 5].map(BigUint::from);
/// assert_eq!(coprime_base(&numbers), base);
///
/// // 91 = 7·13 is left whole, because nothing splits it.
/// let numbers = [91_u32, 10].map(BigUint::from);
/// assert_eq!(coprime_base(&numbers), [10_u32, 91].map(BigUint::from));
/// ```
pub fn coprime_base(numbers: &[BigUint]) -> Vec<BigUint> {
    let numbers = numbers.iter().filter(|number| !number.is_zero());
    let mut base =
        base_within(numbers.cloned().collect(), u64::MAX).expect("the work is not bounded");
    base.sort_unstable();
    base
}

/// The natural coprime base of the numbers, or `None` where it would take more than `work` steps on
/// machine words.
fn base_within<N: Natural>(mut pending: Vec<N>, mut work: u64) -> Option<Vec<N>> {
    let mut base: Vec<N> = Vec::with_capacity(pending.len());
    // A number joins the base once it is coprime to all of it. Where it shares a factor g with
    // b, either b = g and b is divided out, or b is replaced by g and b/g, which join later.
    // Each step divides the product of all numbers at hand by g > 1, so the loop ends.
    while let Some(mut number) = pending.pop() {
        // It is coprime to all elements before this.
        let mut index = 0;
        while !number.is_unit() {
            let found = next_candidate(&number, &base, index);
            let looked_at = &base[index..found.map_or(base.len(), |found| found + 1)];
            let costs = looked_at.iter().map(|element| number.cost(element));
            work = work.checked_sub(costs.sum())?;
            let Some(found) = found else {
                break;
            };
            index = found;
            let shared = number.shared(&base[index]);
            if shared.is_unit() {
                index += 1;
            } else if shared == base[index] {
                // What is left may still share a factor with the element: look again.
                number.divide_out(&shared);
            } else {
                number = number.over(&shared);
                let rest = base.swap_remove(index).over(&shared);
                pending.push(rest);
                pending.push(shared);
            }
        }
        if !number.is_unit() {
            base.push(number);
        }
    }
    Some(base)
}

/// The index, from this on, of the next element of a base that is not seen to be coprime to the number.
fn next_candidate<N: Natural>(number: &N, base: &[N], from: usize) -> Option<usize> {
    if number.is_unit() {
        return None;
    }
    let mut groups = base[from..].chunks(GROUP).zip((from..).step_by(GROUP));
    let (group, start) = groups.find(|(group, _)| !number.is_seen_coprime_to(group))?;
    Some(start + first_candidate(number, group))
}

/// The index of the first that is not seen to be coprime to the number, where not all are.
fn first_candidate<N: Natural>(number: &N, group: &[N]) -> usize {
    if group.len() == 1 {
        return 0;
    }
    let (left, right) = group.split_at(group.len() / 2);
    if number.is_seen_coprime_to(left) {
        left.len() + first_candidate(number, right)
    } else {
        first_candidate(number, left)
    }
}

/// The exponents with which the number is a product of powers of the base, or `None` where it
/// is not. The base is pairwise coprime and above 1.
///
/// # Examples
///
/// ```
/// use exact_loss::exact::log_form::exponents;
/// use num_bigint::BigUint;
///
/// let base = [2_u32, 15].map(BigUint::from);
/// assert_eq!(exponents(&BigUint::from(60_u32), &base), Some(vec![2, 1]));
/// assert_eq!(exponents(&BigUint::from(30_u32 * 7), &base), None);
/// ```
pub fn exponents(number: &BigUint, base: &[BigUint]) -> Option<Vec<u64>> {
    if number.is_zero() {
        return None;
    }
    let mut rest = number.clone();
    let mut exponents = Vec::with_capacity(base.len());
    for element in base {
        exponents.push(rest.divide_out(element));
    }
    rest.is_unit().then_some(exponents)
}

/// The natural coprime base of the numerators and denominators of positive rationals.
pub(crate) struct CoprimeBase {
    /// In rising order.
    elements: Vec<BigUint>,
    /// The same, where they and all numbers that they come from are short.
    short: Option<Vec<Short>>,
}

impl CoprimeBase {
    /// The base of these.
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where they are so many and so long that it would take more than about a
    /// second.
    pub(crate) fn of<'a>(numbers: impl IntoIterator<Item = &'a Rational>) -> Result<Self, Error> {
        let parts = |number: &'a Rational| [number.numer().magnitude(), number.denom().magnitude()];
        let numbers: Vec<&BigUint> = numbers.into_iter().flat_map(parts).collect();
        let short: Option<Vec<Short>> = numbers.iter().map(|number| Short::of(number)).collect();
        let base = match short {
            Some(numbers) => base_within(numbers, WORK).map(Self::of_short),
            None => {
                base_within(numbers.iter().copied().cloned().collect(), WORK).map(Self::of_long)
            }
        };
        base.ok_or_else(|| Error::Undecided {
            bits: (numbers.iter().map(|number| number.bits()).sum::<u64>())
                .to_u32()
                .unwrap_or(u32::MAX),
            question: "what coprime base do the arguments of the logarithms have",
        })
    }

    fn of_short(elements: Vec<Short>) -> Self {
        let mut both: Vec<(BigUint, Short)> = elements.iter().map(|&e| (e.into(), e)).collect();
        both.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        let (elements, short) = both.into_iter().unzip();
        Self {
            elements,
            short: Some(short),
        }
    }

    fn of_long(mut elements: Vec<BigUint>) -> Self {
        elements.sort_unstable();
        Self {
            elements,
            short: None,
        }
    }

    /// The base, in rising order.
    pub(crate) fn elements(&self) -> &[BigUint] {
        &self.elements
    }

    /// The nonzero exponents of one of the rationals that the base is of, by index.
    pub(crate) fn exponents(&self, number: &Rational) -> Vec<(usize, i64)> {
        let (numerator, denominator) = (number.numer().magnitude(), number.denom().magnitude());
        if let Some(base) = &self.short
            && let (Some(top), Some(bottom)) = (Short::of(numerator), Short::of(denominator))
        {
            return exponents_of_quotient(top, bottom, base);
        }
        exponents_of_quotient(numerator.clone(), denominator.clone(), &self.elements)
    }
}

/// The nonzero exponents of top/bottom in lowest terms over a base that has its factors, by index.
fn exponents_of_quotient<N: Natural>(top: N, bottom: N, base: &[N]) -> Vec<(usize, i64)> {
    let next = |number: &N, from: usize| {
        if base.len() > FEW {
            return next_candidate(number, base, from);
        }
        (from < base.len() && !number.is_unit()).then_some(from)
    };
    let mut found = Vec::new();
    for (mut number, sign) in [(top, 1), (bottom, -1)] {
        let mut from = 0;
        while let Some(index) = next(&number, from) {
            let count = i64::try_from(number.divide_out(&base[index])).expect("a length in bits");
            if count > 0 {
                found.push((index, sign * count));
            }
            from = index + 1;
        }
    }
    // An element divides at most one of the two.
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use num_integer::Integer;
    use num_traits::One;
    use proptest::prelude::*;

    use super::super::natural::divide_word_out;
    use super::*;

    fn integers(numbers: &[u64]) -> Vec<BigUint> {
        numbers.iter().map(|&n| BigUint::from(n)).collect()
    }

    #[test]
    fn known_bases() {
        assert_eq!(coprime_base(&integers(&[4, 6])), integers(&[2, 3]));
        assert_eq!(coprime_base(&integers(&[16, 64])), integers(&[4]));
        assert_eq!(coprime_base(&integers(&[0, 1, 1])), integers(&[]));
        assert_eq!(coprime_base(&integers(&[12, 18])), integers(&[2, 3]));
    }

    #[test]
    fn elements_that_no_base_has_divide_nothing() {
        let odd = integers(&[0, 1, 3]);
        assert_eq!(exponents(&9_u32.into(), &odd), Some(vec![0, 0, 2]));
    }

    #[test]
    fn the_base_of_the_first_integers_is_the_primes_and_its_exponents_are_theirs() {
        let last = 2000_u64;
        let is_prime = |n: &u64| (2..*n).all(|d| !(*n).is_multiple_of(d));
        let primes: Vec<u64> = (2..=last).filter(is_prime).collect();
        assert!(primes.len() > 2 * GROUP);
        let rationals: Vec<Rational> = (2..=last)
            .map(|n| Rational::new(n.into(), (n - 1).into()))
            .collect();
        let long = rationals.iter().map(|n| n.numer().magnitude().clone());
        assert_eq!(coprime_base(&Vec::from_iter(long)), integers(&primes));
        let base = CoprimeBase::of(&rationals).expect("short");
        assert_eq!(base.elements(), integers(&primes));
        let exponent = |mut n: u64, p: u64| i64::try_from(divide_word_out(&mut n, p)).expect("few");
        for (n, rational) in (2..=last).zip(&rationals) {
            let wanted = primes.iter().map(|&p| exponent(n, p) - exponent(n - 1, p));
            let wanted: Vec<(usize, i64)> = wanted
                .enumerate()
                .filter(|(_, power)| *power != 0)
                .collect();
            assert_eq!(base.exponents(rational), wanted, "{rational}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let numbers = integers(&[6, 10, 15, 21, 35]);
        assert_eq!(base_within(numbers.clone(), 3), None);
        assert!(base_within(numbers, 10_000).is_some());
    }

    proptest! {
        #[test]
        fn a_base_is_coprime_and_reconstructs(numbers in prop::collection::vec(1_u64..5000, 0..12)) {
            let numbers = integers(&numbers);
            let base = coprime_base(&numbers);
            for (i, left) in base.iter().enumerate() {
                prop_assert!(*left > BigUint::one());
                for right in &base[i + 1..] {
                    prop_assert!(left.gcd(right).is_one());
                }
            }
            for number in &numbers {
                let exponents = exponents(number, &base).expect("a product of the base");
                let product: BigUint =
                    base.iter().zip(exponents).map(|(b, e)| b.pow(e as u32)).product();
                prop_assert_eq!(&product, number);
            }
        }

        #[test]
        fn the_base_of_short_numbers_is_that_of_the_same_integers(
            numbers in prop::collection::vec((1_u64..5000, 1_u64..5000, 0_u32..200), 0..8),
        ) {
            // Shifted, so that the powers of two go beyond one word.
            let rationals: Vec<Rational> = numbers
                .iter()
                .map(|&(a, b, shift)| Rational::new(a.into(), num_bigint::BigInt::from(b) << shift))
                .collect();
            let base = CoprimeBase::of(&rationals).expect("short");
            prop_assert!(base.short.is_some());
            let mut parts = Vec::new();
            for number in &rationals {
                parts.extend([number.numer(), number.denom()].map(|n| n.magnitude().clone()));
            }
            prop_assert_eq!(base.elements(), coprime_base(&parts));
            let long = CoprimeBase { short: None, elements: base.elements.clone() };
            for number in &rationals {
                prop_assert_eq!(base.exponents(number), long.exponents(number));
            }
        }

        #[test]
        fn the_natural_base_does_not_depend_on_the_order(
            numbers in prop::collection::vec(1_u64..5000, 0..12).prop_shuffle(),
        ) {
            // And not on what else there is of the base.
            let numbers = integers(&numbers);
            let base = coprime_base(&numbers);
            let mut again = numbers.clone();
            again.extend(base.iter().cloned());
            prop_assert_eq!(coprime_base(&again), base.clone());
            prop_assert_eq!(coprime_base(&base), base);
        }

    }
}
