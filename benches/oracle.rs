//! How many small cases the oracle answers and judges in a second, on one thread: lines in, lines or a
//! verdict out, as `eval` and `verify` run them. The losses themselves are measured beside this file.
//!
//! The *small cases* of a loss and a type are those that `gen LOSS --dtype TYPE --level 1` makes, with the
//! seed 1, whose prediction has at most [`SMALL`] numbers: every tag is among them but for the large
//! batches. `eval` gives value, gradient, expression, enclosure and condition; `verify` judges the
//! answers of the fast twin, value and gradient, by the limit of 4 ulps. An item is a case.

use core::fmt;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use exact_loss::losses::ALL;
use exact_loss::oracle::generate::Options;
use exact_loss::oracle::line::{
    EVERY_LOSS, Twin, cases_of, evaluate_lines, verify_lines, write_case,
};
use exact_loss::oracle::{Dtype, Limit};

fn main() {
    divan::main();
}

/// The most numbers that the prediction of a small case has.
const SMALL: usize = 16;

/// The loss, or all of them, and the type of the cases of one measurement.
struct Run {
    loss: &'static str,
    dtype: Dtype,
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.loss, self.dtype)
    }
}

fn runs() -> impl Iterator<Item = Run> {
    let types = [Dtype::F64, Dtype::F32];
    let losses = ALL.iter().map(|entry| entry.name).chain([EVERY_LOSS]);
    losses.flat_map(move |loss| types.map(|dtype| Run { loss, dtype }))
}

impl Run {
    /// The small cases as lines, and their number.
    fn small_cases(&self) -> (String, usize) {
        let options = Options {
            dtype: self.dtype,
            ..Options::default()
        };
        let (mut lines, mut count) = (String::new(), 0_usize);
        let cases = cases_of(self.loss, &options).expect("a name of the list");
        for case in cases
            .into_iter()
            .flatten()
            .filter(|case| case.len() <= SMALL)
        {
            write_case(&case, &mut lines);
            lines.push('\n');
            count += 1;
        }
        (lines, count)
    }
}

fn answers(cases: &str, twin: Twin) -> Vec<u8> {
    let mut answers = Vec::new();
    evaluate_lines(cases.as_bytes(), &mut answers, twin).expect("memory is written to");
    answers
}

#[divan::bench(args = runs(), sample_count = 10)]
fn eval(bencher: Bencher<'_, '_>, run: &Run) {
    let (cases, count) = run.small_cases();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| answers(black_box(&cases), Twin::Exact));
}

#[divan::bench(args = runs(), sample_count = 10)]
fn verify(bencher: Bencher<'_, '_>, run: &Run) {
    let (cases, count) = run.small_cases();
    let answers = answers(&cases, Twin::Fast);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| verify_lines(black_box(&answers[..]), Limit::default(), |_| {}));
}
