//! What is proved irrational, what is proved rational, and what is left open: one case for each
//! theorem that `Real` relies on.

use exact_loss::exact::{ExpSum, Real};

use super::{exponentials, ln, power_of_two, rational, whole};

fn root(number: i64) -> Real {
    Real::power(&whole(number), &rational(1, 2)).unwrap()
}

fn sum_of(values: &[Real]) -> Real {
    Real::sum(values.iter().cloned()).unwrap()
}

#[test]
fn hermite_and_lindemann_logarithms_of_rationals() {
    assert_eq!(ln(3, 2).is_irrational(), Some(true));
    assert_eq!(
        sum_of(&[ln(3, 2), Real::from(rational(1, 7))]).is_irrational(),
        Some(true)
    );
    assert_eq!(ln(3, 1).pow(&whole(2)).unwrap().is_irrational(), Some(true));
    assert_eq!(Real::exp(&rational(1, 3)).is_irrational(), Some(true));
}

#[test]
fn logarithms_over_ln_2_are_rational_where_all_but_powers_of_2_cancel() {
    for k in -3_i32..4 {
        for (a, b) in [(6, 5), (5, 12), (7, 8), (40, 9)] {
            // c·(ln a/b + ln b/a·2^k)/ln 2 = c·k.
            let c = rational(3, 7);
            let shifted = Real::ln(&(rational(b, a) * power_of_two(k))).unwrap();
            let sum = |other: &Real| sum_of(&[ln(a, b), other.clone()]).scale(&c).in_bits();
            let value = sum(&shifted);
            assert_eq!(
                value.as_rational(),
                Some(&c * whole(k.into())),
                "{a}/{b} {k}"
            );
            let with_three = value.add(&ln(3, 1).in_bits()).unwrap();
            assert_eq!(with_three.is_irrational(), Some(true), "{a}/{b} {k}");
            let with_constant = sum(&shifted.add(&Real::one()).unwrap());
            assert_eq!(with_constant.is_irrational(), Some(true), "{a}/{b} {k}");
        }
    }
}

#[test]
fn baker_logarithms_with_radical_coefficients() {
    let value = sum_of(&[
        root(2).mul(&ln(3, 1)).unwrap(),
        root(3).mul(&ln(2, 3)).unwrap(),
    ]);
    assert_eq!(value.is_irrational(), Some(true));
    // √8·ln 3 − √2·ln 9 = 0.
    let zero = root(8)
        .mul(&ln(3, 1))
        .unwrap()
        .sub(&root(2).mul(&ln(9, 1)).unwrap())
        .unwrap();
    assert_eq!(zero, Real::zero());
    // √12·ln 3 − √3·ln 9 = 0, by merging radicals that are no powers of one base.
    let root_of_3 = root(3).mul(&ln(9, 1)).unwrap();
    let zero = root(12).mul(&ln(3, 1)).unwrap().sub(&root_of_3).unwrap();
    assert_eq!(zero, Real::zero());
    assert_eq!(zero.to_string(), "0");
}

#[test]
fn gelfond_and_schneider_logarithms_to_base_two() {
    assert_eq!(ln(3, 1).in_bits().is_irrational(), Some(true));
    assert_eq!(ln(32, 1).in_bits().is_irrational(), Some(false));
    let value = ln(3, 1).in_bits().add(&Real::from(rational(1, 2))).unwrap();
    assert_eq!(value.is_irrational(), Some(true));
}

#[test]
fn lindemann_and_weierstrass_exponentials_and_softmax() {
    let sum = exponentials(&[whole(2), whole(1), rational(1, 2)]);
    let component = Real::ratio(&exponentials(&[whole(1)]), &sum).unwrap();
    assert_eq!(component.is_irrational(), Some(true));
    let gradient = component.sub(&Real::one()).unwrap();
    assert_eq!(gradient.is_irrational(), Some(true));
    let equal = exponentials(&[whole(3), whole(3), whole(3)]);
    let component = Real::ratio(&exponentials(&[whole(3)]), &equal).unwrap();
    assert_eq!(component.as_rational(), Some(rational(1, 3)));
    // p·(1 − p) for p = e/(e + 1), plus its own negative written another way.
    let sum = exponentials(&[whole(1), whole(0)]);
    let p = Real::ratio(&exponentials(&[whole(1)]), &sum).unwrap();
    let left = p.mul(&Real::one().sub(&p).unwrap()).unwrap();
    let square = sum.mul(&sum).unwrap();
    assert_eq!(
        left,
        Real::ratio(&exponentials(&[whole(1)]), &square).unwrap()
    );
}

