//! The oracle at work, on one thread: cases in, answers or verdicts out, as lines. A line of JSON for each
//! loss, with the times of all its cases. The losses themselves are in `workload`.
//!
//! The *small* cases of a loss are those that `gen LOSS --level 1` makes with the seed 1 whose prediction has at
//! most [`SMALL`] numbers; the *large* ones are the others.

use std::io::{self, Write};

use exact_loss::losses::ALL;
use exact_loss::oracle::generate::Options;
use exact_loss::oracle::line::{
    EVERY_LOSS, Twin, cases_of, evaluate_lines, verify_lines, write_case,
};
use exact_loss::oracle::{Dtype, Limit};
use serde_json::json;

use super::report::short;
use super::timing::{Budget, here, side_by_side};

/// The most numbers that the prediction of a small case has.
const SMALL: usize = 16;

/// Measures each loss, and all of them, and writes the lines.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(seconds: f64, output: &mut impl Write) -> io::Result<()> {
    let losses = ALL.iter().map(|entry| entry.name).chain([EVERY_LOSS]);
    for loss in losses {
        for dtype in [Dtype::F64, Dtype::F32] {
            for is_small in [true, false] {
                line(loss, dtype, is_small, seconds, output)?;
            }
        }
    }
    Ok(())
}

/// The cases as lines, and their number.
fn cases(loss: &str, dtype: Dtype, is_small: bool) -> (String, usize) {
    let options = Options {
        dtype,
        ..Options::default()
    };
    let (mut lines, mut count) = (String::new(), 0);
    let cases = cases_of(loss, &options).expect("a name of the list");
    let cases = cases.into_iter().flatten();
    for case in cases.filter(|case| (case.len() <= SMALL) == is_small) {
        write_case(&case, &mut lines);
        lines.push('\n');
        count += 1;
    }
    (lines, count)
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
    let (lines, count) = cases(loss, dtype, is_small);
    if count == 0 {
        return Ok(());
    }
    let fast = answers(&lines, Twin::Fast);
    let measured = side_by_side(
        Budget::of(seconds),
        &mut [
            here(|| answers(&lines, Twin::Exact)),
            here(|| answers(&lines, Twin::Rounded)),
            here(|| answers(&lines, Twin::Fast)),
            here(|| verify_lines(&fast[..], Limit::default(), |_| {})),
        ],
    );
    let [exact, rounded, fast, verify] = [0, 1, 2, 3].map(|at| short(measured.times[at].best()));
    let line = json!({
        "loss": loss,
        "dtype": dtype.name(),
        "size": if is_small { "small" } else { "large" },
        "cases": count,
        "best_s": { "exact": exact, "rounded": rounded, "fast": fast, "verify": verify },
    });
    writeln!(output, "{line}")?;
    output.flush()
}
