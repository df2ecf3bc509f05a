//! What is read off a ball: the order of two, the nearest float, and the distance of an answer in ulps. A
//! question that the ball leaves open has the answer `None`.

use core::cmp::Ordering;

use num_bigint::BigInt;

use super::Ball;
use crate::exact::Enclosure;
use crate::exact::enclosure::{Bound, Dyadic};
use crate::exact::rational::{Decoded, Format, unit_exponent};

/// A distance in ulps, between lower·2^exponent and upper·2^exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distance {
    pub(crate) lower: u128,
    pub(crate) upper: u128,
    pub(crate) exponent: i64,
}

impl Ball {
    /// The number against 0.
    pub(crate) fn sign(self) -> Ordering {
        match (self.is_zero(), self.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }

    /// The order of two numbers.
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        Some(self.sub(other)?.sign())
    }

    /// An enclosure whose width is at most 2^−bits times the number.
    pub(crate) fn enclosure(self, bits: u32) -> Option<Enclosure> {
        let radius = u128::from(self.radius);
        if self.is_zero() || 2 * radius > (self.mantissa - radius).checked_shr(bits)? {
            return None;
        }
        let end = |mantissa: BigInt| {
            let mantissa = if self.negative { -mantissa } else { mantissa };
            Bound::Finite(Dyadic::raw(mantissa, self.exponent))
        };
        let near = end((self.mantissa - radius).into());
        let far = end(BigInt::from(self.mantissa) + radius);
        Some(if self.negative {
            Enclosure::between(far, near)
        } else {
            Enclosure::between(near, far)
        })
    }

    /// The float nearest to a number that is no float and is not halfway between two.
    pub(crate) fn round<F: Format>(self) -> Option<F> {
        if self.is_zero() {
            return None;
        }
        let unit = unit_exponent::<F>(self.top());
        let dropped = u32::try_from(unit - self.exponent).ok()?;
        if dropped > 127 {
            return None;
        }
        let (part, half) = (self.mantissa & ((1 << dropped) - 1), 1 << (dropped - 1));
        let radius = u128::from(self.radius);
        let is_open =
            part <= radius || part + radius >= 1 << dropped || part.abs_diff(half) <= radius;
        if is_open {
            return None;
        }
        // No float is in the ball, so all of it has the unit of its midpoint.
        let significand = (self.mantissa >> dropped) as u64 + u64::from(part > half);
        F::encode(self.negative, significand, i32::try_from(unit).ok()?)
    }

    /// How far a finite float lies from the number, where it is 0 or they are near each other.
    pub(crate) fn distance<F: Format>(self, got: F) -> Option<Distance> {
        let Decoded::Finite {
            negative,
            significand,
            exponent,
        } = got.decode()
        else {
            return None;
        };
        if self.is_zero() {
            return None;
        }
        let got = if significand == 0 {
            0
        } else if negative == self.negative {
            let shift = u32::try_from(i64::from(exponent) - self.exponent).ok()?;
            let significand = u128::from(significand);
            (shift <= significand.leading_zeros()).then(|| significand << shift)?
        } else {
            return None;
        };
        let radius = u128::from(self.radius);
        // Both ends have the unit of the midpoint.
        if self.mantissa - radius < 1 << 127 || self.mantissa.checked_add(radius).is_none() {
            return None;
        }
        let distance = self.mantissa.abs_diff(got);
        Some(Distance {
            lower: distance.saturating_sub(radius),
            upper: distance.checked_add(radius)?,
            exponent: self.exponent - unit_exponent::<F>(self.top()),
        })
    }
}
