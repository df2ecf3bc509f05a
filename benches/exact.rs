//! What the exact floor costs: one logarithm, one exponential, one sum, and the values that losses of
//! a thousand classes are made of. The losses have benchmarks of their own.

use divan::{Bencher, black_box};
use exact_loss::exact::rational::{nearest, sum};
use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement};
use exact_loss::exact::{ExpSum, Extended, Lift, Rational, Real, elementary};

fn main() {
    divan::main();
}

fn lift(x: f64) -> Rational {
    x.lift()
        .and_then(Extended::into_finite)
        .expect("a finite number")
}

/// Floats in (0, 1) with all 53 bits, from a fixed sequence (Knuth's MMIX generator).
fn floats(count: usize) -> Vec<Rational> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        lift(((state >> 11) | 1) as f64 / (1_u64 << 53) as f64)
    };
    (0..count).map(|_| next()).collect()
}

const BITS: [u32; 5] = [53, 128, 256, 512, 1024];

#[divan::bench(args = BITS)]
fn ln_of_53_bits(bencher: Bencher<'_, '_>, bits: u32) {
    let arguments = floats(64);
    let mut turn = arguments.iter().cycle();
    bencher.bench_local(|| elementary::ln(black_box(turn.next().expect("a cycle")), bits));
}

#[divan::bench(args = BITS)]
fn exp_of_53_bits(bencher: Bencher<'_, '_>, bits: u32) {
    let ten = Rational::from_integer(10.into());
    let arguments: Vec<_> = floats(64).iter().map(|x| -x * &ten).collect();
    let mut turn = arguments.iter().cycle();
    bencher.bench_local(|| elementary::exp(black_box(turn.next().expect("a cycle")), bits));
}

#[divan::bench]
fn ln_rounded_to_f64(bencher: Bencher<'_, '_>) {
    let arguments = floats(64);
    let mut turn = arguments.iter().cycle();
    bencher.bench_local(|| {
        let x = black_box(turn.next().expect("a cycle"));
        round_by_refinement::<f64>(None, true, |bits| elementary::ln(x, bits), DEFAULT_CAP)
    });
}

#[divan::bench(args = [10, 1000])]
fn sum_of_floats(bencher: Bencher<'_, '_>, count: usize) {
    let terms = floats(count);
    bencher.bench_local(|| sum(black_box(&terms)));
}

#[divan::bench(args = [10, 1000])]
fn sum_of_fractions(bencher: Bencher<'_, '_>, count: usize) {
    let third = Rational::new(1.into(), 3.into());
    let terms: Vec<_> = floats(count).iter().map(|x| x * &third).collect();
    bencher.bench_local(|| sum(black_box(&terms)));
}

#[divan::bench]
fn nearest_f64_to_a_third(bencher: Bencher<'_, '_>) {
    let third = Rational::new(1.into(), 3.into());
    bencher.bench_local(|| nearest::<f64>(black_box(&third)));
}

/// Targets and probabilities to a sum: −Σ q·ln p, built, summed and rounded.
#[divan::bench(args = [10, 1000])]
fn cross_entropy_of_probabilities_rounded_to_f64(bencher: Bencher<'_, '_>, classes: usize) {
    let numbers = floats(2 * classes);
    let (targets, probabilities) = numbers.split_at(classes);
    bencher.bench_local(|| {
        let pairs = black_box(targets).iter().zip(probabilities);
        let terms = pairs.map(|(q, p)| Real::ln(p).expect("positive").scale(&-q));
        Real::sum(terms).and_then(|loss| loss.round::<f64>())
    });
}

fn logits(classes: usize) -> Vec<Rational> {
    let twenty = Rational::from_integer(20.into());
    floats(classes).iter().map(|x| x * &twenty).collect()
}

fn sum_of_exponentials(logits: &[Rational]) -> ExpSum {
    let one = Rational::from_integer(1.into());
    ExpSum::new(logits.iter().map(|z| (one.clone(), z.clone())))
}

/// ln Σ exp(zⱼ) − z₀, built and rounded.
#[divan::bench(args = [10, 1000])]
fn cross_entropy_of_logits_rounded_to_f64(bencher: Bencher<'_, '_>, classes: usize) {
    let logits = logits(classes);
    bencher.bench_local(|| {
        let ln = sum_of_exponentials(black_box(&logits)).ln()?;
        ln.sub(&Real::from(logits[0].clone()))?.round::<f64>()
    });
}

/// All components of a softmax, built from one sum and rounded.
#[divan::bench(args = [10, 1000])]
fn softmax_rounded_to_f64(bencher: Bencher<'_, '_>, classes: usize) {
    let logits = logits(classes);
    bencher.bench_local(|| {
        let sum = sum_of_exponentials(black_box(&logits));
        let component = |z| Real::ratio(&sum_of_exponentials(core::slice::from_ref(z)), &sum);
        let rounded = logits.iter().map(|z| component(z)?.round::<f64>());
        rounded.collect::<Result<Vec<_>, _>>()
    });
}

/// The expression of a sum over a thousand distinct arguments, through their coprime base.
#[divan::bench(sample_count = 10)]
fn canonical_form_of_1000_logarithms(bencher: Bencher<'_, '_>) {
    let terms = floats(1000).into_iter().map(|p| Real::ln(&p));
    let sum = Real::sum(terms.map(|ln| ln.expect("positive"))).expect("finite");
    bencher.bench_local(|| black_box(&sum).to_string());
}
