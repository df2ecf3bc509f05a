//! The losses as they are typed when nothing but the formula is thought of: one thread, one loop, the
//! standard library's functions. What they lose in accuracy or speed is what is compared with.

use num_traits::Float;

fn count<F: Float>(items: usize) -> F {
    F::from(items).expect("a number of items is a float")
}

fn is_one<F: Float>(label: i64) -> F {
    if label == 1 { F::one() } else { F::zero() }
}

fn sigmoid<F: Float>(x: F) -> F {
    F::one() / (F::one() + (-x).exp())
}

/// The mean over the elements of what `each` gives, and its derivatives.
fn elements<F: Float>(
    predictions: &[F],
    targets: &[F],
    gradient: Option<&mut [F]>,
    each: impl Fn(F, F) -> (F, F),
) -> F {
    let n = count(predictions.len());
    let pairs = predictions.iter().zip(targets);
    let mut sum = F::zero();
    match gradient {
        None => {
            for (&x, &y) in pairs {
                sum = sum + each(x, y).0;
            }
        }
        Some(gradient) => {
            for ((&x, &y), derivative) in pairs.zip(gradient) {
                let (value, slope) = each(x, y);
                sum = sum + value;
                *derivative = slope / n;
            }
        }
    }
    sum / n
}

pub(crate) fn binary_cross_entropy<F: Float>(p: &[F], y: &[F], gradient: Option<&mut [F]>) -> F {
    let one = F::one();
    elements(p, y, gradient, |p, y| {
        let value = -(y * p.ln() + (one - y) * (one - p).ln());
        (value, (p - y) / (p * (one - p)))
    })
}

pub(crate) fn binary_cross_entropy_of_logits<F: Float>(
    x: &[F],
    y: &[F],
    gradient: Option<&mut [F]>,
) -> F {
    elements(x, y, gradient, |x, y| {
        let value = x.max(F::zero()) - x * y + (-x.abs()).exp().ln_1p();
        (value, sigmoid(x) - y)
    })
}

/// With α from the counts.
pub(crate) fn balanced_cross_entropy<F: Float>(x: &[F], y: &[F], gradient: Option<&mut [F]>) -> F {
    let one = F::one();
    let mut ones = F::zero();
    for &y in y {
        ones = ones + y;
    }
    let alpha = one - ones / count(y.len());
    elements(x, y, gradient, |x, y| {
        let p = sigmoid(x);
        let (positive, negative) = (alpha * y, (one - alpha) * (one - y));
        let value = -(positive * p.ln() + negative * (one - p).ln());
        (value, positive * (p - one) + negative * p)
    })
}

/// With γ = 2 and α = 1/4.
pub(crate) fn focal<F: Float>(x: &[F], y: &[F], gradient: Option<&mut [F]>) -> F {
    let one = F::one();
    let two = one + one;
    let quarter = one / (two * two);
    elements(x, y, gradient, |x, y| {
        let p = sigmoid(x);
        let p_t = p * y + (one - p) * (one - y);
        let alpha_t = quarter * y + (one - quarter) * (one - y);
        let factor = alpha_t * (one - p_t).powi(2);
        let slope = factor * (two * p_t * p_t.ln() + p_t - one);
        (-factor * p_t.ln(), slope * (two * y - one))
    })
}

pub(crate) fn cross_entropy<F: Float>(
    logits: &[F],
    labels: &[i64],
    gradient: Option<&mut [F]>,
) -> F {
    let (rows, classes) = (labels.len(), logits.len() / labels.len());
    let mut sum = F::zero();
    let mut gradient = gradient.map(|gradient| gradient.chunks_mut(classes));
    for (z, &label) in logits.chunks(classes).zip(labels) {
        let max = z.iter().fold(F::neg_infinity(), |max, &z| max.max(z));
        let mut total = F::zero();
        for &z in z {
            total = total + (z - max).exp();
        }
        sum = sum + total.ln() + max - z[label as usize];
        if let Some(row) = gradient.as_mut().and_then(Iterator::next) {
            for (slope, &z) in row.iter_mut().zip(z) {
                *slope = (z - max).exp() / total / count(rows);
            }
            row[label as usize] = row[label as usize] - F::one() / count(rows);
        }
    }
    sum / count(rows)
}

pub(crate) fn kl_divergence<F: Float>(
    p: &[F],
    q: &[F],
    classes: usize,
    gradient: Option<&mut [F]>,
) -> F {
    let rows = count::<F>(p.len() / classes);
    let mut sum = F::zero();
    for (&p, &q) in p.iter().zip(q) {
        sum = sum + q * (q / p).ln();
    }
    if let Some(gradient) = gradient {
        for ((slope, &p), &q) in gradient.iter_mut().zip(p).zip(q) {
            *slope = -q / p / rows;
        }
    }
    sum / rows
}

