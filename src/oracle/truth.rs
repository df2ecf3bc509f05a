//! The right answer to a case, exactly: what the exact twin says, rounded only when it is asked
//! for. How an answer is compared with it is in `judge`.

use core::cmp::Ordering;
use core::fmt::Write;
use std::sync::OnceLock;

use ndarray::ArrayD;

use super::case::finite_or_zero;
use super::dtype::as_float;
use super::{Case, Dtype, Number};
use crate::Error;
use crate::claims::Claim;
use crate::exact::rational::from_dyadic;
use crate::exact::{Enclosure, Extended, Real};
use crate::losses::{DynLoss, Evaluation, Prediction, Space, Target, Value};

/// What a case's answer should say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// There is a value.
    Ok,
    /// The definition gives no value.
    Undefined,
    /// The value was not found within the stated limits.
    Undecided,
    /// The case is not one.
    Invalid,
}

impl Status {
    /// The word in the oracle's lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Undefined => "undefined",
            Self::Undecided => "undecided",
            Self::Invalid => "invalid",
        }
    }

    /// The status of a case that ends with this error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Undefined { .. } | Error::NotANumber { .. } => Self::Undefined,
            Error::Undecided { .. } => Self::Undecided,
            _ => Self::Invalid,
        }
    }
}

/// The right answer to a case.
#[derive(Debug, Clone)]
pub struct Truth {
    /// The value.
    pub value: Value<Real>,
    /// One gradient with respect to the prediction; `None` where there is none.
    pub gradient: Option<ArrayD<Real>>,
    /// Whether it is the only one.
    pub is_unique: bool,
    dtype: Dtype,
    in_f64: InF64,
}

/// The numbers of a truth in the nearest `f64`, in their order, once they are asked for: from these come
/// the answer in any type, and the condition.
#[derive(Debug, Clone, Default)]
struct InF64 {
    value: OnceLock<Vec<Result<f64, Error>>>,
    gradient: OnceLock<Vec<Result<f64, Error>>>,
}

impl Case {
    /// The right answer.
    ///
    /// # Errors
    /// Those of the exact twin. [`Status::of`] says what they mean for the case.
    pub fn truth(&self) -> Result<Truth, Error> {
        let loss = self.loss()?;
        self.truth_by(&*loss)
    }

    /// [`Case::truth`] by a loss that is not built from the parameters of the case.
    ///
    /// # Errors
    /// As [`Case::truth`].
    pub fn truth_by(&self, loss: &dyn DynLoss) -> Result<Truth, Error> {
        if self.prediction.shape().first() == Some(&0) {
            return Err(empty_batch(self.entry.name));
        }
        if self.has_nan() {
            // A number that is not read, as in an ignored row, may be NaN.
            let Evaluation { value, gradient } =
                loss.evaluate_exact_numbers(self.prediction.view(), self.target.view())?;
            return Ok(Truth {
                value,
                gradient: Some(gradient),
                is_unique: true,
                dtype: self.dtype,
                in_f64: InF64::default(),
            });
        }
        let (prediction, target) = self.numbers();
        let value_alone = || {
            Ok((
                loss.value_exact(prediction.view(), target.view())?,
                None,
                true,
            ))
        };
        let (value, gradient, is_unique) = match &prediction {
            Prediction::Classes(_) => value_alone()?,
            Prediction::Values(..) => {
                match loss.evaluate_exact_with_uniqueness(prediction.view(), target.view()) {
                    Ok((Evaluation { value, gradient }, is_unique)) => {
                        (value, Some(gradient), is_unique)
                    }
                    // There may be a value where the gradient has no limit.
                    Err(Error::Undefined { .. }) => value_alone()?,
                    Err(other) => return Err(other),
                }
            }
        };
        Ok(Truth {
            value,
            gradient,
            is_unique,
            dtype: self.dtype,
            in_f64: InF64::default(),
        })
    }

