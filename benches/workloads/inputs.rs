//! The numbers that the workloads are made of: splitmix64 by index, and basic arithmetic in `f64`, so
//! that a program in any language makes the same bits. Which workload takes which is in `workload`.

use exact_loss::losses::{Prediction, Target};
use ndarray::{ArrayD, CowArray, IxDyn};

use super::float::Real;

/// A prediction and what it is compared with, of one float type.
pub(crate) struct Inputs<F: 'static> {
    pub(crate) prediction: Prediction<'static, F>,
    pub(crate) target: Target<'static, F>,
}

impl<F: Real> Inputs<F> {
    /// The numbers of the prediction in their order; none where it is one of classes.
    pub(crate) fn numbers(&self) -> &[F] {
        match &self.prediction {
            Prediction::Values(_, values) => slice(values),
            Prediction::Classes(_) => &[],
        }
    }

    /// The classes of the prediction; none where it is one of numbers.
    pub(crate) fn classes(&self) -> &[i64] {
        match &self.prediction {
            Prediction::Values(..) => &[],
            Prediction::Classes(classes) => slice(classes),
        }
    }

    /// The labels of the target; none where it has none.
    pub(crate) fn labels(&self) -> &[i64] {
        match &self.target {
            Target::Labels(labels) => slice(labels),
            _ => &[],
        }
    }

    /// The numbers of the target; none where it has none.
    pub(crate) fn targets(&self) -> &[F] {
        match &self.target {
            Target::Values(values) => slice(values),
            _ => &[],
        }
    }

    /// The bytes of both, as they are given.
    pub(crate) fn bytes(&self) -> usize {
        let floats = self.numbers().len() + self.targets().len();
        let integers = self.classes().len() + self.labels().len();
        floats * size_of::<F>() + integers * size_of::<i64>()
    }
}

fn slice<'a, T>(array: &'a CowArray<'_, T, IxDyn>) -> &'a [T] {
    array.as_slice().expect("it was made in order")
}

/// An array of this shape, from numbers in order.
pub(crate) fn array<T>(shape: &[usize], numbers: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(shape, numbers).expect("as many numbers as the shape has")
}

/// Output `index` of splitmix64 that starts from `seed`.
fn mix(seed: u64, index: u64) -> u64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let state = GOLDEN.wrapping_mul(index + 1).wrapping_add(seed);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// A number in (0, 1), the same in both float types.
pub(crate) fn uniform(seed: u64, index: u64) -> f64 {
    ((mix(seed, index) >> 41) as f64 + 0.5) / (1_u64 << 23) as f64
}

/// A number in (0, 1) with all 53 bits.
pub(crate) fn full(seed: u64, index: u64) -> f64 {
    ((mix(seed, index) >> 11) | 1) as f64 / (1_u64 << 53) as f64
}

/// A number that looks normal, of variance 1: the sum of four in [0, 1), centred and scaled.
pub(crate) fn normal(seed: u64, index: u64) -> f64 {
    let (first, second) = (mix(seed, index), mix(seed + 1, index));
    let low = |bits: u64| (bits & 0xFFFF_FFFF) as f64;
    let high = |bits: u64| (bits >> 32) as f64;
    let sum = low(first) + high(first) + low(second) + high(second);
    (sum / (1_u64 << 32) as f64 - 2.0) * 1.732_050_807_568_877_2
}

/// A label of so many classes.
pub(crate) fn label(seed: u64, index: u64, classes: usize) -> i64 {
    ((mix(seed, index) >> 33) % classes as u64) as i64
}

/// Numbers in order, rounded to the type.
pub(crate) fn rounded<F: Real>(count: usize, number: impl Fn(u64) -> f64) -> Vec<F> {
    (0..count as u64).map(|i| F::from_f64(number(i))).collect()
}

/// Labels in order.
pub(crate) fn labels(seed: u64, count: usize, classes: usize) -> Vec<i64> {
    (0..count as u64)
        .map(|index| label(seed, index, classes))
        .collect()
}

/// Rows of probabilities, rounded to the type: fourth powers over their sum, so that most are small.
/// `raise` may change a row before it is divided.
pub(crate) fn distributions<F: Real>(
    seed: u64,
    rows: usize,
    classes: usize,
    raise: impl Fn(usize, &mut [f64]),
) -> Vec<F> {
    let mut all = Vec::with_capacity(rows * classes);
    let mut row = vec![0.0; classes];
    for number in 0..rows {
        for (class, x) in row.iter_mut().enumerate() {
            let square = uniform(seed, (number * classes + class) as u64).powi(2);
            *x = square * square;
        }
        raise(number, &mut row);
        let sum: f64 = row.iter().sum();
        all.extend(row.iter().map(|x| F::from_f64(x / sum)));
    }
    all
}
