//! Cases of the losses of labelled pixels: Jaccard, Lovász extension, Lovász hinge and
//! Lovász-softmax.

use super::super::Number;
use super::draft::{Draft, Parts, array, integer, labels, prediction, text, vector};
use super::pool::{dyadic, one, zero};
use super::predictions::{
    edge_logit, edge_probability, row, spaced_logit, spaced_probability, subnormal,
};
use super::tags::Kind;
use crate::exact::Extended;
use crate::losses::{Params, Prediction, Setting, Space};

/// How many images and pixels; no axis of images where there are none.
struct Layout {
    images: Option<usize>,
    pixels: usize,
}

impl Layout {
    fn new(d: &mut Draft, kind: Kind, has_images: bool) -> Self {
        const SHAPES: [(usize, usize); 6] = [(0, 1), (1, 1), (0, 2), (3, 1), (2, 4), (0, 9)];
        let (images, pixels) = match kind {
            Kind::Shapes => SHAPES[(d.turn / 2) as usize % SHAPES.len()],
            Kind::Large => (0, d.size),
            _ => {
                let images = d.random().pick(&[0, 0, 2, 3]);
                (images, 2 + d.random().index(6))
            }
        };
        let images = (has_images && images > 0).then_some(images);
        Self { images, pixels }
    }

    fn len(&self) -> usize {
        self.images.unwrap_or(1) * self.pixels
    }

    /// The shape, with a further axis where there is one.
    fn shape(&self, further: Option<usize>) -> Vec<usize> {
        self.images
            .into_iter()
            .chain([self.pixels])
            .chain(further)
            .collect()
    }
}

/// Labels of pixels among so many classes.
fn draw_labels(d: &mut Draft, kind: Kind, count: usize, classes: usize) -> Vec<i64> {
    // Where classes are absent, all pixels are of one, or of the first ones.
    let among = if kind == Kind::AbsentClasses {
        d.random().index(classes) + 1
    } else {
        classes
    };
    let shift = if kind == Kind::AbsentClasses {
        d.random().index(classes)
    } else {
        0
    };
    (0..count)
        .map(|_| ((d.random().index(among.min(classes)) + shift) % classes) as i64)
        .collect()
}

/// Takes some labels out, but not all.
fn ignore(d: &mut Draft, params: &mut Params, labels: &mut [i64]) {
    let ignored = d.random().pick(&[255, -1, -100]);
    params.set("ignore_index", integer(ignored));
    let kept = d.random().index(labels.len());
    for (pixel, label) in labels.iter_mut().enumerate() {
        if pixel != kept && d.random().once_in(3) {
            *label = ignored;
        }
    }
}

/// The options that the losses of images share.
fn options(d: &mut Draft, kind: Kind, layout: &Layout, labels: &mut [i64]) -> Params {
    let mut params = Params::new();
    if kind == Kind::Undefined {
        return params;
    }
    if kind == Kind::IgnoredRows || d.random().once_in(6) {
        ignore(d, &mut params, labels);
    }
    if layout.images.is_some() && d.random().once_in(2) {
        params.set("per_image", Setting::Flag(true));
    } else if d.random().once_in(8) {
        params.set("per_image", Setting::Flag(false));
    }
    if d.random().once_in(8) {
        params.set("reduction", text("mean"));
    }
    params
}

/// Which classes are averaged over, among so many.
fn set_classes(d: &mut Draft, params: &mut Params, classes: usize) {
    match d.random().below(5) {
        0 => params.set("classes", text("present")),
        1 | 2 => params.set("classes", text("all")),
        3 => {
            let mut list: Vec<Number> = (0..classes as i64)
                .map(|class| Some(Extended::from(class)))
                .collect();
            d.pool.shuffle(&mut list);
            list.truncate(1 + d.random().index(classes));
            params.set("classes", vector(list));
        }
        _ => {}
    }
}

