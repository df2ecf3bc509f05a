//! What the tests of losses over rows of classes share: building batches, and measuring both
//! twins against each other.

use exact_loss::exact::rational::{parse_extended, parse_rational};
use exact_loss::exact::round::ulp;
use exact_loss::exact::{Extended, Format, Lift, Rational, Real, UlpError};
use exact_loss::losses::{Loss, Prediction, Scalar, Space, Target};
use ndarray::{Array1, Array2, ArrayD};
use num_traits::ToPrimitive;

/// Rows between semicolons, of numbers as the oracle reads them.
pub(super) fn rows(text: &str) -> Array2<Extended> {
    let rows: Vec<Vec<Extended>> = text
        .split(';')
        .map(|row| {
            row.split_whitespace()
                .map(|x| parse_extended(x).unwrap())
                .collect()
        })
        .collect();
    let shape = (rows.len(), rows[0].len());
    Array2::from_shape_vec(shape, rows.into_iter().flatten().collect()).unwrap()
}

pub(super) fn rational(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

pub(super) fn ln(text: &str) -> Real {
    Real::ln(&rational(text)).unwrap()
}

/// The exact value of a batch that is reduced.
pub(super) fn exact<T: Lift>(
    loss: &impl Loss,
    prediction: Prediction<'_, T>,
    target: Target<'_, T>,
) -> Real {
    loss.exact(prediction, target).unwrap().reduced().unwrap()
}

/// The upper end of the error of a float, in ulps of the exact value.
pub(super) fn ulps<F: Format>(got: F, exact: &Real) -> f64 {
    match exact.ulp_error(got).unwrap() {
        UlpError::Ulps { upper, .. } => upper.to_f64().unwrap(),
        other => panic!("{other:?} for {exact}"),
    }
}

/// A prediction of floats in a space of rows.
pub(super) fn prediction<T: Clone>(space: Space, values: &Array2<T>) -> Prediction<'_, T> {
    Prediction::Values(space, values.view().into_dyn().into())
}

/// The largest error of the fast gradient beyond the absolute slack of each component, in ulps.
pub(super) fn gradient_error_beyond<F: Scalar + Format>(
    loss: &impl Loss,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
    slack: &ArrayD<f64>,
) -> f64 {
    let exact = loss
        .exact_with_gradient(prediction.view(), target.view())
        .unwrap()
        .gradient;
    let fast = loss
        .fast_with_gradient(prediction.view(), target.view())
        .unwrap()
        .gradient;
    let beyond = fast.indexed_iter().map(|(index, got)| {
        let centre = exact[&index]
            .enclose_absolute(1200)
            .unwrap()
            .lower()
            .unwrap();
        let allowed = slack[&index] / ulp::<F>(&centre).to_f64().unwrap();
        ulps(*got, &exact[&index]) - allowed
    });
    beyond.fold(0.0, f64::max)
}

/// Labels as a target.
pub(super) fn labels<T: Clone>(labels: &[i64]) -> Target<'static, T> {
    Target::labels(Array1::from(labels.to_vec()))
}
