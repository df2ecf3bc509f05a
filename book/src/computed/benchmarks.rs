//! The tables of the chapter on benchmarks, from the committed results of a run. What is timed, and
//! how, is in the folder `benches/workloads` of the crate; nothing is timed here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use exact_loss::oracle::line::EVERY_LOSS;
use mdbook_preprocessor::errors::{Error, Result};
use serde_json::Value;

use super::Item;
use super::conformance::list;

pub(super) const ITEMS: &[Item] = &[
    Item::table("benchmarks-machine", machine),
    Item::table("benchmarks-readings", readings),
    Item::table("benchmarks-workloads", workloads),
    Item::table("benchmarks-f32", || times("f32")),
    Item::table("benchmarks-f64", || times("f64")),
    Item::table("benchmarks-accuracy", accuracy),
    Item::table("benchmarks-instructions", instructions),
    Item::table("benchmarks-peers-machine", peers_machine),
    Item::table("benchmarks-peers", peers_table),
    Item::table("benchmarks-exact", exact_table),
    Item::table("benchmarks-fused", fused_table),
    Item::table("benchmarks-levels-machine", levels_machine),
    Item::table("benchmarks-levels", levels_table),
    Item::table("benchmarks-oracle-machine", oracle_machine),
    Item::table("benchmarks-oracle", oracle_table),
];

/// The committed results.
///
/// # Errors
///
/// A file that is not JSON.
pub fn results() -> Result<Value> {
    let file = include_str!("../../benchmarks/results.json");
    Ok(serde_json::from_str(file)?)
}

/// The committed times of other libraries.
///
/// # Errors
///
/// A file that is not JSON.
pub fn peers() -> Result<Value> {
    let file = include_str!("../../benchmarks/peers.json");
    Ok(serde_json::from_str(file)?)
}

/// The committed times of arithmetic of arbitrary precision.
///
/// # Errors
///
/// A file that is not JSON.
pub fn exact() -> Result<Value> {
    let file = include_str!("../../benchmarks/exact.json");
    Ok(serde_json::from_str(file)?)
}

/// The committed times of a fused multiply-add.
///
/// # Errors
///
/// A file that is not JSON.
pub fn fused() -> Result<Value> {
    let file = include_str!("../../benchmarks/fused.json");
    Ok(serde_json::from_str(file)?)
}

/// The committed times of each instruction set.
///
/// # Errors
///
/// A file that is not JSON.
pub fn levels() -> Result<Value> {
    let file = include_str!("../../benchmarks/levels.json");
    Ok(serde_json::from_str(file)?)
}

/// The committed times of the oracle.
///
/// # Errors
///
/// A file that is not JSON.
pub fn oracle() -> Result<Value> {
    let file = include_str!("../../benchmarks/oracle.json");
    Ok(serde_json::from_str(file)?)
}

/// The instruction sets, as the file names them and as they are.
pub const LEVELS: [(&str, &str); 3] = [
    ("baseline", "baseline"),
    ("avx2", "AVX2"),
    ("avx512", "AVX-512"),
];

/// The tasks of the exact twin, as the file names them and as they are.
pub const TASKS: [(&str, &str); 5] = [
    ("ln", "ln of one number"),
    ("exp", "exp of one number"),
    ("ce_1000", "cross entropy of 1 000 logits"),
    ("focal_half_16", "focal loss of 16 logits, γ = ½"),
    ("lovasz_100k", "Lovász extension of 100 000 pixels"),
];

/// The name of this crate among the libraries.
pub const OURS: &str = "exact";

/// A word of the results.
///
/// # Errors
///
/// Another value.
pub fn word<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    let found = value[name].as_str();
    found.ok_or_else(|| Error::msg(format!("no {name} in {value}")))
}

/// A number of the results.
///
/// # Errors
///
/// Another value.
pub fn number(value: &Value, name: &str) -> Result<f64> {
    let found = value[name].as_f64();
    found.ok_or_else(|| Error::msg(format!("no {name} in {value}")))
}

/// A table of two columns: names, and what they stand for.
fn listed(rows: &[(&str, String)]) -> Result<String> {
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (name, what) in rows {
        writeln!(table, "| {name} | {} |", what.replace('_', r"\_"))?;
    }
    Ok(table)
}

