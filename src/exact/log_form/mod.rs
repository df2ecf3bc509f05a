//! Logarithmic forms r₀ + Σ rᵢ·ln sᵢ with rational rᵢ and sᵢ > 0: the values of every loss that
//! takes probabilities. Whether a form is zero, and whether two are equal, is decided here
//! without computing any logarithm. What a form is in decimals lives in
//! [`real`](super::real).
//!
//! # Why equality is decidable
//!
//! Let b₁, …, bₘ be a [coprime base](coprime_base) of all numerators and denominators of the
//! sᵢ. Each sᵢ is a product of powers of the base, so the form is r₀ + Σ cⱼ·ln bⱼ with rational
//! cⱼ, and this is found by gcds and divisions alone.
//!
//! *The logarithms of a coprime base are linearly independent over ℚ.* Suppose Σ cⱼ·ln bⱼ = 0.
//! Clear denominators, so that the cⱼ are integers; then Π bⱼ^cⱼ = 1, and so
//! Π_{cⱼ>0} bⱼ^cⱼ = Π_{cⱼ<0} bⱼ^−cⱼ. No prime divides two elements of the base. A prime that
//! divides bⱼ divides one side exactly when cⱼ ≠ 0, and then not the other side. So all cⱼ = 0.
//!
//! *A form whose cⱼ are not all 0 is transcendental*, and so is not equal to any rational:
//! Λ = Σ cⱼ·ln bⱼ ≠ 0 has e^Λ algebraic, and by the theorem of Hermite and Lindemann e^α is
//! transcendental for every algebraic α ≠ 0. So Λ is not algebraic, and neither is r₀ + Λ.
//!
//! Together: r₀ + Λ = 0 exactly when r₀ = 0 and every cⱼ = 0.
//!
//! # Why the short form is canonical
//!
//! A log part Λ ≠ 0 equals r·ln T for one pair of a rational r ≠ 0 and a rational T > 1 that is
//! not a perfect power of a rational. It exists: take D·Λ = ln Π bⱼ^kⱼ with integers
//! kⱼ = D·cⱼ, extract the largest root, and turn T over where it is below 1. It is the only
//! one: r·ln T = r′·ln T′ gives T^m = T′^n with coprime integers m, n > 0 (both logarithms are
//! positive, so r and r′ have one sign). For each prime p, m·v_p(T) = n·v_p(T′), so n divides
//! every v_p(T) and m divides every v_p(T′). Hence T is an n-th power and T′ an m-th power,
//! m = n = 1, and T = T′.
//!
//! T can be astronomically long, as p^q is for a 53-bit q. Where numerator and denominator of T
//! together are longer than [`LONGEST_ARGUMENT`] bits, a form is written as a sum instead: over
//! the coprime base, elements whose coefficients agree up to sign gathered under one logarithm
//! as long as it stays below that limit. Whether T is too long depends on the value alone; the
//! sum itself depends on the arguments that the form was made from.

mod coprime;
mod natural;
mod perfect_power;

use core::fmt;
use std::borrow::Cow;

use num_bigint::{BigInt, BigUint};
use num_traits::{One, Signed, ToPrimitive, Zero};

pub(crate) use coprime::CoprimeBase;
pub use coprime::{coprime_base, exponents};
pub use perfect_power::perfect_power;
pub(crate) use perfect_power::{exact_root_of_rational, perfect_power_of_rational};

use super::Rational;
use super::expression::{Ln, Sum};
use super::ratio::{self, CommonDenominator, Key};
use crate::Error;

/// The bits that numerator and denominator of a written argument of ln may take together.
pub const LONGEST_ARGUMENT: u64 = 512;

/// r₀ + Σ rᵢ·ln sᵢ.
///
/// # Examples
///
/// ```
/// use exact_loss::exact::{Rational, log_form::LogForm};
///
/// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
/// // 2·ln 6 − ln 4 − 2·ln 3 is zero.
/// let form = LogForm::new(
///     rational(0, 1),
///     [
///         (rational(2, 1), rational(6, 1)),
///         (rational(-1, 1), rational(4, 1)),
///         (rational(-2, 1), rational(3, 1)),
///     ],
/// )?;
/// assert!(form.is_zero()?);
///
/// let form = LogForm::new(
///     rational(2, 1),
///     [(rational(1, 3), rational(25, 1)), (rational(-1, 3), rational(49, 1))],
/// )?;
/// assert_eq!(form.to_string(), "2 - 2/3·ln(7/5)");
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogForm {
    constant: Rational,
    /// Argument above 1, coefficient not 0; sorted by argument, none twice.
    logs: Vec<(Key, Rational)>,
}

