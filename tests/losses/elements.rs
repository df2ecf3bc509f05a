//! What the tests of losses of any shape share: numbers as text, and one element at a time.

use exact_loss::exact::{Extended, Rational, Real, rational};
use exact_loss::losses::{Evaluation, Loss, Prediction, Target, Value};
use ndarray::Array1;

/// Numbers written as the oracle reads them, between spaces.
pub(super) fn numbers(text: &str) -> Array1<Extended> {
    let parse = |number| rational::parse_extended(number).expect("a number");
    text.split_whitespace().map(parse).collect()
}

pub(super) fn probabilities(text: &str) -> Prediction<'static, Extended> {
    Prediction::probabilities(numbers(text))
}

pub(super) fn logits(text: &str) -> Prediction<'static, Extended> {
    Prediction::logits(numbers(text))
}

pub(super) fn targets(text: &str) -> Target<'static, Extended> {
    Target::values(numbers(text))
}

pub(super) fn number(text: &str) -> Rational {
    rational::parse_rational(text).expect("a number")
}

/// A combination of logarithms: pairs of a coefficient and an argument, between spaces.
pub(super) fn logarithms(text: &str) -> Real {
    let terms = text.split(',').map(|term| {
        let (coefficient, argument) = term.trim().split_once(' ').expect("two numbers");
        Real::ln(&number(argument))
            .expect("a positive number")
            .scale(&number(coefficient))
    });
    Real::sum(terms).expect("finite terms")
}

/// The exact value of a batch that is reduced.
pub(super) fn exact(
    loss: &impl Loss,
    prediction: &Prediction<'_, Extended>,
    target: &Target<'_, Extended>,
) -> Real {
    let value = loss
        .exact(prediction.view(), target.view())
        .expect("a value");
    value.reduced().expect("a reduction")
}

/// The exact values of the elements, or the one value of a reduced batch.
pub(super) fn exact_all(
    loss: &impl Loss,
    prediction: &Prediction<'_, Extended>,
    target: &Target<'_, Extended>,
) -> Vec<Real> {
    let value = loss
        .exact(prediction.view(), target.view())
        .expect("a value");
    value.iter().cloned().collect()
}

/// The exact gradient.
pub(super) fn exact_gradient(
    loss: &impl Loss,
    prediction: &Prediction<'_, Extended>,
    target: &Target<'_, Extended>,
) -> Vec<Real> {
    let evaluation = loss.exact_with_gradient(prediction.view(), target.view());
    evaluation
        .expect("a gradient")
        .gradient
        .into_iter()
        .collect()
}

/// The fast value and derivative of one element in `f32`.
pub(super) fn single(loss: &impl Loss, prediction: Prediction<'_, f32>, target: f32) -> (f32, f32) {
    let target = Target::values(ndarray::arr0(target));
    one(loss
        .fast_with_gradient(prediction, target)
        .expect("a value"))
}

/// The fast value and derivative of one element in `f64`.
pub(super) fn double(loss: &impl Loss, prediction: Prediction<'_, f64>, target: f64) -> (f64, f64) {
    let target = Target::values(ndarray::arr0(target));
    one(loss
        .fast_with_gradient(prediction, target)
        .expect("a value"))
}

pub(super) fn one<F: Copy>(evaluation: Evaluation<F>) -> (F, F) {
    let Value::Reduced(value) = evaluation.value else {
        panic!("the value is reduced")
    };
    let gradient = evaluation.gradient.first().expect("one element");
    (value, *gradient)
}

pub(super) fn logit<F: Copy>(x: F) -> Prediction<'static, F> {
    Prediction::logits(ndarray::arr0(x))
}

pub(super) fn probability<F: Copy>(p: F) -> Prediction<'static, F> {
    Prediction::probabilities(ndarray::arr0(p))
}
