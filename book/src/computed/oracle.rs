//! The tables of the chapter on the oracle: its tags, the files of its vectors, and the adapters
//! for Python as they are, with one of them in full.

use std::fmt::Write as _;

use exact_loss::losses::ALL;
use exact_loss::oracle::generate::{all_tags, tags};
use mdbook_preprocessor::errors::Result;

use super::Item;

pub(super) const ITEMS: &[Item] = &[
    Item::table("oracle-tags", tag_table),
    Item::table("oracle-vectors", vector_table),
    Item::table("oracle-adapter", || {
        Ok(python(include_str!("../../adapters/optax_losses.py")))
    }),
    Item::table("oracle-adapter-cases", || {
        Ok(python(include_str!("../../adapters/cases.py")))
    }),
];

fn python(source: &str) -> String {
    format!("```python\n{source}```\n")
}

fn tag_table() -> Result<String> {
    let mut table = "| tag | about | losses |\n|---|---|---|\n".to_owned();
    for tag in all_tags() {
        let has_it = |entry: &&exact_loss::losses::Entry| tags(entry).any(|own| own == tag);
        let losses: Vec<&str> = ALL.iter().filter(has_it).map(|entry| entry.name).collect();
        let losses = match losses.len() {
            count if count == ALL.len() => "all".to_owned(),
            _ => losses.join(", "),
        };
        let name = match tag.page.strip_prefix("oracle.md") {
            Some(_) => format!("`{}`", tag.name),
            None => format!("[`{}`]({})", tag.name, tag.page),
        };
        writeln!(
            table,
            "| {name} | {} | {} |",
            tag.note,
            losses.replace('_', "\\_")
        )?;
    }
    Ok(table)
}

fn vector_table() -> Result<String> {
    let mut table = "| loss | vectors |\n|---|---|\n".to_owned();
    for entry in ALL {
        let name = entry.name;
        writeln!(
            table,
            "| {} | [{name}.json](vectors/{name}.json) |",
            entry.title
        )?;
    }
    Ok(table)
}
