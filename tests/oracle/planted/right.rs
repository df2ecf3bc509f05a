//! Right implementations, which are never accused: the correctly rounded answers in every type, and of
//! each dialect its own. The planted programs without their faults are tested beside this file.

use core::cmp::Ordering;

use exact_loss::Error;
use exact_loss::losses::{ALL, Entry, Setting, Value};
use exact_loss::oracle::generate::{Options, cases};
use exact_loss::oracle::{
    Answer, Answered, Case, Class, Dialect, Dtype, Limit, Truth, Verdict, judge, judge_by,
};
use rayon::prelude::*;

/// How many numbers a case may have where many types or dialects are tried.
const LONGEST: usize = 64;

/// The cases of level 1, or as many of the first ones.
fn level_1(entry: &'static Entry, dtype: Dtype, count: Option<u64>) -> Vec<Case> {
    let options = Options {
        dtype,
        count,
        ..Options::default()
    };
    cases(entry, &options).unwrap().collect()
}

fn half() -> Limit {
    "1/2".parse().unwrap()
}

fn rounded(truth: &Truth) -> Result<Answer, Error> {
    let answered = Answered {
        value: truth.value()?,
        gradient: truth.gradient()?,
    };
    Ok(answered.into())
}

/// Whether the answer is right, by no more than the plain limit.
fn is_exonerated(verdict: &Verdict) -> bool {
    verdict.class == Class::Within && !verdict.is_scaled()
}

#[test]
fn correctly_rounded_answers_are_within_half_an_ulp_in_every_type() {
    let runs: Vec<_> = ALL
        .iter()
        .flat_map(|entry| Dtype::ALL.map(|dtype| (entry, dtype)))
        .collect();
    let counts: Vec<usize> = runs
        .par_iter()
        .map(|&(entry, dtype)| {
            let mut cases = level_1(entry, dtype, None);
            cases.retain(|case| dtype == Dtype::F64 || case.len() <= LONGEST);
            let of_each = cases.par_iter().map(|case| match case.truth() {
                Ok(truth) => {
                    let verdict = judge(case, &rounded(&truth).unwrap(), &half());
                    assert!(is_exonerated(&verdict), "{}: {verdict:?}", case.id);
                    1
                }
                Err(error) => {
                    assert!(!matches!(error, Error::Undecided { .. }), "{}", case.id);
                    0
                }
            });
            of_each.sum()
        })
        .collect();
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

/// The case as one says it who means the dialect: the smoothing of binary targets is a parameter that
/// the loss itself does not have.
fn meant(dialect: &Dialect, case: &Case) -> Case {
    let mut meant = case.clone();
    if dialect.name.starts_with("smoothed_") {
        let tenth = Setting::Text("1/10".to_owned());
        meant.params.set("label_smoothing", tenth);
    }
    meant
}

/// How many cases a dialect is tried on: each is evaluated in the dialect and in the loss, twice.
const TRIED: u64 = 150;

/// Whether two values are so far apart that no condition explains it.
fn differ(dialect: &Truth, itself: &Truth, case: &Case) -> bool {
    let is_ill = |condition: &Value<f64>| condition.iter().any(|condition| *condition > 1e6);
    if itself.condition(case).unwrap().is_none_or(|c| is_ill(&c)) {
        return false;
    }
    let (got, right) = (dialect.value().unwrap(), itself.value().unwrap());
    let is_far = |(got, right): (&f64, &f64)| match got.is_finite() && right.is_finite() {
        true => (got - right).abs() > 1e-3 * right.abs(),
        false => got.total_cmp(right) != Ordering::Equal,
    };
    got.iter().zip(right.iter()).any(is_far)
}

#[test]
fn the_rounded_answers_of_a_dialect_are_right_there_and_wrong_where_it_differs() {
    let blameless: Vec<String> = Dialect::all()
        .par_bridge()
        .filter_map(|dialect| {
            let entry = ALL.iter().find(|entry| entry.name == dialect.loss).unwrap();
            let mut accused = 0;
            let all = level_1(entry, Dtype::F64, Some(TRIED)).into_iter();
            for case in all.filter(|case| case.len() <= LONGEST) {
                let meant = meant(dialect, &case);
                let loss = dialect.loss_of(&meant);
                let Ok(truth) = meant.truth_by(&*loss) else {
                    continue;
                };
                let Ok(answer) = rounded(&truth) else {
                    continue;
                };
                let there = judge_by(&*loss, &meant, &answer, &half());
                assert!(is_exonerated(&there), "{dialect:?} {}: {there:?}", case.id);
                let here = judge(&case, &answer, &Limit::default());
                let is_accused = here.class == Class::Outside || here.claims_too_much();
                accused += usize::from(is_accused);
                let Ok(itself) = case.truth() else {
                    continue;
                };
                if itself.value == truth.value && itself.gradient == truth.gradient {
                    assert!(!is_accused, "{dialect:?} {}: {here:?}", case.id);
                } else if differ(&truth, &itself, &case) {
                    assert!(is_accused, "{dialect:?} {}: {here:?}", case.id);
                }
            }
            (accused == 0).then(|| format!("{dialect:?} is never told from the loss"))
        })
        .collect();
    assert!(blameless.is_empty(), "{}", blameless.join("\n"));
}

#[test]
fn the_fast_twins_are_never_accused() {
    let runs: Vec<_> = ALL
        .iter()
        .flat_map(|entry| [Dtype::F64, Dtype::F32].map(|dtype| (entry, dtype)))
        .collect();
    let accused = runs.par_iter().flat_map(|&(entry, dtype)| {
        let cases = level_1(entry, dtype, None).into_par_iter();
        cases.filter_map(|case| match case.answer_fast() {
            Ok(answered) => {
                let verdict = judge(&case, &answered.into(), &Limit::default());
                let is_accused = verdict.class == Class::Outside || verdict.claims_too_much();
                is_accused.then(|| format!("{} {:?}: {verdict:?}", case.id, case.tags))
            }
            Err(error) => case
                .truth()
                .is_ok()
                .then(|| format!("{} is refused: {error}", case.id)),
        })
    });
    let accused: Vec<String> = accused.collect();
    assert!(accused.is_empty(), "{}", accused.join("\n"));
}
