//! Answers to cases: what a program gave, what the fast twins of the crate give, and the correctly
//! rounded value alone. The whole of the right answer is in `truth`; whether an answer is right is said
//! in `judge`.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use super::dtype::as_float;
use super::{Case, Dtype, Number};
use crate::Error;
use crate::exact::rational::float_equal_to;
use crate::exact::{Extended, Lift};
use crate::losses::{DynLoss, Evaluation, Prediction, Scalar, Target, Value};

/// Numbers of an answer, held in `f64` whatever the type of the case is.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// An array, without axes for one number alone.
    Array(ArrayD<f64>),
    /// What is no array of numbers, and why.
    Unreadable(String),
}

/// What a program answers to a case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The id of the case.
    pub id: Option<String>,
    /// The value; `None` where there is none.
    pub value: Option<Numbers>,
    /// The gradients, by the name of the input; that without a name is with respect to the
    /// prediction. `None` where there are none.
    pub gradient: Option<BTreeMap<String, Numbers>>,
    /// What the program says of the case: "ok" and the like.
    pub status: Option<String>,
    /// The reason that it gives.
    pub error: Option<String>,
}

/// The value of a case and its gradient in floats, held in `f64` whatever the type of the case is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The value.
    pub value: Value<f64>,
    /// The gradient with respect to the prediction; `None` where there is none.
    pub gradient: Option<ArrayD<f64>>,
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        let value = match answered.value {
            Value::Reduced(value) => ArrayD::from_elem(vec![], value),
            Value::PerElement(values) => values,
        };
        let gradient = answered
            .gradient
            .map(|gradient| BTreeMap::from([(String::new(), Numbers::Array(gradient))]));
        Self {
            value: Some(Numbers::Array(value)),
            gradient,
            ..Self::default()
        }
    }
}

impl Answer {
    /// The same with every number rounded to a type.
    pub(super) fn rounded(mut self, dtype: Dtype) -> Self {
        let gradients = self.gradient.iter_mut().flat_map(BTreeMap::values_mut);
        for numbers in self.value.iter_mut().chain(gradients) {
            if let Numbers::Array(numbers) = numbers {
                numbers.mapv_inplace(|x| match dtype {
                    _ if x == 0.0 || !x.is_finite() => x,
                    Dtype::F64 | Dtype::Exact => x,
                    _ => as_float(dtype, &x.lift()).copysign(x),
                });
            }
        }
        self
    }
}

/// A value alone.
impl From<f64> for Answer {
    fn from(value: f64) -> Self {
        Self::from(ArrayD::from_elem(vec![], value))
    }
}

/// A value alone.
impl From<f32> for Answer {
    fn from(value: f32) -> Self {
        Self::from(f64::from(value))
    }
}

/// Values, one for each element.
impl From<ArrayD<f64>> for Answer {
    fn from(values: ArrayD<f64>) -> Self {
        Self {
            value: Some(Numbers::Array(values)),
            ..Self::default()
        }
    }
}

/// Values, one for each element.
impl From<ArrayD<f32>> for Answer {
    fn from(values: ArrayD<f32>) -> Self {
        Self::from(values.map(|&x| f64::from(x)))
    }
}

/// A value, or values, with the gradient with respect to the prediction.
impl<V: Into<Answer>, F: Into<f64> + Copy> From<(V, ArrayD<F>)> for Answer {
    fn from((value, gradient): (V, ArrayD<F>)) -> Self {
        let gradient = Numbers::Array(gradient.map(|&x| x.into()));
        Self {
            gradient: Some(BTreeMap::from([(String::new(), gradient)])),
            ..value.into()
        }
    }
}

impl Case {
    /// The answer of the fast twin. That of a case in 16 bits is computed in `f32` and rounded,
    /// that of a case in rationals in `f64`.
    ///
    /// # Errors
    /// Those of the fast twin.
    pub fn answer_fast(&self) -> Result<Answered, Error> {
        self.answer_fast_by(&*self.loss()?)
    }

    /// [`Case::answer_fast`] by a loss that is not built from the parameters of the case.
    ///
    /// # Errors
    /// Those of the fast twin.
    pub fn answer_fast_by(&self, loss: &dyn DynLoss) -> Result<Answered, Error> {
        if self.prediction.shape().first() == Some(&0) {
            return Err(super::truth::empty_batch(self.entry.name));
        }
        let evaluation = match self.dtype {
            Dtype::F64 | Dtype::Exact => self
                .evaluate_in::<f64>(|p, t| loss.value_f64(p, t), |p, t| loss.evaluate_f64(p, t))?,
            Dtype::F32 | Dtype::F16 | Dtype::Bf16 => self
                .evaluate_in::<f32>(|p, t| loss.value_f32(p, t), |p, t| loss.evaluate_f32(p, t))?,
        };
        Ok(evaluation)
    }

