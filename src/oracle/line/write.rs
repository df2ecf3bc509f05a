//! Writing lines: cases, and answers to them. How lines are read is beside this file.

use ndarray::ArrayViewD;
use num_traits::ToPrimitive;

use super::super::{Answered, Case, Dtype, Number, Shown, Status};
use super::ends::ends_as_text;
use crate::Error;
use crate::exact::Extended;
use crate::losses::{Prediction, Setting, Space, Target, Value};

/// Writes a case as a line, without the end of line.
pub fn write_case(case: &Case, out: &mut String) {
    open_case(case, out);
    out.push('}');
}

/// The line of a case up to its closing brace.
fn open_case(case: &Case, out: &mut String) {
    open(case, out, write_params, write_inputs);
}

/// The line of a case up to its closing brace, with the parameters and the inputs as they were given: nothing
/// of them is lost, and to repeat them is cheaper than to write them.
pub(super) fn open_given(case: &Case, params: Option<&str>, inputs: &str, out: &mut String) {
    let params = |_: &Case, out: &mut String| out.push_str(params.unwrap_or("{}"));
    open(case, out, params, |_, out| out.push_str(inputs));
}

fn open(
    case: &Case,
    out: &mut String,
    params: impl FnOnce(&Case, &mut String),
    inputs: impl FnOnce(&Case, &mut String),
) {
    out.push_str("{\"id\":");
    text(&case.id, out);
    out.push_str(",\"loss\":");
    text(case.entry.name, out);
    out.push_str(",\"dtype\":");
    text(case.dtype.name(), out);
    out.push_str(",\"params\":");
    params(case, out);
    out.push_str(",\"inputs\":");
    inputs(case, out);
    out.push_str(",\"tags\":[");
    for (i, tag) in case.tags.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        text(tag, out);
    }
    out.push(']');
}

fn write_params(case: &Case, out: &mut String) {
    out.push('{');
    for (i, (name, setting)) in case.params.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        text(name, out);
        out.push(':');
        write_setting(setting, case.dtype, out);
    }
    out.push('}');
}

fn write_inputs(case: &Case, out: &mut String) {
    out.push('{');
    let number = |x: &Number, out: &mut String| case.dtype.write_input(x, out);
    let integer = |x: &i64, out: &mut String| out.push_str(&x.to_string());
    match &case.prediction {
        Prediction::Values(space, values) => {
            text(space.name(), out);
            out.push(':');
            nested(values.view(), out, &number);
        }
        Prediction::Classes(classes) => {
            text(Space::Predictions.name(), out);
            out.push(':');
            nested(classes.view(), out, &integer);
        }
    }
    if let Some(name) = case.target_name() {
        out.push(',');
        text(name, out);
        out.push(':');
        match &case.target {
            Target::None => {}
            Target::Labels(labels) => nested(labels.view(), out, &integer),
            Target::Values(values) => nested(values.view(), out, &number),
        }
    }
    out.push('}');
}

/// Writes the answer to a case as a line, without the end of line; with what is shown beside it, if
/// anything is.
pub fn write_answer(case: &Case, answered: &Answered, shown: Option<&Shown>, out: &mut String) {
    open_case(case, out);
    close_with_answer(case, answered, shown, out);
}

