//! What the chapter on exactness computes: the error of two programs for ln(1 + e^−x) in single
//! precision, against the exact value. Both programs are the chapter's own, so they are written
//! here as they are printed there.

use exact_loss::exact::rational::nearest;
use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{CrossEntropy, Loss, Prediction, Target};
use mdbook_preprocessor::errors::{Error, Result};
use ndarray::array;

use super::Item;
use super::numbers::{float, significant};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::value("why-exactness-value-20", value_20),
    Item::figure("why-exactness-error", error),
    Item::table("why-exactness-gaps", gaps),
];

fn naive(gap: f32) -> f32 {
    let (a, b) = (gap.exp(), 1.0);
    -(a / (a + b)).ln()
}

fn careful(gap: f32) -> f32 {
    (-gap).exp().ln_1p()
}

fn right(gap: f32) -> Result<Real> {
    let value = CrossEntropy::new().exact(
        Prediction::logits(&array![[gap, 0.0]]),
        Target::labels(&array![0]),
    )?;
    value
        .reduced()
        .ok_or_else(|| Error::msg("the value is not reduced"))
}

fn relative_error(program: fn(f32) -> f32, gap: f32) -> Result<f64> {
    let right = right(gap)?.enclose(128)?.lower()?;
    let got = Rational::from_float(program(gap)).ok_or_else(|| Error::msg("not a number"))?;
    Ok(nearest::<f64>(&(got / right - Rational::from_integer(1.into()))).abs())
}

fn value_20() -> Result<String> {
    Ok(significant(float(&right(20.0)?)?, 5))
}

fn error() -> Result<String> {
    let series = |program: fn(f32) -> f32| -> Result<Vec<(f64, f64)>> {
        (0..=100_u8)
            .map(|step| f32::from(step) / 4.0)
            .map(|gap| Ok((f64::from(gap), relative_error(program, gap)?)))
            .collect()
    };
    Ok(Plot::new(
        "Relative error of two programs for cross entropy",
        "The error of the naive program grows with the gap between the logits, from the rounding \
         error of single precision to one at a gap of 17, and stays there. The error of the \
         careful program stays at the rounding error.",
        Axis::linear("gap between the logits", 0.0, 25.0, 5.0, 0),
        Axis::log10("relative error", -10, 2, 2),
    )
    .line("naive", &series(naive)?)
    .line("careful", &series(careful)?)
    .svg())
}

fn gaps() -> Result<String> {
    let mut table = "| gap | naive | careful | right |\n|---:|---:|---:|---:|\n".to_owned();
    for gap in [1.0_f32, 5.0, 10.0, 15.0, 17.0, 20.0, 30.0] {
        let values = [
            f64::from(naive(gap)),
            f64::from(careful(gap)),
            float(&right(gap)?)?,
        ];
        let [naive, careful, right] = values.map(|value| significant(value, 6));
        table.push_str(&format!("| ${gap}$ | {naive} | {careful} | {right} |\n"));
    }
    Ok(table)
}
