//! What correct rounding costs beside a plain loop in `f64`, which is not correctly rounded: the third
//! way, `rounded`, through the interface of the losses. The twins are measured beside this file.

use divan::{Bencher, black_box};
use exact_loss::kernel::certified::Sum;
use exact_loss::kernel::pair::Pair;
use exact_loss::losses::{
    BinaryCrossEntropy, CrossEntropy, KlDivergence, Loss, Prediction, Target,
};
use ndarray::{Array1, Array2, array};

fn main() {
    divan::main();
}

/// Floats in (0, 1) with all 53 bits, from a fixed sequence.
fn numbers(count: usize) -> Array1<f64> {
    let mut state = 1_u64;
    Array1::from_shape_simple_fn(count, || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((state >> 11) | 1) as f64 / (1_u64 << 53) as f64
    })
}

fn row() -> Array2<f64> {
    numbers(1000).insert_axis(ndarray::Axis(0))
}

/// A row and its targets, for a plain loop.
fn in_vectors(row: &Array2<f64>) -> (Vec<f64>, Vec<f64>) {
    row.iter().map(|&x| (x, 1.0 - x)).unzip()
}

#[divan::bench]
fn cross_entropy_of_1000_probabilities_plain(bencher: Bencher<'_, '_>) {
    let (p, q) = in_vectors(&row());
    bencher.bench_local(|| {
        let pairs = black_box(&p).iter().zip(black_box(&q));
        -pairs.map(|(p, q)| q * p.ln()).sum::<f64>()
    });
}

#[divan::bench]
fn cross_entropy_of_1000_probabilities_rounded(bencher: Bencher<'_, '_>) {
    let (p, q) = (row(), row().mapv(|x| 1.0 - x));
    let loss = CrossEntropy::new();
    bencher
        .bench_local(|| loss.rounded(Prediction::probabilities(black_box(&p)), Target::values(&q)));
}

#[divan::bench]
fn cross_entropy_of_1000_logits_plain(bencher: Bencher<'_, '_>) {
    let z = row().mapv(|x| 20.0 * x - 10.0);
    let z = z.as_slice().expect("one piece");
    bencher.bench_local(|| {
        let z = black_box(z);
        let max = z.iter().fold(f64::NEG_INFINITY, |max, &z| max.max(z));
        z.iter().map(|z| (z - max).exp()).sum::<f64>().ln() + max - z[7]
    });
}

#[divan::bench]
fn cross_entropy_of_1000_logits_rounded(bencher: Bencher<'_, '_>) {
    let z = row().mapv(|x| 20.0 * x - 10.0);
    let label = array![7];
    let loss = CrossEntropy::new();
    bencher.bench_local(|| loss.rounded(Prediction::logits(black_box(&z)), Target::labels(&label)));
}

#[divan::bench]
fn cross_entropy_of_1000_logits_and_targets_plain(bencher: Bencher<'_, '_>) {
    let (p, q) = in_vectors(&row());
    let z: Vec<f64> = p.iter().map(|x| 20.0 * x - 10.0).collect();
    bencher.bench_local(|| {
        let (z, q) = (black_box(&z), black_box(&q));
        let max = z.iter().fold(f64::NEG_INFINITY, |max, &z| max.max(z));
        let log = z.iter().map(|z| (z - max).exp()).sum::<f64>().ln() + max;
        z.iter().zip(q).map(|(z, q)| q * (log - z)).sum::<f64>()
    });
}

#[divan::bench]
fn cross_entropy_of_1000_logits_and_targets_rounded(bencher: Bencher<'_, '_>) {
    let (z, q) = (row().mapv(|x| 20.0 * x - 10.0), row().mapv(|x| 1.0 - x));
    let loss = CrossEntropy::new();
    bencher.bench_local(|| loss.rounded(Prediction::logits(black_box(&z)), Target::values(&q)));
}

#[divan::bench]
fn kl_divergence_of_1000_probabilities_plain(bencher: Bencher<'_, '_>) {
    let (p, q) = in_vectors(&row());
    bencher.bench_local(|| {
        let pairs = black_box(&p).iter().zip(black_box(&q));
        pairs.map(|(p, q)| q * (q.ln() - p.ln())).sum::<f64>()
    });
}

#[divan::bench]
fn kl_divergence_of_1000_probabilities_rounded(bencher: Bencher<'_, '_>) {
    let (p, q) = (row(), row().mapv(|x| 1.0 - x));
    let loss = KlDivergence::new();
    bencher
        .bench_local(|| loss.rounded(Prediction::probabilities(black_box(&p)), Target::values(&q)));
}

#[divan::bench]
fn binary_cross_entropy_of_1000_logits_plain(bencher: Bencher<'_, '_>) {
    let (x, y) = (numbers(1000).mapv(|x| 20.0 * x - 10.0), numbers(1000));
    bencher.bench_local(|| {
        let pairs = black_box(&x).iter().zip(black_box(&y));
        pairs
            .map(|(x, y)| x.max(0.0) - x * y + (-x.abs()).exp().ln_1p())
            .sum::<f64>()
    });
}

#[divan::bench]
fn binary_cross_entropy_of_1000_logits_rounded(bencher: Bencher<'_, '_>) {
    let (x, y) = (numbers(1000).mapv(|x| 20.0 * x - 10.0), numbers(1000));
    let loss = BinaryCrossEntropy::new();
    bencher.bench_local(|| loss.rounded(Prediction::logits(black_box(&x)), Target::values(&y)));
}

/// −ln p of one number, in turn of a thousand.
#[divan::bench]
fn one_surprisal_plain(bencher: Bencher<'_, '_>) {
    let p = numbers(1000);
    let mut turn = p.iter().cycle();
    bencher.bench_local(|| -black_box(turn.next().copied().unwrap_or(0.5)).ln());
}

/// The same, correctly rounded but for the rare one that only the exact twin decides.
#[divan::bench]
fn one_surprisal_certified(bencher: Bencher<'_, '_>) {
    let p = numbers(1000);
    let mut turn = p.iter().cycle();
    bencher.bench_local(|| {
        let mut sum = Sum::default();
        sum.add_surprisal(Pair::ONE, black_box(turn.next().copied().unwrap_or(0.5)));
        sum.round(Pair::ONE)
    });
}
