//! The binary floating-point formats, read and written bit by bit. Which float is nearest to a
//! number is decided in `nearest`.

use core::fmt::Debug;

use super::extended::lift_float;
use super::{Extended, Lift};

/// A float taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decoded {
    /// Any NaN.
    NotANumber,
    /// ±∞.
    Infinite {
        /// Whether the sign bit is set.
        negative: bool,
    },
    /// ±significand·2^exponent. The significand of a normal number has [`Format::PRECISION`]
    /// bits, that of a subnormal number fewer.
    Finite {
        /// Whether the sign bit is set.
        negative: bool,
        /// The significand as an integer.
        significand: u64,
        /// The exponent of the significand's last bit.
        exponent: i32,
    },
}

/// A binary interchange format of IEEE 754, or of the same layout: a sign bit, a biased
/// exponent, and a significand whose leading bit is hidden.
///
/// Everything is done on the bits; no float is computed with.
///
/// # Examples
/// ```
/// use exact_loss::exact::Format;
///
/// assert_eq!(f64::encode(false, 3, -1), Some(1.5));
/// assert_eq!(f32::encode(false, 1, -149), Some(f32::from_bits(1)));
/// assert_eq!(f32::encode(false, 1, -150), None); // no float
/// ```
pub trait Format: Lift + Copy + PartialEq + Debug + Send + Sync + 'static {
    /// Bits of the significand, the hidden one included.
    const PRECISION: u32;
    /// Exponent of the least normal number: 2^MIN_EXPONENT.
    const MIN_EXPONENT: i32;
    /// Exponent of the largest number, which lies below 2^(MAX_EXPONENT + 1).
    const MAX_EXPONENT: i32;
    /// Bits of the whole number.
    const WIDTH: u32;
    /// The name in the oracle's lines: "f64".
    const NAME: &'static str;

    /// The bits of the number, in the low [`Format::WIDTH`] bits.
    fn bits(self) -> u64;

    /// The number with these bits; bits above [`Format::WIDTH`] are ignored.
    fn from_format_bits(bits: u64) -> Self;

    /// The number taken apart.
    fn decode(self) -> Decoded {
        let bits = self.bits();
        let negative = bits >> (Self::WIDTH - 1) & 1 == 1;
        let fraction = bits & low_bits(Self::PRECISION - 1);
        let field = bits >> (Self::PRECISION - 1) & low_bits(Self::WIDTH - Self::PRECISION);
        let least = Self::MIN_EXPONENT - (Self::PRECISION as i32 - 1);
        if field == low_bits(Self::WIDTH - Self::PRECISION) {
            return if fraction == 0 {
                Decoded::Infinite { negative }
            } else {
                Decoded::NotANumber
            };
        }
        if field == 0 {
            return Decoded::Finite {
                negative,
                significand: fraction,
                exponent: least,
            };
        }
        let hidden = 1 << (Self::PRECISION - 1);
        // The field has at most 11 bits.
        let exponent = least + (field as i32 - 1);
        Decoded::Finite {
            negative,
            significand: hidden | fraction,
            exponent,
        }
    }

    /// ±significand·2^exponent, or `None` where the format has no such number.
    fn encode(negative: bool, significand: u64, exponent: i32) -> Option<Self> {
        if significand == 0 {
            return Some(Self::zero(negative));
        }
        let exponent = i64::from(exponent);
        let top = exponent + i64::from(significand.ilog2());
        if top > i64::from(Self::MAX_EXPONENT) {
            return None;
        }
        let unit = unit_exponent::<Self>(top);
        let aligned = if exponent >= unit {
            // top − unit < PRECISION, so nothing is lost.
            significand << (exponent - unit)
        } else {
            let dropped = u32::try_from(unit - exponent).ok()?;
            if significand.trailing_zeros() < dropped {
                return None;
            }
            significand >> dropped
        };
        let fraction = aligned & low_bits(Self::PRECISION - 1);
        let field = if aligned == fraction {
            0
        } else {
            (unit + i64::from(Self::PRECISION) - i64::from(Self::MIN_EXPONENT)) as u64
        };
        let sign = u64::from(negative) << (Self::WIDTH - 1);
        Some(Self::from_format_bits(
            sign | field << (Self::PRECISION - 1) | fraction,
        ))
    }

    /// ±0.
    fn zero(negative: bool) -> Self {
        Self::from_format_bits(u64::from(negative) << (Self::WIDTH - 1))
    }

    /// ±∞.
    fn infinity(negative: bool) -> Self {
        let field = low_bits(Self::WIDTH - Self::PRECISION) << (Self::PRECISION - 1);
        Self::from_format_bits(u64::from(negative) << (Self::WIDTH - 1) | field)
    }

    /// ± the largest finite number.
    fn largest(negative: bool) -> Self {
        Self::from_format_bits(Self::infinity(negative).bits() - 1)
    }

    /// Whether the sign bit is set, as it is in −0.
    fn is_negative(self) -> bool {
        self.bits() >> (Self::WIDTH - 1) & 1 == 1
    }
}

