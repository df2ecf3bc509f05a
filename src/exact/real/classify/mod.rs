//! Proofs that a value is rational, or that it is not. Every rule names its theorem; where none
//! applies, the question is left open and says so. How the answer is used, in equality, order
//! and rounding, lives in `decide`.
//!
//! A value X is brought to the form N/D, where D is a monomial and N a polynomial in symbols:
//! exponentials e^a, logarithms ln b of a coprime base, and what cannot be expanded. X = ρ for a
//! rational ρ where N = ρ·D coefficient by coefficient. That is a proof whatever the symbols
//! are. That X is no rational follows where the symbols that occur are linearly independent
//! over the algebraic numbers:
//!
//! | symbols | theorem |
//! |---|---|
//! | 1, e^a for distinct rational a | Lindemann, Weierstrass (1885) |
//! | 1, ln b₁, …, ln bₘ of a coprime base | Baker (1966); with rational coefficients Hermite, Lindemann (1882) |
//! | powers of one ln b | the same: ln b is transcendental, so a root of no polynomial |
//! | ln b/ln 2 for a coprime base with 2 | Baker again, after multiplying by ln 2; for one b Gelfond, Schneider (1934) |
//! | 1, ln b, and ln E of exponential sums, rational coefficients | see `logarithms_of_sums` |
//! | one product e^a·Π E^r of exponential sums | see `product` |
//!
//! Two short ways go before the expansion where it would be long: `residue` proves that a quotient of
//! exponential sums is not constant, and some forms are known to stay open.
//!
//! Coefficients may hold radicals. Real radicals of which no two have a rational quotient are
//! linearly independent over ℚ (Besicovitch 1940, Mordell 1953, Siegel 1972), so a coefficient
//! is 0 exactly when it vanishes after radicals with rational quotients have been merged.

mod expansion;
mod product;
mod residue;

use core::cmp::Ordering;

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::decide::FIRST_BITS;
use super::evaluate::enclose_form;
use super::form::{Form, Term, is_over, ln_two};
use super::monomial::{Generator, Monomial};
use crate::exact::exp_sum::Core;
use crate::exact::ratio::{self, Key};
use crate::exact::{Ball, Rational};
use expansion::{Expansion, Symbol};
use product::{Constancy, constant_product, one_product};
use residue::is_no_constant;

/// The terms that an expansion may have.
const MOST_EXPANDED: usize = 1 << 14;

/// Sums and logarithms are expanded up to this power.
pub(super) const HIGHEST_EXPANDED: u32 = 64;

/// What is proved about a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Class {
    /// It is this rational.
    Rational(Rational),
    /// It is not rational.
    Irrational,
    /// Neither is proved.
    Open,
}

/// What can be proved about the value. It is found out once.
pub(super) fn classify(form: &Form) -> Class {
    form.class().get_or_init(|| class_of(form)).clone()
}

fn class_of(form: &Form) -> Class {
    if let Some(constant) = form.as_constant() {
        return Class::Rational(constant);
    }
    if has_logarithmic_part(form) {
        return Class::Irrational;
    }
    if let Some(class) = logarithms_in_bits(form) {
        return class;
    }
    match one_product(form) {
        Class::Open if is_quotient_with_logarithm(form) => Class::Open,
        Class::Open if is_no_constant(form) => Class::Irrational,
        Class::Open => by_expansion(form),
        class => class,
    }
}

/// Whether [`by_expansion`] is sure to leave the form open: it is a polynomial in some ln E that is
/// not constant in it, and some term is divided by a power of an exponential sum.
///
/// Then N has a symbol with ln E, which D has not, so X is not seen to be rational, and its symbols
/// are not seen to be independent; and D is no rational and no logarithm. It is what a focal loss or
/// an entropy of logits looks like, and the expansion of a batch of them would be long.
fn is_quotient_with_logarithm(form: &Form) -> bool {
    let mut powers: BTreeMap<&Arc<Core>, Vec<&Rational>> = BTreeMap::new();
    let mut is_divided = false;
    for (monomial, _) in form.terms() {
        for (generator, power) in &monomial.factors {
            match generator {
                Generator::LnSum(core) => powers.entry(core).or_default().push(&power.0),
                Generator::Sum(_) => is_divided |= power.0.is_negative(),
                _ => {}
            }
        }
    }
    is_divided
        && powers.iter().any(|(core, powers)| {
            !powers.iter().any(|power| power.is_negative()) && depends_on_logarithm(form, core)
        })
}

