//! KL divergence: the article's rows KL-1 to KL-3, its definition as relations between exact
//! values, the known failures of other implementations, and the measured bounds of its fast
//! twin.

use core::cmp::Ordering;

use exact_loss::exact::{Format, Rational, Real};
use exact_loss::kernel::pair::Pair;
use exact_loss::kernel::relative_entropy::term;
use exact_loss::losses::{
    Base, CrossEntropy, Entropy, KlDivergence, Loss, Prediction, Reduction, Scalar, Space, Target,
    Value,
};
use ndarray::{Array2, ArrayD, array};
use num_traits::ToPrimitive;
use proptest::prelude::*;

use super::measure;
use super::rows::{exact, gradient_error_beyond, ln, prediction, rational, rows, ulps};

fn plain() -> KlDivergence {
    KlDivergence::new()
}

fn generalized() -> KlDivergence {
    plain().generalized(true)
}

/// D(q‖p) of one row of probabilities.
fn divergence(q: &str, p: &str) -> Real {
    exact(
        &plain(),
        Prediction::probabilities(rows(p)),
        Target::values(rows(q)),
    )
}

fn distribution(classes: usize) -> impl Strategy<Value = Array2<Rational>> {
    prop::collection::vec(0_i64..=9, classes)
        .prop_filter("some weight", |weights| weights.iter().any(|&w| w > 0))
        .prop_map(|weights| {
            let total: i64 = weights.iter().sum();
            let p = weights
                .iter()
                .map(|&w| Rational::new(w.into(), total.into()));
            Array2::from_shape_vec((1, weights.len()), p.collect()).unwrap()
        })
}

// The article.

/// KL-1: as printed, with Σ p log p, the "distance" is negative at q = (1, 0), p = (9/10, 1/10).
#[test]
fn printed_formula_is_negative_and_the_corrected_one_is_not() {
    let (q, p) = (rows("1 0"), rows("9/10 1/10"));
    let cross = exact(
        &CrossEntropy::new(),
        Prediction::probabilities(&p),
        Target::values(&q),
    );
    let entropy = |p| exact(&Entropy::new(), Prediction::probabilities(p), Target::None);
    let printed = cross.sub(&entropy(&p)).unwrap();
    assert_eq!(printed.sign().unwrap(), Ordering::Less);
    let corrected = cross.sub(&entropy(&q)).unwrap();
    assert_eq!(corrected.sign().unwrap(), Ordering::Greater);
    assert_eq!(corrected, divergence("1 0", "9/10 1/10"));
}

