//! The surprisals of the labels of many rows, with their gradients, at the speed of the memory:
//! the fast form of [`Softmax`](super::Softmax), which it falls back on for rows beyond the ordinary.
//!
//! # How
//!
//! A row is *ordinary* if every |zⱼ| ≤ [`Lanes::ORDINARY`]. Then no exponential under- or
//! overflows, no maximum is needed, and nothing is subtracted:
//!
//! −ln p_t = ln(1 + T·e^(−z_t)), T = Σ_(j≠t) e^(zⱼ), 1 − p_t = T/(T + e^(z_t)).
//!
//! Short rows are worked on in groups, so that the exponentials of a group fill whole vectors;
//! whether a row is ordinary is still decided by that row alone, and so are its bits. Element j of
//! a row is added to lane j mod 16, in plain sums of `f64` for `f32`, and in compensated sums for
//! `f64`; the lanes are added by halving their number. Rows of fewer classes than lanes have lanes to themselves
//! in `f32`; in `f64` their elements are added one after another, eight rows at a time.
//!
//! # Bounds
//!
//! | | by worst-case count | held to by the tests | seen |
//! |---|---|---|---|
//! | value, `f32` | 2.25 ulp | 2 ulp | 1.30 ulp |
//! | value, `f64` | 2.25 ulp | 2 ulp | 1.29 ulp |
//! | gradient, `f32` | 4 ulp | 3 ulp | 2.2 ulp |
//! | gradient, `f64` | 4 ulp | 3 ulp | 2.2 ulp |
//!
//! With u = 2⁻²⁴ or 2⁻⁵³: each e^(zⱼ) comes with at most 1.75u (`f64` 1.65u; see
//! [`lanes`](crate::kernel::lanes)). The terms are nonnegative, so T does too: the sums add 2⁻⁵³·(16 + C/16) in
//! `f32`, for C ≤ 2²⁴ classes, and 2⁻¹⁰⁰ in `f64`. What follows is done in `f64` within 2⁻³³, or in pairs within 2⁻⁵⁶.
//! ln(1+x) has condition at most 1, and the result is rounded once (in `f64`, a little more than once): 1.75 + ½ ulp. A component of
//! the gradient has the errors of its term and of T, at most 1.75u each, and one rounding of the
//! product (in `f64`, two).
//!
//! The count is for one term, or for errors all alike; two classes come nearest to it.
//! Rows that are not ordinary, or whose weight or scale is beyond 10^±100, have the bounds of
//! [`Softmax`](super::Softmax).

mod double;
pub mod every_class;
mod group;
mod short;
mod single;

use group::{Group, Moderate};
use short::{Short, WIDTH};

use super::{Softmax, Undefined};
use crate::kernel::aligned::Aligned;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::lanes::Lanes;
use crate::kernel::pair::{Pair, two_product};
use crate::kernel::parallel::{for_parts, ranges, rows_in_chunk};
use crate::kernel::row_terms::{Rest, Watch};
use crate::kernel::sum::Total;

/// How many rows are finished together.
const GROUP: usize = 16;
/// How many exponentials are held at a time: so many that the last of them, which do not fill the widest steps of the
/// loop, take little of the time.
const BUFFER: usize = 2048;
/// How many of them a small batch has room for.
const SMALL_BUFFER: usize = 128;
/// The same of one that is not quite as small, and of rows in which every class counts.
const MIDDLE_BUFFER: usize = 512;
/// How many lanes a row is worked on in.
const LANES: usize = 16;

/// What a row is compared with, in case it is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The class.
    pub label: usize,
    /// The factor of the row's surprisal.
    pub weight: f64,
}

/// By what the values of the rows and the gradient are multiplied. From one number: the gradient
/// by that, the values by 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The factor of the value of each row, not of their sum.
    pub values: Pair,
    /// The factor of the gradient.
    pub gradient: Pair,
}

impl<T: Into<Pair>> From<T> for Scale {
    fn from(gradient: T) -> Self {
        Self {
            values: Pair::ONE,
            gradient: gradient.into(),
        }
    }
}

