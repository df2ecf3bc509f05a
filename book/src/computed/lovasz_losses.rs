//! What the chapter on the Lovász hinge and Lovász-softmax computes: the hinge of the five pixels
//! in steps, its kinks, the errors of the fast twins, and what bins leave open of a value.

use exact_loss::exact::rational::nearest;
use exact_loss::exact::set_function::{SetFunction, descending};
use exact_loss::exact::{Format, Rational, UlpError};
use exact_loss::kernel::jaccard::{COARSE, FINE, Ranked, enclosure};
use exact_loss::losses::{
    Evaluation, Loss, LovaszHinge, LovaszSoftmax, Prediction, Scalar, Target,
};
use mdbook_preprocessor::errors::{Error, Result};
use ndarray::{Array1, Array2, ArrayD};

use super::Item;
use super::jaccard::{FOREGROUND, loss, tenths};
use super::numbers::{fraction, significant};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::table("lovasz-losses-hinge", hinge),
    Item::value("lovasz-losses-hinge-value", hinge_value),
    Item::figure("lovasz-losses-score", score),
    Item::table("lovasz-losses-accuracy", accuracy),
    Item::table("lovasz-losses-bins", bins),
];

/// The scores of the five pixels, in tenths.
const SCORES: [i64; 5] = [4, 7, 15, -20, -3];

fn labels() -> Array1<i64> {
    FOREGROUND.iter().map(|&y| i64::from(y)).collect()
}

fn hinge() -> Result<String> {
    let scores = tenths(&SCORES);
    let one = Rational::from_integer(1.into());
    let errors: Vec<Rational> = scores
        .iter()
        .zip(FOREGROUND)
        .map(|(x, y)| if y { &one - x } else { &one + x })
        .collect();
    let order = descending(&errors);
    let marginals = loss().marginals(&order);
    let zero = Rational::from_integer(0.into());
    let mut table = "| pixel | in the class | score $x$ | error $e = 1 - xs$ | $\\max(e, 0)$ | \
                     marginal $g$ | product | gradient |\n\
                     |---:|:-:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for (&pixel, marginal) in order.iter().zip(&marginals) {
        let error = errors[pixel].clone().max(zero.clone());
        let slope = match (error > zero, FOREGROUND[pixel]) {
            (false, _) => zero.clone(),
            (true, true) => -marginal,
            (true, false) => marginal.clone(),
        };
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            pixel + 1,
            if FOREGROUND[pixel] { "●" } else { "" },
            fraction(&scores[pixel]),
            fraction(&errors[pixel]),
            fraction(&error),
            fraction(marginal),
            fraction(&(&error * marginal)),
            fraction(&slope),
        ));
    }
    Ok(table)
}

/// The loss where the first pixel has this score.
fn with_first(score: Rational) -> Result<Rational> {
    let mut scores = Array1::from(tenths(&SCORES));
    scores[0] = score;
    let labels = labels();
    let value = LovaszHinge::new().exact(Prediction::scores(&scores), Target::labels(&labels))?;
    let value = value.reduced().and_then(|value| value.as_rational());
    value.ok_or_else(|| Error::msg("the hinge of rational scores is rational"))
}

fn hinge_value() -> Result<String> {
    Ok(fraction(&with_first(tenths(&SCORES)[0].clone())?))
}

fn score() -> Result<String> {
    let mut points = Vec::new();
    for tenth in -25..=20 {
        let score = Rational::new(tenth.into(), 10.into());
        let value = with_first(score.clone())?;
        points.push((nearest::<f64>(&score), nearest::<f64>(&value)));
    }
    Ok(Plot::new(
        "The Lovász hinge over one score",
        "A convex curve of straight pieces that falls as the score of a pixel of the class rises, \
         and is flat once its error is 0.",
        Axis::linear("score of the first pixel", -2.5, 2.0, 0.5, 1),
        Axis::linear("Lovász hinge", 0.0, 2.5, 0.5, 1),
    )
    .line("Lovász hinge", &points)
    .svg())
}

