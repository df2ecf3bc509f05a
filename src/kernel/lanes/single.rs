//! The lanes of `f32`: constants only.

use super::lanes;

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
    exp: |r| polynomial(
        [0.5, 0.166_665_76, 0.041_666_556, 0.008_363_186, 0.001_392_619_2],
        r,
    ),
    ln: [0.666_666_7, 0.399_997_06, 0.285_924_14, 0.217_056_57, 0.232_290_7],
}
