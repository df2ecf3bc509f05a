//! The answer to a program that times several libraries beside each other: a line of JSON for each
//! workload and mode. What is timed is the crate, or the naive loop in its place.

use std::io::{self, Write};

use serde_json::json;

use super::float::Real;
use super::run::{Prepared, pool};
use super::timing::Budget;
use super::workload::Workload;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// The crate.
    Lanes,
    /// The naive loop, on one thread.
    Naive,
}

/// What the lines are asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) backend: Backend,
    pub(crate) is_single: bool,
    pub(crate) threads: usize,
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) seconds: f64,
}

/// Writes the lines.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(asked: &Asked, output: &mut impl Write) -> io::Result<()> {
    if asked.is_single {
        write_in::<f32>(asked, output)
    } else {
        write_in::<f64>(asked, output)
    }
}

fn write_in<F: Real>(asked: &Asked, output: &mut impl Write) -> io::Result<()> {
    let pool = pool(asked.threads);
    let is_naive = asked.backend == Backend::Naive;
    let pools = if is_naive { vec![] } else { vec![&pool] };
    for workload in &asked.workloads {
        let mut prepared = Prepared::<F>::new(workload);
        for with_gradient in [false, true] {
            if with_gradient && !workload.has_gradient() {
                continue;
            }
            let budget = Budget::of(asked.seconds);
            let measured = prepared.time(&pools, with_gradient, is_naive, budget);
            let times = &measured.times[0];
            let mut line = json!({
                "peer": if is_naive { "naive" } else { "exact-loss" },
                "threads": asked.threads,
                "dtype": F::NAME,
                "workload": workload.name,
                "mode": if with_gradient { "grad" } else { "fwd" },
                "median_s": times.median(),
                "best_s": times.best(),
                "p25_s": times.quantile(0.25),
                "p90_s": times.quantile(0.9),
                "cpu_median_s": measured.own_cpu,
                "reps": times.samples(),
                "inner": times.inner,
                "first_call_s": times.first,
                "others_cpus": measured.others.map_or(0.0, |others| others.0),
                "steal_cpus": measured.others.map_or(0.0, |others| others.1),
            });
            if !with_gradient {
                let value = if is_naive {
                    workload.naive(&prepared.inputs, None)
                } else {
                    pool.install(|| prepared.value())
                };
                line["value"] = json!(value.to_f64());
            }
            writeln!(output, "{line}")?;
            output.flush()?;
        }
    }
    Ok(())
}
