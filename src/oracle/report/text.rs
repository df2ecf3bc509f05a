//! A report as text for a terminal, and as Markdown. As JSON it is a line, and written with those.

use core::fmt::Write as _;

use super::shown::{Shown, cut, float, input, place, ulps};
use super::{Failure, Report, Sums, Worst};
use crate::oracle::Fault;

/// The least that a reader must know of any report.
pub const NO_PROOF: &str = "Passing is not proof: it shows that these answers are right, and says nothing of other inputs.";

/// How a report is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Text,
    Markdown,
}

impl Report {
    /// The report as text for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.laid_out(Layout::Text)
    }

    /// The report as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.laid_out(Layout::Markdown)
    }

    /// The verdict on all answers in a sentence.
    #[must_use]
    pub fn conclusion(&self) -> String {
        let Sums {
            judged, undecided, ..
        } = self.total;
        let outside = self.outside();
        let limit = &self.limit;
        let scaled = match self.total.scaled {
            0 => String::new(),
            n => format!(" ({n} of them after scaling by the condition)"),
        };
        let mut text = if outside > 0 {
            let lines = match self.unreadable {
                0 => String::new(),
                n => format!(" ({n} of them unreadable lines)"),
            };
            format!(
                "FAIL: {outside} of {} answers are wrong{lines}.",
                judged + self.unreadable
            )
        } else if judged == 0 {
            "FAIL: no answer was judged.".to_owned()
        } else if undecided > 0 {
            format!("OPEN: {undecided} of {judged} answers are undecided, none is wrong.")
        } else if self.ended.is_some() {
            format!("FAIL: all {judged} answers are within {limit} ulps, but the program failed.")
        } else {
            format!("PASS: all {judged} answers are within {limit} ulps{scaled}.")
        };
        if self.exit_status() == 0 {
            let _ = write!(text, " {NO_PROOF}");
        }
        text
    }

    fn laid_out(&self, layout: Layout) -> String {
        let mut out = String::new();
        let title = |text: &str| match layout {
            Layout::Text => format!("{text}\n"),
            Layout::Markdown => format!("### {text}\n\n"),
        };
        if layout == Layout::Markdown {
            out.push_str("## Verdicts of exact-loss\n\n");
        }
        let _ = writeln!(out, "{}\n", escaped(layout, &self.conclusion()));
        for note in self.notes() {
            match layout {
                Layout::Text => {
                    let _ = writeln!(out, "note: {note}");
                }
                Layout::Markdown => {
                    let _ = writeln!(out, "* {}", escaped(layout, &note));
                }
            }
        }
        if !self.notes().is_empty() {
            out.push('\n');
        }
        if !self.by_loss.is_empty() {
            let rows = self.by_loss.iter();
            let rows: Vec<_> = rows
                .map(|((loss, dtype), sums)| (format!("{loss} {dtype}"), sums))
                .collect();
            out.push_str(&title("By loss and type"));
            table(layout, "loss", &rows, &mut out);
        }
        if !self.by_tag.is_empty() {
            let rows: Vec<_> = self.by_tag.iter().map(|(t, s)| (t.clone(), s)).collect();
            out.push_str(&title("By tag"));
            table(layout, "tag", &rows, &mut out);
        }
        if !self.failures.is_empty() {
            out.push_str(&title("Failures, with the smallest case of each kind"));
            for failure in self.failures.values() {
                item(layout, &failure_lines(failure), &mut out);
            }
            out.push('\n');
        }
        let worst: Vec<&Worst> = self
            .by_loss
            .values()
            .flat_map(|sums| sums.worst_value.iter().chain(&sums.worst_gradient))
            .filter(|worst| worst.number.ulps.is_some_and(|(_, upper)| upper > 0.0))
            .collect();
        if !worst.is_empty() {
            out.push_str(&title("Largest errors"));
            for worst in worst {
                item(layout, &worst_lines(worst), &mut out);
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    /// What else a reader should know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.dialect_notes();
        notes.extend(self.ended.clone());
        for (line, reason) in &self.reasons {
            notes.push(format!("line {line} cannot be read: {}", cut(reason)));
        }
        let further = self.unreadable - self.reasons.len() as u64;
        if further > 0 {
            notes.push(format!("{further} further lines cannot be read"));
        }
        if let Some((id, note)) = &self.first_undecided {
            let note = note.as_deref().unwrap_or("the error straddles the limit");
            notes.push(format!("undecided, first in {id}: {note}"));
        }
        if let Some((id, note)) = &self.first_unjudged {
            let count = self.total.unjudged;
            notes.push(format!("{count} not judged, first {id}: {}", cut(note)));
        }
        if self.total.claims > 0 {
            notes.push(format!(
                "{} answers give a value where the case has none",
                self.total.claims
            ));
        }
        let (judged, lacking) = (self.total.gradients, self.total.without_gradient);
        if judged > 0 && lacking > 0 {
            notes.push(format!(
                "{judged} gradients were judged; {lacking} answers have none where there is one"
            ));
        } else if lacking > 0 {
            notes.push(format!(
                "no gradient was judged: none of the {lacking} answers gives it"
            ));
        }
        if let Some((id, note)) = &self.first_gradient_note {
            notes.push(format!(
                "a gradient that is not judged, first in {id}: {note}"
            ));
        }
        if self.total.scaled > 0 {
            notes.push(format!(
                "{} answers to ill-conditioned cases exceed {} ulps, and are within the limit \
                 times their condition",
                self.total.scaled, self.limit
            ));
        }
        notes
    }
}

const COLUMNS: [&str; 8] = [
    "judged",
    "within",
    "outside",
    "undecided",
    "unjudged",
    "scaled",
    "value ulps",
    "gradient ulps",
];

fn table(layout: Layout, first: &str, rows: &[(String, &Sums)], out: &mut String) {
    let worst = |worst: &Option<Worst>| match worst {
        Some(worst) => worst.number.ulps.map_or_else(String::new, |(_, u)| ulps(u)),
        None => "–".to_owned(),
    };
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, sums)| {
            vec![
                escaped(layout, name),
                sums.judged.to_string(),
                sums.within.to_string(),
                sums.outsides().to_string(),
                sums.undecided.to_string(),
                sums.unjudged.to_string(),
                sums.scaled.to_string(),
                worst(&sums.worst_value),
                worst(&sums.worst_gradient),
            ]
        })
        .collect();
    let head: Vec<String> = [first]
        .iter()
        .chain(&COLUMNS)
        .map(|s| (*s).to_owned())
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let of = |row: &Vec<String>| row[at].chars().count();
            cells.iter().map(of).max().unwrap_or(0).max(of(&head))
        })
        .collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(at, (cell, &width))| match at {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        match layout {
            Layout::Text => format!("  {}\n", cells.join("  ").trim_end()),
            Layout::Markdown => format!("| {} |\n", cells.join(" | ")),
        }
    };
    out.push_str(&line(&head));
    if layout == Layout::Markdown {
        let rules = (0..head.len()).map(|at| if at == 0 { "---" } else { "---:" });
        let _ = writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "));
    }
    for row in &cells {
        out.push_str(&line(row));
    }
    out.push('\n');
}

