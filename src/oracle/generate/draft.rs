//! A case in the making: its number within its class, the size that it may have, and the numbers that
//! it draws. What is drawn for which class is said in the families.

use ndarray::{ArrayD, IxDyn};

use super::super::{Dtype, Number};
use super::pool::Pool;
use super::random::Random;
use crate::losses::{Params, Prediction, Setting, Space, Target};

/// What a case is made of.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) params: Params,
    pub(super) prediction: Prediction<'static, Number>,
    pub(super) target: Target<'static, Number>,
}

/// A case in the making.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Numbers of the type of the case.
    pub(super) pool: Pool,
    /// Which case of its class it is, from 0.
    pub(super) turn: u64,
    /// How many numbers a large case has.
    pub(super) size: usize,
}

impl Draft {
    pub(super) fn new(dtype: Dtype, random: Random, turn: u64, size: usize) -> Self {
        Self {
            pool: Pool { dtype, random },
            turn,
            size,
        }
    }

    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.pool.random
    }

    /// Every other turn, every other pair of turns and so on: so all combinations of so many
    /// choices come up.
    pub(super) fn choice(&self, which: u32) -> bool {
        self.turn >> which & 1 == 1
    }

    /// Probabilities and logits in turn.
    pub(super) fn space(&self) -> Space {
        if self.choice(0) {
            Space::Probabilities
        } else {
            Space::Logits
        }
    }

    /// So many numbers, one by one.
    pub(super) fn numbers(
        &mut self,
        count: usize,
        mut each: impl FnMut(&mut Self, usize) -> Number,
    ) -> Vec<Number> {
        (0..count).map(|i| each(self, i)).collect()
    }

    /// Sets a reduction, in half of the cases.
    pub(super) fn set_reduction(&mut self, params: &mut Params) {
        match self.random().below(6) {
            0 => params.set("reduction", text("none")),
            1 => params.set("reduction", text("sum")),
            2 => params.set("reduction", text("mean")),
            _ => {}
        }
    }

    /// Sets the base of the logarithm, in a quarter of the cases.
    pub(super) fn set_base(&mut self, params: &mut Params) {
        match self.random().below(8) {
            0 | 1 => params.set("base", text("2")),
            2 => params.set("base", text("e")),
            _ => {}
        }
    }
}

/// A word as a setting.
pub(super) fn text(word: &str) -> Setting {
    Setting::Text(word.to_owned())
}

/// An integer as a setting.
pub(super) fn integer(number: i64) -> Setting {
    Setting::Number(Some(number.into()))
}

/// A vector as a setting.
pub(super) fn vector(numbers: Vec<Number>) -> Setting {
    Setting::Numbers(array(&[numbers.len()], numbers))
}

/// An array of a shape that has as many elements as there are numbers.
pub(super) fn array<T>(shape: &[usize], numbers: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("the shape has as many elements")
}

/// A prediction of these numbers.
pub(super) fn prediction(
    space: Space,
    shape: &[usize],
    numbers: Vec<Number>,
) -> Prediction<'static, Number> {
    Prediction::Values(space, array(shape, numbers).into())
}

/// Labels.
pub(super) fn labels(shape: &[usize], labels: Vec<i64>) -> Target<'static, Number> {
    Target::Labels(array(shape, labels).into())
}

/// Real targets.
pub(super) fn targets(shape: &[usize], numbers: Vec<Number>) -> Target<'static, Number> {
    Target::Values(array(shape, numbers).into())
}
