//! What holds for every loss in the list: its claims, what its samples say, and that both twins
//! refuse bad input alike. A loss is in here by being in `ALL`.

use core::fmt::Write;

use exact_loss::Error;
use exact_loss::exact::rational::nearest;
use exact_loss::exact::{Extended, Format, Real, Rounded};
use exact_loss::losses::{ALL, Evaluation, Prediction, Sample, Space, Target, Value};
use insta::{Settings, assert_snapshot};
use ndarray::{ArrayD, Axis, IxDyn};

use super::rows::ulps;

fn samples() -> impl Iterator<Item = (&'static str, Sample)> {
    ALL.iter().flat_map(|entry| {
        let samples = (entry.samples)().unwrap();
        samples.into_iter().map(|sample| (entry.name, sample))
    })
}

#[test]
fn every_claim_of_every_loss_holds_on_its_samples() {
    for entry in ALL {
        for claim in entry.claims {
            for sample in (entry.samples)().unwrap() {
                let holds = claim.holds(&sample).unwrap();
                assert!(
                    holds,
                    "{claim:?} fails for {} on {}",
                    entry.name, sample.name
                );
            }
        }
    }
}

#[test]
fn samples_have_the_name_of_their_loss() {
    for (name, sample) in samples() {
        assert_eq!(sample.loss.id(), name);
    }
}

/// The exact value and gradient of each sample as people read them, with the nearest floats.
#[test]
fn samples_of_every_loss_are_what_the_snapshots_show() {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for entry in ALL {
        let mut text = String::new();
        for sample in (entry.samples)().unwrap() {
            let exact = sample
                .loss
                .value_exact(sample.prediction.view(), sample.target.view());
            writeln!(text, "{}", sample.name).unwrap();
            for value in exact.unwrap().iter() {
                writeln!(text, "    {}", shown(value)).unwrap();
            }
            let gradient = sample
                .loss
                .evaluate_exact(sample.prediction.view(), sample.target.view());
            if let Ok(Evaluation { gradient, .. }) = gradient {
                writeln!(text, "  gradient {:?}", gradient.shape()).unwrap();
                for component in &gradient {
                    writeln!(text, "    {}", shown(component)).unwrap();
                }
            }
        }
        settings.set_description(format!(
            "{}: exact value and gradient of each sample, and the nearest f64.",
            entry.title
        ));
        settings.bind(|| assert_snapshot!(format!("{}__samples", entry.name), text));
    }
}

fn shown(value: &Real) -> String {
    match value.round::<f64>().unwrap() {
        Rounded::Exact(float) => format!("{value} = {float:?}"),
        Rounded::Rounded(float) => format!("{value} ≈ {float:?}"),
        Rounded::Undecided { bits } => format!("{value} (undecided at {bits} bits)"),
    }
}

/// The samples with every number rounded to a float type.
fn rounded<F: Format>(sample: &Sample) -> (Prediction<'static, F>, Target<'static, F>) {
    let round = |number: &Extended| match number {
        Extended::NegativeInfinity => F::infinity(true),
        Extended::Finite(number) => nearest(number),
        Extended::Infinity => F::infinity(false),
    };
    (sample.prediction.map(round), sample.target.map(round))
}

/// The largest value error of a fast twin that any loss states for well-conditioned input, in
/// ulps; the modules of the losses hold each to its own bound.
const ANY_LOSS: f64 = 2.0;

fn judge<F: Format>(name: &str, sample: &Sample, fast: &Value<F>, exact: &Value<Real>) {
    for (got, exact) in fast.iter().zip(exact.iter()) {
        let error = ulps(*got, exact);
        assert!(
            error <= ANY_LOSS,
            "{name}, {}: {error} ulp from {exact}",
            sample.name
        );
    }
}

#[test]
fn fast_twins_are_within_two_ulps_on_the_samples() {
    for (name, sample) in samples() {
        let (prediction, target) = rounded::<f64>(&sample);
        let fast = sample
            .loss
            .value_f64(prediction.view(), target.view())
            .unwrap();
        let lift = |x: &f64| exact_loss::exact::Lift::lift(x).unwrap();
        let exact = sample
            .loss
            .value_exact(prediction.map(lift), target.map(lift))
            .unwrap();
        judge(name, &sample, &fast, &exact);

        let (prediction, target) = rounded::<f32>(&sample);
        let fast = sample
            .loss
            .value_f32(prediction.view(), target.view())
            .unwrap();
        let lift = |x: &f32| exact_loss::exact::Lift::lift(x).unwrap();
        let exact = sample
            .loss
            .value_exact(prediction.map(lift), target.map(lift))
            .unwrap();
        judge(name, &sample, &fast, &exact);
    }
}

