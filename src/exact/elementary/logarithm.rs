//! The natural logarithm, to a stated relative width also where it is nearly zero. Logarithms
//! that are kept exact are in `log_form`.

use core::cmp::Ordering;

use num_bigint::{BigInt, BigUint};
use num_traits::{One, ToPrimitive};

use super::constant::{ln_2_floor, ln_2_unchecked};
use super::exponential::exp_unchecked;
use super::words::{Units, in_units};
use super::{bits_of, checked};
use crate::Error;
use crate::exact::enclosure::{Bound, Direction, Dyadic, Enclosure, bit_length};
use crate::exact::rational::{Rational, dyadic_shift};

/// ln x of a rational x > 0, to a relative width of 2^−bits, however near to 1 or far from it x
/// is. ln 1 is the point 0.
///
/// With x = t·2^k, t in [0.70, 1.42), and z = (t − 1)/(t + 1), so that |z| < 0.172,
/// ln x = k·ln 2 + 2·Σ z^(2j+1)/(2j+1).
///
/// # Errors
/// [`Error::Undefined`] for x ≤ 0; [`Error::Undecided`] for more than
/// [`MAX_BITS`](crate::exact::enclosure::MAX_BITS) bits.
///
/// # Complexity
/// About bits/5 products of integers of that many bits.
///
/// # Examples
/// ```
/// use exact_loss::exact::{elementary::ln, rational::parse_rational};
///
/// let ln_2 = ln(&parse_rational("2")?, 64)?;
/// assert!(ln_2.relative_width_at_most(64));
/// assert!(ln_2.lower()? > parse_rational("0.693147180559945309")?);
/// assert!(ln_2.upper()? < parse_rational("0.693147180559945310")?);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn ln(x: &Rational, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    if x.numer().sign() != num_bigint::Sign::Plus {
        return Err(undefined(x));
    }
    let numerator = x.numer().magnitude();
    Ok(match dyadic_shift(x) {
        Some(shift) => ln_fraction(numerator, &BigUint::one(), -(shift as i64), bits),
        None => ln_fraction(numerator, x.denom().magnitude(), 0, bits),
    })
}

/// [`ln`] of a dyadic number, whose exponent may be astronomically large.
///
/// # Errors
/// As for [`ln`].
pub fn ln_dyadic(x: &Dyadic, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    if x.sign() != Ordering::Greater {
        return Err(undefined(&Bound::Finite(x.clone())));
    }
    Ok(ln_fraction(
        x.mantissa().magnitude(),
        &BigUint::one(),
        x.exponent(),
        bits,
    ))
}

/// ln of an enclosed x > 0: from ln of the lower to ln of the upper end. A lower end of 0 or
/// less gives −∞, an upper end of ∞ gives ∞.
///
/// # Errors
/// [`Error::Undefined`] where the upper end is 0 or less; [`Error::Undecided`] as for [`ln`].
pub fn ln_enclosure(x: &Enclosure, bits: u32) -> Result<Enclosure, Error> {
    if x.upper_bound().sign() != Ordering::Greater {
        return Err(undefined(x.upper_bound()));
    }
    if x.is_point()
        && let Bound::Finite(x) = x.lower_bound()
    {
        return ln_dyadic(x, bits);
    }
    let lower = match x.lower_bound() {
        Bound::Finite(x) if x.sign() == Ordering::Greater => {
            ln_dyadic(x, bits)?.lower_bound().clone()
        }
        Bound::Infinity => Bound::Infinity,
        _ => Bound::NegativeInfinity,
    };
    let upper = match x.upper_bound() {
        Bound::Finite(x) => ln_dyadic(x, bits)?.upper_bound().clone(),
        _ => Bound::Infinity,
    };
    Ok(Enclosure::between(lower, upper))
}

/// ln(1 + x) of an enclosed x > −1, without the rounding of 1 + x: to a relative width of
/// 2^−bits beyond that of x, however small x is. A lower end of −1 or less gives −∞.
///
/// # Errors
/// [`Error::Undefined`] where the upper end is −1 or less; [`Error::Undecided`] as for [`ln`].
///
/// # Examples
/// ```
/// use exact_loss::exact::{Enclosure, elementary::ln_1p_enclosure, rational::parse_rational};
///
/// let tiny = Enclosure::from_rational(&parse_rational("0x1p-1074")?, 64);
/// let ln = ln_1p_enclosure(&tiny, 64)?;
/// assert!(ln.relative_width_at_most(64));
/// assert!(ln.upper()? <= parse_rational("0x1p-1074")?);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn ln_1p_enclosure(x: &Enclosure, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    let minus_one = Bound::Finite(Dyadic::from(-1));
    if *x.upper_bound() <= minus_one {
        return Err(undefined(&format_args!("1 + {}", x.upper_bound())));
    }
    let end = |bound: &Bound, direction| match bound {
        Bound::Infinity => Bound::Infinity,
        bound if *bound <= minus_one => Bound::NegativeInfinity,
        Bound::Finite(x) => ln_1p_end(x, bits, direction),
        Bound::NegativeInfinity => Bound::NegativeInfinity,
    };
    Ok(Enclosure::between(
        end(x.lower_bound(), Direction::Down),
        end(x.upper_bound(), Direction::Up),
    ))
}

