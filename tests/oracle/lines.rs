//! Lines in, lines out: what is read, what is refused and how, and what an answer says.

use exact_loss::oracle::line::{Twin, evaluate_lines};
use serde_json::Value;

use super::answers;

fn answer(line: &str) -> Value {
    answers(line, Twin::Exact, None).swap_remove(0)
}

#[test]
fn the_answer_of_the_protocol_is_given() {
    let answer = answer(
        r#"{"id":"cross_entropy/f64/1/000017","loss":"cross_entropy","dtype":"f64",
            "params":{"reduction":"mean","base":"e"},
            "inputs":{"logits":[[2.5,-1.0,"-inf"]],"labels":[0]},"tags":["saturated"]}"#
            .replace('\n', " ")
            .as_str(),
    );
    assert_eq!(answer["id"], "cross_entropy/f64/1/000017");
    assert_eq!(answer["tags"][0], "saturated");
    assert_eq!(answer["exact"], "ln(1 + exp(-7/2))");
    assert_eq!(answer["status"], "ok");
    // ln(1 + e^−3.5) and 1/(1 + e^3.5), from tables.
    assert!((answer["value"].as_f64().unwrap() - 0.029_750_418_272_620_5).abs() < 1e-15);
    let gradient = &answer["gradient"]["logits"][0];
    assert!((gradient[1].as_f64().unwrap() - 0.029_312_230_751_356_3).abs() < 1e-15);
    assert_eq!(gradient[0].as_f64(), gradient[1].as_f64().map(|x| -x));
    assert_eq!(gradient[2].as_f64(), Some(0.0));
}

#[test]
fn a_bad_line_is_answered_with_its_reason_and_the_next_is_read() {
    let deep = format!(
        r#"{{"id":"deep","loss":"entropy","inputs":{{"logits":{}1{}}}}}"#,
        "[".repeat(1000),
        "]".repeat(1000)
    );
    let digits = format!(
        r#"{{"id":"digits","loss":"entropy","inputs":{{"logits":[["1/{}"]]}}}}"#,
        "7".repeat(1_000_000)
    );
    let exact = r#"{"id":"exponent","loss":"entropy","dtype":"exact","inputs":{"logits":[[1e1000000000]]}}"#;
    let good = r#"{"id":"good","loss":"entropy","inputs":{"logits":[[0,0]]}}"#;
    let bad = [
        ("no JSON", "1", "JSON"),
        (
            r#"{"id":"x","loss":"huber","inputs":{}}"#,
            "x",
            "one of cross_entropy",
        ),
        (
            r#"{"id":"x","loss":"entropy","dtype":"f8","inputs":{}}"#,
            "x",
            "bf16",
        ),
        (
            r#"{"id":"x","loss":"entropy"}"#,
            "x",
            "an object with probabilities or logits",
        ),
        (
            r#"{"id":"x","loss":"entropy","inputs":{"logits":[[1],[1,2]]}}"#,
            "x",
            "one length",
        ),
        (
            r#"{"id":"x","loss":"entropy","inputs":{"logits":[[true]]}}"#,
            "x",
            "a number",
        ),
        (
            r#"{"id":"x","loss":"entropy","inputs":{"logit":[[1]]}}"#,
            "x",
            "give probabilities, logits",
        ),
        (
            r#"{"id":"x","loss":"entropy","params":{"gamma":1},"inputs":{"logits":[[1]]}}"#,
            "x",
            "gamma",
        ),
        (
            r#"{"id":"x","loss":"entropy","params":{"base":10},"inputs":{"logits":[[1]]}}"#,
            "x",
            "\"e\" or \"2\"",
        ),
        (&deep, "deep", "at most 8 axes"),
        (&digits, "digits", "10000 digits"),
        (exact, "exponent", "exponent of at most 20000"),
    ];
    for (line, id, reason) in bad {
        let answers = answers(&format!("{line}\n\n{good}\n"), Twin::Exact, None);
        assert_eq!(answers[0]["id"], id, "{line:.80}");
        assert_eq!(answers[0]["status"], "invalid", "{line:.80}");
        let error = answers[0]["error"].as_str().unwrap();
        assert!(error.contains(reason), "{line:.80}: {error:.200}");
        assert!(error.len() < 300, "{error}");
        assert_eq!(answers[1]["exact"], "ln(2)", "{line:.80}");
    }
}