fn machine() -> Result<String> {
    let results = results()?;
    let machine = &results["machine"];
    let loads: Vec<String> = list(&machine["load"])?
        .iter()
        .map(|load| {
            load.as_f64()
                .map_or("–".to_owned(), |load| format!("{load:.1}"))
        })
        .collect();
    let rows = [
        ("processor", word(machine, "processor")?.to_owned()),
        ("threads", number(machine, "threads")?.to_string()),
        ("instructions", word(machine, "instructions")?.to_owned()),
        ("system", word(machine, "system")?.to_owned()),
        ("compiler", word(machine, "compiler")?.to_owned()),
        ("exact-loss", word(&results, "version")?.to_owned()),
        ("date", word(machine, "date")?.to_owned()),
        ("load before and after", loads.join(", ")),
    ];
    listed(&rows)
}

fn readings() -> Result<String> {
    let mut table = "| threads | read, GB/s | copy, GB/s | exp in `f32`, ns | exp in `f64`, ns |\n\
                     |--:|--:|--:|--:|--:|\n"
        .to_owned();
    for reading in list(&results()?["readings"])? {
        writeln!(
            table,
            "| {} | {:.1} | {:.1} | {:.2} | {:.2} |",
            reading["threads"],
            number(reading, "read_gb_per_s")?,
            number(reading, "copy_gb_per_s")?,
            number(reading, "exp_ns_f32")?,
            number(reading, "exp_ns_f64")?,
        )?;
    }
    Ok(table)
}

fn workloads() -> Result<String> {
    let mut table = "| workload | loss | given | size |\n|---|---|---|--:|\n".to_owned();
    for workload in list(&results()?["workloads"])? {
        writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            word(workload, "name")?,
            word(workload, "loss")?.replace('_', " "),
            word(workload, "given")?,
            word(workload, "size")?,
        )?;
    }
    Ok(table)
}

/// A time to three digits, in the unit that suits it, on one line.
fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s => (s * 1e3, "ms"),
    };
    let decimals = match number {
        n if n < 10.0 => 2,
        n if n < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.decimals$}\u{a0}{unit}")
}

