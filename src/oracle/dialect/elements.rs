//! The dialects of binary cross entropy and its balanced kin. Those of the focal loss are beside
//! this file.

use core::cmp::Ordering;

use ndarray::{ArrayD, Axis};
use num_traits::{One, Zero};

use super::Dialect;
use super::input::{Input, extended, whole};
use super::meaning::Meaning;
use crate::Error;
use crate::exact::rational::sum;
use crate::exact::{Extended, Rational, Real};
use crate::losses::{Evaluation, Params, Prediction, Reduction, Setting, Target, Value};

pub(super) const ALL: &[Dialect] = &[
    Dialect {
        name: "clipped",
        loss: "binary_cross_entropy",
        note: "probabilities are kept within [1e-7, 1−1e-7], with a gradient of 0 outside (Keras)",
        meaning: clipped,
    },
    Dialect {
        name: "log_clamped",
        loss: "binary_cross_entropy",
        note: "logarithms of probabilities are at least −100, and the gradient by a probability is (p−y)/max(p(1−p), 1e-12) (PyTorch)",
        meaning: log_clamped,
    },
    Dialect {
        name: "smoothed_towards_half",
        loss: "binary_cross_entropy",
        note: "with a parameter label_smoothing s: y(1−s) + s/2 (Keras)",
        meaning: smoothed_towards_half,
    },
    Dialect {
        name: "smoothed_towards_other",
        loss: "binary_cross_entropy",
        note: "with a parameter label_smoothing s: y(1−s) + (1−y)s (segmentation-models-pytorch)",
        meaning: smoothed_towards_other,
    },
    Dialect {
        name: "positive_weight",
        loss: "balanced_cross_entropy",
        note: "the positive class has the weight α/(1−α), which is n/m from the counts, and the negative class 1",
        meaning: positive_weight,
    },
    Dialect {
        name: "per_image",
        loss: "balanced_cross_entropy",
        note: "each image, along the first axis, is balanced by its own counts (HED)",
        meaning: per_image,
    },
];

fn clipped(input: &Input<'_>) -> Result<Meaning, Error> {
    if input.is_logits() {
        return Ok(input.itself()?.into());
    }
    let (lower, upper) = input.margins();
    let (p, slopes) = Input::clipped(&input.finite()?, &lower, &upper);
    let loss = input.loss_of(
        input.entry.name,
        input.params,
        Prediction::probabilities(extended(&p)),
        input.target.map(Clone::clone),
    )?;
    Ok(loss.with_slopes(slopes).into())
}

/// ln x, but at least −100.
fn clamped_ln(x: &Rational) -> Result<Real, Error> {
    let least = Real::from(-whole(100));
    let ln = Real::ln(x)?;
    Ok(match ln.compare(&least)? {
        Ordering::Less => least,
        _ => ln,
    })
}

fn log_clamped(input: &Input<'_>) -> Result<Meaning, Error> {
    if input.is_logits() {
        return Ok(input.itself()?.into());
    }
    if input.params.get("pos_weight").is_some() {
        return Err(input.undefined("the dialect has no pos_weight for probabilities"));
    }
    let (p, y) = (input.finite()?, input.targets()?);
    let weights = match input.params.get("weights") {
        None => ArrayD::from_elem(p.raw_dim(), Rational::one()),
        Some(Setting::Numbers(weights)) => {
            let weights = weights.map(|w| w.as_ref().and_then(Extended::finite).cloned());
            let broadcast = weights.broadcast(p.raw_dim());
            let Some(weights) = broadcast.filter(|all| all.iter().all(Option::is_some)) else {
                return Err(input.undefined("the weights do not fit"));
            };
            weights.map(|w| w.clone().unwrap_or_default())
        }
        Some(_) => return Err(input.undefined("the weights are no array")),
    };
    let least = Rational::new(1.into(), 1_000_000_000_000_i64.into());
    let (mut values, mut gradient) = (Vec::new(), Vec::new());
    for ((p, y), w) in p.iter().zip(&y).zip(&weights) {
        let q = Rational::one() - p;
        let positive = clamped_ln(p)?.scale(&-y);
        let negative = clamped_ln(&q)?.scale(&(y - Rational::one()));
        values.push(positive.add(&negative)?.scale(w));
        gradient.push(Real::from((p - y) / (p * q).max(least.clone()) * w));
    }
    let array =
        |reals| ArrayD::from_shape_vec(p.raw_dim(), reals).expect("each number has a value");
    let (values, gradient) = (array(values), array(gradient));
    Meaning::reduced(input.reduction()?, &whole(p.len()), values, gradient)
}

