//! Binary and balanced cross entropy and the focal loss of single predictions, as plain loops in double
//! precision, with the faults that such code has.

use exact_loss::losses::{Setting, Space};
use exact_loss::oracle::{Answer, Case};
use ndarray::ArrayD;

use super::Bug::{self, *};
use super::numbers::{Batch, difference, divisor, flag, number, numbers, quotient, sum};

/// What is predicted of an outcome that is 0 or 1.
#[derive(Clone, Copy)]
struct Outcome {
    is_logit: bool,
    /// The probabilities of 1 and of 0.
    p: [f64; 2],
    /// Minus their logarithms.
    surprisals: [f64; 2],
}

impl Outcome {
    fn of_probability(p: f64, bug: Option<Bug>) -> Self {
        let p = match bug {
            Some(Clip) => p.clamp(1e-7, 1.0 - 1e-7),
            Some(SubnormalFlush) if p < f64::MIN_POSITIVE => 0.0,
            _ => p,
        };
        let rest = match bug {
            Some(OneMinus) => -(1.0 - p).ln(),
            _ => -(-p).ln_1p(),
        };
        let floored = |s: f64| {
            if bug == Some(LogarithmFloor) {
                s.min(100.0)
            } else {
                s
            }
        };
        Self {
            is_logit: false,
            p: [p, 1.0 - p],
            surprisals: [floored(-p.ln()), floored(rest)],
        }
    }

    fn of_logit(x: f64, bug: Option<Bug>) -> Self {
        let (small, one) = ((-x.abs()).exp(), 1.0);
        let shares = [one / (one + small), small / (one + small)];
        let lesser = small.ln_1p();
        let (p, surprisals) = if x >= 0.0 {
            (shares, [lesser, x + lesser])
        } else {
            ([shares[1], shares[0]], [lesser - x, lesser])
        };
        let p = if bug == Some(OneMinus) {
            [p[0], 1.0 - p[0]]
        } else {
            p
        };
        let surprisals = match bug {
            Some(SigmoidThenLogarithm) => [-p[0].ln(), -(1.0 - p[0]).ln()],
            Some(NaiveSoftplus) => [(1.0 + (-x).exp()).ln(), (1.0 + x.exp()).ln()],
            _ => surprisals,
        };
        Self {
            is_logit: true,
            p,
            surprisals,
        }
    }
}

fn outcomes(case: &Case, bug: Option<Bug>) -> ArrayD<Outcome> {
    let of = match case.prediction.space() {
        Space::Logits => Outcome::of_logit,
        _ => Outcome::of_probability,
    };
    case.input::<f64>().map(|&x| of(x, bug))
}

fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a * b }
}

/// The weights of both outcomes in each element, from its target: binary cross entropy.
fn weighted(
    case: &Case,
    weights: ArrayD<[f64; 2]>,
    divided_by: f64,
    bug: Option<Bug>,
) -> Option<Answer> {
    let outcomes = outcomes(case, bug);
    let by = divisor(case, divided_by, bug);
    let each = |of: &dyn Fn(&Outcome, [f64; 2]) -> f64| -> Option<ArrayD<f64>> {
        let of_each = outcomes
            .iter()
            .zip(&weights)
            .map(|(o, w)| of(o, *w))
            .collect();
        ArrayD::from_shape_vec(outcomes.shape(), of_each).ok()
    };
    let value =
        |o: &Outcome, w: [f64; 2]| product(w[0], o.surprisals[0]) + product(w[1], o.surprisals[1]);
    let slope = |o: &Outcome, w: [f64; 2]| match bug {
        Some(GradientOfPositive) if o.is_logit => (w[1] + w[0]) * o.p[0] / by,
        Some(GradientFloor) if !o.is_logit => {
            (w[1] * o.p[0] - w[0] * o.p[1]) / (o.p[0] * o.p[1]).max(1e-12) / by
        }
        Some(GradientOfProbabilities) => quotient(w[1], o.p[1], by) - quotient(w[0], o.p[0], by),
        _ if o.is_logit => difference([w[1], o.p[0]], [w[0], o.p[1]]) / by,
        _ => difference(
            [quotient(w[1], o.p[1], by), 1.0],
            [quotient(w[0], o.p[0], by), 1.0],
        ),
    };
    Batch {
        values: each(&value)?,
        divisor: divided_by,
        gradient: each(&slope)?,
    }
    .answer(case, bug)
}

/// The targets, which a fault may take for labels.
fn targets(case: &Case, bug: Option<Bug>) -> Option<ArrayD<f64>> {
    let targets = case.targets::<f64>()?;
    Some(match bug {
        Some(TargetsThresholded) => targets.map(|&y| if y >= 0.5 { 1.0 } else { 0.0 }),
        _ => targets,
    })
}

