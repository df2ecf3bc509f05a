//! The oracle: cases, the right answers to them, and verdicts on the answers of others. The losses
//! themselves are in [`losses`](crate::losses); arguments and printing are the command line's.
//!
//! | module | what lives there |
//! |---|---|
//! | `case` | [`Case`]: a loss, its parameters and one input |
//! | `dtype` | [`Dtype`]: the number types, read, rounded to and written |
//! | [`generate`] | cases that find bugs, class by class |
//! | `truth` | [`Truth`]: the right answer to a case |
//! | `answer` | [`Answer`]: what a program gave, and what the twins give |
//! | `dialect` | [`Dialect`]: other functions that go by the name of a loss |
//! | `judge` | [`judge`]: whether an answer is right |
//! | [`report`] | what many verdicts amount to |
//! | `criteria` | [`Criteria`]: by what answers are judged |
//! | `check` | [`check_cases`]: a function of Rust against the oracle |
//! | [`mod@line`] | cases and answers as lines of JSON (feature `cli`) |
//!
//! An answer that passes is right for the cases that were tried, which proves nothing of others.

mod answer;
mod case;
mod check;
mod criteria;
mod dialect;
mod dtype;
pub mod generate;
mod judge;
#[cfg(feature = "cli")]
pub mod line;
pub mod report;
mod truth;

pub use answer::{Answer, Answered, Numbers};
pub use case::{Case, Number};
pub use check::{Check, Failed, check_cases};
pub use criteria::Criteria;
pub use dialect::Dialect;
pub use dtype::{Dtype, as_float, read_text};
pub use judge::{Class, Fault, Gradient, Limit, MAX_JUDGE_BITS, Part, Verdict, judge, judge_by};
pub use report::Report;
pub use truth::{MAX_EXPRESSION, Shown, Status, Truth};
