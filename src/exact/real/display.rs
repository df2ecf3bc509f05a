//! How a value is written. The grammar stands at [`Real`].

use core::fmt::{self, Display};
use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use super::classify::{Class, classify};
use super::form::{Form, Term, log_form};
use super::monomial::{Generator, Monomial};
use super::{Kind, Real};
use crate::exact::Rational;
use crate::exact::exp_sum::Core;
use crate::exact::expression::{Exp, Ln, Raised, Sum};
use crate::exact::log_form::LogForm;
use crate::exact::ratio::Key;
use crate::exact::rational::Written;

impl Display for Real {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NegativeInfinity => formatter.write_str("-inf"),
            Kind::Infinity => formatter.write_str("inf"),
            Kind::Finite(form) => write_form(form, formatter),
        }
    }
}

fn write_form(form: &Form, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(constant) = form.as_constant() {
        return Written(&constant).fmt(formatter);
    }
    if let Some(logs) = form.as_log_form() {
        return logs.fmt(formatter);
    }
    if let Some(logs) = form.as_log_form_in_bits() {
        return write_in_bits(&logs, formatter);
    }
    if let Class::Rational(number) = classify(form) {
        return Written(&number).fmt(formatter);
    }
    if let [(monomial, coefficient)] = form.terms()
        && let [(Generator::Sum(core), power)] = monomial.factors.as_slice()
        && coefficient.is_one()
        && power.0.is_one()
        && monomial.exponent.0.is_zero()
    {
        return Terms(core).fmt(formatter);
    }
    let texts = texts_of_sums(form.terms());
    let mut sum = Sum::new(formatter);
    let logs = log_form(form.terms());
    logs.canonical()
        .as_ref()
        .unwrap_or(&logs)
        .write_to(&mut sum)?;
    for (monomial, coefficient) in form
        .terms()
        .iter()
        .filter(|(monomial, _)| !monomial.is_log())
    {
        write_term(monomial, coefficient, &texts, &mut sum)?;
    }
    sum.end()
}

/// Writes the canonical form of a log form, each term divided by ln 2.
fn write_in_bits(logs: &LogForm, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let canonical = logs.canonical();
    let logs = canonical.as_ref().unwrap_or(logs);
    let two = Rational::from_integer(2.into());
    let mut sum = Sum::new(formatter);
    if let Some((whole, _)) = logs.logs().find(|(_, argument)| **argument == two) {
        sum.constant(whole)?;
    }
    for (coefficient, argument) in logs.logs().filter(|(_, argument)| **argument != two) {
        let mut term = sum.term(coefficient)?;
        term.factor(Ln(argument))?;
        term.divisor(Ln(&two))?;
    }
    if !logs.constant().is_zero() {
        sum.term(logs.constant())?.divisor(Ln(&two))?;
    }
    sum.end()
}

fn write_term(
    monomial: &Monomial,
    coefficient: &Rational,
    texts: &Texts<'_>,
    sum: &mut Sum<'_, '_>,
) -> fmt::Result {
    let mut term = sum.term(coefficient)?;
    let mut exponential = Some(&monomial.exponent.0).filter(|exponent| !exponent.is_zero());
    for (generator, power) in &monomial.factors {
        if !matches!(generator, Generator::Radical(_))
            && let Some(exponent) = exponential.take()
        {
            term.factor(Exp(exponent))?;
        }
        if power.0.is_positive() {
            term.factor(Raised(Named(generator, texts), &power.0))?;
        }
    }
    if let Some(exponent) = exponential {
        term.factor(Exp(exponent))?;
    }
    for (generator, power) in &monomial.factors {
        if power.0.is_negative() {
            term.divisor(Raised(Named(generator, texts), &power.0))?;
        }
    }
    term.end()
}

/// What the sums in a form are written as: the terms of a softmax are all divided by one.
type Texts<'a> = BTreeMap<&'a Core, String>;

fn texts_of_sums(terms: &[Term]) -> Texts<'_> {
    let mut texts = Texts::new();
    for (generator, _) in terms.iter().flat_map(|(monomial, _)| &monomial.factors) {
        if let Generator::Sum(core) | Generator::LnSum(core) = generator {
            texts.entry(core).or_insert_with(|| Terms(core).to_string());
        }
    }
    texts
}

/// The generator as an atom, see the grammar.
struct Named<'a>(&'a Generator, &'a Texts<'a>);

impl Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(generator, texts) = self;
        let text = |core: &Core| texts.get(core).map_or("", String::as_str);
        match generator {
            Generator::Radical(Key(base)) if base.is_integer() => Written(base).fmt(formatter),
            Generator::Radical(Key(base)) => write!(formatter, "({})", Written(base)),
            Generator::Ln(Key(argument)) => Ln(argument).fmt(formatter),
            Generator::Sum(core) => write!(formatter, "({})", text(core)),
            Generator::LnSum(core) => write!(formatter, "ln({})", text(core)),
        }
    }
}

/// The terms of a core, largest first.
struct Terms<'a>(&'a Core);

impl Display for Terms<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sum = Sum::new(formatter);
        for (coefficient, Key(exponent)) in self.0.terms() {
            let coefficient = Rational::from_integer(coefficient.clone());
            let mut term = sum.term(&coefficient)?;
            if !exponent.is_zero() {
                term.factor(Exp(exponent))?;
            }
            term.end()?;
        }
        sum.end()
    }
}
