//! One workload in one float type, prepared and timed: the crate on one thread and on all, beside the
//! naive loop. How it is shown is in `report`; the lines for other programs are in `lines`.

use std::cell::RefCell;
use std::sync::Mutex;

use exact_loss::Error;
use exact_loss::kernel::dispatch::{Level, limit};
use ndarray::ArrayD;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::float::Real;
use super::inputs::Inputs;
use super::limits::{self, Limits};
use super::timing::{Budget, SideBySide, Timed, Times, here, side_by_side, within};
use super::workload::{Subject, Workload};

/// A pool of so many threads.
pub(crate) fn pool(threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started")
}

/// A workload with its inputs, and the arrays that the gradients are written into.
pub(crate) struct Prepared<F: 'static> {
    pub(crate) workload: &'static Workload,
    pub(crate) inputs: Inputs<F>,
    pub(crate) subject: Box<dyn Subject<F>>,
    gradients: [ArrayD<F>; 2],
}

impl<F: Real> Prepared<F> {
    /// Makes the inputs.
    pub(crate) fn new(workload: &'static Workload) -> Self {
        let inputs = workload.inputs::<F>(workload.rows);
        let len = if workload.has_gradient() {
            inputs.prediction.shape().to_vec()
        } else {
            vec![0]
        };
        // A page that was never written to is no page yet.
        let zeros = || {
            let mut zeros = ArrayD::from_elem(len.clone(), F::from_f64(1.0));
            zeros.fill(F::from_f64(0.0));
            zeros
        };
        Self {
            workload,
            gradients: [zeros(), zeros()],
            subject: workload.subject(),
            inputs,
        }
    }

    /// The value.
    pub(crate) fn value(&self) -> F {
        self.subject.value(&self.inputs).expect("valid inputs")
    }

    /// Checks that each pool gives the same bits, with and without the gradient.
    ///
    /// # Panics
    /// Where it does not.
    pub(crate) fn check_bits(&mut self, pools: [&ThreadPool; 2]) {
        let name = self.workload.name;
        let values = pools.map(|pool| pool.install(|| self.value()));
        assert!(
            values[0] == values[1],
            "{name}: the value depends on threads"
        );
        if !self.workload.has_gradient() {
            return;
        }
        let (subject, inputs) = (&self.subject, &self.inputs);
        for (pool, gradient) in pools.into_iter().zip(&mut self.gradients) {
            let value = pool.install(|| subject.with_gradient(inputs, gradient.view_mut()));
            let value = value.expect("valid inputs");
            assert!(value == values[0], "{name}: the value depends on the mode");
        }
        let [one, other] = &self.gradients;
        let same = one.iter().zip(other).all(|(a, b)| a.bits() == b.bits());
        assert!(same, "{name}: the gradient depends on threads");
    }

    /// Times the crate on each pool, and if wanted the naive loop, which then comes first.
    pub(crate) fn time(
        &mut self,
        pools: &[&ThreadPool],
        with_gradient: bool,
        with_naive: bool,
        budget: Budget,
    ) -> SideBySide {
        let Self {
            workload,
            inputs,
            subject,
            gradients,
        } = self;
        let (workload, inputs, subject) = (*workload, &*inputs, &**subject);
        let [ours, theirs] = gradients;
        let ours = Mutex::new(ours);
        let theirs = RefCell::new(theirs);
        let mut programs: Vec<Timed<'_>> = Vec::new();
        if with_naive {
            programs.push(here(|| {
                let mut gradient = theirs.borrow_mut();
                let slopes = gradient.as_slice_mut().filter(|_| with_gradient);
                workload.naive(inputs, slopes)
            }));
        }
        for pool in pools {
            let program = program(subject, inputs, &ours, with_gradient);
            programs.push(within(pool, program));
        }
        side_by_side(budget, &mut programs)
    }

