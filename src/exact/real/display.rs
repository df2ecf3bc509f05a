//! How a value is written. The grammar stands at [`Real`].

use core::fmt;

use num_traits::{Signed, Zero};

use super::classify::{Class, classify};
use super::form::{Form, log_form};
use super::monomial::{Generator, Monomial};
use super::{Kind, Real};
use crate::exact::Rational;
use crate::exact::exp_sum::Core;
use crate::exact::expression::{self, Term};
use crate::exact::log_form::{LogForm, log_terms};
use crate::exact::ratio::{self, Key};

impl fmt::Display for Real {
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
        return write!(formatter, "{constant}");
    }
    if let Some(logs) = form.as_log_form() {
        return fmt::Display::fmt(&logs, formatter);
    }
    if let Some(logs) = form.as_log_form_in_bits() {
        return expression::write_sum(formatter, &terms_in_bits(&logs));
    }
    if let Class::Rational(number) = classify(form) {
        return write!(formatter, "{number}");
    }
    if let [(monomial, coefficient)] = form.terms()
        && let [(Generator::Sum(core), power)] = monomial.factors.as_slice()
        && ratio::is_one(coefficient)
        && ratio::is_one(&power.0)
        && monomial.exponent.0.is_zero()
    {
        return formatter.write_str(&sum(core));
    }
    let logs = log_form(form.terms());
    let mut terms = log_terms(logs.canonical().as_ref().unwrap_or(&logs));
    let rest = form
        .terms()
        .iter()
        .filter(|(monomial, _)| !monomial.is_log());
    terms.extend(rest.map(|(monomial, coefficient)| term(monomial, coefficient.clone())));
    expression::write_sum(formatter, &terms)
}

/// The canonical form of a log form, each term divided by ln 2.
fn terms_in_bits(logs: &LogForm) -> Vec<Term> {
    let canonical = logs.canonical();
    let logs = canonical.as_ref().unwrap_or(logs);
    let two = Rational::from_integer(2.into());
    let divisors = || vec![expression::ln(&two)];
    let mut terms = Vec::new();
    for (coefficient, argument) in logs.logs() {
        let coefficient = coefficient.clone();
        if *argument == two {
            terms.insert(0, Term::constant(coefficient));
        } else {
            let factors = vec![expression::ln(argument)];
            terms.push(Term {
                coefficient,
                factors,
                divisors: divisors(),
            });
        }
    }
    if !logs.constant().is_zero() {
        let coefficient = logs.constant().clone();
        terms.push(Term {
            coefficient,
            factors: Vec::new(),
            divisors: divisors(),
        });
    }
    terms
}

fn term(monomial: &Monomial, coefficient: Rational) -> Term {
    let (mut factors, mut divisors) = (Vec::new(), Vec::new());
    let mut exponential = Some(&monomial.exponent.0).filter(|exponent| !exponent.is_zero());
    for (generator, power) in &monomial.factors {
        if !matches!(generator, Generator::Radical(_)) {
            factors.extend(exponential.take().map(expression::exp));
        }
        let name = match generator {
            Generator::Radical(Key(base)) if base.is_integer() => base.to_string(),
            Generator::Radical(Key(base)) => format!("({base})"),
            Generator::Ln(Key(argument)) => expression::ln(argument),
            Generator::Sum(core) => format!("({})", sum(core)),
            Generator::LnSum(core) => format!("ln({})", sum(core)),
        };
        let side = if power.0.is_negative() {
            &mut divisors
        } else {
            &mut factors
        };
        side.push(expression::raise(name, &power.0.abs()));
    }
    factors.extend(exponential.map(expression::exp));
    Term {
        coefficient,
        factors,
        divisors,
    }
}

/// The terms of a core, largest first.
fn sum(core: &Core) -> String {
    struct Sum(Vec<Term>);
    impl fmt::Display for Sum {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            expression::write_sum(formatter, &self.0)
        }
    }
    let terms = core.terms().iter().map(|(coefficient, exponent)| {
        term(
            &Monomial::exp(exponent.0.clone()),
            Rational::from_integer(coefficient.clone()),
        )
    });
    Sum(terms.collect()).to_string()
}
