//! From the values of the elements to the value of the batch, exactly and in floating point,
//! and the errors of batches that have no mean. What a mean divides by is each loss's own.

use ndarray::Array1;
use num_traits::One;

use super::{Base, Reduction, Value};
use crate::Error;
use crate::exact::{Rational, Real};

/// The exact value in the base's unit: each element, their sum, or their sum over `divisor`.
pub(super) fn exact(
    values: Vec<Real>,
    reduction: Reduction,
    divisor: &Rational,
    base: Base,
) -> Result<Value<Real>, Error> {
    if reduction == Reduction::None {
        let values = values.into_iter().map(|value| in_base(value, base));
        let values = values.collect::<Result<Array1<Real>, Error>>()?;
        return Ok(Value::PerElement(values.into_dyn()));
    }
    let total = Real::sum(values)?;
    let mean = if divisor.is_one() { total } else { total.scale(&divisor.recip()) };
    in_base(mean, base).map(Value::Reduced)
}

/// A number of nats in the base's unit.
pub(super) fn in_base(nats: Real, base: Base) -> Result<Real, Error> {
    match base {
        Base::E => Ok(nats),
        Base::Two => nats.in_bits(),
    }
}

/// The error for a mean whose weights sum to zero.
pub(super) fn weights_sum_to_zero(loss: &'static str) -> Error {
    Error::Undefined { loss, reason: "the weights of the kept rows sum to zero".to_owned() }
}

/// The error for a batch in which every row is ignored.
pub(super) fn every_row_ignored(loss: &'static str) -> Error {
    Error::Undefined { loss, reason: "every row is ignored".to_owned() }
}
