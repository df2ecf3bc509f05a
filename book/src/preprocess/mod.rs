//! The preprocessor of the book: each chapter goes through the directives, then through the
//! mathematics. What the directives stand for is in [`crate::computed`].

mod directive;
mod mathematics;

use std::io::{Read, Write};

use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

pub use directive::{Directive, directives};

/// The preprocessor, under the name that `book.toml` gives it.
#[derive(Debug, Clone, Copy)]
pub struct Preprocess;

impl Preprocessor for Preprocess {
    fn name(&self) -> &'static str {
        "book"
    }

    fn run(&self, _context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut failures = Vec::new();
        book.for_each_chapter_mut(|chapter| match render(&chapter.content) {
            Ok(content) => chapter.content = content,
            Err(faults) => failures.extend(faults.iter().map(|fault| describe(chapter, fault))),
        });
        if failures.is_empty() {
            Ok(book)
        } else {
            Err(Error::msg(failures.join("\n")))
        }
    }
}

/// What is wrong in a chapter, and on which of its lines, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// A chapter's Markdown with its directives computed and its mathematics rendered.
///
/// # Errors
///
/// Every fault found: unknown directives, values that cannot be computed, bad mathematics.
///
/// # Examples
///
/// ```
/// let page = book::preprocess::render("The square of $x$.")?;
/// assert!(page.contains("<span class=\"katex\">"));
/// # Ok::<(), Vec<book::preprocess::Fault>>(())
/// ```
pub fn render(markdown: &str) -> Result<String, Vec<Fault>> {
    let expanded = directive::expand(markdown)?;
    mathematics::render(&expanded)
}

/// Markdown and, for each of its lines, the line of the chapter that it came from.
#[derive(Debug, Default)]
struct Expanded {
    text: String,
    origin: Vec<usize>,
}

impl Expanded {
    fn push(&mut self, text: &str, origin: usize) {
        for line in text.lines() {
            self.text.push_str(line);
            self.text.push('\n');
            self.origin.push(origin);
        }
        if text.is_empty() {
            self.text.push('\n');
            self.origin.push(origin);
        }
    }

    fn line_at(&self, offset: usize) -> usize {
        let line = self.text[..offset].matches('\n').count();
        self.origin.get(line).copied().unwrap_or(0)
    }
}

fn describe(chapter: &Chapter, fault: &Fault) -> String {
    let path = chapter
        .source_path
        .as_deref()
        .unwrap_or_else(|| chapter.name.as_ref());
    format!("{}:{}: {}", path.display(), fault.line, fault.message)
}

/// mdBook's protocol of preprocessors: a book comes in as JSON and goes out as JSON.
///
/// # Errors
///
/// The faults of the chapters, and failing reads and writes.
pub fn pipe(input: impl Read, mut output: impl Write) -> Result<()> {
    let (context, book) = mdbook_preprocessor::parse_input(input)?;
    let book = Preprocess.run(&context, book)?;
    serde_json::to_writer(&mut output, &book)?;
    Ok(())
}
