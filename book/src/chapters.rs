//! Every chapter as the documentation of a module, so that `cargo test` runs its Rust blocks.
//! A test keeps this list, the folder `chapters` and its `SUMMARY.md` the same.

#[doc = include_str!("../chapters/introduction.md")]
mod introduction {}

#[doc = include_str!("../chapters/why-exactness.md")]
mod why_exactness {}

#[doc = include_str!("../chapters/cross-entropy.md")]
mod cross_entropy {}

#[doc = include_str!("../chapters/jaccard.md")]
mod jaccard {}

#[doc = include_str!("../chapters/submodularity.md")]
mod submodularity {}

#[doc = include_str!("../chapters/lovasz-extension.md")]
mod lovasz_extension {}

#[doc = include_str!("../chapters/lovasz-losses.md")]
mod lovasz_losses {}

#[doc = include_str!("../chapters/building.md")]
mod building {}

#[doc = include_str!("../chapters/notices.md")]
mod notices {}
