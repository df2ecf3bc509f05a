//! Certified sums of many terms in lanes: beside the same terms one by one, whatever the number of them
//! and however extraordinary they are; beside the exact floor; and with the same bits at every level of
//! dispatch. The functions and the rounding test are in [`certified`](super::certified).

use exact_loss::exact::Enclosure;
use exact_loss::exact::elementary::{exp as exact_exp, ln_1p_enclosure};
use exact_loss::kernel::certified::{Softmax, Sum, Weights, ln};
use exact_loss::kernel::pair::Pair;
use proptest::prelude::*;

use super::{assert_same_at_every_level, rational, relative_error};

/// Around the numbers of lanes, of a block and of a run.
const LENGTHS: [usize; 17] = [
    0, 1, 7, 8, 9, 15, 17, 63, 64, 65, 72, 127, 200, 1535, 1536, 1537, 10_000,
];

/// Floats in (0, 1) from a fixed sequence.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((state >> 11) | 1) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next()).collect()
}

/// Every k-th number replaced by each of the `others` in turn, k = `every`.
fn sprinkled(mut numbers: Vec<f64>, others: &[f64], every: usize) -> Vec<f64> {
    for (at, other) in (0..numbers.len())
        .skip(every / 2)
        .step_by(every)
        .zip(others.iter().cycle())
    {
        numbers[at] = *other;
    }
    numbers
}

/// A way to add up terms in lanes, and the same terms one by one.
struct Way {
    name: &'static str,
    many: fn(&mut Sum, &[f64], &[f64], &[f64]),
    one: fn(&mut Sum, f64, f64, f64),
    is_of_logits: bool,
}

/// Less than half an ulp of a, depending on b.
fn low_part(a: f64, b: f64) -> f64 {
    a * b.min(1.0) * 1e-17
}

/// x, and weights a and b.
const WAYS: [Way; 7] = [
    Way {
        name: "surprisals",
        many: |sum, x, a, _| sum.add_surprisals(Weights::from(a), x),
        one: |sum, x, a, _| {
            if (0.0..=1.0).contains(&x) {
                sum.add_surprisal(Pair::from(a), x);
            } else {
                sum.add_unknown();
            }
        },
        is_of_logits: false,
    },
    Way {
        name: "surprisals with weights of two parts",
        many: |sum, x, a, b| {
            let lo: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| low_part(a, b)).collect();
            let weights = Weights {
                hi: a,
                lo: Some(&lo),
            };
            sum.add_surprisals(weights, x);
        },
        one: |sum, x, a, b| {
            if (0.0..=1.0).contains(&x) {
                let weight = Pair {
                    hi: a,
                    lo: low_part(a, b),
                };
                sum.add_surprisal(weight, x);
            } else {
                sum.add_unknown();
            }
        },
        is_of_logits: false,
    },
    Way {
        name: "divergences",
        many: |sum, x, a, _| sum.add_divergences(a, x),
        one: |sum, x, a, _| {
            if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&a) {
                sum.add_divergence(a, x);
            } else {
                sum.add_unknown();
            }
        },
        is_of_logits: false,
    },
    Way {
        name: "divergences the other way round",
        many: |sum, x, a, _| sum.add_divergences(x, a),
        one: |sum, x, a, _| {
            if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&a) {
                sum.add_divergence(x, a);
            } else {
                sum.add_unknown();
            }
        },
        is_of_logits: false,
    },
    Way {
        name: "complements",
        many: |sum, x, a, _| sum.add_complements(Weights::from(a), x),
        one: |sum, x, a, _| {
            if (0.0..=1.0).contains(&x) {
                sum.add_complement(Pair::from(a), x);
            } else {
                sum.add_unknown();
            }
        },
        is_of_logits: false,
    },
    Way {
        name: "logits",
        many: |sum, x, a, _| sum.add_logits(Weights::from(a), None, x),
        one: |sum, x, a, _| sum.add_logit(x, Pair::from(a), Pair::difference(1.0, a)),
        is_of_logits: true,
    },
    Way {
        name: "logits with two weights",
        many: |sum, x, a, b| sum.add_logits(Weights::from(a), Some(Weights::from(b)), x),
        one: |sum, x, a, b| sum.add_logit(x, Pair::from(a), Pair::from(b)),
        is_of_logits: true,
    },
];

/// Fails where the terms in lanes and one by one have different sums.
#[track_caller]
fn compare(way: &Way, x: &[f64], a: &[f64], b: &[f64]) {
    let (mut many, mut each) = (Sum::default(), Sum::default());
    (way.many)(&mut many, x, a, b);
    for ((&x, &a), &b) in x.iter().zip(a).zip(b) {
        (way.one)(&mut each, x, a, b);
    }
    assert_same_sum(way.name, x.len(), many, each);
}

