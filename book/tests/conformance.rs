//! The results on other libraries: they are of the adapters that are there, their examples are
//! still what the oracle says, and the chapter shows them all. Libraries are not run here.

use book::computed::conformance::{list, results};
use book::preprocess::render;
use exact_loss::oracle::line::read_case;
use exact_loss::oracle::{Dialect, Dtype};
use serde_json::{Value, json};

use crate::{files, read};

/// The committed file is to stay small.
const MAX_BYTES: usize = 64 << 10;

/// The most lines of code of an adapter, blank ones and comments aside; those in Rust may have more.
const MAX_LINES: [(&str, usize); 2] = [(".py", 40), (".rs", 60)];

fn libraries() -> Vec<Value> {
    let results = results().expect("the file is JSON");
    list(&results["libraries"]).expect("libraries").clone()
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    let found = entry[name].as_str();
    found.unwrap_or_else(|| panic!("no {name} in {entry}"))
}

fn losses(library: &Value) -> &Vec<Value> {
    list(&library["losses"]).expect("losses")
}

#[test]
fn every_library_and_loss_has_an_adapter() {
    let folder = book::root().join("adapters");
    for library in libraries() {
        let source = read(&folder.join(text(&library, "adapter")));
        assert!(!losses(&library).is_empty(), "{library}");
        for entry in losses(&library) {
            let loss = text(entry, "loss");
            assert!(
                source.contains(&format!("\"{loss}\"")),
                "{loss} in {library}"
            );
        }
    }
}

#[test]
fn the_counts_add_up_and_the_file_is_small() {
    let path = book::root().join("conformance/results.json");
    assert!(read(&path).len() <= MAX_BYTES, "the results are too long");
    for library in libraries() {
        for entry in losses(&library) {
            let count = |name: &str| entry[name].as_u64().expect("a count");
            let classes = ["within", "outside", "undecided"].map(count);
            assert_eq!(classes.iter().sum::<u64>(), count("judged"), "{entry}");
            let by_class = entry["outside_by_class"].as_object().expect("classes");
            let outside: u64 = by_class.values().filter_map(Value::as_u64).sum();
            assert_eq!(outside, count("outside"), "{entry}");
            assert_eq!(entry["smallest"].is_null(), outside == 0, "{entry}");
            for dialect in list(&entry["dialects"]).expect("dialects") {
                Dialect::find(text(entry, "loss"), text(dialect, "dialect")).expect("a dialect");
            }
        }
    }
}

/// Values only: of the gradients one component is kept, and there may be many right ones.
#[test]
fn the_smallest_wrong_answers_are_still_wrong() {
    let mut checked = 0;
    for library in libraries() {
        for entry in losses(&library) {
            let smallest = &entry["smallest"];
            let is_number = smallest["part"] == "value" && smallest["index"] == json!([]);
            if !is_number || smallest["nearest"].is_null() || smallest["inputs"].is_null() {
                continue;
            }
            let line = json!({"loss": entry["loss"], "dtype": entry["dtype"],
                "params": smallest["params"], "inputs": smallest["inputs"]});
            let case = read_case(&line.to_string(), String::new).expect("a case");
            let truth = case
                .truth()
                .and_then(|truth| truth.value())
                .expect("a value");
            let right = truth.reduced().expect("one number");
            let float = |name: &str| match &smallest[name] {
                Value::String(word) => word.parse().expect("an infinity or NaN"),
                number => number.as_f64().expect("a number"),
            };
            // A decimal of single precision is read as one, before it is compared.
            let float = |name: &str| match case.dtype {
                Dtype::F32 => f64::from(float(name) as f32),
                _ => float(name),
            };
            assert_eq!(float("nearest"), right, "{smallest}");
            assert!(float("got").to_bits() != right.to_bits(), "{smallest}");
            checked += 1;
        }
    }
    assert!(checked > 0, "no example is a value");
}

#[test]
fn the_chapter_shows_every_library_and_loss() {
    let chapter = read(&book::root().join("chapters/conformance.md"));
    let page = render(&chapter).unwrap_or_else(|faults| panic!("{faults:?}"));
    for library in libraries() {
        let heading = format!("### {}\n", text(&library, "library"));
        let (_, section) = page
            .split_once(&heading)
            .expect("a section for each library");
        let section = section.split("### ").next().expect("some text");
        assert!(section.contains(text(&library, "date")), "{heading}");
        for entry in losses(&library) {
            let loss = text(entry, "loss").replace('_', " ");
            let row = format!("| {loss} {} |", text(entry, "dtype"));
            assert!(section.contains(&row), "no {row} under {heading}");
        }
    }
}

#[test]
fn adapters_are_short() {
    for (ending, most) in MAX_LINES {
        for path in files(&book::root().join("adapters"), ending) {
            if path.ends_with("conformance.py") {
                continue;
            }
            let source = read(&path);
            let is_code = |line: &&str| {
                let line = line.trim();
                !line.is_empty() && !line.starts_with('#') && !line.starts_with("//")
            };
            let lines = source.lines().filter(is_code).count();
            assert!(lines <= most, "{} has {lines} lines", path.display());
        }
    }
}
