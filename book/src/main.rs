//! The builder's command line: arguments and printing only. What builds the book is in the
//! library beside it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line prints"
)]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p book                    build the book
       cargo run -p book -- preprocess      mdBook's preprocessor protocol, on stdin";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => build(),
        ["preprocess", "supports", renderer] => {
            return if *renderer == "html" {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        ["preprocess"] => book::preprocess::pipe(io::stdin().lock(), io::stdout().lock()),
        _ => Err(book::Error::msg(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), book::Error> {
    let output = PathBuf::from("output");
    let first = book::build(&output)?;
    println!("The book is built. Open {}", first.display());
    Ok(())
}
