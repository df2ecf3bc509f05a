//! What the chapter on certified rounding computes: how often the rounding test leaves a surprisal to
//! the exact twin, and how much faster the oracle is for it.

use exact_loss::kernel::certified::Sum;
use exact_loss::kernel::pair::Pair;
use mdbook_preprocessor::errors::Result;

use super::Item;
use super::benchmarks::oracle_summary;

pub(super) const ITEMS: &[Item] = &[
    Item::table("certified-rounding-oracle", oracle_summary),
    Item::value("certified-rounding-tried", || Ok(TRIED.to_string())),
    Item::value("certified-rounding-left", left),
];

const TRIED: u32 = 1_000_000;

/// How many of the probabilities of a fixed sequence the test leaves open.
fn left() -> Result<String> {
    let mut state = 1_u64;
    let open = (0..TRIED).filter(|_| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let p = ((state >> 11) | 1) as f64 / (1_u64 << 53) as f64;
        let mut sum = Sum::default();
        sum.add_surprisal(Pair::ONE, p);
        sum.round(Pair::ONE).is_none()
    });
    Ok(open.count().to_string())
}
