//! What is infinite, weighted or undefined, and rows alone and in a batch.

use exact_loss::kernel::log_sum_exp::{RowError, Rows, Softmax, Target, Undefined, surprisals};
use exact_loss::kernel::pair::Pair;
use exact_loss::kernel::sum::Total;

use super::super::inputs::Random;

#[test]
fn rows_without_a_softmax_say_why() {
    let inf = f64::INFINITY;
    let of = |row: &[f64]| Softmax::of(row).map(|_| ());
    assert_eq!(of(&[]), Err(Undefined::Empty));
    assert_eq!(
        of(&[1.0, f64::NAN, f64::NAN]),
        Err(Undefined::NotANumber(1))
    );
    assert_eq!(of(&[inf, f64::NAN]), Err(Undefined::NotANumber(1)));
    assert_eq!(of(&[-inf, -inf]), Err(Undefined::AllNegativeInfinity));
    assert_eq!(of(&[inf, 0.0, inf]), Err(Undefined::ManyPositiveInfinity));
    let batch = |row: &[f64], label| {
        let target = |_| Target { label, weight: 1.0 };
        surprisals(row, 3, target, 1.0, None, None).map(|_| ())
    };
    let good = [0.0, 1.0, 2.0];
    let with = |row: [f64; 3]| [good, row].concat();
    let bad = |why| Err(RowError::Undefined(1, why));
    assert_eq!(
        batch(&with([1.0, 2.0, f64::NAN]), 0),
        bad(Undefined::NotANumber(2))
    );
    assert_eq!(
        batch(&with([-inf; 3]), 0),
        bad(Undefined::AllNegativeInfinity)
    );
    assert_eq!(
        batch(&with([inf, inf, 0.0]), 0),
        bad(Undefined::ManyPositiveInfinity)
    );
    assert_eq!(batch(&good, 3), Err(RowError::Label(0)));
}

fn infinite_logits<F: Rows>() {
    let (zero, one, inf) = (F::ZERO, F::ONE, F::INFINITY);
    let softmax = Softmax::of(&[one, -inf]).expect("defined");
    assert_eq!(softmax.surprisal(one), Pair::ZERO);
    assert_eq!(softmax.surprisal(-inf), Pair::INFINITY);
    assert_eq!(
        softmax
            .expected_surprisal(&[one, -inf], &[one, zero])
            .value(),
        Pair::ZERO
    );
    assert_eq!(
        softmax
            .expected_surprisal(&[one, -inf], &[one, one])
            .value(),
        Pair::INFINITY
    );
    let corner = [one, inf, -inf];
    let softmax = Softmax::of(&corner).expect("defined");
    let mut row = [zero; 3];
    softmax.probabilities_into(&corner, &mut row);
    assert_eq!(row, [zero, one, zero]);
    for (label, gradient) in [
        (0, [-one, one, zero]),
        (1, [zero; 3]),
        (2, [zero, one, -one]),
    ] {
        let mut got = [one; 3];
        let target = |_| Target { label, weight: 1.0 };
        let sum = surprisals(&corner, 3, target, 1.0, None, Some(&mut got)).expect("defined");
        assert_eq!(got, gradient);
        let expected = if label == 1 {
            Pair::ZERO
        } else {
            Pair::INFINITY
        };
        assert_eq!(sum.value(), expected);
    }
}

#[test]
fn infinite_logits_are_the_limits_of_finite_ones() {
    infinite_logits::<f32>();
    infinite_logits::<f64>();
}

#[test]
fn weights_multiply_and_rows_without_a_target_are_not_looked_at() {
    let logits = [0.0_f64, 1.0, f64::NAN, 2.0, 3.0, 1.0];
    let weights = [2.0, 7.0, 0.5];
    let mut values = [f64::NAN; 3];
    let mut gradient = [f64::NAN; 6];
    let target = |i: usize| {
        let (label, weight) = ([0, 99, 1][i], weights[i]);
        (i != 1).then_some(Target { label, weight })
    };
    let sum = surprisals(
        &logits,
        2,
        target,
        0.25,
        Some(&mut values),
        Some(&mut gradient),
    )
    .expect("the bad row is not looked at");
    let first = Softmax::of(&logits[..2])
        .expect("finite")
        .surprisal(0.0)
        .mul_f64(2.0);
    let last = Softmax::of(&logits[4..])
        .expect("finite")
        .surprisal(1.0)
        .mul_f64(0.5);
    let exact = first + last;
    assert!((sum.value().hi - exact.hi).abs() <= 2.0 * f64::EPSILON * exact.hi);
    assert_eq!(values[1], 0.0);
    assert_eq!(gradient[2..4], [0.0, 0.0]);
    assert!((gradient[0] + 0.25 * 2.0 * 0.731_058_578_630_004_9).abs() < 1e-15);
}

