//! Verdicts: whether an answer to a case is right, decided by enclosing the exact numbers as
//! closely as the question needs. What many verdicts amount to is said in `report`.
//!
//! Every number of an answer is compared with the exact one, in ulps of the exact one, by an interval
//! that contains the error; the precision is raised while the interval holds the limit. Where the
//! limit is exceeded and the number is ill-conditioned, the limit grows by the condition, and
//! the verdict says so:
//!
//! * a value y by Σ|xᵢ ∂ᵢf|/|y|, over the inputs xᵢ of the prediction, logits of a row from the
//!   largest of them where only their differences count;
//! * a component g of a gradient by Σ|termⱼ|/|g|, over the terms that its formula adds up, where
//!   terms of both signs may meet;
//! * a number that is 0, or below the normal numbers, so that the error may be as many units in
//!   the last place of that sum.
//!
//! A zero must have the sign of the exact number, also where this is smaller than all floats;
//! unless it is ill-conditioned, and smaller than the limit in ulps of that sum.
//!
//! At ties and kinks a gradient is right if its components differ by no more than the limit from
//! those of any one subgradient. Where it depends on an order of errors that the prediction gives
//! only by way of functions, as that of softmax, errors which differ by less than the limit count
//! as tied.

mod gradient;
mod limit;
mod number;

pub use limit::Limit;
pub use number::MAX_JUDGE_BITS;

use ndarray::{ArrayD, Dimension};

use self::number::{Judged, Zero, compare, compare_scaled};
use super::{Answer, Case, Dtype, Numbers, Status, Truth};
use crate::Error;
use crate::exact::Real;
use crate::losses::{DynLoss, Value};

/// What is decided of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Every number is within the limit.
    Within,
    /// The case has no right answer, or the program says that it does not take it: there is
    /// nothing to judge.
    Unjudged,
    /// Still open at the stated caps.
    Undecided,
    /// A number is wrong, or missing.
    Outside,
}

/// Why an answer is outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is no value.
    Missing,
    /// A number is NaN, and the right one is a number.
    NotANumber,
    /// A number is infinite and the right one does not round to that infinity, or the other way
    /// round.
    Infinite,
    /// A zero has the wrong sign.
    SignOfZero,
    /// The array has another shape.
    Shape {
        /// Its shape.
        got: Vec<usize>,
        /// The right one.
        wanted: Vec<usize>,
    },
    /// There are many right gradients here, and this is none of them.
    NotASubgradient,
    /// It cannot be read as numbers.
    Unreadable(
        /// The reason.
        String,
    ),
    /// A number exceeds the limit.
    Ulps,
}

impl Fault {
    /// The names of all faults, in the order of a report.
    pub const NAMES: [&'static str; 8] = [
        "missing",
        "not a number",
        "infinite",
        "sign of zero",
        "shape",
        "not a subgradient",
        "unreadable",
        "too many ulps",
    ];

    /// The name in a report.
    #[must_use]
    pub fn name(&self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// The place of the name among all.
    pub(super) fn index(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::NotANumber => 1,
            Self::Infinite => 2,
            Self::SignOfZero => 3,
            Self::Shape { .. } => 4,
            Self::NotASubgradient => 5,
            Self::Unreadable(_) => 6,
            Self::Ulps => 7,
        }
    }
}

/// One number of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Where it stands in the array.
    pub index: Vec<usize>,
    /// The number.
    pub got: f64,
    /// Between how many ulps its error lies; `None` where there is no number to give.
    pub ulps: Option<(f64, f64)>,
    /// The limit that it has, in ulps.
    pub limit: f64,
}

/// What is decided of the value, or of the gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The worst class of its numbers.
    pub class: Class,
    /// What is wrong, where something is.
    pub fault: Option<Fault>,
    /// The number at fault, or else that with the largest error.
    pub worst: Option<Number>,
    /// Whether the limit of a number was exceeded and grew by its condition.
    pub scaled: bool,
}

impl Part {
    fn outside(fault: Fault) -> Self {
        Self {
            class: Class::Outside,
            fault: Some(fault),
            worst: None,
            scaled: false,
        }
    }
}

/// What is decided of a gradient.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Gradient {
    /// The case has none, or none that is finite in number.
    #[default]
    None,
    /// The answer gives none with respect to the prediction.
    Lacking,
    /// It was judged.
    Judged(Part),
}

/// What is decided of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The worst of its parts.
    pub class: Class,
    /// What is decided of the value; `None` where nothing is.
    pub value: Option<Part>,
    /// What is decided of the gradient.
    pub gradient: Gradient,
    /// What else is to be said.
    pub note: Option<String>,
}

