//! Batches of binary predictions in vector lanes and threads: the errors of every element against
//! the exact twin, the same bits at every level of dispatch and on any number of threads, and
//! elements that leave the quick way.

use exact_loss::exact::{Format, Rational};
use exact_loss::losses::{
    BalancedCrossEntropy, BinaryCrossEntropy, DynLoss, Focal, Loss, Prediction, Reduction, Scalar,
    Target, Value,
};
use ndarray::{Array1, Array2, Axis, array};

use super::measure::{errors, random, rational, shown};
use crate::kernel::assert_same_at_every_level;

/// Numbers of a batch: logits or probabilities, and targets 0 and 1.
fn batch<F: Scalar>(len: usize, logits: bool) -> (Array1<F>, Array1<F>) {
    let mut u = random();
    let mut draw = move || u.next().expect("endless");
    let x = Array1::from_shape_simple_fn(len, || {
        let u = draw();
        F::from_f64(if logits { 40.0 * u - 20.0 } else { u * u })
    });
    let mut u = random().skip(99);
    let mut draw = move || u.next().expect("endless");
    let y = Array1::from_shape_simple_fn(len, || F::from_f64(draw().round()));
    (x, y)
}

fn prediction<F: Clone>(x: &Array1<F>, logits: bool) -> Prediction<'_, F> {
    if logits {
        Prediction::logits(x)
    } else {
        Prediction::probabilities(x)
    }
}

/// The largest errors of the elements of a batch stay within the bounds, and come to a third of
/// them at least.
fn measured<F: Scalar + Format>(loss: &impl Loss, logits: bool, value: Rational, slope: Rational) {
    let (x, y) = batch::<F>(4000, logits);
    let found = errors(loss, &prediction(&x, logits), &Target::values(&y));
    let text = format!(
        "{} {}, logits {logits}: value {}, gradient {}",
        F::PRECISION,
        loss.name(),
        shown(&found.value),
        shown(&found.gradient)
    );
    assert!(found.value <= value && found.gradient <= slope, "{text}");
    let third = rational(1, 3);
    assert!(
        found.value >= value * &third && found.gradient >= slope * &third,
        "{text}"
    );
}

#[test]
fn each_element_of_binary_cross_entropy_is_within_its_bound_and_the_bound_is_no_idle_one() {
    let loss = BinaryCrossEntropy::new().reduction(Reduction::None);
    for (logits, value, slope) in [
        (true, rational(5, 2), rational(4, 1)),
        (false, rational(3, 2), rational(3, 1)),
    ] {
        measured::<f32>(&loss, logits, value.clone(), slope.clone());
        measured::<f64>(&loss, logits, value, slope);
    }
}

#[test]
fn each_element_of_balanced_cross_entropy_is_within_its_bound() {
    let loss = BalancedCrossEntropy::new().reduction(Reduction::None);
    for (logits, value, slope) in [
        (true, rational(4, 1), rational(5, 1)),
        (false, rational(3, 1), rational(4, 1)),
    ] {
        measured::<f32>(&loss, logits, value.clone(), slope.clone());
        measured::<f64>(&loss, logits, value, slope);
    }
}

fn focal(gamma: f64) -> Focal {
    let loss = Focal::new().gamma(gamma).expect("γ ≥ 0");
    loss.alpha(0.25).expect("α in [0, 1]")
}

/// A thousand elements of each kind, and the reduction of them, are within the stated bound: γ of
/// every arithmetic, with and without α.
fn focal_loss_is_within_its_bound<F: Scalar + Format>() {
    for eighths in [0, 4, 8, 12, 16, 40, 6] {
        let gamma = rational(eighths, 8);
        let unit = rational(1, if F::PRECISION == 53 { 8 } else { 1 << 9 });
        let bound = rational(1, 2) + unit * (rational(4, 1) + &gamma + &gamma);
        let plain = Focal::new().gamma(eighths as f64 / 8.0).expect("γ ≥ 0");
        for logits in [true, false] {
            let (x, y) = batch::<F>(1000, logits);
            for (loss, reduction) in [
                (plain.clone(), Reduction::None),
                (focal(eighths as f64 / 8.0), Reduction::None),
                (focal(eighths as f64 / 8.0), Reduction::Sum),
            ] {
                let loss = loss.reduction(reduction);
                let found = errors(&loss, &prediction(&x, logits), &Target::values(&y));
                let text = format!(
                    "{} γ {gamma}, logits {logits}, {reduction:?}: value {}, gradient {}",
                    F::PRECISION,
                    shown(&found.value),
                    shown(&found.gradient)
                );
                assert!(found.value <= bound && found.gradient <= bound, "{text}");
            }
        }
    }
}

