//! What the chapter on the focal loss computes: the family of curves, its gradients, the ratios
//! of hard to easy examples, and the error of naive code and of the fast twin.

use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{Evaluation, Focal, Loss, Prediction, Target};
use mdbook_preprocessor::errors::Result;
use ndarray::array;

use super::numbers::{decimal, float, significant, ulps};
use super::{Item, reduced};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::figure("focal-family", family),
    Item::table("focal-ratios", ratios),
    Item::figure("focal-gradients", gradients),
    Item::value("focal-gradient-ratio-0", || gradient_ratio(0)),
    Item::value("focal-gradient-ratio-1", || gradient_ratio(1)),
    Item::figure("focal-gradient-ratio", gradient_ratios),
    Item::figure("focal-error", error),
    Item::table("focal-accuracy", accuracy),
];

/// The exponents of the article's figure, as halves.
const GAMMAS: [(&str, i64); 5] = [
    ("γ = 0", 0),
    ("γ = 1/2", 1),
    ("γ = 1", 2),
    ("γ = 2", 4),
    ("γ = 5", 10),
];

fn with_halves(halves: i64) -> Result<Focal> {
    Ok(Focal::new().gamma(Rational::new(halves.into(), 2.into()))?)
}

fn of_probability(loss: &Focal, p: f64) -> Result<(f64, f64)> {
    let evaluation = loss.fast_with_gradient(
        Prediction::probabilities(&array![p]),
        Target::values(&array![1.0]),
    )?;
    let Evaluation { value, gradient } = evaluation;
    Ok((reduced(value)?, gradient[[0]]))
}

fn family() -> Result<String> {
    let mut plot = Plot::new(
        "The focal loss for five exponents",
        "Five falling curves from the upper left to zero at probability 1. The larger gamma is, \
         the lower the curve and the sooner it is flat: at probability 0.6 it is 0.51 for gamma \
         0 and 0.005 for gamma 5.",
        Axis::linear("probability p of the right class", 0.0, 1.0, 0.25, 2),
        Axis::linear("nats", 0.0, 5.0, 1.0, 0),
    );
    for (label, halves) in GAMMAS {
        let loss = with_halves(halves)?;
        let mut points = Vec::new();
        for step in 1..=200_u8 {
            let p = f64::from(step) / 200.0;
            points.push((p, of_probability(&loss, p)?.0));
        }
        plot = plot.line(label, &points);
    }
    Ok(plot.svg())
}

/// −dL/dx for the logit x of the right class.
fn gradients() -> Result<String> {
    let mut plot = Plot::new(
        "The size of the focal loss's derivative with respect to the logit",
        "For gamma 0 a straight line from 1 at probability 0 to 0 at probability 1. For larger \
         gamma each curve begins at 1, rises above the line, crosses it, and falls to 0 sooner: \
         for gamma 5 it peaks near 1.3.",
        Axis::linear("probability p of the right class", 0.0, 1.0, 0.25, 2),
        Axis::linear("size of the derivative", 0.0, 1.5, 0.5, 1),
    );
    for (label, halves) in GAMMAS {
        let loss = with_halves(halves)?;
        let mut points = vec![(0.0, 1.0)];
        for step in 1..=200_u8 {
            let p = f64::from(step) / 200.0;
            points.push((p, -of_probability(&loss, p)?.1 * p * (1.0 - p)));
        }
        plot = plot.line(label, &points);
    }
    Ok(plot.svg())
}

/// The exact value, and the exact derivative by the logit times −1, for the target 1.
fn exact(halves: i64, p: &Rational) -> Result<(Real, Real)> {
    let evaluation = with_halves(halves)?.exact_with_gradient(
        Prediction::probabilities(array![p.clone()]),
        Target::values(array![Rational::from_integer(1.into())]),
    )?;
    let step = p * (Rational::from_integer(1.into()) - p);
    let slope = evaluation.gradient[[0]].scale(&-step);
    Ok((reduced(evaluation.value)?, slope))
}

fn quotient(hard: &Real, easy: &Real) -> Result<f64> {
    Ok(float(hard)? / float(easy)?)
}

fn ratios() -> Result<String> {
    let (hard, easy) = (
        Rational::new(1.into(), 4.into()),
        Rational::new(9.into(), 10.into()),
    );
    let mut table =
        "| | hard, $p_t = 1/4$ | easy, $p_t = 9/10$ | hard/easy, loss | hard/easy, gradient |\n\
                     |---|---:|---:|---:|---:|\n"
            .to_owned();
    for (label, halves) in GAMMAS {
        let (of_hard, of_easy) = (exact(halves, &hard)?, exact(halves, &easy)?);
        table.push_str(&format!(
            "| {label} | {} | {} | {} | {} |\n",
            decimal(&of_hard.0, 4)?,
            significant(float(&of_easy.0)?, 3),
            significant(quotient(&of_hard.0, &of_easy.0)?, 3),
            significant(quotient(&of_hard.1, &of_easy.1)?, 3),
        ));
    }
    Ok(table)
}

