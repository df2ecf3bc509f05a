//! An entry of the catalogue, and the samples that it shows its loss with. The samples
//! themselves live in each loss's file; cases that judge others are made by the oracle.

use ndarray::{Array1, Array2};

use super::params::ParameterInfo;
use super::{DynLoss, Params, Prediction, Space, Target, TargetKind};
use crate::Error;
use crate::claims::Claim;
use crate::exact::Extended;
use crate::exact::rational::parse_extended;

/// One loss in the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// The name in the oracle's lines, and of the loss's file and chapter.
    pub name: &'static str,
    /// The name in prose.
    pub title: &'static str,
    /// What the loss claims to be.
    pub claims: &'static [Claim],
    /// The spaces in which a prediction may be given.
    pub spaces: &'static [Space],
    /// What a prediction may be compared with.
    pub targets: &'static [TargetKind],
    /// The parameters of a case, besides the inputs.
    pub parameters: &'static [ParameterInfo],
    /// The loss with parameters whose names have been checked.
    pub(super) with: fn(&Params) -> Result<Box<dyn DynLoss>, Error>,
    /// Small cases with rational inputs, which show each space and each option.
    pub samples: fn() -> Result<Vec<Sample>, Error>,
}

impl Entry {
    /// The loss with these parameters; those that are not set have their defaults.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a parameter that the loss does not have, and
    /// [`Error::Parameter`] or [`Error::Shape`] for one that is out of its domain.
    pub fn build(&self, params: &Params) -> Result<Box<dyn DynLoss>, Error> {
        params.check_names(self.name, self.parameters)?;
        (self.with)(params)
    }
}

/// A case to show and to test a loss with.
pub struct Sample {
    /// What the sample shows, in snake case.
    pub name: &'static str,
    /// The loss, with its parameters.
    pub loss: Box<dyn DynLoss>,
    /// The prediction.
    pub prediction: Prediction<'static, Extended>,
    /// The target.
    pub target: Target<'static, Extended>,
}

impl Sample {
    pub(super) fn new(
        name: &'static str,
        loss: impl DynLoss + 'static,
        prediction: Prediction<'static, Extended>,
        target: Target<'static, Extended>,
    ) -> Self {
        Self {
            name,
            loss: Box::new(loss),
            prediction,
            target,
        }
    }
}

/// A vector of numbers, written as the oracle reads them, between spaces.
pub(super) fn vector(numbers: &str) -> Result<Array1<Extended>, Error> {
    numbers.split_whitespace().map(parse_extended).collect()
}

/// A matrix: rows between semicolons.
pub(super) fn matrix(rows: &str) -> Result<Array2<Extended>, Error> {
    let rows = rows
        .split(';')
        .map(vector)
        .collect::<Result<Vec<_>, Error>>()?;
    let classes = rows.first().map_or(0, Array1::len);
    let shape = (rows.len(), classes);
    let numbers: Vec<Extended> = rows.into_iter().flatten().collect();
    let got = vec![shape.0, numbers.len()];
    Array2::from_shape_vec(shape, numbers).map_err(|_| Error::Shape {
        argument: "rows",
        got,
        wanted: "rows of one length".to_owned(),
    })
}
