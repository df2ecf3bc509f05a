//! The oracle at work, on one thread: cases in, answers or verdicts out, as lines. A line of JSON for each
//! loss, with the times of all its cases. The losses themselves are in `workload`.
//!
//! *Rounding* is what the values of the whole answers take once they are known exactly: the most that
//! another way to round them could save.
//!
//! The *small* cases of a loss are those that `gen LOSS --level 1` makes with the seed 1 whose prediction has at
//! most [`SMALL`] numbers; the *large* ones are the others.

use std::hint::black_box;
use std::io::{self, Write};

use exact_loss::losses::ALL;
use exact_loss::oracle::generate::Options;
use exact_loss::oracle::line::{
    EVERY_LOSS, Twin, cases_of, evaluate_lines, verify_lines, write_case,
};
use exact_loss::oracle::{Case, Dtype, Limit};
use serde_json::json;

use super::report::short;
use super::timing::{Budget, here, side_by_side};

/// The most numbers that the prediction of a small case has.
const SMALL: usize = 16;

/// Measures each loss in `f64`, and all of them in both types, and writes the lines.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(seconds: f64, output: &mut impl Write) -> io::Result<()> {
    let losses = ALL.iter().map(|entry| entry.name).chain([EVERY_LOSS]);
    let of_each = losses.map(|loss| (loss, Dtype::F64));
    for (loss, dtype) in of_each.chain([(EVERY_LOSS, Dtype::F32)]) {
        for is_small in [true, false] {
            line(loss, dtype, is_small, seconds, output)?;
        }
    }
    Ok(())
}

fn cases(loss: &str, dtype: Dtype, is_small: bool) -> Vec<Case> {
    let options = Options {
        dtype,
        ..Options::default()
    };
    let cases = cases_of(loss, &options).expect("a name of the list");
    let cases = cases.into_iter().flatten();
    cases
        .filter(|case| (case.len() <= SMALL) == is_small)
        .collect()
}

/// Finds the exact answers, and rounds their values or does not.
fn truths(cases: &[Case], with_value: bool) {
    for truth in cases.iter().filter_map(|case| case.truth().ok()) {
        black_box(with_value.then(|| truth.value()));
        black_box(truth);
    }
}

fn answers(cases: &str, twin: Twin) -> Vec<u8> {
    let mut answers = Vec::new();
    evaluate_lines(cases.as_bytes(), &mut answers, twin).expect("memory is written to");
    answers
}

/// Measures the cases of one loss, if there are any.
fn line(
    loss: &str,
    dtype: Dtype,
    is_small: bool,
    seconds: f64,
    output: &mut impl Write,
) -> io::Result<()> {
    let cases = cases(loss, dtype, is_small);
    if cases.is_empty() {
        return Ok(());
    }
    let mut lines = String::new();
    for case in &cases {
        write_case(case, &mut lines);
        lines.push('\n');
    }
    let fast = answers(&lines, Twin::Fast);
    let measured = side_by_side(
        Budget::of(seconds),
        &mut [
            here(|| answers(&lines, Twin::Exact)),
            here(|| answers(&lines, Twin::Rounded)),
            here(|| answers(&lines, Twin::Fast)),
            here(|| verify_lines(&fast[..], Limit::default(), |_| {})),
            here(|| truths(&cases, false)),
            here(|| truths(&cases, true)),
        ],
    );
    let best = [0, 1, 2, 3, 4, 5].map(|at| measured.times[at].best());
    let rounding = short((best[5] - best[4]).max(0.0));
    let [exact, rounded, fast, verify, ..] = best.map(short);
    let line = json!({
        "loss": loss,
        "dtype": dtype.name(),
        "size": if is_small { "small" } else { "large" },
        "cases": cases.len(),
        "best_s": { "exact": exact, "rounded": rounded, "fast": fast, "verify": verify, "rounding": rounding },
    });
    writeln!(output, "{line}")?;
    output.flush()
}
