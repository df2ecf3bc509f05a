//! The order and the pieces in which the fast twins sort: against a plain stable sort on inputs
//! that take every path, on any number of threads and at every level of dispatch.

use exact_loss::exact::rational::nearest;
use exact_loss::exact::set_function::Jaccard;
use exact_loss::exact::{Extended, Format, Rational};
use exact_loss::losses::{
    Classes, Evaluation, Loss, LovaszExtension, LovaszHinge, LovaszSoftmax, Prediction, Scalar,
    Target,
};
use ndarray::{Array1, Array2, Array3, Axis};

use crate::kernel::assert_same_at_every_level;

/// More pixels than one chunk has, and than are sorted in one place.
pub(super) const MANY: usize = 150_000;

/// A splitmix64 generator.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), of 24 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 40) as f64 / f64::from(1 << 24)
    }
}

/// Errors that are not negative, by the path that they take.
pub(super) fn errors(size: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random(5);
    let mut draw = |of: fn(f64) -> f64| (0..size).map(|_| of(random.unit())).collect::<Vec<_>>();
    let mut cases = vec![
        ("spread", draw(|u| 6.0 * u)),
        ("magnitudes", draw(|u| (u - 0.5).powi(7).abs())),
        ("of few values", draw(|u| (8.0 * u).floor() / 4.0)),
        ("all equal", draw(|_| 1.5)),
        ("near each other", draw(|u| 1.0 + u / 8.0)),
        (
            "of two neighbours",
            draw(|u| {
                if u < 0.5 {
                    1.0
                } else {
                    f64::from(1.0_f32.next_up())
                }
            }),
        ),
    ];
    // One far away, so that all others share the leading bits.
    for (name, of) in [
        ("one bucket", (|u| 1.0 + u / 8.0) as fn(f64) -> f64),
        ("one bucket of few values", |u| {
            1.0 + (4.0 * u).floor() / 64.0
        }),
    ] {
        let mut case = draw(of);
        case[size / 3] = f64::from(f32::MAX);
        case[size / 2] = 0.0;
        cases.push((name, case));
    }
    cases
}

/// Who is foreground, by how much there is of it.
pub(super) fn sides(size: usize) -> Vec<Array1<i64>> {
    let mut random = Random(9);
    let mut side = |share: f64| Array1::from_shape_fn(size, |_| i64::from(random.unit() < share));
    vec![side(0.3), side(0.0), side(1.0), side(0.0005)]
}

/// The marginals in the order of the pixels, by the standard stable sort and the formula with
/// integers: each the nearest float, since numerator and denominator are floats.
fn plainly(errors: &[f64], labels: &Array1<i64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..errors.len()).collect();
    order.sort_by(|&i, &j| errors[j].total_cmp(&errors[i]));
    let size = order.iter().filter(|&&i| labels[i] == 1).count();
    let (mut f, mut n) = (0, 0);
    let mut marginals = vec![0.0; errors.len()];
    for i in order {
        marginals[i] = if labels[i] == 1 {
            f += 1;
            1.0 / (size + n) as f64
        } else {
            n += 1;
            match size + n {
                1 => 1.0,
                union => (size - f) as f64 / (union * (union - 1)) as f64,
            }
        };
    }
    marginals
}

