//! Fixed-point numbers of a few machine words, without memory of their own: the integers of a short
//! series. What is summed, and with which error, is said beside each series; the integers here and the
//! unbounded ones give the same sums, digit by digit.

use core::ops::Range;

use num_bigint::BigUint;
use num_traits::Zero;

/// The integers that a series is summed in, in units of 2^−w.
pub(super) trait Units: Clone {
    /// The integer, which the caller knows to be short enough.
    fn from_integer(integer: &BigUint) -> Self;

    /// As an unbounded integer.
    fn into_integer(self) -> BigUint;

    /// Whether this is 0.
    fn is_zero(&self) -> bool;

    /// Adds another.
    fn add(&mut self, other: &Self);

    /// ⌊self·other/2^w⌋.
    fn times(&self, other: &Self, w: u32) -> Self;

    /// ⌊self²/2^w⌋.
    fn squared(&self, w: u32) -> Self;

    /// ⌊self/divisor⌋.
    fn over(&self, divisor: u32) -> Self;

    /// ⌊self·2^(8−w)⌋ + 1 of a number below 4·2^w, where w ≥ 8.
    fn leading_byte(&self, w: u32) -> u64;
}

/// Calls `$series` with the shortest integers that hold numbers below 2^`$bits`, and a product of
/// two of them before it is shifted.
macro_rules! in_units {
    ($bits:expr, $units:ident => $series:expr) => {
        match $bits {
            0..=128 => {
                type $units = crate::exact::elementary::words::Words<2>;
                $series
            }
            129..=192 => {
                type $units = crate::exact::elementary::words::Words<3>;
                $series
            }
            193..=320 => {
                type $units = crate::exact::elementary::words::Words<5>;
                $series
            }
            321..=576 => {
                type $units = crate::exact::elementary::words::Words<9>;
                $series
            }
            577..=1088 => {
                type $units = crate::exact::elementary::words::Words<17>;
                $series
            }
            1089..=2112 => {
                type $units = crate::exact::elementary::words::Words<33>;
                $series
            }
            2113..=4160 => {
                type $units = crate::exact::elementary::words::Words<65>;
                $series
            }
            _ => {
                type $units = num_bigint::BigUint;
                $series
            }
        }
    };
}
pub(super) use in_units;

impl Units for BigUint {
    fn from_integer(integer: &BigUint) -> Self {
        integer.clone()
    }

    fn into_integer(self) -> BigUint {
        self
    }

    fn is_zero(&self) -> bool {
        Zero::is_zero(self)
    }

    fn add(&mut self, other: &Self) {
        *self += other;
    }

    fn times(&self, other: &Self, w: u32) -> Self {
        (self * other) >> w
    }

    fn squared(&self, w: u32) -> Self {
        self.times(self, w)
    }

    fn over(&self, divisor: u32) -> Self {
        self / divisor
    }

    fn leading_byte(&self, w: u32) -> u64 {
        let top = self >> (w - 8);
        top.iter_u64_digits().next().unwrap_or(0) + 1
    }
}

/// An integer of N words, the lowest first.
#[derive(Clone, Copy)]
pub(super) struct Words<const N: usize>([u64; N]);

impl<const N: usize> Units for Words<N> {
    fn from_integer(integer: &BigUint) -> Self {
        let mut words = [0; N];
        for (to, from) in words.iter_mut().zip(integer.iter_u64_digits()) {
            *to = from;
        }
        debug_assert!(integer.bits() <= 64 * N as u64, "{integer}");
        Self(words)
    }

    fn into_integer(self) -> BigUint {
        let halves = self
            .0
            .iter()
            .flat_map(|&word| [word as u32, (word >> 32) as u32]);
        BigUint::new(halves.collect())
    }

    fn is_zero(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    fn add(&mut self, other: &Self) {
        let mut carry = false;
        for (to, &from) in self.0.iter_mut().zip(&other.0) {
            let (sum, first) = to.overflowing_add(from);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*to, carry) = (sum, first | second);
        }
        debug_assert!(!carry);
    }

    fn times(&self, other: &Self, w: u32) -> Self {
        let mut product = [[0; N]; 2];
        let words = product.as_flattened_mut();
        // An argument that is small, or a short number of a long type, has words of 0 at one end.
        let range = other.words_in_use();
        for (i, &a) in self.0.iter().enumerate().filter(|(_, a)| **a != 0) {
            add_multiple(&mut words[i + range.start..], &other.0[range.clone()], a);
        }
        shifted(words, w)
    }