/// Fails where the sums differ by more than they are rounded, or know different things.
#[track_caller]
fn assert_same_sum(name: &str, len: usize, many: Sum, each: Sum) {
    let ((many_sum, many_bound), (each_sum, each_bound)) = (many.value(), each.value());
    let magnitude = each_bound / exact_loss::kernel::certified::ERROR;
    let distance = (many_sum - each_sum).hi.abs();
    let small = 2.0_f64.powi(-74);
    assert!(
        distance <= small * magnitude,
        "{name} of {len}: {many_sum:?} {each_sum:?}"
    );
    assert!(
        (many_bound - each_bound).abs() <= 1e-10 * each_bound,
        "{name} of {len}: {many_bound} {each_bound}"
    );
    match (many.round(Pair::ONE), each.round(Pair::ONE)) {
        (Some(many), Some(each)) => assert_eq!(many, each, "{name} of {len}"),
        (None, None) => {}
        // Where only one is known, it is by the last digits of the bound.
        (one, other) => assert!(
            magnitude > 0.0 && (one.or(other)).is_some_and(f64::is_finite),
            "{name} of {len}: {one:?} {other:?}"
        ),
    }
}

fn input(way: &Way, len: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut x = numbers(len, 1);
    if way.is_of_logits {
        x.iter_mut().for_each(|x| *x = 60.0 * *x - 30.0);
    }
    (x, numbers(len, 2), numbers(len, 3))
}

#[test]
fn many_terms_are_added_as_one_by_one_whatever_their_number() {
    for way in &WAYS {
        for len in LENGTHS {
            let (x, a, b) = input(way, len);
            compare(way, &x, &a, &b);
        }
    }
}

#[test]
fn extraordinary_terms_among_many_are_added_as_one_by_one() {
    let tiny = f64::MIN_POSITIVE;
    for way in &WAYS {
        for len in [1, 8, 9, 70, 300, 2000] {
            let (x, a, b) = input(way, len);
            let harmless: &[f64] = if way.is_of_logits {
                &[0.0, -0.0, 499.0, -501.0, 599.0, 130.0, -130.0, 1e-290, 1e90]
            } else {
                &[1e-20, 0.5, 0.00390625, 1.0 - f64::EPSILON, tiny]
            };
            let x = sprinkled(x, harmless, 7);
            compare(way, &x, &a, &b);
            let idle = sprinkled(a.clone(), &[0.0, -0.0, 1.0, 1e-40, 1e-160], 3);
            compare(way, &x, &idle, &b);
            let heavy = sprinkled(b.clone(), &[0.0, 1e35, 1e-90], 5);
            compare(way, &x, &a, &heavy);
            let others: &[f64] = if way.is_of_logits {
                &[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300, -650.0]
            } else {
                &[0.0, 1.0, tiny / 2.0, -0.5, 1.5, f64::NAN, f64::INFINITY]
            };
            for other in others {
                for weight in [0.0, 0.25, 1.0] {
                    let (mut x, mut a) = (x.clone(), a.clone());
                    (x[len / 2], a[len / 2]) = (*other, weight);
                    compare(way, &x, &a, &b);
                }
            }
        }
    }
}

#[test]
fn sums_in_lanes_have_the_same_bits_at_every_level() {
    assert_same_at_every_level(|| {
        let mut results = Vec::new();
        for way in &WAYS {
            for len in [1, 9, 64, 1000, 5000] {
                let (x, a, b) = input(way, len);
                let mut sum = Sum::default();
                (way.many)(&mut sum, &x, &a, &b);
                results.push(format!("{sum:?}"));
                let softmax = Softmax::of(&x).unwrap();
                let mut sum = Sum::default();
                softmax.add_surprisals(Weights::from(&*a), &x, &mut sum);
                results.push(format!("{softmax:?} {sum:?}"));
            }
        }
        results
    });
}

/// ln Σ e^(z−max), from which the surprisals of a row follow.
fn exact_log(row: &[f64]) -> Enclosure {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = row.iter().position(|&z| z == max).unwrap();
    let mut sum = Enclosure::zero();
    for (index, &z) in row.iter().enumerate() {
        if index != at && z != f64::NEG_INFINITY {
            sum = sum.add(
                &exact_exp(&(rational(z) - rational(max)), 200).unwrap(),
                300,
            );
        }
    }
    ln_1p_enclosure(&sum, 200).unwrap()
}

