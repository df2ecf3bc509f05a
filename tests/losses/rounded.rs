//! The third way, `rounded`: always the float nearest to the exact value, whether the certificate
//! decides or the exact twin answers; and the same errors.

use exact_loss::exact::{Extended, Lift};
use exact_loss::losses::{
    ALL, BalancedCrossEntropy, BinaryCrossEntropy, CrossEntropy, DynLoss, Entropy, Focal,
    KlDivergence, Prediction, Reduction, Target, Value,
};
use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;

/// The exact value rounded, for comparison.
fn exactly(
    loss: &dyn DynLoss,
    prediction: &Prediction<'_, f64>,
    target: &Target<'_, f64>,
) -> Value<f64> {
    let lift = |x: &f64| x.lift().unwrap();
    let exact = loss
        .value_exact(prediction.map(lift), target.map(lift))
        .unwrap();
    let round = |real: &exact_loss::exact::Real| real.round::<f64>().unwrap().value().unwrap();
    exact.map(round)
}

fn bits(value: &Value<f64>) -> Vec<u64> {
    value.iter().map(|x| x.to_bits()).collect()
}

#[track_caller]
fn agree(loss: &dyn DynLoss, prediction: &Prediction<'_, f64>, target: &Target<'_, f64>) {
    let rounded = loss
        .value_rounded(prediction.view(), target.view())
        .unwrap();
    let exact = exactly(loss, prediction, target);
    assert_eq!(
        bits(&rounded),
        bits(&exact),
        "{}: {rounded:?} {exact:?}",
        loss.id()
    );
}

/// Every probabilistic loss of elements, under every reduction.
fn of_elements() -> Vec<Box<dyn DynLoss>> {
    let mut losses: Vec<Box<dyn DynLoss>> = Vec::new();
    for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
        let bce = BinaryCrossEntropy::new().reduction(reduction);
        losses.push(Box::new(bce.clone()));
        losses.push(Box::new(bce.pos_weight(3.25).unwrap()));
        // A parameter that is no float: the exact twin answers.
        let third = exact_loss::exact::Rational::new(1.into(), 3.into());
        losses.push(Box::new(
            BinaryCrossEntropy::new()
                .reduction(reduction)
                .pos_weight(third)
                .unwrap(),
        ));
        losses.push(Box::new(BalancedCrossEntropy::new().reduction(reduction)));
        for gamma in [0.0, 0.5, 1.0, 2.0, 5.0, 0.3] {
            let focal = Focal::new().reduction(reduction).gamma(gamma).unwrap();
            losses.push(Box::new(focal.clone()));
            losses.push(Box::new(focal.alpha(0.25).unwrap()));
        }
    }
    losses
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn losses_of_elements_are_rounded_correctly(
        elements in proptest::collection::vec(
            (prop_oneof![0.0..=1.0_f64, Just(0.0), Just(1.0), 1e-300..1e-290_f64, Just(1.0 - f64::EPSILON)],
             prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0_f64]),
            1..6,
        ),
    ) {
        let p: Array1<f64> = elements.iter().map(|&(p, _)| p).collect();
        let y: Array1<f64> = elements.iter().map(|&(_, y)| y).collect();
        for loss in of_elements() {
            agree(&*loss, &Prediction::probabilities(&p), &Target::values(&y));
        }
    }

    #[test]
    fn binary_losses_of_logits_are_rounded_correctly(
        elements in proptest::collection::vec(
            (prop_oneof![-50.0..50.0_f64, -1000.0..1000.0_f64, Just(0.0), Just(f64::INFINITY), Just(-1e4), 1e-20..1e-10_f64],
             prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0_f64]),
            1..6,
        ),
    ) {
        let x: Array1<f64> = elements.iter().map(|&(x, _)| x).collect();
        let y: Array1<f64> = elements.iter().map(|&(_, y)| y).collect();
        for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
            let bce = BinaryCrossEntropy::new().reduction(reduction);
            agree(&bce, &Prediction::logits(&x), &Target::values(&y));
            agree(&BalancedCrossEntropy::new().reduction(reduction), &Prediction::logits(&x), &Target::values(&y));
        }
    }

    #[test]
    fn losses_of_rows_are_rounded_correctly(
        (rows, classes) in (1..4_usize, 1..6_usize),
        numbers in proptest::collection::vec(prop_oneof![0.0..=1.0_f64, Just(0.0), Just(1.0)], 36),
        smoothing in prop_oneof![Just(0.0), Just(0.125), Just(0.1)],
    ) {
        let p = Array2::from_shape_fn((rows, classes), |(i, c)| numbers[i * classes + c]);
        let q = Array2::from_shape_fn((rows, classes), |(i, c)| numbers[18 + i * classes + c]);
        let z = p.mapv(|p| 40.0 * p - 20.0);
        let labels: Array1<i64> = (0..rows).map(|row| (row % classes) as i64).collect();
        let weights: Vec<f64> = (0..classes).map(|c| 0.5 + c as f64).collect();
        for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
            for base in [exact_loss::losses::Base::E, exact_loss::losses::Base::Two] {
                let plain = CrossEntropy::new().reduction(reduction).base(base).label_smoothing(smoothing).unwrap();
                let weighted = plain.clone().weights(&weights).unwrap();
                for loss in [&plain, &weighted] {
                    for prediction in [Prediction::probabilities(&p), Prediction::logits(&z)] {
                        agree(loss, &prediction, &Target::labels(&labels));
                        agree(loss, &prediction, &Target::values(&q));
                    }
                }
                agree(&Entropy::new().reduction(reduction).base(base), &Prediction::probabilities(&p), &Target::None);
                for generalized in [false, true] {
                    let kl = KlDivergence::new().reduction(reduction).base(base).generalized(generalized);
                    agree(&kl, &Prediction::probabilities(&p), &Target::values(&q));
                    agree(&kl, &Prediction::probabilities(&p), &Target::values(&p));
                }
            }
            let focal = Focal::new().reduction(reduction).gamma(1.5).unwrap();
            agree(&focal.clone().alpha_of_classes(&weights).unwrap(), &Prediction::probabilities(&p), &Target::labels(&labels));
        }
    }
}

