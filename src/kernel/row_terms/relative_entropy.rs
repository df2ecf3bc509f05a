//! The terms of a relative entropy: what they add to the sum of a row, and their slopes. Where
//! they are derived is the [module](super) above; one of them with all care is
//! [`relative_entropy`](crate::kernel::relative_entropy).

use core::f64::consts::LN_2;

use super::LANES;
use super::panel::{Panel, Sums, Watch};
use super::terms::{Term, least, most};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{fast_two_sum, two_sum};

/// q·ln(q/p) − q + p if generalized, else q·ln(q/p).
#[derive(Debug, Clone, Copy)]
pub struct RelativeEntropy<const GENERALIZED: bool>;

impl<const GENERALIZED: bool> RelativeEntropy<GENERALIZED> {
    /// The prediction and the target of an element, or 1 and 1 where the target is 0; and whether both are
    /// in their domain and can be divided by each other.
    #[inline(always)]
    fn watched<F: Lanes>(p: F, q: F, watch: &mut Watch<F>) -> (F, F) {
        let largest = if GENERALIZED { most() } else { F::ONE };
        let none = q == F::ZERO;
        let (x, y) = if none { (F::ONE, F::ONE) } else { (p, q) };
        // Such that a NaN is never the smaller nor, of y, the larger one: it is not between the limits.
        let smaller = if x < y { x } else { y };
        let larger = if y > p { y } else { p };
        watch.see((smaller >= least()) & (larger <= largest) & (p >= F::ZERO));
        (x, y)
    }

    /// d, s and k of the elements; all 0 where the target is 0. Whether all elements are ordinary.
    #[inline(always)]
    fn compare<F: Lanes>(
        p: &[F],
        q: &[F],
        (difference, quotient, k): (&mut [F], &mut [F], &mut [F]),
    ) -> bool {
        let mut watch = Watch::<F>::new();
        for i in 0..p.len() {
            let (x, y) = Self::watched(p[i], q[i], &mut watch);
            let (exponent, x) = x.aligned(y);
            let d = x - y;
            difference[i] = d;
            quotient[i] = d / (x + y);
            k[i] = exponent;
        }
        watch.are_ordinary()
    }

