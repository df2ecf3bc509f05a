//! The exact twin of Lovász-softmax, and nothing that the other twin reads.

use ndarray::ArrayD;
use num_traits::Signed;

use super::super::Space;
use super::super::pieces::{self, Piece, Place};
use super::Batch;
use crate::Error;
use crate::exact::{Distribution, Lift, Rational, Real};

/// The distributions of the kept pixels, and the extensions of all images and classes.
pub(super) struct Exact {
    distributions: Vec<(usize, Distribution)>,
    pub(super) pieces: Vec<Piece>,
}

impl Exact {
    /// (1/(|C|·B))·Δ̄_c(m(c)) for each image and class.
    pub(super) fn new<T: Lift>(batch: &Batch<'_, T>) -> Result<Self, Error> {
        let elements: Vec<&T> = batch.values.iter().collect();
        let mut exact = Self {
            distributions: Vec::new(),
            pieces: Vec::new(),
        };
        let images = batch.pixels.images();
        for (image, classes) in images.iter().zip(&batch.selected) {
            let first = exact.distributions.len();
            let mut labels = Vec::new();
            for (pixel, label) in batch.pixels.kept(image.clone()) {
                let row = pixel * batch.classes..(pixel + 1) * batch.classes;
                let row = elements[row].iter().copied();
                exact
                    .distributions
                    .push((pixel, batch.distribution(pixel, row)?));
                labels.push(label);
            }
            let weight = Rational::new(1.into(), (classes.len() * images.len()).into());
            for &class in classes {
                let mut elements = Vec::with_capacity(labels.len());
                for (&label, (pixel, p)) in labels.iter().zip(&exact.distributions[first..]) {
                    let place = Place {
                        index: pixel * batch.classes + class,
                        negative: label == class,
                    };
                    elements.push((label == class, error(p, class, label)?, place));
                }
                exact
                    .pieces
                    .push(Piece::new(elements, false, weight.clone())?);
            }
        }
        Ok(exact)
    }

    /// v_ic = ∂L/∂p_ic, or ∂L/∂z_ic = p_ic·(v_ic − Σ_k p_ik·v_ik).
    pub(super) fn gradient<T>(&self, batch: &Batch<'_, T>) -> Result<ArrayD<Real>, Error> {
        if batch.space == Space::Probabilities {
            return pieces::gradient(&self.pieces, batch.values.shape());
        }
        self.by_logits(batch, |v| v.clone(), |v, mean| v.sub(mean))
    }

    /// The sums of the magnitudes of the terms of the gradient by logits:
    /// p_ic·(|v_ic| + Σ_k p_ik·|v_ik|).
    pub(super) fn gradient_terms<T>(&self, batch: &Batch<'_, T>) -> Result<ArrayD<Real>, Error> {
        self.by_logits(batch, |v| v.abs(), |v, mean| v.add(mean))
    }

    /// p_ic·combine(u_ic, Σ_k p_ik·u_ik) with u = part(v).
    fn by_logits<T>(
        &self,
        batch: &Batch<'_, T>,
        part: fn(&Rational) -> Rational,
        combine: fn(&Real, &Real) -> Result<Real, Error>,
    ) -> Result<ArrayD<Real>, Error> {
        let v = pieces::subgradient(&self.pieces, batch.values.len())?;
        let v: Vec<Rational> = v.iter().map(part).collect();
        let mut gradient = vec![Real::zero(); v.len()];
        for (pixel, distribution) in &self.distributions {
            let row = pixel * batch.classes..(pixel + 1) * batch.classes;
            let p = (0..batch.classes).map(|class| distribution.probability(class));
            let p = p.collect::<Result<Vec<Real>, Error>>()?;
            let products = p.iter().zip(&v[row.clone()]).map(|(p, v)| p.scale(v));
            let mean = Real::sum(products)?;
            for ((to, p), v) in gradient[row.clone()].iter_mut().zip(&p).zip(&v[row]) {
                *to = p.mul(&combine(&Real::from(v.clone()), &mean)?)?;
            }
        }
        Ok(pieces::in_shape(gradient.into_iter(), batch.values.shape()))
    }
}

/// m_i(c): 1 − p_ic for the label, p_ic for another class.
fn error(p: &Distribution, class: usize, label: usize) -> Result<Real, Error> {
    let probability = p.probability(class)?;
    if class == label {
        Real::one().sub(&probability)
    } else {
        Ok(probability)
    }
}
