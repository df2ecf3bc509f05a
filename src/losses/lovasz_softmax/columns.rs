//! The errors of the classes as columns of elements, for the fast twin: from probabilities, read
//! row by row, and from the odds that logits give. What is done with them is in the kernel.

use core::ops::Range;

use crate::kernel::Float;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::elementary::exp_of_pair;
use crate::kernel::jaccard::{Element, Elements, Slots, Survey, UnitKey};
use crate::kernel::pair::Pair;
use crate::kernel::sort::{Key, Ordered};

/// No column: the class is not averaged over.
const NONE: u32 = u32::MAX;

/// The errors 1 − p of the labels and p of other classes, of the classes averaged over.
pub(super) struct Probabilities<'a, F> {
    rows: &'a [F],
    classes: usize,
    labels: &'a [i64],
    ignored: i64,
    selected: &'a [usize],
    /// The column of each class.
    columns: Vec<u32>,
}

impl<'a, F: Float> Probabilities<'a, F> {
    pub(super) fn new(
        rows: &'a [F],
        classes: usize,
        (labels, ignored): (&'a [i64], i64),
        selected: &'a [usize],
    ) -> Self {
        let mut columns = vec![NONE; classes];
        for (column, &class) in (0..).zip(selected) {
            columns[class] = column;
        }
        Self {
            rows,
            classes,
            labels,
            ignored,
            selected,
            columns,
        }
    }

    /// The rows of a range that count, with their pixels and labels.
    #[inline(always)]
    fn kept(&self, pixels: Range<usize>) -> impl Iterator<Item = (usize, usize, &[F])> {
        let rows = self.rows[pixels.start * self.classes..pixels.end * self.classes]
            .chunks_exact(self.classes);
        let labels = &self.labels[pixels.clone()];
        pixels
            .zip(labels.iter().zip(rows))
            .filter(|(_, (label, _))| **label != self.ignored)
            .map(|(pixel, (&label, row))| (pixel, label as usize, row))
    }

    /// For each class, a number that no background element in front of the last key falls below.
    fn thresholds(&self, columns: Range<usize>, last: &[F::Key]) -> Vec<F> {
        let mut thresholds = vec![F::INFINITY; self.classes];
        for column in columns {
            let error = F::error_of_key(last[column]).hi;
            // Below by more than two roundings.
            thresholds[self.selected[column]] =
                F::from_f64(error * (1.0 - 4.0 * F::EPSILON.to_f64()));
        }
        thresholds
    }

    /// Calls `visit` with the column, key, pixel and side of each element up to the last keys,
    /// in the order of the pixels.
    #[inline(always)]
    fn visit(
        &self,
        pixels: Range<usize>,
        columns: Range<usize>,
        last: &[F::Key],
        mut visit: impl FnMut(usize, F::Key, usize, bool),
    ) {
        let thresholds = self.thresholds(columns.clone(), last);
        for (pixel, label, row) in self.kept(pixels) {
            let mut reached = 0_u32;
            for (&p, &threshold) in row.iter().zip(&thresholds) {
                reached += u32::from(p >= threshold);
            }
            let column = self.columns[label] as usize;
            if columns.contains(&column) {
                visit(column, row[label].key_of_complement(), pixel, true);
            }
            if reached == u32::from(row[label] >= thresholds[label]) {
                continue;
            }
            for (class, (&p, &threshold)) in row.iter().zip(&thresholds).enumerate() {
                if p >= threshold && class != label {
                    let column = self.columns[class] as usize;
                    let key = p.key_of_probability();
                    if key <= last[column] {
                        visit(column, key, pixel, false);
                    }
                }
            }
        }
    }
}

impl<F: Float> Elements for Probabilities<'_, F> {
    type Float = F;
    const IS_SIGNED: bool = true;
    const CAN_CANCEL: bool = false;

    fn pixels(&self) -> usize {
        self.labels.len()
    }

    fn columns(&self) -> usize {
        self.selected.len()
    }

    fn element(&self, pixel: usize, column: usize) -> Element<F::Key> {
        let class = self.selected[column];
        let label = self.labels[pixel];
        let p = self.rows[pixel * self.classes + class];
        let is_foreground = label == class as i64;
        Element {
            key: if is_foreground {
                p.key_of_complement()
            } else {
                p.key_of_probability()
            },
            is_foreground,
            counts: label != self.ignored,
            is_sorted: true,
        }
    }

    fn is_bad(&self, pixel: usize) -> bool {
        self.kept(pixel..pixel + 1)
            .any(|(_, _, row)| !row.iter().all(|p| (F::ZERO..=F::ONE).contains(p)))
    }

    #[inline(always)]
    fn error(key: F::Key) -> Pair {
        F::error_of_key(key)
    }

    fn survey(&self, pixels: Range<usize>, columns: &mut [Survey<F::Key>]) -> Result<(), usize> {
        let mut found = Found {
            largest: vec![F::ZERO; self.classes],
            largest_of_label: vec![F::ZERO; self.classes],
            labelled: vec![0; self.classes],
        };
        let are_good = dispatch(Extremes {
            of: self,
            pixels: pixels.clone(),
            found: &mut found,
        });
        if let Some(pixel) = pixels
            .clone()
            .find(|&pixel| !are_good && self.is_bad(pixel))
        {
            return Err(pixel);
        }
        let sorted = found.labelled.iter().sum();
        for (survey, &class) in columns.iter_mut().zip(self.selected) {
            let labelled = found.labelled[class];
            let last = found.largest_of_label[class].key_of_complement();
            *survey = Survey {
                foreground: labelled,
                first: if sorted > 0 {
                    found.largest[class].key_of_probability()
                } else {
                    Key::MAX
                },
                last_foreground: if labelled > 0 { last } else { Key::MIN },
                sorted,
            };
        }
        Ok(())
    }

