//! The dialects of the losses of class rows: cross entropy and KL divergence.

use ndarray::{Array2, ArrayD, Axis};
use num_traits::{One, Zero};

use super::Dialect;
use super::input::{Input, extended, whole};
use super::meaning::Meaning;
use crate::Error;
use crate::exact::rational::sum;
use crate::exact::{Distribution, Extended, Rational, Real};
use crate::losses::{Prediction, Reduction, Target};

pub(super) const ALL: &[Dialect] = &[
    Dialect {
        name: "mean_over_kept_rows",
        loss: "cross_entropy",
        note: "the mean of labelled rows divides by the number of rows that are not ignored, whatever their weights",
        meaning: mean_over_kept_rows,
    },
    Dialect {
        name: "mean_over_all_rows",
        loss: "cross_entropy",
        note: "the mean of labelled rows divides by the number of all rows, ignored ones included",
        meaning: mean_over_all_rows,
    },
    Dialect {
        name: "all_ignored_is_zero",
        loss: "cross_entropy",
        note: "a batch in which every row is ignored has the loss 0",
        meaning: all_ignored_is_zero,
    },
    Dialect {
        name: "smoothing_over_other_classes",
        loss: "cross_entropy",
        note: "label smoothing spreads ε over the K−1 other classes: (1−ε)y + ε(1−y)/(K−1)",
        meaning: smoothing_over_other_classes,
    },
    Dialect {
        name: "clipped",
        loss: "cross_entropy",
        note: "probabilities are kept within [1e-7, 1−1e-7] and made to sum to 1, before that for targets and smoothed labels, after that for labels (Keras)",
        meaning: clipped,
    },
    Dialect {
        name: "mean_over_elements",
        loss: "kl_divergence",
        note: "the mean divides by the number of all elements, not of rows (PyTorch's default, reduction \"mean\")",
        meaning: mean_over_elements,
    },
    Dialect {
        name: "clipped",
        loss: "kl_divergence",
        note: "targets and probabilities are kept within [1e-7, 1] (Keras)",
        meaning: divergence_clipped,
    },
    Dialect {
        name: "log_targets",
        loss: "kl_divergence",
        note: "targets are given as logarithms (PyTorch with log_target, optax.kl_divergence_with_log_targets)",
        meaning: log_targets,
    },
];

fn is_mean(input: &Input<'_>) -> Result<bool, Error> {
    Ok(input.reduction()? == Reduction::Mean)
}

/// How many rows there are, and how many are kept.
fn count(input: &Input<'_>) -> Option<(usize, usize)> {
    let labels = input.labels()?;
    let kept = labels.iter().filter(|&&label| !input.is_ignored(label));
    Some((labels.len(), kept.count()))
}

fn mean_over_kept_rows(input: &Input<'_>) -> Result<Meaning, Error> {
    match count(input) {
        Some((_, kept)) if is_mean(input)? && kept > 0 => {
            let sum = input.with_params(&input.summed())?;
            Ok(sum.times(&whole(kept).recip()).into())
        }
        _ => Ok(input.itself()?.into()),
    }
}

fn mean_over_all_rows(input: &Input<'_>) -> Result<Meaning, Error> {
    match count(input) {
        Some((_, 0)) => all_ignored_is_zero(input),
        Some((rows, _)) if is_mean(input)? => {
            let sum = input.with_params(&input.summed())?;
            Ok(sum.times(&whole(rows).recip()).into())
        }
        _ => Ok(input.itself()?.into()),
    }
}

fn all_ignored_is_zero(input: &Input<'_>) -> Result<Meaning, Error> {
    match count(input) {
        Some((rows, 0)) if rows > 0 => {
            let values = [rows];
            let is_kept_apart = input.reduction()? == Reduction::None;
            Ok(Meaning::zero(
                input.prediction.shape(),
                is_kept_apart.then_some(&values[..]),
            ))
        }
        _ => Ok(input.itself()?.into()),
    }
}

/// The target of each row before smoothing; that of an ignored row has no weight at all.
fn distributions(input: &Input<'_>) -> Result<Array2<Rational>, Error> {
    let shape = input.rows_and_classes()?;
    let Some(labels) = input.labels() else {
        let targets = input.targets()?.into_dimensionality();
        return targets.map_err(|_| input.undefined("the targets are no rows"));
    };
    let mut targets = Array2::from_elem(shape, Rational::zero());
    for (row, &label) in labels.iter().enumerate() {
        if input.is_ignored(label) {
            continue;
        }
        let place = usize::try_from(label).ok();
        match place.and_then(|class| targets.get_mut((row, class))) {
            Some(target) => *target = Rational::one(),
            None => return Err(input.undefined("a label is out of range")),
        }
    }
    Ok(targets)
}

