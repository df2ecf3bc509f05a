//! Labelled pixels, [P] or a batch of images [B, P]: which count, of which class they are, and
//! which are taken together. What the losses of segmentation make of them is each loss's own.

use core::ops::Range;
use std::borrow::Cow;

use ndarray::{ArrayViewMutD, CowArray, IxDyn};

use super::Scalar;
use super::input::{
    Domain, Prediction, Space, Target, empty_batch, lift_element, shape, wrong_space, wrong_target,
};
use super::reduce::every_row_ignored;
use crate::Error;
use crate::exact::{Extended, Lift};
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::pair::Pair;
use crate::kernel::parallel::{CHUNK, for_parts, reduce};
use crate::kernel::sum::Total;

/// How pixels are taken together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grouping {
    pub(super) ignore: Option<i64>,
    pub(super) per_image: bool,
}

/// Checked labels of pixels, which are numbered through all images.
pub(super) struct Pixels<'a> {
    labels: Cow<'a, [i64]>,
    ignore: Option<i64>,
    /// [P] or [B, P].
    shape: Vec<usize>,
    images: Vec<Range<usize>>,
}

impl<'a> Pixels<'a> {
    /// Checks labels against the shape [P] or [B, P] of the pixels of a prediction. Labels must
    /// lie in 0..classes where that is known.
    pub(super) fn new<T>(
        loss: &'static str,
        argument: &'static str,
        target: &'a Target<'_, T>,
        pixels: &[usize],
        classes: Option<usize>,
        grouping: Grouping,
    ) -> Result<Self, Error> {
        let Target::Labels(labels) = target else {
            return Err(wrong_target(loss, target, "labels [P] or [B, P]"));
        };
        shape(argument, labels.shape(), pixels)?;
        let len = labels.len();
        if len == 0 {
            return Err(empty_batch(loss));
        }
        let ignore = grouping.ignore;
        let labels = flat(labels);
        let mut pixels = Self {
            labels,
            ignore,
            shape: pixels.to_vec(),
            images: Vec::new(),
        };
        pixels.check(argument, classes)?;
        let size = match (pixels.shape.last(), grouping.per_image) {
            (Some(&size), true) => size,
            _ => len,
        };
        let images = (0..len / size).map(|image| image * size..(image + 1) * size);
        pixels.images = images
            .filter(|image| pixels.kept(image.clone()).next().is_some())
            .collect();
        if pixels.images.is_empty() {
            return Err(every_row_ignored(loss));
        }
        Ok(pixels)
    }

    fn check(&self, argument: &'static str, classes: Option<usize>) -> Result<(), Error> {
        let most = classes.map_or(i64::MAX as u64, |classes| classes.saturating_sub(1) as u64);
        let ignored = self.ignored();
        let mut are_good = true;
        let check = |range: Range<usize>| {
            dispatch(InRange {
                labels: &self.labels[range],
                most,
                ignored,
            })
        };
        reduce(self.labels.len(), CHUNK, check, |part| are_good &= part);
        if are_good {
            return Ok(());
        }
        let is_bad = |&label: &i64| label != ignored && label as u64 > most;
        let Some(pixel) = self.labels.iter().position(is_bad) else {
            return Ok(());
        };
        let range = classes.map_or("a class".to_owned(), |classes| {
            format!("a class in 0..{classes}")
        });
        Err(Error::Element {
            argument,
            index: self.index(pixel),
            got: self.labels[pixel].to_string(),
            wanted: match self.ignore {
                None => range,
                Some(ignored) => format!("{range}, or {ignored}, which is ignored"),
            },
        })
    }

    /// The labels of a range: each in the range of the classes, or the ignored one.
    pub(super) fn labels(&self, range: Range<usize>) -> &[i64] {
        &self.labels[range]
    }

    /// The ignored label; where there is none, a label that does not occur.
    pub(super) fn ignored(&self) -> i64 {
        self.ignore.unwrap_or(-1)
    }

    /// The ranges of pixels that are taken together: those of each image in which a pixel
    /// counts, or all in one.
    pub(super) fn images(&self) -> &[Range<usize>] {
        &self.images
    }

