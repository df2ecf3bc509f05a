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
//! are exact, the head's product is within 2⁻⁷ of 1, and z = m·r − 1 is a pair without error. Near 1, r = 1
//! and |z| ≤ 2⁻⁸; elsewhere |z| < 0.0024 < 2⁻⁸·⁷ and, for k = 0 too, |z| < 0.51·|ln x|.
//! ln x = (k·ln 2 − ln r) + ln(1+z). The bracket's high part is a multiple of 2⁻⁴² below
//! 2¹⁰, hence exact; its low part is rounded by 2⁻⁹⁴. ln(1+z) = z − z²/2 + z³P(z), where |z³P(z)| < 2⁻¹⁷·⁵|z|:
//!
//! | part | error, relative to z |
//! |---|---|
//! | z²/2 from the cut of z: its tail's part is below 2⁻²⁵z², and is rounded five times | 2⁻⁸⁰ |
//! | z³P(z), six roundings of it | 2⁻⁶⁷·⁹ |
//! | P with its last term replaced, and cut after z⁶: 2⁻⁵⁴ | 2⁻⁷⁰ |
//! | the low part of z, left out of z³ | 2⁻⁶⁹ |
//! | the sum of z³P(z) and what else is low, which is tiny: one rounding | 2⁻⁷⁰·⁵ |
//!
//! so ln(1+z) is within 2⁻⁶⁶·⁸|z|, and ln x within 2⁻⁶⁶·⁷ where r = 1 and k = 0, as |ln(1+z)| > 0.99|z|.
//! Elsewhere z² is smaller and |z| is about half of |ln x|: within 2⁻⁶⁸.
//! What a low part of the argument adds to z is rounded by u² relative.
//!
//! **exp.** x = n·(ln 2)/64 + r with |r| < 2⁻⁷·⁵: (ln 2)/64 = c₁ + c₂, where c₁ has 36 bits, so n·c₁ is
//! exact for |n| < 2¹⁷ and so is its difference from x; n·c₂ is rounded by 2⁻⁷⁹, and r is a pair
//! within 2⁻⁷⁸. eʳ = 1 + r + q with q = r²/2 + …, below 2⁻¹⁶, in `f64`: four roundings of it, 2⁻⁶⁷
//! in all, and 2⁻⁷⁵ for the series. The table gives t = 2^(j/64) as a head of 26 bits and a rest below
//! 2⁻²⁶, so the head times each part of r is exact. What is added to it is below 2⁻²⁶, but for the head times
//! q: that product and its sum with the rest are two roundings of 2⁻¹⁶t, 2⁻⁶⁸. The rest times q
//! is below 2⁻⁴² and rounded with 2⁻²⁶. Together 2⁻⁶⁶·³.
//!
//! **ln(1+x)** from |x| ≥ 2⁻⁸ on is ln of the pair 1 + x, whose condition is at most 1 for x > 0 and
//! 1.45 for x ≥ −½; the pair is within 2⁻¹⁰⁴. **softplus** adds e⁻|x| with condition at most 1.
//!
//! A sum of two floats is made a pair by three operations where the first is the larger in magnitude, or
//! a multiple of an ulp of the second: then the sum less the first is a float, too.
//!
//! Blocks of numbers are worked on in vector lanes by the same operations, hence with the same bits.
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

mod blocks;
mod softmax;
mod sum;
mod table;
mod terms;

pub use softmax::Softmax;
pub use sum::{ERROR, Sum};
pub use table::{LOGARITHMS, POWERS};
pub use terms::Weights;

use super::pair::{Pair, fast_two_sum, two_sum};

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

/// x = m·2ᵏ with 0.6875 ≤ m < 1.375, for positive normal x: (k, m, bits), where `bits` has k and the row
/// of m in the table, for [`row`] and [`scale`].
#[inline(always)]
fn split(x: f64) -> (f64, f64, u64) {
    const START: u64 = 0x3fe6 << 48; // 0.6875
    const UNIT: u64 = 0x4330 << 48; // 2⁵²
    const ZERO: f64 = (1_u64 << 52) as f64 + 1024.0;
    let distance = x.to_bits().wrapping_sub(START).wrapping_add(1024 << 52);
    // k + 1024 ≥ 0 becomes a float as the significand of 2⁵².
    let k = f64::from_bits((distance >> 52) | UNIT) - ZERO;
    let m = f64::from_bits((distance & ((1 << 52) - 1)).wrapping_add(START));
    (k, m, distance)
}

/// The row of the table of logarithms.
#[inline(always)]
fn row(bits: u64) -> (f64, f64, f64) {
    LOGARITHMS[(bits >> 44) as usize & 0xff]
}

/// 2⁻ᵏ.
#[inline(always)]
fn scale(bits: u64) -> f64 {
    f64::from_bits(2047_u64.wrapping_sub(bits >> 52) << 52)
}

/// m·r − 1 as a pair, without error.
#[inline(always)]
fn reduced(m: f64, r: f64) -> (f64, f64) {
    let (head, tail) = cut(m);
    // The first is a multiple of 2⁻³⁶, hence of an ulp of the second.
    fast_two_sum(head * r - 1.0, tail * r)
}

