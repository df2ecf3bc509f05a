//! What each instruction set takes for the same workload on one thread, side by side. That the bits are the same is
//! for the tests.

use std::io::{self, Write};

use exact_loss::kernel::dispatch::Level;
use serde_json::{Map, json};

use super::float::Real;
use super::report::short;
use super::run::{Prepared, pool};
use super::timing::Budget;
use super::workload::{ALL, Workload};

/// Times each workload for about so many seconds a level, and writes a line for each type and mode.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(seconds: f64, output: &mut impl Write) -> io::Result<()> {
    for workload in ALL {
        lines::<f32>(workload, seconds, output)?;
        lines::<f64>(workload, seconds, output)?;
    }
    Ok(())
}

fn lines<F: Real>(
    workload: &'static Workload,
    seconds: f64,
    output: &mut impl Write,
) -> io::Result<()> {
    let pool = pool(1);
    let levels: Vec<Level> = Level::ALL
        .into_iter()
        .filter(|level| level.is_available())
        .collect();
    let mut prepared = Prepared::<F>::new(workload);
    let modes = [false, true].into_iter();
    for with_gradient in modes.filter(|&mode| !mode || workload.has_gradient()) {
        let budget = Budget::of(seconds);
        let measured = prepared.time_at(&levels, &pool, with_gradient, budget);
        let best = levels.iter().zip(&measured.times).map(|(level, times)| {
            let name = format!("{level:?}").to_lowercase();
            (name, json!(short(times.best())))
        });
        let line = json!({
            "workload": workload.name,
            "dtype": F::NAME,
            "mode": if with_gradient { "gradient" } else { "value" },
            "best_s": Map::from_iter(best),
        });
        writeln!(output, "{line}")?;
    }
    Ok(())
}
