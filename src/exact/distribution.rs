//! A distribution over classes, given by its probabilities or as the softmax of logits, and the
//! two exact quantities that losses read from it: probabilities and surprisals. What a loss
//! makes of them is not here.

use num_traits::{One, Zero};

use super::rational::sum;
use super::{ExpSum, Extended, Rational, Real, TargetProbability, ratio};
use crate::Error;

/// A distribution over classes.
///
/// The softmax of logits z is p_c = exp(z_c) / Σ_j exp(z_j). A logit of −∞ is a probability of
/// 0. A single logit of +∞ is the limit: its class has probability 1.
///
/// Probabilities that are given are taken as they are: nothing makes them sum to 1.
///
/// # Examples
/// ```
/// use exact_loss::exact::{Distribution, Extended, Real};
///
/// let row = [Extended::from(0), Extended::from(-3), Extended::NegativeInfinity];
/// let softmax = Distribution::softmax(&row).expect("two logits are finite");
/// assert_eq!(softmax.surprisal(0)?.to_string(), "ln(1 + exp(-3))");
/// assert_eq!(softmax.probability(2)?, Real::zero());
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Distribution(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Probabilities(Vec<Rational>),
    /// Finite logits less the largest of them, `None` for −∞, with Σ exp(z): the softmax is the same, and
    /// what is made of them is a sum of terms of one sign more often.
    Softmax {
        logits: Vec<Option<Rational>>,
        sum: ExpSum,
    },
    /// All the probability in one class, by a logit of +∞.
    Corner {
        class: usize,
        classes: usize,
    },
}

impl Distribution {
    /// The distribution with these probabilities.
    #[must_use]
    pub fn from_probabilities(probabilities: Vec<Rational>) -> Self {
        Self(Kind::Probabilities(probabilities))
    }

    /// The softmax of logits; `None` where it has no limit, because every logit is −∞ or two
    /// are +∞.
    #[must_use]
    pub fn softmax(logits: &[Extended]) -> Option<Self> {
        let classes = logits.len();
        let mut corners = (0..classes).filter(|&c| logits[c] == Extended::Infinity);
        if let Some(class) = corners.next() {
            return corners
                .next()
                .is_none()
                .then_some(Self(Kind::Corner { class, classes }));
        }
        let finite = || logits.iter().filter_map(Extended::finite);
        let largest = finite().max_by(|left, right| ratio::compare(left, right))?;
        let less = |z: &Rational| ratio::subtract(z, largest);
        let logits: Vec<Option<Rational>> = logits.iter().map(|z| z.finite().map(less)).collect();
        let sum = ExpSum::new(
            logits
                .iter()
                .flatten()
                .map(|z| (Rational::one(), z.clone())),
        );
        Some(Self(Kind::Softmax { logits, sum }))
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        match &self.0 {
            Kind::Probabilities(p) => p.len(),
            Kind::Softmax { logits, .. } => logits.len(),
            Kind::Corner { classes, .. } => *classes,
        }
    }

