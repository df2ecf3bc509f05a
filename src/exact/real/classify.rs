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
//! | 1, ln b, and ln E of exponential sums, rational coefficients | see [`logarithms_of_sums`] |
//! | one product e^a·Π E^r of exponential sums | see [`constant_product`] |
//!
//! Coefficients may hold radicals. Real radicals of which no two have a rational quotient are
//! linearly independent over ℚ (Besicovitch 1940, Mordell 1953, Siegel 1972), so a coefficient
//! is 0 exactly when it vanishes after radicals with rational quotients have been merged.

use core::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::evaluate::enclose_form;
use super::form::Form;
use super::monomial::{Generator, Monomial, whole_power};
use crate::exact::exp_sum::Core;
use crate::exact::log_form::{base_of, exact_root_of_rational, exponents_of_rational};
use crate::exact::ratio::{self, Key};
use crate::exact::{ExpSum, Rational};

/// The terms that an expansion may have.
const MOST_EXPANDED: usize = 1 << 14;

/// Sums and logarithms are expanded up to this power.
pub(super) const HIGHEST_EXPANDED: u32 = 64;

/// The radicals that one coefficient may hold for all pairs of them to be compared.
const MOST_RADICALS: usize = 16;

/// The bits up to which a product of powers is tested for a rational root.
const LONGEST_ROOT: u64 = 1 << 13;

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

/// Decides r₀ + c·M for one monomial M = e^a·Π E^r·radicals without logarithms.
///
/// Without sums, e^a is transcendental unless a = 0 (Lindemann), and a product of radicals is
/// rational exactly when its power to the common denominator is a perfect power. With sums,
/// M^k = e^(ka)·Π E^(kr)·q for whole numbers kr and rational q; M rational would make that
/// product constant, see [`constant_product`].
fn one_product(form: &Form) -> Class {
    let (constant, rest) = form.split_constant();
    let [(monomial, coefficient)] = rest.terms() else {
        return Class::Open;
    };
    let (radicals, rest) = monomial.split_radicals();
    let mut sums = Vec::new();
    for (generator, power) in &rest.factors {
        match generator {
            Generator::Sum(core) => sums.push((core, power.0.clone())),
            _ => return Class::Open,
        }
    }
    if !sums.is_empty() {
        return match constant_product(&rest.exponent.0, &sums) {
            Constancy::NotConstant => Class::Irrational,
            _ => Class::Open,
        };
    }
    if !rest.exponent.0.is_zero() {
        return Class::Irrational;
    }
    match product_of_radicals(&radicals) {
        Radicals::Rational(product) => Class::Rational(constant + coefficient * product),
        Radicals::Irrational => Class::Irrational,
        Radicals::TooLong => Class::Open,
    }
}

/// Whether a product e^a·Π Eᵢ^rᵢ is the same as a constant in the ring of exponential sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Constancy {
    Constant,
    NotConstant,
    Open,
}

/// Whether e^a·Π Eᵢ^rᵢ, as a formal product of normalised cores, is constant.
///
/// Let kᵢ = K·rᵢ be whole numbers. If the *number* e^a·Π Eᵢ^rᵢ were algebraic, say β, then
/// e^(Ka)·Π_{k>0} Eᵢ^kᵢ − β^K·Π_{k<0} Eᵢ^−kᵢ = 0 would be a linear relation between
/// exponentials of rationals. By Lindemann and Weierstrass all its coefficients vanish, so the
/// formal product is the constant β^K. A product that is not constant is therefore a
/// transcendental number.
///
/// A formal product of cores is constant only if (1) a = 0, since every core's first exponent
/// is 0; (2) Σ rᵢ·tᵢ = 0 for their last exponents tᵢ; (3) in Σ rᵢ·ln(Eᵢ/cᵢ), with cᵢ the first
/// coefficients, the largest second exponent cancels. Then small products are expanded.
fn constant_product(exponent: &Rational, sums: &[(&Arc<Core>, Rational)]) -> Constancy {
    let last = |core: &Arc<Core>| {
        let (_, Key(exponent)) = &core.terms()[core.terms().len() - 1];
        exponent.clone()
    };
    let lasts: Vec<_> = sums
        .iter()
        .map(|(core, r)| ratio::multiply(&last(core), r))
        .collect();
    if !exponent.is_zero() || !ratio::sum(&lasts).is_zero() {
        return Constancy::NotConstant;
    }
    let second = |core: &Arc<Core>| core.terms()[1].1.clone();
    let Some(largest) = (sums.iter().map(|(core, _)| second(core)))
        .max_by(|left, right| ratio::compare(&left.0, &right.0))
    else {
        return Constancy::Constant;
    };
    let first_order = sums.iter().filter(|(core, _)| second(core) == largest);
    let first_order: Vec<Rational> = first_order
        .map(|(core, r)| Rational::new(core.terms()[1].0.clone(), core.terms()[0].0.clone()) * r)
        .collect();
    if !ratio::sum(&first_order).is_zero() {
        return Constancy::NotConstant;
    }
    match expanded_product(sums) {
        Some(true) => Constancy::Constant,
        Some(false) => Constancy::NotConstant,
        None => Constancy::Open,
    }
}

