//! exp and expm1 in `f64`, without branches in the common path and without tables.
//!
//! # Derivation
//!
//! x = k·ln 2 + r with k the integer nearest to x/ln 2, so |r| ≤ 0.3466 (½ ln 2, and 2⁻⁴⁰ more
//! because k comes from a rounded product), and eˣ = 2ᵏ·eʳ.
//!
//! * ln 2 = H + L, where H has 42 bits and L is rounded (error below 2⁻¹⁰²). |k| ≤ 1100 has 11
//!   bits, so k·H is exact, and x − k·H is exact (it is a multiple of the smaller ulp and less
//!   than ½). k·L errs by u·|k·L| < 2⁻⁸⁷. The difference is kept as r + r', with r' the exact
//!   rest and whatever low part x came with. So the reduced argument errs by less than 2⁻⁸⁶.
//! * r = h + t with h a multiple of 2⁻²⁷, so that h² is exact, and t exact, |t| ≤ 2⁻²⁸.
//!   r²/2 = h²/2 + t(r + h)/2. The second term is below 2⁻²⁹·⁵ and errs by 3u of that.
//! * The cubic rest is c = r³·P(r), P of degree 9 and with rounded coefficients that make the remainder small:
//!   below 2⁻⁶³·⁴ of eʳ.
//! * 1 + r + h²/2 is summed exactly as a high part and rests below 2u; t(r+h)/2 and r'·eʳ, below
//!   2⁻²⁹, are added to c, and to that the rests: two roundings that matter, of numbers below 2⁻⁷.
//!
//! # The count
//!
//! In units of u, half an ulp of each number where it stands, at r = −0.3466 (r² = 0.1201,
//! |r³| = 0.0416, P = 0.1532, c = −0.0064) and at r = +0.3466 (P = 0.1824, c = 0.0076):
//!
//! | what errs | half an ulp, and what it is multiplied by | r < 0 | r > 0 |
//! |---|---|---|---|
//! | r² | 2⁻⁴·\|r\|P | 0.0033 | 0.0040 |
//! | r³ | 2⁻⁵·P | 0.0048 | 0.0057 |
//! | P, Horner's last sum | 2⁻³·\|r³\| | 0.0052 | 0.0052 |
//! | P, all before | 0.029·\|r³\|, 0.037·\|r³\| | 0.0012 | 0.0016 |
//! | c, and two sums | 3·2⁻⁸ | 0.0118 | 0.0118 |
//! | the remainder | 2⁻⁶³ | 0.0009 | 0.0009 |
//! | together | | 0.0272 | 0.0292 |
//!
//! None of these grows towards r = 0 (the powers of two fall, and what they are multiplied by),
//! so the error relative to eʳ is largest at r = −0.3466: 0.0272u/0.707 < 2⁻⁵⁷·⁵. (Measured
//! against certified enclosures: below 2⁻⁵⁷·⁷.) In ulps, which are u below 1 and 2u from
//! 1 on, it is at most 0.028: rounded once, eˣ is within 0.54 ulp.
//!
//! eˣ − 1 has the same errors, without those of the rests beside 1. They weigh most where k = 1 and
//! r = −0.3466: 2·0.0272u of 0.414 is below 2⁻⁵⁵·⁷ relative and 0.11 ulp, so 0.63 ulp rounded.
//! For k = 0 it is 0.0272u of 0.293 at most, since c/r falls with |r|; for k < 0 the result is at
//! least 0.293 and the error 0.0146u; for k > 1 the result is above 0.45·2ᵏ.
//!
//! Subnormal results are rounded once, at the place where the subnormal grid lies, by adding a
//! power of two whose ulp is 2⁻¹⁰⁷⁴ after scaling.

use crate::kernel::pair::{Pair, fast_two_sum, power_of_two, two_sum};

/// Adding and subtracting 1.5·2⁵² rounds a number below 2⁵¹ to an integer.
pub(super) const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
/// Adding and subtracting 1.5·2²⁵ rounds a number below 2²⁴ to a multiple of 2⁻²⁷.
const TO_27_BITS: f64 = 50_331_648.0;
/// ln 2 rounded down to 42 bits.
const LN_2_HIGH: f64 = 0.693_147_180_559_890_3;
/// ln 2 − [`LN_2_HIGH`], rounded.
const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;

/// Above this, eˣ is +∞.
const OVERFLOW: f64 = 709.782_712_893_384;
/// Below this, eˣ·2⁶⁴ could be subnormal, and eˣ rounds to 0.
const UNDERFLOW: f64 = -750.0;

/// P, near 1/3! … 1/12!.
const COEFFICIENTS: [f64; 10] = [
    0.166_666_666_666_666_85,
    0.041_666_666_666_666_526,
    0.008_333_333_333_315_991,
    0.001_388_888_888_896_801,
    0.000_198_412_698_985_277_6,
    2.480_158_715_524_932_2e-5,
    2.755_723_302_152_664_3e-6,
    2.755_741_768_532_714e-7,
    2.511_260_140_650_311_2e-8,
    2.087_107_602_178_533_5e-9,
];

/// The argument as k·ln 2 + r + rest, for |x| ≤ 760: `(k, r, rest)`, k an integral float.
#[inline(always)]
fn reduce(x: f64, low: f64) -> (f64, f64, f64) {
    let k = (x * core::f64::consts::LOG2_E + TO_INTEGER) - TO_INTEGER;
    let (r, rest) = two_sum(x - k * LN_2_HIGH, -(k * LN_2_LOW));
    (k, r, rest + low)
}

