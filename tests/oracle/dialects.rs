//! Dialects: each is what an independent program makes of its definition, in data that
//! `tests/witness/dialects.py` wrote, and what can be computed by hand at small examples.

use std::collections::BTreeSet;

use exact_loss::exact::rational::parse_rational;
use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{self, Evaluation};
use exact_loss::oracle::line::read_case;
use exact_loss::oracle::{Case, Dialect};
use num_traits::{Signed, Zero};

const WITNESS: &str = include_str!("../witness/dialects.tsv");

fn case(line: &str) -> Case {
    read_case(line, String::new).expect("a case")
}

fn evaluate(dialect: &str, case: &Case) -> Evaluation<Real> {
    let dialect = Dialect::find(case.entry.name, dialect).expect("a dialect");
    let truth = case.truth_by(&*dialect.loss_of(case)).expect("a value");
    Evaluation {
        value: truth.value,
        gradient: truth.gradient.expect("a gradient"),
    }
}

/// Whether a number agrees with a decimal to 30 digits.
fn agrees(real: &Real, decimal: &str) -> bool {
    let wanted = parse_rational(decimal).expect("a decimal");
    if wanted.is_zero() {
        return real.as_rational() == Some(wanted);
    }
    let margin = wanted.abs() * parse_rational("1e-30").expect("a decimal");
    let enclosure = real.enclose(140).expect("an enclosure");
    let (lower, upper) = (
        enclosure.lower().expect("an end"),
        enclosure.upper().expect("an end"),
    );
    lower >= &wanted - &margin && upper <= &wanted + &margin
}

#[test]
fn every_dialect_is_what_an_independent_program_computes() {
    let mut seen = BTreeSet::new();
    for line in WITNESS.lines() {
        let mut fields = line.split('\t');
        let (Some(name), Some(text)) = (fields.next(), fields.next()) else {
            panic!("no dialect and case: {line}");
        };
        let case = case(text);
        let Evaluation { value, gradient } = evaluate(name, &case);
        let found: Vec<&Real> = value.iter().chain(&gradient).collect();
        let wanted: Vec<&str> = fields.collect();
        assert_eq!(found.len(), wanted.len(), "{line}");
        for (place, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            assert!(
                agrees(found, wanted),
                "{name} at {place}: {found} is not {wanted}\n{text}"
            );
        }
        seen.insert((case.entry.name, name.to_owned()));
    }
    // The discrete loss has no gradient, and its dialect is tested below.
    let missing: Vec<&Dialect> = Dialect::all()
        .filter(|dialect| dialect.loss != "jaccard")
        .filter(|dialect| !seen.contains(&(dialect.loss, dialect.name.to_owned())))
        .collect();
    assert!(missing.is_empty(), "no witness for {missing:?}");
}

