//! How often each class is labelled, predicted, and both: the sums of the confusion matrix that
//! an intersection over union needs. What is made of them lives with the losses.

use std::collections::BTreeMap;

use super::dispatch::{Kernel, dispatch};
use super::parallel::{CHUNK, reduce};

/// Chunks whose classes all lie below this have a table of them.
const TABLE: u64 = 1 << 12;

/// How often a class occurs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As a label.
    pub labelled: usize,
    /// As a prediction.
    pub predicted: usize,
    /// As both of one element.
    pub both: usize,
}

impl Counts {
    fn merge(&mut self, other: Self) {
        self.labelled += other.labelled;
        self.predicted += other.predicted;
        self.both += other.both;
    }
}

/// The counts of the classes that occur among elements whose label is not `ignored`. Labels are
/// classes, or the ignored one.
///
/// # Errors
///
/// The first such element whose prediction is not in 0..`classes`.
///
/// # Panics
///
/// Where the lengths differ.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::confusion::{Counts, counts};
///
/// let counts = counts(&[0, 1, 1, 5], &[0, 0, 1, -1], -1, 2)?;
/// assert_eq!(counts[&0], Counts { labelled: 2, predicted: 1, both: 1 });
/// assert_eq!(counts[&1], Counts { labelled: 1, predicted: 2, both: 1 });
/// # Ok::<(), usize>(())
/// ```
pub fn counts(
    predictions: &[i64],
    labels: &[i64],
    ignored: i64,
    classes: usize,
) -> Result<BTreeMap<usize, Counts>, usize> {
    assert_eq!(
        predictions.len(),
        labels.len(),
        "one label for each element"
    );
    let mut result = Ok(BTreeMap::<usize, Counts>::new());
    let of_range = |range: core::ops::Range<usize>| {
        let chunk = Chunk {
            predictions: &predictions[range.clone()],
            labels: &labels[range.clone()],
            ignored,
        };
        chunk.counts(classes).map_err(|at| range.start + at)
    };
    reduce(labels.len(), CHUNK, of_range, |part| {
        match (&mut result, part) {
            (Ok(all), Ok(part)) => {
                for (class, counts) in part {
                    all.entry(class).or_default().merge(counts);
                }
            }
            (Ok(_), Err(at)) => result = Err(at),
            (Err(_), _) => {}
        }
    });
    result
}

#[derive(Clone, Copy)]
struct Chunk<'a> {
    predictions: &'a [i64],
    labels: &'a [i64],
    ignored: i64,
}

impl Chunk<'_> {
    /// Label and prediction of the elements that count.
    fn kept(&self) -> impl Iterator<Item = (i64, i64)> {
        let pairs = self
            .labels
            .iter()
            .copied()
            .zip(self.predictions.iter().copied());
        pairs.filter(|&(label, _)| label != self.ignored)
    }

    fn counts(&self, classes: usize) -> Result<Vec<(usize, Counts)>, usize> {
        let bits = dispatch(AllBits(*self));
        // A negative class has the bit 63.
        if bits >= (classes as u64).min(1 << 63)
            && let Some(at) = self.first_outside(classes)
        {
            return Err(at);
        }
        if bits < TABLE {
            return Ok(self.by_table(bits as usize + 1));
        }
        let mut counts = BTreeMap::<usize, Counts>::new();
        for (label, predicted) in self.kept() {
            counts.entry(label as usize).or_default().labelled += 1;
            let of_predicted = counts.entry(predicted as usize).or_default();
            of_predicted.predicted += 1;
            of_predicted.both += usize::from(label == predicted);
        }
        Ok(counts.into_iter().collect())
    }

    fn by_table(&self, len: usize) -> Vec<(usize, Counts)> {
        let mut table = vec![Counts::default(); len];
        for (label, predicted) in self.kept() {
            table[label as usize].labelled += 1;
            let of_predicted = &mut table[predicted as usize];
            of_predicted.predicted += 1;
            of_predicted.both += usize::from(label == predicted);
        }
        let occur = |(_, counts): &(usize, Counts)| *counts != Counts::default();
        table.into_iter().enumerate().filter(occur).collect()
    }

    fn first_outside(&self, classes: usize) -> Option<usize> {
        let mut pairs = self.labels.iter().zip(self.predictions);
        pairs.position(|(&label, &predicted)| {
            label != self.ignored && usize::try_from(predicted).map_or(true, |p| p >= classes)
        })
    }
}

/// The bits that are set in any label or prediction that counts: none of them is above this, and
/// it has the sign bit if one is negative.
struct AllBits<'a>(Chunk<'a>);

impl Kernel for AllBits<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut bits = 0;
        for (&label, &predicted) in self.0.labels.iter().zip(self.0.predictions) {
            let both = label | predicted;
            bits |= if label == self.0.ignored { 0 } else { both };
        }
        bits as u64
    }
}