    /// The pixels of a range that count, each with its class.
    pub(super) fn kept(&self, range: Range<usize>) -> impl Iterator<Item = (usize, usize)> + Clone {
        let labels = self.labels[range.clone()].iter();
        range.zip(labels).filter_map(|(pixel, &label)| {
            let class = usize::try_from(label).ok()?;
            (self.ignore != Some(label)).then_some((pixel, class))
        })
    }

    /// The classes in 0..count that occur among the kept pixels of a range.
    pub(super) fn occurring(&self, range: Range<usize>, count: usize) -> Vec<usize> {
        let mut occurs = vec![false; count];
        for (_, class) in self.kept(range) {
            occurs[class] = true;
        }
        (0..count).filter(|&class| occurs[class]).collect()
    }

    /// The index of a pixel in its array.
    pub(super) fn index(&self, pixel: usize) -> Vec<usize> {
        match self.shape[..] {
            [_, size] => vec![pixel / size, pixel % size],
            _ => vec![pixel],
        }
    }
}

/// Whether every label is at most `most` and not negative, or the ignored one.
struct InRange<'a> {
    labels: &'a [i64],
    most: u64,
    ignored: i64,
}

impl Kernel for InRange<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut is_good = true;
        for &label in self.labels {
            is_good &= (label as u64 <= self.most) | (label == self.ignored);
        }
        is_good
    }
}

/// One number for each pixel, with labels that are 0 for background and 1 for foreground.
pub(super) struct BinaryPixels<'a, T> {
    pub(super) values: &'a CowArray<'a, T, IxDyn>,
    pub(super) pixels: Pixels<'a>,
    space: Space,
}

impl<'a, T> BinaryPixels<'a, T> {
    /// Checks a prediction in this space, of the shape [P] or, for two axes, [B, P].
    pub(super) fn new(
        loss: &'static str,
        space: Space,
        axes: usize,
        prediction: &'a Prediction<'_, T>,
        target: &'a Target<'_, T>,
        grouping: Grouping,
    ) -> Result<Self, Error> {
        let values = match prediction {
            Prediction::Values(given, values) if *given == space => values,
            _ => return Err(wrong_space(loss, prediction.space(), space.name())),
        };
        let wanted = if axes == 1 { "[P]" } else { "[P] or [B, P]" };
        let shape = pixel_shape(space.name(), values.shape(), axes, 0, wanted)?;
        let pixels = Pixels::new(loss, "labels", target, shape, Some(2), grouping)?;
        Ok(Self {
            values,
            pixels,
            space,
        })
    }

    /// The elements of the kept pixels of a range, lifted and checked: pixel, whether it is
    /// foreground, and the number.
    pub(super) fn lifted(
        &self,
        range: Range<usize>,
        domain: Domain,
    ) -> Result<Vec<(usize, bool, Extended)>, Error>
    where
        T: Lift,
    {
        let elements: Vec<&T> = self
            .values
            .iter()
            .skip(range.start)
            .take(range.len())
            .collect();
        let kept = self.pixels.kept(range.clone()).map(|(pixel, class)| {
            let index = || self.pixels.index(pixel);
            let element = elements[pixel - range.start];
            let number = lift_element(self.space.name(), index, element, domain)?;
            Ok((pixel, class == 1, number))
        });
        kept.collect()
    }

    /// The error that [`BinaryPixels::lifted`] gives for a pixel, for a fast twin that has found
    /// it to be bad.
    pub(super) fn error(&self, pixel: usize, domain: Domain) -> Error
    where
        T: Lift,
    {
        let found = self.lifted(pixel..pixel + 1, domain).err();
        found.unwrap_or_else(|| wrong_space("pixels", self.space, "numbers"))
    }
}

