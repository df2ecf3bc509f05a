//! The lanes of `f64`: constants only. The polynomials are summed in short chains (Estrin).

use super::lanes;

/// P of eʳ = 1 + r + r²P(r).
#[inline(always)]
fn exponential(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (0.166_666_666_666_664_33 + 0.041_666_666_666_604 * r)
        + r2 * (0.008_333_333_333_499_919 + 0.001_388_888_892_677_809 * r);
    let middle = (0.000_198_412_694_664_214_98 + 2.480_150_870_744_690_6e-5 * r)
        + r2 * (2.755_764_074_558_272_5e-6 + 2.762_517_618_319_893_6e-7 * r);
    let high = 2.497_839_656_326_352_8e-8;
    0.5 + r * (low + r4 * (middle + r4 * high))
}

/// P of 2 artanh s = 2s + s³P(s²), |s| ≤ ⅓.
#[inline(always)]
fn artanh(w: f64) -> f64 {
    let w2 = w * w;
    let w4 = w2 * w2;
    let low = (0.666_666_666_666_663_1 + 0.400_000_000_001_550_3 * w)
        + w2 * (0.285_714_285_481_847_8 + 0.222_222_239_474_101_72 * w);
    let middle = (0.181_817_447_458_868_35 + 0.153_865_420_445_816_78 * w)
        + w2 * (0.133_012_105_876_305_03 + 0.121_042_079_829_781_12 * w);
    let high = 0.083_482_822_566_576_83 + 0.170_035_116_424_358_62 * w;
    low + w4 * (middle + w4 * high)
}

/// The same for |s| ≤ ⅕.
#[inline(always)]
fn short_artanh(w: f64) -> f64 {
    let w2 = w * w;
    let low = (0.666_666_666_666_666_6 + 0.400_000_000_000_079_1 * w)
        + w2 * (0.285_714_285_672_942_77 + 0.222_222_230_445_546_2 * w);
    let high = (0.181_817_379_723_058_8 + 0.153_888_523_781_398_3 * w)
        + w2 * (0.132_100_385_032_359_13 + 0.136_063_164_519_769 * w);
    low + (w2 * w2) * high
}

lanes! {
    f64, u64, i64,
    digits: 52, bias: 1023,
    magic: 6_755_399_441_055_744.0, // 1.5·2⁵²
    // ln 2 rounded down to 42 bits, and the rest.
    ln_2: (0.693_147_180_559_890_3, 5.497_923_018_708_371e-14),
    ordinary: 300.0,
    // e^−746 is below half of the smallest subnormal.
    underflow: -746.0,
    sqrt_half: 0x3fe6_a09e_667f_3bcd,
    exp: exponential,
    artanh: artanh,
    short_artanh: short_artanh,
    half_artanh: |w| 0.5 * artanh(w),
    // An octave.
    near: 1 << 52,
}
