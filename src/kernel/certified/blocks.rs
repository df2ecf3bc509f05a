//! The functions of the [module](super) on blocks of numbers, part by part, in short loops that become
//! vector code: the operations are those on one number, hence the bits and the bounds. What is added
//! up of them is in [`sum`](super::sum) and [`softmax`](super::softmax).

use super::super::pair::{Pair, fast_two_sum, two_sum};
use super::{NEAR, POWERS, exp_near_0, ln_near_1, logarithm_of_scale, reduced, row, scale};
use super::{split, steps, times};

/// How many lanes the terms are added in.
pub(super) const LANES: usize = 8;
/// How many numbers are worked on at once: so many that the loops are worth their start, and their
/// arrays stay in the nearest cache.
pub(super) const BLOCK: usize = 64;

/// Pairs, part by part.
#[derive(Clone, Copy)]
pub(super) struct Pairs<const N: usize> {
    pub(super) hi: [f64; N],
    pub(super) lo: [f64; N],
}

impl<const N: usize> Pairs<N> {
    pub(super) const ZERO: Self = Self {
        hi: [0.0; N],
        lo: [0.0; N],
    };
}

/// ln x for positive normal x.
#[inline(always)]
pub(super) fn ln<const N: usize>(x: &[f64; N]) -> Pairs<N> {
    let (mut m, mut k, mut bits) = ([0.0; N], [0.0; N], [0; N]);
    for i in 0..N {
        (k[i], m[i], bits[i]) = split(x[i]);
    }
    let (mut r, mut h, mut l) = ([0.0; N], [0.0; N], [0.0; N]);
    for i in 0..N {
        (r[i], h[i], l[i]) = row(bits[i]);
    }
    let mut ln = Pairs::ZERO;
    for i in 0..N {
        let z = reduced(m[i], r[i]);
        (ln.hi[i], ln.lo[i]) = ln_near_1(z, logarithm_of_scale(k[i], (h[i], l[i])));
    }
    ln
}

/// ln(1+x) for −1 < x ≤ 1 (below −½ a float, so that 1+x is one, too).
#[inline(always)]
pub(super) fn ln_1p<const N: usize>(x: &Pairs<N>) -> Pairs<N> {
    let (mut m, mut k, mut low, mut bits) = ([0.0; N], [0.0; N], [0.0; N], [0; N]);
    for i in 0..N {
        let (s, e) = fast_two_sum(1.0, x.hi[i]);
        let (s, e) = fast_two_sum(s, e + x.lo[i]);
        (k[i], m[i], bits[i]) = split(s);
        low[i] = e * scale(bits[i]);
    }
    let (mut r, mut h, mut l) = ([0.0; N], [0.0; N], [0.0; N]);
    for i in 0..N {
        (r[i], h[i], l[i]) = row(bits[i]);
    }
    let mut ln = Pairs::ZERO;
    for i in 0..N {
        let (zh, zl) = reduced(m[i], r[i]);
        let (zh, zl) = fast_two_sum(zh, zl + low[i] * r[i]);
        let (w, rest) = logarithm_of_scale(k[i], (h[i], l[i]));
        let near = x.hi[i].abs() < NEAR;
        let z = if near { (x.hi[i], x.lo[i]) } else { (zh, zl) };
        let w = if near { (0.0, 0.0) } else { (w, rest) };
        (ln.hi[i], ln.lo[i]) = ln_near_1(z, w);
    }
    ln
}

/// eˣ for |x| ≤ [`LARGEST_EXPONENT`](super::LARGEST_EXPONENT).
#[inline(always)]
pub(super) fn exp<const N: usize>(x: &Pairs<N>) -> Pairs<N> {
    let (mut rh, mut rl, mut n) = ([0.0; N], [0.0; N], [0; N]);
    for i in 0..N {
        (n[i], (rh[i], rl[i])) = steps(x.hi[i], x.lo[i]);
    }
    let (mut th, mut tl) = ([0.0; N], [0.0; N]);
    for i in 0..N {
        (th[i], tl[i]) = POWERS[n[i] as usize & 63];
    }
    let mut exp = Pairs::ZERO;
    for i in 0..N {
        (exp.hi[i], exp.lo[i]) = exp_near_0((rh[i], rl[i]), n[i], (th[i], tl[i]));
    }
    exp
}

/// The products of pairs.
#[inline(always)]
pub(super) fn products<const N: usize>(a: &Pairs<N>, b: &Pairs<N>) -> Pairs<N> {
    let mut product = Pairs::ZERO;
    for i in 0..N {
        let a = Pair {
            hi: a.hi[i],
            lo: a.lo[i],
        };
        let b = Pair {
            hi: b.hi[i],
            lo: b.lo[i],
        };
        let Pair { hi, lo } = times(a, b);
        (product.hi[i], product.lo[i]) = (hi, lo);
    }
    product
}

/// Has its highest bit where x is not a number between `low` and `high`, which are positive or +0.
#[inline(always)]
pub(super) fn outside(x: f64, low: f64, high: f64) -> u64 {
    // What wraps around has the highest bit, and so has one of the two if x has it.
    let (x, low, high) = (x.to_bits(), low.to_bits(), high.to_bits());
    x.wrapping_sub(low) | high.wrapping_sub(x)
}

/// The first numbers of a block, and `filling` for the rest.
#[inline(always)]
pub(super) fn filled<const N: usize>(numbers: &[f64], filling: f64) -> [f64; N] {
    let mut block = [filling; N];
    block[..numbers.len()].copy_from_slice(numbers);
    block
}

/// Sums in lanes: the high parts without error, and what is left of them.
pub(super) struct Lanes {
    pub(super) hi: [f64; LANES],
    pub(super) lo: [f64; LANES],
    pub(super) magnitude: [f64; LANES],
}

impl Lanes {
    pub(super) const ZERO: Self = Self {
        hi: [0.0; LANES],
        lo: [0.0; LANES],
        magnitude: [0.0; LANES],
    };

    /// Adds term i to lane i mod [`LANES`].
    #[inline(always)]
    pub(super) fn add<const N: usize>(&mut self, terms: &Pairs<N>) {
        let lows = terms.lo.as_chunks::<LANES>().0;
        for (hi, lo) in terms.hi.as_chunks::<LANES>().0.iter().zip(lows) {
            for i in 0..LANES {
                let (s, e) = two_sum(self.hi[i], hi[i]);
                self.hi[i] = s;
                self.lo[i] += e + lo[i];
                self.magnitude[i] += hi[i].abs();
            }
        }
    }

    /// The lanes added to a high part without error and to what is left of it.
    pub(super) fn added_to(&self, (mut hi, mut lo): (f64, f64)) -> (f64, f64) {
        for (lane, rest) in self.hi.iter().zip(&self.lo) {
            let (s, e) = two_sum(hi, *lane);
            hi = s;
            lo += e + rest;
        }
        (hi, lo)
    }
}
