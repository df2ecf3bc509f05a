//! The same bits of the losses over rows of classes: at every level of dispatch, on any number of
//! threads, of views that are not contiguous, and of the value alone.

use exact_loss::losses::{
    Base, CrossEntropy, Entropy, KlDivergence, Loss, Prediction, Reduction, Scalar, Target, Value,
};
use ndarray::{Array1, Array2, ArrayD, ArrayView2, Axis, Slice};

use super::measure::random;
use crate::kernel::assert_same_at_every_level;

/// One batch, as contiguous arrays or as views into larger ones.
struct Batch<F> {
    logits: Array2<F>,
    probabilities: Array2<F>,
    targets: Array2<F>,
    labels: Array1<i64>,
}

/// Rows that a vectorised path takes, and among them every kind of row that it may leave to another.
fn batch<F: Scalar>(rows: usize, classes: usize) -> Batch<F> {
    let mut random = random();
    let mut draw = |row: usize, extreme: f64, scale: f64, shift: f64| {
        let factor = if row % 9 == 3 { extreme } else { 1.0 };
        F::from_f64((random.next().expect("endless") - shift) * scale * factor)
    };
    let logits = Array2::from_shape_fn((rows, classes), |(i, _)| draw(i, 90.0, 12.0, 0.5));
    let probabilities = Array2::from_shape_fn((rows, classes), |(i, _)| draw(i, 1e-36, 1.0, 0.0));
    let mut targets = Array2::from_shape_fn((rows, classes), |(i, c)| draw(i + c, 0.0, 1.0, 0.0));
    for (i, mut row) in targets.axis_iter_mut(Axis(0)).enumerate() {
        if i % 7 == 2 {
            // Near the prediction.
            row.assign(&probabilities.row(i).mapv(|p| p * F::from_f64(0.999)));
        }
    }
    let labels = Array1::from_shape_fn(rows, |i| (i * 31 % classes) as i64);
    Batch {
        logits,
        probabilities,
        targets,
        labels,
    }
}

/// The same array as every second element of a larger one, whose axes are exchanged.
fn strided<F: Scalar>(array: &Array2<F>) -> Array2<F> {
    let (rows, classes) = array.dim();
    Array2::from_shape_fn((2 * classes, rows), |(c, i)| array[[i, c / 2]])
}

fn view<F>(strided: &Array2<F>) -> ArrayView2<'_, F> {
    let every_second = strided.slice_axis(Axis(0), Slice::new(0, None, 2));
    every_second.reversed_axes()
}

fn bits_of<F: Scalar>(value: &Value<F>, gradient: &ArrayD<F>) -> Vec<u64> {
    let all = value.iter().chain(gradient);
    all.map(|x| x.to_f64().to_bits()).collect()
}

fn evaluate<F: Scalar>(
    loss: &impl Loss,
    prediction: Prediction<'_, F>,
    target: Target<'_, F>,
    bits: &mut Vec<u64>,
) {
    let alone = loss
        .fast(prediction.view(), target.view())
        .expect("a value");
    let both = loss
        .fast_with_gradient(prediction, target)
        .expect("a value");
    assert!(alone == both.value, "the value alone has other bits");
    bits.extend(bits_of(&both.value, &both.gradient));
}

/// The bits of values and gradients of each loss and space, of one batch.
fn of_batch<F: Scalar>(
    logits: ArrayView2<'_, F>,
    probabilities: ArrayView2<'_, F>,
    targets: ArrayView2<'_, F>,
    labels: &Array1<i64>,
) -> Vec<u64> {
    let mut bits = Vec::new();
    let classes = logits.ncols();
    let weights: Vec<f64> = (0..classes).map(|c| 0.25 + c as f64 / 64.0).collect();
    let weighted = || CrossEntropy::new().weights(&weights).expect("weights");
    let each = || CrossEntropy::new().reduction(Reduction::None);
    let smooth = || weighted().label_smoothing(0.125).expect("a share");
    for space in [
        Prediction::logits(logits),
        Prediction::probabilities(probabilities),
    ] {
        let labelled = [
            CrossEntropy::new(),
            weighted().ignore_index(1),
            each().base(Base::Two),
            smooth(),
        ];
        for loss in labelled {
            evaluate(&loss, space.view(), Target::labels(labels), &mut bits);
        }
        for loss in [CrossEntropy::new(), smooth(), each().base(Base::Two)] {
            evaluate(&loss, space.view(), Target::values(targets), &mut bits);
        }
        for loss in [KlDivergence::new(), KlDivergence::new().generalized(true)] {
            evaluate(&loss, space.view(), Target::values(targets), &mut bits);
        }
        evaluate(&Entropy::new(), space.view(), Target::None, &mut bits);
    }
    bits
}

const SHAPES: [(usize, usize); 6] = [
    (40, 1),
    (50, 3),
    (100, 17),
    (400, 100),
    (30, 513),
    (3, 9_000),
];