/// A spoilt copy of a sample's input.
struct Spoilt {
    how: &'static str,
    prediction: Prediction<'static, f64>,
    target: Target<'static, f64>,
}

fn spoil(sample: &Sample) -> Vec<Spoilt> {
    let (prediction, target) = rounded::<f64>(sample);
    let mut all = Vec::new();
    let mut spoilt = |how, prediction: Prediction<'static, f64>, target: Target<'static, f64>| {
        all.push(Spoilt {
            how,
            prediction,
            target,
        });
    };
    if let Prediction::Values(space, values) = &prediction {
        let with = |x: f64| {
            let mut values: ArrayD<f64> = values.to_owned().into_owned();
            if let Some(last) = values.iter_mut().last() {
                *last = x;
            }
            Prediction::Values(*space, values.into())
        };
        spoilt("NaN in the prediction", with(f64::NAN), target.clone());
        if *space == Space::Probabilities {
            spoilt("a negative probability", with(-0.25), target.clone());
            spoilt(
                "a probability of NaN's sign",
                with(f64::INFINITY),
                target.clone(),
            );
        }
        let none = values.select(Axis(0), &[]);
        let no_target = match &target {
            Target::None => Target::None,
            Target::Labels(labels) => Target::Labels(labels.select(Axis(0), &[]).into()),
            Target::Values(values) => Target::Values(values.select(Axis(0), &[]).into()),
        };
        spoilt(
            "an empty batch",
            Prediction::Values(*space, none.into()),
            no_target,
        );
        let deeper = values
            .to_owned()
            .into_owned()
            .insert_axis(Axis(0))
            .insert_axis(Axis(0));
        spoilt(
            "too many axes",
            Prediction::Values(*space, deeper.into()),
            target.clone(),
        );
    }
    match &target {
        Target::None => {
            let extra = Target::labels(ArrayD::<i64>::zeros(IxDyn(&[1])));
            spoilt("a target too many", prediction.clone(), extra);
        }
        Target::Labels(labels) => {
            spoilt("no target", prediction.clone(), Target::None);
            for label in [-1, 1_000_000, i64::MIN, i64::MAX] {
                let mut labels: ArrayD<i64> = labels.to_owned().into_owned();
                labels.fill(label);
                spoilt(
                    "labels out of range",
                    prediction.clone(),
                    Target::Labels(labels.into()),
                );
            }
        }
        Target::Values(values) => {
            spoilt("no target", prediction.clone(), Target::None);
            for x in [f64::NAN, -1.0, f64::INFINITY] {
                let mut values: ArrayD<f64> = values.to_owned().into_owned();
                if let Some(last) = values.iter_mut().last() {
                    *last = x;
                }
                spoilt(
                    "a bad target",
                    prediction.clone(),
                    Target::Values(values.into()),
                );
            }
        }
    }
    all
}

/// One question to both twins: the same typed error, in value and gradient, and no panic.
#[test]
fn both_twins_refuse_bad_input_with_the_same_error() {
    for (name, sample) in samples() {
        for Spoilt {
            how,
            prediction,
            target,
        } in spoil(&sample)
        {
            let lift = |x: &f64| exact_loss::exact::Lift::lift(x).unwrap_or(Extended::Infinity);
            let is_nan = |x: &f64| x.is_nan();
            let loss = &sample.loss;
            let fast = loss.value_f64(prediction.view(), target.view());
            let error = fast.expect_err(&format!("{name}, {}: {how} is accepted", sample.name));
            let gradient = loss.evaluate_f64(prediction.view(), target.view());
            assert_eq!(
                gradient.expect_err(how),
                error,
                "{name}, {}: {how}",
                sample.name
            );
            let has_nan = match (&prediction, &target) {
                (Prediction::Values(_, values), Target::Values(targets)) => {
                    values.iter().any(is_nan) || targets.iter().any(is_nan)
                }
                (Prediction::Values(_, values), _) => values.iter().any(is_nan),
                (_, Target::Values(targets)) => targets.iter().any(is_nan),
                _ => false,
            };
            if has_nan {
                // NaN cannot be lifted: the float entry of the exact twin is each loss's test.
                assert!(
                    matches!(error, Error::NotANumber { .. }),
                    "{name}: {how}: {error}"
                );
                continue;
            }
            let exact = loss.value_exact(prediction.map(lift), target.map(lift));
            assert_eq!(
                exact.expect_err(how),
                error,
                "{name}, {}: {how}",
                sample.name
            );
            let exact = loss.evaluate_exact(prediction.map(lift), target.map(lift));
            assert_eq!(
                exact.expect_err(how),
                error,
                "{name}, {}: {how}",
                sample.name
            );
        }
    }
}
