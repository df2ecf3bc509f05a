//! Many terms of one kind added to a sum at once, in lanes: surprisals of probabilities and of logits,
//! divergences, and cross entropies of binary logits. Terms that are not ordinary are added one by one, as [`sum`](super::sum) does.

use super::super::dispatch::{Kernel, dispatch};
use super::super::pair::{Pair, fast_two_sum, two_sum};
use super::blocks::{BLOCK, LANES, Lanes, Pairs, exp, filled, ln, ln_1p, outside, products};
use super::softmax::Softmax;
use super::sum::Sum;

/// How many elements are added up in lanes: with two terms of each, and the lanes, less than a chunk of
/// a sum.
const RUN: usize = 24 * BLOCK;

/// An ordinary weight is 0 or between 2^±100, so that its products with ordinary terms have all
/// their digits.
const LIGHT: f64 = f64::from_bits((1023 - 100) << 52);
const HEAVY: f64 = f64::from_bits((1023 + 100) << 52);
/// What is smaller leads to terms that are not ordinary.
const SMALL: f64 = f64::from_bits((1023 - 300) << 52);

/// Weights of elements, as pairs part by part; without low parts they are floats.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// The high parts.
    pub hi: &'a [f64],
    /// The low parts, or none.
    pub lo: Option<&'a [f64]>,
}

impl<'a> From<&'a [f64]> for Weights<'a> {
    fn from(weights: &'a [f64]) -> Self {
        Self {
            hi: weights,
            lo: None,
        }
    }
}

impl Weights<'_> {
    /// Whether there is one for each of `count` elements.
    pub(super) fn check(self, count: usize) {
        assert_eq!(self.hi.len(), count, "a weight for each element");
        assert!(
            self.lo.is_none_or(|lo| lo.len() == count),
            "a low part for each"
        );
    }

    fn at(self, index: usize) -> Pair {
        Pair {
            hi: self.hi[index],
            lo: self.lo.map_or(0.0, |lo| lo[index]),
        }
    }

    /// The weights from `start` on, and 0 where there are no more.
    #[inline(always)]
    fn block<const N: usize>(self, start: usize, count: usize) -> Pairs<N> {
        Pairs {
            hi: filled(&self.hi[start..start + count], 0.0),
            lo: match self.lo {
                Some(lo) => filled(&lo[start..start + count], 0.0),
                None => [0.0; N],
            },
        }
    }
}

/// Terms of a sum, one or two for each element.
pub(super) trait Terms: Copy {
    /// Fewer elements are faster one by one: the start of the lanes, and their sum, cost more.
    const FEW: usize = 0;
    /// How many elements there are.
    fn len(&self) -> usize;
    /// Adds the terms of `count` ≤ N elements, if they are ordinary, or nothing: whether they are.
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool;
    /// Adds the terms of one element, whatever they are.
    fn add_one(&self, index: usize, sum: &mut Sum);
}

/// Adds all terms.
pub(super) fn add<T: Terms>(terms: T, sum: &mut Sum) {
    if terms.len() < T::FEW {
        return (0..terms.len()).for_each(|index| terms.add_one(index, sum));
    }
    let mut start = 0;
    while start < terms.len() {
        let end = terms.len().min(start + RUN);
        let lanes = dispatch(Run {
            terms,
            range: start..end,
            sum,
        });
        sum.add_lanes(&lanes, 2 * (end - start));
        start = end;
    }
}

/// The work on some elements.
struct Run<'a, T> {
    terms: T,
    range: core::ops::Range<usize>,
    sum: &'a mut Sum,
}

impl<T: Terms> Run<'_, T> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, start: usize, count: usize, lanes: &mut Lanes) {
        if !self.terms.add_block::<N>(start, count, lanes) {
            self.one_by_one(start, count);
        }
    }

    #[inline(never)]
    fn one_by_one(&mut self, start: usize, count: usize) {
        for index in start..start + count {
            self.terms.add_one(index, self.sum);
        }
    }
}

impl<T: Terms> Kernel for Run<'_, T> {
    type Output = Lanes;

    #[inline(always)]
    fn run(mut self) -> Lanes {
        let mut lanes = Lanes::ZERO;
        let (mut at, end) = (self.range.start, self.range.end);
        while end - at >= BLOCK {
            self.block::<BLOCK>(at, BLOCK, &mut lanes);
            at += BLOCK;
        }
        while at < end {
            let count = (end - at).min(LANES);
            self.block::<LANES>(at, count, &mut lanes);
            at += count;
        }
        lanes
    }
}