/// A first line and those that belong to it.
fn item(layout: Layout, lines: &[String], out: &mut String) {
    for (at, line) in lines.iter().enumerate() {
        let line = escaped(layout, line);
        let _ = match (layout, at) {
            (Layout::Text, 0) => writeln!(out, "  {line}"),
            (Layout::Text, _) => writeln!(out, "      {line}"),
            (Layout::Markdown, 0) => writeln!(out, "* {line}"),
            (Layout::Markdown, _) => writeln!(out, "  * {line}"),
        };
    }
}

fn escaped(layout: Layout, text: &str) -> String {
    if layout == Layout::Text {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|#~$&".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn failure_lines(failure: &Failure) -> Vec<String> {
    let Failure {
        count,
        case,
        part,
        fault,
        number,
        note,
    } = failure;
    let place = number
        .as_ref()
        .map_or_else(String::new, |n| place(&n.index));
    let mut lines = vec![format!(
        "{} {part}: {}, {count} of them",
        case.entry.name,
        fault.name()
    )];
    lines.push(format!(
        "case     {} ({}), {}",
        case.id,
        case.dtype,
        input(case)
    ));
    match (number, fault) {
        (Some(number), _) => {
            let error = number.ulps.map_or_else(String::new, |(_, upper)| {
                format!(", {} ulps off, limit {}", ulps(upper), ulps(number.limit))
            });
            let got = float(case.dtype, number.got);
            lines.push(format!("got      {got} at {part}{place}{error}"));
        }
        (None, Fault::Shape { got, wanted }) => {
            lines.push(format!("got      shape {got:?}, wanted {wanted:?}"));
        }
        (None, Fault::Unreadable(reason)) => lines.push(format!("got      {}", cut(reason))),
        (None, Fault::NotASubgradient) => {
            lines.push("got      a gradient that is none of the many right ones".to_owned());
        }
        (None, _) => lines.push(format!("got      no {part}")),
    }
    if number.is_some() || *fault == Fault::Missing {
        lines.push(format!("exact    {}", exact(failure.exact(), case.dtype)));
    }
    if let Some(note) = note {
        lines.push(format!("note     {}", cut(note)));
    }
    lines
}

fn worst_lines(worst: &Worst) -> Vec<String> {
    let Worst { case, part, number } = worst;
    let upper = number.ulps.map_or(0.0, |(_, upper)| upper);
    vec![
        format!(
            "{} {} {part}: {} ulps in {}",
            case.entry.name,
            case.dtype,
            ulps(upper),
            case.id
        ),
        format!(
            "got      {} at {part}{}",
            float(case.dtype, number.got),
            place(&number.index)
        ),
        format!("exact    {}", exact(worst.exact(), case.dtype)),
    ]
}

fn exact(shown: Shown, dtype: crate::oracle::Dtype) -> String {
    let nearest = shown.nearest.map(|x| float(dtype, x));
    match (shown.expression, nearest) {
        (Some(expression), Some(nearest)) if expression == nearest => expression,
        (Some(expression), Some(nearest)) => format!("{expression} ≈ {nearest}"),
        (Some(one), None) => one,
        (None, Some(nearest)) => format!("{nearest} to the nearest {dtype}"),
        (None, None) => "not found".to_owned(),
    }
}
