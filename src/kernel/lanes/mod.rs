//! exp, ln, softplus and the logistic function as one lane of a vector: without branches, tables
//! or calls, so that a loop over them is vectorised. They trade the last half ulp for speed; the
//! accurate forms, and pairs, are in [`elementary`](super::elementary) and [`softplus`](super::softplus).
//!
//! Call them in loops inside a [`Kernel`](super::dispatch::Kernel). All are `#[inline(always)]`.
//! **A NaN is the caller's affair**: what comes out of one is unspecified, except that nothing panics.
//!
//! # Bounds
//!
//! | function | domain | bound, in ulps | measured `f32`, `f64` |
//! |---|---|---|---|
//! | [`Lanes::exp_ordinary`] | \|x\| ≤ [`Lanes::ORDINARY`] | 1.25 | 1.05, 0.95 |
//! | [`Lanes::exp_nonpositive`] | x ≤ 0, −∞ included | 1.25, ½ more if subnormal | 1.05, 1.00 |
//! | [`Lanes::ln_positive`] | x ≥ 0, +∞ and subnormals included | 1.2 | 0.79, 0.83 |
//! | [`Lanes::ln_complement`], ln(1−p) | 0 ≤ p ≤ 1 | 1.2 | 0.74, 0.74 |
//! | [`Lanes::ln_1p_unit`] | 0 ≤ e ≤ 1 | 1.5 | 1.17, 1.25 |
//! | [`Lanes::softplus`] | any | 2.5 | 1.91, 1.92 |
//! | [`Lanes::sigmoid`] | any | 3 | 2.32, 1.98 |
//!
//! # Derivation
//!
//! u is the unit roundoff of the type, 2⁻²⁴ or 2⁻⁵³.
//!
//! **exp.** x = k·ln 2 + r as in [`elementary`](super::elementary), with ln 2 = H + L; k·H and
//! x − k·H are exact, and r, |r| < ½, is rounded by u/4. eʳ = 1 + (r + r²P(r)); the
//! polynomial's own error is below 0.13u (`f32`) or 0.06u (`f64`).
//!
//! | part of the error of eʳ | r = −0.3466 | r = +0.3466 |
//! |---|---|---|
//! | of r: eʳu/4 | 0.18u | 0.36u |
//! | of r²P, three roundings | 3.1u·0.054 = 0.17u | 3.1u·0.069 = 0.22u |
//! | of the polynomial | 0.13u | 0.13u |
//! | of r + r²P, which is below ½ | u/4 | u/4 |
//! | of the last sum | u/2 | u |
//! | together, in ulps of eʳ | 1.23u = 1.23 | 1.96u = 0.98 |
//!
//! The parts grow with |r|, so these ends are the worst: 1.25 ulp, or 1.75u relative (r < 0).
//! Multiplying by 2ᵏ is exact, and rounds once where the result is subnormal.
//!
//! **ln** = k·ln 2 + f − (f²/2 − s(f²/2 + R)), s = f/(2+f), R = s²P(s²), from 2 artanh s = 2s + sR
//! and 2s = f − sf. f is exact. For k = 0 the bracket is below 0.2|f|, and 0.31 for f = 1: it
//! comes with 3 roundings of itself, and the last subtraction is one more: ½ + 3·0.2 = 1.1 ulp for
//! |f| ≤ 0.42, and 1.5 for f up to 1. For k ≠ 0 the two last sums dominate: ½ + ½·½ + 0.4. P comes in two
//! lengths: for |s| ≤ ⅓, and for |s| ≤ ⅕ within 2⁻²⁷ or 2⁻⁵⁵, which is below 0.01u of the logarithm. 1 − p is
//! (1 + f)·2ᵏ with the f of its rounded value and what was rounded off, times 2⁻ᵏ: for p < ½, where that is not
//! 0, k is 0 or −1, and the sum is −p or 1 − 2p, so it is exact.
//!
//! **softplus** = max(x, 0) + ln(1+e), e = e^(−|x|): the condition of ln(1+e) in e is at most 1 and
//! is 0.72 at e = 1, where ln(1+e) itself is worst. **σ** = 1/(1+e) or e/(1+e): 1.25 for e, 1 for
//! 1+e, ½ for the quotient.
//!
//! That 2.5 and 3 hold where the counts come close to them or, for softplus, just above (1.25·0.72 + 1.5 + ½ = 2.9 at e = 1 with x < 0)
//! is what the tests watch. The measured numbers are of every 37th `f32`, and of nine million `f64`.

