//! ln(1+eˣ), ln σ(x), σ(x) and 1−σ(x), for any x. The logistic loss that is made of them lives
//! with the losses.
//!
//! # Bounds
//!
//! Rounded: [`softplus`] and [`log_sigmoid`] 0.66 ulp, [`sigmoid`] 0.66 ulp, in `f64`; 0.5001
//! ulp in `f32`. As pairs: 2⁻⁵⁶ relative.
//!
//! For x ≤ 0, e = eˣ comes with relative error 2⁻⁵⁷·⁵ and ln(1+e) = e·(1+…) has condition at
//! most 1 in e; the logarithm adds 2⁻⁵⁶·⁸: together below 2⁻⁵⁶·¹. For x > 0, x + ln(1+e⁻ˣ) is a
//! sum of positive terms. σ(x) = e/(1+e) or 1/(1+e), with e = e^(−|x|) ≤ 1: condition at most 1 in e, and a
//! division of pairs. Where e is below 2⁻⁹⁸⁰ (x below −680) its low part is lost: then softplus and
//! σ are eˣ rounded, within the bound of exp.
//!
//! # Special values
//!
//! softplus(−∞) = 0, softplus(+∞) = +∞, σ(−∞) = 0, σ(+∞) = 1; a NaN gives a NaN.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::softplus::{sigmoid, softplus};
//!
//! assert_eq!(softplus(0.0_f64), core::f64::consts::LN_2);
//! assert_eq!(softplus(1e4_f64), 1e4);
//! assert_eq!(softplus(-40.0_f64), 4.248354255291589e-18);
//! assert_eq!(sigmoid(0.0_f32), 0.5);
//! ```

use super::Float;
use super::elementary::{exp_pair, ln_1p_of_pair};
use super::pair::Pair;

/// ln(1+eˣ) as a pair.
#[inline]
#[must_use]
pub fn softplus_pair<F: Float>(x: F) -> Pair {
    let x = x.to_f64();
    let small = ln_1p_of_pair(exp_pair(-x.abs()));
    if x > 0.0 { small.add_f64(x) } else { small }
}

/// ln(1+eˣ).
#[inline]
#[must_use]
pub fn softplus<F: Float>(x: F) -> F {
    softplus_pair(x).round()
}

/// ln σ(x) = −ln(1+e⁻ˣ).
#[inline]
#[must_use]
pub fn log_sigmoid<F: Float>(x: F) -> F {
    -softplus(-x)
}

/// σ(x) = 1/(1+e⁻ˣ) as a pair. 1−σ(x) is σ(−x).
#[inline]
#[must_use]
pub fn sigmoid_pair<F: Float>(x: F) -> Pair {
    let x = x.to_f64();
    let e = exp_pair(-x.abs());
    let denominator = e.add_f64(1.0);
    if x < 0.0 {
        e / denominator
    } else {
        Pair::ONE / denominator
    }
}

/// σ(x) = 1/(1+e⁻ˣ).
#[inline]
#[must_use]
pub fn sigmoid<F: Float>(x: F) -> F {
    sigmoid_pair(x).round()
}

/// 1−σ(x) = σ(−x), with no subtraction.
#[inline]
#[must_use]
pub fn sigmoid_complement<F: Float>(x: F) -> F {
    sigmoid(-x)
}
