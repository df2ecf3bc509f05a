//! The number types of a case: how a number of one is read, rounded to and written. Which type a
//! case has is said in the case; correct rounding itself is in the exact floor.

use core::fmt::Write as _;

use crate::Error;
use crate::exact::rational::{
    BF16, Decoded, F16, float_equal_to, nearest, parse_extended, parse_rational,
};
use crate::exact::real::FIRST_BITS;
use crate::exact::round::{sign_of_zero_agrees, ulp_error};
use crate::exact::{
    Ball, Distance, Enclosure, Extended, Format, Lift, Rational, Real, Rounded, UlpError,
};

/// The type of the numbers of a case, and of the answers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Dtype {
    /// binary64.
    #[default]
    F64,
    /// binary32.
    F32,
    /// binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// Rationals; answers are judged as binary64.
    Exact,
}

/// Runs the expression with `$format` as the float type of a [`Dtype`].
macro_rules! with_format {
    ($dtype:expr, $format:ident => $body:expr) => {
        match $dtype {
            Dtype::F64 | Dtype::Exact => {
                type $format = f64;
                $body
            }
            Dtype::F32 => {
                type $format = f32;
                $body
            }
            Dtype::F16 => {
                type $format = F16;
                $body
            }
            Dtype::Bf16 => {
                type $format = BF16;
                $body
            }
        }
    };
}

impl Dtype {
    /// All types.
    pub const ALL: [Self; 5] = [Self::F64, Self::F32, Self::F16, Self::Bf16, Self::Exact];

    /// The name in the oracle's lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Exact => "exact",
        }
    }

    /// The type with this name.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other name.
    pub fn find(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|dtype| dtype.name() == name);
        found.ok_or_else(|| Error::Parameter {
            name: "dtype",
            got: format!("{name:?}"),
            wanted: "one of f64, f32, f16, bf16, exact".to_owned(),
        })
    }

    /// Bits of the significand of an answer.
    #[must_use]
    pub fn precision(self) -> u32 {
        with_format!(self, F => F::PRECISION)
    }

    /// The exponent of the least normal number of an answer.
    #[must_use]
    pub fn min_exponent(self) -> i32 {
        with_format!(self, F => F::MIN_EXPONENT)
    }

    /// The number that a decimal stands for: the nearest float or, for [`Dtype::Exact`], the
    /// decimal itself.
    ///
    /// # Errors
    /// [`Error::Parse`] for what is no decimal, and beyond the limits of [`parse_rational`] where
    /// the decimal itself is wanted.
    pub fn read_decimal(self, text: &str) -> Result<Extended, Error> {
        let lifted = |x: Option<Extended>| x.ok_or_else(|| not_decimal(text));
        match self {
            Self::Exact => parse_rational(text).map(Extended::Finite),
            // Reading a decimal as the nearest float is what the standard library does right.
            Self::F64 => lifted(text.parse::<f64>().ok().and_then(|x| x.lift())),
            Self::F32 => lifted(text.parse::<f32>().ok().and_then(|x| x.lift())),
            Self::F16 | Self::Bf16 => match parse_rational(text) {
                Ok(number) => Ok(self.nearest(&number)),
                // Too long to be read, or far out of the range of both types: through binary64.
                Err(_) => {
                    let wide = lifted(text.parse::<f64>().ok().and_then(|x| x.lift()))?;
                    Ok(match wide {
                        Extended::Finite(number) => self.nearest(&number),
                        infinite => infinite,
                    })
                }
            },
        }
    }

    /// The float of this type that is nearest to a rational; the rational itself for
    /// [`Dtype::Exact`].
    #[must_use]
    pub fn nearest(self, number: &Rational) -> Extended {
        if self == Self::Exact {
            return Extended::Finite(number.clone());
        }
        with_format!(self, F => nearest::<F>(number).lift())
            .unwrap_or_else(|| Extended::Finite(number.clone()))
    }

    /// A real number rounded to the type of the answers, held in an `f64`, which all of them fit.
    ///
    /// # Errors
    /// [`Error::Undecided`] where the nearest float is not found within the cap.
    pub fn round(self, real: &Real) -> Result<f64, Error> {
        with_format!(self, F => match real.nearest_by_ball::<F>() {
            Some(float) => Ok(widened(float)),
            None => real.round_from::<F>(FIRST_BITS)?.decided().map(widened),
        })
    }

    /// What a number whose nearest float of binary64 is `wide` is in this type; `None` where that does
    /// not tell. The number lies between the neighbours of `wide`, and rounds as they do where they
    /// round alike.
    pub(super) fn narrow(self, wide: f64) -> Option<f64> {
        let narrow = |x: f64| match self {
            Self::F64 | Self::Exact => x,
            Self::F32 => f64::from(x as f32),
            _ if x == 0.0 || !x.is_finite() => x,
            Self::F16 | Self::Bf16 => as_float(self, &x.lift()).copysign(x),
        };
        let narrowed = narrow(wide);
        let is_told = matches!(self, Self::F64 | Self::Exact)
            || wide == 0.0
            || [wide.next_down(), wide.next_up()].map(narrow) == [narrowed; 2];
        is_told.then_some(narrowed)
    }

    /// [`Dtype::round`], which also says whether the number is that float.
    ///
    /// # Errors
    /// As [`Dtype::round`].
    pub fn round_and_compare(self, real: &Real) -> Result<(f64, bool), Error> {
        with_format!(self, F => {
            let rounded = real.round::<F>()?;
            let is_exact = matches!(rounded, Rounded::Exact(_));
            rounded.decided().map(|x| (widened(x), is_exact))
        })
    }

    /// The error in ulps of an answer of this type, held in an `f64`; see
    /// [`ulp_error`].
    ///
    /// # Errors
    /// As [`ulp_error`].
    pub fn ulp_error(self, got: f64, exact: &Enclosure) -> Result<UlpError, Error> {
        with_format!(self, F => ulp_error(narrowed::<F>(got), exact))
    }

    /// How far an answer of this type, held in an `f64`, lies from a number, where a ball tells.
    pub(super) fn distance(self, got: f64, exact: Ball) -> Option<Distance> {
        with_format!(self, F => exact.distance(narrowed::<F>(got)))
    }

    /// Whether the sign of an answer that is zero is right; see [`sign_of_zero_agrees`].
    #[must_use]
    pub fn sign_of_zero_agrees(self, got: f64, exact: &Enclosure) -> Option<bool> {
        sign_of_zero_agrees(got, exact)
    }

    /// A number of this type, held in an `f64`, as the shortest decimal that reads back as it;
    /// the infinities and NaN as strings.
    pub fn write(self, number: f64, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = if number.is_nan() {
            out.write_str("\"nan\"")
        } else if number.is_infinite() {
            out.write_str(if number > 0.0 { "\"inf\"" } else { "\"-inf\"" })
        } else if matches!(self, Self::F64 | Self::Exact) {
            write!(out, "{number:?}")
        } else {
            write!(out, "{:?}", number as f32)
        };
    }

    /// An input of a case as it is written in a line: a decimal where the number is a float of the
    /// type, else a string.
    pub fn write_input(self, number: &Option<Extended>, out: &mut String) {
        let rational = match number {
            None => return out.push_str("\"nan\""),
            Some(Extended::Infinity) => return out.push_str("\"inf\""),
            Some(Extended::NegativeInfinity) => return out.push_str("\"-inf\""),
            Some(Extended::Finite(rational)) => rational,
        };
        let belongs = |&x: &f64| self != Self::Exact && self.narrow(x) == Some(x);
        if let Some(float) = float_equal_to(rational).filter(belongs) {
            self.write(float, out);
        } else if self == Self::Exact && rational.is_integer() && rational.numer().bits() <= 53 {
            // Longer ones are not read as integers everywhere.
            let _ = write!(out, "{rational}");
        } else {
            let _ = write!(out, "\"{rational}\"");
        }
    }
}

