//! Errors put in bins and counted, with nothing sorted: an interval around the value of an extension. Formula and bound
//! are in the [module above](super); which errors there are is said by [`Errors`].

use core::ops::Range;

use super::elements::{BLOCK, Ranked};
use crate::kernel::Float;
use crate::kernel::aligned::Aligned;
use crate::kernel::dispatch::{Kernel, dispatch};
use crate::kernel::parallel::{Pool, for_parts, reduce};
use crate::kernel::sum::{LANES, Total};

/// Bits of bins that fit in the second cache: widths of 2⁻¹² at errors below 1, twice that below 3,
/// and so on.
pub const COARSE: u32 = 12;
/// Bits of bins that leave a sixteenth of that open.
pub const FINE: u32 = 14;

/// Errors from here on have no bin.
const LARGE: f64 = 254.0;
/// From error 0 to where the next octave after [`LARGE`] would begin.
const OCTAVES: u32 = 8;
/// Where elements without a bin are counted, in turn, so that none has to wait for the one before: the last of
/// the bins, which begin at [`LARGE`].
const IDLE: usize = 16;
/// Bits of the place in a bin.
const PLACE: u32 = 24;
/// Where the count begins in a slot, above the sum of the places.
const COUNT: u32 = 44;
/// How many elements a slot can count.
const FULL: usize = 1 << (u64::BITS - COUNT);
/// How many pixels a thread counts at a time.
const CHUNK: usize = 1 << 16;

/// Elements with errors, each on one of two sides.
pub trait Errors: Sync {
    /// How many pixels there are.
    fn pixels(&self) -> usize;

    /// Says of at most [`BLOCK`] pixels their errors, each within 2⁻⁵² relative and 0 or less where it does not
    /// count, and their sides: 1 for foreground that counts, else 0. Returns whether all that count are numbers. To be
    /// inlined always.
    fn fill(
        &self,
        pixels: Range<usize>,
        errors: &mut [f64; BLOCK],
        sides: &mut [u64; BLOCK],
    ) -> bool;
}

/// Errors below 0 count as 0.
impl<F: Float, P: Fn(usize) -> bool + Sync> Errors for Ranked<'_, F, P> {
    fn pixels(&self) -> usize {
        self.errors.len()
    }

    #[inline(always)]
    fn fill(
        &self,
        pixels: Range<usize>,
        errors: &mut [f64; BLOCK],
        sides: &mut [u64; BLOCK],
    ) -> bool {
        let mut is_bad = false;
        for (pixel, (error, side)) in pixels.zip(errors.iter_mut().zip(sides)) {
            *error = self.errors[pixel].to_f64();
            *side = u64::from((self.is_foreground)(pixel));
            is_bad |= error.is_nan();
        }
        !is_bad
    }
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Enclosure {
    /// The middle.
    pub middle: f64,
    /// Half of the length.
    pub radius: f64,
}

/// The mean of extensions in `f32`, where the bins decide what it is rounded to; `None` else, for a few pixels,
/// and for another float. It is what the values of [`extensions`](super::extensions) would be rounded to.
pub fn mean<F: Float, E: Errors + Send>(elements: impl Iterator<Item = E> + Clone) -> Option<F> {
    // Before that sorting is faster; and the fine bins would take more memory.
    const FEWEST: [(u32, usize); 2] = [(COARSE, 1 << 16), (FINE, 1 << 20)];
    let pixels = elements.clone().map(|elements| elements.pixels()).min()?;
    if size_of::<F>() != size_of::<f32>() {
        return None;
    }
    for (bits, fewest) in FEWEST {
        if pixels < fewest {
            return None;
        }
        let (mut sum, mut radius, mut images) = (Total::ZERO, Some(0.0), 0.0);
        for_parts(
            elements.clone(),
            |elements| enclosure(&elements, bits),
            |part| {
                images += 1.0;
                sum.add(part.map_or(0.0, |part| part.middle));
                radius = radius.zip(part).map(|(radius, part)| radius + part.radius);
            },
        );
        let (middle, radius) = (sum.value().hi / images, radius? / images);
        let low = F::from_f64(middle - radius);
        if low == F::from_f64(middle + radius) {
            return Some(low);
        }
        // The fine bins would not decide it.
        if radius > 4.0 * middle * F::EPSILON.to_f64() {
            return None;
        }
    }
    None
}

