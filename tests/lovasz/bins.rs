//! The value from counts in bins: its interval against the exact value, how far it is open, and the values
//! of the hinge that it decides.

use exact_loss::exact::set_function::Jaccard;
use exact_loss::exact::{Extended, Lift, Rational};
use exact_loss::kernel::jaccard::{COARSE, Enclosure, FINE, Ranked, enclosure, mean};
use exact_loss::losses::{Loss, LovaszHinge, Prediction, Target};
use ndarray::{Array1, Array2};
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::order::{MANY, Random, errors, sides};
use super::ratio;

/// Elements by their errors and sides.
#[derive(Clone)]
struct Given {
    errors: Vec<f64>,
    foreground: Vec<bool>,
}

impl Given {
    fn new(elements: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let (errors, foreground) = elements.into_iter().unzip();
        Self { errors, foreground }
    }

    fn elements(&self) -> Ranked<'_, f64, impl Fn(usize) -> bool + Sync + Clone> {
        Ranked {
            errors: &self.errors,
            is_foreground: |index: usize| self.foreground[index],
        }
    }

    fn enclosure(&self, bits: u32) -> Option<Enclosure> {
        enclosure(&self.elements(), bits)
    }

    fn mean(&self) -> Option<f32> {
        mean(core::iter::once(self.elements()))
    }
}

fn lifted(x: f64) -> Rational {
    x.lift()
        .and_then(Extended::into_finite)
        .expect("a finite number")
}

/// The value by the definition, in which errors below 0 are 0.
fn exactly(given: &Given) -> Rational {
    let errors: Vec<Rational> = given.errors.iter().map(|&e| lifted(e.max(0.0))).collect();
    let set = Jaccard::new(given.foreground.clone());
    let enclosed = set.enclose_extension(&errors, 200).expect("an error each");
    enclosed.lower().expect("bounded")
}

/// How far the value is from the middle, in radii.
fn radii(found: Enclosure, value: &Rational) -> Rational {
    let distance = (lifted(found.middle) - value).abs();
    if distance.is_zero() {
        distance
    } else {
        distance / lifted(found.radius)
    }
}

fn check(given: &Given) -> Result<(), TestCaseError> {
    let value = exactly(given);
    for bits in [COARSE, FINE] {
        let found = given.enclosure(bits).expect("ordinary errors");
        let radii = radii(found, &value);
        prop_assert!(
            radii <= ratio(1, 1),
            "{radii} radii at {bits} bits: {found:?}"
        );
    }
    Ok(())
}

/// Errors that lie in few bins, or in many, or are 0 or less.
fn error() -> impl Strategy<Value = f64> {
    let width = 1.0 / f64::from(1 << COARSE);
    prop_oneof![
        4 => (0_u32..4, 0.0..1.0).prop_map(move |(bin, place)| (f64::from(bin) + place) * width),
        2 => (0_u32..3, 0.0..1.0).prop_map(move |(bin, place)| 1.0 + (f64::from(bin) + place) * width),
        2 => (0_i32..8).prop_map(move |n| 1.0 + f64::from(n) * width / 4.0),
        1 => 0.0..253.9,
        1 => -1.0..0.0,
    ]
}

proptest! {
    #[test]
    fn the_interval_holds_the_value_of_any_errors(
        elements in proptest::collection::vec((error(), any::<bool>()), 1..200),
    ) {
        check(&Given::new(elements))?;
    }

    #[test]
    fn the_interval_holds_the_value_where_there_is_little_foreground(
        errors in proptest::collection::vec(error(), 1..200), at in any::<proptest::sample::Index>(),
    ) {
        let at = at.index(errors.len());
        check(&Given::new(errors.into_iter().enumerate().map(|(i, e)| (e, i == at))))?;
    }
}

#[test]
fn both_ends_of_the_interval_are_nearly_reached() {
    let width = 1.0 / f64::from(1 << COARSE);
    // 20 of 2020 on each side in one bin: all in its middle, or half of them at each end.
    let given = |places: [f64; 2]| {
        let inside = (0..40).map(move |i| (0.5 + places[i / 2 % 2] * width, i % 2 == 0));
        let others = (0..2000).map(|_| (0.0, true));
        Given::new(inside.chain(others))
    };
    let nearly_one = 1.0 - 1.0 / f64::from(1 << 20);
    let (middle, ends) = (given([0.5, 0.5]), given([nearly_one, 1.0 - nearly_one]));
    let found = [&middle, &ends].map(|given| given.enclosure(COARSE).expect("ordinary errors"));
    // The counts and the means are the same.
    assert!((found[0].middle - found[1].middle).abs() < 1e-6 * found[0].radius);
    let from = |found: Enclosure, given: &Given| {
        (exactly(given) - lifted(found.middle)) / lifted(found.radius)
    };
    let (low, high) = (from(found[0], &middle), from(found[1], &ends));
    assert!((ratio(-1, 1)..ratio(-95, 100)).contains(&low), "{low}");
    // 2⁻³⁴ of the value is taken for roundings: some 4 in 100 radii here.
    assert!((ratio(90, 100)..ratio(1, 1)).contains(&high), "{high}");
}

#[test]
fn without_foreground_the_value_is_the_largest_error() {
    let given = Given::new([0.25, 7.125, -3.0, 1e-30].map(|error| (error, false)));
    assert_eq!(
        radii(given.enclosure(COARSE).expect("small"), &exactly(&given)),
        ratio(0, 1)
    );
    let none = Given::new([(-1.0, false), (0.0, false)]);
    let none = none.enclosure(COARSE).expect("small");
    assert_eq!((none.middle, none.radius), (0.0, 0.0));
}

