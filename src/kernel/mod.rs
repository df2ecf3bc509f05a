//! The floor of the fast twins: floating-point kernels, each with its error bound derived in
//! its module's documentation. There are no rationals here, and nothing of any loss.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`float`](Float) | [`Float`]: the float types `f32` and `f64` |
//! | [`pair`] | [`Pair`](pair::Pair): an unevaluated sum of two `f64`, with its arithmetic |
//! | [`sum`] | compensated sums and dot products that do not overflow on the way |
//! | [`elementary`] | exp, expm1, ln and ln(1+x), rounded and as pairs, one number or a slice |
//! | [`softplus`] | ln(1+eˣ), ln σ(x), σ(x) and 1−σ(x) |
//! | [`certified`] | ln, exp and sums with a proven bound, and the rounding test |
//! | [`weight`] | [`Weight`](weight::Weight): a weight whose products do not underflow on the way |
//! | [`bernoulli`] | the two outcomes of a binary prediction, and their cross entropy |
//! | [`binary`] | batches of binary predictions: sums and gradients in vector lanes and threads |
//! | [`focal`] | the focal loss of one prediction, and powers |
//! | [`relative_entropy`] | one term of a relative entropy, without cancellation |
//! | [`row_terms`] | sums over rows of probabilities: cross entropy, entropy, relative entropy |
//! | [`log_sum_exp`] | a row of logits, or many: softmax, log-sum-exp, surprisals, gradients |
//! | [`lanes`] | fast forms of exp, ln, softplus and σ for loops that become vector code |
//! | [`dispatch`] | the choice of the instruction set when the program runs |
//! | [`parallel`] | chunks of a batch on several threads, with the same bits on any number |
//! | [`confusion`] | how often classes are labelled, predicted, and both |
//! | [`sort`] | radix sort on keys that keep the order of floats |
//! | [`jaccard`] | marginals of the Jaccard loss along an order, and their Lovász extension |
//!
//! # The bits depend on the input only
//!
//! Nothing here uses a fused multiply-add, an elementary function of the platform, or a
//! reduction whose order depends on the processor or on the number of threads. Every operation
//! is an IEEE 754 addition, subtraction, multiplication, division or comparison, or works on
//! bits, in an order that the source fixes.
//!
//! # Words of the derivations
//!
//! *u* is 2⁻⁵³, the unit roundoff of `f64`: `fl(a ∘ b) = (a ∘ b)(1 + δ)` with |δ| ≤ u for each
//! operation that does not underflow. An *ulp* of the exact result y in a format of precision p
//! and least exponent e is 2^(max(⌊log₂|y|⌋, e) − p + 1). A result that is y(1 + δ) and is then
//! rounded to nearest is wrong by at most ½ + |δ|·2ᵖ ulp.

mod aligned;
pub mod bernoulli;
pub mod binary;
pub mod certified;
pub mod confusion;
pub mod dispatch;
pub mod elementary;
mod float;
pub mod focal;
pub mod jaccard;
pub mod lanes;
pub mod log_sum_exp;
pub mod pair;
pub mod parallel;
pub mod relative_entropy;
pub mod row_terms;
pub mod softplus;
pub mod sort;
pub mod sum;
pub mod weight;

pub use float::Float;
