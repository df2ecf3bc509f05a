//! Balls: real numbers known to about 120 bits, as a midpoint of two machine words and a radius. They are
//! what most questions about a value are answered from, without memory of their own: which float is
//! nearest, of what sign the value is, how far an answer lies from it. A question that a ball does not
//! answer goes to enclosures of any precision, which are in [`enclosure`](super::enclosure). The
//! elementary functions of balls are in `functions`, their constants in `table`, and what is read off a
//! ball is in `read`.

mod functions;
mod read;
mod table;

pub(crate) use read::Distance;

use num_bigint::{BigInt, BigUint, Sign};

use super::rational::{Rational, dyadic_shift};

/// The largest radius, in units of the last place: a ball is narrower than 2^−74 of its number.
const WIDEST: u128 = 1 << 52;

/// The largest exponent in magnitude: what is beyond it is not kept in a ball.
const FARTHEST: u64 = 1 << 40;

/// A number y with |y − (±mantissa·2^exponent)| ≤ radius·2^exponent: either 0, and that exactly, or a
/// number whose sign is known.
///
/// # Invariant
/// mantissa ≥ 2^127 and radius ≤ [`WIDEST`], or all is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ball {
    negative: bool,
    mantissa: u128,
    exponent: i64,
    radius: u64,
}

impl Ball {
    /// 0.
    pub(crate) const ZERO: Self = Self {
        negative: false,
        mantissa: 0,
        exponent: 0,
        radius: 0,
    };

    /// 1.
    pub(crate) const ONE: Self = Self {
        negative: false,
        mantissa: 1 << 127,
        exponent: -127,
        radius: 0,
    };

    /// ±mantissa·2^exponent, give or take `radius` units; `None` where that is too wide for a ball.
    fn new(negative: bool, mantissa: u128, exponent: i64, radius: u128) -> Option<Self> {
        if mantissa == 0 {
            return (radius == 0).then_some(Self::ZERO);
        }
        let shift = mantissa.leading_zeros();
        let radius = radius.checked_mul(1 << shift)?;
        let exponent = exponent - i64::from(shift);
        let fits = radius <= WIDEST && exponent.unsigned_abs() <= FARTHEST;
        fits.then_some(Self {
            negative,
            mantissa: mantissa << shift,
            exponent,
            radius: radius as u64,
        })
    }

    /// An integer: exactly where it has 128 bits, else its leading ones.
    fn from_natural(x: &BigUint, exponent: i64) -> Option<Self> {
        let (mut leading, mut dropped) = (0_u128, 0);
        let mut words = x.iter_u64_digits().rev();
        for word in words.by_ref().take(2) {
            leading = leading << 64 | u128::from(word);
        }
        let mut rest = words;
        // A third word fills up what the first leaves free.
        let free = leading.leading_zeros();
        let mut is_cut = false;
        if let Some(word) = rest.next() {
            let taken = u128::from(word) >> (64 - free);
            is_cut = free < 64 && word << free != 0;
            leading = leading << free | taken;
            dropped = 64 - i64::from(free) + 64 * rest.len() as i64;
            is_cut |= rest.any(|word| word != 0);
        }
        Self::new(false, leading, exponent + dropped, is_cut.into())
    }

    /// An integer times a power of two.
    pub(crate) fn from_integer(x: &BigInt, exponent: i64) -> Option<Self> {
        let size = Self::from_natural(x.magnitude(), exponent)?;
        Some(if x.sign() == Sign::Minus {
            size.neg()
        } else {
            size
        })
    }

    /// A rational.
    pub(crate) fn from_rational(x: &Rational) -> Option<Self> {
        if let Some(shift) = dyadic_shift(x) {
            return Self::from_integer(x.numer(), -i64::try_from(shift).ok()?);
        }
        Self::from_integer(x.numer(), 0)?.div(Self::from_natural(x.denom().magnitude(), 0)?)
    }

    /// Whether this is 0, which is known exactly.
    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// ⌊log₂ of the midpoint⌋.
    pub(crate) fn top(self) -> i64 {
        self.exponent + 127
    }

    /// −x.
    pub(crate) fn neg(self) -> Self {
        Self {
            negative: !self.negative && !self.is_zero(),
            ..self
        }
    }

