//! The dialects of the focal loss: what becomes of soft targets, of α, and of class rows.

use ndarray::{Array2, ArrayD};
use num_traits::{One, Zero};

use super::Dialect;
use super::input::{Input, extended, whole};
use super::meaning::Meaning;
use crate::Error;
use crate::exact::{Bernoulli, Extended, Rational, Real};
use crate::losses::{Evaluation, Reduction, Setting, Target, Value};

pub(super) const ALL: &[Dialect] = &[
    Dialect {
        name: "focus_by_cross_entropy",
        loss: "focal",
        note: "1−p_t is 1−exp(−CE), CE being the cross entropy with the soft target (segmentation-models-pytorch, mmdetection)",
        meaning: focus_by_cross_entropy,
    },
    Dialect {
        name: "focus_by_signed_logit",
        loss: "focal",
        note: "1−p_t is σ(−x(2y−1)), and the rest is cross entropy with the soft target (MONAI)",
        meaning: focus_by_signed_logit,
    },
    Dialect {
        name: "mixture_of_outcomes",
        loss: "focal",
        note: "soft targets mix the losses of both outcomes: −αy(1−p)^γ ln p − (1−α)(1−y)p^γ ln(1−p) (kornia)",
        meaning: mixture_of_outcomes,
    },
    Dialect {
        name: "one_alpha",
        loss: "focal",
        note: "one α weighs every class alike",
        meaning: one_alpha,
    },
    Dialect {
        name: "background_alpha_mean_over_classes",
        loss: "focal",
        note: "of class rows, class 0 has the weight 1−α and all others α, and the mean divides by rows times classes (kornia)",
        meaning: background_alpha_mean_over_classes,
    },
    Dialect {
        name: "one_versus_rest",
        loss: "focal",
        note: "labelled rows of logits are one sigmoid a class, and the mean divides by rows times classes (segmentation-models-pytorch)",
        meaning: one_versus_rest,
    },
];

fn is_binary(input: &Input<'_>) -> bool {
    input.labels().is_none()
        && !matches!(input.params.get("multi_class"), Some(Setting::Flag(true)))
}

fn gamma(input: &Input<'_>) -> Rational {
    input.number("gamma").unwrap_or_else(|| whole(2))
}

/// The law of each prediction, with its target and its weight α_t.
fn elements(input: &Input<'_>) -> Result<Vec<(Bernoulli, Rational, Rational)>, Error> {
    let alpha = input.number("alpha");
    let (numbers, targets) = (input.numbers(), input.targets()?);
    let law = |x: &Extended| match (x, input.is_logits()) {
        (x, true) => Bernoulli::from_logit(x.clone()),
        (x, false) => Bernoulli::from_probability(x.finite().cloned().unwrap_or_default()),
    };
    let weight = |y: &Rational| match &alpha {
        None => Rational::one(),
        Some(alpha) => alpha * y + (Rational::one() - alpha) * (Rational::one() - y),
    };
    let each = numbers.iter().zip(&targets);
    Ok(each.map(|(x, y)| (law(x), y.clone(), weight(y))).collect())
}

/// The value and the derivative by the prediction of (focus)^γ·CE for each element, from 1−p_t, its
/// derivative, and those of the cross entropy.
fn focused(
    input: &Input<'_>,
    mut focus: impl FnMut(&Bernoulli, &Rational, &Real, &Real) -> Result<(Real, Real), Error>,
) -> Result<Meaning, Error> {
    let gamma = gamma(input);
    let (mut values, mut gradient) = (Vec::new(), Vec::new());
    for (law, y, weight) in elements(input)? {
        let rest = Rational::one() - &y;
        let entropy = law.expected_surprisal(&y, &rest)?;
        let slope = law.expected_surprisal_derivative(&y, &rest)?;
        if gamma.is_zero() {
            values.push(entropy.scale(&weight));
            gradient.push(slope.scale(&weight));
            continue;
        }
        let (focus, change) = focus(&law, &y, &entropy, &slope)?;
        let factor = focus.pow(&gamma)?;
        values.push(factor.mul(&entropy)?.scale(&weight));
        let of_factor = if gamma.is_one() {
            change
        } else {
            focus
                .pow(&(&gamma - Rational::one()))?
                .mul(&change)?
                .scale(&gamma)
        };
        let derivative = of_factor.mul(&entropy)?.add(&factor.mul(&slope)?)?;
        gradient.push(derivative.scale(&weight));
    }
    let shape = input.prediction.shape();
    let array = |reals| ArrayD::from_shape_vec(shape, reals).expect("each number has a value");
    let (values, gradient) = (array(values), array(gradient));
    let elements = whole(values.len());
    Meaning::reduced(input.reduction()?, &elements, values, gradient)
}

/// Whether every target is 0 or 1: there the dialects of soft targets are the loss itself.
fn is_hard(input: &Input<'_>) -> Result<bool, Error> {
    if !is_binary(input) {
        return Ok(true);
    }
    let targets = input.targets()?;
    Ok(targets.iter().all(|y| y.is_zero() || y.is_one()))
}

