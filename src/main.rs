//! The command line: arguments and printing only. What it prints is made by the oracle.

#![expect(
    clippy::print_stderr,
    reason = "this is the program that prints, and its streams are locked here"
)]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use exact_loss::oracle::Dtype;
use exact_loss::oracle::generate::{Level, Options};
use exact_loss::oracle::line::{
    self, cases_of, evaluate_lines, write_cases, write_catalogue, write_entry,
};
use exact_loss::{Error, losses};

/// The verified reference of loss functions: makes cases, gives the right answers to them, and
/// judges the answers of any other program to the ulp.
#[derive(Parser)]
#[command(name = "exact-loss", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the catalogue: each loss with its inputs, parameters and tags of cases
    List {
        /// One JSON object a line, or text to read
        #[arg(long, value_enum, default_value_t = Listing::Json)]
        format: Listing,
    },
    /// Make cases, one JSON object a line, the same for the same options
    #[command(after_help = GENERATING)]
    Gen {
        /// The name of a loss, or "all"
        #[arg(value_name = "LOSS")]
        loss: String,
        #[command(flatten)]
        options: Generating,
    },
    /// Answer cases from standard input: value and gradient, correctly rounded
    Eval {
        /// The right answers, or those of the fast twin, to be judged like anyone's
        #[arg(long, value_enum, default_value_t = Twin::Exact)]
        twin: Twin,
    },
}

const GENERATING: &str = "\
Every tag comes up first, then each again and again. `exact-loss list --format text` says what the
tags are about.

Examples:
  exact-loss gen cross_entropy | exact-loss eval
  exact-loss gen all --dtype f32 --level 2 > cases.jsonl
  exact-loss gen focal --tag saturation --count 5";

/// Which cases are made.
#[derive(Args)]
struct Generating {
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Listing {
    Json,
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Twin {
    Exact,
    Fast,
}

impl From<Twin> for line::Twin {
    fn from(twin: Twin) -> Self {
        match twin {
            Twin::Exact => Self::Exact,
            Twin::Fast => Self::Fast,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = BufWriter::new(io::stdout().lock());
    let result = match arguments.command {
        Command::List { format } => list(format, output),
        Command::Gen { loss, options } => generate(&loss, &options.into(), output),
        Command::Eval { twin } => evaluate_lines(io::stdin().lock(), output, twin.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("exact-loss: {error}");
            ExitCode::from(2)
        }
    }
}

fn list(format: Listing, mut output: impl Write) -> io::Result<()> {
    let mut text = String::new();
    match format {
        Listing::Text => write_catalogue(&mut text),
        Listing::Json => {
            for entry in losses::ALL {
                write_entry(entry, &mut text);
                text.push('\n');
            }
        }
    }
    output.write_all(text.as_bytes())?;
    output.flush()
}

fn generate(loss: &str, options: &Options, output: impl Write) -> io::Result<()> {
    let cases = cases_of(loss, options).map_err(io::Error::other)?;
    write_cases(cases, output)
}
