//! The focal loss of binary predictions at the speed of vector lanes: the walk over the elements
//! and the choice of the arithmetic, which is in the two files below. One element with all care
//! is [`kernel::focal`](crate::kernel::focal), which has the formulas.
//!
//! With p = p_t, r = 1 − p_t and s = −ln p_t the value is α·r^γ·s, and the derivative is
//! ∓αf·r^γ·(γ·p·s + r) with respect to a logit, ∓αf·r^γ·(γ·s/r + 1/p) with respect to a
//! probability. Only numbers of one sign are added, so nothing cancels.
//!
//! # How
//!
//! An element is *plain* if its target is 0 or 1 and no part of its terms leaves the range where
//! products of `f64` are exact in pairs: (1 + γ)·|x| ≤ 500, or p_t and 1 − p_t at least
//! e^(−500/(1+γ)). Rows of `LANES` elements are worked on as if all were plain, without a branch; those
//! that are not are then done again, each on its own. So what an element gets depends on it alone.
//! The values are summed in pairs, before they are rounded, as the [module](super) above
//! describes: nothing of the bound of an element is lost in a sum.
//!
//! # Bounds
//!
//! The losses state ½ + (4 + 2γ)/8 ulp in `f64` and ½ + (4 + 2γ)·2⁻¹³ ulp in `f32` for targets 0
//! and 1: before the last rounding (½ + γ/4)·2⁻⁵³, or (4 + 2γ)·2⁻³⁷.
//!
//! *In two parts* e = e^(−|x|) comes within 2⁻⁵⁷·⁶ and ln(1+e) within 2⁻⁵⁶·⁸ of it, as of
//! [`elementary`](crate::kernel::elementary), and −ln p within 2⁻⁵⁶·⁸; the other operations are within 2⁻⁶⁶. So p
//! and r are within 2⁻⁵⁷, and s within 2⁻⁵⁶, since an error of e counts 0.85 times in ln(1+e) where the
//! logarithm has all of its own, at e = 0.41, and less elsewhere. These are bounds of
//! [`kernel::focal`](crate::kernel::focal), and so are those of value and derivative.
//!
//! *In `f64`*, for powers that are products, exponentials and logarithms come within ε = 2⁻³⁷, beside
//! which the roundings of `f64` are nothing. From a logit, in units of ε:
//!
//! | | e → 0, p_t → 1 | x = 0 | e → 0, p_t → 0 |
//! |---|---|---|---|
//! | r, which is (e or 1)/(1 + e) | 1 | ½ | 0 |
//! | s, which is ln(1 + e), or \|x\| more | 2 | 1.8 | 0 |
//! | p·s, which is s − r·s, or (e·r)·s | 2 | 2.3 | 1 |
//! | r^γ, and the value | γ + 2 | ½γ + 1.8 | 0 |
//! | the derivative | γ + 2 | ½γ + 2.3 | 1 |
//!
//! From a probability p and r are exact or rounded once, and s has 1: the value has 1, and so has
//! the derivative.

mod double;
mod single;

use super::sums::Sums;
use super::{Elements, LANES, Outcomes, Outside, is_moderate};
use crate::kernel::bernoulli::Law;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::elementary::exp;
use crate::kernel::focal::{LARGEST_PRODUCT, TargetProbability};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;
use crate::kernel::parallel::{CHUNK, for_parts, ranges};
use crate::kernel::sum::Total;

/// A row of numbers.
type Row = [f64; LANES];

/// Powers and their products down to e^−500 are exact in pairs.
const RANGE: f64 = 500.0;
/// The largest γ of a plain element.
const LARGEST_GAMMA: f64 = 1e6;

/// How r^γ is worked out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Power {
    /// r^whole, times √r if `root`.
    Product { whole: u32, root: bool },
    /// By exponential and logarithm.
    Exponential,
}

/// The focal loss of binary predictions with targets in [0, 1]: α_t·(1 − p_t)^γ·(−ln p_t).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Focal {
    /// γ ≥ 0.
    pub gamma: f64,
    /// α of the two outcomes.
    pub alpha: Outcomes,
    /// Whether the predictions are logits and not probabilities.
    pub logits: bool,
}

/// What the values and the derivatives of the targets 0 and 1 are multiplied with.
#[derive(Debug, Clone, Copy)]
struct Weights {
    value: [Pair; 2],
    slope: [Pair; 2],
}

/// A row of values, as pairs if they are worked out in two parts, and of derivatives.
struct Terms {
    value: Row,
    low: Row,
    slope: Row,
}

impl Terms {
    const ZERO: Self = Self {
        value: [0.0; LANES],
        low: [0.0; LANES],
        slope: [0.0; LANES],
    };
}

/// What belongs to the target: `of_one` if it is 1, else `of_zero`.
#[inline(always)]
fn at_target<T>(of_one: T, of_zero: T, hit: bool) -> (T, T) {
    if hit {
        (of_one, of_zero)
    } else {
        (of_zero, of_one)
    }
}

