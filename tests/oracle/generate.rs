//! The generators: what they make is made again by the same options, covers every tag, loss and type,
//! and is of the type that it says.

use std::collections::{BTreeMap, BTreeSet};

use exact_loss::Error;
use exact_loss::exact::{Extended, Lift};
use exact_loss::losses::{ALL, Entry, Prediction, Setting, Target, find};
use exact_loss::oracle::generate::{Cases, Level, Options, cases, tags};
use exact_loss::oracle::line::{Twin, cases_of, write_case};
use exact_loss::oracle::{Case, Dtype, Number, Status};

use super::{answers, lines_of};

fn options(dtype: Dtype) -> Options {
    Options {
        dtype,
        ..Options::default()
    }
}

fn made(entry: &'static Entry, options: &Options) -> Cases {
    cases(entry, options).unwrap()
}

/// Calls a check with every case of level 1, for every loss and type.
fn for_all(mut check: impl FnMut(&Case)) {
    for entry in ALL {
        for dtype in Dtype::ALL {
            made(entry, &options(dtype)).for_each(|case| check(&case));
        }
    }
}

#[test]
fn the_same_options_make_the_same_lines() {
    let thirty = |dtype, seed| Options {
        seed,
        count: Some(30),
        ..options(dtype)
    };
    for dtype in Dtype::ALL {
        let first = lines_of("all", &thirty(dtype, 1));
        assert_eq!(first, lines_of("all", &thirty(dtype, 1)));
        assert_ne!(first, lines_of("all", &thirty(dtype, 2)));
    }
}

#[test]
fn every_loss_has_a_case_of_every_tag_in_every_type_at_every_level() {
    for entry in ALL {
        assert!(tags(entry).count() >= 9, "{}", entry.name);
        for (dtype, level) in Dtype::ALL
            .into_iter()
            .flat_map(|dtype| Level::ALL.map(|level| (dtype, level)))
        {
            for tag in tags(entry).filter(|tag| level == Level::Quick || tag.name != "large") {
                // A large case of a higher level takes long, but for its first.
                if level > Level::Quick
                    && ["mean-of-many", "lovasz-gradient-of-many-pixels"].contains(&tag.name)
                {
                    continue;
                }
                let only = Options {
                    level,
                    tag: Some(tag.name.to_owned()),
                    ..options(dtype)
                };
                let case = made(entry, &only).next();
                let case = case.unwrap_or_else(|| panic!("{} {} {dtype}", entry.name, tag.name));
                assert_eq!(case.tags, [tag.name]);
                assert_eq!((case.entry.name, case.dtype), (entry.name, dtype));
            }
        }
    }
}

#[test]
fn the_first_cases_have_every_tag() {
    for entry in ALL {
        let all: BTreeSet<&str> = tags(entry).map(|tag| tag.name).collect();
        let some = Options {
            count: Some(all.len() as u64),
            ..Options::default()
        };
        let found: BTreeSet<String> = made(entry, &some).flat_map(|case| case.tags).collect();
        assert!(found.iter().map(String::as_str).eq(all), "{}", entry.name);
    }
}

#[test]
fn a_count_is_kept_below_and_beyond_what_the_level_has() {
    for count in [0, 1, 7, 900] {
        let some = Options {
            count: Some(count),
            ..Options::default()
        };
        for loss in ["jaccard", "lovasz_extension"] {
            let number = made(find(loss).unwrap(), &some).count();
            assert_eq!(number as u64, count, "{loss}");
        }
    }
    let known = Options {
        count: Some(9),
        tag: Some("class-indices-sorted".to_owned()),
        ..Options::default()
    };
    let cases: Vec<Case> = made(find("lovasz_softmax").unwrap(), &known).collect();
    assert_eq!(cases.len(), 9);
    let ids: BTreeSet<&String> = cases.iter().map(|case| &case.id).collect();
    assert_eq!(ids.len(), 9);
}

