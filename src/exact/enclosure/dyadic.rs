//! Dyadic numbers m·2^e, and the ends of enclosures: a dyadic number or ±∞, each operation
//! rounded in a stated direction. Intervals are in the parent module.

use core::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use crate::Error;
use crate::exact::rational::{self, Rational};

/// The ends of enclosures lie in magnitude between 2^−EXPONENT_LIMIT and 2^EXPONENT_LIMIT, or
/// are 0 or ±∞: what is smaller or larger is rounded outward to one of these. No number is ever
/// written out to that many bits.
pub const EXPONENT_LIMIT: i64 = 1 << 40;

/// The largest exponent, in magnitude, at which a dyadic number is written out as a rational.
const EXPANSION_LIMIT: i64 = 1 << 24;

/// The largest working precision. More is asked for in vain: the enclosure is wider than asked.
pub const MAX_BITS: u32 = 1 << 16;

/// A direction of rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards −∞.
    Down,
    /// Towards +∞.
    Up,
}

/// The dyadic number mantissa·2^exponent.
///
/// Equality and order are those of the value: 2·2^0 equals 1·2^1. Neither ever aligns numbers
/// of different magnitude.
///
/// # Examples
/// ```
/// use exact_loss::exact::enclosure::Dyadic;
///
/// let tiny = Dyadic::new(1.into(), -1_000_000_000)?;
/// assert!(Dyadic::zero() < tiny && tiny < Dyadic::from(1));
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dyadic {
    mantissa: BigInt,
    exponent: i64,
}

impl Dyadic {
    /// mantissa·2^exponent.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the exponent exceeds ±2·[`EXPONENT_LIMIT`].
    pub fn new(mantissa: BigInt, exponent: i64) -> Result<Self, Error> {
        if exponent.unsigned_abs() > 2 * EXPONENT_LIMIT.unsigned_abs() {
            return Err(Error::Unsupported {
                loss: "Dyadic::new",
                what: format!("the exponent {exponent}"),
                instead: "exponents reach from -2^41 to 2^41".to_owned(),
            });
        }
        Ok(Self { mantissa, exponent })
    }

    /// mantissa·2^exponent, of an exponent that the caller knows to be in range.
    pub(crate) fn raw(mantissa: BigInt, exponent: i64) -> Self {
        Self { mantissa, exponent }
    }

    /// 0.
    pub fn zero() -> Self {
        Self {
            mantissa: BigInt::zero(),
            exponent: 0,
        }
    }

    /// 2^exponent, of an exponent that the caller knows to be in range.
    pub(crate) fn power_of_two(exponent: i64) -> Self {
        Self {
            mantissa: BigInt::one(),
            exponent,
        }
    }

    /// The same number, or `None` where the denominator is no power of two.
    pub fn from_rational(x: &Rational) -> Option<Self> {
        let shift = i64::try_from(rational::dyadic_shift(x)?).ok()?;
        Some(Self {
            mantissa: x.numer().clone(),
            exponent: -shift,
        })
    }

    /// The same number as a rational.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where that would take millions of bits: beyond 2^(±2^24).
    pub fn to_rational(&self) -> Result<Rational, Error> {
        let Self { mantissa, exponent } = self.expandable()?;
        Ok(rational::from_dyadic(mantissa.clone(), *exponent))
    }

    /// The number itself, where it can be written out.
    fn expandable(&self) -> Result<&Self, Error> {
        if self.exponent.abs() > EXPANSION_LIMIT {
            return Err(Error::Unsupported {
                loss: "Dyadic::to_rational",
                what: format!("a number of {} bits", self.exponent.unsigned_abs()),
                instead: "compare it as a dyadic number".to_owned(),
            });
        }
        Ok(self)
    }

    /// The mantissa.
    pub fn mantissa(&self) -> &BigInt {
        &self.mantissa
    }

    /// The exponent of the mantissa's last bit.
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// Whether this is 0.
    pub fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// The number compared with 0.
    pub fn sign(&self) -> Ordering {
        match self.mantissa.sign() {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        }
    }