impl Verdict {
    /// A verdict on the answer as a whole.
    #[must_use]
    pub fn whole(class: Class, note: impl Into<String>) -> Self {
        Self {
            class,
            value: None,
            gradient: Gradient::None,
            note: Some(note.into()),
        }
    }

    /// That there is no answer to the case.
    #[must_use]
    pub fn missing() -> Self {
        Self::of_value(Part::outside(Fault::Missing))
    }

    fn of_value(part: Part) -> Self {
        Self {
            class: part.class,
            value: Some(part),
            gradient: Gradient::None,
            note: None,
        }
    }

    /// The parts that were judged, with their names.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &Part)> {
        let gradient = match &self.gradient {
            Gradient::Judged(part) => Some(part),
            _ => None,
        };
        let value = self.value.iter().map(|part| ("value", part));
        value.chain(gradient.into_iter().map(|part| ("gradient", part)))
    }

    /// Whether the limit of a number grew by its condition.
    #[must_use]
    pub fn is_scaled(&self) -> bool {
        self.parts().any(|(_, part)| part.scaled)
    }
}

/// Judges an answer to a case.
///
/// # Examples
/// ```
/// use exact_loss::losses::{Params, Prediction, Target};
/// use exact_loss::oracle::{Answer, Case, Class, Dtype, Limit, judge};
/// use ndarray::array;
///
/// let case = Case::new(
///     "cross_entropy",
///     Dtype::F64,
///     Params::new(),
///     Prediction::logits(array![[20.0, 0.0]]),
///     Target::labels(array![0]),
/// )?;
/// // ln(e²⁰ + 1) − 20, as it is often computed.
/// let naive = (20_f64.exp() + 1.0).ln() - 20.0;
/// assert_eq!(judge(&case, &Answer::from(naive), &Limit::default()).class, Class::Outside);
/// let right = (-20_f64).exp().ln_1p();
/// assert_eq!(judge(&case, &Answer::from(right), &Limit::default()).class, Class::Within);
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[must_use]
pub fn judge(case: &Case, answer: &Answer, limit: &Limit) -> Verdict {
    match case.loss() {
        Ok(loss) => judge_by(&*loss, case, answer, limit),
        Err(error) => without_truth(answer, &error),
    }
}

/// [`judge`] by a loss that is not built from the parameters of the case.
#[must_use]
pub fn judge_by(loss: &dyn DynLoss, case: &Case, answer: &Answer, limit: &Limit) -> Verdict {
    if answer.status.as_deref() == Some("unsupported") {
        let reason = answer.error.as_deref().unwrap_or("no reason given");
        return Verdict::whole(
            Class::Unjudged,
            format!("the program does not take it: {reason}"),
        );
    }
    let truth = if answer.gradient.is_some() {
        case.truth_by(loss)
    } else {
        case.truth_of_value_by(loss)
    };
    let truth = match truth {
        Ok(truth) => truth,
        Err(error) => return without_truth(answer, &error),
    };
    let judged = Judge {
        loss,
        case,
        truth: &truth,
        limit,
    };
    judged.verdict(answer)
}

/// The verdict where there is no right answer.
fn without_truth(answer: &Answer, error: &Error) -> Verdict {
    let status = Status::of(error);
    if status == Status::Undecided {
        return Verdict::whole(Class::Undecided, error.to_string());
    }
    let is_finite = |numbers: &Numbers| match numbers {
        Numbers::Array(numbers) => !numbers.is_empty() && numbers.iter().all(|x| x.is_finite()),
        Numbers::Unreadable(_) => false,
    };
    let claims = answer.value.as_ref().is_some_and(is_finite)
        || (answer.status.as_deref() == Some("ok") && answer.value.is_none());
    let name = status.name();
    Verdict::whole(
        Class::Unjudged,
        if claims {
            format!("{CLAIMS} the case is {name}: {error}")
        } else {
            format!("the case is {name}: {error}")
        },
    )
}

/// How the note on an answer to a case that has none begins.
const CLAIMS: &str = "a value is claimed where";

impl Verdict {
    /// Whether the answer gives a value to a case that has none.
    #[must_use]
    pub fn claims_too_much(&self) -> bool {
        let note = self.note.as_deref().unwrap_or_default();
        self.class == Class::Unjudged && note.starts_with(CLAIMS)
    }
}

/// One case, while it is judged.
struct Judge<'a> {
    loss: &'a dyn DynLoss,
    case: &'a Case,
    truth: &'a Truth,
    limit: &'a Limit,
}

