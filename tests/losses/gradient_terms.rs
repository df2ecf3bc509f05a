//! The sums of the magnitudes of the terms of a gradient, by which the oracle scales its limit: they
//! bound the gradient, and differ from it only where terms cancel.

use exact_loss::exact::{Extended, Rational};
use exact_loss::losses::{
    ALL, BinaryCrossEntropy, CrossEntropy, DynLoss, Focal, Prediction, Sample, Target,
};

fn samples() -> impl Iterator<Item = (&'static str, Sample)> {
    ALL.iter().flat_map(|entry| {
        let samples = (entry.samples)().unwrap();
        samples.into_iter().map(|sample| (entry.name, sample))
    })
}

#[test]
fn the_terms_of_a_gradient_are_no_smaller_than_the_gradient() {
    let mut compared = 0;
    for (name, sample) in samples() {
        let (prediction, target) = (sample.prediction.view(), sample.target.view());
        let Ok(evaluation) = sample.loss.evaluate_exact(prediction.view(), target.view()) else {
            continue;
        };
        let Some(terms) = sample.loss.terms_of_gradient(prediction, target).unwrap() else {
            continue;
        };
        assert_eq!(terms.shape(), evaluation.gradient.shape(), "{name}");
        for (component, terms) in evaluation.gradient.iter().zip(&terms) {
            let size = component.abs().unwrap();
            if size != *terms {
                let order = size.compare(terms).unwrap();
                assert_eq!(
                    order,
                    core::cmp::Ordering::Less,
                    "{name}: {size} and {terms}"
                );
            }
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn only_soft_targets_have_gradients_whose_terms_cancel() {
    let terms =
        |loss: &dyn DynLoss, prediction: Prediction<'_, Extended>, target: Target<'_, Extended>| {
            let gradient = loss
                .evaluate_exact(prediction.view(), target.view())
                .unwrap()
                .gradient;
            let terms = loss.terms_of_gradient(prediction, target).unwrap().unwrap();
            gradient
                .iter()
                .zip(&terms)
                .map(|(component, terms)| component.abs().unwrap() == *terms)
                .collect::<Vec<_>>()
        };
    let numbers = |numbers: &[i64]| -> ndarray::Array1<Extended> {
        numbers.iter().map(|&x| Extended::from(x)).collect()
    };
    let half = Extended::from(Rational::new(1.into(), 2.into()));
    let logits = || Prediction::logits(numbers(&[3, -2]));
    let hard = || Target::values(numbers(&[1, 0]));
    let soft = || Target::values(ndarray::array![half.clone(), half.clone()]);
    for loss in [
        Box::new(BinaryCrossEntropy::new()) as Box<dyn DynLoss>,
        Box::new(Focal::new()),
    ] {
        assert_eq!(terms(&*loss, logits(), hard()), [true, true]);
        assert_eq!(terms(&*loss, logits(), soft()), [false, false]);
    }
    let row = || Prediction::logits(numbers(&[3, -2]).insert_axis(ndarray::Axis(0)));
    let as_row = |target: Target<'static, Extended>| match target {
        Target::Values(values) => {
            Target::Values(values.into_owned().insert_axis(ndarray::Axis(0)).into())
        }
        other => other,
    };
    let loss = CrossEntropy::new();
    assert_eq!(terms(&loss, row(), as_row(hard())), [true, true]);
    assert_eq!(terms(&loss, row(), as_row(soft())), [false, false]);
    assert_eq!(
        terms(&loss, row(), Target::labels(ndarray::array![0])),
        [true, true]
    );
}
