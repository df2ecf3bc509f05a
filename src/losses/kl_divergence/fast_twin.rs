//! The fast twin of KL divergence, and nothing that the other twin reads.

use super::super::rows::{self, Batching, ClassTarget, TableMut, WantedGradient};
use super::super::{Scalar, Space, Value, reduce};
use super::{Batch, KlDivergence, NAME};
use crate::Error;
use crate::kernel::Float;
use crate::kernel::elementary::ln_pair;
use crate::kernel::log_sum_exp::Softmax;
use crate::kernel::log_sum_exp::every_class::{Divergence, sum_of_rows};
use crate::kernel::pair::Pair;
use crate::kernel::relative_entropy::term;
use crate::kernel::row_terms::{RelativeEntropy, sum_of_terms};
use crate::kernel::sum::Total;

/// The value of the batch; the gradient is written where one is wanted.
///
/// A row is Σ_c (q_c ln(q_c/p_c) − q_c + p_c) + (Σ_c q_c − Σ_c p_c): terms that are not
/// negative and keep their relative accuracy, and two sums of inputs.
pub(super) fn evaluate<F: Scalar>(
    loss: &KlDivergence,
    batch: &Batch<'_, F>,
    gradient: Option<TableMut<'_, F>>,
) -> Result<Value<F>, Error> {
    let KlDivergence {
        reduction,
        base,
        generalized,
    } = *loss;
    let Batch { rows, target } = batch;
    let divisor = reduce::count_in_float(reduction, rows.len());
    let in_domain = |x: &F| {
        *x >= F::ZERO
            && if generalized {
                x.is_finite()
            } else {
                *x <= F::ONE
            }
    };
    let ClassTarget::Soft(targets, _) = target else {
        return Err(rows.error(NAME, 0));
    };
    let logits = rows.space == Space::Logits;
    let batching = Batching {
        reduction,
        base,
        divisor,
    };
    rows::in_slices(rows, Some(targets), batching, gradient, |slices| {
        let scale = slices.scale.gradient.hi;
        let slow = |_: usize, p: &[F], q: &[F], gradient: Option<&mut [F]>| {
            let gradient = gradient.map(|gradient| (scale, gradient));
            if !q.iter().all(in_domain) {
                return None;
            }
            let mut value = if logits {
                from_logits(p, q, gradient)?
            } else if p.iter().all(in_domain) {
                from_probabilities(p, q, generalized, gradient)
            } else {
                return None;
            };
            if !generalized {
                q.iter().for_each(|q| value.add(q.to_f64()));
                if logits {
                    value.add(-1.0);
                } else {
                    p.iter().for_each(|p| value.add(-p.to_f64()));
                }
            }
            Some(value)
        };
        if logits {
            sum_of_rows(slices, &Divergence { generalized }, &slow)
        } else if generalized {
            sum_of_terms(slices, &RelativeEntropy::<true>, &slow)
        } else {
            sum_of_terms(slices, &RelativeEntropy::<false>, &slow)
        }
        .map_err(|row| match target.distribution(row, rows.classes()) {
            Err(error) => error,
            Ok(_) => rows.error(NAME, row),
        })
    })
}

/// Σ_c (q_c ln(q_c/p_c) − q_c + p_c) of probabilities.
fn from_probabilities<F: Float>(
    p: &[F],
    q: &[F],
    generalized: bool,
    gradient: WantedGradient<'_, F>,
) -> Total {
    let mut total = Total::ZERO;
    for (&p, &q) in p.iter().zip(q) {
        total.add_pair(term(Pair::from(q.to_f64()), Pair::from(p.to_f64())));
    }
    if let Some((scale, output)) = gradient {
        for ((to, &p), &q) in output.iter_mut().zip(p).zip(q) {
            let (p, q) = (p.to_f64(), q.to_f64());
            let slope = match (q == 0.0, p == 0.0) {
                (true, _) => Pair::ZERO,
                (false, true) => -Pair::INFINITY,
                // 1 − q/p = (p − q)/p, which does not cancel.
                (false, false) if generalized => Pair::difference(p, q) / Pair::from(p),
                (false, false) => -(Pair::from(q) / Pair::from(p)),
            };
            let slope = if generalized && q == 0.0 {
                Pair::ONE
            } else {
                slope
            };
            *to = slope.mul_f64(scale).round();
        }
    }
    total
}

/// The same of a softmax, whose probabilities sum to 1; `None` where it has no limit.
///
/// A probability below the floats still has a logarithm: such a term is taken from the
/// surprisal.
fn from_logits<F: Float>(row: &[F], q: &[F], gradient: WantedGradient<'_, F>) -> Option<Total> {
    const SMALL: f64 = f64::MIN_POSITIVE / f64::EPSILON;
    let softmax = Softmax::of(row).ok()?;
    let (mut total, mut mass) = (Total::ZERO, Total::ZERO);
    for (&z, &q) in row.iter().zip(q) {
        let (p, q) = (softmax.probability(z), q.to_f64());
        mass.add(q);
        if p.hi >= SMALL || q == 0.0 {
            total.add_pair(term(Pair::from(q), p));
        } else {
            softmax.add_surprisal(z, q, &mut total);
            total.add_product(q, ln_pair(q));
            total.add(-q);
            total.add_pair(p);
        }
    }
    if let Some((scale, output)) = gradient {
        let target = |c: usize| Pair::from(q[c].to_f64());
        softmax.gradient_into(row, mass.value(), target, scale, output);
    }
    Some(total)
}
