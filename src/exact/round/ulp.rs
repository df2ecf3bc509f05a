//! The error of a float in units in the last place of the exact value: as an enclosure, or as a
//! class where there is no number to give. Which error is too large is for the oracle to say.

use core::cmp::Ordering;

use num_traits::Zero;

use crate::Error;
use crate::exact::enclosure::{Dyadic, Enclosure};
use crate::exact::rational::{Decoded, Format, Rational, from_dyadic, magnitude, unit_exponent};

/// How far a float lies from the exact value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UlpError {
    /// |x̂ − y|/ulp(y) lies between these rationals.
    Ulps {
        /// At least this many.
        lower: Rational,
        /// At most this many.
        upper: Rational,
    },
    /// The answer is NaN, and the value is a number.
    NotANumber,
    /// The answer is ±∞, and the value does not round to that infinity; or the value is ±∞, and
    /// the answer is not.
    WrongInfinity,
}

impl UlpError {
    /// No error at all.
    pub fn zero() -> Self {
        Self::Ulps {
            lower: Rational::zero(),
            upper: Rational::zero(),
        }
    }
}

/// ulp(y) = 2^(max(⌊log₂|y|⌋, MIN_EXPONENT) − PRECISION + 1): the unit in the last place of a real
/// number y in a format, whose range of exponents is taken to have no upper end.
/// ulp(0) = 2^(MIN_EXPONENT − PRECISION + 1).
///
/// # Examples
/// ```
/// use exact_loss::exact::{rational::parse_rational, round::ulp};
///
/// assert_eq!(ulp::<f64>(&parse_rational("1.5")?), parse_rational("0x1p-52")?);
/// assert_eq!(ulp::<f64>(&parse_rational("0")?), parse_rational("0x1p-1074")?);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn ulp<F: Format>(y: &Rational) -> Rational {
    let top = magnitude(y).unwrap_or(i64::from(F::MIN_EXPONENT));
    from_dyadic(1.into(), unit_exponent::<F>(top))
}

/// The error |x̂ − y|/ulp(y) of a float x̂, from an enclosure of the exact value y.
///
/// The classes come first: a NaN has no distance, and ±∞ is right iff ±y ≥ MAX + ½ulp(MAX),
/// with an error of 0 then. The sign of a zero is a check of its own:
/// [`sign_of_zero_agrees`]. x̂ = RN(y) implies an error of at most ½, and an error below ½
/// implies x̂ = RN(y).
///
/// # Errors
/// [`Error::Undecided`], with 0 bits, where the enclosure is too wide to say whether y rounds to ±∞;
/// [`Error::Unsupported`] where an end is infinite, but for a number that is known to exceed
/// 2^2^16 in magnitude: a finite answer to that errs by 2^PRECISION ulps at most.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Enclosure, UlpError, rational::parse_rational, round::ulp_error};
///
/// let y = Enclosure::from_rational(&parse_rational("1.25")?, 64);
/// let two = parse_rational("2")?;
/// let got = 1.25 + 2.0 * f64::EPSILON;
/// assert_eq!(ulp_error(got, &y)?, UlpError::Ulps { lower: two.clone(), upper: two });
/// assert_eq!(ulp_error(f64::NAN, &y)?, UlpError::NotANumber);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn ulp_error<F: Format>(got: F, y: &Enclosure) -> Result<UlpError, Error> {
    let got = match got.decode() {
        Decoded::NotANumber => return Ok(UlpError::NotANumber),
        Decoded::Infinite { negative: false } => return infinity_error::<F>(y),
        Decoded::Infinite { negative: true } => return infinity_error::<F>(&y.neg()),
        Decoded::Finite {
            negative,
            significand,
            exponent,
        } => {
            let magnitude = Dyadic::raw(significand.into(), exponent.into());
            if negative {
                magnitude.negated()
            } else {
                magnitude
            }
        }
    };
    if is_astronomical(y) {
        // 2^(p−1) ≤ |y|/ulp(y) < 2^p, and |x̂| is less than an ulp of y.
        let power = |exponent| from_dyadic(1.into(), i64::from(F::PRECISION) + exponent);
        let one = power(-i64::from(F::PRECISION));
        return Ok(UlpError::Ulps {
            lower: power(-1) - &one,
            upper: power(0) + one,
        });
    }
    let (lower, upper) = (written_out(y, true)?, written_out(y, false)?);
    let (below, above) = (got.sum(&lower.negated()), upper.sum(&got.negated()));
    // One of the two distances is negative where x̂ lies outside the enclosure.
    let nearest = below.negated().max(above.negated()).max(Dyadic::zero());
    let farthest = below.max(above);
    let least = i64::from(F::MIN_EXPONENT);
    let top = |end: &Dyadic| end.magnitude().unwrap_or(least).max(least);
    let (a, b) = (top(&lower), top(&upper));
    let crosses_zero = (lower.sign() == Ordering::Less) != (upper.sign() == Ordering::Less);
    let finest = if crosses_zero { least } else { a.min(b) };
    let in_ulps = |distance: Dyadic, top| distance.shifted(-unit_exponent::<F>(top)).to_rational();
    Ok(UlpError::Ulps {
        lower: in_ulps(nearest, a.max(b))?,
        upper: in_ulps(farthest, finest)?,
    })
}

