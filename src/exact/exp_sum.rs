//! Exponential sums Σ cⱼ·exp(aⱼ) with rational cⱼ and aⱼ: what a softmax is made of. They form a
//! ring, and equality in it is decided by comparing terms. Their logarithms and quotients are
//! [`Real`]s.
//!
//! *Why comparing terms decides equality.* By the theorem of Lindemann and Weierstrass, e^a₁, …,
//! e^aₙ are linearly independent over the algebraic numbers when a₁, …, aₙ are distinct
//! algebraic numbers. So a sum whose exponents are distinct and whose coefficients are not 0 is
//! itself not 0, unless it has no terms; and it is rational only if 0 is its only exponent.

use core::cmp::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::ratio::{self, Key};
use super::{Enclosure, Rational, Real, elementary};
use crate::Error;

/// The terms that a product of sums may have before equal exponents are merged.
pub const MOST_TERMS: usize = 1 << 18;

/// Exponents are brought to a common denominator where it is not longer than this.
const LONGEST_COMMON_DENOMINATOR: u64 = 1 << 12;

/// The precisions at which a core remembers its enclosures.
const MOST_KNOWN: usize = 8;

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

/// A normalised sum of at least two terms.
#[derive(Debug)]
pub(crate) struct Core {
    /// Coefficient and exponent; exponents fall from 0.
    terms: Vec<(BigInt, Key)>,
    all_positive: bool,
    /// Enclosures already computed, by working precision.
    known: Mutex<Vec<(u32, Known)>>,
}

/// What was computed about a core at one working precision.
#[derive(Debug, Clone, Default)]
struct Known {
    tail: Option<Enclosure>,
    ln: Option<Enclosure>,
}

