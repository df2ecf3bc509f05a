//! Exponential, logarithm and powers of balls. The sums are of integers in units of 2^−126, each step
//! floored, and the errors are counted in these units beside the steps. The constants are in `table`.

use super::table::{EXPONENTIALS, LN_2_UNITS, LOG2_E, RECIPROCAL_FACTORIALS, RECIPROCALS};
use super::{Ball, product, table};
use crate::exact::ratio;
use crate::exact::rational::Rational;

/// Exponents from 2^30 on are left to enclosures.
const LARGEST_TOP: i64 = 30;

/// The bits after the point of a unit.
pub(super) const UNIT: u32 = 126;

/// ⌊a·b⌋ in units, of numbers below 4.
fn times(a: u128, b: u128) -> u128 {
    let (high, low) = product(a, b);
    high << 2 | low >> UNIT
}

impl Ball {
    /// ln 2: [`LN_2_UNITS`] and up to a unit more.
    pub(crate) const LN_2: Self = Self {
        negative: false,
        mantissa: LN_2_UNITS << 2 | 2,
        exponent: -(UNIT as i64) - 2,
        radius: 2,
    };

    /// eˣ.
    ///
    /// |x| = k·ln 2 + f with |f| < 0.35, and f = j/64 + g with 0 ≤ g < 1/64:
    /// * what is cut of x and its radius is an error e of f, and so are k units, as ln 2 is floored;
    /// * the series of e^g is less than 4 units short: the floors and the constants of 14 steps, each of
    ///   which shrinks the error of the one before by 64, and g¹⁵/15! ≤ 2^−130;
    /// * e^(j/64) < 1.45 is known to a unit, so the product is within 4·1.45 + 1.02 + 1 < 8 units and
    ///   e·1.5.
    pub(crate) fn exp(self) -> Option<Self> {
        if self.is_zero() {
            return Some(Self::ONE);
        }
        if self.top() >= LARGEST_TOP {
            return None;
        }
        let shift = self.exponent + i64::from(UNIT);
        // Whole turns of 2^128 units fall off here and with k·ln 2.
        let (x, error) = match shift {
            0.. => (self.mantissa << shift, u128::from(self.radius) << shift),
            -127.. => (
                self.mantissa >> -shift,
                u128::from(self.radius >> shift.unsigned_abs().min(63)) + 2,
            ),
            _ => (0, 2),
        };
        let k = multiple_of_ln_2(self.mantissa, self.exponent);
        let error = error + k;
        let f = x.wrapping_sub(k.wrapping_mul(LN_2_UNITS)).cast_signed();
        let (f, k) = if self.negative {
            (-f, -(k as i64))
        } else {
            (f, k as i64)
        };
        let j = f >> (UNIT - 6);
        let g = (f - (j << (UNIT - 6))).cast_unsigned();
        let mut sum = 0;
        for constant in RECIPROCAL_FACTORIALS.iter().rev() {
            sum = constant + times(g, sum);
        }
        let power = *EXPONENTIALS.get(usize::try_from(j + table::LEAST_STEP).ok()?)?;
        let radius = error.checked_mul(2)?.checked_add(8)?;
        Self::new(false, times(sum, power), k - i64::from(UNIT), radius)
    }

    /// eˣ − 1, near to 0 too.
    pub(crate) fn exp_m1(self) -> Option<Self> {
        if self.is_zero() || self.top() < -6 {
            self.exp_m1_of_small()
        } else {
            self.exp()?.sub(Self::ONE)
        }
    }

    /// eˣ − 1 = x·(1 + x/2! + x²/3! + …) for |x| < 2^−6.
    ///
    /// In the bracket, what is cut of x and its radius count less than whole; the floors and constants of the
    /// steps come to less than 3 units, as each shrinks the error of the one before by 2^6; the rest of the
    /// series is x¹⁴/15! ≤ 2^−124 of 4 units.
    fn exp_m1_of_small(self) -> Option<Self> {
        let (x, spread) = self.small_in_units();
        let mut sum = 0;
        for constant in RECIPROCAL_FACTORIALS[1..].iter().rev() {
            sum = if self.negative {
                constant - times(x, sum)
            } else {
                constant + times(x, sum)
            };
        }
        self.mul(Self::new(false, sum, -i64::from(UNIT), spread + 7)?)
    }

