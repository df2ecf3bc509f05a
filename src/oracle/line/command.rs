//! A program under test: it is started, fed with cases, and its answers are judged as they come.
//! How answers are matched with cases is in `verify`.

use std::io::{self, BufWriter, Write};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::thread;

use super::verify::verify_with_cases;
use super::write::write_case;
use crate::oracle::{Case, Criteria, Report};

/// Starts a program, writes cases to its standard input and judges what it writes to its standard
/// output. `cases` is called twice, and must give the same cases: once to write them, once to
/// judge by them. So memory does not grow with their number even where the program reads them
/// all before it answers.
///
/// A program that ends with another status than 0, or prints nothing, fails whatever its answers.
///
/// # Errors
/// Those of the cases, and that the program cannot be started.
pub fn test_command<I>(
    command: &mut Command,
    cases: impl Fn() -> io::Result<I>,
    criteria: impl Into<Criteria>,
    mut progress: impl FnMut(u64),
) -> io::Result<Report>
where
    I: Iterator<Item = io::Result<Case>> + Send,
{
    let (fed, expected, criteria) = (cases()?, cases()?, criteria.into());
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot start {name:?}: {error}")))?;
    let streams = child.stdin.take().zip(child.stdout.take());
    let (questions, answers) =
        streams.ok_or_else(|| io::Error::other("the program has no streams"))?;
    let mut lines = 0;
    let (written, report) = thread::scope(|scope| {
        let feeding = scope.spawn(|| feed(questions, fed));
        let report = verify_with_cases(answers, expected, criteria, |count| {
            lines = count;
            progress(count);
        });
        if report.is_err() {
            // There is nobody left to read what the program writes, or to wait for it.
            let _ = child.kill();
        }
        let written = feeding.join();
        (
            written.unwrap_or_else(|_| Err(io::Error::other("the cases could not be written"))),
            report,
        )
    });
    let status = child.wait()?;
    let (mut report, left_early) = (report?, !written?);
    report.ended = how_it_ended(&name, status, left_early, lines, &report);
    Ok(report)
}

/// Writes the cases, and says whether the program has read them all.
fn feed(stdin: ChildStdin, cases: impl Iterator<Item = io::Result<Case>>) -> io::Result<bool> {
    let mut stdin = BufWriter::new(stdin);
    let mut line = String::new();
    for case in cases {
        line.clear();
        write_case(&case?, &mut line);
        line.push('\n');
        if has_left(stdin.write_all(line.as_bytes()))? {
            return Ok(false);
        }
    }
    Ok(!has_left(stdin.flush())?)
}

fn has_left(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(error),
    }
}

/// What there is to say of how the program ended; `None` where it ended well.
fn how_it_ended(
    name: &str,
    status: ExitStatus,
    left_early: bool,
    lines: u64,
    report: &Report,
) -> Option<String> {
    let printed = match lines {
        0 => "it printed nothing".to_owned(),
        1 => "it printed 1 line".to_owned(),
        n => format!("it printed {n} lines"),
    };
    let left = if left_early {
        ", and left before it had read all cases"
    } else {
        ""
    };
    if !status.success() {
        // The words of the standard library: "exit status: 3", "signal: 9 (SIGKILL)".
        return Some(format!("{name:?} failed with {status}; {printed}{left}"));
    }
    if lines == 0 {
        return Some(format!("{name:?} ended with {status}, but {printed}{left}"));
    }
    (left_early && report.outside() > 0).then(|| format!("{name:?}: {printed}{left}"))
}
