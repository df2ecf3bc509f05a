//! The value type of the exact twins: real numbers built from rationals by ln, exp, powers and
//! the four operations. Here is what it holds; how values combine is in `operations`, sign,
//! order, enclosures and rounding in `decide`, proofs of irrationality in `classify`, how a value
//! is written in `display`. Logarithmic forms alone are in [`log_form`](super::log_form).

mod classify;
mod decide;
mod display;
mod evaluate;
mod form;
mod monomial;
mod operations;
mod origin;

use core::fmt;

use num_traits::{One, Signed, Zero};

pub(crate) use decide::FIRST_BITS;
pub use decide::{CAP, OPEN_CAP};

use super::exp_sum::ExpSum;
use super::{Extended, Rational};
use crate::Error;
use classify::{Class, classify};
use form::Form;
use monomial::Monomial;
use operations::{power_of_zero, undefined_power};
use origin::Origin;

/// An exact real number, or ±∞.
///
/// A finite value is a combination Σ cᵢ·Mᵢ with rational cᵢ, each Mᵢ a product of rational
/// powers of
///
/// * ln s for a rational s > 0,
/// * e^a for a rational a,
/// * exponential sums, see [`ExpSum`], and their logarithms,
/// * radicals s^(a/b) of rationals s > 0.
///
/// So the loss from probabilities is a logarithmic form, the loss from logits a logarithm of an
/// exponential sum, a component of a softmax e^a divided by a sum, and a focal loss a product
/// of powers and logarithms.
///
/// # Equality
///
/// `==` is `true` only where equality is proved. It is a decision for rationals, logarithmic
/// forms in base e and 2 (also with radicals as coefficients), exponential sums and their
/// quotients, as far as their coprime bases and products stay within stated sizes. For other
/// values `false` may mean that no proof is known; [`compare`](Self::compare) then says
/// [`Error::Undecided`].
///
/// # Display
///
/// ```text
/// value    = "inf" | "-inf" | sum
/// sum      = ["-"] term { (" + " | " - ") term }
/// term     = (number | factor) { "·" factor } { "/" factor }
/// factor   = atom [ "^" ( integer | "(" rational ")" ) ]
/// atom     = integer | "(" rational ")"            base of a radical
///          | "exp(" rational ")"
///          | "ln(" ( rational | sum ) ")"
///          | "(" sum ")"
/// number   = rational                              an integer, or "a/b" in lowest terms
/// ```
///
/// "·" and "/" bind from left to right. A rational value is written as that rational. A
/// logarithmic form is written as r₀ + r·ln(T), which is unique, wherever T is short enough:
/// see [`log_form`](super::log_form). In bits it is written as r·ln(T)/ln(2).
///
/// # Examples
///
/// ```
/// use exact_loss::exact::{ExpSum, Rational, Real};
///
/// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
///
/// // ln(6) − ln(3) is ln(2), and in bits it is 1.
/// let difference = Real::ln(&rational(6, 1))?.sub(&Real::ln(&rational(3, 1))?)?;
/// assert_eq!(difference, Real::ln(&rational(2, 1))?);
/// assert_eq!(difference.in_bits().to_string(), "1");
///
/// // Cross entropy of logits 5/2 and −1 for the class 0: ln(1 + e^(−7/2)).
/// let one = rational(1, 1);
/// let sum = ExpSum::new([(one.clone(), rational(5, 2)), (one, rational(-1, 1))]);
/// let loss = sum.ln()?.sub(&Real::from(rational(5, 2)))?;
/// assert_eq!(loss.to_string(), "ln(1 + exp(-7/2))");
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Clone)]
pub struct Real {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    NegativeInfinity,
    Finite(Form),
    Infinity,
}

impl Real {
    /// 0.
    pub fn zero() -> Self {
        Self::finite(Form::zero())
    }

    /// 1.
    pub fn one() -> Self {
        Self::from(Rational::one())
    }

    /// +∞.
    pub fn infinity() -> Self {
        Self {
            kind: Kind::Infinity,
        }
    }

    /// −∞.
    pub fn negative_infinity() -> Self {
        Self {
            kind: Kind::NegativeInfinity,
        }
    }

    fn finite(form: Form) -> Self {
        Self {
            kind: Kind::Finite(form),
        }
    }

    fn product((coefficient, monomial): (Rational, Monomial)) -> Self {
        Self::finite(Form::term(coefficient, monomial))
    }

