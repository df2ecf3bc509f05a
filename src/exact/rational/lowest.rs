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

/// The numerators of 1 − p for small floats p agree in all but their last bits, and a division or two leaves
/// words of them: divisions come first, and the general way where they do not help.
fn gcd_of_long(mut long: BigUint, mut short: BigUint) -> BigUint {
    const DIVISIONS: usize = 6;
    for _ in 0..DIVISIONS {
        let rest = &long % &short;
        if rest.to_u128().is_some() {
            return gcd(&short, &rest);
        }
        (long, short) = (short, rest);
    }
    long.gcd(&short)
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
}