#[test]
fn focal_loss_of_batches_is_within_its_bound_in_single_precision() {
    focal_loss_is_within_its_bound::<f32>();
}

#[test]
fn focal_loss_of_batches_is_within_its_bound_in_double_precision() {
    focal_loss_is_within_its_bound::<f64>();
}

/// In single precision a value has errors far below what is seen in a rounded element: in double
/// precision, the sum of one element shows them.
#[test]
fn focal_loss_worked_out_in_f64_is_within_its_bound_before_it_is_rounded() {
    use exact_loss::kernel::binary::{Elements, Focal, Outcomes};
    use exact_loss::kernel::pair::Pair;
    let (one, zero) = (Pair::from(0.3), Pair::difference(1.0, 0.3));
    for logits in [true, false] {
        for gamma in [0.0, 0.5, 1.0, 2.0, 5.0] {
            let focal = Focal {
                gamma,
                alpha: Outcomes { one, zero },
                logits,
            };
            let (x, y) = batch::<f32>(40_000, logits);
            let mut largest = 0.0_f64;
            for (x, y) in x.iter().zip(&y) {
                let (wide_x, wide_y) = (f64::from(*x), f64::from(*y));
                let single = Elements {
                    predictions: &[*x],
                    targets: &[*y],
                    weights: None,
                };
                let double = Elements {
                    predictions: &[wide_x],
                    targets: &[wide_y],
                    weights: None,
                };
                let single = focal.sum(single, Pair::ONE, None, None).expect("a sum");
                let double = focal.sum(double, Pair::ONE, None, None).expect("a sum");
                let (single, double) = (single.value(), double.value());
                if double.hi != 0.0 {
                    largest = largest.max(((single - double).hi / double.hi).abs());
                }
            }
            let units = largest * 2.0_f64.powi(33);
            let bound = if logits { gamma + 2.0 } else { 1.0 };
            assert!(units <= bound, "γ {gamma} {logits}: {units}");
            assert!(units >= 0.005 * bound, "γ {gamma} {logits}: {units}");
        }
    }
}

/// Every loss of binary predictions, with all that enters its kernel.
fn losses(len: usize) -> Vec<Box<dyn DynLoss>> {
    let weights: Array1<f64> = random().take(len).map(|u| (8.0 * u).floor()).collect();
    let plain = BinaryCrossEntropy::new;
    let weighted = plain().weights(weights.view()).expect("weights ≥ 0");
    let huge = plain().weights(array![1e30].view()).expect("weights ≥ 0");
    vec![
        Box::new(plain()),
        Box::new(plain().reduction(Reduction::None)),
        Box::new(plain().pos_weight(3).expect("a weight ≥ 0")),
        Box::new(weighted.clone()),
        Box::new(weighted.reduction(Reduction::None)),
        Box::new(huge),
        Box::new(BalancedCrossEntropy::new()),
        Box::new(focal(2.0)),
        Box::new(focal(0.5).reduction(Reduction::None)),
        Box::new(focal(0.7)),
    ]
}

/// The bits of values and gradients over batches of many lengths, of which some elements have
/// soft targets or extreme predictions.
fn fingerprint() -> Vec<u64> {
    let mut bits = Vec::new();
    for len in [1, 7, 16, 255, 300, 70_001] {
        for logits in [false, true] {
            let (mut x, mut y) = batch::<f64>(len, logits);
            for i in (5..len).step_by(97) {
                x[i] = if logits { 1e3 } else { 0.0 };
                y[(i * 3) % len] = 0.25;
            }
            let (x32, y32) = (x.map(|&x| x as f32), y.map(|&y| y as f32));
            for loss in losses(len) {
                let double = loss
                    .evaluate_f64(prediction(&x, logits), Target::values(&y))
                    .expect("a value");
                let single = loss
                    .evaluate_f32(prediction(&x32, logits), Target::values(&y32))
                    .expect("a value");
                bits.extend(double.value.iter().map(|x| x.to_bits()));
                bits.extend(double.gradient.iter().map(|x| x.to_bits()));
                bits.extend(single.value.iter().map(|x| u64::from(x.to_bits())));
                bits.extend(single.gradient.iter().map(|x| u64::from(x.to_bits())));
            }
        }
    }
    bits
}

#[test]
fn bits_of_binary_losses_are_the_same_at_every_level_of_dispatch() {
    assert_same_at_every_level(fingerprint);
}

#[cfg(feature = "parallel")]
#[test]
fn bits_of_binary_losses_are_the_same_on_1_2_3_and_8_threads() {
    let reference = fingerprint();
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started");
        let same = pool.install(fingerprint) == reference;
        assert!(same, "{threads} threads have other bits");
    }
}

