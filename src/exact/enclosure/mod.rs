//! Dyadic numbers, and closed intervals of them that contain a real number: arithmetic with
//! outward rounding at a given working precision. The functions that are not arithmetic, ln and
//! exp, are in `elementary`; which float an enclosure rounds to is decided in `round`.

mod arithmetic;
mod dyadic;

pub(crate) use dyadic::bit_length;
pub use dyadic::{Bound, Direction, Dyadic, EXPONENT_LIMIT, MAX_BITS};

use core::cmp::Ordering;
use core::fmt;

use super::rational::Rational;
use crate::Error;

/// A closed interval with dyadic ends, or ±∞ where an end is not known, that contains one real
/// number.
///
/// Every operation takes a working precision in bits and rounds its ends outward to it, so the
/// result of an operation on two numbers lies in the result of the operation on their
/// enclosures. Ends never leave [2^−2^40, 2^2^40] in magnitude: they become 0 or ±∞
/// ([`EXPONENT_LIMIT`]), so nothing grows without bound. A working precision above [`MAX_BITS`]
/// may count as that.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Enclosure, rational::parse_rational};
///
/// let third = parse_rational("1/3")?;
/// let enclosure = Enclosure::from_rational(&third, 64);
/// assert!(enclosure.contains(&third));
/// assert!(enclosure.relative_width_at_most(62));
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    lower: Bound,
    upper: Bound,
}

impl Enclosure {
    /// The interval between two dyadic numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] where lower > upper.
    pub fn new(lower: Dyadic, upper: Dyadic) -> Result<Self, Error> {
        if lower > upper {
            return Err(Error::Parameter {
                name: "lower",
                got: format!("{lower:?}"),
                wanted: format!("at most {upper:?}"),
            });
        }
        Ok(Self {
            lower: Bound::Finite(lower),
            upper: Bound::Finite(upper),
        })
    }

    /// The interval between two ends that the caller knows to be in order.
    pub(crate) fn between(lower: Bound, upper: Bound) -> Self {
        debug_assert!(lower <= upper, "{lower:?} > {upper:?}");
        Self { lower, upper }
    }

    /// The interval that holds one dyadic number and nothing else.
    pub fn point(x: Dyadic) -> Self {
        Self {
            lower: Bound::Finite(x.clone()),
            upper: Bound::Finite(x),
        }
    }

    /// 0, and nothing else.
    pub fn zero() -> Self {
        Self::point(Dyadic::zero())
    }

    /// 1, and nothing else.
    pub fn one() -> Self {
        Self::point(Dyadic::from(1))
    }

    /// The whole real line: nothing is known.
    pub fn whole_line() -> Self {
        Self {
            lower: Bound::NegativeInfinity,
            upper: Bound::Infinity,
        }
    }

    /// A rational, to a relative width of 2^(1−bits); a point where it is dyadic and fits.
    pub fn from_rational(x: &Rational, bits: u32) -> Self {
        Self {
            lower: Bound::from_rational(x, bits, Direction::Down),
            upper: Bound::from_rational(x, bits, Direction::Up),
        }
    }

    /// The lower end.
    pub fn lower_bound(&self) -> &Bound {
        &self.lower
    }

    /// The upper end.
    pub fn upper_bound(&self) -> &Bound {
        &self.upper
    }

    /// The lower end as a rational.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where it is −∞ or so large or small that it would take millions of
    /// bits to write out.
    pub fn lower(&self) -> Result<Rational, Error> {
        self.lower.written_out()?.to_rational()
    }

    /// The upper end as a rational.
    ///
    /// # Errors
    /// As for [`Enclosure::lower`].
    pub fn upper(&self) -> Result<Rational, Error> {
        self.upper.written_out()?.to_rational()
    }

    /// Whether both ends are finite.
    pub fn is_bounded(&self) -> bool {
        self.lower.finite().is_some() && self.upper.finite().is_some()
    }

    /// Whether the interval holds one number only.
    pub fn is_point(&self) -> bool {
        self.is_bounded() && self.lower == self.upper
    }

    /// Whether the rational lies in the interval.
    pub fn contains(&self, x: &Rational) -> bool {
        self.cmp_lower(x) != Ordering::Greater && self.cmp_upper(x) != Ordering::Less
    }

