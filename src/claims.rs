//! Claims: properties that a loss has, each made a check on the exact twin that is decided and
//! not approximated. Which loss makes which claim is said in the loss's file.

use core::cmp::Ordering;
use core::ops::Range;

use ndarray::{ArrayD, Axis, CowArray, IxDyn};
use num_traits::{One, Zero};

use crate::Error;
use crate::exact::{Extended, Rational, Real};
use crate::losses::{DynLoss, Prediction, Reduction, Sample, Space, Target, Value};

/// A property that a loss has on every input of its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// No value is below zero.
    NonNegative,
    /// f((x + x')/2) ≤ (f(x) + f(x'))/2 for predictions x and x' in the same space.
    ConvexInPrediction,
    /// [`Claim::ConvexInPrediction`] of predictions in probabilities, and not of logits.
    ConvexInProbabilities,
    /// g is the derivative of a convex loss: (f(x) − f(x−h))/h ≤ g ≤ (f(x+h) − f(x))/h along
    /// every axis, where both ends tend to one number as h tends to 0.
    GradientIsDerivative,
    /// g is the derivative of a smooth loss, convex or not: along every axis
    /// (f(x+h) − f(x−h))/2h tends to g, with a distance that falls as h² does.
    GradientIsLimit,
    /// g is a subgradient of a convex loss: (f(x) − f(x−h))/h ≤ g ≤ (f(x+h) − f(x))/h along every
    /// axis. Predictions in logits, in which such losses need not be convex, lie out of its scope.
    GradientIsSubgradient,
    /// f(t·x) = t·f(x) for every t ≥ 0.
    PositivelyHomogeneous,
    /// Adding one number to every logit of a row changes nothing.
    ShiftInvariant,
    /// The components of the gradient with respect to the logits of a row sum to zero.
    GradientRowsSumToZero,
    /// The order of the rows does not matter to a sum or a mean.
    RowOrderInvariant,
    /// A mean does not change when every row is given twice, and a sum doubles.
    DuplicationInvariant,
}

impl Claim {
    /// Decides the claim on one sample. `Ok(true)` where the sample does not lie in the claim's
    /// scope, as a prediction in probabilities does not for [`Claim::ShiftInvariant`].
    ///
    /// # Errors
    /// The loss's own errors on the sample, and [`Error::Undecided`] at the resource cap.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::claims::Claim;
    /// use exact_loss::losses::ALL;
    ///
    /// for entry in ALL {
    ///     for sample in (entry.samples)()? {
    ///         assert!(Claim::NonNegative.holds(&sample)?, "{}", sample.name);
    ///     }
    /// }
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn holds(self, sample: &Sample) -> Result<bool, Error> {
        let case = Case {
            loss: &*sample.loss,
            target: &sample.target,
        };
        match self {
            Self::NonNegative => {
                let value = case.value(&sample.prediction)?;
                every(value.iter(), |value| Ok(value.sign()? != Ordering::Less))
            }
            Self::ConvexInPrediction => case.is_convex_around(&sample.prediction),
            Self::ConvexInProbabilities => {
                if sample.prediction.space() != Space::Probabilities {
                    return Ok(true);
                }
                case.is_convex_around(&sample.prediction)
            }
            Self::GradientIsLimit => case.gradient_is_limit(&sample.prediction),
            Self::GradientIsDerivative => case.slopes_enclose_gradient(&sample.prediction, true),
            Self::GradientIsSubgradient => match sample.prediction.space() {
                Space::Logits => Ok(true),
                _ => case.slopes_enclose_gradient(&sample.prediction, false),
            },
            Self::PositivelyHomogeneous => {
                let value = case.total(&sample.prediction)?;
                every([(0, 1), (3, 7), (5, 1)], |(a, b): (i32, i32)| {
                    let t = Rational::new(a.into(), b.into());
                    let scaled = sample.prediction.map(|x| scale(x, &t));
                    Ok(case.total(&scaled)? == value.scale(&t))
                })
            }
            Self::ShiftInvariant => {
                if sample.prediction.space() != Space::Logits {
                    return Ok(true);
                }
                let by = Rational::new(22.into(), 7.into());
                let shifted = sample.prediction.map(|z| shift(z, &by));
                Ok(case.value(&shifted)? == case.value(&sample.prediction)?)
            }
            Self::GradientRowsSumToZero => case.gradient_rows_sum_to_zero(&sample.prediction),
            Self::RowOrderInvariant => {
                let reversed = case.with_rows(sample, |rows| rows.rev().collect())?;
                Ok(unchanged_if_reduced(
                    &case.value(&sample.prediction)?,
                    &reversed,
                ))
            }
            Self::DuplicationInvariant => {
                let once = case.value(&sample.prediction)?;
                let twice = case.with_rows(sample, |rows| rows.clone().chain(rows).collect())?;
                let factor = match sample.loss.how_reduced() {
                    Reduction::None => return Ok(true),
                    Reduction::Sum => Rational::from_integer(2.into()),
                    Reduction::Mean => Rational::one(),
                };
                Ok(once
                    .iter()
                    .zip(twice.iter())
                    .all(|(once, twice)| &once.scale(&factor) == twice))
            }
        }
    }
}

