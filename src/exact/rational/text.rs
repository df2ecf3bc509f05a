//! Rationals as decimal text: what `num_rational` writes, with a short way for integers that are not very
//! long. How text is read is beside this file.

use core::fmt;

use num_bigint::BigUint;
use num_traits::{One, Signed, ToPrimitive};

use super::Rational;

/// A rational, to be written as "numerator/denominator" or as an integer.
pub(crate) struct Written<'a>(pub(crate) &'a Rational);

impl fmt::Display for Written<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_negative() {
            formatter.write_str("-")?;
        }
        WrittenMagnitude(self.0).fmt(formatter)
    }
}

/// A rational, to be written without its sign.
pub(crate) struct WrittenMagnitude<'a>(pub(crate) &'a Rational);

impl fmt::Display for WrittenMagnitude<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_natural(self.0.numer().magnitude(), formatter)?;
        if self.0.denom().is_one() {
            return Ok(());
        }
        formatter.write_str("/")?;
        write_natural(self.0.denom().magnitude(), formatter)
    }
}

/// The largest power of ten in a machine word, and its digits.
const PART: u64 = 10_u64.pow(DIGITS_OF_PART as u32);
const DIGITS_OF_PART: usize = 19;

/// Integers of so many machine words and more are written in less than quadratic time.
const MANY_WORDS: u64 = 64;

fn write_natural(natural: &BigUint, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(word) = natural.to_u64() {
        return write!(formatter, "{word}");
    }
    if natural.bits() >= 64 * MANY_WORDS {
        return write!(formatter, "{natural}");
    }
    let mut words: Vec<u64> = natural.iter_u64_digits().collect();
    let mut parts = Vec::with_capacity(words.len() + 2);
    while let Some(&top) = words.last() {
        if top == 0 {
            words.pop();
            continue;
        }
        let mut rest = 0;
        for word in words.iter_mut().rev() {
            (*word, rest) = quotient_by_part(rest, *word);
        }
        parts.push(rest);
    }
    if let Some(first) = parts.pop() {
        write!(formatter, "{first}")?;
    }
    for part in parts.into_iter().rev() {
        write!(formatter, "{part:0DIGITS_OF_PART$}")?;
    }
    Ok(())
}

/// Quotient and rest of high·2^64 + low by [`PART`], for high < PART.
///
/// Niels Möller and Torbjörn Granlund, "Improved division by invariant integers", IEEE Transactions on
/// Computers 60 (2011), Algorithm 4.
fn quotient_by_part(high: u64, low: u64) -> (u64, u64) {
    const RECIPROCAL: u64 = (u128::MAX / PART as u128 - (1 << 64)) as u64;
    let estimate =
        u128::from(RECIPROCAL) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut rest = low.wrapping_sub(quotient.wrapping_mul(PART));
    if rest > estimate as u64 {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(PART);
    }
    if rest >= PART {
        quotient += 1;
        rest -= PART;
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use num_bigint::BigInt;

    use super::*;
    use crate::exact::rational::from_dyadic;

    proptest! {
        #[test]
        fn quotients_by_a_power_of_ten_are_those_of_longer_words(high in 0..PART, low: u64) {
            for high in [high, PART - 1, 0] {
                for low in [low, 0, u64::MAX] {
                    let dividend = u128::from(high) << 64 | u128::from(low);
                    let part = u128::from(PART);
                    let wanted = ((dividend / part) as u64, (dividend % part) as u64);
                    prop_assert_eq!(quotient_by_part(high, low), wanted);
                }
            }
        }
    }

    #[test]
    fn text_is_that_of_the_general_way() {
        let mantissas = [1_i128, -3, i128::from(i64::MAX), i128::MIN + 7];
        let mut numbers = vec![Rational::new(22.into(), (-7).into())];
        for exponent in [0, 1, -1, -63, -64, -1075, -5000] {
            numbers.extend(mantissas.map(|mantissa| from_dyadic(mantissa.into(), exponent)));
        }
        // Parts that are 0, and lengths at which the ways change.
        for power in [18, 19, 20, 38, 57, 1232, 1233, 1234] {
            let power = BigInt::from(10).pow(power);
            numbers.push(Rational::from_integer(power.clone()));
            numbers.push(Rational::new(power.clone() + 1, power - 1));
        }
        for number in numbers {
            assert_eq!(Written(&number).to_string(), number.to_string());
        }
    }
}
