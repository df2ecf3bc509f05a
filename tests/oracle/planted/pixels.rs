//! The discrete Jaccard loss and the Lovász losses, as plain loops in double precision, with the faults
//! that such code has.

use core::cmp::Ordering;
use std::collections::BTreeSet;

use exact_loss::losses::{Setting, Space};
use exact_loss::oracle::{Answer, Case};
use ndarray::{ArrayD, Axis};

use super::Bug::{self, *};
use super::numbers::{flag, is_ignored, number, numbers, sum, two_sum, word};

/// The pixels that count, image by image, as indices into the flattened labels.
fn images(case: &Case, bug: Option<Bug>) -> Option<Vec<Vec<usize>>> {
    let labels = case.labels()?;
    let counts = |label: i64| !is_ignored(case, label) || bug == Some(IgnoredCounted);
    let all: Vec<usize> = (0..labels.len()).collect();
    let of_each = labels.shape().last().copied().unwrap_or(1).max(1);
    let images = match labels.ndim() {
        2 if flag(case, "per_image") && bug != Some(ImagesTogether) => all.chunks(of_each),
        2 if bug == Some(ImagesApart) => all.chunks(of_each),
        _ => all.chunks(all.len().max(1)),
    };
    let flat: Vec<i64> = labels.iter().copied().collect();
    let kept = images.map(|image| image.iter().copied().filter(|&i| counts(flat[i])).collect());
    Some(
        kept.filter(|image: &Vec<usize>| !image.is_empty() || bug == Some(VoidImagesCounted))
            .collect(),
    )
}

/// The classes that an image is averaged over.
fn classes(case: &Case, count: usize, present: BTreeSet<i64>, bug: Option<Bug>) -> Vec<i64> {
    let all = || (0..count as i64).collect();
    let wanted: Vec<i64> = match case.params.get("classes") {
        Some(Setting::Numbers(_)) => {
            let list = numbers(case, "classes").into_iter().flatten();
            list.map(|class| class as i64).collect()
        }
        Some(_) if word(case, "classes") == Some("all") => all(),
        _ if bug == Some(AbsentClassesCounted) => all(),
        _ => present.iter().copied().collect(),
    };
    let is_kept = |class: &i64| bug != Some(AbsentClassesDropped) || present.contains(class);
    wanted.into_iter().filter(is_kept).collect()
}

fn mean(terms: &[f64]) -> f64 {
    sum(terms.iter().copied()) / terms.len() as f64
}

/// The discrete Jaccard loss.
pub(super) fn jaccard(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let labels: Vec<i64> = case.labels()?.iter().copied().collect();
    let predicted: Vec<i64> = case.input::<f64>().iter().map(|&x| x as i64).collect();
    let greatest = labels.iter().chain(&predicted).max().copied().unwrap_or(0);
    let count = number(case, "class_count").map_or(greatest as usize + 1, |count| count as usize);
    let of_class = |image: &[usize], class: i64| -> f64 {
        let number = |is: &dyn Fn(usize) -> bool| image.iter().filter(|&&i| is(i)).count() as f64;
        let labelled = number(&|i| labels[i] == class);
        let guessed = number(&|i| predicted[i] == class);
        let both = number(&|i| labels[i] == class && predicted[i] == class);
        let union = labelled + guessed - both;
        match bug {
            Some(UnionWithoutOverlap) => 1.0 - both / (labelled + guessed).max(1.0),
            Some(Dice) if union > 0.0 => 1.0 - 2.0 * both / (labelled + guessed),
            Some(EmptyIsOne) if union == 0.0 => 1.0,
            Some(EmptyIsNan) if union == 0.0 => f64::NAN,
            Some(Smoothed) => 1.0 - (both + 1.0) / (union + 1.0),
            _ if union == 0.0 => 0.0,
            _ => (union - both) / union,
        }
    };
    let of_images: Vec<f64> = images(case, bug)?
        .iter()
        .map(|image| {
            let present = image.iter().map(|&i| labels[i]).collect();
            let classes = match number(case, "class") {
                Some(class) => vec![class as i64],
                None => classes(case, count, present, bug),
            };
            let losses: Vec<f64> = classes
                .iter()
                .map(|&class| of_class(image, class))
                .collect();
            mean(&losses)
        })
        .collect();
    Some(mean(&of_images).into())
}