impl LogForm {
    /// constant + Σ coefficient·ln argument.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] for an argument that is not positive.
    pub fn new(
        constant: Rational,
        terms: impl IntoIterator<Item = (Rational, Rational)>,
    ) -> Result<Self, Error> {
        let mut logs = Vec::new();
        for (coefficient, argument) in terms {
            if !argument.is_positive() {
                let reason = format!("the logarithm of {argument} is not a finite real number");
                return Err(Error::Undefined { loss: "ln", reason });
            }
            if ratio::is_one(&argument) || coefficient.is_zero() {
                continue;
            }
            logs.push(if argument.numer() > argument.denom() {
                (Key(argument), coefficient)
            } else {
                (Key(argument.recip()), -coefficient)
            });
        }
        Ok(Self {
            constant,
            logs: ratio::gathered_by(logs, Key::cmp),
        })
    }

    /// constant + Σ coefficient·ln argument, of arguments above 1 in the order of keys, none twice, and no
    /// coefficient 0.
    pub(crate) fn sorted(constant: Rational, logs: Vec<(Key, Rational)>) -> Self {
        debug_assert!(logs.is_sorted_by(|left, right| left.0 < right.0));
        Self { constant, logs }
    }

    /// r₀.
    pub fn constant(&self) -> &Rational {
        &self.constant
    }

    /// The pairs (rᵢ, sᵢ) as they stand, with sᵢ > 1.
    pub fn logs(&self) -> impl Iterator<Item = (&Rational, &Rational)> {
        self.logs
            .iter()
            .map(|(argument, coefficient)| (coefficient, &argument.0))
    }

    /// self − other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let left = self.logs().map(|(r, s)| (r.clone(), s.clone()));
        let right = other.logs().map(|(r, s)| (-r, s.clone()));
        Self::new(
            ratio::subtract(&self.constant, &other.constant),
            left.chain(right),
        )
        .expect("the arguments were positive")
    }

    /// The log part as Σ cⱼ·ln bⱼ over pairwise coprime bⱼ, none a perfect power, with no
    /// cⱼ = 0, in rising order of the bⱼ. It is empty exactly when the log part is zero.
    ///
    /// # Errors
    ///
    /// [`Error::Undecided`] where the arguments are so many and so long that a coprime base
    /// would take more than about a second.
    pub fn over_coprime_base(&self) -> Result<Vec<(Rational, BigUint)>, Error> {
        if self.logs.is_empty() {
            return Ok(Vec::new());
        }
        let base = CoprimeBase::of(self.logs.iter().map(|(argument, _)| &argument.0))?;
        let mut parts = Vec::new();
        for (argument, coefficient) in &self.logs {
            let exponents = base.exponents(&argument.0).into_iter();
            parts.extend(exponents.map(|(index, e)| (index, ratio::multiple(coefficient, e))));
        }
        let over_root = |(index, coefficient): (usize, Rational)| {
            let (root, exponent) = perfect_power(&base.elements()[index]);
            let exponent = i64::try_from(exponent).expect("below a length in bits");
            (ratio::multiple(&coefficient, exponent), root)
        };
        let coefficients = ratio::gathered_by(parts, usize::cmp).into_iter();
        let mut normal: Vec<_> = coefficients.map(over_root).collect();
        normal.sort_unstable_by(|left, right| left.1.cmp(&right.1));
        Ok(normal)
    }

    /// Whether the number is 0. This is a decision, not a test at some precision.
    ///
    /// # Errors
    ///
    /// As [`over_coprime_base`](Self::over_coprime_base).
    pub fn is_zero(&self) -> Result<bool, Error> {
        Ok(self.constant.is_zero() && self.is_rational()?)
    }

    /// Whether the number is rational; it is then r₀.
    ///
    /// # Errors
    ///
    /// As [`over_coprime_base`](Self::over_coprime_base).
    pub fn is_rational(&self) -> Result<bool, Error> {
        // One logarithm of an argument above 1 is not 0.
        Ok(self.logs.len() != 1 && self.over_coprime_base()?.is_empty())
    }

    /// Writes the terms as they stand, the constant first.
    pub(crate) fn write_to(&self, sum: &mut Sum<'_, '_>) -> fmt::Result {
        if !self.constant.is_zero() {
            sum.constant(&self.constant)?;
        }
        for (coefficient, argument) in self.logs() {
            sum.term(coefficient)?.factor(Ln(argument))?;
        }
        Ok(())
    }

    /// The same number as r₀ + r·ln T where T is not too long, otherwise as a sum. See the
    /// module's text for what is unique.
    ///
    /// # Errors
    ///
    /// As [`over_coprime_base`](Self::over_coprime_base).
    ///
    /// # Examples
    ///
    /// ```
    /// use exact_loss::exact::{Rational, log_form::LogForm};
    ///
    /// let rational = |n: i64, d: i64| Rational::new(n.into(), d.into());
    /// let zero = rational(0, 1);
    /// let left = LogForm::new(zero.clone(), [(rational(1, 2), rational(4, 9))])?;
    /// let right =
    ///     LogForm::new(zero, [(rational(1, 1), rational(2, 1)), (rational(-1, 1), rational(3, 1))])?;
    /// assert_eq!(left.canonical()?.to_string(), "-ln(3/2)");
    /// assert_eq!(right.canonical()?.to_string(), "-ln(3/2)");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn canonical(&self) -> Result<Self, Error> {
        if let [(Key(argument), coefficient)] = self.logs.as_slice() {
            let (root, exponent) = perfect_power_of_rational(argument);
            let exponent = i64::try_from(exponent).expect("below a length in bits");
            if is_short(root.numer().magnitude(), root.denom().magnitude()) {
                let logs = vec![(Key(root), ratio::multiple(coefficient, exponent))];
                return Ok(Self::sorted(self.constant.clone(), logs));
            }
        }
        let normal = self.over_coprime_base()?;
        let gathered = match gather(&normal) {
            Some(single) => vec![single],
            None => gather_by_coefficient(normal),
        };
        Self::new(self.constant.clone(), gathered)
    }
}

