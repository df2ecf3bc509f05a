//! Balanced cross entropy: the article's rows BAL-1 to BAL-4, how it differs from what other
//! libraries balance with, and the measured bounds of its fast twin.

use core::cmp::Ordering;

use exact_loss::exact::{Extended, Format, Rational, Real};
use exact_loss::losses::{
    BalancedCrossEntropy, BinaryCrossEntropy, Focal, Loss, Prediction, Reduction, Scalar, Target,
};
use ndarray::{Array1, array};
use num_traits::{One, Zero};
use proptest::prelude::*;

use super::elements::{
    exact, exact_all, exact_gradient, logarithms, logits, number, probabilities, targets,
};
use super::measure::{errors, extreme_logits, extreme_probabilities, random, rational};

fn counts() -> BalancedCrossEntropy {
    BalancedCrossEntropy::new()
}

fn given(alpha: &str) -> BalancedCrossEntropy {
    counts().alpha(number(alpha)).expect("α in [0, 1]")
}

fn sum(loss: BalancedCrossEntropy) -> BalancedCrossEntropy {
    loss.reduction(Reduction::Sum)
}

// The article.

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// BAL-1: for y ∈ {0, 1} the sum, the cases and −ln p_t are one number.
    #[test]
    fn three_forms_agree_for_hard_targets(a in 1_i64..60, b in 1_i64..60, positive: bool) {
        let p = rational(a, a + b);
        let (zero, one) = (Rational::zero(), Rational::one());
        let y = if positive { one.clone() } else { zero };
        let p_t = if positive { p.clone() } else { &one - &p };
        let prediction = Prediction::probabilities(array![Extended::Finite(p.clone())]);
        let target = Target::values(array![Extended::Finite(y.clone())]);
        let ln = |x: &Rational| Real::ln(x).unwrap();
        let sum = ln(&p).scale(&y).add(&ln(&(&one - &p)).scale(&(&one - &y))).unwrap().neg();
        let cases = ln(&p_t).neg();
        prop_assert_eq!(&sum, &cases);
        prop_assert_eq!(&exact(&BinaryCrossEntropy::new(), &prediction, &target), &cases);
        // BAL-2: −α_t·ln p_t with α_t = α or 1 − α.
        let alpha_t = if positive { rational(1, 5) } else { rational(4, 5) };
        prop_assert_eq!(exact(&given("1/5"), &prediction, &target), cases.scale(&alpha_t));
    }

    /// BAL-3: α/(1−α) = n/m means α = n/(n+m), and both classes weigh mn/(n+m) in all.
    #[test]
    fn counts_give_both_classes_the_same_total_weight(n in 1_usize..9, m in 1_usize..9) {
        let predictions = Array1::from_elem(n + m, Extended::Finite(rational(1, 2)));
        let labels: Array1<Extended> =
            (0..n + m).map(|i| Extended::from(if i < m { 1 } else { 0 })).collect();
        let each = exact_all(
            &counts().reduction(Reduction::None),
            &Prediction::probabilities(predictions),
            &Target::values(labels),
        );
        // Every element has the surprisal ln 2, so the sums show the weights alone.
        let total = |elements: &[Real]| Real::sum(elements.iter().cloned()).unwrap();
        let wanted = logarithms("1 2").scale(&rational((n * m) as i64, (n + m) as i64));
        prop_assert_eq!(total(&each[..m]), wanted.clone());
        prop_assert_eq!(total(&each[m..]), wanted);
        let alpha = rational(n as i64, (n + m) as i64);
        prop_assert_eq!(&alpha / (Rational::one() - &alpha), rational(n as i64, m as i64));
    }

    /// BAL-4: within a class the loss is a constant times the cross entropy, so the ratio of a
    /// hard example's loss to an easy one's is what it was, for the gradient too.
    #[test]
    fn easy_and_hard_examples_keep_their_ratio(a in 1_i64..40, b in 1_i64..40, alpha in 1_i64..9) {
        let p = |a: i64| rational(a, a + 40);
        let alpha = rational(alpha, 9);
        let prediction = Prediction::probabilities(array![
            Extended::Finite(p(a)), Extended::Finite(p(b))
        ]);
        let target = targets("1 1");
        let balanced = counts().alpha(alpha.clone()).unwrap().reduction(Reduction::None);
        let plain = BinaryCrossEntropy::new().reduction(Reduction::None);
        for (balanced, plain) in [
            (exact_all(&balanced, &prediction, &target), exact_all(&plain, &prediction, &target)),
            (
                exact_gradient(&balanced, &prediction, &target),
                exact_gradient(&plain, &prediction, &target),
            ),
        ] {
            prop_assert_eq!(&balanced[0], &plain[0].scale(&alpha));
            prop_assert_eq!(&balanced[1], &plain[1].scale(&alpha));
        }
    }
}