fn smoothed_towards_half(input: &Input<'_>) -> Result<Meaning, Error> {
    let half = Rational::new(1.into(), 2.into());
    smoothed(input, |_| half.clone())
}

fn smoothed_towards_other(input: &Input<'_>) -> Result<Meaning, Error> {
    smoothed(input, |y| Rational::one() - y)
}

/// y(1−s) + other(y)·s.
fn smoothed(input: &Input<'_>, other: impl Fn(&Rational) -> Rational) -> Result<Meaning, Error> {
    let s = input.number("label_smoothing").unwrap_or_default();
    let targets = input.targets()?;
    let targets = targets.map(|y| y * (Rational::one() - &s) + other(y) * &s);
    let mut params = input.params.clone();
    params.remove("label_smoothing");
    let loss = input.loss_of(
        input.entry.name,
        &params,
        input.prediction.map(Clone::clone),
        Target::values(extended(&targets)),
    )?;
    Ok(loss.into())
}

/// The parameters of binary cross entropy with the same reduction.
fn reduction_of(params: &Params) -> Params {
    match params.get("reduction") {
        None => Params::new(),
        Some(reduction) => Params::new().with("reduction", reduction.clone()),
    }
}

fn positive_weight(input: &Input<'_>) -> Result<Meaning, Error> {
    let y = input.targets()?;
    let (positive, negative) = match input.number("alpha") {
        Some(alpha) => (alpha.clone(), Rational::one() - alpha),
        None => {
            let m = sum(y.iter());
            (whole(y.len()) - &m, m)
        }
    };
    if negative.is_zero() {
        return Err(input.undefined("the weight of the positive class is infinite"));
    }
    let weight = Setting::Number(Some((positive / negative).into()));
    let params = reduction_of(input.params).with("pos_weight", weight);
    let prediction = input.prediction.map(Clone::clone);
    let target = input.target.map(Clone::clone);
    Ok(input
        .loss_of("binary_cross_entropy", &params, prediction, target)?
        .into())
}

fn per_image(input: &Input<'_>) -> Result<Meaning, Error> {
    let images = input.prediction.shape().first().copied().unwrap_or(1);
    let params = input
        .params
        .clone()
        .with("reduction", Setting::Text("none".to_owned()));
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    for image in 0..images {
        let prediction = input.prediction.select_rows(&[image]);
        let target = input.target.select_rows(&[image]);
        let loss = input.loss_of(input.entry.name, &params, prediction, target)?;
        let Evaluation { value, gradient } = Meaning::from(loss).evaluate()?;
        let Value::PerElement(value) = value else {
            return Err(input.undefined("the image was reduced"));
        };
        values.push(value);
        gradients.push(gradient);
    }
    let joined = |images: &[ArrayD<Real>]| {
        let views: Vec<_> = images.iter().map(|image| image.view()).collect();
        ndarray::concatenate(Axis(0), &views).map_err(|_| input.undefined("there is no image"))
    };
    let (values, gradient) = (joined(&values)?, joined(&gradients)?);
    let elements = whole(values.len());
    let reduction: Reduction = input.reduction()?;
    Meaning::reduced(reduction, &elements, values, gradient)
}
