//! How the book writes numbers: an exact value as a decimal that is right to its last digit, and
//! floats by their significant digits. The results are mathematics, with their dollar signs.

use exact_loss::exact::{Rational, Real, UlpError, rational, round};
use mdbook_preprocessor::errors::{Error, Result};

/// An exact value to that many decimals, never wrongly rounded: `$0.357$`.
///
/// # Errors
///
/// A value so near to the middle between two decimals that it cannot be told from it.
///
/// # Examples
///
/// ```
/// use book::computed::numbers::decimal;
/// use exact_loss::exact::{Rational, Real};
///
/// let tenth = Rational::new(1.into(), 10.into());
/// assert_eq!(decimal(&Real::ln(&tenth)?, 3)?, "$-2.303$");
/// assert_eq!(decimal(&Real::infinity(), 2)?, r"$\infty$");
/// # Ok::<(), book::Error>(())
/// ```
pub fn decimal(value: &Real, decimals: u32) -> Result<String> {
    Ok(format!("${}$", value.decimal(decimals)?).replace("inf", r"\infty"))
}

/// A float to that many significant digits: in scientific notation, `$2.06 \times 10^{-9}$`,
/// unless it is near 1; zero is `$0$`.
///
/// # Examples
///
/// ```
/// use book::computed::numbers::significant;
/// assert_eq!(significant(2.0612e-9, 3), r"$2.06 \times 10^{-9}$");
/// assert_eq!(significant(-35.7, 4), "$-35.70$");
/// assert_eq!(significant(0.69315, 2), "$0.69$");
/// assert_eq!(significant(-0.0, 2), "$0$");
/// ```
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "$0$".to_owned();
    }
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return format!("${text}$").replace("inf", r"\infty");
    };
    match exponent.parse::<i32>() {
        Ok(exponent @ -2..=3) => {
            let decimals = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
            format!("${value:.*}$", usize::try_from(decimals).unwrap_or(0))
        }
        _ => format!("${mantissa} \\times 10^{{{exponent}}}$"),
    }
}

/// A rational number as a fraction in a line: `$2/3$`.
///
/// # Examples
///
/// ```
/// use book::computed::numbers::fraction;
/// use exact_loss::exact::Rational;
///
/// assert_eq!(fraction(&Rational::new((-4).into(), 6.into())), "$-2/3$");
/// ```
#[must_use]
pub fn fraction(value: &Rational) -> String {
    format!("${value}$")
}

/// The double-precision float nearest to a rational number, for drawing.
#[must_use]
pub fn nearest(value: &Rational) -> f64 {
    rational::nearest(value)
}

/// The double-precision float nearest to an exact value.
///
/// # Errors
///
/// A value whose nearest float is undecided.
pub fn float(value: &Real) -> Result<f64> {
    Ok(value.round::<f64>()?.decided()?)
}

/// The error of a float in units in the last place of the exact value, rounded for drawing.
///
/// # Errors
///
/// A float that is no number or infinite where the value is finite, or a value without an
/// enclosure.
///
/// # Examples
///
/// ```
/// use book::computed::numbers::ulps;
/// use exact_loss::exact::{Rational, Real};
///
/// let one = Real::from(Rational::from_integer(1.into()));
/// assert_eq!(ulps(1.0 + 2.0 * f64::EPSILON, &one)?, 2.0);
/// # Ok::<(), book::Error>(())
/// ```
pub fn ulps<F: exact_loss::exact::Format>(got: F, value: &Real) -> Result<f64> {
    match round::ulp_error(got, &value.enclose(256)?)? {
        UlpError::Ulps { upper, .. } => Ok(nearest(&upper)),
        class => Err(Error::msg(format!(
            "the answer to {value} has no error in ulps: {class:?}"
        ))),
    }
}