    /// Evaluates in one type, and rounds to that of the case.
    fn evaluate_in<F: Scalar>(
        &self,
        value: impl FnOnce(Prediction<'_, F>, Target<'_, F>) -> Result<Value<F>, Error>,
        evaluate: impl FnOnce(Prediction<'_, F>, Target<'_, F>) -> Result<Evaluation<F>, Error>,
    ) -> Result<Answered, Error> {
        let float = |number: &Number| F::from_f64(as_float(Dtype::F64, number));
        let (prediction, target) = (self.prediction.map(float), self.target.map(float));
        let rounded = |x: &F| match self.dtype {
            Dtype::F16 | Dtype::Bf16 => as_float(self.dtype, &x.lift()),
            _ => x.to_f64(),
        };
        let (value, gradient) = match &prediction {
            Prediction::Classes(_) => (value(prediction.view(), target.view())?, None),
            Prediction::Values(..) => {
                let Evaluation { value, gradient } = evaluate(prediction.view(), target.view())?;
                (value, Some(gradient))
            }
        };
        Ok(Answered {
            value: value.map(rounded),
            gradient: gradient.map(|gradient| gradient.map(rounded)),
        })
    }

    /// The value alone, correctly rounded to the type of the case: that of [`Case::truth`], mostly without
    /// the exact twin. [`Loss::rounded`](crate::losses::Loss::rounded) gives it where the numbers are floats
    /// and the nearest `f64` tells which number of the type is nearest.
    ///
    /// # Errors
    /// Those of the exact twin, and [`Error::Undecided`] where the nearest float is not found within the cap.
    pub fn answer_rounded(&self) -> Result<Answered, Error> {
        let loss = self.loss()?;
        let value = match self.value_rounded(&*loss) {
            Some(value) => value,
            None => self.truth_of_value_by(&*loss)?.value()?,
        };
        Ok(Answered {
            value,
            gradient: None,
        })
    }

    /// The value in the type of the case from the nearest `f64`; `None` where that does not tell, or where
    /// there is none.
    fn value_rounded(&self, loss: &dyn DynLoss) -> Option<Value<f64>> {
        let mut are_floats = true;
        let mut float = |number: &Number| {
            float(number).unwrap_or_else(|| {
                are_floats = false;
                0.0
            })
        };
        let (prediction, target) = (self.prediction.map(&mut float), self.target.map(float));
        if !are_floats {
            return None;
        }
        let wide = loss.value_rounded(prediction, target).ok()?;
        let narrowed = wide.try_map(|&wide| self.dtype.narrow(wide).ok_or(()));
        narrowed.ok()
    }
}

/// The `f64` that is this number; `None` where none is.
fn float(number: &Number) -> Option<f64> {
    match number {
        Some(Extended::Finite(number)) => float_equal_to(number),
        _ => Some(as_float(Dtype::F64, number)),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::exact::rational::parse_rational;
    use crate::losses::{Params, Setting};

    /// What the nearest `f64` tells of −w·log₂ p.
    fn told(dtype: Dtype, w: &str, p: &str) -> Option<f64> {
        let [w, p, one] = [w, p, "1"].map(|text| parse_rational(text).expect("a number"));
        let mut params = Params::new();
        params.set("reduction", Setting::Text("sum".to_owned()));
        params.set("base", Setting::Text("2".to_owned()));
        let weights = array![w.lift(), one.lift()].into_dyn();
        params.set("weights", Setting::Numbers(weights));
        let case = Case::new(
            "cross_entropy",
            dtype,
            params,
            Prediction::probabilities(array![[p.clone(), one - p]]),
            Target::labels(array![0]),
        );
        let case = case.expect("a loss");
        let loss = case.loss().expect("parameters");
        case.value_rounded(&*loss).and_then(Value::reduced)
    }

    #[test]
    fn the_nearest_f64_tells_what_it_can_and_no_more() {
        // In the middle of two numbers of binary32.
        let middle = "16777217/16777216";
        assert_eq!(told(Dtype::F64, middle, "1/2"), Some(1.0 + 2_f64.powi(-24)));
        assert_eq!(told(Dtype::F32, middle, "1/2"), None);
        assert_eq!(told(Dtype::F32, "3", "1/2"), Some(3.0));
        // No float.
        assert_eq!(told(Dtype::F64, "3", "1/3"), None);
        assert_eq!(told(Dtype::Exact, "3", "1/3"), None);
    }
}