    /// ⌊log₂|x|⌋, or `None` for zero.
    pub fn magnitude(&self) -> Option<i64> {
        if self.is_zero() {
            return None;
        }
        Some(bit_length(&self.mantissa) + self.exponent - 1)
    }

    /// −x.
    pub(crate) fn negated(&self) -> Self {
        Self {
            mantissa: -&self.mantissa,
            exponent: self.exponent,
        }
    }

    /// |x|.
    pub(crate) fn absolute(&self) -> Self {
        Self {
            mantissa: self.mantissa.abs(),
            exponent: self.exponent,
        }
    }

    /// The exact product. Exponents of ends are at most 2^42 or so, so their sum fits.
    pub(crate) fn product(&self, other: &Self) -> Self {
        Self {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent + other.exponent,
        }
    }

    /// x·2^shift.
    pub(crate) fn shifted(&self, shift: i64) -> Self {
        Self {
            mantissa: self.mantissa.clone(),
            exponent: self.exponent + shift,
        }
    }

    /// The exact sum. The caller knows that the magnitudes are near each other.
    pub(crate) fn sum(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let aligned = |x: &Self| &x.mantissa << (x.exponent - exponent).unsigned_abs();
        Self {
            mantissa: aligned(self) + aligned(other),
            exponent,
        }
    }

    /// The number rounded to a mantissa of at most `bits` bits, in a direction; and to 0, to
    /// 2^±[`EXPONENT_LIMIT`] or to ±∞ where it leaves that range.
    pub fn round(&self, bits: u32, direction: Direction) -> Bound {
        let length = bit_length(&self.mantissa);
        let top = length + self.exponent - 1;
        if top.abs() >= EXPONENT_LIMIT && !self.is_zero() {
            return self.saturated(top, direction);
        }
        let excess = length - i64::from(bits.max(1));
        if excess <= 0 {
            return Bound::Finite(self.clone());
        }
        let excess = excess.unsigned_abs();
        // `>>` rounds towards −∞.
        let mut mantissa = &self.mantissa >> excess;
        let inexact = self
            .mantissa
            .trailing_zeros()
            .is_some_and(|zeros| zeros < excess);
        if direction == Direction::Up && inexact {
            mantissa += 1;
        }
        Bound::Finite(Self {
            mantissa,
            exponent: self.exponent + excess as i64,
        })
    }

    fn saturated(&self, top: i64, direction: Direction) -> Bound {
        let positive = self.mantissa.is_positive();
        let outward = positive == (direction == Direction::Up);
        let end = |exponent| {
            let power = Self::power_of_two(exponent);
            Bound::Finite(if positive { power } else { power.negated() })
        };
        match (top > 0, outward) {
            (true, true) if positive => Bound::Infinity,
            (true, true) => Bound::NegativeInfinity,
            (true, false) => end(EXPONENT_LIMIT),
            // |x| < 2^(top+1) ≤ 2^(1−LIMIT)
            (false, true) => end(1 - EXPONENT_LIMIT),
            (false, false) => Bound::Finite(Self::zero()),
        }
    }

    /// The number compared with a rational.
    pub fn cmp_rational(&self, x: &Rational) -> Ordering {
        let sign = match x.numer().sign() {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        };
        let (Some(own), Some(other)) = (self.magnitude(), rational::magnitude(x)) else {
            return self.sign().cmp(&sign);
        };
        if self.sign() != sign {
            return self.sign().cmp(&sign);
        }
        if own != other {
            let larger = own.cmp(&other);
            return if sign == Ordering::Greater {
                larger
            } else {
                larger.reverse()
            };
        }
        // Equal magnitudes: |exponent| is at most the bits of all three integers.
        let product = &self.mantissa * x.denom();
        if self.exponent >= 0 {
            (product << self.exponent.unsigned_abs()).cmp(x.numer())
        } else {
            product.cmp(&(x.numer() << self.exponent.unsigned_abs()))
        }
    }
}

