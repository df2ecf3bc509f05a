//! Numbers that start a cache line, for arrays that one loop of vectors leaves to the next. How they are
//! worked on lives with the loops.

use core::ops::{Deref, DerefMut};

/// Places its content such that no vector of it lies across two cache lines, where reading or writing it
/// would take twice as long.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(in crate::kernel) struct Aligned<T>(pub(in crate::kernel) T);

impl<T> Deref for Aligned<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