#[test]
fn logarithms_of_sums_cross_entropy_of_logits() {
    let first = exponentials(&[whole(0), whole(1), whole(3)]).ln().unwrap();
    let second = exponentials(&[whole(0), whole(2)]).ln().unwrap();
    assert_eq!(first.is_irrational(), Some(true));
    assert_eq!(first.sub(&second).unwrap().is_irrational(), Some(true));
    assert_eq!(first.in_bits().is_irrational(), Some(true));
    let mixed = sum_of(&[first.clone(), ln(5, 3), Real::from(rational(1, 7))]);
    assert_eq!(mixed.in_bits().is_irrational(), Some(true));
    // ln((1 + e)²) = 2·ln(1 + e), whose product has to be expanded.
    let sum = exponentials(&[whole(0), whole(1)]);
    let square = sum.mul(&sum).unwrap().ln().unwrap();
    let double = sum.ln().unwrap().scale(&whole(2));
    assert_eq!(square, double);
    assert_eq!(square.sub(&double).unwrap().to_string(), "0");
}

#[test]
fn powers_of_sums() {
    let sum = exponentials(&[whole(0), whole(1)]);
    let root = Real::from(sum.clone()).pow(&rational(1, 2)).unwrap();
    assert_eq!(root.is_irrational(), Some(true));
    assert_eq!(root.mul(&root).unwrap(), Real::from(sum));
}

#[test]
fn radicals_are_decided() {
    assert_eq!(root(2).is_irrational(), Some(true));
    assert_eq!(root(2).mul(&root(3)).unwrap(), root(6));
    assert_eq!(root(6).mul(&root(10)).unwrap(), root(15).scale(&whole(2)));
    assert_eq!(root(2).mul(&root(8)).unwrap().as_rational(), Some(whole(4)));
    let value = sum_of(&[root(2), root(3), root(5).neg()]);
    assert_eq!(value.is_irrational(), Some(true));
    // √2·√3·√6 = 6, which no two of the radicals show.
    let product = root(2).mul(&root(3)).unwrap().mul(&root(6)).unwrap();
    assert_eq!(
        product.add(&Real::one()).unwrap().as_rational(),
        Some(whole(7))
    );
    let sixth = Real::power(&rational(4, 9), &rational(1, 6)).unwrap();
    assert_eq!(
        sixth,
        Real::power(&rational(2, 3), &rational(1, 3)).unwrap()
    );
}

#[test]
fn a_focal_loss_of_logits_is_open() {
    let sum = exponentials(&[whole(0), whole(1)]);
    let p = Real::ratio(&exponentials(&[whole(1)]), &sum).unwrap();
    let loss = p.mul(&sum.ln().unwrap()).unwrap();
    assert_eq!(loss.is_irrational(), None);
    assert_eq!(loss.as_rational(), None);
    assert_eq!(
        loss.to_string(),
        "1/(1 + exp(-1)) + ln(1 + exp(-1))/(1 + exp(-1))"
    );
    assert_eq!(loss, loss.clone());
}

#[test]
fn a_radical_times_the_logarithm_of_a_sum_is_open() {
    let ln_of_sum = exponentials(&[whole(0), whole(1)]).ln().unwrap();
    assert_eq!(root(2).mul(&ln_of_sum).unwrap().is_irrational(), None);
}

#[test]
fn undefined_operations_are_errors() {
    assert!(Real::ln(&whole(-1)).is_err());
    assert!(ExpSum::new([(whole(-1), whole(0))]).ln().is_err());
    assert!(Real::ratio(&ExpSum::one(), &ExpSum::zero()).is_err());
    assert!(Real::power(&whole(-4), &rational(1, 2)).is_err());
    assert!(Real::power(&whole(0), &whole(-1)).is_err());
    assert!(Real::zero().pow(&whole(-1)).is_err());
    assert!(ln(1, 2).pow(&rational(1, 2)).is_err());
    assert!(Real::infinity().enclose(10).is_err());
    assert_eq!(ExpSum::zero().ln().unwrap(), Real::negative_infinity());
    assert_eq!(Real::power(&whole(0), &whole(0)).unwrap(), Real::one());
}

#[test]
fn sums_of_both_signs_have_a_sign_and_a_logarithm() {
    // 3·e^(−1/10) − 1 > 0, though its largest exponential is negative.
    let sum = ExpSum::new([(whole(-1), whole(0)), (whole(3), rational(-1, 10))]);
    assert_eq!(sum.sign().unwrap(), core::cmp::Ordering::Greater);
    let ln = sum.ln().unwrap();
    assert_eq!(ln.to_string(), "ln(-1 + 3·exp(-1/10))");
    assert_eq!(ln.is_irrational(), Some(true));
    let float = ln.round::<f64>().unwrap().decided().unwrap();
    assert!((float - (3.0 * (-0.1_f64).exp() - 1.0).ln()).abs() < 1e-14);
    assert!(sum.neg().ln().is_err());
}
