//! The catalogue: each loss with its inputs, its parameters and the tags of its cases, as a line or as
//! text to read. What they are is said in each loss's file, and in `generate`.

use core::fmt::Write as _;

use super::super::Dialect;
use super::super::generate::{all_tags, tags};
use super::write::text;
use crate::losses::{self, Entry};

/// Writes an entry of the catalogue as a line, without the end of line.
pub fn write_entry(entry: &Entry, out: &mut String) {
    let strings = |names: &[&str], out: &mut String| {
        out.push('[');
        for (i, name) in names.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { "," });
            text(name, out);
        }
        out.push(']');
    };
    out.push_str("{\"loss\":");
    text(entry.name, out);
    out.push_str(",\"title\":");
    text(entry.title, out);
    out.push_str(",\"predictions\":");
    let spaces: Vec<&str> = entry.spaces.iter().map(|space| space.name()).collect();
    strings(&spaces, out);
    out.push_str(",\"targets\":");
    let targets: Vec<&str> = entry
        .targets
        .iter()
        .filter_map(|kind| kind.name())
        .collect();
    strings(&targets, out);
    out.push_str(",\"parameters\":{");
    for (i, info) in entry.parameters.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        text(info.name, out);
        out.push_str(":{\"values\":");
        text(info.values, out);
        out.push_str(",\"default\":");
        text(info.default, out);
        out.push('}');
    }
    out.push_str("},\"tags\":[");
    for (i, tag) in tags(entry).enumerate() {
        out.push_str(if i == 0 { "{\"name\":" } else { ",{\"name\":" });
        text(tag.name, out);
        out.push_str(",\"note\":");
        text(tag.note, out);
        out.push_str(",\"page\":");
        text(tag.page, out);
        out.push('}');
    }
    out.push_str("},\"dialects\":[");
    for (i, dialect) in Dialect::of(entry.name).enumerate() {
        out.push_str(if i == 0 { "{\"name\":" } else { ",{\"name\":" });
        text(dialect.name, out);
        out.push_str(",\"note\":");
        text(dialect.note, out);
        out.push('}');
    }
    out.push_str("]}");
}

/// Writes the whole catalogue as text to read: the losses, and what each tag is about.
pub fn write_catalogue(out: &mut String) {
    for entry in losses::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} ({})", entry.name, entry.title);
        let inputs = |names: &[&str]| names.join(" or ");
        let spaces: Vec<&str> = entry.spaces.iter().map(|space| space.name()).collect();
        let targets: Vec<&str> = entry
            .targets
            .iter()
            .filter_map(|kind| kind.name())
            .collect();
        let _ = write!(out, "    inputs      {}", inputs(&spaces));
        if !targets.is_empty() {
            let _ = write!(out, "; {}", inputs(&targets));
        }
        out.push('\n');
        for info in entry.parameters {
            let (name, values, default) = (info.name, info.values, info.default);
            let _ = writeln!(out, "    {name:<16}{values}; {default} unless given");
        }
        let names: Vec<&str> = tags(entry).map(|tag| tag.name).collect();
        wrapped("    tags        ", &names.join(", "), out);
        out.push('\n');
    }
    out.push_str("Tags: what each class of cases is about\n");
    for tag in all_tags() {
        wrapped(&format!("    {:<36}", tag.name), tag.note, out);
    }
}

/// Writes words after an opening, in lines of at most 100 characters that begin below the first
/// word.
fn wrapped(opening: &str, words: &str, out: &mut String) {
    const WIDTH: usize = 100;
    out.push_str(opening);
    let indent = opening.chars().count();
    let mut column = indent;
    for (i, word) in words.split(' ').enumerate() {
        let length = word.chars().count();
        if i > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            out.extend(core::iter::repeat_n(' ', indent));
            column = indent;
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}