    /// d, s, k and g of `f32`, which the terms are made of. Whether all elements are ordinary.
    #[inline(always)]
    fn steps_of_single<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>) -> bool {
        let len = p.len();
        let [difference, quotient, k, tail] = &mut panel.steps;
        let (difference, quotient) = (&mut difference[..len], &mut quotient[..len]);
        let are_ordinary = Self::compare(p, &q[..len], (difference, quotient, &mut k[..len]));
        for (tail, &s) in tail[..len].iter_mut().zip(&*quotient) {
            let w = s * s;
            *tail = s * ((s - w) * F::half_artanh_tail(w));
        }
        are_ordinary
    }

    /// A term of `f32` but for its steps, with the products in `f64`: d·(s − g) − d.
    #[inline(always)]
    fn without_steps<F: Lanes>(p: F, q: F, d: F, s: F, g: F) -> f64 {
        let d = d.to_f64();
        let bracket = s.to_f64() - g.to_f64();
        if GENERALIZED {
            // p − q more, and so p − p·2⁻ᵏ in the place of −d; p where q is 0. d + q is exact.
            d * bracket + (p.to_f64() - (d + q.to_f64()))
        } else {
            d * (bracket - 1.0)
        }
    }

    /// The terms of `f32`: d·(s − g) − d − q·k·ln 2 for p·2⁻ᵏ.
    #[inline(always)]
    fn single<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>) -> bool {
        let are_ordinary = Self::steps_of_single(p, q, panel);
        let len = p.len();
        let q = &q[..len];
        let [d, s, k, g] = panel.steps.each_ref().map(|step| &step[..len]);
        let terms = &mut panel.terms[..len];
        for i in 0..len {
            let steps = q[i].to_f64() * (k[i].to_f64() * LN_2);
            terms[i] = Self::without_steps(p[i], q[i], d[i], s[i], g[i]) - steps;
        }
        are_ordinary
    }

    /// Adds the terms of `f32` in lanes; q·k, which is exact, in lanes of its own.
    #[inline(always)]
    fn add_single<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>, sums: &mut Sums<F>) -> bool {
        let are_ordinary = Self::steps_of_single(p, q, panel);
        let blocks = |x| <[F]>::as_chunks::<LANES>(x).0.iter();
        let [d, s, k, g] = panel.steps.each_ref().map(|step| blocks(&**step));
        let (mut terms, mut steps) = ([0.0; LANES], [0.0; LANES]);
        for ((p, q), (((d, s), k), g)) in blocks(p).zip(blocks(q)).zip(d.zip(s).zip(k).zip(g)) {
            for i in 0..LANES {
                terms[i] += Self::without_steps(p[i], q[i], d[i], s[i], g[i]);
            }
            for i in 0..LANES {
                steps[i] += q[i].to_f64() * k[i].to_f64();
            }
        }
        for i in 0..LANES {
            sums.add(i, terms[i] - LN_2 * steps[i]);
        }
        are_ordinary
    }

    /// d, s and k of `f64`, and the bracket of near numbers or the logarithm of far ones. Whether all elements are
    /// ordinary.
    #[inline(always)]
    fn steps_of_double<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>) -> bool {
        let len = p.len();
        let [difference, quotient, k, rest] = &mut panel.steps;
        let (difference, quotient) = (&mut difference[..len], &mut quotient[..len]);
        let (k, rest) = (&mut k[..len], &mut rest[..len]);
        let are_ordinary = Self::compare(p, &q[..len], (difference, quotient, k));
        let half = F::from_f64(0.5);
        for i in 0..len {
            let s = quotient[i];
            let w = s * s;
            let tail = s * F::artanh_tail(w);
            let bracket = s * (F::ONE - (F::ONE - s) * (half * tail));
            let logarithm = -((s + s) + w * tail);
            rest[i] = if k[i] == F::ZERO { bracket } else { logarithm };
        }
        are_ordinary
    }

    /// A term of `f64` as a pair.
    #[inline(always)]
    fn pair<F: Lanes>(p: F, q: F, d: F, k: F, rest: F) -> (f64, f64) {
        let (high, low) = F::LN_2;
        // Where q is 0, both numbers were taken as 1: the difference is 0, and k is.
        let near = k == F::ZERO;
        let factor = if near { d } else { q };
        let term = (factor * ((rest - k * low) - k * high)).to_f64();
        // The bracket is of q·ln(q/p) − q + p, the logarithm of q·ln(q/p); p where q is 0.
        if !GENERALIZED {
            let beside = if near { -d } else { F::ZERO };
            // This is the larger one, or there is only one.
            fast_two_sum(beside.to_f64(), term)
        } else {
            let beside = p - q;
            let part = near & (q != F::ZERO);
            let beside = if part { F::ZERO } else { beside };
            two_sum(beside.to_f64(), term)
        }
    }

    /// The terms of `f64`: those of near and far numbers, each in its own way.
    #[inline(always)]
    fn double<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>) -> bool {
        let are_ordinary = Self::steps_of_double(p, q, panel);
        let len = p.len();
        let q = &q[..len];
        let [d, _, k, rest] = panel.steps.each_ref().map(|step| &step[..len]);
        let (terms, lows) = (&mut panel.terms[..len], &mut panel.lows[..len]);
        for i in 0..len {
            (terms[i], lows[i]) = Self::pair(p[i], q[i], d[i], k[i], rest[i]);
        }
        are_ordinary
    }

    /// Adds the terms of `f64` in lanes.
    #[inline(always)]
    fn add_double<F: Lanes>(p: &[F], q: &[F], panel: &mut Panel<F>, sums: &mut Sums<F>) -> bool {
        let are_ordinary = Self::steps_of_double(p, q, panel);
        let blocks = |x| <[F]>::as_chunks::<LANES>(x).0.iter();
        let [d, _, k, rest] = panel.steps.each_ref().map(|step| blocks(&**step));
        for ((p, q), ((d, k), rest)) in blocks(p).zip(blocks(q)).zip(d.zip(k).zip(rest)) {
            for i in 0..LANES {
                let (term, low) = Self::pair(p[i], q[i], d[i], k[i], rest[i]);
                sums.add_pair(i, term, low);
            }
        }
        are_ordinary
    }
}

impl<F: Lanes, const GENERALIZED: bool> Term<F> for RelativeEntropy<GENERALIZED> {
    const WITH_LOWS: bool = size_of::<F>() == 8;

    #[inline(always)]
    fn terms(&self, p: &[F], q: &[F], panel: &mut Panel<F>) -> bool {
        if size_of::<F>() == 4 {
            Self::single(p, q, panel)
        } else {
            Self::double(p, q, panel)
        }
    }

    #[inline(always)]
    fn add_terms(&self, p: &[F], q: &[F], panel: &mut Panel<F>, sums: &mut Sums<F>) -> bool {
        if size_of::<F>() == 4 {
            Self::add_single(p, q, panel, sums)
        } else {
            Self::add_double(p, q, panel, sums)
        }
    }

    #[inline(always)]
    fn slopes(&self, p: &[F], q: &[F], _: &Panel<F>, scale: f64, slopes: &mut [F]) {
        let scale = F::from_f64(scale);
        for ((&p, &q), slope) in p.iter().zip(q).zip(slopes) {
            let (numerator, none) = if GENERALIZED {
                (p - q, F::ONE)
            } else {
                (-q, F::ZERO)
            };
            let quotient = numerator / p;
            *slope = (if q == F::ZERO { none } else { quotient }) * scale;
        }
    }
}
