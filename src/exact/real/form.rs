//! Finite values: linear combinations of monomials, and their ring operations. How a form comes to know
//! its terms is in `origin`; infinities, questions of sign and everything numerical live in the other
//! sibling modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::{One, Signed, ToPrimitive, Zero};

use super::classify::HIGHEST_EXPANDED;
use super::monomial::{Generator, Monomial};
pub(crate) use super::origin::Form;
use super::origin::Origin;
use crate::Error;
use crate::exact::exp_sum::{Core, MOST_TERMS, too_many_terms};
use crate::exact::log_form::LogForm;
use crate::exact::ratio::{self, Key};
use crate::exact::{ExpSum, Rational};

/// Monomial and coefficient.
pub(super) type Term = (Monomial, Rational);

impl Form {
    pub(super) fn zero() -> Self {
        Self::of(Vec::new())
    }

    pub(super) fn constant(constant: Rational) -> Self {
        Self::term(constant, Monomial::one())
    }

    pub(super) fn term(coefficient: Rational, monomial: Monomial) -> Self {
        if coefficient.is_zero() {
            return Self::zero();
        }
        Self::of(vec![(monomial, coefficient)])
    }

    /// Gathers equal monomials: each coefficient is summed once, on a common denominator.
    pub(super) fn gather(terms: Vec<Term>) -> Self {
        let gathered = ratio::gathered_by(terms, Monomial::cmp);
        collapse(Self::of(gathered))
    }

    /// The count of terms, those of exponential sums included.
    pub(super) fn size(&self) -> usize {
        let of_generator = |(generator, _): &(Generator, Key)| match generator {
            Generator::Sum(core) | Generator::LnSum(core) => core.terms().len(),
            _ => 1,
        };
        let of_term =
            |(monomial, _): &Term| 1 + monomial.factors.iter().map(of_generator).sum::<usize>();
        self.terms().iter().map(of_term).sum()
    }

    /// The bits of the longest coefficient.
    pub(super) fn longest_coefficient(&self) -> u64 {
        self.terms()
            .iter()
            .map(|(_, coefficient)| ratio::bits(coefficient))
            .max()
            .unwrap_or(0)
    }

    /// The number where the form is written without generators.
    pub(super) fn as_constant(&self) -> Option<Rational> {
        match self.terms() {
            [] => Some(Rational::zero()),
            [(monomial, coefficient)] if monomial.is_one() => Some(coefficient.clone()),
            _ => None,
        }
    }

    /// The constant term and the rest.
    pub(super) fn split_constant(&self) -> (Rational, Self) {
        // Monomial::one() is not the first in order: exponents may be negative.
        let at = self
            .terms()
            .iter()
            .position(|(monomial, _)| monomial.is_one());
        match at {
            None => (Rational::zero(), self.clone()),
            Some(at) => {
                let mut rest = self.terms().to_vec();
                let (_, constant) = rest.remove(at);
                (constant, Self::of(rest))
            }
        }
    }

    pub(super) fn neg(&self) -> Self {
        self.scale(&-Rational::one())
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        match (self.known_constant(), other.known_constant()) {
            (Some(left), Some(right)) => Self::constant(ratio::add(left, right)),
            (Some(zero), None) if zero.is_zero() => other.clone(),
            (None, Some(zero)) if zero.is_zero() => self.clone(),
            _ => Self::later(Origin::Sum(vec![self.clone(), other.clone()])),
        }
    }

    pub(super) fn scale(&self, factor: &Rational) -> Self {
        if factor.is_zero() {
            return Self::zero();
        }
        if ratio::is_one(factor) {
            return self.clone();
        }
        match self.known_constant() {
            Some(constant) => Self::constant(ratio::multiply(constant, factor)),
            None => Self::later(Origin::Multiple(self.clone(), factor.clone())),
        }
    }