/// Why the rows have no surprisals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowError {
    /// The row at this index has no softmax.
    Undefined(usize, Undefined),
    /// The row at this index has a label that is not below the number of classes.
    Label(usize),
}

/// Sums in lanes, with what rounding left out.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Sums<const N: usize = LANES> {
    sums: [f64; N],
    rests: [f64; N],
}

impl<const N: usize> Sums<N> {
    const ZERO: Self = Self {
        sums: [0.0; N],
        rests: [0.0; N],
    };
}

/// The parts of the computation that differ between the two types.
pub trait Rows: Lanes {
    /// Adds whole rows of lanes.
    #[doc(hidden)]
    fn add_lanes(sums: &mut Sums, terms: &[[Self; LANES]]);
    /// Adds what a row has in its last lanes.
    #[doc(hidden)]
    fn add_rest(sums: &mut Sums, terms: &[Self; LANES], rest: &Rest);
    /// The sum of the lanes as a pair, halving them.
    #[doc(hidden)]
    fn total_of_lanes<const N: usize>(sums: &Sums<N>) -> (f64, f64);
    /// Sets the tails of rows of fewer classes than lanes, which lie one after another in `terms` with a block behind
    /// them. `width` is N, and half the lanes.
    #[doc(hidden)]
    fn tails_of_short<const N: usize>(
        terms: &[Self],
        classes: usize,
        width: usize,
        rest: &Rest,
        group: &mut Group<N>,
    );
    /// The sum of the first `count` terms, which are fewer than there are lanes, as a pair.
    #[doc(hidden)]
    fn total_of_short(terms: &[Self], count: usize, rest: &Rest) -> (f64, f64);
    /// Sets the values and, if there is a scale, the factors of the first `len` rows from the tails.
    #[doc(hidden)]
    fn finish<const N: usize>(group: &mut Group<N>, len: usize, scale: Option<Pair>);
    /// Adds the values of the rows in lanes.
    #[doc(hidden)]
    fn add_values<const N: usize>(sums: &mut Sums<N>, group: &Group<N>);
    /// An element times a factor.
    #[doc(hidden)]
    fn times(self, factor: f64, factor_low: f64) -> Self;
}

/// e^z of every element, and whether all |z| are ordinary. `terms` may be longer than `logits`.
#[inline(always)]
fn exponentials<F: Lanes>(logits: &[F], terms: &mut [F]) -> bool {
    let mut watch = Watch::<F>::new();
    for (&z, to) in logits.iter().zip(terms) {
        watch.see(z.abs() <= F::ORDINARY);
        *to = z.exp_ordinary();
    }
    watch.are_ordinary()
}

/// Adds the first `count` elements of `terms` in lanes. What follows them is not added, but lets
/// the last block be loaded as a whole.
#[inline(always)]
fn accumulate<F: Rows>(sums: &mut Sums, terms: &[F], count: usize, rest: &Rest) {
    let whole = count - count % LANES;
    F::add_lanes(sums, terms[..whole].as_chunks().0);
    if whole == count {
        return;
    }
    if let Some(block) = terms[whole..].first_chunk() {
        F::add_rest(sums, block, rest);
    } else {
        let mut last = [F::ZERO; LANES];
        last[..count - whole].copy_from_slice(&terms[whole..count]);
        F::add_rest(sums, &last, rest);
    }
}

