//! Faults as right answers to another case: what the exact twin says where the program reads a label, a
//! parameter or the space of the prediction wrong. Loops in floats are beside this file.

use exact_loss::losses::{Prediction, Target};
use exact_loss::oracle::{Answer, Answered, Case, Number};
use ndarray::ArrayD;

use super::Bug::{self, *};

/// The answer of the exact twin, correctly rounded; `None` where it has none.
pub(super) fn rounded(case: &Case) -> Option<Answer> {
    let truth = case.truth().ok()?;
    let answered = Answered {
        value: truth.value().ok()?,
        gradient: truth.gradient().ok()?,
    };
    Some(answered.into())
}

fn values(case: &Case) -> Option<ArrayD<Number>> {
    match &case.prediction {
        Prediction::Values(_, values) => Some(values.to_owned().into_owned()),
        Prediction::Classes(_) => None,
    }
}

/// The answer to the case as a program with this fault reads it; it takes none without a fault.
pub(super) fn misread(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let mut read = case.clone();
    match bug? {
        LabelOffByOne => {
            let classes = *case.prediction.shape().last()? as i64;
            let next = case.labels()?.map(|&label| (label + 1) % classes);
            read.target = Target::labels(next);
        }
        SoftmaxTwice => read.prediction = Prediction::logits(values(case)?),
        TargetsAsLabels => {
            let soft = case.targets::<f64>()?;
            let greatest = soft.rows().into_iter().map(|row| {
                let mut classes: Vec<usize> = (0..row.len()).collect();
                classes.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
                classes.first().map_or(0, |&class| class as i64)
            });
            read.target = Target::labels(ndarray::Array1::from_iter(greatest));
            read.params.remove("multi_class");
        }
        _ => return None,
    }
    rounded(&read)
}
