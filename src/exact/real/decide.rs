//! Questions about a value that are answered by enclosing it ever more closely: sign, order,
//! enclosures, correct rounding, errors in ulps. Exactness is decided first where the first
//! enclosure leaves it open, so that the search ends where that is a theorem, and at a stated
//! cap where it is not.

use core::cmp::Ordering;

use num_traits::Zero;

use super::classify::{Class, classify};
use super::evaluate::enclose_form;
use super::form::Form;
use super::{Kind, Real};
use crate::Error;
use crate::exact::Enclosure;
use crate::exact::enclosure::MAX_BITS;

/// The largest working precision, in bits: a little below that of
/// [`elementary`](crate::exact::elementary), to leave room for guard bits.
pub const CAP: u32 = MAX_BITS - 256;

/// The largest working precision, in bits, at which an undecided sign or rounding is pursued
/// where it is not known whether the value is rational.
pub const OPEN_CAP: u32 = 1 << 12;

/// The working precision to begin with.
const FIRST_BITS: u32 = 128;

/// Bits beyond those asked for, to begin with: most values need no second attempt.
const GUARD: u32 = 24;

impl Form {
    /// Whether the value is proved to be 0. An enclosure without 0 is tried first, as the
    /// cheaper answer.
    pub(super) fn is_proved_zero(&self) -> bool {
        match self.as_constant() {
            Some(constant) => constant.is_zero(),
            None if self.plain_sign().is_some() => false,
            None if enclose_form(self, FIRST_BITS).is_ok_and(|x| !x.contains_zero()) => false,
            None => classify(self) == Class::Rational(Zero::zero()),
        }
    }

    fn sign(&self) -> Result<Ordering, Error> {
        if let Some(sign) = self.plain_sign() {
            return Ok(sign);
        }
        // Dividing by the largest exponential keeps the sign, and keeps terms that are all
        // tiny, or all huge, within the range of enclosures.
        let scaled = self.without_largest_exponential();
        let mut bits = FIRST_BITS;
        let mut cap = None;
        loop {
            if let Some(sign) = enclose_form(&scaled, bits)?.sign() {
                return Ok(sign);
            }
            let cap = match cap {
                Some(cap) => cap,
                None => match classify(&scaled) {
                    Class::Rational(number) => return Ok(number.cmp(&Zero::zero())),
                    Class::Irrational => *cap.insert(CAP),
                    Class::Open => *cap.insert(OPEN_CAP),
                },
            };
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
    /// bits where it is not known whether the value is rational. Logarithmic forms,
    /// exponential sums and their quotients are decided, but for sizes out of reach.
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
            (Kind::Finite(left), Kind::Finite(right)) => left.add(&right.neg()).sign(),
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
        let mut working = CAP.min(bits.saturating_add(GUARD)).max(FIRST_BITS);
        let mut cap = None;
        loop {
            let enclosure = match form.as_constant() {
                Some(number) => Enclosure::from_rational(&number, working),
                None => enclose_form(form, working)?,
            };
            if narrow(&enclosure) {
                return Ok(enclosure);
            }
            let cap = match cap {
                Some(cap) => cap,
                None if !enclosure.contains_zero() => *cap.insert(CAP),
                None => match classify(form) {
                    Class::Rational(number) => {
                        return Ok(Enclosure::from_rational(&number, working));
                    }
                    Class::Irrational => *cap.insert(CAP),
                    Class::Open => *cap.insert(OPEN_CAP.max(working)),
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
