//! Batches of rows of class probabilities or logits, [N, C], with their targets: the checks,
//! and the loops over the rows that the losses of such batches share. What is done with one row
//! is each loss's own.

mod slices;
mod table;

pub(super) use slices::in_slices;
pub(super) use table::{Table, TableMut};

use std::sync::OnceLock;

use ndarray::{Array2, ArrayD, ArrayView1};
use num_traits::{One, Zero};

use super::input::{
    Domain, Prediction, Space, Target, empty_batch, lift_element, vector, wrong_shape, wrong_space,
    wrong_target,
};
use super::reduce::{Collector, every_row_ignored, in_base, to_base};
use super::{Base, Reduction, Scalar, Value};
use crate::Error;
use crate::exact::{Distribution, Extended, Lift, Rational, Real};
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// A batch of rows of class probabilities or logits, [N, C] with N ≥ 1 and C ≥ 1.
pub(super) struct ClassRows<'a, T> {
    pub(super) space: Space,
    pub(super) values: Table<'a, T>,
    domain: Domain,
    /// The distributions of the rows, once they were asked for: a value and its gradient share them.
    distributions: OnceLock<Vec<OnceLock<Distribution>>>,
}

impl<'a, T> ClassRows<'a, T> {
    /// The rows of a prediction in probabilities of this domain, or in logits.
    #[inline]
    pub(super) fn new(
        loss: &'static str,
        prediction: &'a Prediction<'_, T>,
        probabilities: Domain,
    ) -> Result<Self, Error> {
        let (Space::Probabilities | Space::Logits, Prediction::Values(space, values)) =
            (prediction.space(), prediction)
        else {
            return Err(wrong_space(
                loss,
                prediction.space(),
                "probabilities or logits",
            ));
        };
        let rows = Table::of(space.name(), values)?;
        let (count, classes) = rows.dim();
        if count == 0 {
            return Err(empty_batch(loss));
        }
        if classes == 0 {
            let wanted = "[N, C] with at least one class";
            return Err(wrong_shape(space.name(), values.shape(), wanted));
        }
        let domain = if *space == Space::Logits {
            Domain::Extended
        } else {
            probabilities
        };
        Ok(Self {
            space: *space,
            values: rows,
            domain,
            distributions: OnceLock::new(),
        })
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.values.dim().0
    }

    /// The number of classes.
    pub(super) fn classes(&self) -> usize {
        self.values.dim().1
    }

    /// The exact distribution that one row gives.
    pub(super) fn distribution(
        &self,
        loss: &'static str,
        row: usize,
    ) -> Result<&Distribution, Error>
    where
        T: Lift,
    {
        let unknown = || (0..self.len()).map(|_| OnceLock::new()).collect();
        let known = &self.distributions.get_or_init(unknown)[row];
        if let Some(distribution) = known.get() {
            return Ok(distribution);
        }
        let elements = self.values.row(row);
        let source = (loss, self.space, self.domain);
        let made = distribution(source, elements.iter(), &[row])?;
        Ok(known.get_or_init(|| made))
    }

