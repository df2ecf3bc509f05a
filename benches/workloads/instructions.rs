//! How many instructions the small workload takes, counted by valgrind: the program runs itself under
//! it for two numbers of turns, and the difference is what the turns between take.

use std::io;
use std::process::Command;

use ndarray::ArrayD;
use serde_json::{Value, json};

use super::float::Real;
use super::workload::Workload;

/// The numbers of turns.
const TURNS: [usize; 2] = [100, 1100];

/// The workload that is counted.
pub(crate) const SMALL: &str = "ce_small";

/// What runs a number of turns: the crate or the naive loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) is_naive: bool,
    pub(crate) is_single: bool,
    pub(crate) with_gradient: bool,
}

impl Counted {
    /// The argument that stands for it.
    fn name(self) -> String {
        let program = if self.is_naive { "naive" } else { "lanes" };
        let part = if self.with_gradient {
            "gradient"
        } else {
            "value"
        };
        let float = if self.is_single { "f32" } else { "f64" };
        format!("{program}-{float}-{part}")
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits| Self {
            is_naive: bits & 1 != 0,
            is_single: bits & 4 == 0,
            with_gradient: bits & 2 != 0,
        })
    }

    /// The one of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::all().find(|counted| counted.name() == name)
    }

    /// Runs so many turns.
    pub(crate) fn run(self, turns: usize) {
        if self.is_single {
            self.run_in::<f32>(turns);
        } else {
            self.run_in::<f64>(turns);
        }
    }

    fn run_in<F: Real>(self, turns: usize) {
        let workload = Workload::find(SMALL).expect("it is in the list");
        let (inputs, subject) = (workload.inputs::<F>(workload.rows), workload.subject::<F>());
        let mut gradient = ArrayD::from_elem(inputs.prediction.shape(), F::from_f64(0.0));
        for _ in 0..turns {
            let inputs = std::hint::black_box(&inputs);
            let slopes = gradient.as_slice_mut().filter(|_| self.with_gradient);
            let value = match (self.is_naive, self.with_gradient) {
                (true, _) => workload.naive(inputs, slopes),
                (false, false) => subject.value(inputs).expect("valid inputs"),
                (false, true) => {
                    let view = gradient.view_mut();
                    subject.with_gradient(inputs, view).expect("valid inputs")
                }
            };
            std::hint::black_box((value, &gradient));
        }
    }

    /// Instructions a turn.
    fn count(self) -> io::Result<u64> {
        let mut totals = [0; 2];
        for (total, turns) in totals.iter_mut().zip(TURNS) {
            *total = self.total(turns)?;
        }
        let turns = (TURNS[1] - TURNS[0]) as u64;
        Ok((totals[1].saturating_sub(totals[0]) + turns / 2) / turns)
    }

    /// The instructions of the whole program at so many turns.
    fn total(self, turns: usize) -> io::Result<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe()?)
            .args(["turns", &self.name(), &turns.to_string()])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let counted = said.lines().find_map(|line| {
            let (_, count) = line.split_once("Collected :")?;
            count.trim().parse().ok()
        });
        counted.filter(|_| output.status.success()).ok_or_else(|| {
            let last = said.lines().last().unwrap_or_default();
            io::Error::other(format!("valgrind does not count: {last}"))
        })
    }
}

/// Counts all, as data.
///
/// # Errors
/// Where valgrind is not there, or does not count.
pub(crate) fn count_all() -> io::Result<Vec<Value>> {
    let pairs = Counted::all().filter(|counted| !counted.is_naive);
    pairs
        .map(|ours| {
            let naive = Counted {
                is_naive: true,
                ..ours
            };
            Ok(json!({
                "workload": SMALL,
                "dtype": if ours.is_single { "f32" } else { "f64" },
                "mode": if ours.with_gradient { "gradient" } else { "value" },
                "ours": ours.count()?,
                "naive": naive.count()?,
            }))
        })
        .collect()
}
