//! Every loss is listed everywhere: in `ALL`, in the book's summary, in the benchmarks, in the
//! snapshots, in the vectors. A loss is a module of `src/losses` that implements the trait `Loss`.

use super::tokens::{begins, tokens};
use super::{Source, assert_none, files, read, sources};

/// The names of the losses, as their modules are called.
pub(super) fn losses() -> Vec<String> {
    losses_among(&sources("src/losses"))
}

fn losses_among(sources: &[Source]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for source in sources
        .iter()
        .filter(|source| implements_loss(&source.text))
    {
        let path = source.module().strip_prefix("losses/").unwrap_or_default();
        let name = path.split('/').next().unwrap_or_default();
        if !names.iter().any(|seen| seen == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn implements_loss(text: &str) -> bool {
    tokens(text)
        .windows(2)
        .any(|pair| begins(pair, &["Loss", "for"]))
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
/// `lovasz_hinge`. A longer name of another loss does not count: "Cross entropy" does not name
/// `entropy`.
fn in_summary(summary: &str, loss: &str, losses: &[String]) -> bool {
    let mut summary = summary.to_lowercase().replace('á', "a").replace('-', " ");
    for longer in losses
        .iter()
        .filter(|other| *other != loss && other.contains(loss))
    {
        summary = summary.replace(&longer.replace('_', " "), "");
    }
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

/// Whether a file of the vectors has the loss's name.
fn in_vectors(vectors: &[String], loss: &str) -> bool {
    let file = format!("book/chapters/vectors/{loss}.json");
    vectors.contains(&file)
}

#[test]
fn every_loss_is_listed_everywhere() {
    let (list, summary) = (read("src/losses/mod.rs"), read("book/chapters/SUMMARY.md"));
    let (benchmarks, snapshots) = (sources("benches"), files("snapshots"));
    let vectors = files("book/chapters/vectors");
    let missing = |loss: &String| {
        let places = [
            ("ALL of src/losses/mod.rs", in_all(&list, loss)),
            (
                "book/chapters/SUMMARY.md",
                in_summary(&summary, loss, &losses()),
            ),
            ("benches", in_benchmarks(&benchmarks, loss)),
            ("snapshots", in_snapshots(&snapshots, loss)),
            ("book/chapters/vectors", in_vectors(&vectors, loss)),
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
    let file = |path: &str, text: &str| Source::new(&format!("src/losses/{path}"), text);
    let files = [
        file("mod.rs", "impl<L: Loss> DynLoss for L {} impl Loss {}"),
        file("rows.rs", "/// An `impl Loss for A`.\nfn rows() {}"),
        file("focal/mod.rs", "impl<T> Loss for Focal<T> {}"),
        file("focal/fast_twin.rs", "fn a() {}"),
        file("jaccard.rs", "impl super::Loss for Jaccard {}"),
    ];
    assert_eq!(losses_among(&files), ["focal", "jaccard"]);

    let list =
        "/// Not [`Focal`].\npub const ALL: &[&dyn Loss] = &[&CrossEntropy::NEW]; use focal;";
    assert!(in_all(list, "cross_entropy"));
    assert!(!in_all(list, "focal") && !in_all("mod focal;", "focal"));

    let summary = "- [The Lovász hinge](hinge.md)\n- [x](cross-entropy.md)";
    let names = ["lovasz_hinge", "cross_entropy", "entropy"].map(str::to_owned);
    assert!(in_summary(summary, "lovasz_hinge", &names));
    assert!(in_summary(summary, "cross_entropy", &names));
    assert!(!in_summary(summary, "entropy", &names) && !in_summary(summary, "focal", &names));

    let benchmark = |text: &str| [Source::new("benches/a.rs", text)];
    assert!(in_benchmarks(&benchmark("fn a() { focal::b() }"), "focal"));
    assert!(!in_benchmarks(&benchmark("// focal\nfn a() {}"), "focal"));

    let snapshots = ["snapshots/focal__value.snap".to_owned()];
    assert!(in_snapshots(&snapshots, "focal") && !in_snapshots(&snapshots, "jaccard"));

    let vectors = ["book/chapters/vectors/cross_entropy.json".to_owned()];
    assert!(in_vectors(&vectors, "cross_entropy") && !in_vectors(&vectors, "entropy"));
}
