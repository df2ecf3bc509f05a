//! exp, expm1, ln and ln(1+x): rounded, as a [`Pair`], and for slices. What is built from them
//! for losses (softplus, log-sum-exp) lives in the neighbouring modules.
//!
//! # Bounds
//!
//! | function | `f64` | `f32` | as a [`Pair`] (relative) |
//! |---|---|---|---|
//! | [`exp`] | 0.54 ulp | 0.5001 ulp | 2⁻⁵⁷·⁵ |
//! | [`exp_m1`] | 0.63 ulp | 0.5001 ulp | 2⁻⁵⁵·⁷ |
//! | [`ln`] | 0.55 ulp | 0.5001 ulp | 2⁻⁵⁶·⁸ |
//! | [`ln_1p`] | 0.55 ulp | 0.5001 ulp | 2⁻⁵⁶·⁸ |
//!
//! The derivations are in the two files below this module. The polynomials are near the best of their
//! degree where they are used; what they are wrong by, with coefficients rounded as they are, is part of the count.
//!
//! # Special values
//!
//! exp(−∞) = 0, exp(+∞) = +∞, ln 0 = −∞ (of either zero), ln(+∞) = +∞, ln x = NaN for x < 0,
//! ln(1+x) = −∞ at −1 and NaN below; a NaN gives a NaN. Overflow gives +∞ where the correctly
//! rounded value is +∞, and subnormal results are within the same bound, in subnormal ulps.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::elementary::{exp, ln, ln_1p, ln_pair};
//!
//! assert_eq!(exp(0.0_f64), 1.0);
//! assert_eq!(ln(1.0_f32), 0.0);
//! assert_eq!(ln_1p(1e-300_f64), 1e-300);
//! let ln_2 = ln_pair(2.0_f64);
//! assert_eq!(ln_2.hi, core::f64::consts::LN_2);
//! assert!((ln_2.lo - 2.319046813846299e-17).abs() < 1e-18);
//! ```

mod exponential;
pub(super) mod heads;
pub(super) mod lanes_of_pairs;
mod logarithm;

use super::Float;
use super::pair::Pair;

pub(super) use exponential::exp_scaled;

/// eˣ. Bounds and special values: see the [module](self).
#[inline]
#[must_use]
pub fn exp<F: Float>(x: F) -> F {
    F::from_f64(exponential::exp(x.to_f64()))
}

/// eˣ as a pair, within 2⁻⁵⁷·⁵ relative where it is at least 2⁻⁹⁶⁰; nearer to 0, its low part is
/// rounded to a multiple of 2⁻¹⁰⁷⁴.
#[inline]
#[must_use]
pub fn exp_pair<F: Float>(x: F) -> Pair {
    exponential::exp_pair(x.to_f64(), 0.0)
}

/// eˣ of a pair, as a pair: see [`exp_pair`].
#[inline]
#[must_use]
pub fn exp_of_pair(x: Pair) -> Pair {
    exponential::exp_pair(x.hi, x.lo)
}

/// eˣ − 1, with no cancellation near 0. Bounds and special values: see the [module](self).
#[inline]
#[must_use]
pub fn exp_m1<F: Float>(x: F) -> F {
    F::from_f64(exponential::exp_m1_pair(x.to_f64()).hi)
}

/// eˣ − 1 as a pair, within 2⁻⁵⁵·⁷ relative.
#[inline]
#[must_use]
pub fn exp_m1_pair<F: Float>(x: F) -> Pair {
    exponential::exp_m1_pair(x.to_f64())
}

/// ln x. Bounds and special values: see the [module](self).
#[inline]
#[must_use]
pub fn ln<F: Float>(x: F) -> F {
    F::from_f64(logarithm::ln_of_sum(x.to_f64(), 0.0).hi)
}

/// ln x as a pair, within 2⁻⁵⁶·⁸ relative.
#[inline]
#[must_use]
pub fn ln_pair<F: Float>(x: F) -> Pair {
    logarithm::ln_of_sum(x.to_f64(), 0.0)
}

/// ln x of a pair, as a pair, within 2⁻⁵⁶·⁸ relative, also where x is near 1.
#[inline]
#[must_use]
pub fn ln_of_pair(x: Pair) -> Pair {
    logarithm::ln_of_sum(x.hi, x.lo)
}

/// ln(1+x), with no rounding of 1+x. Bounds and special values: see the [module](self).
#[inline]
#[must_use]
pub fn ln_1p<F: Float>(x: F) -> F {
    F::from_f64(logarithm::ln_1p_pair(x.to_f64(), 0.0).hi)
}

/// ln(1+x) as a pair, within 2⁻⁵⁶·⁸ relative.
#[inline]
#[must_use]
pub fn ln_1p_pair<F: Float>(x: F) -> Pair {
    logarithm::ln_1p_pair(x.to_f64(), 0.0)
}

/// ln(1+x) of a pair, as a pair, within 2⁻⁵⁶·⁸ relative.
#[inline]
#[must_use]
pub fn ln_1p_of_pair(x: Pair) -> Pair {
    logarithm::ln_1p_pair(x.hi, x.lo)
}

/// Writes `function` of every element of `input` into `output`, up to the shorter length.
#[inline(always)]
fn map<F: Float>(input: &[F], output: &mut [F], function: impl Fn(F) -> F) {
    for (y, &x) in output.iter_mut().zip(input) {
        *y = function(x);
    }
}

/// [`exp`] of every element of `input`, written into `output`, up to the shorter length.
pub fn exp_into<F: Float>(input: &[F], output: &mut [F]) {
    map(input, output, exp);
}

/// [`ln`] of every element of `input`, written into `output`, up to the shorter length.
pub fn ln_into<F: Float>(input: &[F], output: &mut [F]) {
    map(input, output, ln);
}

/// [`ln_1p`] of every element of `input`, written into `output`, up to the shorter length.
pub fn ln_1p_into<F: Float>(input: &[F], output: &mut [F]) {
    map(input, output, ln_1p);
}
