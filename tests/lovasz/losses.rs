//! The Lovász losses as losses: what they equal, what they claim, and bad input, which is the same
//! error in both twins. How accurate the fast twins are is in `accuracy`.

use exact_loss::Error;
use exact_loss::exact::set_function::{Jaccard as MispredictedSet, SetFunction, extension};
use exact_loss::exact::{Extended, Lift, Rational, Real};
use exact_loss::losses::{
    Classes, Jaccard, Loss, LovaszExtension, LovaszHinge, LovaszSoftmax, Prediction, Target, Value,
};
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, array};
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;

use super::{integer, ratio};

fn value<T>(value: Result<Value<T>, Error>) -> T {
    value.expect("valid input").reduced().expect("a number")
}

fn rational(value: &Real) -> Rational {
    value.as_rational().expect("a rational")
}

fn one_hot(classes: &Array1<i64>, count: usize) -> Array2<f64> {
    Array2::from_shape_fn((classes.len(), count), |(i, c)| {
        f64::from(classes[i] == c as i64)
    })
}

// CASES: the class indices sorted instead of the foreground gives 1/2.
#[test]
fn two_pixels_that_tell_a_sort_of_class_indices_give_7_16() {
    let p = array![[0.75, 0.25], [0.5, 0.5]];
    let y = array![0, 1];
    let (p, y) = (Prediction::probabilities(&p), Target::labels(&y));
    let loss = LovaszSoftmax::new();
    assert_eq!(
        value(loss.exact(p.view(), y.view())),
        Real::from(ratio(7, 16))
    );
    assert_eq!(value(loss.fast(p, y)), 7.0 / 16.0);
    let single = array![[0.75_f32, 0.25], [0.5, 0.5]];
    let y = array![0, 1];
    let fast = loss.fast(Prediction::probabilities(&single), Target::labels(&y));
    assert_eq!(value(fast), 7.0 / 16.0);
}

// CASES: the same fault gives 49/144 here.
#[test]
fn three_pixels_that_peak_on_their_labels_give_one_half() {
    let p = array![[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]];
    let y = array![0, 1, 2];
    let (p, y) = (Prediction::probabilities(&p), Target::labels(&y));
    let loss = LovaszSoftmax::new();
    assert_eq!(
        value(loss.exact(p.view(), y.view())),
        Real::from(ratio(1, 2))
    );
    assert_eq!(value(loss.fast(p, y)), 0.5);
    // The same from logits: softmax(ln 2, 0, 0) is not of rational logits, (1, 0, 0) is.
    let z = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let y = array![0, 1, 2];
    let exact = value(loss.exact(Prediction::logits(&z), Target::labels(&y)));
    // All three errors of the label are 1 − p, so the value is that too.
    assert_eq!(exact.to_string(), "1 - 1/(1 + 2·exp(-1))");
}

// CASES: absent class under "all".
#[test]
fn an_absent_class_counts_by_its_largest_probability() {
    let p = array![[0.5, 0.125, 0.375], [0.25, 0.5, 0.25]];
    let y = array![0, 0];
    let with = |classes: Classes| {
        let loss = LovaszSoftmax::new().classes(classes).expect("classes");
        let exact = loss.exact(Prediction::probabilities(&p), Target::labels(&y));
        let fast = loss.fast(Prediction::probabilities(&p), Target::labels(&y));
        let exact = rational(&value(exact));
        assert_eq!(Some(Extended::Finite(exact.clone())), value(fast).lift());
        exact
    };
    assert_eq!(with(Classes::Present), ratio(5, 8));
    assert_eq!(with(Classes::List(vec![1])), ratio(1, 2));
    assert_eq!(with(Classes::List(vec![2, 1])), ratio(7, 16));
    // (5/8 + 1/2 + 3/8)/3
    assert_eq!(with(Classes::All), ratio(1, 2));
}

