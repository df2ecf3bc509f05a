//! The constants of the functions of balls, in units of 2^−126. Those that are no rationals are worked out
//! by the series of [`elementary`](crate::exact::elementary) when they are first asked for.

use core::cmp::Ordering;
use std::sync::LazyLock;

use num_traits::ToPrimitive;

use super::Ball;
use super::functions::UNIT;
use crate::Error;
use crate::exact::elementary::{exp, ln};
use crate::exact::{Enclosure, Rational};

/// Bits to which the constants are worked out before they are cut.
const BITS: u32 = 160;

/// ⌊2^63/ln 2⌋.
pub(super) const LOG2_E: u128 = 0xb8aa_3b29_5c17_f0bb;

/// ⌊2^126·ln 2⌋.
pub(super) const LN_2_UNITS: u128 = 0x2c5c_85fd_f473_de6a_f278_ece6_00fc_bdab;

/// ⌊2^127·√2⌋.
pub(super) const SQUARE_ROOT_OF_TWO: u128 = 0xb504_f333_f9de_6484_597d_89b3_754a_be9f;

/// 1/n! for n from 0 on.
pub(super) const RECIPROCAL_FACTORIALS: [u128; 15] = {
    let mut constants = [1 << UNIT; 15];
    let mut factorial = 1;
    let mut n = 1;
    while n < constants.len() {
        factorial *= n as u128;
        constants[n] = (1 << UNIT) / factorial;
        n += 1;
    }
    constants
};

/// 1/n for n from 1 on.
pub(super) const RECIPROCALS: [u128; 24] = {
    let mut constants = [0; 24];
    let mut n = 0;
    while n < constants.len() {
        constants[n] = (1 << UNIT) / (n as u128 + 1);
        n += 1;
    }
    constants
};

/// The first step of [`EXPONENTIALS`] is −[`LEAST_STEP`].
pub(super) const LEAST_STEP: i128 = 24;

/// ⌊e^(j/64)⌋ in units, for |j| ≤ [`LEAST_STEP`].
pub(super) static EXPONENTIALS: LazyLock<Vec<u128>> = LazyLock::new(|| {
    let steps = -LEAST_STEP..=LEAST_STEP;
    steps
        .map(|j| cut(exp(&fraction(j as i64, 64), BITS)))
        .collect()
});

/// (R, −ln(R/2¹²)) for t in units of [i/64, (i+1)/64), where R/2¹² is 64/i or a little more.
static LOGARITHMS: LazyLock<Vec<(u32, Ball)>> = LazyLock::new(|| {
    let entry = |i: u32| {
        let factor = (64_u32 << 12).div_ceil(i);
        let size = cut(ln(&fraction(factor.into(), 1 << 12), BITS));
        let is_negative = factor >= 1 << 12;
        let ball = Ball::new(is_negative, size, -i64::from(UNIT), u128::from(size != 0));
        (factor, ball.expect("a narrow ball"))
    };
    (LEAST_SIXTY_FOURTH..=91).map(entry).collect()
});

const LEAST_SIXTY_FOURTH: u32 = 45;

/// The entry for t in units.
pub(super) fn logarithm(t: u128) -> Option<(u32, Ball)> {
    let i = (t >> (UNIT - 6)) as usize;
    LOGARITHMS
        .get(i.checked_sub(LEAST_SIXTY_FOURTH as usize)?)
        .copied()
}

fn fraction(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

/// The magnitude of a number in units, cut, and so within a unit.
fn cut(enclosure: Result<Enclosure, Error>) -> u128 {
    let enclosure = enclosure.expect("so many bits are there");
    // The upper end of a number above 0, the lower of one below it, cut to units.
    let end = match enclosure.lower_bound().sign() {
        Ordering::Less => enclosure.upper_bound(),
        _ => enclosure.lower_bound(),
    };
    let end = end.finite().expect("the functions are finite here");
    let size = end.mantissa().magnitude();
    let shift = end.exponent() + i64::from(UNIT);
    let units = if shift < 0 {
        size >> shift.unsigned_abs()
    } else {
        size << shift.unsigned_abs()
    };
    units.to_u128().expect("below 4")
}
