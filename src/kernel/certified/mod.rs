//! Logarithms, exponentials and sums as pairs with a proven bound, and the rounding test that turns
//! them into correctly rounded floats. The faster forms, with wider bounds, are in
//! [`elementary`](super::elementary); what is done where the test fails is each loss's affair.
//!
//! # Bounds
//!
//! | function | domain | relative error at most |
//! |---|---|---|
//! | [`ln`] | 2⁻¹⁰²² ≤ x < ∞ | 2⁻⁶⁶ |
//! | [`ln_1p`] | −½ ≤ x < 2¹⁰²² | 2⁻⁶⁶ |
//! | [`exp`] | −[`LARGEST_EXPONENT`] ≤ x ≤ [`LARGEST_EXPONENT`] | 2⁻⁶⁶ |
//! | [`softplus`] | −[`LARGEST_EXPONENT`] ≤ x ≤ 2¹⁰⁰⁰ | 2⁻⁶⁵ |
//!
//! # Derivation
//!
//! u is 2⁻⁵³. A float is *cut* in two by clearing its last 27 bits: the head has 26 bits, the tail
//! at most 27, and a product of two heads, or of a head and a tail, is exact.
//!
//! **ln.** x = m·2ᵏ with 0.6875 ≤ m < 1.375. The table gives r with 11 bits, so both parts of m times r
//! are exact, the head's product is within 2⁻⁷ of 1, and z = m·r − 1 is a pair without error,
//! |z| ≤ 2⁻⁸. ln x = (k·ln 2 − ln r) + ln(1+z). The bracket's high part is a multiple of 2⁻⁴² below
//! 2¹⁰, hence exact; its low part is rounded by 2⁻⁹⁴. ln(1+z) = z − z²/2 + z³P(z):
//!
//! | part | error, relative to z |
//! |---|---|
//! | z²/2 from the cut of z: three products, two sums of about 2⁻²⁷z² | 2⁻⁸⁰ |
//! | z³P(z), \|z²/3\| < 2⁻¹⁷·⁵, six roundings of it | 2⁻⁶⁷·⁹ |
//! | the series, cut after z⁹: z⁹/10 | 2⁻⁷⁵ |
//! | the sum of the low parts: each is below 2⁻¹⁷·⁵\|z\|, three sums | 2⁻⁶⁸·⁹ |
//!
//! so ln(1+z) is within 2⁻⁶⁷·² |z|. Where r ≠ 1 or k ≠ 0, |ln x| > 2⁻⁹, and |z| ≤ 2⁻⁸: within
//! 2⁻⁶⁶·² relative at the very worst, and within 2⁻⁶⁷ where r = 1 and k = 0, as |ln(1+z)| > 0.99|z|.
//! What a low part of the argument adds to z is rounded by u² relative.
//!
//! **exp.** x = k·(ln 2)/64 + r with |r| < 2⁻⁷·⁵: (ln 2)/64 = c₁ + c₂, where c₁ has 36 bits, so k·c₁ is
//! exact for |k| < 2¹⁷ and so is its difference from x; k·c₂ is rounded by 2⁻⁷⁹, and r is a pair
//! within 2⁻⁷⁸. eʳ = 1 + r + q with q = r²/2 + …, below 2⁻¹⁶, in `f64`: four roundings of it, 2⁻⁶⁷·⁵
//! in all, and 2⁻⁷⁵ for the series. 2^(j/64)·(1+r+q) keeps the product of the high parts exact; the low
//! parts, below 2⁻¹⁵·⁹, come with three more roundings: 2⁻⁶⁷·³. Together 2⁻⁶⁶·⁴.
//!
//! **ln(1+x)** from |x| ≥ 2⁻⁸ on is ln of the pair 1 + x, whose condition is at most 1 for x > 0 and
//! 1.45 for x ≥ −½; the pair is within 2⁻¹⁰⁴. **softplus** adds e⁻|x| with condition at most 1.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::certified::{Sum, ln};
//! use exact_loss::kernel::pair::Pair;
//!
//! let mut sum = Sum::default();
//! sum.add(-ln(Pair::from(0.1)));
//! // The nearest float to −ln x, where x is the float 0.1.
//! assert_eq!(sum.round(Pair::ONE), Some(2.3025850929940455));
//! ```

mod softmax;
mod sum;
mod table;

pub use softmax::Softmax;
pub use sum::{ERROR, Sum};
pub use table::{LOGARITHMS, POWERS};

use super::pair::{Pair, fast_two_sum, power_of_two, two_sum};

/// The largest |x| for which [`exp`] is bounded.
pub const LARGEST_EXPONENT: f64 = 600.0;

/// `x` as a head of 26 bits and a tail of at most 27, `head + tail = x`.
#[inline(always)]
fn cut(x: f64) -> (f64, f64) {
    let head = f64::from_bits(x.to_bits() & !0x7ff_ffff);
    (head, x - head)
}

/// The product of two floats within 2⁻¹⁰⁴ of it, as the product of the tails has 54 bits, where neither factor is
/// beyond 2^±480.
#[inline(always)]
#[must_use]
pub fn product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    let (ah, al) = cut(a);
    let (bh, bl) = cut(b);
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