/// Compares both sides of Π_{r>0} E^kr = C·Π_{r<0} E^−kr term by term, where they are short.
fn expanded_product(sums: &[(&Arc<Core>, Rational)]) -> Option<bool> {
    let common = sums
        .iter()
        .fold(BigInt::one(), |lcm, (_, r)| lcm.lcm(r.denom()));
    let mut sides = [ExpSum::one(), ExpSum::one()];
    let mut lengths = [1_usize, 1];
    for (core, power) in sums {
        let count = (power.numer() * (&common / power.denom()))
            .abs()
            .to_usize()?;
        let side = usize::from(power.is_negative());
        for _ in 0..count {
            lengths[side] = lengths[side].checked_mul(core.terms().len())?;
            if lengths[side] > MOST_EXPANDED {
                return None;
            }
            sides[side] = sides[side].mul(&ExpSum::from_core(core)).ok()?;
        }
    }
    Some(sides[0].core() == sides[1].core())
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

/// What a coefficient multiplies in an expanded polynomial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    exponent: Key,
    /// Index into the coprime base, and power.
    logs: BTreeMap<usize, u32>,
    /// What cannot be expanded.
    opaque: Vec<(Generator, Key)>,
}

impl Symbol {
    fn degree(&self) -> u32 {
        self.logs.values().sum()
    }
}

type RadicalProduct = Vec<(Key, Key)>;
/// Σ coefficient · radicals, no two of the products with a rational quotient.
type Coefficient = Vec<(RadicalProduct, Rational)>;
type Polynomial = BTreeMap<Symbol, Coefficient>;

struct Expansion {
    numerator: Polynomial,
    denominator: Polynomial,
    /// Whether all radicals could be compared.
    complete: bool,
}

impl Expansion {
    fn of(form: &Form) -> Option<Self> {
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
        let base = base_of(arguments.into_iter().map(|argument| &argument.0), &[]).ok()?;
        let (numerator, numerator_complete) = expand(product.terms(), &base)?;
        let (denominator, _) = expand(&[(divisor, Rational::one())], &base)?;
        Some(Self {
            numerator,
            denominator,
            complete: numerator_complete,
        })
    }

    /// ρ with N = ρ·D, where there is one.
    fn quotient(&self) -> Option<Rational> {
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
            let here = rational(top)? / rational(bottom)?;
            if left != right || quotient.as_ref().is_some_and(|known| *known != here) {
                return None;
            }
            quotient = Some(here);
        }
        quotient
    }

    /// Whether all symbols of N and D together are linearly independent by one of the theorems.
    fn is_independent(&self) -> bool {
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
fn expand(
    terms: &[(Monomial, Rational)],
    base: &[num_bigint::BigUint],
) -> Option<(Polynomial, bool)> {
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
    base: &[num_bigint::BigUint],
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
                let exponents = exponents_of_rational(&argument.0, base).into_iter();
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
                        *total = &*total + number * factor;
                        continue 'next;
                    }
                    Radicals::Irrational => {}
                    Radicals::TooLong => *complete = false,
                }
            }
        }
        // A product that is itself rational stands without radicals.
        match product_of_radicals(&radicals) {
            Radicals::Rational(factor) => merged.push((Vec::new(), number * factor)),
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

enum Radicals {
    Rational(Rational),
    Irrational,
    TooLong,
}

/// Whether Π base^power is rational: its power to the common denominator d of the powers is
/// rational, and has a rational d-th root exactly then.
fn product_of_radicals(radicals: &[(Key, Key)]) -> Radicals {
    let common = radicals
        .iter()
        .fold(BigInt::one(), |lcm, (_, power)| lcm.lcm(power.0.denom()));
    let mut product = Rational::one();
    for (base, power) in radicals {
        let whole = power.0.numer() * (&common / power.0.denom());
        match whole_power(&base.0, &whole) {
            Some(factor) => product *= factor,
            None => return Radicals::TooLong,
        }
    }
    let Some(degree) = common
        .to_u32()
        .filter(|_| ratio::bits(&product) <= LONGEST_ROOT)
    else {
        return Radicals::TooLong;
    };
    match exact_root_of_rational(&product, degree) {
        Some(root) => Radicals::Rational(root),
        None => Radicals::Irrational,
    }
}
