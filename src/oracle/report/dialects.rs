//! Whether wrong answers are right in a dialect of their loss. What the dialects are is said in
//! `dialect`.

use super::Report;
use crate::oracle::{Answer, Case, Class, Dialect, judge_by};

/// After so many wrong answers of which none is right in a dialect, it is not tried again.
pub const MAX_MISSES: u64 = 64;

/// How wrong answers fare in a dialect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    /// Those that are right there.
    pub right: u64,
    /// Those that are not.
    pub not: u64,
}

impl Report {
    pub(super) fn try_dialects(&mut self, case: &Case, answer: &Answer) {
        for dialect in Dialect::of(case.entry.name) {
            let key = (dialect.loss, dialect.name);
            let tried = self.dialects.entry(key).or_default();
            if tried.right == 0 && tried.not >= MAX_MISSES {
                continue;
            }
            let verdict = judge_by(&*dialect.loss_of(case), case, answer, &self.limit);
            match verdict.class {
                Class::Within => tried.right += 1,
                _ => tried.not += 1,
            }
        }
    }

    /// The dialects in which some of the wrong answers are right, with their counts; first those in
    /// which the most are.
    #[must_use]
    pub fn agreeing_dialects(&self) -> Vec<(&'static Dialect, Tried)> {
        let agreeing = self.dialects.iter().filter(|(_, tried)| tried.right > 0);
        let mut agreeing: Vec<_> = agreeing
            .filter_map(|(&(loss, name), &tried)| Some((Dialect::find(loss, name).ok()?, tried)))
            .collect();
        agreeing.sort_by_key(|(_, tried)| core::cmp::Reverse(tried.right));
        agreeing
    }

    /// What there is to say of dialects.
    pub(super) fn dialect_notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(name) = &self.dialect {
            notes.push(format!(
                "judged by the dialect {name}, not by the loss itself"
            ));
        }
        for (
            Dialect {
                name, loss, note, ..
            },
            Tried { right, not },
        ) in self.agreeing_dialects()
        {
            let which = match (right, not) {
                (_, 0) => format!("all {right} wrong answers of {loss} agree"),
                _ => format!("{right} of {} wrong answers of {loss} agree", right + not),
            };
            notes.push(format!("{which} with its dialect {name}: {note}"));
        }
        notes
    }
}
