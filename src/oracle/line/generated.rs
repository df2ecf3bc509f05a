//! Cases as a stream of lines, for one loss or for all. The cases are made in `generate`.

use std::io::{self, Write};

use super::super::generate::{Cases, Options, all_tags, cases, tags};
use super::write_case;
use crate::Error;
use crate::losses;

/// The word that stands for every loss.
pub const EVERY_LOSS: &str = "all";

/// The cases of a loss, or of each loss for "all". With a tag, the losses that do not have it are
/// left out of "all".
///
/// # Errors
/// [`Error::Parameter`] for an unknown loss or tag; it names those that there are.
pub fn cases_of(loss: &str, options: &Options) -> Result<Vec<Cases>, Error> {
    if loss != EVERY_LOSS {
        let entry = losses::find(loss).map_err(|error| match error {
            Error::Parameter { name, got, wanted } => Error::Parameter {
                name,
                got,
                wanted: format!("{wanted}, or {EVERY_LOSS}"),
            },
            other => other,
        })?;
        return Ok(vec![cases(entry, options)?]);
    }
    let has_tag = |entry: &&losses::Entry| {
        let mut names = tags(entry).map(|tag| tag.name);
        options
            .tag
            .as_deref()
            .is_none_or(|tag| names.any(|name| name == tag))
    };
    let chosen: Result<Vec<Cases>, Error> = losses::ALL
        .iter()
        .filter(has_tag)
        .map(|entry| cases(entry, options))
        .collect();
    match chosen {
        Ok(chosen) if chosen.is_empty() => Err(Error::Parameter {
            name: "tag",
            got: format!("{:?}", options.tag.as_deref().unwrap_or_default()),
            wanted: format!(
                "one of {}",
                all_tags()
                    .iter()
                    .map(|tag| tag.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }),
        other => other,
    }
}

/// Writes cases as lines, one at a time.
///
/// # Errors
/// Those of the stream.
///
/// # Examples
/// ```
/// use exact_loss::oracle::generate::Options;
/// use exact_loss::oracle::line::{Twin, cases_of, evaluate_lines, write_cases};
///
/// let options = Options { count: Some(3), ..Options::default() };
/// let (mut lines, mut answers) = (Vec::new(), Vec::new());
/// write_cases(cases_of("jaccard", &options)?, &mut lines)?;
/// evaluate_lines(&lines[..], &mut answers, Twin::Exact)?;
/// assert_eq!(String::from_utf8(answers)?.lines().count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_cases(
    cases: impl IntoIterator<Item = Cases>,
    mut output: impl Write,
) -> io::Result<()> {
    let mut line = String::new();
    for case in cases.into_iter().flatten() {
        line.clear();
        write_case(&case, &mut line);
        line.push('\n');
        output.write_all(line.as_bytes())?;
    }
    output.flush()
}
