//! The subdifferential at ties and at the hinge's kink, against two witnesses: the inequalities
//! tried on every subset, and the convex hull of the greedy vectors of all orders.

use exact_loss::exact::Rational;
use exact_loss::exact::set_function::{Explicit, Jaccard, SetFunction, Subdifferential, greedy};
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::simplex::hull_meets_box;
use super::{
    inner, integer, jaccard_with, marginals_in_place, permutations, ratio, small_rational, subsets,
    vertex,
};

/// The greedy vectors of all the orders that sort m.
fn greedy_vectors(loss: &Jaccard, m: &[Rational]) -> Vec<Vec<Rational>> {
    let orders = permutations(m.len());
    let sorted = orders
        .iter()
        .filter(|order| order.windows(2).all(|w| m[w[0]] >= m[w[1]]));
    distinct(sorted.map(|order| marginals_in_place(loss, order)))
}

/// The vertices of the subdifferential of e ↦ Δ̄(max(e, 0)): the greedy vectors of all the orders
/// that sort e, cut off (set to 0) before any position from the first 0 to the first negative.
fn cut_off_greedy_vectors(loss: &Jaccard, e: &[Rational]) -> Vec<Vec<Rational>> {
    let orders = permutations(e.len());
    let sorted = orders
        .iter()
        .filter(|order| order.windows(2).all(|w| e[w[0]] >= e[w[1]]));
    let positive = e.iter().filter(|e| e.is_positive()).count();
    let negative = e.iter().filter(|e| e.is_negative()).count();
    distinct(sorted.flat_map(|order| {
        let whole = marginals_in_place(loss, order);
        (positive..=e.len() - negative).map(move |kept| {
            let mut g = whole.clone();
            order[kept..]
                .iter()
                .for_each(|&element| g[element] = integer(0));
            g
        })
    }))
}

fn distinct(vectors: impl Iterator<Item = Vec<Rational>>) -> Vec<Vec<Rational>> {
    let mut vectors: Vec<_> = vectors.collect();
    vectors.sort();
    vectors.dedup();
    vectors
}

/// Vectors around the subdifferential: its vertices, means of two, and these with a little moved
/// from one element to another, or added to one.
fn candidates(vertices: &[Vec<Rational>]) -> Vec<Vec<Rational>> {
    let mut centres = vertices.to_vec();
    for pair in vertices.windows(2) {
        centres.push(
            pair[0]
                .iter()
                .zip(&pair[1])
                .map(|(a, b)| (a + b) / integer(2))
                .collect(),
        );
    }
    let mut found = centres.clone();
    for centre in &centres {
        for i in 0..centre.len() {
            for step in [ratio(1, 100), ratio(-1, 100)] {
                let mut moved = centre.clone();
                moved[i] += &step;
                found.push(moved.clone());
                moved[(i + 1) % centre.len()] -= step;
                found.push(moved);
            }
        }
    }
    found
}

/// Errors on four elements: every pattern of ties, with both signs and 0.
fn patterns(p: u32) -> impl Iterator<Item = Vec<Rational>> {
    (0..3_i64.pow(p)).map(move |code| {
        (0..p)
            .map(|i| integer(code / 3_i64.pow(i) % 3 - 1))
            .collect()
    })
}