// CASES: one pixel, one class.
#[test]
fn one_pixel_and_one_class_have_their_values() {
    let y = array![1];
    let p = array![[0.25, 0.75]];
    let loss = LovaszSoftmax::new();
    let exact = loss.exact(Prediction::probabilities(&p), Target::labels(&y));
    assert_eq!(value(exact), Real::from(ratio(1, 4)));
    // With one class every softmax is 1, and the loss and its gradient are 0.
    let z = array![[3.0], [-1.0]];
    let y = array![0, 0];
    let exact = loss.exact_with_gradient(Prediction::logits(&z), Target::labels(&y));
    let exact = exact.expect("valid input");
    assert_eq!(exact.value.reduced(), Some(Real::zero()));
    assert!(exact.gradient.iter().all(|g| *g == Real::zero()));
    let fast = loss.fast_with_gradient(Prediction::logits(&z), Target::labels(&y));
    let fast = fast.expect("valid input");
    assert_eq!(fast.value.reduced(), Some(0.0));
    assert!(fast.gradient.iter().all(|&g| g == 0.0));
    let hinge = LovaszHinge::new();
    let (x, y) = (array![0.25], array![1]);
    assert_eq!(
        value(hinge.fast(Prediction::scores(&x), Target::labels(&y))),
        0.75
    );
}

// CASES: all void.
#[test]
fn a_batch_of_ignored_pixels_has_no_value() {
    let y = array![255, 255];
    let undefined = |loss| Error::Undefined {
        loss,
        reason: "every row is ignored".to_owned(),
    };
    let p = array![[0.5, 0.5], [f64::NAN, 0.0]];
    let loss = LovaszSoftmax::new().ignore_index(255);
    let (p, target) = (Prediction::probabilities(&p), Target::labels(&y));
    assert_eq!(
        loss.exact(p.view(), target.view()),
        Err(undefined("lovasz_softmax"))
    );
    assert_eq!(
        loss.fast(p, target.view()),
        Err(undefined("lovasz_softmax"))
    );
    let x = array![1.0, 2.0];
    let loss = LovaszHinge::new().ignore_index(255);
    assert_eq!(
        loss.exact(Prediction::scores(&x), target.view()),
        Err(undefined("lovasz_hinge"))
    );
    assert_eq!(
        loss.fast(Prediction::scores(&x), target.view()),
        Err(undefined("lovasz_hinge"))
    );
    let loss = Jaccard::new().ignore_index(255);
    let exact = loss.exact::<f64>(Prediction::classes(&y), target);
    assert_eq!(exact, Err(undefined("jaccard")));
}

#[test]
fn an_image_of_ignored_pixels_is_left_out_of_the_mean() {
    let x = array![[0.5, -2.0], [7.0, 7.0]];
    let y = array![[1, 0], [255, 255]];
    let both = LovaszHinge::new().ignore_index(255).per_image(true);
    let first = LovaszHinge::new();
    let of_first = value(first.exact(
        Prediction::scores(x.index_axis(Axis(0), 0)),
        Target::labels(y.index_axis(Axis(0), 0)),
    ));
    let (x, y) = (Prediction::scores(&x), Target::labels(&y));
    assert_eq!(value(both.exact(x.view(), y.view())), of_first);
    assert_eq!(value(both.fast(x, y)), 0.5);
}

// CASES: smp's from_logits=False applied a softmax anyway.
#[test]
fn probabilities_are_not_taken_for_logits() {
    let p = array![[0.75, 0.25], [0.5, 0.5]];
    let y = array![0, 1];
    let loss = LovaszSoftmax::new();
    let by_logits = value(loss.fast(Prediction::logits(&p), Target::labels(&y)));
    let by_probabilities = value(loss.fast(Prediction::probabilities(&p), Target::labels(&y)));
    assert!((by_logits - by_probabilities).abs() > 0.02);
}

#[test]
fn a_candidate_gradient_at_ties_is_judged_by_membership() {
    let p = array![[0.5, 0.5], [0.5, 0.5]];
    let y = array![0, 1];
    let loss = LovaszSoftmax::new();
    let (p, y) = (Prediction::probabilities(&p), Target::labels(&y));
    assert!(
        !loss
            .has_unique_gradient(p.view(), y.view())
            .expect("valid input")
    );
    let judge = |g: [[i64; 2]; 2]| {
        let g = ArrayD::from_shape_fn(vec![2, 2], |at| ratio(g[at[0]][at[1]], 8));
        let judged = loss.has_gradient_between(p.view(), y.view(), g.view(), g.view());
        judged.expect("valid input").expect("it can tell")
    };
    // Each class has the orders (1, 0) and (1/2, 1/2), halved by the mean over the classes.
    assert!(judge([[-4, 0], [0, -4]]));
    assert!(judge([[-2, 2], [2, -2]]));
    assert!(judge([[-3, 0], [1, -4]]));
    assert!(!judge([[-1, 0], [3, -4]]));
    assert!(!judge([[-5, 0], [-1, -4]]));
    assert!(!judge([[4, 0], [0, 4]]));
    let gradient = loss
        .exact_with_gradient(p.view(), y.view())
        .expect("valid input")
        .gradient;
    assert!(
        gradient
            .iter()
            .zip([-4, 2, 0, -2])
            .all(|(g, eighths)| *g == ratio(eighths, 8).into())
    );
}

