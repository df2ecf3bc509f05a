//! One term of a relative entropy, q·ln(q/p) − q + p, without the cancellation of its three
//! parts where p is near q. Sums of terms live with the losses.
//!
//! # Formula
//!
//! With r = (p − q)/q the term is q·(r − ln(1+r)). For |r| < ¼ the first-order parts are taken
//! away before anything is rounded: with z = r/(2+r), ln(1+r) = 2(z + z³/3 + z⁵/5 + …) and
//! r − 2z = rz, so that r − ln(1+r) = rz − 2z³(1/3 + z²/5 + z⁴/7 + …).
//!
//! # Bound
//!
//! |z| ≤ 1/7, so 2z³/3 is at most 0.11 of rz: the subtraction at most multiplies relative errors
//! by 1.3. p − q and r are pairs, within 2⁻¹⁰⁰ of r unless they underflow; the series is cut off
//! after 11 terms, below 2⁻⁶⁵ of the result; it is evaluated in `f64` and weighs 0.11, within
//! 2⁻⁵⁵. For |r| ≥ ¼ the parts are taken as they stand: ln(q/p) is within 2⁻⁵⁶·⁸ relative, and the
//! term is at least 0.12 of its size, which makes 2⁻⁵³·⁷. Both give a pair within
//! 2⁻⁵³ relative, for operands that are pairs within 2⁻¹⁰⁰.
//!
//! # Special values
//!
//! q = 0 gives p; p = 0 < q gives +∞.

use super::elementary::ln_of_pair;
use super::pair::Pair;

/// q·ln(q/p) − q + p for q, p ≥ 0, which is never negative, and zero only where q = p.
///
/// # Examples
/// ```
/// use exact_loss::kernel::pair::Pair;
/// use exact_loss::kernel::relative_entropy::term;
///
/// // ln(1/2) − 1 + 2 = 1 − ln 2.
/// assert_eq!(term(Pair::from(1.0), Pair::from(2.0)).round::<f64>(), 0.3068528194400547);
/// ```
#[must_use]
pub fn term(q: Pair, p: Pair) -> Pair {
    if q == Pair::ZERO {
        return p;
    }
    if p == Pair::ZERO {
        return Pair::INFINITY;
    }
    let difference = p - q;
    // Both quotients could overflow or lose their low part; a power of two takes them back.
    let r = difference / q;
    if r.hi.abs() < 0.25 {
        return q * remainder(r);
    }
    q * ln_of_quotient(q, p) + difference
}

/// r − ln(1+r) for |r| < ¼.
fn remainder(r: Pair) -> Pair {
    let z = r / r.add_f64(2.0);
    let square = z.hi * z.hi;
    let mut series = 0.0;
    for j in (1..=11).rev() {
        series = series * square + 1.0 / f64::from(2 * j + 1);
    }
    r * z - (z * z * z).mul_f64(2.0 * series)
}

/// ln(q/p), also where the quotient is beyond the floats.
fn ln_of_quotient(q: Pair, p: Pair) -> Pair {
    let quotient = q / p;
    if quotient.is_finite() && quotient.hi > f64::MIN_POSITIVE / f64::EPSILON {
        return ln_of_pair(quotient);
    }
    ln_of_pair(q) - ln_of_pair(p)
}
