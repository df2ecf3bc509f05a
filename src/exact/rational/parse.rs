//! Reading rationals: fractions, decimals and hexadecimal floats, all exactly. Display is that
//! of `num_rational`: "numerator/denominator".

use num_bigint::{BigInt, BigUint};
use num_traits::{Num, One, Zero};

use super::{Extended, Rational, from_dyadic};
use crate::Error;

/// The most digits that a number may have when it is read: of the numerator, of the denominator,
/// or before and after the point together.
pub const MAX_DIGITS: usize = 10_000;

/// The largest exponent, in magnitude, that is read: of ten in decimals, of two in hexadecimal
/// floats. It covers every IEEE format up to binary128.
pub const MAX_EXPONENT: i64 = 20_000;

const RATIONAL: &str = "a rational, as in 7, 1/3, -0.1, 1e-3 or 0x1.8p-4, with at most 10000 \
                        digits and an exponent of at most 20000";
const EXTENDED: &str = "inf, -inf or a rational, as in 7, 1/3, -0.1, 1e-3 or 0x1.8p-4, with at \
                        most 10000 digits and an exponent of at most 20000";

/// Reads an exact rational: an integer "7", a fraction of integers "1/3", a decimal "-0.1" or
/// "1e-3", or a hexadecimal float "0x1.999ap-4". A sign may stand before all.
///
/// # Errors
/// [`Error::Parse`] for anything else: blanks, a denominator of zero, infinities and NaN, more
/// than [`MAX_DIGITS`] digits, or an exponent beyond ±[`MAX_EXPONENT`].
///
/// # Complexity
/// At most quadratic in the digits, which are limited.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::parse_rational;
///
/// assert_eq!(parse_rational("-0.1")?.to_string(), "-1/10");
/// assert_eq!(parse_rational("0x1.8p-4")?.to_string(), "3/32");
/// assert_eq!(parse_rational("2/6")?.to_string(), "1/3");
/// assert!(parse_rational("1e1000000000").is_err());
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn parse_rational(text: &str) -> Result<Rational, Error> {
    read(text).ok_or_else(|| refused(text, RATIONAL))
}

/// Reads a rational as [`parse_rational`] does, or an infinity: "inf", "+inf" or "-inf".
///
/// # Errors
/// [`Error::Parse`] for anything else.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Extended, rational::parse_extended};
///
/// assert_eq!(parse_extended("-inf")?, Extended::NegativeInfinity);
/// assert_eq!(parse_extended("0.5")?.to_string(), "1/2");
/// assert!(parse_extended("nan").is_err());
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn parse_extended(text: &str) -> Result<Extended, Error> {
    match text {
        "inf" | "+inf" => Ok(Extended::Infinity),
        "-inf" => Ok(Extended::NegativeInfinity),
        _ => read(text)
            .map(Extended::Finite)
            .ok_or_else(|| refused(text, EXTENDED)),
    }
}

/// The error, with the text cut where it would fill the screen.
fn refused(text: &str, wanted: &'static str) -> Error {
    const SHOWN: usize = 60;
    let mut got: String = text.chars().take(SHOWN).collect();
    if got.len() < text.len() {
        got.push('…');
    }
    Error::Parse { got, wanted }
}

fn read(text: &str) -> Option<Rational> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = if let Some((numerator, denominator)) = unsigned.split_once('/') {
        let denominator = read_digits(denominator, 10)?;
        if denominator.is_zero() {
            return None;
        }
        Rational::new(read_digits(numerator, 10)?.into(), denominator.into())
    } else if let Some(hexadecimal) = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
    {
        let (digits, exponent) = read_scientific(hexadecimal, 16, ['p', 'P'])?;
        from_dyadic(digits.0.into(), exponent - 4 * digits.1)
    } else {
        let (digits, exponent) = read_scientific(unsigned, 10, ['e', 'E'])?;
        from_decimal(digits.0, exponent - digits.1)
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Digits of a radix without a point: at least one, at most [`MAX_DIGITS`].
fn read_digits(text: &str, radix: u32) -> Option<BigUint> {
    let fits = (1..=MAX_DIGITS).contains(&text.len());
    // `from_str_radix` would also take a sign and underscores.
    if !fits || !text.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    BigUint::from_str_radix(text, radix).ok()
}

/// The digits as an integer with the number of them after the point, and the exponent.
fn read_scientific(text: &str, radix: u32, marks: [char; 2]) -> Option<((BigUint, i64), i64)> {
    let (significand, exponent) = match text.split_once(marks) {
        Some((significand, exponent)) => (significand, read_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    if whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let digits = read_digits(&[whole, fraction].concat(), radix)?;
    Some(((digits, i64::try_from(fraction.len()).ok()?), exponent))
}

fn read_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = text.parse().ok()?;
    (exponent.abs() <= MAX_EXPONENT).then_some(exponent)
}

/// digits·10^exponent in lowest terms. Only 2 and 5 can cancel, so no gcd is taken.
fn from_decimal(digits: BigUint, exponent: i64) -> Rational {
    if digits.is_zero() {
        return Rational::zero();
    }
    let size = u32::try_from(exponent.unsigned_abs()).expect("limited by the parser");
    let five = BigUint::from(5_u32);
    if exponent >= 0 {
        return from_dyadic((digits * five.pow(size)).into(), exponent);
    }
    let (digits, fives) = strip_fives(digits, size);
    let reduced = from_dyadic(digits.into(), exponent);
    let (numerator, denominator) = reduced.into_raw();
    Rational::new_raw(
        numerator,
        denominator * BigInt::from(five.pow(size - fives)),
    )
}

/// Divides by the largest power 5^k, k ≤ limit, that divides exactly; k comes with it. Binary
/// search over 5^(2^i), so that long texts cost few divisions.
fn strip_fives(mut digits: BigUint, limit: u32) -> (BigUint, u32) {
    let mut powers = vec![BigUint::from(5_u32)];
    while let Some(last) = powers.last()
        && last.bits() * 2 <= digits.bits()
    {
        powers.push(last * last);
    }
    let mut stripped = 0;
    for (step, power) in powers.iter().enumerate().rev() {
        let count = 1_u32 << step;
        while stripped + count <= limit {
            let quotient = &digits / power;
            if &quotient * power != digits {
                break;
            }
            digits = quotient;
            stripped += count;
        }
    }
    debug_assert!(!digits.is_zero() && !powers[0].is_one());
    (digits, stripped)
}
