//! What is particular to rows of `f32`: plain sums in `f64`, and what follows within 2⁻³³.

use super::{Group, LANES, Rest, Rows, Sums};
use crate::kernel::elementary::lanes_of_pairs;
use crate::kernel::pair::Pair;

impl Rows for f32 {
    const IN_COLUMNS: bool = false;

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
    fn total_of_lanes(sums: &Sums) -> (f64, f64) {
        let mut lanes = sums.sums;
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] += lanes[i + width];
            }
            width /= 2;
        }
        (lanes[0], 0.0)
    }

    #[inline(always)]
    fn total_of_short(terms: &[Self], count: usize, _: &Rest) -> (f64, f64) {
        (
            terms[..count].iter().map(|&term| f64::from(term)).sum(),
            0.0,
        )
    }

    #[inline(always)]
    fn add_values(sums: &mut Sums, group: &Group) {
        for (sum, value) in sums.sums.iter_mut().zip(&group.value) {
            *sum += value;
        }
    }

    #[inline(always)]
    fn finish<const N: usize>(group: &mut Group, scale: Option<Pair>) {
        for i in 0..N {
            let ratio = group.tail[i] * lanes_of_pairs::exp_lite(-group.logit[i]);
            group.value[i] = group.weight[i] * lanes_of_pairs::ln_1p_lite(ratio);
        }
        let Some(scale) = scale else { return };
        for i in 0..N {
            let e = lanes_of_pairs::exp_lite(group.logit[i]);
            group.factor[i] = group.weight[i] * scale.hi / (group.tail[i] + e);
        }
    }

    #[inline(always)]
    fn multiply(terms: &mut [Self], factor: f64, _: f64) {
        for x in terms {
            *x = (f64::from(*x) * factor) as f32;
        }
    }
}
