//! The dialects of the Lovász losses and of the discrete Jaccard loss.

use ndarray::{ArrayD, ArrayViewD};
use num_traits::One;

use super::Dialect;
use super::input::{Input, extended, whole};
use super::meaning::Meaning;
use crate::Error;
use crate::exact::{Rational, Real};
use crate::losses::{Params, Prediction, Setting, Target, Value};

pub(super) const ALL: &[Dialect] = &[
    Dialect {
        name: "void_is_zero",
        loss: "jaccard",
        note: "a batch in which every pixel is ignored has the loss 0",
        meaning: void_is_zero,
    },
    Dialect {
        name: "void_is_zero",
        loss: "lovasz_hinge",
        note: "a batch in which every pixel is ignored has the loss 0 (the published code)",
        meaning: void_is_zero,
    },
    Dialect {
        name: "void_images_count",
        loss: "lovasz_hinge",
        note: "with per_image, an image in which every pixel is ignored counts as 0 in the mean (the published code)",
        meaning: void_images_count,
    },
    Dialect {
        name: "thresholded_outside",
        loss: "lovasz_hinge",
        note: "max(Δ̄(e), 0) of the errors e = 1 − xs of both signs, in place of Δ̄(max(e, 0))",
        meaning: thresholded_outside,
    },
    Dialect {
        name: "void_is_zero",
        loss: "lovasz_softmax",
        note: "a batch in which every pixel is ignored has the loss 0 (the published code)",
        meaning: void_is_zero,
    },
    Dialect {
        name: "void_images_count",
        loss: "lovasz_softmax",
        note: "with per_image, an image in which every pixel is ignored counts as 0 in the mean (the published code)",
        meaning: void_images_count,
    },
    Dialect {
        name: "softmax_of_probabilities",
        loss: "lovasz_softmax",
        note: "probabilities are taken for logits (segmentation-models-pytorch)",
        meaning: softmax_of_probabilities,
    },
];

/// How many images there are, and how many have a pixel that counts.
fn images(input: &Input<'_>) -> Option<(usize, usize)> {
    let labels = input.labels()?;
    let counts = |labels: ArrayViewD<'_, i64>| {
        usize::from(labels.iter().any(|&label| !input.is_ignored(label)))
    };
    Some(match labels.ndim() {
        2 => (
            labels.len_of(ndarray::Axis(0)),
            labels.outer_iter().map(counts).sum(),
        ),
        _ => (1, counts(labels.view())),
    })
}

fn void_is_zero(input: &Input<'_>) -> Result<Meaning, Error> {
    match images(input) {
        Some((all, 0)) if all > 0 => Ok(Meaning::zero(input.prediction.shape(), None)),
        _ => Ok(input.itself()?.into()),
    }
}

fn void_images_count(input: &Input<'_>) -> Result<Meaning, Error> {
    let is_per_image = matches!(input.params.get("per_image"), Some(Setting::Flag(true)));
    match images(input) {
        Some((all, kept)) if is_per_image && kept > 0 => {
            let share = whole(kept) / whole(all);
            Ok(input.itself()?.times(&share).into())
        }
        _ => void_is_zero(input),
    }
}

fn softmax_of_probabilities(input: &Input<'_>) -> Result<Meaning, Error> {
    let loss = input.loss_of(
        input.entry.name,
        input.params,
        Prediction::logits(input.numbers()),
        input.target.map(Clone::clone),
    )?;
    Ok(loss.into())
}

fn thresholded_outside(input: &Input<'_>) -> Result<Meaning, Error> {
    let options = ["per_image", "ignore_index"];
    if options.iter().any(|name| input.params.get(name).is_some()) {
        return Err(input.undefined("the dialect has neither per_image nor ignore_index"));
    }
    let Some(labels) = input.labels() else {
        return Err(input.undefined("the target is not labels"));
    };
    let scores = input.finite()?;
    let signs = labels.map(|&label| Rational::from_integer((2 * label - 1).into()));
    let errors: Vec<Rational> = scores
        .iter()
        .zip(&signs)
        .map(|(x, s)| Rational::one() - x * s)
        .collect();
    let flat = |numbers: Vec<Rational>| {
        let shape = vec![numbers.len()];
        ArrayD::from_shape_vec(shape, numbers).expect("the length is that of the numbers")
    };
    let pixels: Vec<i64> = labels.iter().copied().collect();
    let pixels = ArrayD::from_shape_vec(vec![pixels.len()], pixels)
        .expect("the length is that of the labels");
    let loss = input.loss_of(
        "lovasz_extension",
        &Params::new(),
        Prediction::errors(extended(&flat(errors))),
        Target::labels(pixels),
    )?;
    let slopes = flat(signs.iter().map(|sign| -sign).collect());
    let evaluation = Meaning::from(loss.with_slopes(slopes)).evaluate()?;
    let Value::Reduced(value) = &evaluation.value else {
        return Err(input.undefined("the pixels were not reduced"));
    };
    if value.sign()? != core::cmp::Ordering::Greater {
        return Ok(Meaning::zero(scores.shape(), None));
    }
    let gradient: Vec<Real> = evaluation.gradient.iter().cloned().collect();
    let gradient =
        ArrayD::from_shape_vec(scores.raw_dim(), gradient).expect("each score has a derivative");
    let value = ArrayD::from_elem(vec![1], value.clone());
    Meaning::reduced(
        crate::losses::Reduction::Sum,
        &Rational::one(),
        value,
        gradient,
    )
}
