//! Cases of the losses of binary predictions of any shape: binary and balanced cross entropy, and the
//! focal loss, which takes class rows too.

use super::super::Number;
use super::draft::{Draft, Parts, array, prediction, targets, text, vector};
use super::pool::{at_most_one, dyadic, one, zero};
use super::predictions::{
    edge_logit, edge_probability, gap, spaced_logit, spaced_probability, subnormal,
};
use super::rows;
use super::tags::Kind;
use crate::exact::Extended;
use crate::losses::{Params, Setting, Space};

/// Binary predictions with their targets.
struct Elements {
    space: Space,
    shape: Vec<usize>,
    values: Vec<Number>,
    targets: Vec<Number>,
}

impl Elements {
    fn new(d: &mut Draft, kind: Kind) -> Self {
        let space = d.space();
        let shape = shape(d, kind);
        let count = shape.iter().product();
        let is_hard = kind == Kind::Large || d.turn / 2 % 3 != 2;
        let mut made = Self {
            space,
            shape,
            values: d.numbers(count, |d, _| value(d, kind, space)),
            targets: d.numbers(count, |d, _| target(d, kind, is_hard)),
        };
        made.adapt(d, kind);
        made
    }

    /// What ties predictions and targets together.
    fn adapt(&mut self, d: &mut Draft, kind: Kind) {
        match kind {
            Kind::ZeroTargets => {
                // The targets are 0 and 1, and some predictions say so for sure.
                for (value, target) in self.values.iter_mut().zip(&self.targets) {
                    if d.random().once_in(2) {
                        *value = certain(self.space, *target == one());
                    }
                }
            }
            Kind::Cancellation => {
                // A soft target is a few steps from the probability, or from that of the logit 0.
                for (value, target) in self.values.iter_mut().zip(&mut self.targets) {
                    let steps = d.random().between(-3, 3);
                    *target = at_most_one(d.pool.steps(value, steps));
                    if self.space == Space::Logits {
                        *target = d.pool.ratio(1, 2);
                        let precision = d.pool.precision();
                        let bits = d.random().between(1, precision);
                        *value = d.pool.scaled(steps, -bits);
                    }
                }
            }
            Kind::AbsentClasses => {
                let only = if d.random().once_in(2) { one() } else { zero() };
                self.targets.fill(only);
            }
            Kind::Infinite => {
                let is_wrong = d.turn / 2 % 3 != 2;
                let says_one = d.random().once_in(2);
                self.values[0] = certain(self.space, says_one);
                self.targets[0] = match d.turn / 6 % 3 {
                    2 => d.pool.unit(),
                    _ if says_one == is_wrong => zero(),
                    _ => one(),
                };
            }
            Kind::Undefined => match d.turn / 2 % 3 {
                0 => self.values[0] = None,
                1 => self.targets[0] = None,
                _ => {
                    self.shape = vec![0];
                    self.values.clear();
                    self.targets.clear();
                }
            },
            _ => {}
        }
    }

    fn parts(self, params: Params) -> Parts {
        Parts {
            params,
            prediction: prediction(self.space, &self.shape, self.values),
            target: targets(&self.shape, self.targets),
        }
    }
}

/// The prediction that rules the other outcome out.
fn certain(space: Space, says_one: bool) -> Number {
    match (space, says_one) {
        (Space::Logits, true) => Some(Extended::Infinity),
        (Space::Logits, false) => Some(Extended::NegativeInfinity),
        (_, true) => one(),
        (_, false) => zero(),
    }
}

fn shape(d: &mut Draft, kind: Kind) -> Vec<usize> {
    const SHAPES: [&[usize]; 9] = [
        &[1],
        &[2],
        &[5],
        &[1, 1],
        &[2, 3],
        &[4, 1],
        &[2, 1, 2],
        &[1, 2, 2, 2],
        &[17],
    ];
    match kind {
        Kind::Shapes => SHAPES[(d.turn / 2) as usize % SHAPES.len()].to_vec(),
        Kind::Large => vec![d.size],
        Kind::Random | Kind::Parameters => match d.random().below(3) {
            0 => vec![1 + d.random().index(6)],
            1 => vec![1 + d.random().index(3), 1 + d.random().index(3)],
            _ => vec![1, 1 + d.random().index(4), 2],
        },
        _ => vec![1 + d.random().index(3)],
    }
}

fn value(d: &mut Draft, kind: Kind, space: Space) -> Number {
    match (kind, space == Space::Logits) {
        (Kind::Edge, true) => edge_logit(d),
        (Kind::Edge, false) => edge_probability(d),
        (Kind::Spaced, true) => spaced_logit(d),
        (Kind::Spaced, false) => spaced_probability(d),
        (Kind::Ties, true) => zero(),
        (Kind::Ties, false) => d.pool.ratio(1, 2),
        (Kind::Saturation, true) => {
            let (gap, sign) = (gap(d), d.random().pick(&[-1, 1]));
            d.pool.integer(sign * gap)
        }
        (Kind::Saturation, false) => {
            let precision = d.pool.precision();
            let bits = d.random().between(4, precision);
            if d.random().once_in(2) {
                d.pool.scaled(1, -bits)
            } else {
                d.pool.near(&(dyadic(1, 0) - dyadic(1, -bits)))
            }
        }
        (Kind::Subnormals, true) => {
            let sign = d.random().pick(&[-1, 1]);
            subnormal(d, sign)
        }
        (Kind::Subnormals, false) => subnormal(d, 1),
        (_, true) => {
            let scale = d.random().pick(&[1, 4, 16]);
            d.pool.signed(scale)
        }
        (_, false) => d.pool.unit(),
    }
}