/// The argument as [`reduce`] gives it, with 2ᵏ in place of k, and P(r) with the sums in short chains but the last,
/// for |x| ≤ 600.
#[inline(always)]
pub(super) fn series(x: f64) -> (f64, f64, f64, f64) {
    let shifted = x * core::f64::consts::LOG2_E + TO_INTEGER;
    let k = shifted - TO_INTEGER;
    // x − k·H is a multiple of an ulp of k·L.
    let (r, rest) = fast_two_sum(x - k * LN_2_HIGH, -(k * LN_2_LOW));
    let c = COEFFICIENTS;
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (c[1] + r * c[2]) + r2 * (c[3] + r * c[4]);
    let middle = (c[5] + r * c[6]) + r2 * (c[7] + r * c[8]);
    let q = low + r4 * (middle + r4 * c[9]);
    (power_of_shifted(shifted), r, rest, c[0] + r * q)
}

/// e^(r + rest) − 1 − r for a reduced argument: the exact h²/2, and all that is smaller.
#[inline(always)]
fn tail(r: f64, rest: f64) -> (f64, f64) {
    let h = (r + TO_27_BITS) - TO_27_BITS;
    let t = r - h;
    let square = 0.5 * h * h;
    let [rest_of_p @ .., last] = COEFFICIENTS;
    let p = rest_of_p.iter().rev().fold(last, |p, c| p * r + c);
    let cubic = (r * r) * r * p;
    let first = r + (square + cubic);
    (square, cubic + (0.5 * t * (r + h) + (rest + rest * first)))
}

/// 2ᵏ as a float, for integral −1022 ≤ k ≤ 1023.
#[inline(always)]
pub(super) fn power(k: f64) -> f64 {
    power_of_shifted(k + TO_INTEGER)
}

/// 2ᵏ for k + 1.5·2⁵², whose low bits hold k as a two's complement integer.
#[inline(always)]
fn power_of_shifted(shifted: f64) -> f64 {
    f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// e^(x + low) as (hi, lo)·2ᵏ with 0.7 < hi < 1.42, for |x| ≤ 760.
#[inline(always)]
pub(super) fn reduced(x: f64, low: f64) -> (f64, f64, f64) {
    let (k, r, rest) = reduce(x, low);
    let (square, small) = tail(r, rest);
    let (a, a_rest) = fast_two_sum(1.0, r);
    let (b, b_rest) = fast_two_sum(a, square);
    let (hi, lo) = fast_two_sum(b, (a_rest + b_rest) + small);
    (k, hi, lo)
}

/// e^(x + low)·2⁶⁴ as (hi, lo) for x ≤ 0, within 2⁻⁵⁷·⁵ relative; 0 below −750. The scale keeps every
/// term that matters to a sum normal. A NaN gives 0: the caller excludes it.
#[inline(always)]
pub(in crate::kernel) fn exp_scaled(x: f64, low: f64) -> (f64, f64) {
    let inside = x >= UNDERFLOW;
    let (x, low) = if inside { (x, low) } else { (0.0, 0.0) };
    let (k, hi, lo) = reduced(x, low);
    let scale = if inside { power(k + 64.0) } else { 0.0 };
    (hi * scale, lo * scale)
}

/// eˣ rounded once.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > OVERFLOW {
        return f64::INFINITY;
    }
    if x < UNDERFLOW {
        return 0.0;
    }
    let (k, hi, lo) = reduced(x, 0.0);
    if k < -1020.0 {
        // hi·2^(k+1022) lies below 1; with 1 added, its last place is that of a subnormal.
        let scale = power(k + 1022.0);
        let (sum, rest) = two_sum(1.0, hi * scale);
        let rounded = sum + (rest + lo * scale);
        return if rounded < 2.0 {
            (rounded - 1.0) * f64::MIN_POSITIVE
        } else {
            hi * scale * f64::MIN_POSITIVE
        };
    }
    // Two factors, because k may be 1024.
    hi * power(k - 1.0) * 2.0
}

/// e^(x + low) as a pair.
#[inline]
pub(super) fn exp_pair(x: f64, low: f64) -> Pair {
    if !(-680.0..=OVERFLOW).contains(&x) {
        return Pair::from(if x < -680.0 && low != 0.0 {
            exp(x) * (1.0 + low)
        } else {
            exp(x)
        });
    }
    let (k, hi, lo) = reduced(x, low);
    let scale = power(k - 1.0);
    let (hi, lo) = (hi * scale * 2.0, lo * scale * 2.0);
    Pair {
        hi,
        lo: if hi.is_finite() { lo } else { 0.0 },
    }
}

/// eˣ − 1 as a pair.
#[inline]
pub(super) fn exp_m1_pair(x: f64) -> Pair {
    if !(-100.0..=100.0).contains(&x) {
        return exp_pair(x, 0.0).add_f64(-1.0);
    }
    if x.abs() < power_of_two(-60) {
        return Pair::from(x);
    }
    let (k, r, rest) = reduce(x, 0.0);
    let (square, small) = tail(r, rest);
    // eʳ − 1 without the 1, then 2ᵏ(eʳ − 1) + (2ᵏ − 1), both exact powers or sums of them.
    let (a, a_rest) = fast_two_sum(r, square);
    let (hi, lo) = fast_two_sum(a, a_rest + small);
    if k == 0.0 {
        return Pair { hi, lo };
    }
    let scale = power(k);
    Pair {
        hi: hi * scale,
        lo: lo * scale,
    } + Pair::sum(scale, -1.0)
}