#[test]
fn membership_agrees_with_the_base_polytope_and_the_maximum_up_to_4() {
    for p in 1..=4 {
        for labels in subsets(p) {
            let loss = Jaccard::new(labels);
            for m in patterns(p as u32) {
                let at = Subdifferential::at(&loss, &m).expect("p errors");
                let vertices = greedy_vectors(&loss, &m);
                assert_eq!(at.is_unique(), vertices.len() == 1);
                let value = loss.extension(&m).expect("p errors");
                for g in candidates(&vertices) {
                    let in_polytope = subsets(p).all(|a| inner(&g, &vertex(&a)) <= loss.value(&a))
                        && g.iter().sum::<Rational>() == integer(1);
                    let expected = in_polytope && inner(&g, &m) == value;
                    assert_eq!(
                        at.contains(&g).expect("p components"),
                        expected,
                        "{m:?} {g:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn membership_is_the_convex_hull_of_all_orders_at_ties_and_at_the_kink() {
    let p = 4;
    let mut inside = 0;
    for labels in subsets(p).filter(|labels| labels.is_sorted()) {
        let loss = Jaccard::new(labels);
        for m in patterns(p as u32).step_by(3) {
            let ties = Subdifferential::at(&loss, &m).expect("four errors");
            let kink = Subdifferential::of_positive_part(&loss, &m).expect("four errors");
            let kink_vertices = cut_off_greedy_vectors(&loss, &m);
            assert_eq!(kink.is_unique(), kink_vertices.len() == 1);
            for (at, vertices) in [(ties, greedy_vectors(&loss, &m)), (kink, kink_vertices)] {
                for g in candidates(&vertices).into_iter().step_by(4) {
                    let is_in_hull = hull_meets_box(&vertices, &g, &g);
                    inside += usize::from(is_in_hull);
                    assert_eq!(at.contains(&g).expect("four components"), is_in_hull);
                    assert_eq!(at.meets(&g, &g).expect("four components"), is_in_hull);
                }
            }
        }
    }
    assert!(inside > 500, "{inside}");
}

#[test]
fn whether_a_box_meets_it_agrees_with_the_simplex_method() {
    let p = 4;
    let mut met = [0, 0];
    for labels in subsets(p).filter(|labels| labels.is_sorted()) {
        let loss = Jaccard::new(labels);
        for (number, m) in patterns(p as u32).enumerate().step_by(3) {
            let ties = Subdifferential::at(&loss, &m).expect("four errors");
            let kink = Subdifferential::of_positive_part(&loss, &m).expect("four errors");
            let vertices = [greedy_vectors(&loss, &m), cut_off_greedy_vectors(&loss, &m)];
            for (at, vertices) in [ties, kink].iter().zip(vertices) {
                for (index, centre) in candidates(&vertices).iter().enumerate().step_by(7) {
                    let around = |sign: i64| -> Vec<Rational> {
                        let widths = (0..p).map(|i| ((number + index) * (i + 3) + i) as i64 % 12);
                        let shifts = (0..p).map(|i| (index + i * i) as i64 % 5 - 2);
                        let ends = widths.zip(shifts).zip(centre);
                        ends.map(|((width, shift), g)| g + ratio(sign * width + shift, 200))
                            .collect()
                    };
                    let (lower, upper) = (around(-1), around(1));
                    let expected = hull_meets_box(&vertices, &lower, &upper);
                    met[usize::from(expected)] += 1;
                    assert_eq!(at.meets(&lower, &upper).expect("four components"), expected);
                }
            }
        }
    }
    assert!(met.iter().all(|&count| count > 200), "{met:?}");
}

#[test]
fn the_violation_says_which_elements_take_too_much() {
    let loss = Jaccard::new(vec![true, false, true, false]);
    let e: Vec<Rational> = [1, 1, 0, -1].map(integer).into();
    let kink = Subdifferential::of_positive_part(&loss, &e).expect("four errors");
    let say = |g: [Rational; 4]| {
        kink.violation(&g)
            .expect("four components")
            .map(|violation| violation.to_string())
    };
    let g = |a, b, c, d| [ratio(a, 6), ratio(b, 6), ratio(c, 6), ratio(d, 6)];
    assert_eq!(say(g(3, 1, 2, 0)), None);
    assert_eq!(say(g(3, 1, 0, 0)), None);
    assert_eq!(
        say(g(3, 1, 3, 0)).as_deref(),
        Some("the components of [2] sum to 1/2, and may sum to at most 1/3")
    );
    assert_eq!(
        say(g(3, 2, 0, 0)).as_deref(),
        Some("the components of the ties [0, 1] sum to 5/6, and must sum to 2/3")
    );
    assert_eq!(
        say(g(4, 0, 0, 0)).as_deref(),
        Some("the components of [0] sum to 2/3, and may sum to at most 1/2")
    );
    assert_eq!(
        say(g(3, 1, -1, 0)).as_deref(),
        Some("component 2 is -1/6, and may not be negative at a kink")
    );
    assert_eq!(
        say(g(3, 1, 0, 1)).as_deref(),
        Some("component 3 is 1/6, and must be 0 where the loss is flat")
    );
}

#[test]
fn a_block_too_large_to_try_is_a_typed_error_for_a_set_function_without_structure() {
    let f = Explicit::new(30, |set: &[bool]| integer(i64::from(set.contains(&true))));
    let at = Subdifferential::at(&f, &vec![integer(1); 30]).expect("30 errors");
    let mut g = vec![integer(0); 30];
    g[0] = integer(1);
    let error = at.contains(&g).expect_err("2^30 subsets");
    assert!(
        error
            .to_string()
            .contains("trying the subsets of 30 elements"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn counting_decides_membership_as_trying_every_subset_does(
        ((loss, m), (from, to, by)) in (
            jaccard_with(9, (0_i64..3).prop_map(integer)),
            (0_usize..9, 0_usize..9, -20_i64..=20),
        )
    ) {
        let explicit = Explicit::new(m.len(), |set: &[bool]| loss.value(set));
        let mut g = greedy(&loss, &m).expect("p errors");
        let (from, to) = (from % m.len(), to % m.len());
        g[from] -= ratio(by, 120);
        g[to] += ratio(by, 120);
        let fast = Subdifferential::at(&loss, &m).expect("p errors");
        let slow = Subdifferential::at(&explicit, &m).expect("p errors");
        let expected = slow.contains(&g).expect("small");
        prop_assert_eq!(fast.contains(&g).expect("p components"), expected);
        let fast = Subdifferential::of_positive_part(&loss, &m).expect("p errors");
        let slow = Subdifferential::of_positive_part(&explicit, &m).expect("p errors");
        prop_assert_eq!(
            fast.contains(&g).expect("p components"),
            slow.contains(&g).expect("small")
        );
    }

    #[test]
    fn the_greedy_vector_is_a_subgradient_up_to_200((loss, m) in jaccard_with(200, small_rational())) {
        let at = Subdifferential::at(&loss, &m).expect("p errors");
        let g = greedy(&loss, &m).expect("p errors");
        prop_assert_eq!(at.violation(&g).expect("p components"), None);
        prop_assert!(at.meets(&g, &g).expect("p components"));
        // Ties in the opposite order give another one.
        let mut order: Vec<usize> = (0..m.len()).rev().collect();
        order.sort_by(|&i, &j| m[j].cmp(&m[i]));
        let other = marginals_in_place(&loss, &order);
        prop_assert_eq!(at.violation(&other).expect("p components"), None);
        prop_assert!(at.is_unique() <= (g == other));
        // And nothing with another sum is one.
        let mut wrong = g;
        wrong[0] += ratio(1, 1_000_000);
        prop_assert!(!at.contains(&wrong).expect("p components"));
        prop_assert!(!at.meets(&wrong, &wrong).expect("p components"));
        wrong[0] = integer(0);
        prop_assert!(at.is_unique() || wrong.iter().any(|g| !g.is_zero()));
    }
}
