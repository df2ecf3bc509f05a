//! Cases of the losses of class rows: cross entropy, entropy and Kullback–Leibler divergence. The
//! rows themselves are made here too for the other losses that take them.

use super::super::Number;
use super::draft::{Draft, Parts, integer, labels, prediction, targets, text, vector};
use super::pool::{at_most_one, dyadic, one, zero};
use super::predictions::row;
use super::tags::Kind;
use crate::exact::Extended;
use crate::losses::{Params, Setting, Space, Target};

/// Rows of predictions with what they are compared with.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) space: Space,
    /// Rows and classes.
    pub(super) shape: [usize; 2],
    pub(super) values: Vec<Number>,
    pub(super) labels: Vec<i64>,
    /// A distribution for each row.
    pub(super) soft: Vec<Number>,
}

impl Rows {
    /// Rows of a class of cases.
    pub(super) fn new(d: &mut Draft, kind: Kind, space: Space) -> Self {
        let [rows, classes] = shape(d, kind);
        let mut made = Self {
            space,
            shape: [rows, classes],
            values: Vec::with_capacity(rows * classes),
            labels: Vec::with_capacity(rows),
            soft: Vec::with_capacity(rows * classes),
        };
        for _ in 0..rows {
            let label = d.random().index(classes);
            let target = target(d, kind, classes, label);
            let mut row = row(d, kind, space, classes, label);
            if kind == Kind::ZeroTargets {
                empty(d, space, &mut row, &target, label);
            }
            made.values.append(&mut row);
            made.labels.push(label as i64);
            made.soft.extend(target);
        }
        match kind {
            Kind::Infinite => made.make_infinite(d),
            Kind::Undefined => made.make_undefined(d),
            _ => {}
        }
        made
    }

    fn classes(&self) -> usize {
        self.shape[1]
    }

    /// The first row has an infinite loss, or an infinite logit.
    fn make_infinite(&mut self, d: &Draft) {
        let label = self.labels[0] as usize;
        let other = (label + 1) % self.classes();
        let (at, number) = match (self.space, d.turn / 2 % 3) {
            (Space::Logits, 0) => (label, Extended::NegativeInfinity),
            (Space::Logits, 1) => (label, Extended::Infinity),
            (Space::Logits, _) => (other, Extended::Infinity),
            (_, 0 | 1) => (label, Extended::from(0)),
            (_, _) => (other, Extended::from(0)),
        };
        self.values[at] = Some(number);
    }

    /// There is no loss: NaN, no rows, or logits without a softmax.
    fn make_undefined(&mut self, d: &Draft) {
        let row = &mut self.values[..self.shape[1]];
        match (self.space, d.turn / 2 % 4) {
            (Space::Logits, 2) => row.fill(Some(Extended::NegativeInfinity)),
            (Space::Logits, 3) => row.fill(Some(Extended::Infinity)),
            (_, 1) => {
                self.shape[0] = 0;
                self.values.clear();
                self.labels.clear();
                self.soft.clear();
            }
            _ => row[0] = None,
        }
    }

    /// Takes finite logits into ±[`DEEPEST`].
    pub(super) fn limit_logits(&mut self) {
        if self.space == Space::Logits {
            limit_logits(&mut self.values);
        }
    }

    pub(super) fn labels(&self) -> Target<'static, Number> {
        labels(&self.shape[..1], self.labels.clone())
    }

    pub(super) fn soft(&self) -> Target<'static, Number> {
        targets(&self.shape, self.soft.clone())
    }

    pub(super) fn parts(self, params: Params, target: Target<'static, Number>) -> Parts {
        Parts {
            params,
            prediction: prediction(self.space, &self.shape, self.values),
            target,
        }
    }

    /// Gives some rows, but not all, a label that does not count; what they hold must not matter.
    pub(super) fn ignore(&mut self, d: &mut Draft, label: i64) {
        let rows = self.shape[0];
        if rows < 2 {
            return;
        }
        let kept = d.random().index(rows);
        for row in (0..rows).filter(|&row| row != kept) {
            if !d.random().once_in(2) {
                continue;
            }
            self.labels[row] = label;
            if d.random().once_in(3) {
                let at = row * self.classes() + d.random().index(self.classes());
                self.values[at] = None;
            }
        }
    }
}

