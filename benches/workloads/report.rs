//! What was measured, as a table to read and as data to keep. What the book makes of the data is in
//! the book's builder.

use serde_json::{Value, json};

use super::accuracy::Accuracy;
use super::limits::Limits;
use super::run::Row;
use super::timing::Times;
use super::workload::Workload;

/// A number to four significant digits.
pub(crate) fn short(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

/// A time in the unit that suits it.
fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s => (s * 1e3, "ms"),
    };
    let decimals = if number < 10.0 {
        2
    } else {
        usize::from(number < 100.0)
    };
    format!("{number:.decimals$} {unit}")
}

/// The titles of the columns of [`line`].
pub(crate) fn head(threads: usize) -> String {
    let all = format!("{threads} threads");
    format!(
        "{:<20} {:<3} {:<8} {:>18} {:>18} {:>6} {:>18} {:>6} {:>17} {:>6}",
        "workload", "", "", "naive", "1 thread", "×", all, "×", "limit", "share"
    )
}

/// A row: best and median times, and with all threads the limit and the share of it reached.
pub(crate) fn line(row: &Row, readings: &[Limits; 2]) -> String {
    let both = |times: &Times| format!("{} ({})", time(times.best()), time(times.median()));
    let [one, all] = &row.ours;
    let ratio = |best: f64| format!("{:.1}", row.naive.best() / best);
    let (limit, share) = match row.needs.limit(readings, 1) {
        Some((name, limit)) => (
            format!("{name} {}", time(limit)),
            format!("{:.0} %", 100.0 * limit / all.best()),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    };
    format!(
        "{:<20} {:<3} {:<8} {:>18} {:>18} {:>6} {:>18} {:>6} {:>17} {:>6}",
        row.workload.name,
        row.dtype,
        mode(row.with_gradient),
        both(&row.naive),
        both(one),
        ratio(one.best()),
        both(all),
        ratio(all.best()),
        limit,
        share,
    )
}

/// The name of a mode.
fn mode(with_gradient: bool) -> &'static str {
    if with_gradient { "gradient" } else { "value" }
}

/// A verdict of the oracle, to read.
pub(crate) fn verdict(workload: &Workload, dtype: &str, accuracy: &Accuracy) -> String {
    let ulps = |ulps: Option<f64>| ulps.map_or("–".to_owned(), |ulps| format!("{ulps:.3}"));
    let is_right = if accuracy.is_right { "right" } else { "WRONG" };
    format!(
        "{:<20} {dtype} {is_right}, value {} ulps, gradient {} ulps",
        workload.name,
        ulps(accuracy.value),
        ulps(accuracy.gradient),
    )
}

/// A row as data: times in seconds.
pub(crate) fn row(row: &Row, readings: &[Limits; 2]) -> Value {
    let ours = [0, 1].map(|at| {
        let (times, limit) = (&row.ours[at], row.needs.limit(readings, at));
        json!({
            "threads": readings[at].threads,
            "best_s": short(times.best()),
            "median_s": short(times.median()),
            "limit": limit.map(|limit| limit.0),
            "limit_s": limit.map(|limit| short(limit.1)),
        })
    });
    json!({
        "workload": row.workload.name,
        "dtype": row.dtype,
        "mode": mode(row.with_gradient),
        "naive": {"best_s": short(row.naive.best()), "median_s": short(row.naive.median())},
        "ours": ours,
        "others_cpus": row.others.map(|others| short(others.0)),
    })
}

/// A workload as data.
pub(crate) fn workload(workload: &Workload) -> Value {
    json!({
        "name": workload.name,
        "loss": workload.loss,
        "given": workload.given,
        "size": workload.size(workload.rows),
    })
}

/// An object with its lists an entry a line, so that two runs can be compared.
pub(crate) fn pretty(object: &Value) -> String {
    let mut text = "{\n".to_owned();
    let fields = object.as_object().into_iter().flatten();
    let fields: Vec<String> = fields
        .map(|(name, value)| match value {
            Value::Array(entries) if !entries.is_empty() => {
                let entries: Vec<String> = entries.iter().map(|e| format!("    {e}")).collect();
                format!("  \"{name}\": [\n{}\n  ]", entries.join(",\n"))
            }
            value => format!("  \"{name}\": {value}"),
        })
        .collect();
    text.push_str(&fields.join(",\n"));
    text.push_str("\n}\n");
    text
}
