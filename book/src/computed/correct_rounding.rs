//! What the chapter on correct rounding computes: one value for each outcome, and how many
//! values a given precision leaves undecided.

use exact_loss::exact::elementary::ln;
use exact_loss::exact::real::{CAP, OPEN_CAP};
use exact_loss::exact::round::decide;
use exact_loss::exact::{ExpSum, Rational, Real, Rounded};
use mdbook_preprocessor::errors::Result;

use super::Item;
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::table("correct-rounding-outcomes", outcomes),
    Item::figure("correct-rounding-undecided", undecided),
    Item::value("correct-rounding-left-open", left_open),
    Item::value("correct-rounding-left-closed", left_closed),
    Item::value("correct-rounding-cap", || Ok(CAP.to_string())),
    Item::value("correct-rounding-open-cap", || Ok(OPEN_CAP.to_string())),
];

fn ratio(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

fn outcomes() -> Result<String> {
    let gap = |a: i64| ExpSum::new([(ratio(1, 1), ratio(0, 1)), (ratio(1, 1), ratio(a, 1))]);
    let values = [
        (
            "entropy of a fair coin, in bits",
            Real::ln(&ratio(2, 1))?.in_bits(),
        ),
        ("one third", Real::from(ratio(1, 3))),
        ("loss of $p = \\frac7{10}$", Real::ln(&ratio(10, 7))?),
        ("loss of the logits 20, 0", gap(-20).ln()?),
        ("loss of the logits 1000, 0", gap(-1000).ln()?),
        ("loss of $p = 0$", Real::infinity()),
    ];
    let mut table = "| value | exact | outcome for a double |\n|---|---|---|\n".to_owned();
    for (name, value) in values {
        let outcome = match value.round::<f64>()? {
            Rounded::Exact(float) => format!("Exact({float:?})"),
            Rounded::Rounded(float) => format!("Rounded({float:?})"),
            Rounded::Undecided { bits } => format!("Undecided {{ bits: {bits} }}"),
        };
        table.push_str(&format!("| {name} | `{value}` | `{outcome}` |\n"));
    }
    Ok(table)
}

const LARGEST: u16 = 1000;

/// How many logarithms of the integers from 2 on are not rounded by an enclosure of so many bits.
fn left(bits: u32, strict: bool) -> Result<u16> {
    let mut left = 0;
    for n in 2..=LARGEST {
        let enclosure = ln(&ratio(n.into(), 1), bits)?;
        left += u16::from(decide::<f64>(&enclosure, strict).is_none());
    }
    Ok(left)
}

fn left_open() -> Result<String> {
    Ok(left(52, true)?.to_string())
}

fn left_closed() -> Result<String> {
    Ok(left(52, false)?.to_string())
}

fn undecided() -> Result<String> {
    let mut points = Vec::new();
    for bits in 48..=64_u8 {
        let fraction = f64::from(left(bits.into(), false)?) / f64::from(LARGEST - 1);
        points.push((f64::from(bits), fraction));
    }
    Ok(Plot::new(
        "Logarithms that are not yet rounded",
        "All logarithms are undecided at 48 bits. From about 51 bits on, the fraction that is \
         undecided halves with each further bit, down to a few in a thousand.",
        Axis::linear("bits of the enclosure", 48.0, 64.0, 4.0, 0),
        Axis::log10("fraction undecided", -4, 0, 1),
    )
    .dots("logarithms of the integers to 1000", &points)
    .svg())
}