/// Whether some X_k, k ≠ 0, is seen not to be 0 where the form is Σ X_k·(ln E)^k.
fn depends_on_logarithm(form: &Form, core: &Arc<Core>) -> bool {
    let mut parts: BTreeMap<&Key, Vec<Term>> = BTreeMap::new();
    for (monomial, coefficient) in form.terms() {
        let power = monomial.factors.iter().find_map(|(generator, power)| {
            matches!(generator, Generator::LnSum(own) if own == core).then_some(power)
        });
        if let Some(power) = power {
            let term = (monomial.clone(), coefficient.clone());
            parts.entry(power).or_default().push(term);
        }
    }
    parts.into_values().any(|part| {
        let part = Form::gather(part);
        match part.plain_sign() {
            Some(sign) => sign != Ordering::Equal,
            None => is_seen_not_to_be_zero(&part),
        }
    })
}

/// Whether the form is A + L, where L ≠ 0 is a sum of logarithms of one of the kinds below.
/// That L ≠ 0 is seen from an enclosure, which is much cheaper than a coprime base.
///
/// L = Σ Aⱼ·ln sⱼ with algebraic Aⱼ: written over a coprime base, some coefficient is not 0
/// because L is not. So A + L is transcendental, by Baker's theorem.
///
/// L = Σ rⱼ·ln gⱼ with rational rⱼ, each gⱼ a positive rational or exponential sum: by
/// [`logarithms_of_sums`] it is rational only where it is 0.
fn has_logarithmic_part(form: &Form) -> bool {
    let is_radical = |(generator, _): &(Generator, Key)| matches!(generator, Generator::Radical(_));
    let is_constant = |monomial: &Monomial| monomial.factors.iter().all(is_radical);
    let (mut with_radicals, mut with_sums) = (false, false);
    let mut constants = Vec::new();
    for (monomial, coefficient) in form.terms() {
        if !monomial.exponent.0.is_zero() {
            return false;
        }
        let mut rest = monomial.factors.iter().filter(|factor| !is_radical(factor));
        match (rest.next(), rest.next()) {
            (None, _) => {
                constants.push((monomial, coefficient));
                continue;
            }
            (Some((Generator::Ln(_), power)), None) if ratio::is_one(&power.0) => {}
            (Some((Generator::LnSum(_), power)), None) if ratio::is_one(&power.0) => {
                with_sums = true;
            }
            _ => return false,
        }
        with_radicals |= monomial.factors.iter().any(is_radical);
    }
    if constants.len() == form.terms().len() || (with_radicals && with_sums) {
        return false;
    }
    let apart;
    let logs = match constants.as_slice() {
        [] => form,
        [(monomial, constant)] if monomial.is_one() && is_apart_from(form, constant) => {
            return true;
        }
        _ => {
            let logs = form
                .terms()
                .iter()
                .filter(|(monomial, _)| !is_constant(monomial));
            apart = Form::of(logs.cloned().collect());
            &apart
        }
    };
    match logs.plain_sign() {
        Some(sign) => sign != Ordering::Equal,
        None => is_seen_not_to_be_zero(logs),
    }
}

/// Whether a ball around the value shows that it is not this number.
fn is_apart_from(form: &Form, number: &Rational) -> bool {
    let gap = || form.ball()?.sub(Ball::from_rational(number)?);
    gap().is_some_and(|gap| !gap.is_zero())
}

/// Whether the first enclosure shows that the value is not 0.
pub(super) fn is_seen_not_to_be_zero(form: &Form) -> bool {
    match form.ball() {
        Some(ball) => !ball.is_zero(),
        None => enclose_form(form, FIRST_BITS).is_ok_and(|value| !value.contains_zero()),
    }
}

/// X = N/D over expanded symbols, see the module's text.
fn by_expansion(form: &Form) -> Class {
    let Some(expansion) = Expansion::of(form) else {
        return Class::Open;
    };
    if let Some(rational) = expansion.quotient() {
        return Class::Rational(rational);
    }
    if expansion.complete && expansion.is_independent() {
        return Class::Irrational;
    }
    logarithms_of_sums(form, &expansion)
}

/// Decides X = (r₀ + Σ sⱼ·ln bⱼ + Σ rᵢ·ln Eᵢ)/D, where D is 1 or one ln b and all coefficients
/// are rational.
///
/// Suppose X = ρ is rational and let K clear all denominators. Exponentiating K·D·X gives
/// Π Eᵢ^kᵢ = C·e^m for a rational m and an algebraic power product C of the bⱼ (this uses that
/// D·ρ is again a rational or a rational multiple of a logarithm). By Lindemann and Weierstrass
/// the two sides agree formally, so the formal product Π Eᵢ^kᵢ is constant. Where it is not,
/// X is irrational. Where it is, Σ rᵢ·ln Eᵢ = Σ rᵢ·ln |cᵢ| for the first coefficients cᵢ, since
/// Π (Eᵢ/cᵢ)^kᵢ = 1; this leaves a form without sums.
fn logarithms_of_sums(form: &Form, expansion: &Expansion) -> Class {
    let mut sums = Vec::new();
    for (symbol, coefficient) in &expansion.numerator {
        let [(radicals, number)] = coefficient.as_slice() else {
            return Class::Open;
        };
        match (symbol.degree(), symbol.opaque.as_slice()) {
            (0 | 1, []) => {}
            (0, [(Generator::LnSum(core), power)]) if ratio::is_one(&power.0) => {
                sums.push((core, number.clone()));
            }
            _ => return Class::Open,
        }
        if !radicals.is_empty() || !symbol.exponent.0.is_zero() {
            return Class::Open;
        }
    }
    let simple = |symbol: &Symbol| {
        symbol.exponent.0.is_zero() && symbol.opaque.is_empty() && symbol.degree() <= 1
    };
    if sums.is_empty() || expansion.denominator.len() != 1 {
        return Class::Open;
    }
    if !expansion.denominator.keys().all(simple) {
        return Class::Open;
    }
    class_by_sums(form, &sums)
}

