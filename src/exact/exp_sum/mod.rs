//! Exponential sums Σ cⱼ·exp(aⱼ) with rational cⱼ and aⱼ: what a softmax is made of. They form a
//! ring, and equality in it is decided by comparing terms. Their logarithms and quotients are
//! [`Real`]s. How terms are normalised lives in `merge`, what normalised sums share in
//! `normalised`.
//!
//! *Why comparing terms decides equality.* By the theorem of Lindemann and Weierstrass, e^a₁, …,
//! e^aₙ are linearly independent over the algebraic numbers when a₁, …, aₙ are distinct
//! algebraic numbers. So a sum whose exponents are distinct and whose coefficients are not 0 is
//! itself not 0, unless it has no terms; and it is rational only if 0 is its only exponent.

mod merge;
mod normalised;
mod shared;

use core::cmp::Ordering;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

pub(crate) use normalised::Core;

use super::ratio::{self, Key};
use super::{Ball, Rational, Real};
use crate::Error;
use merge::{content, merge};

/// The terms that a product of sums may have before equal exponents are merged.
pub const MOST_TERMS: usize = 1 << 18;

/// Σ cⱼ·exp(aⱼ).
///
/// A sum is kept as content · exp(shift) · core, where the core's largest exponent is 0 and its
/// coefficients are integers without a common factor, the first of them positive. The core is
/// shared between clones, and so is what has been computed about it: the components of one
/// softmax should come from one sum.
///
/// # Examples
///
/// ```
/// use exact_loss::exact::{ExpSum, Rational};
///
/// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
/// // Logits 5/2, −1 and −1.
/// let one = rational(1, 1);
/// let sum = ExpSum::new([
///     (one.clone(), rational(5, 2)),
///     (one.clone(), rational(-1, 1)),
///     (one, rational(-1, 1)),
/// ]);
/// assert_eq!(sum.ln()?.to_string(), "5/2 + ln(1 + 2·exp(-7/2))");
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExpSum {
    content: Rational,
    shift: Rational,
    /// `None` stands for the core 1 of a sum with at most one term.
    core: Option<Arc<Core>>,
}

impl ExpSum {
    /// Σ coefficient·exp(exponent) over the pairs.
    ///
    /// # Complexity
    ///
    /// A sort of the exponents. Dyadic exponents, as lifted floats are, cost no gcd.
    pub fn new(terms: impl IntoIterator<Item = (Rational, Rational)>) -> Self {
        let mut terms: Vec<_> = terms.into_iter().filter(|(c, _)| !c.is_zero()).collect();
        if terms.len() == 1
            && let Some((coefficient, exponent)) = terms.pop()
        {
            return Self::single(coefficient, exponent);
        }
        let Some((shift, merged)) = merge(terms) else {
            return Self::zero();
        };
        let content = content(&merged);
        let core = (merged.len() > 1).then(|| {
            let terms: Vec<_> = merged
                .into_iter()
                .map(|(coefficient, exponent)| {
                    let whole = if content.denom() == coefficient.denom() {
                        coefficient.numer() / content.numer()
                    } else {
                        ratio::divide(&coefficient, &content).to_integer()
                    };
                    (whole, Key(exponent))
                })
                .collect();
            shared::shared(Core::new(terms))
        });
        Self {
            content,
            shift,
            core,
        }
    }

    /// The sum without terms.
    pub fn zero() -> Self {
        Self {
            content: Rational::zero(),
            shift: Rational::zero(),
            core: None,
        }
    }

    /// exp(0).
    pub fn one() -> Self {
        Self {
            content: Rational::one(),
            shift: Rational::zero(),
            core: None,
        }
    }

    /// coefficient·exp(exponent).
    pub fn single(coefficient: Rational, exponent: Rational) -> Self {
        if coefficient.is_zero() {
            return Self::zero();
        }
        Self {
            content: coefficient,
            shift: exponent,
            core: None,
        }
    }

    /// 1 + exp(exponent): what [`ExpSum::new`] makes of it, without a sort.
    pub fn one_plus_exp(exponent: &Rational) -> Self {
        if exponent.is_zero() {
            return Self::single(Rational::from_integer(2.into()), Rational::zero());
        }
        let (shift, rest) = if exponent.is_positive() {
            (exponent.clone(), -exponent)
        } else {
            (Rational::zero(), exponent.clone())
        };
        let terms = vec![(BigInt::one(), Key::zero()), (BigInt::one(), Key(rest))];
        Self {
            content: Rational::one(),
            shift,
            core: Some(shared::shared(Core::new(terms))),
        }
    }

    /// The terms as pairs of coefficient and exponent, in falling order of the exponents, none
    /// twice, no coefficient 0.
    pub fn terms(&self) -> Vec<(Rational, Rational)> {
        match &self.core {
            None if self.content.is_zero() => Vec::new(),
            None => vec![(self.content.clone(), self.shift.clone())],
            Some(core) => (core.terms().iter())
                .map(|(coefficient, exponent)| {
                    let whole = Rational::from_integer(coefficient.clone());
                    let coefficient = ratio::multiply(&self.content, &whole);
                    (coefficient, ratio::add(&self.shift, &exponent.0))
                })
                .collect(),
        }
    }

