//! [`Pair`], an unevaluated sum of two `f64`, and the error-free transformations that it is
//! built from. Sums of many numbers live in [`sum`](super::sum).
//!
//! # Bounds
//!
//! With u = 2⁻⁵³ and without overflow or underflow, the relative errors of the operations on
//! pairs are at most: [`Pair::add_f64`] 2u²; `+` of two pairs of one sign 3u² (the
//! accurate algorithm, 3u² + 13u³ for any signs); [`Pair::mul_f64`] 3u²; `*` 8u²;
//! `/` 20u². (Joldes, Muller and Popescu, *Tight and rigorous error bounds for basic
//! building blocks of double-word arithmetic*, 2017, prove tighter ones for most.) So any of them is within
//! 2⁻¹⁰¹. Rounding a pair at the end costs ½ ulp and nothing more that could be seen.
//!
//! [`two_sum`] and [`two_difference`] are exact for all finite inputs whose sum does not
//! overflow (Knuth; Møller). [`two_product`] is exact where no partial product under- or
//! overflows: |a|, |b| ≤ 2⁹⁹⁵ and |a·b| ≥ 2⁻⁹⁶⁹ or zero (Dekker, with Veltkamp's splitting; no
//! fused multiply-add).

use super::Float;

/// The sum `a + b` as `(s, e)` with `s = fl(a + b)` and `s + e = a + b` exactly.
#[inline(always)]
#[must_use]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let bb = s - a;
    (s, (a - (s - bb)) + (b - bb))
}

/// [`two_sum`] in three operations, exact if |a| ≥ |b| or a = 0.
#[inline(always)]
#[must_use]
pub fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// The difference `a − b` as `(d, e)` with `d = fl(a − b)` and `d + e = a − b` exactly.
#[inline(always)]
#[must_use]
pub fn two_difference(a: f64, b: f64) -> (f64, f64) {
    two_sum(a, -b)
}

/// `x` as `(head, tail)` of 26 bits each, `head + tail = x` exactly. Needs |x| ≤ 2⁹⁹⁵.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    const SPLITTER: f64 = 134_217_729.0; // 2²⁷ + 1
    let c = SPLITTER * x;
    let head = c - (c - x);
    (head, x - head)
}

/// The product `a·b` as `(p, e)` with `p = fl(a·b)` and `p + e = a·b` exactly, within the range
/// that the [module](self) states.
#[inline(always)]
#[must_use]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    let (ah, al) = split(a);
    let (bh, bl) = split(b);
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

/// The number `hi + lo`, where `hi` is the sum rounded to nearest and so |lo| ≤ ½ ulp(hi).
/// An infinite or NaN `hi` has `lo = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pair {
    /// The number, rounded to nearest.
    pub hi: f64,
    /// What the rounding left out.
    pub lo: f64,
}

impl Pair {
    /// 0.
    pub const ZERO: Self = Self { hi: 0.0, lo: 0.0 };
    /// 1.
    pub const ONE: Self = Self { hi: 1.0, lo: 0.0 };
    /// +∞.
    pub const INFINITY: Self = Self {
        hi: f64::INFINITY,
        lo: 0.0,
    };
    /// ln 2, within 2⁻¹⁰⁶ relative.
    pub const LN_2: Self = Self {
        hi: core::f64::consts::LN_2,
        lo: 2.319_046_813_846_299_6e-17,
    };
    /// log₂ e = 1/ln 2, within 2⁻¹⁰⁶ relative.
    pub const LOG2_E: Self = Self {
        hi: core::f64::consts::LOG2_E,
        lo: 2.035_527_374_093_103_3e-17,
    };

    /// The number `a + b`, exactly, for any finite `a` and `b` whose sum does not overflow.
    #[inline(always)]
    #[must_use]
    pub fn sum(a: f64, b: f64) -> Self {
        let (hi, lo) = two_sum(a, b);
        Self::checked(hi, lo)
    }

    /// The number `a − b`, exactly, for any finite `a` and `b` whose difference does not
    /// overflow; otherwise the infinite or NaN difference.
    #[inline(always)]
    #[must_use]
    pub fn difference(a: f64, b: f64) -> Self {
        Self::sum(a, -b)
    }

    /// The number `a·b`, exactly within the range of [`two_product`]; otherwise within 2u² of
    /// it where the product is normal, and the rounded product where it is not.
    #[inline]
    #[must_use]
    pub fn product(a: f64, b: f64) -> Self {
        Self::from(a).mul_f64(b)
    }

    /// `hi + lo` for |hi| ≥ |lo|. The low part of what is infinite is lost.
    #[inline(always)]
    fn renormalised(hi: f64, lo: f64) -> Self {
        let lo = if hi.is_finite() { lo } else { 0.0 };
        let (h, l) = fast_two_sum(hi, lo);
        Self::checked(h, l)
    }

    #[inline(always)]
    fn checked(hi: f64, lo: f64) -> Self {
        let lo = if hi.is_finite() { lo } else { 0.0 };
        Self { hi, lo }
    }