impl Judge<'_> {
    fn dtype(&self) -> Dtype {
        self.case.dtype
    }

    fn verdict(&self, answer: &Answer) -> Verdict {
        let value = self.value(answer);
        let (gradient, note) = self.gradient(answer);
        let class = match &gradient {
            Gradient::Judged(part) => part.class.max(value.class),
            _ => value.class,
        };
        Verdict {
            class,
            value: Some(value),
            gradient,
            note: note.or_else(|| answer.error.clone()),
        }
    }

    fn value(&self, answer: &Answer) -> Part {
        let got = match &answer.value {
            None => return Part::outside(Fault::Missing),
            Some(Numbers::Unreadable(reason)) => {
                return Part::outside(Fault::Unreadable(reason.clone()));
            }
            Some(Numbers::Array(got)) => got,
        };
        let exact = match &self.truth.value {
            Value::Reduced(exact) => {
                // One number has no axes.
                &ArrayD::from_elem(vec![], exact.clone())
            }
            Value::PerElement(exact) => exact,
        };
        if got.shape() != exact.shape() {
            return wrong_shape(got, exact.shape());
        }
        let mut numbers = self.compare_all(got, exact, Zero::Positive);
        let scaled = self.scale(got, exact, (&mut numbers, Zero::Positive), || {
            self.sizes_of_value()
        });
        worst_of(got, numbers, scaled)
    }

    fn compare_all(
        &self,
        got: &ArrayD<f64>,
        exact: &ArrayD<Real>,
        zero: Zero,
    ) -> Vec<(Judged, f64)> {
        let limit = self.limit.as_f64();
        got.iter()
            .zip(exact)
            .map(|(&got, exact)| {
                let judged = compare(self.dtype(), got, exact, self.limit, zero);
                (judged.unwrap_or(Judged::UNDECIDED), limit)
            })
            .collect()
    }

    /// Judges anew, with the limit that their condition gives them, the numbers that exceed the
    /// plain limit. Whether there were any that this put within it.
    fn scale(
        &self,
        got: &ArrayD<f64>,
        exact: &ArrayD<Real>,
        (numbers, zero): (&mut [(Judged, f64)], Zero),
        sizes: impl FnOnce() -> Result<Option<Vec<f64>>, Error>,
    ) -> bool {
        let exceeds =
            |judged: &Judged| matches!(judged.fault, Some(Fault::Ulps | Fault::SignOfZero));
        if !numbers.iter().any(|(judged, _)| exceeds(judged)) {
            return false;
        }
        let sizes = match sizes() {
            Ok(Some(sizes)) => sizes,
            // There is no gradient to take the condition from.
            Ok(None) | Err(Error::Undefined { .. }) => return false,
            Err(_) => {
                for (judged, _) in numbers.iter_mut().filter(|(judged, _)| exceeds(judged)) {
                    *judged = Judged::UNDECIDED;
                }
                return false;
            }
        };
        let mut helped = false;
        for (((got, exact), (judged, of_it)), size) in got.iter().zip(exact).zip(numbers).zip(sizes)
        {
            if exceeds(judged) {
                let anew = compare_scaled(self.dtype(), *got, exact, self.limit, (size, zero));
                let (anew, limit) = anew.unwrap_or((Judged::UNDECIDED, self.limit.clone()));
                helped |= anew.class == Class::Within;
                (*judged, *of_it) = (anew, limit.as_f64());
            }
        }
        helped
    }

    /// Σ|xᵢ ∂ᵢf| of each value.
    fn sizes_of_value(&self) -> Result<Option<Vec<f64>>, Error> {
        let full;
        let truth = if self.truth.gradient.is_some() {
            self.truth
        } else {
            full = self.case.truth_by(self.loss)?;
            &full
        };
        let sizes = truth.least_sensitivity(self.case)?;
        Ok(sizes.map(|sizes| sizes.iter().copied().collect()))
    }
}

fn wrong_shape(got: &ArrayD<f64>, wanted: &[usize]) -> Part {
    Part::outside(Fault::Shape {
        got: got.shape().to_vec(),
        wanted: wanted.to_vec(),
    })
}

/// What the numbers amount to: the first with a fault that has no ulps, or else the worst class
/// and in it the largest error.
fn worst_of(got: &ArrayD<f64>, numbers: Vec<(Judged, f64)>, scaled: bool) -> Part {
    let mut part = Part {
        class: Class::Within,
        fault: None,
        worst: None,
        scaled,
    };
    let rank = |class: Class, ulps: Option<(f64, f64)>| {
        (class, ulps.map_or(f64::INFINITY, |(_, upper)| upper))
    };
    for ((index, &got), (judged, limit)) in got.indexed_iter().zip(numbers) {
        let is_worse = part
            .worst
            .as_ref()
            .is_none_or(|worst| rank(judged.class, judged.ulps) > rank(part.class, worst.ulps));
        if is_worse {
            part.class = judged.class;
            part.fault = judged.fault;
            part.worst = Some(Number {
                index: index.as_array_view().to_vec(),
                got,
                ulps: judged.ulps,
                limit,
            });
        }
    }
    part
}
