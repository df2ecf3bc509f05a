//! The fast lanes: errors over their domains and at the ends of them.

use exact_loss::exact::Enclosure;
use exact_loss::exact::elementary::ln_1p_enclosure;
use exact_loss::kernel::lanes::Lanes;

use super::elementary::{exact_exp, exact_ln, exact_sigmoid, exact_softplus};
use super::inputs::numbers;
use super::{BITS, Scalar, check, enclosure, ulps};

const COUNT: usize = 3000;

fn exact_ln_complement<F: Scalar>(p: F) -> Enclosure {
    ln_1p_enclosure(&enclosure(p).neg(), BITS).expect("p < 1")
}

fn measure<F: Scalar>(
    name: &str,
    (low, high): (f64, f64),
    function: impl Fn(F) -> F,
    exact: impl Fn(F) -> Enclosure,
) {
    let inputs: Vec<F> = numbers(COUNT, low, high);
    check(
        name,
        inputs
            .into_iter()
            .map(|x| (x, ulps(function(x), &exact(x)))),
    );
}

#[test]
fn lanes_of_f32_are_within_their_bounds() {
    let least = f64::from(f32::MIN_POSITIVE) * 1e-6;
    let most = f64::from(f32::MAX);
    measure::<f32>(
        "lanes exp_ordinary f32",
        (-80.0, 80.0),
        Lanes::exp_ordinary,
        exact_exp,
    );
    measure::<f32>(
        "lanes exp_nonpositive f32",
        (-1e4, 0.0),
        Lanes::exp_nonpositive,
        exact_exp,
    );
    measure::<f32>(
        "lanes ln_positive f32",
        (least, most),
        Lanes::ln_positive,
        exact_ln,
    );
    measure::<f32>(
        "lanes ln_complement f32",
        (0.0, 1.0 - 6e-8),
        Lanes::ln_complement,
        exact_ln_complement,
    );
    measure::<f32>(
        "lanes softplus f32",
        (-1e4, 1e30),
        Lanes::softplus,
        exact_softplus,
    );
    measure::<f32>(
        "lanes sigmoid f32",
        (-1e4, 1e4),
        Lanes::sigmoid,
        exact_sigmoid,
    );
}

#[test]
fn lanes_of_f64_are_within_their_bounds() {
    let least = f64::MIN_POSITIVE * f64::EPSILON;
    measure::<f64>(
        "lanes exp_ordinary f64",
        (-300.0, 300.0),
        Lanes::exp_ordinary,
        exact_exp,
    );
    measure::<f64>(
        "lanes exp_nonpositive f64",
        (-1e4, 0.0),
        Lanes::exp_nonpositive,
        exact_exp,
    );
    measure::<f64>(
        "lanes ln_positive f64",
        (least, f64::MAX),
        Lanes::ln_positive,
        exact_ln,
    );
    measure::<f64>(
        "lanes ln_complement f64",
        (0.0, 1.0 - 2e-16),
        Lanes::ln_complement,
        exact_ln_complement,
    );
    measure::<f64>(
        "lanes softplus f64",
        (-1e4, 1e300),
        Lanes::softplus,
        exact_softplus,
    );
    measure::<f64>(
        "lanes sigmoid f64",
        (-1e4, 1e4),
        Lanes::sigmoid,
        exact_sigmoid,
    );
}

fn special_values<F: Lanes + PartialEq>() {
    let (zero, inf) = (F::ZERO, F::INFINITY);
    assert_eq!((-inf).exp_nonpositive(), zero);
    assert_eq!((-zero).exp_nonpositive(), F::ONE);
    assert_eq!(zero.ln_positive(), -inf);
    assert_eq!(inf.ln_positive(), inf);
    assert_eq!(F::ONE.ln_positive(), zero);
    assert_eq!(F::ONE.ln_complement(), -inf);
    assert_eq!(zero.ln_complement(), zero);
    assert_eq!((inf.softplus(), (-inf).softplus()), (inf, zero));
    assert_eq!((inf.sigmoid(), (-inf).sigmoid()), (F::ONE, zero));
    // The patterns of what is negative, and of a NaN, are above that of +∞.
    for above in [F::NAN, -inf, -zero, -F::ONE] {
        assert!(above.pattern() > inf.pattern());
    }
    assert!(F::ONE.pattern() < inf.pattern() && zero.pattern() < F::ONE.pattern());
}

#[test]
fn lanes_take_special_values_as_documented() {
    special_values::<f32>();
    special_values::<f64>();
}

#[test]
fn the_four_logistic_values_are_those_of_softplus_and_sigmoid() {
    for x in numbers::<f32>(1000, -1e4, 1e4) {
        let (positive, negative, p, complement) = x.logistic();
        assert_eq!(positive.to_bits(), x.softplus().to_bits(), "{x}");
        assert_eq!(negative.to_bits(), (-x).softplus().to_bits(), "{x}");
        assert_eq!(p.to_bits(), x.sigmoid().to_bits(), "{x}");
        assert_eq!(complement.to_bits(), (-x).sigmoid().to_bits(), "{x}");
    }
}

/// x·2⁻ᵏ exactly, and where k is 0 or must not be.
fn aligns<F: Scalar + Lanes>(near: (f64, f64), surely_near: (f64, f64)) {
    let inputs: Vec<F> = numbers(300, 1e-30, 1.0);
    let mut seen = [false; 2];
    for &x in &inputs {
        for &y in &inputs {
            let (k, scaled) = x.aligned(y);
            let (k, scaled) = (k.to_f64(), scaled.to_f64());
            assert_eq!(scaled * k.exp2(), x.to_f64(), "{x}, {y}: {k}");
            let ratio = x.to_f64() / y.to_f64();
            if k == 0.0 {
                assert!((near.0..=near.1).contains(&ratio), "{x}, {y} are near");
            } else {
                let sure = surely_near.0 <= ratio && ratio <= surely_near.1;
                assert!(!sure, "{x}, {y} are not near");
                let rest = scaled / y.to_f64();
                assert!((2.0 / 3.0..=1.5).contains(&rest), "{x}, {y}: {rest}");
            }
            seen[usize::from(k == 0.0)] = true;
        }
    }
    assert_eq!(seen, [true; 2]);
}

#[test]
fn aligned_numbers_are_near_each_other_and_the_power_of_two_is_exact() {
    aligns::<f32>((8.0 / 13.0, 13.0 / 8.0), (11.0 / 16.0, 16.0 / 11.0));
    aligns::<f64>((0.5, 2.0), (0.5, 2.0));
}
