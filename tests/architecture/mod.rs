//! The invariants of the house, read off its sources: who may import whom, who prints, what is
//! documented how, and that every loss is listed everywhere. Each check is a function from text
//! to a list of faults, so that a bad text shows that it can fail.

mod catalogue;
mod documentation;
mod floats;
mod imports;
mod snapshots;
mod text;
mod tokens;

use std::fs;
use std::path::Path;

/// A source file: its path from the root of the repository, and its text.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The path below `src`, without its ending: `exact/real` for `src/exact/real.rs`, and
    /// `exact` for `src/exact/mod.rs`.
    fn module(&self) -> &str {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        path.strip_suffix("/mod").unwrap_or(path)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the repository, as paths from its root. What is built, and what
/// is hidden, is left out; `.ci` is not.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("a readable entry").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let hidden = name.starts_with('.') && name != ".ci";
            if hidden || name == "target" || path.ends_with("book/output") {
                continue;
            }
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(from_root(&path))
            }
        }
    }
    found.sort();
    found
}

fn from_root(path: &Path) -> String {
    let below = path
        .strip_prefix(root())
        .expect("it was found below the root");
    below.to_string_lossy().replace('\\', "/")
}

/// The Rust files below a folder.
fn sources(folder: &str) -> Vec<Source> {
    let rust = files(folder)
        .into_iter()
        .filter(|path| path.ends_with(".rs"));
    rust.map(|path| Source {
        text: read(&path),
        path,
    })
    .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all faults, one a line.
#[track_caller]
fn assert_none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
