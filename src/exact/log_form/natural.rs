//! What a coprime base asks of positive integers, for integers of any length and for those that come from
//! floats: a power of two times an odd number of one machine word. What is done with it is in `coprime`.

use core::array::from_fn;

use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use crate::exact::ratio;

/// An integer above 0.
pub(super) trait Natural: Clone + PartialEq {
    /// Whether it is 1.
    fn is_unit(&self) -> bool;

    /// The greatest common divisor.
    fn shared(&self, other: &Self) -> Self;

    /// Whether it is seen at once that no other shares a factor with it.
    fn is_seen_coprime_to(&self, others: &[Self]) -> bool;

    /// The quotient by a divisor.
    fn over(&self, divisor: &Self) -> Self;

    /// Divides by an element above 1 while it divides, and counts.
    fn divide_out(&mut self, element: &Self) -> u64;

    /// Steps on machine words that a gcd of the two may take.
    fn cost(&self, other: &Self) -> u64;
}

impl Natural for BigUint {
    fn is_unit(&self) -> bool {
        self.is_one()
    }

    fn shared(&self, other: &Self) -> Self {
        ratio::gcd(self, other)
    }

    fn is_seen_coprime_to(&self, _: &[Self]) -> bool {
        false
    }

    fn over(&self, divisor: &Self) -> Self {
        self / divisor
    }

    fn divide_out(&mut self, element: &Self) -> u64 {
        if element.is_zero() || element.is_one() {
            // A base that is none may be given from outside.
            return 0;
        }
        if let (Some(zeros), Some(own)) = (self.trailing_zeros(), element.trailing_zeros())
            && element.bits() == own + 1
        {
            *self >>= zeros / own * own;
            return zeros / own;
        }
        let mut count = 0;
        if let (Some(mut rest), Some(element)) = (self.to_u64(), element.to_u64()) {
            count = divide_word_out(&mut rest, element);
            if count > 0 {
                *self = rest.into();
            }
            return count;
        }
        while self.bits() >= element.bits() {
            let (quotient, rest) = self.div_rem(element);
            if !rest.is_zero() {
                break;
            }
            *self = quotient;
            count += 1;
        }
        count
    }

    fn cost(&self, other: &Self) -> u64 {
        let (short, long) = (self.bits().min(other.bits()), self.bits().max(other.bits()));
        128 + short / 64 * (short + long / 64)
    }
}

/// 2^twos·odd, which all numerators and denominators of `f32` and `f64` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    twos: u64,
    odd: u64,
}

impl Short {
    /// The number where it is one of these.
    pub(super) fn of(number: &BigUint) -> Option<Self> {
        let twos = number.trailing_zeros()?;
        if number.bits() - twos > 64 {
            return None;
        }
        let mut digits = number.iter_u64_digits().skip((twos / 64) as usize);
        let (low, high) = (digits.next()?, digits.next().unwrap_or(0));
        let odd = match twos % 64 {
            0 => low,
            shift => low >> shift | high << (64 - shift),
        };
        Some(Self { twos, odd })
    }
}

impl From<Short> for BigUint {
    fn from(number: Short) -> Self {
        Self::from(number.odd) << number.twos
    }
}

impl Natural for Short {
    fn is_unit(&self) -> bool {
        *self == Self { twos: 0, odd: 1 }
    }

    fn shared(&self, other: &Self) -> Self {
        Self {
            twos: self.twos.min(other.twos),
            odd: gcd_of_words(self.odd, other.odd),
        }
    }

    /// By one greatest common divisor, with the product of the others modulo the number.
    fn is_seen_coprime_to(&self, others: &[Self]) -> bool {
        if self.twos > 0 && others.iter().any(|other| other.twos > 0) {
            return false;
        }
        let product = Residues::of(self.odd).product(others);
        gcd_of_words(self.odd, product) == 1
    }

    fn over(&self, divisor: &Self) -> Self {
        Self {
            twos: self.twos - divisor.twos,
            odd: self.odd / divisor.odd,
        }
    }

    fn divide_out(&mut self, element: &Self) -> u64 {
        let mut count = 0;
        if element.odd == 1 {
            count = self.twos / element.twos;
            self.twos %= element.twos;
        } else if element.twos == 0 {
            count = divide_word_out(&mut self.odd, element.odd);
        } else {
            while self.twos >= element.twos && self.odd.is_multiple_of(element.odd) {
                *self = self.over(element);
                count += 1;
            }
        }
        count
    }

    fn cost(&self, _: &Self) -> u64 {
        128
    }
}

/// Products modulo an odd number m, but for powers of two, which change nothing of what they share with m.
///
/// The product of a and b is (ab − qm)/2⁶⁴ for the q below 2⁶⁴ that makes it whole, so nothing is divided.
///
/// # References
///
/// Peter L. Montgomery, "Modular multiplication without trial division", Mathematics of Computation 44
/// (1985).
struct Residues {
    modulus: u64,
    /// That of the modulus, modulo 2⁶⁴.
    inverse: u64,
}