/// Subtracts the logarithms times their weights, if the signs of the flags say that all are ordinary; says
/// whether they are.
#[inline(always)]
fn subtract_ordinary<const N: usize>(
    mut logarithms: Pairs<N>,
    weights: &Pairs<N>,
    flags: u64,
    lanes: &mut Lanes,
) -> bool {
    for i in 0..N {
        (logarithms.hi[i], logarithms.lo[i]) = (-logarithms.hi[i], -logarithms.lo[i]);
    }
    let ordinary = flags >> 63 == 0;
    if ordinary {
        lanes.add(&products(&logarithms, weights));
    }
    ordinary
}

/// −w·ln p.
#[derive(Clone, Copy)]
pub(super) struct Surprisals<'a> {
    pub(super) weights: Weights<'a>,
    pub(super) p: &'a [f64],
}

impl Terms for Surprisals<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.p.len()
    }

    #[inline(always)]
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool {
        let mut p = filled::<N>(&self.p[start..start + count], 1.0);
        let w = self.weights.block::<N>(start, count);
        let mut flags = 0;
        for (p, &w) in p.iter_mut().zip(&w.hi) {
            // What has no weight has no term, if it is a probability.
            let idle = w == 0.0;
            let weight = if idle { 1.0 } else { w };
            flags |= outside(weight, LIGHT, HEAVY) | outside(*p, 0.0, 1.0);
            *p = if idle { 1.0 } else { *p };
            flags |= outside(*p, f64::MIN_POSITIVE, 1.0);
        }
        subtract_ordinary(ln(&p), &w, flags, lanes)
    }

    fn add_one(&self, index: usize, sum: &mut Sum) {
        let p = self.p[index];
        if (0.0..=1.0).contains(&p) {
            sum.add_surprisal(self.weights.at(index), p);
        } else {
            sum.add_unknown();
        }
    }
}

/// q·ln q and −q·ln p.
#[derive(Clone, Copy)]
pub(super) struct Divergences<'a> {
    pub(super) q: &'a [f64],
    pub(super) p: &'a [f64],
}

impl Terms for Divergences<'_> {
    const FEW: usize = 4;

    #[inline(always)]
    fn len(&self) -> usize {
        self.q.len()
    }

    #[inline(always)]
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool {
        let mut q = filled::<N>(&self.q[start..start + count], 0.0);
        let mut p = filled::<N>(&self.p[start..start + count], 1.0);
        let weights = Pairs {
            hi: q,
            lo: [0.0; N],
        };
        let mut flags = 0;
        for (q, p) in q.iter_mut().zip(&mut p) {
            // A target of 0 has no term, if the other is a probability.
            let idle = *q == 0.0;
            flags |= outside(*p, 0.0, 1.0);
            *q = if idle { 1.0 } else { *q };
            *p = if idle { 1.0 } else { *p };
            flags |= outside(*q, LIGHT, 1.0) | outside(*p, f64::MIN_POSITIVE, 1.0);
        }
        if flags >> 63 != 0 {
            return false;
        }
        lanes.add(&products(&ln(&q), &weights));
        subtract_ordinary(ln(&p), &weights, flags, lanes)
    }

    fn add_one(&self, index: usize, sum: &mut Sum) {
        let (q, p) = (self.q[index], self.p[index]);
        if (0.0..=1.0).contains(&q) && (0.0..=1.0).contains(&p) {
            sum.add_divergence(q, p);
        } else {
            sum.add_unknown();
        }
    }
}

/// −w·ln p of the classes of a row of logits.
#[derive(Clone, Copy)]
pub(super) struct Classes<'a> {
    pub(super) weights: Weights<'a>,
    pub(super) row: &'a [f64],
    pub(super) softmax: Softmax,
}

impl Terms for Classes<'_> {
    const FEW: usize = 3 * LANES;

    #[inline(always)]
    fn len(&self) -> usize {
        self.row.len()
    }

    #[inline(always)]
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool {
        let row = filled::<N>(&self.row[start..start + count], 0.0);
        let w = self.weights.block::<N>(start, count);
        let mut surprisals = Pairs::<N>::ZERO;
        let mut flags = 0;
        for (i, &z) in row.iter().enumerate() {
            // What has no weight has no term, even where it is infinite.
            let idle = w.hi[i] == 0.0;
            let surprisal = self.softmax.surprisal(z);
            surprisals.hi[i] = if idle { 1.0 } else { surprisal.hi };
            surprisals.lo[i] = if idle { 0.0 } else { surprisal.lo };
            let weight = if idle { 1.0 } else { w.hi[i] };
            flags |= outside(weight, LIGHT, HEAVY) | outside(surprisals.hi[i], SMALL, 1.0 / SMALL);
        }
        let ordinary = flags >> 63 == 0;
        if ordinary {
            lanes.add(&products(&surprisals, &w));
        }
        ordinary
    }

    fn add_one(&self, index: usize, sum: &mut Sum) {
        let weight = self.weights.at(index);
        self.softmax.add_surprisal(weight, self.row[index], sum);
    }
}

