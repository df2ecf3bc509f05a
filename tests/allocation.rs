//! What the fast twins allocate: nothing for small batches, neither for the value nor for the gradient
//! written into a given array; and that the oracle finds values alone without the exact twin, which
//! allocates. A program of its own, because it counts with a global allocator.

mod memory;

use allocation_counter::measure;
use exact_loss::losses::{
    CrossEntropy, Entropy, KlDivergence, Loss, Params, Prediction, Scalar, Target,
};
use exact_loss::oracle::{Case, Dtype};
use ndarray::{Array1, Array2, array};

/// How often the value, and the value with the gradient, allocate.
fn allocations<F: Scalar>(
    loss: &impl Loss,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
) -> (u64, u64) {
    let mut gradient = Array2::from_elem((8, 10), F::ZERO);
    let mut evaluate = |with_gradient| {
        let (prediction, target) = (prediction.view(), target.view());
        let value = if with_gradient {
            let gradient = gradient.view_mut().into_dyn();
            loss.fast_with_gradient_into(prediction, target, gradient)
        } else {
            loss.fast(prediction, target)
        };
        assert!(value.is_ok());
    };
    // What is found out about the processor once is not counted.
    evaluate(true);
    let value = measure(|| evaluate(false)).count_total;
    (value, measure(|| evaluate(true)).count_total)
}

fn batch<F: Scalar>() -> (Array2<F>, Array2<F>, Array1<i64>) {
    let number = |i: usize, c: usize| ((i * 7 + c * 5) % 11) as f64;
    let logits = Array2::from_shape_fn((8, 10), |(i, c)| F::from_f64(number(i, c) - 5.0));
    let p = Array2::from_shape_fn((8, 10), |(i, c)| F::from_f64((number(i, c) + 1.0) / 64.0));
    (logits, p, Array1::from_shape_fn(8, |i| i as i64))
}

fn small_batches_of_rows<F: Scalar>() {
    let (logits, p, labels) = batch::<F>();
    let from_logits = Prediction::logits(&logits);
    let from_probabilities = Prediction::probabilities(&p);
    let weighted = CrossEntropy::new().weights(&[1.0; 10]).expect("weights");
    for loss in [
        CrossEntropy::new(),
        CrossEntropy::new().ignore_index(3),
        weighted,
    ] {
        let counted = allocations(&loss, &from_logits, &Target::labels(&labels));
        assert_eq!(counted, (0, 0), "labels");
    }
    for prediction in [&from_logits, &from_probabilities] {
        let counted = allocations(&CrossEntropy::new(), prediction, &Target::values(&p));
        assert_eq!(counted, (0, 0), "cross entropy");
        let counted = allocations(&KlDivergence::new(), prediction, &Target::values(&p));
        assert_eq!(counted, (0, 0), "divergence");
        let counted = allocations(&Entropy::new(), prediction, &Target::None);
        assert_eq!(counted, (0, 0), "entropy");
    }
}

#[test]
fn small_batches_of_rows_allocate_nothing() {
    small_batches_of_rows::<f32>();
    small_batches_of_rows::<f64>();
}

#[test]
fn a_value_for_each_row_is_counted() {
    let (logits, _, labels) = batch::<f32>();
    let each = CrossEntropy::new().reduction(exact_loss::losses::Reduction::None);
    let counted = allocations(
        &each,
        &Prediction::logits(&logits),
        &Target::labels(&labels),
    );
    assert!(counted.0 > 0 && counted.1 > 0, "the counter counts");
}

#[test]
fn a_value_alone_of_floats_is_found_without_the_exact_twin() {
    let logits = Array2::from_shape_fn((1, 1000), |(_, c)| (c % 17) as f64 / 4.0);
    for dtype in [Dtype::F64, Dtype::F32] {
        let (prediction, target) = (Prediction::logits(&logits), Target::labels(array![7]));
        let case = Case::new("cross_entropy", dtype, Params::new(), prediction, target);
        let case = case.expect("a loss");
        let alone = measure(|| assert!(case.answer_rounded().is_ok())).count_total;
        let whole = measure(|| assert!(case.truth().is_ok())).count_total;
        assert!(alone < 20, "{alone} allocations for the value alone");
        assert!(whole > 1000, "{whole} allocations for the exact one");
    }
}
