//! Evidence for answers that are a correctly rounded value alone: that it is the value of the whole
//! answer, whichever way it was found. What the whole answer says is tested beside this file.

use exact_loss::Error;
use exact_loss::losses::ALL;
use exact_loss::oracle::generate::{Options, cases};
use exact_loss::oracle::line::{Twin, evaluate_lines};
use exact_loss::oracle::{Answered, Dialect, Dtype};

use super::{answers, case, lines_of};

#[test]
fn the_value_alone_is_that_of_the_whole_answer_in_every_case_of_every_type() {
    for dtype in Dtype::ALL {
        let options = Options {
            dtype,
            ..Options::default()
        };
        for entry in ALL {
            for case in cases(entry, &options).unwrap() {
                let whole = case.truth().and_then(|truth| truth.value());
                let alone = case
                    .answer_rounded()
                    .map(|Answered { value, gradient }| (value, gradient));
                let bits = |x: &f64| x.to_bits();
                match (whole, alone) {
                    (Ok(whole), Ok((alone, None))) => assert!(
                        whole.iter().map(bits).eq(alone.iter().map(bits)),
                        "{dtype} {}: {whole:?} is not {alone:?}",
                        case.id
                    ),
                    (Err(whole), Err(alone)) => assert_eq!(whole, alone, "{}", case.id),
                    other => panic!("{dtype} {}: {other:?}", case.id),
                }
            }
        }
    }
}

#[test]
fn an_empty_batch_has_no_value_alone_either() {
    for (loss, inputs) in [
        ("cross_entropy", r#"{"logits":[],"labels":[]}"#),
        ("entropy", r#"{"probabilities":[]}"#),
        ("kl_divergence", r#"{"probabilities":[],"targets":[]}"#),
        ("binary_cross_entropy", r#"{"logits":[],"targets":[]}"#),
        (
            "balanced_cross_entropy",
            r#"{"probabilities":[],"targets":[]}"#,
        ),
        ("focal", r#"{"probabilities":[],"targets":[]}"#),
        ("jaccard", r#"{"predictions":[],"labels":[]}"#),
        ("lovasz_extension", r#"{"errors":[],"foreground":[]}"#),
        ("lovasz_hinge", r#"{"scores":[],"labels":[]}"#),
        ("lovasz_softmax", r#"{"probabilities":[],"labels":[]}"#),
    ] {
        for params in [r#"{"reduction":"none"}"#, "{}"] {
            let case = case(&format!(
                r#"{{"loss":"{loss}","params":{params},"inputs":{inputs}}}"#
            ));
            let error = case.answer_rounded().expect_err(loss);
            let is_a_parameter = matches!(error, Error::Parameter { .. });
            assert!(
                is_a_parameter || error.to_string().contains("empty"),
                "{error}"
            );
            assert_eq!(case.truth().expect_err(loss), error);
        }
    }
}

#[test]
fn a_value_alone_comes_with_its_case_and_nothing_else() {
    let line = r#"{"id":"a","loss":"cross_entropy","inputs":{"logits":[[20,0]],"labels":[0]},"tags":["sure"]}"#;
    let mut output = Vec::new();
    evaluate_lines(line.as_bytes(), &mut output, Twin::Rounded).unwrap();
    // ln(1 + e⁻²⁰) = e⁻²⁰ − e⁻⁴⁰/2 + …
    assert_eq!(
        String::from_utf8(output).unwrap(),
        r#"{"id":"a","loss":"cross_entropy","dtype":"f64","params":{},"inputs":{"logits":[[20,0]],"labels":[0]},"tags":["sure"],"value":2.061153620314381e-9,"status":"ok"}"#
            .to_owned()
            + "\n"
    );
}

/// A surprisal of one bit, weighted: the value is the weight.
fn weighted(dtype: Dtype, weight: &str) -> String {
    format!(
        r#"{{"loss":"cross_entropy","dtype":"{dtype}","params":{{"base":"2","reduction":"sum","weights":["{weight}","1"]}},"inputs":{{"probabilities":[[0.5,0.5]],"labels":[0]}}}}"#
    )
}

#[test]
fn a_value_is_not_rounded_twice() {
    // Beside the middle of two numbers of the type, by less than half an ulp of f64.
    for (dtype, digits) in [(Dtype::F32, 23), (Dtype::F16, 10), (Dtype::Bf16, 7)] {
        let one = 1_u128 << 80;
        let middle = one + (1 << (80 - digits - 1));
        let next = 1.0 + 0.5_f64.powi(digits);
        for (weight, wanted) in [(middle - 1, 1.0), (middle, 1.0), (middle + 1, next)] {
            let case = case(&weighted(dtype, &format!("{weight}/{one}")));
            let value = case.answer_rounded().unwrap().value.reduced();
            assert_eq!(value, Some(wanted), "{dtype} {weight}");
        }
    }
}

#[test]
fn a_number_that_is_no_float_is_not_made_one() {
    // −ln(½ + t) is ln 2 − 2t + …, and ln 2 is a fifth of an ulp, 2⁻⁵³, above its float.
    let ln_2 = core::f64::consts::LN_2;
    let one_down = ln_2.next_down();
    for (above, wanted) in [(4, one_down.next_down()), (3, one_down), (0, ln_2)] {
        let line = format!(
            r#"{{"loss":"binary_cross_entropy","inputs":{{"probabilities":["{}/{}"],"targets":[1]}}}}"#,
            (1_u64 << 54) + above,
            1_u64 << 55
        );
        let value = case(&line).answer_rounded().unwrap().value.reduced();
        assert_eq!(value, Some(wanted), "½ + {above}·2⁻⁵⁵");
    }
}

#[test]
fn what_another_function_by_the_name_of_a_loss_gives_is_rounded_as_well() {
    let mut seen = 0;
    for entry in ALL {
        for dialect in Dialect::of(entry.name) {
            let options = Options {
                count: Some(20),
                ..Options::default()
            };
            let lines = lines_of(entry.name, &options);
            let [whole, alone] =
                [Twin::Exact, Twin::Rounded].map(|twin| answers(&lines, twin, Some(dialect.name)));
            for (whole, alone) in whole.iter().zip(&alone) {
                for field in ["value", "status", "error"] {
                    assert_eq!(whole[field], alone[field], "{}: {whole}", dialect.name);
                }
                seen += usize::from(alone["status"] == "ok");
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
