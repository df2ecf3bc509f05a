//! Dialects: each is what an independent program makes of its definition, in data that
//! `tests/witness/dialects.py` wrote, and what can be computed by hand at small examples.

use std::collections::BTreeSet;

use exact_loss::exact::rational::parse_rational;
use exact_loss::exact::{Rational, Real};
use exact_loss::losses::{self, Evaluation};
use exact_loss::oracle::{Case, Class, Dialect, Gradient, Limit, check_cases, judge};
use ndarray::ArrayD;
use num_traits::{Signed, Zero};

use super::case;

const WITNESS: &str = include_str!("../witness/dialects.tsv");

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
        // The factor is (1/4·1/4 + 3/4·3/4)² and the cross entropy 1/4·ln 4/3 + 3/4·ln 4; the
        // loss itself would be 25/64·ln 8/3.
        (
            "focus_by_agreement",
            r#"{"loss":"focal","inputs":{"probabilities":[0.75],"targets":[0.25]}}"#,
            "25/256·ln(256/3)",
        ),
        // α_t is 1/4·1/4 + 3/4·3/4, and both logarithms are ln 1/2.
        (
            "focus_by_agreement",
            r#"{"loss":"focal","params":{"gamma":1,"alpha":0.25},"inputs":{"logits":[0],"targets":[0.25]}}"#,
            "5/16·ln(2)",
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
        "focus_by_agreement",
        "focus_by_cross_entropy",
        "focus_by_signed_logit",
        "mixture_of_outcomes",
    ] {
        let evaluation = evaluate(dialect, &case);
        assert_eq!(evaluation.value, itself.value, "{dialect}");
        assert_eq!(Some(evaluation.gradient), itself.gradient, "{dialect}");
    }
}

/// Cross entropy with a soft target is infinite where the prediction is certain, and so is its
/// derivative by a probability. By a logit the derivative tends to that of the line which the
/// cross entropy becomes.
#[test]
fn focus_by_agreement_has_its_limits_at_certain_predictions() {
    let gradient = |line: &str| {
        let evaluation = evaluate("focus_by_agreement", &case(line));
        let components = evaluation.gradient.iter();
        components.map(Real::to_string).collect::<Vec<_>>()
    };
    let line = r#"{"loss":"focal","params":{"gamma":0.5,"reduction":"none"},"inputs":{"probabilities":[0,1,0,1,1],"targets":[0.75,0.75,0.25,1,0]}}"#;
    assert_eq!(gradient(line), ["-inf", "inf", "-inf", "0", "inf"]);
    let value = evaluate("focus_by_agreement", &case(line)).value;
    let values: Vec<String> = value.iter().map(Real::to_string).collect();
    assert_eq!(values, ["inf", "inf", "inf", "0", "inf"]);
    let line = r#"{"loss":"focal","params":{"gamma":1,"reduction":"none"},"inputs":{"logits":["inf","-inf","-inf","inf"],"targets":[0.75,0.75,1,1]}}"#;
    assert_eq!(gradient(line), ["1/16", "-9/16", "-1", "0"]);
    let line = r#"{"loss":"focal","params":{"gamma":0,"reduction":"none"},"inputs":{"probabilities":[1,0.5],"targets":[1,0.75]}}"#;
    assert_eq!(gradient(line), ["-1", "-1"]);
}

/// (1−p_t)^γ·BCE from logits with its derivative, as a library writes it but for one fault.
fn focused(case: &Case, fault: &str) -> (f64, ArrayD<f64>) {
    let (gamma, alpha) = (3.0, 0.25);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (x, y) = (case.input::<f64>(), case.targets::<f64>().expect("targets"));
    let size = if fault == "sum" { 1.0 } else { x.len() as f64 };
    let (mut value, mut gradient) = (0.0, Vec::new());
    for (&x, &y) in x.iter().zip(&y) {
        let (p, q) = (sigmoid(x), sigmoid(-x));
        let focus = match fault {
            "focus on the outcome 1" => q,
            _ => y * q + (1.0 - y) * p,
        };
        let (entropy, slope) = match fault {
            "logarithm of p_t" => {
                let p_t = y * p + (1.0 - y) * q;
                (-p_t.ln(), (1.0 - 2.0 * y) * p * q / p_t)
            }
            "half of the cross entropy" => (-y * p.ln(), -y * q),
            _ => (-y * p.ln() - (1.0 - y) * q.ln(), p - y),
        };
        let weight = match fault {
            "no weight" => 1.0,
            "one weight" => alpha,
            "weights exchanged" => alpha * (1.0 - y) + (1.0 - alpha) * y,
            _ => alpha * y + (1.0 - alpha) * (1.0 - y),
        };
        let change = match fault {
            "derivative by p" => 1.0 - 2.0 * y,
            "sign of the derivative" => (2.0 * y - 1.0) * p * q,
            "hard derivative" => -p * q,
            "constant focus" => 0.0,
            _ => (1.0 - 2.0 * y) * p * q,
        };
        let lower = match fault {
            "exponent not lowered" => gamma * focus.powf(gamma),
            "exponent not a factor" => focus.powf(gamma - 1.0),
            _ => gamma * focus.powf(gamma - 1.0),
        };
        let factor = focus.powf(if fault == "next exponent" {
            gamma + 1.0
        } else {
            gamma
        });
        let of_entropy = if fault == "constant cross entropy" {
            0.0
        } else {
            factor * slope
        };
        value += weight * factor * entropy / size;
        gradient.push(weight * (lower * change * entropy + of_entropy) / size);
    }
    let gradient = ArrayD::from_shape_vec(x.raw_dim(), gradient).expect("one for each");
    (value, gradient)
}

