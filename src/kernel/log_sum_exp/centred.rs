//! Numbers of the classes less their mean under a softmax: what the gradient of many a loss by its
//! logits is made of. The softmax itself is beside this file.

use super::Softmax;
use crate::kernel::Float;
use crate::kernel::pair::Pair;

/// The mean Σ_k p_k·v_k of numbers v, one for each class, for the differences of the numbers from it.
///
/// With m the likeliest class, v_c − Σ_k p_k·v_k = (v_c − v_m) − Σ_k p_k·(v_k − v_m): p_m does not
/// occur, in which nothing would be left of 1 − p_m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Centred {
    /// v_m.
    reference: f64,
    /// Σ_k p_k·(v_k − v_m).
    mean: Pair,
    /// A number of the sign of the likeliest term of that sum: all of it may underflow.
    sign: f64,
}

impl Centred {
    /// The mean of a number for each class of a row. Its probability is asked for where the number
    /// differs from that of the likeliest class.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::kernel::log_sum_exp::{Centred, Softmax};
    ///
    /// let row = [40.0_f64, 0.0];
    /// let softmax = Softmax::of(&row)?;
    /// let probability = |class: usize| softmax.probability(row[class]);
    /// let centred = Centred::of(&softmax, &row, |class| [3.0, 1.0][class], probability);
    /// // 3 − (3·p + (1 − p)) = 2·(1 − p).
    /// let twice = softmax.complement(40.0).mul_f64(2.0);
    /// assert_eq!(centred.excess(3.0), twice);
    /// # Ok::<(), exact_loss::kernel::log_sum_exp::Undefined>(())
    /// ```
    #[must_use]
    pub fn of<F: Float>(
        softmax: &Softmax,
        row: &[F],
        number: impl Fn(usize) -> f64,
        probability: impl Fn(usize) -> Pair,
    ) -> Self {
        let likeliest = row.iter().position(|z| z.to_f64() == softmax.max());
        let reference = likeliest.map_or(0.0, &number);
        let (mut mean, mut sign) = (Pair::ZERO, 0.0);
        let mut leader = f64::NEG_INFINITY;
        for (class, z) in row.iter().enumerate() {
            let excess = Pair::difference(number(class), reference);
            if excess == Pair::ZERO {
                continue;
            }
            mean = mean + probability(class) * excess;
            if z.to_f64() > leader {
                (leader, sign) = (z.to_f64(), excess.hi);
            }
        }
        Self {
            reference,
            mean,
            sign,
        }
    }

    /// v_c less the mean. A zero has the sign of what underflowed.
    #[inline]
    #[must_use]
    pub fn excess(&self, number: f64) -> Pair {
        let excess = Pair::difference(number, self.reference);
        if excess == Pair::ZERO && self.mean == Pair::ZERO {
            Pair::from(0.0_f64.copysign(-self.sign))
        } else {
            excess - self.mean
        }
    }
}
