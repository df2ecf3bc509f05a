//! The Lovász extensions of discrete Jaccard losses, one for each column of elements: values and
//! subgradients. Who is foreground, and what an error is, is said by the losses through
//! [`Elements`]; the parts of the work are in `order` (which sorts a column in pieces),
//! `marginals` (which walks along sorted elements) and `bins` (which only counts).
//!
//! # Formula
//!
//! Let G be the number of foreground elements, and let f and n count the foreground and the
//! background elements up to a position of the descending order, this one included. Then the
//! marginal there is
//!
//! * 1/(G+n) for a foreground element,
//! * (G−f)/((G+n)(G+n−1)) for a background element; 1 for the first one where G = 0.
//!
//! The counts are integers, exact for any number of elements up to 2³¹, and nothing is
//! subtracted but these: no cancellation. (Differences of neighbouring Jaccard losses in floating
//! point lose about log₂ p of their bits, and so do counts kept in `f32`.) A weight 1/w, w an
//! integer, is part of the denominator.
//!
//! # Order
//!
//! Elements are sorted by ascending keys, equal ones by index. Behind the last foreground element
//! every marginal is 0, and so is each but the first where there is no foreground: what lies
//! there is left out before the sort.
//!
//! The pixels are cut into chunks of a fixed size. Each chunk puts its elements into buckets by the
//! leading bits of their keys; then consecutive buckets, up to some ten thousand elements at a time,
//! are gathered from all chunks, sorted, and walked along, with the counts of what comes before
//! them known from the sizes of the buckets. A bucket that is too large is cut up in the same way
//! again. The components of the gradient go back to the chunks, which write them. Chunks and
//! buckets are worked on by several threads; where they are cut depends on the elements only,
//! so the bits do not depend on the threads.
//!
//! # Memory
//!
//! For each element that is not left out, a key and an index of 32 bits: 8 bytes in `f32`, 16
//! in `f64`; counts of at most one byte more; and 1 MB a thread (2 MB in `f64`) to sort in. Columns
//! are sorted together while they hold no more than a third more elements than there are pixels: 12 bytes a pixel,
//! or 23.
//!
//! # Bounds
//!
//! d = w(G+n)(G+n−1) is an exact pair. With i = fl(1/d) and q₀ = fl(ai), within 3u of a/d, the
//! rest a − q₀d is taken exactly and times i: q₀ and it are within 2⁻¹⁰⁰ relative of a/d. Their rounding to `f64`
//! is within ½ + 2⁻⁴⁶ ulp, and to `f32` within ½ + 2⁻²⁹ ulp.
//!
//! For errors in `f32` that are not negative, all of this is done in `f64` alone: a marginal has at most three roundings
//! and one more in a product, and 64 of them are added up in each of 8 lanes. The value is within 2⁻⁴⁶ relative, so
//! within ½ + 2⁻²² ulp, and a marginal rounded to `f32` within ½ + 2⁻²⁷. The rest of this section is of `f64` and of
//! errors that may be negative.
//!
//! The products of marginals and errors, both pairs, are within 2⁻⁹⁸ relative each, and are
//! added up as [`sum`](super::sum) does, in blocks of 512: the value is within 2⁻⁷²·Σ|mᵢgᵢ| of
//! Σ mᵢgᵢ, for errors that are pairs within 2⁻¹⁰⁶. Rounded, it is within ½ + 2⁻¹⁸ ulp where no error is
//! negative, for any number of elements. The errors are scaled by a power of two beforehand where
//! the largest of them lies outside 2^±400, so that nothing overflows, nor underflows that could
//! matter: what underflows is below p·2⁻⁶⁷⁰ of the largest |mᵢ|.
//!
//! # A value without a sort
//!
//! Let F(t) and N(t) count the foreground and the background elements with errors of at least t. The value is
//! ∫ J(t) dt over t > 0, where J = 1 − I/U with I = G − F and U = G + N is the Jaccard loss of the elements up to
//! there. (It is Choquet's integral, which by parts is the sum of errors times marginals.)
//!
//! [`enclosure`] puts the errors in narrow bins. Of each bin the numbers p and n of foreground and background elements
//! are known, and the sums of their errors: so F and N before the bin, and their means in it. What is
//! not known is the order. Let Ī and Ū be the means of I and U in a bin of width w, and δ = U/Ū − 1. As
//! 1/(1+δ) = 1 − δ + δ²/(1+δ),
//!
//! mean(I/U) = Ī/Ū − cov(I, U)/Ū² + mean(I·(U − Ū)²/U)/Ū².
//!
//! F and N both fall with t, so −cov(I, U) = cov(F, N) is not negative; and it is at most pn/4, since what
//! stays in an interval deviates from its mean by half of its length at most. With I₀ and U₀ before
//! the bin, the last term is between 0 and n²·I₀/(4U₀Ū²). So the mean of J lies between 1 − Ī/Ū and that less
//! ρ = (pn + n²·I₀/U₀)/(4Ū²): of the value, wρ is open.
//!
//! The place of an error in its bin is known by 24 bits, within half of the last, 2⁻²⁵w, which moves the mean
//! of J by (p + 2n)·2⁻²⁵/Ū; twice that is taken, for what the errors themselves were rounded by. Counts are
//! integers. All other roundings are of sums of positive terms, and together below 2⁻³⁷ of the value; 2⁻³⁴ is
//! taken, so that the interval holds what [`extensions`] gives in `f32`, too.
//!
//! Where all of the interval rounds to one float, that is the value ([`mean`]). What several threads add up is integers,
//! so it depends neither on them nor on vectors.
//!
//! # Examples
//!
//! ```
//! use exact_loss::kernel::jaccard::{Gradient, Ranked, extensions};
//!
//! // One foreground element among three, second in the order.
//! let errors = [0.25, 0.5, 0.75];
//! let elements = Ranked { errors: &errors, is_foreground: |index: usize| index == 1 };
//! let mut gradient = [0.0; 3];
//! let wanted = Gradient { elements: &mut gradient, width: 1, places: &[0] };
//! let value = extensions(&elements, 1, Some(wanted)).expect("no bad pixel");
//! assert_eq!(value.hi, 0.625);
//! assert_eq!(gradient, [0.0, 0.5, 0.5]);
//! ```