fn every<T>(
    items: impl IntoIterator<Item = T>,
    mut holds: impl FnMut(T) -> Result<bool, Error>,
) -> Result<bool, Error> {
    for item in items {
        if !holds(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A loss with a fixed target: a function of the prediction.
struct Case<'a> {
    loss: &'a dyn DynLoss,
    target: &'a Target<'static, Extended>,
}

impl Case<'_> {
    fn value(&self, prediction: &Prediction<'_, Extended>) -> Result<Value<Real>, Error> {
        self.loss.value_exact(prediction.view(), self.target.view())
    }

    /// The sum of the elements, whose gradient is the gradient that a loss gives.
    fn total(&self, prediction: &Prediction<'_, Extended>) -> Result<Real, Error> {
        Real::sum(self.value(prediction)?.iter().cloned())
    }

    fn with_rows(
        &self,
        sample: &Sample,
        arrange: fn(Range<usize>) -> Vec<usize>,
    ) -> Result<Value<Real>, Error> {
        let rows = arrange(0..sample.prediction.shape().first().copied().unwrap_or(0));
        self.loss.value_exact(
            sample.prediction.select_rows(&rows),
            sample.target.select_rows(&rows),
        )
    }

    fn is_convex_around(&self, prediction: &Prediction<'_, Extended>) -> Result<bool, Error> {
        let Prediction::Values(space, values) = prediction else {
            return Ok(true);
        };
        let Some(x) = finite(values) else {
            return Ok(true);
        };
        let mut other = x.clone();
        other.invert_axis(Axis(x.ndim().saturating_sub(1)));
        let half = Rational::new(1.into(), 2.into());
        let middle = (&x + &other).map(|sum| sum * &half);
        let at = |x: &ArrayD<Rational>| self.total(&in_space(*space, x));
        let mean = at(&x)?.add(&at(&other)?)?.scale(&half);
        Ok(at(&middle)?.compare(&mean)? != Ordering::Greater)
    }

    /// Whether each component of the gradient lies between the slopes to both sides, for two
    /// steps, and for a smooth loss whether these close on it as the step becomes smaller.
    fn slopes_enclose_gradient(
        &self,
        prediction: &Prediction<'_, Extended>,
        smooth: bool,
    ) -> Result<bool, Error> {
        let Prediction::Values(space, values) = prediction else {
            return Ok(true);
        };
        let Some(x) = finite(values) else {
            return Ok(true);
        };
        let gradient = self
            .loss
            .evaluate_exact(prediction.view(), self.target.view())?
            .gradient;
        let here = self.total(prediction)?;
        every(x.indexed_iter(), |(index, centre)| {
            let mut gap = None;
            for step in [20, 40] {
                let h = Rational::new(One::one(), num_bigint::BigInt::one() << step);
                if *space == Space::Probabilities && (centre < &h || centre + &h > One::one()) {
                    return Ok(true);
                }
                let slope = |to: Rational| -> Result<Real, Error> {
                    let run = &to - centre;
                    let mut moved = x.clone();
                    moved[index.clone()] = to;
                    Ok(self
                        .total(&in_space(*space, &moved))?
                        .sub(&here)?
                        .scale(&run.recip()))
                };
                let (left, right) = (slope(centre - &h)?, slope(centre + &h)?);
                let g = &gradient[index.clone()];
                if g.compare(&left)? == Ordering::Less || g.compare(&right)? == Ordering::Greater {
                    return Ok(false);
                }
                // A second derivative bounds the gap by a multiple of h: 2⁻²⁰ more of h must
                // leave at most 2⁻¹⁹ of the gap.
                let narrower = right.sub(&left)?;
                if let (true, Some(wider)) = (smooth, gap.replace(narrower.clone())) {
                    let share = Rational::new(One::one(), (1 << 19).into());
                    if narrower.compare(&Real::scale(&wider, &share))? == Ordering::Greater {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        })
    }

    fn gradient_is_limit(&self, prediction: &Prediction<'_, Extended>) -> Result<bool, Error> {
        let Prediction::Values(space, values) = prediction else {
            return Ok(true);
        };
        let Some(x) = finite(values) else {
            return Ok(true);
        };
        let gradient = self
            .loss
            .evaluate_exact(prediction.view(), self.target.view())?
            .gradient;
        every(x.indexed_iter(), |(index, centre)| {
            let distance = |step: u32| -> Result<Option<Real>, Error> {
                let h = Rational::new(One::one(), num_bigint::BigInt::one() << step);
                if *space == Space::Probabilities && (centre < &h || centre + &h > One::one()) {
                    return Ok(None);
                }
                let at = |to: Rational| {
                    let mut moved = x.clone();
                    moved[index.clone()] = to;
                    self.total(&in_space(*space, &moved))
                };
                let run = (&h + &h).recip();
                let quotient = at(centre + &h)?.sub(&at(centre - &h)?)?.scale(&run);
                let distance = quotient.sub(&gradient[index.clone()])?;
                Ok(Some(match distance.sign()? {
                    Ordering::Less => distance.neg(),
                    _ => distance,
                }))
            };
            let (Some(wider), Some(narrower)) = (distance(20)?, distance(40)?) else {
                return Ok(true);
            };
            // h² is 2⁻⁴⁰ times as large: at most 2⁻³⁹ of the distance may remain.
            let share = Rational::new(One::one(), num_bigint::BigInt::one() << 39);
            Ok(narrower.compare(&wider.scale(&share))? != Ordering::Greater)
        })
    }

    fn gradient_rows_sum_to_zero(
        &self,
        prediction: &Prediction<'_, Extended>,
    ) -> Result<bool, Error> {
        if prediction.space() != Space::Logits {
            return Ok(true);
        }
        let gradient = self
            .loss
            .evaluate_exact(prediction.view(), self.target.view())?
            .gradient;
        let classes = Axis(gradient.ndim().saturating_sub(1));
        every(gradient.lanes(classes), |row| {
            Ok(Real::sum(row.iter().cloned())?.sign()? == Ordering::Equal)
        })
    }
}

fn finite(values: &CowArray<'_, Extended, IxDyn>) -> Option<ArrayD<Rational>> {
    let finite = values.iter().all(|x| x.finite().is_some());
    finite.then(|| values.map(|x| x.finite().cloned().unwrap_or_else(Rational::zero)))
}

fn in_space(space: Space, values: &ArrayD<Rational>) -> Prediction<'static, Extended> {
    Prediction::Values(space, values.map(|x| Extended::Finite(x.clone())).into())
}

fn scale(number: &Extended, factor: &Rational) -> Extended {
    match number {
        Extended::Finite(x) => Extended::Finite(x * factor),
        infinite => infinite.clone(),
    }
}

fn shift(logit: &Extended, by: &Rational) -> Extended {
    match logit {
        Extended::Finite(z) => Extended::Finite(z + by),
        infinite => infinite.clone(),
    }
}

fn unchanged_if_reduced(before: &Value<Real>, after: &Value<Real>) -> bool {
    match (before, after) {
        (Value::Reduced(before), Value::Reduced(after)) => before == after,
        _ => true,
    }
}
