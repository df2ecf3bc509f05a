//! Questions about a value that are answered by enclosing it ever more closely: sign, order,
//! enclosures, correct rounding, errors in ulps. Exactness is decided first where the first
//! enclosure leaves it open, so that the search ends where that is a theorem, and at a stated
//! cap where it is not.

use core::cmp::Ordering;
use std::borrow::Cow;

use num_traits::Zero;

use super::classify::{Class, classify, is_seen_not_to_be_zero};
use super::evaluate::enclose_form;
use super::form::Form;
use super::{Kind, Real};
use crate::Error;
use crate::exact::enclosure::{Bound, Dyadic, MAX_BITS};
use crate::exact::ratio;
use crate::exact::round::{DEFAULT_CAP, decide, round_rational, ulp_error};
use crate::exact::{Ball, Enclosure, Extended, Format, Rounded, UlpError};

/// The largest working precision, in bits: a little below that of
/// [`elementary`](crate::exact::elementary), to leave room for guard bits.
pub const CAP: u32 = MAX_BITS - 256;

/// The largest working precision, in bits, at which an undecided sign or rounding is pursued
/// where it is not known whether the value is rational.
pub const OPEN_CAP: u32 = DEFAULT_CAP;

/// Terms times bits that a search may come to; at least [`LEAST_CAP`] bits are always tried. A
/// search over a thousand terms so ends within seconds.
const MOST_WORK: usize = 1 << 22;

/// See [`MOST_WORK`].
const LEAST_CAP: u32 = 1 << 10;

/// The working precision to begin with.
pub(crate) const FIRST_BITS: u32 = 128;

/// The largest working precision at which two numbers are enclosed apart to compare them.
const MOST_BITS_APART: u32 = 1 << 11;

/// Bits beyond those asked for, to begin with: most values need no second attempt.
const GUARD: u32 = 24;

impl Form {
    /// Whether the value is proved to be 0. An enclosure without 0 is tried first, as the
    /// cheaper answer.
    pub(super) fn is_proved_zero(&self) -> bool {
        if !self.has_terms() && self.ball().is_some_and(|ball| !ball.is_zero()) {
            return false;
        }
        match self.as_constant() {
            Some(constant) => constant.is_zero(),
            None if self.plain_sign().is_some() => false,
            None if is_seen_not_to_be_zero(self) => false,
            None => classify(self) == Class::Rational(Zero::zero()),
        }
    }

    /// The same number as one quotient of exponential sums, where it is one and its first
    /// enclosure shows that its terms cancel. In the quotient the largest exponentials have
    /// cancelled already: p − 1 for a softmax component p near to 1 is one such number.
    fn without_cancellation(&self, first: &Enclosure) -> Option<Self> {
        if !first.contains_zero() || self.terms().len() < 2 {
            return None;
        }
        let (monomial, coefficient) = self.as_quotient()?;
        Some(Self::term(coefficient, monomial))
    }

    /// The nearest float where a ball leaves open only on which side of one number the value lies, and a ball of
    /// their difference tells: tiny logits give what is halfway between floats but for thousands of bits.
    fn round_by_difference<F: Format>(&self) -> Option<Rounded<F>> {
        let ball = self.ball()?;
        let (point, [nearer, farther]) = ball.turning_point()?;
        let difference = self.add(&Self::constant(-&point)).ball_of_cancelled()?;
        Some(if difference.is_zero() {
            round_rational(&point)
        } else if difference.sign() == ball.sign() {
            Rounded::Rounded(farther)
        } else {
            Rounded::Rounded(nearer)
        })
    }

    /// The largest working precision of a search.
    fn cap(&self, class: &Class) -> u32 {
        let shared = u32::try_from(MOST_WORK / self.size().max(1)).unwrap_or(CAP);
        let cap = if *class == Class::Irrational {
            CAP
        } else {
            OPEN_CAP
        };
        cap.min(shared.max(LEAST_CAP))
    }

