//! Perfect powers and exact roots of integers and rationals, by valuations, residues and roots: nothing here
//! factors an integer into primes. Coprime bases are beside this file.

use num_bigint::BigUint;
use num_integer::{Integer, Roots};
use num_traits::{One, ToPrimitive};

use super::natural::{Natural, divide_word_out};
use crate::exact::{Rational, ratio};

/// Numbers longer than this are not tested for being perfect powers.
const LONGEST_POWER_TESTED: u64 = 1 << 12;

/// The pair (u, m) with number = u^m and m as large as it can be; (number, 1) for 0 and 1.
///
/// Numbers of more than 4096 bits are answered with (number, 1) untested.
///
/// # Examples
///
/// ```
/// use exact_loss::exact::log_form::perfect_power;
/// use num_bigint::BigUint;
///
/// let (root, exponent) = perfect_power(&BigUint::from(5184_u32));
/// assert_eq!((root, exponent), (BigUint::from(72_u32), 2));
/// ```
pub fn perfect_power(number: &BigUint) -> (BigUint, u64) {
    let (mut root, mut exponent) = (number.clone(), 1);
    if number.bits() < 3 || number.bits() > LONGEST_POWER_TESTED {
        return (root, exponent);
    }
    if number.trailing_zeros() == Some(number.bits() - 1) {
        return (BigUint::from(2_u32), number.bits() - 1);
    }
    // m divides the exponent of each prime, so one prime that goes in once settles most numbers.
    let mut shared = shared_valuation(number);
    let mut prime = 2;
    loop {
        let goes_on = match shared {
            // No prime below 17 divides u, and number ≥ 17^m gives 4m < bits.
            0 => 4 * u64::from(prime) < root.bits(),
            // u ≥ 2 gives number ≥ 2^m.
            _ => u64::from(prime) <= shared && u64::from(prime) < root.bits(),
        };
        if !goes_on {
            return (root, exponent);
        }
        let may_be = shared.is_multiple_of(u64::from(prime));
        match may_be.then(|| exact_root(&root, prime)).flatten() {
            Some(smaller) => {
                root = smaller;
                exponent *= u64::from(prime);
                shared /= u64::from(prime);
            }
            None => prime = next_prime(prime),
        }
    }
}

/// The greatest common divisor of the exponents of the primes below 17 that divide a number above 0; 0 where
/// none does.
fn shared_valuation(number: &BigUint) -> u64 {
    const PRIMES: [u32; 6] = [2, 3, 5, 7, 11, 13];
    const PRODUCT: u32 = 30_030;
    let word = number.to_u64();
    let residue = match word {
        Some(word) => word % u64::from(PRODUCT),
        None => (number % PRODUCT).to_u64().unwrap_or_default(),
    };
    let mut shared = 0_u64;
    for prime in PRIMES
        .into_iter()
        .filter(|&p| residue.is_multiple_of(p.into()))
    {
        let exponent = match (prime, word) {
            (2, _) => number.trailing_zeros().unwrap_or(0),
            (_, Some(mut word)) => divide_word_out(&mut word, prime.into()),
            (_, None) => number.clone().divide_out(&prime.into()),
        };
        shared = shared.gcd(&exponent);
        if shared == 1 {
            break;
        }
    }
    shared
}

/// The same for a positive rational; 1 is answered with (1, 0), as it is every power of itself.
pub(crate) fn perfect_power_of_rational(number: &Rational) -> (Rational, u64) {
    let (numerator, denominator) = (number.numer().magnitude(), number.denom().magnitude());
    if denominator.is_one() {
        let (root, exponent) = perfect_power(numerator);
        let exponent = if root.is_one() { 0 } else { exponent };
        return (ratio::of_coprime(root, BigUint::one()), exponent);
    }
    let (root, exponent) = perfect_power(denominator);
    let (top, shared) = root_of_shared_degree(numerator, exponent);
    let own = u32::try_from(exponent / shared).expect("below the length in bits");
    (ratio::of_coprime(top, root.pow(own)), shared)
}

/// The pair (u, m) with number = u^m and m as large as a divisor of the degree can be.
fn root_of_shared_degree(number: &BigUint, degree: u64) -> (BigUint, u64) {
    if number.is_one() {
        return (BigUint::one(), degree);
    }
    let (mut root, mut shared, mut rest) = (number.clone(), 1, degree);
    let mut prime = 2;
    while u64::from(prime) <= rest {
        if !rest.is_multiple_of(u64::from(prime)) {
            prime = next_prime(prime);
            continue;
        }
        rest /= u64::from(prime);
        if let Some(smaller) = exact_root(&root, prime) {
            root = smaller;
            shared *= u64::from(prime);
        }
    }
    (root, shared)
}

/// The root of a positive number where it is a whole number.
pub(crate) fn exact_root(number: &BigUint, degree: u32) -> Option<BigUint> {
    if let Some(word) = number.to_u64() {
        // A root of a word costs less than the tests that it could be left out by.
        let root = word.nth_root(degree);
        return (root.checked_pow(degree) == Some(word)).then(|| root.into());
    }
    if let Some(zeros) = number.trailing_zeros()
        && zeros % u64::from(degree) != 0
    {
        return None;
    }
    if !may_be_power(number, degree) {
        return None;
    }
    let root = number.nth_root(degree);
    (root.pow(degree) == *number).then_some(root)
}