#[test]
fn softmax_is_within_its_bound_wherever_the_largest_logit_is() {
    let bound = 2.0_f64.powf(-64.9);
    for len in [2, 3, 7, 8, 9, 63, 64, 65, 130] {
        for at in [0, 1, len / 2, len - 1] {
            let mut row: Vec<f64> = numbers(len, 4).iter().map(|x| 30.0 * x).collect();
            row[at] = 30.5;
            row[(at + 1) % len] = f64::NEG_INFINITY;
            row[(at + len - 1) % len] = if at % 2 == 0 { 30.5 } else { -400.0 };
            let softmax = Softmax::of(&row).unwrap();
            let log = exact_log(&row);
            for &z in row.iter().filter(|z| z.is_finite()) {
                let gap = Enclosure::from_rational(&(rational(30.5) - rational(z)), 300);
                let error = relative_error(softmax.surprisal(z), &gap.add(&log, 300));
                assert!(error <= bound, "{len}, {at}, {z}: {}", error.log2());
            }
        }
    }
}

#[test]
fn a_long_row_has_no_larger_error_than_a_short_one() {
    // All are the same: ln of their number.
    let count = 1_000_000_u32;
    let row = vec![0.3; count as usize];
    let log = Softmax::of(&row).unwrap().surprisal(0.3);
    let exact = ln_1p_enclosure(&Enclosure::from_rational(&rational(999_999.0), 64), 200);
    let error = relative_error(log, &exact.unwrap());
    assert!(error <= 2.0_f64.powf(-64.9), "{}", error.log2());
}

#[test]
fn rows_without_a_softmax_have_none() {
    for len in [1, 8, 9, 64, 65, 200] {
        for bad in [f64::NAN, f64::INFINITY] {
            for at in [0, len / 2, len - 1] {
                let mut row = numbers(len, 5);
                row[at] = bad;
                assert_eq!(Softmax::of(&row), None, "{len}, {at}: {bad}");
            }
        }
        assert_eq!(Softmax::of(&vec![f64::NEG_INFINITY; len]), None);
    }
    assert_eq!(Softmax::of(&[]), None);
    // What is left out of the sum may not be all of it.
    assert_eq!(Softmax::of(&[0.0, -700.0]), None);
    assert!(Softmax::of(&[0.0, -700.0, -1.0]).is_some());
}

/// The surprisals of a row with their weights, in lanes and one by one; the weights have low parts.
fn of_classes(row: &[f64], weights: &[f64]) -> (Sum, Sum) {
    let softmax = Softmax::of(row).unwrap();
    let lo: Vec<f64> = weights.iter().map(|&w| low_part(w, 0.7)).collect();
    let (mut many, mut each) = (Sum::default(), Sum::default());
    let pairs = Weights {
        hi: weights,
        lo: Some(&lo),
    };
    softmax.add_surprisals(pairs, row, &mut many);
    for ((&z, &hi), &lo) in row.iter().zip(weights).zip(&lo) {
        softmax.add_surprisal(Pair { hi, lo }, z, &mut each);
    }
    (many, each)
}

#[test]
fn surprisals_of_a_row_of_logits_are_added_as_one_by_one() {
    for len in LENGTHS.into_iter().filter(|&len| len > 0) {
        let row: Vec<f64> = numbers(len, 6).iter().map(|x| 60.0 * x - 30.0).collect();
        let weights = numbers(len, 7);
        let check = |row: &[f64], weights: &[f64]| {
            let (many, each) = of_classes(row, weights);
            assert_same_sum("classes", len, many, each);
        };
        check(&row, &weights);
        let idle = sprinkled(weights.clone(), &[0.0, -0.0, 1.0, 1e35, 1e-40, 1e-160], 3);
        check(&row, &idle);
        // Surprisals that are huge, and one that is tiny.
        for (largest, other) in [(300.0, -1e200), (500.0, 30.0)] {
            let mut row = sprinkled(row.clone(), &[other], 7);
            row[len / 3] = largest;
            check(&row, &weights);
            check(&row, &idle);
        }
        let mut row = row;
        row[len / 2] = f64::NEG_INFINITY;
        if len == 1 {
            continue;
        }
        for (weight, is_infinite) in [(0.0, false), (0.25, true), (1e-160, true)] {
            let mut weights = weights.clone();
            weights[len / 2] = weight;
            check(&row, &weights);
            let rounded = of_classes(&row, &weights).0.round(Pair::ONE);
            assert_eq!(
                rounded == Some(f64::INFINITY),
                is_infinite,
                "{len}: {weight}"
            );
        }
    }
}

