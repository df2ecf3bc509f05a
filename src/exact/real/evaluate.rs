//! Balls around forms, and enclosures of them at a working precision. How the precision is chosen lives in `decide`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use num_traits::{ToPrimitive, Zero};

use super::decide::FIRST_BITS;
use super::form::Form;
use super::monomial::{Generator, Monomial};
use crate::Error;
use crate::exact::ratio::{self, Key};
use crate::exact::{Ball, Enclosure, Rational, elementary};

impl Form {
    /// A ball around the sum of the terms.
    pub(super) fn ball_around_terms(&self) -> Option<Ball> {
        let mut total = Ball::ZERO;
        for (monomial, coefficient) in self.terms() {
            let mut term = Ball::from_rational(coefficient)?;
            if !monomial.exponent.0.is_zero() {
                term = term.mul(Ball::from_rational(&monomial.exponent.0)?.exp()?)?;
            }
            for (generator, power) in &monomial.factors {
                term = term.mul(ball_around_factor(generator, &power.0)?)?;
            }
            total = total.add(term)?;
        }
        Some(total)
    }
}

fn ball_around_factor(generator: &Generator, power: &Rational) -> Option<Ball> {
    if let Generator::Sum(core) = generator
        && !power.is_integer()
    {
        // The logarithm is remembered.
        return core.ball_of_ln()?.mul(Ball::from_rational(power)?)?.exp();
    }
    let base = match generator {
        Generator::Radical(base) => Ball::from_rational(&base.0)?,
        Generator::Ln(argument) => Ball::ln_of_rational(&argument.0)?,
        Generator::Sum(core) => core.ball()?,
        Generator::LnSum(core) => core.ball_of_ln()?,
    };
    if ratio::is_one(power) {
        return Some(base);
    }
    match power.numer().to_i64().filter(|_| power.is_integer()) {
        Some(power) => base.powi(power),
        None => base.pow(Ball::from_rational(power)?),
    }
}

/// An enclosure of the form, each term computed at the working precision. Terms that cancel
/// leave it wide. That at the first precision is computed once.
///
/// # Errors
///
/// [`Error::Undecided`] for a precision that [`elementary`] does not go to.
pub(super) fn enclose_form(form: &Form, bits: u32) -> Result<Enclosure, Error> {
    if bits != FIRST_BITS {
        return compute(form, bits);
    }
    if let Some(known) = form.enclosed().get() {
        return Ok(known.clone());
    }
    let enclosure = compute(form, bits)?;
    Ok(form.enclosed().get_or_init(|| enclosure).clone())
}

fn compute(form: &Form, bits: u32) -> Result<Enclosure, Error> {
    let mut known: BTreeMap<(&Generator, &Key), Enclosure> = BTreeMap::new();
    let mut total = Enclosure::zero();
    for (monomial, coefficient) in form.terms() {
        let mut product = match &monomial.exponent.0 {
            exponent if exponent.is_zero() => None,
            _ => Some(exponential(monomial, bits)?),
        };
        for (generator, power) in &monomial.factors {
            let factor = match known.entry((generator, power)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(enclose(generator, power, bits)?),
            };
            product = Some(match product {
                None => factor.clone(),
                Some(product) => product.mul(factor, bits),
            });
        }
        let term = match product {
            None => Enclosure::from_rational(coefficient, bits),
            Some(product) if ratio::is_one(coefficient) => product,
            Some(product) => product.scale(coefficient, bits),
        };
        total = total.add(&term, bits.saturating_add(8));
    }
    Ok(total)
}

/// exp of the exponent of a monomial. An exponential sum among the factors remembers it.
fn exponential(monomial: &Monomial, bits: u32) -> Result<Enclosure, Error> {
    let core = monomial
        .factors
        .iter()
        .find_map(|(generator, _)| match generator {
            Generator::Sum(core) | Generator::LnSum(core) => Some(core),
            _ => None,
        });
    match core {
        Some(core) => core.enclose_exp(&monomial.exponent, bits),
        None => elementary::exp(&monomial.exponent.0, bits),
    }
}

fn enclose(generator: &Generator, power: &Key, bits: u32) -> Result<Enclosure, Error> {
    let base = match generator {
        Generator::Radical(base) => return elementary::power(&base.0, &power.0, bits),
        Generator::Ln(argument) => elementary::ln(&argument.0, bits)?,
        Generator::Sum(core) => {
            let make = || raise(core.enclose(bits)?, &power.0, bits);
            return core.enclose_power(power, bits, make);
        }
        Generator::LnSum(core) => core.enclose_ln(bits)?,
    };
    raise(base, &power.0, bits)
}

fn raise(base: Enclosure, power: &Rational, bits: u32) -> Result<Enclosure, Error> {
    if ratio::is_one(power) {
        return Ok(base);
    }
    match power.numer().to_i64().filter(|_| power.is_integer()) {
        Some(power) => Ok(base.powi(power, bits)),
        None => elementary::power_enclosure(&base, power, bits),
    }
}
