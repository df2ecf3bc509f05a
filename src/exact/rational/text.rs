//! Rationals as decimal text: what `num_rational` writes, with short ways for integers of two machine
//! words, and for the two ends of an enclosure. How text is read is beside this file.

use core::fmt;

use num_bigint::BigInt;
use num_traits::{One, ToPrimitive};

use super::{Rational, dyadic_shift};

/// A rational, to be written as "numerator/denominator" or as an integer.
pub(crate) struct Written<'a>(pub(crate) &'a Rational);

impl fmt::Display for Written<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_integer(self.0.numer(), formatter)?;
        if self.0.denom().is_one() {
            return Ok(());
        }
        formatter.write_str("/")?;
        write_integer(self.0.denom(), formatter)
    }
}

fn write_integer(integer: &BigInt, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (integer.to_i64(), integer.to_i128()) {
        (Some(short), _) => write!(formatter, "{short}"),
        (None, Some(short)) => write!(formatter, "{short}"),
        (None, None) => write!(formatter, "{integer}"),
    }
}

/// Denominators from so many bits on are written from one another where they can be: writing one
/// takes more than linear time.
const LONG: u64 = 1 << 10;

/// The digits that are doubled at a time, and the doublings that leave room in two machine words.
const DIGITS: usize = 18;
const MOST_DOUBLINGS: u64 = 60;

/// The two ends of an enclosure as text. Their denominators are powers of two of about one size.
pub(crate) fn ends_as_text(lower: &Rational, upper: &Rational) -> [String; 2] {
    let shifts = (dyadic_shift(lower), dyadic_shift(upper));
    if let (Some(k), Some(l)) = shifts
        && k.min(l) >= LONG
        && k.abs_diff(l) <= MOST_DOUBLINGS
    {
        let (first, doublings) = if k <= l {
            (lower, l - k)
        } else {
            (upper, k - l)
        };
        let power = first.denom().to_string();
        let doubled = doubled(&power, doublings);
        let [of_lower, of_upper] = if k <= l {
            [power, doubled]
        } else {
            [doubled, power]
        };
        [(lower, of_lower), (upper, of_upper)].map(|(end, denominator)| {
            let numerator = Rational::from_integer(end.numer().clone());
            format!("{}/{denominator}", Written(&numerator))
        })
    } else {
        [lower, upper].map(|end| Written(end).to_string())
    }
}

/// number·2^doublings in decimal, of a number in decimal.
fn doubled(number: &str, doublings: u64) -> String {
    let base = 10_u128.pow(DIGITS as u32);
    let mut parts: Vec<u128> = Vec::with_capacity(number.len() / DIGITS + 2);
    let mut carry = 0;
    for digits in number.as_bytes().rchunks(DIGITS) {
        let value = |value: u128, digit: &u8| 10 * value + u128::from(digit - b'0');
        let scaled = (digits.iter().fold(0, value) << doublings) + carry;
        parts.push(scaled % base);
        carry = scaled / base;
    }
    while carry > 0 {
        parts.push(carry % base);
        carry /= base;
    }
    let (first, rest) = parts.split_last().unwrap_or((&0, &[]));
    let mut text = (*first as u64).to_string();
    for part in rest.iter().rev() {
        text.push_str(&format!("{:0DIGITS$}", *part as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::rational::from_dyadic;

    #[test]
    fn text_is_that_of_the_general_way() {
        let mantissas = [
            1_i128,
            -1,
            3,
            i128::from(i64::MAX),
            i128::MIN + 7,
            i128::MAX,
        ];
        let exponents = [0, 1, -1, -63, -64, -200, -1074, -1075, -1100, -1200, -5000];
        let mut numbers = Vec::new();
        for mantissa in mantissas {
            numbers.extend(exponents.map(|exponent| from_dyadic(mantissa.into(), exponent)));
        }
        numbers.push(Rational::new(22.into(), (-7).into()));
        for lower in &numbers {
            for upper in &numbers {
                let wanted = [lower, upper].map(Rational::to_string);
                assert_eq!(ends_as_text(lower, upper), wanted);
            }
        }
    }
}
