//! How far a fast twin is from its exact twin, and the inputs to ask it of: extremes, numbers
//! spread over the exponents, and a fixed random sequence.

use exact_loss::exact::{Format, Rational, Real, UlpError};
use exact_loss::kernel::Float;
use exact_loss::losses::{Loss, Prediction, Scalar, Target};

/// The largest errors of one call, in ulps, as upper ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errors {
    pub(crate) value: Rational,
    pub(crate) gradient: Rational,
}

/// Measures the fast twin in the type F against the exact twin.
///
/// # Panics
/// Where the fast twin is infinite or NaN and the exact one is not, or one of them fails.
pub(crate) fn errors<F: Scalar + Format>(
    loss: &impl Loss,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
) -> Errors {
    let exact = (loss.exact_with_gradient(prediction.view(), target.view()))
        .unwrap_or_else(|error| panic!("{prediction:?}, {target:?}: {error}"));
    let fast = (loss.fast_with_gradient(prediction.view(), target.view()))
        .unwrap_or_else(|error| panic!("{prediction:?}, {target:?}: {error}"));
    let alone = loss
        .fast(prediction.view(), target.view())
        .expect("the pair has a value");
    assert!(
        alone
            .iter()
            .zip(fast.value.iter())
            .all(|(alone, pair)| alone.bits() == pair.bits()),
        "the value alone and with the gradient have the same bits"
    );
    assert_eq!(exact.gradient.shape(), fast.gradient.shape());
    let largest = |exact: &mut dyn Iterator<Item = &Real>, fast: &mut dyn Iterator<Item = &F>| {
        let mut largest = Rational::default();
        for (exact, &got) in exact.zip(fast) {
            let error = exact.ulp_error(got).expect("the value can be enclosed");
            let UlpError::Ulps { upper, .. } = error else {
                panic!("{prediction:?}, {target:?}: got {got}, the value is {exact}");
            };
            largest = largest.max(upper);
        }
        largest
    };
    Errors {
        value: largest(&mut exact.value.iter(), &mut fast.value.iter()),
        gradient: largest(&mut exact.gradient.iter(), &mut fast.gradient.iter()),
    }
}

/// A number as a float, for a message.
pub(crate) fn shown(number: &Rational) -> f64 {
    exact_loss::exact::rational::nearest(number)
}

/// n/d.
pub(crate) fn rational(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

/// Logits at the extremes, of both signs, without the infinities.
pub(crate) fn extreme_logits<F: Float>() -> Vec<F> {
    let sizes = [
        0.0, 1e-30, 1e-8, 0.25, 0.5, 1.0, 2.0, 5.0, 17.0, 20.0, 36.7, 37.5, 50.1, 54.01, 88.5,
        103.97, 120.0, 350.0, 700.0, 709.5, 744.4, 750.0, 1e4, 1e30,
    ];
    let mut logits: Vec<F> = sizes
        .iter()
        .flat_map(|&x| [F::from_f64(x), F::from_f64(-x)])
        .collect();
    logits.extend([F::MIN_POSITIVE, -F::MIN_POSITIVE, F::EPSILON, -F::EPSILON]);
    logits
}

/// Probabilities at the extremes, 0 and 1 included.
pub(crate) fn extreme_probabilities<F: Float>() -> Vec<F> {
    let mut probabilities: Vec<F> = [
        0.0, 1e-37, 1e-30, 1e-20, 1e-7, 0.01, 0.1, 0.2032, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.99,
        1.0,
    ]
    .map(F::from_f64)
    .to_vec();
    let half = F::from_f64(0.5);
    probabilities.extend([
        F::MIN_POSITIVE,
        F::MIN_POSITIVE * F::EPSILON,
        F::ONE - F::EPSILON,
        F::ONE - F::EPSILON * half,
        half - F::EPSILON * half * half,
        half + F::EPSILON * half,
    ]);
    probabilities
}

/// Targets of every kind.
pub(crate) fn targets<F: Float>() -> Vec<F> {
    let mut targets: Vec<F> = [0.0, 1.0, 0.5, 0.9, 0.1, 1.103_136_4e-7]
        .map(F::from_f64)
        .to_vec();
    targets.extend([F::MIN_POSITIVE, F::ONE - F::EPSILON * F::from_f64(0.5)]);
    targets
}

/// A fixed sequence of numbers in [0, 1), by a linear congruential generator.
pub(crate) fn random() -> impl Iterator<Item = f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    core::iter::from_fn(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 11) as f64 * (0.5_f64).powi(53))
    })
}