    pub(super) fn multiply(&self, other: &Self) -> Result<Self, Error> {
        if let Some(factor) = other.known_constant() {
            return Ok(self.scale(factor));
        }
        if let Some(factor) = self.known_constant() {
            return Ok(other.scale(factor));
        }
        let most = |left: usize, right: usize| left.saturating_mul(right);
        if most(self.most_terms(), other.most_terms()) > MOST_TERMS
            && most(self.terms().len(), other.terms().len()) > MOST_TERMS
        {
            return Err(too_many_terms());
        }
        Ok(Self::later(Origin::Product(self.clone(), other.clone())))
    }

    /// The form times one monomial.
    pub(super) fn times(&self, factor: &Monomial) -> Self {
        let products = self.terms().iter().map(|(monomial, c)| {
            let (coefficient, product) = monomial.multiply(factor);
            (product, ratio::multiply(&coefficient, c))
        });
        Self::gather(products.collect())
    }

    /// r₀ + Σ rᵢ·ln sᵢ where that is all there is.
    pub(super) fn as_log_form(&self) -> Option<LogForm> {
        let are_logs = self.terms().iter().all(|(monomial, _)| monomial.is_log());
        are_logs.then(|| log_form(self.terms()))
    }

    /// The log form that divided by ln 2 gives this one, where there is one and this is none.
    pub(super) fn as_log_form_in_bits(&self) -> Option<LogForm> {
        let two = ln_two();
        let in_bits = |(monomial, _): &Term| monomial.factors.iter().any(|f| is_over(f, &two));
        let of_sum = |(monomial, _): &Term| {
            let mut factors = monomial.factors.iter();
            factors.any(|(g, _)| matches!(g, Generator::Sum(_) | Generator::LnSum(_)))
        };
        if !self.terms().iter().any(in_bits) || self.terms().iter().any(of_sum) {
            return None;
        }
        self.times(&Monomial::generator(two)).as_log_form()
    }

    /// Σ c·e^a·E^n over one monomial, as coefficient and monomial: all terms are exponentials
    /// times powers of the sums by which some term is divided, and whole powers apart.
    pub(super) fn as_quotient(&self) -> Option<Term> {
        let divisor = self.common_divisor();
        let mut numerator = Vec::new();
        for (monomial, coefficient) in self.times(&divisor).into_terms() {
            let mut product = ExpSum::single(coefficient, monomial.exponent.0);
            for (generator, power) in &monomial.factors {
                let Generator::Sum(core) = generator else {
                    return None;
                };
                let power = power
                    .0
                    .is_integer()
                    .then(|| power.0.numer().to_u32())
                    .flatten()
                    .filter(|&power| power <= HIGHEST_EXPANDED)?;
                for _ in 0..power {
                    product = product.mul(&ExpSum::from_core(core)).ok()?;
                }
            }
            numerator.extend(product.terms());
        }
        let (coefficient, monomial) = Monomial::sum(&ExpSum::new(numerator));
        let (further, divisor) = divisor.raise(&-Rational::one());
        let (more, quotient) = monomial.multiply(&divisor);
        Some((
            quotient,
            ratio::multiply(&ratio::multiply(&coefficient, &further), &more),
        ))
    }

    /// The monomial that clears all negative powers of sums and logarithms.
    pub(super) fn common_divisor(&self) -> Monomial {
        let mut least: BTreeMap<Generator, Rational> = BTreeMap::new();
        for (monomial, _) in self.terms() {
            for (generator, power) in &monomial.factors {
                if !matches!(generator, Generator::Radical(_)) && power.0.is_negative() {
                    let entry = least
                        .entry(generator.clone())
                        .or_insert_with(Rational::zero);
                    if ratio::compare(&power.0, entry) == core::cmp::Ordering::Less {
                        *entry = power.0.clone();
                    }
                }
            }
        }
        let factors = least
            .into_iter()
            .map(|(generator, power)| (generator, Key(-power)));
        Monomial {
            exponent: Key::zero(),
            factors: factors.collect(),
        }
    }

    /// The form divided by its largest exponential e^a, which is positive.
    pub(super) fn without_largest_exponential(&self) -> Self {
        let exponents = self
            .terms()
            .iter()
            .map(|(monomial, _)| &monomial.exponent.0);
        let Some(largest) = exponents.max_by(|left, right| ratio::compare(left, right)) else {
            return Self::zero();
        };
        if largest.is_zero() {
            self.clone()
        } else {
            self.times(&Monomial::exp(-largest))
        }
    }