#[test]
fn a_divergence_of_any_probability_from_zero_is_infinite_and_of_zero_nothing() {
    for len in [1, 8, 9, 64, 200] {
        for at in [0, len / 2, len - 1] {
            let (mut q, mut p) = (numbers(len, 8), numbers(len, 9));
            (q[at], p[at]) = (0.5, 0.0);
            let sum = |q: &[f64], p: &[f64]| {
                let mut sum = Sum::default();
                sum.add_divergences(q, p);
                sum
            };
            let value = sum(&q, &p).round(Pair::ONE);
            assert_eq!(value, Some(f64::INFINITY), "{len}, {at}");
            q[at] = 0.0;
            let without = sum(&q, &p);
            for other in [f64::MIN_POSITIVE / 2.0, -0.0, 1.0] {
                p[at] = other;
                assert_same_sum("divergences", len, sum(&q, &p), without);
            }
            q[at] = f64::MIN_POSITIVE / 2.0;
            assert_eq!(sum(&q, &p).round(Pair::ONE), None, "{len}, {at}");
        }
    }
}

/// The sum of one term in lanes.
fn in_lanes(add: impl Fn(&mut Sum)) -> Pair {
    let mut sum = Sum::default();
    add(&mut sum);
    sum.value().0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn one_surprisal_in_lanes_has_the_bits_of_the_logarithm(
        p in prop_oneof![0.0..=1.0_f64, 1e-300..1e-200_f64, 0.99..=1.0_f64],
    ) {
        let lane = in_lanes(|sum| sum.add_surprisals(Weights::from(&[1.0][..]), &[p]));
        let alone = in_lanes(|sum| sum.add_surprisal(Pair::ONE, p));
        prop_assert_eq!(lane, alone);
        let lane = in_lanes(|sum| sum.add_complements(Weights::from(&[1.0][..]), &[p]));
        let alone = in_lanes(|sum| sum.add_complement(Pair::ONE, p));
        prop_assert_eq!(lane, alone);
    }

    #[test]
    fn one_divergence_in_lanes_has_the_bits_of_its_two_terms(
        q in prop_oneof![0.0..=1.0_f64, 1e-30..1e-20_f64, 0.99..=1.0_f64, Just(0.0)],
        p in prop_oneof![0.0..=1.0_f64, 1e-300..1e-200_f64, 0.99..=1.0_f64],
    ) {
        // So many that they are added in lanes.
        let among_zeros = |x| [0.0, 0.0, x, 0.0, 0.0];
        let lane = in_lanes(|sum| sum.add_divergences(&among_zeros(q), &among_zeros(p)));
        let alone = in_lanes(|sum| sum.add_divergence(q, p));
        prop_assert_eq!(lane, alone);
        let terms = in_lanes(|sum| {
            let weight = Pair::from(q);
            if q != 0.0 {
                sum.add_product(ln(weight), weight);
            }
            sum.add_surprisal(weight, p);
        });
        prop_assert_eq!(lane, terms);
    }

    #[test]
    fn one_surprisal_of_a_logit_in_lanes_has_the_bits_of_the_product(
        row in proptest::collection::vec(-40.0..40.0_f64, 24..40),
        weight in prop_oneof![0.0..=1.0_f64, 1e-30..1e30_f64],
    ) {
        let softmax = Softmax::of(&row).unwrap();
        for at in 0..row.len() {
            let mut weights = vec![0.0; row.len()];
            weights[at] = weight;
            let lane = in_lanes(|sum| softmax.add_surprisals(Weights::from(&*weights), &row, sum));
            let alone = in_lanes(|sum| softmax.add_surprisal(Pair::from(weight), row[at], sum));
            prop_assert_eq!(lane, alone);
            let product = in_lanes(|sum| sum.add_product(softmax.surprisal(row[at]), Pair::from(weight)));
            prop_assert_eq!(lane, product);
        }
    }

    #[test]
    fn one_logit_in_lanes_is_within_the_bound(x in prop_oneof![-500.0..500.0_f64, -1.0..1.0_f64]) {
        let e = exact_exp(&rational(x), 300).unwrap();
        let exact = ln_1p_enclosure(&e, 300).unwrap();
        let lane = in_lanes(|sum| sum.add_logits(Weights::from(&[0.0][..]), None, &[x]));
        prop_assert!(relative_error(lane, &exact) <= 2.0_f64.powi(-65));
        let lane = in_lanes(|sum| sum.add_logits(Weights::from(&[1.0][..]), None, &[-x]));
        prop_assert!(relative_error(lane, &exact) <= 2.0_f64.powi(-65));
    }
}
