//! Random numbers that are the same on every machine: splitmix64, seeded by words and numbers. What
//! is drawn with them is said elsewhere.

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of these words and numbers.
    pub(super) fn new(words: &[&str], numbers: &[u64]) -> Self {
        let mut random = Self(0x6c6f_7373);
        for word in words {
            // A byte that no text has ends each word.
            for byte in word.bytes().chain([0xff]) {
                random.mix(u64::from(byte));
            }
        }
        for &number in numbers {
            random.mix(number);
        }
        random
    }

    fn mix(&mut self, number: u64) {
        self.0 ^= number;
        self.0 = self.bits();
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in 0..n, or 0 where n is 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        // The high word of the product: as even as 64 bits allow.
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// An index in 0..n.
    pub(super) fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// A number in low..=high.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(low.abs_diff(high) + 1) as i64
    }

    /// Once in so many times.
    pub(super) fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.index(among.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    /// The first numbers of splitmix64 from the state 1234567, as published with it.
    #[test]
    fn the_sequence_is_splitmix64() {
        let mut random = Random(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn words_and_numbers_do_not_run_together() {
        let first = |words: &[&str], numbers: &[u64]| Random::new(words, numbers).bits();
        assert_ne!(first(&["ab", "c"], &[1]), first(&["a", "bc"], &[1]));
        assert_ne!(first(&["a"], &[1, 2]), first(&["a"], &[2, 1]));
    }

    #[test]
    fn numbers_stay_in_their_ranges() {
        let mut random = Random::new(&["ranges"], &[]);
        let drawn: Vec<i64> = (0..200).map(|_| random.between(-2, 2)).collect();
        for wanted in -2..=2 {
            assert!(drawn.contains(&wanted));
        }
        assert!(drawn.iter().all(|x| (-2..=2).contains(x)));
        assert_eq!(random.below(0), 0);
    }
}
