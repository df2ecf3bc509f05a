//! A real number correctly rounded to decimal places, for people to read. Rounding to floats is
//! in the module above.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Pow, Signed};

use crate::Error;
use crate::exact::real::CAP;
use crate::exact::{Rational, Real};

impl Real {
    /// The number rounded to that many decimal places: to nearest, and a tie to the even digit.
    /// An infinite value is "inf" or "-inf".
    ///
    /// # Errors
    /// [`Error::Undecided`] where the number is too near to a tie to tell at the resource cap.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::{Rational, Real};
    ///
    /// let ln_10 = Real::ln(&Rational::from_integer(10.into()))?;
    /// assert_eq!(ln_10.decimal(5)?, "2.30259");
    /// assert_eq!(ln_10.neg().decimal(0)?, "-2");
    /// assert_eq!(Real::from(Rational::new(1.into(), 8.into())).decimal(2)?, "0.12");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn decimal(&self, places: u32) -> Result<String, Error> {
        if self.is_infinite() {
            return Ok(self.to_string());
        }
        let unit = Rational::from_integer(Pow::pow(BigInt::from(10), places));
        if let Some(number) = self.as_rational() {
            return Ok(written(&round_half_even(&(number * &unit)), places));
        }
        let mut bits = 64;
        while bits <= CAP {
            let enclosure = self.enclose_absolute(bits)?;
            let lower = round_half_even(&(enclosure.lower()? * &unit));
            if lower == round_half_even(&(enclosure.upper()? * &unit)) {
                return Ok(written(&lower, places));
            }
            bits *= 2;
        }
        Err(Error::Undecided {
            bits: CAP,
            question: "what is the nearest decimal",
        })
    }
}

fn round_half_even(x: &Rational) -> BigInt {
    let twice: BigInt = x.numer() * 2;
    let (quotient, rest) = (twice + x.denom()).div_mod_floor(&(x.denom() * 2));
    if rest == BigInt::ZERO && quotient.is_odd() {
        quotient - 1
    } else {
        quotient
    }
}

fn written(units: &BigInt, places: u32) -> String {
    let places = places as usize;
    let digits = format!("{:0>width$}", units.abs().to_string(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if units.is_negative() { "-" } else { "" };
    if places == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}
