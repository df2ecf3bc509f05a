//! Entropy: its definition as relations between exact values, its gradient as a derivative, and
//! the measured bounds of its fast twin.

use core::cmp::Ordering;

use exact_loss::exact::{Format, Rational, Real};
use exact_loss::losses::{Base, Entropy, KlDivergence, Loss, Prediction, Scalar, Target};
use ndarray::{Array2, ArrayD, array};
use num_traits::One;
use proptest::prelude::*;

use super::measure;
use super::rows::{exact, gradient_error_beyond, ln, rational, rows, ulps};

fn plain() -> Entropy {
    Entropy::new()
}

fn entropy(p: &str) -> Real {
    exact(&plain(), Prediction::probabilities(rows(p)), Target::None)
}

#[test]
fn entropy_of_a_fair_choice_is_ln_k_and_of_certainty_zero() {
    assert_eq!(entropy("1/5 1/5 1/5 1/5 1/5"), ln("5"));
    assert_eq!(entropy("0 1 0"), Real::zero());
    let equal = exact(&plain(), Prediction::logits(rows("3 3 3")), Target::None);
    assert_eq!(equal, ln("3"));
    let certain = exact(&plain(), Prediction::logits(rows("inf 0")), Target::None);
    assert_eq!(certain, Real::zero());
    let impossible = exact(&plain(), Prediction::logits(rows("0 -inf 0")), Target::None);
    assert_eq!(impossible, ln("2"));
}

