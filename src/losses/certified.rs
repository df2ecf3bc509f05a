//! The third way to the value of a probabilistic loss: the correctly rounded `f64` at about the cost of
//! a plain loop. Sums with a proven bound are rounded where the bound decides; the exact twin answers
//! where it does not. What is added up is each loss's own, the bounds are in the kernel.

use std::borrow::Cow;

use ndarray::{Array1, ArrayD, ArrayViewD, CowArray, IxDyn};

use super::elements::Elements;
use super::reduce::{count_in_float, to_base};
use super::rows::{ClassRows, contiguous};
use super::{Base, Loss, Parameter, Prediction, Reduction, Space, Target, Value};
use crate::Error;
use crate::exact::rational::float_equal_to;
use crate::kernel::certified::{Sum, Weights};
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
    let value = loss.exact(prediction, target)?;
    value.try_map(|real| real.round::<f64>()?.decided())
}

/// Whether the fast twins read the parameter itself, not a rounded one.
pub(super) fn is_float(parameter: &Parameter) -> bool {
    float_equal_to::<f64>(parameter.exact()).is_some()
}

/// How the sums of rows or elements become values.
pub(super) struct Batching {
    pub(super) reduction: Reduction,
    pub(super) base: Base,
    pub(super) divisor: Pair,
}

impl Batching {
    /// What a sum is multiplied with.
    fn factor(&self) -> Pair {
        to_base(Pair::ONE / self.divisor, self.base)
    }
}

/// Adds up `count` rows or elements of a batch; `add` adds those of one to a sum.
pub(super) fn collect(
    batching: &Batching,
    count: usize,
    shape: &[usize],
    mut add: impl FnMut(usize, &mut Sum),
) -> Option<Value<Option<f64>>> {
    let factor = batching.factor();
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
    // Without a branch: so it is vector code.
    let inside = |x: &f64| (0.0..=1.0).contains(x);
    numbers.iter().fold(true, |all, x| all & inside(x))
}

/// The weights of the outcomes 1 and 0 of an element with a target.
pub(super) enum Shares<W> {
    /// y and 1 − y.
    OfTarget,
    /// What a function gives for each target in turn.
    Weighted(W),
}

/// Adds up −a·ln p − b·ln(1−p) over the elements.
pub(super) fn collect_surprisals(
    elements: &Elements<'_, f64>,
    reduction: Reduction,
    mut shares: Shares<impl FnMut(f64) -> (Pair, Pair)>,
) -> Option<Value<Option<f64>>> {
    let count = elements.values.len();
    let batching = Batching {
        reduction,
        base: Base::E,
        divisor: count_in_float(reduction, count).value(),
    };
    let logits = elements.space == Space::Logits;
    let of_target = matches!(shares, Shares::OfTarget);
    let mut weights = |y: f64| match &mut shares {
        Shares::Weighted(weights) => weights(y),
        Shares::OfTarget => (Pair::from(y), Pair::difference(1.0, y)),
    };
    if reduction == Reduction::None {
        let mut pairs = elements.values.iter().zip(&elements.targets);
        return collect(&batching, count, elements.values.shape(), |_, sum| {
            let Some((&x, &y)) = pairs.next() else { return };
            let (a, b) = weights(y);
            if !in_unit(&[y]) || !logits && !in_unit(&[x]) {
                sum.add_unknown();
            } else if logits {
                sum.add_logit(x, a, b);
            } else {
                sum.add_surprisal(a, x);
                sum.add_complement(b, x);
            }
        });
    }
    let (predictions, targets) = (in_order(&elements.values), in_order(&elements.targets));
    let mut sum = Sum::default();
    if logits && of_target {
        sum.add_logits(Weights::from(&*targets), None, &predictions);
        return Some(Value::Reduced(sum.round(batching.factor())));
    }
    let (mut ones, mut zeros) = (Pairs::default(), Pairs::default());
    for (x, y) in predictions.chunks(RUN).zip(targets.chunks(RUN)) {
        ones.clear();
        zeros.clear();
        for &y in y {
            let (a, b) = weights(y);
            ones.push(a);
            zeros.push(b);
        }
        if !in_unit(y) {
            sum.add_unknown();
        } else if logits {
            sum.add_logits(ones.weights(), Some(zeros.weights()), x);
        } else {
            sum.add_surprisals(ones.weights(), x);
            sum.add_complements(zeros.weights(), x);
        }
    }
    Some(Value::Reduced(sum.round(batching.factor())))
}

/// For how many elements the weights are worked out before they are used.
const RUN: usize = 1024;

/// Pairs, part by part.
#[derive(Default)]
pub(super) struct Pairs {
    hi: Vec<f64>,
    lo: Vec<f64>,
}

impl Pairs {
    pub(super) fn clear(&mut self) {
        self.hi.clear();
        self.lo.clear();
    }

    pub(super) fn push(&mut self, pair: Pair) {
        self.hi.push(pair.hi);
        self.lo.push(pair.lo);
    }

    pub(super) fn weights(&self) -> Weights<'_> {
        Weights {
            hi: &self.hi,
            lo: Some(&self.lo),
        }
    }
}

/// The numbers in the order of their indices, in one piece.
fn in_order<'a>(numbers: &'a ArrayViewD<'_, f64>) -> Cow<'a, [f64]> {
    numbers.as_slice().map_or_else(
        || Cow::Owned(numbers.iter().copied().collect()),
        Cow::Borrowed,
    )
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
