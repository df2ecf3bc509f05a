//! What the chapter on submodularity computes: the marginals of the Jaccard loss, and the values
//! that show that the Dice loss is not submodular.

use exact_loss::exact::set_function::{Dice, Jaccard, SetFunction};
use mdbook_preprocessor::errors::Result;

use super::Item;
use super::numbers::fraction;

pub(super) const ITEMS: &[Item] = &[
    Item::table("submodularity-marginals", marginals),
    Item::table("submodularity-dice", dice),
];

/// The marginals for three true pixels and three others, by the numbers before them.
fn marginals() -> Result<String> {
    let foreground = [true, true, true, false, false, false];
    let loss = Jaccard::new(foreground.to_vec());
    // The marginal of the next pixel of a kind after f true pixels and n others.
    let marginal = |f: usize, n: usize, next: Option<usize>| {
        let order: Vec<usize> = (0..f).chain((0..n).map(|i| 3 + i)).chain(next).collect();
        loss.marginals(&order)
            .last()
            .map(fraction)
            .unwrap_or_default()
    };
    let mut table = "| $G = 3$ | one more missed | | | one more invented | | |\n\
                     |---|---:|---:|---:|---:|---:|---:|\n\
                     | | $f = 0$ | $1$ | $2$ | $f = 0$ | $1$ | $2$ |\n"
        .to_owned();
    for n in 0..3 {
        let missed = (0..3).map(|f| marginal(f, n, Some(f)));
        let invented = (0..3).map(|f| marginal(f, n, Some(3 + n)));
        let cells: Vec<String> = missed.chain(invented).collect();
        table.push_str(&format!("| $n = {n}$ | {} |\n", cells.join(" | ")));
    }
    Ok(table)
}

/// Both losses on the subsets of two true pixels.
fn dice() -> Result<String> {
    let foreground = vec![true, true];
    let (jaccard, dice) = (Jaccard::new(foreground.clone()), Dice::new(foreground));
    let mut table = "| $M$ | $\\emptyset$ | $A = \\{1\\}$ | $B = \\{2\\}$ | $\\{1, 2\\}$ |\n\
                     |---|---:|---:|---:|---:|\n"
        .to_owned();
    let sets = [[false, false], [true, false], [false, true], [true, true]];
    let losses: [(&str, &dyn SetFunction); 2] = [("Jaccard", &jaccard), ("Dice", &dice)];
    for (name, loss) in losses {
        let cells: Vec<String> = sets.iter().map(|set| fraction(&loss.value(set))).collect();
        table.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    Ok(table)
}
