//! What a term is, and the terms of entropy and cross entropy: what they add to the sum of a row,
//! and their slopes. How rows are walked through, and the bounds, live beside this file; relative
//! entropy has a file of its own.

use super::panel::{Panel, Sums, Watch};
use crate::kernel::lanes::Lanes;

/// One kind of term, worked out for all elements of a panel at a time.
#[doc(hidden)]
pub trait Term<F: Lanes>: Sync {
    /// Whether the terms are pairs.
    const WITH_LOWS: bool = false;
    /// What is known of a row: its label. `None` where the row is left out: its coefficients are then 0, with which
    /// terms and slopes are.
    #[inline(always)]
    fn label(&self, _row: usize) -> Option<usize> {
        Some(0)
    }
    /// The coefficients of a row from the class `at` on, where there are any. Whether its targets are in
    /// their domain.
    #[inline(always)]
    fn coefficients(&self, _label: usize, _at: usize, _q: &[F], _a: &mut [f64]) -> bool {
        true
    }
    /// Works the terms out, and what the slopes need of them. Whether all elements are ordinary.
    fn terms(&self, p: &[F], q: &[F], panel: &mut Panel<F>) -> bool;
    /// The same where the sums of rows are not wanted: adds the terms in lanes, the first to lane 0, and need not
    /// leave them in the panel. There are as many as fill whole rows of lanes.
    #[inline(always)]
    fn add_terms(&self, p: &[F], q: &[F], panel: &mut Panel<F>, sums: &mut Sums<F>) -> bool {
        let are_ordinary = self.terms(p, q, panel);
        sums.take_in_whole(panel, (0, p.len()), Self::WITH_LOWS);
        are_ordinary
    }
    /// The derivatives of the terms by the prediction, times a scale.
    fn slopes(&self, p: &[F], q: &[F], panel: &Panel<F>, scale: f64, slopes: &mut [F]);
}

/// 2⁻¹⁰⁰ or 2⁻⁸⁰⁰: numbers from here to 1 can be divided by each other.
#[inline(always)]
pub(super) fn least<F: Lanes>() -> F {
    F::from_pair(7.888_609e-31, 1.499_696_813_895_631e-241)
}

/// 2²⁰: the largest coefficient that is divided.
#[inline(always)]
pub(super) fn most<F: Lanes>() -> F {
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
    /// The coefficients of the first `count` classes from `at` on, and after them zeros, where q has
    /// them. Whether the targets are in [0, 1].
    #[inline(always)]
    pub(in crate::kernel) fn of<F: Lanes>(
        &self,
        (label, at, count): (usize, usize, usize),
        q: &[F],
        a: &mut [f64],
    ) -> bool {
        let mut watch = Watch::<F>::new();
        if self.labelled {
            a.fill(0.0);
            if let Some(a) = a.get_mut(label.wrapping_sub(at)) {
                *a = 1.0;
            }
        } else {
            for (a, &q) in a.iter_mut().zip(q) {
                *a = q.to_f64();
                watch.see((q >= F::ZERO) & (q <= F::ONE));
            }
        }
        if self.keep != 1.0 || self.spread != 0.0 {
            for a in &mut a[..count] {
                *a = *a * self.keep + self.spread;
            }
        }
        if let Some(weights) = self.weights {
            for (a, weight) in a[..count].iter_mut().zip(&weights[at..]) {
                *a *= weight;
            }
        }
        watch.are_ordinary()
    }
}

/// a·(−ln p) for the coefficients a of the targets.
#[derive(Debug, Clone, Copy)]
pub struct Surprisal<'a, L>(pub Coefficients<'a, L>);

impl<F: Lanes, L: Fn(usize) -> Option<usize> + Sync> Term<F> for Surprisal<'_, L> {
    #[inline(always)]
    fn label(&self, row: usize) -> Option<usize> {
        (self.0.label)(row)
    }

    #[inline(always)]
    fn coefficients(&self, label: usize, at: usize, q: &[F], a: &mut [f64]) -> bool {
        self.0.of((label, at, a.len()), q, a)
    }

    #[inline(always)]
    fn terms(&self, p: &[F], _: &[F], panel: &mut Panel<F>) -> bool {
        let len = p.len();
        let a = &panel.coefficients[..len];
        let ln = &mut panel.steps[0][..len];
        let mut watch = Watch::<F>::new();
        for i in 0..len {
            let none = a[i] == 0.0;
            // Both are divided by each other in the slope.
            let x = if none { F::ONE } else { p[i] };
            let coefficient = F::from_f64(if none { 1.0 } else { a[i] });
            watch.see(
                (p[i] >= F::ZERO)
                    & (p[i] <= F::ONE)
                    & (x >= least())
                    & (coefficient >= least())
                    & (coefficient <= most()),
            );
            ln[i] = x.ln_positive();
        }
        let terms = &mut panel.terms[..len];
        for i in 0..len {
            terms[i] = -(a[i] * ln[i].to_f64());
        }
        watch.are_ordinary()
    }

    #[inline(always)]
    fn slopes(&self, p: &[F], _: &[F], panel: &Panel<F>, scale: f64, slopes: &mut [F]) {
        let scale = F::from_f64(-scale);
        for ((slope, &p), &a) in slopes.iter_mut().zip(p).zip(&*panel.coefficients) {
            let quotient = F::from_f64(a) / p * scale;
            *slope = if a == 0.0 { F::ZERO } else { quotient };
        }
    }
}

/// p·(−ln p), which takes no target.
#[derive(Debug, Clone, Copy)]
pub struct Entropy;

impl<F: Lanes> Term<F> for Entropy {
    #[inline(always)]
    fn terms(&self, p: &[F], _: &[F], panel: &mut Panel<F>) -> bool {
        let len = p.len();
        let ln = &mut panel.steps[0][..len];
        let mut watch = Watch::<F>::new();
        for (ln, &p) in ln.iter_mut().zip(p) {
            watch.see((p >= F::ZERO) & (p <= F::ONE));
            let x = if p > F::ZERO { p } else { F::ONE };
            *ln = x.ln_positive();
        }
        for ((term, &ln), &p) in panel.terms.iter_mut().zip(&*ln).zip(p) {
            *term = -(p.to_f64() * ln.to_f64());
        }
        watch.are_ordinary()
    }

    #[inline(always)]
    fn slopes(&self, p: &[F], _: &[F], panel: &Panel<F>, scale: f64, slopes: &mut [F]) {
        for ((slope, &p), &ln) in slopes.iter_mut().zip(p).zip(&*panel.steps[0]) {
            let finite = F::from_f64((-ln.to_f64() - 1.0) * scale);
            *slope = if p > F::ZERO { finite } else { F::INFINITY };
        }
    }
}