    fn count(&self, pixels: Range<usize>, last: &[F::Key], kept: &mut [usize]) {
        dispatch(Count {
            of: self,
            pixels,
            last,
            kept,
        });
    }

    fn collect(
        &self,
        pixels: Range<usize>,
        columns: Range<usize>,
        last: &[F::Key],
        slots: &mut [Slots<'_, F::Key>],
    ) {
        dispatch(Collect {
            of: self,
            pixels,
            columns,
            last,
            slots,
        });
    }
}

/// What is found of each class in a chunk.
struct Found<F> {
    /// The largest probability.
    largest: Vec<F>,
    /// That of the pixels with this label, and their number.
    largest_of_label: Vec<F>,
    labelled: Vec<usize>,
}

struct Extremes<'a, 'f, F> {
    of: &'a Probabilities<'a, F>,
    pixels: Range<usize>,
    found: &'f mut Found<F>,
}

impl<F: Float> Kernel for Extremes<'_, '_, F> {
    type Output = bool;

    /// Whether all rows are of probabilities.
    #[inline(always)]
    fn run(self) -> bool {
        let Found {
            largest,
            largest_of_label,
            labelled,
        } = self.found;
        let mut is_good = true;
        for (_, label, row) in self.of.kept(self.pixels) {
            for (&p, largest) in row.iter().zip(largest.iter_mut()) {
                is_good &= (p >= F::ZERO) & (p <= F::ONE);
                *largest = if p > *largest { p } else { *largest };
            }
            labelled[label] += 1;
            if row[label] > largest_of_label[label] {
                largest_of_label[label] = row[label];
            }
        }
        is_good
    }
}

struct Count<'a, 'k, F: Float> {
    of: &'a Probabilities<'a, F>,
    pixels: Range<usize>,
    last: &'a [F::Key],
    kept: &'k mut [usize],
}

impl<F: Float> Kernel for Count<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = 0..self.kept.len();
        let count = |column: usize, _, _, _| self.kept[column] += 1;
        self.of.visit(self.pixels, columns, self.last, count);
    }
}

struct Collect<'a, 's, 'i, F: Float> {
    of: &'a Probabilities<'a, F>,
    pixels: Range<usize>,
    columns: Range<usize>,
    last: &'a [F::Key],
    slots: &'s mut [Slots<'i, F::Key>],
}

impl<F: Float> Kernel for Collect<'_, '_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let first = self.columns.start;
        let push = |column: usize, key, pixel, is_foreground| {
            self.slots[column - first].push(key, pixel, is_foreground);
        };
        self.of.visit(self.pixels, self.columns, self.last, push);
    }
}

/// The least odds and the largest that errors are sorted by: 2⁻¹⁰²² and 2¹⁰⁰⁰.
const LEAST: f64 = f64::MIN_POSITIVE;
const MOST: f64 = 1.071_508_607_186_267_3e301;
/// ln of the largest.
const LOG_OF_MOST: f64 = 693.147_180_559_945_3;

/// Odds as numbers in their order, also of those beyond the floats, by their logarithm: below
/// [`LEAST`] it is the number itself, above [`MOST`] its bits count on from there.
pub(super) fn ordered_odds(odds: f64, logarithm: impl FnOnce() -> f64) -> f64 {
    if (LEAST..MOST).contains(&odds) {
        return odds;
    }
    let logarithm = logarithm();
    if logarithm < 0.0 {
        logarithm
    } else if logarithm == f64::INFINITY {
        f64::INFINITY
    } else {
        let beyond = logarithm.to_bits().saturating_sub(LOG_OF_MOST.to_bits());
        f64::from_bits(MOST.to_bits() + (beyond >> 6))
    }
}

/// The odds e/(1−e) of the errors as [`ordered_odds`], a row for each pixel that counts.
pub(super) struct Odds<'a> {
    pub(super) odds: &'a [f64],
    /// The pixels that count, with their labels.
    pub(super) kept: &'a [(usize, usize)],
    pub(super) selected: &'a [usize],
}

impl Elements for Odds<'_> {
    type Float = f64;
    const IS_SIGNED: bool = true;
    const CAN_CANCEL: bool = false;

    fn pixels(&self) -> usize {
        self.kept.len()
    }

    fn columns(&self) -> usize {
        self.selected.len()
    }

    #[inline(always)]
    fn element(&self, pixel: usize, column: usize) -> Element<u64> {
        Element {
            key: self.odds[pixel * self.selected.len() + column].descending(),
            is_foreground: self.kept[pixel].1 == self.selected[column],
            counts: true,
            is_sorted: true,
        }
    }

    fn is_bad(&self, _: usize) -> bool {
        false
    }

    /// e of e/(1−e).
    #[inline(always)]
    fn error(key: u64) -> Pair {
        let odds = f64::from_descending(key);
        if odds >= MOST {
            Pair::ONE
        } else if odds < 0.0 {
            exp_of_pair(Pair::from(odds))
        } else {
            Pair::from(odds) / Pair::sum(1.0, odds)
        }
    }
}
