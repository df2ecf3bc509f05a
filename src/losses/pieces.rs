//! What the Lovász losses have in common exactly: each is a weighted sum of pieces, one for each
//! image and class, and a piece is the Lovász extension of a Jaccard loss at some errors. Where
//! the errors come from is each loss's own.

use core::cmp::Ordering;
use std::collections::BTreeMap;

use ndarray::{ArrayD, ArrayViewD};
use num_traits::{Signed, Zero};

use super::input::shape;
use crate::Error;
use crate::exact::ratio::{add, compare, divide, multiply};
use crate::exact::set_function::{
    Jaccard, SetFunction, Subdifferential, descending_rationals, try_descending,
};
use crate::exact::{Rational, Real};

/// Where the component of an error stands in the gradient, and with which sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) negative: bool,
}

/// weight · Δ̄(e), or weight · Δ̄(max(e, 0)) for a hinge loss, where e are errors that are linear
/// in the prediction: each is a constant plus or minus the element at its place.
#[derive(Debug)]
pub(super) struct Piece {
    function: Jaccard,
    errors: Vec<Real>,
    /// The errors, where all are rational.
    rationals: Option<Vec<Rational>>,
    /// The descending order of the errors.
    order: Vec<usize>,
    /// The comparisons that the order took of errors that are not all rational: every two neighbours
    /// in it are among them.
    comparisons: BTreeMap<(usize, usize), Ordering>,
    hinge: bool,
    places: Vec<Place>,
    weight: Rational,
}

impl Piece {
    /// The piece of elements that are foreground or not, with their errors. It sorts them.
    pub(super) fn new(
        elements: Vec<(bool, Real, Place)>,
        hinge: bool,
        weight: Rational,
    ) -> Result<Self, Error> {
        let function = Jaccard::new(elements.iter().map(|element| element.0).collect());
        let places = elements.iter().map(|element| element.2).collect();
        let errors: Vec<Real> = elements.into_iter().map(|element| element.1).collect();
        let rationals: Option<Vec<Rational>> = errors.iter().map(Real::as_rational).collect();
        let mut comparisons = BTreeMap::new();
        let order = match &rationals {
            Some(rationals) => descending_rationals(rationals),
            None => try_descending(errors.len(), |i, j| {
                let order = errors[i].compare(&errors[j])?;
                comparisons.insert((i, j), order);
                Ok(order)
            })?,
        };
        Ok(Self {
            function,
            errors,
            rationals,
            order,
            comparisons,
            hinge,
            places,
            weight,
        })
    }

    /// Puts errors that differ from their neighbours in the order by at most `tolerance` relative
    /// in the order of their indices, as if they were equal, for the gradient alone: the value would be another.
    /// Whether there are any.
    pub(super) fn tie(&mut self, tolerance: &Rational) -> Result<bool, Error> {
        let mut has_any = false;
        let mut start = 0;
        for end in 1..=self.order.len() {
            let is_near = match self.order.get(end) {
                None => false,
                Some(&next) => {
                    let (before, next) = (&self.errors[self.order[end - 1]], &self.errors[next]);
                    let gap = before.sub(next)?;
                    let is_near = gap.compare(&before.scale(tolerance))? != Ordering::Greater;
                    has_any |= is_near && gap.sign()? == Ordering::Greater;
                    is_near
                }
            };
            if !is_near {
                self.order[start..end].sort_unstable();
                start = end;
            }
        }
        Ok(has_any)
    }

    /// The elements in the descending order of their errors, with their marginals.
    fn along_order(&self) -> impl Iterator<Item = (usize, Rational)> {
        let marginals = self.function.marginals(&self.order);
        self.order.iter().copied().zip(marginals)
    }

    /// The value.
    pub(super) fn value(&self) -> Result<Real, Error> {
        let value = match &self.rationals {
            Some(errors) if self.hinge => {
                let positive = errors.iter().map(|error| match error.is_positive() {
                    true => error.clone(),
                    false => Rational::zero(),
                });
                let positive: Vec<Rational> = positive.collect();
                Real::from(self.function.extension_along(&self.order, &positive))
            }
            Some(errors) => Real::from(self.function.extension_along(&self.order, errors)),
            None => {
                let mut terms = Vec::new();
                for (element, marginal) in self.along_order() {
                    let error = &self.errors[element];
                    if self.hinge && error.sign()? != Ordering::Greater {
                        break;
                    }
                    terms.push(error.scale(&marginal));
                }
                Real::sum(terms)?
            }
        };
        Ok(value.scale(&self.weight))
    }

    /// Adds the greedy subgradient to the gradient. At the kink of a hinge it takes 0.
    pub(super) fn add_gradient(&self, gradient: &mut [Rational]) -> Result<(), Error> {
        for (element, marginal) in self.along_order() {
            if self.hinge && self.errors[element].sign()? != Ordering::Greater {
                break;
            }
            let Place { index, negative } = self.places[element];
            let component = multiply(&marginal, &self.weight);
            let component = if negative { -component } else { component };
            gradient[index] = add(&gradient[index], &component);
        }
        Ok(())
    }

    /// The order of two errors.
    fn compare(&self, i: usize, j: usize) -> Result<Ordering, Error> {
        if let Some(rationals) = &self.rationals {
            return Ok(compare(&rationals[i], &rationals[j]));
        }
        if let Some(&order) = self.comparisons.get(&(i, j)) {
            return Ok(order);
        }
        match self.comparisons.get(&(j, i)) {
            Some(order) => Ok(order.reverse()),
            None => self.errors[i].compare(&self.errors[j]),
        }
    }

