//! Certified ln, exp, powers and roots: each answer is an enclosure of stated relative width,
//! and each series carries its counted error beside the loop. What combines several of these
//! values is in `enclosure` and `real`.
//!
//! All work is on integers. A series is summed in fixed point, in units of 2^−w, and every step
//! is floored, so that every error has the same sign and less than one unit; the number of steps
//! then bounds the error by an integer, which is added to the upper end.

mod constant;
mod exponential;
mod logarithm;
mod power;
mod words;

pub use constant::ln_2;
pub use exponential::{exp, exp_dyadic, exp_enclosure};
pub use logarithm::{ln, ln_1p_enclosure, ln_dyadic, ln_enclosure};
pub use power::{exact_power, power, power_enclosure, root};

use super::enclosure::MAX_BITS;
use crate::Error;

/// The precision asked for, at least 16 bits, on which the error counts rely.
///
/// # Errors
/// [`Error::Undecided`] above [`MAX_BITS`], so that no precision can stall a caller.
fn checked(bits: u32) -> Result<u32, Error> {
    if bits > MAX_BITS {
        return Err(Error::Undecided {
            bits: MAX_BITS,
            question: "what the value is to more bits than the elementary functions give",
        });
    }
    Ok(bits.max(16))
}

/// The bits of a count, ⌊log₂ count⌋ + 1.
fn bits_of(count: u32) -> u32 {
    u32::BITS - count.leading_zeros()
}
