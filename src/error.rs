//! The one public error type of the crate, and nothing else: what was wrong, with which
//! argument, what was got and what was wanted. The words that a user reads are made here.

/// Why a loss, a number or a parameter could not be had.
///
/// Both twins return the same error for the same bad input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has the wrong shape.
    #[error("{argument}: got shape {got:?}, wanted {wanted}")]
    Shape {
        /// The argument at fault.
        argument: &'static str,
        /// Its shape.
        got: Vec<usize>,
        /// The shape that it should have.
        wanted: String,
    },
    /// One element of an array lies outside the domain of the loss.
    #[error("{argument}[{}]: got {got}, wanted {wanted}", join(index))]
    Element {
        /// The argument at fault.
        argument: &'static str,
        /// The index of its first bad element.
        index: Vec<usize>,
        /// That element.
        got: String,
        /// What an element may be.
        wanted: String,
    },
    /// A parameter of the loss is out of its domain.
    #[error("{name}: got {got}, wanted {wanted}")]
    Parameter {
        /// The parameter at fault.
        name: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        wanted: String,
    },
    /// A text is not a number of the kind wanted.
    #[error("cannot read {got:?} as a number: wanted {wanted}")]
    Parse {
        /// The text.
        got: String,
        /// What is read.
        wanted: &'static str,
    },
    /// A line is not JSON.
    #[error("not a line of JSON: {reason}")]
    Json {
        /// What the reader says.
        reason: String,
    },
    /// A field of a line is not what it should be.
    #[error("{name}: got {got}, wanted {wanted}")]
    Field {
        /// The field.
        name: &'static str,
        /// What it holds.
        got: String,
        /// What it may hold.
        wanted: String,
    },
    /// An input holds a NaN, for which no loss has a value.
    #[error(
        "{argument}[{}]: got NaN, for which the loss is undefined",
        join(index)
    )]
    NotANumber {
        /// The argument at fault.
        argument: &'static str,
        /// The index of its first NaN.
        index: Vec<usize>,
    },
    /// The definition gives no value: an empty batch, every row ignored, weights that sum to
    /// zero, ∞ − ∞.
    #[error("{loss}: undefined, because {reason}")]
    Undefined {
        /// The loss or the operation.
        loss: &'static str,
        /// Why there is no value.
        reason: String,
    },
    /// The loss does not take this combination of inputs and parameters.
    #[error("{loss}: {what} is not supported; {instead}")]
    Unsupported {
        /// The loss.
        loss: &'static str,
        /// The combination.
        what: String,
        /// What can be done instead.
        instead: String,
    },
    /// A question about a real number was still open at the resource cap.
    #[error("undecided at {bits} bits: {question}")]
    Undecided {
        /// The working precision at which the search stopped.
        bits: u32,
        /// The open question.
        question: &'static str,
    },
}

fn join(index: &[usize]) -> String {
    let parts: Vec<String> = index.iter().map(ToString::to_string).collect();
    parts.join(", ")
}
