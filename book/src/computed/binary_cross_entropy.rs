//! What the chapter on binary cross entropy computes: the likelihood of a sample, the error of
//! naive code and of the fast twin, and the curves of the loss and its derivative.

use exact_loss::exact::Real;
use exact_loss::losses::{BinaryCrossEntropy, Evaluation, Loss, Prediction, Target};
use mdbook_preprocessor::errors::Result;
use ndarray::{Array1, array};

use super::numbers::{float, significant, ulps};
use super::{Item, reduced};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::figure("binary-cross-entropy-likelihood", likelihood),
    Item::figure("binary-cross-entropy-error", error),
    Item::table("binary-cross-entropy-accuracy", accuracy),
    Item::figure("binary-cross-entropy-gradient", gradient),
];

/// The chapter's sample: five ones and three zeros.
fn likelihood() -> Result<String> {
    let sample = array![1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let mut points = Vec::new();
    for step in 1..=99_u8 {
        let theta = f64::from(step) / 100.0;
        let same = Array1::from_elem(sample.len(), theta);
        let loss = BinaryCrossEntropy::new();
        let value = loss.fast(Prediction::probabilities(&same), Target::values(&sample))?;
        points.push((theta, reduced(value)?));
    }
    Ok(Plot::new(
        "Mean binary cross entropy of a sample, by theta",
        "A convex curve that grows without bound towards theta 0 and theta 1, and has its lowest \
         point at five eighths.",
        Axis::linear("θ", 0.0, 1.0, 0.25, 2),
        Axis::linear("nats", 0.0, 3.0, 1.0, 0),
    )
    .line("mean loss", &points)
    .rule((0.625, 0.0), (0.625, 3.0))
    .note((0.625, 0.25), "5/8")
    .svg())
}

/// The probability first, and its logarithm then.
fn naive(x: f64, y: f64) -> f64 {
    let p = 1.0 / (1.0 + (-x).exp());
    -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
}

/// The usual careful form, which subtracts y·x.
fn careful(x: f64, y: f64) -> f64 {
    x.max(0.0) - y * x + (-x.abs()).exp().ln_1p()
}

/// The fast twin's value and the exact one.
fn twins(x: f64, y: f64) -> Result<(f64, Real)> {
    let (x, y) = (array![x], array![y]);
    let loss = BinaryCrossEntropy::new();
    let fast = loss.fast(Prediction::logits(&x), Target::values(&y))?;
    let exact = loss.exact(Prediction::logits(&x), Target::values(&y))?;
    Ok((reduced(fast)?, reduced(exact)?))
}

fn error() -> Result<String> {
    let (mut of_naive, mut of_fast) = (Vec::new(), Vec::new());
    for step in 0..=160_u8 {
        let x = f64::from(step) / 4.0;
        let (fast, exact) = twins(x, 1.0)?;
        // Without the other term, whose 0·∞ would be NaN from 37 on.
        let of_yes = -(1.0 / (1.0 + (-x).exp())).ln();
        of_naive.push((x, ulps(of_yes, &exact)?));
        of_fast.push((x, ulps(fast, &exact)?));
    }
    Ok(Plot::new(
        "Error of naive code and of the fast twin for binary cross entropy",
        "The error of naive code grows with the logit, from about one unit in the last place to \
         ten to the sixteenth at 37, where no digit is right. The error of the fast twin stays \
         below half a unit in the last place, or just above it.",
        Axis::linear("logit, target 1", 0.0, 40.0, 10.0, 0),
        Axis::log10("error in ulps", -4, 18, 4),
    )
    .rule((0.0, 0.5), (40.0, 0.5))
    .line("naive", &of_naive)
    .line("fast twin", &of_fast)
    .svg())
}

fn accuracy() -> Result<String> {
    let cases = [
        ("$20$", 20.0, "$1$", 1.0),
        ("$-20$", -20.0, "$0$", 0.0),
        ("$40$", 40.0, "$1$", 1.0),
        ("$40$", 40.0, "$0$", 0.0),
        ("$-10^4$", -1e4, "$1.1 \\times 10^{-7}$", 1.1e-7),
        ("$10^4$", 1e4, "$0.9999999$", 0.999_999_9),
        ("$-800$", -800.0, "$1$", 1.0),
    ];
    let mut table =
        "| logit | target | exact | ulps, naive | ulps, subtracting $yx$ | ulps, fast twin |\n\
         |---:|---:|---:|---:|---:|---:|\n"
            .to_owned();
    for (logit, x, target, y) in cases {
        let (fast, exact) = twins(x, y)?;
        let shown = |got: f64| -> Result<String> {
            if got.is_finite() {
                Ok(significant(ulps(got, &exact)?, 2))
            } else {
                Ok(format!("gives {got}"))
            }
        };
        table.push_str(&format!(
            "| {logit} | {target} | {} | {} | {} | ${:.3}$ |\n",
            significant(float(&exact)?, 5),
            shown(naive(x, y))?,
            shown(careful(x, y))?,
            ulps(fast, &exact)?,
        ));
    }
    Ok(table)
}

fn gradient() -> Result<String> {
    let mut plot = Plot::new(
        "The derivative of binary cross entropy with respect to the logit",
        "Three rising curves of the same shape, the logistic function shifted down by the \
         target: from 0 to 1 for the target 0, from minus a quarter to three quarters for the \
         target one quarter, and from minus 1 to 0 for the target 1.",
        Axis::linear("logit", -6.0, 6.0, 2.0, 0),
        Axis::linear("derivative", -1.0, 1.0, 0.5, 1),
    );
    for (label, y) in [("target 0", 0.0), ("target 1/4", 0.25), ("target 1", 1.0)] {
        let mut points = Vec::new();
        for step in 0..=96_u8 {
            let x = f64::from(step) / 8.0 - 6.0;
            let Evaluation { gradient, .. } = BinaryCrossEntropy::new()
                .fast_with_gradient(Prediction::logits(&array![x]), Target::values(&array![y]))?;
            points.push((x, gradient[[0]]));
        }
        plot = plot.line(label, &points);
    }
    Ok(plot.rule((-6.0, 0.0), (6.0, 0.0)).svg())
}
