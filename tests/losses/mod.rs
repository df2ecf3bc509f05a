//! The losses, one module each: their definitions, what is claimed of them, known failures of
//! other implementations, and the measured bounds of the fast twins.

mod balanced_cross_entropy;
mod batches;
mod binary_cross_entropy;
mod bits_of_rows;
mod cross_entropy;
mod elements;
mod entropy;
mod every_loss;
mod focal;
mod gradient_terms;
mod kl_divergence;
mod measure;
mod rounded;
mod rows;
