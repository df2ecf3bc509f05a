//! The sums that certify the rounding of the focal loss from probabilities. How they are rounded lives
//! in [`certified`](super::super::certified).

use super::super::certified::{
    Batching, Certified, collect, collect_rows, in_unit, is_float, selected,
};
use super::super::reduce::count_in_float;
use super::super::rows::ClassTarget;
use super::super::{Base, Parameter, Prediction, Space, Target, Value};
use super::{Alpha, Batch, Focal};
use crate::Error;
use crate::kernel::certified::{Sum, exp, ln, ln_1p, times};
use crate::kernel::focal::{square_root, whole_power};
use crate::kernel::pair::Pair;

impl Certified for Focal {
    fn certify(
        &self,
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Option<Value<Option<f64>>> {
        let alphas: Vec<f64> = match &self.alpha {
            Alpha::None => Vec::new(),
            Alpha::Positive(alpha) => vec![is_float(alpha).then(|| alpha.float())?],
            Alpha::Classes(alphas) => alphas.iter().all(is_float).then(|| floats(alphas))?,
        };
        let alpha_of = |class: usize| match &self.alpha {
            Alpha::None => Pair::ONE,
            Alpha::Positive(_) if class == 1 => Pair::from(alphas[0]),
            Alpha::Positive(_) => Pair::difference(1.0, alphas[0]),
            Alpha::Classes(_) => Pair::from(alphas[class]),
        };
        let gamma: f64 = is_float(&self.gamma).then(|| self.gamma.float())?;
        let batching = |count| Batching {
            reduction: self.reduction,
            base: Base::E,
            divisor: count_in_float(self.reduction, count).value(),
        };
        match self.batch(prediction, target).ok()? {
            Batch::Binary(elements) if elements.space == Space::Probabilities => {
                let count = elements.values.len();
                let mut pairs = elements.values.iter().zip(&elements.targets);
                collect(
                    &batching(count),
                    count,
                    elements.values.shape(),
                    |_, sum| {
                        let Some((&p, &y)) = pairs.next() else { return };
                        if !in_unit(&[p, y]) {
                            return sum.add_unknown();
                        }
                        let (p, other) = (Pair::from(p), Pair::difference(1.0, p));
                        let (y, rest) = (Pair::from(y), Pair::difference(1.0, y));
                        let p_t = p * y + other * rest;
                        let complement = other * y + p * rest;
                        let alpha = match self.alpha {
                            Alpha::None => Pair::ONE,
                            _ => alpha_of(1) * y + alpha_of(0) * rest,
                        };
                        add(alpha, p_t, complement, gamma, sum);
                    },
                )
            }
            Batch::Classes(rows, ClassTarget::Labels(labels))
                if rows.space == Space::Probabilities =>
            {
                collect_rows(
                    &rows,
                    &batching(rows.len()),
                    |index, row, sum| match labels.get(index) {
                        Some(label) if in_unit(row) => {
                            let p = Pair::from(row[label]);
                            let complement = Pair::difference(1.0, p.hi);
                            add(alpha_of(label), p, complement, gamma, sum);
                        }
                        _ => sum.add_unknown(),
                    },
                )
            }
            _ => None,
        }
    }

    fn restricted(
        &self,
        which: &[usize],
        prediction: &Prediction<'_, f64>,
        target: &Target<'_, f64>,
    ) -> Result<(Self, Prediction<'static, f64>, Target<'static, f64>), Error> {
        let (prediction, target) = match self.batch(prediction, target)? {
            Batch::Binary(_) => selected(which, prediction, target),
            Batch::Classes(..) => (prediction.select_rows(which), target.select_rows(which)),
        };
        Ok((self.clone(), prediction, target))
    }
}

fn floats(parameters: &[Parameter]) -> Vec<f64> {
    parameters.iter().map(Parameter::float).collect()
}

/// −α·(1−p_t)^γ·ln p_t, where both p_t and 1 − p_t are given without cancellation.
fn add(alpha: Pair, p_t: Pair, complement: Pair, gamma: f64, sum: &mut Sum) {
    if complement.hi == 0.0 || p_t.hi < f64::MIN_POSITIVE {
        // A limit, or a subnormal number.
        return sum.add_unknown();
    }
    let surprisal = if p_t.hi <= 0.5 {
        -ln(p_t)
    } else {
        -ln_1p(-complement)
    };
    let twice = 2.0 * gamma;
    let (power, errors) = if gamma == 0.0 {
        (Pair::ONE, 2.0)
    } else if twice.fract() == 0.0 && twice <= 64.0 {
        let whole = whole_power(complement, gamma as u32);
        let is_whole = gamma.fract() == 0.0;
        let power = if is_whole {
            whole
        } else {
            times(whole, square_root(complement))
        };
        (power, 2.0)
    } else {
        let exponent = times(ln(complement), Pair::from(gamma));
        if exponent.hi.abs() > 600.0 {
            return sum.add_unknown();
        }
        // The exponent is within 2⁻⁶⁵·⁹ of itself, which is the relative error of the power.
        (exp(exponent), 2.0 + exponent.hi.abs())
    };
    let term = times(surprisal, power);
    if term.hi < 1e-250 || alpha.hi != 0.0 && alpha.hi < 1e-100 {
        return sum.add_unknown();
    }
    sum.add_within(times(term, alpha), errors);
}
