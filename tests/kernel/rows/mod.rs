//! One row of logits and batches of rows, against the exact floor: the errors, and the cases
//! where something is infinite, weighted or undefined.

mod cases;
mod errors;

use exact_loss::exact::elementary::{exp, ln_1p_enclosure};
use exact_loss::exact::{Enclosure, Rational};

use super::inputs::Random;
use super::{BITS, Scalar, rational};

/// The exact answers about one row of finite logits.
struct Exact {
    logits: Vec<Rational>,
    /// The index of the largest logit.
    largest: usize,
    /// e^(zⱼ−m).
    terms: Vec<Enclosure>,
    /// Σ of the terms but the largest one.
    tail: Enclosure,
}

impl Exact {
    fn new<F: Scalar>(row: &[F]) -> Self {
        let logits: Vec<Rational> = row.iter().map(|&z| rational(z)).collect();
        let largest = (0..logits.len())
            .max_by(|&i, &j| logits[i].cmp(&logits[j]))
            .expect("not empty");
        let terms: Vec<Enclosure> = logits
            .iter()
            .map(|z| exp(&(z - &logits[largest]), BITS).expect("within the cap"))
            .collect();
        let others = (0..terms.len()).filter(|&j| j != largest);
        let tail = Enclosure::sum(others.map(|j| &terms[j]), BITS);
        Self {
            logits,
            largest,
            terms,
            tail,
        }
    }

    fn surprisal(&self, t: usize) -> Enclosure {
        let gap = &self.logits[self.largest] - &self.logits[t];
        let log = ln_1p_enclosure(&self.tail, BITS).expect("a tail is not negative");
        log.add(&Enclosure::from_rational(&gap, 4400), BITS)
    }

    fn sum(&self) -> Enclosure {
        self.tail.add(&Enclosure::one(), BITS)
    }

    fn probability(&self, j: usize) -> Enclosure {
        self.terms[j].div(&self.sum(), BITS)
    }

    fn complement(&self, j: usize) -> Enclosure {
        if j == self.largest {
            self.tail.div(&self.sum(), BITS)
        } else {
            // At least ½: nothing is lost.
            Enclosure::one().sub(&self.probability(j), BITS)
        }
    }

    /// p_j − [j = label].
    fn gradient(&self, j: usize, label: usize) -> Enclosure {
        if j == label {
            self.complement(j).neg()
        } else {
            self.probability(j)
        }
    }
}

/// Rows of every kind, with a label each.
fn rows<F: Scalar>() -> Vec<(Vec<F>, usize)> {
    let mut random = Random::new(3);
    let mut rows: Vec<(Vec<f64>, usize)> = Vec::new();
    for i in 0..400 {
        let classes = [1, 2, 3, 10, 17, 33][i % 6];
        let scale = [0.1, 1.0, 3.0, 20.0, 150.0, 1e4][i / 6 % 6];
        let shift = [0.0, 0.0, 50.0, -70.0, 1e6, -1e8][i / 36 % 6];
        let row = (0..classes)
            .map(|_| shift + scale * random.normalish())
            .collect();
        rows.push((row, random.below(classes)));
    }
    // Two classes: nothing averages the error of the one exponential.
    for _ in 0..400 {
        let row = vec![random.between(-20.0, 20.0), random.between(-20.0, 20.0)];
        rows.push((row, random.below(2)));
    }
    // Tiny losses: the label is far ahead.
    for i in 0..60 {
        let lead = [5.0, 20.0, 60.0, 100.0, 300.0, 700.0][i % 6] + random.unit();
        rows.push((vec![lead, 0.0, random.unit() - 1.0], 0));
        rows.push((vec![random.unit(), lead], 1));
    }
    for label in [0, 1] {
        rows.push((vec![20.0, 0.0], label));
        rows.push((vec![700.0, 0.0], label));
        rows.push((vec![740.0, 0.0], label));
        rows.push((vec![1e4, -1e4], label));
        rows.push((vec![1e8, 1e8 - 1.0], label));
        rows.push((vec![1e38, -1e38], label));
        rows.push((vec![f64::MAX, f64::MAX / 2.0, f64::MAX], label));
        rows.push((vec![f64::MAX, -f64::MAX], label));
        rows.push((vec![5.0; 7], label));
        rows.push((vec![-79.9, 79.9, -79.9], label));
        rows.push((vec![-299.9, 299.9, -299.9], label));
        rows.push((vec![1e-300, 0.0, -1e-300], label));
    }
    let large = f64::max(1.0, F::MAX.to_f64());
    rows.into_iter()
        .map(|(row, label)| {
            let row = row.into_iter().map(|z| F::from_f64(z.clamp(-large, large)));
            (row.collect(), label)
        })
        .collect()
}

fn name<F: Scalar>(what: &str) -> String {
    format!("{what} {}", F::from_pair(0.0, 1.0) == F::ONE)
        .replace("true", "f64")
        .replace("false", "f32")
}
