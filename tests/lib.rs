//! The evidence, one binary: a module for each kind. What needs private items is tested beside
//! them in `src`; the book's own tests are in the member `book`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod architecture;
mod arithmetic;
mod exact;
mod kernel;
mod losses;
mod lovasz;
mod oracle;
mod witness;