/// Binary cross entropy.
pub(super) fn binary_cross_entropy(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let targets = targets(case, bug)?;
    let positive = number(case, "pos_weight").unwrap_or(1.0);
    let of_each = match numbers(case, "weights") {
        None => ArrayD::from_elem(targets.raw_dim(), 1.0),
        Some(weights) => weights.broadcast(targets.raw_dim())?.to_owned(),
    };
    // A product with a subnormal number has lost digits, which a large surprisal brings to light.
    let mut factors = targets.iter().chain(&of_each).chain([&positive]);
    if factors.any(|factor| factor.is_subnormal()) {
        return None;
    }
    let elements = match bug {
        Some(WeightsInMean) => sum(of_each.iter().copied()),
        _ => targets.len() as f64,
    };
    let weight = |(&y, &w): (&f64, &f64)| match bug {
        Some(PositiveWeightOnBoth) => [w * positive * y, w * positive * (1.0 - y)],
        Some(PositiveWeightOnNegative) => [w * y, w * positive * (1.0 - y)],
        _ => [w * positive * y, w * (1.0 - y)],
    };
    let weights = targets.iter().zip(&of_each).map(weight).collect();
    let weights = ArrayD::from_shape_vec(targets.shape(), weights).ok()?;
    weighted(case, weights, elements, bug)
}

/// Balanced cross entropy.
pub(super) fn balanced_cross_entropy(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let targets = targets(case, bug)?;
    let given = number(case, "alpha");
    if targets
        .iter()
        .chain(&given)
        .any(|factor| factor.is_subnormal())
    {
        return None;
    }
    let m = sum(targets.iter().copied());
    let n = sum(targets.iter().map(|y| 1.0 - y));
    let [mut positive, mut negative] = match given {
        Some(alpha) => [alpha, 1.0 - alpha],
        None if bug == Some(WeightsFromOdds) => {
            let odds = n / m;
            [odds / (1.0 + odds), 1.0 / (1.0 + odds)]
        }
        None => [n / (n + m), m / (n + m)],
    };
    match bug {
        Some(AlphaExchanged) => (positive, negative) = (negative, positive),
        Some(AlphaForAll) => negative = positive,
        Some(PositiveWeightOnly) => (positive, negative) = (positive / negative, 1.0),
        _ => {}
    }
    let weights = targets.map(|&y| [positive * y, negative * (1.0 - y)]);
    let elements = match bug {
        Some(WeightsInMean) => sum(weights.iter().map(|[a, b]| a + b)),
        _ => targets.len() as f64,
    };
    weighted(case, weights, elements, bug)
}

/// The focal loss of single predictions, for γ up to 2: a higher power costs more digits than such
/// code has.
pub(super) fn focal(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let given = match (case.params.get("gamma"), case.params.get("alpha")) {
        (_, Some(Setting::Numbers(_))) => return None,
        (None, _) => 2.0,
        _ => number(case, "gamma")?,
    };
    if flag(case, "multi_class") || given > 2.0 {
        return None;
    }
    let targets = targets(case, bug)?;
    let gamma = if bug == Some(GammaFixed) { 2.0 } else { given };
    let alpha = match (number(case, "alpha"), bug) {
        (None, Some(AlphaByDefault)) => Some(0.25),
        (alpha, _) => alpha,
    };
    let by = divisor(case, targets.len() as f64, bug);
    let outcomes = outcomes(case, bug);
    let (mut values, mut gradient) = (Vec::new(), Vec::new());
    for (outcome, &y) in outcomes.iter().zip(&targets) {
        let weight = match (alpha, bug) {
            (None, _) => 1.0,
            (Some(alpha), Some(AlphaForAll)) => alpha,
            (Some(alpha), Some(AlphaExchanged)) => alpha * (1.0 - y) + (1.0 - alpha) * y,
            (Some(alpha), _) => alpha * y + (1.0 - alpha) * (1.0 - y),
        };
        let (value, slope) = focused(outcome, y, gamma, bug);
        values.push(product(weight, value));
        gradient.push(product(weight, slope) / by);
    }
    let array = |numbers| ArrayD::from_shape_vec(targets.shape(), numbers).ok();
    Batch {
        values: array(values)?,
        divisor: targets.len() as f64,
        gradient: array(gradient)?,
    }
    .answer(case, bug)
}

/// (1−p_t)^γ·(−ln p_t) and its derivative by the prediction.
fn focused(outcome: &Outcome, y: f64, gamma: f64, bug: Option<Bug>) -> (f64, f64) {
    let [p, q] = outcome.p;
    let target = y * p + (1.0 - y) * q;
    let rest = match bug {
        Some(OneMinus) => 1.0 - target,
        Some(FocusOnTarget) => target,
        _ => y * q + (1.0 - y) * p,
    };
    let surprisal = match y {
        1.0 => outcome.surprisals[0],
        0.0 => outcome.surprisals[1],
        _ if target > 0.5 => -(-(y * q + (1.0 - y) * p)).ln_1p(),
        _ => -target.ln(),
    };
    let power = rest.powf(gamma);
    let value = product(power, surprisal);
    let side = 2.0 * y - 1.0;
    let is_certain = y == 0.0 || y == 1.0;
    if outcome.is_logit && is_certain && bug.is_none_or(|bug| bug != PowerAtCertainty) {
        let focus = match bug {
            Some(GradientWithoutFocus) => 0.0,
            _ => gamma * product(target, surprisal),
        };
        return (value, -side * power * (rest + focus));
    }
    let of_power = match bug {
        Some(GradientWithoutFocus) => 0.0,
        Some(PowerAtCertainty) => gamma * rest.powf(gamma - 1.0) * surprisal,
        _ if gamma == 0.0 || rest == 0.0 => 0.0,
        _ => gamma * rest.powf(gamma - 1.0) * surprisal,
    };
    let derivative = -(of_power + power / target) * side;
    let slope = if outcome.is_logit {
        derivative * p * q
    } else {
        derivative
    };
    (value, slope)
}
