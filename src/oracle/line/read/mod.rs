//! Reading lines. Numbers stay as they are written until the type of the case is known. Their arrays are read
//! in `array`; how lines are written is beside this folder.

mod array;

use std::borrow::Cow;
use std::collections::BTreeMap;

use array::array;
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::dtype::{as_float, read_text};
use super::super::{Answer, Case, Dtype, Number, Numbers};
use super::write::open_given;
use crate::Error;
use crate::exact::rational::parse_rational;
use crate::losses::{self, Params, Prediction, Setting, Space, Target};

/// A line that cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Bad {
    /// The id that the line gives, as far as it could be read.
    pub id: Option<String>,
    /// What is wrong with it.
    pub error: Error,
}

/// The fields that lines have. Others are ignored.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    loss: Option<&'a RawValue>,
    #[serde(borrow, default)]
    dtype: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    inputs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tags: Option<&'a RawValue>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    gradient: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Reads a case. One without an id gets `default_id`.
///
/// # Errors
/// [`Bad`] for a line that is not JSON, or no case. A case that has no value is none.
pub fn read_case(line: &str, default_id: impl FnOnce() -> String) -> Result<Case, Bad> {
    with_fields(line, |fields| named_case(fields, default_id))
}

/// [`read_case`], and the line of its answer up to where the answer begins, which is written to `out`.
pub(super) fn read_given_case(
    line: &str,
    default_id: impl FnOnce() -> String,
    out: &mut String,
) -> Result<Case, Bad> {
    with_fields(line, |fields| {
        let case = named_case(fields, default_id)?;
        let params = fields
            .params
            .map(RawValue::get)
            .filter(|&raw| raw != "null");
        let inputs = fields.inputs.map_or("{}", RawValue::get);
        open_given(&case, params, inputs, out);
        Ok(case)
    })
}

fn named_case(fields: &Fields<'_>, default_id: impl FnOnce() -> String) -> Result<Case, Bad> {
    let (id, mut case) = id_and_case(fields)?;
    case.id = id.unwrap_or_else(default_id);
    Ok(case)
}

/// The id, if there is one, and the case, which has none yet.
fn id_and_case(fields: &Fields<'_>) -> Result<(Option<String>, Case), Bad> {
    let id = id(fields).map_err(|error| Bad { id: None, error })?;
    match case(fields) {
        Ok(case) => Ok((id, case)),
        Err(error) => Err(Bad { id, error }),
    }
}

/// Reads an answer to a case, whose type is asked for by the answer's id.
///
/// # Errors
/// [`Bad`] for a line that is not JSON. What is not a number within an answer is left for the
/// verdict.
pub fn read_answer(line: &str, dtype: impl FnOnce(Option<&str>) -> Dtype) -> Result<Answer, Bad> {
    with_fields(line, |fields| {
        let id = id(fields).map_err(|error| Bad { id: None, error })?;
        let dtype = dtype(id.as_deref());
        Ok(answer(fields, id, dtype))
    })
}

/// Reads an answer that carries its case. A case without an id gets `default_id`.
///
/// # Errors
/// [`Bad`] for a line that is not JSON, or carries no case.
pub fn read_answered_case(
    line: &str,
    default_id: impl FnOnce() -> String,
) -> Result<(Case, Answer), Bad> {
    with_fields(line, |fields| {
        let (id, mut case) = id_and_case(fields)?;
        let answer = answer(fields, id.clone(), case.dtype);
        case.id = id.unwrap_or_else(default_id);
        Ok((case, answer))
    })
}

fn answer(fields: &Fields<'_>, id: Option<String>, dtype: Dtype) -> Answer {
    let text = |field: Option<&RawValue>| {
        field.map(|raw| string(raw.get()).map_or_else(|| raw.get().to_owned(), Cow::into_owned))
    };
    let numbers = |raw: &RawValue| match array(raw, "value", &mut |raw| answered(raw, dtype)) {
        Ok(numbers) => Numbers::Array(numbers),
        Err(error) => Numbers::Unreadable(error.to_string()),
    };
    let gradient = fields
        .gradient
        .filter(|raw| raw.get() != "null")
        .map(|raw| {
            match serde_json::from_str::<Object<'_>>(raw.get()) {
                Ok(object) => object
                    .into_iter()
                    .map(|(name, raw)| (name.into_owned(), numbers(raw)))
                    .collect(),
                // An array alone is the gradient with respect to the prediction.
                Err(_) => BTreeMap::from([(String::new(), numbers(raw))]),
            }
        });
    Answer {
        value: fields.value.filter(|raw| raw.get() != "null").map(numbers),
        gradient,
        status: text(fields.status),
        error: text(fields.error),
        id,
    }
}

