//! Drawing for the book: small figures as inline SVG, which take their colours from the page's
//! theme. What is drawn is computed in [`crate::computed`]; here is only how.
//!
//! Text is text, numbers have fixed decimals, each figure has a title and a description for
//! those who do not see it, and series differ by dashes as well as by colour. Curves are drawn
//! as the polylines that were given: nothing is smoothed, for kinks are often the point.
//!
//! [`Plot`] draws in the plane: curves, points, bands, isolines, notes. [`Surface`] draws flat
//! faces over the unit square, seen from the side.

mod axis;
mod isoline;
mod plot;
mod surface;
mod svg;

pub use axis::Axis;
pub use plot::Plot;
pub use surface::Surface;

/// A corner of a face: x, y and the height there.
pub type Corner = (f64, f64, f64);
