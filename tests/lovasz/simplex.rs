//! A witness from another road: whether a point of a convex hull lies in a box, by the simplex
//! method with rationals. Slow, simple, and nothing to do with submodularity.

use exact_loss::exact::Rational;
use num_traits::{One, Signed, Zero};

/// Whether some convex combination of the vertices lies between `lower` and `upper`.
pub(super) fn hull_meets_box(
    vertices: &[Vec<Rational>],
    lower: &[Rational],
    upper: &[Rational],
) -> bool {
    // Σ_v λ_v·v_i − s_i = lower_i, Σ_v λ_v·v_i + t_i = upper_i, Σ_v λ_v = 1, all ≥ 0.
    let p = lower.len();
    let slacks = 2 * p;
    let mut rows = Vec::new();
    for (bounds, sign, first) in [(lower, -1, 0), (upper, 1, p)] {
        for (i, bound) in bounds.iter().enumerate() {
            let mut row: Vec<Rational> = vertices.iter().map(|v| v[i].clone()).collect();
            row.extend((0..slacks).map(|slack| {
                Rational::from_integer(if slack == first + i { sign } else { 0 }.into())
            }));
            row.push(bound.clone());
            rows.push(row);
        }
    }
    let ones = core::iter::repeat_n(Rational::one(), vertices.len());
    let zeros = core::iter::repeat_n(Rational::zero(), slacks);
    rows.push(ones.chain(zeros).chain([Rational::one()]).collect());
    is_feasible(rows)
}

/// Whether there is x ≥ 0 with Ax = b, where a row of the input is a row of A with its b. Phase
/// one of the simplex method, with Bland's rule, which cannot cycle.
fn is_feasible(mut rows: Vec<Vec<Rational>>) -> bool {
    let columns = rows[0].len() - 1;
    for row in &mut rows {
        if row[columns].is_negative() {
            row.iter_mut().for_each(|entry| *entry = -&*entry);
        }
    }
    // One artificial variable a row, never stored: it leaves the basis and does not return.
    let mut basis: Vec<Option<usize>> = vec![None; rows.len()];
    loop {
        // The sum of the artificial variables falls with a column whose sum over their rows is
        // positive.
        let artificial = || (0..rows.len()).filter(|&i| basis[i].is_none());
        let left: Rational = artificial().map(|i| &rows[i][columns]).sum();
        if left.is_zero() {
            return true;
        }
        let gain = |j: usize| artificial().map(|i| &rows[i][j]).sum::<Rational>();
        let Some(entering) = (0..columns).find(|&j| gain(j).is_positive()) else {
            return false;
        };
        let leaving = (0..rows.len())
            .filter(|&i| rows[i][entering].is_positive())
            .min_by_key(|&i| {
                (
                    &rows[i][columns] / &rows[i][entering],
                    basis[i].unwrap_or(columns),
                )
            })
            .expect("the sum of the artificial variables is bounded below by 0");
        let pivot = rows[leaving][entering].clone();
        rows[leaving].iter_mut().for_each(|entry| *entry /= &pivot);
        let pivot_row = rows[leaving].clone();
        for (i, row) in rows.iter_mut().enumerate() {
            if i != leaving && !row[entering].is_zero() {
                let factor = row[entering].clone();
                for (entry, pivot) in row.iter_mut().zip(&pivot_row) {
                    *entry -= &factor * pivot;
                }
            }
        }
        basis[leaving] = Some(entering);
    }
}

#[test]
fn the_simplex_witness_knows_a_triangle() {
    let point = |x: i64, y: i64| {
        vec![
            Rational::from_integer(x.into()),
            Rational::from_integer(y.into()),
        ]
    };
    let triangle = [point(0, 0), point(4, 0), point(0, 4)];
    assert!(hull_meets_box(&triangle, &point(1, 1), &point(1, 1)));
    assert!(hull_meets_box(&triangle, &point(2, 2), &point(5, 5)));
    assert!(!hull_meets_box(&triangle, &point(2, 3), &point(5, 5)));
    assert!(!hull_meets_box(&triangle, &point(-2, -3), &point(-1, 5)));
}