/// Checks the gradients of the extension, the hinge and one class of Lovász-softmax at these
/// errors, component by component.
fn check<F: Scalar>(name: &str, errors: &[f64], labels: &Array1<i64>) {
    let errors: Vec<f64> = errors.iter().map(|&e| F::from_f64(e).to_f64()).collect();
    let wanted = plainly(&errors, labels);
    let rounded = |g: f64| F::from_f64(g);
    let m = Array1::from_iter(errors.iter().map(|&e| F::from_f64(e)));
    let target = || Target::labels(labels);
    let extension = LovaszExtension::new().fast_with_gradient(Prediction::errors(&m), target());
    for (i, &got) in extension.expect("valid input").gradient.iter().enumerate() {
        assert_eq!(got, rounded(wanted[i]), "extension, {name}: {i}");
    }

    let sign = |i: usize| if labels[i] == 1 { -1.0 } else { 1.0 };
    // 1 − xs = e, where that is a float.
    let is_short = errors.iter().all(|&e| e == 0.0 || (1e-6..1e6).contains(&e));
    if is_short {
        let scores =
            Array1::from_shape_fn(errors.len(), |i| F::from_f64((errors[i] - 1.0) * sign(i)));
        let given = Array1::from_shape_fn(errors.len(), |i| scores[i].to_f64() * sign(i) + 1.0);
        let given = given.to_vec();
        let wanted = plainly(&given, labels);
        let hinge = LovaszHinge::new().fast_with_gradient(Prediction::scores(&scores), target());
        for (i, &got) in hinge.expect("valid input").gradient.iter().enumerate() {
            let wanted = if given[i] > 0.0 {
                sign(i) * wanted[i]
            } else {
                0.0
            };
            assert_eq!(got, rounded(wanted), "hinge, {name}: {i}");
        }
    }

    // The errors scaled into [0, 1] on a grid on which 1 − e is a float of both types.
    let largest = errors
        .iter()
        .copied()
        .filter(|&e| e < 1e6)
        .fold(0.0, f64::max);
    let grid = f64::from(1 << 20);
    let unit: Vec<f64> = errors
        .iter()
        .map(|e| (e / largest).min(1.0))
        .map(|e| (e * grid).round() / grid)
        .collect();
    let wanted = plainly(&unit, labels);
    let p = Array2::from_shape_fn((errors.len(), 2), |(i, class)| {
        let is_label = labels[i] == class as i64;
        F::from_f64(if is_label { 1.0 - unit[i] } else { unit[i] })
    });
    let loss = LovaszSoftmax::new()
        .classes(Classes::List(vec![1]))
        .expect("a class");
    let softmax = loss.fast_with_gradient(Prediction::probabilities(&p), target());
    let gradient = softmax.expect("valid input").gradient;
    for (i, row) in gradient.axis_iter(Axis(0)).enumerate() {
        assert_eq!(row[[0]], F::ZERO);
        assert_eq!(
            row[[1]],
            rounded(sign(i) * wanted[i]),
            "softmax, {name}: {i}"
        );
    }
}

#[test]
fn the_gradient_is_that_of_a_stable_sort_whatever_path_the_errors_take() {
    for (name, errors) in errors(MANY) {
        for labels in sides(MANY) {
            check::<f32>(name, &errors, &labels);
        }
        check::<f64>(name, &errors, &sides(MANY)[0]);
    }
}

#[test]
fn the_gradient_is_that_of_a_stable_sort_for_any_small_number_of_pixels() {
    for size in (1..40).chain([127, 128, 129, 511, 512, 513, 4095, 4096, 5000]) {
        for (name, errors) in errors(size.max(4)) {
            for labels in sides(size.max(4)) {
                check::<f32>(name, &errors, &labels);
                check::<f64>(name, &errors, &labels);
            }
        }
    }
}

/// The value at errors, rounded from an enclosure.
fn rounded_value<F: Scalar + Format>(errors: &[F], labels: &Array1<i64>) -> F {
    let lifted = |e: &F| e.lift().and_then(Extended::into_finite);
    let errors: Vec<Rational> = errors.iter().filter_map(lifted).collect();
    let set = Jaccard::new(labels.iter().map(|&y| y == 1).collect());
    let enclosure = set.enclose_extension(&errors, 120).expect("p errors");
    nearest(&enclosure.lower().expect("bounded"))
}

#[test]
fn the_value_is_the_nearest_float_whatever_path_the_errors_take() {
    let labels = &sides(MANY)[0];
    for (name, errors) in errors(MANY) {
        let m = Array1::from_iter(errors.iter().map(|&e| e as f32));
        let got = LovaszExtension::new().fast(Prediction::errors(&m), Target::labels(labels));
        let wanted = rounded_value(&m.to_vec(), labels);
        assert_eq!(got.expect("valid input").reduced(), Some(wanted), "{name}");
        let m = m.map(|&e| f64::from(e));
        let got = LovaszExtension::new().fast(Prediction::errors(&m), Target::labels(labels));
        let wanted = rounded_value(&m.to_vec(), labels);
        assert_eq!(got.expect("valid input").reduced(), Some(wanted), "{name}");
    }
}

/// Adds the bits of a value and a gradient.
fn push_bits<F: Scalar>(bits: &mut Vec<u64>, evaluation: Evaluation<F>) {
    let value = evaluation.value.reduced().expect("one value");
    let all = evaluation.gradient.iter().chain([&value]);
    bits.extend(all.map(|x| x.to_f64().to_bits()));
}