    /// The right answer without its gradient, as that of [`Case::truth_by`].
    pub(super) fn truth_of_value_by(&self, loss: &dyn DynLoss) -> Result<Truth, Error> {
        if self.has_nan() || self.prediction.shape().first() == Some(&0) {
            return self.truth_by(loss);
        }
        let (prediction, target) = self.numbers();
        Ok(Truth {
            value: loss.value_exact(prediction.view(), target.view())?,
            gradient: None,
            is_unique: true,
            dtype: self.dtype,
            in_f64: InF64::default(),
        })
    }

    /// Prediction and target of a case without NaN.
    pub(super) fn numbers(&self) -> (Prediction<'static, Extended>, Target<'static, Extended>) {
        (
            self.prediction.map(finite_or_zero),
            self.target.map(finite_or_zero),
        )
    }
}

impl Truth {
    /// The value, correctly rounded to the type of the case, held in an `f64`.
    ///
    /// # Errors
    /// [`Error::Undecided`] where the nearest float is not found within the cap.
    pub fn value(&self) -> Result<Value<f64>, Error> {
        let rounded = self.rounded(self.value.iter(), self.value_in_f64())?;
        Ok(match &self.value {
            Value::Reduced(_) => Value::Reduced(rounded[0]),
            Value::PerElement(reals) => Value::PerElement(shaped(rounded, reals.shape())),
        })
    }

    /// The gradient, correctly rounded to the type of the case, held in an `f64`.
    ///
    /// # Errors
    /// [`Error::Undecided`] where the nearest float is not found within the cap.
    pub fn gradient(&self) -> Result<Option<ArrayD<f64>>, Error> {
        let Some(gradient) = &self.gradient else {
            return Ok(None);
        };
        let rounded = self.rounded(gradient.iter(), self.gradient_in_f64())?;
        Ok(Some(shaped(rounded, gradient.shape())))
    }

    fn value_in_f64(&self) -> &[Result<f64, Error>] {
        let in_f64 = || {
            self.value
                .iter()
                .map(|real| Dtype::F64.round(real))
                .collect()
        };
        self.in_f64.value.get_or_init(in_f64)
    }

    fn gradient_in_f64(&self) -> &[Result<f64, Error>] {
        let reals = self.gradient.iter().flatten();
        let in_f64 = || reals.map(|real| Dtype::F64.round(real)).collect();
        self.in_f64.gradient.get_or_init(in_f64)
    }