mod double;
mod single;

use super::Float;

/// The functions that a vectorised loop can call, for `f32` and `f64`.
pub trait Lanes: Float {
    /// The largest |x| for [`Lanes::exp_ordinary`]: 80 or 300.
    const ORDINARY: Self;

    /// eˣ for |x| ≤ [`Lanes::ORDINARY`]; otherwise unspecified.
    fn exp_ordinary(self) -> Self;
    /// eˣ for x ≤ 0.
    fn exp_nonpositive(self) -> Self;
    /// ln x for x ≥ 0.
    fn ln_positive(self) -> Self;
    /// ln(1 − p) for 0 ≤ p ≤ 1, with no rounding of 1 − p.
    fn ln_complement(self) -> Self;
    /// k and f of p = (1 + f)·2ᵏ with √½ ≤ 1 + f < √2 if `occurred`, else of 1 − p with no rounding: where
    /// p ≤ 1, and p or 1 − p is a normal number.
    fn split_outcome(self, occurred: bool) -> (Self, Self);
    /// ln((1 + f)·2ᵏ) of what [`Lanes::split_outcome`] gives.
    fn ln_of_split(k: Self, f: Self) -> Self;
    /// ln(1 + e) for 0 ≤ e ≤ 1.
    fn ln_1p_unit(self) -> Self;
    /// P(w) of 2 artanh s = 2s + s³P(s²), for w = s² ≤ ⅑.
    fn artanh_tail(w: Self) -> Self;
    /// (P/2)(w) of the same, for w = s² < 1/16.
    fn half_artanh_tail(w: Self) -> Self;
    /// (k, x·2⁻ᵏ) for positive normal x and y: k = 0 if they are near each other, and otherwise x·2⁻ᵏ is between
    /// ⅔y and 3/2 y. Near is ½ ≤ x/y ≤ 2 for `f64`. For `f32` it is within 8/13 … 13/8, and takes in
    /// 11/16 … 16/11.
    fn aligned(self, y: Self) -> (Self, Self);
    /// ln 2 as a number of few bits, whose product with any exponent is exact, and the rest.
    const LN_2: (Self, Self);
    /// The bits: those of the numbers from +0 on order as the numbers do, and what is negative or
    /// a NaN comes above +∞.
    fn pattern(self) -> Self::Bits;
    /// An unsigned integer of this width.
    type Bits: Copy
        + Ord
        + Default
        + core::ops::BitOr<Output = Self::Bits>
        + core::fmt::Debug
        + Send
        + Sync;

    /// ln(1+eˣ).
    #[inline(always)]
    fn softplus(self) -> Self {
        let e = (-self.abs()).exp_nonpositive();
        let positive = if self > Self::ZERO { self } else { Self::ZERO };
        positive + e.ln_1p_unit()
    }

    /// σ(x).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let e = (-self.abs()).exp_nonpositive();
        let numerator = if self < Self::ZERO { e } else { Self::ONE };
        numerator / (Self::ONE + e)
    }

    /// (ln(1+eˣ), ln(1+e⁻ˣ), σ(x), 1−σ(x)), for little more than the price of one.
    #[inline(always)]
    fn logistic(self) -> (Self, Self, Self, Self) {
        let e = (-self.abs()).exp_nonpositive();
        let log = e.ln_1p_unit();
        let inverse = Self::ONE / (Self::ONE + e);
        let small = e / (Self::ONE + e);
        let size = self.abs();
        if self > Self::ZERO {
            (size + log, log, inverse, small)
        } else {
            (log, size + log, small, inverse)
        }
    }
}