    /// x + y; `None` where they cancel to less than a ball holds.
    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let (a, b) = if self.is_zero() || self.exponent < other.exponent && !other.is_zero() {
            (other, self)
        } else {
            (self, other)
        };
        if b.is_zero() {
            return Some(a);
        }
        let gap = a.exponent.abs_diff(b.exponent);
        // b in units of a: what is cut off is below one unit.
        let (low, is_cut) = match gap {
            0 => (b.mantissa, false),
            1..128 => (b.mantissa >> gap, b.mantissa << (128 - gap) != 0),
            _ => (0, true),
        };
        let spread = if gap == 0 {
            b.radius
        } else {
            (b.radius >> gap.min(63)) + u64::from(b.radius != 0) + u64::from(is_cut)
        };
        let radius = u128::from(a.radius) + u128::from(spread);
        if a.negative == b.negative {
            let (sum, carry) = a.mantissa.overflowing_add(low);
            return if carry {
                let half = radius.div_ceil(2) + (sum & 1);
                Self::new(a.negative, sum >> 1 | 1 << 127, a.exponent + 1, half)
            } else {
                Self::new(a.negative, sum, a.exponent, radius)
            };
        }
        if a.mantissa >= low {
            Self::new(a.negative, a.mantissa - low, a.exponent, radius)
        } else {
            Self::new(b.negative, low - a.mantissa, a.exponent, radius)
        }
    }

    /// x − y, as [`Ball::add`].
    pub(crate) fn sub(self, other: Self) -> Option<Self> {
        self.add(other.neg())
    }

    /// x·y. With midpoints below 2^128 the radii count as they are, and the product of the radii and the
    /// floor less than one unit each.
    pub(crate) fn mul(self, other: Self) -> Option<Self> {
        if self.is_zero() || other.is_zero() {
            return Some(Self::ZERO);
        }
        let (high, low) = product(self.mantissa, other.mantissa);
        let radius = match (self.radius, other.radius) {
            (0, 0) => u128::from(low != 0),
            (a, b) => u128::from(a) + u128::from(b) + 2,
        };
        let exponent = self.exponent + other.exponent + 128;
        Self::new(self.negative != other.negative, high, exponent, radius)
    }

    /// x/y; `None` for y = 0.
    ///
    /// The quotient has 128 bits: its unit is at most 2·2^−128 of the larger of 1 and x/y, so each radius
    /// counts twice at most; the floor, and that y may be smaller than its midpoint by 2^−75, count less
    /// than one unit each.
    pub(crate) fn div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Some(Self::ZERO);
        }
        let (a, b) = (self.mantissa, other.mantissa);
        // a·2^128 or a·2^127, whichever is below b·2^128.
        let (high, low, bits) = if a < b {
            (a, 0, 128)
        } else {
            (a >> 1, a << 127, 127)
        };
        let (quotient, rest) = quotient(high, low, b);
        let radius = match (self.radius, other.radius) {
            (0, 0) => u128::from(rest != 0),
            (a, b) => 2 * u128::from(a) + 2 * u128::from(b) + 2,
        };
        let exponent = self.exponent - other.exponent - bits;
        Self::new(self.negative != other.negative, quotient, exponent, radius)
    }

    /// x^power of a whole power.
    pub(crate) fn powi(self, power: i64) -> Option<Self> {
        if power < 0 {
            return Self::ONE.div(self.powi(power.checked_neg()?)?);
        }
        let mut result = Self::ONE;
        for bit in (0..power.checked_ilog2().map_or(0, |top| top + 1)).rev() {
            result = result.mul(result)?;
            if power >> bit & 1 == 1 {
                result = result.mul(self)?;
            }
        }
        Some(result)
    }
}

/// a·b in two halves.
fn product(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a0 * b0;
    let cross = a1 * b0 + (low >> 64);
    let other = a0 * b1 + (cross & LOW);
    let high = a1 * b1 + (cross >> 64) + (other >> 64);
    (high, other << 64 | low & LOW)
}

/// (high·2^128 + low)/d and the rest, for high < d and d ≥ 2^127.
fn quotient(high: u128, low: u128, d: u128) -> (u128, u128) {
    let (first, rest) = digit(high, (low >> 64) as u64, d);
    let (second, rest) = digit(rest, low as u64, d);
    (u128::from(first) << 64 | u128::from(second), rest)
}

/// (rest·2^64 + next)/d and what remains, for rest < d and d ≥ 2^127: the estimate by the first word of d is
/// at most two too large.
fn digit(rest: u128, next: u64, d: u128) -> (u64, u128) {
    let (d1, d0) = (d >> 64, d & u128::from(u64::MAX));
    let mut q = (rest / d1).min(u64::MAX.into());
    let mut remainder = rest - q * d1;
    while remainder >> 64 == 0 && q * d0 > (remainder << 64 | u128::from(next)) {
        q -= 1;
        remainder += d1;
    }
    let exact = (rest << 64 | u128::from(next)).wrapping_sub(q.wrapping_mul(d));
    (q as u64, exact)
}

#[cfg(test)]
mod tests {
    use num_traits::{One, Zero};
    use proptest::prelude::*;

    use super::*;
    use crate::exact::rational::from_dyadic;
    use crate::exact::{Enclosure, elementary};

    /// What the ball says of its number, as an interval of rationals.
    fn interval(ball: Ball) -> (Rational, Rational) {
        let end = |mantissa: BigInt| {
            let size = from_dyadic(mantissa, ball.exponent);
            if ball.negative { -size } else { size }
        };
        let (mantissa, radius) = (BigInt::from(ball.mantissa), BigInt::from(ball.radius));
        let ends = (end(&mantissa - &radius), end(mantissa + radius));
        if ball.negative {
            (ends.1, ends.0)
        } else {
            ends
        }
    }

