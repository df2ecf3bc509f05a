//! How a sum of products is written, so that every exact value reads the same way: signs
//! between the terms, a coefficient before its factors, divisors after them. What the factors
//! are is the business of each form; the grammar stands at [`Real`](super::Real).

use core::fmt;

use num_traits::Signed;

use super::rational::Written;
use super::{Rational, ratio};

/// One term: coefficient · factors / divisors.
pub(crate) struct Term {
    pub(crate) coefficient: Rational,
    pub(crate) factors: Vec<String>,
    pub(crate) divisors: Vec<String>,
}

impl Term {
    pub(crate) fn constant(coefficient: Rational) -> Self {
        Self {
            coefficient,
            factors: Vec::new(),
            divisors: Vec::new(),
        }
    }

    fn write_magnitude(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.coefficient.abs();
        let mut first = true;
        if self.factors.is_empty() || !ratio::is_one(&magnitude) {
            write!(formatter, "{}", Written(&magnitude))?;
            first = false;
        }
        for factor in &self.factors {
            formatter.write_str(if first { "" } else { "·" })?;
            formatter.write_str(factor)?;
            first = false;
        }
        self.divisors
            .iter()
            .try_for_each(|divisor| write!(formatter, "/{divisor}"))
    }
}

/// Writes the terms in the order given; none of them as "0".
pub(crate) fn write_sum(formatter: &mut fmt::Formatter<'_>, terms: &[Term]) -> fmt::Result {
    if terms.is_empty() {
        return formatter.write_str("0");
    }
    for (index, term) in terms.iter().enumerate() {
        formatter.write_str(match (index, term.coefficient.is_negative()) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        })?;
        term.write_magnitude(formatter)?;
    }
    Ok(())
}

/// ln(argument), as a factor.
pub(crate) fn ln(argument: &Rational) -> String {
    format!("ln({})", Written(argument))
}

/// exp(exponent), as a factor.
pub(crate) fn exp(exponent: &Rational) -> String {
    format!("exp({})", Written(exponent))
}

/// The factor raised to the exponent; nothing is written for the exponent 1.
pub(crate) fn raise(factor: String, exponent: &Rational) -> String {
    if ratio::is_one(exponent) {
        factor
    } else if exponent.is_integer() && exponent.is_positive() {
        format!("{factor}^{exponent}")
    } else {
        format!("{factor}^({exponent})")
    }
}
