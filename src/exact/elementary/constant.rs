//! The constant ln 2, kept at the highest precision that was asked for. The logarithm of
//! anything else is in `logarithm`.

use std::sync::{PoisonError, RwLock};

use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};

use super::checked;
use crate::Error;
use crate::exact::enclosure::{Bound, Direction, Dyadic, Enclosure};

/// ⌊ln 2·2^w⌋, with its w.
static CACHE: RwLock<Option<(u32, BigUint)>> = RwLock::new(None);

/// ln 2, to a relative width of 2^−bits.
///
/// # Errors
/// [`Error::Undecided`] for more than [`MAX_BITS`](crate::exact::enclosure::MAX_BITS) bits.
///
/// # Complexity
/// The first call at a precision sums three series; later ones copy.
pub fn ln_2(bits: u32) -> Result<Enclosure, Error> {
    Ok(ln_2_unchecked(checked(bits)?))
}

/// [`ln_2`] of a precision that the caller knows to be in range.
pub(super) fn ln_2_unchecked(bits: u32) -> Enclosure {
    // ln 2 > 1/2, so one unit of 2^−(bits+1) is enough.
    let scale = bits + 1;
    let floor = ln_2_floor(scale);
    let end = |mantissa: BigUint, direction| {
        Dyadic::raw(BigInt::from(mantissa), -i64::from(scale)).round(u32::MAX, direction)
    };
    let (lower, upper): (Bound, Bound) = (
        end(floor.clone(), Direction::Down),
        end(floor + 1_u32, Direction::Up),
    );
    Enclosure::between(lower, upper)
}

/// ⌊ln 2·2^w⌋. Because ln 2 is irrational, ln 2·2^w lies strictly between this and the next
/// integer.
pub(super) fn ln_2_floor(w: u32) -> BigUint {
    if let Some((have, floor)) = CACHE
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        && *have >= w
    {
        // ⌊⌊x·2^a⌋/2^b⌋ = ⌊x·2^(a−b)⌋
        return floor >> (have - w);
    }
    let wide = w.next_power_of_two().max(512);
    let floor = compute_floor(wide);
    let result = &floor >> (wide - w);
    let mut cache = CACHE.write().unwrap_or_else(PoisonError::into_inner);
    if cache.as_ref().is_none_or(|(have, _)| *have < wide) {
        *cache = Some((wide, floor));
    }
    result
}

/// ln 2 = 18·atanh(1/26) − 2·atanh(1/4801) + 8·atanh(1/8749), with guard bits until the floor is
/// decided. It is decided at last, because ln 2 is irrational.
fn compute_floor(w: u32) -> BigUint {
    let mut guard = 32;
    loop {
        let scale = w + guard;
        let (a, a_error) = atanh_reciprocal(26, scale);
        let (b, b_error) = atanh_reciprocal(4801, scale);
        let (c, c_error) = atanh_reciprocal(8749, scale);
        let lower = &a * 18_u32 + &c * 8_u32 - (&b + b_error) * 2_u32;
        let upper = (a + a_error) * 18_u32 + (c + c_error) * 8_u32 - b * 2_u32;
        let floor = lower >> guard;
        if floor == upper >> guard {
            return floor;
        }
        guard *= 2;
    }
}

/// atanh(1/n) = Σ 1/((2j+1)·n^(2j+1)) for n ≥ 26 in units of 2^−w: the sum of the floored terms,
/// and the error, which lies between 0 and the count returned.
///
/// Error. Let p be the true and P the floored power in units. P is floored once more at each
/// step and its old error shrinks by n², so p − P < 1 + 1/675 < 2; the term P/(2j+1) is floored
/// too, so each term is less than 1 + 2 = 3 units short. When P = 0, p < 2, and the terms
/// from there on are less than 2·(1 + 1/676 + …) < 3 units together.
fn atanh_reciprocal(n: u32, w: u32) -> (BigUint, u32) {
    let square = n * n;
    let mut power = (BigUint::one() << w) / n;
    let mut sum = BigUint::zero();
    let mut terms = 0;
    while !power.is_zero() {
        sum += &power / (2 * terms + 1);
        power /= square;
        terms += 1;
    }
    (sum, 3 * (terms + 1))
}
