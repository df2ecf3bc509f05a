//! Theorems about the Jaccard loss and Lovász extensions: exhaustively where the cases can be
//! listed, on random ones beyond.

use core::cmp::Reverse;

use exact_loss::exact::Rational;
use exact_loss::exact::set_function::{
    Dice, Explicit, Jaccard, SetFunction, choquet, descending, extension, greedy,
    monotonicity_breach, submodularity_breach,
};
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::{
    inner, integer, jaccard_with, marginals_in_place, permutations, ratio, small_rational, subset,
    subsets, unit_float, vertex,
};

/// 1 − |y ∩ ỹ| / |y ∪ ỹ| from two label arrays; 0 where the class is in neither.
fn one_minus_iou(labels: &[bool], predictions: &[bool]) -> Rational {
    let count = |holds: fn(bool, bool) -> bool| {
        let pairs = labels.iter().zip(predictions);
        integer(
            pairs
                .filter(|&(&y, &prediction)| holds(y, prediction))
                .count() as i64,
        )
    };
    let union = count(|y, prediction| y || prediction);
    if union.is_zero() {
        return union;
    }
    integer(1) - count(|y, prediction| y && prediction) / union
}

fn mispredicted(labels: &[bool], predictions: &[bool]) -> Vec<bool> {
    labels
        .iter()
        .zip(predictions)
        .map(|(y, prediction)| y != prediction)
        .collect()
}

/// A submodular function that is neither monotone nor a function of counts: the cut of a weighted
/// graph, plus a modular part.
fn cut(len: usize, weights: Vec<i64>) -> Explicit<impl Fn(&[bool]) -> Rational> {
    Explicit::new(len, move |set: &[bool]| {
        let mut total = 0;
        for i in 0..len {
            for j in 0..i {
                total += i64::from(set[i] != set[j]) * weights[i * len + j];
            }
            total += i64::from(set[i]) * (weights[i * len + i] - 3);
        }
        integer(total)
    })
}

/// A set function given by a table, with F(∅) = 0.
fn table(len: usize, values: Vec<i64>) -> Explicit<impl Fn(&[bool]) -> Rational> {
    Explicit::new(len, move |set: &[bool]| {
        let mask = set
            .iter()
            .rev()
            .fold(0, |mask, &member| 2 * mask + usize::from(member));
        integer(if mask == 0 { 0 } else { values[mask] })
    })
}

#[test]
fn the_jaccard_loss_of_labels_is_the_set_function_of_the_mispredicted_up_to_6() {
    for p in 0..=6 {
        for labels in subsets(p) {
            let loss = Jaccard::new(labels.clone());
            for predictions in subsets(p) {
                let m = mispredicted(&labels, &predictions);
                assert_eq!(loss.value(&m), one_minus_iou(&labels, &predictions));
            }
        }
    }
}

#[test]
fn the_jaccard_loss_is_submodular_and_monotone_for_all_pairs_up_to_5() {
    for p in 0..=5 {
        for labels in subsets(p) {
            let loss = Jaccard::new(labels);
            let values: Vec<Rational> = subsets(p).map(|set| loss.value(&set)).collect();
            for a in 0..1 << p {
                for b in 0..1 << p {
                    assert!(&values[a] + &values[b] >= &values[a | b] + &values[a & b]);
                    assert!(a & b != a || values[a] <= values[b]);
                }
            }
        }
    }
}

#[test]
fn the_checks_agree_with_the_definitions_on_arbitrary_tables() {
    // All 3^7 set functions on three elements with values in {0, 1, 2}.
    let p = 3;
    for code in 0..3_i64.pow(7) {
        let values: Vec<i64> = (0..8)
            .map(|place| {
                if place == 0 {
                    0
                } else {
                    code / 3_i64.pow(place - 1) % 3
                }
            })
            .collect();
        let pairs = || (0..1_usize << p).flat_map(|a| (0..1_usize << p).map(move |b| (a, b)));
        let submodular =
            pairs().all(|(a, b)| values[a] + values[b] >= values[a | b] + values[a & b]);
        let monotone = pairs().all(|(a, b)| a & b != a || values[a] <= values[b]);
        let f = table(p, values);
        assert_eq!(
            submodularity_breach(&f).expect("small").is_none(),
            submodular
        );
        assert_eq!(monotonicity_breach(&f).expect("small").is_none(), monotone);
    }
}

#[test]
fn the_dice_loss_is_monotone_and_is_not_submodular() {
    for p in 0..=5 {
        for labels in subsets(p) {
            assert_eq!(
                monotonicity_breach(&Dice::new(labels.clone())).expect("small"),
                None
            );
            // With fewer than two foreground elements it happens to be submodular.
            let foreground = labels.iter().filter(|&&y| y).count();
            let breach = submodularity_breach(&Dice::new(labels)).expect("small");
            assert_eq!(breach.is_some(), foreground >= 2);
        }
    }
    let dice = Dice::new(vec![true, true]);
    let value = |mask| dice.value(&subset(mask, 2));
    assert_eq!((value(0b01), value(0b10)), (ratio(1, 3), ratio(1, 3)));
    assert_eq!((value(0b11), value(0b00)), (integer(1), integer(0)));
    assert!(value(0b01) + value(0b10) < value(0b11) + value(0b00));
}