#[test]
fn a_candidate_gradient_at_the_hinge_s_kink_is_judged_by_membership() {
    let x = array![1.0, -3.0, 0.5];
    let y = array![1, 0, 1];
    let loss = LovaszHinge::new();
    let (x, y) = (Prediction::scores(&x), Target::labels(&y));
    assert!(
        !loss
            .has_unique_gradient(x.view(), y.view())
            .expect("valid input")
    );
    let judge = |first: i64, second: i64, third: i64| {
        let g = array![ratio(first, 4), ratio(second, 4), ratio(third, 4)].into_dyn();
        let judged = loss.has_gradient_between(x.view(), y.view(), g.view(), g.view());
        judged.expect("valid input").expect("it can tell")
    };
    // The third error is 1/2 and has the marginal 1/2; the first is at the kink.
    assert!(judge(0, 0, -2) && judge(-1, 0, -2) && judge(-2, 0, -2));
    assert!(!judge(-3, 0, -2) && !judge(1, 0, -2) && !judge(0, 1, -2) && !judge(0, 0, -1));
}

#[test]
fn both_twins_give_the_same_error() {
    fn both<L: Loss>(loss: &L, p: &Prediction<'_, f64>, y: &Target<'_, f64>, wanted: &str) {
        let exact = loss.exact(p.view(), y.view()).expect_err("bad input");
        assert_eq!(exact.to_string(), wanted);
        assert_eq!(loss.fast(p.view(), y.view()), Err(exact.clone()));
        let with_gradient = loss.exact_with_gradient(p.view(), y.view());
        assert_eq!(with_gradient.err(), Some(exact.clone()));
        assert_eq!(
            loss.fast_with_gradient(p.view(), y.view()).err(),
            Some(exact)
        );
    }
    let nan = f64::NAN;
    let hinge = LovaszHinge::new();
    let scores = |x: &[f64]| Prediction::scores(Array1::from(x.to_vec()));
    let labels = |y: &[i64]| Target::labels(Array1::from(y.to_vec()));
    both(
        &hinge,
        &scores(&[1.0, nan]),
        &labels(&[0, 1]),
        "scores[1]: got NaN, for which the loss is undefined",
    );
    both(
        &hinge,
        &scores(&[1.0]),
        &labels(&[2]),
        "labels[0]: got 2, wanted a class in 0..2",
    );
    both(
        &hinge,
        &scores(&[1.0]),
        &labels(&[0, 1]),
        "labels: got shape [2], wanted [1]",
    );
    both(
        &hinge,
        &scores(&[]),
        &labels(&[]),
        "lovasz_hinge: undefined, because the batch is empty",
    );
    both(
        &hinge,
        &Prediction::errors(array![1.0]),
        &labels(&[0]),
        "lovasz_hinge: a prediction in errors is not supported; give scores",
    );
    both(
        &hinge,
        &scores(&[1.0]),
        &Target::None,
        "lovasz_hinge: a prediction without a target is not supported; give labels [P] or [B, P]",
    );
    both(
        &hinge,
        &Prediction::scores(Array3::zeros((1, 1, 1))),
        &labels(&[0]),
        "scores: got shape [1, 1, 1], wanted [P] or [B, P]",
    );
    let extension = LovaszExtension::new();
    let errors = |m: &[f64]| Prediction::errors(Array1::from(m.to_vec()));
    both(
        &extension,
        &errors(&[1.0, f64::INFINITY]),
        &labels(&[0, 1]),
        "errors[1]: got inf, wanted a finite number",
    );
    both(
        &extension,
        &errors(&[nan]),
        &labels(&[0]),
        "errors[0]: got NaN, for which the loss is undefined",
    );
    both(
        &extension,
        &Prediction::errors(array![[1.0]]),
        &labels(&[0]),
        "errors: got shape [1, 1], wanted [P]",
    );
    let softmax = LovaszSoftmax::new();
    let p = |p: Array2<f64>| Prediction::probabilities(p);
    both(
        &softmax,
        &p(array![[0.5, 0.5], [0.5, 1.5]]),
        &labels(&[0, 1]),
        "probabilities[1, 1]: got 3/2, wanted a number in [0, 1]",
    );
    both(
        &softmax,
        &p(array![[0.5, nan]]),
        &labels(&[0]),
        "probabilities[0, 1]: got NaN, for which the loss is undefined",
    );
    both(
        &softmax,
        &p(array![[0.5, 0.5]]),
        &labels(&[2]),
        "labels[0]: got 2, wanted a class in 0..2",
    );
    both(
        &softmax,
        &p(Array2::zeros((1, 0))),
        &labels(&[0]),
        "probabilities: got shape [1, 0], wanted [P, C] or [B, P, C] with at least one class",
    );
    both(
        &softmax,
        &Prediction::logits(array![[f64::INFINITY, f64::INFINITY]]),
        &labels(&[0]),
        "lovasz_softmax: undefined, because row [0] of the logits is all -inf, or has two that are +inf",
    );
    let listed = LovaszSoftmax::new()
        .classes(Classes::List(vec![3]))
        .expect("a class");
    both(
        &listed,
        &p(array![[0.5, 0.5]]),
        &labels(&[0]),
        "classes: got 3, wanted classes in 0..2",
    );
    assert!(LovaszSoftmax::new().classes(Classes::List(vec![])).is_err());
    assert!(
        LovaszSoftmax::new()
            .classes(Classes::List(vec![1, 1]))
            .is_err()
    );
    // In a batch of images the index has an axis more.
    let images = Prediction::probabilities(Array3::from_elem((2, 2, 2), 2.0));
    let y = Target::labels(array![[7, 7], [7, 0]]);
    let ignoring = LovaszSoftmax::new().ignore_index(7);
    both(
        &ignoring,
        &images,
        &y,
        "probabilities[1, 1, 0]: got 2, wanted a number in [0, 1]",
    );
}