/// An interval around the value of the extension, which the value of [`extensions`](super::extensions) in `f32` lies
/// in, too; from bins of these bits, [`COARSE`] or [`FINE`]. `None` where an error is not a number, or is 254 or more.
///
/// Takes 128·2^`bits` bytes a thread, and 24 for each bin up to the largest error.
///
/// # Examples
///
/// ```
/// use exact_loss::kernel::jaccard::{FINE, Ranked, enclosure};
///
/// // Errors from 0 to 2; every third element is foreground.
/// let errors: Vec<f64> = (0..30_000).map(|i| f64::from(i) / 15_000.0).collect();
/// let elements = Ranked { errors: &errors, is_foreground: |index: usize| index % 3 == 0 };
/// let found = enclosure(&elements, FINE).expect("ordinary errors");
/// // With s = 1 − t/2 of each side at errors of at least t: ∫ (1 − (1 − s)/(1 + 2s)) 2 ds over 0 < s < 1.
/// let smooth = 3.0 - 1.5 * 3.0_f64.ln();
/// assert!((found.middle - smooth).abs() < 1e-4 && found.radius < 1e-8);
/// ```
pub fn enclosure<E: Errors>(elements: &E, bits: u32) -> Option<Enclosure> {
    let grid = Grid { bits };
    let pool = Pool::new();
    let count = |range: Range<usize>| {
        pool.with(
            || Tally::new(grid),
            |tally: &mut Tally| {
                tally.make_room(range.len());
                dispatch(Count {
                    elements,
                    range,
                    tally,
                })
            },
        )
    };
    let mut is_known = true;
    reduce(elements.pixels(), CHUNK, count, |part| is_known &= part);
    let mut whole = Whole::new(grid);
    for tally in pool.into_all() {
        whole.merge(tally);
    }
    is_known.then(|| {
        if whole.foreground == 0 {
            // Every set but the empty one has the Jaccard loss 1.
            Enclosure::rounded(whole.largest, 0.0)
        } else {
            dispatch(Integral(&whole))
        }
    })
}

impl Enclosure {
    /// With what roundings may have changed.
    fn rounded(middle: f64, radius: f64) -> Self {
        const SLACK: f64 = 1.0 / (1_u64 << 34) as f64;
        Self {
            middle,
            radius: radius * (1.0 + SLACK) + middle * SLACK,
        }
    }
}

/// How errors are put in bins: by the leading bits of 1 + error, so the bins of an octave have one
/// width, and below error 1 they are as wide as the narrowest.
#[derive(Debug, Clone, Copy)]
struct Grid {
    bits: u32,
}

impl Grid {
    /// Twice the bin of an error from 0 on.
    #[inline(always)]
    fn slot(self, error: f64) -> u64 {
        let first = 1023_u64 << self.bits;
        // Below error 0 it wraps around.
        ((error + 1.0).to_bits() >> (52 - self.bits)).wrapping_sub(first) << 1
    }

    /// Where the error is in its bin.
    #[inline(always)]
    fn place(self, error: f64) -> u64 {
        ((error + 1.0).to_bits() >> (52 - PLACE - self.bits)) & ((1 << PLACE) - 1)
    }

    /// How many slots there are, two for each bin: background, and then foreground.
    fn slots(self) -> usize {
        (2 * OCTAVES as usize) << self.bits
    }

    /// How many of them are up to an error.
    fn slots_up_to(self, error: f64) -> usize {
        self.slot(error) as usize + 2
    }