/// What is the same for all elements.
struct Plan {
    focal: Focal,
    /// The factor of the gradient.
    factor: Pair,
    weights: Weights,
    power: Power,
    /// The largest |x|, or the least p_t and 1 − p_t, of a plain element.
    limit: f64,
}

impl Plan {
    fn new(focal: Focal, factor: Pair) -> Self {
        let Focal {
            gamma,
            alpha,
            logits,
        } = focal;
        let weights = Weights {
            value: [alpha.zero, alpha.one],
            slope: [alpha.zero * factor, -(alpha.one * factor)],
        };
        let is_product = gamma <= LARGEST_PRODUCT && (2.0 * gamma).fract() == 0.0;
        let furthest = RANGE / (gamma + 1.0);
        let all = weights.value.iter().chain(&weights.slope);
        let moderate =
            gamma <= LARGEST_GAMMA && all.copied().all(|weight| is_moderate(weight.hi, 1e18));
        Self {
            focal,
            factor,
            weights,
            power: if is_product {
                Power::Product {
                    whole: gamma as u32,
                    root: gamma.fract() != 0.0,
                }
            } else {
                Power::Exponential
            },
            limit: match (moderate, logits) {
                (true, true) => furthest.min(f64::ORDINARY),
                (true, false) => exp(-furthest),
                // No element is plain.
                (false, true) => -1.0,
                (false, false) => 2.0,
            },
        }
    }

    /// Value and derivative of any element in the domain.
    fn accurate(&self, x: f64, y: f64, with_slope: bool) -> (Total, Pair) {
        let Focal {
            gamma,
            alpha,
            logits,
        } = self.focal;
        let law = if logits {
            Law::from_logit(x)
        } else {
            Law::from_probability(x)
        };
        let target = TargetProbability::of_law(law, y);
        let alpha = alpha.one.mul_f64(y) + alpha.zero * Pair::difference(1.0, y);
        let mut value = Total::ZERO;
        // A weight of 0 makes it 0, also where the value is infinite.
        if alpha != Pair::ZERO {
            value.add_pair(alpha * target.focal(gamma));
        }
        if !with_slope {
            return (value, Pair::ZERO);
        }
        let direction = Pair::difference(2.0 * y, 1.0);
        let weight = alpha * self.factor;
        let slope = if !logits && y == 0.5 {
            Pair::ZERO
        } else if !logits {
            target.slope(gamma, weight) * direction
        } else if y == 0.0 || y == 1.0 {
            weight * (target.slope_in_logit(gamma) * direction)
        } else {
            target.soft_slope_in_logit(x, y, gamma, weight * direction)
        };
        (value, slope)
    }
}

/// The work on one chunk.
struct Work<'a, F> {
    plan: &'a Plan,
    predictions: &'a [F],
    targets: &'a [F],
    values: Option<&'a mut [F]>,
    gradient: Option<&'a mut [F]>,
}

impl<F: Lanes> Work<'_, F> {
    #[inline(always)]
    fn walk<const LOGIT: bool, const SINGLE: bool, const GRADIENT: bool>(
        mut self,
    ) -> Result<Total, Outside> {
        let plan = self.plan;
        let (mut sums, mut total) = (Sums::ZERO, Total::ZERO);
        let len = self.predictions.len();
        let mut at = 0;
        while at < len {
            let end = len.min(at + LANES);
            let (predictions, targets) = (&self.predictions[at..end], &self.targets[at..end]);
            // What the last row lacks is plain, and not taken in.
            let (mut x, mut y) = ([0.5; LANES], [0.0; LANES]);
            let whole = (predictions.first_chunk(), targets.first_chunk());
            if let (Some(predictions), Some(targets)) = whole {
                load(predictions, &mut x);
                load(targets, &mut y);
            } else {
                for (to, from) in x.iter_mut().zip(predictions) {
                    *to = from.to_f64();
                }
                for (to, from) in y.iter_mut().zip(targets) {
                    *to = from.to_f64();
                }
            }
            let mut terms = if SINGLE {
                single::terms::<LOGIT, GRADIENT>(
                    plan.power,
                    plan.focal.gamma,
                    &plan.weights,
                    &x,
                    &y,
                )
            } else {
                double::terms::<LOGIT, GRADIENT>(
                    plan.power,
                    plan.focal.gamma,
                    &plan.weights,
                    &x,
                    &y,
                )
            };
            let mut others = [0_u64; LANES];
            for i in 0..LANES {
                let hard = (y[i] == 1.0) | (y[i] == 0.0);
                let inside = if LOGIT {
                    x[i].abs() <= plan.limit
                } else {
                    (x[i] >= plan.limit) & (1.0 - x[i] >= plan.limit)
                };
                others[i] = u64::from(!(hard & inside));
            }
            let any = any(others);
            if any {
                repair::<LOGIT, GRADIENT>(plan, &x, &y, &others, &mut terms, &mut total)?;
            }
            if let Some(gradient) = self.gradient.as_deref_mut() {
                store(&terms.slope, &mut gradient[at..end]);
            }
            if let Some(values) = self.values.as_deref_mut() {
                store(&terms.value, &mut values[at..end]);
            }
            if any || end - at < LANES {
                for (i, &other) in others.iter().enumerate() {
                    if other != 0 || i >= end - at {
                        (terms.value[i], terms.low[i]) = (0.0, 0.0);
                    }
                }
            }
            sums.add_pairs(&terms.value, &terms.low);
            at = end;
        }
        total.add_pair(sums.total());
        Ok(total)
    }

    #[inline(always)]
    fn with<const LOGIT: bool, const SINGLE: bool>(self) -> Result<Total, Outside> {
        if self.gradient.is_some() {
            self.walk::<LOGIT, SINGLE, true>()
        } else {
            self.walk::<LOGIT, SINGLE, false>()
        }
    }
}