pub(crate) fn entropy<F: Float>(p: &[F], classes: usize, gradient: Option<&mut [F]>) -> F {
    let rows = count::<F>(p.len() / classes);
    let mut sum = F::zero();
    match gradient {
        None => {
            for &p in p {
                sum = sum - p * p.ln();
            }
        }
        Some(gradient) => {
            for (slope, &p) in gradient.iter_mut().zip(p) {
                let ln = p.ln();
                sum = sum - p * ln;
                *slope = -(ln + F::one()) / rows;
            }
        }
    }
    sum / rows
}

/// The mean over the classes that are among the labels.
pub(crate) fn jaccard<F: Float>(predictions: &[i64], labels: &[i64], classes: usize) -> F {
    let (mut labelled, mut predicted) = (vec![0_usize; classes], vec![0_usize; classes]);
    let mut both = vec![0_usize; classes];
    for (&prediction, &label) in predictions.iter().zip(labels) {
        labelled[label as usize] += 1;
        predicted[prediction as usize] += 1;
        if prediction == label {
            both[label as usize] += 1;
        }
    }
    let (mut sum, mut present) = (F::zero(), 0);
    for class in (0..classes).filter(|&class| labelled[class] > 0) {
        let union = labelled[class] + predicted[class] - both[class];
        sum = sum + F::one() - count::<F>(both[class]) / count(union);
        present += 1;
    }
    sum / count(present)
}

/// As it is published: sort the errors, take the Jaccard losses along the order, and their
/// differences.
pub(crate) fn lovasz_extension<F: Float>(
    errors: &[F],
    is_foreground: impl Fn(usize) -> bool,
    mut gradient: Option<&mut [F]>,
) -> F {
    let mut order: Vec<usize> = (0..errors.len()).collect();
    order.sort_by(|&i, &j| errors[j].partial_cmp(&errors[i]).expect("no NaN"));
    let foreground = (0..errors.len()).filter(|&i| is_foreground(i)).count();
    let (mut intersection, mut union) = (count::<F>(foreground), count::<F>(foreground));
    let (mut sum, mut before) = (F::zero(), F::zero());
    for element in order {
        if is_foreground(element) {
            intersection = intersection - F::one();
        } else {
            union = union + F::one();
        }
        let loss = F::one() - intersection / union;
        sum = sum + errors[element] * (loss - before);
        if let Some(gradient) = &mut gradient {
            gradient[element] = loss - before;
        }
        before = loss;
    }
    sum
}

pub(crate) fn lovasz_hinge<F: Float>(
    scores: &[F],
    labels: &[i64],
    mut gradient: Option<&mut [F]>,
) -> F {
    let sign = |i: usize| is_one::<F>(labels[i]) + is_one(labels[i]) - F::one();
    let errors: Vec<F> = (0..scores.len())
        .map(|i| (F::one() - scores[i] * sign(i)).max(F::zero()))
        .collect();
    let value = lovasz_extension(&errors, |i| labels[i] == 1, gradient.as_deref_mut());
    if let Some(gradient) = gradient {
        for (i, slope) in gradient.iter_mut().enumerate() {
            *slope = if errors[i] > F::zero() {
                -*slope * sign(i)
            } else {
                F::zero()
            };
        }
    }
    value
}

/// The mean over the classes that are among the labels.
pub(crate) fn lovasz_softmax<F: Float>(
    probabilities: &[F],
    labels: &[i64],
    mut gradient: Option<&mut [F]>,
) -> F {
    let classes = probabilities.len() / labels.len();
    let is_present = |class: usize| labels.contains(&(class as i64));
    let present = count::<F>((0..classes).filter(|&class| is_present(class)).count());
    let mut of_class = vec![F::zero(); labels.len()];
    let mut sum = F::zero();
    for class in (0..classes).filter(|&class| is_present(class)) {
        let is_foreground = |i: usize| labels[i] == class as i64;
        let errors: Vec<F> = (0..labels.len())
            .map(|i| {
                let p = probabilities[i * classes + class];
                if is_foreground(i) { F::one() - p } else { p }
            })
            .collect();
        let slopes = gradient.is_some().then_some(&mut of_class[..]);
        sum = sum + lovasz_extension(&errors, is_foreground, slopes);
        if let Some(gradient) = &mut gradient {
            for (i, &slope) in of_class.iter().enumerate() {
                let slope = slope / present;
                gradient[i * classes + class] = if is_foreground(i) { -slope } else { slope };
            }
        }
    }
    sum / present
}
