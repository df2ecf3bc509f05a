//! Single cases on which implementations have failed, or differ, and how they are read. The lists are
//! beside this file.
//!
//! A case is written in words. `logits 20 0` are two logits, `logits [20 0]` one row of two; `0.1*9` is
//! 0.1 nine times, and `0.1*N` as often as the level's large cases are long. A number that the type
//! does not have becomes the nearest that it has, without becoming 0 or infinite.

mod binary;
mod pixels;
mod rows;

use ndarray::ArrayD;

use super::draft::{Draft, Parts, array, text, vector};
use super::recipes::Recipe;
use super::tags::{Kind, Tag};
use crate::losses::{Params, Prediction, Setting, Space, Target};

/// What has gone wrong somewhere, with the cases that show it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) tag: Tag,
    cases: &'static [Words],
}

/// A case in words.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    loss: &'static str,
    /// Names and settings: "gamma=1/2 reduction=none weights=1,3".
    params: &'static str,
    /// The space and the numbers, or "large" for what the loss's large cases are.
    prediction: &'static str,
    /// The kind and the numbers; nothing where there is no target.
    target: &'static str,
}

/// A case in words.
const fn case(
    loss: &'static str,
    params: &'static str,
    prediction: &'static str,
    target: &'static str,
) -> Words {
    Words {
        loss,
        params,
        prediction,
        target,
    }
}

/// What is known of a loss.
pub(super) fn of(loss: &str) -> impl Iterator<Item = &'static Known> {
    let all = rows::KNOWN.iter().chain(binary::KNOWN).chain(pixels::KNOWN);
    all.filter(move |known| known.cases.iter().any(|case| case.loss == loss))
}

impl Known {
    /// How many cases there are of a loss.
    pub(super) fn count(&self, loss: &str) -> u64 {
        self.cases.iter().filter(|case| case.loss == loss).count() as u64
    }

    /// The case whose turn it is; they begin anew after the last.
    pub(super) fn make(&self, d: &mut Draft, loss: &str, recipe: &Recipe) -> Parts {
        let turn = (d.turn % self.count(loss).max(1)) as usize;
        let mut cases = self.cases.iter().filter(|case| case.loss == loss);
        match cases.nth(turn) {
            Some(case) if case.prediction != "large" => case.parts(d),
            _ => (recipe.make)(d, Kind::Large),
        }
    }
}

impl Words {
    fn parts(&self, d: &Draft) -> Parts {
        let mut params = Params::new();
        for word in self.params.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, "true"));
            params.set(name, setting(d, value));
        }
        Parts {
            params,
            prediction: prediction(d, self.prediction),
            target: target(d, self.target),
        }
    }
}

fn setting(d: &Draft, value: &str) -> Setting {
    match value {
        "true" => Setting::Flag(true),
        "false" => Setting::Flag(false),
        _ if value.contains(',') => {
            vector(value.split(',').map(|number| d.pool.read(number)).collect())
        }
        _ => match d.pool.read(value) {
            Some(number) => Setting::Number(Some(number)),
            None => text(value),
        },
    }
}

fn prediction(d: &Draft, words: &str) -> Prediction<'static, super::super::Number> {
    let (space, numbers) = words.split_once(' ').unwrap_or((words, ""));
    let space = match space {
        "probabilities" => Space::Probabilities,
        "logits" => Space::Logits,
        "errors" => Space::Errors,
        "scores" => Space::Scores,
        _ => return Prediction::Classes(nested(d, numbers, class).into()),
    };
    Prediction::Values(space, nested(d, numbers, |word| d.pool.read(word)).into())
}

fn target(d: &Draft, words: &str) -> Target<'static, super::super::Number> {
    match words.split_once(' ') {
        None => Target::None,
        Some(("targets", numbers)) => {
            Target::Values(nested(d, numbers, |word| d.pool.read(word)).into())
        }
        Some((_, numbers)) => Target::Labels(nested(d, numbers, class).into()),
    }
}

/// The labels of the list are small integers.
fn class(word: &str) -> i64 {
    word.parse().unwrap_or_default()
}

/// An array with one axis, or with two where there are brackets.
fn nested<T: Clone>(d: &Draft, words: &str, read: impl Fn(&str) -> T) -> ArrayD<T> {
    let row = |words: &str| -> Vec<T> {
        let repeated = |word: &str| {
            let (word, times) = word.split_once('*').unwrap_or((word, "1"));
            let times = if times == "N" {
                d.size
            } else {
                times.parse().unwrap_or(1)
            };
            vec![read(word); times]
        };
        words.split_whitespace().flat_map(repeated).collect()
    };
    let rows: Vec<Vec<T>> = words
        .split(['[', ']'])
        .filter(|words| !words.trim().is_empty())
        .map(row)
        .collect();
    let of_each = rows.first().map_or(0, Vec::len);
    let shape = if words.contains('[') {
        vec![rows.len(), of_each]
    } else {
        vec![of_each]
    };
    array(&shape, rows.into_iter().flatten().collect())
}