    /// Reals in the type of the case, from what they are in `f64` where that tells.
    fn rounded<'a>(
        &self,
        reals: impl Iterator<Item = &'a Real>,
        in_f64: &[Result<f64, Error>],
    ) -> Result<Vec<f64>, Error> {
        let numbers = reals.zip(in_f64).map(|(real, wide)| match wide {
            Err(error) if self.dtype.precision() == Dtype::F64.precision() => Err(error.clone()),
            Err(_) => self.dtype.round(real),
            Ok(wide) => match self.dtype.narrow(*wide) {
                Some(number) => Ok(number),
                None => self.dtype.round(real),
            },
        });
        numbers.collect()
    }

    /// The sum Σ|xᵢ ∂ᵢf| for the value, or for each where nothing is reduced, to about 15 digits:
    /// how large a change a relative change of the prediction makes. `None` where there is no gradient.
    ///
    /// # Errors
    /// [`Error::Undecided`] where a number is not found within the cap.
    pub fn sensitivity(&self, case: &Case) -> Result<Option<Value<f64>>, Error> {
        let Prediction::Values(_, inputs) = &case.prediction else {
            return Ok(None);
        };
        self.sensitivity_to(inputs.iter().cloned())
    }

    /// [`Truth::sensitivity`] of the same function of numbers that do not exceed 0, where a number
    /// may be added to the logits of a row: those less the largest of their row. A large logit that
    /// is common to a row does not make its loss ill-conditioned.
    ///
    /// # Errors
    /// As [`Truth::sensitivity`].
    pub fn least_sensitivity(&self, case: &Case) -> Result<Option<Value<f64>>, Error> {
        let inputs = match &case.prediction {
            Prediction::Values(Space::Logits, inputs)
                if case.entry.claims.contains(&Claim::ShiftInvariant) =>
            {
                inputs
            }
            _ => return self.sensitivity(case),
        };
        let classes = inputs.shape().last().copied().unwrap_or(1).max(1);
        let inputs: Vec<&Number> = inputs.iter().collect();
        let shifted = inputs.chunks(classes).flat_map(|row| {
            let finite = row.iter().filter_map(|x| x.as_ref()?.finite());
            let largest = finite.max().cloned().unwrap_or_default();
            row.iter().map(move |x| match x {
                Some(Extended::Finite(x)) => Some(Extended::Finite(x - &largest)),
                other => (*other).clone(),
            })
        });
        self.sensitivity_to(shifted)
    }

    /// Σ|xᵢ ∂ᵢf| for these numbers x.
    fn sensitivity_to(
        &self,
        inputs: impl Iterator<Item = Number>,
    ) -> Result<Option<Value<f64>>, Error> {
        let Some(gradient) = &self.gradient else {
            return Ok(None);
        };
        let mut terms = Vec::with_capacity(gradient.len());
        let rounded = self.gradient_in_f64();
        for ((x, slope), rounded) in inputs.zip(gradient).zip(rounded) {
            terms.push(term(&x, slope, rounded)?);
        }
        Ok(Some(match &self.value {
            Value::Reduced(_) => Value::Reduced(terms.iter().sum()),
            Value::PerElement(values) => {
                let of_each = (terms.len() / values.len().max(1)).max(1);
                let mut sums = terms.chunks(of_each).map(|terms| terms.iter().sum());
                Value::PerElement(values.map(|_| sums.next().unwrap_or_default()))
            }
        }))
    }

    /// The condition Σ|xᵢ ∂ᵢf|/|f| of the value, or of each where nothing is reduced, to about
    /// 15 digits: how much larger, relative to the value, a relative change of the prediction comes
    /// out. 0 where value and sum are 0. `None` where there is no gradient.
    ///
    /// # Errors
    /// [`Error::Undecided`] where a number is not found within the cap.
    pub fn condition(&self, case: &Case) -> Result<Option<Value<f64>>, Error> {
        let Some(sums) = self.sensitivity(case)? else {
            return Ok(None);
        };
        let mut sums = sums.iter();
        let mut values = self.value_in_f64().iter().cloned();
        self.value
            .try_map(|_| {
                let value = values.next().transpose()?.unwrap_or_default().abs();
                let sum = sums.next().copied().unwrap_or_default();
                Ok(
                    match (sum == 0.0, sum.is_infinite() && value.is_infinite()) {
                        (true, _) => 0.0,
                        (_, true) => 1.0,
                        _ => sum / value,
                    },
                )
            })
            .map(Some)
    }
}

/// Numbers in the order of their indices, in a shape of so many.
fn shaped(numbers: Vec<f64>, shape: &[usize]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(shape, numbers).expect("there is one number for each real")
}

/// |x·slope|, which is 0 where either is, with what the slope is in `f64`.
fn term(x: &Number, slope: &Real, rounded: &Result<f64, Error>) -> Result<f64, Error> {
    let float = as_float(Dtype::F64, x).abs();
    if float == 0.0 && is_zero(x) {
        return Ok(0.0);
    }
    let rounded = rounded.clone()?.abs();
    let is_normal = |x: f64| x.is_normal() || x == 0.0;
    if (is_normal(float) && is_normal(rounded)) || slope.is_infinite() {
        let product = float * rounded;
        return Ok(if product.is_nan() { 0.0 } else { product });
    }
    // One of the two leaves the range of floats, and their product need not.
    match x {
        Some(Extended::Finite(x)) => Ok(Dtype::F64.round(&slope.scale(x))?.abs()),
        _ => Ok(if rounded == 0.0 { 0.0 } else { f64::INFINITY }),
    }
}

fn is_zero(x: &Number) -> bool {
    matches!(x, Some(Extended::Finite(x)) if num_traits::Zero::is_zero(x))
}

