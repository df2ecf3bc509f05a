//! The floor of the fast twins: floating-point kernels, each with its error bound derived in
//! its module's documentation. There are no rationals here, and nothing of any loss.

mod float;

pub use float::Float;
