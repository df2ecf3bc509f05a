//! The command line: arguments and printing only. What it prints is made by the oracle.

#![expect(
    clippy::print_stderr,
    reason = "this is the program that prints, and its streams are locked here"
)]

mod arguments;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::{self, ExitCode};
use std::time::{Duration, Instant};

use clap::Parser;
use exact_loss::losses;
use exact_loss::oracle::generate::Options;
use exact_loss::oracle::line::{
    self, cases_of, evaluate_lines_in, write_cases, write_catalogue, write_entry,
};
use exact_loss::oracle::{Case, Report};

use arguments::{Arguments, Command, Format, Judging, Listing, Test, Verify};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = BufWriter::new(io::stdout().lock());
    let result = match arguments.command {
        Command::List { format } => list(format, output),
        Command::Gen { loss, options } => generate(&loss, &options.into(), output),
        Command::Eval { twin, dialect } => {
            hint("cases");
            evaluate_lines_in(io::stdin().lock(), output, twin.into(), dialect.as_deref())
                .map(|()| 0)
        }
        Command::Verify(arguments) => verify(&arguments, output),
        Command::Test(arguments) => test(&arguments, output),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        // Whoever reads the output has enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("exact-loss: {error}");
            ExitCode::from(2)
        }
    }
}

/// Says to who sits before a terminal what is waited for.
fn hint(what: &str) {
    if io::stdin().is_terminal() {
        eprintln!(
            "exact-loss: reading {what} from the terminal, one JSON object a line (see --help)"
        );
    }
}

fn list(format: Listing, mut output: impl Write) -> io::Result<u8> {
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
    output.flush()?;
    Ok(0)
}

fn verify(arguments: &Verify, output: impl Write) -> io::Result<u8> {
    let criteria = arguments.judging.criteria();
    let mut progress = Progress::new();
    let input = io::stdin().lock();
    let report = match &arguments.cases {
        None => {
            hint("answers");
            line::verify_lines(input, criteria, |count| progress.at(count))?
        }
        Some(path) => {
            line::verify_with_cases(input, line::read_cases(open(path)?), criteria, |count| {
                progress.at(count);
            })?
        }
    };
    progress.end();
    print(&report, &arguments.judging, output)
}

fn test(arguments: &Test, output: impl Write) -> io::Result<u8> {
    let mut command = process::Command::new(&arguments.program[0]);
    command.args(&arguments.program[1..]);
    let mut progress = Progress::new();
    let options: Options = arguments.options.clone().into();
    let cases = || -> io::Result<Cases> {
        match (&arguments.cases, &arguments.loss) {
            (Some(path), _) => Ok(Box::new(line::read_cases(open(path)?))),
            (None, loss) => {
                let loss = loss.as_deref().unwrap_or(line::EVERY_LOSS);
                let cases = cases_of(loss, &options).map_err(io::Error::other)?;
                Ok(Box::new(cases.into_iter().flatten().map(Ok)))
            }
        }
    };
    let report = line::test_command(&mut command, cases, arguments.judging.criteria(), |count| {
        progress.at(count)
    })?;
    progress.end();
    print(&report, &arguments.judging, output)
}

/// Cases from a file or made here.
type Cases = Box<dyn Iterator<Item = io::Result<Case>> + Send>;

fn open(path: &Path) -> io::Result<File> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    File::open(path).map_err(named)
}

/// Prints a report, and gives its exit status.
fn print(report: &Report, judging: &Judging, mut output: impl Write) -> io::Result<u8> {
    let text = match judging.format {
        Format::Text => report.to_text(),
        Format::Markdown => report.to_markdown(),
        Format::Json => {
            let mut text = String::new();
            line::write_report(report, &mut text);
            text.push('\n');
            text
        }
    };
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        // The verdict stands, whether or not it is read to its end.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(report.exit_status())
}

/// How often the progress is shown.
const OFTEN: Duration = Duration::from_millis(250);

/// The number of lines so far, on a terminal only.
struct Progress {
    is_shown: bool,
    last: Instant,
    begun: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            last: Instant::now(),
            begun: false,
        }
    }

    fn at(&mut self, count: u64) {
        if self.is_shown && count.is_multiple_of(64) && self.last.elapsed() >= OFTEN {
            self.last = Instant::now();
            self.begun = true;
            eprint!("\r{count} answers");
        }
    }

    fn end(&self) {
        if self.begun {
            eprint!("\r{:30}\r", "");
        }
    }
}

fn generate(loss: &str, options: &Options, output: impl Write) -> io::Result<u8> {
    let cases = cases_of(loss, options).map_err(io::Error::other)?;
    write_cases(cases, output)?;
    Ok(0)
}
