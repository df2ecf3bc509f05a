//! How values combine: sums, products, powers, and the change of base to bits.

use core::cmp::Ordering;

use num_traits::{One, Signed, ToPrimitive, Zero};

use super::form::Form;
use super::monomial::{Monomial, whole_power};
use super::origin::Origin;
use super::{Kind, Real};
use crate::Error;
use crate::exact::Rational;
use crate::exact::ratio::multiply;

/// A sum is raised to a power where its coefficients then take about so many bits at most.
const LONGEST_POWER_OF_SUM: u64 = 1 << 20;

/// A longer sum is gathered at once.
const LONGEST_LATER: usize = 64;

impl Real {
    /// −self.
    #[must_use]
    pub fn neg(&self) -> Self {
        match &self.kind {
            Kind::NegativeInfinity => Self::infinity(),
            Kind::Finite(form) => Self::finite(form.neg()),
            Kind::Infinity => Self::negative_infinity(),
        }
    }

    /// |self|.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn abs(&self) -> Result<Self, Error> {
        Ok(match self.sign()? {
            Ordering::Less => self.neg(),
            _ => self.clone(),
        })
    }

    /// self + other.
    ///
    /// To add many numbers use [`sum`](Self::sum).
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for ∞ − ∞.
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        match (&self.kind, &other.kind) {
            (Kind::Finite(left), Kind::Finite(right)) => Ok(Self::finite(left.add(right))),
            (Kind::Finite(_), _) => Ok(other.clone()),
            (_, Kind::Finite(_)) => Ok(self.clone()),
            (Kind::Infinity, Kind::Infinity) | (Kind::NegativeInfinity, Kind::NegativeInfinity) => {
                Ok(self.clone())
            }
            _ => Err(infinities_cancel()),
        }
    }

    /// self − other.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for ∞ − ∞.
    pub fn sub(&self, other: &Self) -> Result<Self, Error> {
        self.add(&other.neg())
    }

    /// The sum of all; 0 for none.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] where +∞ and −∞ both occur.
    ///
    /// # Complexity
    ///
    /// A sort of all terms. The coefficients of one monomial are summed on a common
    /// denominator, and put in lowest terms once.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let ln = |n: i64| Real::ln(&Rational::new(n.into(), 1.into()));
    /// let sum = Real::sum([ln(2)?, ln(5)?, ln(2)?])?;
    /// assert_eq!(sum.to_string(), "ln(20)");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn sum(terms: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        let mut finite = Vec::new();
        let mut infinite: Option<Self> = None;
        for term in terms {
            match (term.kind, &infinite) {
                (Kind::Finite(form), _) => finite.push(form),
                (kind, None) => infinite = Some(Self { kind }),
                (kind, Some(known)) => infinite = Some(known.add(&Self { kind })?),
            }
        }
        Ok(infinite.unwrap_or_else(|| {
            Self::finite(match finite.len() {
                0 => Form::zero(),
                1 => finite.swap_remove(0),
                2..=LONGEST_LATER => Form::later(Origin::Sum(finite)),
                _ => Form::gather(finite.into_iter().flat_map(Form::into_terms).collect()),
            })
        }))
    }

    /// factor · self, with 0·∞ = 0: the convention that 0·ln 0 is 0.
    #[must_use]
    pub fn scale(&self, factor: &Rational) -> Self {
        match &self.kind {
            Kind::Finite(form) => Self::finite(form.scale(factor)),
            _ if factor.is_zero() => Self::zero(),
            _ if factor.is_negative() => self.neg(),
            _ => self.clone(),
        }
    }

    /// self · other, with 0·∞ = 0 as in [`scale`](Self::scale).
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where a product of sums would have more than 2^18 terms, or where
    /// one factor is infinite and the sign of the other is not decided.
    pub fn mul(&self, other: &Self) -> Result<Self, Error> {
        let (infinite, factor) = match (&self.kind, &other.kind) {
            (Kind::Finite(left), Kind::Finite(right)) => {
                return Ok(Self::finite(left.multiply(right)?));
            }
            (Kind::Finite(_), _) => (other, self),
            _ => (self, other),
        };
        Ok(match factor.sign()? {
            Ordering::Less => infinite.neg(),
            Ordering::Equal => Self::zero(),
            Ordering::Greater => infinite.clone(),
        })
    }

    /// self to a rational power, with x^0 = 1.
    ///
    /// Sums are raised to whole powers above 0. To other powers go single products, and
    /// combinations of exponentials over powers of one exponential sum, which are rewritten as
    /// one quotient.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for 0 to a negative power and for a negative number to a power that
    /// is not whole; [`Error::Unsupported`] for other sums to a power that is not whole or is
    /// negative; [`Error::Undecided`] for a power with more than 2^18 terms.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
    /// let square = Real::ln(&rational(3, 1))?.pow(&rational(2, 1))?;
    /// assert_eq!(square.to_string(), "ln(3)^2");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn pow(&self, exponent: &Rational) -> Result<Self, Error> {
        if exponent.is_zero() {
            return Ok(Self::one());
        }
        let form = match &self.kind {
            Kind::Finite(form) => form,
            _ if exponent.is_negative() => return Ok(Self::zero()),
            Kind::Infinity => return Ok(Self::infinity()),
            Kind::NegativeInfinity if !exponent.is_integer() => {
                return Err(undefined_power("-inf is negative".to_owned()));
            }
            Kind::NegativeInfinity if exponent.numer().bit(0) => return Ok(self.clone()),
            Kind::NegativeInfinity => return Ok(Self::infinity()),
        };
        match form.terms() {
            [] => power_of_zero(exponent),
            [(monomial, coefficient)] => power_of_product(monomial, coefficient, exponent),
            _ if exponent.is_integer() && exponent.is_positive() => power_of_sum(form, exponent),
            _ => match form.as_quotient() {
                Some((monomial, coefficient)) => {
                    power_of_product(&monomial, &coefficient, exponent)
                }
                None => Err(Error::Unsupported {
                    loss: "pow",
                    what: format!("({self})^({exponent})"),
                    instead: "a sum takes whole powers above 0".to_owned(),
                }),
            },
        }
    }

    /// self/ln 2: a value in nats as a value in bits.
    #[must_use]
    pub fn in_bits(&self) -> Self {
        let Kind::Finite(form) = &self.kind else {
            return self.clone();
        };
        Self::finite(Form::later(Origin::InBits(form.clone())))
    }
}