/// The discrete Jaccard loss.
pub(super) fn jaccard(d: &mut Draft, kind: Kind) -> Parts {
    let layout = Layout::new(d, kind, true);
    let classes = if kind == Kind::Shapes {
        1 + d.random().index(3)
    } else {
        2 + d.random().index(3)
    };
    let mut truth = draw_labels(d, kind, layout.len(), classes);
    let agree = d.random().pick(&[2, 4, 10]);
    let predicted: Vec<i64> = truth
        .iter()
        .map(|&label| match kind {
            Kind::Ties => label,
            _ if d.random().once_in(agree) => d.random().index(classes) as i64,
            _ => label,
        })
        .collect();
    let mut params = options(d, kind, &layout, &mut truth);
    if kind == Kind::AbsentClasses || kind == Kind::Parameters || d.random().once_in(3) {
        params.set("class_count", integer(classes as i64));
        set_classes(d, &mut params, classes);
    }
    if kind == Kind::Parameters && d.random().once_in(2) {
        params.remove("classes");
        params.set("class", integer(d.random().index(classes) as i64));
    }
    let mut shape = layout.shape(None);
    let mut predicted = predicted;
    if kind == Kind::Undefined {
        if d.choice(0) {
            shape = vec![0];
            (truth, predicted) = (Vec::new(), Vec::new());
        } else {
            params.set("ignore_index", integer(255));
            truth.fill(255);
        }
    }
    Parts {
        params,
        prediction: Prediction::Classes(array(&shape, predicted).into()),
        target: labels(&shape, truth),
    }
}

/// The Lovász extension of given errors.
pub(super) fn lovasz_extension(d: &mut Draft, kind: Kind) -> Parts {
    let mut layout = Layout::new(d, kind, false);
    let foreground = match kind {
        Kind::AbsentClasses => vec![i64::from(d.choice(0)); layout.pixels],
        _ => draw_labels(d, kind, layout.pixels, 2),
    };
    let has_negative = d.choice(1);
    let tied = d.pool.unit();
    let mut errors = d.numbers(layout.pixels, |d, _| match kind {
        Kind::Edge if !has_negative => edge_probability(d),
        Kind::Ties if d.random().once_in(2) => tied.clone(),
        Kind::Cancellation => {
            let steps = d.random().between(-4, 4);
            d.pool.steps(&tied, steps)
        }
        Kind::Spaced if !has_negative => spaced_probability(d),
        Kind::Edge | Kind::Spaced | Kind::Subnormals => score(d, kind, &tied),
        _ if has_negative => d.pool.signed(4),
        _ => d.pool.unit(),
    });
    let mut foreground = foreground;
    if kind == Kind::Undefined {
        if d.choice(0) {
            layout.pixels = 0;
            (errors, foreground) = (Vec::new(), Vec::new());
        } else {
            errors[0] = None;
        }
    }
    let shape = layout.shape(None);
    let mut params = Params::new();
    if d.random().once_in(8) {
        params.set("reduction", text("mean"));
    }
    Parts {
        params,
        prediction: prediction(Space::Errors, &shape, errors),
        target: labels(&shape, foreground),
    }
}

/// A score for a class of cases; some are equal to the one given.
fn score(d: &mut Draft, kind: Kind, tied: &Number) -> Number {
    match kind {
        Kind::Edge => edge_logit(d),
        Kind::Spaced => spaced_logit(d),
        Kind::Ties => match d.random().below(4) {
            0 => zero(),
            1 => one(),
            2 => d.pool.integer(-1),
            _ => tied.clone(),
        },
        Kind::Cancellation => {
            // Errors near the kink, and near each other.
            let near = if d.random().once_in(2) {
                one()
            } else {
                d.pool.integer(-1)
            };
            let steps = d.random().between(-3, 3);
            d.pool.steps(&near, steps)
        }
        Kind::Subnormals => {
            let sign = d.random().pick(&[-1, 1]);
            subnormal(d, sign)
        }
        _ => d.pool.signed(3),
    }
}

/// The Lovász hinge.
pub(super) fn lovasz_hinge(d: &mut Draft, kind: Kind) -> Parts {
    let layout = Layout::new(d, kind, true);
    let mut truth = match kind {
        Kind::AbsentClasses => vec![i64::from(d.choice(0)); layout.len()],
        _ => draw_labels(d, kind, layout.len(), 2),
    };
    let mut params = options(d, kind, &layout, &mut truth);
    if kind == Kind::Parameters {
        set_extremes(d, &mut params, &mut truth);
    }
    let tied = d.pool.signed(2);
    let mut scores = d.numbers(layout.len(), |d, _| score(d, kind, &tied));
    if kind == Kind::Infinite {
        scores[0] = Some(if d.choice(0) {
            Extended::Infinity
        } else {
            Extended::NegativeInfinity
        });
    }
    let mut shape = layout.shape(None);
    if kind == Kind::Undefined {
        match d.turn % 3 {
            0 => scores[0] = None,
            1 => {
                shape = vec![0];
                (scores, truth) = (Vec::new(), Vec::new());
            }
            _ => {
                params.set("ignore_index", integer(255));
                truth.fill(255);
            }
        }
    }
    Parts {
        params,
        prediction: prediction(Space::Scores, &shape, scores),
        target: labels(&shape, truth),
    }
}

