//! What a workload is made of, kind by kind: the loss, the inputs, the naive loop, and what it cannot do
//! without. The list of the workloads is beside this file.

use exact_loss::losses::{
    BalancedCrossEntropy, BinaryCrossEntropy, CrossEntropy, Entropy, Focal, Jaccard, KlDivergence,
    LovaszExtension, LovaszHinge, LovaszSoftmax, Prediction, Target,
};

use super::{Kind, Subject, Workload};
use crate::float::Real;
use crate::inputs::{Inputs, array, distributions, label, labels, normal, rounded, uniform};
use crate::naive;

/// The classes of the segmentation whose Jaccard loss is taken.
const SEGMENTS: usize = 21;

impl Workload {
    /// How many exponentials and logarithms the definition takes for each element, at targets of 0
    /// and 1 and labels.
    pub(crate) fn elementary(&self) -> usize {
        match self.kind {
            Kind::BinaryLogits | Kind::BalancedLogits | Kind::FocalLogits => 2,
            Kind::CrossEntropy | Kind::BinaryProbabilities | Kind::Divergence | Kind::Entropy => 1,
            Kind::Jaccard | Kind::LovaszExtension | Kind::LovaszHinge | Kind::LovaszSoftmax => 0,
        }
    }

    /// The loss.
    pub(crate) fn subject<F: Real>(&self) -> Box<dyn Subject<F>> {
        match self.kind {
            Kind::CrossEntropy => Box::new(CrossEntropy::new()),
            Kind::BinaryLogits | Kind::BinaryProbabilities => Box::new(BinaryCrossEntropy::new()),
            Kind::BalancedLogits => Box::new(BalancedCrossEntropy::new()),
            Kind::FocalLogits => {
                let weighted = Focal::new().alpha(0.25);
                Box::new(weighted.expect("a weight in [0, 1]"))
            }
            Kind::Divergence => Box::new(KlDivergence::new()),
            Kind::Entropy => Box::new(Entropy::new()),
            Kind::Jaccard => Box::new(Jaccard::new()),
            Kind::LovaszExtension => Box::new(LovaszExtension::new()),
            Kind::LovaszHinge => Box::new(LovaszHinge::new()),
            Kind::LovaszSoftmax => Box::new(LovaszSoftmax::new()),
        }
    }

    /// The inputs of the first so many rows.
    pub(crate) fn inputs<F: Real>(&self, rows: usize) -> Inputs<F> {
        let (shape, classes) = (self.shape(rows), self.classes.unwrap_or(1));
        let count = self.elements(rows);
        let numbers = |numbers| array(&shape, numbers);
        let bits = |seed| array(&shape, rounded(count, |i| label(seed, i, 2) as f64));
        let (prediction, target) = match self.kind {
            Kind::CrossEntropy => (
                Prediction::logits(numbers(rounded(count, |i| normal(1, i) * 3.0))),
                Target::labels(array(&[rows], labels(7, rows, classes))),
            ),
            Kind::BinaryLogits | Kind::BalancedLogits | Kind::FocalLogits => (
                Prediction::logits(numbers(rounded(count, |i| normal(11, i) * 3.0))),
                Target::values(bits(13)),
            ),
            Kind::BinaryProbabilities => (
                Prediction::probabilities(numbers(rounded(count, |i| uniform(17, i)))),
                Target::values(bits(19)),
            ),
            Kind::Divergence => (
                Prediction::probabilities(numbers(distributions(29, rows, classes, |_, _| {}))),
                Target::values(numbers(distributions(23, rows, classes, |_, _| {}))),
            ),
            Kind::Entropy => (
                Prediction::probabilities(numbers(distributions(29, rows, classes, |_, _| {}))),
                Target::None,
            ),
            Kind::Jaccard => {
                let label = |i| label(41, i, SEGMENTS);
                let predict = |i| {
                    if uniform(53, i) < 0.8 {
                        label(i)
                    } else {
                        label(i + 1)
                    }
                };
                let all = 0..rows as u64;
                (
                    Prediction::classes(array(&shape, all.clone().map(predict).collect())),
                    Target::labels(array(&shape, all.map(label).collect())),
                )
            }
            Kind::LovaszExtension => (
                Prediction::errors(numbers(rounded(count, |i| uniform(59, i)))),
                Target::labels(array(&shape, foreground(rows))),
            ),
            Kind::LovaszHinge => {
                let labels = foreground(rows);
                let score = |i| normal(37, i) * 2.0 + (2 * labels[i as usize] - 1) as f64;
                let scores = rounded(count, score);
                (
                    Prediction::scores(numbers(scores)),
                    Target::labels(array(&shape, labels)),
                )
            }
            Kind::LovaszSoftmax => {
                let labels = labels(41, rows, classes);
                let raise = |row: usize, numbers: &mut [f64]| {
                    if uniform(47, row as u64) < 0.8 {
                        numbers[labels[row] as usize] += 3.0;
                    }
                };
                let probabilities = distributions(43, rows, classes, raise);
                (
                    Prediction::probabilities(numbers(probabilities)),
                    Target::labels(array(&[rows], labels)),
                )
            }
        };
        Inputs { prediction, target }
    }