/// A loss of labels as one of soft targets, whose mean divides by the weights of the labels.
fn smoothing_over_other_classes(input: &Input<'_>) -> Result<Meaning, Error> {
    let (rows, classes) = input.rows_and_classes()?;
    let epsilon = input.number("label_smoothing").unwrap_or_default();
    let others = whole(classes) - Rational::one();
    if epsilon.is_zero() || others.is_zero() {
        return Ok(input.itself()?.into());
    }
    let hard = distributions(input)?;
    let spread = &epsilon / others;
    let smoothed =
        |y: &Rational| y * (Rational::one() - &epsilon) + (Rational::one() - y) * &spread;
    let mut soft = hard.map(smoothed);
    let labels = input.labels();
    let mut divisor = whole(rows);
    if let Some(labels) = &labels {
        let weights = input.vector("weights");
        let weight = |label: i64| match &weights {
            None => Rational::one(),
            Some(weights) => usize::try_from(label)
                .ok()
                .and_then(|class| weights.get(class).cloned())
                .unwrap_or_default(),
        };
        divisor = Rational::zero();
        for (row, &label) in labels.iter().enumerate() {
            if input.is_ignored(label) {
                soft.row_mut(row).fill(Rational::zero());
            } else {
                divisor += weight(label);
            }
        }
    }
    if divisor.is_zero() {
        return Err(input.undefined("the weights of the rows that are kept sum to zero"));
    }
    let mut params = if is_mean(input)? {
        input.summed()
    } else {
        divisor = Rational::one();
        input.params.clone()
    };
    params.remove("label_smoothing");
    params.remove("ignore_index");
    let loss = input.loss_of(
        input.entry.name,
        &params,
        input.prediction.map(Clone::clone),
        Target::values(extended(&soft.into_dyn())),
    )?;
    Ok(loss.times(&divisor.recip()).into())
}

/// With p′ what becomes of p: ℓ = −Σ q ln p′, and its derivatives by p.
fn clipped(input: &Input<'_>) -> Result<Meaning, Error> {
    if input.is_logits() {
        return Ok(input.itself()?.into());
    }
    let (rows, classes) = input.rows_and_classes()?;
    let epsilon = input.number("label_smoothing").unwrap_or_default();
    let is_sparse = input.labels().is_some() && epsilon.is_zero();
    let spread = &epsilon / whole(classes);
    let targets = distributions(input)?.map(|y| y * (Rational::one() - &epsilon) + &spread);
    let (lower, upper) = input.margins();
    let p = input.finite()?;
    let mut values = Vec::with_capacity(rows);
    let mut gradient = Vec::with_capacity(rows * classes);
    let mut kept = 0;
    for (p, q) in p.outer_iter().zip(targets.outer_iter()) {
        let total = |numbers: &[Rational]| sum(numbers.iter());
        let (p, q): (Vec<Rational>, Vec<Rational>) = (p.iter().cloned().collect(), q.to_vec());
        kept += usize::from(!total(&q).is_zero());
        let clip = |x: &Rational| x.clamp(&lower, &upper).clone();
        let is_inside = |x: &Rational| *x >= lower && *x <= upper;
        if is_sparse {
            let inner: Vec<Rational> = p.iter().map(clip).collect();
            let whole = total(&inner);
            let weight = total(&q);
            let mut terms = vec![Real::ln(&whole)?.scale(&weight)];
            for ((p, inner), q) in p.iter().zip(&inner).zip(&q) {
                terms.push(Real::ln(inner)?.scale(&-q));
                let slope = &weight / &whole - q / inner;
                let slope = if is_inside(p) {
                    slope
                } else {
                    Rational::zero()
                };
                gradient.push(Real::from(slope));
            }
            values.push(Real::sum(terms)?);
        } else {
            let whole = total(&p);
            if whole.is_zero() {
                return Err(input.undefined("the probabilities of a row sum to 0"));
            }
            let shares: Vec<Rational> = p.iter().map(|p| p / &whole).collect();
            let mut terms = Vec::new();
            let mut slopes = Vec::new();
            for (share, q) in shares.iter().zip(&q) {
                let inner = clip(share);
                terms.push(Real::ln(&inner)?.scale(&-q));
                let slope = -q / inner;
                slopes.push(if is_inside(share) {
                    slope
                } else {
                    Rational::zero()
                });
            }
            let products = slopes
                .iter()
                .zip(&shares)
                .map(|(slope, share)| slope * share);
            let mean = total(&products.collect::<Vec<_>>());
            gradient.extend(
                slopes
                    .iter()
                    .map(|slope| Real::from((slope - &mean) / &whole)),
            );
            values.push(Real::sum(terms)?);
        }
    }
    let divisor = match input.labels() {
        Some(_) if is_sparse && kept == 0 => return Err(input.undefined("every row is ignored")),
        Some(_) if is_sparse => whole(kept),
        _ => whole(rows),
    };
    let gradient = ArrayD::from_shape_vec(vec![rows, classes], gradient)
        .expect("each number has a derivative");
    let values = ArrayD::from_shape_vec(vec![rows], values).expect("each row has a value");
    Meaning::reduced(input.reduction()?, &divisor, values, gradient)
}

