//! Isolines of a function that is linear on each of some triangles: exact segments, with the
//! kinks where the triangles meet.

use super::Corner;

type Segment = [(f64, f64); 2];

/// The segments where the function has the given value, at most one a triangle.
pub(super) fn segments(triangles: &[[Corner; 3]], level: f64) -> Vec<Segment> {
    triangles
        .iter()
        .filter_map(|triangle| segment(triangle, level))
        .collect()
}

fn segment(triangle: &[Corner; 3], level: f64) -> Option<Segment> {
    let [a, b, c] = *triangle;
    let mut ends: Vec<(f64, f64)> = Vec::new();
    for (from, to) in [(a, b), (b, c), (c, a)] {
        // A corner on the level belongs to the edge that it begins, so it is met once.
        let (low, high) = (from.2 - level, to.2 - level);
        if low == 0.0 {
            ends.push((from.0, from.1));
        } else if low * high < 0.0 {
            let share = low / (low - high);
            ends.push((
                from.0 + share * (to.0 - from.0),
                from.1 + share * (to.1 - from.1),
            ));
        }
    }
    match ends.as_slice() {
        [first, second] => Some([*first, *second]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isoline_is_the_exact_segment() {
        let triangle = [(0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 0.0)];
        assert_eq!(segments(&[triangle], 0.5), [[(0.5, 0.0), (0.5, 0.5)]]);
    }

    #[test]
    fn a_corner_on_the_level_is_met_once() {
        let triangle = [(0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, -1.0)];
        assert_eq!(segments(&[triangle], 0.0), [[(0.0, 0.0), (0.5, 0.5)]]);
        assert!(segments(&[triangle], 2.0).is_empty());
    }
}
