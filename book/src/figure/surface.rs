//! Flat faces over the unit square, seen from the side: a function of two variables that is
//! linear on each face, with its kinks as edges.

use super::{Corner, svg};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 400.0;
const SCALE: f64 = 210.0;
const RISE: f64 = 170.0;

/// A piecewise linear surface over [0, 1]², with heights in [0, 1].
///
/// # Examples
///
/// ```
/// use book::figure::Surface;
///
/// let (o, x, y, d) = ((0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 0.5), (1.0, 1.0, 1.0));
/// let svg = Surface::new("Two faces", "They meet in a kink.", ["x", "y", "height"])
///     .face(&[o, x, d])
///     .face(&[o, d, y])
///     .point(d, "(1, 1)")
///     .svg();
/// assert_eq!(svg.matches("<polygon").count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    title: String,
    description: String,
    labels: [String; 3],
    faces: Vec<Vec<Corner>>,
    points: String,
}

impl Surface {
    /// No faces yet; the labels are those of the two variables and of the height.
    #[must_use]
    pub fn new(title: &str, description: &str, labels: [&str; 3]) -> Self {
        Surface {
            title: title.to_owned(),
            description: description.to_owned(),
            labels: labels.map(str::to_owned),
            faces: Vec::new(),
            points: String::new(),
        }
    }

    /// A flat face with the corners given, in order around it.
    #[must_use]
    pub fn face(mut self, corners: &[Corner]) -> Self {
        self.faces.push(corners.to_vec());
        self
    }

    /// A point of the surface with its name.
    #[must_use]
    pub fn point(mut self, at: Corner, label: &str) -> Self {
        let (x, y) = place(at);
        let [cx, cy] = [x, y].map(svg::number);
        self.points.push_str(&format!(
            "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"4\" class=\"dot s2\"/>\n"
        ));
        self.points
            .push_str(&svg::text(x, y - 10.0, "middle halo", label));
        self
    }

    /// The figure.
    #[must_use]
    pub fn svg(&self) -> String {
        let (o, x, y, d) = (
            (0.0, 0.0, 0.0),
            (1.0, 0.0, 0.0),
            (0.0, 1.0, 0.0),
            (1.0, 1.0, 0.0),
        );
        let up = |(x, y, _): Corner| (x, y, 1.0);
        let mut body = String::new();
        for (from, to) in [(o, x), (o, y), (x, d), (y, d), (d, up(d))] {
            body.push_str(&svg::line(place(from), place(to), "grid"));
        }
        // The farther face is drawn first.
        let mut faces: Vec<&Vec<Corner>> = self.faces.iter().collect();
        faces.sort_by(|a, b| depth(b).total_cmp(&depth(a)));
        for face in faces {
            let places = svg::points(face.iter().map(|&corner| place(corner)));
            body.push_str(&format!(
                "<polygon points=\"{places}\" class=\"face s1\"/>\n"
            ));
        }
        for (from, to) in [(o, x), (o, y), (y, up(y))] {
            body.push_str(&svg::line(place(from), place(to), "axis"));
        }
        body.push_str(&self.points);
        let [along_x, along_y, height] = &self.labels;
        let below = |corner: Corner, shift: f64, label: &str| {
            let (x, y) = place(corner);
            svg::text(x + shift, y + 26.0, "middle", label)
        };
        body.push_str(&below((0.5, 0.0, 0.0), 48.0, along_x));
        body.push_str(&below((0.0, 0.5, 0.0), -48.0, along_y));
        let (x, y) = place((0.0, 1.0, 0.5));
        body.push_str(&svg::turned_text(x - 48.0, y, height));
        svg::frame(&self.title, &self.description, (WIDTH, HEIGHT), &body)
    }
}

/// Where a point of space stands in the picture: the origin in front, x to the right and y to
/// the left, both going back.
fn place((x, y, z): Corner) -> (f64, f64) {
    let (along, back) = ((x - y) * 0.866, (x + y) * 0.42);
    (
        WIDTH / 2.0 + SCALE * along,
        HEIGHT - 24.0 - SCALE * back - RISE * z,
    )
}

/// How far back a face lies: the mean over its corners.
#[expect(clippy::cast_precision_loss, reason = "a face has few corners")]
fn depth(face: &[Corner]) -> f64 {
    face.iter().map(|(x, y, _)| x + y).sum::<f64>() / face.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_far_face_is_drawn_before_the_near_one() {
        let near = [(0.0, 0.0, 0.0), (0.4, 0.0, 0.0), (0.0, 0.4, 0.0)];
        let far = [(1.0, 1.0, 0.0), (0.6, 1.0, 0.0), (1.0, 0.6, 0.0)];
        let draw = |a: &[Corner], b: &[Corner]| {
            Surface::new("Faces", "Near and far.", ["x", "y", "z"])
                .face(a)
                .face(b)
                .svg()
        };
        assert_eq!(draw(&near, &far), draw(&far, &near));
    }
}
