//! What is particular to rows of `f64`: compensated sums, and pairs for what follows.

use super::{Group, LANES, Rest, Rows, Sums, accumulate};
use crate::kernel::elementary::lanes_of_pairs;
use crate::kernel::pair::{Pair, fast_two_sum, two_product, two_sum};
use crate::kernel::sum::total_of_lanes;

impl Rows for f64 {
    #[inline(always)]
    fn add_lanes(Sums { sums, rests }: &mut Sums, terms: &[[Self; LANES]]) {
        // A lane is one pair here: of two arrays the compiler makes vectors of unequal widths.
        let mut lanes: [(f64, f64); LANES] = core::array::from_fn(|i| (sums[i], rests[i]));
        for row in terms {
            lanes = core::array::from_fn(|i| {
                let (sum, rest) = two_sum(lanes[i].0, row[i]);
                (sum, lanes[i].1 + rest)
            });
        }
        for (i, lane) in lanes.into_iter().enumerate() {
            (sums[i], rests[i]) = lane;
        }
    }

    #[inline(always)]
    fn add_rest(Sums { sums, rests }: &mut Sums, terms: &[Self; LANES], rest: &Rest) {
        for i in 0..LANES {
            let (sum, low) = two_sum(sums[i], rest.masked(i, terms[i]));
            sums[i] = sum;
            rests[i] += low;
        }
    }

    #[inline(always)]
    fn total_of_lanes<const N: usize>(sums: &Sums<N>) -> (f64, f64) {
        let Pair { hi, lo } = total_of_lanes(&sums.sums, &sums.rests);
        (hi, lo)
    }

    #[inline(always)]
    fn tails_of_short<const N: usize>(
        terms: &[Self],
        classes: usize,
        _: usize,
        _: &Rest,
        group: &mut Group<N>,
    ) {
        let rows: [&[Self]; N] = core::array::from_fn(|i| &terms[i * classes..][..classes]);
        let (mut sums, mut rests) = ([0.0; N], [0.0; N]);
        let term = |row: usize, class: usize| rows[row][class];
        for c in 0..classes {
            for i in 0..N {
                let (sum, rest) = two_sum(sums[i], term(i, c));
                sums[i] = sum;
                rests[i] += rest;
            }
        }
        for i in 0..N {
            (group.tail[i], group.tail_low[i]) = fast_two_sum(sums[i], rests[i]);
        }
    }

    #[inline(always)]
    fn total_of_short(terms: &[Self], count: usize, rest: &Rest) -> (f64, f64) {
        let mut sums = Sums::ZERO;
        accumulate(&mut sums, terms, count, rest);
        Self::total_of_lanes(&sums)
    }

    #[inline(always)]
    fn add_values<const N: usize>(Sums { sums, rests }: &mut Sums<N>, group: &Group<N>) {
        for i in 0..N {
            let (sum, rest) = two_sum(sums[i], group.value[i]);
            sums[i] = sum;
            rests[i] += rest + group.value_low[i];
        }
    }

    #[inline(always)]
    fn finish<const N: usize>(group: &mut Group<N>, len: usize, scale: Option<Pair>) {
        for i in 0..len.min(N) {
            let (tail, tail_low) = (group.tail[i], group.tail_low[i]);
            let weight = group.weight[i];
            let (e, e_low) = lanes_of_pairs::exp(-group.logit[i]);
            let (ratio, ratio_low) = two_product(tail, e);
            let ratio_low = ratio_low + (tail * e_low + tail_low * e);
            let (value, value_low) = lanes_of_pairs::ln_1p(ratio, ratio_low);
            let (p, p_low) = two_product(value, weight);
            (group.value[i], group.value_low[i]) = fast_two_sum(p, p_low + value_low * weight);
        }
        let Some(scale) = scale else { return };
        for i in 0..len.min(N) {
            let (e, e_low) = lanes_of_pairs::exp(group.logit[i]);
            let (s, s_low) = two_sum(group.tail[i], e);
            let s_low = s_low + (group.tail_low[i] + e_low);
            let (n, n_low) = two_product(scale.hi, group.weight[i]);
            let n_low = n_low + scale.lo * group.weight[i];
            let q = n / s;
            let (p, p_low) = two_product(q, s);
            let rest = ((n - p) - p_low) + (n_low - q * s_low);
            (group.factor[i], group.factor_low[i]) = (q, rest / s);
        }
    }

    #[inline(always)]
    fn times(self, factor: f64, factor_low: f64) -> Self {
        self * factor + self * factor_low
    }
}