/// The chapter's counterexample: two hard examples.
fn pair() -> (Rational, Rational) {
    (
        Rational::new(1.into(), 100.into()),
        Rational::new(1.into(), 10.into()),
    )
}

fn gradient_ratio(gamma: i64) -> Result<String> {
    let (harder, hard) = pair();
    let ratio = quotient(&exact(2 * gamma, &harder)?.1, &exact(2 * gamma, &hard)?.1)?;
    Ok(significant(ratio, 4))
}

fn gradient_ratios() -> Result<String> {
    let mut plot = Plot::new(
        "Ratio of the gradients of a harder and an easier example, by gamma",
        "Three curves that begin at 1. The one for p one quarter against one half rises at once \
         and leaves the figure. The one for one tenth against one quarter dips a little and then \
         rises. The one for one hundredth against one tenth falls below 0.9, stays there while \
         gamma is between 2 and 6, and then rises.",
        Axis::linear("γ", 0.0, 10.0, 2.0, 0),
        Axis::linear("ratio, against γ = 0", 0.5, 2.0, 0.5, 1),
    );
    let number = |n: i64, d: i64| Rational::new(n.into(), d.into());
    for (label, harder, easier) in [
        ("p = 1/4 to 1/2", number(1, 4), number(1, 2)),
        ("p = 1/10 to 1/4", number(1, 10), number(1, 4)),
        ("p = 1/100 to 1/10", number(1, 100), number(1, 10)),
    ] {
        let start = quotient(&exact(0, &harder)?.1, &exact(0, &easier)?.1)?;
        let mut points = Vec::new();
        for halves in 0..=20_i32 {
            let ratio = quotient(
                &exact(halves.into(), &harder)?.1,
                &exact(halves.into(), &easier)?.1,
            )?;
            points.push((f64::from(halves) / 2.0, ratio / start));
        }
        plot = plot.line(label, &points);
    }
    Ok(plot.rule((0.0, 1.0), (10.0, 1.0)).svg())
}

/// The probability first, and a power of its complement by subtraction.
fn naive(x: f64) -> f64 {
    let p = 1.0 / (1.0 + (-x).exp());
    -(1.0 - p).powi(2) * p.ln()
}

/// The fast twin's value and the exact one, γ = 2, target 1.
fn twins(x: f64) -> Result<(f64, Real)> {
    let (x, y) = (array![x], array![1.0]);
    let fast = Focal::new().fast(Prediction::logits(&x), Target::values(&y))?;
    let exact = Focal::new().exact(Prediction::logits(&x), Target::values(&y))?;
    Ok((reduced(fast)?, reduced(exact)?))
}

fn error() -> Result<String> {
    let (mut of_naive, mut of_fast) = (Vec::new(), Vec::new());
    for step in 0..=160_u8 {
        let x = f64::from(step) / 4.0;
        let (fast, exact) = twins(x)?;
        of_naive.push((x, ulps(naive(x), &exact)?));
        of_fast.push((x, ulps(fast, &exact)?));
    }
    Ok(Plot::new(
        "Error of naive code and of the fast twin for the focal loss",
        "The error of naive code grows with the logit, from about one unit in the last place to \
         ten to the sixteenth at 37, where no digit is right. The error of the fast twin stays \
         near half a unit in the last place.",
        Axis::linear("logit, target 1", 0.0, 40.0, 10.0, 0),
        Axis::log10("error in ulps", -4, 18, 4),
    )
    .rule((0.0, 0.5), (40.0, 0.5))
    .line("naive, γ = 2", &of_naive)
    .line("fast twin", &of_fast)
    .svg())
}

fn accuracy() -> Result<String> {
    let cases: [(f32, i64); 5] = [(14.0, 2), (20.0, 4), (20.0, 1), (54.01, 0), (100.0, 1)];
    let mut table = "| logit | γ | value, exact | derivative, exact | ulps, fast value | ulps, fast derivative |\n\
                     |---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for (x, halves) in cases {
        let loss = with_halves(halves)?;
        let (x, y) = (array![x], array![1.0_f32]);
        let exact = loss.exact_with_gradient(Prediction::logits(&x), Target::values(&y))?;
        let fast = loss.fast_with_gradient(Prediction::logits(&x), Target::values(&y))?;
        let (value, slope) = (reduced(exact.value)?, &exact.gradient[[0]]);
        table.push_str(&format!(
            "| {} | {} | {} | {} | ${:.3}$ | ${:.3}$ |\n",
            x[0],
            Rational::new(halves.into(), 2.into()),
            significant(float(&value)?, 5),
            significant(float(slope)?, 5),
            ulps(reduced(fast.value)?, &value)?,
            ulps(fast.gradient[[0]], slope)?,
        ));
    }
    Ok(table)
}
