//! exp, ln, ln(1+x) and powers of a few `f64` at a time, without branches: as pairs with the bounds of
//! the functions beside this file, and "lite", within 2⁻³⁷, for what ends up in `f32`.

use super::exponential::{TO_INTEGER, power, reduced as exp_reduced};
use super::logarithm::{LN_2_HIGH, LN_2_LOW, SQRT_HALF, reduced as ln_reduced};
use crate::kernel::pair::{Pair, fast_two_sum, power_of_two, two_product, two_sum};

/// eˣ as (hi, lo), for |x| ≤ 600.
#[inline(always)]
pub(in crate::kernel) fn exp(x: f64) -> (f64, f64) {
    let (k, hi, lo) = exp_reduced(x, 0.0);
    let scale = power(k);
    (hi * scale, lo * scale)
}

/// ln(1 + x + low) as (hi, lo), for 0 ≤ x ≤ 1e280 that is 0 or normal.
#[inline(always)]
pub(in crate::kernel) fn ln_1p(x: f64, low: f64) -> (f64, f64) {
    // 1 + x + low = u + rest, u = 2ᵏ·m.
    let (u, rest) = two_sum(1.0, x);
    let (k, m, scale) = split(u);
    let (f, f_low) = two_sum(m - 1.0, (rest + low) * scale);
    // Near 1, x itself is m − 1, and nothing is rounded.
    let near = x < 0.375;
    let (f, f_low) = if near { (x, low) } else { (f, f_low) };
    let (hi, lo) = ln_reduced(if near { 0.0 } else { k }, f, f_low);
    let tiny = x < power_of_two(-60);
    if tiny { (x, low) } else { (hi, lo) }
}

/// −ln p as (hi, lo), for the pairs p and r = 1 − p, both positive, and p normal.
#[inline(always)]
pub(in crate::kernel) fn surprisal(p: (f64, f64), r: (f64, f64)) -> (f64, f64) {
    let (k, m, scale) = split(p.0);
    let (f, f_low) = two_sum(m - 1.0, p.1 * scale);
    // Near 1, −r is p − 1.
    let near = r.0 < 0.29;
    let (f, f_low) = if near { (-r.0, -r.1) } else { (f, f_low) };
    let (hi, lo) = ln_reduced(if near { 0.0 } else { k }, f, f_low);
    let tiny = r.0 < power_of_two(-60);
    if tiny { r } else { (-hi, -lo) }
}

/// base^exponent as (hi, lo), for a normal base ≤ 1 and an exponent in [0, 10⁶], where the power
/// is at least e⁻⁶⁰⁰. As [`power`](crate::kernel::focal::power) of a pair: 2ⁿ·exp(f·ln 2 + γ·ln m).
#[inline(always)]
pub(in crate::kernel) fn power_of(base: (f64, f64), exponent: f64) -> (f64, f64) {
    let (k, m, scale) = split(base.0);
    let (f, f_low) = two_sum(m - 1.0, base.1 * scale);
    let (ln, ln_low) = ln_reduced(0.0, f, f_low);
    let (steps, steps_low) = two_product(exponent, k);
    let n = (steps + TO_INTEGER) - TO_INTEGER;
    let (fraction, rest) = two_sum(steps - n, steps_low);
    let (a, a_low) = two_product(fraction, Pair::LN_2.hi);
    let a_low = a_low + (fraction * Pair::LN_2.lo + rest * Pair::LN_2.hi);
    let (b, b_low) = two_product(exponent, ln);
    let (inner, low) = two_sum(a, b);
    let low = low + (a_low + (b_low + exponent * ln_low));
    let (k, hi, lo) = exp_reduced(inner, low);
    let scale = power(k + n);
    (hi * scale, lo * scale)
}

/// u = 2ᵏ·m with √½ ≤ m < √2, for normal u: (k, m, 2⁻ᵏ).
#[inline(always)]
fn split(u: f64) -> (f64, f64, f64) {
    let distance = u.to_bits().wrapping_sub(SQRT_HALF).wrapping_add(1024 << 52);
    // k + 1024 ≥ 0, so the shift needs no sign; put it into the significand of 2⁵².
    let exponent = distance >> 52;
    let k = f64::from_bits(exponent | 0x4330_0000_0000_0000) - (power_of_two(52) + 1024.0);
    let m = f64::from_bits((distance & ((1 << 52) - 1)).wrapping_add(SQRT_HALF));
    let scale = f64::from_bits(2047_u64.wrapping_sub(exponent) << 52);
    (k, m, scale)
}

/// eˣ for |x| ≤ 600, within 2⁻³⁷.
#[inline(always)]
pub(in crate::kernel) fn exp_lite(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] = [
        0.166_666_666_816_340_51,
        0.041_666_666_681_629_966,
        0.008_333_310_914_673_446,
        0.001_388_886_647_612_422_9,
        0.000_198_910_028_188_822_62,
        2.485_131_009_127_387e-5,
    ];
    let shifted = x * core::f64::consts::LOG2_E + TO_INTEGER;
    let k = shifted - TO_INTEGER;
    let r = x - k * core::f64::consts::LN_2;
    let mut p = COEFFICIENTS[5];
    let mut i = 5;
    while i > 0 {
        i -= 1;
        p = p * r + COEFFICIENTS[i];
    }
    let e = 1.0 + (r + r * r * (0.5 + r * p));
    f64::from_bits(e.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// ln(1 + x) for 0 ≤ x ≤ 1e280, within 2⁻³⁷ relative.
#[inline(always)]
pub(in crate::kernel) fn ln_1p_lite(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 5] = [
        0.666_666_666_673_766_5,
        0.399_999_987_952_191_55,
        0.285_717_549_683_503_5,
        0.221_913_733_809_446_32,
        0.193_631_869_321_617_63,
    ];
    let (u, rest) = fast_two_sum(if x > 1.0 { x } else { 1.0 }, if x > 1.0 { 1.0 } else { x });
    let (k, m, scale) = split(u);
    let f = (m - 1.0) + rest * scale;
    let near = x < 0.375;
    let f = if near { x } else { f };
    let k = if near { 0.0 } else { k };
    let s = f / (2.0 + f);
    let w = s * s;
    let mut p = COEFFICIENTS[4];
    let mut i = 4;
    while i > 0 {
        i -= 1;
        p = p * w + COEFFICIENTS[i];
    }
    k * LN_2_HIGH + (2.0 * s + (s * w * p + k * LN_2_LOW))
}
