//! What each loss of the list costs, exact and fast, value and gradient: the first sample of its
//! catalogue entry, its rows repeated. What the exact floor costs is measured beside this file.

use divan::{Bencher, black_box};
use exact_loss::exact::rational::nearest;
use exact_loss::exact::{Extended, Format};
use exact_loss::losses::{ALL, CrossEntropy, DynLoss, Loss, Prediction, Sample, Target};
use ndarray::{Array2, Axis, array};

fn main() {
    divan::main();
}

/// How many rows or elements the fast twins are given.
const ROWS: usize = 4096;

fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|entry| entry.name)
}

fn sample(name: &str) -> Sample {
    let entry = ALL
        .iter()
        .find(|entry| entry.name == name)
        .expect("a name of the list");
    (entry.samples)().expect("valid samples").swap_remove(0)
}

/// A sample in floats, with its rows repeated in turn.
fn batch<F: Format>(name: &str) -> (Box<dyn DynLoss>, Prediction<'static, F>, Target<'static, F>) {
    let Sample {
        loss,
        prediction,
        target,
        ..
    } = sample(name);
    let round = |number: &Extended| match number {
        Extended::NegativeInfinity => F::infinity(true),
        Extended::Finite(number) => nearest(number),
        Extended::Infinity => F::infinity(false),
    };
    let rows = prediction.shape().first().copied().unwrap_or(1);
    let turn: Vec<usize> = (0..ROWS).map(|row| row % rows).collect();
    let prediction = match prediction.map(round) {
        Prediction::Values(space, values) => {
            Prediction::Values(space, values.select(Axis(0), &turn).into())
        }
        Prediction::Classes(classes) => Prediction::Classes(classes.select(Axis(0), &turn).into()),
    };
    let target = match target.map(round) {
        Target::None => Target::None,
        Target::Labels(labels) => Target::Labels(labels.select(Axis(0), &turn).into()),
        Target::Values(values) => Target::Values(values.select(Axis(0), &turn).into()),
    };
    (loss, prediction, target)
}

#[divan::bench(args = names())]
fn exact_value_of_the_sample(bencher: Bencher<'_, '_>, name: &str) {
    let Sample {
        loss,
        prediction,
        target,
        ..
    } = sample(name);
    bencher.bench_local(|| loss.value_exact(black_box(prediction.view()), target.view()));
}

#[divan::bench(args = names())]
fn exact_value_and_gradient_of_the_sample(bencher: Bencher<'_, '_>, name: &str) {
    let Sample {
        loss,
        prediction,
        target,
        ..
    } = sample(name);
    bencher.bench_local(|| loss.evaluate_exact(black_box(prediction.view()), target.view()));
}

#[divan::bench(args = names())]
fn fast_value_in_f64(bencher: Bencher<'_, '_>, name: &str) {
    let (loss, prediction, target) = batch::<f64>(name);
    bencher.bench_local(|| loss.value_f64(black_box(prediction.view()), target.view()));
}

#[divan::bench(args = names())]
fn fast_value_and_gradient_in_f64(bencher: Bencher<'_, '_>, name: &str) {
    let (loss, prediction, target) = batch::<f64>(name);
    bencher.bench_local(|| loss.evaluate_f64(black_box(prediction.view()), target.view()));
}

#[divan::bench(args = names())]
fn fast_value_in_f32(bencher: Bencher<'_, '_>, name: &str) {
    let (loss, prediction, target) = batch::<f32>(name);
    bencher.bench_local(|| loss.value_f32(black_box(prediction.view()), target.view()));
}

#[divan::bench(args = names())]
fn fast_value_and_gradient_in_f32(bencher: Bencher<'_, '_>, name: &str) {
    let (loss, prediction, target) = batch::<f32>(name);
    bencher.bench_local(|| loss.evaluate_f32(black_box(prediction.view()), target.view()));
}

/// Floats in (0, 1) with all 53 bits, from a fixed sequence.
fn row_of_1000(map: fn(f64) -> f64) -> Array2<f64> {
    let mut state = 1_u64;
    Array2::from_shape_simple_fn((1, 1000), || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        map(((state >> 11) | 1) as f64 / (1_u64 << 53) as f64)
    })
}

/// Soft targets over 1 000 classes, from floats to the nearest f64.
#[divan::bench]
fn exact_cross_entropy_of_1000_probabilities(bencher: Bencher<'_, '_>) {
    let (p, q) = (row_of_1000(|x| x), row_of_1000(|x| 1.0 - x));
    let loss = CrossEntropy::new();
    bencher.bench_local(|| {
        let value = loss.exact(Prediction::probabilities(black_box(&p)), Target::values(&q));
        value.map(|value| value.reduced().map(|value| value.round::<f64>()))
    });
}

/// One label among 1 000 classes, from floats to the nearest f64.
#[divan::bench]
fn exact_cross_entropy_of_1000_logits(bencher: Bencher<'_, '_>) {
    let z = row_of_1000(|x| 20.0 * x - 10.0);
    let label = array![7];
    let loss = CrossEntropy::new();
    bencher.bench_local(|| {
        let value = loss.exact(Prediction::logits(black_box(&z)), Target::labels(&label));
        value.map(|value| value.reduced().map(|value| value.round::<f64>()))
    });
}