impl From<i64> for Dyadic {
    fn from(x: i64) -> Self {
        Self {
            mantissa: BigInt::from(x),
            exponent: 0,
        }
    }
}

impl PartialEq for Dyadic {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Dyadic {}

impl PartialOrd for Dyadic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dyadic {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.sign();
        let (Some(own), Some(others)) = (self.magnitude(), other.magnitude()) else {
            return sign.cmp(&other.sign());
        };
        if sign != other.sign() {
            return sign.cmp(&other.sign());
        }
        if own != others {
            let larger = own.cmp(&others);
            return if sign == Ordering::Greater {
                larger
            } else {
                larger.reverse()
            };
        }
        // Equal magnitudes: the exponents differ by no more than the mantissas' lengths.
        match self.exponent.cmp(&other.exponent) {
            Ordering::Equal => self.mantissa.cmp(&other.mantissa),
            Ordering::Greater => {
                let shift = (self.exponent - other.exponent).unsigned_abs();
                (&self.mantissa << shift).cmp(&other.mantissa)
            }
            Ordering::Less => {
                let shift = (other.exponent - self.exponent).unsigned_abs();
                self.mantissa.cmp(&(&other.mantissa << shift))
            }
        }
    }
}

/// An end of an enclosure: a dyadic number, or ±∞ where nothing closer is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// −∞.
    NegativeInfinity,
    /// A dyadic number.
    Finite(Dyadic),
    /// +∞.
    Infinity,
}

impl Bound {
    /// The dyadic number, or `None` for ±∞.
    pub fn finite(&self) -> Option<&Dyadic> {
        match self {
            Self::Finite(x) => Some(x),
            _ => None,
        }
    }

    /// The end, where it is a number that can be written out.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where it is infinite, or would take millions of bits.
    pub(crate) fn written_out(&self) -> Result<&Dyadic, Error> {
        match self.finite() {
            Some(x) => x.expandable(),
            None => Err(Error::Unsupported {
                loss: "Enclosure",
                what: "an infinite end as a rational".to_owned(),
                instead: "enclose the number with more bits, or read the end as a bound".to_owned(),
            }),
        }
    }

    /// The end compared with 0.
    pub fn sign(&self) -> Ordering {
        match self {
            Self::NegativeInfinity => Ordering::Less,
            Self::Finite(x) => x.sign(),
            Self::Infinity => Ordering::Greater,
        }
    }

    pub(crate) fn zero() -> Self {
        Self::Finite(Dyadic::zero())
    }

    /// The rational rounded to `bits` bits.
    pub(crate) fn from_rational(x: &Rational, bits: u32, direction: Direction) -> Self {
        match Dyadic::from_rational(x) {
            Some(dyadic) => dyadic.round(bits, direction),
            None => quotient(x.numer(), x.denom(), 0, bits, direction),
        }
    }

    pub(crate) fn negated(&self) -> Self {
        match self {
            Self::NegativeInfinity => Self::Infinity,
            Self::Finite(x) => Self::Finite(x.negated()),
            Self::Infinity => Self::NegativeInfinity,
        }
    }

    /// The sum. ∞ − ∞ is the infinity of the direction: the ends of a sum of intervals meet it
    /// only where the sum is unbounded on that side.
    pub(crate) fn add(&self, other: &Self, bits: u32, direction: Direction) -> Self {
        match (self, other) {
            (Self::Finite(x), Self::Finite(y)) => add_finite(x, y, bits, direction),
            (infinite, Self::Finite(_)) | (Self::Finite(_), infinite) => infinite.clone(),
            (x, y) if x == y => x.clone(),
            _ if direction == Direction::Down => Self::NegativeInfinity,
            _ => Self::Infinity,
        }
    }

