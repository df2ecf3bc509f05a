//! A plot in the plane: what is in it, and how it is laid out. Axes and isolines are beside.

use super::{Axis, Corner, isoline, svg};

const WIDTH: f64 = 520.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 16.0;
/// Room for the names of the bands.
const TOP: f64 = 28.0;
const PLOT_HEIGHT: f64 = 260.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - RIGHT;
const BELOW: f64 = 52.0;
const LEGEND_ROW: f64 = 22.0;
/// A generous width of a letter of the legend, whose font the page chooses.
const LETTER: f64 = 7.6;
const SAMPLE: f64 = 34.0;

/// A figure in the plane.
///
/// # Examples
///
/// ```
/// use book::figure::{Axis, Plot};
///
/// let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
/// let svg = Plot::new(
///     "The sigmoid",
///     "An S-shaped curve that rises from 0 to 1.",
///     Axis::linear("logit x", -6.0, 6.0, 2.0, 0),
///     Axis::linear("σ(x)", 0.0, 1.0, 0.25, 2),
/// )
/// .band(-6.0, 0.0, "negative")
/// .curve("σ", 100, sigmoid)
/// .svg();
/// assert!(svg.starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    title: String,
    description: String,
    x: Axis,
    y: Axis,
    /// Drawn first: bands and areas.
    under: String,
    /// Drawn next: isolines, curves, points.
    over: String,
    /// Drawn last, unclipped: text.
    notes: String,
    legend: Vec<(String, &'static str)>,
}

impl Plot {
    /// An empty plot. The title and the description are for those who do not see it.
    #[must_use]
    pub fn new(title: &str, description: &str, x: Axis, y: Axis) -> Self {
        Plot {
            title: title.to_owned(),
            description: description.to_owned(),
            x,
            y,
            under: String::new(),
            over: String::new(),
            notes: String::new(),
            legend: Vec::new(),
        }
    }

