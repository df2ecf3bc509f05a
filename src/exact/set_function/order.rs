//! The order that a Lovász extension sorts by: descending, ties by index, with the blocks of
//! equal elements. It also sorts numbers whose comparison may stay undecided.

use core::cmp::Ordering;
use core::ops::Range;

use crate::Error;
use crate::exact::Rational;
use crate::exact::ratio::{self, CommonDenominator};

/// The indices of m from its largest to its smallest element, equal ones by index.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::descending;
///
/// assert_eq!(descending(&[1, 3, 2, 3]), [1, 3, 2, 0]);
/// ```
#[must_use]
pub fn descending<T: Ord>(m: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..m.len()).collect();
    order.sort_by(|&i, &j| m[j].cmp(&m[i]));
    order
}

/// [`descending`] for rationals: by their numerators over one denominator where it is short, as that
/// of floats is.
pub(crate) fn descending_rationals(m: &[Rational]) -> Vec<usize> {
    /// Beyond what any float of at most 64 bits needs.
    const LONGEST_DENOMINATOR: u64 = 1100;
    if let Some(common) = CommonDenominator::within(m, LONGEST_DENOMINATOR) {
        return descending(&common.numerators(m));
    }
    let mut order: Vec<usize> = (0..m.len()).collect();
    order.sort_by(|&i, &j| ratio::compare(&m[j], &m[i]));
    order
}

/// Sorts the indices 0, …, len−1 into descending order, equal ones by index, by a comparison
/// that may fail: its first error is returned. A merge sort, with at most len·⌈log₂ len⌉
/// comparisons.
pub(crate) fn try_descending(
    len: usize,
    mut compare: impl FnMut(usize, usize) -> Result<Ordering, Error>,
) -> Result<Vec<usize>, Error> {
    let mut order: Vec<usize> = (0..len).collect();
    let mut merged = Vec::with_capacity(len);
    let mut width = 1;
    while width < len {
        merged.clear();
        for pair in order.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some((&i, rest_of_left)), Some((&j, rest_of_right))) =
                (left.split_first(), right.split_first())
            {
                if compare(i, j)? == Ordering::Less {
                    merged.push(j);
                    right = rest_of_right;
                } else {
                    merged.push(i);
                    left = rest_of_left;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        core::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    Ok(order)
}

/// The ranges of positions in `order` whose elements are equal. Each position lies in one range.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::{descending, ties};
///
/// let m = [1, 3, 2, 3];
/// assert_eq!(ties(&descending(&m), |i, j| m[i] == m[j]), [0..2, 2..3, 3..4]);
/// ```
pub fn ties(order: &[usize], mut equal: impl FnMut(usize, usize) -> bool) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    for end in 1..=order.len() {
        if end == order.len() || !equal(order[end - 1], order[end]) {
            blocks.push(start..end);
            start = end;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    #[test]
    fn rationals_of_long_denominators_are_in_the_order_of_their_values_too() {
        let third = Rational::new(1.into(), BigInt::from(3).pow(800));
        let numbers = [1, -1, 0, 2, 1].map(|x: i32| Rational::from_integer(x.into()));
        let near: Vec<Rational> = numbers
            .iter()
            .flat_map(|x| [x + &third, x.clone()])
            .collect();
        assert!(CommonDenominator::within(&near, 1100).is_none());
        assert_eq!(descending_rationals(&near), descending(&near));
        assert_eq!(descending_rationals(&numbers), [3, 0, 4, 2, 1]);
    }
}
