//! p_t, the probability that a prediction gives to its target, with its complement and its
//! surprisal, exactly. What a loss makes of it is not here.

use std::sync::OnceLock;

use num_traits::{One, Zero};

use super::{ExpSum, Rational, Real, ratio};
use crate::Error;

/// p_t, a number in [0, 1] that is rational, or a quotient of exponential sums.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Distribution, Extended, Rational};
///
/// let row = [Extended::from(0), Extended::from(2)];
/// let softmax = Distribution::softmax(&row).expect("the logits are finite");
/// let one_hot = [Rational::from_integer(0.into()), Rational::from_integer(1.into())];
/// let target = softmax.target_probability(&one_hot);
/// assert_eq!(target.surprisal()?.to_string(), "ln(1 + exp(-2))");
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TargetProbability {
    kind: Kind,
    /// 1 − p_t and −ln p_t, once they were asked for: a loss and its gradient are made of them.
    complement: OnceLock<Real>,
    surprisal: OnceLock<Real>,
}

#[derive(Debug, Clone)]
enum Kind {
    Rational(Rational),
    Quotient(Box<Quotient>),
}

/// target/sum, where target + rest = sum and none of them is 0.
#[derive(Debug, Clone)]
struct Quotient {
    target: ExpSum,
    rest: ExpSum,
    sum: ExpSum,
}

impl TargetProbability {
    /// A rational p_t.
    pub(crate) fn rational(p: Rational) -> Self {
        Self::of(Kind::Rational(p))
    }

    /// target/sum, for sum = target + rest, sums of positive terms that are not both 0.
    pub(crate) fn quotient(target: ExpSum, rest: ExpSum, sum: ExpSum) -> Self {
        if target.is_zero() {
            return Self::rational(Rational::zero());
        }
        if rest.is_zero() {
            return Self::rational(Rational::one());
        }
        debug_assert_eq!(target.add(&rest), sum);
        Self::of(Kind::Quotient(Box::new(Quotient { target, rest, sum })))
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            complement: OnceLock::new(),
            surprisal: OnceLock::new(),
        }
    }

    /// Whether p_t is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(&self.kind, Kind::Rational(p) if p.is_zero())
    }

    /// Whether p_t is 1.
    #[must_use]
    pub fn is_one(&self) -> bool {
        matches!(&self.kind, Kind::Rational(p) if p.is_one())
    }

    /// p_t where it is rational by its making.
    #[must_use]
    pub fn as_rational(&self) -> Option<&Rational> {
        match &self.kind {
            Kind::Rational(p) => Some(p),
            Kind::Quotient(_) => None,
        }
    }

    /// p_t.
    #[must_use]
    pub fn value(&self) -> Real {
        match &self.kind {
            Kind::Rational(p) => Real::from(p.clone()),
            Kind::Quotient(parts) => quotient(&parts.target, &parts.sum),
        }
    }

    /// 1 − p_t.
    #[must_use]
    pub fn complement(&self) -> Real {
        let complement = || match &self.kind {
            Kind::Rational(p) => Real::from(ratio::complement(p)),
            Kind::Quotient(parts) => quotient(&parts.rest, &parts.sum),
        };
        self.complement.get_or_init(complement).clone()
    }

    /// 1/p_t; +∞ where p_t = 0.
    #[must_use]
    pub fn reciprocal(&self) -> Real {
        match &self.kind {
            Kind::Rational(p) if p.is_zero() => Real::infinity(),
            Kind::Rational(p) => Real::from(p.recip()),
            Kind::Quotient(parts) => quotient(&parts.sum, &parts.target),
        }
    }

    /// −ln p_t in nats; +∞ where p_t = 0.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn surprisal(&self) -> Result<Real, Error> {
        if let Some(known) = self.surprisal.get() {
            return Ok(known.clone());
        }
        let surprisal = match &self.kind {
            Kind::Rational(p) => Real::ln(p)?.neg(),
            Kind::Quotient(parts) => parts.sum.ln()?.sub(&parts.target.ln()?)?,
        };
        Ok(self.surprisal.get_or_init(|| surprisal).clone())
    }
}

fn quotient(numerator: &ExpSum, denominator: &ExpSum) -> Real {
    Real::ratio(numerator, denominator).expect("no part of a quotient is 0")
}
