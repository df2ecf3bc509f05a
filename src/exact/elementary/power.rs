//! Rational powers and roots, and the test whether they are rational. Integer powers of
//! enclosures are in `enclosure`.

use core::cmp::Ordering;

use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::checked;
use super::exponential::exp_enclosure;
use super::logarithm::ln_enclosure;
use crate::Error;
use crate::exact::enclosure::{Bound, Direction, Dyadic, Enclosure};
use crate::exact::rational::Rational;

/// The most bits that an exact power may have.
const EXACT_LIMIT: u64 = 1 << 20;

/// Up to this degree a root is taken of an integer of degree·bits bits; beyond it by exp and ln.
const ROOT_DEGREE_LIMIT: u32 = 16;

/// base^exponent where it is rational, `None` where it is not. 0^0 = 1.
///
/// A power with the exponent a/b in lowest terms is rational iff the numerator and the
/// denominator of the base are b-th powers.
///
/// # Errors
/// [`Error::Undefined`] for a negative base with an exponent that is no integer, and for 0 with
/// a negative exponent; [`Error::Unsupported`] where the power is rational but longer than a
/// million bits.
///
/// # Examples
/// ```
/// use exact_loss::exact::{elementary::exact_power, rational::parse_rational};
///
/// let base = parse_rational("4/9")?;
/// let power = exact_power(&base, &parse_rational("3/2")?)?;
/// assert_eq!(power, Some(parse_rational("8/27")?));
/// assert_eq!(exact_power(&base, &parse_rational("1/3")?)?, None);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn exact_power(base: &Rational, exponent: &Rational) -> Result<Option<Rational>, Error> {
    if exponent.is_zero() || base.is_one() {
        return Ok(Some(Rational::one()));
    }
    check_base(base.cmp(&Rational::zero()), exponent)?;
    if base.is_zero() {
        return Ok(Some(Rational::zero()));
    }
    let sign_odd = base.is_negative() && exponent.numer().bit(0);
    let degree = exponent.denom().magnitude();
    let (Some(numerator), Some(denominator)) = (
        exact_root(base.numer().magnitude(), degree),
        exact_root(base.denom().magnitude(), degree),
    ) else {
        return Ok(None);
    };
    if numerator.is_one() && denominator.is_one() {
        // Only −1 comes here: +1 was answered above.
        return Ok(Some(Rational::from_integer(
            if sign_odd { -1 } else { 1 }.into(),
        )));
    }
    let longest = numerator.bits().max(denominator.bits());
    let power = exponent.numer().magnitude().to_u32().filter(|power| {
        u64::from(*power)
            .checked_mul(longest)
            .is_some_and(|bits| bits <= EXACT_LIMIT)
    });
    let Some(power) = power else {
        return Err(Error::Unsupported {
            loss: "exact_power",
            what: "a rational power of more than 2^20 bits".to_owned(),
            instead: "enclose it".to_owned(),
        });
    };
    let raise = |x: BigUint| BigInt::from(x.pow(power));
    let (mut n, mut d) = (raise(numerator), raise(denominator));
    if exponent.is_negative() {
        core::mem::swap(&mut n, &mut d);
    }
    // Powers of coprime integers are coprime.
    Ok(Some(Rational::new_raw(if sign_odd { -n } else { n }, d)))
}

/// The b-th root of x where it is an integer.
fn exact_root(x: &BigUint, degree: &BigUint) -> Option<BigUint> {
    if x.is_one() || degree.is_one() {
        return Some(x.clone());
    }
    // 2 ≤ root and root^degree = x need degree < bits of x.
    let degree = degree
        .to_u32()
        .filter(|degree| u64::from(*degree) < x.bits())?;
    // The trailing zeros of a b-th power are a multiple of b.
    if x.trailing_zeros()? % u64::from(degree) != 0 {
        return None;
    }
    let root = x.nth_root(degree);
    (root.pow(degree) == *x).then_some(root)
}

/// The root of the given degree of a rational x ≥ 0, to a relative width of 2^−bits.
///
/// # Errors
/// [`Error::Undefined`] for x < 0 or a degree of 0; [`Error::Undecided`] for more than
/// [`MAX_BITS`](crate::exact::enclosure::MAX_BITS) bits.
///
/// # Complexity
/// One integer root, by Newton's method, of an integer of degree·bits bits; for degrees above 16
/// an exponential and a logarithm.
///
/// # Examples
/// ```
/// use exact_loss::exact::{elementary::root, rational::parse_rational};
///
/// let root_2 = root(&parse_rational("2")?, 2, 64)?;
/// assert!(root_2.contains(&parse_rational("1.414213562373095048802")?));
/// assert!(root_2.relative_width_at_most(64));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn root(x: &Rational, degree: u32, bits: u32) -> Result<Enclosure, Error> {
    if degree == 0 {
        return Err(undefined("a root of degree 0 is taken"));
    }
    power(
        x,
        &Rational::new_raw(BigInt::one(), BigInt::from(degree)),
        bits,
    )
}