/// One end of ln(1 + x), x > −1.
///
/// For |x| < 2^−(bits+3) two terms are enough: x − x² ≤ ln(1+x) ≤ x for |x| ≤ ½, and the gap is
/// |x| relative to x.
fn ln_1p_end(x: &Dyadic, bits: u32, direction: Direction) -> Bound {
    let Some(top) = x.magnitude() else {
        return Bound::zero();
    };
    if top < -i64::from(bits) - 3 {
        return match direction {
            Direction::Up => x.round(bits + 3, direction),
            Direction::Down => {
                let square = Bound::Finite(x.product(x).negated());
                Bound::Finite(x.clone()).add(&square, bits + 3, direction)
            }
        };
    }
    let ends = if top > i64::from(bits) + 2 && top > bit_length(x.mantissa()) {
        // x is a huge integer, and x < 1 + x < x + 2^(top−bits).
        let shifted =
            Bound::Finite(x.clone()).add(&Bound::Finite(Dyadic::from(1)), bits + 2, direction);
        match shifted {
            Bound::Finite(sum) => ln_fraction(
                sum.mantissa().magnitude(),
                &BigUint::one(),
                sum.exponent(),
                bits,
            ),
            _ => return shifted,
        }
    } else {
        let sum = x.sum(&Dyadic::from(1));
        ln_fraction(
            sum.mantissa().magnitude(),
            &BigUint::one(),
            sum.exponent(),
            bits,
        )
    };
    match direction {
        Direction::Down => ends.lower_bound().clone(),
        Direction::Up => ends.upper_bound().clone(),
    }
}

fn undefined(x: &dyn core::fmt::Display) -> Error {
    let mut shown = x.to_string();
    if shown.len() > 60 {
        // Digits and signs only, so any byte is a boundary.
        shown.truncate(60);
        shown.push('…');
    }
    Error::Undefined {
        loss: "ln",
        reason: format!("its argument {shown} is not positive"),
    }
}

/// ln(n/d·2^e) for n, d > 0.
fn ln_fraction(n: &BigUint, d: &BigUint, e: i64, bits: u32) -> Enclosure {
    // n/d = t·2^shift with t in [29/41, 41/29): half-way between powers of two, near enough.
    let mut shift = n.bits() as i64 - d.bits() as i64;
    let (n_top, d_top) = (leading_bits(n), leading_bits(d));
    if n_top * 29 > d_top * 41 {
        shift += 1;
    } else if n_top * 41 < d_top * 29 {
        shift -= 1;
    }
    let k = shift + e;
    let aligned = |x: &BigUint, by: i64| if by > 0 { x << by as u64 } else { x.clone() };
    let (n, d) = (aligned(n, -shift), aligned(d, shift));
    let order = n.cmp(&d);
    let difference = if order == Ordering::Less {
        &d - &n
    } else {
        &n - &d
    };
    let total = &n + &d;

    if order == Ordering::Equal && k == 0 {
        return Enclosure::zero();
    }
    // |z| < 2^(1−leading)
    let leading = total.bits() - difference.bits();
    if u64::from(bits) > EXPONENTIAL_FROM * leading && order != Ordering::Equal {
        return ln_by_exponential(n, d, k, leading, bits);
    }

    // N terms and guard bits for their 2N units of error; see `series`.
    let mut w = bits + bits_of(bits) + 4;
    if k == 0 {
        // z is carried to w bits of its own.
        let (lower, upper, scale) = series(&difference, &total, w, leading);
        return rounded(lower, upper, scale, order == Ordering::Less, bits);
    }

    // |ln x| > 0.34, so units of 2^−w are relative to it; k·ln 2 errs by |k| units.
    let multiple = k.unsigned_abs();
    w += 2;
    let (low, high, scale) = series(&difference, &total, w, 0);
    let surplus = scale - i64::from(w);
    let low = low >> surplus;
    let high = (high >> surplus) + 1_u32;
    let ln_2 = ln_2_floor(w);
    let (base_low, base_high) = (&ln_2 * multiple, (&ln_2 + 1_u32) * multiple);
    // The signs of k and of ln t tell whether they add or subtract in magnitude.
    let (lower, upper) = if (k > 0) == (order == Ordering::Greater) {
        (base_low + low, base_high + high)
    } else {
        (base_low - high, base_high - low)
    };
    rounded(lower, upper, i64::from(w), k < 0, bits)
}

