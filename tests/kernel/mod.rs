//! The kernels of the fast floor, measured against enclosures by the exact floor: the error of
//! every one at its extremes, its special values, and the same bits at every level of dispatch.
//! What a loss does with the kernels is tested with the losses.

mod bits;
mod bounds;
mod certified;
mod certified_lanes;
mod counts;
mod elementary;
mod inputs;
mod lanes;
mod pair;
mod rows;
mod sum;

pub(crate) use bits::assert_same_at_every_level;
use bits::at_every_level;

use exact_loss::exact::rational::Format;
use exact_loss::exact::round::{round_rational, ulp_error};
use exact_loss::exact::{Enclosure, Extended, Lift, Rational, UlpError};
use exact_loss::kernel::Float;
use exact_loss::kernel::pair::Pair;

/// A float type of both floors.
trait Scalar: Float + Lift + Format {}
impl<F: Float + Lift + Format> Scalar for F {}

/// The working precision of the enclosures.
const BITS: u32 = 140;

/// The rational that a finite float is.
fn rational<F: Lift + Copy>(x: F) -> Rational {
    match x.lift() {
        Some(Extended::Finite(x)) => x,
        other => panic!("not a finite number: {other:?}"),
    }
}

/// The rational that a finite pair is.
fn rational_of_pair(x: Pair) -> Rational {
    rational(x.hi) + rational(x.lo)
}

fn enclosure<F: Lift + Copy>(x: F) -> Enclosure {
    Enclosure::from_rational(&rational(x), 2200)
}

/// The error of `got` in ulps of F, rounded up a little; ∞ for the wrong class.
fn ulps<F: Scalar>(got: F, exact: &Enclosure) -> f64 {
    match ulp_error(got, exact).expect("the enclosure decides") {
        UlpError::Ulps { upper, .. } => {
            let upper: f64 = round_rational(&upper).value().expect("a number");
            upper * (1.0 + f64::EPSILON)
        }
        _ => f64::INFINITY,
    }
}

/// The relative error of a pair, rounded up a little.
fn relative_error(got: Pair, exact: &Enclosure) -> f64 {
    let got = Enclosure::from_rational(&rational_of_pair(got), 2200);
    let error = got.sub(exact, BITS).abs().div(&exact.abs(), BITS);
    let upper: f64 = round_rational(&error.upper().expect("bounded"))
        .value()
        .expect("a number");
    upper * (1.0 + f64::EPSILON)
}

/// The largest of the errors, which must be numbers, and where it was.
fn worst<I: std::fmt::Debug>(errors: impl IntoIterator<Item = (I, f64)>) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for (input, error) in errors {
        assert!(!error.is_nan(), "no error at {input:?}");
        if error > worst.0 {
            worst = (error, format!("{input:?}"));
        }
    }
    worst
}

/// Fails where the largest error is above the bound that the table states, or where nothing
/// was measured.
fn check<I: std::fmt::Debug>(name: &str, errors: impl IntoIterator<Item = (I, f64)>) {
    let mut count = 0;
    let (error, at) = worst(errors.into_iter().inspect(|_| count += 1));
    let bound = bounds::bound(name);
    assert!(count > 0, "{name}: nothing was measured");
    assert!(
        error <= bound,
        "{name}: {error} ulp at {at}, the bound is {bound}"
    );
    // The table is a ratchet: a bound more than twice what is seen is to be lowered.
    assert!(
        2.0 * error >= bound,
        "{name}: only {error} ulp seen, lower the bound {bound}"
    );
}
