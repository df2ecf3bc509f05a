//! Exponential and logarithm in `f64` lanes without branches, as a *head* of 26 bits and a *tail*: what is
//! multiplied next needs no splitting. The same as pairs are in [`lanes_of_pairs`](super::lanes_of_pairs).
//!
//! # Derivation
//!
//! **exp** as in [`exponential`](super::exponential), with two changes. P(r) is a number near 1/6 and r·Q(r), and
//! Q comes in short chains, within 0.1u: three sums in [2⁻⁵, 2⁻⁴). So P is within 2⁻³u of its sum and 0.04u
//! of r·Q: 0.17u. And r is cut to a multiple h of 2⁻²⁵, so that b = 1 + h + h²/2 is exact; what
//! is added to it is c and what is below 2⁻²⁵: one rounding, 2⁻⁶¹. The count is
//! that of [`exponential`](super::exponential): at r = −0.3466, where it is worst, 0.0033u of r², 0.0048u of r³,
//! 0.17u·0.0416 of P, 2·2⁻⁸u of c and the sum, 0.0009u of the remainder, 0.024u of 0.707: below 2⁻⁵⁷·⁶.
//!
//! **ln(1+e)** = k·ln 2 + 2 artanh (n/d), as in [`logarithm`](super::logarithm): n/d is e/(2+e), or
//! (e−1)/(3+e) with k = 1. 1 + e is a head of 24 bits and a tail below 2⁻²³, so that d has a head of 26 bits
//! and the same tail. The quotient is h + t, h of 26 bits, so h times the head of d is exact, and so
//! is its difference from n; t is below 2⁻²³ of it and errs by 2⁻⁷⁴. One division serves d and 1 + e: their
//! inverses come within 4u, which only t and its like are multiplied by. The count is that
//! file's, but for P in short chains, which adds 0.01u·sw, below 0.0001u, and for the low part of the
//! logarithm, which is added to the rest of |x| + ln(1+e): 2⁻⁹u, where that is at least ln 2. So ln(1+e), and
//! with |x|, comes within 2⁻⁵⁶·⁸ relative.

use super::exponential::series as exp_series;
use super::logarithm::{HEAD, LN_2_HIGH, LN_2_LOW, series as artanh_series};
use crate::kernel::pair::fast_two_sum;

/// Adding and subtracting 1.5·2²⁷ rounds a number below 2²⁴ to a multiple of 2⁻²⁵.
const TO_25_BITS: f64 = 201_326_592.0;

/// Clears the last 29 bits of a significand, which leaves 24.
const HEAD_24: u64 = !((1 << 29) - 1);

/// `x + rest` as a head of 26 bits and a tail.
#[inline(always)]
pub(in crate::kernel) fn cut(x: f64, rest: f64) -> (f64, f64) {
    let head = f64::from_bits(x.to_bits() & HEAD);
    (head, (x - head) + rest)
}

/// `x + rest` as a head of 26 bits and a tail, for a rest that may be 2⁻⁶ of `x`.
#[inline(always)]
fn cut_sum(x: f64, rest: f64) -> (f64, f64) {
    // The head is that of the sum; x less the head is exact.
    let head = f64::from_bits((x + rest).to_bits() & HEAD);
    (head, (x - head) + rest)
}

/// eˣ for |x| ≤ 600, as a head of 26 bits and a tail.
///
/// As [`exponential`](super::exponential), but r is cut to a multiple h of 2⁻²⁵, so that b = 1 + h + h²/2
/// is exact.
#[inline(always)]
pub(in crate::kernel) fn exp_cut(x: f64) -> (f64, f64) {
    let (scale, r, rest, series) = exp_series(x);
    let h = (r + TO_25_BITS) - TO_25_BITS;
    let t = r - h;
    let b = 1.0 + (h + (0.5 * h) * h);
    let cubic = (r * r) * r * series;
    let small = cubic + (t + (0.5 * t * (r + h) + rest * b));
    let (hi, lo) = cut_sum(b, small);
    (hi * scale, lo * scale)
}

/// What 1 + e is made of, for 0 < e ≤ 1.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernel) struct OnePlus {
    /// 1 + e as a head of 24 bits and a tail.
    pub(in crate::kernel) sum: (f64, f64),
    /// 1/(1 + e), within 2⁻⁵⁰.
    pub(in crate::kernel) inverse: f64,
    /// n/d, as a head and a tail.
    pub(in crate::kernel) quotient: (f64, f64),
}