#[test]
fn the_discrete_loss_has_no_gradient_and_refuses_bad_classes() {
    let loss = Jaccard::new().class_count(2);
    let y = array![0, 1];
    let exact = |loss: &Jaccard, classes: &Array1<i64>| {
        let exact = loss.exact::<f64>(Prediction::classes(classes), Target::labels(&y));
        let fast = loss.fast::<f64>(Prediction::classes(classes), Target::labels(&y));
        let error = exact.expect_err("bad input");
        assert_eq!(fast, Err(error.clone()));
        error.to_string()
    };
    assert_eq!(
        exact(&loss, &array![0, 2]),
        "predictions[1]: got 2, wanted a class in 0..2"
    );
    assert_eq!(
        exact(&Jaccard::new(), &array![0, -1]),
        "predictions[1]: got -1, wanted a class"
    );
    let all = Jaccard::new().classes(Classes::All).expect("all");
    let wanted = "classes: got all, wanted all together with the number of classes";
    assert_eq!(exact(&all, &array![0, 1]), wanted);
    let gradient = loss.fast_with_gradient::<f64>(Prediction::classes(&y), Target::labels(&y));
    assert!(matches!(gradient, Err(Error::Unsupported { .. })));
    // Classes that are far apart need no table of all between them.
    let far = array![0, i64::MAX];
    let fast = Jaccard::new().fast::<f64>(Prediction::classes(&far), Target::labels(&far));
    assert_eq!(value(fast), 0.0);
}

/// Pixels with predicted and true classes.
fn classes(most: usize, count: i64) -> impl Strategy<Value = (Array1<i64>, Array1<i64>)> {
    (1..=most).prop_flat_map(move |len| {
        let classes = || proptest::collection::vec(0..count, len).prop_map(Array1::from);
        (classes(), classes())
    })
}

fn some_classes() -> impl Strategy<Value = Classes> {
    prop_oneof![
        Just(Classes::Present),
        Just(Classes::All),
        Just(Classes::List(vec![2, 0])),
    ]
}

