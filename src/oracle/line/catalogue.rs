//! The catalogue as lines: each loss with its inputs and parameters. What they are is said in each
//! loss's file.

use super::super::Dialect;
use super::write::text;
use crate::losses::Entry;

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
