//! Cross entropy, entropy and Kullback–Leibler divergence of class rows, as plain loops in double
//! precision, with the faults that such code has.

use core::f64::consts::LN_2;

use exact_loss::losses::Space;
use exact_loss::oracle::{Answer, Case};
use ndarray::{Array2, ArrayView1, Ix2};

use super::Bug::{self, *};
use super::numbers::{
    Batch, difference, divisor, exp_of_difference, flag, is_ignored, number, numbers, quotient,
    sum, word,
};

/// What a row predicts.
struct Row {
    p: Vec<f64>,
    /// max z − z_c, of logits.
    below: Vec<f64>,
    /// −ln p_c.
    surprisals: Vec<f64>,
}

impl Row {
    fn new(space: Space, numbers: ArrayView1<'_, f64>, bug: Option<Bug>) -> Self {
        match space {
            Space::Logits => Self::of_logits(numbers, bug),
            _ => Self::of_probabilities(numbers, bug),
        }
    }

    fn of_probabilities(p: ArrayView1<'_, f64>, bug: Option<Bug>) -> Self {
        let kept = p.map(|&p| match bug {
            Some(Clip) => p.clamp(1e-7, 1.0 - 1e-7),
            Some(SubnormalFlush) if p < f64::MIN_POSITIVE => 0.0,
            _ => p,
        });
        Self {
            p: kept.to_vec(),
            below: Vec::new(),
            surprisals: kept.iter().map(|p| -p.ln()).collect(),
        }
    }