/// A probability, a target and a logit of each class; some lanes of a row are not ordinary.
fn classes() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let subnormal = f64::MIN_POSITIVE / 3.0;
    let ordinary = (0.001..=1.0_f64, 0.0..=1.0_f64, -50.0..50.0_f64);
    let other = (
        prop_oneof![
            Just(0.0),
            Just(-0.0),
            Just(1.0),
            Just(subnormal),
            Just(1e-300),
            Just(0.5)
        ],
        prop_oneof![
            Just(0.0),
            Just(0.0),
            Just(1.0),
            Just(subnormal),
            Just(1e-35),
            Just(0.5)
        ],
        prop_oneof![
            Just(f64::NEG_INFINITY),
            Just(-1e4),
            Just(500.0),
            Just(0.0),
            Just(50.0)
        ],
    );
    // Around the numbers of lanes and of a block, and more than there are others: not all logits are −∞.
    let count = prop_oneof![3..10_usize, 62..67_usize, 126..140_usize];
    let ordinary =
        count.prop_flat_map(move |count| proptest::collection::vec(ordinary.clone(), count));
    let others = proptest::collection::vec((any::<proptest::sample::Index>(), other), 0..3);
    (ordinary, others).prop_map(|(mut classes, others)| {
        for (index, other) in others {
            *index.get_mut(&mut classes) = other;
        }
        classes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn losses_of_rows_longer_than_a_block_are_rounded_correctly(
        classes in classes(),
        reduction in prop_oneof![Just(Reduction::None), Just(Reduction::Mean)],
        smoothing in prop_oneof![Just(0.0), Just(0.125)],
    ) {
        // In the second row the classes have the targets of their neighbours.
        let column = |pick: fn(&(f64, f64, f64)) -> f64, turn: usize| {
            Array2::from_shape_fn((2, classes.len()), |(i, c)| {
                pick(&classes[(c + i * turn) % classes.len()])
            })
        };
        let (p, z) = (column(|c| c.0, 1), column(|c| c.2, 1));
        let q = column(|c| c.1, 0);
        let weights: Vec<f64> = (0..classes.len()).map(|c| 0.5 + c as f64).collect();
        let plain = CrossEntropy::new().reduction(reduction);
        let smoothed = plain.clone().label_smoothing(smoothing).unwrap();
        let weighted = smoothed.clone().weights(&weights).unwrap();
        for loss in [&plain, &smoothed, &weighted] {
            agree(loss, &Prediction::logits(&z), &Target::values(&q));
            agree(loss, &Prediction::probabilities(&p), &Target::values(&q));
        }
        for generalized in [false, true] {
            let kl = KlDivergence::new().reduction(reduction).generalized(generalized);
            agree(&kl, &Prediction::probabilities(&p), &Target::values(&q));
            agree(&kl, &Prediction::probabilities(&p), &Target::values(&p));
            agree(&kl, &Prediction::logits(&z), &Target::values(&q));
        }
    }
}

#[test]
fn samples_of_every_loss_are_rounded_correctly() {
    for entry in ALL {
        for sample in (entry.samples)().unwrap() {
            let float = |x: &Extended| match x {
                Extended::NegativeInfinity => f64::NEG_INFINITY,
                Extended::Finite(x) => exact_loss::exact::rational::nearest(x),
                Extended::Infinity => f64::INFINITY,
            };
            let (prediction, target) = (sample.prediction.map(float), sample.target.map(float));
            if prediction.space() == exact_loss::losses::Space::Predictions {
                continue;
            }
            agree(&*sample.loss, &prediction, &target);
        }
    }
}

/// Probabilities p whose −ln p comes nearer to a rounding boundary than a sum is known: about one in
/// 2¹¹ is left to the exact twin.
#[test]
fn surprisals_too_near_to_a_tie_are_answered_by_the_exact_twin() {
    use exact_loss::kernel::certified::Sum;
    use exact_loss::kernel::pair::Pair;
    let mut state = 1_u64;
    let mut hard = Vec::new();
    while hard.len() < 20 {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let p = ((state >> 11) | 1) as f64 / (1_u64 << 53) as f64;
        let mut sum = Sum::default();
        sum.add_surprisal(Pair::ONE, p);
        if sum.round(Pair::ONE).is_none() {
            hard.push(p);
        }
    }
    let p: Array1<f64> = hard.into();
    let y = Array1::from_elem(p.len(), 1.0);
    let each = BinaryCrossEntropy::new().reduction(Reduction::None);
    agree(&each, &Prediction::probabilities(&p), &Target::values(&y));
    let weighted = each.weights(y.view()).unwrap();
    agree(
        &weighted,
        &Prediction::probabilities(&p),
        &Target::values(&y),
    );
    for p in &p {
        let (p, y) = (ndarray::array![*p], ndarray::array![1.0]);
        agree(
            &BinaryCrossEntropy::new(),
            &Prediction::probabilities(&p),
            &Target::values(&y),
        );
    }
    let rows = p.insert_axis(Axis(1));
    let labels = Array1::from_elem(rows.nrows(), 0_i64);
    let each = CrossEntropy::new().reduction(Reduction::None);
    agree(
        &each,
        &Prediction::probabilities(&rows),
        &Target::labels(&labels),
    );
}

#[test]
fn rounded_refuses_bad_input_as_the_exact_twin_does() {
    let loss = CrossEntropy::new();
    let labels = ndarray::array![0_i64];
    for p in [f64::NAN, 1.5, -0.5] {
        let p = ndarray::array![[0.5, p]];
        let error = DynLoss::value_rounded(
            &loss,
            Prediction::probabilities(&p),
            Target::labels(&labels),
        );
        assert!(error.is_err(), "{p}");
        let (bad, half) = (p, ndarray::array![[0.5, 0.5]]);
        for (p, q) in [(&bad, &half), (&half, &bad)] {
            let (p, q) = (Prediction::probabilities(p), Target::values(q));
            assert!(DynLoss::value_rounded(&KlDivergence::new(), p.view(), q.view()).is_err());
            assert!(DynLoss::value_rounded(&loss, p, q).is_err());
        }
    }
    let bce = BinaryCrossEntropy::new();
    for (x, y) in [
        (f64::NAN, 1.0),
        (f64::NAN, 0.0),
        (1.0, 2.0),
        (1.0, f64::NAN),
    ] {
        let (x, y) = (ndarray::array![x], ndarray::array![y]);
        assert!(DynLoss::value_rounded(&bce, Prediction::logits(&x), Target::values(&y)).is_err());
    }
}
