//! What the chapter on cross entropy computes: the article's example in nats and in bits, the
//! error of naive code and of the fast twin, and the curve of the gradient.

use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{
    Base, CrossEntropy, Entropy, Evaluation, Loss, Prediction, Reduction, Target,
};
use mdbook_preprocessor::errors::Result;
use ndarray::{Array1, Array2, array};

use super::numbers::{decimal, float, significant, ulps};
use super::{Item, reduced};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::value("cross-entropy-erratum-2", erratum_2),
    Item::table("cross-entropy-article", article),
    Item::value("cross-entropy-mean-of-rounded", mean_of_rounded),
    Item::value("cross-entropy-rounded-mean", rounded_mean),
    Item::figure("cross-entropy-error", error),
    Item::table("cross-entropy-accuracy", accuracy),
    Item::figure("cross-entropy-gradient", gradient),
];

fn tenths(rows: &[&[i64]]) -> Array2<Rational> {
    let columns = rows.first().map_or(0, |row| row.len());
    Array2::from_shape_fn((rows.len(), columns), |(row, column)| {
        Rational::new(rows[row][column].into(), 10.into())
    })
}

/// H_p(q) − H(p) in bits, for q = (1, 0) and p = (9/10, 1/10).
fn erratum_2() -> Result<String> {
    let (q, p) = (tenths(&[&[10, 0]]), tenths(&[&[9, 1]]));
    let cross = CrossEntropy::new().base(Base::Two);
    let cross = reduced(cross.exact(Prediction::probabilities(&p), Target::values(&q))?)?;
    let entropy = Entropy::new().base(Base::Two);
    let entropy = reduced(entropy.exact(Prediction::probabilities(&p), Target::None)?)?;
    decimal(&cross.sub(&entropy)?, 3)
}

const PREDICTIONS: [&[i64]; 3] = [&[1, 2, 7], &[3, 4, 3], &[1, 2, 7]];
const LABELS: [i64; 3] = [2, 1, 0];

/// The losses of the article's three samples.
fn samples(base: Base) -> Result<Vec<Real>> {
    let loss = CrossEntropy::new().base(base).reduction(Reduction::None);
    let (p, labels) = (tenths(&PREDICTIONS), Array1::from(LABELS.to_vec()));
    let values = loss.exact(Prediction::probabilities(&p), Target::labels(&labels))?;
    Ok(values.iter().cloned().collect())
}

fn mean(base: Base) -> Result<Real> {
    let loss = CrossEntropy::new().base(base);
    let (p, labels) = (tenths(&PREDICTIONS), Array1::from(LABELS.to_vec()));
    reduced(loss.exact(Prediction::probabilities(&p), Target::labels(&labels))?)
}

fn article() -> Result<String> {
    let mut table = "| prediction | right class | exact, in nats | nats | bits |\n\
                     |---|---:|---|---:|---:|\n"
        .to_owned();
    let (nats, bits) = (samples(Base::E)?, samples(Base::Two)?);
    for (row, label) in LABELS.iter().enumerate() {
        let shown: Vec<String> = PREDICTIONS[row]
            .iter()
            .map(|tenths| format!("0.{tenths}"))
            .collect();
        table.push_str(&format!(
            "| {} | {} | `{}` | {} | {} |\n",
            shown.join(", "),
            label + 1,
            nats[row],
            decimal(&nats[row], 4)?,
            decimal(&bits[row], 4)?
        ));
    }
    let (nats, bits) = (mean(Base::E)?, mean(Base::Two)?);
    let (exact, nats, bits) = (nats.to_string(), decimal(&nats, 4)?, decimal(&bits, 4)?);
    table.push_str(&format!("| mean | | `{exact}` | {nats} | {bits} |\n"));
    Ok(table)
}

fn mean_of_rounded() -> Result<String> {
    let hundred = Rational::from_integer(100.into());
    let mut sum = Rational::from_integer(0.into());
    for value in samples(Base::E)? {
        // To two decimals and back: what the article adds up.
        let value = value.enclose(64)?.lower()?;
        sum += (value * &hundred).round() / &hundred;
    }
    decimal(&Real::from(sum / Rational::from_integer(3.into())), 2)
}