    /// Numbers in the same order as the errors and, for a hinge, of the same signs: all that the
    /// subgradients depend on.
    fn ranks(&self) -> Result<Vec<Rational>, Error> {
        let mut ranks = vec![Rational::zero(); self.order.len()];
        let mut rank = Rational::from_integer(self.order.len().into());
        let mut before: Option<usize> = None;
        for &element in &self.order {
            let error = &self.errors[element];
            if let Some(before) = before
                && self.compare(before, element)? != Ordering::Equal
            {
                rank -= Rational::from_integer(1.into());
            }
            before = Some(element);
            let sign = match self.hinge {
                true => error.sign()?,
                false => Ordering::Greater,
            };
            ranks[element] = match sign {
                Ordering::Equal => Rational::zero(),
                Ordering::Less => Rational::from_integer((-1).into()),
                Ordering::Greater => rank.clone(),
            };
        }
        Ok(ranks)
    }

    fn with_subdifferential<V>(
        &self,
        ask: impl FnOnce(&Subdifferential<'_, Jaccard>) -> Result<V, Error>,
    ) -> Result<V, Error> {
        let ranks = self.ranks()?;
        if self.hinge {
            ask(&Subdifferential::of_positive_part(&self.function, &ranks)?)
        } else {
            ask(&Subdifferential::at(&self.function, &ranks)?)
        }
    }

    /// Whether there is only one subgradient.
    pub(super) fn is_unique(&self) -> Result<bool, Error> {
        if self.is_linear_around()? {
            return Ok(true);
        }
        self.with_subdifferential(|at| Ok(at.is_unique()))
    }

    /// Whether no two errors are equal and, for a hinge, none is 0: around them the piece is linear.
    fn is_linear_around(&self) -> Result<bool, Error> {
        for neighbours in self.order.windows(2) {
            if self.compare(neighbours[0], neighbours[1])? == Ordering::Equal {
                return Ok(false);
            }
        }
        for error in self.errors.iter().filter(|_| self.hinge) {
            if error.sign()? == Ordering::Equal {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether some subgradient lies between the two arrays.
    fn meets(&self, lower: &[&Rational], upper: &[&Rational]) -> Result<bool, Error> {
        let ends = self.places.iter().map(|&Place { index, negative }| {
            let unweighted = |end| divide(end, &self.weight);
            let (lower, upper) = (unweighted(lower[index]), unweighted(upper[index]));
            if negative {
                (-upper, -lower)
            } else {
                (lower, upper)
            }
        });
        let (lower, upper): (Vec<_>, Vec<_>) = ends.unzip();
        self.with_subdifferential(|at| at.meets(&lower, &upper))
    }
}

/// The sum of the pieces.
pub(super) fn value(pieces: &[Piece]) -> Result<Real, Error> {
    Real::sum(
        pieces
            .iter()
            .map(Piece::value)
            .collect::<Result<Vec<_>, _>>()?,
    )
}

/// The sum of the greedy subgradients, by the indices of the prediction in their order.
pub(super) fn subgradient(pieces: &[Piece], len: usize) -> Result<Vec<Rational>, Error> {
    let mut gradient = vec![Rational::zero(); len];
    for piece in pieces {
        piece.add_gradient(&mut gradient)?;
    }
    Ok(gradient)
}

/// [`subgradient`] as an array of the prediction's shape.
pub(super) fn gradient(pieces: &[Piece], shape: &[usize]) -> Result<ArrayD<Real>, Error> {
    let components = subgradient(pieces, shape.iter().product())?;
    Ok(in_shape(components.into_iter().map(Real::from), shape))
}

/// Numbers in the order of their indices, as an array of a shape of so many.
pub(super) fn in_shape(mut numbers: impl Iterator<Item = Real>, shape: &[usize]) -> ArrayD<Real> {
    ArrayD::from_shape_simple_fn(shape, || numbers.next().unwrap_or_else(Real::zero))
}

/// Whether every piece has only one subgradient.
pub(super) fn are_unique(pieces: &[Piece]) -> Result<bool, Error> {
    for piece in pieces {
        if !piece.is_unique()? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether some gradient that is made of a subgradient of each piece lies between two arrays of
/// the prediction's shape. No two pieces share a place.
pub(super) fn meet(
    pieces: &[Piece],
    wanted: &[usize],
    lower: ArrayViewD<'_, Rational>,
    upper: ArrayViewD<'_, Rational>,
) -> Result<bool, Error> {
    shape("lower", lower.shape(), wanted)?;
    shape("upper", upper.shape(), wanted)?;
    let (lower, upper): (Vec<_>, Vec<_>) = (lower.iter().collect(), upper.iter().collect());
    let mut is_constant = vec![true; lower.len()];
    for piece in pieces {
        piece
            .places
            .iter()
            .for_each(|place| is_constant[place.index] = false);
        if !piece.meets(&lower, &upper)? {
            return Ok(false);
        }
    }
    let mut ends = is_constant.iter().zip(lower.iter().zip(&upper));
    Ok(ends.all(|(&is_constant, (lower, upper))| {
        !is_constant || (!lower.is_positive() && !upper.is_negative())
    }))
}