    fn width(self, bin: usize) -> f64 {
        f64::from(1 << (bin >> self.bits)) / f64::from(1 << self.bits)
    }
}

/// What one thread has counted.
struct Tally {
    grid: Grid,
    /// Count and sum of the places in each slot.
    packed: Vec<u64>,
    /// How many pixels are in what is packed.
    pixels: usize,
    /// What no longer is; and of all, how many are foreground, and the largest error.
    earlier: Whole,
}

impl Tally {
    fn new(grid: Grid) -> Self {
        Self {
            grid,
            packed: vec![0; grid.slots()],
            pixels: 0,
            earlier: Whole::new(grid),
        }
    }

    /// Unpacks what was counted if so many pixels more could be too many.
    fn make_room(&mut self, pixels: usize) {
        if self.pixels + pixels >= FULL {
            let used = self.used();
            self.earlier.add(&self.packed[..used]);
            self.packed.fill(0);
            self.pixels = 0;
        }
        self.pixels += pixels;
    }

    /// How many slots there are up to the last with any.
    fn used(&self) -> usize {
        self.grid.slots_up_to(self.earlier.largest.min(LARGE))
    }
}

/// Counts the elements of some pixels; says whether all have bins or do not count.
struct Count<'a, E> {
    elements: &'a E,
    range: Range<usize>,
    tally: &'a mut Tally,
}

impl<E: Errors> Kernel for Count<'_, E> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self {
            elements,
            range,
            tally,
        } = self;
        let grid = tally.grid;
        let mut errors = Aligned([0.0; BLOCK]);
        let mut sides = Aligned([0; BLOCK]);
        let mut slots = Aligned([0_u64; BLOCK]);
        let mut addends = Aligned([0; BLOCK]);
        let mut largest = [0.0_f64; LANES];
        let mut foreground = [0; LANES];
        let mut is_known = true;
        let idle = (grid.slots() - IDLE) as u64;
        for start in range.clone().step_by(BLOCK) {
            let end = range.end.min(start + BLOCK);
            if end - start < BLOCK {
                errors.fill(0.0);
                sides.fill(0);
            }
            is_known &= elements.fill(start..end, &mut errors, &mut sides);
            for row in errors.as_chunks::<LANES>().0 {
                for (largest, &error) in largest.iter_mut().zip(row) {
                    *largest = if error > *largest { error } else { *largest };
                }
            }
            for row in sides.as_chunks::<LANES>().0 {
                for (foreground, &side) in foreground.iter_mut().zip(row) {
                    *foreground += side;
                }
            }
            for i in 0..BLOCK {
                let error = errors[i];
                let slot = grid.slot(error) | sides[i];
                let has_bin = (error > 0.0) & (error < LARGE);
                slots[i] = if has_bin {
                    slot
                } else {
                    idle + (i % IDLE) as u64
                };
                addends[i] = grid.place(error) | 1 << COUNT;
            }
            // The mask says to the compiler that there are as many.
            let packed = &mut tally.packed[..];
            let mask = packed.len() - 1;
            for (&slot, &addend) in slots.iter().zip(&*addends) {
                let slot = &mut packed[slot as usize & mask];
                *slot = slot.wrapping_add(addend);
            }
        }
        let whole = &mut tally.earlier;
        whole.foreground += foreground.iter().sum::<u64>();
        whole.largest = largest.into_iter().fold(whole.largest, f64::max);
        is_known && whole.largest < LARGE
    }
}

/// What all threads have counted, up to the last slot with any.
struct Whole {
    grid: Grid,
    counts: Vec<u32>,
    /// The sums of the places.
    places: Vec<u64>,
    foreground: u64,
    largest: f64,
}

impl Whole {
    fn new(grid: Grid) -> Self {
        Self {
            grid,
            counts: Vec::new(),
            places: Vec::new(),
            foreground: 0,
            largest: 0.0,
        }
    }

