//! What the chapter on the Lovász extension computes: the five pixels by hand, the figures of its
//! shape, and the errors of the published difference formula.

use exact_loss::exact::Rational;
use exact_loss::exact::set_function::{Jaccard, SetFunction, descending};
use exact_loss::losses::{Loss, LovaszExtension, Prediction, Target};
use mdbook_preprocessor::errors::{Error, Result};
use ndarray::Array1;

use super::Item;
use super::jaccard::{FOREGROUND, loss, tenths};
use super::numbers::{fraction, nearest, significant};
use crate::figure::{Axis, Plot, Surface};

pub(super) const ITEMS: &[Item] = &[
    Item::table("lovasz-extension-five-pixels", five_pixels),
    Item::value("lovasz-extension-five-value", five_value),
    Item::figure("lovasz-extension-steps", steps),
    Item::figure("lovasz-extension-surface", surface),
    Item::figure("lovasz-extension-line", line),
    Item::table("lovasz-extension-published", published),
];

const ERRORS: [i64; 5] = [5, 9, 2, 1, 7];

fn five_pixels() -> Result<String> {
    let (m, loss) = (tenths(&ERRORS), loss());
    let order = descending(&m);
    let (along, marginals) = (loss.along(&order), loss.marginals(&order));
    let mut table = "| position | pixel | in the class | error $m$ | $f$ | $n$ | \
                     $\\Delta = \\frac{f+n}{3+n}$ | marginal $g$ | $m\\, g$ |\n\
                     |---:|---:|:-:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let (mut f, mut n) = (0, 0);
    for (position, &pixel) in order.iter().enumerate() {
        let mark = if FOREGROUND[pixel] {
            f += 1;
            "●"
        } else {
            n += 1;
            ""
        };
        table.push_str(&format!(
            "| {} | {} | {mark} | {} | {f} | {n} | {} | {} | {} |\n",
            position + 1,
            pixel + 1,
            fraction(&m[pixel]),
            fraction(&along[position + 1]),
            fraction(&marginals[position]),
            fraction(&(&m[pixel] * &marginals[position])),
        ));
    }
    let value = fraction(&loss.extension(&m)?);
    table.push_str(&format!("| sum | | | | | | | | {value} |\n"));
    Ok(table)
}

fn five_value() -> Result<String> {
    Ok(fraction(&loss().extension(&tenths(&ERRORS))?))
}

fn steps() -> Result<String> {
    let m = tenths(&ERRORS);
    let order = descending(&m);
    let along = loss().along(&order);
    let mut outline = Vec::new();
    let mut before = 0.0;
    for (&pixel, value) in order.iter().zip(&along[1..]) {
        let t = nearest(&m[pixel]);
        outline.extend([(t, before), (t, nearest(value))]);
        before = nearest(value);
    }
    outline.push((0.0, before));
    let mut corners = outline.clone();
    corners.push((0.0, 0.0));
    Ok(Plot::new(
        "The Jaccard loss over the sorted errors",
        "A staircase that rises from 0 at the largest error, nine tenths, to 1 as the threshold \
         falls to 0. The area below it is shaded.",
        Axis::linear("threshold t", 0.0, 1.0, 0.2, 1),
        Axis::linear("loss of the pixels with error ≥ t", 0.0, 1.0, 0.25, 2),
    )
    .area(&corners)
    .line("loss", &outline)
    .svg())
}

fn surface() -> Result<String> {
    let loss = Jaccard::new(vec![true, false]);
    let corner = |x: i64, y: i64| {
        let value = loss.extension(&tenths(&[10 * x, 10 * y]));
        value.map(|value| {
            (
                nearest(&tenths(&[10 * x])[0]),
                nearest(&tenths(&[10 * y])[0]),
                nearest(&value),
            )
        })
    };
    let [o, x, y, d] = [corner(0, 0)?, corner(1, 0)?, corner(0, 1)?, corner(1, 1)?];
    Ok(Surface::new(
        "The Lovász extension over two errors",
        "Two flat faces that meet in a kink along the diagonal, where the two errors are equal. \
         The height is 0 where no error is made, 1 where the first pixel is wrong, and one half \
         where only the second is.",
        [
            "error of the first pixel",
            "error of the second",
            "extension",
        ],
    )
    .face(&[o, x, d])
    .face(&[o, d, y])
    .point(x, "Δ({1}) = 1")
    .point(y, "Δ({2}) = 1/2")
    .point(d, "Δ({1, 2}) = 1")
    .svg())
}

/// The ends of the line through the cube, in tenths.
const FROM: [i64; 5] = [10, 2, 9, 6, 0];
const TO: [i64; 5] = [0, 10, 1, 3, 8];