    /// The nearest value of type `F` (for `f32`, nearest to `hi`: at most ½ + 2⁻²⁹ ulp).
    #[inline(always)]
    #[must_use]
    pub fn round<F: Float>(self) -> F {
        F::from_f64(self.hi)
    }

    /// `self + x`.
    #[inline(always)]
    #[must_use]
    pub fn add_f64(self, x: f64) -> Self {
        let (s, e) = two_sum(self.hi, x);
        if !s.is_finite() {
            return Self::from(s);
        }
        Self::renormalised(s, e + self.lo)
    }

    /// `self · x`.
    #[inline]
    #[must_use]
    pub fn mul_f64(self, x: f64) -> Self {
        let hi = self.hi * x;
        if !hi.is_finite() || hi == 0.0 {
            return Self { hi, lo: 0.0 };
        }
        let (p, e) = scaled_product(self.hi, x);
        Self::renormalised(p, e + self.lo * x)
    }

    /// `self · 2ⁿ` for |n| ≤ 1000, exact unless the result is subnormal or overflows.
    #[inline]
    #[must_use]
    pub fn scale(self, n: i32) -> Self {
        let factor = power_of_two(n);
        Self::checked(self.hi * factor, self.lo * factor)
    }

    /// `1 / self`.
    #[inline]
    #[must_use]
    pub fn recip(self) -> Self {
        Self::ONE / self
    }

    /// Whether the number is finite.
    #[inline(always)]
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.hi.is_finite()
    }
}

/// 2ⁿ for −1022 ≤ n ≤ 1023.
#[inline(always)]
pub(super) fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// Whether a factor and a product of such factors keep away from the ends of the floats.
#[inline(always)]
fn are_ordinary(a: f64, b: f64, product: f64) -> bool {
    let ordinary = |x: f64| (SMALL..LARGE).contains(&x.abs());
    ordinary(a) && ordinary(b) && product.abs() < LARGE
}

const LARGE: f64 = 1e290;
const SMALL: f64 = 1e-130;

/// [`two_product`] for any factors with a finite product: the factors are brought near 1 first
/// where the splitting could overflow or the error term underflow.
#[inline]
fn scaled_product(a: f64, b: f64) -> (f64, f64) {
    if are_ordinary(a, b, a * b) {
        return two_product(a, b);
    }
    let (ma, ea) = fraction(a);
    let (mb, eb) = fraction(b);
    let (_, e) = two_product(ma, mb);
    let p = a * b;
    let n = ea + eb;
    if n < -960 {
        // The error term would be subnormal: it is not representable and far below an ulp of
        // what the product is added to.
        return (p, 0.0);
    }
    let half = n / 2;
    (p, e * power_of_two(half) * power_of_two(n - half))
}

/// `x = m·2ⁿ` with 1 ≤ |m| < 2, for finite nonzero `x`.
#[inline]
fn fraction(x: f64) -> (f64, i32) {
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE {
        (x * power_of_two(64), -64)
    } else {
        (x, 0)
    };
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let mantissa = (x.to_bits() & !(0x7ff << 52)) | (1023 << 52);
    (f64::from_bits(mantissa), exponent + shift)
}

impl From<f64> for Pair {
    #[inline(always)]
    fn from(x: f64) -> Self {
        Self { hi: x, lo: 0.0 }
    }
}

impl core::ops::Neg for Pair {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self {
            hi: -self.hi,
            lo: -self.lo,
        }
    }
}

impl core::ops::Add for Pair {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (s, e) = two_sum(self.hi, other.hi);
        if !s.is_finite() {
            return Self::from(s);
        }
        let (t, f) = two_sum(self.lo, other.lo);
        let (s, e) = fast_two_sum(s, e + t);
        Self::renormalised(s, e + f)
    }
}

impl core::ops::Sub for Pair {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl core::ops::Mul for Pair {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        let hi = self.hi * other.hi;
        if !hi.is_finite() || hi == 0.0 {
            return Self { hi, lo: 0.0 };
        }
        let (p, e) = scaled_product(self.hi, other.hi);
        Self::renormalised(p, e + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl core::ops::Div for Pair {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let q = self.hi / other.hi;
        if !q.is_finite() || q == 0.0 || !other.hi.is_finite() {
            return Self { hi: q, lo: 0.0 };
        }
        if other.lo == 0.0 && are_ordinary(q, other.hi, q * other.hi) {
            // The remainder as below, without what is 0 in it: the first difference is exact.
            let (p, e) = two_product(other.hi, q);
            let (t, f) = two_sum(self.lo, -e);
            let (s, e) = fast_two_sum(self.hi - p, t);
            return Self::renormalised(q, (s + (e + f)) / other.hi);
        }
        // The remainder self − q·other is small and computed exactly up to u².
        let rest = self - other.mul_f64(q);
        Self::renormalised(q, rest.hi / other.hi)
    }
}
