//! What many verdicts amount to: counts and worst errors by loss, type and tag, and an example of
//! each failure. A single verdict is made in `judge`; the report is printed by the command line.
//!
//! A report keeps a bounded number of cases, however many are judged.

mod dialects;
mod shown;
mod text;

pub use dialects::{MAX_MISSES, Tried};
pub use shown::Shown;
pub use text::NO_PROOF;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge::Number;
use super::{Answer, Case, Class, Criteria, Dtype, Fault, Gradient, Limit, Verdict, judge};

/// The most tags that are counted apart. Those beyond are counted as one.
pub const MAX_TAGS: usize = 200;

/// The name of the tags beyond [`MAX_TAGS`].
pub const OTHER_TAGS: &str = "(other tags)";

/// The most unreadable lines whose reasons are kept.
pub const MAX_REASONS: usize = 5;

/// Counts of verdicts, and the worst errors among them.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Answers that were judged: those within, undecided and outside.
    pub judged: u64,
    /// Answers that are right.
    pub within: u64,
    /// Answers that are wrong, by the fault, in the order of [`Fault::NAMES`].
    pub outside: [u64; Fault::NAMES.len()],
    /// Answers whose verdict is open.
    pub undecided: u64,
    /// Answers to cases that have no right one, or that the program does not take.
    pub unjudged: u64,
    /// Answers within the limit only because it grew by their condition.
    pub scaled: u64,
    /// Gradients that were judged.
    pub gradients: u64,
    /// Answers without a gradient where there is one.
    pub without_gradient: u64,
    /// Answers that give a value to a case that has none.
    pub claims: u64,
    /// The value with the largest error.
    pub worst_value: Option<Worst>,
    /// The component of a gradient with the largest error.
    pub worst_gradient: Option<Worst>,
}

impl Sums {
    /// Answers that are wrong.
    #[must_use]
    pub fn outsides(&self) -> u64 {
        self.outside.iter().sum()
    }
}

/// A number of an answer, with its case.
#[derive(Debug, Clone)]
pub struct Worst {
    /// The case.
    pub case: Arc<Case>,
    /// "value" or "gradient".
    pub part: &'static str,
    /// The number.
    pub number: Number,
}

/// A kind of failure, and its smallest case.
#[derive(Debug, Clone)]
pub struct Failure {
    /// How many answers fail so.
    pub count: u64,
    /// The smallest case, the first of those that are equally small.
    pub case: Arc<Case>,
    /// "value" or "gradient".
    pub part: &'static str,
    /// What is wrong.
    pub fault: Fault,
    /// The number at fault, where it is one.
    pub number: Option<Number>,
    /// What else is to be said.
    pub note: Option<String>,
}

