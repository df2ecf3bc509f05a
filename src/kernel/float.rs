//! The float types that the kernels are generic over, and nothing that computes.

use core::fmt::{Debug, Display};
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::sort::Ordered;

mod sealed {
    /// Keeps [`Float`](super::Float) to the two types whose bounds are derived.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A float type of the fast twins: `f32` or `f64`. No other type can implement it, because
/// every bound is derived for these two.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::Float;
///
/// fn half<F: Float>(x: F) -> F {
///     x * F::from_f64(0.5)
/// }
/// assert_eq!(half(3.0_f32), 1.5);
/// assert_eq!(half(3.0_f64), 1.5);
/// ```
pub trait Float:
    sealed::Sealed
    + Copy
    + Default
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Ordered
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// +∞.
    const INFINITY: Self;
    /// −∞.
    const NEG_INFINITY: Self;
    /// A quiet NaN.
    const NAN: Self;
    /// The largest finite value.
    const MAX: Self;
    /// The smallest positive normal value.
    const MIN_POSITIVE: Self;
    /// The distance from 1 to the next larger value: 2⁻²³ or 2⁻⁵².
    const EPSILON: Self;

    /// The same number in `f64`, without loss.
    fn to_f64(self) -> f64;
    /// The value nearest to `x`, ties to even.
    fn from_f64(x: f64) -> Self;
    /// The value of this type, given for both types.
    fn from_pair(single: f32, double: f64) -> Self;
    /// |self|.
    fn abs(self) -> Self;
    /// Whether the value is a NaN.
    fn is_nan(self) -> bool;
    /// Whether the value is neither infinite nor a NaN.
    fn is_finite(self) -> bool;
}

macro_rules! float {
    ($type:ident, $from_f64:expr, $from_pair:expr) => {
        impl Float for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $type::INFINITY;
            const NEG_INFINITY: Self = $type::NEG_INFINITY;
            const NAN: Self = $type::NAN;
            const MAX: Self = $type::MAX;
            const MIN_POSITIVE: Self = $type::MIN_POSITIVE;
            const EPSILON: Self = $type::EPSILON;

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                $from_f64(x)
            }
            #[inline(always)]
            fn from_pair(single: f32, double: f64) -> Self {
                $from_pair(single, double)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $type::abs(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $type::is_finite(self)
            }
        }
    };
}
float!(f32, |x| x as f32, |single, _| single);
float!(f64, |x| x, |_, double| double);
