//! The losses, one module each: their definitions, what is claimed of them, known failures of
//! other implementations, and the measured bounds of the fast twins.

mod cross_entropy;
mod entropy;
mod every_loss;
mod kl_divergence;
mod measure;
mod rows;
