//! The terms: what they add to the sum of a row, and their slopes. How rows are walked through
//! lives beside this file, with the bounds.

use super::{LANES, Sums, block};
use crate::kernel::lanes::Lanes;

/// One kind of term, for a block of classes at a time.
#[doc(hidden)]
pub trait Term<F: Lanes>: Sync {
    /// What the targets of a block make of themselves before they meet the prediction.
    type Coefficient: Copy;
    /// What is known of a term once it is added.
    type Known: Copy;
    /// What is known of a row: its label. `None` where the row is left out.
    fn label(&self, row: usize) -> Option<usize>;
    /// The coefficients of the first `count` classes from `at` on, and those of nothing.
    fn coefficients(
        &self,
        label: usize,
        at: usize,
        count: usize,
        q: &[F; LANES],
        sums: &mut Sums<F>,
    ) -> [Self::Coefficient; LANES];
    /// Adds the terms, and keeps what the slopes need of them.
    fn add(
        &self,
        p: &[F; LANES],
        a: &[Self::Coefficient; LANES],
        sums: &mut Sums<F>,
    ) -> [Self::Known; LANES];
    /// The derivatives of the terms by the prediction, times a scale.
    fn slope(
        &self,
        p: &[F; LANES],
        a: &[Self::Coefficient; LANES],
        known: &[Self::Known; LANES],
        scale: f64,
    ) -> [F; LANES];
}

/// 2⁻¹⁰⁰ or 2⁻⁸⁰⁰: numbers from here to 1 can be divided by each other.
#[inline(always)]
fn least<F: Lanes>() -> F {
    F::from_pair(7.888_609e-31, 1.499_696_813_895_631e-241)
}

/// 2²⁰: the largest coefficient that is divided.
#[inline(always)]
fn most<F: Lanes>() -> F {
    F::from_f64(1_048_576.0)
}

/// How targets q become coefficients a = (q·keep + spread)·w.
#[derive(Debug, Clone, Copy)]
pub struct Coefficients<'a, L> {
    /// The class of a row where the targets are labels; q is then 1 at the class and 0 elsewhere.
    /// `None` where the row is left out.
    pub label: L,
    /// Whether the targets are labels.
    pub labelled: bool,
    /// The share of the target.
    pub keep: f64,
    /// What each class gets beside it.
    pub spread: f64,
    /// A weight for each class.
    pub weights: Option<&'a [f64]>,
}

impl<L: Fn(usize) -> Option<usize> + Sync> Coefficients<'_, L> {
    /// The coefficients of a block. Targets must be in [0, 1].
    #[inline(always)]
    pub(in crate::kernel) fn of<F: Lanes>(
        &self,
        (label, at, count): (usize, usize, usize),
        q: &[F; LANES],
        sums: &mut Sums<F>,
    ) -> [f64; LANES] {
        let mut a = [0.0; LANES];
        if self.labelled {
            if let Some(a) = a.get_mut(label.wrapping_sub(at)) {
                *a = 1.0;
            }
        } else {
            for i in 0..LANES {
                a[i] = q[i].to_f64();
                sums.watch(i, q[i], (F::ZERO, F::ONE));
            }
        }
        if self.keep != 1.0 || self.spread != 0.0 {
            for (i, a) in a.iter_mut().enumerate() {
                let mixed = *a * self.keep + self.spread;
                *a = if i < count { mixed } else { 0.0 };
            }
        }
        if let Some(weights) = self.weights {
            let weights = block(weights, at, count);
            for i in 0..LANES {
                a[i] *= weights[i];
            }
        }
        a
    }
}

/// a·(−ln p) for the coefficients a of the targets.
#[derive(Debug, Clone, Copy)]
pub struct Surprisal<'a, L>(pub Coefficients<'a, L>);