fn fingerprint<F: Scalar>() -> Vec<Vec<u64>> {
    let of = |(rows, classes)| {
        let b = batch::<F>(rows, classes);
        of_batch(
            b.logits.view(),
            b.probabilities.view(),
            b.targets.view(),
            &b.labels,
        )
    };
    SHAPES.into_iter().map(of).collect()
}

#[test]
fn losses_over_rows_have_the_same_bits_at_every_level_of_dispatch() {
    assert_same_at_every_level(|| (fingerprint::<f32>(), fingerprint::<f64>()));
}

#[cfg(feature = "parallel")]
#[test]
fn losses_over_rows_have_the_same_bits_on_1_2_3_and_8_threads() {
    let reference = (fingerprint::<f32>(), fingerprint::<f64>());
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        let got = pool.install(|| (fingerprint::<f32>(), fingerprint::<f64>()));
        assert!(got == reference, "{threads} threads have other bits");
    }
}

fn strided_views<F: Scalar>() {
    for (rows, classes) in SHAPES {
        let b = batch::<F>(rows, classes);
        let contiguous = of_batch(
            b.logits.view(),
            b.probabilities.view(),
            b.targets.view(),
            &b.labels,
        );
        let (z, p, q) = (
            strided(&b.logits),
            strided(&b.probabilities),
            strided(&b.targets),
        );
        let got = of_batch(view(&z), view(&p), view(&q), &b.labels);
        assert!(got == contiguous, "{rows} rows of {classes} classes");
    }
}

#[test]
fn losses_over_rows_have_the_same_bits_of_strided_views() {
    strided_views::<f32>();
    strided_views::<f64>();
}

#[test]
fn a_gradient_that_is_not_contiguous_is_written_with_the_same_bits() {
    let b = batch::<f32>(700, 100);
    let (prediction, target) = (Prediction::logits(&b.logits), Target::labels(&b.labels));
    let loss = CrossEntropy::new();
    let expected = loss
        .fast_with_gradient(prediction.view(), target.view())
        .expect("a value");
    let mut turned = Array2::<f32>::zeros((100, 700));
    let gradient = turned.view_mut().reversed_axes().into_dyn();
    let value = loss
        .fast_with_gradient_into(prediction, target, gradient)
        .expect("a value");
    assert_eq!(value, expected.value);
    assert_eq!(turned.t().into_dyn(), expected.gradient);
}

/// A row that has no value is found wherever it is, and the first of them is named.
#[test]
fn the_first_bad_row_is_named_by_both_twins() {
    let mut b = batch::<f64>(300, 20);
    b.logits[[250, 3]] = f64::NAN;
    b.targets[[270, 3]] = f64::NAN;
    b.probabilities[[250, 3]] = -0.5;
    for prediction in [
        Prediction::logits(&b.logits),
        Prediction::probabilities(&b.probabilities),
    ] {
        for target in [Target::labels(&b.labels), Target::values(&b.targets)] {
            let fast = CrossEntropy::new().fast(prediction.view(), target.view());
            let exact = CrossEntropy::new().exact(prediction.view(), target.view());
            assert_eq!(fast.expect_err("row 250"), exact.expect_err("row 250"));
        }
        let fast = KlDivergence::new().fast(prediction.view(), Target::values(&b.targets));
        let exact = KlDivergence::new().exact(prediction.view(), Target::values(&b.targets));
        assert_eq!(fast.expect_err("row 250"), exact.expect_err("row 250"));
        let fast = Entropy::new().fast(prediction.view(), Target::None);
        let exact = Entropy::new().exact(prediction.view(), Target::None);
        assert_eq!(fast.expect_err("row 250"), exact.expect_err("row 250"));
    }
}

/// The means of up to 64 copies of a row are its value, for rows of every small width.
fn means_of_copies<F: Scalar>() {
    let mut random = random();
    for classes in 2..=24 {
        let mut row = |factor: f64| -> Vec<F> {
            let row = random.by_ref().take(classes);
            row.map(|x| F::from_f64(factor * x)).collect()
        };
        let (logits, p, q) = (row(4.0), row(0.01), row(1.0));
        let means = |copies: usize| {
            let copies_of = |row: &[F]| Array2::from_shape_fn((copies, classes), |(_, c)| row[c]);
            let (z, p, q) = (copies_of(&logits), copies_of(&p), copies_of(&q));
            let labels = Array1::from_elem(copies, 1_i64);
            let (p, soft) = (Prediction::probabilities(&p), Target::values(&q));
            let plain = KlDivergence::new();
            [
                CrossEntropy::new().fast(Prediction::logits(&z), Target::labels(&labels)),
                plain.fast(p.view(), soft.view()),
                plain.generalized(true).fast(p.view(), soft.view()),
                CrossEntropy::new().fast(p.view(), soft.view()),
                Entropy::new().fast(p.view(), Target::None),
            ]
            .map(|mean| mean.unwrap().reduced().unwrap())
        };
        let one = means(1);
        for copies in [2, 3, 7, 49, 64] {
            assert_eq!(means(copies), one, "{copies} copies of {classes} classes");
        }
    }
}

#[test]
fn mean_of_copies_of_a_row_is_its_value() {
    means_of_copies::<f32>();
    means_of_copies::<f64>();
}