    fn sign(&self) -> Result<Ordering, Error> {
        if self.has_terms()
            && let Some(sign) = self.plain_sign()
        {
            return Ok(sign);
        }
        if let Some(ball) = self.ball() {
            return Ok(ball.sign());
        }
        if let Some(sign) = self.plain_sign() {
            return Ok(sign);
        }
        if let Some(sign) = enclose_form(self, FIRST_BITS).ok().and_then(|x| x.sign()) {
            return Ok(sign);
        }
        // Dividing by the largest exponential keeps the sign, and keeps terms that are all
        // tiny, or all huge, within the range of enclosures.
        let mut scaled = self.without_largest_exponential();
        let mut bits = FIRST_BITS;
        let mut cap = None;
        loop {
            let enclosure = enclose_form(&scaled, bits)?;
            if let Some(sign) = enclosure.sign() {
                return Ok(sign);
            }
            let cap = match cap {
                Some(cap) => cap,
                None => {
                    let class = classify(&scaled);
                    if let Some(quotient) = scaled.without_cancellation(&enclosure) {
                        scaled = quotient.without_largest_exponential();
                    }
                    if let Class::Rational(number) = class {
                        return Ok(number.cmp(&Zero::zero()));
                    }
                    *cap.insert(self.cap(&class))
                }
            };
            if let Some(sign) = scaled.plain_sign() {
                return Ok(sign);
            }
            if bits >= cap {
                return Err(Error::Undecided {
                    bits,
                    question: "what sign has the value",
                });
            }
            bits = cap.min(2 * bits);
        }
    }
}

impl Real {
    /// The number against 0. ±∞ are above and below it.
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where enclosures of [`CAP`] bits leave it open, or of [`OPEN_CAP`]
    /// bits where it is not known whether the value is rational; of fewer bits, but at least
    /// 1024, where the value has more than a hundred terms. Logarithmic forms, exponential sums
    /// and their quotients are decided, but for sizes out of reach.
    pub fn sign(&self) -> Result<Ordering, Error> {
        match &self.kind {
            Kind::NegativeInfinity => Ok(Ordering::Less),
            Kind::Finite(form) => form.sign(),
            Kind::Infinity => Ok(Ordering::Greater),
        }
    }

    /// The order of the two numbers.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign) of the difference.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let ln = |n: i64| Real::ln(&Rational::new(n.into(), 1.into()));
    /// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
    /// assert_eq!(ln(9)?.compare(&ln(3)?.scale(&rational(2, 1)))?, Ordering::Equal);
    /// assert_eq!(ln(3)?.compare(&Real::from(rational(11, 10)))?, Ordering::Less);
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn compare(&self, other: &Self) -> Result<Ordering, Error> {
        match (&self.kind, &other.kind) {
            (Kind::Finite(left), Kind::Finite(right)) => order(left, right),
            (Kind::Finite(_), _) => Ok(other.sign()?.reverse()),
            (Kind::Infinity, Kind::Infinity) | (Kind::NegativeInfinity, Kind::NegativeInfinity) => {
                Ok(Ordering::Equal)
            }
            _ => self.sign(),
        }
    }

    /// An interval that contains the number, whose width is at most 2^−bits times the number.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for ±∞; [`Error::Undecided`] where no working precision up to [`CAP`]
    /// is enough: for about as many bits, for a value that may be 0, or one beyond 2^±2^40.
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let enclosure = Real::ln(&Rational::new(2.into(), 1.into()))?.enclose(100)?;
    /// assert!(enclosure.relative_width_at_most(100));
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn enclose(&self, bits: u32) -> Result<Enclosure, Error> {
        if let Some(enclosure) = self.ball().and_then(|ball| ball.enclosure(bits)) {
            return Ok(enclosure);
        }
        self.refine(bits, |enclosure| enclosure.relative_width_at_most(bits))
    }

    /// An interval that contains the number, whose width is at most 2^−bits.
    ///
    /// # Errors
    ///
    /// As [`enclose`](Self::enclose), but a value that may be 0 is enclosed too.
    pub fn enclose_absolute(&self, bits: u32) -> Result<Enclosure, Error> {
        self.refine(bits, |enclosure| enclosure.width_at_most(-i64::from(bits)))
    }

    /// An interval that contains the number, whose width is at most 2^−bits times the number, or
    /// at most 2^least: what is nearly 0 is not followed below that.
    ///
    /// # Errors
    ///
    /// As [`enclose`](Self::enclose), but a value that may be 0 is enclosed too.
    pub fn enclose_above(&self, bits: u32, least: i64) -> Result<Enclosure, Error> {
        self.refine(bits, |enclosure| {
            enclosure.relative_width_at_most(bits) || enclosure.width_at_most(least)
        })
    }

