//! Every chapter as the documentation of a module, so that `cargo test` runs its Rust blocks.
//! A test keeps this list, the folder `chapters` and its `SUMMARY.md` the same.

#[doc = include_str!("../chapters/introduction.md")]
mod introduction {}

#[doc = include_str!("../chapters/why-exactness.md")]
mod why_exactness {}

#[doc = include_str!("../chapters/cross-entropy.md")]
mod cross_entropy {}

#[doc = include_str!("../chapters/binary-cross-entropy.md")]
mod binary_cross_entropy {}

#[doc = include_str!("../chapters/balanced-cross-entropy.md")]
mod balanced_cross_entropy {}

#[doc = include_str!("../chapters/focal.md")]
mod focal {}

#[doc = include_str!("../chapters/building.md")]
mod building {}

#[doc = include_str!("../chapters/notices.md")]
mod notices {}