    fn of_logits(z: ArrayView1<'_, f64>, bug: Option<Bug>) -> Self {
        let greatest = match bug {
            Some(NoMaxShift) => 0.0,
            _ => z.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        let exp = z.map(|&z| match bug {
            Some(NoMaxShift) => z.exp(),
            _ => exp_of_difference(z, greatest),
        });
        // The greatest one is 1, and is left out where 1 is added to the others.
        let at = z.iter().position(|&z| z == greatest).unwrap_or(0);
        let others = sum(exp
            .iter()
            .enumerate()
            .filter(|&(c, _)| c != at)
            .map(|(_, e)| *e));
        let (total, ln_total) = match bug {
            Some(NoMaxShift) => (sum(exp.iter().copied()), sum(exp.iter().copied()).ln()),
            _ => (1.0 + others, others.ln_1p()),
        };
        let p: Vec<f64> = exp.iter().map(|e| e / total).collect();
        let below: Vec<f64> = z
            .iter()
            .map(|&z| if z == greatest { 0.0 } else { greatest - z })
            .collect();
        let surprisals = match bug {
            Some(LogOfSoftmax) => p.iter().map(|p| -p.ln()).collect(),
            Some(LogSumExpMinusLogit) => z.iter().map(|z| greatest + ln_total - z).collect(),
            _ => below.iter().map(|below| below + ln_total).collect(),
        };
        Self {
            p,
            below,
            surprisals,
        }
    }
}

/// Rows, each with its numbers; the softmax of the wrong axis is one of columns.
fn rows(case: &Case, bug: Option<Bug>) -> Option<Vec<Row>> {
    let x: Array2<f64> = case.input().into_dimensionality::<Ix2>().ok()?;
    let space = case.prediction.space();
    if bug == Some(SoftmaxOfColumns) && space == Space::Logits {
        let columns: Vec<Row> = x
            .columns()
            .into_iter()
            .map(|z| Row::new(space, z, None))
            .collect();
        let transposed = |of: fn(&Row) -> &Vec<f64>, row: usize| -> Vec<f64> {
            columns.iter().map(|column| of(column)[row]).collect()
        };
        let row = |row| Row {
            p: transposed(|row| &row.p, row),
            below: transposed(|row| &row.below, row),
            surprisals: transposed(|row| &row.surprisals, row),
        };
        return Some((0..x.nrows()).map(row).collect());
    }
    Some(
        x.rows()
            .into_iter()
            .map(|row| Row::new(space, row, bug))
            .collect(),
    )
}

/// 1, or ln 2 where the loss is in bits.
fn unit(case: &Case, bug: Option<Bug>) -> f64 {
    match (word(case, "base"), bug) {
        (Some("2"), _) | (_, Some(BitsForNats)) => LN_2,
        _ => 1.0,
    }
}

/// 0·∞ is 0, unless that is forgotten.
fn product(a: f64, b: f64, bug: Option<Bug>) -> f64 {
    if a == 0.0 && bug != Some(ZeroTimesInfinity) {
        0.0
    } else {
        a * b
    }
}

/// The targets, smoothed, and for labels the divisor of their mean.
fn targets(case: &Case, shape: (usize, usize), bug: Option<Bug>) -> Option<(Array2<f64>, f64)> {
    let (count, classes) = shape;
    let smoothing = number(case, "label_smoothing").unwrap_or(0.0);
    // A share of a subnormal number has lost digits.
    if smoothing.is_subnormal() {
        return None;
    }
    let weights = numbers(case, "weights");
    let smoothed = |y: f64| match bug {
        Some(SmoothingOverOthers) if smoothing > 0.0 && classes > 1 => {
            (1.0 - smoothing) * y + smoothing * (1.0 - y) / (classes - 1) as f64
        }
        _ if smoothing == 0.0 => y,
        _ => (1.0 - smoothing) * y + smoothing / classes as f64,
    };
    let Some(labels) = case.labels() else {
        let soft = case.targets::<f64>()?.into_dimensionality::<Ix2>().ok()?;
        return Some((soft.map(|&y| smoothed(y)), count as f64));
    };
    let mut q = Array2::zeros(shape);
    let mut divisors = Vec::new();
    for (row, &label) in labels.iter().enumerate() {
        if is_ignored(case, label) {
            match bug {
                Some(IgnoredCounted) => divisors.push(1.0),
                Some(IgnoredAsClass0) => {
                    q[(row, 0)] = 1.0;
                    divisors.push(1.0);
                }
                _ => {}
            }
            continue;
        }
        let mut class = usize::try_from(label)
            .ok()
            .filter(|&class| class < classes)?;
        if bug == Some(LabelOffByOne) {
            class = (class + 1) % classes;
        }
        for c in 0..classes {
            q[(row, c)] = smoothed(if c == class { 1.0 } else { 0.0 });
        }
        divisors.push(match &weights {
            Some(weights) if bug != Some(WeightsOverCount) => weights[class],
            _ => 1.0,
        });
    }
    Some((q, sum(divisors)))
}

/// Cross entropy.
pub(super) fn cross_entropy(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let rows = rows(case, bug)?;
    let classes = *case.prediction.shape().get(1)?;
    let (q, elements) = targets(case, (rows.len(), classes), bug)?;
    let weights = numbers(case, "weights");
    let weight = |class: usize| weights.as_ref().map_or(1.0, |weights| weights[class]);
    let unit = unit(case, bug);
    let by = divisor(case, elements, bug) * unit;
    let is_logits = case.prediction.space() == Space::Logits;
    let ignored = |row: usize| case.labels().is_some_and(|l| is_ignored(case, l[[row]]));
    let (mut values, mut gradient) = (Vec::new(), Array2::zeros(q.raw_dim()));
    for (at, (row, q)) in rows.iter().zip(q.rows()).enumerate() {
        if ignored(at) && !matches!(bug, Some(IgnoredRead | IgnoredAsClass0)) {
            values.push(0.0);
            continue;
        }
        let wq: Vec<f64> = q.iter().enumerate().map(|(c, q)| weight(c) * q).collect();
        let terms = wq.iter().zip(&row.surprisals).map(|(wq, s)| match bug {
            Some(IgnoredRead) => wq * s,
            _ => product(*wq, *s, bug),
        });
        values.push(sum(terms) / unit);
        for c in 0..classes {
            let others = |of: &[f64]| sum((0..classes).filter(|&k| k != c).map(|k| of[k]));
            gradient[(at, c)] = if is_logits && bug != Some(GradientOfProbabilities) {
                let rest = match bug {
                    Some(OneMinus) => 1.0 - row.p[c],
                    _ => others(&row.p),
                };
                difference([others(&wq), row.p[c]], [wq[c], rest]) / by
            } else {
                quotient(-wq[c], row.p[c], by)
            };
        }
    }
    let shape = values.len();
    Batch {
        values: ndarray::Array1::from_vec(values)
            .into_shape_with_order(vec![shape])
            .ok()?,
        divisor: elements,
        gradient: gradient.into_dyn(),
    }
    .answer(case, bug)
}

/// Entropy.
pub(super) fn entropy(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    let rows = rows(case, bug)?;
    let unit = unit(case, bug);
    let count = rows.len() as f64;
    let by = divisor(case, count, bug) * unit;
    let (mut values, mut gradient) = (Vec::new(), Vec::new());
    for row in &rows {
        let pairs = || row.p.iter().zip(&row.surprisals);
        let value = sum(pairs().map(|(&p, &s)| product(p, s, bug))) / unit;
        values.push(if bug == Some(ValueSign) {
            -value
        } else {
            value
        });
        if row.below.is_empty() {
            gradient.extend(row.surprisals.iter().map(|s| match bug {
                Some(GradientWithoutOne) => s / by,
                _ => (s - 1.0) / by,
            }));
            continue;
        }
        let below = || row.p.iter().zip(&row.below);
        let mean = sum(below().map(|(&p, &below)| product(p, below, bug)));
        let slope = |below| difference([below, 1.0], [mean, 1.0]);
        gradient.extend(below().map(|(&p, &below)| product(p, slope(below), bug) / by));
    }
    Batch {
        values: ndarray::Array1::from_vec(values).into_dyn(),
        divisor: count,
        gradient: ndarray::ArrayD::from_shape_vec(case.prediction.shape(), gradient).ok()?,
    }
    .answer(case, bug)
}

/// q·ln(q/p), and − q + p where it is generalized.
fn divergence(q: f64, p: f64, is_generalized: bool, bug: Option<Bug>) -> f64 {
    if q == 0.0 && bug != Some(ZeroTimesInfinity) {
        return if is_generalized { p } else { 0.0 };
    }
    let ratio = q / p;
    let ln = match bug {
        Some(EpsilonInLogarithm) => (q + 1e-8).ln() - (p + 1e-8).ln(),
        _ if p > 0.0 && !ratio.is_normal() => q.ln() - p.ln(),
        _ if (0.5..2.0).contains(&ratio) => ((q - p) / p).ln_1p(),
        _ => ratio.ln(),
    };
    q * ln + if is_generalized { p - q } else { 0.0 }
}

/// Kullback–Leibler divergence of probabilities.
pub(super) fn kl_divergence(case: &Case, bug: Option<Bug>) -> Option<Answer> {
    if case.prediction.space() != Space::Probabilities {
        return None;
    }
    let rows = rows(case, bug)?;
    let q = case.targets::<f64>()?.into_dimensionality::<Ix2>().ok()?;
    let is_generalized = flag(case, "generalized") && bug != Some(PlainForGeneralized);
    let unit = unit(case, bug);
    let elements = match bug {
        Some(MeanOverElements) => q.len() as f64,
        _ => rows.len() as f64,
    };
    let by = divisor(case, elements, bug);
    let (mut values, mut gradient) = (Vec::new(), Vec::new());
    for (row, q) in rows.iter().zip(q.rows()) {
        let terms = row.p.iter().zip(&q).map(|(&p, &q)| match bug {
            Some(ArgumentsExchanged) => divergence(p, q, is_generalized, None),
            _ => divergence(q, p, is_generalized, bug),
        });
        values.push(sum(terms) / unit);
        gradient.extend(row.p.iter().zip(&q).map(|(&p, &q)| match bug {
            Some(GradientOfTarget) => (q / p).ln() + 1.0,
            _ if is_generalized && p > 0.0 => quotient(p - q, p, by * unit),
            _ if is_generalized && q == 0.0 => 1.0 / (by * unit),
            _ => quotient(-q, p, by * unit),
        }));
    }
    Batch {
        values: ndarray::Array1::from_vec(values).into_dyn(),
        divisor: elements,
        gradient: ndarray::ArrayD::from_shape_vec(case.prediction.shape(), gradient).ok()?,
    }
    .answer(case, bug)
}
