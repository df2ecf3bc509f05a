//! What is counted in batches: classes and the masses of outcomes, in one chunk and in many, against a
//! walk along the elements.

use std::collections::BTreeMap;

use exact_loss::exact::rational::sum as exact_sum;
use exact_loss::kernel::binary::masses;
use exact_loss::kernel::confusion::{Counts, counts};

use super::inputs::Random;
use super::{Scalar, at_every_level, rational, rational_of_pair};

/// The counts by one element after another.
fn walk(predictions: &[i64], labels: &[i64], ignored: i64) -> BTreeMap<usize, Counts> {
    let mut counts = BTreeMap::<usize, Counts>::new();
    for (&predicted, &label) in predictions.iter().zip(labels) {
        if label != ignored {
            counts.entry(label as usize).or_default().labelled += 1;
            counts.entry(predicted as usize).or_default().predicted += 1;
            counts.entry(label as usize).or_default().both += usize::from(label == predicted);
        }
    }
    counts
}

/// Classes of a few or of any size, and an ignored label for every tenth.
fn classes(random: &mut Random, len: usize, most: usize) -> (Vec<i64>, Vec<i64>) {
    let mut class = || random.below(most) as i64;
    let labels = (0..len).map(|i| if i % 10 == 3 { -7 } else { class() });
    let labels: Vec<i64> = labels.collect();
    let predictions = (0..len).map(|_| class()).collect();
    (predictions, labels)
}

#[test]
fn counts_of_classes_are_those_of_a_walk_in_tables_and_beyond_them() {
    let mut random = Random::new(41);
    at_every_level(|_| {
        for (len, most) in [
            (1, 2),
            (50, 3),
            (70_000, 21),
            (40_000, 4096),
            (40_000, 1 << 40),
        ] {
            let (predictions, labels) = classes(&mut Random::new(len as u64), len, most);
            let found = counts(&predictions, &labels, -7, most).expect("all in range");
            assert!(found == walk(&predictions, &labels, -7), "{len} of {most}");
        }
    });
    // A prediction counts for nothing where the label is ignored.
    let (mut predictions, labels) = classes(&mut random, 100, 5);
    predictions[3] = -1;
    assert!(counts(&predictions, &labels, -7, 5).is_ok());
}

#[test]
fn the_first_prediction_out_of_range_is_named_in_any_chunk() {
    for at in [0, 5, 32_768, 69_999] {
        for bad in [5, -1, -2, i64::MIN, i64::MAX] {
            let (mut predictions, mut labels) = classes(&mut Random::new(1), 70_000, 5);
            (predictions[at], labels[at]) = (bad, 0);
            assert_eq!(counts(&predictions, &labels, -7, 5), Err(at), "{bad}");
            if bad < 0 {
                assert_eq!(counts(&predictions, &labels, -7, usize::MAX), Err(at));
            }
            predictions[69_999] = -1;
            labels[69_999] = 0;
            assert_eq!(counts(&predictions, &labels, -7, 5), Err(at), "{bad}");
        }
    }
}

fn masses_are_right<F: Scalar + exact_loss::kernel::lanes::Lanes>() {
    at_every_level(|_| {
        for (len, soft) in [
            (0, false),
            (7, false),
            (70_000, false),
            (7, true),
            (70_000, true),
        ] {
            let mut random = Random::new(len as u64);
            let target = |i: usize| {
                let u = random.unit();
                let is_soft = soft && i % 1000 == 6;
                F::from_f64(if is_soft { u } else { f64::from(u < 0.3) })
            };
            let targets: Vec<F> = (0..len).map(target).collect();
            let (ones, zeros) = masses(&targets);
            let one = exact_sum(targets.iter().map(|&y| rational(y)));
            let zero = exact_sum(targets.iter().map(|&y| rational(F::ONE) - rational(y)));
            let tolerance = rational(2.0_f64.powi(-75));
            for (found, exact) in [(ones, one), (zeros, zero)] {
                let error = rational_of_pair(found.value()) - &exact;
                let error = if error < rational(0.0) { -error } else { error };
                let bound = if soft {
                    &exact * &tolerance
                } else {
                    rational(0.0)
                };
                assert!(error <= bound, "{len} {soft}");
            }
        }
    });
}

#[test]
fn masses_are_exact_for_hard_targets_and_right_for_soft_ones() {
    masses_are_right::<f32>();
    masses_are_right::<f64>();
}