/// Whether any is not 0, halving the lanes.
#[inline(always)]
fn any(mut others: [u64; LANES]) -> bool {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            others[i] |= others[i + width];
        }
        width /= 2;
    }
    others[0] != 0
}

#[inline(always)]
fn load<F: Lanes>(from: &[F; LANES], to: &mut Row) {
    for i in 0..LANES {
        to[i] = from[i].to_f64();
    }
}

/// Rounds a row, or the first part of one.
#[inline(always)]
fn store<F: Lanes>(from: &Row, to: &mut [F]) {
    if let Some(to) = to.first_chunk_mut::<LANES>() {
        for i in 0..LANES {
            to[i] = F::from_f64(from[i]);
        }
    } else {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = F::from_f64(from);
        }
    }
}

/// Does the elements of a row again that are not plain: their values are added to `total`.
#[inline(never)]
fn repair<const LOGIT: bool, const GRADIENT: bool>(
    plan: &Plan,
    x: &Row,
    y: &Row,
    others: &[u64; LANES],
    terms: &mut Terms,
    total: &mut Total,
) -> Result<(), Outside> {
    let unit = 0.0..=1.0;
    for i in (0..LANES).filter(|&i| others[i] != 0) {
        let inside = if LOGIT {
            !x[i].is_nan()
        } else {
            unit.contains(&x[i])
        };
        if !inside || !unit.contains(&y[i]) {
            return Err(Outside);
        }
        let (value, slope) = plan.accurate(x[i], y[i], GRADIENT);
        terms.value[i] = value.round();
        terms.slope[i] = slope.hi;
        total.merge(value);
    }
    Ok(())
}

impl<F: Lanes> Kernel for Work<'_, F> {
    type Output = Result<Total, Outside>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        // Folded at compile time: whether `f64` is enough for products that end up in this type.
        let single = F::EPSILON.to_f64() > 1e-10;
        let is_product = matches!(self.plan.power, Power::Product { .. });
        match (self.plan.focal.logits, single && is_product) {
            (true, true) => self.with::<true, true>(),
            (true, false) => self.with::<true, false>(),
            (false, true) => self.with::<false, true>(),
            (false, false) => self.with::<false, false>(),
        }
    }
}

impl Focal {
    /// Σ of the losses of all elements. If given, `values` gets the loss of each element, and
    /// `gradient` its derivative times `factor`. Weights of the elements are not taken.
    ///
    /// # Errors
    ///
    /// [`Outside`] where an element is not in the domain; `values` and `gradient` then hold anything.
    ///
    /// # Panics
    ///
    /// Where the lengths differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::kernel::binary::{Elements, Focal, Outcomes};
    /// use exact_loss::kernel::pair::Pair;
    ///
    /// let focal = Focal {
    ///     gamma: 2.0,
    ///     alpha: Outcomes { one: Pair::ONE, zero: Pair::ONE },
    ///     logits: true,
    /// };
    /// let elements = Elements { predictions: &[20.0_f32], targets: &[1.0], weights: None };
    /// let mut gradient = [0.0];
    /// let total = focal.sum(elements, Pair::ONE, None, Some(&mut gradient));
    /// assert_eq!(total.expect("in the domain").round::<f32>(), 8.756511e-27);
    /// assert_eq!(gradient, [-2.6269534e-26]);
    /// ```
    pub fn sum<F: Lanes>(
        self,
        elements: Elements<'_, F>,
        factor: Pair,
        values: Option<&mut [F]>,
        gradient: Option<&mut [F]>,
    ) -> Result<Total, Outside> {
        let plan = &Plan::new(self, factor);
        let mut values = values.map(|values| values.chunks_mut(CHUNK));
        let mut gradient = gradient.map(|gradient| gradient.chunks_mut(CHUNK));
        let parts = ranges(elements.predictions.len(), CHUNK).map(|range| Work {
            plan,
            predictions: &elements.predictions[range.clone()],
            targets: &elements.targets[range],
            values: values.as_mut().and_then(Iterator::next),
            gradient: gradient.as_mut().and_then(Iterator::next),
        });
        let mut result = Ok(Total::ZERO);
        for_parts(parts, dispatch, |part| super::take_in(&mut result, part));
        result
    }
}
