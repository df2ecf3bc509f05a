//! The ground floor of the exact twins: rationals, certified enclosures, canonical forms and
//! correct rounding. There is no floating-point arithmetic here (floats are read and written
//! bit by bit), and nothing of the kernels or of any loss.
//!
//! | module | what lives there |
//! |---|---|
//! | [`rational`] | lossless lift of floats, parsing, exact sums, the nearest float to a rational |
//! | `ball` | numbers known to about 120 bits, in machine words: the quick answer to most questions |
//! | [`enclosure`] | dyadic numbers and intervals with outward rounding |
//! | [`bernoulli`] | the two outcomes of a binary prediction, from a probability or a logit |
//! | [`distribution`] | class probabilities and surprisals, from probabilities or logits |
//! | [`elementary`] | certified ln, exp and roots, each series with its counted remainder |
//! | [`log_form`] | Σ rᵢ·ln sᵢ + r₀ with decidable equality, by a coprime base |
//! | [`exp_sum`] | Σ cⱼ·exp(aⱼ), the exponential sums behind softmax |
//! | [`real`] | the value type [`Real`] |
//! | [`target_probability`] | p_t, the probability that a prediction gives to its target |
//! | [`set_function`] | set functions, their Lovász extension, its subgradients |
//! | [`round`] | correct rounding with its three outcomes, and the error in ulps |

mod ball;
pub mod bernoulli;
pub mod distribution;
pub mod elementary;
pub mod enclosure;
pub mod exp_sum;
mod expression;
pub mod log_form;
pub(crate) mod ratio;
pub mod rational;
pub mod real;
pub mod round;
pub mod set_function;
pub mod target_probability;

pub(crate) use ball::{Ball, Distance};
pub use bernoulli::Bernoulli;
pub use distribution::Distribution;
pub use enclosure::Enclosure;
pub use exp_sum::ExpSum;
pub use rational::{Extended, Format, Lift, Rational};
pub use real::Real;
pub use round::{Rounded, UlpError};
pub use target_probability::TargetProbability;