fn focus_by_cross_entropy(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? {
        return Ok(input.itself()?.into());
    }
    focused(input, |law, y, _, slope| {
        // exp(−CE) = p^y·(1−p)^(1−y).
        let (p, q) = (law.probability(), law.complement().probability());
        let agreement = p.pow(y)?.mul(&q.pow(&(Rational::one() - y))?)?;
        let focus = Real::one().sub(&agreement)?;
        Ok((focus, agreement.mul(slope)?))
    })
}

fn focus_by_signed_logit(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? || !input.is_logits() {
        return Ok(input.itself()?.into());
    }
    let logits = input.numbers();
    let mut logits = logits.iter();
    focused(input, |_, y, _, _| {
        let sign = Rational::one() - y - y;
        let logit = match logits.next().and_then(Extended::finite) {
            Some(x) => x * &sign,
            None => return Err(input.undefined("a logit is infinite")),
        };
        let law = Bernoulli::from_logit(logit.into());
        let focus = law.probability();
        let change = focus.mul(&law.complement().probability())?.scale(&sign);
        Ok((focus, change))
    })
}

fn mixture_of_outcomes(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? {
        return Ok(input.itself()?.into());
    }
    let targets = input.targets()?;
    let params = input
        .params
        .clone()
        .with("reduction", Setting::Text("none".to_owned()));
    let of_outcome = |outcome: Rational| -> Result<Evaluation<Real>, Error> {
        let outcomes = ArrayD::from_elem(targets.raw_dim(), outcome);
        let prediction = input.prediction.map(Clone::clone);
        let target = Target::values(extended(&outcomes));
        let loss = input.loss_of(input.entry.name, &params, prediction, target)?;
        Meaning::from(loss).evaluate()
    };
    let (one, zero) = (of_outcome(Rational::one())?, of_outcome(Rational::zero())?);
    let mixed = |one: &ArrayD<Real>, zero: &ArrayD<Real>| -> Result<ArrayD<Real>, Error> {
        let each = one.iter().zip(zero).zip(&targets);
        let mixed: Result<Vec<Real>, Error> = each
            .map(|((one, zero), y)| one.scale(y).add(&zero.scale(&(Rational::one() - y))))
            .collect();
        Ok(ArrayD::from_shape_vec(targets.raw_dim(), mixed?).expect("one for each target"))
    };
    let (Value::PerElement(ones), Value::PerElement(zeros)) = (&one.value, &zero.value) else {
        return Err(input.undefined("the elements were reduced"));
    };
    let values = mixed(ones, zeros)?;
    let gradient = mixed(&one.gradient, &zero.gradient)?;
    let elements = whole(values.len());
    Meaning::reduced(input.reduction()?, &elements, values, gradient)
}

fn one_alpha(input: &Input<'_>) -> Result<Meaning, Error> {
    let Some(alpha) = input.number("alpha") else {
        return Ok(input.itself()?.into());
    };
    let mut params = input.params.clone();
    params.remove("alpha");
    Ok(input.with_params(&params)?.times(&alpha).into())
}

fn background_alpha_mean_over_classes(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_binary(input) {
        return Ok(input.itself()?.into());
    }
    let (rows, classes) = input.rows_and_classes()?;
    let mut params = input.params.clone();
    if let Some(alpha) = input.number("alpha") {
        let weight = |class: usize| {
            let weight = if class == 0 {
                Rational::one() - &alpha
            } else {
                alpha.clone()
            };
            Some(Extended::from(weight))
        };
        let weights: Vec<_> = (0..classes).map(weight).collect();
        let weights = ArrayD::from_shape_vec(vec![classes], weights).expect("one for each class");
        params.set("alpha", Setting::Numbers(weights));
    }
    let mut factor = Rational::one();
    if input.reduction()? == Reduction::Mean {
        params.set("reduction", Setting::Text("sum".to_owned()));
        factor = whole(rows * classes).recip();
    }
    Ok(input.with_params(&params)?.times(&factor).into())
}

fn one_versus_rest(input: &Input<'_>) -> Result<Meaning, Error> {
    let Some(labels) = input.labels() else {
        return Ok(input.itself()?.into());
    };
    let shape = input.rows_and_classes()?;
    let mut targets = Array2::from_elem(shape, Rational::zero());
    for (row, &label) in labels.iter().enumerate() {
        let class = usize::try_from(label).unwrap_or(usize::MAX);
        match targets.get_mut((row, class)) {
            Some(target) => *target = Rational::one(),
            None => return Err(input.undefined("a label is out of range")),
        }
    }
    let loss = input.loss_of(
        input.entry.name,
        input.params,
        input.prediction.map(Clone::clone),
        Target::values(extended(&targets.into_dyn())),
    )?;
    Ok(loss.into())
}