mod bins;
mod elements;
mod marginals;
mod order;

pub use bins::{COARSE, Enclosure, Errors, FINE, enclosure, mean};
pub use elements::{BLOCK, Element, Elements, Ranked, Slots, Survey, UnitKey};

use core::ops::Range;

use super::pair::Pair;
use super::parallel::{Pool, for_parts, ranges, reduce};
use super::sort::{Item, Key, Ordered, ends};
use super::sum::Total;
use elements::KeyOf;
use order::{Column, Counts, Piece};

/// Items in several places, one after another.
type Slices<'a, K> = Vec<&'a mut [Item<K>]>;

/// How many elements of all columns a chunk should have, as a power of two.
const CHUNK_BITS: u32 = 16;
/// The least number of pixels of a chunk, as a power of two.
const LEAST_CHUNK_BITS: u32 = 10;

/// Where the components of a gradient go: that of a pixel in a column to
/// `elements[pixel·width + places[column]]`.
#[derive(Debug)]
pub struct Gradient<'a, F> {
    /// `width` components for each pixel, which are 0 so far.
    pub elements: &'a mut [F],
    /// The components of a pixel.
    pub width: usize,
    /// The place of each column.
    pub places: &'a [usize],
}

/// Σ_c Δ̄_c / divisor over the columns c, and where wanted the components of its gradient;
/// +∞ where an error is. At most 2³¹ pixels, and a divisor at most 2⁵³ over them.
///
/// # Errors
/// The first pixel that [`Elements::survey`] finds to be bad, of the first chunk with one.
pub fn extensions<E: Elements>(
    elements: &E,
    divisor: usize,
    mut gradient: Option<Gradient<'_, E::Float>>,
) -> Result<Pair, usize> {
    let (pixels, columns) = (elements.pixels(), elements.columns());
    let widening = columns.max(1).next_power_of_two().ilog2();
    let chunk_bits = CHUNK_BITS.saturating_sub(widening).max(LEAST_CHUNK_BITS);
    let chunk = 1 << chunk_bits;

    let (surveys, sorted) = survey(elements, chunk)?;
    let last: Vec<KeyOf<E>> = surveys.iter().map(Survey::last).collect();
    let kept = if last.iter().all(|&last| last == Key::MAX) {
        sorted
    } else {
        drop(sorted);
        kept(elements, chunk, &last)
    };

    let pool = Pool::new();
    let mut total = Total::ZERO;
    for group in groups(&kept, columns, pixels) {
        let size = |column: usize| kept.iter().map(|kept| kept[column]).sum::<usize>();
        let mut items = vec![Item::default(); group.clone().map(size).sum()];
        let mut parts = cut(&mut items, &kept, group.clone());
        let mut bounds = vec![(KeyOf::<E>::MAX, KeyOf::<E>::MIN); group.len()];
        let fill = |(range, slots): (Range<usize>, Slices<'_, KeyOf<E>>)| {
            fill(elements, range, &group, &last, slots)
        };
        for_parts(ranges(pixels, chunk).zip(parts), fill, |part| {
            for ((low, high), (from, to)) in bounds.iter_mut().zip(part) {
                (*low, *high) = ((*low).min(from), (*high).max(to));
            }
        });

        parts = cut(&mut items, &kept, group.clone());
        let mut pieces: Vec<Piece<'_, KeyOf<E>>> = bounds
            .iter()
            .map(|&(low, high)| Piece {
                chunks: Vec::with_capacity(kept.len()),
                low,
                high,
                before: Counts::default(),
            })
            .collect();
        for part in parts {
            for (piece, slots) in pieces.iter_mut().zip(part) {
                piece.chunks.push(slots);
            }
        }
        let evaluate = |(survey, piece): (&Survey<_>, Piece<'_, _>)| {
            let shape = order::Shape {
                foreground: survey.foreground,
                pixels,
                divisor,
                chunk_bits,
                wants_gradient: gradient.is_some(),
            };
            Column::<E>::new(shape, &pool, piece.low, piece.high).evaluate(piece)
        };
        let work = surveys[group.clone()].iter().zip(pieces);
        for_parts(work, evaluate, |value| total.add_pair(value));

        if let Some(gradient) = &mut gradient {
            let width = gradient.width;
            let rows = gradient.elements.chunks_mut(chunk * width);
            let places = &gradient.places[group.clone()];
            let parts = cut(&mut items, &kept, group.clone());
            let write = |(rows, parts): (&mut [E::Float], Slices<'_, KeyOf<E>>)| {
                for (part, place) in parts.iter().zip(places) {
                    for item in part.iter() {
                        let pixel = elements::index(item) & (chunk - 1);
                        rows[pixel * width + place] = E::Float::from_ascending(item.key);
                    }
                }
            };
            for_parts(rows.zip(parts), write, |()| ());
        }
    }
    Ok(total.value())
}