#[test]
fn each_fault_in_the_focus_by_agreement_is_found() {
    let line = r#"{"loss":"focal","params":{"gamma":3,"alpha":0.25},"inputs":{"logits":[0.5,-2,3,-0.25],"targets":[0.75,0.25,0.875,0]}}"#;
    let itself = case(line);
    let of = |dialect: &str| itself.clone().in_dialect(dialect).expect("a dialect");
    let run = |case: &Case, fault: &str| {
        check_cases([case.clone()]).run(|case: &Case| focused(case, fault))
    };
    let meant = of("focus_by_agreement");
    run(&meant, "").expect("it is right without a fault");
    for fault in [
        "sum",
        "focus on the outcome 1",
        "logarithm of p_t",
        "half of the cross entropy",
        "no weight",
        "one weight",
        "weights exchanged",
        "derivative by p",
        "sign of the derivative",
        "hard derivative",
        "constant focus",
        "exponent not lowered",
        "exponent not a factor",
        "next exponent",
        "constant cross entropy",
    ] {
        assert!(run(&meant, fault).is_err(), "{fault}");
    }
    // No other meaning of the name is mistaken for it, and to the loss itself it is named.
    for other in [
        "focus_by_cross_entropy",
        "focus_by_signed_logit",
        "mixture_of_outcomes",
    ] {
        assert!(run(&of(other), "").is_err(), "{other}");
    }
    let report = run(&itself, "").expect_err("a dialect is not the loss").0;
    let agreeing = report.agreeing_dialects();
    let names: Vec<&str> = agreeing.iter().map(|(dialect, _)| dialect.name).collect();
    assert_eq!(names, ["focus_by_agreement"]);
}

/// Near a zero of the derivative its terms cancel to 1e-16 of each. 4 ulps, times what the terms are
/// larger than it, with 1 for the size of 1−2y, are 9.638e-18; with the first term left out they
/// would be 3.91e-18. The numbers are from mpmath.
#[test]
fn a_derivative_that_cancels_is_judged_by_its_terms() {
    let line = r#"{"loss":"focal","params":{"gamma":3},"inputs":{"logits":[2.9693746786157247],"targets":[0.75]}}"#;
    let case = case(line)
        .in_dialect("focus_by_agreement")
        .expect("a dialect");
    let (value, computed) = focused(&case, "no weight");
    let exact = -5.588763467708992e-19;
    for (gradient, class) in [
        (computed[0], Class::Within),
        (exact + 9.6e-18, Class::Within),
        (exact + 9.7e-18, Class::Outside),
    ] {
        let gradient = ArrayD::from_elem(computed.raw_dim(), gradient);
        let verdict = judge(&case, &(value, gradient).into(), &Limit::default());
        let Gradient::Judged(part) = verdict.gradient else {
            panic!("{:?}", verdict.gradient);
        };
        let is_within = class == Class::Within;
        assert_eq!((part.class, part.scaled), (class, is_within));
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
fn a_clipped_focal_loss_is_infinitely_steep_at_a_certain_outcome_where_gamma_is_below_1() {
    let line = r#"{"loss":"focal","dtype":"f64","params":{"gamma":0.5,"reduction":"sum"},"inputs":{"probabilities":[1,0],"targets":[1,0]}}"#;
    let evaluation = evaluate("clipped", &case(line));
    assert_eq!(evaluation.value.reduced(), Some(Real::zero()));
    let steep: Vec<String> = evaluation.gradient.iter().map(Real::to_string).collect();
    assert_eq!(steep, ["-inf", "inf"]);
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