/// KL-3: no metric, by exact counterexamples.
#[test]
fn divergence_is_not_symmetric_and_fails_the_triangle_inequality() {
    assert_ne!(
        divergence("1/2 1/2", "1/4 3/4"),
        divergence("1/4 3/4", "1/2 1/2")
    );
    let (there, over) = (divergence("1/2 1/2", "1/10 9/10"), "1/4 3/4");
    let detour = divergence("1/2 1/2", over)
        .add(&divergence(over, "1/10 9/10"))
        .unwrap();
    assert_eq!(
        there.compare(&detour).unwrap(),
        Ordering::Greater,
        "the detour is shorter"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// KL-1, corrected: D(q‖p) = H_p(q) − H(q), as equality of canonical forms.
    #[test]
    fn divergence_is_cross_entropy_minus_the_entropy_of_the_target(
        q in distribution(4), p in distribution(4), z in prop::collection::vec(-20_i64..20, 4),
    ) {
        let z = Array2::from_shape_fn((1, 4), |(_, c)| Rational::new(z[c].into(), 7.into()));
        for input in [Prediction::probabilities(&p), Prediction::logits(&z)] {
            let kl = exact(&plain(), input.view(), Target::values(&q));
            let cross = exact(&CrossEntropy::new(), input.view(), Target::values(&q));
            let entropy = exact(&Entropy::new(), Prediction::probabilities(&q), Target::None);
            prop_assert_eq!(kl, cross.sub(&entropy).unwrap());
        }
    }

    /// KL-2: the gradients of both losses are equal, in probabilities and in logits.
    #[test]
    fn gradients_of_divergence_and_cross_entropy_are_equal(
        q in distribution(3), p in distribution(3), z in prop::collection::vec(-20_i64..20, 3),
    ) {
        let z = Array2::from_shape_fn((1, 3), |(_, c)| Rational::new(z[c].into(), 7.into()));
        for input in [Prediction::probabilities(&p), Prediction::logits(&z)] {
            let kl = plain().exact_with_gradient(input.view(), Target::values(&q)).unwrap();
            let cross = CrossEntropy::new().exact_with_gradient(input.view(), Target::values(&q));
            prop_assert_eq!(kl.gradient, cross.unwrap().gradient);
        }
    }

    /// KL-3 and Gibbs: ≥ 0, and zero iff p = q; +∞ where the prediction lacks a class.
    #[test]
    fn divergence_is_zero_only_at_the_target(q in distribution(4), p in distribution(4)) {
        let kl = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
        let expected = if p == q { Ordering::Equal } else { Ordering::Greater };
        prop_assert_eq!(kl.sign().unwrap(), expected);
        let lacks = p.iter().zip(&q).any(|(p, q)| *p == rational("0") && *q != rational("0"));
        prop_assert_eq!(kl.is_infinite(), lacks);
    }

    /// For distributions both definitions are one.
    #[test]
    fn generalized_divergence_of_distributions_is_the_divergence(
        q in distribution(4), p in distribution(4),
    ) {
        let of = |loss| exact(&loss, Prediction::probabilities(&p), Target::values(&q));
        prop_assert_eq!(of(plain()), of(generalized()));
    }

    #[test]
    fn one_base_is_the_other_times_ln_2(q in distribution(3), p in distribution(3)) {
        let of = |loss| exact(&loss, Prediction::probabilities(&p), Target::values(&q));
        let (nats, bits) = (of(plain()), of(plain().base(Base::Two)));
        prop_assert_eq!(nats, bits.mul(&ln("2")).unwrap());
    }
}

#[test]
fn generalized_divergence_is_zero_only_where_the_inputs_agree() {
    let at = |p: &str| {
        exact(
            &generalized(),
            Prediction::probabilities(rows(p)),
            Target::values(rows("2 3")),
        )
    };
    assert_eq!(at("2 3"), Real::zero());
    // 2 ln(2/1) + 3 ln(3/4) − 5 + 5.
    assert_eq!(at("1 4"), ln("4").add(&ln("27/64")).unwrap());
    assert_eq!(at("1 3"), ln("4").sub(&Real::one()).unwrap());
}

// Known failures of other implementations.

/// KLDivLoss's default "mean" divides by all elements; here the mean is the batch mean.
#[test]
fn mean_is_over_rows_not_elements() {
    let (p, q) = (rows("1/4 3/4; 1/2 1/2"), rows("1/2 1/2; 1/2 1/2"));
    let mean = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
    assert_eq!(
        mean,
        divergence("1/2 1/2", "1/4 3/4").scale(&rational("1/2"))
    );
}

/// pytorch#89558: a zero target gives a zero term, and a gradient of −0/p = 0.
#[test]
fn a_zero_target_gives_no_term_and_no_gradient() {
    let (p, q) = (array![[0.25, 0.75]], array![[0.0, 1.0]]);
    let at = plain()
        .fast_with_gradient(Prediction::probabilities(&p), Target::values(&q))
        .unwrap();
    let exact = plain().exact_with_gradient(Prediction::probabilities(&p), Target::values(&q));
    let exact = exact.unwrap();
    assert_eq!(exact.value, Value::Reduced(ln("4/3")));
    assert_eq!(exact.gradient[[0, 0]], Real::zero());
    assert!(ulps(at.value.reduced().unwrap(), &ln("4/3")) <= 1.5);
    assert_eq!(at.gradient[[0, 0]], 0.0);
}

/// optax#1786: a zero target where the prediction is also zero.
#[test]
fn both_zero_gives_no_term_and_no_gradient() {
    let p = array![[0.0_f32, 1.0]];
    let at = plain()
        .fast_with_gradient(Prediction::probabilities(&p), Target::values(&p))
        .unwrap();
    assert_eq!(at.value, Value::Reduced(0.0));
    assert_eq!(at.gradient, array![[0.0, -1.0]].into_dyn());
    let (z, q) = (array![[f32::NEG_INFINITY, 0.0]], array![[0.0_f32, 1.0]]);
    let at = plain()
        .fast_with_gradient(Prediction::logits(&z), Target::values(&q))
        .unwrap();
    assert_eq!(
        (at.value, at.gradient),
        (Value::Reduced(0.0), array![[0.0, 0.0]].into_dyn())
    );
}

/// optax, f32: prediction (1/2, 1e−40), a subnormal number, target (1/2, 1/2) gives inf.
#[test]
fn a_subnormal_prediction_has_a_finite_divergence() {
    let (p, q) = (array![[0.5_f32, 1e-40]], array![[0.5_f32, 0.5]]);
    let exact = exact(&plain(), Prediction::probabilities(&p), Target::values(&q));
    assert_eq!(exact.decimal(3).unwrap(), "45.705");
    let fast = plain()
        .fast(Prediction::probabilities(&p), Target::values(&q))
        .unwrap();
    assert!(ulps(fast.reduced().unwrap(), &exact) <= 0.51);
}

// The fast twin's stated bounds.

/// S = Σ (q ln(q/p) − q + p), as a float that is near enough for a slack.
fn size<F: Scalar + Format>(prediction: &Prediction<'_, F>, target: &Target<'_, F>) -> f64 {
    let value = exact(&generalized(), prediction.view(), target.view());
    value.round::<f64>().unwrap().decided().unwrap()
}

/// The bounds of the generalized value that the documentation states, in ulps.
const GENERALIZED: (f64, f64) = (7.5, 3.0);

/// Judges a row of probabilities: the value within half an ulp and 2⁻⁵⁰·S or 2⁻²²·S, the generalized value
/// within its ulps, both gradients.
fn judge<F: Scalar + Format>(p: &Array2<F>, q: &Array2<F>, generalized_bound: f64) {
    let (prediction, target) = (prediction(Space::Probabilities, p), Target::values(q));
    let value = exact(&plain(), prediction.view(), target.view());
    let fast = plain()
        .fast(prediction.view(), target.view())
        .unwrap()
        .reduced()
        .unwrap();
    let slack =
        size(&prediction, &target) * F::from_pair(0.5_f32.powi(22), 0.5_f64.powi(50)).to_f64();
    let ulp =
        exact_loss::exact::round::ulp::<F>(&value.enclose_absolute(1200).unwrap().lower().unwrap());
    let error = ulps(fast, &value) - slack / ulp.to_f64().unwrap();
    assert!(
        error <= 0.5,
        "value: {error} ulp beyond the slack at {p}, {q}"
    );

    let errors = measure::errors(&generalized(), &prediction, &target);
    let error = errors.value.to_f64().unwrap();
    assert!(
        error <= generalized_bound,
        "generalized value: {error} ulp at {p}, {q}"
    );
    for loss in [plain(), generalized()] {
        let none = ArrayD::zeros(p.shape());
        let error = gradient_error_beyond(&loss, &prediction, &target, &none);
        assert!(error <= 2.0, "gradient: {error} ulp at {p}, {q}");
    }
}

#[test]
fn divergence_of_near_distributions_keeps_its_accuracy() {
    for shift in 2..52 {
        let h = 0.5_f64.powi(shift);
        judge(
            &array![[0.5 - h, 0.5 + h]],
            &array![[0.5, 0.5]],
            GENERALIZED.0,
        );
        // Both sum to 1 exactly, so the value itself is within 4 ulp.
        let (p, q) = (array![[0.5 - h, 0.5 + h]], array![[0.5, 0.5]]);
        let errors = measure::errors(
            &plain(),
            &Prediction::probabilities(&p),
            &Target::values(&q),
        );
        assert!(errors.value.to_f64().unwrap() <= 4.0, "h = 2^-{shift}");
    }
    for shift in 2..24 {
        let h = 0.5_f32.powi(shift);
        judge(
            &array![[0.25 - h / 4.0, 0.75 + h / 4.0]],
            &array![[0.25, 0.75]],
            GENERALIZED.1,
        );
    }
}

#[test]
fn divergence_is_within_the_bound_at_extreme_probabilities() {
    let all: Vec<f64> = measure::extreme_probabilities();
    for &p in all.iter().filter(|&&p| p > 0.0) {
        for &q in &all {
            judge(&array![[p, 0.5]], &array![[q, 0.25]], GENERALIZED.0);
        }
    }
    let all: Vec<f32> = measure::extreme_probabilities();
    for &p in all.iter().filter(|&&p| p > 0.0) {
        for &q in &all {
            judge(&array![[p, 0.5]], &array![[q, 0.25]], GENERALIZED.1);
        }
    }
}

/// Pairs p, q of `f32`, as bits, found among 2·10⁸: 4.03 ulp off if only the products are in `f64`, 3.04 if the
/// bracket is rounded to `f32`, and the worst as it is, 2.45.
const HARD: [(u32, u32); 3] = [
    (0x3f00_f789, 0x3f65_46f8),
    (0x3ee6_859c, 0x3f12_c3eb),
    (0x3f02_47fe, 0x3efc_8892),
];

/// Rows of one element each, so that nothing averages out.
#[test]
fn each_single_term_is_within_the_bound_where_the_ratio_is_between_a_quarter_and_four() {
    let of_bits = |(p, q)| (f32::from_bits(p), f32::from_bits(q));
    let mut pairs: Vec<(f32, f32)> = HARD.into_iter().map(of_bits).collect();
    let (mut mantissa, mut ratio) = (0_u32, 0.0_f64);
    for _ in 0..100_000 {
        mantissa = mantissa.wrapping_add(0x9e37_79b9);
        ratio = (ratio + 0.618_033_988_749_894_8).fract();
        let q = f32::from_bits(0x3e80_0000 | mantissa >> 9);
        let p = (f64::from(q) * (4.0 * ratio - 2.0).exp2()) as f32;
        pairs.push((p, q));
    }
    let p = Array2::from_shape_fn((pairs.len(), 1), |(i, _)| pairs[i].0);
    let q = Array2::from_shape_fn((pairs.len(), 1), |(i, _)| pairs[i].1);
    let loss = generalized().reduction(Reduction::None);
    let (prediction, target) = (Prediction::probabilities(&p), Target::values(&q));
    let values = loss.fast(prediction, target).unwrap();
    let Value::PerElement(values) = values else {
        panic!("a value for each row");
    };
    // A witness that is right to 2⁻⁵³ finds the worst rows, which are then judged exactly.
    let rough = |i: usize| {
        let (p, q) = (f64::from(pairs[i].0), f64::from(pairs[i].1));
        let term = term(Pair::from(q), Pair::from(p)).hi;
        (f64::from(values[i]) - term).abs() / term
    };
    let mut worst: Vec<usize> = (HARD.len()..pairs.len()).collect();
    worst.sort_by(|&i, &j| rough(j).total_cmp(&rough(i)));
    for i in worst.into_iter().take(200).chain(0..HARD.len()) {
        let (p, q) = pairs[i];
        judge(&array![[p]], &array![[q]], GENERALIZED.1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn divergence_is_within_the_bound_on_random_rows(
        pairs in prop::collection::vec((1e-9_f64..1.0, 0.0_f64..1.0, any::<bool>()), 1..6),
    ) {
        let n = pairs.len();
        let p = Array2::from_shape_fn((1, n), |(_, c)| pairs[c].0);
        // Some targets lie near the prediction.
        let q = Array2::from_shape_fn((1, n), |(_, c)| {
            let (p, q, near) = pairs[c];
            if near { p * (1.0 - q * 1e-6) } else { q }
        });
        judge(&p, &q, GENERALIZED.0);
        judge(&p.mapv(|p| p as f32), &q.mapv(|q| q as f32), GENERALIZED.1);
    }

    /// From logits: ½ ulp, 2⁻⁵⁰·S, and what the rounded probabilities bring.
    #[test]
    fn divergence_from_logits_is_within_the_bound(
        row in prop::collection::vec((-30.0_f64..30.0, 0.0_f64..1.0), 2..6),
    ) {
        let n = row.len();
        let z = Array2::from_shape_fn((1, n), |(_, c)| row[c].0);
        let q = Array2::from_shape_fn((1, n), |(_, c)| row[c].1);
        let loss = plain().reduction(Reduction::Sum);
        let value = exact(&loss, Prediction::logits(&z), Target::values(&q));
        let fast = loss.fast(Prediction::logits(&z), Target::values(&q)).unwrap();
        let s = size(&Prediction::logits(&z), &Target::values(&q));
        let bound = 0.5_f64.powi(50) * (s + 1.0 + n as f64);
        let float = value.round::<f64>().unwrap().decided().unwrap();
        let error = fast.reduced().unwrap() - float;
        prop_assert!(error.abs() <= bound + float.abs() * f64::EPSILON);
    }
}
