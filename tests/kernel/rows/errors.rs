//! The errors of surprisals and gradients, of one row and of batches.

use exact_loss::exact::round::{round_rational, ulp};
use exact_loss::exact::{Enclosure, Rational};
use exact_loss::kernel::log_sum_exp::{Rows, Softmax, Target, surprisals};
use exact_loss::kernel::pair::Pair;
use exact_loss::kernel::sum::Total;
use num_traits::Signed;

use super::super::inputs::Random;
use super::super::{BITS, Scalar, check, rational, ulps};
use super::{Exact, name, rows};

fn surprisals_are_within_bounds<F: Scalar>() {
    let errors = rows::<F>().into_iter().map(|(row, label)| {
        let got = Softmax::of(&row).expect("finite").surprisal(row[label]);
        let error = ulps(got.round::<F>(), &Exact::new(&row).surprisal(label));
        ((row, label), error)
    });
    check(&name::<F>("surprisal"), errors);
}

#[test]
fn surprisals_are_within_0_6_ulp_in_f64_and_0_5001_in_f32() {
    surprisals_are_within_bounds::<f64>();
    surprisals_are_within_bounds::<f32>();
}

fn targets<F: Scalar>(classes: usize, random: &mut Random) -> Vec<F> {
    let raw: Vec<f64> = (0..classes)
        .map(|_| random.unit() * (random.below(3) as f64))
        .collect();
    let sum = raw.iter().sum::<f64>().max(1e-3);
    raw.iter().map(|t| F::from_f64(t / sum)).collect()
}

fn expected_surprisals_are_within_bounds<F: Scalar>() {
    let mut random = Random::new(4);
    let errors = rows::<F>().into_iter().map(|(row, _)| {
        let targets: Vec<F> = targets(row.len(), &mut random);
        let got = Softmax::of(&row)
            .expect("finite")
            .expected_surprisal(&row, &targets);
        let exact = Exact::new(&row);
        let terms: Vec<Enclosure> = (0..row.len())
            .map(|j| exact.surprisal(j).scale(&rational(targets[j]), BITS))
            .collect();
        let error = ulps(got.round::<F>(), &Enclosure::sum(&terms, BITS));
        ((row, targets), error)
    });
    check(&name::<F>("expected surprisal"), errors);
}

#[test]
fn expected_surprisals_are_within_0_6_ulp_in_f64_and_0_5001_in_f32() {
    expected_surprisals_are_within_bounds::<f64>();
    expected_surprisals_are_within_bounds::<f32>();
}

fn label_gradients_are_within_bounds<F: Scalar>() {
    let mut errors = Vec::new();
    for (row, label) in rows::<F>() {
        let mut gradient = vec![F::ZERO; row.len()];
        let softmax = Softmax::of(&row).expect("finite");
        softmax.gradient_label_into(&row, label, 1.0, &mut gradient);
        let exact = Exact::new(&row);
        for (j, &got) in gradient.iter().enumerate() {
            errors.push((
                (row.clone(), label, j),
                ulps(got, &exact.gradient(j, label)),
            ));
        }
    }
    check(&name::<F>("label gradient"), errors);
}

#[test]
fn label_gradients_are_within_1_6_ulp_in_f64_and_0_501_in_f32() {
    label_gradients_are_within_bounds::<f64>();
    label_gradients_are_within_bounds::<f32>();
}

#[test]
fn target_gradients_are_within_an_ulp_and_two_to_the_minus_55_of_their_parts() {
    let mut random = Random::new(5);
    let mut errors = Vec::new();
    for (row, _) in rows::<f64>() {
        let targets: Vec<f64> = targets(row.len(), &mut random);
        let mut mass = Total::ZERO;
        targets.iter().for_each(|&t| mass.add(t));
        let mut gradient = vec![0.0; row.len()];
        let softmax = Softmax::of(&row).expect("finite");
        let target = |j: usize| Pair::from(targets[j]);
        softmax.gradient_into(&row, mass.value(), target, 1.0, &mut gradient);
        let exact = Exact::new(&row);
        let mass: Rational = targets.iter().map(|&t| rational(t)).sum();
        for (j, &got) in gradient.iter().enumerate() {
            let part = exact.probability(j).scale(&mass, BITS);
            let t = Enclosure::from_rational(&rational(targets[j]), BITS);
            let difference = part.sub(&t, BITS);
            let error = Enclosure::from_rational(&rational(got), BITS).sub(&difference, BITS);
            let error = error.abs();
            let vanishes = error
                .upper_bound()
                .finite()
                .is_some_and(|e| e.magnitude() < Some(-3000));
            if vanishes {
                errors.push(((row.clone(), j), 0.0));
                continue;
            }
            let error = error.upper().expect("bounded");
            let ulp = ulp::<f64>(&rational(got));
            let parts = part.add(&t, BITS).upper().expect("bounded");
            let allowed = ulp + parts * rational(2.0_f64.powi(-55));
            let share: f64 = round_rational(&(error / allowed).abs())
                .value()
                .expect("a number");
            errors.push(((row.clone(), j), share));
        }
    }
    check("target gradient f64, over 1 ulp + 2⁻⁵⁵(pΣt + t)", errors);
}

fn batches_are_within_bounds<F: Scalar + Rows>() {
    let mut values_errors = Vec::new();
    let mut gradient_errors = Vec::new();
    for (row, label) in rows::<F>() {
        let mut gradient = vec![F::ZERO; row.len()];
        let mut values = [F::ZERO];
        let target = |_| Target { label, weight: 1.0 };
        let sum = surprisals(
            &row,
            row.len(),
            target,
            1.0,
            Some(&mut values),
            Some(&mut gradient),
        )
        .expect("finite");
        assert_eq!(sum.round::<F>(), values[0]);
        let exact = Exact::new(&row);
        values_errors.push((
            (row.clone(), label),
            ulps(values[0], &exact.surprisal(label)),
        ));
        for (j, &got) in gradient.iter().enumerate() {
            gradient_errors.push((
                (row.clone(), label, j),
                ulps(got, &exact.gradient(j, label)),
            ));
        }
    }
    check(&name::<F>("batch surprisal"), values_errors);
    check(&name::<F>("batch gradient"), gradient_errors);
}

#[test]
fn batches_are_within_2_ulp_and_their_gradients_within_3() {
    batches_are_within_bounds::<f64>();
    batches_are_within_bounds::<f32>();
}

fn long_row<F: Scalar + Rows>(classes: usize) {
    let mut random = Random::new(6);
    let row: Vec<F> = (0..classes)
        .map(|_| F::from_f64(3.0 * random.normalish()))
        .collect();
    let label = random.below(classes);
    let exact = Exact::new(&row);
    let surprisal = exact.surprisal(label);
    let softmax = Softmax::of(&row).expect("finite");
    assert!(ulps(softmax.surprisal(row[label]).round::<F>(), &surprisal) < 0.6);
    let mut gradient = vec![F::ZERO; classes];
    let target = |_| Target { label, weight: 1.0 };
    let sum = surprisals(&row, classes, target, 1.0, None, Some(&mut gradient)).expect("finite");
    assert!(ulps(sum.round::<F>(), &surprisal) < 2.0);
    for j in [label, 0, 1, classes / 2, classes - 1] {
        assert!(ulps(gradient[j], &exact.gradient(j, label)) < 3.0);
    }
}

#[test]
fn rows_of_50257_classes_are_within_2_ulp_and_their_gradients_within_3() {
    long_row::<f64>(50_257);
    long_row::<f32>(50_257);
}