/// An error and what was lost in rounding it.
type Error = (f64, f64);

/// The order of falling errors.
fn order(errors: &[Error], bug: Option<Bug>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..errors.len()).collect();
    let falling = |&a: &usize, &b: &usize| -> Ordering {
        let [a, b] = [errors[a], errors[b]];
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    };
    match bug {
        Some(Unsorted) => {}
        Some(SortedAscending) => order.sort_by(|a, b| falling(b, a)),
        _ => order.sort_by(falling),
    }
    order
}

/// The marginals of the Jaccard loss in this order.
fn marginals(foreground: &[f64], order: &[usize], bug: Option<Bug>) -> Vec<f64> {
    let labelled: f64 = foreground.iter().sum();
    let (mut missed, mut added, mut last) = (0.0, 0.0, 0.0);
    let mut slopes = vec![0.0; foreground.len()];
    let is_by_difference = matches!(
        bug,
        Some(DifferencesOfCurve | DifferencesBackwards | FirstDifferenceDropped | ClassesSorted)
    );
    for (at, &i) in order.iter().enumerate() {
        missed += foreground[i];
        added += 1.0 - foreground[i];
        let curve = 1.0 - (labelled - missed) / (labelled + added);
        slopes[i] = match bug {
            Some(DifferencesBackwards) => last - curve,
            Some(FirstDifferenceDropped) if at == 0 => 0.0,
            _ if is_by_difference => curve - last,
            _ if foreground[i] == 1.0 => 1.0 / (labelled + added),
            Some(EmptyIsNan) if labelled == 0.0 => f64::NAN,
            _ if labelled + added == 1.0 => 1.0,
            _ => (labelled - missed) / (labelled + added) / (labelled + added - 1.0),
        };
        last = curve;
    }
    slopes
}

/// The Lovász extension and its gradient.
fn extension(errors: &[Error], foreground: &[f64], bug: Option<Bug>) -> (f64, Vec<f64>) {
    let order = order(errors, bug);
    let slopes = marginals(foreground, &order, bug);
    // A foreground pixel that is no error any more adds nothing.
    let terms = errors.iter().zip(&slopes);
    let term =
        |(&(error, _), &slope): (&Error, &f64)| if slope == 0.0 { 0.0 } else { error * slope };
    let value = match bug {
        Some(SingleAccumulation) => {
            let single = terms.fold(0.0_f32, |sum, (error, slope)| {
                sum + (error.0 * slope) as f32
            });
            f64::from(single)
        }
        _ => sum(terms.map(term)) + 0.0,
    };
    (value, slopes)
}

/// The Lovász extension of given errors.
pub(super) fn lovasz_extension(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let given = case.input::<f64>();
    let errors: Vec<Error> = given
        .iter()
        .map(|&error| match bug {
            Some(NegativeErrorsDropped) => (error.max(0.0), 0.0),
            _ => (error, 0.0),
        })
        .collect();
    let foreground: Vec<f64> = case.labels()?.iter().map(|&label| label as f64).collect();
    let (value, slopes) = extension(&errors, &foreground, bug);
    let slopes = match bug {
        Some(GradientSign) => slopes.iter().map(|slope| -slope).collect(),
        _ => slopes,
    };
    let gradient = ArrayD::from_shape_vec(given.shape(), slopes).ok()?;
    Some((value, gradient).into())
}