/// What many verdicts amount to.
#[derive(Debug, Clone)]
pub struct Report {
    /// The limit.
    pub limit: Limit,
    /// The name of the dialect by which answers are judged; `None` for the loss itself.
    pub dialect: Option<String>,
    /// How the wrong answers fare in the dialects of their losses, by loss and dialect.
    pub dialects: BTreeMap<(&'static str, &'static str), Tried>,
    /// All answers.
    pub total: Sums,
    /// By loss and type.
    pub by_loss: BTreeMap<(&'static str, Dtype), Sums>,
    /// By tag.
    pub by_tag: BTreeMap<String, Sums>,
    /// The failures, by loss, part and the place of the fault among all.
    pub failures: BTreeMap<(&'static str, &'static str, usize), Failure>,
    /// The first answer that is open, and why where that is known.
    pub first_undecided: Option<(String, Option<String>)>,
    /// The first answer that was not judged, and why.
    pub first_unjudged: Option<(String, String)>,
    /// The first note on a gradient that is not judged.
    pub first_gradient_note: Option<(String, String)>,
    /// Lines that are no answers, or belong to no case.
    pub unreadable: u64,
    /// The first of them: number of the line, and reason.
    pub reasons: Vec<(u64, String)>,
    /// How the program under test ended, where it ended badly.
    pub ended: Option<String>,
}

impl Report {
    /// A report of nothing yet.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self {
            limit,
            dialect: None,
            dialects: BTreeMap::new(),
            total: Sums::default(),
            by_loss: BTreeMap::new(),
            by_tag: BTreeMap::new(),
            failures: BTreeMap::new(),
            first_undecided: None,
            first_unjudged: None,
            first_gradient_note: None,
            unreadable: 0,
            reasons: Vec::new(),
            ended: None,
        }
    }

    /// A report of nothing yet, by these criteria.
    #[must_use]
    pub fn by(criteria: &Criteria) -> Self {
        Self {
            dialect: criteria.dialect.clone(),
            ..Self::new(criteria.limit.clone())
        }
    }

    /// Judges an answer, and adds the verdict. A wrong answer is judged by each dialect of its loss
    /// too.
    pub fn judge(&mut self, case: &Case, answer: &Answer) {
        let verdict = judge(case, answer, &self.limit);
        self.add(case, &verdict);
        if verdict.class == Class::Outside && case.dialect.is_none() {
            self.try_dialects(case, answer);
        }
    }

    /// Adds the verdict on an answer.
    pub fn add(&mut self, case: &Case, verdict: &Verdict) {
        let mut shared = Shared { case, arc: None };
        self.total.add(verdict, &mut shared);
        let key = (case.entry.name, case.dtype);
        self.by_loss
            .entry(key)
            .or_default()
            .add(verdict, &mut shared);
        for (at, tag) in case.tags.iter().enumerate() {
            if case.tags[..at].contains(tag) {
                continue;
            }
            if let Some(sums) = self.by_tag.get_mut(tag) {
                sums.add(verdict, &mut shared);
                continue;
            }
            let name = if self.by_tag.len() < MAX_TAGS {
                tag.clone()
            } else {
                OTHER_TAGS.to_owned()
            };
            self.by_tag
                .entry(name)
                .or_default()
                .add(verdict, &mut shared);
        }
        self.add_examples(verdict, &mut shared);
    }

    fn add_examples(&mut self, verdict: &Verdict, shared: &mut Shared<'_>) {
        let case = shared.case;
        let name = || case.id.clone();
        match verdict.class {
            Class::Undecided if self.first_undecided.is_none() => {
                self.first_undecided = Some((name(), verdict.note.clone()));
            }
            Class::Unjudged if self.first_unjudged.is_none() => {
                let note = verdict.note.clone().unwrap_or_default();
                self.first_unjudged = Some((name(), note));
            }
            _ => {}
        }
        if verdict.gradient == Gradient::Lacking
            && self.first_gradient_note.is_none()
            && let Some(note) = &verdict.note
        {
            self.first_gradient_note = Some((name(), note.clone()));
        }
        for (part, judged) in verdict.parts() {
            let Some(fault) = &judged.fault else {
                continue;
            };
            let key = (case.entry.name, part, fault.index());
            let failure = Failure {
                count: 0,
                case: shared.share(),
                part,
                fault: fault.clone(),
                number: judged.worst.clone(),
                note: verdict.note.clone(),
            };
            let known = self.failures.entry(key).or_insert_with(|| failure.clone());
            let count = known.count + 1;
            if case.len() < known.case.len() {
                *known = failure;
            }
            known.count = count;
        }
    }

    /// Adds a line that is no answer, or belongs to no case.
    pub fn add_unreadable(&mut self, line: u64, reason: impl Into<String>) {
        self.unreadable += 1;
        if self.reasons.len() < MAX_REASONS {
            self.reasons.push((line, reason.into()));
        }
    }

    /// Adds an answer that says itself that its case is none.
    pub fn add_unjudged(&mut self, id: &str, reason: &str) {
        self.total.unjudged += 1;
        if self.first_unjudged.is_none() {
            self.first_unjudged = Some((id.to_owned(), reason.to_owned()));
        }
    }

    /// How many answers are wrong, with the lines that are none.
    #[must_use]
    pub fn outside(&self) -> u64 {
        self.total.outsides() + self.unreadable
    }

    /// Whether every answer is right, and there is at least one.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.exit_status() == 0
    }

    /// 0 where all answers are within the limit and at least one was judged, 1 where some are
    /// outside, the program ended badly or none was judged, 3 where some are undecided.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        if self.outside() > 0 || self.total.judged == 0 || self.ended.is_some() {
            1
        } else if self.total.undecided > 0 {
            3
        } else {
            0
        }
    }

    /// The entries of the losses that were judged, in the order of their names.
    pub fn losses(&self) -> impl Iterator<Item = &'static str> {
        let mut names: Vec<&'static str> = self.by_loss.keys().map(|(name, _)| *name).collect();
        names.dedup();
        names.into_iter()
    }
}

/// A case that is copied once, where anything keeps it.
struct Shared<'a> {
    case: &'a Case,
    arc: Option<Arc<Case>>,
}

impl Shared<'_> {
    fn share(&mut self) -> Arc<Case> {
        Arc::clone(self.arc.get_or_insert_with(|| Arc::new(self.case.clone())))
    }
}

impl Sums {
    fn add(&mut self, verdict: &Verdict, shared: &mut Shared<'_>) {
        match verdict.class {
            Class::Within => self.within += 1,
            Class::Undecided => self.undecided += 1,
            Class::Unjudged => self.unjudged += 1,
            Class::Outside => {
                let faults = verdict.parts().filter_map(|(_, part)| part.fault.as_ref());
                if let Some(fault) = faults.into_iter().next() {
                    self.outside[fault.index()] += 1;
                }
            }
        }
        if verdict.class != Class::Unjudged {
            self.judged += 1;
        }
        self.scaled += u64::from(verdict.is_scaled() && verdict.class == Class::Within);
        self.claims += u64::from(verdict.claims_too_much());
        match verdict.gradient {
            Gradient::None => {}
            Gradient::Lacking => self.without_gradient += 1,
            Gradient::Judged(_) => self.gradients += 1,
        }
        for (name, part) in verdict.parts() {
            let worst = match name {
                "value" => &mut self.worst_value,
                _ => &mut self.worst_gradient,
            };
            let Some(number) = &part.worst else {
                continue;
            };
            let upper = |number: &Number| number.ulps.map_or(-1.0, |(_, upper)| upper);
            if number.ulps.is_some()
                && worst
                    .as_ref()
                    .is_none_or(|worst| upper(number) > upper(&worst.number))
            {
                *worst = Some(Worst {
                    case: shared.share(),
                    part: name,
                    number: number.clone(),
                });
            }
        }
    }
}
