//! The evidence, one binary: a module for each kind. What needs private items is tested beside
//! them in `src`; the book's own tests are in the member `book`.

mod architecture;
mod arithmetic;
mod exact;
mod kernel;
mod losses;
mod lovasz;
mod witness;
