//! The input of a dialect, read as its definition needs it: numbers, labels, parameters, and the
//! loss itself with some of them replaced.

use ndarray::{ArrayD, IxDyn};
use num_traits::{One, ToPrimitive, Zero};

use super::super::Dtype;
use super::meaning::Rewrite;
use crate::Error;
use crate::exact::rational::parse_rational;
use crate::exact::{Extended, Rational};
use crate::losses::{self, Entry, Params, Prediction, Reduction, Setting, Space, Target};

/// A case of a loss, as a dialect reads it.
pub(super) struct Input<'a> {
    pub(super) entry: &'static Entry,
    pub(super) dtype: Dtype,
    pub(super) params: &'a Params,
    pub(super) prediction: Prediction<'a, Extended>,
    pub(super) target: Target<'a, Extended>,
}

/// A small whole number.
pub(super) fn whole(n: usize) -> Rational {
    Rational::from_integer(n.into())
}

impl Input<'_> {
    /// The error for what the dialect does not define.
    pub(super) fn undefined(&self, reason: &str) -> Error {
        Error::Undefined {
            loss: self.entry.name,
            reason: reason.to_owned(),
        }
    }

    pub(super) fn is_logits(&self) -> bool {
        self.prediction.space() == Space::Logits
    }

    pub(super) fn reduction(&self) -> Result<Reduction, Error> {
        self.params.reduction()
    }

    /// The numbers of the prediction.
    pub(super) fn numbers(&self) -> ArrayD<Extended> {
        match &self.prediction {
            Prediction::Values(_, values) => values.to_owned(),
            Prediction::Classes(classes) => classes.map(|&class| Extended::from(class)),
        }
    }

    /// The numbers of the prediction, all finite.
    pub(super) fn finite(&self) -> Result<ArrayD<Rational>, Error> {
        self.all_finite(&self.numbers())
    }

    fn all_finite(&self, numbers: &ArrayD<Extended>) -> Result<ArrayD<Rational>, Error> {
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(self.undefined("a number is infinite"));
        }
        Ok(numbers.map(|number| number.finite().cloned().unwrap_or_default()))
    }

    /// The real targets; an error where there are none.
    pub(super) fn targets(&self) -> Result<ArrayD<Rational>, Error> {
        match &self.target {
            Target::Values(values) => self.all_finite(&values.to_owned()),
            _ => Err(self.undefined("the dialect is one of real targets")),
        }
    }

    /// The labels, where the target is labels.
    pub(super) fn labels(&self) -> Option<ArrayD<i64>> {
        match &self.target {
            Target::Labels(labels) => Some(labels.to_owned()),
            _ => None,
        }
    }

    /// Rows and classes of a prediction with two axes.
    pub(super) fn rows_and_classes(&self) -> Result<(usize, usize), Error> {
        match *self.prediction.shape() {
            [rows, classes] => Ok((rows, classes)),
            ref got => Err(Error::Shape {
                argument: self.prediction.space().name(),
                got: got.to_vec(),
                wanted: "[N, C]".to_owned(),
            }),
        }
    }

    /// A parameter that is one number.
    pub(super) fn number(&self, name: &str) -> Option<Rational> {
        match self.params.get(name) {
            Some(Setting::Number(Some(Extended::Finite(number)))) => Some(number.clone()),
            // As "1/3"; what is no number is a word, such as "auto".
            Some(Setting::Text(text)) => parse_rational(text).ok(),
            _ => None,
        }
    }

    /// A parameter that is a vector of numbers.
    pub(super) fn vector(&self, name: &str) -> Option<Vec<Rational>> {
        match self.params.get(name) {
            Some(Setting::Numbers(numbers)) => numbers
                .iter()
                .map(|number| number.as_ref().and_then(Extended::finite).cloned())
                .collect(),
            _ => None,
        }
    }

    /// Whether a label is the one that does not count.
    pub(super) fn is_ignored(&self, label: i64) -> bool {
        let ignored = self.number("ignore_index");
        ignored.is_some_and(|ignored| ignored.to_i64() == Some(label) && ignored.is_integer())
    }

    /// The loss of this input.
    pub(super) fn itself(&self) -> Result<Rewrite, Error> {
        self.with_params(self.params)
    }

    /// The loss of this input with other parameters.
    pub(super) fn with_params(&self, params: &Params) -> Result<Rewrite, Error> {
        let same = self.prediction.map(Clone::clone);
        self.loss_of(self.entry.name, params, same, self.target.map(Clone::clone))
    }

    /// A loss of another input.
    pub(super) fn loss_of(
        &self,
        name: &str,
        params: &Params,
        prediction: Prediction<'static, Extended>,
        target: Target<'static, Extended>,
    ) -> Result<Rewrite, Error> {
        Ok(Rewrite {
            loss: losses::find(name)?.build(params)?,
            prediction,
            target,
            factor: Rational::one(),
            slopes: None,
        })
    }

    /// The parameters with the sum in place of a mean.
    pub(super) fn summed(&self) -> Params {
        self.params
            .clone()
            .with("reduction", Setting::Text("sum".to_owned()))
    }

    /// Numbers kept within two ends, and the slopes of that: 0 outside.
    pub(super) fn clipped(
        numbers: &ArrayD<Rational>,
        lower: &Rational,
        upper: &Rational,
    ) -> (ArrayD<Rational>, ArrayD<Rational>) {
        let clipped = numbers.map(|x| x.clamp(lower, upper).clone());
        let slope = |(x, y): (&Rational, &Rational)| {
            if x == y {
                Rational::one()
            } else {
                Rational::zero()
            }
        };
        let slopes = numbers.iter().zip(&clipped).map(slope).collect();
        let slopes = ArrayD::from_shape_vec(IxDyn(numbers.shape()), slopes)
            .expect("each number has a slope");
        (clipped, slopes)
    }

    /// ε and 1 − ε for ε = 1e-7, as numbers of the type.
    pub(super) fn margins(&self) -> (Rational, Rational) {
        let margin = Rational::new(1.into(), 10_000_000.into());
        let nearest = |x: Rational| self.dtype.nearest(&x).into_finite().unwrap_or_default();
        (nearest(margin.clone()), nearest(Rational::one() - margin))
    }
}

/// Finite numbers as an input of a loss.
pub(super) fn extended(numbers: &ArrayD<Rational>) -> ArrayD<Extended> {
    numbers.map(|number| Extended::from(number.clone()))
}