/// The product of two pairs within 2⁻¹⁰², where neither is beyond 2^±480.
#[inline(always)]
#[must_use]
pub fn times(a: Pair, b: Pair) -> Pair {
    let (hi, lo) = product(a.hi, b.hi);
    Pair {
        hi,
        lo: lo + (a.hi * b.lo + a.lo * b.hi),
    }
}

/// w + ln(1+z) for |z| ≤ 2⁻⁸, where w is 0 or a multiple of 2⁻⁴² above |z| in magnitude, with a rest.
#[inline(always)]
fn ln_near_1((zh, zl): (f64, f64), (w, w_rest): (f64, f64)) -> Pair {
    let (head, tail) = cut(zh);
    let half_square = 0.5 * head * head;
    let square_rest = head * tail + 0.5 * tail * tail + zh * zl;
    let z2 = zh * zh;
    let series = 1.0 / 3.0
        + zh * (-0.25
            + zh * (0.2 + zh * (-1.0 / 6.0 + zh * (1.0 / 7.0 + zh * (-0.125 + zh * (1.0 / 9.0))))));
    let (h, e) = two_sum(w, zh);
    let (h, f) = two_sum(h, -half_square);
    let lo = (e + f) + (zl - square_rest + (z2 * zh * series + w_rest));
    let (hi, lo) = fast_two_sum(h, lo);
    Pair { hi, lo }
}

/// ln x.
#[inline(always)]
#[must_use]
pub fn ln(x: Pair) -> Pair {
    const START: u64 = 0x3fe6 << 48; // 0.6875
    const LN_2: f64 = 0.693_147_180_559_890_3; // 42 bits
    const LN_2_REST: f64 = 5.497_923_018_708_371e-14;
    let bits = x.hi.to_bits();
    let offset = bits.wrapping_sub(START);
    let exponent = (offset as i64) >> 52;
    let (r, h, l) = LOGARITHMS[(offset >> 44) as usize & 0xff];
    let m = f64::from_bits(bits.wrapping_sub(offset & (0xfff << 52)));
    let (head, tail) = cut(m);
    let low = if x.lo == 0.0 {
        0.0
    } else {
        x.lo * power_of_two(-(exponent as i32)) * r
    };
    let (zh, zl) = two_sum(head * r - 1.0, tail * r);
    let (zh, zl) = fast_two_sum(zh, zl + low);
    let k = exponent as f64;
    ln_near_1((zh, zl), (k * LN_2 + h, k * LN_2_REST + l))
}

/// ln(1 + x).
#[inline(always)]
#[must_use]
pub fn ln_1p(x: Pair) -> Pair {
    if x.hi.abs() < 1.0 / 256.0 {
        return ln_near_1((x.hi, x.lo), (0.0, 0.0));
    }
    let (s, e) = two_sum(1.0, x.hi);
    let (hi, lo) = fast_two_sum(s, e + x.lo);
    ln(Pair { hi, lo })
}

/// eˣ.
#[inline(always)]
#[must_use]
pub fn exp(x: Pair) -> Pair {
    const STEPS: f64 = 92.332_482_616_893_66; // 64/ln 2
    const STEP: f64 = 0.010_830_424_696_223_417; // 36 bits
    const STEP_REST: f64 = 2.572_804_622_327_669e-14;
    const TO_INTEGER: f64 = 6_755_399_441_055_744.0; // 1.5·2⁵²
    let shifted = x.hi * STEPS + TO_INTEGER;
    let k = shifted - TO_INTEGER;
    let steps = shifted.to_bits() as u32 as i32;
    let (rh, rl) = two_sum(x.hi - k * STEP, -(k * STEP_REST));
    let (rh, rl) = two_sum(rh, rl + x.lo);
    let tail = 1.0 / 6.0
        + rh * (1.0 / 24.0 + rh * (1.0 / 120.0 + rh * (1.0 / 720.0 + rh * (1.0 / 5040.0))));
    let q = rh * rh * (0.5 + rh * tail) + (rl + rh * rl);
    let (th, tl) = POWERS[steps as usize & 63];
    let (p, e) = product(th, rh);
    let (hi, f) = fast_two_sum(th, p);
    let lo = f + (e + (tl + (tl * rh + th * q)));
    let (hi, lo) = fast_two_sum(hi, lo);
    let scale = power_of_two(steps >> 6);
    Pair {
        hi: hi * scale,
        lo: lo * scale,
    }
}

/// ln(1 + eˣ).
#[inline(always)]
#[must_use]
pub fn softplus(x: f64) -> Pair {
    if x <= 0.0 {
        return ln_1p(exp(Pair::from(x)));
    }
    if x > 120.0 {
        // e⁻ˣ is below 2⁻¹⁷³: as far below x as a pair reaches.
        return Pair::from(x);
    }
    Pair::from(x) + ln_1p(exp(Pair::from(-x)))
}

/// (ln(1 + eˣ), ln(1 + e⁻ˣ)) for |x| ≤ [`LARGEST_EXPONENT`]: what [`softplus`] gives, with one
/// exponential and one logarithm.
#[inline(always)]
#[must_use]
pub fn softplus_of_both(x: f64) -> (Pair, Pair) {
    let size = x.abs();
    let small = ln_1p(exp(Pair::from(-size)));
    let large = if size > 120.0 {
        Pair::from(size)
    } else {
        Pair::from(size) + small
    };
    if x > 0.0 {
        (large, small)
    } else {
        (small, large)
    }
}
