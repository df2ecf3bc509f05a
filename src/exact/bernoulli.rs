//! The two outcomes of one binary prediction, given by a probability or by a logit: their
//! probabilities and surprisals, exactly. What a loss makes of them is not here.

use num_traits::{Signed, Zero};

use super::{ExpSum, Extended, Rational, Real, TargetProbability, ratio};
use crate::Error;

/// The law of a binary outcome: 1 with probability p, 0 with probability 1 − p.
///
/// A logit x is the probability p = σ(x) = 1/(1 + exp(−x)). The logits ±∞ are the limits, p = 1
/// and p = 0.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Bernoulli, Extended, Real};
///
/// let law = Bernoulli::from_logit(Extended::from(3));
/// assert_eq!(law.surprisal()?.to_string(), "ln(1 + exp(-3))");
/// assert_eq!(law.complement().surprisal()?.to_string(), "3 + ln(1 + exp(-3))");
/// assert_eq!(Bernoulli::from_logit(Extended::Infinity).probability(), Real::one());
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bernoulli(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Probability(Rational),
    Logit(Extended),
}

impl Bernoulli {
    /// The law with this probability of the outcome 1.
    #[must_use]
    pub fn from_probability(p: Rational) -> Self {
        Self(Kind::Probability(p))
    }

    /// The law with this logit.
    #[must_use]
    pub fn from_logit(x: Extended) -> Self {
        Self(Kind::Logit(x))
    }

    /// The law of the other outcome: 1 − p in place of p, −x in place of x.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self(match &self.0 {
            Kind::Probability(p) => Kind::Probability(ratio::complement(p)),
            Kind::Logit(x) => Kind::Logit(opposite(x)),
        })
    }

    /// p, the probability of the outcome 1.
    #[must_use]
    pub fn probability(&self) -> Real {
        match &self.0 {
            Kind::Probability(p) => Real::from(p.clone()),
            Kind::Logit(Extended::Infinity) => Real::one(),
            Kind::Logit(Extended::NegativeInfinity) => Real::zero(),
            Kind::Logit(Extended::Finite(x)) => {
                Real::ratio(&ExpSum::one(), &ExpSum::one_plus_exp(&-x))
                    .expect("1 + exp(-x) is not 0")
            }
        }
    }

    /// −ln p, the surprisal of the outcome 1 in nats; +∞ where p = 0.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn surprisal(&self) -> Result<Real, Error> {
        match &self.0 {
            Kind::Probability(p) => Ok(Real::ln(p)?.neg()),
            Kind::Logit(Extended::Infinity) => Ok(Real::zero()),
            Kind::Logit(Extended::NegativeInfinity) => Ok(Real::infinity()),
            Kind::Logit(Extended::Finite(x)) => ExpSum::one_plus_exp(&-x).ln(),
        }
    }

    /// p_t = y·p + (1 − y)·(1 − p), the probability that the law gives to a target y in [0, 1].
    #[must_use]
    pub fn target_probability(&self, y: &Rational) -> TargetProbability {
        match &self.0 {
            Kind::Probability(p) => TargetProbability::rational(ratio::add(
                &ratio::multiply(y, p),
                &ratio::multiply(&ratio::complement(y), &ratio::complement(p)),
            )),
            Kind::Logit(Extended::Infinity) => TargetProbability::rational(y.clone()),
            Kind::Logit(Extended::NegativeInfinity) => {
                TargetProbability::rational(ratio::complement(y))
            }
            // p : 1 − p is exp(x) : 1.
            Kind::Logit(Extended::Finite(x)) => {
                let mix = |of_one: Rational, of_zero: Rational| {
                    ExpSum::new([(of_one, x.clone()), (of_zero, Rational::zero())])
                };
                let rest = ratio::complement(y);
                TargetProbability::quotient(
                    mix(y.clone(), rest.clone()),
                    mix(rest, y.clone()),
                    ExpSum::one_plus_exp(x),
                )
            }
        }
    }

    /// −a·ln p − b·ln(1 − p) in nats, where a weight of 0 makes its term 0, whatever p is.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal(&self, a: &Rational, b: &Rational) -> Result<Real, Error> {
        let mut terms = Vec::new();
        if !a.is_zero() {
            terms.push(self.surprisal()?.scale(a));
        }
        if !b.is_zero() {
            terms.push(self.complement().surprisal()?.scale(b));
        }
        Real::sum(terms)
    }

    /// The derivative of [`Bernoulli::expected_surprisal`] with respect to p or to x, whichever
    /// the law was given by: b/(1 − p) − a/p, where a weight of 0 makes its term 0 and a
    /// division by 0 is infinite, or b·σ(x) − a·σ(−x).
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal_derivative(&self, a: &Rational, b: &Rational) -> Result<Real, Error> {
        match &self.0 {
            Kind::Probability(p) => quotient(b, &ratio::complement(p)).sub(&quotient(a, p)),
            Kind::Logit(_) => {
                let towards_zero = self.complement().probability().scale(a);
                self.probability().scale(b).sub(&towards_zero)
            }
        }
    }

    /// The sum of the magnitudes of the two terms that
    /// [`Bernoulli::expected_surprisal_derivative`] subtracts: b/(1 − p) + a/p, or
    /// b·σ(x) + a·σ(−x), for weights that are not negative.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal_derivative_terms(
        &self,
        a: &Rational,
        b: &Rational,
    ) -> Result<Real, Error> {
        self.expected_surprisal_derivative(&-a, b)
    }
}

fn opposite(x: &Extended) -> Extended {
    match x {
        Extended::NegativeInfinity => Extended::Infinity,
        Extended::Finite(x) => Extended::Finite(-x),
        Extended::Infinity => Extended::NegativeInfinity,
    }
}

fn quotient(weight: &Rational, p: &Rational) -> Real {
    match (weight.is_zero(), p.is_zero()) {
        (true, _) => Real::zero(),
        (false, true) if weight.is_negative() => Real::negative_infinity(),
        (false, true) => Real::infinity(),
        (false, false) => Real::from(ratio::divide(weight, p)),
    }
}