/// How large logits may be for the losses that multiply a tiny probability by others, entropy and
/// focal loss: far beyond it the exact twin does not decide which float is nearest.
const DEEPEST: i64 = 2048;

/// Takes finite numbers into ±[`DEEPEST`].
pub(super) fn limit_logits(logits: &mut [Number]) {
    let (low, high) = (Extended::from(-DEEPEST), Extended::from(DEEPEST));
    for logit in logits
        .iter_mut()
        .flatten()
        .filter(|logit| logit.is_finite())
    {
        *logit = logit.clone().clamp(low.clone(), high.clone());
    }
}

/// The most numbers of a large prediction with its targets.
const MOST: usize = 4_000_000;

/// How many rows and classes.
fn shape(d: &mut Draft, kind: Kind) -> [usize; 2] {
    const SHAPES: [[usize; 2]; 10] = [
        [1, 1],
        [1, 2],
        [3, 1],
        [2, 2],
        [1, 3],
        [4, 3],
        [1, 10],
        [7, 2],
        [2, 5],
        [1, 33],
    ];
    match kind {
        Kind::Shapes => SHAPES[(d.turn / 2) as usize % SHAPES.len()],
        // A line has an end: rows are written with more than one number each.
        Kind::Large if d.turn / 2 % 2 == 1 => [1, d.size.min(MOST)],
        Kind::Large => [d.size.min(MOST).div_ceil(10), 10],
        Kind::IgnoredRows => [2 + d.random().index(4), 2 + d.random().index(3)],
        Kind::Random | Kind::Parameters => [1 + d.random().index(5), 2 + d.random().index(5)],
        _ => [1 + d.random().index(2), 2 + d.random().index(3)],
    }
}

/// A target distribution. Where targets are to be zero, some are.
fn target(d: &mut Draft, kind: Kind, classes: usize, label: usize) -> Vec<Number> {
    if classes == 1 {
        return vec![one()];
    }
    let one_hot = kind == Kind::ZeroTargets && d.random().once_in(2);
    if one_hot || (kind == Kind::Infinite && d.random().once_in(2)) {
        return (0..classes)
            .map(|class| if class == label { one() } else { zero() })
            .collect();
    }
    if kind != Kind::ZeroTargets {
        return d.pool.distribution(classes);
    }
    // The label keeps its part, and one class at least has none.
    let positive = 1 + d.random().index(classes - 1);
    let mut parts = d.pool.distribution(positive);
    parts.resize(classes, zero());
    let shift = classes - label;
    parts.rotate_left(shift % classes);
    parts
}

/// Takes the prediction away from classes without a target, so that 0·ln 0 is met.
fn empty(d: &mut Draft, space: Space, row: &mut [Number], target: &[Number], label: usize) {
    for (class, number) in row.iter_mut().enumerate() {
        if class != label && target[class] == zero() && !d.random().once_in(3) {
            *number = match space {
                Space::Logits => Some(Extended::NegativeInfinity),
                _ => zero(),
            };
        }
    }
}

