//! Batches of rows for the kernels that work on many rows at once: contiguous arrays as they
//! lie, other views in copies of a few rows. The arithmetic lives in the kernels.

use super::super::reduce::{quotient, to_base};
use super::super::{Reduction, Scalar, Value};
use super::{Batching, ClassRows, Table, TableMut};
use crate::Error;
use crate::kernel::log_sum_exp::Scale;
use crate::kernel::pair::Pair;
use crate::kernel::parallel::rows_in_chunk;
use crate::kernel::row_terms::Batch;
use crate::kernel::sum::Total;

/// Evaluates all rows. `kernel` answers with the sum of the values of the rows, in nats.
///
/// The rows of contiguous arrays come in one call, others in pieces as large as the chunks that
/// a kernel works on, so that the bits are the same.
#[inline]
pub(in crate::losses) fn in_slices<F: Scalar>(
    rows: &ClassRows<'_, F>,
    targets: Option<&Table<'_, F>>,
    batching: Batching,
    mut gradient: Option<TableMut<'_, F>>,
    mut kernel: impl FnMut(Batch<'_, F>) -> Result<Total, Error>,
) -> Result<Value<F>, Error> {
    let Batching {
        reduction,
        base,
        divisor,
    } = batching;
    let scale = Scale {
        values: to_base(Pair::ONE, base),
        // A quotient of pairs takes a while, beside which a small batch is nothing.
        gradient: match gradient {
            Some(_) => to_base(quotient::<F>(Total::of(Pair::ONE), divisor), base),
            None => Pair::ONE,
        },
    };
    let mut values = match reduction {
        Reduction::None => Some(vec![F::ZERO; rows.len()]),
        Reduction::Sum | Reduction::Mean => None,
    };
    let contiguous = (
        rows.values.as_slice(),
        targets.map_or(Some([].as_slice()), Table::as_slice),
        gradient.as_mut().map(TableMut::as_slice_mut),
    );
    let total = match contiguous {
        (Some(prediction), Some(targets), gradient @ (None | Some(Some(_)))) => kernel(Batch {
            first: 0,
            classes: rows.classes(),
            prediction,
            targets,
            scale,
            values: values.as_deref_mut(),
            gradient: gradient.flatten(),
        })?,
        _ => {
            let values = values.as_deref_mut();
            in_copies(&rows.values, targets, gradient, values, scale, kernel)?
        }
    };
    Ok(match values {
        Some(values) => Value::PerElement(ndarray::Array1::from(values).into_dyn()),
        None => Value::Reduced(to_base(quotient::<F>(total, divisor), base).round()),
    })
}

/// Evaluates the rows in copies of one chunk each.
fn in_copies<F: Scalar>(
    prediction: &Table<'_, F>,
    targets: Option<&Table<'_, F>>,
    mut gradient: Option<TableMut<'_, F>>,
    mut values: Option<&mut [F]>,
    scale: Scale,
    mut kernel: impl FnMut(Batch<'_, F>) -> Result<Total, Error>,
) -> Result<Total, Error> {
    let (count, classes) = prediction.dim();
    let chunk = rows_in_chunk(classes);
    let mut total = Total::ZERO;
    let (mut x, mut q, mut g) = (Vec::new(), Vec::new(), Vec::new());
    for first in (0..count).step_by(chunk) {
        let rows = first..count.min(first + chunk);
        x.clear();
        x.extend(prediction.rows(rows.clone()).flatten());
        if let Some(targets) = targets {
            q.clear();
            q.extend(targets.rows(rows.clone()).flatten());
        }
        if gradient.is_some() {
            g.resize(x.len(), F::ZERO);
        }
        let sum = kernel(Batch {
            first,
            classes,
            prediction: &x,
            targets: &q,
            scale,
            values: values
                .as_deref_mut()
                .map(|values| &mut values[rows.clone()]),
            gradient: gradient.as_ref().map(|_| &mut g[..]),
        })?;
        total.merge(sum);
        if let Some(gradient) = &mut gradient {
            let to = gradient.rows_mut(rows);
            to.into_iter().zip(&g).for_each(|(to, from)| *to = *from);
        }
    }
    Ok(total)
}