pub(super) fn power_of_zero(exponent: &Rational) -> Result<Real, Error> {
    if exponent.is_negative() {
        return Err(undefined_power(format!("0 has no power {exponent}")));
    }
    Ok(if exponent.is_zero() {
        Real::one()
    } else {
        Real::zero()
    })
}

fn power_of_product(
    monomial: &Monomial,
    coefficient: &Rational,
    exponent: &Rational,
) -> Result<Real, Error> {
    let (further, power) = monomial.raise(exponent);
    if exponent.is_integer() {
        let (coefficient, power) = match whole_power(coefficient, exponent.numer()) {
            Some(coefficient) => (coefficient, power),
            None => {
                let (own, radical) = Monomial::power(&coefficient.abs(), exponent);
                let negative = coefficient.is_negative() && exponent.numer().bit(0);
                let (more, power) = radical.multiply(&power);
                let own = if negative { -own } else { own };
                (multiply(&own, &more), power)
            }
        };
        return Ok(Real::product((multiply(&coefficient, &further), power)));
    }
    let value = Real::product((coefficient.clone(), monomial.clone()));
    if value.sign()? == Ordering::Less {
        return Err(undefined_power(format!("{value} is negative")));
    }
    if !coefficient.is_positive() || !monomial.has_positive_factors()? {
        return Err(Error::Unsupported {
            loss: "pow",
            what: format!("({value})^({exponent})"),
            instead: "take the power of each factor, with a sign that makes it positive".to_owned(),
        });
    }
    let (own, radical) = Monomial::power(coefficient, exponent);
    let (more, power) = radical.multiply(&power);
    Ok(Real::product((
        multiply(&multiply(&own, &more), &further),
        power,
    )))
}

fn power_of_sum(form: &Form, exponent: &Rational) -> Result<Real, Error> {
    let longest = form.longest_coefficient();
    let within = |&times: &u32| longest.saturating_mul(times.into()) <= LONGEST_POWER_OF_SUM;
    let question = "what is so high a power of a sum";
    let times = exponent.to_u32().filter(within);
    let times = times.ok_or(Error::Undecided { bits: 0, question })?;
    let mut power = Form::constant(Rational::one());
    for bit in (0..=times.ilog2()).rev() {
        power = power.multiply(&power)?;
        if times >> bit & 1 == 1 {
            power = power.multiply(form)?;
        }
    }
    Ok(Real::finite(power))
}

pub(super) fn undefined_power(reason: String) -> Error {
    Error::Undefined {
        loss: "pow",
        reason,
    }
}

fn infinities_cancel() -> Error {
    Error::Undefined {
        loss: "sum",
        reason: "inf - inf has no value".to_owned(),
    }
}