/// The implementation for one type; the two differ in constants only.
macro_rules! lanes {
    (
        $float:ident, $bits:ident, $signed:ident,
        digits: $digits:expr, bias: $bias:expr,
        magic: $magic:expr, ln_2: ($high:expr, $low:expr),
        ordinary: $ordinary:expr, underflow: $underflow:expr,
        sqrt_half: $sqrt_half:expr,
        exp: $exp:expr, artanh: $artanh:expr, short_artanh: $short_artanh:expr,
        half_artanh: $half_artanh:expr, near: $near:expr $(,)?
    ) => {
        use super::Lanes;

        /// eˣ = e·2ᵏ, with k in the low bits of the second number.
        #[inline(always)]
        fn reduced(x: $float) -> ($float, $bits) {
            let shifted = x * core::$float::consts::LOG2_E + $magic;
            let k = shifted - $magic;
            let r = (x - k * $high) - k * $low;
            (1.0 + (r + (r * r) * $exp(r)), shifted.to_bits())
        }

        /// ln((1 + f)·2ᵏ), for √½ ≤ 1 + f ≤ √2.
        #[inline(always)]
        fn logarithm(k: $float, f: $float) -> $float {
            let s = f / (2.0 + f);
            let w = s * s;
            let half = 0.5 * (f * f);
            let rest = w * $short_artanh(w);
            k * $high + (f - (half - (s * (half + rest) + k * $low)))
        }

        /// x = (1 + f)·2ᵏ with √½ ≤ 1 + f < √2, for normal x.
        #[inline(always)]
        fn split(x: $float) -> ($float, $float) {
            let distance = x.to_bits().wrapping_sub($sqrt_half) as $signed;
            let k = (distance >> $digits) as $float;
            let mantissa = (distance as $bits) & ((1 << $digits) - 1);
            (
                k,
                $float::from_bits(mantissa.wrapping_add($sqrt_half)) - 1.0,
            )
        }

        impl Lanes for $float {
            const ORDINARY: Self = $ordinary;
            type Bits = $bits;

            #[inline(always)]
            fn exp_ordinary(self) -> Self {
                let (e, k) = reduced(self);
                $float::from_bits(e.to_bits().wrapping_add(k << $digits))
            }

            #[inline(always)]
            fn exp_nonpositive(self) -> Self {
                let x = if self > $underflow { self } else { $underflow };
                let (e, k) = reduced(x);
                // Times 2⁶⁴ as an exponent, then times 2⁻⁶⁴ as a number: a subnormal result is
                // rounded once.
                let scaled = e.to_bits().wrapping_add(k.wrapping_add(64) << $digits);
                $float::from_bits(scaled) * $float::from_bits(($bias - 64) << $digits)
            }

            #[inline(always)]
            fn ln_positive(self) -> Self {
                let subnormal = self < $float::MIN_POSITIVE;
                let shift = (1 as $bits) << ($digits + 1);
                let x = if subnormal {
                    self * shift as $float
                } else {
                    self
                };
                let (k, f) = split(x);
                let k = if subnormal {
                    k - ($digits + 1) as $float
                } else {
                    k
                };
                let ln = logarithm(k, f);
                let ln = if self < $float::INFINITY {
                    ln
                } else {
                    $float::INFINITY
                };
                if self > 0.0 { ln } else { $float::NEG_INFINITY }
            }

            #[inline(always)]
            fn ln_complement(self) -> Self {
                let (k, f) = self.split_outcome(false);
                let ln = logarithm(k, f);
                if self < 1.0 { ln } else { $float::NEG_INFINITY }
            }

            #[inline(always)]
            fn split_outcome(self, occurred: bool) -> (Self, Self) {
                let complement = 1.0 - self;
                let (k, f) = split(if occurred { self } else { complement });
                let rest = (1.0 - complement) - self;
                let rest = if occurred { 0.0 } else { rest };
                (k, f + (rest - k * rest))
            }

            #[inline(always)]
            fn ln_of_split(k: Self, f: Self) -> Self {
                logarithm(k, f)
            }

            #[inline(always)]
            fn ln_1p_unit(self) -> Self {
                let s = self / (2.0 + self);
                let w = s * s;
                let half = 0.5 * (self * self);
                self - (half - s * (half + w * $artanh(w)))
            }

            const LN_2: (Self, Self) = ($high, $low);

            #[inline(always)]
            fn artanh_tail(w: Self) -> Self {
                $artanh(w)
            }

            #[inline(always)]
            fn half_artanh_tail(w: Self) -> Self {
                $half_artanh(w)
            }

            #[inline(always)]
            fn aligned(self, y: Self) -> (Self, Self) {
                let half = 1 << ($digits - 1);
                let distance = self.to_bits().wrapping_sub(y.to_bits()) as $signed;
                let k = distance.wrapping_add(half) >> $digits;
                let k = if distance.wrapping_abs() <= $near {
                    0
                } else {
                    k
                };
                let bits = self.to_bits().wrapping_sub((k as $bits) << $digits);
                (k as $float, $float::from_bits(bits))
            }

            #[inline(always)]
            fn pattern(self) -> $bits {
                self.to_bits()
            }
        }
    };
}
use lanes;
