//! Normalised sums, which exponential sums and their quotients share: their order as keys, and
//! their enclosures, each computed once for a precision.

use core::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

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
        let ball = Ball::from_integer(&self.terms[0].0, 0)?.add(self.ball_of_tail()?);
        ball.or_else(|| self.ball_by_differences())
    }

    /// A ball around the core with c + c·(e^a − 1) for each c·e^a near to c: where these c sum to 0, nothing
    /// else need cancel.
    fn ball_by_differences(&self) -> Option<Ball> {
        let mut whole = BigInt::zero();
        let mut sum = Ball::ZERO;
        for (coefficient, exponent) in &self.terms {
            let exponent = Ball::from_rational(&exponent.0)?;
            let factor = if exponent.is_zero() || exponent.top() < -1 {
                whole += coefficient;
                exponent.exp_m1()?
            } else {
                exponent.exp()?
            };
            sum = sum.add(factor.mul(Ball::from_integer(coefficient, 0)?)?)?;
        }
        sum.add(Ball::from_integer(&whole, 0)?)
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

#[cfg(test)]
mod tests {
    use core::cmp::Ordering;

    use super::*;
    use crate::exact::ratio::dyadic;

    #[test]
    fn the_ball_of_a_core_that_is_nearly_0_is_narrow() {
        let core = |terms: &[(i64, Rational)]| {
            let term = |(c, a): &(i64, Rational)| (BigInt::from(*c), Key(a.clone()));
            Core::new(terms.iter().map(term).collect())
        };
        let zero = || (1, Rational::from_integer(0.into()));
        let tiny = dyadic(1.into(), 1000);
        let ball = |x: &Rational| Ball::from_rational(x).expect("in range");
        // 1 − e^(−δ) lies between δ − δ² and δ, and 1 − 3·e^(−δ) + 2·e^(−2δ) between −δ and −δ + 3δ².
        let square = &tiny * &tiny;
        let two = Rational::from_integer(2.into());
        let cores = [
            (core(&[zero(), (-1, -&tiny)]), &tiny - &square, tiny.clone()),
            (
                core(&[zero(), (-3, -&tiny), (2, -&tiny * &two)]),
                -&tiny,
                &square * Rational::from_integer(3.into()) - &tiny,
            ),
        ];
        for (core, lower, upper) in cores {
            let found = core.ball().expect("nothing else cancels");
            assert_ne!(found.order(ball(&lower)), Some(Ordering::Less));
            assert_ne!(found.order(ball(&upper)), Some(Ordering::Greater));
        }
        // What is far from 1 is no part of what cancels.
        let small = core(&[
            zero(),
            (-1, -&tiny),
            (1, Rational::from_integer((-60).into())),
        ]);
        let small = small.ball().expect("nothing else cancels");
        assert_eq!(small.order(ball(&tiny)), Some(Ordering::Greater));
    }
}
