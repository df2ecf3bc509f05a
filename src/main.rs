//! The command line: arguments and printing only. What it prints is made by the oracle.

#![expect(
    clippy::print_stderr,
    reason = "this is the program that prints, and its streams are locked here"
)]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use exact_loss::losses;
use exact_loss::oracle::line::{self, evaluate_lines, write_entry};

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
    /// Print the catalogue: each loss with its inputs and parameters, one JSON object a line
    List,
    /// Answer cases from standard input: value and gradient, correctly rounded
    Eval {
        /// The right answers, or those of the fast twin, to be judged like anyone's
        #[arg(long, value_enum, default_value_t = Twin::Exact)]
        twin: Twin,
    },
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
        Command::List => list(output),
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

fn list(mut output: impl Write) -> io::Result<()> {
    let mut text = String::new();
    for entry in losses::ALL {
        write_entry(entry, &mut text);
        text.push('\n');
    }
    output.write_all(text.as_bytes())?;
    output.flush()
}