#[test]
fn what_has_no_value_is_undefined() {
    for (line, reason) in [
        (r#"{"loss":"entropy","inputs":{"logits":[[NaN,1]]}}"#, "NaN"),
        (
            r#"{"loss":"entropy","inputs":{"logits":[["nan",1]]}}"#,
            "NaN",
        ),
        (r#"{"loss":"entropy","inputs":{"logits":[]}}"#, "empty"),
        (
            r#"{"loss":"binary_cross_entropy","params":{"reduction":"none"},"inputs":{"logits":[],"targets":[]}}"#,
            "empty",
        ),
        (
            r#"{"loss":"cross_entropy","params":{"ignore_index":0},"inputs":{"logits":[[1,2]],"labels":[0]}}"#,
            "ignored",
        ),
    ] {
        for twin in [Twin::Exact, Twin::Rounded, Twin::Fast] {
            let answer = answers(line, twin, None).swap_remove(0);
            assert_eq!(answer["status"], "undefined", "{line}");
            assert!(answer["error"].as_str().unwrap().contains(reason), "{line}");
            assert_eq!(answer["id"], "1");
        }
    }
}

#[test]
fn an_ignored_row_may_be_nan() {
    let answer = answer(
        r#"{"loss":"cross_entropy","params":{"ignore_index":9},"inputs":{"logits":[[NaN,1],[0,0]],"labels":[9,1]}}"#,
    );
    assert_eq!(answer["exact"], "ln(2)");
    assert_eq!(answer["gradient"]["logits"][0][0], 0.0);
}

#[test]
fn strings_are_exact_and_numbers_are_floats_of_the_type() {
    let of = |dtype: &str, number: &str| {
        answer(&format!(
            r#"{{"loss":"entropy","dtype":"{dtype}","inputs":{{"probabilities":[[{number},1]]}}}}"#
        ))["exact"]
            .to_string()
    };
    assert_eq!(of("f32", "0.5"), of("exact", "\"1/2\""));
    assert_eq!(of("exact", "0.1"), of("f32", "\"1/10\""));
    assert_ne!(of("f32", "0.1"), of("exact", "0.1"));
    assert_eq!(of("f32", "0.1"), of("exact", "\"0x1.99999ap-4\""));
    assert_eq!(of("f16", "0.1"), of("exact", "\"1638/16384\""));
    assert_eq!(of("bf16", "0.1"), of("exact", "\"0x1.9ap-4\""));
}

#[test]
fn an_answer_repeats_its_case_as_it_was_given_and_no_older_answer() {
    let params = r#"{ "weights":[1.0, "1/3"],"base" : "2", "unknown":null }"#;
    let inputs = r#"{"logits": [[0.50, 1e0]], "labels":[1.0]}"#;
    let given = |label: &str| {
        let inputs = inputs.replace("1.0", label);
        format!(
            r#"{{"tags":["mine"],"inputs":{inputs},"loss":"cross_entropy","params":{params},"value":7,"status":"odd"}}"#
        )
    };
    // A label that there is not is an error, of which the case is part as well.
    for (label, status) in [("1.0", "ok"), ("5", "invalid")] {
        let mut output = Vec::new();
        evaluate_lines(given(label).as_bytes(), &mut output, Twin::Exact).unwrap();
        let output = String::from_utf8(output).unwrap();
        let inputs = inputs.replace("1.0", label);
        let start = format!(
            r#"{{"id":"1","loss":"cross_entropy","dtype":"f64","params":{params},"inputs":{inputs},"tags":["mine"],"#
        );
        assert!(output.starts_with(&start), "{output}");
        let answer: Value = serde_json::from_str(&output).unwrap();
        assert_eq!(answer["status"], status);
        assert_eq!(
            output.matches("\"value\"").count(),
            usize::from(status == "ok")
        );
    }
}