/// The rows of one type: the best times, in two lines for each workload.
fn times(dtype: &str) -> Result<String> {
    let results = results()?;
    let all = number(&results["machine"], "threads")?;
    let mut table = format!(
        "| workload | | naive | 1 thread | × | {all} threads | × | limit | share |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    let mut above = "";
    for row in list(&results["times"])? {
        if row["dtype"] != dtype {
            continue;
        }
        let name = word(row, "workload")?;
        let title = if name == above {
            String::new()
        } else {
            format!("`{name}`")
        };
        above = name;
        let naive = number(&row["naive"], "best_s")?;
        write!(
            table,
            "| {title} | {} | {} |",
            word(row, "mode")?,
            time(naive)
        )?;
        let ours = list(&row["ours"])?;
        for times in ours {
            let best = number(times, "best_s")?;
            write!(table, " {} | {:.1} |", time(best), naive / best)?;
        }
        match ours.last() {
            Some(times) if times["limit"].is_string() => {
                let limit = number(times, "limit_s")?;
                let share = 100.0 * limit / number(times, "best_s")?;
                let name = word(times, "limit")?;
                writeln!(table, " {} {name} | {share:.0}\u{a0}% |", time(limit))?;
            }
            _ => writeln!(table, " – | – |")?,
        }
    }
    Ok(table)
}

fn accuracy() -> Result<String> {
    let mut table = "| workload | judged | | value, ulps | gradient, ulps |\n\
                     |---|--:|---|--:|--:|\n"
        .to_owned();
    let ulps = |ulps: &Value| {
        ulps.as_f64()
            .map_or("–".to_owned(), |ulps| format!("{ulps:.2}"))
    };
    for verdict in list(&results()?["accuracy"])? {
        writeln!(
            table,
            "| `{}` | {} | {} | {} | {} |",
            word(verdict, "workload")?,
            word(verdict, "size")?,
            word(verdict, "dtype")?,
            ulps(&verdict["value_ulps"]),
            ulps(&verdict["gradient_ulps"]),
        )?;
    }
    Ok(table)
}

fn instructions() -> Result<String> {
    let mut table = "| | | the crate | naive |\n|---|---|--:|--:|\n".to_owned();
    for counted in list(&results()?["instructions"])? {
        writeln!(
            table,
            "| {} | {} | {} | {} |",
            word(counted, "dtype")?,
            word(counted, "mode")?,
            counted["ours"],
            counted["naive"],
        )?;
    }
    Ok(table)
}

fn peers_machine() -> Result<String> {
    let peers = peers()?;
    let versions = peers["versions"].as_object().into_iter().flatten();
    let versions: Vec<String> = versions
        .map(|(package, version)| format!("{package} {}", version.as_str().unwrap_or("–")))
        .collect();
    let threads: BTreeSet<String> = list(&peers["times"])?
        .iter()
        .map(|row| row["threads"].to_string())
        .collect();
    let rows = [
        ("processor", word(&peers, "processor")?.to_owned()),
        ("threads", Vec::from_iter(threads).join(" or ")),
        ("versions", versions.join(", ")),
        ("date", word(&peers, "date")?.to_owned()),
        ("load after", format!("{:.1}", number(&peers, "load")?)),
    ];
    listed(&rows)
}

/// The best times of each library, those of this crate last, and how many times longer the fastest
/// of the others takes.
fn peers_table() -> Result<String> {
    let peers = peers()?;
    let rows = list(&peers["times"])?;
    let best = |row: &Value| row["best_s"].as_object().cloned().unwrap_or_default();
    let names: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| best(row).into_iter().map(|(name, _)| name))
        .filter(|name| name != OURS)
        .collect();
    let mut table = "| workload | |".to_owned();
    for name in &names {
        write!(table, " {} |", name.replace('_', r"\_"))?;
    }
    table.push_str(" exact-loss | × |\n|---|---|");
    table.push_str(&"--:|".repeat(names.len() + 2));
    for row in rows {
        write!(
            table,
            "\n| `{}` | {} {} |",
            word(row, "workload")?,
            word(row, "dtype")?,
            word(row, "mode")?,
        )?;
        let (best, mut least) = (best(row), f64::INFINITY);
        for name in &names {
            let seconds = best.get(name).and_then(Value::as_f64);
            least = least.min(seconds.unwrap_or(f64::INFINITY));
            write!(table, " {} |", seconds.map_or("–".to_owned(), time))?;
        }
        let ours = number(&row["best_s"], OURS)?;
        let ratio = if least.is_finite() {
            format!("{:.1}", least / ours)
        } else {
            "–".to_owned()
        };
        write!(table, " {} | {ratio} |", time(ours))?;
    }
    table.push('\n');
    Ok(table)
}

/// The times of the exact twin beside those of other arithmetic.
fn exact_table() -> Result<String> {
    let exact = exact()?;
    let versions = exact["versions"].as_object().cloned().unwrap_or_default();
    let mut table = "| task | exact-loss |".to_owned();
    for (name, version) in &versions {
        write!(table, " {name} {} |", version.as_str().unwrap_or("–"))?;
    }
    table.push_str("\n|---|--:|");
    table.push_str(&"--:|".repeat(versions.len()));
    for row in list(&exact["times"])? {
        let name = word(row, "work")?;
        let task = TASKS.iter().find(|(task, _)| *task == name);
        let (_, task) = task.ok_or_else(|| Error::msg(format!("no task is named {name}")))?;
        let best = &row["best_s"];
        write!(table, "\n| {task} | {} |", time(number(best, OURS)?))?;
        for name in versions.keys() {
            write!(table, " {} |", time(number(best, name)?))?;
        }
    }
    table.push('\n');
    Ok(table)
}

fn levels_machine() -> Result<String> {
    processor_and_date(&levels()?)
}

fn oracle_machine() -> Result<String> {
    processor_and_date(&oracle()?)
}

fn processor_and_date(file: &Value) -> Result<String> {
    let rows = [
        ("processor", word(file, "processor")?.to_owned()),
        ("date", word(file, "date")?.to_owned()),
    ];
    listed(&rows)
}

