//! The third way to the value of a probabilistic loss: the correctly rounded `f64` at about the cost of
//! a plain loop. Sums with a proven bound are rounded where the bound decides; the exact twin answers
//! where it does not. What is added up is each loss's own, the bounds are in the kernel.

use ndarray::{Array1, ArrayD, CowArray, IxDyn};

use super::elements::Elements;
use super::reduce::{count_in_float, to_base};
use super::rows::{ClassRows, contiguous};
use super::{Base, Loss, Parameter, Prediction, Reduction, Space, Target, Value};
use crate::Error;
use crate::exact::{Extended, Lift};
use crate::kernel::certified::{LARGEST_EXPONENT, Sum, ln_1p, softplus, softplus_of_both};
use crate::kernel::pair::Pair;

/// A loss whose sums can be certified.
pub(super) trait Certified: Loss + Sized {
    /// The value, or each, as far as its bound decides it; `None` where nothing can be said, as for bad
    /// input.
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>>;

    /// The loss of these rows or elements alone, with nothing reduced.
    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error>;
}

/// The value, correctly rounded.
pub(super) fn rounded<L: Certified>(
    loss: &L,
    prediction: &Prediction<'_, f64>,
    target: &Target<'_, f64>,
) -> Result<Value<f64>, Error> {
    match loss.certify(prediction, target) {
        Some(Value::Reduced(Some(value))) => Ok(Value::Reduced(value)),
        Some(Value::PerElement(values)) => {
            let open: Vec<usize> = (0..)
                .zip(&values)
                .filter_map(|(index, value)| value.is_none().then_some(index))
                .collect();
            let mut exact = Vec::new();
            if !open.is_empty() {
                let (part, prediction, target) = loss.restricted(&open, prediction, target)?;
                exact = exactly(&part, prediction, target)?
                    .iter()
                    .copied()
                    .collect();
            }
            let mut exact = exact.into_iter();
            let filled = values.map(|value| value.or_else(|| exact.next()).unwrap_or(f64::NAN));
            Ok(Value::PerElement(filled))
        }
        _ => exactly(loss, prediction.view(), target.view()),
    }
}

/// The value of the exact twin, rounded.
pub(super) fn exactly<L: Loss>(
    loss: &L,
    prediction: Prediction<'_, f64>,
    target: Target<'_, f64>,
) -> Result<Value<f64>, Error> {
    Ok(match loss.exact(prediction, target)? {
        Value::Reduced(value) => Value::Reduced(value.round::<f64>()?.decided()?),
        Value::PerElement(values) => {
            let rounded: Result<Vec<f64>, Error> = values
                .iter()
                .map(|value| value.round::<f64>()?.decided())
                .collect();
            Value::PerElement(
                ArrayD::from_shape_vec(values.shape(), rounded?)
                    .expect("there is one float for each value"),
            )
        }
    })
}

/// Whether the fast twins read the parameter itself, not a rounded one.
pub(super) fn is_float(parameter: &Parameter) -> bool {
    let float: f64 = parameter.float();
    float.lift() == Some(Extended::Finite(parameter.exact().clone()))
}

/// How the sums of rows or elements become values.
pub(super) struct Batching {
    pub(super) reduction: Reduction,
    pub(super) base: Base,
    pub(super) divisor: Pair,
}

/// Adds up `count` rows or elements of a batch; `add` adds those of one to a sum.
pub(super) fn collect(
    batching: &Batching,
    count: usize,
    shape: &[usize],
    mut add: impl FnMut(usize, &mut Sum),
) -> Option<Value<Option<f64>>> {
    let factor = to_base(Pair::ONE / batching.divisor, batching.base);
    if batching.reduction == Reduction::None {
        let values: Vec<Option<f64>> = (0..count)
            .map(|index| {
                let mut sum = Sum::default();
                add(index, &mut sum);
                sum.round(factor)
            })
            .collect();
        return ArrayD::from_shape_vec(IxDyn(shape), values)
            .ok()
            .map(Value::PerElement);
    }
    let mut sum = Sum::default();
    (0..count).for_each(|index| add(index, &mut sum));
    Some(Value::Reduced(sum.round(factor)))
}

