//! The evidence for the Lovász losses: theorems about set functions and their extensions, run on
//! every small case and on random large ones.

mod accuracy;
mod bins;
mod losses;
mod order;
mod simplex;
mod subdifferential;
mod theorems;

use exact_loss::exact::Rational;
use exact_loss::exact::set_function::{Jaccard, SetFunction};
use proptest::prelude::*;

/// a/b.
fn ratio(a: i64, b: i64) -> Rational {
    Rational::new(a.into(), b.into())
}

fn integer(a: i64) -> Rational {
    ratio(a, 1)
}

/// The subset of {0, …, len−1} whose elements are the bits of the mask.
fn subset(mask: u32, len: usize) -> Vec<bool> {
    (0..len).map(|bit| mask >> bit & 1 == 1).collect()
}

/// Every subset of {0, …, len−1}.
fn subsets(len: usize) -> impl Iterator<Item = Vec<bool>> + Clone {
    (0..1 << len).map(move |mask| subset(mask, len))
}

/// The indicator of a set as a point of the cube.
fn vertex(set: &[bool]) -> Vec<Rational> {
    set.iter()
        .map(|&member| integer(i64::from(member)))
        .collect()
}

/// Every order of {0, …, len−1}.
fn permutations(len: usize) -> Vec<Vec<usize>> {
    let Some(last) = len.checked_sub(1) else {
        return vec![vec![]];
    };
    let shorter = permutations(last);
    let longer = shorter.iter().flat_map(|order| {
        (0..len).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    });
    longer.collect()
}

/// The marginals along an order, each in the place of its element.
fn marginals_in_place<F: SetFunction + ?Sized>(f: &F, order: &[usize]) -> Vec<Rational> {
    let mut g = vec![integer(0); order.len()];
    for (&element, marginal) in order.iter().zip(f.marginals(order)) {
        g[element] = marginal;
    }
    g
}

fn inner(g: &[Rational], m: &[Rational]) -> Rational {
    g.iter().zip(m).map(|(g, m)| g * m).sum()
}

/// A rational of small size, with many ties among several.
fn small_rational() -> impl Strategy<Value = Rational> + Clone {
    (-12_i64..=12, 1_i64..=4).prop_map(|(a, b)| ratio(a, b))
}

/// A float as a rational: any in [0, 1).
fn unit_float() -> impl Strategy<Value = Rational> + Clone {
    (0_i64..1 << 53, 53_i64..60).prop_map(|(a, shift)| ratio(a, 1 << shift))
}

/// Foreground and errors of 1 to `most` elements.
fn jaccard_with(
    most: usize,
    error: impl Strategy<Value = Rational> + Clone,
) -> impl Strategy<Value = (Jaccard, Vec<Rational>)> {
    (1..=most).prop_flat_map(move |len| {
        let foreground = proptest::collection::vec(any::<bool>(), len);
        (
            foreground.prop_map(Jaccard::new),
            proptest::collection::vec(error.clone(), len),
        )
    })
}
