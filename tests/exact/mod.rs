//! The exact floor: laws that its values obey, on random rationals and at the extremes.

#![expect(
    clippy::unwrap_used,
    reason = "what unwraps here is a claim of the test"
)]

mod extremes;
mod laws;
mod log_forms;
mod proofs;

use exact_loss::exact::{ExpSum, Rational, Real};

/// n/d.
fn rational(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

/// n.
fn whole(number: i64) -> Rational {
    rational(number, 1)
}

/// ln(n/d).
fn ln(numerator: i64, denominator: i64) -> Real {
    Real::ln(&rational(numerator, denominator)).unwrap()
}

/// Σ exp(a) over the exponents.
fn exponentials(exponents: &[Rational]) -> ExpSum {
    ExpSum::new(exponents.iter().map(|a| (whole(1), a.clone())))
}

/// 2^exponent.
fn power_of_two(exponent: i32) -> Rational {
    whole(2).pow(exponent)
}