fn line() -> Result<String> {
    let (loss, from, to) = (loss(), tenths(&FROM), tenths(&TO));
    let at = |t: &Rational| -> Result<(f64, f64)> {
        let m: Vec<Rational> = from
            .iter()
            .zip(&to)
            .map(|(from, to)| from + (to - from) * t)
            .collect();
        Ok((nearest(t), nearest(&loss.extension(&m)?)))
    };
    // Where two errors are equal: from + (to − from)·t of both.
    let mut crossings: Vec<Rational> = Vec::new();
    for i in 0..5 {
        for j in 0..i {
            let slope = (&to[i] - &from[i]) - (&to[j] - &from[j]);
            let gap = &from[j] - &from[i];
            let unit = Rational::from_integer(0.into())..Rational::from_integer(1.into());
            if slope != unit.start && unit.contains(&(&gap / &slope)) {
                crossings.push(gap / slope);
            }
        }
    }
    crossings.sort();
    crossings.dedup();
    let ends = [
        Rational::from_integer(0.into()),
        Rational::from_integer(1.into()),
    ];
    let mut points = vec![at(&ends[0])?];
    let dots: Vec<(f64, f64)> = crossings.iter().map(&at).collect::<Result<_>>()?;
    points.extend(&dots);
    points.push(at(&ends[1])?);
    Ok(Plot::new(
        "The Lovász extension along a line through the cube",
        "A convex curve made of straight pieces that meet where two of the five errors are equal.",
        Axis::linear("place on the line", 0.0, 1.0, 0.2, 1),
        Axis::linear("extension", 0.0, 1.0, 0.25, 2),
    )
    .line("extension", &points)
    .dots("two errors are equal", &dots)
    .svg())
}

/// A fixed sequence of numbers in [0, 1).
fn random() -> impl FnMut() -> f32 {
    let mut state = 1_u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0
    }
}

/// The marginals as the differences of neighbouring losses in `f32`.
fn differences(foreground: impl Iterator<Item = bool>, size: f32) -> Vec<f32> {
    let (mut hits, mut others, mut before) = (0.0_f32, 0.0_f32, 0.0_f32);
    let marginal = |foreground: bool| {
        if foreground {
            hits += 1.0;
        } else {
            others += 1.0;
        }
        let loss = 1.0 - (size - hits) / (size + others);
        loss - core::mem::replace(&mut before, loss)
    };
    foreground.map(marginal).collect()
}

/// The relative errors of the components of a gradient that are not 0, and how many of them came
/// out as 0. The fast twin in double precision, within 0.51 ulp, stands for the exact gradient.
fn relative_errors(got: impl Iterator<Item = f32>, exact: &[f64]) -> (Vec<f64>, usize) {
    let mut zeros = 0;
    let pairs = got.zip(exact).filter(|(_, exact)| **exact != 0.0);
    let mut errors: Vec<f64> = pairs
        .map(|(got, exact)| {
            zeros += usize::from(got == 0.0);
            ((f64::from(got) - exact) / exact).abs()
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    (errors, zeros)
}

fn published() -> Result<String> {
    let mut table = "| pixels | published, median | largest | came out as 0 | fast twin, median | largest | came out as 0 |\n\
                     |---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for exponent in 3..=6 {
        let pixels = 10_usize.pow(exponent);
        let mut random = random();
        let foreground: Vec<bool> = (0..pixels).map(|_| random() < 0.3).collect();
        let errors: Array1<f32> = (0..pixels).map(|_| random()).collect();
        let labels: Array1<i64> = foreground.iter().map(|&y| i64::from(y)).collect();
        let loss = LovaszExtension::new();
        let (m, y) = (Prediction::errors(&errors), Target::labels(&labels));
        let fast = loss.fast_with_gradient(m, y)?.gradient;
        let double = errors.map(|&m| f64::from(m));
        let (m, y) = (Prediction::errors(&double), Target::labels(&labels));
        let exact = loss.fast_with_gradient(m, y)?.gradient;

        let mut order: Vec<usize> = (0..pixels).collect();
        order.sort_by(|&i, &j| errors[j].total_cmp(&errors[i]));
        let sorted: Vec<f64> = order.iter().map(|&i| exact[[i]]).collect();
        let size = foreground.iter().filter(|&&y| y).count() as f32;
        let published = differences(order.iter().map(|&i| foreground[i]), size);
        table.push_str(&format!("| $10^{exponent}$ |"));
        for (errors, zeros) in [
            relative_errors(published.into_iter(), &sorted),
            relative_errors(order.iter().map(|&i| fast[[i]]), &sorted),
        ] {
            let largest = errors.last().ok_or_else(|| Error::msg("no component"))?;
            let median = significant(errors[errors.len() / 2], 2);
            table.push_str(&format!(
                " {median} | {} | {zeros} |",
                significant(*largest, 2)
            ));
        }
        table.push('\n');
    }
    Ok(table)
}