// The definition.

#[test]
fn counts_are_the_given_alpha_of_the_batch() {
    let (p, y) = (probabilities("0.9 0.2 1/2 0.3 1/4"), targets("1 0 0 0 0"));
    assert_eq!(exact(&counts(), &p, &y), exact(&given("4/5"), &p, &y));
    assert_eq!(
        exact(&counts(), &p, &y),
        logarithms("4/25 10/9, 1/25 5/4, 1/25 2, 1/25 10/7, 1/25 4/3")
    );
}

#[test]
fn soft_targets_count_as_parts_of_an_element() {
    // Σy = 1/4 + 3/4 + 1/2 = 3/2 of 3, so α = 1/2.
    let (p, y) = (probabilities("0.9 0.2 1/2"), targets("1/4 3/4 1/2"));
    assert_eq!(exact(&counts(), &p, &y), exact(&given("1/2"), &p, &y));
}

/// A batch of one class: the weight of that class is 0, and so is the loss.
#[test]
fn batch_of_one_class_has_the_loss_0() {
    for y in ["1 1 1", "0 0 0"] {
        let p = probabilities("0.9 0 1");
        assert_eq!(exact(&counts(), &p, &targets(y)), Real::zero());
        let zero = vec![Real::zero(); 3];
        assert_eq!(exact_gradient(&counts(), &p, &targets(y)), zero);
        let labels = if y == "1 1 1" { [1.0; 3] } else { [0.0; 3] };
        let fast = counts().fast_with_gradient(
            Prediction::probabilities(array![0.9, 0.0, 1.0]),
            Target::values(Array1::from_iter(labels)),
        );
        let fast = fast.expect("a value");
        assert_eq!(fast.value.reduced(), Some(0.0));
        assert!(fast.gradient.iter().all(|&slope| slope == 0.0));
    }
}

#[test]
fn alpha_out_of_its_domain_is_refused() {
    for alpha in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(counts().alpha(alpha).is_err(), "{alpha}");
    }
    assert!(counts().alpha(0).and_then(|loss| loss.alpha(1)).is_ok());
    // The last word counts.
    let back = given("1/7").alpha_from_counts();
    let (p, y) = (probabilities("0.9 0.2"), targets("1 0"));
    assert_eq!(exact(&back, &p, &y), exact(&counts(), &p, &y));
}

#[test]
fn focal_without_focus_is_it_for_hard_targets() {
    let focal = Focal::new()
        .gamma(0)
        .and_then(|loss| loss.alpha(number("1/5")));
    let focal = focal.expect("parameters in their domains");
    for p in [probabilities("0.9 0.2 1/2"), logits("2 -1 1/3")] {
        let y = targets("1 0 1");
        assert_eq!(exact(&focal, &p, &y), exact(&given("1/5"), &p, &y));
        assert_eq!(
            exact_gradient(&focal, &p, &y),
            exact_gradient(&given("1/5"), &p, &y)
        );
    }
}

// Dialects.

/// `pos_weight` = n/m makes the classes weigh the same, too, but (n+m)/m times as much: the
/// losses differ by the factor 1 − α, which is not 1.
#[test]
fn pos_weight_balances_with_another_total() {
    let (p, y) = (probabilities("0.9 0.2 1/2 0.3 1/4"), targets("1 0 0 0 0"));
    let positive = BinaryCrossEntropy::new()
        .pos_weight(4)
        .expect("a weight ≥ 0");
    let (weighted, balanced) = (exact(&positive, &p, &y), exact(&counts(), &p, &y));
    assert_ne!(weighted, balanced);
    assert_eq!(balanced, weighted.scale(&number("1/5")));
}

