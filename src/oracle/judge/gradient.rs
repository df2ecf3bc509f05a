//! The gradient of an answer against the exact one, and at ties and kinks against all of them.

use ndarray::ArrayD;
use num_traits::One;

use super::number::Zero;
use super::{Class, Fault, Gradient, Judge, Number, Part, worst_of, wrong_shape};
use crate::Error;
use crate::exact::rational::{from_dyadic, magnitude};
use crate::exact::{Extended, Lift, Rational};
use crate::losses::Prediction;
use crate::oracle::{Answer, Dtype, Numbers};

const UNDECIDED: Part = Part {
    class: Class::Undecided,
    fault: None,
    worst: None,
    scaled: false,
};

impl Judge<'_> {
    /// What is decided of the gradient, and a note where that of another input is given.
    pub(super) fn gradient(&self, answer: &Answer) -> (Gradient, Option<String>) {
        if matches!(self.case.prediction, Prediction::Classes(_)) {
            return (Gradient::None, None);
        }
        let Some(gradients) = &answer.gradient else {
            return (Gradient::Lacking, None);
        };
        let Some(exact) = &self.truth.gradient else {
            return (Gradient::None, None);
        };
        let wanted = self.case.prediction.space().name();
        let got = match gradients.get(wanted).or_else(|| gradients.get("")) {
            Some(Numbers::Array(got)) => got,
            Some(Numbers::Unreadable(reason)) => {
                let fault = Fault::Unreadable(reason.clone());
                return (Gradient::Judged(Part::outside(fault)), None);
            }
            None => {
                let names: Vec<String> = gradients.keys().map(|name| format!("{name:?}")).collect();
                let note = match names[..] {
                    [] => "the gradient is empty".to_owned(),
                    _ => format!(
                        "the gradient is with respect to {}, and not to {wanted:?}",
                        names.join(", ")
                    ),
                };
                return (Gradient::Lacking, Some(note));
            }
        };
        if got.shape() != exact.shape() {
            return (Gradient::Judged(wrong_shape(got, exact.shape())), None);
        }
        let mut numbers = self.compare_all(got, exact, Zero::Either);
        let is_right = |(judged, _): &(super::Judged, f64)| judged.class == Class::Within;
        if !self.truth.is_unique && !numbers.iter().all(is_right) {
            let part = self.membership(got).unwrap_or(UNDECIDED);
            return (Gradient::Judged(part), None);
        }
        let scaled = self.scale(got, exact, (&mut numbers, Zero::Either), || {
            self.sizes_of_gradient()
        });
        let part = worst_of(got, numbers, scaled);
        let tied = if part.class == Class::Outside {
            self.at_near_ties(got)
        } else {
            None
        };
        (Gradient::Judged(tied.unwrap_or(part)), None)
    }

    /// What is decided where errors that differ by no more than the limit are taken as tied, since
    /// in floats they may well be. `None` where there are none.
    fn at_near_ties(&self, got: &ArrayD<f64>) -> Option<Part> {
        let (prediction, target) = self.case.numbers();
        let tolerance = self.limit.ulps() * self.unit(&One::one());
        let tied = self
            .loss
            .gradient_at_near_ties(prediction.view(), target.view(), &tolerance);
        let exact = &tied.ok()??;
        let mut numbers = self.compare_all(got, exact, Zero::Either);
        self.scale(got, exact, (&mut numbers, Zero::Either), || {
            self.sizes_of_gradient()
        });
        let part = worst_of(got, numbers, true);
        // Whether another gradient is one of those at the tie is not told.
        Some(if part.class == Class::Within {
            part
        } else {
            UNDECIDED
        })
    }

    /// Σ|termⱼ| of each component.
    fn sizes_of_gradient(&self) -> Result<Option<Vec<f64>>, Error> {
        let (prediction, target) = self.case.numbers();
        let terms = self
            .loss
            .terms_of_gradient(prediction.view(), target.view())?;
        let sizes = terms.map(|terms| terms.iter().map(|term| Dtype::F64.round(term)).collect());
        sizes.transpose()
    }

    /// Whether a gradient at a tie or a kink lies near to one of those that there are.
    fn membership(&self, got: &ArrayD<f64>) -> Result<Part, Error> {
        let part = |class, fault, scaled| Part {
            class,
            fault,
            worst: None,
            scaled,
        };
        if let Some((index, &at)) = got.indexed_iter().find(|(_, x)| !x.is_finite()) {
            let fault = if at.is_nan() {
                Fault::NotANumber
            } else {
                Fault::Infinite
            };
            let worst = Number {
                index: ndarray::Dimension::as_array_view(&index).to_vec(),
                got: at,
                ulps: None,
                limit: self.limit.as_f64(),
            };
            return Ok(Part {
                worst: Some(worst),
                ..Part::outside(fault)
            });
        }
        match self.lies_near(got, &vec![0.0; got.len()])? {
            Some(true) => return Ok(part(Class::Within, None, false)),
            Some(false) => {}
            None => return Ok(part(Class::Undecided, None, false)),
        }
        if let Some(sizes) = self.sizes_of_gradient()?
            && self.lies_near(got, &sizes)? == Some(true)
        {
            return Ok(part(Class::Within, None, true));
        }
        Ok(part(Class::Outside, Some(Fault::NotASubgradient), false))
    }

    /// Whether some gradient differs from this one by no more than the limit in each component,
    /// in ulps of the component or of what it is summed from.
    fn lies_near(&self, got: &ArrayD<f64>, sizes: &[f64]) -> Result<Option<bool>, Error> {
        let rational = |x: f64| match x.lift() {
            Some(Extended::Finite(x)) => x,
            _ => Rational::default(),
        };
        let ends = |sign: i32| {
            let mut sizes = sizes.iter();
            got.map(|&got| {
                let size = sizes.next().copied().unwrap_or_default().max(got.abs());
                let distance = self.limit.ulps() * self.unit(&rational(size));
                match sign {
                    1 => rational(got) + distance,
                    _ => rational(got) - distance,
                }
            })
        };
        let (lower, upper) = (ends(-1), ends(1));
        let (prediction, target) = self.case.numbers();
        self.loss.gradient_lies_between(
            prediction.view(),
            target.view(),
            lower.view(),
            upper.view(),
        )
    }

    /// The unit in the last place of a number of the case's type.
    fn unit(&self, x: &Rational) -> Rational {
        let least = i64::from(self.dtype().min_exponent());
        let top = magnitude(x).unwrap_or(least).max(least);
        from_dyadic(One::one(), top - i64::from(self.dtype().precision()) + 1)
    }
}