    /// The float nearest to the number: ties to even, subnormals, overflow to ±∞. A positive
    /// number that rounds to zero gives +0, a negative one −0, and 0 itself +0.
    ///
    /// [`Rounded::Exact`] is a proof that the number is that float, ±∞ included.
    /// [`Rounded::Rounded`] is a proof that the float is the nearest; that the number is another
    /// is proved too, but for a number that is nowhere known to be irrational (see
    /// [`is_irrational`](Self::is_irrational)) and too near to a float to be told from it.
    ///
    /// The search ends by theorem where the number is known to be irrational, since no float
    /// and no number halfway between two is.
    ///
    /// # Errors
    ///
    /// None at present: the cap is the outcome [`Rounded::Undecided`].
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{ExpSum, Rational, Real, Rounded};
    ///
    /// let ln = Real::ln(&Rational::new(10.into(), 7.into()))?;
    /// assert_eq!(ln.round::<f64>()?, Rounded::Rounded(0.3566749439387324));
    ///
    /// // ln(1 + e^(−10^300)) is positive and below every float.
    /// let one = Rational::new(1.into(), 1.into());
    /// let gap = -&one * Rational::from_integer(num_bigint::BigInt::from(10).pow(300));
    /// let loss = ExpSum::new([(one.clone(), Rational::new(0.into(), 1.into())), (one, gap)]).ln()?;
    /// assert_eq!(loss.round::<f64>()?, Rounded::Rounded(0.0));
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn round<F: Format>(&self) -> Result<Rounded<F>, Error> {
        self.round_from(F::PRECISION + GUARD)
    }

    /// The nearest float, where a ball around the number tells, though not whether the number is that float.
    pub(crate) fn nearest_by_ball<F: Format>(&self) -> Option<F> {
        match &self.kind {
            Kind::Finite(form) if form.known_constant().is_none() => form.ball()?.nearest(),
            _ => None,
        }
    }

    /// [`Real::round`], beginning with so many bits: with [`FIRST_BITS`], as enclosures do, where both
    /// are wanted and so much is computed once.
    pub(crate) fn round_from<F: Format>(&self, bits: u32) -> Result<Rounded<F>, Error> {
        let form = match &self.kind {
            Kind::NegativeInfinity => return Ok(Rounded::Exact(F::infinity(true))),
            Kind::Infinity => return Ok(Rounded::Exact(F::infinity(false))),
            Kind::Finite(form) => form,
        };
        if let Some(number) = form.known_constant() {
            return Ok(round_rational(number));
        }
        if let Some(float) = form.ball().and_then(|ball| ball.round()) {
            return Ok(Rounded::Rounded(float));
        }
        if let Some(number) = form.as_constant() {
            return Ok(round_rational(&number));
        }
        if let Some(rounded) = form.round_by_difference() {
            return Ok(rounded);
        }
        let mut form = Cow::Borrowed(form);
        let mut bits = bits;
        let mut class = None;
        loop {
            let enclosure = match enclose_form(&form, bits) {
                Ok(enclosure) => enclosure,
                Err(Error::Undecided { bits, .. }) => return Ok(Rounded::Undecided { bits }),
                Err(other) => return Err(other),
            };
            let float = decide::<F>(&enclosure, false);
            if let Some(float) = float
                && !may_be(&enclosure, float)
            {
                return Ok(Rounded::Rounded(float));
            }
            if class.is_none()
                && let Some(quotient) = form.without_cancellation(&enclosure)
            {
                form = Cow::Owned(quotient);
                continue;
            }
            // The value may be a float, or halfway between two: a proof is worth its cost.
            let class = class.get_or_insert_with(|| classify(&form));
            let float = match class {
                Class::Rational(number) => return Ok(round_rational(number)),
                Class::Irrational => decide::<F>(&enclosure, true),
                Class::Open => opened(&form, &enclosure)
                    .and_then(|open| decide::<F>(&open, true))
                    .or(float),
            };
            if let Some(float) = float {
                return Ok(Rounded::Rounded(float));
            }
            let cap = form.cap(class);
            if bits >= cap {
                return Ok(Rounded::Undecided { bits });
            }
            bits = cap.min(2 * bits);
        }
    }

