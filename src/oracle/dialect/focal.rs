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
        name: "focus_by_agreement",
        loss: "focal",
        note: "1−p_t is y(1−p)+(1−y)p, as here, but in place of −ln p_t it weighs the cross entropy with the soft target (torchvision, optax, Keras)",
        meaning: focus_by_agreement,
    },
    Dialect {
        name: "clipped",
        loss: "focal",
        note: "of probabilities, focus_by_agreement with a cross entropy that keeps them within [1e-7, 1−1e-7], with a gradient of 0 outside (Keras)",
        meaning: clipped,
    },
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

/// 1−p_t of one element, as a dialect has it.
struct Focus {
    value: Real,
    /// The derivative by the prediction.
    change: Real,
    /// The sum of the magnitudes of the terms of the derivative.
    terms: Real,
}

/// One number for each element: the value, its derivative by the prediction, and the sum of the
/// magnitudes of the terms of that.
type Focused = [Real; 3];

/// The cross entropy with a soft target.
fn cross_entropy(law: &Bernoulli, y: &Rational) -> Result<Focused, Error> {
    let rest = Rational::one() - y;
    Ok([
        law.expected_surprisal(y, &rest)?,
        law.expected_surprisal_derivative(y, &rest)?,
        law.expected_surprisal_derivative_terms(y, &rest)?,
    ])
}

/// f^γ·CE for each element, with its derivative by the product rule, γ·f^(γ−1)·f'·CE + f^γ·CE',
/// from f = 1−p_t and CE with their derivatives.
fn focused(
    input: &Input<'_>,
    mut entropy: impl FnMut(&Bernoulli, &Rational) -> Result<Focused, Error>,
    mut focus: impl FnMut(&Bernoulli, &Rational) -> Result<Focus, Error>,
) -> Result<Meaning, Error> {
    let gamma = gamma(input);
    let (mut values, mut gradient, mut terms) = (Vec::new(), Vec::new(), Vec::new());
    for (law, y, weight) in elements(input)? {
        let element = product(entropy(&law, &y)?, &gamma, || focus(&law, &y))?;
        let [value, derivative, magnitude] = element.map(|number| number.scale(&weight));
        values.push(value);
        gradient.push(derivative);
        terms.push(magnitude);
    }
    let shape = input.prediction.shape();
    let array = |reals| ArrayD::from_shape_vec(shape, reals).expect("each number has a value");
    let (values, gradient, terms) = (array(values), array(gradient), array(terms));
    let elements = whole(values.len());
    Meaning::reduced_with_terms(input.reduction()?, &elements, values, gradient, terms)
}

fn product(
    [entropy, slope, slope_terms]: Focused,
    gamma: &Rational,
    focus: impl FnOnce() -> Result<Focus, Error>,
) -> Result<Focused, Error> {
    if gamma.is_zero() {
        return Ok([entropy, slope, slope_terms]);
    }
    let focus = focus()?;
    if focus.value == Real::zero() {
        if entropy == Real::zero() || *gamma > Rational::one() {
            // The target is the certain outcome. There f and CE both tend to 0, so that with γ > 0 the
            // derivative does, also where f^(γ−1) has no limit.
            return Ok([Real::zero(), Real::zero(), Real::zero()]);
        }
        // A cross entropy that is kept away from 0 leaves that of f.
        let steepness = if gamma.is_one() {
            entropy
        } else {
            Real::infinity()
        };
        let derivative = steepness.mul(&focus.change)?;
        return Ok([Real::zero(), derivative, steepness.mul(&focus.terms)?]);
    }
    let factor = focus.value.pow(gamma)?;
    let value = factor.mul(&entropy)?;
    if slope.is_infinite() {
        // Where p is 0 or 1, CE' grows as a reciprocal and CE as a logarithm.
        return Ok([value, slope, slope_terms]);
    }
    let lower = focus.value.pow(&(gamma - Rational::one()))?;
    let weight = lower.mul(&entropy)?.scale(gamma);
    let derivative = weight.mul(&focus.change)?.add(&factor.mul(&slope)?)?;
    let terms = weight.mul(&focus.terms)?.add(&factor.mul(&slope_terms)?)?;
    Ok([value, derivative, terms])
}