/// Writes the canonical form, or the form as it stands where its coprime base is out of reach.
impl fmt::Display for LogForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let canonical = self.canonical();
        let form = canonical.as_ref().unwrap_or(self);
        let mut sum = Sum::new(formatter);
        form.write_to(&mut sum)?;
        sum.end()
    }
}

/// (r, T) with Σ cⱼ·ln bⱼ = r·ln T, T > 1 not a perfect power, where T is not too long.
fn gather(normal: &[(Rational, BigUint)]) -> Option<(Rational, Rational)> {
    let coefficients = || normal.iter().map(|(coefficient, _)| coefficient);
    let common = CommonDenominator::of(coefficients());
    let whole = common.numerators(coefficients());
    let (first, rest) = whole.split_first()?;
    let mut shared = first.magnitude().clone();
    for k in rest {
        shared = gcd_of_small_quotients(&shared, k.magnitude())?;
    }
    let shared = BigInt::from(shared);
    let exponents: Vec<BigInt> = if shared.is_one() {
        whole
    } else {
        whole.iter().map(|k| k / &shared).collect()
    };
    let product = product_within(exponents.iter().zip(normal.iter().map(|(_, b)| b)))?;
    let coefficient = common.quotient(shared);
    Some(if product.numer() > product.denom() {
        (coefficient, product)
    } else {
        (-coefficient, product.recip())
    })
}

/// The greatest common divisor of two numbers above 0, where it is about as long as they are: a power above
/// [`LONGEST_ARGUMENT`] would make the product too long.
fn gcd_of_small_quotients(left: &BigUint, right: &BigUint) -> Option<BigUint> {
    let longest_quotient = u64::from(LONGEST_ARGUMENT.ilog2()) + 1;
    let least = left
        .bits()
        .max(right.bits())
        .saturating_sub(longest_quotient);
    let (mut long, mut short) = if left < right {
        (Cow::Borrowed(right), Cow::Borrowed(left))
    } else {
        (Cow::Borrowed(left), Cow::Borrowed(right))
    };
    // Each remainder that is not 0 is a multiple of the divisor.
    while short.bits() >= least {
        let rest = &*long % &*short;
        if rest.is_zero() {
            return Some(short.into_owned());
        }
        (long, short) = (short, Cow::Owned(rest));
    }
    None
}