impl ExpSum {
    /// Σ coefficient·exp(exponent) over the pairs.
    ///
    /// # Complexity
    ///
    /// A sort of the exponents. Dyadic exponents, as lifted floats are, cost no gcd.
    pub fn new(terms: impl IntoIterator<Item = (Rational, Rational)>) -> Self {
        let terms: Vec<_> = terms.into_iter().filter(|(c, _)| !c.is_zero()).collect();
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
                        (coefficient / &content).to_integer()
                    };
                    (whole, Key(exponent))
                })
                .collect();
            let all_positive = terms.iter().all(|(c, _)| c.is_positive());
            Arc::new(Core {
                terms,
                all_positive,
                known: Mutex::default(),
            })
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

    /// The terms as pairs of coefficient and exponent, in falling order of the exponents, none
    /// twice, no coefficient 0.
    pub fn terms(&self) -> Vec<(Rational, Rational)> {
        match &self.core {
            None if self.content.is_zero() => Vec::new(),
            None => vec![(self.content.clone(), self.shift.clone())],
            Some(core) => (core.terms.iter())
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
            Some(core) if !core.all_positive => {
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

impl Core {
    /// Coefficient and exponent; the first exponent is 0 and the others fall. There are at
    /// least two.
    pub(crate) fn terms(&self) -> &[(BigInt, Key)] {
        &self.terms
    }

    /// Whether the core is above 1 by its looks: its coefficients are positive, so its first
    /// term is at least 1 and another is added.
    pub(crate) fn all_positive(&self) -> bool {
        self.all_positive
    }

    /// −core, which is no normalised core: only ln takes it, of a core that is negative.
    pub(crate) fn negated(&self) -> Arc<Self> {
        let terms = self.terms.iter().map(|(c, a)| (-c, a.clone())).collect();
        Arc::new(Self {
            terms,
            all_positive: false,
            known: Mutex::default(),
        })
    }

    /// An enclosure of the core.
    pub(crate) fn enclose(&self, bits: u32) -> Result<Enclosure, Error> {
        let first = Rational::from_integer(self.terms[0].0.clone());
        Ok(self.tail(bits)?.add_rational(&first, bits))
    }

    /// An enclosure of ln of a positive core. Where the first term is 1 the rest is not rounded
    /// against it, so that the logarithm keeps its relative precision.
    pub(crate) fn enclose_ln(&self, bits: u32) -> Result<Enclosure, Error> {
        if let Some(ln) = self.known(bits).ln {
            return Ok(ln);
        }
        let excess = Rational::from_integer(&self.terms[0].0 - BigInt::one());
        let excess = self.tail(bits)?.add_rational(&excess, bits);
        let ln = elementary::ln_1p_enclosure(&excess, bits)?;
        self.remember(bits, |known| known.ln = Some(ln.clone()));
        Ok(ln)
    }

    /// The core without its first term, to `bits` bits of its largest term.
    fn tail(&self, bits: u32) -> Result<Enclosure, Error> {
        if let Some(tail) = self.known(bits).tail {
            return Ok(tail);
        }
        let working = bits + 2 + self.terms.len().ilog2();
        let (_, Key(largest)) = &self.terms[1];
        let mut tail = Enclosure::zero();
        for (coefficient, exponent) in &self.terms[1..] {
            // exp(a) < 2^−g·exp(largest) for g = ⌊largest − a⌋, so g bits fewer suffice.
            let gap = ratio::split(&ratio::subtract(largest, &exponent.0)).0;
            let needed = working
                .saturating_sub(gap.to_u32().unwrap_or(u32::MAX))
                .max(8);
            let mut term = elementary::exp(&exponent.0, needed)?;
            if !coefficient.is_one() {
                term = term.scale(&Rational::from_integer(coefficient.clone()), needed);
            }
            tail = tail.add(&term, working);
        }
        self.remember(bits, |known| known.tail = Some(tail.clone()));
        Ok(tail)
    }

    fn known(&self, bits: u32) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(own, _)| *own == bits);
        found.map(|(_, known)| known.clone()).unwrap_or_default()
    }

    fn remember(&self, bits: u32, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known
            .iter()
            .position(|(own, _)| *own == bits)
            .unwrap_or_else(|| {
                if known.len() == MOST_KNOWN {
                    known.remove(0);
                }
                known.push((bits, Known::default()));
                known.len() - 1
            });
        change(&mut known[at].1);
    }
}

impl PartialEq for Core {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Core {}

impl PartialOrd for Core {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An order for keys.
impl Ord for Core {
    fn cmp(&self, other: &Self) -> Ordering {
        if core::ptr::eq(self, other) {
            return Ordering::Equal;
        }
        (self.terms.len().cmp(&other.terms.len())).then_with(|| self.terms.cmp(&other.terms))
    }
}

pub(crate) fn too_many_terms() -> Error {
    Error::Undecided {
        bits: 0,
        question: "what is a product of more than 2^18 terms",
    }
}

/// The largest exponent, and the terms in falling order of their exponents, from which it has
/// been subtracted. `None` where nothing remains.
fn merge(terms: Vec<(Rational, Rational)>) -> Option<(Rational, Vec<(Rational, Rational)>)> {
    match common_denominator(&terms) {
        Some(common) => {
            let dyadic = ratio::dyadic_shift(&Rational::new_raw(BigInt::one(), common.clone()));
            let key = |exponent: &Rational| match (dyadic, ratio::dyadic_shift(exponent)) {
                (Some(k), Some(own)) => exponent.numer() << (k - own),
                _ => exponent.numer() * (&common / exponent.denom()),
            };
            let back = |key: BigInt| match dyadic {
                Some(k) => ratio::dyadic(key, k),
                None => Rational::new(key, common.clone()),
            };
            let mut keyed: Vec<_> = terms.iter().map(|(c, a)| (key(a), c)).collect();
            keyed.sort_unstable_by(|left, right| right.0.cmp(&left.0));
            let merged = merge_equal(keyed, |left, right| left == right);
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(key, c)| (c, back(key - &first)))
                .collect();
            Some((back(first), terms))
        }
        None => {
            let mut keyed: Vec<_> = terms.iter().map(|(c, a)| (a, c)).collect();
            keyed.sort_by(|left, right| ratio::compare(right.0, left.0));
            let merged = merge_equal(keyed, |left, right| {
                ratio::compare(left, right) == Ordering::Equal
            });
            let first = merged.first()?.0.clone();
            let terms = merged
                .into_iter()
                .map(|(a, c)| (c, ratio::subtract(a, &first)))
                .collect();
            Some((first, terms))
        }
    }
}

/// Adds the coefficients of neighbours with one key, and drops what cancels.
fn merge_equal<K>(
    keyed: Vec<(K, &Rational)>,
    equal: impl Fn(&K, &K) -> bool,
) -> Vec<(K, Rational)> {
    let mut merged: Vec<(K, Vec<&Rational>)> = Vec::with_capacity(keyed.len());
    for (key, coefficient) in keyed {
        match merged.last_mut() {
            Some((last, parts)) if equal(last, &key) => parts.push(coefficient),
            _ => merged.push((key, vec![coefficient])),
        }
    }
    let summed = merged
        .into_iter()
        .map(|(key, parts)| match parts.as_slice() {
            [one] => (key, (*one).clone()),
            _ => (key, ratio::sum(parts)),
        });
    summed
        .filter(|(_, coefficient)| !coefficient.is_zero())
        .collect()
}

/// The least common denominator of the exponents, where it is not too long.
fn common_denominator(terms: &[(Rational, Rational)]) -> Option<BigInt> {
    let mut common = BigInt::one();
    let mut dyadic = 0;
    for (_, exponent) in terms {
        match ratio::dyadic_shift(exponent) {
            Some(k) => dyadic = dyadic.max(k),
            None => common = common.lcm(exponent.denom()),
        }
        if common.bits() + dyadic > LONGEST_COMMON_DENOMINATOR {
            return None;
        }
    }
    let own = common.trailing_zeros().unwrap_or(0);
    Some(common << dyadic.saturating_sub(own))
}

/// The factor that leaves integers without a common factor, the first of them positive.
fn content(terms: &[(Rational, Rational)]) -> Rational {
    let mut denominator = BigInt::one();
    for (coefficient, _) in terms {
        if !coefficient.denom().is_one() && *coefficient.denom() != denominator {
            denominator = denominator.lcm(coefficient.denom());
        }
    }
    let mut numerator = BigInt::zero();
    for (coefficient, _) in terms {
        if numerator.is_one() {
            break;
        }
        // lcm/denominator is coprime to no common factor of all: scale first, then take the gcd.
        numerator = numerator.gcd(&(coefficient.numer() * (&denominator / coefficient.denom())));
    }
    if terms[0].0.is_negative() {
        numerator = -numerator;
    }
    Rational::new(numerator, denominator)
}