/// Whether the number may be a power of this degree, by residues; a few numbers in a hundred that are
/// none pass.
///
/// Let q = k·degree + 1 be a prime that does not divide u. Then (u^degree)^k = u^(q−1) = 1 modulo q.
fn may_be_power(number: &BigUint, degree: u32) -> bool {
    if !(2..1 << 16).contains(&degree) {
        return true;
    }
    let is_prime_modulus = |k: &u64| is_prime(k * u64::from(degree) + 1);
    // One residue in `degree` passes each test.
    let tests = 6_u32.div_ceil(degree.ilog2()) as usize;
    let mut multiples = (1_u64..).filter(is_prime_modulus).take(tests);
    multiples.all(|k| {
        let modulus = k * u64::from(degree) + 1;
        let residue = (number % modulus).to_u64().unwrap_or_default();
        residue == 0 || power_modulo(residue, k, modulus) == 1
    })
}

fn power_modulo(base: u64, exponent: u64, modulus: u64) -> u64 {
    let bits = (0..=exponent.ilog2()).rev();
    bits.fold(1, |power, bit| {
        let square = power * power % modulus;
        match exponent >> bit & 1 {
            1 => square * base % modulus,
            _ => square,
        }
    })
}

/// The root of a positive rational where it is rational.
pub(crate) fn exact_root_of_rational(number: &Rational, degree: u32) -> Option<Rational> {
    Some(ratio::of_coprime(
        exact_root(number.numer().magnitude(), degree)?,
        exact_root(number.denom().magnitude(), degree)?,
    ))
}

fn next_prime(prime: u32) -> u32 {
    (prime + 1..)
        .find(|&n| is_prime(n.into()))
        .expect("there is a next prime")
}

fn is_prime(n: u64) -> bool {
    (2..)
        .take_while(|d| d * d <= n)
        .all(|d| !n.is_multiple_of(d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_root_of_a_perfect_power_is_found_whatever_primes_it_has() {
        for root in (2_u32..200).chain([17 * 17 * 19, 6 * 17, 30_030, 65_537]) {
            // The root of the root, by trial.
            let least = (2..=root).find_map(|u| {
                (1..32).find_map(|m| (u.checked_pow(m)? == root).then_some((u, u64::from(m))))
            });
            let (least, own) = least.expect("every number is its own first power");
            for exponent in [1_u32, 2, 3, 4, 6, 11, 30] {
                let found = perfect_power(&BigUint::from(root).pow(exponent));
                let wanted = (BigUint::from(least), own * u64::from(exponent));
                assert_eq!(found, wanted, "{root}^{exponent}");
            }
        }
    }

    #[test]
    fn roots_of_words_are_those_of_longer_numbers() {
        for degree in [1_u32, 2, 3, 5, 7, 31, 61] {
            let largest = BigUint::from(u64::MAX).nth_root(degree).to_u64();
            let largest = largest.expect("a word");
            let roots = (1..=largest.min(40)).chain(largest.saturating_sub(20).max(1)..=largest);
            for power in roots.map(|root| root.pow(degree)) {
                for number in [power - 1, power, power.saturating_add(1)] {
                    let root = BigUint::from(number).nth_root(degree);
                    let wanted = (root.pow(degree) == number.into()).then_some(root);
                    assert_eq!(
                        exact_root(&number.into(), degree),
                        wanted,
                        "{number} {degree}"
                    );
                }
            }
        }
    }

    #[test]
    fn residues_pass_every_power_and_few_other_numbers() {
        for degree in [2_u32, 3, 5, 7, 11, 97] {
            let mut powers = (2_u32..200).map(|root| BigUint::from(root).pow(degree));
            assert!(powers.all(|power| may_be_power(&power, degree)));
            let mixed = |i: u64| 6364136223846793005_u64.wrapping_mul(2 * i + 1);
            let others = (0..200).map(|i| BigUint::from(mixed(i)));
            let passed = others.filter(|other| may_be_power(other, degree)).count();
            assert!(passed < 20, "{passed} of 200 pass for the degree {degree}");
        }
    }

    #[test]
    fn perfect_power_of_rationals_takes_the_common_exponent() {
        let power = |a: u32, b: u32| perfect_power_of_rational(&Rational::new(a.into(), b.into()));
        let rational = |a: u32, b: u32| Rational::new(a.into(), b.into());
        assert_eq!(power(4, 9), (rational(2, 3), 2));
        assert_eq!(power(4, 3), (rational(4, 3), 1));
        assert_eq!(power(1, 64), (rational(1, 2), 6));
        assert_eq!(power(64, 729), (rational(2, 3), 6));
        assert_eq!(power(1, 1), (rational(1, 1), 0));
        assert_eq!(power(16, 64), (rational(1, 2), 2));
    }

    proptest! {
        #[test]
        fn perfect_power_inverts_power(root in 2_u64..200, exponent in 1_u32..20) {
            let (found, multiple) = perfect_power(&BigUint::from(root).pow(exponent));
            prop_assert_eq!(multiple % u64::from(exponent), 0);
            prop_assert_eq!(
                found.pow(multiple as u32),
                BigUint::from(root).pow(exponent)
            );
            prop_assert_eq!(perfect_power(&found).1, 1);
        }
    }
}
