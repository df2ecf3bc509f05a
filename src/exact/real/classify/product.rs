//! Whether one product of powers of exponentials, exponential sums and radicals is rational.

use std::sync::Arc;

use num_traits::{One, Signed, ToPrimitive, Zero};

use super::{Class, MOST_EXPANDED};
use crate::exact::exp_sum::Core;
use crate::exact::log_form::exact_root_of_rational;
use crate::exact::ratio::{self, CommonDenominator, Key};
use crate::exact::real::form::Form;
use crate::exact::real::monomial::{Generator, whole_power};
use crate::exact::{ExpSum, Rational};

/// The bits up to which a product of powers is tested for a rational root.
const LONGEST_ROOT: u64 = 1 << 13;

/// Decides r₀ + c·M for one monomial M = e^a·Π E^r·radicals without logarithms.
///
/// Without sums, e^a is transcendental unless a = 0 (Lindemann), and a product of radicals is
/// rational exactly when its power to the common denominator is a perfect power. With sums,
/// M^k = e^(ka)·Π E^(kr)·q for whole numbers kr and rational q; M rational would make that
/// product constant, see [`constant_product`].
pub(super) fn one_product(form: &Form) -> Class {
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
pub(super) enum Constancy {
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
pub(super) fn constant_product(exponent: &Rational, sums: &[(&Arc<Core>, Rational)]) -> Constancy {
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
    let common = CommonDenominator::of(sums.iter().map(|(_, power)| power));
    let mut sides = [ExpSum::one(), ExpSum::one()];
    let mut lengths = [1_usize, 1];
    for (core, power) in sums {
        let count = common.numerator(power).abs().to_usize()?;
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

pub(super) enum Radicals {
    Rational(Rational),
    Irrational,
    TooLong,
}

/// Whether Π base^power is rational: its power to the common denominator d of the powers is
/// rational, and has a rational d-th root exactly then.
pub(super) fn product_of_radicals(radicals: &[(Key, Key)]) -> Radicals {
    let common = CommonDenominator::of(radicals.iter().map(|(_, power)| &power.0));
    let mut product = Rational::one();
    for (base, power) in radicals {
        match whole_power(&base.0, &common.numerator(&power.0)) {
            Some(factor) => product *= factor,
            None => return Radicals::TooLong,
        }
    }
    let Some(degree) = common
        .denominator()
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
