//! What the exact floor costs: one logarithm, one exponential, one sum. The losses have benchmarks of
//! their own.

use divan::{Bencher, black_box};
use exact_loss::exact::rational::{nearest, sum};
use exact_loss::exact::round::{DEFAULT_CAP, round_by_refinement};
use exact_loss::exact::{Extended, Lift, Rational, elementary};

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
