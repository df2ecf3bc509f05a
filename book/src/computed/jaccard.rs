//! What the chapter on the Jaccard loss computes: the five pixels of these chapters, and the
//! steps of the loss as a threshold moves.

use exact_loss::exact::Rational;
use exact_loss::exact::set_function::{Jaccard, SetFunction};
use mdbook_preprocessor::errors::Result;

use super::Item;
use super::numbers::fraction;
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::table("jaccard-five-pixels", five_pixels),
    Item::value("jaccard-five-value", five_value),
    Item::figure("jaccard-steps", steps),
];

/// The pixels of the class, in this chapter and the next ones.
pub(super) const FOREGROUND: [bool; 5] = [true, false, true, false, true];
const PREDICTED: [bool; 5] = [true, true, true, false, false];
/// Probabilities of the class, in tenths, whose errors are those of the next chapters.
const PROBABILITIES: [u8; 5] = [5, 9, 8, 1, 3];

/// The loss of the five pixels.
pub(super) fn loss() -> Jaccard {
    Jaccard::new(FOREGROUND.to_vec())
}

fn mispredicted(predicted: impl Iterator<Item = bool>) -> Vec<bool> {
    FOREGROUND
        .iter()
        .zip(predicted)
        .map(|(&y, p)| y != p)
        .collect()
}

fn five_pixels() -> Result<String> {
    let row = |name: &str, holds: &dyn Fn(bool, bool) -> bool| {
        let pixels: Vec<bool> = FOREGROUND
            .iter()
            .zip(PREDICTED)
            .map(|(&y, p)| holds(y, p))
            .collect();
        let cells: Vec<&str> = pixels.iter().map(|&p| if p { "●" } else { "" }).collect();
        let count = pixels.iter().filter(|&&p| p).count();
        format!("| {name} | {} | {count} |\n", cells.join(" | "))
    };
    let mut table = "| | 1 | 2 | 3 | 4 | 5 | count |\n|---|:-:|:-:|:-:|:-:|:-:|---:|\n".to_owned();
    table.push_str(&row("true, $Y$", &|y, _| y));
    table.push_str(&row("predicted, $\\tilde Y$", &|_, p| p));
    table.push_str(&row("$Y \\cap \\tilde Y$", &|y, p| y && p));
    table.push_str(&row("$Y \\cup \\tilde Y$", &|y, p| y || p));
    table.push_str(&row("mispredicted, $M$", &|y, p| y != p));
    Ok(table)
}

fn five_value() -> Result<String> {
    Ok(fraction(
        &loss().value(&mispredicted(PREDICTED.into_iter())),
    ))
}

/// The loss where the pixels above a threshold are predicted, which changes at their
/// probabilities.
fn steps() -> Result<String> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut plot = Plot::new(
        "The Jaccard loss as the threshold moves",
        "A step function of the threshold: flat pieces, with jumps up and down at the \
         probabilities of the pixels.",
        Axis::linear("threshold", 0.0, 1.0, 0.2, 1),
        Axis::linear("Jaccard loss", 0.0, 1.0, 0.25, 2),
    );
    for threshold in 0..=100_u8 {
        let predicted = PROBABILITIES.iter().map(|&p| 10 * p > threshold);
        let value = super::numbers::nearest(&loss().value(&mispredicted(predicted)));
        let x = f64::from(threshold) / 100.0;
        if let Some(&(_, before)) = points.last()
            && before != value
        {
            points.push((x, f64::NAN));
        }
        points.push((x, value));
    }
    for p in PROBABILITIES {
        let x = f64::from(p) / 10.0;
        plot = plot.rule((x, 0.0), (x, 1.0));
    }
    Ok(plot.line("loss", &points).svg())
}

/// Tenths as rationals.
pub(super) fn tenths(numbers: &[i64]) -> Vec<Rational> {
    numbers
        .iter()
        .map(|&n| Rational::new(n.into(), 10.into()))
        .collect()
}