/// What is known of each column.
type Surveys<E> = Vec<Survey<KeyOf<E>>>;

/// What the columns hold, and how many elements of each are sorted in each chunk.
fn survey<E: Elements>(elements: &E, chunk: usize) -> Result<(Surveys<E>, Vec<Vec<usize>>), usize> {
    let mut surveys = vec![Survey::default(); elements.columns()];
    let mut sorted = Vec::new();
    let mut bad = None;
    reduce(
        elements.pixels(),
        chunk,
        |range| {
            let mut surveys = vec![Survey::default(); elements.columns()];
            elements.survey(range, &mut surveys).map(|()| surveys)
        },
        |part| match part {
            Ok(part) => {
                sorted.push(part.iter().map(|survey| survey.sorted).collect());
                for (survey, part) in surveys.iter_mut().zip(part) {
                    survey.merge(part);
                }
            }
            Err(pixel) => bad = bad.or(Some(pixel)),
        },
    );
    bad.map_or(Ok((surveys, sorted)), Err)
}

/// How many elements of each column have keys up to its last, in each chunk.
fn kept<E: Elements>(elements: &E, chunk: usize, last: &[KeyOf<E>]) -> Vec<Vec<usize>> {
    let mut kept = Vec::new();
    reduce(
        elements.pixels(),
        chunk,
        |range| {
            let mut kept = vec![0; last.len()];
            elements.count(range, last, &mut kept);
            kept
        },
        |chunk| kept.push(chunk),
    );
    kept
}

/// Groups of consecutive columns with at most a third more elements than there are pixels, or of one column.
fn groups(kept: &[Vec<usize>], columns: usize, pixels: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut size = 0;
    for column in 0..columns {
        let more: usize = kept.iter().map(|kept| kept[column]).sum();
        match groups.last_mut() {
            Some(group) if size + more <= pixels + pixels / 3 => {
                group.end = column + 1;
                size += more;
            }
            _ => {
                groups.push(column..column + 1);
                size = more;
            }
        }
    }
    groups
}

/// The items of each chunk, column by column. Those of a column lie together.
fn cut<'a, K>(
    items: &'a mut [Item<K>],
    kept: &[Vec<usize>],
    group: Range<usize>,
) -> Vec<Slices<'a, K>> {
    let mut parts: Vec<Vec<_>> = kept
        .iter()
        .map(|_| Vec::with_capacity(group.len()))
        .collect();
    let mut rest = items;
    for column in group {
        for (part, kept) in parts.iter_mut().zip(kept) {
            let (slots, behind) = rest.split_at_mut(kept[column]);
            part.push(slots);
            rest = behind;
        }
    }
    parts
}

/// Collects the elements of a chunk, and finds the least and the largest key of each column.
fn fill<E: Elements>(
    elements: &E,
    range: Range<usize>,
    group: &Range<usize>,
    last: &[KeyOf<E>],
    slots: Slices<'_, KeyOf<E>>,
) -> Vec<(KeyOf<E>, KeyOf<E>)> {
    let mut slots: Vec<Slots<'_, KeyOf<E>>> = slots.into_iter().map(Slots::new).collect();
    elements.collect(range, group.clone(), last, &mut slots);
    slots.iter().map(|slots| ends(slots.items())).collect()
}
