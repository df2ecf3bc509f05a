//! The builder of the book: mdBook with one preprocessor of its own, which computes what the
//! chapters print and renders their mathematics, so that the built pages need nothing from
//! elsewhere. The chapters themselves are Markdown, in the folder `chapters`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`preprocess`] | directives and mathematics of a chapter, into HTML |
//! | [`computed`] | the list of all computed figures, tables and values |
//! | [`figure`] | drawing: axes, curves, bands, isolines, surfaces, as inline SVG |
//!
//! Every Rust block of every chapter is a doctest of this crate.

use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;

pub mod computed;
pub mod figure;
pub mod preprocess;

#[cfg(doctest)]
mod chapters;

pub use mdbook_preprocessor::errors::Error;

/// The folder of `book.toml`.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Builds the book into the folder `output`, which is replaced; a relative path is taken from
/// [`root`]. Returns the page to open first.
///
/// # Errors
///
/// Whatever is wrong in a chapter, with its file and line: an unknown directive, mathematics
/// that does not parse, a value that cannot be computed; and failing reads and writes.
pub fn build(output: &Path) -> Result<PathBuf, Error> {
    let mut book = MDBook::load(root())?;
    book.config.build.build_dir = output.to_path_buf();
    book.with_preprocessor(preprocess::Preprocess);
    book.build()?;
    Ok(root().join(output).join("index.html"))
}