    /// The sign where it shows without computing: all terms are of one sign, or there are none.
    pub(super) fn plain_sign(&self) -> Option<core::cmp::Ordering> {
        use core::cmp::Ordering::{Equal, Greater, Less};
        let Some((_, first)) = self.terms().first() else {
            return Some(Equal);
        };
        let negative = first.is_negative();
        let alike =
            |(monomial, c): &Term| c.is_negative() == negative && monomial.is_plainly_positive();
        let all = self.terms().iter().all(alike);
        all.then_some(if negative { Less } else { Greater })
    }
}

/// The sum of the terms of a form that are rationals or logarithms of them.
pub(super) fn log_form(terms: &[Term]) -> LogForm {
    let mut constant = Rational::zero();
    let mut logs = Vec::new();
    for (monomial, coefficient) in terms {
        match monomial.factors.as_slice() {
            _ if !monomial.is_log() => {}
            [(Generator::Ln(argument), _)] => logs.push((argument.clone(), coefficient.clone())),
            _ => constant = coefficient.clone(),
        }
    }
    LogForm::sorted(constant, logs)
}

/// Whether a factor of a monomial is 1 over the generator.
pub(super) fn is_over((own, power): &(Generator, Key), generator: &Generator) -> bool {
    own == generator && ratio::is_one(&-&power.0)
}

/// The generator ln 2.
pub(super) fn ln_two() -> Generator {
    Generator::Ln(Key(Rational::from_integer(2.into())))
}

/// Replaces Σ cⱼ·exp(aⱼ)·core^p·rest by c·exp(a)·core^(p+1)·rest where the exponentials are a
/// multiple of the core: the components of a softmax sum to 1.
fn collapse(form: Form) -> Form {
    if form.terms().len() < 2 || !form.terms().iter().any(is_divided) {
        return form;
    }
    let mut groups: BTreeMap<&[(Generator, Key)], Vec<&Term>> = BTreeMap::new();
    for term in form.terms() {
        groups.entry(&term.0.factors).or_default().push(term);
    }
    let mut changed = false;
    let mut terms = Vec::with_capacity(form.terms().len());
    for group in groups.into_values() {
        match collapsed(&group) {
            Some(term) => {
                changed = true;
                terms.push(term);
            }
            None => terms.extend(group.into_iter().cloned()),
        }
    }
    // Each change shortens the form, so this ends.
    if changed { Form::gather(terms) } else { form }
}

fn collapsed(group: &[&Term]) -> Option<Term> {
    let core = divisor(&group[0].0)?;
    if group.len() != core.terms().len() {
        return None;
    }
    // The coefficients would be those of the core, times one number.
    let (_, first) = group[0];
    let is_even = core.terms().iter().all(|(c, _)| *c == core.terms()[0].0);
    if is_even && group.iter().any(|(_, c)| !ratio::are_equal(c, first)) {
        return None;
    }
    let pairs = group
        .iter()
        .map(|(monomial, c)| (c.clone(), monomial.exponent.0.clone()));
    let sum = ExpSum::new(pairs);
    if sum.core() != Some(core) {
        return None;
    }
    let rest = Monomial {
        exponent: Key::zero(),
        factors: group[0].0.factors.clone(),
    };
    let (coefficient, monomial) = Monomial::sum(&sum);
    let (further, monomial) = monomial.multiply(&rest);
    Some((monomial, ratio::multiply(&coefficient, &further)))
}

/// Whether the term is divided by an exponential sum.
pub(super) fn is_divided((monomial, _): &Term) -> bool {
    divisor(monomial).is_some()
}

/// The first core that the monomial is divided by.
fn divisor(monomial: &Monomial) -> Option<&Arc<Core>> {
    monomial
        .factors
        .iter()
        .find_map(|(generator, power)| match generator {
            Generator::Sum(core) if power.0.is_negative() => Some(core),
            _ => None,
        })
}
