//! Every chapter as the documentation of a module, so that `cargo test` runs its Rust blocks.
//! A test keeps this list, the folder `chapters` and its `SUMMARY.md` the same.

#[doc = include_str!("../chapters/introduction.md")]
mod introduction {}

#[doc = include_str!("../chapters/why-exactness.md")]
mod why_exactness {}

#[doc = include_str!("../chapters/exact-logarithms.md")]
mod exact_logarithms {}

#[doc = include_str!("../chapters/enclosures.md")]
mod enclosures {}

#[doc = include_str!("../chapters/correct-rounding.md")]
mod correct_rounding {}

#[doc = include_str!("../chapters/certified-rounding.md")]
mod certified_rounding {}

#[doc = include_str!("../chapters/cross-entropy.md")]
mod cross_entropy {}

#[doc = include_str!("../chapters/entropy.md")]
mod entropy {}

#[doc = include_str!("../chapters/kl-divergence.md")]
mod kl_divergence {}

#[doc = include_str!("../chapters/binary-cross-entropy.md")]
mod binary_cross_entropy {}

#[doc = include_str!("../chapters/balanced-cross-entropy.md")]
mod balanced_cross_entropy {}

#[doc = include_str!("../chapters/focal.md")]
mod focal {}

#[doc = include_str!("../chapters/jaccard.md")]
mod jaccard {}

#[doc = include_str!("../chapters/submodularity.md")]
mod submodularity {}

#[doc = include_str!("../chapters/lovasz-extension.md")]
mod lovasz_extension {}

#[doc = include_str!("../chapters/lovasz-losses.md")]
mod lovasz_losses {}

#[doc = include_str!("../chapters/oracle.md")]
mod oracle {}

#[doc = include_str!("../chapters/conformance.md")]
mod conformance {}

#[doc = include_str!("../chapters/benchmarks.md")]
mod benchmarks {}

#[doc = include_str!("../chapters/errata.md")]
mod errata {}

#[doc = include_str!("../chapters/adding-a-loss.md")]
mod adding_a_loss {}

#[doc = include_str!("../chapters/decisions.md")]
mod decisions {}

#[doc = include_str!("../chapters/building.md")]
mod building {}

#[doc = include_str!("../chapters/notices.md")]
mod notices {}
