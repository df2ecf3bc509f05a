//! The parameters of a loss by name, as a case writes them, and the checks that turn them into
//! values. Which parameters a loss has, and what they do, is said in its own file; how they are
//! written in a line is the oracle's affair.

use ndarray::{ArrayD, ArrayViewD};
use num_traits::ToPrimitive;

use super::{Base, Classes, Reduction};
use crate::Error;
use crate::exact::rational::parse_extended;
use crate::exact::{Extended, Rational};

/// The value of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A word, as "mean".
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A number; `None` is NaN.
    Number(Option<Extended>),
    /// Numbers in an array of any shape.
    Numbers(ArrayD<Option<Extended>>),
}

impl core::fmt::Display for Setting {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let number = |x: &Option<Extended>| match x {
            Some(x) => x.to_string(),
            None => "NaN".to_owned(),
        };
        match self {
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Number(x) => formatter.write_str(&number(x)),
            Self::Numbers(numbers) => write!(formatter, "{}", numbers.map(number)),
        }
    }
}

/// What a loss says of one of its parameters in the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct ParameterInfo {
    /// The name in a case.
    pub name: &'static str,
    /// What it may be.
    pub values: &'static str,
    /// What it is where a case does not say.
    pub default: &'static str,
}

impl ParameterInfo {
    /// How the values of the elements become the value of the batch.
    pub(super) const REDUCTION: Self =
        Self::new("reduction", "\"none\", \"sum\" or \"mean\"", "\"mean\"");
    /// [`ParameterInfo::REDUCTION`] of a loss that has one value for all of its input.
    pub(super) const MEAN: Self = Self::new("reduction", "\"mean\"", "\"mean\"");
    /// The base of the logarithm.
    pub(super) const BASE: Self = Self::new("base", "\"e\" or \"2\"", "\"e\"");
    /// The label that is not counted.
    pub(super) const IGNORE_INDEX: Self = Self::new("ignore_index", "an integer", "none");
    /// Whether each image has a loss of its own.
    pub(super) const PER_IMAGE: Self = Self::new("per_image", "true or false", "false");
    /// The classes whose losses are averaged.
    pub(super) const CLASSES: Self = Self::new(
        "classes",
        "\"present\", \"all\" or an array of classes",
        "\"present\"",
    );

    pub(super) const fn new(
        name: &'static str,
        values: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            values,
            default,
        }
    }
}

/// The parameters of a loss by name.
///
/// # Examples
/// ```
/// use exact_loss::losses::{self, Params, Setting};
///
/// let mut params = Params::new();
/// params.set("reduction", Setting::Text("sum".to_owned()));
/// let entry = losses::find("cross_entropy")?;
/// assert_eq!(entry.build(&params)?.id(), "cross_entropy");
///
/// params.set("gamma", Setting::Number(Some(2.into())));
/// let error = entry.build(&params).err().expect("cross entropy has no gamma");
/// assert!(error.to_string().contains("the parameter \"gamma\""));
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(
    /// In the order of the names, none twice.
    Vec<(String, Setting)>,
);

impl Params {
    /// No parameters: each has its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one parameter.
    pub fn set(&mut self, name: impl Into<String>, setting: Setting) {
        let name = name.into();
        match self.position(&name) {
            Ok(at) => self.0[at].1 = setting,
            Err(at) => self.0.insert(at, (name, setting)),
        }
    }

