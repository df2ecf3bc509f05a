//! The snapshots: each belongs to a test that exists, and none waits for review.

use super::{assert_none, files, sources};

/// What a test calls a snapshot: the last part of its name, without insta's number.
fn name(path: &str) -> &str {
    let stem = path.strip_suffix(".snap").unwrap_or(path);
    let stem = stem.rsplit('/').next().unwrap_or(stem);
    let last = stem.rsplit("__").next().unwrap_or(stem);
    match last.rsplit_once('-') {
        Some((name, number)) if number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => last,
    }
}

/// Whether a text has this as a whole word.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        // Of a name in parts, LOSS__NAME, the two underscores end a part.
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        (before.ends_with("__") || !before.ends_with(inside)) && !after.starts_with(inside)
    })
}

#[test]
fn every_snapshot_belongs_to_a_test() {
    let tests: Vec<_> = sources("tests").into_iter().chain(sources("src")).collect();
    let snapshots = files("snapshots")
        .into_iter()
        .filter(|path| path.ends_with(".snap"));
    let orphans =
        snapshots.filter(|path| !tests.iter().any(|test| has_word(&test.text, name(path))));
    assert_none(orphans.map(|path| format!("{path}: no test names {:?}", name(&path))));
}

#[test]
fn no_snapshot_waits_for_review() {
    let waiting = |path: &String| path.ends_with(".snap.new") || path.ends_with(".pending-snap");
    assert_none(files("").into_iter().filter(waiting));
}

#[test]
fn an_orphan_is_found() {
    assert_eq!(name("snapshots/cross_entropy__article.snap"), "article");
    assert_eq!(
        name("snapshots/evidence__snapshots__article-2.snap"),
        "article"
    );
    assert!(has_word(
        "assert_snapshot!(format!(\"{loss}__article\"), x)",
        "article"
    ));
    assert!(!has_word("fn articles() {}", "article"));
}
