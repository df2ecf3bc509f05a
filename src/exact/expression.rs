//! How a sum of products is written, so that every exact value reads the same way: signs
//! between the terms, a coefficient before its factors, divisors after them. What the factors
//! are is the business of each form; the grammar stands at [`Real`](super::Real).

use core::fmt::{self, Display, Write};

use num_traits::{One, Signed};

use super::Rational;
use super::rational::{Written, WrittenMagnitude};

/// A sum that is being written, term by term.
pub(crate) struct Sum<'a, 'f> {
    formatter: &'a mut fmt::Formatter<'f>,
    is_empty: bool,
}

impl<'a, 'f> Sum<'a, 'f> {
    pub(crate) fn new(formatter: &'a mut fmt::Formatter<'f>) -> Self {
        Self {
            formatter,
            is_empty: true,
        }
    }

    /// A term without factors.
    pub(crate) fn constant(&mut self, constant: &Rational) -> fmt::Result {
        self.term(constant)?.end()
    }

    /// A term coefficient · factors / divisors, of which the caller writes the factors, and then the divisors.
    pub(crate) fn term<'t>(
        &'t mut self,
        coefficient: &'t Rational,
    ) -> Result<Term<'t, 'f>, fmt::Error> {
        self.formatter
            .write_str(match (self.is_empty, coefficient.is_negative()) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            })?;
        self.is_empty = false;
        Ok(Term {
            formatter: &mut *self.formatter,
            coefficient,
            is_empty: true,
        })
    }

    /// Writes "0" for a sum without terms.
    pub(crate) fn end(self) -> fmt::Result {
        self.formatter
            .write_str(if self.is_empty { "0" } else { "" })
    }
}

/// A term that is being written, after its sign.
pub(crate) struct Term<'a, 'f> {
    formatter: &'a mut fmt::Formatter<'f>,
    coefficient: &'a Rational,
    /// Whether there is no coefficient and no factor yet.
    is_empty: bool,
}

impl Term<'_, '_> {
    fn magnitude(&mut self) -> fmt::Result {
        self.is_empty = false;
        WrittenMagnitude(self.coefficient).fmt(self.formatter)
    }

    /// A factor: the coefficient goes before the first, where it is not 1.
    pub(crate) fn factor(&mut self, factor: impl Display) -> fmt::Result {
        let is_one = self.coefficient.is_integer() && self.coefficient.numer().magnitude().is_one();
        if self.is_empty && !is_one {
            self.magnitude()?;
        }
        if !self.is_empty {
            self.formatter.write_char('·')?;
        }
        self.is_empty = false;
        factor.fmt(self.formatter)
    }

    /// A divisor: the coefficient goes before it where there is no factor.
    pub(crate) fn divisor(&mut self, divisor: impl Display) -> fmt::Result {
        if self.is_empty {
            self.magnitude()?;
        }
        self.formatter.write_char('/')?;
        divisor.fmt(self.formatter)
    }

    /// Writes the coefficient where it has no factors and no divisors.
    pub(crate) fn end(mut self) -> fmt::Result {
        if self.is_empty {
            self.magnitude()
        } else {
            Ok(())
        }
    }
}

/// ln(argument), as a factor.
pub(crate) struct Ln<'a>(pub(crate) &'a Rational);

impl Display for Ln<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ln(")?;
        Written(self.0).fmt(formatter)?;
        formatter.write_char(')')
    }
}

/// exp(exponent), as a factor.
pub(crate) struct Exp<'a>(pub(crate) &'a Rational);

impl Display for Exp<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("exp(")?;
        Written(self.0).fmt(formatter)?;
        formatter.write_char(')')
    }
}

/// A factor raised to an exponent without its sign; nothing is written for the exponent 1.
pub(crate) struct Raised<'a, D>(pub(crate) D, pub(crate) &'a Rational);

impl<D: Display> Display for Raised<'_, D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(factor, exponent) = self;
        factor.fmt(formatter)?;
        match (exponent.is_integer(), exponent.numer().magnitude().is_one()) {
            (true, true) => return Ok(()),
            (true, false) => formatter.write_char('^')?,
            (false, _) => formatter.write_str("^(")?,
        }
        WrittenMagnitude(exponent).fmt(formatter)?;
        formatter.write_str(if exponent.is_integer() { "" } else { ")" })
    }
}