impl<F: Lanes, L: Fn(usize) -> Option<usize> + Sync> Term<F> for Surprisal<'_, L> {
    type Coefficient = f64;
    type Known = ();

    #[inline(always)]
    fn label(&self, row: usize) -> Option<usize> {
        (self.0.label)(row)
    }

    #[inline(always)]
    fn coefficients(
        &self,
        label: usize,
        at: usize,
        count: usize,
        q: &[F; LANES],
        sums: &mut Sums<F>,
    ) -> [f64; LANES] {
        self.0.of((label, at, count), q, sums)
    }

    #[inline(always)]
    fn add(&self, p: &[F; LANES], a: &[f64; LANES], sums: &mut Sums<F>) -> [(); LANES] {
        let mut ln = [F::ZERO; LANES];
        for i in 0..LANES {
            let none = a[i] == 0.0;
            sums.watch(i, p[i], (F::ZERO, F::ONE));
            // Both are divided by each other in the slope.
            let x = if none { F::ONE } else { p[i] };
            let coefficient = F::from_f64(if none { 1.0 } else { a[i] });
            sums.watch(i, x, (least(), F::ONE));
            sums.watch(i, coefficient, (least(), most()));
            ln[i] = x.ln_positive();
        }
        for i in 0..LANES {
            sums.add(i, -(a[i] * ln[i].to_f64()));
        }
        [(); LANES]
    }

    #[inline(always)]
    fn slope(&self, p: &[F; LANES], a: &[f64; LANES], _: &[(); LANES], scale: f64) -> [F; LANES] {
        let mut slope = [F::ZERO; LANES];
        let scale = F::from_f64(-scale);
        for i in 0..LANES {
            let quotient = F::from_f64(a[i]) / p[i] * scale;
            slope[i] = if a[i] == 0.0 { F::ZERO } else { quotient };
        }
        slope
    }
}

/// p·(−ln p), which takes no target.
#[derive(Debug, Clone, Copy)]
pub struct Entropy;

impl<F: Lanes> Term<F> for Entropy {
    type Coefficient = ();
    type Known = F;

    #[inline(always)]
    fn label(&self, _: usize) -> Option<usize> {
        Some(0)
    }

    #[inline(always)]
    fn coefficients(
        &self,
        _: usize,
        _: usize,
        _: usize,
        _: &[F; LANES],
        _: &mut Sums<F>,
    ) -> [(); LANES] {
        [(); LANES]
    }

    /// Adds the terms, and keeps ln p.
    #[inline(always)]
    fn add(&self, p: &[F; LANES], _: &[(); LANES], sums: &mut Sums<F>) -> [F; LANES] {
        let mut ln = [F::ZERO; LANES];
        for i in 0..LANES {
            sums.watch(i, p[i], (F::ZERO, F::ONE));
            let x = if p[i] > F::ZERO { p[i] } else { F::ONE };
            ln[i] = x.ln_positive();
        }
        for i in 0..LANES {
            sums.add(i, -(p[i].to_f64() * ln[i].to_f64()));
        }
        ln
    }

    #[inline(always)]
    fn slope(&self, p: &[F; LANES], _: &[(); LANES], ln: &[F; LANES], scale: f64) -> [F; LANES] {
        let mut slope = [F::ZERO; LANES];
        for i in 0..LANES {
            let finite = F::from_f64((-ln[i].to_f64() - 1.0) * scale);
            slope[i] = if p[i] > F::ZERO { finite } else { F::INFINITY };
        }
        slope
    }
}

/// q·ln(q/p) − q + p if generalized, else q·ln(q/p).
#[derive(Debug, Clone, Copy)]
pub struct RelativeEntropy<const GENERALIZED: bool>;

impl<const GENERALIZED: bool> RelativeEntropy<GENERALIZED> {
    /// The prediction and the target of an element, or 1 and 1 where the target is 0. Refuses the
    /// row if one of them is not in its domain, or too small to be divided by the other.
    #[inline(always)]
    fn watched<F: Lanes>(i: usize, p: F, q: F, sums: &mut Sums<F>) -> (F, F) {
        let largest = if GENERALIZED { most() } else { F::ONE };
        let none = q == F::ZERO;
        let (x, y) = if none { (F::ONE, F::ONE) } else { (p, q) };
        sums.watch(i, p, (F::ZERO, largest));
        sums.watch(i, x, (least(), largest));
        sums.watch(i, y, (least(), largest));
        (x, y)
    }

    /// (k, p·2⁻ᵏ), where k = 0 if ½ ≤ p/q ≤ 2, and p·2⁻ᵏ is near q.
    #[inline(always)]
    fn aligned<F: Lanes>(p: F, q: F) -> (F, F) {
        let near = (p - q).abs() * F::from_f64(3.0) <= p + q;
        let (k, aligned) = p.aligned(q);
        if near { (F::ZERO, p) } else { (k, aligned) }
    }