/// Where the series has more terms than half of this, an exponential is faster.
const EXPONENTIAL_FROM: u64 = 1000;

/// ln(n/d) + k·ln 2, by ln t = y + ln(t·exp(−y)), where y is ln t to half of the bits: the argument
/// of the second logarithm is then so near to 1 that its series is short. |ln t| > 2^−leading.
fn ln_by_exponential(n: BigUint, d: BigUint, k: i64, leading: u64, bits: u32) -> Enclosure {
    // leading < bits/EXPONENTIAL_FROM
    let w = bits + leading as u32 + 16;
    let half = ln_fraction(&n, &d, 0, bits / 2 + 16);
    let Bound::Finite(y) = half.lower_bound() else {
        return half;
    };
    // Not in lowest terms, which a scale does not need.
    let t = Rational::new_raw(n.into(), d.into());
    let near_one = exp_unchecked(&y.negated(), w).scale(&t, w);
    let end = |bound: &Bound, direction| match bound {
        Bound::Finite(x) => {
            let ends = ln_fraction(
                x.mantissa().magnitude(),
                &BigUint::one(),
                x.exponent(),
                bits / 2,
            );
            match direction {
                Direction::Down => ends.lower_bound().clone(),
                Direction::Up => ends.upper_bound().clone(),
            }
        }
        infinite => infinite.clone(),
    };
    let correction = Enclosure::between(
        end(near_one.lower_bound(), Direction::Down),
        end(near_one.upper_bound(), Direction::Up),
    );
    let ln_t = Enclosure::point(y.clone()).add(&correction, w);
    let multiple = Rational::from_integer(k.into());
    ln_2_unchecked(w).scale(&multiple, w).add(&ln_t, bits + 3)
}

/// The interval ±[lower, upper]·2^−scale, with ends of bits + 3 bits: their rounding and the
/// error of the series take half of the width each.
fn rounded(lower: BigUint, upper: BigUint, scale: i64, negative: bool, bits: u32) -> Enclosure {
    let end = |magnitude, direction| {
        Dyadic::raw(BigInt::from(magnitude), -scale).round(bits + 3, direction)
    };
    let magnitude = Enclosure::between(end(lower, Direction::Down), end(upper, Direction::Up));
    if negative { magnitude.neg() } else { magnitude }
}

/// 2·atanh z for z = difference/total in [0, 0.172): integers lower and upper in units of
/// 2^−scale, where scale comes with them. z is carried to w + leading bits after the point,
/// the sum Σ z^(2j)/(2j+1), which multiplies it, to w bits.
///
/// Error. Let Z, S and P be the floored z, sum and powers of z², in their units.
/// * z² < 0.0296. Its integer Q is less than 1.35 units short: 2·0.172 for the floor of z and 1
///   for its own.
/// * Each power is less than 1.35 units short: the error of the one before shrinks by 0.03, the
///   error of Q counts 0.03·1.35, its own floor counts 1, and 0.03·1.35·2 + 1 < 1.35.
/// * Each term is the floored P/(2j+1): less than 1 + 1.35/3 < 2 units short; the first is exact.
/// * When P = 0 the true power is less than 1.35 units, and the terms from there on are less
///   than 1.35/3·(1 + 0.03 + …) < 1 unit together.
///
/// So the sum over N terms lies in [S, S + 2N), and z in [Z, Z + 1).
fn series(difference: &BigUint, total: &BigUint, w: u32, leading: u64) -> (BigUint, BigUint, i64) {
    let z = (difference << (u64::from(w) + leading)) / total;
    let square = (&z * &z) >> (u64::from(w) + 2 * leading);
    let (sum, terms) = in_units!(w + 2, U => sum_of_odd_terms::<U>(&square, w));
    let lower = (&z * &sum) << 1_u32;
    let upper = ((z + 1_u32) * (sum + 2 * terms)) << 1_u32;
    (lower, upper, 2 * i64::from(w) + leading as i64)
}

/// Σ qⁱ/(2i+1) of a q below 0.03, all in units of 2^−w, each term floored; and the number of terms.
fn sum_of_odd_terms<U: Units>(square: &BigUint, w: u32) -> (BigUint, u32) {
    let square = U::from_integer(square);
    let mut sum = U::from_integer(&(BigUint::one() << w));
    let mut power = square.clone();
    let mut terms = 1_u32;
    while !power.is_zero() {
        sum.add(&power.over(2 * terms + 1));
        power = power.times(&square, w);
        terms += 1;
    }
    (sum.into_integer(), terms)
}

/// The leading 64 bits of x, as a number in [2^63, 2^64).
fn leading_bits(x: &BigUint) -> u128 {
    let length = x.bits();
    let top = if length > 64 {
        x >> (length - 64)
    } else {
        x << (64 - length)
    };
    u128::from(top.to_u64().unwrap_or(u64::MAX))
}