    /// ln x of x > 0, and `None` for other x.
    ///
    /// x = t·2^k with t in [0.70, 1.42). The table gives R of 13 bits with 1 ≤ t·R/2¹² < 1 + 2^−5.4. What
    /// is cut of t and of the product comes to less than 3 units, the radius to less than its units.
    pub(crate) fn ln(self) -> Option<Self> {
        if self.is_zero() || self.negative {
            return None;
        }
        let excess = self.sub(Self::ONE)?;
        if excess.is_zero() || excess.top() < -6 {
            return excess.ln_1p_of_small();
        }
        let above = self.mantissa >= table::SQUARE_ROOT_OF_TWO;
        let k = self.top() + i64::from(above);
        let t = self.mantissa >> (1 + u32::from(above));
        let (factor, minus_ln) = table::logarithm(t)?;
        let factor = u128::from(factor);
        let scaled = (t >> 12) * factor + (((t & 0xfff) * factor) >> 12);
        let z = Self::new(false, scaled - (1 << UNIT), -i64::from(UNIT), 0)?;
        let base = Self::from_i64(k).mul(Self::LN_2)?.add(minus_ln)?;
        let ln = base.add(z.ln_1p_of_small()?)?;
        ln.widened(u128::from(self.radius) + 4, -i64::from(UNIT))
    }

    /// ln x of a rational x > 0, near to 1 too.
    pub(crate) fn ln_of_rational(x: &Rational) -> Option<Self> {
        if ratio::is_one(x) {
            return Some(Self::ZERO);
        }
        let excess = x.numer() - x.denom();
        if excess.magnitude().bits() + 6 > x.denom().bits() {
            return Self::from_rational(x)?.ln();
        }
        let denominator = Self::from_integer(x.denom(), 0)?;
        Self::from_integer(&excess, 0)?.div(denominator)?.ln_1p()
    }

    /// ln(1 + x) of x > −1, and `None` for other x.
    pub(crate) fn ln_1p(self) -> Option<Self> {
        if self.is_zero() || self.top() < -6 {
            self.ln_1p_of_small()
        } else {
            self.add(Self::ONE)?.ln()
        }
    }

    /// ln(1 + x) = x·(1 − x/2 + x²/3 − …) for |x| < 2^−5.4.
    ///
    /// In the bracket, what is cut of x and its radius count half; the floors and constants of the steps come
    /// to less than 3 units, as each shrinks the error of the one before by 2^5.4; the rest of the series
    /// is below 1 unit.
    fn ln_1p_of_small(self) -> Option<Self> {
        if self.is_zero() {
            return Some(Self::ZERO);
        }
        let (x, spread) = self.small_in_units();
        // x^terms < 2^−128.
        let bits_of_term = (-self.top() - 1).max(5).unsigned_abs();
        let terms = (128 / bits_of_term + 1).min(RECIPROCALS.len() as u64) as usize;
        let mut sum = 0;
        for constant in RECIPROCALS[..terms].iter().rev() {
            sum = if self.negative {
                constant + times(x, sum)
            } else {
                constant - times(x, sum)
            };
        }
        self.mul(Self::new(false, sum, -i64::from(UNIT), spread + 4)?)
    }

    /// The magnitude of a number below 1/2 in units, cut, and what it may be off.
    fn small_in_units(self) -> (u128, u128) {
        let shift = (self.exponent + i64::from(UNIT)).unsigned_abs();
        let x = self
            .mantissa
            .checked_shr(u32::try_from(shift).unwrap_or(u32::MAX));
        (x.unwrap_or(0), u128::from(self.radius >> shift.min(63)) + 2)
    }

    /// x^power of x > 0, by e^(power·ln x).
    pub(crate) fn pow(self, power: Self) -> Option<Self> {
        self.ln()?.mul(power)?.exp()
    }

    /// A small integer.
    pub(crate) fn from_i64(x: i64) -> Self {
        let size = Self::new(false, x.unsigned_abs().into(), 0, 0);
        let size = size.expect("the exponent is near 0");
        if x < 0 { size.neg() } else { size }
    }

    /// The ball with so many units of 2^exponent more of radius.
    fn widened(self, units: u128, exponent: i64) -> Option<Self> {
        let shift = exponent - self.exponent;
        let more = match shift {
            0..=60 => units.checked_mul(1 << shift)?,
            ..0 => (units >> shift.unsigned_abs().min(127)) + 1,
            _ => return None,
        };
        let radius = u128::from(self.radius).checked_add(more)?;
        Self::new(self.negative, self.mantissa, self.exponent, radius)
    }
}

/// The integer nearest to mantissa·2^exponent/ln 2, or a neighbour of it.
fn multiple_of_ln_2(mantissa: u128, exponent: i64) -> u128 {
    // The product is below 0.73·2^128, in units of 2^(exponent + 1).
    let quotient = (mantissa >> 64) * LOG2_E;
    match -(exponent + 1) {
        128 => quotient >> 127,
        shift @ 1..128 => (quotient + (1 << (shift - 1))) >> shift,
        _ => 0,
    }
}