#[test]
fn ids_are_unique_and_say_what_the_case_is() {
    let mut ids = BTreeSet::new();
    for_all(|case| {
        let start = format!("{}/{}/1/", case.entry.name, case.dtype);
        assert!(case.id.starts_with(&start), "{}", case.id);
        assert!(ids.insert(case.id.clone()), "{} twice", case.id);
    });
    let seeded = Options {
        seed: 7,
        tag: Some("ties".to_owned()),
        ..Options::default()
    };
    let case = made(find("entropy").unwrap(), &seeded).next().unwrap();
    assert_eq!(case.id, "entropy/f64/1/seed7/ties/000000");
}

/// All numbers of a case: prediction, target and parameters.
fn numbers(case: &Case) -> Vec<Number> {
    let mut all = Vec::new();
    if let Prediction::Values(_, values) = &case.prediction {
        all.extend(values.iter().cloned());
    }
    if let Target::Values(values) = &case.target {
        all.extend(values.iter().cloned());
    }
    for (_, setting) in case.params.iter() {
        match setting {
            Setting::Number(number) => all.push(number.clone()),
            Setting::Numbers(numbers) => all.extend(numbers.iter().cloned()),
            _ => {}
        }
    }
    all
}

#[test]
fn every_number_is_one_of_its_type() {
    for_all(|case| {
        for number in numbers(case) {
            if let Some(Extended::Finite(x)) = &number {
                let nearest = case.dtype.nearest(x);
                assert_eq!(nearest.lift(), number, "{}", case.id);
            }
        }
    });
}

#[test]
fn a_case_survives_being_written_and_read() {
    for_all(|case| {
        let mut line = String::new();
        write_case(case, &mut line);
        let read = exact_loss::oracle::line::read_case(&line, String::new).unwrap();
        let mut again = String::new();
        write_case(&read, &mut again);
        assert_eq!(line, again);
    });
}

#[test]
fn every_parameter_space_and_kind_of_target_occurs() {
    for entry in ALL {
        let (mut params, mut spaces, mut targets) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut settings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for case in made(entry, &Options::default()) {
            spaces.insert(case.prediction.space());
            targets.insert(case.target_name());
            for (name, setting) in case.params.iter() {
                params.insert(name.to_owned());
                settings
                    .entry(name.to_owned())
                    .or_default()
                    .insert(setting.to_string());
            }
        }
        for info in entry.parameters {
            assert!(params.contains(info.name), "{} {}", entry.name, info.name);
        }
        assert!(entry.spaces.iter().all(|space| spaces.contains(space)));
        assert!(
            entry
                .targets
                .iter()
                .all(|kind| targets.contains(&kind.name()))
        );
        let wanted: &[(&str, &[&str])] = &[
            ("reduction", &["\"none\"", "\"sum\"", "\"mean\""]),
            ("base", &["\"e\"", "\"2\""]),
            ("gamma", &["0", "1/2", "1", "2", "5"]),
            ("classes", &["\"present\"", "\"all\""]),
            ("per_image", &["true", "false"]),
        ];
        for (name, values) in wanted {
            let is_mean_only = entry.name.starts_with("lovasz") || entry.name == "jaccard";
            if let Some(found) = settings
                .get(*name)
                .filter(|_| *name != "reduction" || !is_mean_only)
            {
                for value in *values {
                    assert!(found.contains(*value), "{} {name} {value}", entry.name);
                }
            }
        }
    }
}

/// The rows of the lists of known failures, by name.
const KNOWN: [&str; 43] = [
    "equal-huge-logits",
    "sigmoid-then-bce",
    "infinite-logits",
    "large-logit-of-a-positive",
    "clamped-certainty",
    "probability-path-loses-logits",
    "one-minus-epsilon-is-one",
    "raw-score-minus-1000",
    "mean-of-many",
    "impossible-class-without-target",
    "every-row-ignored",
    "ignored-rows-in-the-mean",
    "weighted-mean",
    "smoothing-with-weights",
    "focal-at-certainty",
    "focal-negative-at-f16-range",
    "focal-alpha-by-class",
    "divergence-of-zero-targets",
    "divergence-mean-over-rows",
    "absent-class-under-all",
    "one-pixel",
    "every-pixel-void",
    "one-class",
    "tied-errors",
    "class-indices-sorted",
    "permuted-rows",
    "gradient-at-certain-and-right",
    "gradient-of-tiny-probability",
    "logarithm-below-minus-100",
    "small-loss-of-a-sure-logit",
    "tiny-target-at-large-logit",
    "small-loss-of-a-sure-row",
    "divergence-at-subnormal-probability",
    "focal-half-power-gradient",
    "focal-of-a-sure-logit",
    "focal-gamma-0-gradient",
    "probability-below-epsilon",
    "soft-target-at-large-logit",
    "lovasz-gradient-of-many-pixels",
    "lovasz-in-f64",
    "softmax-applied-twice",
    "undefined",
    "hard",
];

