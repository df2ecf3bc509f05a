//! Lowest terms: the greatest common divisor, with short ways for the integers that come from floats.
//! What is done with the quotients is beside this file.

use std::borrow::Cow;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use super::Rational;

/// numerator/denominator in lowest terms, for a denominator above 0.
pub(crate) fn in_lowest_terms(numerator: BigInt, denominator: BigInt) -> Rational {
    debug_assert_eq!(denominator.sign(), Sign::Plus);
    let (numerator, denominator) = match numerator.trailing_zeros() {
        None => return Rational::zero(),
        // A shift is cheaper than a quotient by a power of two.
        Some(zeros) => match zeros.min(denominator.trailing_zeros().unwrap_or(0)) {
            0 => (numerator, denominator),
            shared => (numerator >> shared, denominator >> shared),
        },
    };
    let shared = gcd(numerator.magnitude(), denominator.magnitude());
    if shared.is_one() {
        return Rational::new_raw(numerator, denominator);
    }
    let shared = BigInt::from(shared);
    Rational::new_raw(numerator / &shared, denominator / shared)
}

/// The greatest common divisor.
///
/// # Complexity
/// Powers of two, which are all of the denominator of a float, are set apart by a shift. What is left
/// of both is one or two machine words long as a rule, and goes by machine arithmetic then.
pub(crate) fn gcd(left: &BigUint, right: &BigUint) -> BigUint {
    let (Some(a), Some(b)) = (left.trailing_zeros(), right.trailing_zeros()) else {
        return left | right;
    };
    let odd = gcd_of_odd(&without_zeros(left, a), &without_zeros(right, b));
    match a.min(b) {
        0 => odd,
        shared => odd << shared,
    }
}

fn without_zeros(x: &BigUint, zeros: u64) -> Cow<'_, BigUint> {
    if zeros == 0 {
        Cow::Borrowed(x)
    } else {
        Cow::Owned(x >> zeros)
    }
}

fn gcd_of_odd(left: &BigUint, right: &BigUint) -> BigUint {
    if left.is_one() || right.is_one() {
        return BigUint::one();
    }
    let (short, long) = if left.bits() <= right.bits() {
        (left, right)
    } else {
        (right, left)
    };
    match (short.to_u64(), short.to_u128()) {
        (Some(short), _) => {
            let long = long.to_u64().or_else(|| (long % short).to_u64());
            short.gcd(&long.unwrap_or_default()).into()
        }
        (None, Some(short)) => {
            let long = long.to_u128().or_else(|| (long % short).to_u128());
            short.gcd(&long.unwrap_or_default()).into()
        }
        (None, None) => gcd_of_long(long.clone(), short.clone()),
    }
}

/// Lehmer's way: the first bits of both tell some 30 bits of Euclid's quotients, which are then taken
/// at once. Where they do not even tell the first one, as where it is large, it comes from a division.
fn gcd_of_long(long: BigUint, short: BigUint) -> BigUint {
    let (mut long, mut short) = (BigInt::from(long), BigInt::from(short));
    while short.magnitude().to_u128().is_none() {
        (long, short) = match steps(long.magnitude(), short.magnitude()) {
            Some([[a, b], [c, d]]) => (&long * a + &short * b, long * c + short * d),
            None => {
                let rest = long % &short;
                (short, rest)
            }
        };
    }
    gcd(long.magnitude(), short.magnitude())
}

/// Steps of Euclid's algorithm that the first 62 bits of long ≥ short imply: what is left of both
/// after them is the product of this matrix and both.
fn steps(long: &BigUint, short: &BigUint) -> Option<[[i64; 2]; 2]> {
    let cut = long.bits() - 62;
    let (mut x, mut y) = ((long >> cut).to_i64()?, (short >> cut).to_i64()?);
    let [mut first, mut second] = [[1, 0], [0, 1]];
    // The two numbers are in x + [b, a] and in y + [c, d] times 2^cut, in either order, so where both
    // ends have one quotient it is theirs.
    while y + second[0] != 0 && y + second[1] != 0 {
        let quotient = (x + first[0]) / (y + second[0]);
        if quotient != (x + first[1]) / (y + second[1]) {
            break;
        }
        let next = |before: i64, now: i64| before - quotient * now;
        (x, y) = (y, next(x, y));
        (first, second) = (
            second,
            [next(first[0], second[0]), next(first[1], second[1])],
        );
    }
    (first[1] != 0).then_some([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_ways_agree_with_the_general_one() {
        let lengths = [0, 1, 2, 30, 63, 64, 65, 100, 127, 128, 129, 200, 300];
        let mut numbers = Vec::new();
        for bits in lengths {
            let power = BigUint::from(3_u32).pow(bits * 63 / 100);
            numbers.extend([
                power.clone() << (bits / 3),
                power.clone() * 35_u32,
                (BigUint::one() << bits) - 1_u32,
                power + 2_u32,
                (BigUint::one() << 1074_u32) - (35_u32 * (bits + 1)),
            ]);
        }
        for left in &numbers {
            for right in &numbers {
                assert_eq!(gcd(left, right), left.gcd(right), "{left} {right}");
            }
        }
    }

    #[test]
    fn long_numbers_have_the_divisor_of_the_general_way_whatever_their_quotients() {
        // Quotients of Euclid's algorithm: all 1, the slowest; small ones; one that no word holds.
        let (all_one, mixed) = ([1_u64; 7], [1, 3, 2, 250, 1, 1, 9]);
        let large = [2, 1, u64::MAX, 1, 5, 1 << 62, 1];
        for quotients in [all_one, mixed, large] {
            let (mut short, mut long) = (BigUint::from(3_u32).pow(150), BigUint::from(0_u32));
            for (step, quotient) in quotients.iter().cycle().take(300).enumerate() {
                (short, long) = (&long + &short * *quotient, short);
                for (a, b) in [(&short, &long), (&long, &short)] {
                    assert_eq!(gcd(a, b), BigUint::from(3_u32).pow(150), "step {step}");
                }
                let (a, b) = (&short + 2_u32, &long + step);
                assert_eq!(gcd(&a, &b), a.gcd(&b), "{a} {b}");
            }
        }
    }
}
