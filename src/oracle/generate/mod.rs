//! Cases that find bugs: for each loss and type those of a number of classes, one after another. How
//! cases are written is in `line`; what the right answers are, in `truth`.
//!
//! | module | what lives there |
//! |---|---|
//! | `tags` | what each class of cases is about |
//! | `recipes` | which losses have which |
//! | `rows`, `binary`, `pixels` | the families: the cases of each class |
//! | `hard` | the search for cases that are hard to round |
//! | `regression` | single cases on which implementations have failed |
//! | `predictions` | the numbers of each class of cases |
//! | `draft`, `pool`, `random` | a case in the making, the numbers of a type, random numbers |
//!
//! A case depends on the loss, the type, the level, the seed, its class and its number within the
//! class, and on nothing else.

mod binary;
mod draft;
mod hard;
mod pixels;
mod pool;
mod predictions;
mod random;
mod recipes;
mod regression;
mod rows;
mod tags;

pub use tags::Tag;

use super::{Case, Dtype};
use crate::Error;
use crate::losses::{self, Entry};
use draft::Draft;
use random::Random;
use recipes::{Class, Recipe, classes, recipe};
use tags::Kind;

/// How thorough a run is: 1 takes seconds, 2 is thorough, 3 goes on overnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// A few hundred cases of each loss, up to a thousand numbers in one.
    #[default]
    Quick,
    /// Some thousand cases, up to 10⁵ numbers in one.
    Thorough,
    /// Some hundred thousand cases, up to 10⁷ numbers in one.
    Overnight,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Thorough, Self::Overnight];

    /// The number of the level.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The level with this number.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other number than 1, 2 and 3.
    pub fn find(number: u8) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|level| level.number() == number);
        found.ok_or_else(|| Error::Parameter {
            name: "level",
            got: number.to_string(),
            wanted: "1, 2 or 3".to_owned(),
        })
    }

    /// How many numbers a large case has. Fractions are written longer than floats.
    fn size(self, dtype: Dtype) -> usize {
        match self {
            Self::Quick => 1_000,
            Self::Thorough => 100_000,
            Self::Overnight if dtype == Dtype::Exact => 1_000_000,
            Self::Overnight => 10_000_000,
        }
    }

    /// How many cases of a class there are.
    fn count(self, class: Class, loss: &str) -> u64 {
        let (quick, factors) = match class {
            Class::Known(known) => return known.count(loss),
            Class::Kind(kind) => match kind {
                Kind::Random => (40, [20, 2000]),
                Kind::Edge | Kind::Spaced | Kind::Saturation => (24, [20, 1000]),
                Kind::Shapes | Kind::Parameters => (20, [10, 500]),
                Kind::Cancellation | Kind::ZeroTargets => (16, [20, 1000]),
                Kind::Ties | Kind::Subnormals => (12, [20, 1000]),
                Kind::AbsentClasses | Kind::IgnoredRows => (12, [20, 1000]),
                Kind::Infinite => (12, [4, 20]),
                Kind::Hard => (8, [10, 200]),
                Kind::Undefined => (5, [2, 8]),
                Kind::Large => (2, [2, 4]),
            },
        };
        match self {
            Self::Quick => quick,
            Self::Thorough => quick * factors[0],
            Self::Overnight => quick * factors[1],
        }
    }
}

/// Which cases of a loss are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The type of their numbers.
    pub dtype: Dtype,
    /// How many there are, and how large they may be.
    pub level: Level,
    /// What the random ones depend on.
    pub seed: u64,
    /// How many to make, instead of as many as the level has.
    pub count: Option<u64>,
    /// The only tag whose cases are made.
    pub tag: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dtype: Dtype::default(),
            level: Level::default(),
            seed: 1,
            count: None,
            tag: None,
        }
    }
}

/// The tags of the cases of a loss.
pub fn tags(entry: &Entry) -> impl Iterator<Item = &'static Tag> + use<> {
    classes(entry.name).into_iter().map(Class::tag)
}