/// The Lovász hinge.
pub(super) fn lovasz_hinge(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let scores = case.input::<f64>();
    let flat: Vec<f64> = scores.iter().copied().collect();
    let labels: Vec<i64> = case.labels()?.iter().copied().collect();
    let images = images(case, bug)?;
    let mut gradient = vec![0.0; flat.len()];
    let mut values = Vec::new();
    for image in &images {
        let sign = |i: usize| match bug {
            Some(LabelsAsSigns) => labels[i] as f64,
            _ => (2 * labels[i] - 1) as f64,
        };
        let error = |&i: &usize| -> Error {
            let agreement = match bug {
                Some(MarginSign) => -flat[i] * sign(i),
                _ => flat[i] * sign(i),
            };
            let (error, lost) = two_sum(1.0, -agreement);
            let lost = if error.is_finite() { lost } else { 0.0 };
            match bug {
                Some(WithoutRelu | ReluOutside) => (error, lost),
                Some(EluForRelu) if error < 0.0 => (error.exp(), 0.0),
                Some(EluForRelu) => (error + 1.0, lost),
                _ if error < 0.0 => (0.0, 0.0),
                _ => (error, lost),
            }
        };
        let errors: Vec<Error> = image.iter().map(error).collect();
        let foreground: Vec<f64> = image.iter().map(|&i| labels[i] as f64).collect();
        let (value, slopes) = extension(&errors, &foreground, bug);
        values.push(if bug == Some(ReluOutside) {
            value.max(0.0)
        } else {
            value
        });
        for ((&i, error), slope) in image.iter().zip(&errors).zip(slopes) {
            if error.0 > 0.0 || bug == Some(GradientInsideMargin) {
                gradient[i] = -sign(i) * slope / images.len() as f64;
            }
        }
    }
    let gradient = ArrayD::from_shape_vec(scores.shape(), gradient).ok()?;
    let gradient = if bug == Some(GradientSign) {
        -gradient
    } else {
        gradient
    };
    Some((mean(&values), gradient).into())
}

/// Lovász-softmax of probabilities.
pub(super) fn lovasz_softmax(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    if case.prediction.space() == Space::Logits {
        return None;
    }
    let given = case.input::<f64>();
    let count = given.len_of(Axis(given.ndim() - 1));
    let flat: Vec<f64> = given.iter().copied().collect();
    let labels: Vec<i64> = case.labels()?.iter().copied().collect();
    let images = images(case, bug)?;
    let mut gradient = vec![0.0; flat.len()];
    let mut values = Vec::new();
    for image in &images {
        let is_class = |label: &i64| (0..count as i64).contains(label);
        let present = image.iter().map(|&i| labels[i]).filter(is_class).collect();
        let classes = classes(case, count, present, bug);
        let averaged = match bug {
            Some(MeanOverAllClasses) => count,
            _ => classes.len(),
        };
        let mut losses = Vec::new();
        for class in &classes {
            let is_label = |i: usize| labels[i] == *class;
            let of_class = |i: usize| i * count + *class as usize;
            let error = |&i: &usize| match flat[of_class(i)] {
                p if is_label(i) => two_sum(1.0, -p),
                p => (p, 0.0),
            };
            let errors: Vec<Error> = image.iter().map(error).collect();
            let foreground: Vec<f64> = image
                .iter()
                .map(|&i| match bug {
                    Some(ClassesSorted) => labels[i] as f64,
                    _ => f64::from(u8::from(is_label(i))),
                })
                .collect();
            let (value, slopes) = extension(&errors, &foreground, bug);
            losses.push(value);
            for (&i, slope) in image.iter().zip(slopes) {
                let slope = slope / (averaged * images.len()) as f64;
                let sign = if is_label(i) && bug != Some(GradientOfErrors) {
                    -1.0
                } else {
                    1.0
                };
                gradient[of_class(i)] = sign * slope;
            }
        }
        values.push(sum(losses) / averaged as f64);
    }
    let gradient = ArrayD::from_shape_vec(given.shape(), gradient).ok()?;
    Some((mean(&values), gradient).into())
}