    /// p_c, the probability of a class. A class that there is not has probability 0.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn probability(&self, class: usize) -> Result<Real, Error> {
        match &self.0 {
            Kind::Probabilities(p) => Ok(p.get(class).cloned().map_or_else(Real::zero, Real::from)),
            Kind::Corner { class: corner, .. } if class == *corner => Ok(Real::one()),
            Kind::Corner { .. } => Ok(Real::zero()),
            Kind::Softmax { logits, sum } => match logits.get(class) {
                Some(Some(z)) => Real::ratio(&ExpSum::single(Rational::one(), z.clone()), sum),
                _ => Ok(Real::zero()),
            },
        }
    }

    /// Σ_c w_c·p_c, the mean of a weight of any sign.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn mean(&self, weights: &[Rational]) -> Result<Real, Error> {
        match &self.0 {
            Kind::Probabilities(p) => Ok(Real::from(ratio::dot(weights.iter().zip(p)))),
            Kind::Corner { class, .. } => {
                let weight = weights.get(*class).cloned();
                Ok(Real::from(weight.unwrap_or_default()))
            }
            Kind::Softmax { logits, sum } => {
                let finite = weights.iter().zip(logits);
                let weighted = finite.filter_map(|(w, z)| Some((w.clone(), z.clone()?)));
                Real::ratio(&ExpSum::new(weighted), sum)
            }
        }
    }

    /// p_t = Σ_c q_c·p_c, the probability that the distribution gives to a target q.
    ///
    /// Its complement is 1 − p_t = Σ_c (1 − q_c)·p_c for a softmax, whose probabilities sum to 1.
    #[must_use]
    pub fn target_probability(&self, q: &[Rational]) -> TargetProbability {
        match &self.0 {
            Kind::Probabilities(p) => TargetProbability::rational(ratio::dot(q.iter().zip(p))),
            Kind::Corner { class, .. } => {
                TargetProbability::rational(q.get(*class).cloned().unwrap_or_default())
            }
            Kind::Softmax { logits, sum } => {
                let weighted = |weight: fn(&Rational) -> Rational| {
                    let finite = q.iter().zip(logits);
                    ExpSum::new(finite.filter_map(|(q, z)| Some((weight(q), z.clone()?))))
                };
                let (target, rest) = (weighted(Rational::clone), weighted(ratio::complement));
                TargetProbability::quotient(target, rest, sum.clone())
            }
        }
    }

    /// −ln p_c, the surprisal of a class in nats; +∞ where p_c = 0.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn surprisal(&self, class: usize) -> Result<Real, Error> {
        let mut certain = vec![Rational::zero(); self.classes().max(class + 1)];
        certain[class] = Rational::one();
        self.expected_surprisal(&certain)
    }

    /// −Σ_c q_c·ln p_c in nats, with 0·ln 0 = 0.
    ///
    /// For a softmax it is (Σ_c q_c)·ln Σ_j exp(z_j) − Σ_c q_c·z_c, with z less the largest logit.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal(&self, q: &[Rational]) -> Result<Real, Error> {
        let support = || q.iter().enumerate().filter(|(_, q)| !q.is_zero());
        match &self.0 {
            Kind::Probabilities(p) => {
                let mut terms = Vec::new();
                for (c, q) in support() {
                    terms.push(Real::ln(&p[c])?.scale(&-q));
                }
                Real::sum(terms)
            }
            Kind::Corner { class, .. } if support().all(|(c, _)| c == *class) => Ok(Real::zero()),
            Kind::Corner { .. } => Ok(Real::infinity()),
            Kind::Softmax {
                logits,
                sum: exponentials,
            } => {
                let mut moments = Vec::new();
                for (c, q) in support() {
                    match &logits[c] {
                        Some(z) => moments.push(ratio::multiply(q, z)),
                        None => return Ok(Real::infinity()),
                    }
                }
                exponentials
                    .ln()?
                    .scale(&sum(q))
                    .sub(&Real::from(sum(&moments)))
            }
        }
    }

    /// The gradient of [`Distribution::expected_surprisal`] with respect to the probabilities
    /// or the logits, whichever the distribution was given by: −q_c/p_c, which is −∞ where
    /// p_c = 0 < q_c and 0 where q_c = 0, or (Σ_k q_k)·p_c − q_c.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal_gradient(&self, q: &[Rational]) -> Result<Vec<Real>, Error> {
        if let Kind::Probabilities(p) = &self.0 {
            return Ok(q
                .iter()
                .zip(p)
                .map(|(q, p)| negative_quotient(q, p))
                .collect());
        }
        let total = sum(q);
        let components = q.iter().enumerate();
        components
            .map(|(c, q)| {
                self.probability(c)?
                    .scale(&total)
                    .sub(&Real::from(q.clone()))
            })
            .collect()
    }

    /// For each component of [`Distribution::expected_surprisal_gradient`] the sum of the
    /// magnitudes of the terms that are subtracted: (Σ_k q_k)·p_c + q_c for logits. A component
    /// that is one term, or has all of q or none, has its own magnitude: there nothing cancels.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn expected_surprisal_gradient_terms(&self, q: &[Rational]) -> Result<Vec<Real>, Error> {
        let gradient = self.expected_surprisal_gradient(q)?;
        let total = sum(q);
        let components = gradient.into_iter().zip(q).enumerate();
        components
            .map(|(c, (component, q))| match &self.0 {
                Kind::Softmax { .. } if !q.is_zero() && *q != total => {
                    let p = self.probability(c)?.scale(&total);
                    p.add(&Real::from(q.clone()))
                }
                _ => component.abs(),
            })
            .collect()
    }

    /// For each component of [`Distribution::entropy_gradient`] the sum of the magnitudes of the
    /// terms that are subtracted: −ln p_c + 1 for probabilities, and p_c·(−ln p_c + H) for logits.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn entropy_gradient_terms(&self) -> Result<Vec<Real>, Error> {
        let entropy = self.entropy()?;
        let component = |c| {
            let surprisal = self.surprisal(c)?;
            match &self.0 {
                Kind::Probabilities(_) => surprisal.add(&Real::one()),
                Kind::Softmax { logits, .. } if logits[c].is_some() => {
                    self.probability(c)?.mul(&surprisal.add(&entropy)?)
                }
                _ => Ok(Real::zero()),
            }
        };
        (0..self.classes()).map(component).collect()
    }

    /// −Σ_c p_c·ln p_c in nats, the entropy, with 0·ln 0 = 0.
    ///
    /// For a softmax it is ln Σ_j exp(z_j) − Σ_c p_c·z_c, with z less the largest logit: no part is negative.
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn entropy(&self) -> Result<Real, Error> {
        match &self.0 {
            Kind::Probabilities(p) => self.expected_surprisal(p),
            Kind::Corner { .. } => Ok(Real::zero()),
            Kind::Softmax { sum, .. } => sum.ln()?.sub(&self.mean_logit()?),
        }
    }

    /// The gradient of [`Distribution::entropy`] with respect to the probabilities,
    /// −ln p_c − 1, which is +∞ at p_c = 0, or to the logits, p_c·(Σ_k p_k·z_k − z_c).
    ///
    /// # Errors
    /// [`Error::Undecided`] at the resource cap.
    pub fn entropy_gradient(&self) -> Result<Vec<Real>, Error> {
        match &self.0 {
            Kind::Probabilities(p) => p
                .iter()
                .map(|p| Real::ln(p)?.neg().sub(&Real::one()))
                .collect(),
            Kind::Corner { classes, .. } => Ok(vec![Real::zero(); *classes]),
            Kind::Softmax { logits, .. } => {
                let mean = self.mean_logit()?;
                let component = |(c, z): (usize, &Option<Rational>)| match z {
                    None => Ok(Real::zero()),
                    Some(z) => self.probability(c)?.mul(&mean.sub(&Real::from(z.clone()))?),
                };
                logits.iter().enumerate().map(component).collect()
            }
        }
    }

    /// Σ_c p_c·z_c over the finite logits.
    fn mean_logit(&self) -> Result<Real, Error> {
        let Kind::Softmax { logits, .. } = &self.0 else {
            return Ok(Real::zero());
        };
        let finite = logits
            .iter()
            .enumerate()
            .filter_map(|(c, z)| Some((c, z.as_ref()?)));
        let terms = finite.map(|(c, z)| Ok(self.probability(c)?.scale(z)));
        Real::sum(terms.collect::<Result<Vec<_>, Error>>()?)
    }
}

fn negative_quotient(q: &Rational, p: &Rational) -> Real {
    match (q.is_zero(), p.is_zero()) {
        (true, _) => Real::zero(),
        (false, true) => Real::negative_infinity(),
        (false, false) => Real::from(-ratio::divide(q, p)),
    }
}
