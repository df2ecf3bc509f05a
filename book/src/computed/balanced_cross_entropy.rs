//! What the chapter on balanced cross entropy computes: a batch with its weights, the sigmoid
//! with its easy and hard parts, and what balancing does to each kind of example.

use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{
    BalancedCrossEntropy, BinaryCrossEntropy, Loss, Prediction, Reduction, Target,
};
use mdbook_preprocessor::errors::{Error, Result};
use ndarray::Array1;

use super::Item;
use super::numbers::decimal;
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::table("balanced-cross-entropy-batch", batch),
    Item::figure("balanced-cross-entropy-sigmoid", sigmoid),
    Item::table("balanced-cross-entropy-kinds", kinds),
];

fn tenths(numbers: &[i64]) -> Array1<Rational> {
    let tenth = |&n: &i64| Rational::new(n.into(), 10.into());
    numbers.iter().map(tenth).collect()
}

/// The chapter's batch: one positive in five.
fn batch() -> Result<String> {
    let (p, y) = ([9, 2, 5, 3, 1], [10, 0, 0, 0, 0]);
    let balanced = BalancedCrossEntropy::new();
    let (prediction, target) = (tenths(&p), tenths(&y));
    let values = |loss: &BalancedCrossEntropy| {
        loss.exact(
            Prediction::probabilities(&prediction),
            Target::values(&target),
        )
    };
    let each = values(&balanced.clone().reduction(Reduction::None))?;
    let mut table =
        "| $p$ | $y$ | $\\alpha_t$ | loss, exact | nats |\n|---:|---:|---:|---|---:|\n".to_owned();
    for ((p, y), value) in p.iter().zip(&y).zip(each.iter()) {
        let (label, weight) = if *y == 0 { ("0", "1/5") } else { ("1", "4/5") };
        table.push_str(&format!(
            "| 0.{p} | {label} | {weight} | `{value}` | {} |\n",
            decimal(value, 4)?
        ));
    }
    let mean = values(&balanced)?
        .reduced()
        .ok_or_else(|| Error::msg("no mean"))?;
    table.push_str(&format!(
        "| mean | | | `{mean}` | {} |\n",
        decimal(&mean, 4)?
    ));
    Ok(table)
}

/// Where the prediction is at least three to one, it counts as sure.
fn sigmoid() -> Result<String> {
    let edge = 3.0_f64.ln();
    Ok(Plot::new(
        "The sigmoid, with its sure and unsure parts",
        "The logistic function rises from 0 to 1. On the left, where it is below a quarter, the \
         prediction is a sure no; on the right, where it is above three quarters, a sure yes; in \
         between it is unsure.",
        Axis::linear("logit x", -6.0, 6.0, 2.0, 0),
        Axis::linear("σ(x)", 0.0, 1.0, 0.25, 2),
    )
    .band(-6.0, -edge, "sure no")
    .band(edge, 6.0, "sure yes")
    .curve("σ", 96, exact_loss::kernel::softplus::sigmoid)
    .svg())
}

/// The losses of a sure and right and of a sure and wrong prediction of each class.
fn kinds() -> Result<String> {
    let plain = BinaryCrossEntropy::new().reduction(Reduction::None);
    let alpha = Rational::new(4.into(), 5.into());
    let balanced = BalancedCrossEntropy::new()
        .alpha(alpha)?
        .reduction(Reduction::None);
    let mut table =
        "| example | $p_t$ | cross entropy | balanced, $\\alpha = 4/5$ |\n|---|---:|---:|---:|\n"
            .to_owned();
    let mut quotients = Vec::new();
    for (class, y) in [("positive", 10), ("negative", 0)] {
        let p = tenths(if y == 10 { &[9, 1] } else { &[1, 9] });
        let y = tenths(&[y, y]);
        let (prediction, target) = (Prediction::probabilities(&p), Target::values(&y));
        let plain: Vec<Real> = plain
            .exact(prediction.view(), target.view())?
            .iter()
            .cloned()
            .collect();
        let balanced: Vec<Real> = balanced
            .exact(prediction, target)?
            .iter()
            .cloned()
            .collect();
        for (index, (kind, p_t)) in [("easy", "0.9"), ("hard", "0.1")].into_iter().enumerate() {
            table.push_str(&format!(
                "| {kind} {class} | {p_t} | {} | {} |\n",
                decimal(&plain[index], 4)?,
                decimal(&balanced[index], 4)?
            ));
        }
        for pair in [&plain, &balanced] {
            quotients.push(decimal(&quotient(&pair[1], &pair[0])?, 2)?);
        }
    }
    table.push_str(&format!(
        "| hard/easy, positive | | {} | {} |\n",
        quotients[0], quotients[1]
    ));
    table.push_str(&format!(
        "| hard/easy, negative | | {} | {} |\n",
        quotients[2], quotients[3]
    ));
    Ok(table)
}

fn quotient(hard: &Real, easy: &Real) -> Result<Real> {
    Ok(hard.mul(&easy.pow(&Rational::from_integer((-1).into()))?)?)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn batch_has_the_weights_that_its_table_shows() {
        let given = BalancedCrossEntropy::new().alpha(Rational::new(4.into(), 5.into()));
        let given = given.expect("α in [0, 1]");
        let p = array![0.9, 0.2, 0.5, 0.3, 0.1];
        let y = array![1.0, 0.0, 0.0, 0.0, 0.0];
        let value = |loss: &BalancedCrossEntropy| {
            loss.exact(Prediction::probabilities(&p), Target::values(&y))
        };
        assert_eq!(value(&BalancedCrossEntropy::new()), value(&given));
    }
}