fn mean_over_elements(input: &Input<'_>) -> Result<Meaning, Error> {
    if !is_mean(input)? {
        return Ok(input.itself()?.into());
    }
    let (rows, classes) = input.rows_and_classes()?;
    let sum = input.with_params(&input.summed())?;
    Ok(sum.times(&whole(rows * classes).recip()).into())
}

fn divergence_clipped(input: &Input<'_>) -> Result<Meaning, Error> {
    if input.is_logits() {
        return Ok(input.itself()?.into());
    }
    let (lower, _) = input.margins();
    let clip = |numbers: &ArrayD<Rational>| Input::clipped(numbers, &lower, &Rational::one());
    let (p, slopes) = clip(&input.finite()?);
    let (q, _) = clip(&input.targets()?);
    let prediction = Prediction::probabilities(extended(&p));
    let target = Target::values(extended(&q));
    let loss = input.loss_of(input.entry.name, input.params, prediction, target)?;
    Ok(loss.with_slopes(slopes).into())
}

/// Σ_c e^{t_c}·(t_c − ln p_c) for targets t = ln q.
fn log_targets(input: &Input<'_>) -> Result<Meaning, Error> {
    let (rows, classes) = input.rows_and_classes()?;
    if input.params.get("generalized").is_some() || input.params.get("base").is_some() {
        return Err(input.undefined("the dialect is plain, and in nats"));
    }
    let (t, numbers) = (input.target.clone(), input.numbers());
    let Target::Values(t) = t else {
        return Err(input.undefined("the dialect is one of real targets"));
    };
    let mut values = Vec::with_capacity(rows);
    let mut gradient = Vec::with_capacity(rows * classes);
    for (row, t) in numbers.axis_iter(Axis(0)).zip(t.axis_iter(Axis(0))) {
        let law = if input.is_logits() {
            let logits: Vec<Extended> = row.iter().cloned().collect();
            Distribution::softmax(&logits).ok_or_else(|| input.undefined("a row has no softmax"))?
        } else {
            let p = row.iter().map(|p| p.finite().cloned().unwrap_or_default());
            Distribution::from_probabilities(p.collect())
        };
        let q = |t: &Extended| t.finite().map_or_else(Real::zero, Real::exp);
        let mass = Real::sum(t.iter().map(q))?;
        let mut terms = Vec::new();
        for (c, t) in t.iter().enumerate() {
            let q = q(t);
            if let Some(t) = t.finite() {
                terms.push(q.mul(&Real::from(t.clone()).add(&law.surprisal(c)?)?)?);
            }
            gradient.push(if input.is_logits() {
                law.probability(c)?.mul(&mass)?.sub(&q)?
            } else {
                match law.probability(c)?.as_rational() {
                    Some(p) if !p.is_zero() => q.scale(&-p.recip()),
                    _ if t.is_finite() => Real::negative_infinity(),
                    _ => Real::zero(),
                }
            });
        }
        values.push(Real::sum(terms)?);
    }
    let gradient = ArrayD::from_shape_vec(vec![rows, classes], gradient)
        .expect("each number has a derivative");
    let values = ArrayD::from_shape_vec(vec![rows], values).expect("each row has a value");
    Meaning::reduced(input.reduction()?, &whole(rows), values, gradient)
}