/// The rest of a line whose case is written.
pub(super) fn close_with_answer(
    case: &Case,
    answered: &Answered,
    shown: Option<&Shown>,
    out: &mut String,
) {
    let float = |x: &f64, out: &mut String| case.dtype.write(*x, out);
    out.push_str(",\"value\":");
    each(&answered.value, out, &float);
    if let Some(gradient) = &answered.gradient {
        out.push_str(",\"gradient\":{");
        text(case.prediction.space().name(), out);
        out.push(':');
        nested(gradient.view(), out, &float);
        out.push('}');
        if shown.is_some_and(|shown| !shown.is_unique) {
            out.push_str(",\"nonunique\":true");
        }
    }
    let Some(shown) = shown else {
        out.push_str(",\"status\":\"ok\"}");
        return;
    };
    if let Some(exact) = &shown.exact {
        out.push_str(",\"exact\":");
        each(exact, out, &|expression, out| text(expression, out));
    }
    if let Some(enclosure) = &shown.enclosure {
        out.push_str(",\"enclosure\":");
        each(enclosure, out, &|(lower, upper), out| {
            let [lower, upper] = match (lower, upper) {
                (Extended::Finite(lower), Extended::Finite(upper)) => ends_as_text(lower, upper),
                _ => [lower, upper].map(Extended::to_string),
            };
            for part in ["[\"", &lower, "\",\"", &upper, "\"]"] {
                out.push_str(part);
            }
        });
    }
    if let Some(condition) = &shown.condition {
        out.push_str(",\"condition\":");
        each(condition, out, &|x, out| Dtype::F64.write(*x, out));
    }
    out.push_str(",\"status\":\"ok\"}");
}

/// Writes the answer to a case, or to a line, that has no value.
pub fn write_failure(id: &str, case: Option<&Case>, error: &Error, out: &mut String) {
    match case {
        Some(case) => open_case(case, out),
        None => {
            out.push_str("{\"id\":");
            text(id, out);
        }
    }
    close_with_failure(error, out);
}

/// The rest of a line whose case, or id, is written.
pub(super) fn close_with_failure(error: &Error, out: &mut String) {
    out.push_str(",\"status\":");
    text(Status::of(error).name(), out);
    out.push_str(",\"error\":");
    text(&error.to_string(), out);
    out.push('}');
}

fn write_setting(setting: &Setting, dtype: Dtype, out: &mut String) {
    let number = |x: &Number, out: &mut String| match x.as_ref().and_then(small_integer) {
        // A label or a class is an integer to its reader, whatever the type of the case is.
        Some(integer) => out.push_str(&integer.to_string()),
        None => dtype.write_input(x, out),
    };
    match setting {
        Setting::Text(word) => text(word, out),
        Setting::Flag(flag) => out.push_str(&flag.to_string()),
        Setting::Number(x) => number(x, out),
        Setting::Numbers(numbers) => nested(numbers.view(), out, &number),
    }
}

/// An integer that every type has.
fn small_integer(x: &Extended) -> Option<i64> {
    let x = x.finite().filter(|x| x.is_integer())?.to_i64()?;
    (-256..=256).contains(&x).then_some(x)
}

/// One thing, or an array of them.
pub(super) fn each<T>(value: &Value<T>, out: &mut String, write: &impl Fn(&T, &mut String)) {
    match value {
        Value::Reduced(one) => write(one, out),
        Value::PerElement(many) => nested(many.view(), out, write),
    }
}

/// Nested arrays, the first axis outermost.
pub(super) fn nested<T>(
    values: ArrayViewD<'_, T>,
    out: &mut String,
    write: &impl Fn(&T, &mut String),
) {
    let separate = |i: usize, out: &mut String| out.push_str(if i == 0 { "" } else { "," });
    match values.ndim() {
        0 => return values.iter().for_each(|value| write(value, out)),
        // Without a view of each number.
        1 => {
            out.push('[');
            for (i, value) in values.iter().enumerate() {
                separate(i, out);
                write(value, out);
            }
        }
        _ => {
            out.push('[');
            for (i, part) in values.outer_iter().enumerate() {
                separate(i, out);
                nested(part, out, write);
            }
        }
    }
    out.push(']');
}

/// A string with what JSON wants escaped.
pub(super) fn text(text: &str, out: &mut String) {
    let is_plain = |byte: u8| (byte >= b' ') & (byte != b'"') & (byte != b'\\');
    // Nearly all strings are, and a loop to the end is one of vectors.
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    // A string is always writable.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