    /// The error that [`ClassRows::distribution`] gives for a row, for a fast twin that has
    /// found the row to be bad.
    pub(super) fn error(&self, loss: &'static str, row: usize) -> Error
    where
        T: Lift,
    {
        self.distribution(loss, row)
            .err()
            .unwrap_or_else(|| Error::Undefined {
                loss,
                reason: format!("row {row} has no distribution in floating point"),
            })
    }
}

/// The exact distribution that a row of probabilities of this domain, or of logits, gives. The
/// row has this index.
pub(super) fn distribution<'t, T: Lift + 't>(
    (loss, space, domain): (&'static str, Space, Domain),
    elements: impl Iterator<Item = &'t T>,
    row: &[usize],
) -> Result<Distribution, Error> {
    let mut lifted = Vec::new();
    for (c, x) in elements.enumerate() {
        lifted.push(lift_element(
            space.name(),
            || [row, &[c]].concat(),
            x,
            domain,
        )?);
    }
    match space {
        Space::Logits => Distribution::softmax(&lifted).ok_or_else(|| Error::Undefined {
            loss,
            reason: format!("row {row:?} of the logits is all -inf, or has two that are +inf"),
        }),
        _ => Ok(Distribution::from_probabilities(
            lifted
                .into_iter()
                .filter_map(Extended::into_finite)
                .collect(),
        )),
    }
}

/// What the rows of a [`ClassRows`] are compared with.
pub(super) enum ClassTarget<'a, T> {
    /// One class a row; `None` where the row is ignored.
    Labels(Labels<'a>),
    /// The weights of the classes for each row, as a rule a distribution.
    Soft(Table<'a, T>, Domain),
}

/// Checked labels.
pub(super) struct Labels<'a> {
    labels: ArrayView1<'a, i64>,
    ignore: Option<i64>,
}

impl Labels<'_> {
    /// The number of rows that are not ignored.
    pub(super) fn kept(&self) -> usize {
        match self.ignore {
            None => self.labels.len(),
            Some(ignored) => self
                .labels
                .iter()
                .filter(|&&label| label != ignored)
                .count(),
        }
    }

    /// The class of a row; `None` where it is ignored.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<usize> {
        let label = self.labels[row];
        if self.ignore == Some(label) {
            None
        } else {
            usize::try_from(label).ok()
        }
    }
}

impl<'a, T> ClassTarget<'a, T> {
    /// Checks a target against rows of shape [N, C].
    #[inline]
    pub(super) fn new(
        loss: &'static str,
        target: &'a Target<'_, T>,
        (rows, classes): (usize, usize),
        ignore: Option<i64>,
        soft: Domain,
    ) -> Result<Self, Error> {
        match target {
            Target::None => Err(wrong_target(loss, target, "labels [N] or targets [N, C]")),
            Target::Labels(labels) => {
                let labels = vector("labels", labels, "[N]")?;
                if labels.len() != rows {
                    let wanted = format!("[{rows}]");
                    return Err(wrong_shape("labels", labels.shape(), wanted));
                }
                check_labels(labels, classes, ignore)?;
                if ignore.is_some() && labels.iter().all(|&label| ignore == Some(label)) {
                    return Err(every_row_ignored(loss));
                }
                Ok(Self::Labels(Labels { labels, ignore }))
            }
            Target::Values(values) => {
                let table = Table::of("targets", values)?;
                if table.dim() != (rows, classes) {
                    let wanted = format!("[{rows}, {classes}]");
                    return Err(wrong_shape("targets", values.shape(), wanted));
                }
                Ok(Self::Soft(table, soft))
            }
        }
    }
}

impl<T> ClassTarget<'_, T> {
    /// The target of one row as an exact distribution over the classes, one-hot for a label;
    /// `None` where the row is ignored.
    pub(super) fn distribution(
        &self,
        row: usize,
        classes: usize,
    ) -> Result<Option<Vec<Rational>>, Error>
    where
        T: Lift,
    {
        match self {
            Self::Labels(labels) => Ok(labels.get(row).map(|label| {
                let mut one_hot = vec![Rational::zero(); classes];
                one_hot[label] = Rational::one();
                one_hot
            })),
            Self::Soft(targets, domain) => {
                let row_of_targets = targets.row(row);
                let elements = row_of_targets.iter().enumerate();
                let lifted = elements.map(|(c, q)| {
                    let q = lift_element("targets", || vec![row, c], q, *domain)?;
                    Ok(q.into_finite().unwrap_or_else(Rational::zero))
                });
                lifted.collect::<Result<_, Error>>().map(Some)
            }
        }
    }
}

