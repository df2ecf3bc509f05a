//! The arguments of the program, and what is wrong with them. What is done is in `main`.

use std::path::PathBuf;

use super::instructions::Counted;
use super::lines::{Asked, Backend};
use super::timing::Budget;
use super::workload::{ALL, Workload};

/// What the program says of itself.
pub(crate) const HELP: &str = "\
Times every loss of the catalogue beside a naive loop, and prints a table.

  cargo bench --bench workloads -- [OPTIONS]

  --quick            a look instead of a measurement
  --seconds S        how long each program is run, about: 1 if nothing is said
  --workloads A,B    these alone
  --write FILE       write what was measured as JSON, too
  --help             this text

For a program that times several libraries, a line of JSON for each workload and mode:

  workloads speed BACKEND DTYPE THREADS WORKLOADS SECONDS

  BACKEND            lanes, which is the crate, or naive
  DTYPE              f32 or f64
  WORKLOADS          names with commas between them

The exact twin at a few tasks, a line of JSON for each:

  workloads exact SECONDS

A fused multiply-add beside a product and a sum, a line of JSON for each:

  workloads fused SECONDS

Every workload by each instruction set that this processor has, on one thread, a line of JSON for each:

  workloads levels SECONDS

The oracle answering and judging its own cases, on one thread, a line of JSON for each loss, type and size:

  workloads oracle SECONDS
";

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    /// The table.
    Table(Table),
    /// The lines.
    Lines(Asked),
    /// A number of turns, which are counted from outside.
    Turns(Counted, usize),
    /// The exact twin, each task for about so many seconds.
    Exact(f64),
    /// A fused multiply-add, each program for about so many seconds.
    Fused(f64),
    /// Every instruction set, each program for about so many seconds.
    Levels(f64),
    /// The oracle, each way for about so many seconds.
    Oracle(f64),
    /// The help.
    Help,
}

/// What the table is asked for.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) budget: Budget,
    /// The most rows that are judged.
    pub(crate) most_judged: usize,
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) write: Option<PathBuf>,
}

impl Command {
    /// Reads the arguments.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match words[..] {
            ["speed", backend, dtype, threads, workloads, seconds] => Ok(Self::Lines(Asked {
                backend: match backend {
                    "lanes" => Backend::Lanes,
                    "naive" => Backend::Naive,
                    _ => return Err(format!("{backend:?} is no backend: lanes, naive")),
                },
                is_single: match dtype {
                    "f32" => true,
                    "f64" => false,
                    _ => return Err(format!("{dtype:?} is no type: f32, f64")),
                },
                threads: positive("a number of threads", threads)?,
                workloads: named(workloads)?,
                seconds: duration(seconds)?,
            })),
            ["speed", ..] => Err("speed takes BACKEND DTYPE THREADS WORKLOADS SECONDS".to_owned()),
            ["turns", what, turns] => {
                let counted = Counted::find(what);
                let counted = counted.ok_or_else(|| format!("{what:?} is not counted"))?;
                Ok(Self::Turns(counted, positive("a number of turns", turns)?))
            }
            ["exact", seconds] => Ok(Self::Exact(duration(seconds)?)),
            ["fused", seconds] => Ok(Self::Fused(duration(seconds)?)),
            ["levels", seconds] => Ok(Self::Levels(duration(seconds)?)),
            ["oracle", seconds] => Ok(Self::Oracle(duration(seconds)?)),
            _ => Self::read_options(&words),
        }
    }

    fn read_options(words: &[&str]) -> Result<Self, String> {
        let mut table = Table {
            budget: Budget::of(1.0),
            most_judged: usize::MAX,
            workloads: ALL.iter().collect(),
            write: None,
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || {
                let value = words.next().copied();
                value.ok_or_else(|| format!("{word} takes a value"))
            };
            match word {
                // Cargo says it to every benchmark.
                "--bench" => {}
                "--help" | "-h" => return Ok(Self::Help),
                "--quick" => (table.budget, table.most_judged) = (Budget::QUICK, 1 << 12),
                "--seconds" => table.budget = Budget::of(duration(value()?)?),
                "--workloads" => table.workloads = named(value()?)?,
                "--write" => table.write = Some(value()?.into()),
                other => return Err(format!("{other:?} is no option; --help names them")),
            }
        }
        Ok(Self::Table(table))
    }
}

fn positive(what: &str, word: &str) -> Result<usize, String> {
    let number = word.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| format!("{word:?} is not {what}"))
}

fn duration(word: &str) -> Result<f64, String> {
    let seconds = word
        .parse()
        .ok()
        .filter(|seconds| (0.0..1e6).contains(seconds));
    seconds.ok_or_else(|| format!("{word:?} is not a number of seconds"))
}

fn named(words: &str) -> Result<Vec<&'static Workload>, String> {
    let find = |name| {
        Workload::find(name).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|workload| workload.name).collect();
            format!("{name:?} is no workload: {}", names.join(", "))
        })
    };
    words.split(',').map(find).collect()
}
