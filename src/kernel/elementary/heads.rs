//! Exponential and logarithm in `f64` lanes without branches, as a *head* of 26 bits and a *tail*: what is
//! multiplied next needs no splitting. The same as pairs are in [`lanes_of_pairs`](super::lanes_of_pairs).
//!
//! # Derivation
//!
//! **exp** as in [`exponential`](super::exponential), with two changes. P(r) is 1/6 + r·Q(r), and Q comes in
//! short chains, within 0.13u: three sums in [2⁻⁵, 2⁻⁴) and the rounded 1/24. So P is within 2⁻³u of its sum,
//! u/12 of the rounded 1/6 and 0.06u of r·Q: 0.27u. And r is cut to a multiple h of 2⁻²⁵, so that b = 1 + h + h²/2 is exact; what
//! is added to it is c and what is below 2⁻²⁵: one rounding, 2⁻⁶¹. The count is
//! that of [`exponential`](super::exponential): at r = −0.3466, where it is worst, 0.0033u of r², 0.0048u of r³,
//! 0.27u·0.0416 of P, 2·2⁻⁸u of c and the sum, 0.0009u of the remainder, 0.028u of 0.707: 2⁻⁵⁷·⁶.
//!
//! **ln(1+e)** = k·ln 2 + 2 artanh (n/d), as in [`logarithm`](super::logarithm): n/d is e/(2+e), or
//! (e−1)/(3+e) with k = 1. The quotient is h + t, h of 26 bits, so h times the head of d is exact, and so
//! is its difference from n; t errs by 2⁻⁷⁶ of it. The count is that
//! file's, but for P in short chains, which adds 0.01u·sw, below 0.0001u: 0.0244u, or 2⁻⁵⁶·⁸ relative.

use super::exponential::{power, series as exp_series};
use super::logarithm::{HEAD, LN_2_HIGH, LN_2_LOW, series as artanh_series};
use crate::kernel::pair::fast_two_sum;

/// Adding and subtracting 1.5·2²⁷ rounds a number below 2²⁴ to a multiple of 2⁻²⁵.
const TO_25_BITS: f64 = 201_326_592.0;

/// `x + rest` as a head of 26 bits and a tail.
#[inline(always)]
pub(in crate::kernel) fn cut(x: f64, rest: f64) -> (f64, f64) {
    let head = f64::from_bits(x.to_bits() & HEAD);
    (head, (x - head) + rest)
}

/// eˣ for |x| ≤ 600, as a head of 26 bits and a tail below 2⁻⁶ of it.
///
/// As [`exponential`](super::exponential), but r is cut to a multiple h of 2⁻²⁵, so that b = 1 + h + h²/2
/// is exact.
#[inline(always)]
pub(in crate::kernel) fn exp_cut(x: f64) -> (f64, f64) {
    let (k, r, rest, series) = exp_series(x);
    let h = (r + TO_25_BITS) - TO_25_BITS;
    let t = r - h;
    let b = 1.0 + (h + (0.5 * h) * h);
    let cubic = (r * r) * r * series;
    let small = cubic + (t + (0.5 * t * (r + h) + rest * b));
    // Below 2⁻⁶: the head must be that of the sum.
    let (hi, lo) = fast_two_sum(b, small);
    let (hi, lo) = cut(hi, lo);
    let scale = power(k);
    (hi * scale, lo * scale)
}

/// ln(1 + e) for a head and a tail of 0 < e ≤ 1, as such.
#[inline(always)]
pub(in crate::kernel) fn ln_1p_cut((e, low): (f64, f64)) -> (f64, f64) {
    // 1 + e = 2ᵏ(1 + f), where k = 1 from e = 0.4142 on; f/(2 + f) = n/d.
    let far = e > 0.4142;
    let n = if far { e - 1.0 } else { e };
    let k = if far { 1.0 } else { 0.0 };
    let (d, rest) = fast_two_sum(2.0 + k, e);
    let inverse = 1.0 / (d + low);
    let (d, d_tail) = cut(d, rest + low);
    let (h, _) = cut(n * inverse, 0.0);
    let t = (((n - h * d) - h * d_tail) + low) * inverse;
    let s = h + t;
    let cubic = s * ((s * s) * artanh_series(s * s));
    let (hi, rest) = fast_two_sum(k * LN_2_HIGH, 2.0 * h);
    let (hi, lo) = fast_two_sum(hi, rest + (k * LN_2_LOW + (2.0 * t + cubic)));
    cut(hi, lo)
}