/// The class of L/ln 2, where L = r₀ + Σ rᵢ·ln gᵢ with rational rᵢ and each gᵢ a rational or an exponential
/// sum, as [`by_expansion`] finds it, but without a coprime base. `None` where that is left open here, and
/// for other forms.
///
/// L/ln 2 = ρ is L − ρ·ln 2 = 0, which has the same sums; see [`logarithms_of_sums`]. Without sums it
/// needs r₀ = 0 (Hermite and Lindemann), and then Π gᵢ^rᵢ = 2^ρ, so that ρ = Σ rᵢ·v₂(gᵢ): the valuations say what
/// the value would be.
fn logarithms_in_bits(form: &Form) -> Option<Class> {
    let two = ln_two();
    let mut sums = Vec::new();
    let mut exponents = Vec::new();
    let mut has_constant = false;
    for (monomial, coefficient) in form.terms() {
        let over_two = |factor: &(Generator, Key)| is_over(factor, &two);
        let is_in_bits = monomial.factors.iter().any(over_two);
        let mut rest = monomial.factors.iter().filter(|factor| !over_two(factor));
        match (rest.next(), rest.next()) {
            _ if !monomial.exponent.0.is_zero() => return None,
            (None, _) if is_in_bits => has_constant = true,
            (None, _) => exponents.push(coefficient.clone()),
            (Some((_, power)), None) if !is_in_bits || !ratio::is_one(&power.0) => return None,
            (Some((Generator::Ln(argument), _)), None) => {
                exponents.push(ratio::multiple(coefficient, valuation_of_two(&argument.0)));
            }
            (Some((Generator::LnSum(core), _)), None) => sums.push((core, coefficient.clone())),
            _ => return None,
        }
    }
    if !sums.is_empty() {
        return Some(class_by_sums(form, &sums));
    }
    if has_constant {
        return Some(Class::Irrational);
    }
    is_apart_from(form, &ratio::sum(exponents)).then_some(Class::Irrational)
}

/// How often 2 goes into a rational that is not 0.
fn valuation_of_two(number: &Rational) -> i64 {
    let zeros = |integer: &BigInt| {
        let zeros = integer.trailing_zeros().unwrap_or(0);
        i64::try_from(zeros).expect("a length in bits")
    };
    zeros(number.numer()) - zeros(number.denom())
}

/// What the constancy of Π E^r says of a form that is rational only where r₀ + Σ r·ln E and logarithms of
/// rationals vanish.
fn class_by_sums(form: &Form, sums: &[(&Arc<Core>, Rational)]) -> Class {
    match constant_product(&Rational::zero(), sums) {
        Constancy::NotConstant => Class::Irrational,
        Constancy::Constant => classify(&without_sums(form)),
        Constancy::Open => Class::Open,
    }
}

/// The form with ln |c| in the place of each ln E, where c is the first coefficient of E.
fn without_sums(form: &Form) -> Form {
    let terms = form.terms().iter().map(|(monomial, coefficient)| {
        let mut product = Monomial {
            exponent: monomial.exponent.clone(),
            factors: Vec::new(),
        };
        let mut coefficient = coefficient.clone();
        for (generator, power) in &monomial.factors {
            let (factor, replaced) = match generator {
                Generator::LnSum(core) => {
                    Monomial::ln(&Rational::from_integer(core.terms()[0].0.abs()))
                }
                _ => (
                    Rational::one(),
                    Monomial {
                        exponent: Key::zero(),
                        factors: vec![(generator.clone(), power.clone())],
                    },
                ),
            };
            let (further, next) = product.multiply(&replaced);
            coefficient = ratio::multiply(&ratio::multiply(&coefficient, &factor), &further);
            product = next;
        }
        (product, coefficient)
    });
    Form::gather(terms.filter(|(_, c)| !c.is_zero()).collect())
}
