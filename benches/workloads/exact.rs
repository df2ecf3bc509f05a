//! The exact twin at work that any arithmetic of arbitrary precision can do too: a line of JSON for
//! each, with the time and the `f64` that came out, correctly rounded. The losses in floating point are in
//! `workload`.

use std::io::{self, Write};

use exact_loss::Error;
use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement};
use exact_loss::exact::{Enclosure, Extended, Lift, Rational, Real, Rounded, elementary};
use exact_loss::losses::{CrossEntropy, Focal, Loss, LovaszExtension, Prediction, Target};
use ndarray::{Array1, Array2, array};
use serde_json::json;

use super::inputs::full;
use super::timing::{Budget, here, side_by_side};

/// How many numbers take turns.
const TURNS: usize = 64;
/// The pixels of the Lovász extension.
const PIXELS: usize = 100_000;

/// Measures all of it and writes the lines.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(seconds: f64, output: &mut impl Write) -> io::Result<()> {
    let numbers: Vec<Rational> = (0..TURNS as u64).map(|i| lift(full(1, i))).collect();
    let ten = Rational::from_integer(10.into());
    let negative: Vec<Rational> = numbers.iter().map(|x| -x * &ten).collect();
    let ln = turns(&numbers, elementary::ln);
    let exp = turns(&negative, elementary::exp);
    line("ln", seconds, ln, output)?;
    line("exp", seconds, exp, output)?;

    let logits = Array2::from_shape_fn((1, 1000), |(_, j)| 20.0 * full(1, j as u64) - 10.0);
    let cross_entropy = CrossEntropy::new();
    let of_logits = || {
        let value = cross_entropy
            .exact::<f64>(Prediction::logits(&logits), Target::labels(&array![7]))
            .expect("finite logits");
        rounded(&value.reduced().expect("a mean"))
    };
    line("ce_1000", seconds, of_logits, output)?;

    let logits = Array1::from_shape_fn(16, |j| 8.0 * full(2, j as u64) - 4.0);
    let focal = Focal::new().gamma(0.5).expect("γ ≥ 0");
    let of_logits = || {
        let value = focal
            .exact::<f64>(
                Prediction::logits(&logits),
                Target::values(Array1::ones(16)),
            )
            .expect("finite logits");
        rounded(&value.reduced().expect("a mean"))
    };
    line("focal_half_16", seconds, of_logits, output)?;

    let errors = Array1::from_shape_fn(PIXELS, |j| full(3, j as u64));
    let foreground = Array1::from_shape_fn(PIXELS, |j| i64::from(full(4, j as u64) < 0.25));
    let extension = LovaszExtension::new();
    let of_errors = || {
        let value = extension
            .exact::<f64>(Prediction::errors(&errors), Target::labels(&foreground))
            .expect("finite errors");
        rounded(&value.reduced().expect("a mean"))
    };
    line("lovasz_100k", seconds, of_errors, output)
}

fn lift(x: f64) -> Rational {
    let number = x.lift().and_then(Extended::into_finite);
    number.expect("a finite number")
}

fn rounded(value: &Real) -> f64 {
    decided(value.round::<f64>())
}

fn decided(rounded: Result<Rounded<f64>, Error>) -> f64 {
    let value = rounded.expect("a number").value();
    value.expect("within the cap")
}

/// A function of one number after another, rounded to `f64`.
fn turns<'a>(
    numbers: &'a [Rational],
    function: impl Fn(&Rational, u32) -> Result<Enclosure, Error> + 'a,
) -> impl FnMut() -> f64 + 'a {
    let mut turn = numbers.iter().cycle();
    move || {
        let x = turn.next().expect("a cycle");
        decided(round_by_refinement(
            None,
            true,
            |bits| function(x, bits),
            DEFAULT_CAP,
        ))
    }
}

/// Measures one and writes its line. The value is that of the first run.
fn line(
    work: &str,
    seconds: f64,
    mut program: impl FnMut() -> f64,
    output: &mut impl Write,
) -> io::Result<()> {
    let value = program();
    let measured = side_by_side(Budget::of(seconds), &mut [here(program)]);
    let times = &measured.times[0];
    let line = json!({
        "work": work,
        "best_s": times.best(),
        "median_s": times.median(),
        "value": value,
    });
    writeln!(output, "{line}")?;
    output.flush()
}
