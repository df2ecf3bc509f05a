//! The four operations, scaling and integer powers of enclosures, rounded outward. Ends are
//! computed one by one; which ends matter is decided by the signs.

use core::cmp::Ordering;

use num_traits::{Signed, Zero};

use super::{Bound, Direction, Dyadic, Enclosure};
use crate::exact::rational::Rational;
use Direction::{Down, Up};

impl Enclosure {
    /// −x.
    pub fn neg(&self) -> Self {
        Self {
            lower: self.upper.negated(),
            upper: self.lower.negated(),
        }
    }

    /// |x|.
    pub fn abs(&self) -> Self {
        match self.sign() {
            Some(Ordering::Less) => self.neg(),
            Some(_) => self.clone(),
            None => Self {
                lower: Bound::zero(),
                upper: self.lower.negated().max(self.upper.clone()),
            },
        }
    }

    /// x + y.
    pub fn add(&self, other: &Self, bits: u32) -> Self {
        Self {
            lower: self.lower.add(&other.lower, bits, Down),
            upper: self.upper.add(&other.upper, bits, Up),
        }
    }

    /// x − y.
    pub fn sub(&self, other: &Self, bits: u32) -> Self {
        self.add(&other.neg(), bits)
    }

    /// The sum of all; 0 for none.
    pub fn sum<'a>(terms: impl IntoIterator<Item = &'a Self>, bits: u32) -> Self {
        terms
            .into_iter()
            .fold(Self::zero(), |total, term| total.add(term, bits))
    }

    /// x·y.
    pub fn mul(&self, other: &Self, bits: u32) -> Self {
        let ends = |a: &Bound, b: &Bound, c: &Bound, d: &Bound| Self {
            lower: a.mul(b, bits, Down),
            upper: c.mul(d, bits, Up),
        };
        let (a, b, c, d) = (&self.lower, &self.upper, &other.lower, &other.upper);
        match (side(self), side(other)) {
            (Side::Positive, Side::Positive) => ends(a, c, b, d),
            (Side::Positive, Side::Negative) => ends(b, c, a, d),
            (Side::Negative, Side::Positive) => ends(a, d, b, c),
            (Side::Negative, Side::Negative) => ends(b, d, a, c),
            (Side::Positive, Side::Both) => ends(b, c, b, d),
            (Side::Both, Side::Positive) => ends(a, d, b, d),
            (Side::Negative, Side::Both) => ends(a, d, a, c),
            (Side::Both, Side::Negative) => ends(b, c, a, c),
            (Side::Both, Side::Both) => Self {
                lower: a.mul(d, bits, Down).min(b.mul(c, bits, Down)),
                upper: a.mul(c, bits, Up).max(b.mul(d, bits, Up)),
            },
        }
    }

    /// 1/x: the reciprocals of all numbers of the interval but 0.
    ///
    /// An interval with 0 inside gives the whole line, one with 0 as an end gives a half-line.
    pub fn recip(&self, bits: u32) -> Self {
        Self::one().div(self, bits)
    }

    /// x/y: the quotients by all numbers of the divisor but 0.
    ///
    /// A divisor with 0 inside gives the whole line; with 0 as one end, an infinite end. More
    /// precision may then separate the divisor from 0.
    pub fn div(&self, other: &Self, bits: u32) -> Self {
        match side(other) {
            Side::Negative => return self.neg().div(&other.neg(), bits),
            Side::Both => return Self::whole_line(),
            Side::Positive => {}
        }
        // Dividing by d ≥ 0; the lower end of the divisor may be 0, its upper end only with it.
        let (c, d) = (&other.lower, &other.upper);
        let over = |end: &Bound, divisor: &Bound, direction: Direction| {
            if divisor.sign() != Ordering::Equal {
                return end.div(divisor, bits, direction);
            }
            match end.sign() {
                Ordering::Less => Bound::NegativeInfinity,
                Ordering::Equal => Bound::zero(),
                Ordering::Greater => Bound::Infinity,
            }
        };
        if d.sign() == Ordering::Equal {
            return Self::whole_line();
        }
        let lower_divisor = if self.lower.sign() == Ordering::Less {
            c
        } else {
            d
        };
        let upper_divisor = if self.upper.sign() == Ordering::Less {
            d
        } else {
            c
        };
        Self {
            lower: over(&self.lower, lower_divisor, Down),
            upper: over(&self.upper, upper_divisor, Up),
        }
    }

    /// factor·x, exact but for one rounding of each end.
    pub fn scale(&self, factor: &Rational, bits: u32) -> Self {
        let (low, high) = if factor.is_negative() {
            (&self.upper, &self.lower)
        } else {
            (&self.lower, &self.upper)
        };
        Self {
            lower: low.scale(factor, bits, Down),
            upper: high.scale(factor, bits, Up),
        }
    }

    /// x·2^shift, exactly, but for ends that leave the range of [`super::EXPONENT_LIMIT`].
    pub fn shift(&self, shift: i32) -> Self {
        let moved = |end: &Bound, direction| match end {
            Bound::Finite(x) => x.shifted(i64::from(shift)).round(u32::MAX, direction),
            infinite => infinite.clone(),
        };
        Self {
            lower: moved(&self.lower, Down),
            upper: moved(&self.upper, Up),
        }
    }

    /// factor + x.
    pub fn add_rational(&self, term: &Rational, bits: u32) -> Self {
        if term.is_zero() {
            return self.clone();
        }
        // Two bits more, so that the term's own rounding hardly widens the sum.
        self.add(&Self::from_rational(term, bits.saturating_add(2)), bits)
    }

    /// x^exponent, with x^0 = 1. A negative exponent is the reciprocal of the power.
    ///
    /// The relative width stays within 2^(2−bits) of that of the exact power interval.
    ///
    /// # Complexity
    /// At most 4·log₂|exponent| products.
    pub fn powi(&self, exponent: i64, bits: u32) -> Self {
        let power = exponent.unsigned_abs();
        if power == 0 {
            return Self::one();
        }
        if exponent < 0 {
            return self.powi_natural(power, bits.saturating_add(2)).recip(bits);
        }
        self.powi_natural(power, bits)
    }

    fn powi_natural(&self, power: u64, bits: u32) -> Self {
        // Rounding errors of log₂ power squarings add up to less than 2·power units.
        let working = bits.saturating_add(3 + power.ilog2());
        let raise = |end: &Bound, direction| power_of_end(end, power, working, bits, direction);
        let odd = power % 2 == 1;
        match side(self) {
            Side::Positive => Self {
                lower: raise(&self.lower, Down),
                upper: raise(&self.upper, Up),
            },
            Side::Negative => {
                let flipped = self.neg().powi_natural(power, bits);
                if odd { flipped.neg() } else { flipped }
            }
            Side::Both => {
                let below = raise(&self.lower.negated(), Up);
                let above = raise(&self.upper, Up);
                if odd {
                    Self {
                        lower: below.negated(),
                        upper: above,
                    }
                } else {
                    Self {
                        lower: Bound::zero(),
                        upper: below.max(above),
                    }
                }
            }
        }
    }
}

/// Where an interval lies; 0 alone counts as positive.
enum Side {
    Negative,
    Positive,
    Both,
}

fn side(x: &Enclosure) -> Side {
    if x.lower.sign() != Ordering::Less {
        Side::Positive
    } else if x.upper.sign() != Ordering::Greater {
        Side::Negative
    } else {
        Side::Both
    }
}

/// end^power of an end ≥ 0, each product rounded in the direction.
fn power_of_end(end: &Bound, power: u64, working: u32, bits: u32, direction: Direction) -> Bound {
    let mut result = Bound::Finite(Dyadic::from(1));
    for bit in (0..=power.ilog2()).rev() {
        result = result.mul(&result, working, direction);
        if power >> bit & 1 == 1 {
            result = result.mul(end, working, direction);
        }
    }
    match result {
        Bound::Finite(x) => x.round(bits, direction),
        infinite => infinite,
    }
}
