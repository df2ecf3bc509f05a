//! Judging a stream of answers: those that carry their cases, and those that carry an id only and
//! whose cases come beside them. Verdicts are made in `judge`; how a program is started is in
//! `command`.
//!
//! Memory does not grow with the number of answers: answers that come out of the order of the
//! cases are matched within a window of [`WINDOW`] cases.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};

use super::read::{Bad, read_answer, read_answered_case};
use super::stream::{Line, Lines};
use crate::Error;
use crate::oracle::{Answer, Case, Criteria, Dtype, Limit, Report, Verdict, judge};

/// How many cases an answer may come too early, or too late.
pub const WINDOW: u64 = 1024;

/// Judges answers that carry the fields of their cases. `progress` is told the number of lines.
///
/// # Errors
/// Those of the stream.
///
/// # Examples
/// ```
/// use exact_loss::oracle::{Limit, line::verify_lines};
///
/// let answers = r#"{"loss":"jaccard","inputs":{"predictions":[1,0],"labels":[1,1]},"value":0.25}"#;
/// let report = verify_lines(answers.as_bytes(), Limit::default(), |_| {})?;
/// assert_eq!(report.exit_status(), 1);
/// assert!(report.to_text().contains("exact    1/2"), "{}", report.to_text());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn verify_lines(
    input: impl Read,
    criteria: impl Into<Criteria>,
    mut progress: impl FnMut(u64),
) -> io::Result<Report> {
    let mut lines = Lines::new(input);
    let criteria = criteria.into();
    let mut report = Report::by(&criteria);
    while let Some(Line { number, text }) = lines.next_line()? {
        progress(number);
        let line = match text {
            Ok(line) => line,
            Err(error) => {
                report.add_unreadable(number, error.to_string());
                continue;
            }
        };
        match read_answered_case(line, || number.to_string()) {
            Ok((case, answer)) => report.judge(&meant(&criteria, case)?, &answer),
            Err(bad) => unreadable(&mut report, number, line, &bad),
        }
    }
    Ok(report)
}

/// A line without a case is wrong, unless it says itself that its case is none.
fn unreadable(report: &mut Report, number: u64, line: &str, bad: &Bad) {
    let answer = read_answer(line, |_| Dtype::F64);
    match answer {
        Ok(answer) if answer.value.is_none() && answer.status.as_deref() == Some("invalid") => {
            let id = answer.id.unwrap_or_else(|| number.to_string());
            report.add_unjudged(&id, &format!("the case is invalid: {}", bad.error));
        }
        Ok(_) => report.add_unreadable(number, format!("it carries no case: {}", bad.error)),
        Err(_) => report.add_unreadable(number, bad.error.to_string()),
    }
}

/// Judges answers by the ids of their cases, which come in the order of the answers or nearly so.
/// A case without an answer is an answer that is missing.
///
/// # Errors
/// Those of the stream of answers, and of the cases.
pub fn verify_with_cases(
    input: impl Read,
    cases: impl Iterator<Item = io::Result<Case>>,
    criteria: impl Into<Criteria>,
    mut progress: impl FnMut(u64),
) -> io::Result<Report> {
    let mut lines = Lines::new(input);
    let criteria = criteria.into();
    let mut report = Report::by(&criteria);
    let cases = cases.map(|case| meant(&criteria, case?));
    let mut waiting = Waiting::new(cases);
    while let Some(Line { number, text }) = lines.next_line()? {
        progress(number);
        let line = match text {
            Ok(line) => line,
            Err(error) => {
                report.add_unreadable(number, error.to_string());
                continue;
            }
        };
        let mut found = Ok(None);
        let answer = read_answer(line, |id| {
            found = id.map_or(Ok(None), |id| waiting.take(id));
            match &found {
                Ok(Some(case)) => case.dtype,
                _ => Dtype::F64,
            }
        });
        match (answer, found?) {
            (Ok(answer), Some(case)) => report.judge(&case, &answer),
            (Ok(Answer { id: Some(id), .. }), None) => {
                report.add_unreadable(number, format!("no case waits for an answer {id:?}"));
            }
            (Ok(_), None) => report.add_unreadable(number, "it has no id"),
            (Err(bad), _) => report.add_unreadable(number, bad.error.to_string()),
        }
        waiting.drop_late(|case| report.add(&case, &Verdict::missing()));
    }
    waiting.finish(|case| report.add(&case, &unanswered(&case)))?;
    Ok(report)
}

