//! The verified reference of loss functions.
//!
//! Every loss has two implementations. The **exact twin** cannot be wrong by rounding: it
//! answers with a [`Real`](exact::Real), which is a rational, a canonical form in logarithms,
//! or a real number that can be enclosed to any width and rounded correctly to a float. The
//! **fast twin** works on `ndarray` views of `f32` or `f64`, and has a stated error bound that
//! the tests measure against the exact twin.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | *loss* | the mathematical function |
//! | *exact twin*, *fast twin* | its two implementations |
//! | *case* | a loss, its parameters and one input |
//! | *claim* | a property that the loss has, always executable |
//! | *bound* | the stated largest error of a fast twin |
//! | *dialect* | a named variant that some library computes under the same name |
//! | *enclosure* | an interval with rational ends that contains the real value |
//! | *oracle* | whatever judges another implementation's answer |
//!
//! # Map
//!
//! * [`exact`]: the ground floor of the exact twins. No floating-point arithmetic.
//! * [`kernel`]: the floor of the fast twins. No rationals.
//! * [`losses`]: the contract, the list of all losses, and one file a loss with both twins.
//! * [`oracle`]: cases, the right answers to them, and verdicts on the answers of others.
//!
//! # What is not promised
//!
//! Agreement with any library's dialect: each loss states the one definition that it computes.
//! Equality of two exact values is decided for rationals and logarithmic forms; for the other
//! reals it is proved or left open, and says which.

pub mod claims;
pub mod error;
pub mod exact;
pub mod kernel;
pub mod losses;
pub mod oracle;

pub use error::Error;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
