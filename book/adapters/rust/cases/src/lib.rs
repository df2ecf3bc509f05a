//! Reads cases and writes answers as lines of JSON: what the adapters of this folder share.

use std::error::Error;
use std::io::{Write, stdin, stdout};

use serde_json::{Value, json};

/// Numbers of nested arrays, in order; strings are the infinities and NaN.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::String(text) => vec![text.parse().unwrap_or(f64::NAN)],
        number => number.as_f64().into_iter().collect(),
    }
}

/// The name of the prediction of a case, and the prediction.
pub fn prediction(case: &Value) -> (&str, &Value) {
    let has_logits = !case["inputs"]["logits"].is_null();
    let name = ["probabilities", "logits"][usize::from(has_logits)];
    (name, &case["inputs"][name])
}

/// What a library calls the type of a case, where it is single or double precision.
pub fn dtype<T>(case: &Value, single: T, double: T) -> Option<T> {
    match case["dtype"].as_str()? {
        "f32" => Some(single),
        "f64" => Some(double),
        _ => None,
    }
}

/// The lengths of nested arrays.
pub fn shape(value: &Value) -> Vec<usize> {
    match value {
        Value::Array(items) => [vec![items.len()], items.first().map_or(vec![], shape)].concat(),
        _ => vec![],
    }
}

/// Whether the parameters of a case are the defaults but for those named.
pub fn has_only(case: &Value, names: &[&str]) -> bool {
    let defaults = json!({"reduction": "mean", "base": "e", "pos_weight": 1, "label_smoothing": 0});
    let params = case["params"].as_object().into_iter().flatten();
    params
        .into_iter()
        .all(|(name, x)| names.contains(&name.as_str()) || defaults[name] == *x)
}

/// Value and gradient, of the shape of the prediction, as an answer.
pub fn said(value: f64, gradient: Vec<f64>, prediction: &Value) -> Value {
    let gradient = nested(&mut gradient.into_iter(), &shape(prediction));
    json!({"value": nested(&mut [value].into_iter(), &[]), "gradient": gradient})
}

/// JSON has no infinities and no NaN: they are words.
fn nested(numbers: &mut impl Iterator<Item = f64>, shape: &[usize]) -> Value {
    match (shape, shape.is_empty().then(|| numbers.next())) {
        ([n, rest @ ..], _) => (0..*n).map(|_| nested(numbers, rest)).collect(),
        (_, Some(Some(x))) if x.is_finite() => json!(x),
        (_, x) => json!(x.flatten().map(|x| x.to_string().to_lowercase())),
    }
}

/// Answers each case on standard input; `None` is a function that the library does not have.
pub fn answer_all(
    answer: impl Fn(&Value) -> Result<Option<Value>, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for line in stdin().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let mut said = match answer(&case) {
            Ok(said) => said.unwrap_or(json!({"status": "unsupported"})),
            Err(error) => json!({"status": "error", "error": error.to_string()}),
        };
        said["id"] = case["id"].clone();
        writeln!(stdout(), "{said}")?;
    }
    Ok(())
}
