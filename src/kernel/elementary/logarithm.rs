//! ln and ln(1+x) in `f64`, of a number that may come as an unevaluated sum of two, without
//! branches in the common path and without tables.
//!
//! # Derivation
//!
//! x + low = 2ᵏ·m with √½ ≤ m < √2 (of the leading float), f = m − 1 exactly, and with
//! s = f/(2 + f), |s| ≤ 0.1716: ln x = k·ln 2 + 2 atanh s = k·ln 2 + 2s + s³(2/3 + 2s²/5 + …).
//!
//! * s is kept as h + t: h the quotient cut to 26 bits, t = (f − h·d)/d with d = 2 + f. h times
//!   the leading 26 bits of d is exact, its difference from f is exact, and h times the rest of
//!   d is below 2⁻²⁶·|f|; so t, which is below 2⁻²⁴|s|, errs by 2⁻⁷⁶ relative to s.
//! * The rest c = s·(s²·P(s²)) is at most 0.01 of 2s, P of degree 7 and with rounded coefficients that make
//!   the remainder small: below 2⁻⁶⁶ of 2s.
//! * k·ln 2 = k·H + k·L with H of 42 bits: k·H exact, k·L errs by less than 2⁻⁸⁷.
//! * k·H + 2h is summed exactly; c, 2t, k·L and the rest of that sum form the low part, in three
//!   sums, the last two of which are exact where k = 0.
//!
//! # The count
//!
//! In units of u, half an ulp of each number where it stands, at s = 0.1716 (w = s² = 0.0294, P = 0.679,
//! wP = 0.02, c = 0.0034):
//!
//! | what errs | half an ulp, and what it is multiplied by | |
//! |---|---|---|
//! | s, which enters three times | 2⁻³·3wP | 0.0075 |
//! | w | 2⁻⁶·s(P + wP') | 0.0019 |
//! | P, Horner's last sum | 2⁻¹·sw | 0.0025 |
//! | P, all before | 0.03·sw | 0.0002 |
//! | wP | 2⁻⁶·s | 0.0027 |
//! | c, and three sums | 4·2⁻⁹ | 0.0078 |
//! | together | | 0.0226 |
//!
//! None of these grows towards s = 0. Where k ≠ 0, |ln x| ≥ 0.3465, which makes 0.0226u/0.3465 <
//! 2⁻⁵⁶·⁸ relative, and 0.046 ulp, since an ulp is u/2 there. Where k = 0 there are two sums less:
//! 0.0187u of 2 artanh s = 0.3466 is below 0.054u relative, and 0.038 ulp. Nearer to 1 each rounding may be
//! a whole u of its number, but 7.3 of c and one of the sum are below 8.4u·s²/3 relative, 0.044u for
//! s ≤ ⅛. So the error is at most 2⁻⁵⁶·⁸ relative (measured: below 2⁻⁵⁷), and the rounded logarithm is
//! within 0.55 ulp.

use crate::kernel::pair::{Pair, fast_two_sum, power_of_two, two_sum};

/// ln 2 rounded down to 42 bits.
pub(super) const LN_2_HIGH: f64 = 0.693_147_180_559_890_3;
/// ln 2 − [`LN_2_HIGH`], rounded.
pub(super) const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;
/// The bits of √½ rounded up.
pub(super) const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// Clears the last 27 bits of a significand, which leaves 26.
pub(super) const HEAD: u64 = !((1 << 27) - 1);

/// P, near 2/3, 2/5 … 2/17.
const COEFFICIENTS: [f64; 8] = [
    0.666_666_666_666_666_6,
    0.400_000_000_000_048_9,
    0.285_714_285_694_234_46,
    0.222_222_226_050_883_13,
    0.181_817_784_988_827_75,
    0.153_869_830_002_282_74,
    0.132_522_700_239_408_99,
    0.132_337_556_996_124_26,
];

/// P(w), with the sums in short chains but the last.
#[inline(always)]
pub(super) fn series(w: f64) -> f64 {
    let c = COEFFICIENTS;
    let w2 = w * w;
    let w4 = w2 * w2;
    let low = (c[1] + w * c[2]) + w2 * (c[3] + w * c[4]);
    let high = (c[5] + w * c[6]) + w2 * c[7];
    c[0] + w * (low + w4 * high)
}

/// ln((1 + f + f_low)·2ᵏ), for −0.3 ≤ f ≤ 0.4143 and f_low below an ulp of it.
#[inline(always)]
pub(super) fn reduced(k: f64, f: f64, f_low: f64) -> (f64, f64) {
    let (d, d_rest) = fast_two_sum(2.0, f);
    let d_rest = d_rest + f_low;
    let inverse = 1.0 / d;
    let h = f64::from_bits((f * inverse).to_bits() & HEAD);
    let d_head = f64::from_bits(d.to_bits() & HEAD);
    let d_tail = (d - d_head) + d_rest;
    let t = (((f - h * d_head) - h * d_tail) + f_low) * inverse;
    let s = h + t;
    let square = s * s;
    let [rest_of_p @ .., last] = COEFFICIENTS;
    let p = rest_of_p.iter().rev().fold(last, |p, c| p * square + c);
    let cubic = s * (square * p);
    let (hi, rest) = fast_two_sum(k * LN_2_HIGH, 2.0 * h);
    fast_two_sum(hi, rest + (k * LN_2_LOW + (2.0 * t + cubic)))
}

/// ln(x + low) as a pair, |low| at most an ulp of `x`.
#[inline(always)]
pub(super) fn ln_of_sum(x: f64, low: f64) -> Pair {
    if !(x > 0.0 && x < f64::INFINITY) {
        return Pair::from(if x == 0.0 {
            f64::NEG_INFINITY
        } else if x > 0.0 {
            f64::INFINITY
        } else {
            f64::NAN
        });
    }
    let subnormal = x < f64::MIN_POSITIVE;
    let (x, shift) = if subnormal {
        (x * power_of_two(54), 54.0)
    } else {
        (x, 0.0)
    };
    let distance = x.to_bits().wrapping_sub(SQRT_HALF) as i64;
    let k = distance >> 52;
    let m = f64::from_bits((distance as u64 & ((1 << 52) - 1)).wrapping_add(SQRT_HALF));
    // A low part of a subnormal is 0.
    let half = k >> 1;
    let low = low * power_of_two(-half as i32) * power_of_two((half - k) as i32);
    let (f, f_low) = two_sum(m - 1.0, low);
    let (hi, lo) = reduced(k as f64 - shift, f, f_low);
    Pair { hi, lo }
}

/// ln(1 + x + low) as a pair, |low| at most an ulp of `x`.
#[inline(always)]
pub(super) fn ln_1p_pair(x: f64, low: f64) -> Pair {
    if x.abs() < power_of_two(-60) {
        return Pair { hi: x, lo: low };
    }
    if x > 1e300 {
        return ln_of_sum(x, low);
    }
    let (hi, rest) = two_sum(1.0, x);
    let (rest, rest_low) = fast_two_sum(rest, low);
    if (-0.25..=0.375).contains(&x) {
        // 1 + x + low with k = 0: x itself is m − 1, with no rounding of the sum.
        let (hi, lo) = reduced(0.0, x, low);
        return Pair { hi, lo };
    }
    // |rest_low| is below 2⁻¹⁰⁴ of hi, and ln is not small here.
    let (hi, rest) = fast_two_sum(hi, rest + rest_low);
    ln_of_sum(hi, rest)
}