    /// How many units in the last place of the number the float is away from it, as
    /// [`ulp_error`] defines them.
    ///
    /// A float is right about ±∞ only if it is that infinity.
    ///
    /// # Errors
    ///
    /// As [`enclose`](Self::enclose) and [`ulp_error`].
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, Real, UlpError};
    ///
    /// let half = Rational::new(1.into(), 2.into());
    /// let ln = Real::ln(&Rational::new(2.into(), 1.into()))?;
    /// let UlpError::Ulps { upper, .. } = ln.ulp_error(core::f64::consts::LN_2)? else { panic!() };
    /// assert!(upper < half);
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn ulp_error<F: Format>(&self, got: F) -> Result<UlpError, Error> {
        let infinity = match &self.kind {
            Kind::NegativeInfinity => Extended::NegativeInfinity,
            Kind::Infinity => Extended::Infinity,
            Kind::Finite(_) => {
                let bits = F::PRECISION + GUARD;
                // A part of the least ulp is narrow enough, too, for what is nearly 0.
                let least = i64::from(F::MIN_EXPONENT) - i64::from(bits);
                return ulp_error(got, &self.enclose_above(bits, least)?);
            }
        };
        Ok(match got.lift() {
            None => UlpError::NotANumber,
            Some(got) if got == infinity => UlpError::zero(),
            Some(_) => UlpError::WrongInfinity,
        })
    }

    /// A ball around a finite number, where it has one.
    pub(crate) fn ball(&self) -> Option<Ball> {
        match &self.kind {
            Kind::Finite(form) => form.ball(),
            _ => None,
        }
    }

    fn refine(&self, bits: u32, narrow: impl Fn(&Enclosure) -> bool) -> Result<Enclosure, Error> {
        let Kind::Finite(form) = &self.kind else {
            let reason = format!("{self} has no enclosure");
            return Err(Error::Undefined {
                loss: "enclose",
                reason,
            });
        };
        let question = "what narrow interval contains the value";
        if bits > CAP {
            return Err(Error::Undecided {
                bits: CAP,
                question,
            });
        }
        let mut form = Cow::Borrowed(form);
        let mut working = CAP.min(bits.saturating_add(GUARD)).max(FIRST_BITS);
        let mut cap = None;
        loop {
            let enclosure = match form.as_constant() {
                Some(number) => Enclosure::from_rational(&number, working),
                None => enclose_form(&form, working)?,
            };
            if narrow(&enclosure) {
                return Ok(enclosure);
            }
            if cap.is_none()
                && let Some(quotient) = form.without_cancellation(&enclosure)
            {
                form = Cow::Owned(quotient);
                continue;
            }
            let cap = match cap {
                Some(cap) => cap,
                None if !enclosure.contains_zero() => *cap.insert(CAP),
                None => match classify(&form) {
                    Class::Rational(number) => {
                        return Ok(Enclosure::from_rational(&number, working));
                    }
                    class => *cap.insert(form.cap(&class).max(working)),
                },
            };
            if working >= cap {
                return Err(Error::Undecided {
                    bits: working,
                    question,
                });
            }
            working = cap.min(2 * working);
        }
    }
}

/// The order of two numbers. Numbers that are apart, and not nearly 0, are enclosed one by one for as
/// long as that may tell: what is computed of each then serves all of its comparisons.
fn order(left: &Form, right: &Form) -> Result<Ordering, Error> {
    if let (Some(left), Some(right)) = (left.known_constant(), right.known_constant()) {
        return Ok(ratio::compare(left, right));
    }
    let balls = left.ball().zip(right.ball());
    if let Some(order) = balls.and_then(|(left, right)| left.order(right)) {
        return Ok(order);
    }
    let difference = left.add(&right.neg());
    // What the two have in common cancels in their difference.
    if balls.is_some()
        && let Some(ball) = difference.ball_of_cancelled()
    {
        return Ok(ball.sign());
    }
    if let Some(order) = order_of_enclosures(left, right) {
        return Ok(order);
    }
    if difference.plain_sign().is_none()
        && is_seen_not_to_be_zero(left)
        && is_seen_not_to_be_zero(right)
        && classify(&difference) == Class::Irrational
    {
        let bits = core::iter::successors(Some(2 * FIRST_BITS), |bits| Some(2 * bits));
        for bits in bits.take_while(|&bits| bits <= MOST_BITS_APART) {
            let enclosures = (enclose_form(left, bits)?, enclose_form(right, bits)?);
            if let Some(order) = enclosures.0.order(&enclosures.1) {
                return Ok(order);
            }
        }
    }
    difference.sign()
}

/// The order of two numbers, where it is that of two rationals or their first enclosures tell.
fn order_of_enclosures(left: &Form, right: &Form) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_constant(), right.as_constant()) {
        return Some(ratio::compare(&left, &right));
    }
    let left = enclose_form(left, FIRST_BITS).ok()?;
    left.order(&enclose_form(right, FIRST_BITS).ok()?)
}

