//! How much memory the Lovász losses take beyond input and output, at its peak.

use allocation_counter::measure;
use exact_loss::losses::{Loss, LovaszHinge, LovaszSoftmax, Prediction, Scalar, Target};
use ndarray::{Array1, Array2, ArrayViewD, ArrayViewMutD};

const PIXELS: usize = 1 << 20;

/// A float in [0, 1) from an index, without a pattern.
fn unit(i: usize) -> f64 {
    let z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The peak of the bytes beyond input and output, of the value and with the gradient, on a thread
/// whose allocations are all counted.
fn peak<F: Scalar, L: Loss + Sync>(
    loss: &L,
    prediction: &Prediction<'_, F>,
    target: &Target<'_, F>,
    gradient: ArrayViewMutD<'_, F>,
) -> u64 {
    let value = || loss.fast(prediction.view(), target.view());
    let with_gradient = || loss.fast_with_gradient_into(prediction.view(), target.view(), gradient);
    on_one_thread(|| {
        let value = measure(|| assert!(value().is_ok()));
        let with_gradient = measure(|| assert!(with_gradient().is_ok()));
        value.bytes_max.max(with_gradient.bytes_max)
    })
}

#[cfg(feature = "parallel")]
fn on_one_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread can be started").install(work)
}

#[cfg(not(feature = "parallel"))]
fn on_one_thread<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The bytes a pixel of the hinge, at scores of the given lean to the wrong side.
fn bytes_of_hinge<F: Scalar>(lean: f64) -> f64 {
    let labels = Array1::from_shape_fn(PIXELS, |i| i64::from(unit(i) < 0.3));
    let scores = Array1::from_shape_fn(PIXELS, |i| {
        let error = 6.0 * (unit(i + PIXELS) - 0.5) + lean;
        F::from_f64(if labels[i] == 1 {
            1.0 - error
        } else {
            error - 1.0
        })
    });
    let mut gradient = Array1::from_elem(PIXELS, F::ZERO);
    let bytes = peak(
        &LovaszHinge::new(),
        &Prediction::scores(&scores),
        &Target::labels(&labels),
        gradient.view_mut().into_dyn(),
    );
    bytes as f64 / PIXELS as f64
}

#[test]
fn the_hinge_takes_at_most_10_bytes_a_pixel_in_f32_on_one_thread() {
    let (half, all) = (bytes_of_hinge::<f32>(0.0), bytes_of_hinge::<f32>(9.0));
    // 9 bytes for each pixel that is sorted, and 1 MB for the thread: at most 11 on two threads.
    assert!(
        half <= 4.5 + 1.0,
        "half of the pixels sorted: {half} bytes a pixel"
    );
    assert!(
        (8.0..=9.0 + 1.0).contains(&all),
        "all pixels sorted: {all} bytes a pixel"
    );
}

#[test]
fn the_hinge_takes_at_most_19_bytes_a_pixel_in_f64_on_one_thread() {
    let all = bytes_of_hinge::<f64>(9.0);
    assert!(
        (16.0..=17.0 + 2.0).contains(&all),
        "all pixels sorted: {all} bytes a pixel"
    );
}

/// The peak of the bytes of the value alone, on one thread, of the hinge at these errors.
fn bytes_of_value(pixels: usize, error: impl Fn(usize) -> f64) -> u64 {
    let labels = Array1::from_shape_fn(pixels, |i| i64::from(unit(i) < 0.3));
    let scores = Array1::from_shape_fn(pixels, |i| {
        let t = error(i) as f32 - 1.0;
        if labels[i] == 1 { -t } else { t }
    });
    on_one_thread(|| {
        let value =
            || LovaszHinge::new().fast(Prediction::scores(&scores), Target::labels(&labels));
        measure(|| assert!(value().is_ok())).bytes_max
    })
}

#[test]
fn a_value_of_the_hinge_that_is_counted_takes_half_a_megabyte_a_thread_and_800_kb() {
    const KB: u64 = 1000;
    // One error far from the others: then all bins up to it are kept.
    let with_first = |first| {
        move |i| {
            if i == 0 {
                first
            } else {
                3.0 * unit(i + PIXELS)
            }
        }
    };
    let small = bytes_of_value(1 << 16, with_first(1.0));
    assert!((520..800).contains(&(small / KB)), "{small} bytes");
    let large = bytes_of_value(1 << 16, with_first(253.0));
    assert!((1200..1350).contains(&(large / KB)), "{large} bytes");
    // Errors that the coarse bins leave open.
    let fine = bytes_of_value(1 << 20, |i| 1.0 + 0.3 * unit(i + PIXELS));
    assert!((2000..5300).contains(&(fine / KB)), "{fine} bytes");
}

/// The bytes a pixel of Lovász-softmax, beyond 2 MB for the thread, where so large a part of the pixels is sorted for
/// each class: those before the last one of its own.
fn bytes_of_softmax(sorted: f32) -> f64 {
    const CLASSES: usize = 21;
    let pixels = PIXELS / 2;
    let labels = Array1::from_shape_fn(pixels, |i| (i % CLASSES) as i64);
    let p = Array2::from_shape_fn((pixels, CLASSES), |(i, c)| {
        let random = unit(i * CLASSES + c) as f32;
        if i % CLASSES != c {
            random
        } else if i == c {
            sorted
        } else {
            random * sorted
        }
    });
    let mut gradient = Array2::from_elem((pixels, CLASSES), 0.0_f32);
    let view: ArrayViewD<'_, f32> = p.view().into_dyn();
    let bytes = peak(
        &LovaszSoftmax::new(),
        &Prediction::probabilities(view),
        &Target::labels(&labels),
        gradient.view_mut().into_dyn(),
    );
    let (of_thread, pixels) = (2.0 * PIXELS as f64, pixels as f64);
    (bytes as f64 - of_thread) / pixels
}

#[test]
fn softmax_takes_at_most_12_bytes_a_pixel_and_2_mb_in_f32_for_any_number_of_classes() {
    // One class after another, two together, and about ten.
    for sorted in [1.0, 0.6, 0.1] {
        let bytes = bytes_of_softmax(sorted);
        assert!(
            bytes <= 12.0,
            "{bytes} bytes a pixel where {sorted} are sorted"
        );
    }
}
