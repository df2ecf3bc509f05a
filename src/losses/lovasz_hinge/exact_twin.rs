//! The exact twin of the Lovász hinge, and nothing that the other twin reads.

use super::super::input::Domain;
use super::super::pieces::{Piece, Place};
use super::super::pixels::BinaryPixels;
use crate::Error;
use crate::exact::ratio::complement;
use crate::exact::{Extended, Lift, Rational, Real};

/// (1/B)·Δ̄(max(e, 0)) for each image.
pub(super) fn pieces<T: Lift>(batch: &BinaryPixels<'_, T>) -> Result<Vec<Piece>, Error> {
    let images = batch.pixels.images().iter();
    let weight = Rational::new(1.into(), images.len().into());
    let pieces = images.map(|image| {
        let scores = batch.lifted(image.clone(), Domain::Extended)?.into_iter();
        let elements = scores.map(|(index, is_foreground, score)| {
            let place = Place {
                index,
                negative: is_foreground,
            };
            (is_foreground, error(is_foreground, score), place)
        });
        Piece::new(elements.collect(), true, weight.clone())
    });
    pieces.collect()
}

/// e = 1 − x·s.
fn error(is_foreground: bool, score: Extended) -> Real {
    match (score, is_foreground) {
        (Extended::Finite(x), true) => Real::from(complement(&x)),
        (Extended::Finite(x), false) => Real::from(complement(&-x)),
        (Extended::Infinity, true) | (Extended::NegativeInfinity, false) => {
            Real::negative_infinity()
        }
        (Extended::Infinity, false) | (Extended::NegativeInfinity, true) => Real::infinity(),
    }
}