/// The shape of the pixels of a prediction, [P] or, where two axes are taken, [B, P], before
/// `trailing` further axes.
pub(super) fn pixel_shape<'a>(
    argument: &'static str,
    prediction: &'a [usize],
    axes: usize,
    trailing: usize,
    wanted: &str,
) -> Result<&'a [usize], Error> {
    let got = prediction.len().saturating_sub(trailing);
    if (1..=axes).contains(&got) {
        return Ok(&prediction[..got]);
    }
    Err(Error::Shape {
        argument,
        got: prediction.to_vec(),
        wanted: wanted.to_owned(),
    })
}

/// The elements in the order of their indices: the array itself where it lies so, else a copy.
pub(super) fn flat<'a, T: Clone>(values: &'a CowArray<'_, T, IxDyn>) -> Cow<'a, [T]> {
    match values.as_slice() {
        Some(elements) => Cow::Borrowed(elements),
        None => Cow::Owned(values.iter().cloned().collect()),
    }
}

/// Lets `fill` write a gradient in the order of the indices into the caller's array. It is
/// cleared first.
pub(super) fn fill_gradient<F: Scalar, V>(
    mut gradient: ArrayViewMutD<'_, F>,
    wanted: &[usize],
    fill: impl FnOnce(&mut [F]) -> Result<V, Error>,
) -> Result<V, Error> {
    shape("gradient", gradient.shape(), wanted)?;
    if let Some(elements) = gradient.as_slice_mut() {
        let clear = |part: &mut [F]| part.fill(F::ZERO);
        for_parts(elements.chunks_mut(CHUNK), clear, |()| ());
        return fill(elements);
    }
    let mut elements = vec![F::ZERO; gradient.len()];
    let value = fill(&mut elements)?;
    gradient
        .iter_mut()
        .zip(elements)
        .for_each(|(to, from)| *to = from);
    Ok(value)
}

/// The range of an image and, where one is wanted, its part of the gradient.
type Part<'a, F> = (Range<usize>, Option<&'a mut [F]>);

/// The sum over the images of what `work` makes of the range of one and, where one is wanted, its
/// part of the gradient, in which each pixel has so many components; or the first bad pixel.
/// Small images are worked on together.
pub(super) fn over_images<F: Scalar>(
    images: &[Range<usize>],
    components: usize,
    gradient: Option<&mut [F]>,
    work: impl Fn(Range<usize>, Option<&mut [F]>) -> Result<Pair, usize> + Sync,
) -> Result<Pair, usize> {
    let mut parts: Vec<Vec<Part<'_, F>>> = Vec::new();
    let mut size = CHUNK;
    let mut rest = gradient.unwrap_or_default();
    let has_gradient = !rest.is_empty();
    let mut at = 0;
    for image in images {
        if size >= CHUNK {
            parts.push(Vec::new());
            size = 0;
        }
        size += components * image.len();
        let part = has_gradient.then(|| {
            let (_, from) =
                core::mem::take(&mut rest).split_at_mut(components * (image.start - at));
            let (part, behind) = from.split_at_mut(components * image.len());
            (rest, at) = (behind, image.end);
            part
        });
        if let Some(last) = parts.last_mut() {
            last.push((image.clone(), part));
        }
    }
    let sum = |images: Vec<Part<'_, F>>| {
        let mut total = Total::ZERO;
        for (image, gradient) in images {
            total.add_pair(work(image, gradient)?);
        }
        Ok(total)
    };
    let mut total = Ok(Total::ZERO);
    for_parts(parts.into_iter(), sum, |part| {
        total = match (total, part) {
            (Ok(mut total), Ok(part)) => {
                total.merge(part);
                Ok(total)
            }
            (Err(pixel), _) | (_, Err(pixel)) => Err(pixel),
        };
    });
    total.map(Total::value)
}

/// Checks that pixels that are taken together are not too many for a fast twin, in which an
/// index and one bit make a 32-bit tag.
pub(super) fn checked_size(loss: &'static str, pixels: usize) -> Result<(), Error> {
    const MAX: usize = 1 << 31;
    if pixels <= MAX {
        return Ok(());
    }
    Err(Error::Unsupported {
        loss,
        what: format!("the fast twin of {pixels} pixels taken together"),
        instead: format!("give at most {MAX}"),
    })
}
