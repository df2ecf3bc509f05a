//! A function of Rust against the oracle: in memory, without a process or lines. How a program in
//! another language is tested is in `line`.

use core::fmt;

use super::{Answer, Case, Limit, Report};

/// A function that is about to be judged by cases: see [`check_cases`].
pub struct Check<I> {
    cases: I,
    limit: Limit,
}

/// Judges a function by these cases.
///
/// # Examples
/// A binary cross entropy of logits that loses all digits where the loss is small:
/// ```
/// use exact_loss::losses::{Params, Prediction, Target};
/// use exact_loss::oracle::{Case, Dtype, check_cases};
/// use ndarray::array;
///
/// let case = |x: f64| Case::new(
///     "binary_cross_entropy",
///     Dtype::F64,
///     Params::new(),
///     Prediction::logits(array![x]),
///     Target::values(array![1.0]),
/// );
/// let cases = [case(0.0)?, case(3.0)?, case(40.0)?];
///
/// let right = |case: &Case| (-case.input::<f64>()[[0]]).exp().ln_1p();
/// check_cases(cases.clone()).run(right)?;
///
/// let naive = |case: &Case| -(1.0 / (1.0 + (-case.input::<f64>()[[0]]).exp())).ln();
/// let failed = check_cases(cases).max_ulps(100).run(naive).expect_err("1 + e^−40 rounds to 1");
/// assert!(failed.to_string().contains("exact    ln(1 + exp(-40)) ≈ 4.248354255291589e-18"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_cases<C: IntoIterator<Item = Case>>(cases: C) -> Check<C::IntoIter> {
    Check {
        cases: cases.into_iter(),
        limit: Limit::default(),
    }
}

impl<I: Iterator<Item = Case>> Check<I> {
    /// The largest error that counts as right, in ulps: 4 where this is not called.
    #[must_use]
    pub fn max_ulps(mut self, limit: impl Into<Limit>) -> Self {
        self.limit = limit.into();
        self
    }

    /// Only the cases that the function is meant for: those with logits, say, and without weights.
    #[must_use]
    pub fn only(self, wanted: impl FnMut(&Case) -> bool) -> Check<impl Iterator<Item = Case>> {
        Check {
            cases: self.cases.filter(wanted),
            limit: self.limit,
        }
    }

    /// Judges what the function answers: a value, an array of values, either with the gradient
    /// (`(value, gradient)`), or an [`Answer`].
    ///
    /// # Errors
    /// [`Failed`] where an answer is wrong or undecided, and where none was judged.
    pub fn run<A: Into<Answer>>(
        self,
        mut function: impl FnMut(&Case) -> A,
    ) -> Result<Report, Failed> {
        let mut report = Report::new(self.limit);
        for case in self.cases {
            let answer = function(&case).into().rounded(case.dtype);
            report.judge(&case, &answer);
        }
        if report.is_within() {
            Ok(report)
        } else {
            Err(Failed(Box::new(report)))
        }
    }
}

/// That a function does not pass, with the report, which is what it is shown as.
#[derive(Clone)]
pub struct Failed(
    /// The report.
    pub Box<Report>,
);

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_text())
    }
}

/// As it is shown: this is what a test prints that unwraps it.
impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl std::error::Error for Failed {}