/// A fixed sequence of numbers in [0, 1).
fn random() -> impl FnMut() -> f64 {
    let mut state = 7_u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

/// The largest errors of value and gradient of a case, in ulps.
fn errors<F: Scalar + Format, L: Loss>(
    loss: &L,
    prediction: &Prediction<'_, F>,
    labels: &Array1<i64>,
) -> Result<(f64, f64)> {
    let target = || Target::labels(labels);
    let Evaluation { value, gradient } = loss.exact_with_gradient(prediction.view(), target())?;
    let fast = loss.fast_with_gradient(prediction.view(), target())?;
    let ulps = |exact: &exact_loss::exact::Real, got: F| match exact.ulp_error(got)? {
        UlpError::Ulps { upper, .. } => Ok(nearest::<f64>(&upper)),
        class => Err(Error::msg(format!("no error in ulps: {class:?}"))),
    };
    let mut largest = (0.0_f64, 0.0_f64);
    for (exact, &got) in value.iter().zip(fast.value.iter()) {
        largest.0 = largest.0.max(ulps(exact, got)?);
    }
    for (exact, &got) in gradient.iter().zip(&fast.gradient) {
        largest.1 = largest.1.max(ulps(exact, got)?);
    }
    Ok(largest)
}

/// One kind of input: its loss, how many pixels, and how a number in [0, 1) becomes an element.
fn measure<F: Scalar + Format>(kind: &str) -> Result<(f64, f64)> {
    let mut random = random();
    let (cases, pixels) = if kind == "logits" { (10, 6) } else { (20, 100) };
    let mut largest = (0.0_f64, 0.0_f64);
    for _ in 0..cases {
        let labels: Array1<i64> = (0..pixels)
            .map(|_| if random() < 0.4 { 1 } else { 0 })
            .collect();
        let mut numbers = |low: f64, high: f64, shape: &[usize]| {
            ArrayD::from_shape_simple_fn(shape, || F::from_f64(low + (high - low) * random()))
        };
        let found = if kind == "scores" {
            let scores = numbers(-3.0, 3.0, &[pixels]);
            errors(&LovaszHinge::new(), &Prediction::scores(scores), &labels)?
        } else if kind == "logits" {
            let logits = numbers(-4.0, 4.0, &[pixels, 3]);
            errors(&LovaszSoftmax::new(), &Prediction::logits(logits), &labels)?
        } else {
            let first = numbers(0.0, 1.0, &[pixels]);
            let rows = Array2::from_shape_fn((pixels, 2), |(i, c)| {
                if c == 0 {
                    first[[i]]
                } else {
                    F::ONE - first[[i]]
                }
            });
            errors(
                &LovaszSoftmax::new(),
                &Prediction::probabilities(rows),
                &labels,
            )?
        };
        largest = (largest.0.max(found.0), largest.1.max(found.1));
    }
    Ok(largest)
}

fn accuracy() -> Result<String> {
    let mut table = "| input | value, `f64` | gradient | value, `f32` | gradient |\n\
                     |---|---:|---:|---:|---:|\n"
        .to_owned();
    for (name, kind) in [
        ("scores, Lovász hinge", "scores"),
        ("probabilities, Lovász-softmax", "probabilities"),
        ("logits, Lovász-softmax", "logits"),
    ] {
        let (double, single) = (measure::<f64>(kind)?, measure::<f32>(kind)?);
        let cells = [double.0, double.1, single.0, single.1].map(|ulps| format!("${ulps:.3}$"));
        table.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    Ok(table)
}

fn bins() -> Result<String> {
    let mut table = "| scores | in the class | value | half of the interval, in ulps of `f32` | with finer bins |\n\
                     |---|---:|---:|---:|---:|\n"
        .to_owned();
    // The sum of four numbers in [0, 1) has a standard deviation of 1/√3.
    for (name, share, spread, lean) in [
        ("as at the start of training", 0.3, 1.0, 0.0),
        ("half learned", 0.3, 2.0, 1.0),
        ("learned", 0.3, 2.0, 4.0),
        ("learned, of a rare class", 0.01, 2.0, 4.0),
        ("all near 0", 0.3, 0.1, 0.0),
    ] {
        let mut random = random();
        let pixel = |_| {
            let is_foreground = random() < share;
            let noise: f64 = (0..4).map(|_| random()).sum::<f64>() - 2.0;
            // For either side: the score times its sign.
            let score = lean + spread * 3.0_f64.sqrt() * noise;
            (1.0 - score, is_foreground)
        };
        let (errors, foreground): (Vec<f64>, Vec<bool>) = (0..1 << 18).map(pixel).unzip();
        let hinges = Ranked {
            errors: &errors,
            is_foreground: |index: usize| foreground[index],
        };
        let mut columns = Vec::new();
        for bits in [COARSE, FINE] {
            let found = enclosure(&hinges, bits).ok_or_else(|| Error::msg("a large error"))?;
            let value = found.middle as f32;
            let ulp = f64::from(value.next_up() - value);
            columns.push((value, significant(found.radius / ulp, 2)));
        }
        let [(value, coarse), (_, fine)] = &columns[..] else {
            continue;
        };
        table.push_str(&format!(
            "| {name} | {} % | {value:.3} | {coarse} | {fine} |\n",
            100.0 * share
        ));
    }
    Ok(table)
}