/// Sets the tails of the rows that `logits` begins with, and whether they are ordinary, and
/// writes e^z of every logit but the labels' into `terms`, if given, which may be as long as `logits`.
/// Without `terms`, they go to `buffer`. The exponentials of several short rows, or of pieces of a long one, are worked
/// out together, as many as the buffer holds, and then added up row by row.
#[inline(always)]
fn tails<F: Rows>(
    logits: &[F],
    classes: usize,
    rows: usize,
    mut terms: Option<&mut [F]>,
    buffer: &mut [F],
    group: &mut Group,
    rest: &Rest,
) {
    let logits = &logits[..rows * classes];
    let most = if terms.is_some() {
        BUFFER
    } else {
        buffer.len()
    };
    if classes > most {
        // One row after another, each in pieces.
        for (row, logits) in logits.chunks_exact(classes).enumerate() {
            let mut sums = Sums::ZERO;
            let mut ordinary = true;
            for (piece, logits) in logits.chunks(most).enumerate() {
                let at = piece * most;
                let to: &mut [F] = match terms.as_deref_mut() {
                    Some(terms) => &mut terms[row * classes + at..][..logits.len()],
                    None => &mut buffer[..logits.len()],
                };
                ordinary &= exponentials(logits, to);
                if let Some(label) = group.label[row].checked_sub(at)
                    && let Some(term) = to.get_mut(label)
                {
                    *term = F::ZERO;
                }
                accumulate(&mut sums, to, logits.len(), rest);
            }
            (group.tail[row], group.tail_low[row]) = F::total_of_lanes(&sums);
            group.ordinary[row] = ordinary;
        }
        return;
    }
    // As many whole rows as the buffer holds.
    let rows = most / classes;
    for (piece, logits) in logits.chunks(rows * classes).enumerate() {
        let at = piece * rows;
        let to: &mut [F] = match terms.as_deref_mut() {
            Some(terms) => &mut terms[at * classes..],
            None => &mut *buffer,
        };
        let ordinary = exponentials(logits, to);
        let count = logits.len() / classes;
        for i in 0..count {
            to[i * classes + group.label[at + i]] = F::ZERO;
        }
        if classes < LANES {
            for i in 0..count {
                let terms = &to[i * classes..];
                (group.tail[at + i], group.tail_low[at + i]) =
                    F::total_of_short(terms, classes, rest);
            }
        } else {
            for i in 0..count {
                let mut sums = Sums::ZERO;
                accumulate(&mut sums, &to[i * classes..], classes, rest);
                (group.tail[at + i], group.tail_low[at + i]) = F::total_of_lanes(&sums);
            }
        }
        for i in 0..count {
            group.ordinary[at + i] = ordinary
                || logits[i * classes..][..classes]
                    .iter()
                    .all(|z| z.abs() <= F::ORDINARY);
        }
    }
}

/// The work on some consecutive rows.
struct Work<'a, F, T> {
    logits: &'a [F],
    classes: usize,
    /// The index of the first row.
    first: usize,
    target: &'a T,
    values: Option<&'a mut [F]>,
    gradient: Option<&'a mut [F]>,
    scale: Scale,
}