/// base^exponent of rationals, to a relative width of 2^−bits, where it does not leave the range
/// of [`EXPONENT_LIMIT`](crate::exact::enclosure::EXPONENT_LIMIT). 0^0 = 1.
///
/// # Errors
/// [`Error::Undefined`] for a negative base with an exponent that is no integer, and for 0 with
/// a negative exponent; [`Error::Undecided`] for more than
/// [`MAX_BITS`](crate::exact::enclosure::MAX_BITS) bits.
pub fn power(base: &Rational, exponent: &Rational, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    if exponent.is_zero() {
        return Ok(Enclosure::one());
    }
    check_base(base.cmp(&Rational::zero()), exponent)?;
    // A relative width of 2^−m of the base grows by the exponent at most.
    let growth = exponent
        .numer()
        .bits()
        .saturating_sub(exponent.denom().bits()) as u32;
    let working = bits.saturating_add(growth).saturating_add(4);
    power_enclosure(&Enclosure::from_rational(base, working), exponent, bits)
}

/// x^exponent of an enclosed x ≥ 0, or of any x for an integer exponent: from the power of one
/// end to the power of the other, each to a relative width of 2^−bits. x^0 = 1. Where 0 is the
/// lower end and the exponent negative, the upper end is ∞.
///
/// An enclosure that reaches below 0 is cut at 0 where the exponent is no integer: the power of
/// the enclosed number is defined, so the number is not negative.
///
/// # Errors
/// [`Error::Undefined`] where the upper end is negative and the exponent no integer, or where x
/// is the point 0 and the exponent negative; [`Error::Undecided`] as for [`power`].
pub fn power_enclosure(x: &Enclosure, exponent: &Rational, bits: u32) -> Result<Enclosure, Error> {
    let bits = checked(bits)?;
    if exponent.is_zero() {
        return Ok(Enclosure::one());
    }
    let negative = exponent.is_negative();
    if x.is_point() && x.contains_zero() && negative {
        return Err(undefined("0 is raised to a negative power"));
    }
    if exponent.is_integer() {
        if let Some(integer) = exponent.numer().to_i64() {
            return Ok(x.powi(integer, bits + 4));
        }
        if x.lower_bound().sign() == Ordering::Less {
            let magnitude = power_enclosure(&x.abs(), exponent, bits)?;
            return Ok(match x.sign() {
                _ if !exponent.numer().bit(0) => magnitude,
                Some(_) => magnitude.neg(),
                None => Enclosure::between(
                    magnitude.upper_bound().negated(),
                    magnitude.upper_bound().clone(),
                ),
            });
        }
    }
    check_base(x.upper_bound().sign(), exponent)?;
    let zero = Bound::zero();
    let low = x.lower_bound().max(&zero);
    let positive = exponent.abs();
    let raised = Enclosure::between(
        power_of_end(low, &positive, bits + 4, Direction::Down)?,
        power_of_end(x.upper_bound(), &positive, bits + 4, Direction::Up)?,
    );
    Ok(if negative {
        raised.recip(bits + 4)
    } else {
        raised
    })
}

/// One end of x^exponent, for exponent > 0.
fn power_of_end(
    end: &Bound,
    exponent: &Rational,
    bits: u32,
    direction: Direction,
) -> Result<Bound, Error> {
    let x = match end {
        Bound::Finite(x) if !x.is_zero() => x,
        fixed => return Ok(fixed.clone()),
    };
    let point = Enclosure::point(x.clone());
    let power = exponent.numer().to_i64().filter(|power| *power < 1 << 32);
    let degree = exponent
        .denom()
        .to_u32()
        .filter(|degree| *degree <= ROOT_DEGREE_LIMIT);
    let raised = if let (Some(power), Some(degree)) = (power, degree) {
        match side(&point.powi(power, bits + 3), direction) {
            Bound::Finite(x) => return Ok(root_of_end(&x, degree, bits, direction)),
            infinite => return Ok(infinite.clone()),
        }
    } else {
        // exp(y) for |y| < 2^41 needs y to bits + 41 bits; larger y saturate.
        let y = ln_enclosure(&point, bits + 48)?.scale(exponent, bits + 48);
        exp_enclosure(&y, bits + 2)?
    };
    Ok(side(&raised, direction))
}

fn side(x: &Enclosure, direction: Direction) -> Bound {
    match direction {
        Direction::Down => x.lower_bound().clone(),
        Direction::Up => x.upper_bound().clone(),
    }
}

/// The root of a dyadic number ≥ 0, rounded: the integer root of the mantissa, scaled so that it
/// has more than `bits` bits and the exponent is a multiple of the degree.
fn root_of_end(x: &Dyadic, degree: u32, bits: u32, direction: Direction) -> Bound {
    if x.is_zero() {
        return Bound::zero();
    }
    let wanted = u64::from(degree) * u64::from(bits + 1);
    let mut shift = wanted.saturating_sub(x.mantissa().bits()) as i64;
    shift += (x.exponent() - shift).rem_euclid(i64::from(degree));
    let radicand = x.mantissa().magnitude() << shift.unsigned_abs();
    let mut root = radicand.nth_root(degree);
    if direction == Direction::Up && root.pow(degree) != radicand {
        root += 1_u32;
    }
    let exponent = (x.exponent() - shift) / i64::from(degree);
    Dyadic::raw(BigInt::from(root), exponent).round(bits, direction)
}

/// That base^exponent is a real number.
fn check_base(base: Ordering, exponent: &Rational) -> Result<(), Error> {
    match base {
        Ordering::Less if !exponent.is_integer() => Err(undefined(
            "a negative number is raised to a power that is no integer",
        )),
        Ordering::Equal if exponent.is_negative() => {
            Err(undefined("0 is raised to a negative power"))
        }
        _ => Ok(()),
    }
}

fn undefined(reason: &str) -> Error {
    Error::Undefined {
        loss: "power",
        reason: reason.to_owned(),
    }
}
