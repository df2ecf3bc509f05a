//! What the chapter on entropy computes: its exact forms, the curve of two classes, and the
//! error of naive code and of the fast twin from logits.

use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{Base, Entropy, Evaluation, Loss, Prediction, Target};
use mdbook_preprocessor::errors::Result;
use ndarray::{Array2, array};

use super::numbers::{decimal, ulps};
use super::{Item, reduced};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::figure("entropy-binary", binary),
    Item::table("entropy-forms", forms),
    Item::figure("entropy-error", error),
];

fn binary() -> Result<String> {
    let loss = Entropy::new().base(Base::Two);
    let (mut bits, mut slope) = (Vec::new(), Vec::new());
    for step in 0..=256_u16 {
        let x = f64::from(step) / 256.0;
        let p = array![[x, 1.0 - x]];
        let Evaluation { value, gradient } =
            loss.fast_with_gradient(Prediction::probabilities(&p), Target::None)?;
        bits.push((x, reduced(value)?));
        slope.push((x, gradient[[0, 0]] - gradient[[0, 1]]));
    }
    Ok(Plot::new(
        "Entropy of two classes",
        "The entropy rises from 0 at p = 0 to one bit at one half and falls back to 0 at p = 1. \
         Its derivative falls, without bound at both ends, and is 0 at one half.",
        Axis::linear("probability of the first class", 0.0, 1.0, 0.25, 2),
        Axis::linear("bits", -3.0, 3.0, 1.0, 0),
    )
    .rule((0.0, 0.0), (1.0, 0.0))
    .line("entropy", &bits)
    .line("derivative", &slope)
    .svg())
}

fn forms() -> Result<String> {
    let rows: [(&str, &[i64]); 5] = [
        ("$1,\\ 0$", &[1, 0]),
        ("$\\frac12,\\ \\frac12$", &[1, 1]),
        ("$\\frac14,\\ \\frac34$", &[1, 3]),
        ("$\\frac12,\\ \\frac14,\\ \\frac14$", &[2, 1, 1]),
        ("$\\frac1{10},\\ \\frac2{10},\\ \\frac7{10}$", &[1, 2, 7]),
    ];
    let mut table = "| prediction | exact, in nats | exact, in bits | bits |\n\
                     |---|---|---|---:|\n"
        .to_owned();
    for (shown, weights) in rows {
        let total: i64 = weights.iter().sum();
        let p = Array2::from_shape_fn((1, weights.len()), |(_, c)| {
            Rational::new(weights[c].into(), total.into())
        });
        let nats = reduced(Entropy::new().exact(Prediction::probabilities(&p), Target::None)?)?;
        let bits: Real = nats.in_bits();
        table.push_str(&format!(
            "| {shown} | `{nats}` | `{bits}` | {} |\n",
            decimal(&bits, 4)?
        ));
    }
    Ok(table)
}

/// The probabilities of the logits x and 0.
fn softmax(x: f64) -> [f64; 2] {
    let sum = 1.0 + (-x).exp();
    [1.0 / sum, (-x).exp() / sum]
}

/// −Σ p ln p of probabilities that were rounded.
fn from_softmax(x: f64) -> f64 {
    softmax(x).iter().map(|p| -p * p.ln()).sum()
}

/// The log-sum-exp of the logits minus their mean.
fn difference(x: f64) -> f64 {
    x + (-x).exp().ln_1p() - softmax(x)[0] * x
}

fn error() -> Result<String> {
    let mut plot = Plot::new(
        "Error of three programs for the entropy of two classes",
        "The error of the entropy from a rounded softmax rises to ten to the fourteenth ulps, a \
         few percent of the value. That of the difference of the log-sum-exp and the mean logit \
         rises to ten to the sixteenth, where no digit is right. The error of the fast twin \
         stays below one ulp.",
        Axis::linear("logit x", 0.0, 40.0, 10.0, 0),
        Axis::log10("error in ulps", -4, 18, 4),
    )
    .rule((0.0, 0.5), (40.0, 0.5));
    let points: Vec<f64> = (0..=160_u8).map(|step| f64::from(step) / 4.0).collect();
    let mut exact = Vec::new();
    let mut fast = Vec::new();
    for &x in &points {
        let z = array![[x, 0.0]];
        let value = reduced(Entropy::new().exact(Prediction::logits(&z), Target::None)?)?;
        let float = reduced(Entropy::new().fast(Prediction::logits(&z), Target::None)?)?;
        fast.push((x, ulps(float, &value)?));
        exact.push(value);
    }
    let errors = |program: fn(f64) -> f64| -> Result<Vec<(f64, f64)>> {
        let both = points.iter().zip(&exact);
        both.map(|(&x, exact)| Ok((x, ulps(program(x), exact)?)))
            .collect()
    };
    plot = plot.line("rounded softmax", &errors(from_softmax)?);
    plot = plot.line("difference", &errors(difference)?);
    Ok(plot.line("fast twin", &fast).svg())
}
