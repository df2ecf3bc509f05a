//! What the machine is called, what it has, and how busy it is, as far as the system tells: without
//! that a table of times says nothing.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use exact_loss::kernel::dispatch::Level;
use serde_json::{Value, json};

/// Seconds of processor time up to now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Busy {
    /// Of this program.
    pub(crate) own: f64,
    /// Of all.
    pub(crate) all: f64,
    /// Taken by other machines on the same processors.
    pub(crate) stolen: f64,
}

/// The clock of Linux's counts, a second.
const TICKS: f64 = 100.0;

impl Busy {
    /// Up to now; `None` where the system does not say.
    pub(crate) fn now() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        // The name in brackets may hold anything.
        let (_, own) = own.rsplit_once(')')?;
        let own = numbers(own.split_whitespace().skip(11).take(2));
        let all = fs::read_to_string("/proc/stat").ok()?;
        let all = numbers(all.lines().next()?.split_whitespace().skip(1));
        let [user, nice, system, _idle, _waiting, hard, soft, stolen, ..] = all[..] else {
            return None;
        };
        Some(Self {
            own: own.iter().sum::<f64>() / TICKS,
            all: (user + nice + system + hard + soft) / TICKS,
            stolen: stolen / TICKS,
        })
    }

    /// The difference.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            own: self.own - before.own,
            all: self.all - before.all,
            stolen: self.stolen - before.stolen,
        }
    }
}

fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Vec<f64> {
    words.map(|word| word.parse().unwrap_or(0.0)).collect()
}

/// How many threads work in parallel when nothing else is said.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The mean number of programs that wanted to run in the last minute; `None` where the system does
/// not say.
pub(crate) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The model of the processor.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    model.unwrap_or_else(|| "unknown processor".to_owned())
}

/// The widest instruction set that the kernels take here.
pub(crate) fn instructions() -> &'static str {
    match Level::ALL.iter().rev().find(|level| level.is_available()) {
        Some(Level::Avx512) => "AVX-512",
        Some(Level::Avx2) => "AVX2",
        _ => "baseline",
    }
}

/// The compiler that is on the path, which is the one that built this if nothing was switched.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.ok().and_then(|o| String::from_utf8(o.stdout).ok());
    let version = version.unwrap_or_default().trim().to_owned();
    if version.is_empty() {
        "unknown".to_owned()
    } else {
        version
    }
}

/// Today in UTC, as year, month and day.
fn date() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// The date so many days after 1 January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut day) = (1970, days);
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, day + 1)
}

/// All of that, and the load before and after.
pub(crate) fn describe(loads: [Option<f64>; 2]) -> Value {
    json!({
        "processor": processor(),
        "threads": threads(),
        "instructions": instructions(),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "compiler": compiler(),
        "date": date(),
        "load": loads,
    })
}