#[test]
fn a_sum_of_surprisals_beyond_the_largest_float_has_a_mean() {
    let row = [f64::MAX, -f64::MAX];
    let mut total = Total::ZERO;
    Softmax::of(&row)
        .expect("finite")
        .add_surprisal(row[1], 1.0, &mut total);
    assert_eq!(total.value(), Pair::INFINITY);
    assert_eq!(total.divided_by(2.0).hi, f64::MAX);
    let sum = surprisals(
        &row,
        2,
        |_| Target {
            label: 1,
            weight: 1.0,
        },
        1.0,
        None,
        None,
    );
    assert_eq!(sum.expect("finite").divided_by(4.0).hi, f64::MAX / 2.0);
}

#[test]
fn gradients_are_right_where_their_factor_is_beyond_the_floats() {
    for classes in [3, 20] {
        // w·s/Σe^z is about 2⁻¹⁰⁸⁰, or 2¹⁰⁷⁹.
        for (largest, weight, scale) in [(300.0, -17, -630), (-298.0, 17, 630)] {
            let (weight, scale) = (2.0_f64.powi(weight), 2.0_f64.powi(scale));
            let logits: Vec<f64> = (0..classes).map(|j| largest - f64::from(j % 3)).collect();
            let gradient = |weight: f64, scale: f64| {
                let mut gradient = vec![f64::NAN; logits.len()];
                let target = |_| Target { label: 1, weight };
                surprisals(
                    &logits,
                    logits.len(),
                    target,
                    scale,
                    None,
                    Some(&mut gradient),
                )
                .expect("finite");
                gradient
            };
            for (got, plain) in gradient(weight, scale).iter().zip(gradient(1.0, 1.0)) {
                let wanted = plain * (weight * scale);
                let error = (got - wanted).abs() / wanted.abs();
                assert!(error <= 4.0 * f64::EPSILON, "{got} for {wanted}");
            }
        }
    }
}

/// The sum, the values and the gradient of rows with these targets.
fn evaluated<F: Rows>(
    logits: &[F],
    classes: usize,
    targets: &[Option<Target>],
) -> (f64, Vec<F>, Vec<F>) {
    let mut values = vec![F::ONE; targets.len()];
    let mut gradient = vec![F::ONE; logits.len()];
    let target = |i: usize| targets[i];
    let outputs = (Some(&mut values[..]), Some(&mut gradient[..]));
    let sum = surprisals(logits, classes, target, 0.5, outputs.0, outputs.1).expect("finite");
    (sum.value().hi, values, gradient)
}

fn rows_alone_and_in_batches<F: Rows>() {
    let bits = |x: &[F]| -> Vec<u64> { x.iter().map(|x| x.to_f64().to_bits()).collect() };
    let mut random = Random::new(7);
    let shapes = (1..18).flat_map(|classes| (1..20).map(move |count| (count, classes)));
    for (count, classes) in shapes.chain([(50, 100), (50, 600)]) {
        // Some rows are beyond the ordinary, some have no target, and some weights are beyond the ordinary.
        let logit = |i: usize| {
            let scale = if i / classes % 7 == 3 { 400.0 } else { 4.0 };
            F::from_f64(scale * random.normalish())
        };
        let logits: Vec<F> = (0..count * classes).map(logit).collect();
        let target = |i: usize| {
            let weight = [1.0, 0.25, 3.0, 0.0, 1e-120][i % 5];
            let label = i * 31 % classes;
            (i % 6 != 5).then_some(Target { label, weight })
        };
        let targets: Vec<_> = (0..count).map(target).collect();
        let (sum, values, gradient) = evaluated(&logits, classes, &targets);
        let mut sum_of_rows = 0.0;
        for i in 0..count {
            let row = i * classes..(i + 1) * classes;
            let (alone, value, slopes) = evaluated(&logits[row.clone()], classes, &targets[i..=i]);
            sum_of_rows += alone;
            let name = format!("row {i} of {count} x {classes}");
            assert_eq!(bits(&value), bits(&values[i..=i]), "{name}");
            assert_eq!(bits(&slopes), bits(&gradient[row]), "{name}");
            let is_left_out = targets[i].is_none();
            assert!(
                !is_left_out || bits(&slopes).iter().all(|&x| x == 0),
                "{name}"
            );
        }
        let error = (sum - sum_of_rows).abs();
        assert!(error <= 1e-14 * sum_of_rows, "{count} x {classes}: {error}");
    }
}

#[test]
fn a_row_has_the_same_bits_alone_and_in_a_batch_whose_sum_is_that_of_its_rows() {
    rows_alone_and_in_batches::<f32>();
    rows_alone_and_in_batches::<f64>();
}
