//! An axis: a range, a scale, ticks and a label. It knows positions in [0, 1], not pixels.

use super::svg;

/// One axis of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    label: String,
    low: f64,
    high: f64,
    logarithmic: bool,
    ticks: Vec<Tick>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it stands, from 0 to 1.
    pub(super) position: f64,
    /// Its number, or of a power of ten the base.
    pub(super) number: String,
    /// The exponent of a power of ten.
    pub(super) exponent: Option<String>,
}

impl Axis {
    /// A linear axis from `low` to `high`, with a tick every `step`, numbered with `decimals`.
    ///
    /// # Examples
    ///
    /// ```
    /// use book::figure::Axis;
    /// let probability = Axis::linear("p", 0.0, 1.0, 0.25, 2);
    /// ```
    #[must_use]
    pub fn linear(label: &str, low: f64, high: f64, step: f64, decimals: usize) -> Self {
        let count = ((high - low) / step + 1e-9).floor();
        let mut ticks = Vec::new();
        let mut index = 0.0;
        while index <= count {
            let value = low + index * step;
            ticks.push(Tick {
                position: (value - low) / (high - low),
                number: svg::label(value, decimals),
                exponent: None,
            });
            index += 1.0;
        }
        Axis {
            label: label.to_owned(),
            low,
            high,
            logarithmic: false,
            ticks,
        }
    }

    /// A logarithmic axis from 10^`low` to 10^`high`, with a tick every `step` powers of ten.
    /// What is not positive has no place on it, and is not drawn.
    ///
    /// # Examples
    ///
    /// ```
    /// use book::figure::Axis;
    /// let error = Axis::log10("relative error", -18, 0, 3);
    /// ```
    #[must_use]
    pub fn log10(label: &str, low: i32, high: i32, step: u16) -> Self {
        let ticks = (low..=high)
            .step_by(usize::from(step.max(1)))
            .map(|power| Tick {
                position: f64::from(power - low) / f64::from(high - low),
                number: "10".to_owned(),
                exponent: Some(svg::label(f64::from(power), 0)),
            })
            .collect();
        let (low, high) = (f64::from(low), f64::from(high));
        Axis {
            label: label.to_owned(),
            low,
            high,
            logarithmic: true,
            ticks,
        }
    }

    /// Where a value stands: 0 at the low end, 1 at the high end; NaN if it has no place.
    pub(super) fn position(&self, value: f64) -> f64 {
        let value = match (self.logarithmic, value > 0.0) {
            (false, _) => value,
            (true, true) => value.log10(),
            (true, false) => f64::NAN,
        };
        (value - self.low) / (self.high - self.low)
    }

    /// The value at a position: the inverse of [`Axis::position`].
    pub(super) fn value(&self, position: f64) -> f64 {
        let value = self.low + position * (self.high - self.low);
        if self.logarithmic {
            10f64.powf(value)
        } else {
            value
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tick_stands_at_the_high_end() {
        let axis = Axis::linear("p", 0.0, 1.0, 0.1, 1);
        assert_eq!(axis.ticks().len(), 11);
        assert_eq!(axis.ticks()[10].number, "1.0");
    }

    #[test]
    fn a_logarithmic_axis_has_no_place_for_zero() {
        let axis = Axis::log10("error", -4, 0, 2);
        assert!(axis.position(0.0).is_nan());
        assert_eq!(axis.position(0.01), 0.5);
        assert_eq!(axis.ticks()[1].exponent.as_deref(), Some("−2"));
    }
}
