//! A value as a quotient N/D of polynomials in symbols, and when the symbols are linearly
//! independent. The theorems are stated in the parent module.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, ToPrimitive, Zero};

use super::product::{Radicals, product_of_radicals};
use super::{HIGHEST_EXPANDED, MOST_EXPANDED};
use crate::exact::Rational;
use crate::exact::log_form::CoprimeBase;
use crate::exact::ratio::{self, Key};
use crate::exact::real::form::Form;
use crate::exact::real::monomial::{Generator, Monomial};

/// The radicals that one coefficient may hold for all pairs of them to be compared.
const MOST_RADICALS: usize = 16;

/// What a coefficient multiplies in an expanded polynomial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Symbol {
    pub(super) exponent: Key,
    /// Index into the coprime base, and power.
    logs: BTreeMap<usize, u32>,
    /// What cannot be expanded.
    pub(super) opaque: Vec<(Generator, Key)>,
}

impl Symbol {
    pub(super) fn degree(&self) -> u32 {
        self.logs.values().sum()
    }
}

pub(super) type RadicalProduct = Vec<(Key, Key)>;
/// Σ coefficient · radicals, no two of the products with a rational quotient.
pub(super) type Coefficient = Vec<(RadicalProduct, Rational)>;
pub(super) type Polynomial = BTreeMap<Symbol, Coefficient>;

pub(super) struct Expansion {
    pub(super) numerator: Polynomial,
    pub(super) denominator: Polynomial,
    /// Whether all radicals could be compared.
    pub(super) complete: bool,
}

impl Expansion {
    pub(super) fn of(form: &Form) -> Option<Self> {
        let divisor = form.common_divisor();
        let product = form.times(&divisor);
        let arguments: BTreeSet<&Key> = (product.terms().iter())
            .map(|(monomial, _)| monomial)
            .chain([&divisor])
            .flat_map(|monomial| &monomial.factors)
            .filter_map(|(generator, _)| match generator {
                Generator::Ln(argument) => Some(argument),
                _ => None,
            })
            .collect();
        let base = CoprimeBase::of(arguments.into_iter().map(|argument| &argument.0)).ok()?;
        let (numerator, numerator_complete) = expand(product.terms(), &base)?;
        let (denominator, _) = expand(&[(divisor, Rational::one())], &base)?;
        Some(Self {
            numerator,
            denominator,
            complete: numerator_complete,
        })
    }

    /// ρ with N = ρ·D, where there is one.
    pub(super) fn quotient(&self) -> Option<Rational> {
        if self.numerator.is_empty() {
            return Some(Rational::zero());
        }
        let rational = |coefficient: &Coefficient| match coefficient.as_slice() {
            [(radicals, number)] if radicals.is_empty() => Some(number.clone()),
            _ => None,
        };
        if self.numerator.len() != self.denominator.len() {
            return None;
        }
        let mut quotient = None;
        for ((left, top), (right, bottom)) in self.numerator.iter().zip(&self.denominator) {
            let here = ratio::divide(&rational(top)?, &rational(bottom)?);
            if left != right || quotient.as_ref().is_some_and(|known| *known != here) {
                return None;
            }
            quotient = Some(here);
        }
        quotient
    }

    /// Whether all symbols of N and D together are linearly independent by one of the theorems.
    pub(super) fn is_independent(&self) -> bool {
        let symbols = || self.numerator.keys().chain(self.denominator.keys());
        if symbols().any(|symbol| !symbol.opaque.is_empty()) {
            return false;
        }
        if symbols().all(|symbol| symbol.logs.is_empty()) {
            return true;
        }
        if symbols().any(|symbol| !symbol.exponent.0.is_zero()) {
            return false;
        }
        let logs: BTreeSet<_> = symbols().flat_map(|symbol| symbol.logs.keys()).collect();
        logs.len() == 1 || symbols().all(|symbol| symbol.degree() <= 1)
    }
}

/// The polynomial, and whether all radicals could be compared.
fn expand(terms: &[(Monomial, Rational)], base: &CoprimeBase) -> Option<(Polynomial, bool)> {
    let mut gathered: BTreeMap<Symbol, BTreeMap<RadicalProduct, Rational>> = BTreeMap::new();
    let mut count = 0;
    for (monomial, coefficient) in terms {
        let (radicals, rest) = monomial.split_radicals();
        let expanded = expand_monomial(&rest, coefficient, base)?;
        count += expanded.len();
        if count > MOST_EXPANDED {
            return None;
        }
        for (symbol, coefficient) in expanded {
            let entry = gathered.entry(symbol).or_default();
            let number = entry.entry(radicals.clone()).or_insert_with(Rational::zero);
            *number = ratio::add(number, &coefficient);
        }
    }
    let mut complete = true;
    let mut polynomial = Polynomial::new();
    for (symbol, coefficient) in gathered {
        let merged = merge_radicals(coefficient, &mut complete);
        if !merged.is_empty() {
            polynomial.insert(symbol, merged);
        }
    }
    Some((polynomial, complete))
}