#[test]
fn every_known_failure_occurs_by_name() {
    let mut found = BTreeSet::new();
    for entry in ALL {
        found.extend(made(entry, &Options::default()).flat_map(|case| case.tags));
    }
    for name in KNOWN {
        assert!(found.contains(name), "{name}");
    }
}

/// Known failures with what is right, taken from the trackers' own numbers.
#[test]
fn known_failures_have_the_known_answers() {
    for (loss, tag, number, value) in [
        ("cross_entropy", "equal-huge-logits", 0, 4_f64.ln()),
        (
            "cross_entropy",
            "small-loss-of-a-sure-row",
            0,
            2.061_153_620_314_381e-9,
        ),
        ("cross_entropy", "probability-path-loses-logits", 0, 35.7),
        (
            "binary_cross_entropy",
            "logarithm-below-minus-100",
            0,
            138.155_105_579_643,
        ),
        (
            "binary_cross_entropy",
            "probability-below-epsilon",
            0,
            65.901_227_5,
        ),
        (
            "binary_cross_entropy",
            "soft-target-at-large-logit",
            0,
            10.397,
        ),
        ("lovasz_softmax", "class-indices-sorted", 0, 0.4375),
        ("lovasz_softmax", "permuted-rows", 0, 0.5),
        ("focal", "focal-of-a-sure-logit", 0, 6.914_4e-13),
    ] {
        let only = Options {
            tag: Some(tag.to_owned()),
            ..Options::default()
        };
        let case = made(find(loss).unwrap(), &only).nth(number).unwrap();
        let truth = case.truth().unwrap().value().unwrap();
        let got = *truth.iter().next().unwrap();
        assert!((got / value - 1.0).abs() < 1e-5, "{loss} {tag}: {got}");
    }
}

#[test]
fn every_case_is_answered() {
    let no_value = ["undefined", "every-row-ignored", "every-pixel-void"];
    let mut undefined = 0;
    for dtype in Dtype::ALL {
        for answer in answers(&lines_of("all", &options(dtype)), Twin::Exact, None) {
            let has_no_value = no_value.contains(&answer["tags"][0].as_str().unwrap());
            let wanted = if has_no_value {
                Status::Undefined
            } else {
                Status::Ok
            };
            assert_eq!(
                answer["status"],
                wanted.name(),
                "{:.2000}",
                answer.to_string()
            );
            undefined += usize::from(has_no_value);
        }
    }
    assert!(undefined > 100, "{undefined}");
}

#[test]
fn what_is_unknown_is_named_with_what_there_is() {
    let only = |tag: &str| Options {
        tag: Some(tag.to_owned()),
        ..Options::default()
    };
    let text = |result: Result<Vec<Cases>, Error>| result.unwrap_err().to_string();
    let error = text(cases_of("jaccard", &only("saturation")));
    assert!(error.contains("absent-classes, ignored-rows"), "{error}");
    let error = text(cases_of("all", &only("saturated")));
    assert!(error.contains("saturation"), "{error}");
    let error = text(cases_of("huber", &Options::default()));
    assert!(
        error.contains("cross_entropy") && error.ends_with("all"),
        "{error}"
    );
    assert!(Level::find(0).is_err() && Level::find(4).is_err());
    // Losses without the tag are left out of "all".
    assert_eq!(cases_of("all", &only("permuted-rows")).unwrap().len(), 1);
}

/// An iterator of the longest run is made at once, and gives its first cases at once.
#[test]
fn cases_are_made_one_at_a_time() {
    let endless = Options {
        level: Level::Overnight,
        count: Some(u64::MAX),
        tag: Some("random".to_owned()),
        ..Options::default()
    };
    assert_eq!(made(find("focal").unwrap(), &endless).take(3).count(), 3);
    assert!(size_of::<Cases>() < 512);
}
