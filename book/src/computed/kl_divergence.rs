//! What the chapter on the Kullback–Leibler divergence computes: the numbers of its errata, both
//! directions, the error of naive code near the target, and the curve of the gradient.

use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{
    CrossEntropy, Entropy, Evaluation, KlDivergence, Loss, Prediction, Target,
};
use mdbook_preprocessor::errors::Result;
use ndarray::{Array2, array};

use super::numbers::{decimal, float, significant, ulps};
use super::{Item, reduced};
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::value("kl-divergence-printed", printed),
    Item::value("kl-divergence-corrected", corrected),
    Item::table("kl-divergence-no-metric", no_metric),
    Item::figure("kl-divergence-directions", directions),
    Item::figure("kl-divergence-error", error),
    Item::table("kl-divergence-accuracy", accuracy),
    Item::figure("kl-divergence-gradient", gradient),
];

/// Two classes, the first with the probability n/d.
fn two(n: i64, d: i64) -> Array2<Rational> {
    array![[
        Rational::new(n.into(), d.into()),
        Rational::new((d - n).into(), d.into())
    ]]
}

fn divergence(q: &Array2<Rational>, p: &Array2<Rational>) -> Result<Real> {
    let loss = KlDivergence::new();
    reduced(loss.exact(Prediction::probabilities(p), Target::values(q))?)
}

/// H_p(q) − H(p), as the article prints it, for q = (1, 0) and p = (9/10, 1/10).
fn printed() -> Result<String> {
    let (q, p) = (two(1, 1), two(9, 10));
    let cross = CrossEntropy::new();
    let cross = reduced(cross.exact(Prediction::probabilities(&p), Target::values(&q))?)?;
    let entropy = reduced(Entropy::new().exact(Prediction::probabilities(&p), Target::None)?)?;
    decimal(&cross.sub(&entropy)?, 3)
}

fn corrected() -> Result<String> {
    decimal(&divergence(&two(1, 1), &two(9, 10))?, 3)
}

fn no_metric() -> Result<String> {
    let (a, b, c) = (two(1, 2), two(1, 4), two(1, 10));
    let mut table = "| from | to | exact, in nats | nats |\n|---|---|---|---:|\n".to_owned();
    let (ab, bc) = (divergence(&a, &b)?, divergence(&b, &c)?);
    let detour = ab.add(&bc)?;
    let rows = [
        ("$a$", "$b$", ab),
        ("$b$", "$a$", divergence(&b, &a)?),
        ("$b$", "$c$", bc),
        ("$a$", "$c$", divergence(&a, &c)?),
        ("$a$, by $b$,", "$c$", detour),
    ];
    for (from, to, value) in rows {
        let shown = decimal(&value, 4)?;
        table.push_str(&format!("| {from} | {to} | `{value}` | {shown} |\n"));
    }
    Ok(table)
}

fn fast(q: &Array2<f64>, p: &Array2<f64>) -> Result<f64> {
    let loss = KlDivergence::new();
    reduced(loss.fast(Prediction::probabilities(p), Target::values(q))?)
}

fn directions() -> Result<String> {
    let fixed = array![[0.25, 0.75]];
    let (mut target, mut prediction) = (Vec::new(), Vec::new());
    for step in 0..=256_u16 {
        let x = f64::from(step) / 256.0;
        let row = array![[x, 1.0 - x]];
        target.push((x, fast(&fixed, &row)?));
        prediction.push((x, fast(&row, &fixed)?));
    }
    Ok(Plot::new(
        "The divergence in both directions",
        "Two curves that are both zero at one quarter. The divergence with the fixed \
         distribution as target rises without bound at both ends; the other rises to 0.29 at 0 \
         and to 1.39 at 1.",
        Axis::linear("probability x of the first class", 0.0, 1.0, 0.25, 2),
        Axis::linear("nats", 0.0, 1.5, 0.5, 1),
    )
    .line("fixed is the target", &target)
    .line("fixed is the prediction", &prediction)
    .svg())
}

/// The definition, typed as it stands.
fn naive(q: &Array2<f64>, p: &Array2<f64>) -> f64 {
    q.iter().zip(p).map(|(q, p)| q * (q / p).ln()).sum()
}

/// The error of both programs at p = q + h·(−1, 1).
fn errors(q: f64, h: f64) -> Result<(Real, f64, f64)> {
    let (q, p) = (array![[q, 1.0 - q]], array![[q - h, 1.0 - q + h]]);
    let exact = KlDivergence::new();
    let exact = reduced(exact.exact(Prediction::probabilities(&p), Target::values(&q))?)?;
    let of_naive = ulps(naive(&q, &p), &exact)?;
    let of_fast = ulps(fast(&q, &p)?, &exact)?;
    Ok((exact, of_naive, of_fast))
}

fn error() -> Result<String> {
    let (mut of_naive, mut of_fast) = (Vec::new(), Vec::new());
    for step in 3..=50_u8 {
        let h = 0.5_f64.powi(i32::from(step));
        let (_, naive, fast) = errors(0.25, h)?;
        of_naive.push((h, naive));
        of_fast.push((h, fast));
    }
    Ok(Plot::new(
        "Error of naive code and of the fast twin for the divergence near its zero",
        "As the distance of the prediction from the target falls from one tenth to ten to the \
         minus fifteenth, the error of naive code rises from one ulp to ten to the thirtieth. \
         The error of the fast twin stays below one ulp.",
        Axis::log10("distance h", -16, 0, 4),
        Axis::log10("error in ulps", -4, 32, 8),
    )
    .rule((1e-16, 0.5), (1.0, 0.5))
    .line("naive", &of_naive)
    .line("fast twin", &of_fast)
    .svg())
}

fn accuracy() -> Result<String> {
    let mut table = "| target | distance $h$ | exact | ulps, naive | ulps, fast twin |\n\
                     |---|---|---:|---:|---:|\n"
        .to_owned();
    for (shown, q) in [
        ("$\\frac12, \\frac12$", 0.5),
        ("$\\frac14, \\frac34$", 0.25),
    ] {
        for power in [4_u8, 12, 28, 45] {
            let h = 0.5_f64.powi(i32::from(power));
            let (exact, of_naive, of_fast) = errors(q, h)?;
            table.push_str(&format!(
                "| {shown} | $2^{{-{power}}}$ | {} | {} | ${of_fast:.3}$ |\n",
                significant(float(&exact)?, 5),
                significant(of_naive, 2)
            ));
        }
    }
    Ok(table)
}

fn gradient() -> Result<String> {
    let q = array![[0.75, 0.25]];
    let (mut value, mut slope) = (Vec::new(), Vec::new());
    for step in 0..=96_u8 {
        let x = f64::from(step) / 8.0 - 6.0;
        let z = array![[x, 0.0]];
        let Evaluation {
            value: loss,
            gradient,
        } = KlDivergence::new().fast_with_gradient(Prediction::logits(&z), Target::values(&q))?;
        value.push((x, reduced(loss)?));
        slope.push((x, gradient[[0, 0]]));
    }
    Ok(Plot::new(
        "The divergence and its derivative",
        "The divergence falls from four to zero at a logit of about 1.1 and rises slowly beyond. \
         Its derivative rises from minus three quarters through zero to one quarter.",
        Axis::linear("logit of the first class", -6.0, 6.0, 2.0, 0),
        Axis::linear("nats", -1.0, 4.0, 1.0, 0),
    )
    .rule((-6.0, 0.0), (6.0, 0.0))
    .line("divergence", &value)
    .line("derivative", &slope)
    .svg())
}
