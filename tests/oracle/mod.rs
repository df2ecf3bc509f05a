//! Evidence for the oracle: that lines are read and answered as they should be,
//! and that verdicts are right. What the losses
//! compute is tested beside this folder.

mod dialects;
mod generate;
mod judge;
mod lines;
mod planted;
mod rounded;
mod vectors;

use exact_loss::oracle::Case;
use exact_loss::oracle::generate::Options;
use exact_loss::oracle::line::{Twin, cases_of, evaluate_lines_in, read_case, write_cases};
use serde_json::Value;

/// The case of a line.
fn case(line: &str) -> Case {
    read_case(line, String::new).expect("a case")
}

/// The cases of a loss, or of all, as lines.
fn lines_of(loss: &str, options: &Options) -> String {
    let mut text = Vec::new();
    write_cases(cases_of(loss, options).unwrap(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// What `eval` answers to lines, in a dialect if one is named.
fn answers(lines: &str, twin: Twin, dialect: Option<&str>) -> Vec<Value> {
    let mut output = Vec::new();
    evaluate_lines_in(lines.as_bytes(), &mut output, twin, dialect).unwrap();
    let output = String::from_utf8(output).unwrap();
    output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
