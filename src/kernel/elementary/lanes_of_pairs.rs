//! exp, ln, ln(1+x) and powers of a few `f64` at a time, without branches: as pairs with the bounds of
//! the functions beside this file, and "lite", within 2⁻³³, for what ends up in `f32`.

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

/// eˣ for |x| ≤ 600, within 2⁻³³.
#[inline(always)]
pub(in crate::kernel) fn exp_lite(x: f64) -> f64 {
    let (r, shifted) = exp_lite_reduced(x);
    exp_lite_of_reduced(r, shifted)
}

/// What [`exp_lite_of_reduced`] takes for x.
#[inline(always)]
pub(in crate::kernel) fn exp_lite_reduced(x: f64) -> (f64, f64) {
    let shifted = x * core::f64::consts::LOG2_E + TO_INTEGER;
    let k = shifted - TO_INTEGER;
    (x - k * core::f64::consts::LN_2, shifted)
}

/// The rest of [`exp_lite`].
#[inline(always)]
pub(in crate::kernel) fn exp_lite_of_reduced(r: f64, shifted: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] = [
        0.500_000_007_823_262_9,
        0.166_666_661_632_142_33,
        0.041_666_269_938_215_19,
        0.008_333_430_063_075_211,
        0.001_394_604_583_122_948_4,
        0.000_198_264_882_388_700_95,
    ];
    let square = r * r;
    let [half, a, b, c, d, e] = COEFFICIENTS;
    // In short chains (Estrin).
    let p = (a + b * r) + square * ((c + d * r) + square * e);
    let e = 1.0 + (r + square * (half + r * p));
    f64::from_bits(e.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// 2/3 … of 2 artanh s = 2s + s³P(s²), |s| ≤ 0.1716, within 2⁻³⁷.
const ARTANH_LITE: [f64; 4] = [
    0.666_666_656_213_942_7,
    0.400_003_393_872_515_7,
    0.285_370_857_600_301_7,
    0.235_858_529_958_272,
];

/// k·ln 2 + 2 artanh s, |s| ≤ 0.1716, within 2⁻³⁶ relative.
#[inline(always)]
pub(in crate::kernel) fn ln_of_quotient_lite(k: f64, s: f64) -> f64 {
    let w = s * s;
    let [a, b, c, d] = ARTANH_LITE;
    let p = (a + b * w) + (w * w) * (c + d * w);
    k * LN_2_HIGH + (2.0 * s + ((s * w) * p + k * LN_2_LOW))
}

/// ln(1 + x) for 0 ≤ x ≤ 1e280, within 2⁻³⁶ relative.
#[inline(always)]
pub(in crate::kernel) fn ln_1p_lite(x: f64) -> f64 {
    let (u, rest) = fast_two_sum(if x > 1.0 { x } else { 1.0 }, if x > 1.0 { 1.0 } else { x });
    let (k, m, scale) = split(u);
    let f = (m - 1.0) + rest * scale;
    let near = x < 0.375;
    let f = if near { x } else { f };
    let k = if near { 0.0 } else { k };
    ln_of_quotient_lite(k, f / (2.0 + f))
}

/// −ln p for p and r = 1 − p, both positive, and p normal, within 2⁻³⁶ relative.
#[inline(always)]
pub(in crate::kernel) fn surprisal_lite(p: f64, r: f64) -> f64 {
    let (k, m, _) = split(p);
    // Near 1, −r is p − 1.
    let near = r < 0.29;
    let f = if near { -r } else { m - 1.0 };
    let k = if near { 0.0 } else { k };
    0.0 - ln_of_quotient_lite(k, f / (2.0 + f))
}

/// For 0 ≤ e ≤ 1: 1/(1 + e), and e/(2 + e), of which ln(1 + e) is [`twice_artanh_lite`], by one
/// division.
#[inline(always)]
pub(in crate::kernel) fn one_plus(e: f64) -> (f64, f64) {
    let (sum, denominator) = (1.0 + e, 2.0 + e);
    let inverse = 1.0 / (sum * denominator);
    (denominator * inverse, e * (sum * inverse))
}

/// 2 artanh s for 0 ≤ s ≤ ⅓, within 2⁻³³ relative.
#[inline(always)]
pub(in crate::kernel) fn twice_artanh_lite(s: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] = [
        1.999_999_999_802_936_3,
        0.666_666_793_013_595,
        0.399_986_913_110_434_66,
        0.286_207_124_006_969_7,
        0.213_933_461_615_342_74,
        0.244_127_358_946_782_22,
    ];
    let [a, b, c, d, e, f] = COEFFICIENTS;
    let w = s * s;
    let w2 = w * w;
    s * (((a + b * w) + w2 * (c + d * w)) + (w2 * w2) * (e + f * w))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest error relative to a pair, in units of 2⁻³³.
    fn worst(errors: impl Iterator<Item = (f64, (f64, f64))>) -> f64 {
        let error = |(lite, (hi, lo)): (f64, (f64, f64))| (((lite - hi) - lo) / hi).abs();
        errors.map(error).fold(0.0, f64::max) * 2_f64.powi(33)
    }

    #[test]
    fn lite_functions_are_within_their_bounds() {
        let between = |from: f64, to: f64| {
            (0..=100_000_i32).map(move |i| from + (to - from) * f64::from(i) / 100_000.0)
        };
        // The ends of the reduced range are the worst: x halfway between multiples of ln 2.
        let exponents = between(-600.0, 600.0).chain(between(-5.2, 5.2));
        let found = worst(exponents.map(|x| (exp_lite(x), exp(x))));
        assert!((0.05..=1.0).contains(&found), "exp: {found}");
        let found = worst(between(0.0, 1.0).skip(1).map(|e| {
            let (_, s) = one_plus(e);
            (twice_artanh_lite(s), ln_1p(e, 0.0))
        }));
        assert!((0.05..=1.0).contains(&found), "2 artanh: {found}");
        let found = worst(between(-300.0, 300.0).chain(between(-3.0, 3.0)).map(|x| {
            let x = x.exp();
            (ln_1p_lite(x), ln_1p(x, 0.0))
        }));
        assert!((0.005..=0.125).contains(&found), "ln(1 + x): {found}");
        let found = worst(between(0.0, 1.0).skip(1).take(99_999).map(|p| {
            let r = 1.0 - p;
            (surprisal_lite(p, r), surprisal((p, 0.0), (r, 0.0)))
        }));
        assert!((0.005..=0.125).contains(&found), "-ln p: {found}");
    }

    #[test]
    fn one_plus_gives_the_inverse_of_1_plus_e() {
        for e in [0.0, 1e-300, 0.3, 0.4142, 0.7, 1.0] {
            let (inverse, quotient) = one_plus(e);
            assert!((inverse * (1.0 + e) - 1.0).abs() < 1e-15, "{e}");
            assert!((quotient * (2.0 + e) - e).abs() <= 1e-15 * e, "{e}");
        }
    }
}