/// The cases of a loss, one after another: a case of each tag first, then the next of each.
///
/// # Errors
/// [`Error::Parameter`] for a tag that the loss does not have; it names those that it has.
///
/// # Examples
/// ```
/// use exact_loss::losses;
/// use exact_loss::oracle::generate::{Options, cases};
///
/// let options = Options { tag: Some("equal-huge-logits".to_owned()), ..Options::default() };
/// let case = cases(losses::find("cross_entropy")?, &options)?.next().expect("a case");
/// assert_eq!(case.id, "cross_entropy/f64/1/equal-huge-logits/000000");
/// let value = case.truth()?.value()?;
/// assert_eq!(value.iter().next(), Some(&4_f64.ln()));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn cases(entry: &'static Entry, options: &Options) -> Result<Cases, Error> {
    let all = classes(entry.name);
    let names = || all.iter().map(|class| class.tag().name);
    let chosen: Vec<Class> = match &options.tag {
        None => all.clone(),
        Some(tag) => all
            .iter()
            .copied()
            .filter(|class| class.tag().name == tag)
            .collect(),
    };
    let recipe = match (recipe(entry.name), chosen.is_empty()) {
        (Some(recipe), false) => recipe,
        _ => {
            return Err(Error::Parameter {
                name: "tag",
                got: format!("{:?}", options.tag.as_deref().unwrap_or_default()),
                wanted: format!(
                    "one of those of {}: {}",
                    entry.name,
                    names().collect::<Vec<_>>().join(", ")
                ),
            });
        }
    };
    let counters = chosen
        .into_iter()
        .map(|class| Counter {
            class,
            made: 0,
            limit: options.level.count(class, entry.name),
        })
        .collect();
    Ok(Cases {
        entry,
        recipe,
        options: options.clone(),
        counters,
        next: 0,
        number: 0,
    })
}

/// The tags that losses of the catalogue have, each once.
#[must_use]
pub fn all_tags() -> Vec<&'static Tag> {
    let mut found: Vec<&'static Tag> = Vec::new();
    for tag in losses::ALL.iter().flat_map(tags) {
        if !found.contains(&tag) {
            found.push(tag);
        }
    }
    found
}

/// How far a class has come.
#[derive(Debug)]
struct Counter {
    class: Class,
    made: u64,
    limit: u64,
}

/// Cases of a loss, made one at a time.
#[derive(Debug)]
pub struct Cases {
    entry: &'static Entry,
    recipe: &'static Recipe,
    options: Options,
    counters: Vec<Counter>,
    /// The class whose turn it is.
    next: usize,
    number: u64,
}

impl Cases {
    /// The index of the next class that has a case left. Where more cases are wanted than the level
    /// has, all classes go on but for the large cases.
    fn take_turn(&mut self) -> Option<usize> {
        let classes = self.counters.len();
        let in_turn = (0..classes).map(|i| (self.next + i) % classes);
        let mut within = in_turn
            .clone()
            .filter(|&i| self.counters[i].made < self.counters[i].limit);
        let found = within.next().or_else(|| {
            self.options.count?;
            let mut beyond = in_turn.clone();
            let small = beyond.find(|&i| self.counters[i].class != Class::Kind(Kind::Large));
            small.or_else(|| in_turn.clone().next())
        })?;
        self.next = (found + 1) % classes;
        Some(found)
    }

    fn id(&self) -> String {
        let Options {
            dtype,
            level,
            seed,
            tag,
            ..
        } = &self.options;
        let mut id = format!("{}/{dtype}/{}", self.entry.name, level.number());
        if *seed != 1 {
            id.push_str(&format!("/seed{seed}"));
        }
        if let Some(tag) = tag {
            id.push_str(&format!("/{tag}"));
        }
        format!("{id}/{:06}", self.number)
    }
}

impl Iterator for Cases {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        if self.options.count.is_some_and(|count| self.number >= count) {
            return None;
        }
        let taken = self.take_turn()?;
        let counter = &mut self.counters[taken];
        let (class, turn) = (counter.class, counter.made);
        counter.made += 1;
        let Options {
            dtype, level, seed, ..
        } = self.options;
        let tag = class.tag().name;
        let random = Random::new(&[self.entry.name, dtype.name(), tag], &[seed, turn]);
        let mut draft = Draft::new(dtype, random, turn, level.size(dtype));
        let parts = match class {
            Class::Known(known) => known.make(&mut draft, self.entry.name, self.recipe),
            Class::Kind(Kind::Hard) => hard::make(&mut draft, self.entry, self.recipe),
            Class::Kind(kind) => (self.recipe.make)(&mut draft, kind),
        };
        let id = self.id();
        self.number += 1;
        Some(Case {
            id,
            entry: self.entry,
            dtype,
            params: parts.params,
            prediction: parts.prediction,
            target: parts.target,
            dialect: None,
            tags: vec![tag.to_owned()],
        })
    }
}