fn elements_alone(each: &impl Loss, logits: bool, x: &Array1<f32>, y: &Array1<f32>) {
    let all = each
        .fast_with_gradient(prediction(x, logits), Target::values(y))
        .expect("a value");
    let values: Vec<f32> = all.value.iter().copied().collect();
    for i in 0..x.len() {
        let (x, y) = (array![x[i]], array![y[i]]);
        let one = each
            .fast_with_gradient(prediction(&x, logits), Target::values(&y))
            .expect("a value");
        assert_eq!(one.value.iter().next(), Some(&values[i]), "{x} {y}");
        assert_eq!(one.gradient[[0]], all.gradient[[i]], "{x} {y}");
    }
}

/// What an element gets does not depend on its neighbours nor on its place.
#[test]
fn value_and_derivative_of_an_element_are_those_of_it_alone() {
    for logits in [false, true] {
        let (mut x, mut y) = batch::<f32>(1000, logits);
        for i in (3..1000).step_by(41) {
            y[i] = 0.75;
            x[i + 7] = if logits { f32::NEG_INFINITY } else { 1.0 };
        }
        elements_alone(
            &BinaryCrossEntropy::new().reduction(Reduction::None),
            logits,
            &x,
            &y,
        );
        for gamma in [2.0, 3.0, 0.7] {
            elements_alone(&focal(gamma).reduction(Reduction::None), logits, &x, &y);
        }
    }
}

#[test]
fn one_bad_element_anywhere_in_a_large_batch_is_the_error_of_the_exact_twin() {
    let len = 40_000;
    for logits in [false, true] {
        for at in [0, 9, 255, 256, 32_767, 32_768, len - 1] {
            let (mut x, y) = batch::<f64>(len, logits);
            x[at] = if logits { f64::NAN } else { -1e-300 };
            for loss in losses(len) {
                let bad = loss.value_f64(prediction(&x, logits), Target::values(&y));
                let bad = bad.expect_err("an element out of the domain");
                let alone = x.slice_axis(Axis(0), (at..at + 1).into()).to_owned();
                let target = Target::values(y.slice_axis(Axis(0), (at..at + 1).into()));
                let exact = BinaryCrossEntropy::new()
                    .exact(prediction(&alone, logits), target)
                    .expect_err("an element out of the domain");
                let moved = exact.to_string().replace("[0]", &format!("[{at}]"));
                assert_eq!(bad.to_string(), moved);
            }
            let (x, mut y) = batch::<f64>(len, logits);
            y[at] = 1.0 + f64::EPSILON;
            let loss = BinaryCrossEntropy::new();
            let bad = loss.fast(prediction(&x, logits), Target::values(&y));
            assert!(bad.is_err_and(|error| error.to_string().contains("targets")));
        }
    }
}

#[test]
fn gradient_and_prediction_in_any_layout_have_the_same_bits() {
    let x = Array2::from_shape_fn((30, 70), |(i, j)| (i as f32 - 0.4 * j as f32) * 0.7);
    let y = x.map(|x| if x.sin() > 0.0 { 1.0 } else { 0.0 });
    let loss = BinaryCrossEntropy::new();
    let straight = loss
        .fast_with_gradient(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let (turned_x, turned_y) = (x.t().to_owned(), y.t().to_owned());
    let mut gradient = Array2::zeros((70, 30));
    let value = loss
        .fast_with_gradient_into(
            Prediction::logits(turned_x.t()),
            Target::values(turned_y.t()),
            gradient.view_mut().reversed_axes().into_dyn(),
        )
        .expect("a value");
    assert_eq!(value, straight.value);
    assert_eq!(gradient.t().into_dyn(), straight.gradient);
}

/// The mean of ten million elements in single precision against the mean of what each is in
/// double precision.
#[test]
fn mean_of_ten_million_elements_is_within_the_bound_of_one() {
    let once = batch::<f32>(10_000, true);
    let often = |a: &Array1<f32>| a.broadcast((1000, 10_000)).expect("a broadcast").to_owned();
    let (x, y) = (often(&once.0), often(&once.1));
    let loss = BinaryCrossEntropy::new();
    let fast = loss
        .fast(Prediction::logits(&x), Target::values(&y))
        .expect("a value");
    let exact = loss
        .exact(Prediction::logits(&once.0), Target::values(&once.1))
        .expect("a value");
    let (Value::Reduced(fast), Value::Reduced(exact)) = (fast, exact) else {
        panic!("means are reduced")
    };
    let exact = exact.round::<f32>().expect("a rounding").value();
    let error = (fast - exact.expect("finite")).abs() / fast;
    assert!(error <= 2.0 * f32::EPSILON, "{error}");
}
