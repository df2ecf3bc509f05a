//! The fast twin of the Lovász hinge, and nothing that the other twin reads.

use core::ops::Range;

use super::super::input::Domain;
use super::super::pixels::{BinaryPixels, checked_size, flat, over_images};
use super::super::{Scalar, Value};
use super::NAME;
use crate::Error;
use crate::kernel::Float;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::jaccard::{
    BLOCK, Element, Elements, Errors, Gradient, Slots, Survey, extensions, mean,
};
use crate::kernel::pair::Pair;

/// The pixels of one image. The error of each is 1 + t.
struct Image<'a, F> {
    scores: &'a [F],
    labels: &'a [i64],
    ignored: i64,
}

impl<F: Float> Elements for Image<'_, F> {
    type Float = F;
    const IS_SIGNED: bool = true;
    const CAN_CANCEL: bool = false;

    fn pixels(&self) -> usize {
        self.scores.len()
    }

    #[inline(always)]
    fn element(&self, pixel: usize, _: usize) -> Element<F::Key> {
        let (label, score) = (self.labels[pixel], self.scores[pixel]);
        let is_foreground = label == 1;
        let t = if is_foreground { -score } else { score };
        Element {
            key: t.descending(),
            is_foreground,
            counts: label != self.ignored,
            is_sorted: t > -F::ONE,
        }
    }

    #[inline(always)]
    fn is_bad(&self, pixel: usize) -> bool {
        self.scores[pixel].is_nan() & (self.labels[pixel] != self.ignored)
    }

    #[inline(always)]
    fn error(key: F::Key) -> Pair {
        Pair::sum(1.0, F::from_descending(key).to_f64())
    }

    fn survey(&self, pixels: Range<usize>, columns: &mut [Survey<F::Key>]) -> Result<(), usize> {
        let found = dispatch(Tally(self, pixels.clone()));
        if found.is_bad {
            let bad = pixels.clone().find(|&pixel| self.is_bad(pixel));
            return bad.map_or(Ok(()), Err);
        }
        for survey in columns {
            // Where foreground is passed over, nothing lies behind the last of it.
            if found.passed > 0 {
                *survey = Survey::open(found.foreground as usize, found.sorted as usize);
            } else {
                pixels
                    .clone()
                    .for_each(|pixel| survey.add(self.element(pixel, 0)));
            }
        }
        Ok(())
    }

    fn collect(
        &self,
        pixels: Range<usize>,
        _: Range<usize>,
        last: &[F::Key],
        slots: &mut [Slots<'_, F::Key>],
    ) {
        for (&last, slots) in last.iter().zip(slots) {
            dispatch(Collect(self, pixels.clone(), last, slots));
        }
    }
}

impl<F: Float> Errors for Image<'_, F> {
    fn pixels(&self) -> usize {
        self.scores.len()
    }

    #[inline(always)]
    fn fill(
        &self,
        pixels: Range<usize>,
        errors: &mut [f64; BLOCK],
        sides: &mut [u64; BLOCK],
    ) -> bool {
        let pairs = self.labels[pixels.clone()].iter().zip(&self.scores[pixels]);
        let mut is_bad = false;
        for ((&label, &score), (error, side)) in pairs.zip(errors.iter_mut().zip(sides)) {
            let counts = label != self.ignored;
            let x = score.to_f64();
            let t = if label == 1 { -x } else { x };
            let e = 1.0 + t;
            *error = if counts { e } else { 0.0 };
            *side = u64::from(counts & (label == 1));
            is_bad |= counts & score.is_nan();
        }
        !is_bad
    }
}

/// What a tally finds: how many elements are foreground, how many are sorted, and how many are
/// foreground and not sorted.
#[derive(Default)]
struct Tallied {
    foreground: u32,
    sorted: u32,
    passed: u32,
    is_bad: bool,
}

/// Counts the elements of some pixels, without a branch.
struct Tally<'a, F>(&'a Image<'a, F>, Range<usize>);

impl<F: Float> Kernel for Tally<'_, F> {
    type Output = Tallied;

    #[inline(always)]
    fn run(self) -> Tallied {
        let Self(image, pixels) = self;
        let (labels, scores) = (&image.labels[pixels.clone()], &image.scores[pixels]);
        let mut tallied = Tallied::default();
        for (&label, &score) in labels.iter().zip(scores) {
            let counts = label != image.ignored;
            let is_foreground = counts & (label == 1);
            // On the right side by 1 or more.
            let is_above = (score > -F::ONE) & (label != 1);
            let is_below = (score < F::ONE) & (label == 1);
            let is_sorted = counts & (is_above | is_below);
            tallied.foreground += u32::from(is_foreground);
            tallied.sorted += u32::from(is_sorted);
            tallied.passed += u32::from(is_foreground & !is_sorted);
            tallied.is_bad |= counts & score.is_nan();
        }
        tallied
    }
}

/// Collects the elements of some pixels: blocks of keys, and then those that are kept.
struct Collect<'a, 's, 'i, F: Float>(
    &'a Image<'a, F>,
    Range<usize>,
    F::Key,
    &'s mut Slots<'i, F::Key>,
);

impl<F: Float> Kernel for Collect<'_, '_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(image, pixels, last, slots) = self;
        let mut keys = [F::Key::default(); BLOCK];
        let (mut is_kept, mut sides) = ([false; BLOCK], [false; BLOCK]);
        for start in pixels.clone().step_by(BLOCK) {
            let block = start..pixels.end.min(start + BLOCK);
            let size = block.len();
            let pairs = image.labels[block.clone()].iter().zip(&image.scores[block]);
            let flags = is_kept.iter_mut().zip(&mut sides);
            for ((&label, &score), (key, (is_kept, side))) in pairs.zip(keys.iter_mut().zip(flags))
            {
                let t = if label == 1 { -score } else { score };
                *key = t.descending();
                *is_kept = (label != image.ignored) & (t > -F::ONE) & (*key <= last);
                *side = label == 1;
            }
            slots.extend_if(&is_kept[..size], &keys[..size], start, &sides[..size]);
        }
    }
}

/// The value; the gradient, which is 0 so far, is written where one is wanted.
pub(super) fn evaluate<F: Scalar>(
    batch: &BinaryPixels<'_, F>,
    gradient: Option<&mut [F]>,
) -> Result<Value<F>, Error> {
    let scores = flat(batch.values);
    let images = batch.pixels.images();
    for image in images {
        checked_size(NAME, image.len())?;
    }
    let image_of = |range: Range<usize>| Image {
        scores: &scores[range.clone()],
        labels: batch.pixels.labels(range),
        ignored: batch.pixels.ignored(),
    };
    if gradient.is_none()
        && let Some(value) = mean(images.iter().cloned().map(image_of))
    {
        return Ok(Value::Reduced(value));
    }
    let image = |range: Range<usize>, gradient: Option<&mut [F]>| {
        let image = image_of(range.clone());
        let gradient = gradient.map(|elements| Gradient {
            elements,
            width: 1,
            places: &[0],
        });
        extensions(&image, images.len(), gradient).map_err(|pixel| range.start + pixel)
    };
    let value = over_images(images, 1, gradient, image);
    let value = value.map_err(|pixel| batch.error(pixel, Domain::Extended))?;
    Ok(Value::Reduced(value.round()))
}