    /// The sum of both.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        Self::new(self.terms().into_iter().chain(other.terms()))
    }

    /// The same with the other sign.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self {
            content: -&self.content,
            ..self.clone()
        }
    }

    /// self − other.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    /// factor · self.
    #[must_use]
    pub fn scale(&self, factor: &Rational) -> Self {
        if factor.is_zero() {
            return Self::zero();
        }
        Self {
            content: ratio::multiply(&self.content, factor),
            ..self.clone()
        }
    }

    /// The product of both.
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where it would have more than [`MOST_TERMS`] terms.
    pub fn mul(&self, other: &Self) -> Result<Self, Error> {
        if self.is_zero() || other.is_zero() {
            return Ok(Self::zero());
        }
        if self.core.is_none() || other.core.is_none() {
            return Ok(Self {
                content: ratio::multiply(&self.content, &other.content),
                shift: ratio::add(&self.shift, &other.shift),
                core: self.core.clone().or_else(|| other.core.clone()),
            });
        }
        let (left, right) = (self.terms(), other.terms());
        if left.len().saturating_mul(right.len()) > MOST_TERMS {
            return Err(too_many_terms());
        }
        let products = left.iter().flat_map(|(c, a)| {
            right
                .iter()
                .map(move |(d, b)| (ratio::multiply(c, d), ratio::add(a, b)))
        });
        Ok(Self::new(products))
    }

    /// Whether the sum is 0: decided by Lindemann and Weierstrass, see the module's text.
    pub fn is_zero(&self) -> bool {
        self.content.is_zero()
    }

    /// The number against 0.
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where the terms cancel to more bits than the cap of
    /// [`Real::enclose`] allows. Sums of positive terms, and sums of negative ones, are decided
    /// without computing.
    pub fn sign(&self) -> Result<Ordering, Error> {
        let content = self.content.numer().sign().cmp(&num_bigint::Sign::NoSign);
        match &self.core {
            Some(core) if !core.all_positive() => {
                let sign = Real::from(Self::from_core(core)).sign()?;
                Ok(if content == Ordering::Less {
                    sign.reverse()
                } else {
                    sign
                })
            }
            _ => Ok(content),
        }
    }

    /// ln of the sum; −∞ for the sum 0.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for a negative sum; [`Error::Undecided`] as [`sign`](Self::sign).
    pub fn ln(&self) -> Result<Real, Error> {
        match self.sign()? {
            Ordering::Equal => Ok(Real::negative_infinity()),
            Ordering::Less => {
                let reason = "the logarithm of a negative sum is not a real number".to_owned();
                Err(Error::Undefined { loss: "ln", reason })
            }
            Ordering::Greater => Ok(Real::ln_of_sum(self)),
        }
    }

    pub(crate) fn from_core(core: &Arc<Core>) -> Self {
        Self {
            content: Rational::one(),
            shift: Rational::zero(),
            core: Some(core.clone()),
        }
    }

    /// A ball around the sum over another.
    pub(crate) fn ball_of_quotient(&self, divisor: &Self) -> Option<Ball> {
        let content = Ball::from_rational(&self.content)?;
        let content = content.div(Ball::from_rational(&divisor.content)?)?;
        let shift = Ball::from_rational(&ratio::subtract(&self.shift, &divisor.shift))?;
        let core = |sum: &Self| match &sum.core {
            None => Some(Ball::ONE),
            Some(core) => core.ball(),
        };
        let cores = core(self)?.div(core(divisor)?)?;
        content.mul(shift.exp()?)?.mul(cores)
    }

    /// A ball around ln of a positive sum.
    pub(crate) fn ball_of_ln(&self) -> Option<Ball> {
        let shift = Ball::from_rational(&self.shift)?;
        let ln = Ball::ln_of_rational(&self.content)?.add(shift)?;
        match &self.core {
            None => Some(ln),
            Some(core) => ln.add(core.ball_of_ln()?),
        }
    }

    pub(crate) fn content(&self) -> &Rational {
        &self.content
    }

    pub(crate) fn shift(&self) -> &Rational {
        &self.shift
    }

    pub(crate) fn core(&self) -> Option<&Arc<Core>> {
        self.core.as_ref()
    }
}

/// Equality of the numbers, which is equality of the terms.
impl PartialEq for ExpSum {
    fn eq(&self, other: &Self) -> bool {
        let key = |sum: &Self| (Key(sum.content.clone()), Key(sum.shift.clone()));
        key(self) == key(other) && self.core == other.core
    }
}

impl Eq for ExpSum {}

pub(crate) fn too_many_terms() -> Error {
    Error::Undecided {
        bits: 0,
        question: "what is a product of more than 2^18 terms",
    }
}