fn expand_monomial(
    monomial: &Monomial,
    coefficient: &Rational,
    base: &CoprimeBase,
) -> Option<Vec<(Symbol, Rational)>> {
    let mut opaque = Vec::new();
    let mut factors: Vec<(Vec<(Symbol, Rational)>, u32)> = Vec::new();
    let plain = |exponent: Key, logs| Symbol {
        exponent,
        logs,
        opaque: Vec::new(),
    };
    for (generator, power) in &monomial.factors {
        let whole = power
            .0
            .is_integer()
            .then(|| power.0.numer().to_u32())
            .flatten()
            .filter(|&power| power <= HIGHEST_EXPANDED);
        let expanded = match generator {
            Generator::Ln(argument) => {
                let exponents = base.exponents(&argument.0).into_iter();
                let log = |index| plain(Key::zero(), BTreeMap::from([(index, 1)]));
                exponents
                    .map(|(i, e)| (log(i), Rational::from_integer(e.into())))
                    .collect()
            }
            Generator::Sum(core) => (core.terms().iter())
                .map(|(c, a)| {
                    let symbol = plain(a.clone(), BTreeMap::new());
                    (symbol, Rational::from_integer(c.clone()))
                })
                .collect(),
            Generator::LnSum(_) | Generator::Radical(_) => Vec::new(),
        };
        match whole {
            Some(whole) if !expanded.is_empty() => factors.push((expanded, whole)),
            _ => opaque.push((generator.clone(), power.clone())),
        }
    }
    let start = Symbol {
        exponent: monomial.exponent.clone(),
        logs: BTreeMap::new(),
        opaque,
    };
    let mut product = vec![(start, coefficient.clone())];
    for (factor, power) in factors {
        for _ in 0..power {
            if product.len().checked_mul(factor.len())? > MOST_EXPANDED {
                return None;
            }
            product = multiply(&product, &factor);
        }
    }
    Some(product)
}

fn multiply(left: &[(Symbol, Rational)], right: &[(Symbol, Rational)]) -> Vec<(Symbol, Rational)> {
    let mut product: BTreeMap<Symbol, Rational> = BTreeMap::new();
    for (a, c) in left {
        for (b, d) in right {
            let mut symbol = a.clone();
            symbol.exponent = Key(ratio::add(&a.exponent.0, &b.exponent.0));
            for (index, power) in &b.logs {
                *symbol.logs.entry(*index).or_default() += power;
            }
            let number = product.entry(symbol).or_insert_with(Rational::zero);
            *number = ratio::add(number, &ratio::multiply(c, d));
        }
    }
    product.into_iter().collect()
}

/// Merges radicals whose quotient is rational, and drops what cancels.
fn merge_radicals(
    coefficient: BTreeMap<RadicalProduct, Rational>,
    complete: &mut bool,
) -> Coefficient {
    let mut merged: Coefficient = Vec::new();
    let compare_all = coefficient.len() <= MOST_RADICALS;
    *complete &= compare_all;
    'next: for (radicals, number) in coefficient {
        if compare_all {
            for (known, total) in &mut merged {
                let inverse = known
                    .iter()
                    .map(|(base, power)| (base.clone(), Key(-&power.0)));
                let quotient: RadicalProduct = radicals.iter().cloned().chain(inverse).collect();
                match product_of_radicals(&quotient) {
                    Radicals::Rational(factor) => {
                        *total = ratio::add(total, &ratio::multiply(&number, &factor));
                        continue 'next;
                    }
                    Radicals::Irrational => {}
                    Radicals::TooLong => *complete = false,
                }
            }
        }
        // A product that is itself rational stands without radicals.
        match product_of_radicals(&radicals) {
            Radicals::Rational(factor) => {
                merged.push((Vec::new(), ratio::multiply(&number, &factor)));
            }
            Radicals::Irrational => merged.push((radicals, number)),
            Radicals::TooLong => {
                *complete = false;
                merged.push((radicals, number));
            }
        }
    }
    merged.retain(|(_, number)| !number.is_zero());
    merged
}