    /// Whether a ball, where there is one, contains the number, and is narrow.
    fn contains(ball: Option<Ball>, exact: &Enclosure) -> bool {
        ball.is_none_or(|ball| {
            let (lower, upper) = interval(ball);
            let is_normal = ball.is_zero() || ball.mantissa >> 127 == 1;
            let narrow = u128::from(ball.radius) <= WIDEST;
            is_normal
                && narrow
                && exact.is_at_least(&lower)
                && !exact.is_at_least(&(upper + from_dyadic(1.into(), ball.exponent - 100)))
        })
    }

    fn rational() -> impl Strategy<Value = Rational> {
        let float = (any::<i64>(), -90..30_i64).prop_map(|(m, e)| from_dyadic(m.into(), e - 63));
        let near_one = (any::<i32>(), 32..120_i64)
            .prop_map(|(m, e)| from_dyadic(m.into(), -e) + Rational::one());
        let long =
            (any::<[u64; 4]>(), any::<[u64; 3]>(), any::<bool>()).prop_map(|(n, d, negative)| {
                let integer =
                    |words: &[u64]| words.iter().fold(BigInt::zero(), |x, &w| (x << 64) + w);
                let x = Rational::new(integer(&n), integer(&d) + 1);
                if negative { -x } else { x }
            });
        let small = (-50..50_i64, 1..50_i64).prop_map(|(n, d)| Rational::new(n.into(), d.into()));
        prop_oneof![float, near_one, long, small]
    }

    const BITS: u32 = 400;

    fn exactly(x: &Rational) -> Enclosure {
        Enclosure::from_rational(x, 4000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn balls_contain_what_the_four_operations_give(x in rational(), y in rational(), n in -9..9_i64) {
            let (a, b) = (Ball::from_rational(&x).expect("in range"), Ball::from_rational(&y).expect("in range"));
            prop_assert!(contains(Some(a), &exactly(&x)));
            prop_assert!(contains(a.add(b), &exactly(&(&x + &y))));
            prop_assert!(contains(a.sub(b), &exactly(&(&x - &y))));
            prop_assert!(contains(a.mul(b), &exactly(&(&x * &y))));
            prop_assert_eq!(a.div(b).is_none(), y.is_zero());
            if !y.is_zero() {
                prop_assert!(contains(a.div(b), &exactly(&(&x / &y))));
                prop_assert!(contains(b.powi(n), &exactly(&y).powi(n, BITS)));
                // Operands that are not exact.
                let (q, r) = (a.div(b).expect("y ≠ 0"), b.mul(a).and_then(|x| x.add(Ball::ONE)));
                if let Some(r) = r {
                    prop_assert!(contains(q.mul(r), &exactly(&(&x / &y * (&x * &y + Rational::one())))));
                    prop_assert!(contains(q.add(r), &exactly(&(&x / &y + (&x * &y + Rational::one())))));
                    prop_assert!(contains(q.sub(r), &exactly(&(&x / &y - (&x * &y + Rational::one())))));
                    if !r.is_zero() {
                        prop_assert!(contains(q.div(r), &exactly(&(&x / &y / (&x * &y + Rational::one())))));
                    }
                }
            }
        }

        #[test]
        fn balls_contain_exponentials_logarithms_and_powers(x in rational(), y in rational()) {
            let a = Ball::from_rational(&x).expect("in range");
            if a.top() < 28 {
                let exp = a.exp();
                prop_assert!(exp.is_some());
                let exact = elementary::exp(&x, BITS).expect("few bits");
                prop_assert!(contains(exp, &exact));
                let difference = a.exp_m1();
                prop_assert!(difference.is_some());
                prop_assert!(contains(difference, &exact.add_rational(&-Rational::one(), BITS)));
                // ln of a ball that is not exact.
                let back = exp.and_then(Ball::ln);
                prop_assert!(contains(back, &exactly(&x)));
                let softplus = exp.and_then(Ball::ln_1p);
                let exact = elementary::exp(&x, BITS).and_then(|e| elementary::ln_1p_enclosure(&e, BITS));
                prop_assert!(contains(softplus, &exact.expect("few bits")));
            }
            if x > Rational::zero() {
                let exact = elementary::ln(&x, BITS).expect("few bits");
                let ln = Ball::ln_of_rational(&x);
                prop_assert!(ln.is_some());
                prop_assert!(contains(ln, &exact));
                prop_assert!(contains(a.ln(), &exact));
                let power = a.pow(Ball::from_rational(&y).expect("in range"));
                if a.top().abs() < 20 && y.to_integer().bits() < 8 {
                    prop_assert!(contains(power, &elementary::power(&x, &y, BITS).expect("few bits")));
                }
            }
        }
    }
}