/// k of 1 + e = 2ᵏ(1 + f): 1 from e = 0.4142 on.
#[inline(always)]
fn exponent_of_one_plus(e: f64) -> f64 {
    if e > 0.4142 { 1.0 } else { 0.0 }
}

/// 1 + e, and f/(2 + f) = n/d with 1 + e = 2ᵏ(1 + f), for a head and a tail of 0 < e ≤ 1. The logarithm is
/// [`log_cut`]; the two are one chain that is longer than what a processor looks ahead, so each has a loop of its own.
#[inline(always)]
pub(in crate::kernel) fn one_plus_cut((e, low): (f64, f64)) -> OnePlus {
    let k = exponent_of_one_plus(e);
    let n = e - k;
    let head = f64::from_bits((1.0 + e).to_bits() & HEAD_24);
    let tail = ((1.0 - head) + e) + low;
    let sum = head + tail;
    let d_head = head + (1.0 + k);
    let d = sum + (1.0 + k);
    let both = 1.0 / (sum * d);
    let (inverse, inverse_of_d) = (both * d, both * sum);
    let (h, _) = cut(n * inverse_of_d, 0.0);
    let t = (((n - h * d_head) - h * tail) + low) * inverse_of_d;
    OnePlus {
        sum: (head, tail),
        inverse,
        quotient: (h, t),
    }
}

/// ln(1 + e) from its [quotient](OnePlus::quotient), as a float and a rest that may be 2⁻⁶ of it.
#[inline(always)]
pub(in crate::kernel) fn log_cut(e: f64, (h, t): (f64, f64)) -> (f64, f64) {
    let k = exponent_of_one_plus(e);
    let s = h + t;
    let cubic = s * ((s * s) * artanh_series(s * s));
    let (hi, rest) = fast_two_sum(k * LN_2_HIGH, 2.0 * h);
    (hi, rest + (k * LN_2_LOW + (2.0 * t + cubic)))
}

/// x + ln(1 + e) for x that is 0 or −ln e, and a logarithm of [`log_cut`], as a head of 26 bits and a tail.
#[inline(always)]
pub(in crate::kernel) fn plus_log(x: f64, (hi, lo): (f64, f64)) -> (f64, f64) {
    let (large, small) = if x > hi { (x, hi) } else { (hi, x) };
    let head = f64::from_bits(((large + small) + lo).to_bits() & HEAD);
    // The larger less the head is exact: of the grid of the larger, and not above it.
    (head, ((large - head) + small) + lo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::certified;
    use crate::kernel::pair::Pair;

    /// The error of a head and a tail relative to a pair within 2⁻⁶⁶, after a look at their lengths.
    fn error((head, tail): (f64, f64), witness: Pair) -> f64 {
        assert_eq!(head.to_bits() & !HEAD, 0, "{head:e} has 26 bits");
        assert!(
            tail.abs() <= head.abs() * 2_f64.powi(-24),
            "{head:e} {tail:e}"
        );
        let difference = Pair::sum(head, tail) + -witness;
        (difference.hi / witness.hi).abs()
    }

    fn assert_largest(errors: impl Iterator<Item = f64>, (least, most): (f64, f64)) {
        let found = errors.fold(0.0, f64::max).log2();
        assert!((least..=most).contains(&found), "2^{found}");
    }

    /// Numbers up to 500, most of them small, and those that are just beside half of ln 2.
    fn sizes() -> impl Iterator<Item = f64> {
        let spread = (1..=20_000).map(|i| (f64::from(i) / 20_000.0).powi(4) * 499.9);
        let near = (-5000..5000).map(|i| core::f64::consts::LN_2 / 2.0 + f64::from(i) * 1e-5);
        spread.chain(near)
    }

    #[test]
    fn exponentials_are_within_their_bound() {
        let errors = sizes().map(|x| error(exp_cut(-x), certified::exp(Pair::from(-x))));
        assert_largest(errors, (-59.0, -57.6));
    }

    #[test]
    fn logarithms_of_one_plus_and_with_a_number_are_within_their_bound() {
        let errors = sizes().filter(|&x| x < 60.0).flat_map(|x| {
            let e = exp_cut(-x);
            let witness = certified::ln_1p(Pair::sum(e.0, e.1));
            let log = log_cut(e.0, one_plus_cut(e).quotient);
            [0.0, x].map(|x| error(plus_log(x, log), witness.add_f64(x)))
        });
        assert_largest(errors, (-58.0, -56.8));
    }
}
