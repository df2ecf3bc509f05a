//! The list of everything that the book computes: a chapter names a figure, a table or a value,
//! and a function here makes it. Each chapter has a file of its own beside this one.

mod balanced_cross_entropy;
pub mod benchmarks;
mod binary_cross_entropy;
mod certified_rounding;
pub mod conformance;
mod correct_rounding;
mod cross_entropy;
mod enclosures;
mod entropy;
pub mod errata;
mod exact_logarithms;
mod focal;
mod jaccard;
mod kl_divergence;
mod lovasz_extension;
mod lovasz_losses;
pub mod numbers;
mod oracle;
mod submodularity;
mod why_exactness;

use exact_loss::losses::Value;
use mdbook_preprocessor::errors::{Error, Result};

/// What a computed thing is, and so what a chapter may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Inline SVG.
    Figure,
    /// A Markdown table, or other Markdown blocks.
    Table,
    /// A piece of text in a line: a number.
    Value,
}

/// A computed thing: its name in the chapters, and the function that makes it.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The name, which begins with the chapter's.
    pub name: &'static str,
    /// Its maker: SVG for a figure, Markdown for a table, text for a value.
    pub make: fn() -> Result<String>,
}

impl Item {
    const fn figure(name: &'static str, make: fn() -> Result<String>) -> Self {
        Item {
            kind: Kind::Figure,
            name,
            make,
        }
    }
    const fn table(name: &'static str, make: fn() -> Result<String>) -> Self {
        Item {
            kind: Kind::Table,
            name,
            make,
        }
    }
    const fn value(name: &'static str, make: fn() -> Result<String>) -> Self {
        Item {
            kind: Kind::Value,
            name,
            make,
        }
    }
}

/// All computed things, a list a chapter.
pub const ALL: &[&[Item]] = &[
    why_exactness::ITEMS,
    exact_logarithms::ITEMS,
    enclosures::ITEMS,
    correct_rounding::ITEMS,
    certified_rounding::ITEMS,
    cross_entropy::ITEMS,
    entropy::ITEMS,
    kl_divergence::ITEMS,
    binary_cross_entropy::ITEMS,
    balanced_cross_entropy::ITEMS,
    focal::ITEMS,
    jaccard::ITEMS,
    submodularity::ITEMS,
    lovasz_extension::ITEMS,
    lovasz_losses::ITEMS,
    oracle::ITEMS,
    conformance::ITEMS,
    benchmarks::ITEMS,
    errata::ITEMS,
    NOTICES,
];

const NOTICES: &[Item] = &[Item::table("notices", || {
    Ok(include_str!("../../../NOTICES.md").to_owned())
})];

/// Every computed thing of every chapter.
pub fn items() -> impl Iterator<Item = &'static Item> {
    ALL.iter().copied().flatten()
}

/// The one number of a batch that was reduced.
fn reduced<T>(value: Value<T>) -> Result<T> {
    value
        .reduced()
        .ok_or_else(|| Error::msg("the value is not reduced"))
}

/// Makes the thing of that name.
///
/// # Errors
///
/// An unknown name, a name of another kind, and whatever the computation says.
pub fn compute(kind: Kind, name: &str) -> Result<String> {
    let Some(item) = items().find(|item| item.name == name) else {
        return Err(Error::msg(format!(
            "{name:?} is not in the list of computed things"
        )));
    };
    if item.kind != kind {
        return Err(Error::msg(format!(
            "{name:?} is a {:?}, not a {kind:?}",
            item.kind
        )));
    }
    (item.make)()
}