/// Adds up the rows of class probabilities or logits, which `add` is given in one piece.
pub(super) fn collect_rows(
    rows: &ClassRows<'_, f64>,
    batching: &Batching,
    mut add: impl FnMut(usize, &[f64], &mut Sum),
) -> Option<Value<Option<f64>>> {
    let mut copy = Vec::new();
    collect(batching, rows.len(), &[rows.len()], |index, sum| {
        let row = rows.values.row(index);
        add(index, contiguous(&row, &mut copy), sum);
    })
}

/// Whether all are in [0, 1].
pub(super) fn in_unit(numbers: &[f64]) -> bool {
    numbers.iter().all(|x| (0.0..=1.0).contains(x))
}

/// Adds up −a·ln p − b·ln(1−p) over the elements, with the weights that `weights` gives for each
/// target in turn.
pub(super) fn collect_surprisals(
    elements: &Elements<'_, f64>,
    reduction: Reduction,
    mut weights: impl FnMut(f64) -> (Pair, Pair),
) -> Option<Value<Option<f64>>> {
    let count = elements.values.len();
    let batching = Batching {
        reduction,
        base: Base::E,
        divisor: count_in_float(reduction, count).value(),
    };
    let mut pairs = elements.values.iter().zip(&elements.targets);
    let logits = elements.space == Space::Logits;
    collect(&batching, count, elements.values.shape(), |_, sum| {
        let Some((&x, &y)) = pairs.next() else { return };
        let (a, b) = weights(y);
        if !(0.0..=1.0).contains(&y) {
            sum.add_unknown();
        } else if logits {
            add_of_logit(x, a, b, sum);
        } else if !(0.0..=1.0).contains(&x) {
            sum.add_unknown();
        } else {
            sum.add_surprisal(a, x);
            add_complement(x, b, sum);
        }
    })
}

/// −b·ln(1−p) for 0 ≤ p ≤ 1.
fn add_complement(p: f64, b: Pair, sum: &mut Sum) {
    if b.hi == 0.0 {
        return;
    }
    if p == 1.0 {
        sum.add_infinity();
    } else if p <= 0.5 {
        sum.add_product(-ln_1p(Pair::from(-p)), b);
    } else {
        // 1 − p is a float.
        sum.add_surprisal(b, 1.0 - p);
    }
}

/// a·ln(1+e⁻ˣ) + b·ln(1+eˣ).
fn add_of_logit(x: f64, a: Pair, b: Pair, sum: &mut Sum) {
    if x.is_nan() {
        sum.add_unknown();
    }
    if a.hi != 0.0 && b.hi != 0.0 && x.abs() <= LARGEST_EXPONENT {
        let (of_zero, of_one) = softplus_of_both(x);
        sum.add_product(of_one, a);
        sum.add_product(of_zero, b);
        return;
    }
    for (x, weight) in [(-x, a), (x, b)] {
        if weight.hi == 0.0 {
            continue;
        }
        if x == f64::INFINITY {
            sum.add_infinity();
        } else if (-600.0..1e100).contains(&x) {
            sum.add_product(softplus(x), weight);
        } else if x != f64::NEG_INFINITY {
            sum.add_unknown();
        }
    }
}

/// The elements with these indices, in a vector.
pub(super) fn selected(
    which: &[usize],
    prediction: &Prediction<'_, f64>,
    target: &Target<'_, f64>,
) -> (Prediction<'static, f64>, Target<'static, f64>) {
    let pick = |values: &CowArray<'_, f64, IxDyn>| {
        let flat: Vec<f64> = values.iter().copied().collect();
        let picked: Array1<f64> = which.iter().map(|&index| flat[index]).collect();
        picked.into_dyn().into()
    };
    let prediction = match prediction {
        Prediction::Values(space, values) => Prediction::Values(*space, pick(values)),
        Prediction::Classes(_) => prediction.select_rows(which),
    };
    let target = match target {
        Target::Values(values) => Target::Values(pick(values)),
        _ => target.select_rows(which),
    };
    (prediction, target)
}
