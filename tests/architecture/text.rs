//! What every file owes its readers: an opening paragraph, silence except on the command line,
//! and no path of the machine it was written on.

use super::tokens::tokens;
use super::{Source, assert_none, files, read, root, sources};

/// The folders that hold Rust.
const FOLDERS: [&str; 5] = ["src", "tests", "benches", "book/src", "book/tests"];

/// Whether a file opens with a paragraph that says something.
fn opens_with_a_paragraph(text: &str) -> bool {
    let opening = text.lines().map_while(|line| line.strip_prefix("//!"));
    let paragraph: String = opening.take_while(|line| !line.trim().is_empty()).collect();
    paragraph.trim().len() >= 30 && paragraph.trim_end().ends_with(['.', ':'])
}

#[test]
fn every_file_opens_with_a_paragraph() {
    let all = FOLDERS.iter().flat_map(|folder| sources(folder));
    let silent = all.filter(|source| !opens_with_a_paragraph(&source.text));
    assert_none(silent.map(|source| format!("{}: no opening paragraph", source.path)));
}

#[test]
fn a_missing_paragraph_is_found() {
    assert!(opens_with_a_paragraph(
        "//! Rationals, and the lossless lift\n//! of floats.\n"
    ));
    for text in [
        "",
        "fn a() {}",
        "//! Placeholder.\n",
        "// Rationals and what belongs to them.\n",
    ] {
        assert!(!opens_with_a_paragraph(text), "{text}");
    }
}

/// Where a file prints, though only command lines may.
fn prints(source: &Source) -> Vec<String> {
    const WAYS: [&str; 7] = [
        "print", "println", "eprint", "eprintln", "dbg", "stdout", "stderr",
    ];
    let tokens = tokens(&source.text);
    // The streams are had by a call; the pipes of a child process are its fields and methods.
    let is_stream = |at: usize| {
        let next = tokens.get(at + 1).is_some_and(|token| token.text == "(");
        next && (at == 0 || tokens[at - 1].text != ".")
    };
    let found = tokens.iter().enumerate().filter(|(at, token)| {
        let way = token.text.as_str();
        WAYS.contains(&way) && (!way.starts_with("std") || is_stream(*at))
    });
    found
        .map(|(_, token)| format!("{}:{}: {}", source.path, token.line, token.text))
        .collect()
}

#[test]
fn only_the_command_lines_print() {
    let all = sources("src").into_iter().chain(sources("book/src"));
    let speakers = ["src/main.rs", "book/src/main.rs"];
    assert_none(
        all.filter(|s| !speakers.contains(&s.path.as_str()))
            .flat_map(|s| prints(&s)),
    );
}

#[test]
fn printing_is_found() {
    let found = |text: &str| prints(&Source::new("src/a.rs", text)).len();
    assert_eq!(
        found("/// println!(\"documented\")\nfn a() { write!(b, \"print\") }"),
        0
    );
    assert_eq!(
        found("fn a() { let stdout = b.stdout(Stdio::piped()).spawn().stdout; read(stdout) }"),
        0
    );
    assert_eq!(
        found("fn a() { println!(\"x\"); dbg!(1); std::io::stdout().write_all(b) }"),
        3
    );
}

/// The paths of one machine in a text. The names are put together here, so that this file has
/// none of them.
fn machine_paths(path: &str, text: &str) -> Vec<String> {
    let folders = ["work", "root", "home", "farm", "tmp", "Users"].map(|name| format!("/{name}/"));
    let shared = format!("..{}shared", '/');
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let named = folders.iter().any(|folder| {
            line.match_indices(folder).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !(c.is_alphanumeric() || "._-$})".contains(c)))
            })
        });
        if named || line.contains(&shared) {
            faults.push(format!("{path}:{}: {}", index + 1, line.trim()));
        }
    }
    faults
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let texts = files("").into_iter().filter_map(|path| {
        let bytes = std::fs::read(root().join(&path)).expect("a readable file");
        Some((path, String::from_utf8(bytes).ok()?))
    });
    assert_none(texts.flat_map(|(path, text)| machine_paths(&path, &text)));
}

#[test]
fn a_path_of_one_machine_is_found() {
    let path = format!("see {}home{}me", '/', '/');
    assert_eq!(machine_paths("a", &path).len(), 1);
    assert_eq!(
        machine_paths("a", "crates/home/x and target/tmp/y").len(),
        0
    );
}

/// The README's commands are what continuous integration runs; it reads them from there.
#[test]
fn the_readme_has_the_two_commands() {
    let readme = read("README.md");
    let commands: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("cargo "))
        .collect();
    assert_eq!(commands, ["cargo run -p book", "cargo test --workspace"]);
}