#[test]
fn the_extension_of_dice_is_not_convex() {
    let dice = Dice::new(vec![true, true]);
    let at = |x: i64, y: i64| extension(&dice, &[ratio(x, 2), ratio(y, 2)]).expect("two errors");
    // The middle of (1, 0) and (0, 1) lies above the chord.
    assert!(at(1, 1) > (at(2, 0) + at(0, 2)) / integer(2));
}

#[test]
fn the_extension_equals_the_loss_on_every_vertex_up_to_8() {
    for p in 0..=8 {
        for labels in subsets(p) {
            let loss = Jaccard::new(labels);
            for set in subsets(p) {
                let (m, value) = (vertex(&set), loss.value(&set));
                assert_eq!(extension(&loss, &m).expect("p errors"), value);
                assert_eq!(loss.extension(&m).expect("p errors"), value);
            }
        }
    }
}

#[test]
fn the_greedy_vector_attains_the_maximum_over_all_orders_up_to_6() {
    for p in 1..=6 {
        let orders = permutations(p);
        for labels in subsets(p) {
            let loss = Jaccard::new(labels.clone());
            let candidates: Vec<_> = orders
                .iter()
                .map(|order| marginals_in_place(&loss, order))
                .collect();
            // Errors with ties, of both signs, that differ with the labelling.
            let shift = labels.iter().filter(|&&y| y).count() as i64;
            let m: Vec<Rational> = (0..p as i64)
                .map(|i| ratio((i * (i + shift)) % 5 - 2, 2))
                .collect();
            let best = candidates.iter().map(|g| inner(g, &m)).max();
            assert_eq!(Some(extension(&loss, &m).expect("p errors")), best);
            assert_eq!(Some(inner(&greedy(&loss, &m).expect("p errors"), &m)), best);
        }
    }
}

#[test]
fn every_greedy_vector_lies_in_the_base_polytope_up_to_6() {
    for p in 1..=6 {
        let orders = permutations(p);
        for labels in subsets(p).filter(|labels| labels.is_sorted_by_key(|&y| Reverse(y))) {
            let loss = Jaccard::new(labels);
            for order in &orders {
                let g = marginals_in_place(&loss, order);
                for set in subsets(p) {
                    assert!(inner(&g, &vertex(&set)) <= loss.value(&set));
                }
                assert_eq!(g.iter().sum::<Rational>(), integer(1));
                assert!(g.iter().all(|g| !g.is_negative()));
            }
        }
    }
}

#[test]
fn the_value_does_not_depend_on_the_order_of_ties() {
    for labels in subsets(5) {
        let loss = Jaccard::new(labels);
        let m: Vec<Rational> = [1, 2, 1, 2, 1].map(integer).into();
        let value = extension(&loss, &m).expect("five errors");
        for order in permutations(5)
            .iter()
            .filter(|order| order.is_sorted_by_key(|&i| -&m[i]))
        {
            assert_eq!(inner(&marginals_in_place(&loss, order), &m), value);
        }
    }
}

#[test]
fn without_foreground_it_is_the_largest_error_and_with_nothing_else_the_mean() {
    let m: Vec<Rational> = [3, 1, 4, 1, 5].map(|m| ratio(m, 7)).into();
    let nothing = Jaccard::new(vec![false; 5]);
    let everything = Jaccard::new(vec![true; 5]);
    assert_eq!(nothing.extension(&m).expect("five errors"), ratio(5, 7));
    assert_eq!(
        everything.extension(&m).expect("five errors"),
        ratio(14, 35)
    );
}

#[test]
fn a_set_function_that_is_not_zero_on_the_empty_set_is_refused() {
    let one = Explicit::new(2, |_: &[bool]| integer(1));
    let error = extension(&one, &[integer(1), integer(2)]).expect_err("F(∅) = 1");
    assert_eq!(
        error.to_string(),
        "set_function: got 1 on the empty set, wanted 0 on the empty set"
    );
    let error = extension(&Jaccard::new(vec![true]), &[]).expect_err("no errors");
    assert_eq!(error.to_string(), "m: got shape [0], wanted [1]");
}

