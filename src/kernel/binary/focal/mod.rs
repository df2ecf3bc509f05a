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
//! e^(−500/(1+γ)). Blocks of `BLOCK` elements are worked on as if all were plain, without a branch, in several
//! loops over the block: the chains of a loop should not be longer than what a processor looks ahead. The
//! elements that are not plain are then done again, each on its own. So what an element gets depends on it alone.
//! The values are summed before they are rounded, in pairs or, for `f32`, in `f64`, as the [module](super)
//! above describes: nothing of the bound of an element is lost in a sum.
//!
//! # Bounds
//!
//! The losses state ½ + (4 + 2γ)/8 ulp in `f64` and ½ + (4 + 2γ)·2⁻⁹ ulp in `f32` for targets 0
//! and 1: before the last rounding (½ + γ/4)·2⁻⁵³, or (4 + 2γ)·2⁻³³.
//!
//! *In two parts* e = e^(−|x|) comes within 2⁻⁵⁷·⁶ and ln(1+e) within 2⁻⁵⁶·⁸ of it, as of
//! [`elementary`](crate::kernel::elementary), and −ln p within 2⁻⁵⁶·⁸; the other operations are within 2⁻⁶⁶. So p
//! and r are within 2⁻⁵⁷, and s within 2⁻⁵⁶, since an error of e counts 0.85 times in ln(1+e) where the
//! logarithm has all of its own, at e = 0.41, and less elsewhere. These are bounds of
//! [`kernel::focal`](crate::kernel::focal), and so are those of value and derivative.
//!
//! *In `f64`*, for powers that are products, exponentials and logarithms come within ε = 2⁻³³, beside
//! which the roundings of `f64` are nothing. From a logit, in units of ε:
//!
//! | | e → 0, p_t → 1 | x = 0 | e → 0, p_t → 0 |
//! |---|---|---|---|
//! | r, which is (e or 1)/(1 + e) | 1 | ½ | 0 |
//! | s, which is ln(1 + e), or \|x\| more | 2 | 1.8 | 0 |
//! | p·s, where p is (1 or e)/(1 + e) | 2 | 2.3 | 1 |
//! | r^γ, and the value | γ + 2 | ½γ + 1.8 | 0 |
//! | the derivative | γ + 2 | ½γ + 2.3 | 1 |
//!
//! From a probability p and r are exact or rounded once, and s has 1: the value has 1, and so has
//! the derivative.

mod double;
mod single;

use super::cross_entropy::is_hard;
use super::sums::Sums;
use super::{Elements, LANES, Outcomes, Outside, is_moderate};
use crate::kernel::aligned::Aligned;
use crate::kernel::bernoulli::Law;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::elementary::exp;
use crate::kernel::focal::{LARGEST_PRODUCT, TargetProbability};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::Pair;
use crate::kernel::parallel::{CHUNK, for_parts, ranges};
use crate::kernel::sum::Total;

/// How many elements are worked on in one loop before the next, a multiple of `LANES`: few enough that
/// what the loops leave to each other stays in the first cache.
const BLOCK: usize = 8 * LANES;
/// A number for each element of a block.
type Row = Aligned<[f64; BLOCK]>;

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

impl Power {
    /// r², of the usual γ.
    const SQUARE: Self = Self::Product {
        whole: 2,
        root: false,
    };
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

/// The values of a block, as unevaluated sums if they are worked out in two parts.
struct Values {
    hi: Row,
    lo: Row,
}

/// The elements of a block.
struct Block<'a, F> {
    x: &'a [F],
    y: &'a [F],
}

impl<F> Block<'_, F> {
    fn first(&self, count: usize) -> Self {
        Self {
            x: &self.x[..count],
            y: &self.y[..count],
        }
    }
}

/// How the terms of a block are worked out: holds what one loop over the block leaves to the next.
trait Arithmetic {
    /// With nothing in it.
    const NEW: Self;
    /// Whether the values are sums of two.
    const IN_TWO_PARTS: bool;

    /// Reads logits, and works out what the terms are made of; p only if `WITH_P`.
    fn read_logits<F: Lanes, const WITH_P: bool>(&mut self, x: &[F], y: &[F]);

