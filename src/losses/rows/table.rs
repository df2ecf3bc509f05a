//! Numbers in rows, [N, C], as they lie: in one piece where they are in order, as most are, else as a view. What they
//! mean is said by the rows beside this file.

use core::ops::Range;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMutD, Axis, CowArray, Ix2, IxDyn, Slice};

use super::super::input::wrong_shape;
use crate::Error;

/// Numbers that are read. Their slice is kept because it takes less time than a view of them, which counts for
/// a batch of a few rows.
#[derive(Debug, Clone, Copy)]
pub(in crate::losses) struct Table<'a, T> {
    dim: (usize, usize),
    numbers: Numbers<'a, T>,
}

#[derive(Debug, Clone, Copy)]
enum Numbers<'a, T> {
    Ordered(&'a [T]),
    View(ArrayView2<'a, T>),
}

impl<'a, T> Table<'a, T> {
    /// The table that an array is, if it has two axes.
    #[inline]
    pub(in crate::losses) fn of(
        argument: &'static str,
        values: &'a CowArray<'_, T, IxDyn>,
    ) -> Result<Self, Error> {
        if let (&[rows, classes], Some(elements)) = (values.shape(), values.as_slice()) {
            return Ok(Self {
                dim: (rows, classes),
                numbers: Numbers::Ordered(elements),
            });
        }
        let view = values.view().into_dimensionality::<Ix2>();
        let view = view.map_err(|_| wrong_shape(argument, values.shape(), "[N, C]"))?;
        Ok(Self {
            dim: view.dim(),
            numbers: Numbers::View(view),
        })
    }

    /// The numbers of rows and of classes.
    #[inline]
    pub(in crate::losses) fn dim(&self) -> (usize, usize) {
        self.dim
    }

    /// All numbers row by row, where they lie so.
    #[inline]
    pub(in crate::losses) fn as_slice(&self) -> Option<&'a [T]> {
        match self.numbers {
            Numbers::Ordered(elements) => Some(elements),
            Numbers::View(_) => None,
        }
    }

    /// Some rows.
    pub(in crate::losses) fn rows(
        &self,
        rows: Range<usize>,
    ) -> impl Iterator<Item = ArrayView1<'_, T>> {
        rows.map(|row| self.row(row))
    }

    /// One row.
    pub(in crate::losses) fn row(&self, row: usize) -> ArrayView1<'_, T> {
        match &self.numbers {
            Numbers::Ordered(elements) => {
                let classes = self.dim.1;
                ArrayView1::from(&elements[row * classes..][..classes])
            }
            Numbers::View(view) => view.row(row),
        }
    }
}

/// The caller's gradient, of the shape of the prediction.
#[derive(Debug)]
pub(in crate::losses) struct TableMut<'a, T>(ArrayViewMutD<'a, T>);

impl<'a, T> TableMut<'a, T> {
    /// The table that a gradient is, if it has this shape.
    #[inline]
    pub(in crate::losses) fn of_gradient(
        gradient: ArrayViewMutD<'a, T>,
        (rows, classes): (usize, usize),
    ) -> Result<Self, Error> {
        match *gradient.shape() {
            [own_rows, own_classes] if (own_rows, own_classes) == (rows, classes) => {
                Ok(Self(gradient))
            }
            ref got => Err(wrong_shape("gradient", got, format!("[{rows}, {classes}]"))),
        }
    }

    /// All numbers row by row, where they lie so.
    #[inline]
    pub(in crate::losses) fn as_slice_mut(&mut self) -> Option<&mut [T]> {
        self.0.as_slice_mut()
    }

    /// Some rows.
    pub(in crate::losses) fn rows_mut(&mut self, rows: Range<usize>) -> ArrayViewMutD<'_, T> {
        self.0.slice_axis_mut(Axis(0), Slice::from(rows))
    }
}
