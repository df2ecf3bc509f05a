//! Times of programs that run side by side: in turn, in short rounds, so that what else the machine
//! does meets all of them alike. What is timed is in `workload`.

use std::time::{Duration, Instant};

use rayon::ThreadPool;

use super::machine::Busy;

/// A program to be timed: it runs so many times, and says how long that took.
pub(crate) type Timed<'a> = Box<dyn FnMut(usize) -> Duration + 'a>;

/// Times `program` on the calling thread.
pub(crate) fn here<'a, T>(mut program: impl FnMut() -> T + 'a) -> Timed<'a> {
    Box::new(move |times| repeat(times, &mut program))
}

/// Times `program` on the threads of a pool. The way into the pool is not counted.
pub(crate) fn within<'a, T>(
    pool: &'a ThreadPool,
    mut program: impl FnMut() -> T + Send + 'a,
) -> Timed<'a> {
    Box::new(move |times| pool.install(|| repeat(times, &mut program)))
}

fn repeat<T>(times: usize, program: &mut impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        std::hint::black_box(program());
    }
    start.elapsed()
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// How long each program is run, about.
    pub(crate) seconds: f64,
    /// In how many rounds at least, unless the time is up several times over.
    pub(crate) rounds: usize,
}

impl Budget {
    /// A careful measurement that takes so long.
    pub(crate) fn of(seconds: f64) -> Self {
        Self { seconds, rounds: 7 }
    }

    /// A look.
    pub(crate) const QUICK: Self = Self {
        seconds: 0.05,
        rounds: 2,
    };
}

/// The most samples that are taken of a program.
const MOST_SAMPLES: usize = 240;
/// What a program is repeated for to make one sample.
const SAMPLE: f64 = 0.002;
/// How many samples of a program that is faster than others are taken a round.
const PER_ROUND: usize = 4;
/// After how many times the budget a few rounds are enough.
const PATIENCE: f64 = 5.0;

/// The times of one program, in seconds a run.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    sorted: Vec<f64>,
    /// How many runs made a sample.
    pub(crate) inner: usize,
    /// The first run.
    pub(crate) first: f64,
}

impl Times {
    /// The least.
    pub(crate) fn best(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The one that this share lies below.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let last = self.sorted.len() - 1;
        let at = (self.sorted.len() as f64 * share) as usize;
        self.sorted[at.min(last)]
    }

    /// How many samples there are.
    pub(crate) fn samples(&self) -> usize {
        self.sorted.len()
    }
}

/// What came of a side-by-side run.
pub(crate) struct SideBySide {
    /// Of each program, in their order.
    pub(crate) times: Vec<Times>,
    /// The processor time of this program per run of any, in seconds.
    pub(crate) own_cpu: f64,
    /// How many processors others kept busy meanwhile, and how many were taken away from the machine;
    /// `None` where the system does not say.
    pub(crate) others: Option<(f64, f64)>,
}

/// Times programs in turn.
pub(crate) fn side_by_side(budget: Budget, programs: &mut [Timed<'_>]) -> SideBySide {
    let first: Vec<f64> = programs.iter_mut().map(|p| p(1).as_secs_f64()).collect();
    let guess: Vec<f64> = programs
        .iter_mut()
        .map(|program| program(1).min(program(1)).as_secs_f64().max(1e-9))
        .collect();
    let inner: Vec<usize> = guess
        .iter()
        .map(|guess| ((SAMPLE / guess) as usize).max(1))
        .collect();
    let of_sample = |at: usize| guess[at] * inner[at] as f64;
    let slowest = (0..guess.len()).map(of_sample).fold(0.0, f64::max);
    let per_round: Vec<usize> = (0..guess.len())
        .map(|at| ((slowest / of_sample(at)) as usize).clamp(1, PER_ROUND))
        .collect();
    let mut samples = vec![Vec::new(); programs.len()];
    let budgets = budget.seconds * programs.len() as f64;
    let (before, start) = (Busy::now(), Instant::now());
    let mut runs = 0;
    for round in 1.. {
        for (at, program) in programs.iter_mut().enumerate() {
            for _ in 0..per_round[at] {
                let time = program(inner[at]).as_secs_f64() / inner[at] as f64;
                samples[at].push(time);
                runs += inner[at];
            }
        }
        let elapsed = start.elapsed().as_secs_f64();
        let is_enough = elapsed > budgets && round >= budget.rounds;
        let is_too_long = elapsed > budgets * PATIENCE && round >= budget.rounds.div_ceil(2);
        let is_full = samples.iter().any(|times| times.len() >= MOST_SAMPLES);
        if is_enough || is_too_long || is_full {
            break;
        }
    }
    let elapsed = start.elapsed().as_secs_f64();
    let spent = before.and_then(|before| Some(Busy::now()?.since(before)));
    SideBySide {
        times: samples
            .into_iter()
            .zip(inner.iter().zip(&first))
            .map(|(mut sorted, (&inner, &first))| {
                sorted.sort_by(f64::total_cmp);
                Times {
                    sorted,
                    inner,
                    first,
                }
            })
            .collect(),
        own_cpu: spent.map_or(0.0, |spent| spent.own) / runs as f64,
        others: spent.map(|spent| {
            let others = (spent.all - spent.own).max(0.0);
            (others / elapsed, spent.stolen / elapsed)
        }),
    }
}
