//! The chapters as they are written: their lists agree, their code is tagged, their directives
//! and the list of computed things cover each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use book::computed::{self, Kind, errata};
use book::preprocess::directives;

use crate::{files, read};

fn folder() -> PathBuf {
    book::root().join("chapters")
}

/// The chapters, by their paths below the folder.
fn chapters() -> BTreeMap<String, String> {
    let folder = folder();
    let name = |path: &Path| {
        let below = path.strip_prefix(&folder).expect("it was found there");
        below.to_str().expect("UTF-8").replace('\\', "/")
    };
    let all = files(&folder, ".md")
        .into_iter()
        .map(|path| (name(&path), read(&path)));
    all.filter(|(name, _)| name != "SUMMARY.md").collect()
}

/// What stands between the two marks, wherever they occur.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> BTreeSet<String> {
    let pieces = text.split(open).skip(1);
    pieces
        .filter_map(|piece| piece.split_once(close))
        .map(|(inner, _)| inner.to_owned())
        .collect()
}

#[test]
fn the_summary_lists_exactly_the_chapters() {
    let listed = between(&read(&folder().join("SUMMARY.md")), "](", ")");
    assert_eq!(listed, chapters().into_keys().collect());
}

/// Its blocks would not be run otherwise.
#[test]
fn every_chapter_is_a_doctest() {
    let included = between(
        &read(&book::root().join("src/chapters.rs")),
        "include_str!(\"../chapters/",
        "\")",
    );
    assert_eq!(included, chapters().into_keys().collect());
}

/// The fenced blocks without a language and the indented blocks, which rustdoc takes for Rust.
fn untagged(markdown: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    let mut after_blank = true;
    for (index, line) in markdown.lines().enumerate() {
        let bare = line.trim_start();
        let run: String = bare
            .chars()
            .take_while(|c| *c == '`' || *c == '~')
            .collect();
        match &open {
            None if run.len() >= 3 => {
                if bare[run.len()..].trim().is_empty() {
                    found.push(index + 1);
                }
                open = Some(run);
            }
            None if after_blank && line.starts_with("    ") && !bare.is_empty() => {
                found.push(index + 1);
            }
            Some(fence) if run.starts_with(fence.as_str()) => open = None,
            _ => {}
        }
        after_blank = open.is_none() && bare.is_empty();
    }
    found
}

#[test]
fn every_code_block_says_its_language() {
    for (name, text) in chapters() {
        assert_eq!(
            untagged(&text),
            [0_usize; 0],
            "lines of {name} that open untagged code"
        );
    }
}

#[test]
fn untagged_code_is_found() {
    let text = "```rust\nlet a = 1;\n```\n\n```\nplain\n```\n\n    indented\n\n~~~\nx\n~~~\n";
    assert_eq!(untagged(text), [5, 9, 11]);
}

#[test]
fn every_computed_thing_has_one_name() {
    let names: Vec<&str> = computed::items().map(|item| item.name).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(
        names.len(),
        different.len(),
        "a name is given twice: {names:?}"
    );
}

#[test]
fn every_computed_thing_is_used_by_a_chapter() {
    let mut used: BTreeSet<(Kind, String)> = BTreeSet::new();
    for (name, text) in chapters() {
        let found = directives(&text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        used.extend(
            found
                .into_iter()
                .map(|directive| (directive.kind, directive.name)),
        );
    }
    let listed: BTreeSet<(Kind, String)> = computed::items()
        .map(|item| (item.kind, item.name.to_owned()))
        .collect();
    assert_eq!(used, listed);
}

/// The tags of the article's statements, family by family.
fn ledger_tags() -> Vec<String> {
    let families = [
        ("CE", 4),
        ("KL", 3),
        ("BCE", 3),
        ("BAL", 4),
        ("FL", 4),
        ("LOV", 8),
    ];
    let tags = families
        .into_iter()
        .flat_map(|(family, count)| (1..=count).map(move |n| format!("{family}-{n}")));
    tags.collect()
}

#[test]
fn the_errata_list_every_statement_of_the_article() {
    let listed: Vec<&str> = errata::LEDGER.iter().map(|row| row.tag).collect();
    assert_eq!(listed, ledger_tags());
    for row in errata::LEDGER {
        assert!(!row.says.is_empty() && !row.truth.is_empty(), "{row:?}");
    }
}

/// A loss's chapter names the statements about it, so that the errata can link to it.
#[test]
fn every_statement_of_the_article_is_treated_by_a_chapter() {
    let treated = |tag: &str| {
        let chapters = errata::chapters_that_treat(tag).expect("readable chapters");
        !chapters.is_empty()
    };
    let untreated: Vec<&str> = (errata::LEDGER.iter())
        .map(|row| row.tag)
        .filter(|tag| !treated(tag))
        .collect();
    assert_eq!(untreated, [""; 0], "no chapter names these");
}

/// A blank line would end the HTML of a figure, and Markdown would read the rest.
#[test]
fn every_figure_is_named_described_and_free_of_blank_lines() {
    for item in computed::items().filter(|item| item.kind == Kind::Figure) {
        let svg = (item.make)().unwrap_or_else(|error| panic!("{}: {error:#}", item.name));
        assert!(
            svg.contains("<title") && svg.contains("<desc"),
            "{}",
            item.name
        );
        assert!(
            !svg.contains("\n\n") && !svg.contains("NaN") && !svg.contains("inf"),
            "{svg}"
        );
    }
}

#[test]
fn a_chapter_with_an_unknown_name_does_not_build() {
    let faults = book::preprocess::render("Fine.\n\n{{#table nowhere}}\n").expect_err("unknown");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].line, 3);
}