/// Calls `read` with the fields of a line. NaN and infinities as Python's `json` writes them are
/// read too, although they are not JSON.
fn with_fields<T>(line: &str, read: impl FnOnce(&Fields<'_>) -> Result<T, Bad>) -> Result<T, Bad> {
    match serde_json::from_str::<Fields<'_>>(line) {
        Ok(fields) => read(&fields),
        Err(error) => {
            let mended = quote_constants(line);
            match serde_json::from_str::<Fields<'_>>(&mended) {
                Ok(fields) if mended != line => read(&fields),
                _ => Err(Bad {
                    id: None,
                    error: Error::Json {
                        reason: error.to_string(),
                    },
                }),
            }
        }
    }
}

/// The line with NaN, Infinity and -Infinity outside of strings written as strings.
fn quote_constants(line: &str) -> String {
    let mut mended = String::with_capacity(line.len() + 16);
    let mut rest = line;
    let mut in_string = false;
    while let Some(first) = rest.chars().next() {
        let constants = [("NaN", "nan"), ("-Infinity", "-inf"), ("Infinity", "inf")];
        let constant = constants
            .into_iter()
            .find(|(name, _)| !in_string && rest.starts_with(name));
        let length = match (constant, first) {
            (Some((name, text)), _) => {
                mended.push_str(&format!("\"{text}\""));
                rest = &rest[name.len()..];
                continue;
            }
            (None, '\\') if in_string => {
                let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
                1 + escaped
            }
            (None, '"') => {
                in_string = !in_string;
                1
            }
            (None, other) => other.len_utf8(),
        };
        mended.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    mended
}

fn string(text: &str) -> Option<Cow<'_, str>> {
    // Most strings have no escapes, and are read as they stand.
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str::<String>(text).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

fn id(fields: &Fields<'_>) -> Result<Option<String>, Error> {
    let Some(raw) = fields.id.filter(|raw| raw.get() != "null") else {
        return Ok(None);
    };
    match (string(raw.get()), raw.get().as_bytes().first()) {
        (Some(id), _) => Ok(Some(id.into_owned())),
        (None, Some(b'[' | b'{')) => Err(field("id", raw.get(), "a string or a number")),
        (None, _) => Ok(Some(raw.get().to_owned())),
    }
}

/// The error for a field that is not what it should be.
fn field(name: &'static str, text: &str, wanted: &str) -> Error {
    let mut got: String = text.chars().take(60).collect();
    if got.len() < text.len() {
        got.push('…');
    }
    Error::Field {
        name,
        got,
        wanted: wanted.to_owned(),
    }
}

fn missing(name: &'static str, wanted: String) -> Error {
    Error::Field {
        name,
        got: "nothing".to_owned(),
        wanted,
    }
}

fn object<'a>(name: &'static str, raw: &'a RawValue) -> Result<Object<'a>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| field(name, raw.get(), "an object"))
}

fn case(fields: &Fields<'_>) -> Result<Case, Error> {
    let names = || {
        let names: Vec<&str> = losses::ALL.iter().map(|entry| entry.name).collect();
        format!("one of {}", names.join(", "))
    };
    let loss = fields.loss.ok_or_else(|| missing("loss", names()))?;
    let loss = string(loss.get()).ok_or_else(|| field("loss", loss.get(), &names()))?;
    let entry = losses::find(&loss)?;
    let dtype = match fields.dtype {
        None => Dtype::default(),
        Some(raw) => {
            let name = string(raw.get()).ok_or_else(|| field("dtype", raw.get(), "a string"))?;
            Dtype::find(&name)?
        }
    };
    let mut params = Params::new();
    if let Some(raw) = fields.params.filter(|raw| raw.get() != "null") {
        for (name, raw) in object("params", raw)? {
            if let Some(setting) = setting(raw, dtype)? {
                params.set(name, setting);
            }
        }
    }
    let spaces = || -> Vec<&str> { entry.spaces.iter().map(|space| space.name()).collect() };
    let targets = entry.targets.iter().filter_map(|kind| kind.name());
    let no_prediction = || {
        let wanted = format!("an object with {}", spaces().join(" or "));
        missing("inputs", wanted)
    };
    let inputs = fields.inputs.ok_or_else(no_prediction)?;
    let inputs = object("inputs", inputs)?;
    let mut prediction = None;
    let mut target = Target::None;
    for (name, raw) in &inputs {
        let space = [
            Space::Probabilities,
            Space::Logits,
            Space::Errors,
            Space::Scores,
            Space::Predictions,
        ]
        .into_iter()
        .find(|space| space.name() == name);
        let many = |name: &str| Error::Unsupported {
            loss: entry.name,
            what: format!("the input {name:?} beside another of its kind"),
            instead: "give one prediction and at most one target".to_owned(),
        };
        match (space, &**name) {
            (Some(space), _) if prediction.is_none() => {
                prediction = Some(match space {
                    Space::Predictions => Prediction::Classes(integers(raw, space.name())?.into()),
                    _ => Prediction::Values(space, numbers(raw, space.name(), dtype)?.into()),
                });
            }
            (None, "labels" | "foreground") if target == Target::None => {
                let name = if name == "labels" {
                    "labels"
                } else {
                    "foreground"
                };
                target = Target::Labels(integers(raw, name)?.into());
            }
            (None, "targets") if target == Target::None => {
                target = Target::Values(numbers(raw, "targets", dtype)?.into());
            }
            (Some(_), _) | (None, "labels" | "foreground" | "targets") => return Err(many(name)),
            _ => {
                return Err(Error::Unsupported {
                    loss: entry.name,
                    what: format!("the input {name:?}"),
                    instead: format!("give {}", [spaces(), targets.collect()].concat().join(", ")),
                });
            }
        }
    }
    Ok(Case {
        id: String::new(),
        entry,
        dtype,
        params,
        prediction: prediction.ok_or_else(no_prediction)?,
        target,
        tags: tags(fields),
        dialect: None,
    })
}