#[test]
fn dialects_have_the_values_that_are_computed_by_hand() {
    let expression = |dialect: &str, line: &str| {
        let case = case(line);
        let dialect = Dialect::find(case.entry.name, dialect).expect("a dialect");
        let truth = case.truth_by(&*dialect.loss_of(&case)).expect("a value");
        truth.value.reduced().expect("one number").to_string()
    };
    for (dialect, line, wanted) in [
        // Losses ln 2 and 2·ln 4/3 weighted by 1 and 3, by two rows and not by the weight 4.
        (
            "mean_over_kept_rows",
            r#"{"loss":"cross_entropy","params":{"weights":[1,3]},"inputs":{"probabilities":[[0.5,0.5],[0.25,0.75]],"labels":[0,1]}}"#,
            "1/2·ln(128/27)",
        ),
        // One row of two is ignored; the other costs ln 2.
        (
            "mean_over_all_rows",
            r#"{"loss":"cross_entropy","params":{"ignore_index":7},"inputs":{"logits":[[0,0],[5,1]],"labels":[0,7]}}"#,
            "1/2·ln(2)",
        ),
        // Both classes have half of the target where ε = 1/2 and K = 2.
        (
            "smoothing_over_other_classes",
            r#"{"loss":"cross_entropy","params":{"label_smoothing":0.5},"inputs":{"probabilities":[[0.25,0.75]],"labels":[0]}}"#,
            "1/2·ln(16/3)",
        ),
        // ln 2 for a row of two classes.
        (
            "mean_over_elements",
            r#"{"loss":"kl_divergence","inputs":{"probabilities":[[0.5,0.5]],"targets":[[1,0]]}}"#,
            "1/2·ln(2)",
        ),
        // −max(ln 0, −100).
        (
            "log_clamped",
            r#"{"loss":"binary_cross_entropy","inputs":{"probabilities":[0],"targets":[1]}}"#,
            "100",
        ),
        // Targets 1 and 0 become 3/4 and 1/4, at p = 1/2.
        (
            "smoothed_towards_half",
            r#"{"loss":"binary_cross_entropy","params":{"label_smoothing":0.5},"inputs":{"probabilities":[0.5,0.5],"targets":[1,0]}}"#,
            "ln(2)",
        ),
        // One positive of four: a weight of 3 for its ln 2, and three times ln 2.
        (
            "positive_weight",
            r#"{"loss":"balanced_cross_entropy","inputs":{"logits":[0,0,0,0],"targets":[1,0,0,0]}}"#,
            "3/2·ln(2)",
        ),
        (
            "one_alpha",
            r#"{"loss":"focal","params":{"alpha":0.25,"gamma":0},"inputs":{"logits":[0,0],"targets":[1,0]}}"#,
            "1/4·ln(2)",
        ),
        // Four sigmoids of 1/2, each (1/2)²·ln 2.
        (
            "one_versus_rest",
            r#"{"loss":"focal","inputs":{"logits":[[0,0],[0,0]],"labels":[0,1]}}"#,
            "1/4·ln(2)",
        ),
        (
            "void_is_zero",
            r#"{"loss":"jaccard","params":{"ignore_index":9},"inputs":{"predictions":[0,1],"labels":[9,9]}}"#,
            "0",
        ),
        // The error of the one image with a pixel that counts is 1 − 1/2.
        (
            "void_images_count",
            r#"{"loss":"lovasz_hinge","params":{"per_image":true,"ignore_index":9},"inputs":{"scores":[[0.5],[3]],"labels":[[1],[9]]}}"#,
            "1/4",
        ),
    ] {
        assert_eq!(expression(dialect, line), wanted, "{dialect}: {line}");
    }
}

/// Where no sample uses what a dialect changes, it is the loss itself.
#[test]
fn dialects_of_soft_targets_are_the_loss_at_hard_ones() {
    let line = r#"{"loss":"focal","params":{"gamma":2,"alpha":0.25},"inputs":{"logits":[1,-3,0.5],"targets":[1,0,0]}}"#;
    let case = case(line);
    let itself = case.truth().expect("a value");
    for dialect in [
        "focus_by_cross_entropy",
        "focus_by_signed_logit",
        "mixture_of_outcomes",
    ] {
        let evaluation = evaluate(dialect, &case);
        assert_eq!(evaluation.value, itself.value, "{dialect}");
        assert_eq!(Some(evaluation.gradient), itself.gradient, "{dialect}");
    }
}

#[test]
fn dialects_have_known_losses_different_names_and_notes() {
    let mut names = BTreeSet::new();
    for dialect in Dialect::all() {
        assert!(losses::find(dialect.loss).is_ok(), "{dialect:?}");
        assert!(dialect.note.len() > 20, "{dialect:?}");
        assert!(names.insert((dialect.loss, dialect.name)), "{dialect:?}");
    }
}

#[test]
fn a_clamp_is_a_float_of_the_type() {
    // The float of 32 bits below 1 − 1e-7 is 1 − 2⁻²³.
    let line = r#"{"loss":"binary_cross_entropy","dtype":"f32","inputs":{"probabilities":[1],"targets":[1]}}"#;
    let evaluation = evaluate("clipped", &case(line));
    let wanted = Real::ln(&Rational::new(8_388_608.into(), 8_388_607.into())).expect("a logarithm");
    assert_eq!(evaluation.value.reduced(), Some(wanted));
}

#[test]
fn an_unknown_dialect_is_refused_with_those_that_there_are() {
    let error = Dialect::find("kl_divergence", "clamped").expect_err("there is none");
    assert!(
        error
            .to_string()
            .contains("mean_over_elements, clipped, log_targets"),
        "{error}"
    );
    let error = Dialect::find("entropy", "clamped").expect_err("there is none");
    assert!(error.to_string().contains("no dialects"), "{error}");
}