/// Whether a fraction is not too long for an argument.
fn is_short(numerator: &BigUint, denominator: &BigUint) -> bool {
    numerator.bits() + denominator.bits() <= LONGEST_ARGUMENT
}

/// Π b^k of a coprime base, where it is not too long.
fn product_within<'a>(
    powers: impl Iterator<Item = (&'a BigInt, &'a BigUint)> + Clone,
) -> Option<Rational> {
    let mut longest = 0_u64;
    for (exponent, element) in powers.clone() {
        let times = exponent.magnitude().to_u64()?;
        // b^k has at least k·(bits − 1) + 1 bits: a cheap way out before any power is taken.
        longest = longest.checked_add(times.checked_mul(element.bits() - 1)?)?;
        if longest > LONGEST_ARGUMENT {
            return None;
        }
    }
    let (mut numerator, mut denominator) = (BigUint::one(), BigUint::one());
    for (exponent, element) in powers {
        let power = element.pow(exponent.magnitude().to_u32()?);
        if exponent.is_positive() {
            numerator *= power;
        } else {
            denominator *= power;
        }
    }
    is_short(&numerator, &denominator).then(|| ratio::of_coprime(numerator, denominator))
}

/// Elements whose coefficients agree up to sign under one logarithm, where that is not too long.
fn gather_by_coefficient(normal: Vec<(Rational, BigUint)>) -> Vec<(Rational, Rational)> {
    let part = |(coefficient, element): (Rational, BigUint)| {
        let sign = coefficient.numer().signum();
        (Key(coefficient.abs()), sign, element)
    };
    let mut parts: Vec<(Key, BigInt, BigUint)> = normal.into_iter().map(part).collect();
    parts.sort_by(|left, right| left.0.cmp(&right.0));
    let mut gathered = Vec::with_capacity(parts.len());
    for group in parts.chunk_by(|left, right| left.0 == right.0) {
        let magnitude = &group[0].0.0;
        match product_within(group.iter().map(|(_, sign, element)| (sign, element))) {
            Some(product) => gathered.push((magnitude.clone(), product)),
            None => gathered.extend(group.iter().map(|(_, sign, element)| {
                (
                    ratio::multiply(magnitude, &Rational::from_integer(sign.clone())),
                    Rational::from_integer(element.clone().into()),
                )
            })),
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rational(n: i64, d: i64) -> Rational {
        Rational::new(n.into(), d.into())
    }

    #[test]
    fn one_logarithm_has_the_canonical_form_of_the_same_number_as_a_sum() {
        let arguments = [
            rational(3, 2),
            rational(9, 4),
            rational(64, 1),
            rational(4, 27),
            rational(1 << 40, 3 << 20),
        ];
        let form = |terms| LogForm::new(rational(1, 3), terms).expect("arguments above 0");
        for argument in &arguments {
            for factor in &arguments {
                for coefficient in [rational(1, 1), rational(-6, 35)] {
                    let both = [argument, factor].map(|s| (coefficient.clone(), s.clone()));
                    let one = [(coefficient, argument * factor)];
                    let [both, one] = [both.to_vec(), one.to_vec()].map(form);
                    assert_eq!(one.to_string(), both.to_string());
                }
            }
        }
    }

    #[test]
    fn a_divisor_is_found_where_the_quotients_are_powers_that_may_be_written() {
        let divisor = BigUint::from(7_u32).pow(200);
        let multiple = |factor: u64| &divisor * factor;
        for (left, right) in [(1, 1), (1, 512), (512, 511), (6, 35), (12, 18)] {
            let shared = num_integer::gcd(left, right);
            let found = gcd_of_small_quotients(&multiple(left), &multiple(right));
            assert_eq!(found, Some(multiple(shared)));
        }
        assert_eq!(
            gcd_of_small_quotients(&multiple(1), &multiple(1 << 40)),
            None
        );
        let coprime = BigUint::from(2_u32).pow(562);
        assert_eq!(gcd_of_small_quotients(&divisor, &coprime), None);
    }
}
