//! What the planted programs share: parameters as floats, sums that lose nothing, and the reduction of
//! a batch. The losses themselves are beside this file; nothing here is taken from the crate's kernels.

use exact_loss::losses::{Reduction, Setting};
use exact_loss::oracle::{Answer, Case, Dtype, as_float};
use ndarray::ArrayD;

use super::Bug;

/// A parameter that is one number.
pub(super) fn number(case: &Case, name: &str) -> Option<f64> {
    match case.params.get(name)? {
        Setting::Number(number) => Some(as_float(Dtype::F64, number)),
        _ => None,
    }
}

/// A parameter that is an array of numbers.
pub(super) fn numbers(case: &Case, name: &str) -> Option<ArrayD<f64>> {
    match case.params.get(name)? {
        Setting::Numbers(numbers) => Some(numbers.map(|x| as_float(Dtype::F64, x))),
        _ => None,
    }
}

pub(super) fn flag(case: &Case, name: &str) -> bool {
    matches!(case.params.get(name), Some(Setting::Flag(true)))
}

/// A parameter that is a word.
pub(super) fn word<'a>(case: &'a Case, name: &str) -> Option<&'a str> {
    match case.params.get(name)? {
        Setting::Text(word) => Some(word),
        _ => None,
    }
}

/// Whether a label is the one that does not count.
pub(super) fn is_ignored(case: &Case, label: i64) -> bool {
    number(case, "ignore_index") == Some(label as f64)
}

/// a + b and what is lost in it.
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// A sum that keeps what its additions lose.
pub(super) fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut plain, mut lost) = (0.0, 0.0, 0.0);
    for term in terms {
        plain += term;
        let (next, rest) = two_sum(total, term);
        (total, lost) = (next, lost + rest);
    }
    if plain.is_finite() {
        total + lost
    } else {
        plain
    }
}

/// a·x − b·y for numbers ≥ 0, where a product that is too small to be told from 0 keeps its sign.
pub(super) fn difference([a, x]: [f64; 2], [b, y]: [f64; 2]) -> f64 {
    let product = |a: f64, x: f64| if a == 0.0 { 0.0 } else { a * x };
    if a == 0.0 {
        -product(b, y)
    } else if b == 0.0 {
        product(a, x)
    } else {
        a * x - b * y
    }
}

/// exp(a − b), for a ≤ b.
pub(super) fn exp_of_difference(a: f64, b: f64) -> f64 {
    if a == b {
        return 1.0;
    }
    let (difference, lost) = two_sum(a, -b);
    let exp = difference.exp();
    if lost.is_finite() {
        exp + exp * lost
    } else {
        exp
    }
}

/// weight·a/b, which is 0 where a is, and whose parts may leave the range of floats.
pub(super) fn quotient(a: f64, b: f64, divisor: f64) -> f64 {
    if a == 0.0 {
        return 0.0;
    }
    let plain = a / b / divisor;
    if plain.is_infinite() && b != 0.0 {
        a / divisor / b
    } else {
        plain
    }
}

/// Values of elements and the gradient of their mean, if that is what is asked for.
pub(super) struct Batch {
    pub(super) values: ArrayD<f64>,
    /// What the mean divides by.
    pub(super) divisor: f64,
    /// The gradient, already divided.
    pub(super) gradient: ArrayD<f64>,
}

/// What the gradient is divided by: 1 unless the mean is asked for.
pub(super) fn divisor(case: &Case, elements: f64, bug: Option<Bug>) -> f64 {
    match case.params.reduction() {
        Ok(Reduction::Mean) if bug != Some(Bug::GradientOfSum) => elements,
        _ => 1.0,
    }
}

impl Batch {
    pub(super) fn answer(self, case: &Case, bug: Option<Bug>) -> Option<Answer> {
        let total = || match bug {
            Some(Bug::SingleAccumulation) => {
                let single = self.values.iter().fold(0.0_f32, |sum, &x| sum + x as f32);
                f64::from(single)
            }
            _ => sum(self.values.iter().copied()),
        };
        let gradient = match bug {
            Some(Bug::GradientSign) => self.gradient.map(|slope| -slope),
            _ => self.gradient,
        };
        Some(match case.params.reduction().ok()? {
            Reduction::None => (self.values, gradient).into(),
            Reduction::Mean if bug != Some(Bug::SumForMean) => {
                (total() / self.divisor, gradient).into()
            }
            _ => (total(), gradient).into(),
        })
    }
}