    fn add(&mut self, packed: &[u64]) {
        let counts = packed.iter().map(|packed| (packed >> COUNT) as u32);
        let places = packed.iter().map(|packed| packed & ((1 << COUNT) - 1));
        add_up(&mut self.counts, counts);
        add_up(&mut self.places, places);
    }

    fn merge(&mut self, tally: Tally) {
        self.add(&tally.packed[..tally.used()]);
        let Tally {
            packed, earlier, ..
        } = tally;
        drop(packed);
        add_up(&mut self.counts, earlier.counts.into_iter());
        add_up(&mut self.places, earlier.places.into_iter());
        self.foreground += earlier.foreground;
        self.largest = self.largest.max(earlier.largest);
    }
}

/// Adds numbers to those before, of which there may be fewer.
fn add_up<T: Copy + Default + core::ops::AddAssign>(
    to: &mut Vec<T>,
    from: impl ExactSizeIterator<Item = T>,
) {
    if to.len() < from.len() {
        to.resize(from.len(), T::default());
    }
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// The integral of J, over all bins.
struct Integral<'a>(&'a Whole);

/// How many bins are worked on at a time: of one octave.
const ROWS: usize = 256;

/// A number for each of some bins.
type Column = Aligned<[f64; ROWS]>;

impl Kernel for Integral<'_> {
    type Output = Enclosure;

    #[inline(always)]
    fn run(self) -> Enclosure {
        const UNIT: f64 = 1.0 / (1 << PLACE) as f64;
        let Whole {
            grid,
            counts,
            places,
            foreground,
            ..
        } = self.0;
        let zeros: Column = Aligned([0.0; ROWS]);
        // Before each bin, and in it.
        let (mut f, mut n) = (zeros, zeros);
        let (mut more_f, mut more_n) = (zeros, zeros);
        // The sums of their places.
        let (mut places_f, mut places_n) = (zeros, zeros);
        let (mut middles, mut radii) = (zeros, zeros);
        let g = *foreground as f64;
        let mut before = [0.0; 2];
        let (mut middle, mut radius) = ([0.0; LANES], [0.0; LANES]);
        // Downwards: errors fall.
        for start in (0..counts.len() / 2).step_by(ROWS).rev() {
            let end = (start + ROWS).min(counts.len() / 2);
            for (row, bin) in (start..end).rev().enumerate() {
                let counts = [2 * bin, 2 * bin + 1].map(|slot| f64::from(counts[slot]));
                let places = [2 * bin, 2 * bin + 1].map(|slot| places[slot] as f64);
                [n[row], f[row]] = before;
                [more_n[row], more_f[row]] = counts;
                [places_n[row], places_f[row]] = places;
                before = [before[0] + counts[0], before[1] + counts[1]];
            }
            for i in 0..ROWS {
                let (more_f, more_n) = (more_f[i], more_n[i]);
                let mean_f = f[i] + (places_f[i] + 0.5 * more_f) * UNIT;
                let mean_n = n[i] + (places_n[i] + 0.5 * more_n) * UNIT;
                let inverse = 1.0 / (g + mean_n);
                let share = (g - f[i]) / (g + n[i]);
                // ρ/2.
                let open = more_n * (more_f + more_n * share) * (0.125 * inverse) * inverse;
                middles[i] = (mean_f + mean_n) * inverse - open;
                radii[i] = open + (more_f + 2.0 * more_n) * UNIT * inverse;
            }
            middles[end - start..].fill(0.0);
            radii[end - start..].fill(0.0);
            let width = grid.width(start);
            let rows = middles.as_chunks::<LANES>().0;
            for (middles, radii) in rows.iter().zip(radii.as_chunks::<LANES>().0) {
                for i in 0..LANES {
                    middle[i] += width * middles[i];
                    radius[i] += width * radii[i];
                }
            }
        }
        Enclosure::rounded(middle.iter().sum(), radius.iter().sum())
    }
}
