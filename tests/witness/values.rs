//! Values of [`Real`] against the witness: the cross entropies of `cross_entropy.tsv`, and what
//! `values.py` beside this file combines. The symbolic forms are enclosed to every width and
//! rounded as the witness did.

use exact_loss::exact::{ExpSum, Format, Rational, Real};
use num_traits::{One, ToPrimitive, Zero};

use super::{CROSS_ENTROPY, Row, list, rows};

const VALUES: &str = include_str!("values.tsv");

fn ln(x: &Rational) -> Real {
    Real::ln(x).expect("positive")
}

fn total(terms: impl IntoIterator<Item = Real>) -> Real {
    Real::sum(terms).expect("finite")
}

fn exponentials<'a>(terms: impl IntoIterator<Item = &'a Rational>) -> ExpSum {
    ExpSum::new(terms.into_iter().map(|a| (Rational::one(), a.clone())))
}

fn mean_of_minus_ln(p: &[Rational]) -> Real {
    total(p.iter().map(ln)).scale(&-Rational::from_integer(p.len().into()).recip())
}

fn softmax(t: usize, z: &[Rational]) -> Real {
    Real::ratio(&exponentials([&z[t]]), &exponentials(z)).expect("not 0")
}

fn softmax_rest(t: usize, z: &[Rational]) -> Real {
    let rest = z
        .iter()
        .enumerate()
        .filter(|(j, _)| *j != t)
        .map(|(_, a)| a);
    Real::ratio(&exponentials(rest), &exponentials(z)).expect("not 0")
}

fn minus_ln_softmax(t: usize, z: &[Rational]) -> Real {
    ExpSum::new(z.iter().map(|a| (Rational::one(), a - &z[t])))
        .ln()
        .expect("positive")
}

/// The value of a row, by the symbolic constructors.
fn value(row: &Row<'_>) -> Real {
    let parts: Vec<Vec<Rational>> = row.arguments.split(';').map(list).collect();
    let index = |part: usize| parts[part][0].to_usize().expect("an index");
    match row.function {
        "nll" | "mean_nll" => mean_of_minus_ln(&parts[0]),
        "soft" => total(
            parts[0]
                .iter()
                .zip(&parts[1])
                .map(|(q, p)| ln(p).scale(&-q)),
        ),
        "logits" => minus_ln_softmax(index(0), &parts[1]),
        "bits" => mean_of_minus_ln(&parts[0]).in_bits(),
        "divergence" => {
            let terms = parts[0].iter().zip(&parts[1]).filter(|(q, _)| !q.is_zero());
            total(terms.map(|(q, p)| ln(&(q / p)).scale(q)))
        }
        "softmax" => softmax(index(0), &parts[1]),
        "softmax_minus_1" => softmax(index(0), &parts[1])
            .sub(&Real::one())
            .expect("finite"),
        "focal" => {
            let (gamma, p) = (&parts[0][0], &parts[1][0]);
            let weight = Real::power(&(Rational::one() - p), gamma).expect("not negative");
            weight.mul(&ln(p).neg()).expect("finite")
        }
        "focal_logits" => {
            let (gamma, t, z) = (&parts[0][0], index(1), &parts[2]);
            let weight = softmax_rest(t, z).pow(gamma).expect("positive");
            weight.mul(&minus_ln_softmax(t, z)).expect("finite")
        }
        "radicals" => total(
            (parts[0].iter().zip(&parts[1]).zip(&parts[2]))
                .map(|((c, s), r)| Real::power(s, r).expect("positive").scale(c)),
        ),
        "exponentials" => Real::from(ExpSum::new(
            parts[0].iter().cloned().zip(parts[1].iter().cloned()),
        )),
        "ln_sums" => {
            let logs =
                [&parts[1], &parts[2]].map(|part| exponentials(part).ln().expect("positive"));
            total([
                Real::from(parts[0][0].clone()),
                logs[0].clone(),
                logs[1].neg(),
            ])
        }
        "ln_quotient" => {
            let inverse = ln(&parts[0][1]).pow(&-Rational::one()).expect("not 0");
            ln(&parts[0][0]).mul(&inverse).expect("finite")
        }
        other => panic!("no function {other}"),
    }
}

fn rounds_as<F: Format>(row: &Row<'_>, value: &Real, wanted: u64) {
    let float = value
        .round::<F>()
        .expect("defined")
        .decided()
        .expect("decided");
    assert_eq!(float.bits(), wanted, "{}: {value}: {}", F::NAME, row.text);
}

fn agrees(row: &Row<'_>) {
    let value = value(row);
    rounds_as::<f64>(row, &value, row.f64);
    rounds_as::<f32>(row, &value, row.f32);
    let Some(ball) = &row.ball else { return };
    for bits in [53, 128, 256, 512] {
        let ours = value.enclose(bits).expect("enclosed");
        assert!(
            ours.relative_width_at_most(bits),
            "{bits}: {value}: {}",
            row.text
        );
        assert!(ours.intersects(ball), "{bits}: {ours}: {}", row.text);
    }
}

#[test]
fn every_cross_entropy_of_reals_agrees_with_the_witness() {
    let mut checked = 0;
    for row in rows(CROSS_ENTROPY) {
        agrees(&row);
        checked += 1;
    }
    assert!(checked >= 800, "{checked}");
}

#[test]
fn every_combined_value_agrees_with_the_witness() {
    let mut checked = 0;
    for row in rows(VALUES) {
        agrees(&row);
        checked += 1;
    }
    assert!(checked >= 700, "{checked}");
}

#[test]
fn the_witness_covers_every_combination() {
    let functions = [
        ("bits", 50),
        ("divergence", 80),
        ("softmax", 60),
        ("softmax_minus_1", 60),
        ("focal", 120),
        ("focal_logits", 100),
        ("radicals", 60),
        ("exponentials", 100),
        ("ln_sums", 60),
        ("ln_quotient", 30),
    ];
    for (function, least) in functions {
        let count = rows(VALUES).filter(|row| row.function == function).count();
        assert!(count >= least, "{function}: {count}");
    }
}
