//! The tables of the chapter on conformance, from the committed results of the oracle's reports on
//! other libraries. How they are made is in the folder `adapters`; nothing is run or judged here.

use std::fmt::Write as _;

use exact_loss::oracle::Dialect;
use mdbook_preprocessor::errors::{Error, Result};
use serde_json::{Map, Value};

use super::Item;

pub(super) const ITEMS: &[Item] = &[
    Item::table("conformance-overview", overview),
    Item::table("conformance-libraries", libraries),
    Item::value("conformance-level", || Ok(text(&results()?["level"]))),
    Item::value("conformance-seed", || Ok(text(&results()?["seed"]))),
    Item::value("conformance-max-ulps", || Ok(text(&results()?["max_ulps"]))),
    Item::value("conformance-oracle", || Ok(text(&results()?["oracle"]))),
];

/// The most characters of an expression that are shown.
const MAX_SHOWN: usize = 90;

/// The committed results.
///
/// # Errors
///
/// A file that is not JSON.
pub fn results() -> Result<Value> {
    let file = include_str!("../../conformance/results.json");
    Ok(serde_json::from_str(file)?)
}

/// The entries of an array.
///
/// # Errors
///
/// Another value.
pub fn list(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .ok_or_else(|| Error::msg(format!("not a list: {value}")))
}

/// A value without the quotes of a string.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Each library in a line: how many of its answers are right, in either precision.
fn overview() -> Result<String> {
    let mut table = "| library | right, f64 | right, f32 |\n|---|--:|--:|\n".to_owned();
    for library in list(&results()?["libraries"])? {
        let (name, losses) = (text(&library["library"]), list(&library["losses"])?);
        let right = |dtype: &str| {
            let of_type = || losses.iter().filter(move |entry| entry["dtype"] == dtype);
            let sum = |name: &str| of_type().map(|entry| count(&entry[name])).sum::<u64>();
            match sum("judged") {
                0 => "–".to_owned(),
                judged => format!("{} of {judged}", sum("within")),
            }
        };
        let anchor = anchor(&name);
        let (double, single) = (right("f64"), right("f32"));
        writeln!(table, "| [{name}](#{anchor}) | {double} | {single} |")?;
    }
    Ok(table)
}

/// The fragment that mdBook gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// A section for each library.
fn libraries() -> Result<String> {
    let mut page = String::new();
    for library in list(&results()?["libraries"])? {
        section(library, &mut page)?;
    }
    Ok(page)
}

fn section(library: &Value, page: &mut String) -> Result<()> {
    let nothing = Map::new();
    let versions = library["versions"].as_object().unwrap_or(&nothing);
    let versions = versions
        .iter()
        .map(|(package, version)| format!("{package} {}", text(version)));
    let versions = versions.collect::<Vec<_>>().join(", ").replace('_', "\\_");
    let (name, adapter, date) = (
        text(&library["library"]),
        text(&library["adapter"]),
        text(&library["date"]),
    );
    writeln!(page, "### {name}\n")?;
    writeln!(
        page,
        "{versions}; run on {date} with `book/adapters/{adapter}`.\n"
    )?;
    writeln!(page, "| loss | right | value, ulps | gradient, ulps |")?;
    writeln!(page, "|---|--:|--:|--:|")?;
    let losses = list(&library["losses"])?;
    for entry in losses {
        writeln!(
            page,
            "| {} | {} of {} | {} | {} |",
            title(entry),
            entry["within"],
            entry["judged"],
            largest(&entry["worst_value"]),
            largest(&entry["worst_gradient"]),
        )?;
    }
    writeln!(page)?;
    for entry in losses {
        if count(&entry["outside"]) + count(&entry["undecided"]) > 0 {
            writeln!(page, "* {}", wrong(entry)?)?;
        }
    }
    writeln!(page)?;
    Ok(())
}

/// A loss and its type: `focal, f32`.
fn title(entry: &Value) -> String {
    format!(
        "{} {}",
        text(&entry["loss"]).replace('_', " "),
        text(&entry["dtype"])
    )
}