    /// Where the parameter of a name is, or would be.
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.as_str().cmp(name))
    }

    /// The same with one parameter set.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, setting: Setting) -> Self {
        self.set(name, setting);
        self
    }

    /// Takes one parameter out.
    pub fn remove(&mut self, name: &str) -> Option<Setting> {
        let at = self.position(name).ok()?;
        Some(self.0.remove(at).1)
    }

    /// One parameter, where it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Setting> {
        let at = self.position(name).ok()?;
        Some(&self.0[at].1)
    }

    /// Names and settings, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0
            .iter()
            .map(|(name, setting)| (name.as_str(), setting))
    }

    /// Refuses names that the loss does not know.
    pub(super) fn check_names(
        &self,
        loss: &'static str,
        known: &[ParameterInfo],
    ) -> Result<(), Error> {
        let is_known = |name: &String| known.iter().any(|info| info.name == name);
        let Some((name, _)) = self.0.iter().find(|(name, _)| !is_known(name)) else {
            return Ok(());
        };
        let names: Vec<&str> = known.iter().map(|info| info.name).collect();
        Err(Error::Unsupported {
            loss,
            what: format!("the parameter {name:?}"),
            instead: match names[..] {
                [] => "it has no parameters".to_owned(),
                _ => format!("give any of {}", names.join(", ")),
            },
        })
    }

    /// The reduction.
    ///
    /// # Errors
    /// [`Error::Parameter`] for anything but "none", "sum" and "mean".
    pub fn reduction(&self) -> Result<Reduction, Error> {
        let wanted = ParameterInfo::REDUCTION.values;
        match self.text("reduction", wanted)? {
            None | Some("mean") => Ok(Reduction::Mean),
            Some("sum") => Ok(Reduction::Sum),
            Some("none") => Ok(Reduction::None),
            Some(other) => Err(refused("reduction", format!("{other:?}"), wanted)),
        }
    }

    /// Refuses a reduction that is not the mean.
    pub(super) fn only_mean(&self) -> Result<(), Error> {
        match self.reduction()? {
            Reduction::Mean => Ok(()),
            other => Err(refused(
                "reduction",
                format!("{other:?}").to_lowercase(),
                ParameterInfo::MEAN.values,
            )),
        }
    }

    /// The base of the logarithm, "e" or "2" (or the number 2).
    pub(super) fn base(&self) -> Result<Base, Error> {
        let wanted = ParameterInfo::BASE.values;
        match self.get("base") {
            None => Ok(Base::E),
            Some(Setting::Text(text)) if text == "e" => Ok(Base::E),
            Some(Setting::Text(text)) if text == "2" => Ok(Base::Two),
            Some(Setting::Number(Some(x))) if *x == Extended::from(2) => Ok(Base::Two),
            Some(other) => Err(refused("base", other.to_string(), wanted)),
        }
    }

    /// The label that is not counted.
    pub(super) fn ignore_index(&self) -> Result<Option<i64>, Error> {
        self.integer("ignore_index")
    }

    /// The classes whose losses are averaged.
    pub(super) fn classes(&self) -> Result<Classes, Error> {
        let wanted = ParameterInfo::CLASSES.values;
        match self.get("classes") {
            None => Ok(Classes::Present),
            Some(Setting::Text(text)) if text == "present" => Ok(Classes::Present),
            Some(Setting::Text(text)) if text == "all" => Ok(Classes::All),
            Some(Setting::Numbers(numbers)) if numbers.ndim() == 1 => {
                let class = |number: &Option<Extended>| {
                    number
                        .as_ref()
                        .and_then(as_integer)
                        .and_then(|class| usize::try_from(class).ok())
                };
                let classes: Option<Vec<usize>> = numbers.iter().map(class).collect();
                classes
                    .map(Classes::List)
                    .ok_or_else(|| refused("classes", numbers_shown(numbers.view()), wanted))
            }
            Some(other) => Err(refused("classes", other.to_string(), wanted)),
        }
    }

    /// A word.
    pub(super) fn text(&self, name: &'static str, wanted: &str) -> Result<Option<&str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Setting::Text(text)) => Ok(Some(text)),
            Some(other) => Err(refused(name, other.to_string(), wanted)),
        }
    }

    /// Yes or no; no where it is not set.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Error> {
        match self.get(name) {
            None => Ok(false),
            Some(Setting::Flag(flag)) => Ok(*flag),
            Some(other) => Err(refused(name, other.to_string(), "true or false")),
        }
    }

    /// An integer.
    pub(super) fn integer(&self, name: &'static str) -> Result<Option<i64>, Error> {
        let Some(setting) = self.get(name) else {
            return Ok(None);
        };
        let number = match setting {
            Setting::Number(Some(x)) => as_integer(x),
            _ => None,
        };
        number
            .map(Some)
            .ok_or_else(|| refused(name, setting.to_string(), "an integer"))
    }

    /// A number of things, or the index of one.
    pub(super) fn count(&self, name: &'static str) -> Result<Option<usize>, Error> {
        let integer = self.integer(name)?;
        let count = integer.map(|n| {
            usize::try_from(n).map_err(|_| refused(name, n.to_string(), "an integer ≥ 0"))
        });
        count.transpose()
    }

    /// A number, which may be written as a text such as "1/3". Its domain is for the loss to check.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<Option<Extended>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Setting::Number(number)) => Ok(Some(number.clone())),
            Some(Setting::Text(text)) => match parse_extended(text) {
                Ok(number) => Ok(Some(Some(number))),
                Err(_) => Err(refused(name, format!("{text:?}"), "a number")),
            },
            Some(other) => Err(refused(name, other.to_string(), "a number")),
        }
    }

    /// Numbers in an array; one number alone is an array without axes.
    pub(super) fn numbers(
        &self,
        name: &'static str,
    ) -> Result<Option<ArrayD<Option<Extended>>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Setting::Numbers(numbers)) => Ok(Some(numbers.clone())),
            Some(Setting::Number(number)) => Ok(Some(ArrayD::from_elem(vec![], number.clone()))),
            Some(other) => Err(refused(name, other.to_string(), "an array of numbers")),
        }
    }

    /// Numbers in a vector.
    pub(super) fn vector(
        &self,
        name: &'static str,
    ) -> Result<Option<Vec<Option<Extended>>>, Error> {
        match self.numbers(name)? {
            None => Ok(None),
            Some(numbers) if numbers.ndim() == 1 => Ok(Some(numbers.into_iter().collect())),
            Some(numbers) => Err(Error::Shape {
                argument: name,
                got: numbers.shape().to_vec(),
                wanted: "[C]".to_owned(),
            }),
        }
    }
}

fn numbers_shown(numbers: ArrayViewD<'_, Option<Extended>>) -> String {
    Setting::Numbers(numbers.to_owned()).to_string()
}

fn refused(name: &'static str, got: String, wanted: &str) -> Error {
    Error::Parameter {
        name,
        got,
        wanted: wanted.to_owned(),
    }
}

fn as_integer(number: &Extended) -> Option<i64> {
    number
        .finite()
        .filter(|x| x.is_integer())
        .and_then(Rational::to_i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_in_the_order_of_their_names_and_the_last_setting_counts() {
        let mut params = Params::new();
        for (name, flag) in [("b", true), ("c", true), ("a", true), ("b", false)] {
            params.set(name, Setting::Flag(flag));
        }
        let all: Vec<_> = params.iter().collect();
        let flags = [true, false, true].map(Setting::Flag);
        let wanted: Vec<_> = ["a", "b", "c"].into_iter().zip(&flags).collect();
        assert_eq!(all, wanted);
        assert_eq!(params.remove("b"), Some(Setting::Flag(false)));
        assert_eq!(params.get("b"), None);
        assert_eq!(params.remove("b"), None);
    }
}
