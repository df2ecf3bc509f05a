//! The results of the benchmarks: they are of every loss, in both types and modes, their numbers can
//! be, and the chapter shows them all. Nothing is timed here.

use std::collections::BTreeSet;

use book::computed::benchmarks::{
    LEVELS, TASKS, exact, fused, levels, number, oracle, results, word,
};
use book::computed::conformance::list;
use book::preprocess::render;
use exact_loss::losses::ALL;
use exact_loss::oracle::line::EVERY_LOSS;
use serde_json::Value;

use crate::read;

/// The committed file is to stay small.
const MAX_BYTES: usize = 64 << 10;

fn entries(name: &str) -> Vec<Value> {
    let results = results().expect("the file is JSON");
    list(&results[name]).expect("a list").clone()
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    word(entry, name).expect("a word")
}

#[test]
fn every_loss_is_timed_in_both_types_and_modes() {
    let workloads = entries("workloads");
    let times: BTreeSet<[String; 3]> = entries("times")
        .iter()
        .map(|row| ["workload", "dtype", "mode"].map(|name| text(row, name).to_owned()))
        .collect();
    for entry in ALL {
        let of_loss = || workloads.iter().filter(|w| w["loss"] == entry.name);
        assert!(of_loss().count() > 0, "{} has no workload", entry.name);
        for workload in of_loss() {
            let has_gradient = entry.name != "jaccard";
            let modes = ["value", "gradient"].into_iter();
            for mode in modes.filter(|mode| *mode == "value" || has_gradient) {
                for dtype in ["f32", "f64"] {
                    let key = [text(workload, "name"), dtype, mode].map(str::to_owned);
                    assert!(times.contains(&key), "{key:?} is not timed");
                }
            }
        }
    }
}

#[test]
fn the_times_are_possible_and_the_file_is_small() {
    let path = book::root().join("benchmarks/results.json");
    assert!(read(&path).len() <= MAX_BYTES, "the results are too long");
    let threads: Vec<Value> = entries("readings")
        .iter()
        .map(|reading| reading["threads"].clone())
        .collect();
    for row in entries("times") {
        let ours = list(&row["ours"]).expect("times").clone();
        let of_rows: Vec<Value> = ours.iter().map(|times| times["threads"].clone()).collect();
        assert_eq!(of_rows, threads, "{row}");
        for times in ours.iter().chain([&row["naive"]]) {
            let (best, median) = (number(times, "best_s"), number(times, "median_s"));
            let (best, median) = (best.expect("a time"), median.expect("a time"));
            assert!(0.0 < best && best <= median, "{times}");
        }
    }
}

/// No program beats the memory, so a share above 1 would be a fault of the reading.
#[test]
fn no_time_is_below_that_of_the_memory() {
    let mut checked = 0;
    for row in entries("times") {
        for times in list(&row["ours"]).expect("times") {
            if times["limit"] == "memory" {
                let best = number(times, "best_s").expect("a time");
                let limit = number(times, "limit_s").expect("a limit");
                assert!(limit <= best, "{row}");
                checked += 1;
            }
        }
    }
    assert!(checked > 0, "the memory limits nothing");
}

#[test]
fn every_timed_loss_is_judged_right() {
    let verdicts = entries("accuracy");
    for workload in entries("workloads") {
        let of_workload = verdicts
            .iter()
            .filter(|v| v["workload"] == workload["name"]);
        let of_workload: Vec<&Value> = of_workload.collect();
        assert_eq!(of_workload.len(), 2, "{workload}");
        for verdict in of_workload {
            assert_eq!(verdict["right"], true, "{verdict}");
        }
    }
}

#[test]
fn the_chapter_shows_every_workload_and_the_machine() {
    let chapter = read(&book::root().join("chapters/benchmarks.md"));
    let page = render(&chapter).unwrap_or_else(|faults| panic!("{faults:?}"));
    let results = results().expect("the file is JSON");
    for name in ["processor", "instructions", "date"] {
        let what = text(&results["machine"], name);
        assert!(page.contains(&format!("| {what} |")), "no {what}");
    }
    for workload in entries("workloads") {
        // In the list of workloads, in the times of both types, and twice in the accuracy; some
        // also beside other libraries and in the instructions.
        let row = format!("| `{}` |", text(&workload, "name"));
        let count = page.matches(&row).count();
        assert!(count >= 5, "{row} {count} times");
    }
}

#[test]
fn every_task_of_the_exact_twin_is_timed_beside_both_libraries() {
    let exact = exact().expect("the file is JSON");
    let times = list(&exact["times"]).expect("times");
    assert_eq!(times.len(), TASKS.len());
    for (row, (task, _)) in times.iter().zip(TASKS) {
        assert_eq!(row["work"], task);
        for name in ["exact", "mpmath", "python-flint"] {
            assert!(number(&row["best_s"], name).expect("a time") > 0.0, "{row}");
        }
    }
}

#[test]
fn fused_operations_are_timed_beside_separate_ones_on_the_widest_and_the_least_instruction_set() {
    let fused = fused().expect("the file is JSON");
    let times = list(&fused["times"]).expect("times");
    for work in ["polynomial", "error_of_product"] {
        for level in ["widest", "baseline"] {
            let row = times
                .iter()
                .find(|row| row["work"] == work && row["level"] == level);
            let row = row.unwrap_or_else(|| panic!("no {work} on {level}"));
            for name in ["separate_ns", "fused_ns"] {
                assert!(number(row, name).expect("a time") > 0.0, "{row}");
            }
        }
    }
}

#[test]
fn every_workload_of_the_results_is_timed_at_each_instruction_set() {
    let (results, levels) = (results().expect("JSON"), levels().expect("JSON"));
    let key = |row: &Value| ["workload", "dtype", "mode"].map(|name| row[name].clone());
    let rows = |file: &Value, name: &str| list(&file[name]).expect("rows").clone();
    let keys: Vec<_> = rows(&levels, "times").iter().map(key).collect();
    for row in rows(&results, "times") {
        assert!(keys.contains(&key(&row)), "{row} is at no instruction set");
    }
    for row in rows(&levels, "times") {
        for (level, _) in LEVELS {
            assert!(
                number(&row["best_s"], level).expect("a time") > 0.0,
                "{row}"
            );
        }
    }
}

#[test]
fn the_oracle_is_timed_with_every_loss_and_its_times_can_be() {
    let oracle = oracle().expect("the file is JSON");
    let times = list(&oracle["times"]).expect("times");
    let of = |row: &Value| ["loss", "dtype", "size"].map(|name| text(row, name).to_owned());
    let timed: BTreeSet<[String; 3]> = times.iter().map(of).collect();
    let losses = ALL.iter().map(|entry| entry.name).chain([EVERY_LOSS]);
    for loss in losses {
        for size in ["small", "large"] {
            let key = [loss, "f64", size].map(str::to_owned);
            assert!(timed.contains(&key), "{key:?} is not timed");
        }
    }
    for row in times {
        let time = |name| number(&row["best_s"], name).expect("a time");
        assert!(number(row, "cases").expect("a count") > 0.0, "{row}");
        assert!(time("rounding") >= 0.0, "{row}");
        for less in ["fast", "rounded", "rounding"] {
            assert!(time(less) < time("exact"), "{row}");
        }
        assert!(time("verify") > 0.0, "{row}");
    }
}
