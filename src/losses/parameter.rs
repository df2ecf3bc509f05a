//! The parameters that losses share: base, reduction, and numbers that both twins read. What a
//! parameter does to a loss is stated by that loss.

use super::input::Domain;
use crate::Error;
use crate::exact::rational::nearest;
use crate::exact::{Extended, Lift, Rational};
use crate::kernel::Float;

/// The base of the logarithm, and so the unit of the loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Base {
    /// Natural logarithm: the loss is in nats.
    #[default]
    E,
    /// Binary logarithm: the loss is in bits. 1 nat = 1/ln 2 bits.
    Two,
}

/// How the values of the elements become the value of the batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// They are kept apart.
    None,
    /// Their sum.
    Sum,
    /// Their mean; each loss states what it divides by.
    #[default]
    Mean,
}

/// The classes whose losses are averaged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Classes {
    /// Those that occur among the labels.
    #[default]
    Present,
    /// All of them.
    All,
    /// These, whether they occur or not.
    List(Vec<usize>),
}

impl Classes {
    /// Refuses a list that is empty or names a class twice.
    pub(super) fn checked(self) -> Result<Self, Error> {
        let Self::List(list) = &self else {
            return Ok(self);
        };
        let mut sorted = list.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if !list.is_empty() && sorted.len() == list.len() {
            return Ok(self);
        }
        Err(Error::Parameter {
            name: "classes",
            got: format!("{list:?}"),
            wanted: "at least one class, each once".to_owned(),
        })
    }

    /// The classes among 0..count, where `occurring` gives those that occur among the labels. The
    /// count may not be known.
    pub(super) fn select(
        &self,
        count: Option<usize>,
        occurring: impl FnOnce() -> Vec<usize>,
    ) -> Result<Vec<usize>, Error> {
        let refused = |got: String, wanted: String| Error::Parameter {
            name: "classes",
            got,
            wanted,
        };
        match (self, count) {
            (Self::Present, _) => Ok(occurring()),
            (Self::All, Some(count)) => Ok((0..count).collect()),
            (Self::All, None) => Err(refused(
                "all".to_owned(),
                "all together with the number of classes".to_owned(),
            )),
            (Self::List(list), count) => {
                match list
                    .iter()
                    .find(|&&class| count.is_some_and(|count| class >= count))
                {
                    None => Ok(list.clone()),
                    Some(class) => Err(refused(
                        class.to_string(),
                        format!("classes in 0..{}", count.unwrap_or_default()),
                    )),
                }
            }
        }
    }
}

/// A finite real parameter: exactly for the exact twin, and to the nearest float for the fast
/// one. Where the two differ the fast twin computes the loss of the rounded parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    exact: Rational,
    single: f32,
    double: f64,
}

impl Parameter {
    /// Reads a number without loss, and checks that it lies in the domain.
    pub(super) fn new<T: Lift>(
        name: &'static str,
        value: &T,
        domain: Domain,
    ) -> Result<Self, Error> {
        let got = match value.lift() {
            Some(Extended::Finite(exact)) if domain.contains_finite(&exact) => {
                return Ok(Self::from(exact));
            }
            Some(number) => number.to_string(),
            None => "NaN".to_owned(),
        };
        Err(Error::Parameter {
            name,
            got,
            wanted: domain.wanted().to_owned(),
        })
    }

    /// A vector of parameters.
    pub(super) fn vector<T: Lift>(
        name: &'static str,
        values: &[T],
        domain: Domain,
    ) -> Result<Vec<Self>, Error> {
        values
            .iter()
            .map(|value| Self::new(name, value, domain))
            .collect()
    }

    /// The number itself, for the exact twin.
    #[must_use]
    pub fn exact(&self) -> &Rational {
        &self.exact
    }

    /// The nearest float, for the fast twin.
    #[must_use]
    pub fn float<F: Float>(&self) -> F {
        F::from_pair(self.single, self.double)
    }
}

impl From<Rational> for Parameter {
    fn from(exact: Rational) -> Self {
        Self {
            single: nearest(&exact),
            double: nearest(&exact),
            exact,
        }
    }
}

impl Default for Parameter {
    fn default() -> Self {
        Self::from(Rational::default())
    }
}