    /// The product, with 0·∞ = 0: an infinite end stands for arbitrarily large real numbers,
    /// and 0 times each of them is 0.
    pub(crate) fn mul(&self, other: &Self, bits: u32, direction: Direction) -> Self {
        if let (Self::Finite(x), Self::Finite(y)) = (self, other) {
            return x.product(y).round(bits, direction);
        }
        match (self.sign(), other.sign()) {
            (Ordering::Equal, _) | (_, Ordering::Equal) => Self::zero(),
            (a, b) if a == b => Self::Infinity,
            _ => Self::NegativeInfinity,
        }
    }

    /// The quotient by an end that is not 0, with x/∞ = 0 (and ∞/∞ = 0, its infimum).
    pub(crate) fn div(&self, other: &Self, bits: u32, direction: Direction) -> Self {
        match (self, other) {
            (_, Self::Infinity | Self::NegativeInfinity) => Self::zero(),
            (Self::Finite(x), Self::Finite(y)) => {
                let exponent = x.exponent - y.exponent;
                quotient(&x.mantissa, &y.mantissa, exponent, bits, direction)
            }
            (infinite, Self::Finite(y)) => {
                if y.sign() == Ordering::Greater {
                    infinite.clone()
                } else {
                    infinite.negated()
                }
            }
        }
    }

    /// The product with a rational.
    pub(crate) fn scale(&self, factor: &Rational, bits: u32, direction: Direction) -> Self {
        if factor.is_zero() {
            return Self::zero();
        }
        match self {
            Self::Finite(x) => {
                let numerator = &x.mantissa * factor.numer();
                match rational::dyadic_shift(factor) {
                    Some(shift) => {
                        Dyadic::raw(numerator, x.exponent - shift as i64).round(bits, direction)
                    }
                    None => quotient(&numerator, factor.denom(), x.exponent, bits, direction),
                }
            }
            infinite if factor.is_negative() => infinite.negated(),
            infinite => infinite.clone(),
        }
    }
}

/// x + y, rounded. A summand that lies wholly below the last place of the result is replaced by
/// 0 or by one unit below that place, whichever lies in the direction of rounding.
fn add_finite(x: &Dyadic, y: &Dyadic, bits: u32, direction: Direction) -> Bound {
    let (Some(top_x), Some(top_y)) = (x.magnitude(), y.magnitude()) else {
        return if x.is_zero() { y } else { x }.round(bits, direction);
    };
    let (large, small, top_large, top_small) = if top_x >= top_y {
        (x, y, top_x, top_y)
    } else {
        (y, x, top_y, top_x)
    };
    let last = large
        .exponent
        .min(top_large - i64::from(bits.min(2 * MAX_BITS)))
        - 2;
    if top_small >= last {
        return large.sum(small).round(bits, direction);
    }
    // |small| < 2^last
    let outward = (small.sign() == Ordering::Greater) == (direction == Direction::Up);
    if !outward {
        return large.round(bits, direction);
    }
    let unit = Dyadic::power_of_two(last);
    let unit = if direction == Direction::Up {
        unit
    } else {
        unit.negated()
    };
    large.sum(&unit).round(bits, direction)
}

/// numerator/denominator·2^exponent, rounded to `bits` bits or a few more.
pub(crate) fn quotient(
    numerator: &BigInt,
    denominator: &BigInt,
    exponent: i64,
    bits: u32,
    direction: Direction,
) -> Bound {
    let missing =
        i64::from(bits.min(2 * MAX_BITS)) + 1 + bit_length(denominator) - bit_length(numerator);
    let shift = missing.max(0).unsigned_abs();
    let dividend = numerator << shift;
    let mantissa = match direction {
        Direction::Down => dividend.div_floor(denominator),
        Direction::Up => dividend.div_ceil(denominator),
    };
    Dyadic::raw(mantissa, exponent - shift as i64).round(bits, direction)
}

/// The bits of |x|, as a signed number.
pub(crate) fn bit_length(x: &BigInt) -> i64 {
    i64::try_from(x.bits()).unwrap_or(i64::MAX)
}
