//! The exponential, for arguments of any size. Sums of exponentials are in `exp_sum`.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed};

use super::constant::ln_2_floor;
use super::words::{Units, in_units};
use super::{bits_of, checked};
use crate::Error;
use crate::exact::enclosure::{Bound, Direction, Dyadic, EXPONENT_LIMIT, Enclosure};
use crate::exact::rational::{Rational, dyadic_shift, magnitude};

/// From |x| = 2^40 on, exp x lies beyond 2^±[`EXPONENT_LIMIT`], because e > 2.
const SATURATION: i64 = 40;
const _: () = assert!(EXPONENT_LIMIT == 1 << SATURATION);

/// x is small where |x| < 2^(top+1) with a top below this.
const SMALL: i64 = -2;

/// exp x of a rational, to a relative width of 2^−bits. exp 0 is the point 1.
///
/// x = k·ln 2 + 2^s·f with 0 ≤ f < 2^−s·ln 2: a Taylor series for exp f, s squarings, and a
/// shift by k. From |x| = 2^40 on the answer is [2^2^40, ∞) or [0, 2^−2^40] instead, whatever
/// width was asked for.
///
/// # Errors
/// [`Error::Undecided`] for more than [`MAX_BITS`](crate::exact::enclosure::MAX_BITS) bits.
///
/// # Complexity
/// About 2·√bits products of integers of that many bits, and fewer for a small x.
///
/// # Examples
/// ```
/// use exact_loss::exact::{elementary::exp, rational::parse_rational};
///
/// let e = exp(&parse_rational("1")?, 64)?;
/// assert!(e.relative_width_at_most(64));
/// assert!(e.contains(&parse_rational("2.718281828459045235360")?));
/// let vanishing = exp(&parse_rational("-1e308")?, 64)?;
/// assert_eq!(vanishing.to_string(), "[0, 1*2^-1099511627776]");
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn exp(x: &Rational, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    let Some(top) = magnitude(x) else {
        return Ok(Enclosure::one());
    };
    if top >= SATURATION {
        return Ok(saturated(x.is_negative()));
    }
    if let Some(near_one) = near_one(top, x.is_negative(), bits) {
        return Ok(near_one);
    }
    let fixed = |w: u32| match dyadic_shift(x) {
        Some(shift) => shifted(x.numer(), i64::from(w) - shift as i64),
        None => (x.numer() << w).div_floor(x.denom()),
    };
    Ok(exp_fixed(fixed, top, bits))
}

/// [`exp`] of a dyadic number, whose exponent may be astronomically large.
///
/// # Errors
/// As for [`exp`].
pub fn exp_dyadic(x: &Dyadic, bits: u32) -> Result<Enclosure, Error> {
    Ok(exp_unchecked(x, checked(bits)?))
}

/// [`exp_dyadic`] at a precision that the caller knows to be in range.
pub(super) fn exp_unchecked(x: &Dyadic, bits: u32) -> Enclosure {
    let Some(top) = x.magnitude() else {
        return Enclosure::one();
    };
    let negative = x.mantissa().is_negative();
    if top >= SATURATION {
        return saturated(negative);
    }
    if let Some(near_one) = near_one(top, negative, bits) {
        return near_one;
    }
    exp_fixed(
        |w| shifted(x.mantissa(), x.exponent() + i64::from(w)),
        top,
        bits,
    )
}

/// exp of an enclosed x: from exp of the lower to exp of the upper end.
///
/// # Errors
/// As for [`exp`].
pub fn exp_enclosure(x: &Enclosure, bits: u32) -> Result<Enclosure, Error> {
    if x.is_point()
        && let Bound::Finite(x) = x.lower_bound()
    {
        return exp_dyadic(x, bits);
    }
    let lower = match x.lower_bound() {
        Bound::NegativeInfinity => Bound::zero(),
        Bound::Finite(x) => exp_dyadic(x, bits)?.lower_bound().clone(),
        Bound::Infinity => Bound::Infinity,
    };
    let upper = match x.upper_bound() {
        Bound::NegativeInfinity => Bound::zero(),
        Bound::Finite(x) => exp_dyadic(x, bits)?.upper_bound().clone(),
        Bound::Infinity => Bound::Infinity,
    };
    Ok(Enclosure::between(lower, upper))
}

/// [2^2^40, ∞) or [0, 2^−2^40].
fn saturated(negative: bool) -> Enclosure {
    if negative {
        let least = Dyadic::power_of_two(-EXPONENT_LIMIT);
        Enclosure::between(Bound::zero(), Bound::Finite(least))
    } else {
        let greatest = Dyadic::power_of_two(EXPONENT_LIMIT);
        Enclosure::between(Bound::Finite(greatest), Bound::Infinity)
    }
}

/// For |x| < 2^−(bits+2): 1 < exp x < 1 + 2·x, or 1 + x < exp x < 1.
fn near_one(top: i64, negative: bool, bits: u32) -> Option<Enclosure> {
    if top >= -i64::from(bits) - 2 {
        return None;
    }
    let one = Dyadic::from(1);
    let step = Dyadic::power_of_two(-i64::from(bits) - 1);
    Some(if negative {
        let below = one.sum(&step.negated());
        Enclosure::between(Bound::Finite(below), Bound::Finite(one))
    } else {
        let above = one.sum(&step);
        Enclosure::between(Bound::Finite(one), Bound::Finite(above))
    })
}