    /// Whether 0 lies in the interval.
    pub fn contains_zero(&self) -> bool {
        self.lower.sign() != Ordering::Greater && self.upper.sign() != Ordering::Less
    }

    /// Whether every number of the other interval lies in this one.
    pub fn encloses(&self, other: &Self) -> bool {
        self.lower <= other.lower && other.upper <= self.upper
    }

    /// Whether the two intervals have a number in common. Two enclosures of one number have.
    pub fn intersects(&self, other: &Self) -> bool {
        self.lower <= other.upper && other.lower <= self.upper
    }

    /// The numbers that lie in both intervals, or `None` where there are none.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        self.intersects(other).then(|| Self {
            lower: self.lower.clone().max(other.lower.clone()),
            upper: self.upper.clone().min(other.upper.clone()),
        })
    }

    /// The sign of every number in the interval, or `None` where they differ.
    pub fn sign(&self) -> Option<Ordering> {
        let (lower, upper) = (self.lower.sign(), self.upper.sign());
        match (lower, upper) {
            (Ordering::Greater, _) => Some(Ordering::Greater),
            (_, Ordering::Less) => Some(Ordering::Less),
            (Ordering::Equal, Ordering::Equal) => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// How every number in the interval compares with every number of the other, or `None` where
    /// the intervals do not decide it.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.upper < other.lower {
            Some(Ordering::Less)
        } else if self.lower > other.upper {
            Some(Ordering::Greater)
        } else if self.is_point() && self == other {
            Some(Ordering::Equal)
        } else {
            None
        }
    }

    /// How every number in the interval compares with the rational, or `None` where the interval
    /// does not decide it.
    pub fn order_rational(&self, x: &Rational) -> Option<Ordering> {
        match (self.cmp_lower(x), self.cmp_upper(x)) {
            (Ordering::Greater, _) => Some(Ordering::Greater),
            (_, Ordering::Less) => Some(Ordering::Less),
            (Ordering::Equal, Ordering::Equal) => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// Whether upper − lower ≤ 2^−bits·|x| for every x in the interval.
    pub fn relative_width_at_most(&self, bits: u32) -> bool {
        let (Some(lower), Some(upper)) = (self.lower.finite(), self.upper.finite()) else {
            return false;
        };
        let least = match self.sign() {
            Some(Ordering::Greater) => lower,
            Some(Ordering::Less) => upper,
            Some(Ordering::Equal) => return true,
            None => return false,
        };
        let (Some(a), Some(b)) = (lower.magnitude(), upper.magnitude()) else {
            return false;
        };
        // A quotient of 4 or more is no narrow interval, and would be costly to subtract.
        if (a - b).abs() >= 2 {
            return false;
        }
        let width = upper.sum(&lower.negated());
        width.shifted(i64::from(bits)) <= least.absolute()
    }

    /// Whether upper − lower ≤ 2^exponent.
    pub fn width_at_most(&self, exponent: i64) -> bool {
        let (Some(lower), Some(upper)) = (self.lower.finite(), self.upper.finite()) else {
            return false;
        };
        let width =
            Bound::Finite(upper.clone()).add(&Bound::Finite(lower.negated()), 64, Direction::Up);
        match width.finite() {
            // Rounding upward keeps the comparison: 2^exponent has one bit.
            Some(width) => *width <= Dyadic::power_of_two(exponent),
            None => false,
        }
    }

    /// Whether every number in the interval is at least the rational.
    pub fn is_at_least(&self, x: &Rational) -> bool {
        self.cmp_lower(x) != Ordering::Less
    }

    fn cmp_lower(&self, x: &Rational) -> Ordering {
        self.lower
            .finite()
            .map_or(Ordering::Less, |lower| lower.cmp_rational(x))
    }

    fn cmp_upper(&self, x: &Rational) -> Ordering {
        self.upper
            .finite()
            .map_or(Ordering::Greater, |upper| upper.cmp_rational(x))
    }
}

impl fmt::Display for Enclosure {
    /// "[lower, upper]", each end as mantissa·2^exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.lower, self.upper)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeInfinity => f.write_str("-inf"),
            Self::Finite(x) if x.is_zero() => f.write_str("0"),
            Self::Finite(x) => write!(f, "{}*2^{}", x.mantissa(), x.exponent()),
            Self::Infinity => f.write_str("inf"),
        }
    }
}