/// Cross entropy.
pub(super) fn cross_entropy(d: &mut Draft, kind: Kind) -> Parts {
    let mut rows = Rows::new(d, kind, d.space());
    let mut params = Params::new();
    let classes = rows.classes();
    if kind == Kind::Undefined {
        if d.turn % 5 == 4 {
            params.set("ignore_index", integer(-100));
            rows.labels.fill(-100);
        }
        let target = rows.labels();
        return rows.parts(params, target);
    }
    d.set_reduction(&mut params);
    d.set_base(&mut params);
    let is_soft = kind != Kind::IgnoredRows && d.turn / 2 % 3 == 2 || kind == Kind::ZeroTargets;
    let ignores = kind != Kind::Parameters && !is_soft && d.random().once_in(8);
    if kind == Kind::IgnoredRows || ignores {
        let label = d.random().pick(&[-100, -1, 255]);
        params.set("ignore_index", integer(label));
        rows.ignore(d, label);
    }
    if kind == Kind::Parameters {
        set_extremes(d, &mut params, &mut rows);
    } else if kind != Kind::Infinite {
        if d.random().once_in(4) {
            let weights = d.numbers(classes, |d, _| d.pool.magnitude(-2, 2));
            params.set("weights", vector(weights));
        }
        if kind != Kind::Edge && d.random().once_in(4) {
            let smoothing = d.random().pick(&[(1, 10), (1, 4), (1, 100)]);
            let smoothing = d.pool.ratio(smoothing.0, smoothing.1);
            params.set("label_smoothing", Setting::Number(smoothing));
        }
    }
    let target = if is_soft { rows.soft() } else { rows.labels() };
    rows.parts(params, target)
}

/// Weights of 0 and of very different sizes, smoothing by 0 and 1, an ignored label that is a class.
fn set_extremes(d: &mut Draft, params: &mut Params, rows: &mut Rows) {
    let classes = rows.classes();
    match d.turn / 2 % 4 {
        0 => {
            let half = d.pool.greatest_exponent() / 4;
            let mut weights = d.numbers(classes, |d, _| d.pool.magnitude(-half, half));
            // The weights that count must not all be 0.
            let kept = rows
                .labels
                .iter()
                .find_map(|&label| usize::try_from(label).ok());
            let dropped = d.random().index(classes);
            if kept != Some(dropped) {
                weights[dropped] = zero();
            }
            params.set("weights", vector(weights));
        }
        1 => {
            let number = match d.random().below(4) {
                0 => zero(),
                1 => one(),
                2 => d.pool.scaled(1, d.pool.unit_exponent()),
                _ => d
                    .pool
                    .near(&(dyadic(1, 0) - dyadic(1, -d.pool.precision()))),
            };
            params.set("label_smoothing", Setting::Number(number));
        }
        2 => {
            // A class may be the label that does not count.
            let label = rows.labels[0];
            let other = if label == 0 { 1 } else { 0 };
            params.set("ignore_index", integer(other));
        }
        _ => {
            params.set("base", text("2"));
            let weights = d.numbers(classes, |d, _| d.pool.magnitude(-1, 1));
            params.set("weights", vector(weights));
            params.set("label_smoothing", Setting::Number(d.pool.ratio(1, 10)));
        }
    }
}

/// Entropy.
pub(super) fn entropy(d: &mut Draft, kind: Kind) -> Parts {
    let mut rows = Rows::new(d, kind, d.space());
    let mut params = Params::new();
    if kind != Kind::Undefined {
        d.set_reduction(&mut params);
        d.set_base(&mut params);
    }
    rows.limit_logits();
    rows.parts(params, Target::None)
}

/// Kullback–Leibler divergence.
pub(super) fn kl_divergence(d: &mut Draft, kind: Kind) -> Parts {
    let mut rows = Rows::new(d, kind, d.space());
    let mut params = Params::new();
    if kind != Kind::Undefined {
        d.set_reduction(&mut params);
        d.set_base(&mut params);
    }
    let is_generalized = kind == Kind::Parameters && (d.turn / 2).is_multiple_of(2);
    if is_generalized || (kind == Kind::Random && d.random().once_in(4)) {
        params.set("generalized", Setting::Flag(true));
        if rows.space == Space::Probabilities {
            rows.values = d.numbers(rows.values.len(), |d, _| d.pool.magnitude(-3, 6));
            rows.soft = d.numbers(rows.soft.len(), |d, _| d.pool.magnitude(-3, 6));
        }
    }
    if kind == Kind::Cancellation && rows.space == Space::Probabilities {
        // The prediction is a few steps from the target.
        let soft = rows.soft.clone();
        rows.values = d.numbers(soft.len(), |d, i| {
            let steps = d.random().between(-4, 4);
            at_most_one(d.pool.steps(&soft[i], steps))
        });
    }
    let target = rows.soft();
    rows.parts(params, target)
}
