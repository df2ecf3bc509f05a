//! By what answers are judged: the limit, and the dialect where it is not the loss itself.

use super::{Case, Dialect, Limit};
use crate::Error;

/// By what answers are judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Criteria {
    /// The largest error that counts as right.
    pub limit: Limit,
    /// The name of the dialect; `None` for the loss itself.
    pub dialect: Option<String>,
}

impl From<Limit> for Criteria {
    fn from(limit: Limit) -> Self {
        Self {
            limit,
            dialect: None,
        }
    }
}

impl Criteria {
    /// The case, meant in the dialect.
    ///
    /// # Errors
    /// [`Error::Parameter`] where its loss has no such dialect.
    pub fn apply(&self, case: Case) -> Result<Case, Error> {
        match &self.dialect {
            None => Ok(case),
            Some(name) => case.in_dialect(name),
        }
    }
}

impl Case {
    /// The same case, meant in a dialect of its loss.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the loss has no such dialect.
    pub fn in_dialect(mut self, name: &str) -> Result<Self, Error> {
        self.dialect = Some(Dialect::find(self.entry.name, name)?);
        Ok(self)
    }
}
