//! What is particular to rows of `f32`: plain sums in `f64`, and what follows within 2⁻³³.

use super::{Group, LANES, Rest, Rows, Sums};
use crate::kernel::elementary::lanes_of_pairs;
use crate::kernel::pair::Pair;
use crate::kernel::row_terms::masked;

impl Rows for f32 {
    #[inline(always)]
    fn add_lanes(sums: &mut Sums, terms: &[[Self; LANES]]) {
        let mut lanes = sums.sums;
        for row in terms {
            for i in 0..LANES {
                lanes[i] += f64::from(row[i]);
            }
        }
        sums.sums = lanes;
    }

    #[inline(always)]
    fn add_rest(sums: &mut Sums, terms: &[Self; LANES], rest: &Rest) {
        for (i, (sum, &term)) in sums.sums.iter_mut().zip(terms).enumerate() {
            *sum += rest.masked(i, f64::from(term));
        }
    }

    #[inline(always)]
    fn total_of_lanes<const N: usize>(sums: &Sums<N>) -> (f64, f64) {
        let mut lanes = sums.sums;
        let mut width = N / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] += lanes[i + width];
            }
            width /= 2;
        }
        (lanes[0], 0.0)
    }

    #[inline(always)]
    fn tails_of_short<const N: usize>(
        terms: &[Self],
        classes: usize,
        width: usize,
        rest: &Rest,
        group: &mut Group<N>,
    ) {
        let (masks, masks_behind) = rest.halves(width);
        for (i, tail) in group.tail.iter_mut().enumerate() {
            let terms = &terms[i * classes..][..LANES];
            let (terms, behind) = terms.split_at(width);
            let behind = &behind[..width];
            let mut sums = Sums::<N>::ZERO;
            let halves = &mut sums.sums[..width];
            for j in 0..width {
                halves[j] = masked(f64::from(terms[j]), masks[j])
                    + masked(f64::from(behind[j]), masks_behind[j]);
            }
            (*tail, _) = Self::total_of_lanes(&sums);
        }
    }

    #[inline(always)]
    fn total_of_short(terms: &[Self], count: usize, _: &Rest) -> (f64, f64) {
        (
            terms[..count].iter().map(|&term| f64::from(term)).sum(),
            0.0,
        )
    }

    #[inline(always)]
    fn add_values<const N: usize>(sums: &mut Sums<N>, group: &Group<N>) {
        for (sum, value) in sums.sums.iter_mut().zip(&group.value) {
            *sum += value;
        }
    }

    #[inline(always)]
    fn finish<const N: usize>(group: &mut Group<N>, len: usize, scale: Option<Pair>) {
        let (tail, logit, weight) = (
            &group.tail[..len],
            &group.logit[..len],
            &group.weight[..len],
        );
        let value = &mut group.value[..len];
        for i in 0..len {
            let ratio = tail[i] * lanes_of_pairs::exp_lite(-logit[i]);
            value[i] = weight[i] * lanes_of_pairs::ln_1p_lite(ratio);
        }
        let Some(scale) = scale else { return };
        let factor = &mut group.factor[..len];
        for i in 0..len {
            let e = lanes_of_pairs::exp_lite(logit[i]);
            factor[i] = weight[i] * scale.hi / (tail[i] + e);
        }
    }

    #[inline(always)]
    fn times(self, factor: f64, _: f64) -> Self {
        (f64::from(self) * factor) as f32
    }
}
