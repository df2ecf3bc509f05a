//! Nested arrays of numbers. What a number is, is said by those who ask for one.

use ndarray::ArrayD;
use serde_json::value::RawValue;

use super::super::MAX_AXES;
use super::field;
use crate::Error;

/// An array of any shape, from nested arrays; a number alone has no axes.
pub(super) fn array<T>(
    raw: &RawValue,
    name: &'static str,
    element: &mut impl FnMut(&str) -> Result<T, Error>,
) -> Result<ArrayD<T>, Error> {
    if let Some((shape, texts)) = rectangle(raw.get()) {
        let elements = texts.into_iter().map(element).collect::<Result<_, _>>()?;
        return Ok(ArrayD::from_shape_vec(shape, elements).expect("one element for each place"));
    }
    let mut shape = Vec::new();
    let mut elements = Vec::new();
    fill(raw, name, 0, &mut shape, &mut elements, element)?;
    let got = shape.clone();
    ArrayD::from_shape_vec(shape, elements).map_err(|_| Error::Shape {
        argument: name,
        got,
        wanted: "rows of one length".to_owned(),
    })
}

/// Shape and elements of nested arrays of numbers and plain strings whose rows are of one length, in one pass over
/// the text, which is valid JSON. `None` for all else: [`fill`] says what is wrong with it, if anything is.
fn rectangle(text: &str) -> Option<(Vec<usize>, Vec<&str>)> {
    let bytes = text.as_bytes();
    let mut shape: Vec<Option<usize>> = Vec::new();
    // How many elements each array that is open has, the outermost first.
    let mut open: Vec<usize> = Vec::new();
    let mut elements = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => continue,
            b'[' => {
                if open.len() == shape.len() {
                    let is_new = elements.is_empty() && shape.len() < MAX_AXES;
                    is_new.then(|| shape.push(None))?;
                }
                open.push(0);
                continue;
            }
            b']' => {
                let count = open.pop()?;
                let length = &mut shape[open.len()];
                if *length.get_or_insert(count) != count {
                    return None;
                }
            }
            b'"' => {
                let inner = bytes[at..].iter().position(|&b| b == b'"' || b == b'\\')?;
                at += inner + 1;
                (bytes[at - 1] == b'"').then(|| elements.push(&text[start..at]))?;
            }
            b'-' | b'0'..=b'9' => {
                let ends = |&b: &u8| matches!(b, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                at += bytes[at..]
                    .iter()
                    .position(ends)
                    .unwrap_or(bytes.len() - at);
                elements.push(&text[start..at]);
            }
            _ => return None,
        }
        if byte != b']' && open.len() != shape.len() {
            return None;
        }
        if let Some(count) = open.last_mut() {
            *count += 1;
        }
    }
    let shape: Vec<usize> = shape.into_iter().collect::<Option<_>>()?;
    (shape.iter().product::<usize>() == elements.len()).then_some((shape, elements))
}

/// Adds the elements of one array, whose shape must be what `shape` says from `depth` on. The
/// first array of each depth says it.
fn fill<T>(
    raw: &RawValue,
    name: &'static str,
    depth: usize,
    shape: &mut Vec<usize>,
    elements: &mut Vec<T>,
    element: &mut impl FnMut(&str) -> Result<T, Error>,
) -> Result<(), Error> {
    let ragged = |got: &[usize], length: usize| Error::Shape {
        argument: name,
        got: [&got[..depth.min(got.len())], &[length]].concat(),
        wanted: format!("rows of one length: the first gives {got:?}"),
    };
    if !raw.get().starts_with('[') {
        if depth < shape.len() {
            return Err(field(name, raw.get(), "an array, as its neighbours are"));
        }
        elements.push(element(raw.get())?);
        return Ok(());
    }
    if depth >= MAX_AXES {
        return Err(Error::Shape {
            argument: name,
            got: shape.clone(),
            wanted: format!("at most {MAX_AXES} axes"),
        });
    }
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|error| Error::Json {
        reason: error.to_string(),
    })?;
    match shape.get(depth) {
        None if elements.is_empty() => shape.push(items.len()),
        Some(&length) if length == items.len() => {}
        _ => return Err(ragged(shape, items.len())),
    }
    for item in items {
        fill(item, name, depth + 1, shape, elements, element)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`fill`] makes of a text.
    fn filled(text: &str) -> Result<(Vec<usize>, Vec<String>), Error> {
        let raw: &RawValue = serde_json::from_str(text).expect("JSON");
        let (mut shape, mut elements) = (Vec::new(), Vec::new());
        let mut element = |text: &str| Ok(text.to_owned());
        fill(raw, "values", 0, &mut shape, &mut elements, &mut element)?;
        Ok((shape, elements))
    }

    #[test]
    fn one_pass_reads_what_it_reads_as_the_general_way_does() {
        let regular = [
            "1.5",
            "\"inf\"",
            "[]",
            "[[],[]]",
            "[ 1 ,\t-2e-3 , \"1/3\" ]",
            "[[1,2,3],[4,5,6]]",
            "[[[1],[2]],[[3],[\"nan\"]]]",
            "[\"a,b]\", 0]",
        ];
        for text in regular {
            let (shape, elements) = rectangle(text).expect(text);
            let elements = elements.into_iter().map(str::to_owned).collect();
            assert_eq!(filled(text), Ok((shape, elements)), "{text}");
        }
        let others = [
            "null",
            "{\"a\":[1]}",
            "[1,[2]]",
            "[[1],2]",
            "[[1,2],[3]]",
            "[[],[1]]",
            "[[[1]],[2]]",
            "[true]",
            "[\"\\u0031\"]",
            "[{}]",
        ];
        for text in others {
            assert_eq!(rectangle(text), None, "{text}");
        }
        let deep = "[".repeat(MAX_AXES + 1) + &"]".repeat(MAX_AXES + 1);
        assert!(rectangle(&deep).is_none() && filled(&deep).is_err());
    }
}
