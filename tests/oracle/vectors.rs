//! The committed vectors: they are what the oracle makes, they are as their schema says, and each of
//! their answers is right by another way than the one that wrote it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use exact_loss::losses::ALL;
use exact_loss::oracle::line::{Twin, VECTORS_VERSION, evaluate_lines, write_vectors};
use exact_loss::oracle::{Dtype, as_float, read_text};
use serde_json::Value;
use serde_json::value::RawValue;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("book/chapters/vectors")
}

fn file(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_default()
}

fn vectors() -> impl Iterator<Item = Value> {
    ALL.iter()
        .map(|entry| serde_json::from_str(&file(&format!("{}.json", entry.name))).unwrap())
}

fn cases(vectors: &Value) -> &[Value] {
    vectors["cases"].as_array().unwrap()
}

#[test]
fn the_vectors_are_what_the_oracle_makes() {
    let mut total = 0;
    for entry in ALL {
        let mut made = String::new();
        write_vectors(entry, &mut made).unwrap();
        total += made.len();
        let name = format!("{}.json", entry.name);
        if std::env::var_os("UPDATE_VECTORS").is_some() {
            fs::write(folder().join(&name), &made).unwrap();
        }
        assert!(
            made == file(&name),
            "{name} is not what is made now; UPDATE_VECTORS=1 writes it anew"
        );
    }
    assert!(total < 700_000, "{total} bytes");
}

/// What is wrong with a value by a schema, of which only the words in use are known.
fn fault(value: &Value, schema: &Value, root: &Value) -> Option<String> {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    for (word, rule) in schema.as_object().unwrap() {
        let found = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" => None,
            "type" => {
                let is_number = rule == "number" && kind == "integer";
                (rule != kind && !is_number).then(|| format!("{kind} for {rule}"))
            }
            "enum" => (!rule.as_array().unwrap().contains(value)).then(|| format!("{value}")),
            "const" => (rule != value).then(|| format!("{value}")),
            "$ref" => {
                let path = rule.as_str().unwrap().trim_start_matches('#');
                fault(value, root.pointer(path).unwrap(), root)
            }
            "anyOf" => {
                let mut faults = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|rule| fault(value, rule, root));
                (!faults.any(|fault| fault.is_none())).then(|| format!("{value}: none of {rule}"))
            }
            "required" => {
                let mut names = rule.as_array().unwrap().iter();
                names
                    .find(|name| value.get(name.as_str().unwrap()).is_none())
                    .map(|name| format!("no {name}"))
            }
            "properties" => value.as_object().and_then(|object| {
                object.iter().find_map(|(name, value)| {
                    let rule = rule.get(name)?;
                    fault(value, rule, root).map(|fault| format!("{name}: {fault}"))
                })
            }),
            "additionalProperties" => value.as_object().and_then(|object| {
                let others = object
                    .iter()
                    .filter(|(name, _)| schema["properties"].get(name.as_str()).is_none());
                let mut faults = others.map(|(name, value)| match rule {
                    Value::Bool(_) => Some(format!("{name} is not known")),
                    _ => fault(value, rule, root),
                });
                faults.find_map(|fault| fault)
            }),
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                items.find_map(|item| fault(item, rule, root))
            }
            other => Some(format!("the word {other} of the schema is not known")),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn the_vectors_are_as_their_schema_says() {
    let schema: Value = serde_json::from_str(&file("schema.json")).unwrap();
    for vectors in vectors() {
        assert_eq!(
            fault(&vectors, &schema, &schema),
            None,
            "{}",
            vectors["loss"]
        );
        assert_eq!(vectors["version"], VECTORS_VERSION);
        for case in cases(&vectors) {
            let tag = case["tags"][0].as_str().unwrap();
            assert!(vectors["flags"].get(tag).is_some(), "{tag}");
            let has_value = case["status"] == "ok";
            assert_eq!(
                case.get("value").is_some() && case.get("hex").is_some(),
                has_value
            );
            assert_eq!(case.get("error").is_some(), !has_value);
        }
    }
}

#[test]
fn a_vector_that_breaks_the_schema_is_found() {
    let schema: Value = serde_json::from_str(&file("schema.json")).unwrap();
    let mut first = vectors().next().unwrap();
    first["cases"][0]["dtype"] = "f8".into();
    assert!(fault(&first, &schema, &schema).unwrap().contains("f8"));
    first["cases"][0] = serde_json::json!({"id": "a"});
    assert!(fault(&first, &schema, &schema).unwrap().contains("no"));
}

/// The fields of a case, as they are written: a parsed number might be another float.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The lines of a file that are cases.
fn lines(file: &str) -> impl Iterator<Item = &str> {
    let lines = file.lines().filter(|line| line.starts_with("{\"id\""));
    lines.map(|line| line.trim_end_matches(','))
}

fn fields(line: &str) -> Fields<'_> {
    serde_json::from_str(line).unwrap()
}

/// The numbers of nested arrays, in order, as floats of a type.
fn floats(dtype: Dtype, value: &RawValue, found: &mut Vec<f64>) {
    let text = value.get();
    if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).unwrap();
        return items.iter().for_each(|item| floats(dtype, item, found));
    }
    let word = text.trim_matches('"');
    let number = match text == word {
        true => Some(dtype.read_decimal(text).unwrap()),
        false => read_text(word).unwrap(),
    };
    let magnitude = as_float(dtype, &number).abs();
    found.push(if word.starts_with('-') {
        -magnitude
    } else {
        magnitude
    });
}

#[test]
fn decimal_and_hexadecimal_are_the_same_float() {
    let mut compared = 0;
    for entry in ALL {
        let file = file(&format!("{}.json", entry.name));
        for case in lines(&file).map(fields) {
            let Some(hex) = case.get("hex").map(|hex| fields(hex.get())) else {
                continue;
            };
            let dtype = match case["dtype"].get().trim_matches('"') {
                "exact" => Dtype::F64,
                name => Dtype::find(name).unwrap(),
            };
            let (mut decimal, mut hexadecimal) = (Vec::new(), Vec::new());
            floats(dtype, case["value"], &mut decimal);
            floats(dtype, hex["value"], &mut hexadecimal);
            if let Some(gradient) = case.get("gradient") {
                for gradient in fields(gradient.get()).values() {
                    floats(dtype, gradient, &mut decimal);
                }
                floats(dtype, hex["gradient"], &mut hexadecimal);
            }
            let bits = |all: &[f64]| all.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&decimal), bits(&hexadecimal), "{}", case["id"]);
            compared += decimal.len();
        }
    }
    assert!(compared > 3000, "{compared}");
}

#[test]
fn a_case_of_the_vectors_is_a_line_of_the_oracle() {
    for entry in ALL {
        let file = file(&format!("{}.json", entry.name));
        let cases: Vec<&str> = lines(&file).collect();
        assert!(cases.len() > 50, "{}", entry.name);
        let mut answers = Vec::new();
        evaluate_lines(cases.join("\n").as_bytes(), &mut answers, Twin::Exact).unwrap();
        let answers = String::from_utf8(answers).unwrap();
        for (answer, case) in answers
            .lines()
            .map(fields)
            .zip(cases.into_iter().map(fields))
        {
            for field in ["id", "status", "value", "gradient", "exact"] {
                let text = |of: &Fields<'_>| of.get(field).map(|raw| raw.get().to_owned());
                assert_eq!(text(&answer), text(&case), "{field} of {}", case["id"]);
            }
        }
    }
}