/// The exponent of the last bit of a number of the format whose leading bit is 2^top.
pub(crate) fn unit_exponent<F: Format>(top: i64) -> i64 {
    top.max(i64::from(F::MIN_EXPONENT)) - i64::from(F::PRECISION - 1)
}

fn low_bits(count: u32) -> u64 {
    (1 << count) - 1
}

/// A binary16 number (5 bits of exponent, 11 of precision), as its bits only.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Lift, rational::F16};
///
/// assert_eq!(F16(0x3555).lift().expect("not NaN").to_string(), "1365/4096");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct F16(
    /// The bits.
    pub u16,
);

/// A bfloat16 number (8 bits of exponent, 8 of precision), as its bits only.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Lift, rational::BF16};
///
/// assert_eq!(BF16(0x3eab).lift().expect("not NaN").to_string(), "171/512");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BF16(
    /// The bits.
    pub u16,
);

impl Format for f64 {
    const PRECISION: u32 = 53;
    const MIN_EXPONENT: i32 = -1022;
    const MAX_EXPONENT: i32 = 1023;
    const WIDTH: u32 = 64;
    const NAME: &'static str = "f64";

    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn from_format_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}

impl Format for f32 {
    const PRECISION: u32 = 24;
    const MIN_EXPONENT: i32 = -126;
    const MAX_EXPONENT: i32 = 127;
    const WIDTH: u32 = 32;
    const NAME: &'static str = "f32";

    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
    fn from_format_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
}

impl Format for F16 {
    const PRECISION: u32 = 11;
    const MIN_EXPONENT: i32 = -14;
    const MAX_EXPONENT: i32 = 15;
    const WIDTH: u32 = 16;
    const NAME: &'static str = "f16";

    fn bits(self) -> u64 {
        u64::from(self.0)
    }
    fn from_format_bits(bits: u64) -> Self {
        Self(bits as u16)
    }
}

impl Format for BF16 {
    const PRECISION: u32 = 8;
    const MIN_EXPONENT: i32 = -126;
    const MAX_EXPONENT: i32 = 127;
    const WIDTH: u32 = 16;
    const NAME: &'static str = "bf16";

    fn bits(self) -> u64 {
        u64::from(self.0)
    }
    fn from_format_bits(bits: u64) -> Self {
        Self(bits as u16)
    }
}

impl Lift for f64 {
    fn lift(&self) -> Option<Extended> {
        lift_float(*self)
    }
}

impl Lift for f32 {
    fn lift(&self) -> Option<Extended> {
        lift_float(*self)
    }
}

impl Lift for F16 {
    fn lift(&self) -> Option<Extended> {
        lift_float(*self)
    }
}

impl Lift for BF16 {
    fn lift(&self) -> Option<Extended> {
        lift_float(*self)
    }
}
