//! The two ends of an enclosure as decimal text, one made of the other where that is shorter work. One number alone
//! is written in [`exact::rational`](crate::exact::rational).

use crate::exact::Rational;
use crate::exact::rational::{Written, dyadic_shift};

/// Denominators from so many bits on are written from one another where they can be: writing one
/// takes more than linear time.
const LONG: u64 = 1 << 10;

/// The digits that are doubled at a time, and the doublings that leave room in two machine words.
const DIGITS: usize = 18;
const MOST_DOUBLINGS: u64 = 60;

/// The two ends of an enclosure as text. Their denominators are powers of two of about one size.
pub(super) fn ends_as_text(lower: &Rational, upper: &Rational) -> [String; 2] {
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
    use num_bigint::BigInt;

    use super::*;

    #[test]
    fn text_of_both_ends_is_that_of_each() {
        let two = BigInt::from(2);
        let mut numbers = vec![
            Rational::new(1.into(), 3.into()),
            Rational::from_integer(7.into()),
        ];
        for numerator in [
            1_i128,
            -1,
            3,
            i128::from(i64::MAX),
            i128::MIN + 7,
            i128::MAX,
        ] {
            for power in [1, 64, 1023, 1024, 1025, 1100, 1200, 1260, 5000] {
                numbers.push(Rational::new(numerator.into(), two.pow(power)));
            }
        }
        for lower in &numbers {
            for upper in &numbers {
                let wanted = [lower, upper].map(Rational::to_string);
                assert_eq!(ends_as_text(lower, upper), wanted);
            }
        }
    }
}