/// k·ln 2 + h + l, in two parts.
#[inline(always)]
fn logarithm_of_scale(k: f64, (h, l): (f64, f64)) -> (f64, f64) {
    const LN_2: f64 = 0.693_147_180_559_890_3; // 42 bits
    const LN_2_REST: f64 = 5.497_923_018_708_371e-14;
    (k * LN_2 + h, k * LN_2_REST + l)
}

/// w + ln(1+z) for |z| ≤ 2⁻⁸, where w is 0 or a multiple of 2⁻⁴² above |z| in magnitude, with a rest.
#[inline(always)]
fn ln_near_1((zh, zl): (f64, f64), (w, w_rest): (f64, f64)) -> (f64, f64) {
    let (head, tail) = cut(zh);
    let half_square = (0.5 * head) * head;
    let square_rest = tail * (0.5 * (head + zh)) + zh * zl;
    let z2 = zh * zh;
    let [a, b, c, d, e, f] = SERIES;
    let series = (a + b * zh) + z2 * ((c + d * zh) + z2 * (e + f * zh));
    let (h, e) = fast_two_sum(w, zh);
    let (h, f) = fast_two_sum(h, -half_square);
    let tiny = (e + f) + ((zl + w_rest) - square_rest);
    fast_two_sum(h, tiny + z2 * zh * series)
}

/// P of ln(1+z) = z − z²/2 + z³P(z): Taylor's, with z⁶/9 replaced by what is nearest to it on |z| ≤ a = 2⁻⁸
/// among the polynomials of lower degree, (3/2·a²z⁴ − 9/16·a⁴z² + a⁶/32)/9. (The last is below half an ulp of ⅓.)
const SERIES: [f64; 6] = [
    1.0 / 3.0,
    -0.25,
    0.2 - 1.0 / 68_719_476_736.0, // 2⁻³⁶
    -1.0 / 6.0,
    1.0 / 7.0 + 1.0 / 393_216.0, // 2⁻¹⁶/6
    -0.125,
];

/// ln x.
#[inline(always)]
#[must_use]
pub fn ln(x: Pair) -> Pair {
    let (k, m, bits) = split(x.hi);
    let (r, h, l) = row(bits);
    let mut z = reduced(m, r);
    if x.lo != 0.0 {
        z = fast_two_sum(z.0, z.1 + x.lo * scale(bits) * r);
    }
    let (hi, lo) = ln_near_1(z, logarithm_of_scale(k, (h, l)));
    Pair { hi, lo }
}

/// Below this in magnitude, ln(1+x) is worked out without adding x to 1.
const NEAR: f64 = 1.0 / 256.0;

/// ln(1 + x).
#[inline(always)]
#[must_use]
pub fn ln_1p(x: Pair) -> Pair {
    if x.hi.abs() < NEAR {
        let (hi, lo) = ln_near_1((x.hi, x.lo), (0.0, 0.0));
        return Pair { hi, lo };
    }
    let (s, e) = two_sum(1.0, x.hi);
    let (hi, lo) = fast_two_sum(s, e + x.lo);
    ln(Pair { hi, lo })
}

/// x = n·(ln 2)/64 + r: n in the last bits of an integer, and r.
#[inline(always)]
fn steps(hi: f64, lo: f64) -> (u64, (f64, f64)) {
    const STEPS: f64 = 92.332_482_616_893_66; // 64/ln 2
    const STEP: f64 = 0.010_830_424_696_223_417; // 36 bits
    const STEP_REST: f64 = 2.572_804_622_327_669e-14;
    const TO_INTEGER: f64 = 6_755_399_441_055_744.0; // 1.5·2⁵²
    let shifted = hi * STEPS + TO_INTEGER;
    let n = shifted - TO_INTEGER;
    // In both sums the first is a multiple of an ulp of the second where it is not above it.
    let (rh, rl) = fast_two_sum(hi - n * STEP, -(n * STEP_REST));
    (shifted.to_bits(), fast_two_sum(rh, rl + lo))
}

/// 2^(n/64)·eʳ, where t is the power of n mod 64 from the table.
#[inline(always)]
fn exp_near_0((rh, rl): (f64, f64), n: u64, (th, tl): (f64, f64)) -> (f64, f64) {
    let r2 = rh * rh;
    let tail = (1.0 / 6.0 + rh * (1.0 / 24.0))
        + r2 * ((1.0 / 120.0 + rh * (1.0 / 720.0)) + r2 * (1.0 / 5040.0));
    let q = r2 * (0.5 + rh * tail) + (rl + rh * rl);
    let (head, rest) = cut(rh);
    let (hi, e) = fast_two_sum(th, th * head);
    let tiny = (e + tl) + (th * rest + tl * (rh + q));
    let (hi, lo) = fast_two_sum(hi, tiny + th * q);
    // ⌊n/64⌋, moved to where the exponent is.
    let scale = f64::from_bits(((n & !63) << 46).wrapping_add(1023 << 52));
    (hi * scale, lo * scale)
}

/// eˣ.
#[inline(always)]
#[must_use]
pub fn exp(x: Pair) -> Pair {
    let (n, r) = steps(x.hi, x.lo);
    let (hi, lo) = exp_near_0(r, n, POWERS[n as usize & 63]);
    Pair { hi, lo }
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