fn rounded_mean() -> Result<String> {
    decimal(&mean(Base::E)?, 2)
}

/// The logarithm of the sum of exponentials with the maximum taken out, minus the logit.
fn naive(logits: &[f64], label: usize) -> f64 {
    let maximum = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|z| (z - maximum).exp()).sum();
    maximum + sum.ln() - logits[label]
}

/// The fast twin's value and the exact one.
fn twins(logits: &[f64], label: usize) -> Result<(f64, Real)> {
    let z = Array2::from_shape_vec((1, logits.len()), logits.to_vec())?;
    let labels = array![i64::try_from(label)?];
    let loss = CrossEntropy::new();
    let fast = loss.fast(Prediction::logits(&z), Target::labels(&labels))?;
    let exact = loss.exact(Prediction::logits(&z), Target::labels(&labels))?;
    Ok((reduced(fast)?, reduced(exact)?))
}

fn error() -> Result<String> {
    let (mut of_naive, mut of_fast) = (Vec::new(), Vec::new());
    for step in 0..=160_u8 {
        let gap = f64::from(step) / 4.0;
        let (fast, exact) = twins(&[gap, 0.0], 0)?;
        of_naive.push((gap, ulps(naive(&[gap, 0.0], 0), &exact)?));
        of_fast.push((gap, ulps(fast, &exact)?));
    }
    Ok(Plot::new(
        "Error of naive code and of the fast twin for cross entropy",
        "The error of naive code grows with the gap between the logits, from about one unit in \
         the last place to ten to the sixteenth at a gap of 37, where no digit is right. The \
         error of the fast twin stays below half a unit in the last place, or just above it.",
        Axis::linear("gap between the logits", 0.0, 40.0, 10.0, 0),
        Axis::log10("error in ulps", -4, 18, 4),
    )
    .rule((0.0, 0.5), (40.0, 0.5))
    .line("naive", &of_naive)
    .line("fast twin", &of_fast)
    .svg())
}

fn accuracy() -> Result<String> {
    let cases: [(&str, &[f64], usize); 6] = [
        ("$20,\\ 0$", &[20.0, 0.0], 0),
        ("$40,\\ 0$", &[40.0, 0.0], 0),
        ("$14.4,\\ 50.1,\\ 3.5$", &[14.4, 50.1, 3.5], 0),
        ("$-10^4,\\ -10^4$", &[-1e4, -1e4], 0),
        ("$10^8$, four times", &[1e8; 4], 0),
        ("$10^{38},\\ 10^{38}$", &[1e38, 1e38], 1),
    ];
    let mut table = "| logits | right class | exact | ulps, naive | ulps, fast twin |\n\
                     |---|---:|---:|---:|---:|\n"
        .to_owned();
    for (shown, logits, label) in cases {
        let (fast, exact) = twins(logits, label)?;
        let [of_naive, of_fast] = [ulps(naive(logits, label), &exact)?, ulps(fast, &exact)?];
        table.push_str(&format!(
            "| {shown} | {} | {} | {} | ${of_fast:.3}$ |\n",
            label + 1,
            significant(float(&exact)?, 5),
            significant(of_naive, 2)
        ));
    }
    Ok(table)
}

fn gradient() -> Result<String> {
    let (mut loss, mut slope) = (Vec::new(), Vec::new());
    for step in 0..=96_u8 {
        let x = f64::from(step) / 8.0 - 6.0;
        let Evaluation { value, gradient } = CrossEntropy::new().fast_with_gradient(
            Prediction::logits(&array![[x, 0.0]]),
            Target::labels(&array![0]),
        )?;
        loss.push((x, reduced(value)?));
        slope.push((x, gradient[[0, 0]]));
    }
    Ok(Plot::new(
        "Cross entropy and its derivative",
        "The loss falls from six towards zero as the logit of the right class rises from minus \
         six to six. Its derivative rises from minus one towards zero.",
        Axis::linear("logit of the right class", -6.0, 6.0, 2.0, 0),
        Axis::linear("nats", -2.0, 6.0, 2.0, 0),
    )
    .line("loss", &loss)
    .line("derivative", &slope)
    .svg())
}
