//! What the chapter on cross entropy computes: the article's example, and the error of the
//! formulas that are printed there, against the exact twin.

use exact_loss::exact::rational::parse_rational;
use exact_loss::exact::{Rational, Real, UlpError};
use exact_loss::losses::{Base, CrossEntropy, Entropy, Loss, Prediction, Reduction, Target};
use mdbook_preprocessor::errors::Result;
use ndarray::{Array1, Array2, array};

use super::Item;
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

fn matrix(rows: &str) -> Result<Array2<Rational>> {
    let rows: Vec<Vec<Rational>> = rows
        .split(';')
        .map(|row| row.split_whitespace().map(parse_rational).collect())
        .collect::<core::result::Result<_, _>>()?;
    let shape = (rows.len(), rows[0].len());
    Ok(Array2::from_shape_vec(
        shape,
        rows.into_iter().flatten().collect(),
    )?)
}

const PREDICTIONS: &str = "0.1 0.2 0.7; 0.3 0.4 0.3; 0.1 0.2 0.7";

fn labels() -> Array1<i64> {
    array![2, 1, 0]
}

fn article_values(base: Base, reduction: Reduction) -> Result<Vec<Real>> {
    let loss = CrossEntropy::new().base(base).reduction(reduction);
    let predictions = matrix(PREDICTIONS)?;
    let value = loss.exact(
        Prediction::probabilities(&predictions),
        Target::labels(&labels()),
    )?;
    Ok(value.iter().cloned().collect())
}

fn erratum_2() -> Result<String> {
    let (q, p) = (matrix("1 0")?, matrix("9/10 1/10")?);
    let cross = CrossEntropy::new().base(Base::Two);
    let cross = cross.exact(Prediction::probabilities(&p), Target::values(&q))?;
    let of_p = Entropy::new()
        .base(Base::Two)
        .exact(Prediction::probabilities(&p), Target::None)?;
    let terms = cross.iter().cloned().chain(of_p.iter().map(Real::neg));
    Ok(format!("${}$", Real::sum(terms)?.decimal(4)?))
}

fn article() -> Result<String> {
    let mut table = "| prediction | label | exact, in nats | nats | bits |\n\
                     |---|---:|---|---:|---:|\n"
        .to_owned();
    let rows = PREDICTIONS.split(';').zip(labels());
    let nats = article_values(Base::E, Reduction::None)?;
    let bits = article_values(Base::Two, Reduction::None)?;
    for ((row, label), (nats, bits)) in rows.zip(nats.iter().zip(&bits)) {
        let row = row.split_whitespace().collect::<Vec<_>>().join(", ");
        let (four, four_bits) = (nats.decimal(4)?, bits.decimal(4)?);
        table.push_str(&format!(
            "| {row} | {label} | {nats} | {four} | {four_bits} |\n"
        ));
    }
    let nats = &article_values(Base::E, Reduction::Mean)?[0];
    let bits = &article_values(Base::Two, Reduction::Mean)?[0];
    let (four, four_bits) = (nats.decimal(4)?, bits.decimal(4)?);
    table.push_str(&format!("| mean | | {nats} | {four} | {four_bits} |\n"));
    Ok(table)
}

fn mean_of_rounded() -> Result<String> {
    let mut sum = Rational::default();
    for value in article_values(Base::E, Reduction::None)? {
        sum += parse_rational(&value.decimal(2)?)?;
    }
    Ok(Real::from(sum / Rational::from_integer(3.into())).decimal(2)?)
}

fn rounded_mean() -> Result<String> {
    Ok(article_values(Base::E, Reduction::Mean)?[0].decimal(2)?)
}

/// ln Σ exp(z − m) + m − z_t, in the order in which it is often written.
fn subtracted_last(gap: f64) -> f64 {
    let (z, other) = (gap, 0.0_f64);
    let log_sum_exp = z + (1.0 + (other - z).exp()).ln();
    log_sum_exp - z
}

