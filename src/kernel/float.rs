//! The float types that the kernels are generic over, and nothing that computes.

use core::fmt::{Debug, Display};

/// A float type of the fast twins: `f32` or `f64`.
pub trait Float: Copy + PartialOrd + Debug + Display + Send + Sync + 'static {}

impl Float for f32 {}
impl Float for f64 {}