    /// Times the crate at each level, on a pool.
    pub(crate) fn time_at(
        &mut self,
        levels: &[Level],
        pool: &ThreadPool,
        with_gradient: bool,
        budget: Budget,
    ) -> SideBySide {
        let (inputs, subject) = (&self.inputs, &*self.subject);
        let gradient = Mutex::new(&mut self.gradients[0]);
        let mut programs: Vec<Timed<'_>> = Vec::new();
        for &level in levels {
            let program = program(subject, inputs, &gradient, with_gradient);
            let mut timed = within(pool, program);
            programs.push(Box::new(move |times| {
                limit(level);
                timed(times)
            }));
        }
        let measured = side_by_side(budget, &mut programs);
        limit(Level::Avx512);
        measured
    }

    /// What the limits are made of.
    fn needs(&self, pools: [&ThreadPool; 2], with_gradient: bool) -> Needs {
        let elements = self.workload.elements(self.workload.rows);
        let written = if with_gradient {
            elements * size_of::<F>()
        } else {
            0
        };
        let lists = if self.workload.needs_order::<F>(with_gradient) {
            self.workload.sorted(&self.inputs)
        } else {
            Vec::new()
        };
        Needs {
            bytes: self.inputs.bytes() + written,
            exponentials: elements * self.workload.elementary(),
            is_single: F::BITS == u32::BITS,
            sorts: pools.map(|pool| limits::sort(pool, &lists, with_gradient)),
        }
    }
}

/// The crate at its inputs. Programs that share a gradient run in turn, and each overwrites that of the one before.
fn program<F: Real>(
    subject: &dyn Subject<F>,
    inputs: &Inputs<F>,
    gradient: &Mutex<&mut ArrayD<F>>,
    with_gradient: bool,
) -> impl FnMut() -> Result<F, Error> + Send {
    move || {
        if with_gradient {
            let mut gradient = gradient.lock().expect("no program panics");
            subject.with_gradient(inputs, gradient.view_mut())
        } else {
            subject.value(inputs)
        }
    }
}

/// What a workload cannot do without.
pub(crate) struct Needs {
    /// The bytes of the inputs, and of the gradient if there is one.
    bytes: usize,
    /// How many exponentials or logarithms.
    exponentials: usize,
    is_single: bool,
    /// The time of the sort, on one thread and on all.
    sorts: [Option<f64>; 2],
}

impl Needs {
    /// The largest of the times that no program can beat, with its name: on one thread, or on all.
    pub(crate) fn limit(&self, readings: &[Limits; 2], at: usize) -> Option<(&'static str, f64)> {
        let reading = &readings[at];
        let all = [
            ("memory", reading.memory(self.bytes)),
            (
                "exp",
                reading.exponentials(self.exponentials, self.is_single),
            ),
            ("sort", self.sorts[at]),
        ];
        let known = all
            .into_iter()
            .filter_map(|(name, time)| Some((name, time?)));
        known.max_by(|one, other| one.1.total_cmp(&other.1))
    }
}

/// The times of a workload in one type and mode.
pub(crate) struct Row {
    pub(crate) workload: &'static Workload,
    pub(crate) dtype: &'static str,
    pub(crate) with_gradient: bool,
    pub(crate) naive: Times,
    /// On one thread and on all.
    pub(crate) ours: [Times; 2],
    pub(crate) needs: Needs,
    pub(crate) others: Option<(f64, f64)>,
}

/// Times a workload in one type, in both modes.
pub(crate) fn rows<F: Real>(
    workload: &'static Workload,
    pools: [&ThreadPool; 2],
    budget: Budget,
    mut show: impl FnMut(Row),
) {
    let mut prepared = Prepared::<F>::new(workload);
    prepared.check_bits(pools);
    let modes = [false, true].into_iter();
    for with_gradient in modes.filter(|&mode| !mode || workload.has_gradient()) {
        let measured = prepared.time(&pools, with_gradient, true, budget);
        let [naive, one, all] = <[Times; 3]>::try_from(measured.times).expect("three programs");
        show(Row {
            workload,
            dtype: F::NAME,
            with_gradient,
            naive,
            ours: [one, all],
            needs: prepared.needs(pools, with_gradient),
            others: measured.others,
        });
    }
}