#[test]
fn errors_that_have_no_bin_leave_the_value_unknown() {
    let with = |error| Given::new([(1.0, true), (error, true)]).enclosure(FINE);
    for error in [254.0, 1e30, f64::INFINITY, f64::NAN] {
        assert_eq!(with(error), None, "{error}");
    }
    for error in [253.999, f64::MIN_POSITIVE, -1e300, f64::NEG_INFINITY] {
        assert!(with(error).is_some(), "{error}");
    }
}

#[cfg(feature = "parallel")]
#[test]
fn more_elements_than_a_slot_can_count_are_counted_on_any_number_of_threads() {
    // All in one bin, at its end, where the sum of the places is largest.
    let width = 1.0 / f64::from(1 << COARSE);
    let error = 0.5 + width * (1.0 - 1.0 / f64::from(1 << 25));
    let given = Given::new((0..(1 << 21) + 5).map(|i| (error, i % 3 == 0)));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        pool.install(|| given.enclosure(COARSE))
            .expect("ordinary errors")
    };
    let found = on(1);
    // All errors are equal: the value is that error.
    assert!(radii(found, &lifted(error)) <= ratio(1, 1), "{found:?}");
    // Within the bin, the value is anywhere from its start on.
    assert!(found.radius < width, "{found:?}");
    assert_eq!(found, on(8));
}

/// The scores at which these are the errors.
fn scores(errors: &[f64], labels: &Array1<i64>) -> Array1<f32> {
    let score = |(&error, &label): (&f64, &i64)| {
        let t = error as f32 - 1.0;
        if label == 1 { -t } else { t }
    };
    Array1::from_iter(errors.iter().zip(labels).map(score))
}

/// The elements of the hinge at these scores.
fn given(scores: &Array1<f32>, labels: &Array1<i64>) -> Given {
    Given::new(scores.iter().zip(labels).map(|(&score, &label)| {
        let t = if label == 1 { -score } else { score };
        (1.0 + f64::from(t), label == 1)
    }))
}

/// The value without a gradient, which has the bits of that with one.
fn value_alone(loss: &LovaszHinge, x: &Prediction<'_, f32>, labels: &Target<'_, f32>) -> f32 {
    let alone = loss.fast(x.view(), labels.view()).expect("valid input");
    let both = loss.fast_with_gradient(x.view(), labels.view());
    assert_eq!(alone, both.expect("valid input").value);
    alone.reduced().expect("one value")
}

#[test]
fn the_value_alone_has_the_bits_of_the_value_with_its_gradient() {
    let loss = LovaszHinge::new();
    let (mut decided, mut open) = (0, 0);
    for (name, errors) in errors(MANY) {
        for labels in sides(MANY) {
            let x = scores(&errors, &labels);
            let value = value_alone(&loss, &Prediction::scores(&x), &Target::labels(&labels));
            let by_counts: Option<f32> = given(&x, &labels).mean();
            match by_counts {
                None => open += 1,
                found => {
                    assert_eq!(found, Some(value), "{name}");
                    decided += 1;
                }
            }
        }
    }
    assert!(decided >= 8 && open >= 8, "{decided} decided, {open} open");
}

#[test]
fn fine_bins_decide_what_coarse_ones_leave_open() {
    // Errors near each other.
    let size = 1 << 20;
    let mut random = Random(11);
    let labels = Array1::from_shape_fn(size, |_| i64::from(random.unit() < 0.5));
    let errors: Vec<f64> = (0..size).map(|_| 1.0 + 0.3 * random.unit()).collect();
    let x = scores(&errors, &labels);
    let elements = given(&x, &labels);
    let [coarse, fine] =
        [COARSE, FINE].map(|bits| elements.enclosure(bits).expect("ordinary errors"));
    let rounded = |found: Enclosure, sign: f64| (found.middle + sign * found.radius) as f32;
    assert_ne!(rounded(coarse, -1.0), rounded(coarse, 1.0));
    assert_eq!(rounded(fine, -1.0), rounded(fine, 1.0));
    assert!((14.0..17.0).contains(&(coarse.radius / fine.radius)));
    let (prediction, target) = (Prediction::scores(&x), Target::labels(&labels));
    let value = value_alone(&LovaszHinge::new(), &prediction, &target);
    assert_eq!(Some(value), elements.mean());
}

#[test]
fn the_mean_over_images_is_decided_as_one() {
    let mut random = Random(12);
    let shape = (3, 70_000);
    let labels = Array2::from_shape_fn(shape, |_| match random.unit() {
        u if u < 0.1 => 255,
        u => i64::from(u < 0.4),
    });
    let x = Array2::from_shape_fn(shape, |_| (9.0 * random.unit() - 4.0) as f32);
    let loss = LovaszHinge::new().per_image(true).ignore_index(255);
    let value = value_alone(&loss, &Prediction::scores(&x), &Target::labels(&labels));
    let images = x.outer_iter().zip(labels.outer_iter()).map(|(x, labels)| {
        let kept = x.iter().zip(&labels).filter(|(_, label)| **label != 255);
        let (x, labels): (Vec<f32>, Vec<i64>) = kept.map(|(&x, &label)| (x, label)).unzip();
        given(&Array1::from(x), &Array1::from(labels))
    });
    // Fewer pixels are left than are counted, so the bins are asked for one by one.
    let found: Vec<Enclosure> = images
        .map(|image| image.enclosure(COARSE).expect("ordinary errors"))
        .collect();
    let middle = found.iter().map(|found| found.middle).sum::<f64>() / 3.0;
    let radius = found.iter().map(|found| found.radius).sum::<f64>() / 3.0;
    assert_eq!((middle - radius) as f32, (middle + radius) as f32);
    assert_eq!(value, middle as f32);
}