/// The error for a batch without elements, whatever else its shape is.
pub(super) fn empty_batch(loss: &'static str) -> Error {
    Error::Undefined {
        loss,
        reason: "the batch is empty".to_owned(),
    }
}

/// What is shown of the right answer beside value and gradient.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The canonical expression of the value, or of each.
    pub exact: Option<Value<String>>,
    /// The ends of an enclosure of the value, or of each.
    pub enclosure: Option<Value<(Extended, Extended)>>,
    /// The condition of the value, or of each.
    pub condition: Option<Value<f64>>,
    /// Whether there is only one gradient.
    pub is_unique: bool,
}

/// How many bits an enclosure that is shown has beyond those of the type.
const SHOWN_BITS: u32 = 32;

/// The exponent, without its sign, of a number that is below those of all types.
const FINEST: u32 = 1200;

/// A number below 2^−LONGEST is shown as near to 0: the ends of a narrow enclosure would have thousands of
/// digits.
const LONGEST: i64 = 1 << 13;

/// The most numbers that a case may have for its value to be written as an expression: writing
/// one multiplies all of them.
pub const MAX_EXPRESSION: usize = 4096;

impl Truth {
    /// Expression, enclosure and condition of the value.
    ///
    /// # Errors
    /// [`Error::Undecided`] where a number is not found within the cap.
    pub fn shown(&self, case: &Case) -> Result<Shown, Error> {
        let bits = self.dtype.precision() + SHOWN_BITS;
        let is_short = case.len() <= MAX_EXPRESSION;
        Ok(Shown {
            exact: is_short.then(|| self.value.map(expression)),
            enclosure: Some(self.value.try_map(|real| ends(real, bits))?),
            condition: self.condition(case)?,
            is_unique: self.is_unique,
        })
    }
}

/// A value as it is written, with room for most from the start.
fn expression(real: &Real) -> String {
    let mut text = String::with_capacity(1 << 8);
    // Writing to a string cannot fail.
    let _ = write!(text, "{real}");
    text
}

/// 0 and ±2^−FINEST around a number that is nearer to 0 than any number of any type, so that the ends
/// of a narrower enclosure may have too many digits to be written.
fn near_zero(real: &Real) -> Result<Option<(Extended, Extended)>, Error> {
    let least = from_dyadic(1.into(), -i64::from(FINEST));
    let enclosure = real.enclose_absolute(FINEST + 1)?;
    let is_near = enclosure.order_rational(&least) == Some(Ordering::Less)
        && enclosure.order_rational(&-&least) == Some(Ordering::Greater);
    Ok(is_near.then(|| ends_near_zero(enclosure.sign().unwrap_or(Ordering::Equal))))
}

/// 0 and ±2^−FINEST, on the side of a number of this sign; both where the sign is not known.
fn ends_near_zero(sign: Ordering) -> (Extended, Extended) {
    let least = || from_dyadic(1.into(), -i64::from(FINEST));
    let zero = Extended::from(0);
    match sign {
        Ordering::Less => ((-least()).into(), zero),
        Ordering::Greater => (zero, least().into()),
        Ordering::Equal => ((-least()).into(), least().into()),
    }
}

/// Two rationals around a number, or the number twice where it is rational or infinite.
fn ends(real: &Real, bits: u32) -> Result<(Extended, Extended), Error> {
    if real.is_infinite() {
        let end = match real.sign()? {
            Ordering::Less => Extended::NegativeInfinity,
            _ => Extended::Infinity,
        };
        return Ok((end.clone(), end));
    }
    if let Some(number) = real.as_rational() {
        return Ok((number.clone().into(), number.into()));
    }
    if let Some(ball) = real.ball()
        && ball.top() < -LONGEST
    {
        return Ok(ends_near_zero(ball.sign()));
    }
    let rationals = |enclosure: Enclosure| {
        Ok::<_, Error>((enclosure.lower()?.into(), enclosure.upper()?.into()))
    };
    match real.enclose(bits).and_then(rationals) {
        Ok(ends) => Ok(ends),
        Err(error) => near_zero(real)?.ok_or(error),
    }
}
