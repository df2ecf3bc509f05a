//! The arguments of the command line and the texts of its help. What the commands do is said in
//! `main` and in the oracle.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use exact_loss::Error;
use exact_loss::oracle::generate::{Level, Options};
use exact_loss::oracle::{Criteria, Dtype, Limit, line};

/// The verified reference of loss functions: makes cases, gives the right answers to them, and
/// judges the answers of any other program to the ulp.
#[derive(Parser)]
#[command(name = "exact-loss", version, max_term_width = 100, after_help = PIPES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const PIPES: &str = r#"Cases and answers are lines of JSON, so that a pipe joins any two programs. A case:

  {"id":"a","loss":"focal","dtype":"f32","params":{"gamma":2},
   "inputs":{"logits":[20],"targets":[1]}}                           (all in one line)

An answer is the same line with "value", and "gradient" where there is one:

  {"id":"a",…,"value":1.7e-26,"gradient":{"logits":[-5.2e-26]}}

Examples:
  exact-loss gen focal | ./yours | exact-loss verify            are mine right?
  exact-loss test focal -- ./yours                              the same in one
  exact-loss gen focal | exact-loss eval                        the right answers
  exact-loss verify --cases cases.jsonl < answers.jsonl         answers that carry an id only

Exit status: 0 all answers right, 1 some wrong or none judged, 2 wrong usage or unreadable input,
3 some undecided and none wrong."#;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the catalogue: each loss with its inputs, parameters and tags of cases
    List {
        /// One JSON object a line, or text to read
        #[arg(long, value_enum, default_value_t = Listing::Json)]
        format: Listing,
    },
    /// Make cases, one JSON object a line, the same for the same options
    #[command(after_help = GEN)]
    Gen {
        /// The name of a loss, or "all"
        #[arg(value_name = "LOSS")]
        loss: String,
        #[command(flatten)]
        options: Generating,
    },
    /// Answer cases from standard input: value and gradient, correctly rounded
    #[command(after_help = EVAL)]
    Eval {
        /// Whose answers: the right ones, their values alone, or those of the fast twin
        #[arg(long, value_enum, default_value_t = Twin::Exact)]
        twin: Twin,
        /// What another function by the name of the loss gives: see `list`
        #[arg(long, value_name = "NAME")]
        dialect: Option<String>,
    },
    /// Judge answers from standard input: how many ulps is each away from the right one?
    #[command(after_help = VERIFY)]
    Verify(Verify),
    /// Start a program, feed it with cases, and judge its answers
    #[command(after_help = TEST)]
    Test(Test),
}

const GEN: &str = "\
Every tag comes up first, then each again and again. `exact-loss list --format text` says what the
tags are about.

Examples:
  exact-loss gen cross_entropy | exact-loss eval
  exact-loss gen all --dtype f32 --level 2 > cases.jsonl
  exact-loss gen focal --tag saturation --count 5";

/// Which cases are made.
#[derive(Args, Clone)]
pub(crate) struct Generating {
    /// The type of the numbers: f64, f32, f16, bf16, or exact for rationals
    #[arg(long, default_value = "f64", value_parser = Dtype::find)]
    dtype: Dtype,
    /// 1 takes seconds, 2 is thorough, 3 goes on overnight
    #[arg(long, default_value = "1", value_parser = level)]
    level: Level,
    /// Another seed gives other random cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many cases of each loss, instead of as many as the level has
    #[arg(long)]
    count: Option<u64>,
    /// Only the cases with this tag
    #[arg(long)]
    tag: Option<String>,
}

impl From<Generating> for Options {
    fn from(given: Generating) -> Self {
        Self {
            dtype: given.dtype,
            level: given.level,
            seed: given.seed,
            count: given.count,
            tag: given.tag,
        }
    }
}

fn level(text: &str) -> Result<Level, Error> {
    Level::find(text.parse().unwrap_or(0))
}

/// How the catalogue is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// One object a line
    Json,
    /// To read
    Text,
}

const EVAL: &str = r#"Beside "value" and "gradient" an answer has "exact", the canonical expression of the value,
"enclosure", two rationals around it, "condition" and "status": ok, undefined, undecided or
invalid, with the reason in "error". With --twin rounded it has "value" and "status" alone, and
takes a fraction of the time.

Example:
  echo '{"loss":"cross_entropy","inputs":{"logits":[[20,0]],"labels":[0]}}' | exact-loss eval"#;

const VERIFY: &str = r#"An answer is the line of its case with "value" added, a number or with reduction none an array,
and "gradient", an object with the name of the input: {"logits": [[…]]}. Infinities are "inf" and
"-inf". An answer without a gradient is judged by its value. With "status":"unsupported" it says
that the program does not take the case, and is not judged.

A number is right if it is at most max-ulps units in the last place away from the exact one. Where
that is exceeded and the number is ill-conditioned, the limit is scaled by the condition, and
the report says so. At ties and kinks any subgradient is right.

Examples:
  exact-loss eval --twin fast < cases.jsonl | exact-loss verify
  ./yours < cases.jsonl | exact-loss verify --max-ulps 1.5 --format markdown
  ./yours < cases.jsonl | exact-loss verify --cases cases.jsonl

Exit status: 0 all answers right, 1 some wrong or none judged, 2 wrong usage or unreadable input,
3 some undecided and none wrong."#;

#[derive(Args)]
pub(crate) struct Verify {
    /// The cases, where the answers carry only their ids
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judging: Judging,
}

const TEST: &str = r#"The program reads cases from its standard input, one a line, and writes an answer to each to its
standard output: the case's id, "value", and "gradient" where it has one, in any order within
a thousand lines. A case without an answer is a wrong answer, and so is a program that fails.

Examples:
  exact-loss test cross_entropy -- ./yours
  exact-loss test focal --dtype f32 --level 2 --max-ulps 8 --format json -- python3 yours.py
  exact-loss test --cases cases.jsonl -- ./yours"#;

#[derive(Args)]
pub(crate) struct Test {
    /// The name of a loss, or "all"
    #[arg(
        value_name = "LOSS",
        required_unless_present = "cases",
        conflicts_with = "cases"
    )]
    pub(crate) loss: Option<String>,
    #[command(flatten)]
    pub(crate) options: Generating,
    /// Cases from a file instead
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// The program with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) program: Vec<OsString>,
}

/// How answers are judged, and the report is written.
#[derive(Args)]
pub(crate) struct Judging {
    /// The largest error that counts as right, in ulps, such as 4, 0.5 or 1/2
    #[arg(
        long,
        value_name = "ULPS",
        default_value = "4",
        allow_negative_numbers = true
    )]
    pub(crate) max_ulps: Limit,
    /// Judge by another function that goes by the name of the loss: see `list`
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl Judging {
    pub(crate) fn criteria(&self) -> Criteria {
        Criteria {
            limit: self.max_ulps.clone(),
            dialect: self.dialect.clone(),
        }
    }
}

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal
    Text,
    /// One object, with the same numbers
    Json,
    /// For a page
    Markdown,
}

/// Whose answers are given.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Twin {
    /// The right ones, with all that is known of them
    Exact,
    /// The right values alone, correctly rounded, several times as fast
    Rounded,
    /// Those of the fast twin, to be judged like anyone's
    Fast,
}

impl From<Twin> for line::Twin {
    fn from(twin: Twin) -> Self {
        match twin {
            Twin::Exact => Self::Exact,
            Twin::Rounded => Self::Rounded,
            Twin::Fast => Self::Fast,
        }
    }
}