impl<F: Rows, T: Fn(usize) -> Option<Target>> Work<'_, F, T> {
    /// The whole work of one row that the fast way is not for.
    #[inline(never)]
    fn accurate_row(&mut self, row: usize, target: Target) -> Result<Total, RowError> {
        let logits = &self.logits[row * self.classes..][..self.classes];
        let softmax =
            Softmax::of(logits).map_err(|why| RowError::Undefined(self.first + row, why))?;
        let mut own = Total::ZERO;
        softmax.add_surprisal(logits[target.label], target.weight, &mut own);
        if let Some(values) = self.values.as_deref_mut() {
            values[row] = (own.value() * self.scale.values).round();
        }
        if let Some(gradient) = self.gradient.as_deref_mut() {
            let to = &mut gradient[row * self.classes..][..self.classes];
            let scale = self.scale.gradient.mul_f64(target.weight);
            softmax.gradient_label_into(logits, target.label, scale, to);
        }
        Ok(own)
    }

    /// The targets of `count` rows from `start` on.
    #[inline(always)]
    fn targets<const N: usize>(
        &self,
        start: usize,
        count: usize,
        group: &mut Group<N>,
    ) -> Result<(), RowError> {
        for i in 0..count.min(N) {
            let target = (self.target)(self.first + start + i);
            group.kept[i] = target.is_some();
            let Target { label, weight } = target.unwrap_or(Target {
                label: 0,
                weight: 0.0,
            });
            if label >= self.classes {
                return Err(RowError::Label(self.first + start + i));
            }
            group.label[i] = label;
            group.weight[i] = weight;
        }
        Ok(())
    }

    /// Writes the values of `count` rows from `start` on, where they are wanted.
    #[inline(always)]
    fn write_values<const N: usize>(&mut self, start: usize, count: usize, group: &Group<N>) {
        let Some(values) = self.values.as_deref_mut() else {
            return;
        };
        let unit = self.scale.values;
        for (i, to) in values[start..start + count].iter_mut().enumerate() {
            let (value, low) = (group.value[i], group.value_low[i]);
            let (product, rest) = two_product(value, unit.hi);
            *to = F::from_f64(product + (rest + (value * unit.lo + low * unit.hi)));
        }
    }

    /// The sum of those of `count` rows from `start` on that have a target and are not ordinary, with what is
    /// to be written for them. `weights` are the weights as they were given.
    #[inline(never)]
    fn accurate_rows<const N: usize>(
        &mut self,
        start: usize,
        count: usize,
        group: &Group<N>,
        weights: &[f64; N],
    ) -> Result<Total, RowError> {
        let mut total = Total::ZERO;
        for (i, &weight) in weights[..count].iter().enumerate() {
            if !group.ordinary[i] && group.kept[i] {
                let label = group.label[i];
                total.merge(self.accurate_row(start + i, Target { label, weight })?);
            }
        }
        Ok(total)
    }
}

impl<F: Rows, T: Fn(usize) -> Option<Target>> Kernel for Work<'_, F, T> {
    type Output = Result<Total, RowError>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let (classes, scale) = (self.classes, self.scale.gradient);
        let scale_of_factors = self.gradient.as_ref().map(|_| scale);
        let moderate = Moderate::with(scale);
        let rows = self.logits.len() / classes;
        let mut sums = Sums::<LANES>::ZERO;
        let mut other = Total::ZERO;
        let mut group = Group::<GROUP>::EMPTY;
        // Zeros take time, beside which a small batch is nothing.
        let (mut small, mut middle, mut large);
        let last = Rest::of(classes);
        let room = self.logits.len() + LANES;
        let buffer: &mut [F] = if self.gradient.is_some() {
            &mut []
        } else if room <= SMALL_BUFFER {
            small = Aligned([F::ZERO; SMALL_BUFFER]);
            &mut *small
        } else if room <= MIDDLE_BUFFER {
            middle = Aligned([F::ZERO; MIDDLE_BUFFER]);
            &mut *middle
        } else {
            large = Aligned([F::ZERO; BUFFER]);
            &mut *large
        };
        let mut start = 0;
        while start < rows {
            let count = GROUP.min(rows - start);
            if count < GROUP && start > 0 {
                group = Group::EMPTY;
            }
            self.targets(start, count, &mut group)?;
            let weights = group.weight;
            let at = start * classes;
            let logits = &self.logits[at..];
            let terms = self.gradient.as_deref_mut().map(|to| &mut to[at..]);
            tails(logits, classes, count, terms, buffer, &mut group, &last);
            // Only now, when the rows are in the first cache.
            for i in 0..count {
                let label = group.label[i];
                group.logit[i] = self.logits[(start + i) * classes + label].to_f64();
            }
            let fast = group.leave_out_others(count, GROUP, &moderate);
            F::finish(&mut group, GROUP, scale_of_factors);
            F::add_values(&mut sums, &group);
            self.write_values(start, count, &group);
            if let Some(gradient) = self.gradient.as_deref_mut() {
                for i in 0..count {
                    let row = &mut gradient[(start + i) * classes..][..classes];
                    if !group.ordinary[i] {
                        row.fill(F::ZERO);
                        continue;
                    }
                    let (factor, low) = (group.factor[i], group.factor_low[i]);
                    for x in &mut *row {
                        *x = x.times(factor, low);
                    }
                    row[group.label[i]] = group.slope_of_label(i);
                }
            }
            if !fast {
                other.merge(self.accurate_rows(start, count, &group, &weights)?);
            }
            start += count;
        }
        Ok(total_with(F::total_of_lanes(&sums), other))
    }
}