proptest! {
    #[test]
    fn on_hard_predictions_lovasz_softmax_is_the_discrete_loss(
        (predicted, labels) in classes(200, 4), classes in some_classes(), ignore in -1_i64..4
    ) {
        let discrete = Jaccard::new().class_count(4).ignore_index(ignore);
        let discrete = discrete.classes(classes.clone()).expect("classes");
        let softmax = LovaszSoftmax::new().ignore_index(ignore).classes(classes).expect("classes");
        let p = one_hot(&predicted, 4);
        let (p, y) = (Prediction::probabilities(&p), Target::labels(&labels));
        let wanted = discrete.exact::<f64>(Prediction::classes(&predicted), y.view());
        if let Err(error) = wanted {
            let is_undefined = matches!(error, Error::Undefined { .. });
            prop_assert!(is_undefined);
            prop_assert!(softmax.exact(p, y).is_err());
        } else {
            prop_assert_eq!(softmax.exact(p.view(), y.view()), wanted);
            let rounded = discrete.fast::<f64>(Prediction::classes(&predicted), y.view());
            let (a, b) = (value(softmax.fast(p, y)), value(rounded));
            prop_assert!((a - b).abs() <= f64::EPSILON * b);
        }
    }

    #[test]
    fn per_image_it_is_the_discrete_loss_per_image(
        (predicted, labels) in (1_usize..6, 1_usize..20).prop_flat_map(|(b, p)| {
            let classes = || proptest::collection::vec(0_i64..3, b * p).prop_map(move |classes| {
                Array2::from_shape_vec((b, p), classes).expect("b·p classes")
            });
            (classes(), classes())
        })
    ) {
        let (images, pixels) = predicted.dim();
        let p = Array3::from_shape_fn((images, pixels, 3), |(b, i, c)| {
            f64::from(predicted[[b, i]] == c as i64)
        });
        for per_image in [false, true] {
            let discrete = Jaccard::new().per_image(per_image);
            let softmax = LovaszSoftmax::new().per_image(per_image);
            let wanted = discrete.exact::<f64>(Prediction::classes(&predicted), Target::labels(&labels));
            let exact = softmax.exact(Prediction::probabilities(&p), Target::labels(&labels));
            prop_assert_eq!(exact, wanted);
        }
        // The mean over the images, one by one.
        let each = predicted.outer_iter().zip(labels.outer_iter()).map(|(predicted, labels)| {
            let loss = Jaccard::new();
            let (predicted, labels) = (Prediction::classes(predicted), Target::labels(labels));
            rational(&value(loss.exact::<f64>(predicted, labels)))
        });
        let mean = each.sum::<Rational>() / integer(images as i64);
        let together = Jaccard::new().per_image(true);
        let together = together.exact::<f64>(Prediction::classes(&predicted), Target::labels(&labels));
        prop_assert_eq!(rational(&value(together)), mean);
    }

    #[test]
    fn the_discrete_loss_of_two_classes_is_the_set_function(
        (predicted, labels) in classes(60, 2)
    ) {
        let foreground: Vec<bool> = labels.iter().map(|&y| y == 1).collect();
        let wrong: Vec<bool> = labels.iter().zip(&predicted).map(|(y, p)| y != p).collect();
        let set = MispredictedSet::new(foreground);
        let loss = Jaccard::new().class(1);
        let exact = loss.exact::<f64>(Prediction::classes(&predicted), Target::labels(&labels));
        prop_assert_eq!(rational(&value(exact)), set.value(&wrong));
        // Scores of ±1 have the hinge errors 0 and 2.
        let scores = predicted.map(|&class| if class == 1 { 1.0 } else { -1.0 });
        let hinge = LovaszHinge::new().exact(Prediction::scores(&scores), Target::labels(&labels));
        prop_assert_eq!(rational(&value(hinge)), set.value(&wrong) * integer(2));
    }

    #[test]
    fn each_loss_is_the_extension_at_its_errors(
        pixels in proptest::collection::vec((0_i64..=16, 0_i64..2), 1..40)
    ) {
        let (p, labels): (Vec<i64>, Vec<i64>) = pixels.into_iter().unzip();
        let set = MispredictedSet::new(labels.iter().map(|&y| y == 1).collect());
        let y = Array1::from(labels.clone());
        let y = Target::<Rational>::labels(&y);
        let errors: Vec<Rational> = p
            .iter()
            .zip(&labels)
            .map(|(&p, &y)| ratio(if y == 1 { 16 - p } else { p }, 16))
            .collect();
        let wanted = extension(&set, &errors).expect("p errors");
        let m = Array1::from(errors);
        let loss = LovaszExtension::new().exact(Prediction::errors(&m), y.view());
        prop_assert_eq!(rational(&value(loss)), wanted.clone());
        // Class 1 alone of the rows (1 − p, p).
        let rows = Array2::from_shape_fn((p.len(), 2), |(i, c)| {
            ratio(if c == 1 { p[i] } else { 16 - p[i] }, 16)
        });
        let softmax = LovaszSoftmax::new().classes(Classes::List(vec![1])).expect("a class");
        let softmax = softmax.exact(Prediction::probabilities(&rows), y.view());
        prop_assert_eq!(rational(&value(softmax)), wanted);
        // Scores around the kink: e = 1 − xs.
        let scores = Array1::from_iter(p.iter().map(|&p| ratio(p - 8, 4)));
        let errors: Vec<Rational> = scores
            .iter()
            .zip(&labels)
            .map(|(x, &y)| (integer(1) - if y == 1 { x.clone() } else { -x }).max(integer(0)))
            .collect();
        let hinge = LovaszHinge::new().exact(Prediction::scores(&scores), y);
        prop_assert_eq!(rational(&value(hinge)), extension(&set, &errors).expect("p errors"));
    }

    #[test]
    fn from_logits_the_exact_twin_sorts_and_ties_as_the_numbers_do(
        rows in proptest::collection::vec((0_usize..6, 0_i64..3, -2_i64..3), 1..8)
    ) {
        // Rows that are permutations of one, with a shift: ties by construction.
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let base = [ratio(1, 1), ratio(1, 3), ratio(-1, 2)];
        let z = Array2::from_shape_fn((rows.len(), 3), |(i, c)| {
            &base[orders[rows[i].0][c]] + integer(rows[i].2)
        });
        let y = Array1::from_iter(rows.iter().map(|row| row.1));
        let loss = LovaszSoftmax::new().classes(Classes::All).expect("all");
        let (z, y) = (Prediction::logits(&z), Target::labels(&y));
        let by_logits = value(loss.exact(z.view(), y.view()));
        // The softmax of `base` to 200 bits, as rationals that keep the ties.
        let p = exact_loss::exact::Distribution::softmax(&base.map(Extended::Finite)).expect("finite");
        let p: Vec<Rational> = (0..3).map(|c| {
            let p = p.probability(c).and_then(|p| p.enclose(200)).and_then(|p| p.lower());
            p.expect("an enclosure")
        }).collect();
        let rows_of_p = Array2::from_shape_fn((rows.len(), 3), |(i, c)| p[orders[rows[i].0][c]].clone());
        let by_probabilities = loss.exact(Prediction::probabilities(&rows_of_p), y.view());
        let difference = by_logits.sub(&value(by_probabilities)).expect("finite");
        let bound = Rational::new(One::one(), num_bigint::BigInt::one() << 190);
        let enclosure = difference.enclose_absolute(200).expect("finite");
        prop_assert!(enclosure.upper().expect("bounded") <= bound);
        prop_assert!(enclosure.lower().expect("bounded") >= -bound);
        // The gradient is orthogonal to a shift of the row.
        let gradient = loss.exact_with_gradient(z.view(), y).expect("valid input").gradient;
        for row in gradient.rows() {
            prop_assert_eq!(Real::sum(row.iter().cloned()).expect("finite"), Real::zero());
        }
    }

    #[test]
    fn the_gradients_of_a_loss_that_is_judged_contain_the_one_it_gives(
        scores in proptest::collection::vec((-4_i64..=4, 0_i64..2), 1..30)
    ) {
        let x = Array1::from_iter(scores.iter().map(|&(x, _)| ratio(x, 2)));
        let y = Array1::from_iter(scores.iter().map(|&(_, y)| y));
        let (x, y) = (Prediction::scores(&x), Target::labels(&y));
        let loss = LovaszHinge::new();
        let gradient = loss.exact_with_gradient(x.view(), y.view()).expect("valid input").gradient;
        let gradient = gradient.map(rational);
        let judge = |g: &ArrayD<Rational>| {
            let judged = loss.has_gradient_between(x.view(), y.view(), g.view(), g.view());
            judged.expect("valid input").expect("it can tell")
        };
        prop_assert!(judge(&gradient));
        // A component of the wrong sign never is one.
        if let Some(place) = gradient.iter().position(|g| !g.is_zero()) {
            let mut wrong = gradient.clone();
            wrong[[place]] = -&gradient[[place]];
            prop_assert!(!judge(&wrong));
            wrong[[place]] = &gradient[[place]] * integer(1000);
            prop_assert!(!judge(&wrong));
            prop_assert!(wrong.iter().any(Signed::is_positive) || wrong.iter().any(Signed::is_negative));
        }
        prop_assert!(gradient.iter().any(Zero::is_zero) || gradient.len() == x.shape()[0]);
    }
}
