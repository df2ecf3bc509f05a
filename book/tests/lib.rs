//! The evidence for the book, one binary: the chapters as they are written, the pages as they
//! are built, and the pages as a browser shows them.

mod benchmarks;
mod browser;
mod chapters;
mod conformance;
mod html;
mod pages;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The built book, built once for all tests.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("built book");
    book::build(&output).expect("the book builds");
    output
});

/// The files below a folder whose names end so, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
