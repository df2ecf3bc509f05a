//! What no program can beat on this machine, measured in the same run: how fast memory is read and
//! copied, how fast exponentials go in vector code, and how fast a radix sort is. How far the crate is
//! from it is said in `report`.

use std::time::Instant;

use exact_loss::kernel::dispatch::{Kernel, dispatch};
use rayon::ThreadPool;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::float::Real;
use super::report::short;

/// The bytes of an array that no cache holds.
const LARGE: usize = 128 << 20;
/// A workload of fewer bytes may stay in a cache, and memory is no limit to it.
const CACHED: usize = 4 << 20;
/// How often a reading is taken; the best counts.
const READINGS: usize = 12;

/// The readings with some number of threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) threads: usize,
    /// Bytes a second that are read.
    read: f64,
    /// Bytes a second that are read and written.
    copy: f64,
    /// Seconds for an exponential in `f32`, and in `f64`.
    exponential: [f64; 2],
}

impl Limits {
    /// Takes the readings.
    pub(crate) fn read(pool: &ThreadPool) -> Self {
        let threads = pool.current_num_threads();
        let (read, copy) = bandwidth(pool);
        Self {
            threads,
            read,
            copy,
            exponential: [exponential::<f32>(pool), exponential::<f64>(pool)],
        }
    }

    /// The better of both.
    pub(crate) fn better(self, other: Self) -> Self {
        let exponential = [0, 1].map(|at| self.exponential[at].min(other.exponential[at]));
        Self {
            threads: self.threads,
            read: self.read.max(other.read),
            copy: self.copy.max(other.copy),
            exponential,
        }
    }

    /// The least time to move so many bytes; `None` where a cache may hold them.
    pub(crate) fn memory(&self, bytes: usize) -> Option<f64> {
        (bytes > CACHED).then(|| bytes as f64 / self.read.max(self.copy))
    }

    /// The time of so many exponentials; `None` of none.
    pub(crate) fn exponentials(&self, count: usize, is_single: bool) -> Option<f64> {
        let [single, double] = self.exponential;
        let each = if is_single { single } else { double };
        (count > 0).then_some(count as f64 * each)
    }

    /// The readings in a line.
    pub(crate) fn to_json(self) -> Value {
        json!({
            "threads": self.threads,
            "read_gb_per_s": short(self.read * 1e-9),
            "copy_gb_per_s": short(self.copy * 1e-9),
            "exp_ns_f32": short(self.exponential[0] * 1e9),
            "exp_ns_f64": short(self.exponential[1] * 1e9),
        })
    }
}

fn best(mut reading: impl FnMut() -> f64) -> f64 {
    (0..READINGS)
        .map(|_| reading())
        .fold(f64::INFINITY, f64::min)
}

/// Bytes a second that are read, and that are copied: each read and written.
fn bandwidth(pool: &ThreadPool) -> (f64, f64) {
    let words = LARGE / size_of::<u64>();
    let part = words.div_ceil(pool.current_num_threads());
    let from: Vec<u64> = (0..words as u64).collect();
    let mut to = vec![1_u64; words];
    let read = best(|| {
        pool.install(|| {
            let start = Instant::now();
            let sum: u64 = from
                .par_chunks(part)
                .map(|part| dispatch(Sum(part)))
                .reduce(|| 0, u64::wrapping_add);
            std::hint::black_box(sum);
            start.elapsed().as_secs_f64()
        })
    });
    let copy = best(|| {
        pool.install(|| {
            let start = Instant::now();
            to.par_chunks_mut(part)
                .zip(from.par_chunks(part))
                .for_each(|(to, from)| to.copy_from_slice(from));
            std::hint::black_box(&mut to);
            start.elapsed().as_secs_f64()
        })
    });
    (LARGE as f64 / read, 2.0 * LARGE as f64 / copy)
}

/// Reads numbers and adds them up.
struct Sum<'a>(&'a [u64]);

impl Kernel for Sum<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        const LANES: usize = 64;
        let mut sums = [0_u64; LANES];
        for chunk in self.0.chunks_exact(LANES) {
            for (sum, &word) in sums.iter_mut().zip(chunk) {
                *sum = sum.wrapping_add(word);
            }
        }
        sums.into_iter().fold(0, u64::wrapping_add)
    }
}

