//! What the chapter on enclosures computes: enclosures of one logarithm at several precisions,
//! and the rest of the series with and without the reduction of its argument.

use exact_loss::exact::elementary::ln;
use exact_loss::exact::enclosure::MAX_BITS;
use exact_loss::exact::rational::nearest;
use exact_loss::exact::{Rational, Real};
use mdbook_preprocessor::errors::Result;

use super::Item;
use super::numbers::significant;
use crate::figure::{Axis, Plot};

pub(super) const ITEMS: &[Item] = &[
    Item::table("enclosures-widths", widths),
    Item::figure("enclosures-terms", terms),
    Item::value("enclosures-cap", || Ok(MAX_BITS.to_string())),
];

fn widths() -> Result<String> {
    let mut table = "| bits asked for | from | to | width |\n|---:|---|---|---:|\n".to_owned();
    let argument = Rational::new(10.into(), 7.into());
    for bits in [16, 24, 32, 48, 64] {
        let enclosure = ln(&argument, bits)?;
        let (lower, upper) = (enclosure.lower()?, enclosure.upper()?);
        let width = nearest::<f64>(&(&upper - &lower));
        let [from, to] = [lower, upper].map(|end| Real::from(end).decimal(22));
        table.push_str(&format!(
            "| {bits} | `{}` | `{}` | {} |\n",
            from?,
            to?,
            significant(width, 2)
        ));
    }
    Ok(table)
}

/// 2·z^(2N+1)/((2N+1)(1−z²)) with z = (x−1)/(x+1).
fn rest(x: f64, terms: f64) -> f64 {
    let z = (x - 1.0) / (x + 1.0);
    let power = 2.0 * terms + 1.0;
    2.0 * z.powf(power) / (power * (1.0 - z * z))
}

fn terms() -> Result<String> {
    let mut plot = Plot::new(
        "The rest of the series for the logarithm",
        "For x = 41/29 the rest falls below ten to the minus sixteenth after ten terms. For \
         x = 2 it takes sixteen, and for x = 10 it is still above ten to the minus five after twenty.",
        Axis::linear("terms", 0.0, 20.0, 5.0, 0),
        Axis::log10("bound of the rest", -32, 4, 6),
    );
    for (name, x) in [("x = 10", 10.0), ("x = 2", 2.0), ("x = 41/29", 41.0 / 29.0)] {
        let points: Vec<(f64, f64)> = (0..=20_u8).map(|n| (n.into(), rest(x, n.into()))).collect();
        plot = plot.line(name, &points);
    }
    Ok(plot.svg())
}