/// With a fixed `pos_weight` no α gives the same loss up to a factor for every batch: the
/// counts follow the batch.
#[test]
fn pos_weight_does_not_follow_the_batch() {
    let positive = BinaryCrossEntropy::new()
        .pos_weight(4)
        .expect("a weight ≥ 0");
    let p = probabilities("0.9 0.2 1/2 0.3 1/4");
    let y = targets("1 1 0 0 0");
    let (weighted, balanced) = (exact(&positive, &p, &y), exact(&counts(), &p, &y));
    assert_ne!(balanced, weighted.scale(&number("1/5")));
    assert_eq!(balanced, exact(&given("3/5"), &p, &y));
}

/// Balancing each image apart (as holistically-nested edge detection does) is another function
/// than balancing the batch: images with targets 1 0 and 1 0 0 0.
#[test]
fn balancing_each_image_differs_from_balancing_the_batch() {
    let first = (probabilities("0.9 0.2"), targets("1 0"));
    let second = (probabilities("1/2 0.3 1/4 0.1"), targets("1 0 0 0"));
    let per_image = Real::sum([
        exact(&sum(counts()), &first.0, &first.1),
        exact(&sum(counts()), &second.0, &second.1),
    ])
    .expect("finite");
    let batch = exact(
        &sum(counts()),
        &probabilities("0.9 0.2 1/2 0.3 1/4 0.1"),
        &targets("1 0 1 0 0 0"),
    );
    assert_eq!(
        per_image,
        logarithms("1/2 10/9, 1/2 5/4, 3/4 2, 1/4 10/7, 1/4 4/3, 1/4 10/9")
    );
    assert_eq!(
        batch,
        logarithms("2/3 10/9, 1/3 5/4, 2/3 2, 1/3 10/7, 1/3 4/3, 1/3 10/9")
    );
    assert_ne!(per_image.compare(&batch).expect("decided"), Ordering::Equal);
}

// The bounds of the fast twin.

fn is_within_the_bound<F: Scalar + Format>() {
    let mut u = random();
    for logits in [false, true] {
        let (value, gradient) = if logits {
            (rational(4, 1), rational(5, 1))
        } else {
            (rational(3, 1), rational(4, 1))
        };
        let extremes = if logits {
            extreme_logits::<F>()
        } else {
            extreme_probabilities::<F>()
        };
        for chunk in extremes.chunks(3) {
            let x = Array1::from_iter(chunk.iter().copied());
            let y = x.map(|_| {
                if u.next() < Some(0.5) {
                    F::ZERO
                } else {
                    F::ONE
                }
            });
            let x = if logits {
                Prediction::logits(&x)
            } else {
                Prediction::probabilities(&x)
            };
            let given = given("0.3");
            for reduction in [Reduction::None, Reduction::Sum, Reduction::Mean] {
                let found = errors(&counts().reduction(reduction), &x, &Target::values(&y));
                assert!(found.value <= value, "{x:?} {y}: {found:?}");
                assert!(found.gradient <= gradient, "{x:?} {y}: {found:?}");
            }
            // α = 3/10 is rounded in the fast twin: the loss of the rounded α is computed.
            let rounded = given_float::<F>(0.3);
            let found = errors(&rounded, &x, &Target::values(&y));
            assert!(found.value <= value, "{x:?} {y}: {found:?}");
            assert!(found.gradient <= gradient, "{x:?} {y}: {found:?}");
            assert_ne!(given.exact(x.view(), Target::values(&y)).ok(), None);
        }
    }
}

fn given_float<F: Scalar + Format>(alpha: f64) -> BalancedCrossEntropy {
    counts().alpha(F::from_f64(alpha)).expect("α in [0, 1]")
}

#[test]
fn fast_twin_is_within_the_bound_in_single_precision() {
    is_within_the_bound::<f32>();
}

#[test]
fn fast_twin_is_within_the_bound_in_double_precision() {
    is_within_the_bound::<f64>();
}