/// The sum of the ordinary rows and of the others.
#[inline(always)]
fn total_with((hi, lo): (f64, f64), others: Total) -> Total {
    let mut total = Total::of(Pair { hi, lo });
    if others != Total::ZERO {
        total.merge(others);
    }
    total
}

/// The sum of some consecutive rows, by the way for rows of their length.
#[inline]
fn sum_of_part<F: Rows, T: Fn(usize) -> Option<Target>>(
    work: Work<'_, F, T>,
) -> Result<Total, RowError> {
    if work.classes < LANES {
        dispatch(Short { work, width: WIDTH })
    } else {
        dispatch(work)
    }
}

/// Σ wᵢ·(−ln p of the label of row i) over the rows of `classes` logits each that `logits` holds one after another.
///
/// If given, `values` gets wᵢ·(−ln p) of each row, and `gradient` gets wᵢ·(pⱼ − [j = label]) for each
/// logit, each times its scale. A row without a target is not looked at and gets zeros. Work is shared among threads; the bits do not depend on their number.
///
/// Rows or classes in excess are ignored: only whole rows count, and as many as `values` and
/// `gradient` have room for. `classes = 0` has no rows.
///
/// # Errors
///
/// The error of the first row, among those with a target, that has one; `values` and
/// `gradient` then hold anything.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::log_sum_exp::{Target, surprisals};
///
/// let logits = [20.0_f32, 0.0, 0.0, 700.0];
/// let mut gradient = [0.0; 4];
/// let target = |_row| Target { label: 0, weight: 0.5 };
/// let sum = surprisals(&logits, 2, target, 1.0, None, Some(&mut gradient))?;
/// assert_eq!(sum.round::<f32>(), 350.0);
/// assert_eq!(gradient, [-1.0305768e-9, 1.0305768e-9, -0.5, 0.5]);
/// # Ok::<(), exact_loss::kernel::log_sum_exp::RowError>(())
/// ```
pub fn surprisals<F: Rows, T: Into<Option<Target>>>(
    logits: &[F],
    classes: usize,
    target: impl Fn(usize) -> T + Sync,
    scale: impl Into<Scale>,
    values: Option<&mut [F]>,
    gradient: Option<&mut [F]>,
) -> Result<Total, RowError> {
    if classes == 0 {
        return Ok(Total::ZERO);
    }
    let mut rows = logits.len() / classes;
    if let Some(values) = &values {
        rows = rows.min(values.len());
    }
    if let Some(gradient) = &gradient {
        rows = rows.min(gradient.len() / classes);
    }
    let chunk = rows_in_chunk(classes);
    let target = &|row| target(row).into();
    let scale = scale.into();
    if rows <= chunk {
        return sum_of_part(Work {
            logits: &logits[..rows * classes],
            classes,
            first: 0,
            target,
            values,
            gradient,
            scale,
        });
    }
    let mut values = values.map(|values| values.chunks_mut(chunk));
    let mut gradient = gradient.map(|gradient| gradient.chunks_mut(chunk * classes));
    let parts = ranges(rows, chunk).map(|range| Work {
        logits: &logits[range.start * classes..range.end * classes],
        classes,
        first: range.start,
        target,
        values: values.as_mut().and_then(Iterator::next),
        gradient: gradient.as_mut().and_then(Iterator::next),
        scale,
    });
    let mut result = Ok(Total::ZERO);
    for_parts(parts, sum_of_part, |part: Result<Total, RowError>| {
        match (&mut result, part) {
            (Ok(total), Ok(part)) => total.merge(part),
            (Ok(_), Err(error)) => result = Err(error),
            (Err(_), _) => {}
        }
    });
    result
}
