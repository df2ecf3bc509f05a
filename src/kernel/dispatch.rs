//! Which instruction set a kernel is compiled for, chosen when the program runs. What a kernel
//! computes lives with the kernels; work is shared among threads in [`parallel`](super::parallel).
//!
//! A [`Kernel`] is ordinary code: loops over arrays of fixed length, which the compiler turns
//! into vector instructions. [`dispatch`] runs the copy of it that was compiled for the widest
//! vectors of this processor. Every copy does the same IEEE 754 operations in the same order on
//! the same lanes, so the bits of the result do not depend on the [`Level`].
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::dispatch::{Kernel, dispatch};
//!
//! struct Double<'a>(&'a mut [f32]);
//!
//! impl Kernel for Double<'_> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn run(self) {
//!         for x in self.0 {
//!             *x *= 2.0;
//!         }
//!     }
//! }
//! let mut x = [1.0, 2.0];
//! dispatch(Double(&mut x));
//! assert_eq!(x, [2.0, 4.0]);
//! ```

use core::sync::atomic::{AtomicU8, Ordering};

/// Code that is compiled once for each [`Level`].
///
/// [`Kernel::run`] and whatever it calls in its loops must be `#[inline(always)]`: what is not
/// inlined is compiled for [`Level::Baseline`], which is right but slow. (A closure is not
/// enough: its call may stay a function of its own.)
pub trait Kernel {
    /// What the kernel returns.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// What every processor of the target has: on x86-64, vectors of 128 bits.
    Baseline,
    /// x86-64 with AVX2: vectors of 256 bits.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, CD, DQ, VL): vectors of 512 bits.
    Avx512,
}

impl Level {
    /// All levels, narrowest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// Whether this processor has the instruction set.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// The widest level that [`dispatch`] may take.
static WIDEST: AtomicU8 = AtomicU8::new(Level::Avx512 as u8);

/// Limits [`dispatch`] to levels up to `level`, in the whole process. For the tests that compare
/// the bits of the levels, and for measurements.
pub fn limit(level: Level) {
    WIDEST.store(level as u8, Ordering::Relaxed);
}

/// Makes a [`Kernel`] what the crate for run-time dispatch takes, inlined to the end.
struct Inlined<K>(K);

impl<K: Kernel> pulp::NullaryFnOnce for Inlined<K> {
    type Output = K::Output;

    #[inline(always)]
    fn call(self) -> Self::Output {
        self.0.run()
    }
}

/// Runs the copy of `kernel` for the widest vectors of this processor.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        let widest = WIDEST.load(Ordering::Relaxed);
        if widest >= Level::Avx512 as u8
            && let Some(token) = pulp::x86::V4::try_new()
        {
            return token.vectorize(Inlined(kernel));
        }
        if widest >= Level::Avx2 as u8
            && let Some(token) = pulp::x86::V3::try_new()
        {
            return token.vectorize(Inlined(kernel));
        }
    }
    Inlined(kernel).0.run()
}