/// An ignored label that is a class, and images without a pixel that counts.
fn set_extremes(d: &mut Draft, params: &mut Params, labels: &mut [i64]) {
    if d.choice(0) {
        let kept = labels[0];
        let other = if kept == 0 { 1 } else { 0 };
        params.set("ignore_index", integer(other));
        for label in labels
            .iter_mut()
            .filter(|label| **label < 0 || **label > 100)
        {
            *label = other;
        }
        if labels.iter().all(|&label| label == other) {
            labels[0] = 1 - other;
        }
    } else {
        params.set("per_image", Setting::Flag(true));
        params.set("ignore_index", integer(255));
        for label in labels.iter_mut() {
            if *label < 0 {
                *label = 255;
            }
        }
        let half = labels.len().div_ceil(2);
        labels[..half].fill(255);
        if labels.iter().all(|&label| label == 255) {
            labels[0] = 1;
        }
    }
}

/// The Lovász-softmax loss.
pub(super) fn lovasz_softmax(d: &mut Draft, kind: Kind) -> Parts {
    let space = d.space();
    let mut layout = Layout::new(d, kind, true);
    if kind == Kind::Large {
        // Sorting logits exactly takes long.
        layout.pixels = d.size.div_ceil(if space == Space::Logits { 20 } else { 4 });
    }
    let classes = match kind {
        Kind::Shapes => 1 + d.random().index(4),
        Kind::Large => 4,
        _ => 2 + d.random().index(2),
    };
    let mut truth = draw_labels(d, kind, layout.len(), classes);
    let mut values = Vec::with_capacity(layout.len() * classes);
    let tied = row(d, kind, space, classes, 0);
    for &label in &truth {
        if kind == Kind::Ties && d.random().once_in(2) {
            values.extend(tied.iter().cloned());
        } else {
            values.append(&mut row(d, kind, space, classes, label as usize));
        }
    }
    if kind == Kind::Infinite {
        values[0] = match (space, d.turn / 2 % 3) {
            (Space::Logits, 0) => Some(Extended::Infinity),
            (Space::Logits, _) => Some(Extended::NegativeInfinity),
            (_, 0) => one(),
            (_, _) => zero(),
        };
    }
    let mut params = options(d, kind, &layout, &mut truth);
    if kind == Kind::Parameters {
        set_extremes(d, &mut params, &mut truth);
    }
    if kind != Kind::Undefined {
        set_classes(d, &mut params, classes);
    }
    let (mut shape, mut shape_of_labels) = (layout.shape(Some(classes)), layout.shape(None));
    if kind == Kind::Undefined {
        match d.turn / 2 % 3 {
            0 => values[0] = None,
            1 => {
                (shape, shape_of_labels) = (vec![0, classes], vec![0]);
                (values, truth) = (Vec::new(), Vec::new());
            }
            _ => {
                params.set("ignore_index", integer(255));
                truth.fill(255);
            }
        }
    }
    Parts {
        params,
        prediction: prediction(space, &shape, values),
        target: labels(&shape_of_labels, truth),
    }
}

/// The pixel counts of a class: G labelled, f of them not predicted, n others predicted.
pub(super) fn jaccard_of_counts(labelled: usize, missed: usize, added: usize) -> Parts {
    let truth: Vec<i64> = [vec![1; labelled], vec![0; added]].concat();
    let predicted: Vec<i64> = [vec![0; missed], vec![1; labelled - missed + added]].concat();
    let shape = [truth.len()];
    Parts {
        params: Params::new().with("class", integer(1)),
        prediction: Prediction::Classes(array(&shape, predicted).into()),
        target: labels(&shape, truth),
    }
}

/// Two foreground errors whose mean is exactly halfway between two numbers of the type.
pub(super) fn halfway_errors(d: &mut Draft) -> Vec<Number> {
    let significand = d.pool.significand();
    let unit = -d.pool.precision();
    let lower = dyadic(significand, unit);
    let steps = 2 * d.random().between(0, 3) + 1;
    let x = d.pool.near(&lower);
    vec![d.pool.steps(&x, steps), x]
}