#[inline]
fn check_labels(
    labels: ArrayView1<'_, i64>,
    classes: usize,
    ignore: Option<i64>,
) -> Result<(), Error> {
    let in_range = |label: i64| usize::try_from(label).is_ok_and(|label| label < classes);
    // One pass without branches, which is the usual end: whether anything is negative, labels or what they leave
    // of the last class.
    let last = i64::try_from(classes - 1).unwrap_or(i64::MAX);
    let signs = |signs: i64, &label: &i64| signs | label | last.wrapping_sub(label);
    let signs = match labels.as_slice() {
        Some(labels) => labels.iter().fold(0, signs),
        None => labels.iter().fold(0, signs),
    };
    if signs >= 0 {
        return Ok(());
    }
    match labels
        .iter()
        .position(|&label| !in_range(label) && ignore != Some(label))
    {
        None => Ok(()),
        Some(row) => Err(Error::Element {
            argument: "labels",
            index: vec![row],
            got: labels[row].to_string(),
            wanted: match ignore {
                None => format!("a class in 0..{classes}"),
                Some(ignored) => format!("a class in 0..{classes}, or {ignored}, which is ignored"),
            },
        }),
    }
}

/// Writes each row's exact derivatives, over the divisor and in the base's unit, into a
/// gradient. A row without derivatives has a gradient of 0.
pub(super) fn exact_gradient<T: Lift>(
    rows: &ClassRows<'_, T>,
    base: Base,
    divisor: &Rational,
    mut derivatives: impl FnMut(usize) -> Result<Option<Vec<Real>>, Error>,
) -> Result<ArrayD<Real>, Error> {
    let scale = divisor.recip();
    let mut gradient = Array2::from_elem(rows.values.dim(), Real::zero());
    for (row, mut components) in gradient.rows_mut().into_iter().enumerate() {
        for (component, derivative) in components
            .iter_mut()
            .zip(derivatives(row)?.into_iter().flatten())
        {
            *component = in_base(derivative.scale(&scale), base);
        }
    }
    Ok(gradient.into_dyn())
}

/// How the values of rows become the value of the batch, in floating point.
pub(super) struct Batching {
    pub(super) reduction: Reduction,
    pub(super) base: Base,
    pub(super) divisor: Total,
}

/// The gradient that is wanted of a row, as the factor of the batch and where to write.
pub(super) type WantedGradient<'a, F> = Option<(f64, &'a mut [F])>;

/// Evaluates each row in floating point. `row` gets the index, the elements, and the gradient
/// that is wanted, which it fills; it answers with a value in nats.
pub(super) fn fast<F: Scalar>(
    rows: &ClassRows<'_, F>,
    batching: Batching,
    mut gradient: Option<TableMut<'_, F>>,
    mut row: impl FnMut(usize, &[F], WantedGradient<'_, F>) -> Result<Total, Error>,
) -> Result<Value<F>, Error> {
    let Batching {
        reduction,
        base,
        divisor,
    } = batching;
    let scale = to_base(Pair::ONE / divisor.value(), base).round::<f64>();
    let mut values = Collector::new(reduction, rows.len());
    let mut copy = Vec::new();
    let mut components = vec![F::ZERO; gradient.as_ref().map_or(0, |_| rows.classes())];
    for index in 0..rows.len() {
        let elements = rows.values.row(index);
        let elements = contiguous(&elements, &mut copy);
        let wanted = gradient.as_ref().map(|_| (scale, &mut components[..]));
        values.push(row(index, elements, wanted)?, base);
        if let Some(gradient) = &mut gradient {
            let row = gradient.rows_mut(index..index + 1);
            row.into_iter()
                .zip(&components)
                .for_each(|(to, from)| *to = *from);
        }
    }
    Ok(values.finish(divisor, base))
}

/// The elements of a row in one piece: the row itself where it lies so, else a copy of it.
pub(super) fn contiguous<'a, T: Copy>(row: &'a ArrayView1<'_, T>, copy: &'a mut Vec<T>) -> &'a [T] {
    match row.as_slice() {
        Some(elements) => elements,
        None => {
            copy.clear();
            copy.extend(row);
            copy
        }
    }
}