/// The largest error in ulps, to three digits.
fn largest(ulps: &Value) -> String {
    match ulps.as_f64() {
        None if ulps.is_string() => r"$> 10^{308}$".to_owned(),
        None => "–".to_owned(),
        Some(ulps) if ulps < 1000.0 => format!("{ulps:.2}"),
        Some(ulps) => super::numbers::significant(ulps, 2),
    }
}

/// What is wrong with the answers to a loss: the classes, the smallest case, and the dialects.
fn wrong(entry: &Value) -> Result<String> {
    let mut line = format!("**{}**: ", title(entry));
    let nothing = Map::new();
    let classes = entry["outside_by_class"].as_object().unwrap_or(&nothing);
    let mut kinds: Vec<String> = classes
        .iter()
        .map(|(class, count)| format!("{count} {class}"))
        .collect();
    match count(&entry["undecided"]) {
        0 => {}
        undecided => kinds.push(format!("{undecided} undecided")),
    }
    write!(line, "{}.", kinds.join(", "))?;
    if let Some(smallest) = entry["smallest"].as_object() {
        write!(line, " {}", example(smallest)?)?;
    }
    for agreeing in list(&entry["dialects"])? {
        let dialect = Dialect::find(&text(&entry["loss"]), &text(&agreeing["dialect"]))?;
        let right = count(&agreeing["right"]);
        let tried = right + count(&agreeing["not"]);
        write!(
            line,
            " {right} of {tried} wrong answers are right in the dialect `{}`.",
            dialect.name
        )?;
    }
    Ok(line)
}

/// The smallest wrong answer in a sentence.
fn example(smallest: &Map<String, Value>) -> Result<String> {
    let field = |name: &str| smallest.get(name).map(text);
    let mut line = "Smallest: ".to_owned();
    match smallest.get("inputs").and_then(Value::as_object) {
        None => write!(line, "case `{}`", field("id").unwrap_or_default())?,
        Some(inputs) => {
            let empty = Map::new();
            let params = smallest.get("params").and_then(Value::as_object);
            let params = params.unwrap_or(&empty).iter();
            let is_target = |name: &str| matches!(name, "labels" | "targets" | "foreground");
            let predictions = inputs.iter().filter(|(name, _)| !is_target(name));
            let targets = inputs.iter().filter(|(name, _)| is_target(name));
            let given: Vec<String> = predictions
                .chain(targets)
                .chain(params)
                .map(|(name, value)| {
                    let value = value.to_string().replace('"', "").replace(',', ", ");
                    format!("`{name} {value}`")
                })
                .collect();
            line.push_str(&given.join(", "));
        }
    }
    let part = field("part").unwrap_or_default();
    match (field("got"), field("ulps")) {
        (None, _) => write!(line, ", with no {part}")?,
        (Some(got), None) => write!(line, ", with the {part} `{got}`")?,
        (Some(got), Some(_)) => {
            let ulps = largest(smallest.get("ulps").unwrap_or(&Value::Null));
            write!(line, ", with the {part} `{got}`, {ulps} ulps off")?;
        }
    }
    let (exact, nearest) = (field("exact"), field("nearest"));
    match (exact, nearest) {
        (Some(exact), Some(nearest))
            if exact.chars().count() > MAX_SHOWN || exact.parse() == nearest.parse::<f64>() =>
        {
            write!(line, "; right is `{nearest}`")?;
        }
        (Some(exact), Some(nearest)) => write!(line, "; right is `{exact}` ≈ `{nearest}`")?,
        (Some(right), None) | (None, Some(right)) => write!(line, "; right is `{right}`")?,
        (None, None) => {}
    }
    if let Some(note) = field("note") {
        let note: String = note.chars().take(MAX_SHOWN).collect();
        write!(line, " (`{}`)", note.replace('`', "'"))?;
    }
    line.push('.');
    Ok(line)
}