impl core::fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.pad(self.name())
    }
}

/// A number that a string in a line stands for: a rational, a hexadecimal float, an infinity, or
/// NaN, which is `None`.
///
/// # Errors
/// [`Error::Parse`] for anything else.
pub fn read_text(text: &str) -> Result<Option<Extended>, Error> {
    match text {
        "nan" | "NaN" | "NAN" | "-nan" => Ok(None),
        "Infinity" | "Inf" => Ok(Some(Extended::Infinity)),
        "-Infinity" | "-Inf" => Ok(Some(Extended::NegativeInfinity)),
        _ => parse_extended(text).map(Some),
    }
}

/// A number of an answer, in the nearest float of a type, held in an `f64`. −0 keeps its sign only
/// where it is written as a decimal.
#[must_use]
pub fn as_float(dtype: Dtype, number: &Option<Extended>) -> f64 {
    match number {
        None => f64::NAN,
        Some(Extended::Infinity) => f64::INFINITY,
        Some(Extended::NegativeInfinity) => f64::NEG_INFINITY,
        Some(Extended::Finite(number)) => {
            with_format!(dtype, F => widened(nearest::<F>(number)))
        }
    }
}

/// A float of any of the types as the same number in binary64.
fn widened<F: Format>(x: F) -> f64 {
    match x.decode() {
        Decoded::NotANumber => f64::NAN,
        Decoded::Infinite { negative } => f64::infinity(negative),
        Decoded::Finite {
            negative,
            significand,
            exponent,
        } => f64::encode(negative, significand, exponent).unwrap_or(f64::NAN),
    }
}

/// A number of binary64 in a narrower type that has it; NaN if it has not.
fn narrowed<F: Format>(x: f64) -> F {
    let nan = F::from_format_bits(F::infinity(false).bits() | 1);
    match x.decode() {
        Decoded::NotANumber => nan,
        Decoded::Infinite { negative } => F::infinity(negative),
        Decoded::Finite {
            negative,
            significand,
            exponent,
        } => {
            let zeros = significand.trailing_zeros().min(63);
            F::encode(negative, significand >> zeros, exponent + zeros as i32).unwrap_or(nan)
        }
    }
}

fn not_decimal(text: &str) -> Error {
    Error::Parse {
        got: text.chars().take(60).collect(),
        wanted: "a decimal number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_float_is_written_so_that_it_is_read_back() {
        for dtype in [Dtype::F16, Dtype::Bf16] {
            for bits in 0..=u16::MAX {
                let lifted = with_format!(dtype, F => F::from_format_bits(bits.into()).lift());
                let Some(number @ Extended::Finite(_)) = lifted else {
                    continue;
                };
                let mut text = String::new();
                dtype.write_input(&Some(number.clone()), &mut text);
                assert_eq!(
                    dtype.read_decimal(&text),
                    Ok(number),
                    "{dtype} {bits:#x} {text}"
                );
            }
        }
    }

    #[test]
    fn a_decimal_halfway_between_two_half_floats_is_not_rounded_twice() {
        // 1 + 2⁻¹¹ is a tie of binary16; a decimal just above it goes up, although binary64 would
        // make it the tie.
        let above = "1.00048828125000000000000000000000000001";
        let up = parse_extended("0x1.004p0");
        assert_eq!(Dtype::F16.read_decimal(above), up);
        assert_eq!(Dtype::F16.read_decimal("1.00048828125"), Ok(1.into()));
    }
}