/// The bits of values and gradients of all the losses, for batches of several shapes.
fn fingerprint<F: Scalar>() -> Vec<u64> {
    let mut bits = Vec::new();
    let mut random = Random(3);
    for (images, size) in [(1, MANY), (3, 70_000), (400, 300), (7, 1)] {
        let count = images * size;
        let labels = Array2::from_shape_fn((images, size), |_| match random.unit() {
            u if u < 0.1 => 255,
            u => i64::from(u < 0.4),
        });
        let x = Array2::from_shape_fn((images, size), |_| F::from_f64(9.0 * random.unit() - 4.0));
        let p = Array3::from_shape_fn((images, size, 3), |_| F::from_f64(random.unit().powi(3)));
        let (errors, sides) = (x.flatten(), labels.mapv(|label| i64::from(label == 1)));
        let of_errors = LovaszExtension::new()
            .fast_with_gradient(
                Prediction::errors(&errors),
                Target::labels(&sides.flatten()),
            )
            .expect("valid input");
        push_bits(&mut bits, of_errors);
        for per_image in [false, true] {
            let hinge = LovaszHinge::new().ignore_index(255).per_image(per_image);
            let softmax = LovaszSoftmax::new().ignore_index(255).per_image(per_image);
            let target = || Target::labels(&labels);
            let of_hinge = hinge.fast_with_gradient(Prediction::scores(&x), target());
            let of_softmax = softmax.fast_with_gradient(Prediction::probabilities(&p), target());
            let alone = hinge.fast(Prediction::scores(&x), target());
            let alone = alone.expect("valid input").reduced().expect("one value");
            bits.push(alone.to_f64().to_bits());
            for evaluation in [of_hinge, of_softmax] {
                push_bits(&mut bits, evaluation.expect("valid input"));
            }
        }
        if count < 30_000 {
            let softmax = LovaszSoftmax::new().ignore_index(255);
            let of_logits =
                softmax.fast_with_gradient(Prediction::logits(&p), Target::labels(&labels));
            let evaluation = of_logits.expect("valid input");
            bits.extend(evaluation.gradient.iter().map(|g| g.to_f64().to_bits()));
        }
    }
    bits
}

#[test]
fn bits_are_the_same_at_every_level_of_dispatch() {
    assert_same_at_every_level(|| (fingerprint::<f32>(), fingerprint::<f64>()));
}

#[cfg(feature = "parallel")]
#[test]
fn bits_are_the_same_on_1_2_3_and_8_threads() {
    let reference = (fingerprint::<f32>(), fingerprint::<f64>());
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started");
        let got = pool.install(|| (fingerprint::<f32>(), fingerprint::<f64>()));
        assert!(got == reference, "{threads} threads have other bits");
    }
}

#[test]
fn a_strided_batch_has_the_bits_of_a_contiguous_one() {
    let mut random = Random(4);
    let wide = Array2::from_shape_fn((MANY, 2), |_| (9.0 * random.unit() - 4.0) as f32);
    let labels = Array2::from_shape_fn((MANY, 2), |_| i64::from(random.unit() < 0.3));
    let (scores, labels) = (wide.column(1), labels.column(0));
    let loss = LovaszHinge::new();
    let mut gradient = Array2::from_elem((MANY, 2), 7.0_f32);
    let strided = loss.fast_with_gradient_into(
        Prediction::scores(scores),
        Target::labels(labels),
        gradient.column_mut(0).into_dyn(),
    );
    let (scores, labels) = (scores.to_owned(), labels.to_owned());
    let flat = loss.fast_with_gradient(Prediction::scores(&scores), Target::labels(&labels));
    let flat = flat.expect("valid input");
    assert_eq!(strided.expect("valid input"), flat.value);
    assert_eq!(gradient.column(0).into_dyn(), flat.gradient);
    assert!(gradient.column(1).iter().all(|&g| g == 7.0));
}

#[test]
fn ignored_pixels_change_nothing_wherever_they_stand() {
    let mut random = Random(6);
    let (errors, labels) = (errors(MANY).swap_remove(0).1, sides(MANY).swap_remove(0));
    let scores = Array1::from_iter(errors.iter().map(|&e| (e - 3.0) as f32));
    let both: Vec<(f32, i64)> = scores
        .iter()
        .zip(&labels)
        .flat_map(|(&x, &y)| {
            let ignored = (random.unit() < 0.3).then_some((f32::NAN, -7));
            ignored.into_iter().chain([(x, y)])
        })
        .collect();
    let x = Array1::from_iter(both.iter().map(|pixel| pixel.0));
    let y = Array1::from_iter(both.iter().map(|pixel| pixel.1));
    let loss = LovaszHinge::new().ignore_index(-7);
    let with = loss.fast_with_gradient(Prediction::scores(&x), Target::labels(&y));
    let without = loss.fast_with_gradient(Prediction::scores(&scores), Target::labels(&labels));
    let (with, without) = (with.expect("valid input"), without.expect("valid input"));
    assert_eq!(with.value, without.value);
    let kept = with
        .gradient
        .iter()
        .zip(&y)
        .filter(|(_, label)| **label != -7);
    assert!(kept.map(|(g, _)| g).eq(without.gradient.iter()));
    let ignored = with
        .gradient
        .iter()
        .zip(&y)
        .filter(|(_, label)| **label == -7);
    assert!(ignored.map(|(g, _)| *g).all(|g| g == 0.0));
}