/// How many cases of all losses a second the oracle answers, wholly and with values alone.
pub(super) fn oracle_summary() -> Result<String> {
    let mut table = "| cases | whole answers a second | values alone | × | rounding |\n\
                     |---|--:|--:|--:|--:|\n"
        .to_owned();
    for row in list(&oracle()?["times"])? {
        if row["loss"] != EVERY_LOSS {
            continue;
        }
        writeln!(
            table,
            "| {} in `{}` | {} | {} | {:.1} | {:.1}\u{a0}% |",
            word(row, "size")?,
            word(row, "dtype")?,
            rate(row, "exact")?,
            rate(row, "rounded")?,
            ratio(row, "exact", "rounded")?,
            100.0 * ratio(row, "rounding", "exact")?,
        )?;
    }
    Ok(table)
}

/// How many cases a second each way answers.
fn oracle_table() -> Result<String> {
    let mut table =
        "| loss | | cases | `eval` | its rounding | values alone | × | fast twin | `verify` |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
    let mut above = String::new();
    for row in list(&oracle()?["times"])? {
        let mut loss = word(row, "loss")?.replace('_', " ");
        if row["loss"] == EVERY_LOSS {
            write!(loss, " in `{}`", word(row, "dtype")?)?;
        }
        writeln!(
            table,
            "| {} | {} | {} | {} | {:.1}\u{a0}% | {} | {:.1} | {} | {} |",
            if loss == above { "" } else { &loss },
            word(row, "size")?,
            row["cases"],
            rate(row, "exact")?,
            100.0 * ratio(row, "rounding", "exact")?,
            rate(row, "rounded")?,
            ratio(row, "exact", "rounded")?,
            rate(row, "fast")?,
            rate(row, "verify")?,
        )?;
        above = loss;
    }
    Ok(table)
}

/// How many cases a second a way of the oracle answers.
fn rate(row: &Value, way: &str) -> Result<String> {
    let seconds = number(&row["best_s"], way)?;
    Ok(grouped(number(row, "cases")? / seconds))
}

/// The time of one way of the oracle over that of another.
fn ratio(row: &Value, one: &str, other: &str) -> Result<f64> {
    let best = &row["best_s"];
    Ok(number(best, one)? / number(best, other)?)
}

/// A count to three digits, with its thousands apart.
fn grouped(number: f64) -> String {
    let unit = 10_f64.powf((number.log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (number / unit).round() * unit);
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// The best times of each instruction set, each with how many times longer the one before takes.
fn levels_table() -> Result<String> {
    let mut table = "| workload | |".to_owned();
    for (at, (_, name)) in LEVELS.iter().enumerate() {
        write!(table, " {name} |{}", if at == 0 { "" } else { " × |" })?;
    }
    table.push_str("\n|---|---|");
    table.push_str(&"--:|".repeat(2 * LEVELS.len() - 1));
    for row in list(&levels()?["times"])? {
        let (name, dtype) = (word(row, "workload")?, word(row, "dtype")?);
        write!(table, "\n| `{name}` | {dtype} {} |", word(row, "mode")?)?;
        let mut before = None;
        for (level, _) in LEVELS {
            let seconds = number(&row["best_s"], level)?;
            write!(table, " {} |", time(seconds))?;
            if let Some(before) = before {
                write!(table, " {:.2} |", before / seconds)?;
            }
            before = Some(seconds);
        }
    }
    table.push('\n');
    Ok(table)
}

fn fused_table() -> Result<String> {
    let mut table = "| work | instructions | separate, ns | fused, ns | separate over fused |\n\
                     |---|---|--:|--:|--:|\n"
        .to_owned();
    for row in list(&fused()?["times"])? {
        let work = match word(row, "work")? {
            "polynomial" => "polynomial of degree 11",
            _ => "error of a product",
        };
        let (separate, fused) = (number(row, "separate_ns")?, number(row, "fused_ns")?);
        let ratio = separate / fused;
        let instructions = word(row, "instructions")?;
        writeln!(
            table,
            "| {work} | {instructions} | {separate:.2} | {fused:.2} | {ratio:.2} |"
        )?;
    }
    Ok(table)
}