/// Beyond 2^±this no format has numbers.
const ASTRONOMICAL: i64 = 1 << 16;

/// Whether every number of the enclosure exceeds 2^[`ASTRONOMICAL`] in magnitude.
fn is_astronomical(y: &Enclosure) -> bool {
    let sign = y.sign();
    let nearest = match sign {
        Some(Ordering::Greater) => y.lower_bound(),
        Some(Ordering::Less) => y.upper_bound(),
        _ => return false,
    };
    // An infinite end cannot be the nearer one to 0.
    nearest
        .finite()
        .and_then(Dyadic::magnitude)
        .is_some_and(|top| top >= ASTRONOMICAL)
}

/// An end of the enclosure. One that lies far below the least float is moved outward to 0 or to
/// ±2^−2^16, so that it need not be written out to all its bits.
fn written_out(y: &Enclosure, lower: bool) -> Result<Dyadic, Error> {
    const TINY: i64 = -ASTRONOMICAL;
    let end = if lower {
        y.lower_bound()
    } else {
        y.upper_bound()
    };
    let tiny = end
        .finite()
        .and_then(Dyadic::magnitude)
        .is_some_and(|top| top < TINY);
    match (tiny, end.sign(), lower) {
        (false, ..) => end.written_out().cloned(),
        (true, Ordering::Less, true) => Ok(Dyadic::power_of_two(TINY).negated()),
        (true, Ordering::Greater, false) => Ok(Dyadic::power_of_two(TINY)),
        (true, ..) => Ok(Dyadic::zero()),
    }
}

/// The class of the answer +∞.
fn infinity_error<F: Format>(y: &Enclosure) -> Result<UlpError, Error> {
    let boundary = overflow_boundary::<F>();
    if y.is_at_least(&boundary) {
        return Ok(UlpError::zero());
    }
    if y.order_rational(&boundary) == Some(Ordering::Less) {
        return Ok(UlpError::WrongInfinity);
    }
    Err(Error::Undecided {
        bits: 0,
        question: "whether the value rounds to ±inf",
    })
}

/// MAX + ½ulp(MAX): the least number that rounds to +∞.
fn overflow_boundary<F: Format>() -> Rational {
    let unit = F::MAX_EXPONENT - (F::PRECISION as i32 - 1);
    let odd = (1_u64 << (F::PRECISION + 1)) - 1;
    from_dyadic(odd.into(), i64::from(unit) - 1)
}

/// Whether the sign of an answer that is zero is that of the exact value: +0 for a value that is
/// positive or 0, −0 for a negative one. `None` where the enclosure does not tell, or where the
/// answer is not a zero.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Enclosure, rational::parse_rational, round::sign_of_zero_agrees};
///
/// let tiny = Enclosure::from_rational(&parse_rational("1e-999")?, 64);
/// assert_eq!(sign_of_zero_agrees(0.0_f64, &tiny), Some(true));
/// assert_eq!(sign_of_zero_agrees(-0.0_f64, &tiny), Some(false));
/// assert_eq!(sign_of_zero_agrees(1.0_f64, &tiny), None);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn sign_of_zero_agrees<F: Format>(got: F, y: &Enclosure) -> Option<bool> {
    match got.decode() {
        Decoded::Finite {
            negative,
            significand: 0,
            ..
        } => {
            let value_negative = if y.lower_bound().sign() != Ordering::Less {
                false
            } else if y.upper_bound().sign() == Ordering::Less {
                true
            } else {
                return None;
            };
            Some(negative == value_negative)
        }
        _ => None,
    }
}
