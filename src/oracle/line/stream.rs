//! Streams of lines: read one at a time, each with a stated limit, and answered one by one. Memory
//! does not grow with their number.

use std::io::{self, BufRead, BufReader, Read, Write};

use super::super::{Answered, Case, Dialect};
use super::read::read_given_case;
use super::write::{close_with_answer, close_with_failure};
use super::{MAX_LINE, write_failure};
use crate::Error;

/// Lines of a stream, numbered from 1.
pub struct Lines<R> {
    input: BufReader<R>,
    text: Vec<u8>,
    number: u64,
}

/// One line of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Its number.
    pub number: u64,
    /// Its text without the end of line, or why it cannot be read.
    pub text: Result<&'a str, Error>,
}

impl<R: Read> Lines<R> {
    /// The lines of this stream.
    pub fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            text: Vec::new(),
            number: 0,
        }
    }

    /// The next line that is not blank; `None` at the end.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.text.clear();
            self.number += 1;
            let limit = MAX_LINE as u64 + 1;
            let mut limited = self.input.by_ref().take(limit);
            if limited.read_until(b'\n', &mut self.text)? == 0 {
                return Ok(None);
            }
            let is_whole = self.text.last() == Some(&b'\n');
            if !is_whole && self.text.len() > MAX_LINE {
                self.input.skip_until(b'\n')?;
                let reason = format!("the line is longer than {MAX_LINE} bytes");
                return Ok(Some(self.bad(reason)));
            }
            if !self.text.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        if std::str::from_utf8(&self.text).is_err() {
            return Ok(Some(self.bad("it is not UTF-8".to_owned())));
        }
        Ok(Some(Line {
            number: self.number,
            text: Ok(std::str::from_utf8(&self.text).unwrap_or_default().trim()),
        }))
    }

    fn bad(&self, reason: String) -> Line<'static> {
        Line {
            number: self.number,
            text: Err(Error::Json { reason }),
        }
    }

    /// Whether the next line may have to be waited for.
    pub fn is_drained(&self) -> bool {
        self.input.buffer().is_empty()
    }
}

/// Which of the twins answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Twin {
    /// The right answers, with all that is known of them.
    #[default]
    Exact,
    /// The right values alone, which take a fraction of the time.
    Rounded,
    /// Those of the fast twin.
    Fast,
}

/// Answers each case of a stream. A line that is none is answered with its reason.
///
/// # Errors
/// Those of the streams.
///
/// # Examples
/// ```
/// use exact_loss::oracle::line::{Twin, evaluate_lines};
///
/// let case = r#"{"id":"a","loss":"jaccard","inputs":{"predictions":[1,0],"labels":[1,1]}}"#;
/// let mut answers = Vec::new();
/// evaluate_lines(case.as_bytes(), &mut answers, Twin::Exact)?;
/// let answer = String::from_utf8_lossy(&answers);
/// assert!(answer.contains(r#""value":0.5,"exact":"1/2""#), "{answer}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn evaluate_lines(input: impl Read, output: impl Write, twin: Twin) -> io::Result<()> {
    evaluate_lines_in(input, output, twin, None)
}

/// [`evaluate_lines`], with the cases meant in the dialect of this name.
///
/// # Errors
/// Those of the streams. A case whose loss has no such dialect is answered with that.
pub fn evaluate_lines_in(
    input: impl Read,
    mut output: impl Write,
    twin: Twin,
    dialect: Option<&str>,
) -> io::Result<()> {
    let mut lines = Lines::new(input);
    let mut answer = String::new();
    while let Some(line) = lines.next_line()? {
        answer.clear();
        evaluate_line(&line, twin, dialect, &mut answer);
        answer.push('\n');
        output.write_all(answer.as_bytes())?;
        // Whoever waits for an answer before the next case gets it.
        if lines.is_drained() {
            output.flush()?;
        }
    }
    output.flush()
}

fn evaluate_line(line: &Line<'_>, twin: Twin, dialect: Option<&str>, out: &mut String) {
    let number = || line.number.to_string();
    let case = match &line.text {
        Ok(text) => read_given_case(text, number, out),
        Err(error) => return write_failure(&number(), None, error, out),
    };
    match case {
        Err(bad) => write_failure(&bad.id.unwrap_or_else(number), None, &bad.error, out),
        Ok(mut case) => {
            let opened = out.len();
            let meant = match dialect {
                None => Ok(()),
                Some(name) => {
                    Dialect::find(case.entry.name, name).map(|dialect| case.dialect = Some(dialect))
                }
            };
            if let Err(error) = meant.and_then(|()| evaluate_case(&case, twin, out)) {
                out.truncate(opened);
                close_with_failure(&error, out);
            }
        }
    }
}

/// The rest of the line of a case.
fn evaluate_case(case: &Case, twin: Twin, out: &mut String) -> Result<(), Error> {
    let (answered, shown) = match twin {
        Twin::Exact => {
            let truth = case.truth()?;
            let answered = Answered {
                value: truth.value()?,
                gradient: truth.gradient()?,
            };
            (answered, Some(truth.shown(case)?))
        }
        Twin::Rounded => (case.answer_rounded()?, None),
        Twin::Fast => (case.answer_fast()?, None),
    };
    close_with_answer(case, &answered, shown.as_ref(), out);
    Ok(())
}