/// −ln of a rounded softmax.
fn log_of_softmax(gap: f64) -> f64 {
    let (z, other) = ((gap - gap).exp(), (0.0 - gap).exp());
    -(z / (z + other)).ln()
}

fn fast_twin(gap: f64) -> f64 {
    let value = CrossEntropy::new()
        .fast(
            Prediction::logits(array![[gap, 0.0]]),
            Target::labels(array![0]),
        )
        .ok()
        .and_then(|value| value.reduced());
    value.unwrap_or(f64::NAN)
}

fn exact(gap: f64) -> Result<Real> {
    let value = CrossEntropy::new().exact(
        Prediction::logits(array![[gap, 0.0]]),
        Target::labels(array![0]),
    )?;
    value
        .reduced()
        .ok_or_else(|| mdbook_preprocessor::errors::Error::msg("not a mean"))
}

/// The upper end of the error in ulps.
fn ulps(got: f64, exact: &Real) -> Result<f64> {
    match exact.ulp_error(got)? {
        UlpError::Ulps { upper, .. } => Ok(Real::from(upper).round::<f64>()?.decided()?),
        other => Err(mdbook_preprocessor::errors::Error::msg(format!(
            "{other:?}"
        ))),
    }
}

type Program = (&'static str, fn(f64) -> f64);

const PROGRAMS: [Program; 3] = [
    ("log of softmax", log_of_softmax),
    ("subtracted last", subtracted_last),
    ("fast twin", fast_twin),
];

fn error() -> Result<String> {
    let mut plot = Plot::new(
        "Error in ulps of three programs for cross entropy",
        "The errors of the two programs that cancel grow exponentially with the gap between the \
         logits until no digit is left. The error of the fast twin stays near half an ulp.",
        Axis::linear("gap between the logits", 0.0, 40.0, 10.0, 0),
        Axis::log10("error in ulps", -3, 18, 3),
    );
    for (name, program) in PROGRAMS {
        let mut points = Vec::new();
        for step in 1..=80_u8 {
            let gap = f64::from(step) / 2.0;
            points.push((gap, ulps(program(gap), &exact(gap)?)?));
        }
        plot = plot.line(name, &points);
    }
    Ok(plot.rule((0.0, 0.5), (40.0, 0.5)).svg())
}

fn accuracy() -> Result<String> {
    let mut table = "| gap | exact value | log of softmax | subtracted last | fast twin |\n\
                     |---:|---:|---:|---:|---:|\n"
        .to_owned();
    for gap in [1.0, 10.0, 20.0, 40.0, 700.0] {
        let value = exact(gap)?;
        let nearest = value.round::<f64>()?.decided()?;
        table.push_str(&format!("| {gap} | {nearest:.4e} |"));
        for (_, program) in PROGRAMS {
            let error = ulps(program(gap), &value)?;
            let written = if error < 1000.0 {
                format!("{error:.2} ulp")
            } else {
                format!("{error:.1e} ulp")
            };
            table.push_str(&format!(" {written} |"));
        }
        table.push('\n');
    }
    Ok(table)
}

fn gradient() -> Result<String> {
    let (mut values, mut slopes) = (Vec::new(), Vec::new());
    for step in -24..=24_i8 {
        let z = f64::from(step) / 4.0;
        let at = CrossEntropy::new().fast_with_gradient(
            Prediction::logits(array![[z, 0.0]]),
            Target::labels(array![0]),
        )?;
        values.extend(at.value.iter().map(|value| (z, *value)));
        slopes.push((z, at.gradient[[0, 0]]));
    }
    Ok(Plot::new(
        "Cross entropy of two classes and its derivative",
        "The loss falls from a line of slope −1, where the right class has a low logit, towards \
         zero. Its derivative rises from −1 to 0.",
        Axis::linear("logit of the right class", -6.0, 6.0, 2.0, 0),
        Axis::linear("nats", -1.0, 6.0, 1.0, 0),
    )
    .line("loss", &values)
    .line("derivative", &slopes)
    .svg())
}