    fn squared(&self, w: u32) -> Self {
        // Each product of two different words once, then all of them twice, then the squares.
        let mut product = [[0; N]; 2];
        let words = product.as_flattened_mut();
        let range = self.words_in_use();
        for i in range.clone().filter(|&i| self.0[i] != 0) {
            add_multiple(
                &mut words[2 * i + 1..],
                &self.0[i + 1..range.end],
                self.0[i],
            );
        }
        let (mut top, mut carry) = (0, 0);
        for (pair, &word) in words.chunks_exact_mut(2).zip(&self.0) {
            let square = u128::from(word) * u128::from(word);
            for (to, part) in pair.iter_mut().zip([square as u64, (square >> 64) as u64]) {
                let doubled = *to << 1 | top;
                top = *to >> 63;
                let sum = u128::from(doubled) + u128::from(part) + u128::from(carry);
                (*to, carry) = (sum as u64, (sum >> 64) as u64);
            }
        }
        shifted(words, w)
    }

    fn over(&self, divisor: u32) -> Self {
        // Halves of words, so that a remainder and a half fit in a word.
        let divisor = u64::from(divisor);
        let mut quotient = [0; N];
        let mut rest = 0;
        let words = quotient.iter_mut().zip(&self.0).rev();
        for (to, &word) in words.skip_while(|(_, word)| **word == 0) {
            let upper = rest << 32 | word >> 32;
            let lower = (upper % divisor) << 32 | (word & 0xffff_ffff);
            *to = ((upper / divisor) << 32) | (lower / divisor);
            rest = lower % divisor;
        }
        Self(quotient)
    }

    fn leading_byte(&self, w: u32) -> u64 {
        let at = (w - 8) as usize / 64;
        let above = self.0.get(at + 1).copied().unwrap_or(0);
        let pair = u128::from(above) << 64 | u128::from(self.0[at]);
        (pair >> ((w - 8) % 64)) as u64 + 1
    }
}

impl<const N: usize> Words<N> {
    /// From the first word that is not 0 to the last.
    fn words_in_use(&self) -> Range<usize> {
        let is_used = |word: &u64| *word != 0;
        match (
            self.0.iter().position(is_used),
            self.0.iter().rposition(is_used),
        ) {
            (Some(first), Some(last)) => first..last + 1,
            _ => 0..0,
        }
    }
}

/// to + factor·from, where `to` has room for the carry and a word of 0 for it.
fn add_multiple(to: &mut [u64], from: &[u64], factor: u64) {
    let (low, high) = to.split_at_mut(from.len());
    let mut carry = 0;
    for (word, &other) in low.iter_mut().zip(from) {
        let sum = u128::from(factor) * u128::from(other) + u128::from(*word) + u128::from(carry);
        (*word, carry) = (sum as u64, (sum >> 64) as u64);
    }
    high[0] = carry;
}

/// ⌊product/2^w⌋ of 2N words, which the caller knows to fit in N.
fn shifted<const N: usize>(product: &[u64], w: u32) -> Words<N> {
    let (words, bits) = (w as usize / 64, w % 64);
    let word = |i: usize| product.get(i).copied().unwrap_or(0);
    Words(core::array::from_fn(|i| {
        let pair = u128::from(word(i + words + 1)) << 64 | u128::from(word(i + words));
        (pair >> bits) as u64
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(words: &[u64]) -> BigUint {
        let halves = words
            .iter()
            .flat_map(|&word| [word as u32, (word >> 32) as u32]);
        BigUint::new(halves.collect())
    }

    proptest! {
        #[test]
        fn words_agree_with_unbounded_integers(
            a in prop::array::uniform3(any::<u64>()),
            b in prop::array::uniform3(any::<u64>()),
            zeros in 0_usize..4,
            w in 130_u32..190,
            divisor in 1..u32::MAX,
        ) {
            let cut = |words: [u64; 3], bits: u32| integer(&words) & ((BigUint::from(1_u32) << bits) - 1_u32);
            // Two numbers below 2^w, the first shorter by some words.
            let (a, b) = (cut(a, w) >> (64 * zeros), cut(b, w));
            let (x, y) = (Words::<3>::from_integer(&a), Words::<3>::from_integer(&b));
            prop_assert_eq!(x.times(&y, w).into_integer(), a.times(&b, w));
            prop_assert_eq!(y.times(&x, w).into_integer(), b.times(&a, w));
            prop_assert_eq!(x.squared(w).into_integer(), a.squared(w));
            prop_assert_eq!(y.squared(w).into_integer(), b.squared(w));
            prop_assert_eq!(y.leading_byte(w), b.leading_byte(w));
            prop_assert_eq!(y.over(divisor).into_integer(), b.over(divisor));
            let mut sum = x;
            Units::add(&mut sum, &y);
            prop_assert_eq!(sum.into_integer(), a + b);
        }
    }
}