proptest! {
    #[test]
    fn the_extension_equals_the_loss_on_vertices_up_to_200(
        (labels, set) in (1_usize..=200).prop_flat_map(|p| {
            let set = || proptest::collection::vec(any::<bool>(), p);
            (set(), set())
        })
    ) {
        let loss = Jaccard::new(labels);
        let value = loss.value(&set);
        prop_assert_eq!(&loss.extension(&vertex(&set)).expect("p errors"), &value);
        prop_assert_eq!(&extension(&loss, &vertex(&set)).expect("p errors"), &value);
    }

    #[test]
    fn counting_equals_the_definition_up_to_200((loss, m) in jaccard_with(200, small_rational())) {
        // The definition itself, with F evaluated on every set of the chain.
        let explicit = Explicit::new(m.len(), |set: &[bool]| loss.value(set));
        let defined = extension(&explicit, &m).expect("p errors");
        prop_assert_eq!(&loss.extension(&m).expect("p errors"), &defined);
        prop_assert_eq!(&extension(&loss, &m).expect("p errors"), &defined);
        let order = descending(&m);
        prop_assert_eq!(explicit.along(&order), loss.along(&order));
        prop_assert_eq!(explicit.marginals(&order), loss.marginals(&order));
    }

    #[test]
    fn the_enclosure_is_as_narrow_as_asked_and_holds_the_value(
        (loss, m) in jaccard_with(40, unit_float()), bits in 1_u32..300
    ) {
        let enclosure = loss.enclose_extension(&m, bits).expect("p errors");
        prop_assert!(enclosure.contains(&loss.extension(&m).expect("p errors")));
        prop_assert!(enclosure.width_at_most(-i64::from(bits)));
    }

    #[test]
    fn the_extension_is_the_choquet_integral((loss, m) in jaccard_with(200, small_rational())) {
        prop_assert_eq!(choquet(&loss, &m).expect("p errors"), loss.extension(&m).expect("p errors"));
    }

    #[test]
    fn the_choquet_integral_is_the_extension_of_any_set_function(
        values in proptest::collection::vec(-9_i64..=9, 16),
        m in proptest::collection::vec(small_rational(), 4),
    ) {
        let f = table(4, values);
        prop_assert_eq!(choquet(&f, &m).expect("4 errors"), extension(&f, &m).expect("4 errors"));
    }

    #[test]
    fn the_greedy_vector_attains_the_maximum_for_cuts(
        weights in proptest::collection::vec(0_i64..=6, 25),
        m in proptest::collection::vec(small_rational(), 5),
    ) {
        let f = cut(5, weights);
        prop_assert_eq!(submodularity_breach(&f).expect("small"), None);
        let orders = permutations(5);
        let best = orders.iter().map(|order| inner(&marginals_in_place(&f, order), &m)).max();
        prop_assert_eq!(Some(extension(&f, &m).expect("5 errors")), best);
    }

    #[test]
    fn the_extension_is_convex_and_positively_homogeneous(
        ((loss, m), (seed, scale)) in (jaccard_with(60, small_rational()), (1_i64..1000, 0_i64..9))
    ) {
        let other: Vec<Rational> =
            (0..m.len() as i64).map(|i| ratio((i * i * seed + seed) % 23 - 11, 3)).collect();
        let at = |m: &[Rational]| loss.extension(m).expect("p errors");
        // Σ of the values at the ends ≥ the value at their sum: convexity of a homogeneous function.
        let sum: Vec<Rational> = m.iter().zip(&other).map(|(m, other)| m + other).collect();
        prop_assert!(at(&m) + at(&other) >= at(&sum));
        let scale = ratio(scale, 4);
        let scaled: Vec<Rational> = m.iter().map(|m| m * &scale).collect();
        prop_assert_eq!(at(&scaled), at(&m) * scale);
        // Convexity with its subgradient: the tangent at m lies below.
        let g = greedy(&loss, &m).expect("p errors");
        let step: Vec<Rational> = other.iter().zip(&m).map(|(other, m)| other - m).collect();
        prop_assert!(at(&other) >= at(&m) + inner(&g, &step));
    }

    #[test]
    fn the_extension_is_linear_where_one_order_holds(
        ((loss, m), t) in (jaccard_with(60, small_rational()), 0_i64..=8)
    ) {
        // Both ends are sorted by one order, that of m.
        let order = descending(&m);
        let mut end = vec![integer(0); m.len()];
        for (position, &element) in order.iter().enumerate() {
            end[element] = ratio(-((position * position) as i64), 5);
        }
        let t = ratio(t, 8);
        let between: Vec<Rational> =
            m.iter().zip(&end).map(|(m, end)| m * (integer(1) - &t) + end * &t).collect();
        let at = |m: &[Rational]| loss.extension(m).expect("p errors");
        prop_assert_eq!(at(&between), at(&m) * (integer(1) - &t) + at(&end) * t);
    }

    #[test]
    fn the_extension_is_monotone_one_lipschitz_and_between_the_extreme_errors(
        ((loss, m), seed) in (jaccard_with(60, small_rational()), 1_i64..1000)
    ) {
        let steps: Vec<Rational> =
            (0..m.len() as i64).map(|i| ratio((i * seed + i * i) % 7, 4)).collect();
        let larger: Vec<Rational> = m.iter().zip(&steps).map(|(m, step)| m + step).collect();
        let at = |m: &[Rational]| loss.extension(m).expect("p errors");
        let (value, above) = (at(&m), at(&larger));
        prop_assert!(value <= above);
        prop_assert!(&above - &value <= *steps.iter().max().expect("an element"));
        prop_assert!(m.iter().min().expect("an element") <= &value);
        prop_assert!(&value <= m.iter().max().expect("an element"));
    }
}
