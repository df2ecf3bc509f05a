//! The oracle is itself tested, by wrong implementations: each must be caught at level 1, by the case and
//! the part that its fault is about, and the same program without the fault must never be accused.
//! Right implementations of other kinds are in `right`.
//!
//! | module | what lives there |
//! |---|---|
//! | `bug` | what each fault does |
//! | `table` | which loss has which faults, and where each is caught |
//! | `rows`, `binary`, `pixels` | the programs: loops in floats, with the faults as switches |
//! | `twin` | faults as right answers to a case that was misread |
//! | `numbers` | what the programs share |

mod binary;
mod bug;
mod numbers;
mod pixels;
mod right;
mod rows;
mod table;
mod twin;

use std::collections::BTreeSet;

use exact_loss::losses::{ALL, find};
use exact_loss::oracle::generate::{Options, cases};
use exact_loss::oracle::{Answer, Case, Class, Fault, Report, Verdict, check_cases, judge};
use rayon::prelude::*;

use bug::Bug;

/// An implementation, with a fault or without; `None` for a case that it does not take.
type Program = fn(&Case, Option<Bug>) -> Option<Answer>;

/// The faults of one program.
struct Planted {
    loss: &'static str,
    program: Program,
    /// The limit for the program with a fault and without.
    max_ulps: u32,
    /// Each fault with the words for where it is caught.
    faults: &'static [(Bug, &'static str)],
}

/// The cases of level 1 of a loss in double precision, or those with one tag.
fn level_1(loss: &str, tag: Option<&str>) -> Vec<Case> {
    let options = Options {
        tag: tag.map(str::to_owned),
        ..Options::default()
    };
    cases(find(loss).unwrap(), &options).unwrap().collect()
}

/// What the oracle says of a program, whatever it says.
fn report(cases: Vec<Case>, max_ulps: u32, program: impl Fn(&Case) -> Option<Answer>) -> Report {
    let checked = check_cases(cases)
        .max_ulps(max_ulps)
        .only(|case| program(case).is_some())
        .run(|case| program(case).unwrap());
    checked.unwrap_or_else(|failed| *failed.0)
}

/// Why a program is not accused of a fault, by cases of a tag, as the words say; `None` where it is.
fn escape(planted: &Planted, (bug, caught): (Bug, &str)) -> Option<String> {
    let Planted { loss, program, .. } = *planted;
    let mut words = caught.splitn(3, ' ');
    let (tag, part) = (words.next().unwrap(), words.next().unwrap());
    let name = words.next().unwrap_or("too many ulps");
    let fault = Fault::NAMES.iter().position(|known| *known == name);
    let fault = fault.unwrap_or_else(|| panic!("{name} is no fault"));
    let cases = level_1(loss, Some(tag));
    let report = report(cases, planted.max_ulps, |case| program(case, Some(bug)));
    let found = report.failures.get(&(loss, part, fault));
    let is_caught = found.is_some_and(|failure| failure.case.tags.iter().any(|t| t == tag));
    let why = || format!("{bug:?} of {loss}: not {caught}, but {}", report.to_text());
    (report.exit_status() != 1 || !is_caught).then(why)
}

#[test]
fn every_planted_fault_is_caught_by_name() {
    let faults: Vec<_> = table::ALL
        .iter()
        .flat_map(|planted| planted.faults.iter().map(move |fault| (planted, fault)))
        .collect();
    let escaped: Vec<String> = faults
        .par_iter()
        .filter_map(|(planted, fault)| escape(planted, **fault))
        .collect();
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}

#[test]
fn the_programs_without_their_faults_are_never_accused() {
    for entry in ALL {
        let cases = level_1(entry.name, None);
        let programs = || {
            table::ALL
                .iter()
                .filter(|planted| planted.loss == entry.name)
        };
        let judged = cases.par_iter().flat_map_iter(|case| {
            programs().filter_map(move |planted| {
                let answer = (planted.program)(case, None)?;
                Some((&case.id, judge(case, &answer, &planted.max_ulps.into())))
            })
        });
        let verdicts: Vec<(&String, Verdict)> = judged.collect();
        let of = |class| {
            verdicts
                .iter()
                .filter(move |(_, verdict)| verdict.class == class)
        };
        let accused: Vec<_> = of(Class::Outside).chain(of(Class::Undecided)).collect();
        assert!(accused.is_empty(), "{accused:#?}");
        assert!(
            of(Class::Within).count() > cases.len() / 3,
            "{}",
            entry.name
        );
    }
}

#[test]
fn a_fault_that_does_nothing_is_not_caught() {
    let mut programs = table::ALL.iter();
    let hinge = programs
        .find(|planted| planted.loss == "lovasz_hinge")
        .unwrap();
    let why = escape(hinge, (Bug::Dice, "random value"));
    assert!(why.unwrap().contains("PASS"));
}

/// A change of such logits in their last place changes the loss by more than all of it: that of their
/// differences does not.
#[test]
fn a_logarithm_that_huge_logits_absorb_is_not_excused_by_their_size() {
    let cases = level_1("cross_entropy", Some("equal-huge-logits"));
    let absorbed = |case: &Case| rows::cross_entropy(case, Some(Bug::LogSumExpMinusLogit));
    let report = report(cases, 4, absorbed);
    let outside: u64 = report.total.outside.iter().sum();
    assert_eq!((outside, report.total.judged), (5, 5));
}

#[test]
fn there_are_forty_faults_and_two_of_each_loss() {
    let mut names = BTreeSet::new();
    for planted in table::ALL {
        for (bug, _) in planted.faults {
            assert!(
                names.insert((planted.loss, bug)),
                "{} {bug:?} twice",
                planted.loss
            );
        }
    }
    assert!(names.len() >= 40, "{}", names.len());
    for entry in ALL {
        let of_loss = names.iter().filter(|(loss, _)| *loss == entry.name).count();
        assert!(of_loss >= 2, "{}", entry.name);
    }
}