/// ⌊x·2^by⌋.
fn shifted(x: &BigInt, by: i64) -> BigInt {
    if by >= 0 {
        x << by.unsigned_abs()
    } else {
        x >> by.unsigned_abs()
    }
}

/// exp x of an x with |x| < 2^(top+1), which `fixed` gives as ⌊x·2^w⌋ for any w.
///
/// A small x is not reduced: k = 0, its own magnitude takes the place of the remainder, and of a negative
/// one it is 1/exp |x|. As |x| is below 2^(top+1), the halvings that it would have had by then are left out.
///
/// Error, in units of 2^−w at each stage:
/// * Reduction. X = ⌊x·2^W⌋ with W = w + guard, L = ⌊ln 2·2^W⌋. The remainder R of X by k lies
///   in [0, L], and x − k·ln 2 in [R, R + 1 + |k|] units of 2^−W. |k| ≤ 2^guard − 1, so after the
///   shift to 2^−w it lies in [r, r + 2), and after s halvings in [F, F + 2). Of a small x < 0 the
///   magnitude lies in [|X| − 1, |X|], and R = |X| − 1.
/// * Taylor. Each term is floored once, and the error of the one before shrinks by f < ½: less
///   than 2 units short each, the first two exact. When a term is 0, the true one is less than 2
///   units and halves from there on: less than 4 together. exp(F + 2 units) exceeds
///   exp(F) by less than 2·2·1.0001 < 5 units, because exp f < 2. So N terms give
///   [T, T + 2N + 9).
/// * Squaring. (T + ε)² = T² + 2Tε + ε²; the error becomes 2·T·ε·2^−w, plus 1 for ε², which is
///   small, plus 1 for the floor. T·2^−w < 2 is read from its leading bits.
fn exp_fixed(fixed: impl Fn(u32) -> BigInt, top: i64, bits: u32) -> Enclosure {
    let is_small = top < SMALL;
    // 1/exp |x| is wider than exp |x|, and rounded once more.
    let bits = bits + if is_small { 2 } else { 0 };
    let halvings = match u32::try_from(SMALL - top) {
        Ok(left_out) => halvings_for(bits).saturating_sub(left_out),
        Err(_) => halvings_for(bits),
    };
    let w = bits + halvings + bits_of(bits) + 6;
    // |k| < 2^(top+1)/ln 2 + 1 < 2^guard
    let guard = u32::try_from(top + 3).unwrap_or(0).max(2);
    let x = fixed(w + guard);
    let is_inverse = is_small && x.is_negative();
    let (k, remainder) = if is_small {
        (0, if is_inverse { -x - 1 } else { x })
    } else {
        let ln_2 = BigInt::from_biguint(Sign::Plus, ln_2_floor(w + guard));
        // k·ln 2 ≤ x: divide by the upper end of ln 2 where x ≥ 0, by the lower where x < 0.
        let divisor = if x.is_negative() { ln_2 } else { ln_2 + 1 };
        let (k, remainder) = x.div_mod_floor(&divisor);
        (i64::try_from(k).expect("below 2^guard ≤ 2^42"), remainder)
    };

    let f = remainder.magnitude() >> (guard + halvings);
    // All numbers are below 4, as exp (ln 2 and a little) is.
    let (value, error) = in_units!(w + 2, U => squared_taylor::<U>(&f, w, halvings));
    let end = |magnitude: BigUint, direction| {
        Dyadic::raw(BigInt::from(magnitude), k - i64::from(w)).round(bits + 3, direction)
    };
    let upper = end(&value + &error, Direction::Up);
    let exp = Enclosure::between(end(value, Direction::Down), upper);
    if is_inverse { exp.recip(bits) } else { exp }
}

/// The halvings that balance the terms of the series against the squarings.
fn halvings_for(bits: u32) -> u32 {
    bits.isqrt() / 2 + 2
}

/// exp f to the power 2^halvings, in units of 2^−w, and the error.
fn squared_taylor<U: Units>(f: &BigUint, w: u32, halvings: u32) -> (BigUint, BigUint) {
    let (mut value, terms) = taylor::<U>(f, w);
    // The error doubles with each squaring: beyond 2^13 bits or so it leaves 64 bits.
    let mut error = BigUint::from(2 * u64::from(terms) + 9);
    for _ in 0..halvings {
        // T·2^−w < leading/2^8
        error *= value.leading_byte(w);
        error >>= 7_u32;
        error += 3_u32;
        value = value.squared(w);
    }
    (value.into_integer(), error)
}

/// Σ fⁱ/i!, each term floored, in units of 2^−w; and the number of terms.
fn taylor<U: Units>(f: &BigUint, w: u32) -> (U, u32) {
    let mut sum = U::from_integer(&((BigUint::one() << w) + f));
    let f = U::from_integer(f);
    let mut term = f.clone();
    let mut terms = 2;
    loop {
        term = term.times(&f, w).over(terms);
        if term.is_zero() {
            return (sum, terms);
        }
        sum.add(&term);
        terms += 1;
    }
}
