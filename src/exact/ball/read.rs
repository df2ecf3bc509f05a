//! What is read off a ball: the order of two, the nearest float, and the distance of an answer in ulps. A
//! question that the ball leaves open has the answer `None`.

use core::cmp::Ordering;

use num_bigint::BigInt;

use super::Ball;
use crate::exact::Enclosure;
use crate::exact::enclosure::{Bound, Dyadic};
use crate::exact::rational::{Decoded, Format, Rational, from_dyadic, unit_exponent};

/// A distance in ulps, between lower·2^exponent and upper·2^exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distance {
    pub(crate) lower: u128,
    pub(crate) upper: u128,
    pub(crate) exponent: i64,
}

/// The midpoint of a ball as (whole + part/size)·2^unit, where whole·2^unit and the next are floats. Below a
/// quarter of a unit the part is only some number above 0 and below size/2, as it is then. The radius of the
/// ball is no more of these parts than it is of its own.
struct Parts {
    whole: u64,
    part: u128,
    size: u128,
    unit: i64,
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
        let (nearest, may_be_float) = self.read::<F>()?;
        (!may_be_float).then_some(nearest)
    }

    /// The float nearest to a number that is not halfway between two.
    pub(crate) fn nearest<F: Format>(self) -> Option<F> {
        self.read().map(|(nearest, _)| nearest)
    }

    /// The float nearest to a number that is not halfway between two, and whether the number may be that.
    fn read<F: Format>(self) -> Option<(F, bool)> {
        let Parts {
            whole,
            part,
            size,
            unit,
        } = self.parts::<F>()?;
        let radius = u128::from(self.radius);
        if part.abs_diff(size >> 1) <= radius {
            return None;
        }
        let may_be_float = part <= radius || part + radius >= size;
        let significand = whole + u64::from(part > size >> 1);
        let float = F::encode(self.negative, significand, i32::try_from(unit).ok()?)?;
        Some((float, may_be_float))
    }

    /// The float, or the number halfway between two, that the number may be; with the floats nearest to what
    /// is a little nearer to 0 than that, and a little farther.
    pub(crate) fn turning_point<F: Format>(self) -> Option<(Rational, [F; 2])> {
        let Parts {
            whole,
            part,
            size,
            unit,
        } = self.parts::<F>()?;
        let radius = u128::from(self.radius);
        let [nearer, farther] = if part.abs_diff(size >> 1) <= radius {
            [whole, whole + 1]
        } else if part <= radius {
            [whole; 2]
        } else if part + radius >= size {
            [whole + 1; 2]
        } else {
            return None;
        };
        let size = from_dyadic((u128::from(nearer) + u128::from(farther)).into(), unit - 1);
        let unit = i32::try_from(unit).ok()?;
        let encoded = |significand| F::encode(self.negative, significand, unit);
        Some((
            if self.negative { -size } else { size },
            [encoded(nearer)?, encoded(farther)?],
        ))
    }

    fn parts<F: Format>(self) -> Option<Parts> {
        if self.is_zero() {
            return None;
        }
        let unit = unit_exponent::<F>(self.top());
        let (part, whole, size) = match u32::try_from(unit - self.exponent).ok()? {
            dropped @ 1..128 => {
                let size = 1_u128 << dropped;
                (self.mantissa & (size - 1), self.mantissa >> dropped, size)
            }
            // Below a unit, in halves of it.
            128 => (self.mantissa >> 1, 0, 1 << 127),
            0 => return None,
            // Below half a unit, and not 0.
            129 => (self.mantissa >> 2, 0, 1 << 127),
            130.. => (self.mantissa >> 3, 0, 1 << 127),
        };
        Some(Parts {
            whole: whole as u64,
            part,
            size,
            unit,
        })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exact::rational::{F16, nearest};
    use crate::exact::round::{UlpError, ulp_error};
    use crate::exact::{Lift, ratio};

    /// Numbers whose balls are not exact, of the magnitude of a float and near to halfway between two.
    fn number() -> impl Strategy<Value = Rational> {
        let third = || Rational::new(1.into(), 3.into());
        (
            any::<i64>(),
            -1100..900_i64,
            prop_oneof![Just(200_i64), 40..120_i64],
        )
            .prop_map(move |(mantissa, exponent, below)| {
                let mantissa = mantissa >> (below % 50);
                from_dyadic(mantissa.into(), exponent)
                    + from_dyadic(1.into(), exponent - below) * third()
            })
    }

    fn rounds_as_the_rational<F: Format>(x: &Rational) -> bool {
        let ball = Ball::from_rational(x);
        [Ball::round::<F>, Ball::nearest].into_iter().all(|round| {
            let float = ball.and_then(round);
            float.is_none_or(|float| float.bits() == nearest::<F>(x).bits())
        })
    }

    /// Whether the distance of a float encloses the error in ulps, and is narrow.
    fn is_as_far_as_the_rational<F: Format>(x: &Rational, got: F) -> bool {
        let Some(distance) = Ball::from_rational(x).and_then(|ball| ball.distance(got)) else {
            return true;
        };
        let ulps = |units: u128| from_dyadic(units.into(), distance.exponent);
        let Ok(UlpError::Ulps { lower, upper }) =
            ulp_error(got, &Enclosure::from_rational(x, 4000))
        else {
            return false;
        };
        distance.upper - distance.lower < 1 << 10
            && ratio::compare(&ulps(distance.lower), &lower) != Ordering::Greater
            && ratio::compare(
                &upper,
                &(ulps(distance.upper) + from_dyadic(1.into(), -3000)),
            ) != Ordering::Greater
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_float_nearest_to_a_ball_is_that_nearest_to_its_number(x in number()) {
            prop_assert!(rounds_as_the_rational::<f64>(&x));
            prop_assert!(rounds_as_the_rational::<f32>(&x));
            prop_assert!(rounds_as_the_rational::<F16>(&x));
        }

        #[test]
        fn the_distance_from_a_ball_encloses_that_from_its_number(x in number(), steps in 0..9_u64, other in any::<f64>()) {
            let near = f64::from_bits(nearest::<f64>(&x).to_bits() ^ steps);
            for got in [near, 0.0, -0.0, other] {
                prop_assert!(is_as_far_as_the_rational(&x, got));
                prop_assert!(is_as_far_as_the_rational(&x, got as f32));
            }
        }

        #[test]
        fn the_enclosure_of_a_ball_contains_its_number_and_is_as_narrow_as_asked(x in number(), bits in 1..127_u32) {
            let ball = Ball::from_rational(&x).expect("in range");
            let enclosure = ball.enclosure(bits);
            prop_assert!(bits > 120 || ball.is_zero() || enclosure.is_some());
            prop_assert!(enclosure.is_none_or(|y| y.contains(&x) && y.relative_width_at_most(bits)));
        }

        #[test]
        fn balls_are_ordered_as_their_numbers(x in number(), y in number(), by in 0..100_i64) {
            let near = &x + from_dyadic(1.into(), -by);
            for y in [y, near] {
                let (a, b) = (Ball::from_rational(&x).expect("in range"), Ball::from_rational(&y).expect("in range"));
                prop_assert!(a.order(b).is_none_or(|order| order == x.cmp(&y)));
                prop_assert!((a.top() - b.top()).abs() < 2 || a.order(b).is_some());
            }
        }
    }

    #[test]
    fn what_is_below_all_floats_or_nearly_one_is_rounded_but_halfway_is_left_open() {
        let least = from_dyadic(1.into(), -1074);
        let ball = |x: &Rational| Ball::from_rational(x).expect("in range");
        for (thousandths, wanted) in [(1, 0), (499, 0), (501, 1), (999, 1), (1499, 1), (1501, 2)] {
            let x = &least * Rational::new(thousandths.into(), 1000.into());
            assert_eq!(ball(&x).round(), Some(f64::from_bits(wanted)), "{x}");
            let negative = ball(&-x).round().map(f64::to_bits);
            assert_eq!(negative, Some(wanted | 1 << 63));
        }
        let half = &least * Rational::new(1.into(), 2.into());
        let part = &half * from_dyadic(1.into(), -200);
        for x in [&half - &part, half.clone(), &half + &part] {
            assert_eq!(ball(&x).nearest::<f64>(), None, "{x}");
        }
        // 1 ± 2⁻²⁰⁰ may be 1.
        let one = ball(&half).div(ball(&half)).expect("not 0");
        for tiny in [ball(&half), ball(&-half)] {
            let near = one.add(tiny).expect("of one size");
            assert_eq!((near.round::<f64>(), near.nearest()), (None, Some(1.0)));
        }
    }

    #[test]
    fn floats_and_what_is_halfway_between_two_are_left_open() {
        for x in [1.0_f64, 1.5, f64::from_bits(1)] {
            let Some(crate::exact::Extended::Finite(float)) = x.lift() else {
                panic!("{x} is finite");
            };
            let half = from_dyadic(1.into(), if x < 1.0 { -1075 } else { -53 });
            for number in [&float + &half, float] {
                let ball = Ball::from_rational(&number).expect("in range");
                assert_eq!(ball.round::<f64>(), None, "{number}");
            }
        }
    }
}
