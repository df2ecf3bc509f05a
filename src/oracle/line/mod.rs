//! Lines of JSON: cases and answers, read and written, and streams of them. What they mean is in
//! `case`, `truth` and `judge`; files and standard streams are opened by the command line.

mod catalogue;
mod command;
mod ends;
mod generated;
mod read;
mod report;
mod stream;
mod vectors;
mod verify;
mod write;

pub use catalogue::{write_catalogue, write_entry};
pub use command::test_command;
pub use generated::{EVERY_LOSS, cases_of, write_cases};
pub use read::{Bad, read_answer, read_answered_case, read_case};
pub use report::write_report;
pub use stream::{Line, Lines, Twin, evaluate_lines, evaluate_lines_in};
pub use vectors::{VECTORS_VERSION, write_vectors};
pub use verify::{WINDOW, read_cases, verify_lines, verify_with_cases};
pub use write::{write_answer, write_case, write_failure};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 1 << 28;

/// The most axes that an array may have.
pub const MAX_AXES: usize = 8;