impl Residues {
    /// How many products are formed at once, so that none waits for the one before.
    const LANES: usize = 4;

    fn of(odd: u64) -> Self {
        // Right in five bits; each step doubles them.
        let mut inverse = odd.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        }
        Self {
            modulus: odd,
            inverse,
        }
    }

    /// left·right/2⁶⁴, in 0…m − 1 for `left` in it and any `right`.
    fn times(&self, left: u64, right: u64) -> u64 {
        let product = u128::from(left) * u128::from(right);
        let quotient = (product as u64).wrapping_mul(self.inverse);
        let taken = u128::from(quotient) * u128::from(self.modulus);
        let (above, below) = ((product >> 64) as u64, (taken >> 64) as u64);
        match above.checked_sub(below) {
            Some(rest) => rest,
            None => above.wrapping_sub(below).wrapping_add(self.modulus),
        }
    }

    /// The product of the odd parts.
    fn product(&self, numbers: &[Short]) -> u64 {
        let (groups, rest) = numbers.as_chunks::<{ Self::LANES }>();
        let mut lanes = [1 % self.modulus; Self::LANES];
        for group in groups {
            lanes = from_fn(|lane| self.times(lanes[lane], group[lane].odd));
        }
        let rest = rest.iter().map(|number| number.odd);
        rest.chain(lanes).fold(1 % self.modulus, |product, factor| {
            self.times(product, factor)
        })
    }
}

fn gcd_of_words(left: u64, right: u64) -> u64 {
    if left == 1 || right == 1 {
        return 1;
    }
    left.gcd(&right)
}

/// Divides a word above 0 by an element above 1 while it divides, and counts.
pub(super) fn divide_word_out(number: &mut u64, element: u64) -> u64 {
    let mut count = 0;
    while number.is_multiple_of(element) {
        *number /= element;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<Short> {
        let odd = [1, 3, 5, 9, 15, 45, 135, (1 << 53) - 1, u64::MAX];
        let twos = [0, 1, 2, 5, 6, 63, 64, 65, 127, 128, 1074];
        odd.iter()
            .flat_map(|&odd| twos.map(|twos| Short { twos, odd }))
            .collect()
    }

    #[test]
    fn a_short_number_is_the_integer_that_it_was_made_of() {
        for number in numbers() {
            assert_eq!(Short::of(&number.into()), Some(number));
        }
        let long = (BigUint::one() << 64_u32) + 1_u32;
        assert_eq!(Short::of(&long), None);
        assert_eq!(Short::of(&(long << 7_u32)), None);
        assert_eq!(Short::of(&BigUint::zero()), None);
    }

    #[test]
    fn short_numbers_are_taken_apart_as_integers_of_any_length_are() {
        for left in numbers() {
            for right in numbers() {
                let (long_left, long_right) = (BigUint::from(left), BigUint::from(right));
                let shared = left.shared(&right);
                assert_eq!(BigUint::from(shared), long_left.gcd(&long_right));
                assert_eq!(
                    BigUint::from(left.over(&shared)),
                    long_left.over(&shared.into())
                );
                if right.is_unit() {
                    continue;
                }
                let (mut rest, mut long_rest) = (left, long_left);
                let counts = (rest.divide_out(&right), long_rest.divide_out(&long_right));
                assert_eq!(counts.0, counts.1, "{left:?} {right:?}");
                assert_eq!(BigUint::from(rest), long_rest, "{left:?} {right:?}");
            }
        }
    }

    #[test]
    fn a_number_is_seen_coprime_to_all_others_where_it_is_to_each() {
        for number in numbers() {
            assert!(number.is_seen_coprime_to(&[]));
            for other in numbers() {
                for third in [other, Short { twos: 0, odd: 7 }, Short { twos: 3, odd: 1 }] {
                    let others = [other, third];
                    let each = others.iter().all(|other| number.shared(other).is_unit());
                    assert_eq!(
                        number.is_seen_coprime_to(&others),
                        each,
                        "{number:?} {others:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_one_of_many_that_shares_a_factor_is_seen_wherever_it_stands() {
        let odd = |odd| Short { twos: 0, odd };
        for number in numbers().into_iter().filter(|number| number.odd > 1) {
            for count in 1..10 {
                // 2⁶⁴ − 1 and 2⁵³ − 1 have neither factor.
                let mut others = vec![odd(7 * 11); count];
                assert!(number.is_seen_coprime_to(&others), "{number:?} {count}");
                for place in 0..count {
                    others[place] = odd(number.odd);
                    assert!(!number.is_seen_coprime_to(&others), "{number:?} {place}");
                    others[place] = odd(7 * 11);
                }
            }
        }
    }
}
