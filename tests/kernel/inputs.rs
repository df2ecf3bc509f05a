//! The inputs of the measurements: random ones of every kind from a fixed seed, and the numbers
//! where something changes. The same on every run.

use super::Scalar;

/// A splitmix64 generator.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * 2.0_f64.powi(-53)
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// About a normal variable of deviation 1.
    pub(super) fn normalish(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

/// A float from random bits.
fn from_bits<F: Scalar>(bits: u64) -> F {
    F::from_pair(f32::from_bits(bits as u32), f64::from_bits(bits))
}

/// Numbers in [low, high]: `count` of random bits, as many uniform, as many near 0, as many near
/// 1; the ends and their neighbours, subnormals, and multiples of ln 2 / 2, where the argument of exp is reduced anew.
pub(super) fn numbers<F: Scalar>(count: usize, low: f64, high: f64) -> Vec<F> {
    let mut random = Random::new(0x5eed);
    let mut numbers: Vec<F> = Vec::new();
    while numbers.len() < count {
        let x: F = from_bits(random.bits());
        if (low..=high).contains(&x.to_f64()) {
            numbers.push(x);
        }
    }
    let (near_low, near_high) = (low.max(-800.0), high.min(800.0));
    for i in 0..count {
        let scale = 2.0_f64.powi(-(i as i32 % 60));
        numbers.push(F::from_f64(random.between(near_low, near_high)));
        numbers.push(F::from_f64(random.between(-1.0, 1.0) * scale));
        numbers.push(F::from_f64(1.0 + random.between(-1.0, 1.0) * scale));
        numbers.push(F::MIN_POSITIVE * F::from_f64(random.between(-1.0, 1.0)));
    }
    for k in -2200..2200 {
        let half = f64::from(k) * 0.5 * core::f64::consts::LN_2;
        numbers.push(F::from_f64(half));
        numbers.push(F::from_f64(half * (1.0 + 2.0 * F::EPSILON.to_f64())));
    }
    for x in [
        low,
        high,
        0.0,
        1.0,
        -1.0,
        0.5,
        2.0_f64.sqrt(),
        0.5_f64.sqrt(),
        0.375,
        -0.25,
    ] {
        for step in -3..=3 {
            let x = F::from_f64(x);
            numbers.push(x + x * F::EPSILON * F::from_f64(f64::from(step)));
        }
    }
    for x in [
        F::MAX,
        F::MIN_POSITIVE,
        F::MIN_POSITIVE * F::EPSILON,
        F::EPSILON,
    ] {
        numbers.push(x);
        numbers.push(-x);
    }
    numbers.retain(|x| (low..=high).contains(&x.to_f64()));
    numbers
}