/// Whether the enclosed number may be this float.
fn may_be<F: Format>(enclosure: &Enclosure, float: F) -> bool {
    match float.lift() {
        Some(Extended::Finite(float)) => enclosure.contains(&float),
        // The enclosed number is finite.
        _ => false,
    }
}

/// An enclosure that the value lies strictly inside of, where it is r₀ plus terms that are all
/// positive, or all negative, and r₀ is an end of the enclosure that is given. Such terms can be
/// too small to move the end: ln(1 + e^(−10^300)) is one.
fn opened(form: &Form, enclosure: &Enclosure) -> Option<Enclosure> {
    let (constant, rest) = form.split_constant();
    let constant = Dyadic::from_rational(&constant).map(Bound::Finite)?;
    let bits = MAX_BITS;
    // The other end may be the value itself, so it is moved outward.
    let tiny = Enclosure::one().shift(-1 << 30);
    match rest.plain_sign()? {
        Ordering::Greater if *enclosure.lower_bound() == constant => {
            let wider = enclosure.add(&tiny, bits);
            Some(Enclosure::between(constant, wider.upper_bound().clone()))
        }
        Ordering::Less if *enclosure.upper_bound() == constant => {
            let wider = enclosure.sub(&tiny, bits);
            Some(Enclosure::between(wider.lower_bound().clone(), constant))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::origin::Origin;
    use super::*;
    use crate::exact::ratio::dyadic;
    use crate::exact::{ExpSum, Rational};

    #[test]
    fn components_of_two_softmaxes_that_differ_by_a_subnormal_are_ordered_without_enclosures() {
        let component = |logits: [i64; 2]| {
            let term = |z: i64| (Rational::from_integer(1.into()), dyadic(z.into(), 1070));
            let sum = ExpSum::new(logits.map(term));
            let [first, _] = logits;
            Form::later(Origin::Quotient(ExpSum::new([term(first)]), sum))
        };
        let complement =
            |form: &Form| Form::constant(Rational::from_integer(1.into())).add(&form.neg());
        let (less, more) = (component([3, 1]), component([3, 0]));
        let (rest, same) = (complement(&component([0, 3])), component([13, 10]));
        for (other, order) in [
            (&less, Ordering::Greater),
            (&rest, Ordering::Equal),
            (&same, Ordering::Equal),
        ] {
            assert_eq!(super::order(&more, other), Ok(order));
            assert_eq!(super::order(other, &more), Ok(order.reverse()));
        }
        assert!(
            [less, more, rest, same]
                .iter()
                .all(|form| form.enclosed().get().is_none())
        );
    }

    #[test]
    fn what_is_nearly_halfway_between_floats_is_rounded_without_enclosures() {
        let units = |n: i64| dyadic(n.into(), 1074);
        // d/(1 + e^−d) = d/2 + d²/4 − …, and d/(1 + e^d) = d/2 − d²/4 + …
        let half = |d: i64, sign: i64| {
            let one = || Rational::from_integer(1.into());
            let sum = ExpSum::new([(one(), units(0)), (one(), units(-sign * d))]);
            Form::later(Origin::Quotient(ExpSum::one(), sum)).scale(&units(d))
        };
        for (form, wanted) in [
            (half(3, 1), 2),
            (half(3, -1), 1),
            (half(1, 1), 1),
            (half(1, -1), 0),
        ] {
            let wanted = Some(Rounded::Rounded(f64::from_bits(wanted)));
            assert_eq!(form.round_by_difference::<f64>(), wanted);
            let number = Real::finite(form.clone());
            assert_eq!(number.round::<f64>().ok(), wanted);
            let wanted = wanted.map(|rounded| match rounded {
                Rounded::Rounded(float) => Rounded::Rounded(-float),
                other => other,
            });
            assert_eq!(number.neg().round::<f64>().ok(), wanted);
            assert!(form.enclosed().get().is_none());
        }
        // Beside 1: 1/(1 + e^−200) rounds to it, and is not it.
        let sum = ExpSum::one_plus_exp(&Rational::from_integer((-200).into()));
        let near = Form::later(Origin::Quotient(ExpSum::one(), sum));
        assert_eq!(near.round_by_difference(), Some(Rounded::Rounded(1.0)));
    }
}
