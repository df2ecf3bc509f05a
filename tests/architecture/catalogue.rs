//! Every loss is listed everywhere: in `ALL`, in the book's summary, in the benchmarks, in the
//! snapshots. A loss is a file or a folder of `src/losses` that is not the contract's.

use super::tokens::tokens;
use super::{Source, assert_none, files, read, sources};

/// The modules of `src/losses` that make up the contract; all others are losses.
const CONTRACT: [&str; 6] = ["elements", "input", "parameter", "reduce", "rows", "sample"];

/// The names of the losses, as their modules are called.
pub(super) fn losses() -> Vec<String> {
    losses_among(&files("src/losses"))
}

fn losses_among(paths: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for path in paths
        .iter()
        .filter_map(|path| path.strip_prefix("src/losses/"))
    {
        let name = path.split(['/', '.']).next().unwrap_or_default();
        if name != "mod" && !CONTRACT.contains(&name) && !names.iter().any(|seen| seen == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The files of a loss.
pub(super) fn files_of(loss: &str) -> Vec<Source> {
    let (file, folder) = (
        format!("src/losses/{loss}.rs"),
        format!("src/losses/{loss}/"),
    );
    let all = sources("src/losses").into_iter();
    all.filter(|source| source.path == file || source.path.starts_with(&folder))
        .collect()
}

/// The name of the type of a loss: `CrossEntropy` for `cross_entropy`.
pub(super) fn type_name(loss: &str) -> String {
    let words = loss.split('_').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
    });
    words.flatten().collect()
}

/// Whether the item `ALL` of a text names the loss, by its type or its module.
fn in_all(text: &str, loss: &str) -> bool {
    let tokens = tokens(text);
    let Some(start) = tokens.iter().position(|token| token.text == "ALL") else {
        return false;
    };
    let end = tokens[start..].iter().position(|token| token.text == ";");
    let item = &tokens[start..start + end.unwrap_or(tokens.len() - start)];
    item.iter()
        .any(|token| token.text == loss || token.text == type_name(loss))
}

/// Whether a summary names the loss, in a title or in a file's name: "Lovász hinge" names
/// `lovasz_hinge`.
fn in_summary(summary: &str, loss: &str) -> bool {
    let summary = summary.to_lowercase().replace('á', "a").replace('-', " ");
    summary.contains(&loss.replace('_', " "))
}

/// Whether the benchmarks measure the loss: by name, or because they go through `ALL`.
fn in_benchmarks(benchmarks: &[Source], loss: &str) -> bool {
    benchmarks.iter().any(|source| {
        let tokens = tokens(&source.text);
        let names = [loss.to_owned(), type_name(loss), "ALL".to_owned()];
        tokens.iter().any(|token| names.contains(&token.text))
    })
}

/// Whether a snapshot's name begins with the loss's.
fn in_snapshots(snapshots: &[String], loss: &str) -> bool {
    snapshots
        .iter()
        .any(|path| path.starts_with(&format!("snapshots/{loss}")))
}

#[test]
fn every_loss_is_listed_everywhere() {
    let (list, summary) = (read("src/losses/mod.rs"), read("book/chapters/SUMMARY.md"));
    let (benchmarks, snapshots) = (sources("benches"), files("snapshots"));
    let missing = |loss: &String| {
        let places = [
            ("ALL of src/losses/mod.rs", in_all(&list, loss)),
            ("book/chapters/SUMMARY.md", in_summary(&summary, loss)),
            ("benches", in_benchmarks(&benchmarks, loss)),
            ("snapshots", in_snapshots(&snapshots, loss)),
        ];
        let missing = places.into_iter().filter(|(_, listed)| !listed);
        missing
            .map(|(place, _)| format!("{loss} is not in {place}"))
            .collect::<Vec<_>>()
    };
    assert_none(losses().iter().flat_map(missing));
}

#[test]
fn a_loss_that_is_not_listed_is_found() {
    let paths = [
        "src/losses/mod.rs",
        "src/losses/input.rs",
        "src/losses/parameter/base.rs",
    ];
    let losses = [
        "src/losses/focal/mod.rs",
        "src/losses/focal/a.rs",
        "src/losses/jaccard.rs",
    ];
    let paths: Vec<String> = paths
        .iter()
        .chain(&losses)
        .map(ToString::to_string)
        .collect();
    assert_eq!(losses_among(&paths), ["focal", "jaccard"]);

    let list =
        "/// Not [`Focal`].\npub const ALL: &[&dyn Loss] = &[&CrossEntropy::NEW]; use focal;";
    assert!(in_all(list, "cross_entropy"));
    assert!(!in_all(list, "focal") && !in_all("mod focal;", "focal"));

    let summary = "- [The Lovász hinge](hinge.md)\n- [x](cross-entropy.md)";
    assert!(in_summary(summary, "lovasz_hinge") && in_summary(summary, "cross_entropy"));
    assert!(!in_summary(summary, "focal"));

    let benchmark = |text: &str| [Source::new("benches/a.rs", text)];
    assert!(in_benchmarks(&benchmark("fn a() { focal::b() }"), "focal"));
    assert!(!in_benchmarks(&benchmark("// focal\nfn a() {}"), "focal"));

    let snapshots = ["snapshots/focal__value.snap".to_owned()];
    assert!(in_snapshots(&snapshots, "focal") && !in_snapshots(&snapshots, "jaccard"));
}
