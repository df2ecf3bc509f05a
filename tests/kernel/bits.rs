//! The same bits at every level of dispatch, on any number of threads, and from run to run.

use std::cell::OnceCell;
use std::sync::Mutex;

use exact_loss::kernel::dispatch::{Level, limit};
use exact_loss::kernel::log_sum_exp::{Rows, Target, surprisals};

use super::inputs::Random;

/// Calls `check` with the dispatch limited to each level that this processor has, one test at a
/// time.
pub(crate) fn at_every_level(check: impl Fn(Level)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let levels = Level::ALL.into_iter().filter(|level| level.is_available());
    assert_ne!(levels.clone().count(), 0);
    for level in levels {
        limit(level);
        check(level);
        limit(Level::Avx512);
    }
}

/// Asserts that `results` are at each level what they are at the first, which every processor has.
pub(crate) fn assert_same_at_every_level<R: PartialEq>(results: impl Fn() -> R) {
    let reference = OnceCell::new();
    at_every_level(|level| {
        if let Err(got) = reference.set(results()) {
            assert!(reference.get() == Some(&got), "{level:?} has other bits");
        }
    });
}

/// The bits of values, sums and gradients over batches of many shapes.
fn fingerprint<F: Rows>() -> Vec<u64> {
    let mut random = Random::new(8);
    let mut bits = Vec::new();
    for (rows, classes) in [
        (40, 1),
        (100, 2),
        (333, 7),
        (77, 100),
        (50, 511),
        (20, 513),
        (7, 20_000),
    ] {
        let logits: Vec<F> = (0..rows * classes)
            .map(|i| {
                let scale = if i / classes % 9 == 3 { 300.0 } else { 6.0 };
                F::from_f64(scale * random.normalish())
            })
            .collect();
        let target = |i: usize| Target {
            label: i * 31 % classes,
            weight: (i % 5) as f64 * 0.3,
        };
        let (mut values, mut gradient) = (vec![F::ZERO; rows], vec![F::ZERO; rows * classes]);
        let scale = 1.0 / 3.0;
        let sum = surprisals(
            &logits,
            classes,
            target,
            scale,
            Some(&mut values),
            Some(&mut gradient),
        )
        .expect("finite");
        bits.push(sum.value().hi.to_bits());
        bits.push(sum.value().lo.to_bits());
        let all = values.iter().chain(&gradient);
        bits.extend(all.map(|x| x.to_f64().to_bits()));
    }
    bits
}

#[test]
fn bits_are_the_same_at_every_level_of_dispatch() {
    assert_same_at_every_level(|| (fingerprint::<f32>(), fingerprint::<f64>()));
}

#[cfg(feature = "parallel")]
#[test]
fn bits_are_the_same_on_1_2_3_and_8_threads() {
    let reference = (fingerprint::<f32>(), fingerprint::<f64>());
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started");
        let got = pool.install(|| (fingerprint::<f32>(), fingerprint::<f64>()));
        assert!(got == reference, "{threads} threads have other bits");
    }
}
