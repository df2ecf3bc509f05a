//! The two float types as the benchmarks take them: for the crate, for loops that call the functions
//! of the standard library, and for what a limit is measured with.

use exact_loss::losses::Scalar;

/// `f32` or `f64`.
pub(crate) trait Real: Scalar + num_traits::Float {
    /// The name in arguments and tables.
    const NAME: &'static str;
    /// How many bits it has.
    const BITS: u32;

    /// All bits. Those of numbers that are not negative are in the order of the numbers.
    fn bits(self) -> u64;

    /// exp(x) for |x| < 80 within a few ulps, by operations that the compiler makes vector code of.
    fn quick_exp(self) -> Self;
}

/// 1/k! for k = 0, 1, …
const fn reciprocals_of_factorials<const N: usize>() -> [f64; N] {
    let mut all = [1.0; N];
    let mut k = 1;
    while k < N {
        all[k] = all[k - 1] / k as f64;
        k += 1;
    }
    all
}

macro_rules! real {
    ($type:ident, $terms:literal, $magic:expr, $bias:expr, $mantissa:expr, $high:expr, $low:expr) => {
        impl Real for $type {
            const NAME: &'static str = stringify!($type);
            const BITS: u32 = 8 * size_of::<$type>() as u32;

            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            #[inline(always)]
            fn quick_exp(self) -> Self {
                const TERMS: [f64; $terms] = reciprocals_of_factorials();
                // Adding 1.5·2^(p−1) leaves the nearest whole number in the low bits.
                let shifted = self * core::$type::consts::LOG2_E + $magic;
                let whole = shifted - $magic;
                let rest = self - whole * $high - whole * $low;
                let mut sum = 0.0;
                for term in TERMS.iter().rev() {
                    sum = sum * rest + *term as $type;
                }
                let power = (shifted.to_bits() << $mantissa).wrapping_add($bias << $mantissa);
                sum * $type::from_bits(power)
            }
        }
    };
}
real!(
    f32,
    7,
    12_582_912.0,
    127_u32,
    23,
    355.0 / 512.0,
    -2.121_944_4e-4
);
real!(
    f64,
    13,
    6_755_399_441_055_744.0,
    1023_u64,
    52,
    0.693_147_180_369_123_8,
    1.908_214_929_270_587_7e-10
);