/// The case in the dialect that is asked for, which its loss must have.
fn meant(criteria: &Criteria, case: Case) -> io::Result<Case> {
    let meant = criteria.apply(case);
    meant.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// The verdict on a case that nothing answers: there is none where there is no right answer.
fn unanswered(case: &Case) -> Verdict {
    judge(case, &Answer::default(), &Limit::default())
}

/// Cases that have been read and not yet been answered.
struct Waiting<I> {
    cases: I,
    /// By id, the cases with their numbers.
    by_id: HashMap<String, VecDeque<(u64, Case)>>,
    /// Number and id, in the order of the cases.
    order: VecDeque<(u64, String)>,
    read: u64,
    /// The largest number of a case that was answered.
    answered: u64,
}

impl<I: Iterator<Item = io::Result<Case>>> Waiting<I> {
    fn new(cases: I) -> Self {
        Self {
            cases,
            by_id: HashMap::new(),
            order: VecDeque::new(),
            read: 0,
            answered: 0,
        }
    }

    /// The case with this id, if it is among those within the window.
    fn take(&mut self, id: &str) -> io::Result<Option<Case>> {
        loop {
            if let Some(same) = self.by_id.get_mut(id) {
                let first = same.pop_front();
                if same.is_empty() {
                    self.by_id.remove(id);
                }
                if let Some((number, case)) = first {
                    self.answered = self.answered.max(number);
                    return Ok(Some(case));
                }
            }
            if self.read >= self.answered + WINDOW || !self.read_one()? {
                return Ok(None);
            }
        }
    }

    fn read_one(&mut self) -> io::Result<bool> {
        let Some(case) = self.cases.next().transpose()? else {
            return Ok(false);
        };
        self.read += 1;
        self.order.push_back((self.read, case.id.clone()));
        let same = self.by_id.entry(case.id.clone()).or_default();
        same.push_back((self.read, case));
        Ok(true)
    }

    /// Gives up the cases that lie more than the window behind.
    fn drop_late(&mut self, mut late: impl FnMut(Case)) {
        while let Some((number, _)) = self.order.front()
            && number + WINDOW < self.answered
        {
            self.drop_first(&mut late);
        }
        // Those at the front that are answered take no place.
        while let Some((number, id)) = self.order.front()
            && !self.waits(*number, id)
        {
            self.order.pop_front();
        }
    }

    fn waits(&self, number: u64, id: &str) -> bool {
        let same = self.by_id.get(id);
        same.is_some_and(|same| same.iter().any(|(other, _)| *other == number))
    }

    fn drop_first(&mut self, late: &mut impl FnMut(Case)) {
        let Some((number, id)) = self.order.pop_front() else {
            return;
        };
        let Some(same) = self.by_id.get_mut(&id) else {
            return;
        };
        if let Some(at) = same.iter().position(|(other, _)| *other == number)
            && let Some((_, case)) = same.remove(at)
        {
            late(case);
        }
        if same.is_empty() {
            self.by_id.remove(&id);
        }
    }

    /// Gives up all that is left.
    fn finish(&mut self, mut late: impl FnMut(Case)) -> io::Result<()> {
        loop {
            while !self.order.is_empty() {
                self.drop_first(&mut late);
            }
            if !self.read_one()? {
                return Ok(());
            }
        }
    }
}

/// The cases of a stream.
///
/// # Errors
/// Each item is an error where the stream fails, or where a line is no case.
pub fn read_cases(input: impl Read) -> impl Iterator<Item = io::Result<Case>> {
    let mut lines = Lines::new(input);
    std::iter::from_fn(move || {
        let line = match lines.next_line().transpose()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        let number = line.number;
        let text = match line.text {
            Ok(text) => text,
            Err(error) => return Some(Err(bad_case(number, &error))),
        };
        let case = read_case_of(text, number);
        Some(case.map_err(|bad| bad_case(number, &bad.error)))
    })
}

fn read_case_of(text: &str, number: u64) -> Result<Case, Bad> {
    super::read::read_case(text, || number.to_string())
}

fn bad_case(number: u64, error: &Error) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("line {number} of the cases: {error}"),
    )
}
