//! Every loss of the catalogue at a size that matters, timed beside a naive loop, on one thread and
//! on all, in both float types, with the value alone and with the gradient; and the oracle's verdict on
//! the same compiled code. Arguments and printing only: `--help` says how it is run.

mod accuracy;
mod arguments;
mod exact;
mod float;
mod fused;
mod inputs;
mod instructions;
mod levels;
mod limits;
mod lines;
mod machine;
mod naive;
mod oracle;
mod report;
mod run;
mod timing;
mod workload;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use accuracy::{Accuracy, judge};
use arguments::{Command, HELP, Table};
use limits::Limits;
use run::{pool, rows};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut output = io::stdout().lock();
    let result = match Command::read(&arguments) {
        Err(fault) => {
            let _ = writeln!(io::stderr(), "workloads: {fault}");
            return ExitCode::from(2);
        }
        Ok(Command::Help) => output.write_all(HELP.as_bytes()).map(|()| true),
        Ok(Command::Turns(counted, turns)) => {
            counted.run(turns);
            Ok(true)
        }
        Ok(Command::Lines(asked)) => lines::write(&asked, &mut output).map(|()| true),
        Ok(Command::Exact(seconds)) => exact::write(seconds, &mut output).map(|()| true),
        Ok(Command::Fused(seconds)) => fused::write(seconds, &mut output).map(|()| true),
        Ok(Command::Levels(seconds)) => levels::write(seconds, &mut output).map(|()| true),
        Ok(Command::Oracle(seconds)) => oracle::write(seconds, &mut output).map(|()| true),
        Ok(Command::Table(table)) => measure(&table, &mut output),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the output has enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "workloads: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; says whether every answer was right.
fn measure(table: &Table, output: &mut impl Write) -> io::Result<bool> {
    // Before anything is measured, for a file that cannot be written; what is in it stays till the end.
    if let Some(path) = &table.write {
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.map_err(|error| named(path, &error))?;
    }
    let load = machine::load();
    let threads = [1, machine::threads()];
    let (one, all) = (pool(threads[0]), pool(threads[1]));
    writeln!(
        output,
        "{}, {} threads, {}\n",
        machine::processor(),
        threads[1],
        machine::instructions()
    )?;

    writeln!(output, "The oracle on the first rows of each:\n")?;
    let (mut verdicts, mut is_right) = (Vec::new(), true);
    for workload in &table.workloads {
        let rows = workload.judged.min(table.most_judged);
        for dtype in ["f32", "f64"] {
            let accuracy: Accuracy = all.install(|| match dtype {
                "f32" => judge::<f32>(workload, rows),
                _ => judge::<f64>(workload, rows),
            });
            writeln!(output, "{}", report::verdict(workload, dtype, &accuracy))?;
            is_right &= accuracy.is_right;
            let mut verdict = accuracy.to_json();
            verdict["workload"] = json!(workload.name);
            verdict["dtype"] = json!(dtype);
            verdicts.push(verdict);
        }
    }

    writeln!(
        output,
        "\nBest times, medians in brackets, and how many times faster than the naive loop; the \
         largest limit of all threads, and the share of it reached:\n\n{}",
        report::head(threads[1])
    )?;
    let pools = [&one, &all];
    let mut readings = pools.map(Limits::read);
    let mut measured = Vec::new();
    for workload in &table.workloads {
        let mut written = Ok(());
        let mut show = |row| {
            let line = report::line(&row, &readings);
            written = writeln!(output, "{line}").and_then(|()| output.flush());
            measured.push(row);
        };
        rows::<f32>(workload, pools, table.budget, &mut show);
        rows::<f64>(workload, pools, table.budget, &mut show);
        written?;
        // Other programs only ever take time away, so the better reading is the truer one.
        readings = [0, 1].map(|at| readings[at].better(Limits::read(pools[at])));
    }

    writeln!(
        output,
        "\nInstructions of {} a call:\n",
        instructions::SMALL
    )?;
    let counts = instructions::count_all();
    match &counts {
        Ok(counts) => {
            for count in counts {
                writeln!(
                    output,
                    "{} {}: {}, naive {}",
                    text(&count["dtype"]),
                    text(&count["mode"]),
                    count["ours"],
                    count["naive"]
                )?;
            }
        }
        Err(error) => writeln!(output, "not counted: {error}")?,
    }

    if let Some(path) = &table.write {
        let times: Vec<Value> = measured
            .iter()
            .map(|row| report::row(row, &readings))
            .collect();
        let readings: Vec<Value> = readings.into_iter().map(Limits::to_json).collect();
        let workloads: Vec<Value> = table
            .workloads
            .iter()
            .map(|w| report::workload(w))
            .collect();
        let data = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "machine": machine::describe([load, machine::load()]),
            "readings": readings,
            "workloads": workloads,
            "accuracy": verdicts,
            "times": times,
            "instructions": counts.unwrap_or_default(),
        });
        fs::write(path, report::pretty(&data)).map_err(|error| named(path, &error))?;
    }
    Ok(is_right)
}

/// An error that says which file it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