    /// The naive loop.
    pub(crate) fn naive<F: Real>(&self, inputs: &Inputs<F>, gradient: Option<&mut [F]>) -> F {
        let (x, classes) = (inputs.numbers(), self.classes.unwrap_or(1));
        let (targets, labels) = (inputs.targets(), inputs.labels());
        match self.kind {
            Kind::CrossEntropy => naive::cross_entropy(x, labels, gradient),
            Kind::BinaryLogits => naive::binary_cross_entropy_of_logits(x, targets, gradient),
            Kind::BinaryProbabilities => naive::binary_cross_entropy(x, targets, gradient),
            Kind::BalancedLogits => naive::balanced_cross_entropy(x, targets, gradient),
            Kind::FocalLogits => naive::focal(x, targets, gradient),
            Kind::Divergence => naive::kl_divergence(x, targets, classes, gradient),
            Kind::Entropy => naive::entropy(x, classes, gradient),
            Kind::Jaccard => naive::jaccard(inputs.classes(), labels, SEGMENTS),
            Kind::LovaszExtension => naive::lovasz_extension(x, |i| labels[i] == 1, gradient),
            Kind::LovaszHinge => naive::lovasz_hinge(x, labels, gradient),
            Kind::LovaszSoftmax => naive::lovasz_softmax(x, labels, gradient),
        }
    }

    /// Whether there is no way to the result but by the order of the errors: the value of the hinge in `f32` is found by
    /// counting.
    pub(crate) fn needs_order<F: Real>(&self, with_gradient: bool) -> bool {
        with_gradient || F::BITS != u32::BITS || !matches!(self.kind, Kind::LovaszHinge)
    }

    /// The errors that are sorted, class by class, as far as they count: those above 0 that no
    /// foreground error is above of. None where nothing is sorted.
    pub(crate) fn sorted<F: Real>(&self, inputs: &Inputs<F>) -> Vec<Vec<F>> {
        let (x, labels) = (inputs.numbers(), inputs.labels());
        let zero = <F as num_traits::Zero>::zero();
        let one = <F as num_traits::One>::one();
        let counting = |errors: Vec<(F, bool)>| -> Vec<F> {
            let foreground = errors.iter().filter(|error| error.1);
            let least = foreground.fold(F::infinity(), |least, error| {
                num_traits::Float::min(least, error.0)
            });
            let counts = |error: &F| *error > zero && *error >= least;
            errors
                .into_iter()
                .map(|error| error.0)
                .filter(counts)
                .collect()
        };
        match self.kind {
            Kind::LovaszExtension => {
                let errors = x.iter().zip(labels).map(|(&x, &label)| (x, label == 1));
                vec![counting(errors.collect())]
            }
            Kind::LovaszHinge => {
                let errors = x.iter().zip(labels).map(|(&x, &label)| {
                    let is_foreground = label == 1;
                    (if is_foreground { one - x } else { one + x }, is_foreground)
                });
                vec![counting(errors.collect())]
            }
            Kind::LovaszSoftmax => {
                let classes = self.classes.unwrap_or(1);
                let column = |class: usize| {
                    let errors = x.chunks(classes).zip(labels).map(|(row, &label)| {
                        let is_foreground = label == class as i64;
                        (
                            if is_foreground {
                                one - row[class]
                            } else {
                                row[class]
                            },
                            is_foreground,
                        )
                    });
                    counting(errors.collect())
                };
                (0..classes).map(column).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Labels of which three in ten are 1.
fn foreground(count: usize) -> Vec<i64> {
    let is_foreground = |index| i64::from(uniform(31, index) < 0.3);
    (0..count as u64).map(is_foreground).collect()
}