/// The tags; what is no array of strings counts as none.
fn tags(fields: &Fields<'_>) -> Vec<String> {
    let raw = fields.tags.map_or("[]", RawValue::get);
    serde_json::from_str(raw).unwrap_or_default()
}

/// The value of a parameter; `None` for null.
fn setting(raw: &RawValue, dtype: Dtype) -> Result<Option<Setting>, Error> {
    let text = raw.get();
    Ok(Some(match text.as_bytes().first() {
        Some(b'n') => return Ok(None),
        Some(b't' | b'f') => Setting::Flag(text == "true"),
        Some(b'"') => Setting::Text(string(text).unwrap_or_default().into_owned()),
        Some(b'[') => Setting::Numbers(numbers(raw, "params", dtype)?),
        Some(b'{') => {
            return Err(field(
                "params",
                raw.get(),
                "words, flags, numbers and arrays",
            ));
        }
        _ => Setting::Number(Some(dtype.read_decimal(text)?)),
    }))
}

fn numbers(raw: &RawValue, name: &'static str, dtype: Dtype) -> Result<ArrayD<Number>, Error> {
    array(raw, name, &mut |text| match string(text) {
        Some(text) => read_text(&text),
        None if is_number(text) => dtype.read_decimal(text).map(Some),
        None => Err(field(
            name,
            text,
            "a number, or a string such as \"1/3\" or \"inf\"",
        )),
    })
}

fn integers(raw: &RawValue, name: &'static str) -> Result<ArrayD<i64>, Error> {
    array(raw, name, &mut |raw| {
        let text = string(raw).unwrap_or(Cow::Borrowed(raw));
        let integer = text.parse().ok().or_else(|| {
            // Some languages write every number with a point.
            let number = parse_rational(&text).ok()?;
            num_traits::ToPrimitive::to_i64(number.is_integer().then_some(number.numer())?)
        });
        integer.ok_or_else(|| field(name, raw, "an integer"))
    })
}

/// The nearest finite number of a type to a decimal, where the standard library reads numbers of the type.
fn finite_float(text: &str, dtype: Dtype) -> Option<f64> {
    let number = match dtype {
        Dtype::F64 => text.parse::<f64>().ok()?,
        Dtype::F32 => text.parse::<f32>().ok()?.into(),
        Dtype::F16 | Dtype::Bf16 | Dtype::Exact => return None,
    };
    number.is_finite().then_some(number)
}

/// A number of an answer, rounded to the type. −0 is kept.
fn answered(text: &str, dtype: Dtype) -> Result<f64, Error> {
    if is_number(text)
        && let Some(number) = finite_float(text, dtype)
    {
        return Ok(number);
    }
    if is_number(text) && text.starts_with('-') {
        let number = as_float(dtype, &Some(dtype.read_decimal(text)?));
        return Ok(if number == 0.0 { -0.0 } else { number });
    }
    let number = match string(text) {
        Some(text) => read_text(&text)?,
        None if is_number(text) => Some(dtype.read_decimal(text)?),
        None => return Err(field("value", text, "numbers")),
    };
    Ok(as_float(dtype, &number))
}

fn is_number(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
}
