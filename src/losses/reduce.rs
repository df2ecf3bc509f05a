//! From the values of the elements to the value of the batch, exactly and in floating point,
//! and the errors of batches that have no mean. What a mean divides by is each loss's own.

use ndarray::Array1;
use num_traits::One;

use super::{Base, Reduction, Value};
use crate::Error;
use crate::exact::{Rational, Real};
use crate::kernel::Float;
use crate::kernel::pair::Pair;
use crate::kernel::sum::Total;

/// The exact value in the base's unit: each element, their sum, or their sum over `divisor`.
pub(super) fn exact(
    values: Vec<Real>,
    reduction: Reduction,
    divisor: &Rational,
    base: Base,
) -> Result<Value<Real>, Error> {
    if reduction == Reduction::None {
        let values: Array1<Real> = values.into_iter().map(|nats| in_base(nats, base)).collect();
        return Ok(Value::PerElement(values.into_dyn()));
    }
    let total = Real::sum(values)?;
    let mean = if divisor.is_one() {
        total
    } else {
        total.scale(&divisor.recip())
    };
    Ok(Value::Reduced(in_base(mean, base)))
}

/// What the number of elements divides: itself for a mean, else 1.
pub(super) fn count(reduction: Reduction, elements: usize) -> Rational {
    match reduction {
        Reduction::Mean => Rational::from_integer(elements.into()),
        Reduction::None | Reduction::Sum => Rational::one(),
    }
}

/// [`count`] for a fast twin.
pub(super) fn count_in_float(reduction: Reduction, elements: usize) -> Total {
    Total::of(Pair::from(match reduction {
        Reduction::Mean => elements as f64,
        Reduction::None | Reduction::Sum => 1.0,
    }))
}

/// A number of nats in the base's unit.
pub(super) fn in_base(nats: Real, base: Base) -> Real {
    match base {
        Base::E => nats,
        Base::Two => nats.in_bits(),
    }
}

/// Collects the values of the elements of a fast twin, in nats, as sums that do not lose
/// accuracy with their number.
pub(super) enum Collector<F> {
    /// Each rounded on its own, in the base's unit.
    Elements(Vec<F>),
    /// All in one sum.
    Total(Total),
}

impl<F: Float> Collector<F> {
    pub(super) fn new(reduction: Reduction, elements: usize) -> Self {
        match reduction {
            Reduction::None => Self::Elements(Vec::with_capacity(elements)),
            Reduction::Sum | Reduction::Mean => Self::Total(Total::ZERO),
        }
    }

    pub(super) fn push(&mut self, value: Total, base: Base) {
        match self {
            Self::Elements(values) => values.push(to_base(value.value(), base).round()),
            Self::Total(total) => total.merge(value),
        }
    }

    /// The value in the base's unit, where a sum is divided by `divisor`.
    pub(super) fn finish(self, divisor: Total, base: Base) -> Value<F> {
        match self {
            Self::Elements(values) => Value::PerElement(Array1::from(values).into_dyn()),
            Self::Total(total) => {
                Value::Reduced(to_base(quotient::<F>(total, divisor), base).round())
            }
        }
    }
}

/// A sum divided by another, for a result of type `F`: beside the rounding to `f32` that of a quotient of `f64` is
/// nothing, and takes a fraction of the time of a quotient of pairs.
#[inline]
pub(super) fn quotient<F: Float>(sum: Total, divisor: Total) -> Pair {
    if size_of::<F>() == size_of::<f64>() {
        return sum.divided_by_total(divisor);
    }
    Pair::from(sum.value().hi / divisor.value().hi)
}

/// A pair in nats, in the base's unit.
pub(super) fn to_base(nats: Pair, base: Base) -> Pair {
    match base {
        Base::E => nats,
        Base::Two => nats * Pair::LOG2_E,
    }
}

/// The error for a mean whose weights sum to zero.
pub(super) fn weights_sum_to_zero(loss: &'static str) -> Error {
    Error::Undefined {
        loss,
        reason: "the weights of the kept rows sum to zero".to_owned(),
    }
}

/// The error for a batch in which every row is ignored.
pub(super) fn every_row_ignored(loss: &'static str) -> Error {
    Error::Undefined {
        loss,
        reason: "every row is ignored".to_owned(),
    }
}