    /// The terms of `f32`: d·s·(1 − (1−s)·s·P/2) − d − q·k·ln 2 for p·2⁻ᵏ, added up in `f64`.
    #[inline(always)]
    fn single<F: Lanes>(p: &[F; LANES], q: &[F; LANES], sums: &mut Sums<F>) {
        let half = F::from_f64(0.5);
        let mut difference = [F::ZERO; LANES];
        let mut bracket = [F::ZERO; LANES];
        let mut k = [F::ZERO; LANES];
        let mut scaled = [F::ZERO; LANES];
        for i in 0..LANES {
            let (x, y) = Self::watched(i, p[i], q[i], sums);
            let (exponent, x) = Self::aligned(x, y);
            let d = x - y;
            let s = d / (x + y);
            let tail = s * F::artanh_tail(s * s);
            difference[i] = d;
            bracket[i] = s * (F::ONE - (F::ONE - s) * (half * tail));
            k[i] = exponent;
            scaled[i] = if q[i] == F::ZERO { F::ZERO } else { x };
        }
        for i in 0..LANES {
            let d = difference[i].to_f64();
            let steps = q[i].to_f64() * (k[i].to_f64() * core::f64::consts::LN_2);
            let term = if GENERALIZED {
                // p − q more, and so p − p·2⁻ᵏ in the place of −d; p where q is 0.
                d * bracket[i].to_f64() + (p[i].to_f64() - scaled[i].to_f64())
            } else {
                d * (bracket[i].to_f64() - 1.0)
            };
            sums.add(i, term - steps);
        }
    }

    /// The terms of `f64`: those of near and far numbers, each in its own way.
    #[inline(always)]
    fn double<F: Lanes>(p: &[F; LANES], q: &[F; LANES], sums: &mut Sums<F>) {
        let half = F::from_f64(0.5);
        // The term is factor·(rest + k·ln 2), and what is missing beside it.
        let mut factor = [F::ZERO; LANES];
        let mut rest = [F::ZERO; LANES];
        let mut k = [F::ZERO; LANES];
        let mut beside = [F::ZERO; LANES];
        for i in 0..LANES {
            let (x, y) = Self::watched(i, p[i], q[i], sums);
            let (exponent, x) = Self::aligned(x, y);
            let near = exponent == F::ZERO;
            let difference = x - y;
            let s = difference / (x + y);
            let w = s * s;
            let tail = s * F::artanh_tail(w);
            let bracket = s * (F::ONE - (F::ONE - s) * (half * tail));
            let logarithm = -((s + s) + w * tail);
            factor[i] = if near { difference } else { y };
            rest[i] = if near { bracket } else { logarithm };
            k[i] = -exponent;
            beside[i] = if near { difference } else { F::ZERO };
        }
        for i in 0..LANES {
            // The bracket is of q·ln(q/p) − q + p, the logarithm of q·ln(q/p); p where q is 0.
            let missing = if !GENERALIZED {
                -beside[i].to_f64()
            } else if beside[i] == F::ZERO {
                p[i].to_f64() - q[i].to_f64()
            } else {
                0.0
            };
            let (high, low) = F::LN_2;
            let rest = (k[i] * high) + (rest[i] + k[i] * low);
            sums.add(i, (factor[i] * rest).to_f64());
            sums.add(i, missing);
        }
    }
}

impl<F: Lanes, const GENERALIZED: bool> Term<F> for RelativeEntropy<GENERALIZED> {
    type Coefficient = F;
    type Known = ();

    #[inline(always)]
    fn label(&self, _: usize) -> Option<usize> {
        Some(0)
    }

    #[inline(always)]
    fn coefficients(
        &self,
        _: usize,
        _: usize,
        _: usize,
        q: &[F; LANES],
        _: &mut Sums<F>,
    ) -> [F; LANES] {
        *q
    }

    #[inline(always)]
    fn add(&self, p: &[F; LANES], q: &[F; LANES], sums: &mut Sums<F>) -> [(); LANES] {
        if size_of::<F>() == 4 {
            Self::single(p, q, sums);
        } else {
            Self::double(p, q, sums);
        }
        [(); LANES]
    }

    #[inline(always)]
    fn slope(&self, p: &[F; LANES], q: &[F; LANES], _: &[(); LANES], scale: f64) -> [F; LANES] {
        let mut slope = [F::ZERO; LANES];
        let scale = F::from_f64(scale);
        for i in 0..LANES {
            let (numerator, none) = if GENERALIZED {
                (p[i] - q[i], F::ONE)
            } else {
                (-q[i], F::ZERO)
            };
            let quotient = numerator / p[i];
            slope[i] = (if q[i] == F::ZERO { none } else { quotient }) * scale;
        }
        slope
    }
}