/// −w·ln(1−p).
#[derive(Clone, Copy)]
pub(super) struct Complements<'a> {
    pub(super) weights: Weights<'a>,
    pub(super) p: &'a [f64],
}

impl Terms for Complements<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.p.len()
    }

    #[inline(always)]
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool {
        const BELOW_1: f64 = 1.0 - f64::EPSILON / 2.0;
        let p = filled::<N>(&self.p[start..start + count], 0.0);
        let w = self.weights.block::<N>(start, count);
        let mut minus = Pairs::<N>::ZERO;
        let mut flags = 0;
        for (i, &p) in p.iter().enumerate() {
            let idle = (w.hi[i] == 0.0) | (p == 0.0);
            let weight = if w.hi[i] == 0.0 { 1.0 } else { w.hi[i] };
            let ordinary = if idle { 0.5 } else { p };
            flags |= outside(weight, LIGHT, HEAVY) | outside(p, 0.0, 1.0);
            flags |= outside(ordinary, SMALL, BELOW_1);
            minus.hi[i] = if idle { 0.0 } else { -p };
        }
        subtract_ordinary(ln_1p(&minus), &w, flags, lanes)
    }

    fn add_one(&self, index: usize, sum: &mut Sum) {
        let p = self.p[index];
        if (0.0..=1.0).contains(&p) {
            sum.add_complement(self.weights.at(index), p);
        } else {
            sum.add_unknown();
        }
    }
}

/// a·ln(1+e⁻ˣ) + b·ln(1+eˣ).
#[derive(Clone, Copy)]
pub(super) struct Logits<'a> {
    pub(super) x: &'a [f64],
    /// The weights a.
    pub(super) ones: Weights<'a>,
    /// The weights b; without them they are 1 − a.
    pub(super) zeros: Option<Weights<'a>>,
}

impl Terms for Logits<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.x.len()
    }

    /// With the logarithm l of 1 + e^−|x|: a·(l + max(−x, 0)) + b·(l + max(x, 0)).
    #[inline(always)]
    fn add_block<const N: usize>(&self, start: usize, count: usize, lanes: &mut Lanes) -> bool {
        const LARGE: f64 = 500.0;
        let x = filled::<N>(&self.x[start..start + count], 0.0);
        let a = self.ones.block::<N>(start, count);
        let mut b = Pairs::<N>::ZERO;
        let mut flags = 0;
        if let Some(zeros) = self.zeros {
            b = zeros.block(start, count);
        } else {
            for i in 0..N {
                flags |= outside(a.hi[i], 0.0, 1.0);
                (b.hi[i], b.lo[i]) = fast_two_sum(1.0, -a.hi[i]);
            }
        }
        let (mut minus, mut size, mut weight) =
            (Pairs::<N>::ZERO, Pairs::<N>::ZERO, Pairs::<N>::ZERO);
        for (i, &x) in x.iter().enumerate() {
            let magnitude = x.abs();
            let positive = x > 0.0;
            size.hi[i] = magnitude;
            minus.hi[i] = -magnitude;
            weight.hi[i] = if positive { b.hi[i] } else { a.hi[i] };
            weight.lo[i] = if positive { b.lo[i] } else { a.lo[i] };
            let ordinary = if magnitude == 0.0 { 1.0 } else { magnitude };
            flags |= outside(ordinary, SMALL, LARGE);
            for w in [a.hi[i], b.hi[i]] {
                flags |= outside(if w == 0.0 { 1.0 } else { w }, LIGHT, HEAVY);
            }
        }
        if flags >> 63 != 0 {
            return false;
        }
        let mut log = ln_1p(&exp(&minus));
        if self.zeros.is_some() {
            let mut both = Pairs::<N>::ZERO;
            for i in 0..N {
                let (s, e) = two_sum(a.hi[i], b.hi[i]);
                (both.hi[i], both.lo[i]) = fast_two_sum(s, e + (a.lo[i] + b.lo[i]));
            }
            log = products(&log, &both);
        }
        for i in count..N {
            (log.hi[i], log.lo[i]) = (0.0, 0.0);
        }
        lanes.add(&log);
        lanes.add(&products(&size, &weight));
        true
    }

    fn add_one(&self, index: usize, sum: &mut Sum) {
        let one = self.ones.at(index);
        let Some(zeros) = self.zeros else {
            if !(0.0..=1.0).contains(&one.hi) {
                return sum.add_unknown();
            }
            return sum.add_logit(self.x[index], one, Pair::difference(1.0, one.hi));
        };
        sum.add_logit(self.x[index], one, zeros.at(index));
    }
}