/// Numbers that stay in the first cache.
const BLOCK: usize = 1024;
/// How often a block is gone through.
const TURNS: usize = 500;

/// Seconds for an exponential, where every thread works on a block of its own.
fn exponential<F: Real>(pool: &ThreadPool) -> f64 {
    let threads = pool.current_num_threads();
    let seconds = best(|| {
        pool.install(|| {
            let start = Instant::now();
            (0..threads).into_par_iter().for_each(|_| {
                let from: [F; BLOCK] = core::array::from_fn(|i| F::from_f64(i as f64 / 64.0 - 8.0));
                let mut to = [<F as exact_loss::kernel::Float>::ZERO; BLOCK];
                for _ in 0..TURNS {
                    dispatch(Exponentials(std::hint::black_box(&from), &mut to));
                    std::hint::black_box(&mut to);
                }
            });
            start.elapsed().as_secs_f64()
        })
    });
    seconds / (BLOCK * TURNS * threads) as f64
}

struct Exponentials<'a, F>(&'a [F; BLOCK], &'a mut [F; BLOCK]);

impl<F: Real> Kernel for Exponentials<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, from) in self.1.iter_mut().zip(self.0) {
            *to = from.quick_exp();
        }
    }
}

/// The time of a radix sort of numbers that are not negative, list by list, or without the last merge
/// where there are fewer lists than threads: of the numbers alone, or of each with its index.
pub(crate) fn sort<F: Real>(pool: &ThreadPool, lists: &[Vec<F>], with_index: bool) -> Option<f64> {
    if lists.iter().all(Vec::is_empty) {
        return None;
    }
    let parts = pool.current_num_threads().div_ceil(lists.len());
    let parts: Vec<&[F]> = lists
        .iter()
        .flat_map(|list| list.chunks(list.len().div_ceil(parts).max(1)))
        .collect();
    let single = F::BITS == u32::BITS;
    Some(match (single, with_index) {
        (true, false) => timed(
            pool,
            &parts,
            F::BITS,
            |key, _| key as u32,
            |&item| item.into(),
        ),
        (true, true) => timed(
            pool,
            &parts,
            F::BITS,
            |key, index| (key as u32, index),
            |item| item.0.into(),
        ),
        (false, false) => timed(pool, &parts, F::BITS, |key, _| key, |&item| item),
        (false, true) => timed(
            pool,
            &parts,
            F::BITS,
            |key, index| (key, index),
            |item| item.0,
        ),
    })
}

fn timed<F: Real, T: Copy + Default + Send + Sync>(
    pool: &ThreadPool,
    parts: &[&[F]],
    bits: u32,
    item: impl Fn(u64, u32) -> T,
    key: impl Fn(&T) -> u64 + Sync,
) -> f64 {
    let fresh: Vec<Vec<T>> = parts
        .iter()
        .map(|part| {
            (0..)
                .zip(*part)
                .map(|(index, x)| item(x.bits(), index))
                .collect()
        })
        .collect();
    let mut other: Vec<Vec<T>> = fresh
        .iter()
        .map(|part| vec![T::default(); part.len()])
        .collect();
    best(|| {
        let mut items = fresh.clone();
        pool.install(|| {
            let start = Instant::now();
            items
                .par_iter_mut()
                .zip(&mut other)
                .for_each(|(items, other)| radix_sort(items, other, bits, &key));
            start.elapsed().as_secs_f64()
        })
    })
}

/// The digits of a key that are sorted by at a time.
const DIGIT: u32 = 11;

/// Sorts items by their keys, least digit first, going to and fro between two arrays.
fn radix_sort<T: Copy>(items: &mut [T], other: &mut [T], bits: u32, key: &impl Fn(&T) -> u64) {
    const DIGITS: usize = 1 << DIGIT;
    let (mut from, mut to) = (items, other);
    for shift in (0..bits).step_by(DIGIT as usize) {
        let digit = |item: &T| (key(item) >> shift) as usize % DIGITS;
        let mut places = [0_u32; DIGITS];
        for item in from.iter() {
            places[digit(item)] += 1;
        }
        let mut sum = 0;
        for place in &mut places {
            sum += core::mem::replace(place, sum);
        }
        for item in from.iter() {
            let place = &mut places[digit(item)];
            to[*place as usize] = *item;
            *place += 1;
        }
        core::mem::swap(&mut from, &mut to);
    }
}
