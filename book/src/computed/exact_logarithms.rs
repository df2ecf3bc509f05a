//! What the chapter on exact logarithms computes: coprime bases.

use exact_loss::exact::log_form::{LONGEST_ARGUMENT, coprime_base, exponents};
use mdbook_preprocessor::errors::{Error, Result};
use num_bigint::BigUint;

use super::Item;

pub(super) const ITEMS: &[Item] = &[
    Item::table("exact-logarithms-bases", bases),
    Item::value("exact-logarithms-longest", longest),
];

fn bases() -> Result<String> {
    let all: [&[u32]; 4] = [&[6, 10, 15], &[12, 18, 48], &[4, 36], &[91, 10, 910]];
    let mut table = "| numbers | coprime base | as products |\n|---|---|---|\n".to_owned();
    for numbers in all {
        let numbers: Vec<BigUint> = numbers.iter().map(|&n| BigUint::from(n)).collect();
        let base = coprime_base(&numbers);
        let mut products = Vec::new();
        for number in &numbers {
            let exponents = exponents(number, &base)
                .ok_or_else(|| Error::msg(format!("{number} is no product of its base")))?;
            let factors: Vec<String> = (base.iter().zip(exponents))
                .filter(|(_, exponent)| *exponent > 0)
                .map(|(element, exponent)| match exponent {
                    1 => element.to_string(),
                    _ => format!("{element}^{exponent}"),
                })
                .collect();
            products.push(format!("{number} = {}", factors.join(r" \cdot ")));
        }
        let list = |numbers: &[BigUint]| {
            let shown: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            shown.join(r",\ ")
        };
        table.push_str(&format!(
            "| ${}$ | ${}$ | ${}$ |\n",
            list(&numbers),
            list(&base),
            products.join(r",\quad ")
        ));
    }
    Ok(table)
}

fn longest() -> Result<String> {
    Ok(LONGEST_ARGUMENT.to_string())
}
