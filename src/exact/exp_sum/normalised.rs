//! Normalised sums, which exponential sums and their quotients share: their order as keys, and
//! their enclosures, each computed once for a precision.

use core::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive};

use crate::Error;
use crate::exact::ratio::{self, Key};
use crate::exact::{Ball, Enclosure, Rational, elementary};

/// The precisions at which a core remembers its enclosures.
const MOST_KNOWN: usize = 8;

/// A normalised sum of at least two terms.
#[derive(Debug)]
pub(crate) struct Core {
    /// Coefficient and exponent; exponents fall from 0.
    terms: Vec<(BigInt, Key)>,
    all_positive: bool,
    /// Balls around the core without its first term, and around ln of the core, once they were asked for.
    ball_of_tail: OnceLock<Option<Ball>>,
    ball_of_ln: OnceLock<Option<Ball>>,
    /// Enclosures already computed, by working precision.
    known: Mutex<Vec<(u32, Known)>>,
}

/// What was computed about a core at one working precision.
#[derive(Debug, Clone, Default)]
struct Known {
    tail: Option<Enclosure>,
    ln: Option<Enclosure>,
    /// Powers of the core.
    powers: BTreeMap<Key, Enclosure>,
    /// Exponentials that it is multiplied by: those of the components of one softmax come up in
    /// each of its derivatives.
    exponentials: BTreeMap<Key, Enclosure>,
}

/// The powers, and the exponentials, that are remembered of a core at one precision.
const MOST_FACTORS: usize = 256;

impl Core {
    /// The sum of terms that are normalised.
    pub(super) fn new(terms: Vec<(BigInt, Key)>) -> Self {
        let all_positive = terms.iter().all(|(c, _)| c.is_positive());
        Self {
            terms,
            all_positive,
            ball_of_tail: OnceLock::new(),
            ball_of_ln: OnceLock::new(),
            known: Mutex::default(),
        }
    }

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
        Arc::new(Self::new(
            self.terms.iter().map(|(c, a)| (-c, a.clone())).collect(),
        ))
    }

    /// A ball around the core.
    pub(crate) fn ball(&self) -> Option<Ball> {
        Ball::from_integer(&self.terms[0].0, 0)?.add(self.ball_of_tail()?)
    }

    /// A ball around ln of a positive core, like [`Core::enclose_ln`].
    pub(crate) fn ball_of_ln(&self) -> Option<Ball> {
        *self.ball_of_ln.get_or_init(|| {
            let excess = Ball::from_integer(&(&self.terms[0].0 - BigInt::one()), 0)?;
            excess.add(self.ball_of_tail()?)?.ln_1p()
        })
    }

    fn ball_of_tail(&self) -> Option<Ball> {
        *self.ball_of_tail.get_or_init(|| {
            let mut terms = self.terms[1..].iter();
            terms.try_fold(Ball::ZERO, |tail, (coefficient, exponent)| {
                let exponential = Ball::from_rational(&exponent.0)?.exp()?;
                tail.add(exponential.mul(Ball::from_integer(coefficient, 0)?)?)
            })
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
        if let Some(ln) = self.recall(bits, |known| known.ln.as_ref()) {
            return Ok(ln);
        }
        let excess = Rational::from_integer(&self.terms[0].0 - BigInt::one());
        let excess = self.tail(bits)?.add_rational(&excess, bits);
        let ln = elementary::ln_1p_enclosure(&excess, bits)?;
        self.change(bits, |known| known.ln = Some(ln.clone()));
        Ok(ln)
    }

    /// An enclosure of the core to a power, which `make` makes where it is not known.
    pub(crate) fn enclose_power(
        &self,
        power: &Key,
        bits: u32,
        make: impl FnOnce() -> Result<Enclosure, Error>,
    ) -> Result<Enclosure, Error> {
        self.factor(power, bits, |known| &mut known.powers, make)
    }

    /// An enclosure of exp(exponent), which the core is multiplied by.
    pub(crate) fn enclose_exp(&self, exponent: &Key, bits: u32) -> Result<Enclosure, Error> {
        let make = || elementary::exp(&exponent.0, bits);
        self.factor(exponent, bits, |known| &mut known.exponentials, make)
    }

    /// One of the factors that are remembered at a precision, or else made.
    fn factor(
        &self,
        key: &Key,
        bits: u32,
        factors: impl Fn(&mut Known) -> &mut BTreeMap<Key, Enclosure>,
        make: impl FnOnce() -> Result<Enclosure, Error>,
    ) -> Result<Enclosure, Error> {
        if let Some(known) = self.change(bits, |known| factors(known).get(key).cloned()) {
            return Ok(known);
        }
        let made = make()?;
        self.change(bits, |known| {
            let factors = factors(known);
            if factors.len() < MOST_FACTORS {
                factors.insert(key.clone(), made.clone());
            }
        });
        Ok(made)
    }

    /// The core without its first term, to `bits` bits of its largest term.
    fn tail(&self, bits: u32) -> Result<Enclosure, Error> {
        if let Some(tail) = self.recall(bits, |known| known.tail.as_ref()) {
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
        self.change(bits, |known| known.tail = Some(tail.clone()));
        Ok(tail)
    }

    fn recall(
        &self,
        bits: u32,
        read: impl FnOnce(&Known) -> Option<&Enclosure>,
    ) -> Option<Enclosure> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, known) = known.iter().find(|(own, _)| *own == bits)?;
        read(known).cloned()
    }

    /// Reads and changes what is known at a precision.
    fn change<T>(&self, bits: u32, change: impl FnOnce(&mut Known) -> T) -> T {
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
        change(&mut known[at].1)
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