    /// A shaded band over a range of x, from bottom to top, with its name above.
    #[must_use]
    pub fn band(mut self, from: f64, to: f64, label: &str) -> Self {
        let (left, right) = (self.place_x(from), self.place_x(to));
        let [x, width, y, height] = [left, right - left, TOP, PLOT_HEIGHT].map(svg::number);
        self.under.push_str(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"band\"/>\n"
        ));
        self.notes.push_str(&svg::text(
            (left + right) / 2.0,
            TOP - 9.0,
            "middle muted",
            label,
        ));
        self
    }

    /// A filled area with the corners given, in the colour of the next series.
    #[must_use]
    pub fn area(mut self, corners: &[(f64, f64)]) -> Self {
        let places = svg::points(corners.iter().map(|&corner| self.place(corner)));
        let series = self.next_series();
        self.under.push_str(&format!(
            "<polygon points=\"{places}\" class=\"area {series}\"/>\n"
        ));
        self
    }

    /// A series of points joined by straight lines. It is broken where a point has no place:
    /// a NaN, or a value that is not positive on a logarithmic axis.
    #[must_use]
    pub fn line(mut self, label: &str, points: &[(f64, f64)]) -> Self {
        let series = self.next_series();
        let places: Vec<_> = points.iter().map(|&point| self.place(point)).collect();
        for piece in places.split(|(x, y)| !(x.is_finite() && y.is_finite())) {
            if !piece.is_empty() {
                let places = svg::points(piece.iter().copied());
                self.over.push_str(&format!(
                    "<polyline points=\"{places}\" class=\"line {series}\"/>\n"
                ));
            }
        }
        self.legend.push((label.to_owned(), series));
        self
    }

    /// A function of x over the whole axis, drawn through `pieces` + 1 points evenly placed.
    #[must_use]
    pub fn curve(self, label: &str, pieces: u16, function: impl Fn(f64) -> f64) -> Self {
        let points: Vec<(f64, f64)> = (0..=pieces)
            .map(|index| self.x.value(f64::from(index) / f64::from(pieces.max(1))))
            .map(|x| (x, function(x)))
            .collect();
        self.line(label, &points)
    }

    /// A series of separate points.
    #[must_use]
    pub fn dots(mut self, label: &str, points: &[(f64, f64)]) -> Self {
        let series = self.next_series();
        for &point in points {
            let (x, y) = self.place(point);
            if x.is_finite() && y.is_finite() {
                let [x, y] = [x, y].map(svg::number);
                self.over.push_str(&format!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" class=\"dot {series}\"/>\n"
                ));
            }
        }
        self.legend.push((label.to_owned(), series));
        self
    }

    /// A thin straight line that belongs to no series: an asymptote, a kink.
    #[must_use]
    pub fn rule(mut self, from: (f64, f64), to: (f64, f64)) -> Self {
        self.over
            .push_str(&svg::line(self.place(from), self.place(to), "rule"));
        self
    }

    /// The isolines of a function that is linear on each triangle, each level with its number.
    #[must_use]
    pub fn isolines(mut self, triangles: &[[Corner; 3]], levels: &[f64], decimals: usize) -> Self {
        for &level in levels {
            let segments = isoline::segments(triangles, level);
            for [from, to] in &segments {
                self.over
                    .push_str(&svg::line(self.place(*from), self.place(*to), "isoline"));
            }
            if let Some(&[from, to]) = segments.first() {
                let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
                self = self.note(middle, &svg::label(level, decimals));
            }
        }
        self
    }

    /// A short text, centred on a point.
    #[must_use]
    pub fn note(mut self, at: (f64, f64), text: &str) -> Self {
        let (x, y) = self.place(at);
        self.notes
            .push_str(&svg::text(x, y + 5.0, "middle halo", text));
        self
    }

    /// The figure.
    #[must_use]
    pub fn svg(&self) -> String {
        let (legend, rows) = self.draw_legend();
        let height = TOP + PLOT_HEIGHT + BELOW + LEGEND_ROW * rows;
        let [x, y, width, plot_height] = [LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT].map(svg::number);
        // The inner picture clips what leaves the plot, and needs no name to do so.
        let inner = format!(
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{plot_height}\" \
             viewBox=\"{x} {y} {width} {plot_height}\">\n{}{}{}</svg>\n",
            self.under,
            self.grid(),
            self.over
        );
        let body = format!("{inner}{}{}{legend}", self.draw_axes(), self.notes);
        svg::frame(&self.title, &self.description, (WIDTH, height), &body)
    }

    fn place_x(&self, x: f64) -> f64 {
        LEFT + PLOT_WIDTH * self.x.position(x)
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.place_x(x),
            TOP + PLOT_HEIGHT * (1.0 - self.y.position(y)),
        )
    }

    fn next_series(&self) -> &'static str {
        const SERIES: [&str; 6] = ["s1", "s2", "s3", "s4", "s5", "s6"];
        SERIES[self.legend.len() % SERIES.len()]
    }

    fn grid(&self) -> String {
        let columns = self.x.ticks().iter().map(|tick| {
            let x = LEFT + PLOT_WIDTH * tick.position;
            svg::line((x, TOP), (x, TOP + PLOT_HEIGHT), "grid")
        });
        let rows = self.y.ticks().iter().map(|tick| {
            let y = TOP + PLOT_HEIGHT * (1.0 - tick.position);
            svg::line((LEFT, y), (LEFT + PLOT_WIDTH, y), "grid")
        });
        columns.chain(rows).collect()
    }

    fn draw_axes(&self) -> String {
        let bottom = TOP + PLOT_HEIGHT;
        let mut out = svg::line((LEFT, bottom), (LEFT + PLOT_WIDTH, bottom), "axis");
        out.push_str(&svg::line((LEFT, TOP), (LEFT, bottom), "axis"));
        for tick in self.x.ticks() {
            out.push_str(&tick_text(
                LEFT + PLOT_WIDTH * tick.position,
                bottom + 20.0,
                "middle",
                tick,
            ));
        }
        for tick in self.y.ticks() {
            let y = TOP + PLOT_HEIGHT * (1.0 - tick.position);
            out.push_str(&tick_text(LEFT - 8.0, y + 5.0, "end", tick));
        }
        out.push_str(&svg::text(
            LEFT + PLOT_WIDTH / 2.0,
            bottom + 42.0,
            "middle",
            self.x.label(),
        ));
        out.push_str(&svg::turned_text(
            16.0,
            TOP + PLOT_HEIGHT / 2.0,
            self.y.label(),
        ));
        out
    }

    /// The legend below the plot, and its number of rows.
    fn draw_legend(&self) -> (String, f64) {
        let mut out = String::new();
        let mut x = LEFT;
        let mut rows = if self.legend.is_empty() { 0.0 } else { 1.0 };
        for (label, series) in &self.legend {
            let letters = u32::try_from(label.chars().count()).unwrap_or(u32::MAX);
            let width = SAMPLE + 22.0 + LETTER * f64::from(letters);
            if x > LEFT && x + width > WIDTH {
                x = LEFT;
                rows += 1.0;
            }
            let y = TOP + PLOT_HEIGHT + BELOW + LEGEND_ROW * (rows - 1.0) + 10.0;
            let class = format!("line {series}");
            out.push_str(&svg::line((x, y - 5.0), (x + SAMPLE, y - 5.0), &class));
            out.push_str(&svg::text(x + SAMPLE + 8.0, y, "start", label));
            x += width;
        }
        (out, rows)
    }
}

fn tick_text(x: f64, y: f64, class: &str, tick: &super::axis::Tick) -> String {
    match &tick.exponent {
        None => svg::text(x, y, class, &tick.number),
        Some(exponent) => format!(
            "<text x=\"{}\" y=\"{}\" class=\"{class}\">{}<tspan dy=\"-6\" class=\"power\">{exponent}</tspan></text>\n",
            svg::number(x),
            svg::number(y),
            tick.number
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let axis = |label| Axis::linear(label, 0.0, 1.0, 0.5, 1);
        Plot::new("A plot", "For the tests.", axis("x"), axis("y"))
    }

    #[test]
    fn a_line_is_broken_where_a_point_has_no_place() {
        let points = [(0.0, 0.0), (0.5, f64::NAN), (0.6, 0.1), (1.0, 1.0)];
        assert_eq!(
            plot()
                .line("broken", &points)
                .svg()
                .matches("<polyline")
                .count(),
            2
        );
    }

    #[test]
    fn a_legend_too_wide_for_one_row_takes_two() {
        let long = "a label of some thirty letters";
        let one = plot().line(long, &[]).draw_legend().1;
        let two = plot().line(long, &[]).line(long, &[]).draw_legend().1;
        assert_eq!((one, two), (1.0, 2.0));
    }

    #[test]
    fn a_figure_has_no_blank_line_and_no_fixed_colour() {
        let triangle = [(0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0)];
        let svg = plot()
            .band(0.0, 0.5, "left")
            .area(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
            .dots("dots", &[(0.5, 0.5)])
            .rule((0.0, 0.0), (1.0, 1.0))
            .isolines(&[triangle], &[0.25, 0.5], 2)
            .svg();
        assert!(
            !svg.contains("\n\n") && !svg.contains('#') && !svg.contains("rgb"),
            "{svg}"
        );
    }
}