fn target(d: &mut Draft, kind: Kind, is_hard: bool) -> Number {
    if is_hard || matches!(kind, Kind::ZeroTargets) {
        return if d.random().once_in(2) { one() } else { zero() };
    }
    match (kind, d.random().below(4)) {
        (Kind::Edge, 0) => d.pool.scaled(1, d.pool.unit_exponent()),
        (Kind::Subnormals, 0 | 1) => subnormal(d, 1),
        (_, 3) => d.pool.ratio(1, 2),
        _ => d.pool.unit(),
    }
}

/// Binary cross entropy.
pub(super) fn binary_cross_entropy(d: &mut Draft, kind: Kind) -> Parts {
    let elements = Elements::new(d, kind);
    let mut params = Params::new();
    if kind == Kind::Undefined {
        return elements.parts(params);
    }
    d.set_reduction(&mut params);
    let is_extreme = kind == Kind::Parameters;
    if d.random().once_in(if is_extreme { 2 } else { 4 }) {
        // A weight for each element, or for each along the last axis.
        let shape = match elements.shape.len() {
            axes if axes > 1 && d.random().once_in(2) => elements.shape[axes - 1..].to_vec(),
            _ => elements.shape.clone(),
        };
        let high = if is_extreme {
            d.pool.greatest_exponent() / 4
        } else {
            2
        };
        let weights = d.numbers(shape.iter().product(), |d, _| {
            if is_extreme && d.random().once_in(4) {
                return zero();
            }
            d.pool.magnitude(-high, high)
        });
        params.set("weights", Setting::Numbers(array(&shape, weights)));
    }
    if is_extreme || d.random().once_in(4) {
        let number = match (is_extreme, d.random().below(4)) {
            (true, 0) => zero(),
            (true, 1) => d.pool.integer(1000),
            (true, 2) => d.pool.scaled(1, d.pool.unit_exponent()),
            _ => d.pool.magnitude(-2, 3),
        };
        params.set("pos_weight", Setting::Number(number));
    }
    elements.parts(params)
}

/// Balanced cross entropy.
pub(super) fn balanced_cross_entropy(d: &mut Draft, kind: Kind) -> Parts {
    let elements = Elements::new(d, kind);
    let mut params = Params::new();
    if kind == Kind::Undefined {
        return elements.parts(params);
    }
    d.set_reduction(&mut params);
    let is_given = kind != Kind::AbsentClasses && d.random().once_in(3);
    if kind == Kind::Parameters || is_given {
        let alpha = match (kind, d.random().below(5)) {
            (Kind::Parameters, 0) => zero(),
            (Kind::Parameters, 1) => one(),
            (Kind::Parameters, 2) => d.pool.scaled(1, d.pool.unit_exponent()),
            (_, 3) => d.pool.ratio(1, 4),
            _ => d.pool.unit(),
        };
        params.set("alpha", Setting::Number(alpha));
    } else if d.random().once_in(4) {
        params.set("alpha", text("auto"));
    }
    elements.parts(params)
}

/// The focal loss: binary, of labelled rows, and of rows with soft targets.
pub(super) fn focal(d: &mut Draft, kind: Kind) -> Parts {
    let form = if kind == Kind::Large {
        0
    } else {
        d.turn / 2 % 4
    };
    let mut params = Params::new();
    if kind != Kind::Undefined {
        d.set_reduction(&mut params);
        set_gamma(d, &mut params, kind);
    }
    if form < 2 {
        let mut elements = Elements::new(d, kind);
        let is_soft = |y: &Number| *y != zero() && *y != one();
        if elements.space == Space::Logits && elements.targets.iter().any(is_soft) {
            rows::limit_logits(&mut elements.values);
        }
        if kind != Kind::Undefined && d.random().once_in(2) {
            let alpha = match (kind, d.random().below(4)) {
                (Kind::Parameters, 0) => zero(),
                (Kind::Parameters, 1) => one(),
                (_, 2) => d.pool.unit(),
                _ => d.pool.ratio(1, 4),
            };
            params.set("alpha", Setting::Number(alpha));
        }
        return elements.parts(params);
    }
    let mut rows = rows::Rows::new(d, kind, d.space());
    rows.limit_logits();
    let classes = rows.shape[1];
    if kind != Kind::Undefined && d.random().once_in(3) {
        let mut alpha = d.numbers(classes, |d, _| d.pool.magnitude(-2, 1));
        if kind == Kind::Parameters && classes > 1 {
            let dropped = d.random().index(classes);
            alpha[dropped] = zero();
        }
        params.set("alpha", vector(alpha));
    }
    let target = if form == 2 {
        rows.labels()
    } else {
        params.set("multi_class", Setting::Flag(true));
        rows.soft()
    };
    rows.parts(params, target)
}

fn set_gamma(d: &mut Draft, params: &mut Params, kind: Kind) {
    let drawn = d.random().below(7);
    let gamma = match (kind, drawn) {
        (Kind::Parameters, 5) => d.pool.ratio(1, 4),
        (Kind::Parameters, 6) => d.pool.integer(20),
        (_, 0) => zero(),
        (_, 1) => d.pool.ratio(1, 2),
        (_, 2) => one(),
        (_, 3) => d.pool.integer(5),
        (_, 4) => d.pool.integer(2),
        _ => return,
    };
    params.set("gamma", Setting::Number(gamma));
}
