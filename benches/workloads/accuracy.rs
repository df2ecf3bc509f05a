//! The oracle on the same compiled code that is timed: the first rows of a workload, enough for lanes
//! and threads, judged by the exact twin. What is right and what is not is said by the oracle.

use exact_loss::losses::Params;
use exact_loss::oracle::{Answer, Case, Class, Dtype, Gradient, Limit, Part, judge_by};
use ndarray::ArrayD;
use serde_json::{Value, json};

use super::float::Real;
use super::report::short;
use super::workload::Workload;

/// What the oracle says of a workload in one type.
#[derive(Debug)]
pub(crate) struct Accuracy {
    /// The size that was judged.
    size: String,
    /// Whether every number is within the limit.
    pub(crate) is_right: bool,
    /// The largest error of the value, in ulps; `None` where there is no number to give.
    pub(crate) value: Option<f64>,
    /// The largest error of a component of the gradient.
    pub(crate) gradient: Option<f64>,
    /// Whether a limit grew because a number is ill-conditioned.
    is_scaled: bool,
}

/// Judges the first so many rows of a workload.
pub(crate) fn judge<F: Real>(workload: &Workload, rows: usize) -> Accuracy {
    let inputs = workload.inputs::<F>(rows);
    let subject = workload.subject::<F>();
    let answer = if workload.has_gradient() {
        let mut gradient = ArrayD::from_elem(inputs.prediction.shape(), F::from_f64(0.0));
        let value = subject.with_gradient(&inputs, gradient.view_mut());
        let alone = subject.value(&inputs).expect("valid inputs");
        let value = value.expect("valid inputs");
        assert!(value == alone, "{}: two values", workload.name);
        Answer::from((value.to_f64(), gradient.map(|&x| x.to_f64())))
    } else {
        Answer::from(subject.value(&inputs).expect("valid inputs").to_f64())
    };
    let dtype = Dtype::find(F::NAME).expect("a type");
    let (prediction, target) = (inputs.prediction.view(), inputs.target.view());
    let case = Case::new(workload.loss, dtype, Params::new(), prediction, target);
    let case = case.expect("a loss of the catalogue");
    let verdict = judge_by(subject.exactly(), &case, &answer, &Limit::default());
    let largest = |part: &Part| Some(part.worst.as_ref()?.ulps?.1);
    Accuracy {
        size: workload.size(rows),
        is_right: verdict.class == Class::Within,
        value: verdict.value.as_ref().and_then(largest),
        gradient: match &verdict.gradient {
            Gradient::Judged(part) => largest(part),
            _ => None,
        },
        is_scaled: verdict.is_scaled(),
    }
}

impl Accuracy {
    /// The verdict as data.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "size": self.size,
            "right": self.is_right,
            "scaled": self.is_scaled,
            "value_ulps": self.value.map(short),
            "gradient_ulps": self.gradient.map(short),
        })
    }
}
