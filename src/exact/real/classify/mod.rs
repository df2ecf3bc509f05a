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
//! Coefficients may hold radicals. Real radicals of which no two have a rational quotient are
//! linearly independent over ℚ (Besicovitch 1940, Mordell 1953, Siegel 1972), so a coefficient
//! is 0 exactly when it vanishes after radicals with rational quotients have been merged.

mod expansion;
mod product;

use core::cmp::Ordering;

use num_traits::{One, Signed, Zero};

use super::evaluate::enclose_form;
use super::form::Form;
use super::monomial::{Generator, Monomial};
use crate::exact::Rational;
use crate::exact::ratio::{self, Key};
use expansion::{Expansion, Symbol};
use product::{Constancy, constant_product, one_product};

/// The terms that an expansion may have.
const MOST_EXPANDED: usize = 1 << 14;

/// Sums and logarithms are expanded up to this power.
pub(super) const HIGHEST_EXPANDED: u32 = 64;

/// The precision of the one enclosure that is tried before a proof by expansion.
const FIRST_BITS: u32 = 128;

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

/// What can be proved about the value.
pub(super) fn classify(form: &Form) -> Class {
    if let Some(constant) = form.as_constant() {
        return Class::Rational(constant);
    }
    if has_logarithmic_part(form) {
        return Class::Irrational;
    }
    match one_product(form) {
        Class::Open => by_expansion(form),
        class => class,
    }
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
    let mut logs = Vec::new();
    let (mut with_radicals, mut with_sums) = (false, false);
    for (monomial, coefficient) in form.terms() {
        if !monomial.exponent.0.is_zero() {
            return false;
        }
        let (radicals, rest) = monomial.split_radicals();
        match rest.factors.as_slice() {
            [] => continue,
            [(Generator::Ln(_), power)] if ratio::is_one(&power.0) => {}
            [(Generator::LnSum(_), power)] if ratio::is_one(&power.0) => with_sums = true,
            _ => return false,
        }
        with_radicals |= !radicals.is_empty();
        logs.push((monomial.clone(), coefficient.clone()));
    }
    if logs.is_empty() || (with_radicals && with_sums) {
        return false;
    }
    let logs = Form::gather(logs);
    match logs.plain_sign() {
        Some(sign) => sign != Ordering::Equal,
        None => enclose_form(&logs, FIRST_BITS)
            .is_ok_and(|logs| logs.sign().is_some_and(|sign| sign != Ordering::Equal)),
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
    match constant_product(&Rational::zero(), &sums) {
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
            coefficient = coefficient * factor * further;
            product = next;
        }
        (product, coefficient)
    });
    Form::gather(terms.filter(|(_, c)| !c.is_zero()).collect())
}
