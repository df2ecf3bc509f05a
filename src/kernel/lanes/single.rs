//! The lanes of `f32`: constants only. The polynomials are summed in short chains (Estrin).

use super::lanes;

/// P of eʳ = 1 + r + r²P(r).
#[inline(always)]
fn exponential(r: f32) -> f32 {
    let square = r * r;
    (0.5 + 0.166_665_76 * r)
        + square * ((0.041_666_556 + 0.008_363_186 * r) + 0.001_392_619_2 * square)
}

/// P of 2 artanh s = 2s + s³P(s²), |s| ≤ ⅓.
#[inline(always)]
fn artanh(w: f32) -> f32 {
    let square = w * w;
    (0.666_666_7 + 0.399_997_06 * w)
        + square * ((0.285_924_14 + 0.217_056_57 * w) + 0.232_290_7 * square)
}

/// The same for |s| ≤ ⅕.
#[inline(always)]
fn short_artanh(w: f32) -> f32 {
    (0.666_666_7 + 0.400_003_14 * w) + (w * w) * (0.285_325_4 + 0.237_507_64 * w)
}

/// Half of it for |s| < ¼, in one chain, which is one product less.
#[inline(always)]
fn half_artanh(w: f32) -> f32 {
    0.333_333_33 + w * (0.200_004_58 + w * (0.142_457_22 + w * 0.122_152_6))
}

lanes! {
    f32, u32, i32,
    digits: 23, bias: 127,
    magic: 12_582_912.0, // 1.5·2²³
    // 355/512, which has 9 bits, and the rest.
    ln_2: (0.693_359_4, -2.121_944_4e-4),
    ordinary: 80.0,
    // e^−104 is below half of the smallest subnormal.
    underflow: -104.0,
    sqrt_half: 0x3f35_04f3,
    exp: exponential,
    artanh: artanh,
    short_artanh: short_artanh,
    half_artanh: half_artanh,
    // ⅝ of an octave.
    near: 0x0050_0000,
}
