//! What a fused multiply-add would save, and what it costs where the processor has none: the two patterns
//! that kernels are made of, a polynomial and a product with its error, each with separate operations and
//! fused. The kernels themselves use none; why is said in the book's chapter on decisions.

use std::io::{self, Write};

use exact_loss::kernel::dispatch::{Kernel, Level, dispatch, limit};
use exact_loss::kernel::pair::two_product;
use serde_json::json;

use super::report::short;
use super::timing::{Budget, here, side_by_side};

/// Numbers that stay in the first cache.
const BLOCK: usize = 1024;

/// About as many terms as a logarithm in double precision takes.
const COEFFICIENTS: [f64; 12] = [
    1.0,
    1.0 / 2.0,
    1.0 / 3.0,
    1.0 / 4.0,
    1.0 / 5.0,
    1.0 / 6.0,
    1.0 / 7.0,
    1.0 / 8.0,
    1.0 / 9.0,
    1.0 / 10.0,
    1.0 / 11.0,
    1.0 / 12.0,
];

/// A polynomial of each number.
struct Polynomial<'a, const FUSED: bool>(&'a [f64; BLOCK], &'a mut [f64; BLOCK]);

impl<const FUSED: bool> Kernel for Polynomial<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, &x) in self.1.iter_mut().zip(self.0) {
            let mut sum = 0.0;
            for coefficient in COEFFICIENTS.iter().rev() {
                sum = if FUSED {
                    f64::mul_add(sum, x, *coefficient)
                } else {
                    sum * x + coefficient
                };
            }
            *to = sum;
        }
    }
}

/// The error of the square of each number.
struct Error<'a, const FUSED: bool>(&'a [f64; BLOCK], &'a mut [f64; BLOCK]);

impl<const FUSED: bool> Kernel for Error<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, &x) in self.1.iter_mut().zip(self.0) {
            *to = if FUSED {
                f64::mul_add(x, x, -(x * x))
            } else {
                two_product(x, x).1
            };
        }
    }
}

/// Measures all of it, for about so many seconds each, and writes a line for each pair.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(seconds: f64, output: &mut impl Write) -> io::Result<()> {
    let from: [f64; BLOCK] = core::array::from_fn(|i| i as f64 / 2048.0 + 0.01);
    let widest = Level::ALL.into_iter().rfind(|level| level.is_available());
    for (name, level) in [("widest", widest), ("baseline", Some(Level::Baseline))] {
        let Some(level) = level else { continue };
        limit(level);
        let polynomial = [
            block(&from, |from, to| dispatch(Polynomial::<false>(from, to))),
            block(&from, |from, to| dispatch(Polynomial::<true>(from, to))),
        ];
        line("polynomial", (name, level), seconds, polynomial, output)?;
        let error = [
            block(&from, |from, to| dispatch(Error::<false>(from, to))),
            block(&from, |from, to| dispatch(Error::<true>(from, to))),
        ];
        line("error_of_product", (name, level), seconds, error, output)?;
    }
    limit(Level::Avx512);
    Ok(())
}

/// A program that works on the block, and answers with one of the results.
fn block<'a>(
    from: &'a [f64; BLOCK],
    work: impl Fn(&[f64; BLOCK], &mut [f64; BLOCK]) + 'a,
) -> Box<dyn FnMut() -> f64 + 'a> {
    let mut to = Box::new([0.0; BLOCK]);
    Box::new(move || {
        work(core::hint::black_box(from), &mut to);
        core::hint::black_box(&mut to)[7]
    })
}

/// Measures the separate and the fused program side by side, and writes the line.
fn line(
    work: &str,
    (name, level): (&str, Level),
    seconds: f64,
    [separate, fused]: [Box<dyn FnMut() -> f64 + '_>; 2],
    output: &mut impl Write,
) -> io::Result<()> {
    let measured = side_by_side(Budget::of(seconds), &mut [here(separate), here(fused)]);
    let each = |at: usize| short(measured.times[at].best() * 1e9 / BLOCK as f64);
    let line = json!({
        "work": work,
        "level": name,
        "instructions": format!("{level:?}"),
        "separate_ns": each(0),
        "fused_ns": each(1),
    });
    writeln!(output, "{line}")
}
