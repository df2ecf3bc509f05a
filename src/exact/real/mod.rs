//! The value type of the exact twins: real numbers built from rationals by ln, exp, powers and
//! the four operations. Here is what it holds and how values combine; sign, order, enclosures
//! and rounding are in `decide`, proofs of irrationality in `classify`, how a value is written
//! in `display`. Logarithmic forms alone are in [`log_form`](super::log_form).

mod classify;
mod decide;
mod display;
mod evaluate;
mod form;
mod monomial;

use core::cmp::Ordering;
use core::fmt;

use num_traits::{One, Signed, ToPrimitive, Zero};

pub use decide::{CAP, OPEN_CAP};

use super::exp_sum::ExpSum;
use super::{Extended, Rational};
use crate::Error;
use classify::{Class, classify};
use form::{Form, ln_two};
use monomial::{Generator, Monomial};

/// A sum is raised to a power where its coefficients then take about so many bits at most.
const LONGEST_POWER_OF_SUM: u64 = 1 << 20;

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
        let (c, top) = Monomial::sum(numerator);
        let (d, bottom) = Monomial::sum(denominator);
        let (_, bottom) = bottom.raise(&-Rational::one());
        let (_, quotient) = top.multiply(&bottom);
        Ok(Self::product((c / d, quotient)))
    }

    /// ln of a sum that is known to be positive.
    pub(super) fn ln_of_sum(sum: &ExpSum) -> Self {
        let (coefficient, monomial) = Monomial::ln(&sum.content().abs());
        let mut terms = vec![
            (Monomial::one(), sum.shift().clone()),
            (monomial, coefficient),
        ];
        if let Some(core) = sum.core() {
            let core = if sum.content().is_negative() {
                core.negated()
            } else {
                core.clone()
            };
            terms.push((Monomial::generator(Generator::LnSum(core)), Rational::one()));
        }
        Self::finite(Form::gather(terms))
    }

    /// −self.
    #[must_use]
    pub fn neg(&self) -> Self {
        match &self.kind {
            Kind::NegativeInfinity => Self::infinity(),
            Kind::Finite(form) => Self::finite(form.neg()),
            Kind::Infinity => Self::negative_infinity(),
        }
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
        let mut gathered = Vec::new();
        let mut infinite: Option<Self> = None;
        for term in terms {
            match (term.kind, &infinite) {
                (Kind::Finite(form), _) => gathered.extend(form.into_terms()),
                (kind, None) => infinite = Some(Self { kind }),
                (kind, Some(known)) => infinite = Some(known.add(&Self { kind })?),
            }
        }
        Ok(infinite.unwrap_or_else(|| Self::finite(Form::gather(gathered))))
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
        let (_, factor) = Monomial::generator(ln_two()).raise(&-Rational::one());
        Self::finite(form.times(&factor))
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

fn power_of_zero(exponent: &Rational) -> Result<Real, Error> {
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
        let (coefficient, power) = match monomial::whole_power(coefficient, exponent.numer()) {
            Some(coefficient) => (coefficient, power),
            None => {
                let (own, radical) = Monomial::power(&coefficient.abs(), exponent);
                let negative = coefficient.is_negative() && exponent.numer().bit(0);
                let (more, power) = radical.multiply(&power);
                (if negative { -own * more } else { own * more }, power)
            }
        };
        return Ok(Real::product((coefficient * further, power)));
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
    Ok(Real::product((own * more * further, power)))
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

fn undefined_power(reason: String) -> Error {
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