    /// ln(argument), with ln 0 = −∞.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for a negative argument.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let ln = Real::ln(&Rational::new(7.into(), 10.into()))?;
    /// assert_eq!(ln.to_string(), "-ln(10/7)");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn ln(argument: &Rational) -> Result<Self, Error> {
        if argument.is_negative() {
            let reason = format!("the logarithm of {argument} is not a real number");
            return Err(Error::Undefined { loss: "ln", reason });
        }
        if argument.is_zero() {
            return Ok(Self::negative_infinity());
        }
        Ok(Self::product(Monomial::ln(argument)))
    }

    /// e^exponent.
    pub fn exp(exponent: &Rational) -> Self {
        Self::product((Rational::one(), Monomial::exp(exponent.clone())))
    }

    /// base^exponent for base ≥ 0, with 0^0 = 1.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for a negative base, and for 0 to a negative power.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
    /// let power = Real::power(&rational(4, 9), &rational(1, 2))?;
    /// assert_eq!(power.to_string(), "2/3");
    /// let power = Real::power(&rational(2, 1), &rational(3, 2))?;
    /// assert_eq!(power.to_string(), "2·2^(1/2)");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn power(base: &Rational, exponent: &Rational) -> Result<Self, Error> {
        if base.is_negative() {
            return Err(undefined_power(format!("{base} is negative")));
        }
        if base.is_zero() {
            return power_of_zero(exponent);
        }
        Ok(Self::product(Monomial::power(base, exponent)))
    }

    /// numerator/denominator.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] where the denominator is 0, which is decided.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{ExpSum, Rational, Real};
    ///
    /// let one = Rational::new(1.into(), 1.into());
    /// let term = |a: i64| (one.clone(), Rational::new(a.into(), 1.into()));
    /// let sum = ExpSum::new([term(3), term(1)]);
    /// let first = Real::ratio(&ExpSum::new([term(3)]), &sum)?;
    /// let second = Real::ratio(&ExpSum::new([term(1)]), &sum)?;
    /// assert_eq!(first.to_string(), "1/(1 + exp(-2))");
    /// assert_eq!(first.add(&second)?.to_string(), "1");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn ratio(numerator: &ExpSum, denominator: &ExpSum) -> Result<Self, Error> {
        if denominator.is_zero() {
            let reason = "the denominator is 0".to_owned();
            return Err(Error::Undefined {
                loss: "ratio",
                reason,
            });
        }
        if numerator.is_zero() {
            return Ok(Self::zero());
        }
        Ok(Self::finite(Form::later(Origin::Quotient(
            numerator.clone(),
            denominator.clone(),
        ))))
    }

    /// ln of a sum that is known to be positive.
    pub(super) fn ln_of_sum(sum: &ExpSum) -> Self {
        Self::finite(Form::later(Origin::Logarithm(sum.clone())))
    }

    /// Whether this is +∞ or −∞.
    pub fn is_infinite(&self) -> bool {
        !matches!(self.kind, Kind::Finite(_))
    }

    /// The rational that this is, where that is proved.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
    /// let bits = Real::ln(&rational(1, 4))?.in_bits();
    /// assert_eq!(bits.as_rational(), Some(rational(-2, 1)));
    /// assert_eq!(Real::ln(&rational(3, 1))?.as_rational(), None);
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn as_rational(&self) -> Option<Rational> {
        match &self.kind {
            Kind::Finite(form) => match classify(form) {
                Class::Rational(number) => Some(number),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this is an irrational number, where that is proved either way; `None` where it
    /// is open. ±∞ are not irrational numbers.
    ///
    /// What is proved: combinations of logarithms of rationals with rational or radical
    /// coefficients (Hermite and Lindemann, Baker), the same in bits (Gelfond and Schneider,
    /// Baker), combinations of exponentials and their quotients (Lindemann and Weierstrass),
    /// logarithms of exponential sums (the same, after exponentiation), products of powers of
    /// exponentials and exponential sums, and radicals. Open are products of logarithms with
    /// exponentials, as in the focal loss of logits.
    pub fn is_irrational(&self) -> Option<bool> {
        match &self.kind {
            Kind::Finite(form) => match classify(form) {
                Class::Rational(_) => Some(false),
                Class::Irrational => Some(true),
                Class::Open => None,
            },
            _ => Some(false),
        }
    }
}

impl From<Rational> for Real {
    fn from(number: Rational) -> Self {
        Self::finite(Form::constant(number))
    }
}

impl From<Extended> for Real {
    fn from(number: Extended) -> Self {
        match number {
            Extended::NegativeInfinity => Self::negative_infinity(),
            Extended::Finite(number) => Self::from(number),
            Extended::Infinity => Self::infinity(),
        }
    }
}

impl From<ExpSum> for Real {
    fn from(sum: ExpSum) -> Self {
        Self::product(Monomial::sum(&sum))
    }
}

/// The value as it is written.
impl fmt::Debug for Real {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Real({self})")
    }
}

/// Proved equality, see [`Real`].
impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Infinity, Kind::Infinity) | (Kind::NegativeInfinity, Kind::NegativeInfinity) => {
                true
            }
            (Kind::Finite(left), Kind::Finite(right)) => left.add(&right.neg()).is_proved_zero(),
            _ => false,
        }
    }
}
