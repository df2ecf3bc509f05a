//! Directives: how a chapter asks for something computed. A figure or a table stands on a line
//! of its own, outside code; a value stands anywhere in a line of prose or mathematics.
//!
//! | in the chapter | becomes |
//! |---|---|
//! | `{{#figure NAME}}` or `{{#figure NAME CAPTION}}` | the figure, with its caption |
//! | `{{#table NAME}}` | the table |
//! | `{{= NAME}}` | the value, as text |
//!
//! rustdoc does not know them and leaves them as they are, so Rust blocks hold none.

use super::{Expanded, Fault};
use crate::computed::{self, Kind};

/// One directive in a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The line that it stands on, counted from 1.
    pub line: usize,
    /// What it asks for.
    pub kind: Kind,
    /// The name in the list of computed things.
    pub name: String,
}

/// The directives of a chapter.
///
/// # Errors
///
/// The directives that cannot be read.
pub fn directives(markdown: &str) -> Result<Vec<Directive>, Vec<Fault>> {
    let mut found = Vec::new();
    walk(markdown, |line, parts| {
        let part = |part: &Part<'_>| match *part {
            Part::Text(_) => None,
            Part::Computed { kind, name, .. } => Some(Directive {
                line,
                kind,
                name: name.to_owned(),
            }),
        };
        found.extend(parts.iter().filter_map(part));
        Ok(())
    })?;
    Ok(found)
}

/// The chapter with each directive replaced by what it stands for.
pub(super) fn expand(markdown: &str) -> Result<Expanded, Vec<Fault>> {
    let mut expanded = Expanded::default();
    walk(markdown, |number, parts| {
        let mut line = String::new();
        for part in parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Computed {
                    kind,
                    name,
                    caption,
                } => {
                    let body = computed::compute(*kind, name).map_err(|e| format!("{e:#}"))?;
                    line.push_str(&wrap(*kind, name, &body, caption));
                }
            }
        }
        expanded.push(&line, number);
        Ok(())
    })?;
    Ok(expanded)
}

/// A figure gets its frame and caption; a blank line in it would end the HTML.
fn wrap(kind: Kind, name: &str, body: &str, caption: &str) -> String {
    match kind {
        Kind::Value => body.to_owned(),
        Kind::Table => format!("\n{body}\n"),
        Kind::Figure if caption.is_empty() => {
            format!("<figure id=\"figure-{name}\">\n{body}\n</figure>\n")
        }
        Kind::Figure => format!(
            "<figure id=\"figure-{name}\">\n{body}\n<figcaption>\n\n{caption}\n\n</figcaption>\n</figure>\n"
        ),
    }
}

enum Part<'a> {
    Text(&'a str),
    Computed {
        kind: Kind,
        name: &'a str,
        caption: &'a str,
    },
}

/// Calls `visit` with the parts of each line, and gathers the faults of all lines.
fn walk<'a>(
    markdown: &'a str,
    mut visit: impl FnMut(usize, &[Part<'a>]) -> Result<(), String>,
) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in markdown.lines().enumerate() {
        let number = index + 1;
        let inside = fence.is_some();
        fence = next_fence(fence, line);
        let parts = if inside || fence.is_some() {
            Ok(vec![Part::Text(line)])
        } else {
            split(line)
        };
        if let Err(message) = parts.and_then(|parts| visit(number, &parts)) {
            faults.push(Fault {
                line: number,
                message,
            });
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The fence that is open after a line: the run of backticks or tildes that opened it.
fn next_fence<'a>(open: Option<&'a str>, line: &'a str) -> Option<&'a str> {
    let line = line.trim_start();
    let mark = if line.starts_with("~~~") { '~' } else { '`' };
    let run = &line[..line.len() - line.trim_start_matches(mark).len()];
    match open {
        None if run.len() >= 3 => Some(run),
        Some(open) if run.starts_with(open) && line[run.len()..].trim().is_empty() => None,
        open => open,
    }
}

fn split(line: &str) -> Result<Vec<Part<'_>>, String> {
    if let Some(block) = line.trim().strip_prefix("{{#") {
        let block = block
            .strip_suffix("}}")
            .ok_or("a directive ends its line with }}")?;
        let (kind, rest) = block.split_once(' ').unwrap_or((block, ""));
        let (name, caption) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let kind = match kind {
            "figure" => Kind::Figure,
            "table" => Kind::Table,
            other => return Err(format!("unknown directive {other:?}: figure or table")),
        };
        return Ok(vec![Part::Computed {
            kind,
            name,
            caption: caption.trim(),
        }]);
    }
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('\\') {
            parts.extend([Part::Text(before), Part::Text("{{")]);
            rest = &after[2..];
        } else if after.starts_with("{{#") {
            return Err("a figure or a table stands on a line of its own".to_owned());
        } else if let Some(value) = after.strip_prefix("{{=") {
            let (name, tail) = value
                .split_once("}}")
                .ok_or("{{= without }} on the same line")?;
            parts.push(Part::Text(before));
            parts.push(Part::Computed {
                kind: Kind::Value,
                name: name.trim(),
                caption: "",
            });
            rest = tail;
        } else {
            parts.extend([Part::Text(before), Part::Text("{{")]);
            rest = &after[2..];
        }
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(markdown: &str) -> Vec<Fault> {
        expand(markdown).expect_err("a fault is expected")
    }

    #[test]
    fn an_unknown_name_is_a_fault_with_its_line() {
        let faults = faults("One\n\n{{#figure nowhere}}\n");
        assert_eq!(faults[0].line, 3);
        assert!(
            faults[0].message.contains("nowhere"),
            "{}",
            faults[0].message
        );
    }

    #[test]
    fn every_fault_of_a_chapter_is_reported() {
        let faults = faults("a {{= nowhere}}\n{{#picture x}}\nb {{#table x}}\n{{= open\n");
        assert_eq!(
            faults.iter().map(|f| f.line).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn code_is_left_alone() {
        let source = "````text\n{{#figure nowhere}}\n```\n{{= nowhere}}\n````\nafter\n";
        assert_eq!(expand(source).map(|e| e.text), Ok(source.to_owned()));
    }

    #[test]
    fn a_backslash_keeps_braces_as_they_are() {
        let expanded = expand(r"write \{{= name}} or x^{{2}}").map(|e| e.text);
        assert_eq!(expanded.as_deref(), Ok("write {{= name}} or x^{{2}}\n"));
    }
}