    /// Reads probabilities.
    fn read_probabilities<F: Lanes>(&mut self, x: &[F], y: &[F]);

    /// The weighted values and, if `GRADIENT`, derivatives of what was read.
    fn weigh<F: Lanes, const LOGIT: bool, const GRADIENT: bool>(
        &mut self,
        plan: &Plan,
        y: &[F],
        values: &mut Values,
        slopes: &mut [F],
    );

    /// The weighted values and, if `GRADIENT`, derivatives of elements as if all were plain.
    #[inline(always)]
    fn terms<F: Lanes, const LOGIT: bool, const GRADIENT: bool>(
        &mut self,
        plan: &Plan,
        &Block { x, y }: &Block<'_, F>,
        values: &mut Values,
        slopes: &mut [F],
    ) {
        if LOGIT {
            self.read_logits::<F, GRADIENT>(x, y);
        } else {
            self.read_probabilities(x, y);
        }
        self.weigh::<F, LOGIT, GRADIENT>(plan, y, values, slopes);
    }
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

/// A logit with the sign that makes the loss rise with it: p_t = 1/(1 + e^z).
#[inline(always)]
fn against<F: Lanes>(x: F, y: F) -> f64 {
    if y == F::ONE { -x } else { x }.to_f64()
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

    /// The limit of plain elements in their type.
    #[inline(always)]
    fn limit<F: Lanes>(&self) -> F {
        let limit = F::from_f64(self.limit);
        // Probabilities that are 0 or subnormal are not plain.
        if self.focal.logits || limit > F::MIN_POSITIVE {
            limit
        } else {
            F::MIN_POSITIVE
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
    fn walk<A: Arithmetic, const LOGIT: bool, const GRADIENT: bool>(
        mut self,
    ) -> Result<Total, Outside> {
        let mut walk = Walk::<A>::new(self.plan);
        let len = self.predictions.len();
        let whole = len - len % LANES;
        let mut at = 0;
        while at < whole {
            let range = at..whole.min(at + BLOCK);
            at = range.end;
            let block = Block {
                x: &self.predictions[range.clone()],
                y: &self.targets[range.clone()],
            };
            let values = self.values.as_deref_mut();
            let values = values.map(|values| &mut values[range.clone()]);
            let slopes = match self.gradient.as_deref_mut() {
                Some(gradient) => &mut gradient[range],
                None => &mut [],
            };
            walk.block::<F, LOGIT, GRADIENT>(&block, block.x.len(), values, slopes)?;
        }
        let count = len - whole;
        if count > 0 {
            // The last row, filled up with elements that are plain and not taken in.
            let (mut x, mut y) = ([F::from_f64(0.5); LANES], [F::ZERO; LANES]);
            x[..count].copy_from_slice(&self.predictions[whole..]);
            y[..count].copy_from_slice(&self.targets[whole..]);
            let (mut last, mut slopes) = ([F::ZERO; LANES], [F::ZERO; LANES]);
            let block = Block { x: &x, y: &y };
            walk.block::<F, LOGIT, GRADIENT>(&block, count, Some(&mut last), &mut slopes)?;
            if let Some(values) = self.values {
                values[whole..].copy_from_slice(&last[..count]);
            }
            if let Some(gradient) = self.gradient {
                gradient[whole..].copy_from_slice(&slopes[..count]);
            }
        }
        walk.total.add_pair(walk.sums.total());
        Ok(walk.total)
    }

    #[inline(always)]
    fn with<A: Arithmetic, const LOGIT: bool>(self) -> Result<Total, Outside> {
        if self.gradient.is_some() {
            self.walk::<A, LOGIT, true>()
        } else {
            self.walk::<A, LOGIT, false>()
        }
    }
}

/// What a walk over a chunk keeps from block to block.
struct Walk<'a, A> {
    plan: &'a Plan,
    arithmetic: A,
    values: Values,
    sums: Sums,
    /// Of the elements that are not plain.
    total: Total,
}

impl<'a, A: Arithmetic> Walk<'a, A> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            arithmetic: A::NEW,
            values: Values {
                hi: Aligned([0.0; BLOCK]),
                lo: Aligned([0.0; BLOCK]),
            },
            sums: Sums::ZERO,
            total: Total::ZERO,
        }
    }

    /// Takes in the first `count` elements of a block of whole rows of lanes.
    #[inline(always)]
    fn block<F: Lanes, const LOGIT: bool, const GRADIENT: bool>(
        &mut self,
        block: &Block<'_, F>,
        count: usize,
        mut values: Option<&mut [F]>,
        slopes: &mut [F],
    ) -> Result<(), Outside> {
        let (plan, len) = (self.plan, block.x.len());
        let limit = plan.limit::<F>();
        let mut others = F::ZERO.pattern();
        for (&x, &y) in block.x.iter().zip(block.y) {
            let plain = is_plain::<F, LOGIT>(x, y, limit);
            let other = if plain { F::ZERO } else { F::ONE }.pattern();
            others = others | other;
        }
        let plain = others == F::ZERO.pattern();
        self.arithmetic
            .terms::<F, LOGIT, GRADIENT>(plan, block, &mut self.values, slopes);
        if let Some(values) = values.as_deref_mut() {
            let Values { hi, lo } = &self.values;
            for (to, (&hi, &lo)) in values.iter_mut().zip(hi.iter().zip(&**lo)) {
                *to = F::from_f64(if A::IN_TWO_PARTS { hi + lo } else { hi });
            }
        }
        if !plain {
            self.repair::<F, LOGIT, GRADIENT>(&block.first(count), values, slopes)?;
        }
        let Values { hi, lo } = &mut self.values;
        hi[count..len].fill(0.0);
        lo[count..len].fill(0.0);
        let (hi, lo) = (hi[..len].as_chunks().0, lo[..len].as_chunks().0);
        for (hi, lo) in hi.iter().zip(lo) {
            if A::IN_TWO_PARTS {
                self.sums.add_pairs(hi, lo);
            } else {
                self.sums.add_wide(hi);
            }
        }
        Ok(())
    }

    /// Does the elements again that are not plain: their values are not in `self.values` but in `self.total`.
    #[inline(never)]
    fn repair<F: Lanes, const LOGIT: bool, const GRADIENT: bool>(
        &mut self,
        block: &Block<'_, F>,
        mut values: Option<&mut [F]>,
        slopes: &mut [F],
    ) -> Result<(), Outside> {
        let (unit, limit) = (F::ZERO..=F::ONE, self.plan.limit());
        for (i, (&x, &y)) in block.x.iter().zip(block.y).enumerate() {
            if is_plain::<F, LOGIT>(x, y, limit) {
                continue;
            }
            let inside = if LOGIT {
                !x.is_nan()
            } else {
                unit.contains(&x)
            };
            if !inside || !unit.contains(&y) {
                return Err(Outside);
            }
            let (value, slope) = self.plan.accurate(x.to_f64(), y.to_f64(), GRADIENT);
            if let Some(values) = values.as_deref_mut() {
                values[i] = value.round();
            }
            if GRADIENT {
                slopes[i] = F::from_f64(slope.hi);
            }
            (self.values.hi[i], self.values.lo[i]) = (0.0, 0.0);
            self.total.merge(value);
        }
        Ok(())
    }
}

/// Whether the target is 0 or 1 and no part of the terms leaves the range of exact products.
#[inline(always)]
fn is_plain<F: Lanes, const LOGIT: bool>(x: F, y: F, limit: F) -> bool {
    let inside = if LOGIT {
        x.abs() <= limit
    } else {
        (x >= limit) & (F::ONE - x >= limit)
    };
    is_hard(y) & inside
}

impl<F: Lanes> Kernel for Work<'_, F> {
    type Output = Result<Total, Outside>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        // Folded at compile time: whether `f64` is enough for products that end up in this type.
        let single = F::EPSILON.to_f64() > 1e-10;
        let is_product = matches!(self.plan.power, Power::Product { .. });
        match (self.plan.focal.logits, single && is_product) {
            (true, true) => self.with::<single::Single, true>(),
            (true, false) => self.with::<double::Double, true>(),
            (false, true) => self.with::<single::Single, false>(),
            (false, false) => self.with::<double::Double, false>(),
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