#[test]
fn entropy_in_bits_of_powers_of_two_is_rational() {
    let bits = plain().base(Base::Two);
    let value = exact(
        &bits,
        Prediction::probabilities(rows("1/2 1/4 1/8 1/8")),
        Target::None,
    );
    assert_eq!(value.as_rational(), Some(rational("7/4")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// ln K − H(p) is the divergence of p from the uniform distribution, so H ≤ ln K.
    #[test]
    fn entropy_is_ln_k_minus_the_divergence_from_uniform(weights in prop::collection::vec(1_i64..9, 4)) {
        let total: i64 = weights.iter().sum();
        let p = Array2::from_shape_fn((1, 4), |(_, c)| Rational::new(weights[c].into(), total.into()));
        let uniform = rows("1/4 1/4 1/4 1/4");
        let p_extended = p.map(|p| exact_loss::exact::Extended::from(p.clone()));
        let divergence =
            exact(&KlDivergence::new(), Prediction::probabilities(&uniform), Target::values(&p_extended));
        let entropy = exact(&plain(), Prediction::probabilities(&p), Target::None);
        prop_assert_eq!(entropy, ln("4").sub(&divergence).unwrap());
    }

    /// H is concave in the probabilities: its difference quotients enclose the derivative from
    /// the other side.
    #[test]
    fn exact_gradient_lies_between_the_difference_quotients(
        weights in prop::collection::vec(1_i64..9, 3), shift in 8_u32..200,
    ) {
        let total: i64 = weights.iter().sum();
        let p = Array2::from_shape_fn((1, 3), |(_, c)| Rational::new(weights[c].into(), (2 * total).into()));
        let h = Rational::new(One::one(), num_bigint::BigInt::one() << shift);
        let at = |p: &Array2<Rational>| exact(&plain(), Prediction::probabilities(p), Target::None);
        let gradient = plain().exact_with_gradient(Prediction::probabilities(&p), Target::None);
        let gradient = gradient.unwrap().gradient;
        for c in 0..3 {
            let slope = |step: &Rational| {
                let mut moved = p.clone();
                moved[[0, c]] += step;
                at(&moved).sub(&at(&p)).unwrap().scale(&step.recip())
            };
            prop_assert_eq!(slope(&-&h).compare(&gradient[[0, c]]).unwrap(), Ordering::Greater);
            prop_assert_eq!(slope(&h).compare(&gradient[[0, c]]).unwrap(), Ordering::Less);
        }
    }

    /// From logits the chain rule holds: ∂H/∂z_j = Σ_c ∂H/∂p_c · p_c(δ_cj − p_j).
    #[test]
    fn exact_gradient_by_logits_follows_from_that_by_probabilities(
        z in prop::collection::vec(-9_i64..9, 3),
    ) {
        let z: Vec<Rational> = z.into_iter().map(|z| Rational::new(z.into(), 4.into())).collect();
        let logits = Array2::from_shape_vec((1, 3), z.clone()).unwrap();
        let gradient = plain().exact_with_gradient(Prediction::logits(&logits), Target::None);
        let gradient = gradient.unwrap().gradient;
        let extended: Vec<_> = z.into_iter().map(exact_loss::exact::Extended::from).collect();
        let softmax = exact_loss::exact::Distribution::softmax(&extended).unwrap();
        let p: Vec<Real> = (0..3).map(|c| softmax.probability(c).unwrap()).collect();
        for j in 0..3 {
            // −ln p_c − 1, times p_c(δ_cj − p_j): the −1 drops out of the sum.
            let terms = (0..3).map(|c| {
                let delta = if c == j { Real::one() } else { Real::zero() };
                let jacobian = p[c].mul(&delta.sub(&p[j]).unwrap()).unwrap();
                softmax.surprisal(c).unwrap().mul(&jacobian).unwrap()
            });
            let chained = Real::sum(terms).unwrap();
            let difference = chained.sub(&gradient[[0, j]]).unwrap();
            let enclosure = difference.enclose_absolute(400).unwrap();
            prop_assert!(enclosure.contains(&rational("0")));
        }
    }

    #[test]
    fn entropy_is_within_the_bound_on_random_rows(
        row in prop::collection::vec((0.0_f64..1.0, -40.0_f64..40.0), 1..8),
    ) {
        let p = Array2::from_shape_fn((1, row.len()), |(_, c)| row[c].0);
        let z = Array2::from_shape_fn((1, row.len()), |(_, c)| row[c].1);
        judge(&Prediction::probabilities(&p), 4.0);
        judge(&Prediction::logits(&z), 5.5);
        let (p, z) = (p.mapv(|p| p as f32), z.mapv(|z| z as f32));
        judge(&Prediction::probabilities(&p), 3.0);
        judge(&Prediction::logits(&z), 4.0);
    }
}

/// The value within its ulps; the gradient within ulps and the slack of its cancelling parts.
fn judge<F: Scalar + Format>(prediction: &Prediction<'_, F>, bound: f64) {
    let value = exact(&plain(), prediction.view(), Target::None);
    let fast = plain()
        .fast(prediction.view(), Target::None)
        .unwrap()
        .reduced()
        .unwrap();
    let error = ulps(fast, &value);
    assert!(error <= bound, "value: {error} ulp at {prediction:?}");
    let largest = match prediction {
        Prediction::Values(exact_loss::losses::Space::Logits, z) => {
            // p(m − z + Σ p(m − z)) is at most the range of the logits, twice.
            let z: Vec<f64> = z
                .iter()
                .map(|z| exact_loss::kernel::Float::to_f64(*z))
                .collect();
            let (low, high) = z
                .iter()
                .fold((z[0], z[0]), |(l, h), &z| (l.min(z), h.max(z)));
            2.0 * (high - low)
        }
        _ => return,
    };
    let slack = ArrayD::from_elem(
        prediction.shape(),
        largest * F::from_pair(0.5_f32.powi(21), 0.5_f64.powi(50)).to_f64(),
    );
    let error = gradient_error_beyond(&plain(), prediction, &Target::None, &slack);
    assert!(error <= 1.5, "gradient: {error} ulp at {prediction:?}");
}

fn gradient_by_probabilities<F: Scalar + Format>() {
    let positive = measure::extreme_probabilities::<F>().into_iter();
    for p in positive.filter(|&p| p > F::ZERO) {
        let p = array![[p]];
        let unit = F::from_pair(0.5_f32.powi(22), 0.5_f64.powi(51)).to_f64();
        let size = p[[0, 0]].to_f64().ln().abs() + 1.0;
        let slack = ArrayD::from_elem(&[1, 1][..], unit * size);
        let prediction = Prediction::probabilities(&p);
        let error = gradient_error_beyond(&plain(), &prediction, &Target::None, &slack);
        assert!(error <= 1.5, "{error} ulp at {p}");
    }
}

#[test]
fn gradient_by_probabilities_is_within_the_bound() {
    gradient_by_probabilities::<f64>();
    gradient_by_probabilities::<f32>();
}

#[test]
fn gradient_at_probability_zero_is_infinite() {
    let p = array![[0.0, 1.0]];
    let fast = plain()
        .fast_with_gradient(Prediction::probabilities(&p), Target::None)
        .unwrap();
    assert_eq!(fast.gradient, array![[f64::INFINITY, -1.0]].into_dyn());
    let exact = plain()
        .exact_with_gradient(Prediction::probabilities(&p), Target::None)
        .unwrap();
    assert_eq!(exact.gradient[[0, 0]], Real::infinity());
    assert_eq!(exact.value.reduced(), Some(Real::zero()));
}