/// Whether every target is 0 or 1: there the dialects of soft targets are the loss itself.
fn is_hard(input: &Input<'_>) -> Result<bool, Error> {
    if !is_binary(input) {
        return Ok(true);
    }
    let targets = input.targets()?;
    Ok(targets.iter().all(|y| y.is_zero() || y.is_one()))
}

/// f = y(1−p) + (1−y)p, the probability that a draw from the prediction and one from the target
/// differ. By p it is f' = 1−2y, and by a logit f' = (1−2y)·p(1−p).
fn focus_by_agreement(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? {
        return Ok(input.itself()?.into());
    }
    focused(input, cross_entropy, |law, y| {
        let step = if input.is_logits() {
            law.probability().mul(&law.complement().probability())?
        } else {
            Real::one()
        };
        Ok(disagreement(law, y, step))
    })
}

/// The probability that a draw from the prediction and one from the target differ, of which `step` is
/// the derivative of p by the prediction.
fn disagreement(law: &Bernoulli, y: &Rational, step: Real) -> Focus {
    Focus {
        value: law.target_probability(y).complement(),
        change: step.scale(&(Rational::one() - y - y)),
        terms: step,
    }
}

fn clipped(input: &Input<'_>) -> Result<Meaning, Error> {
    if input.is_logits() || !is_binary(input) {
        return Ok(input.itself()?.into());
    }
    let (lower, upper) = input.margins();
    let (p, slopes) = Input::clipped(&input.finite()?, &lower, &upper);
    let mut each = p.iter().zip(&slopes);
    let entropy = |_: &Bernoulli, y: &Rational| {
        let (p, inside) = each.next().expect("one for each element");
        let law = Bernoulli::from_probability(p.clone());
        let [value, slope, terms] = cross_entropy(&law, y)?;
        Ok([value, slope.scale(inside), terms.scale(inside)])
    };
    focused(input, entropy, |law, y| {
        Ok(disagreement(law, y, Real::one()))
    })
}

/// f = 1−exp(−CE) = 1−p^y·(1−p)^(1−y), and f' = exp(−CE)·CE'.
fn focus_by_cross_entropy(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? {
        return Ok(input.itself()?.into());
    }
    focused(input, cross_entropy, |law, y| {
        let rest = Rational::one() - y;
        let (p, q) = (law.probability(), law.complement().probability());
        let agreement = p.pow(y)?.mul(&q.pow(&rest)?)?;
        let slope = law.expected_surprisal_derivative(y, &rest)?;
        let slope_terms = law.expected_surprisal_derivative_terms(y, &rest)?;
        Ok(Focus {
            value: Real::one().sub(&agreement)?,
            change: agreement.mul(&slope)?,
            terms: agreement.mul(&slope_terms)?,
        })
    })
}

/// f = σ(−x(2y−1)), and f' = (1−2y)·f(1−f).
fn focus_by_signed_logit(input: &Input<'_>) -> Result<Meaning, Error> {
    if is_hard(input)? || !input.is_logits() {
        return Ok(input.itself()?.into());
    }
    let logits = input.numbers();
    let mut logits = logits.iter();
    focused(input, cross_entropy, |_, y| {
        let sign = Rational::one() - y - y;
        let logit = match logits.next().and_then(Extended::finite) {
            Some(x) => x * &sign,
            None => return Err(input.undefined("a logit is infinite")),
        };
        let law = Bernoulli::from_logit(logit.into());
        let step = law.probability().mul(&law.complement().probability())?;
        Ok(Focus {
            value: law.probability(),
            change: step.scale(&sign),
            terms: step,
        })
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
