//! Submodularity and monotonicity of a set function, decided by trying every case. The proofs
//! for particular set functions are in their documentation.

use super::SetFunction;
use crate::Error;

/// The most elements whose subsets are tried one by one.
pub const MAX_ELEMENTS: usize = 20;

/// Two sets that show that a set function does not have a property, as indicators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The one set.
    pub a: Vec<bool>,
    /// The other set.
    pub b: Vec<bool>,
}

/// Two sets A and B with F(A) + F(B) < F(A ∪ B) + F(A ∩ B), or `None` where F is submodular.
///
/// Only pairs A = S ∪ {i}, B = S ∪ {j} are tried: F is submodular exactly where
/// F(S∪{i}) + F(S∪{j}) ≥ F(S∪{i,j}) + F(S) for all of these. (That is the definition for such
/// pairs; and it says that the marginal of i does not grow when one element joins S, hence not
/// when several join, and F(A ∪ B) − F(B) ≤ F(A) − F(A ∩ B) follows by adding the elements of
/// A∖B one by one.)
///
/// # Errors
/// [`Error::Unsupported`] for more than [`MAX_ELEMENTS`] elements.
///
/// # Complexity
/// p²·2^(p−1) values of F.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::{Dice, Jaccard, submodularity_breach};
///
/// let foreground = vec![true, true];
/// assert_eq!(submodularity_breach(&Jaccard::new(foreground.clone()))?, None);
///
/// let breach = submodularity_breach(&Dice::new(foreground))?.expect("Dice is not submodular");
/// assert_eq!((breach.a, breach.b), (vec![true, false], vec![false, true]));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn submodularity_breach<F: SetFunction + ?Sized>(f: &F) -> Result<Option<Breach>, Error> {
    let p = f.len();
    for mask in 0..subsets(p)? {
        let set = indicator(mask, p);
        let outside: Vec<usize> = (0..p).filter(|&i| !set[i]).collect();
        let with = |added: &[usize]| {
            let mut larger = set.clone();
            added.iter().for_each(|&i| larger[i] = true);
            larger
        };
        for (position, &i) in outside.iter().enumerate() {
            for &j in &outside[position + 1..] {
                let (a, b) = (with(&[i]), with(&[j]));
                if f.value(&a) + f.value(&b) < f.value(&with(&[i, j])) + f.value(&set) {
                    return Ok(Some(Breach { a, b }));
                }
            }
        }
    }
    Ok(None)
}

/// Two sets A ⊆ B with F(A) > F(B), or `None` where F is monotone.
///
/// Only pairs B = A ∪ {i} are tried, from which the others follow.
///
/// # Errors
/// [`Error::Unsupported`] for more than [`MAX_ELEMENTS`] elements.
///
/// # Complexity
/// p·2^p values of F.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::{Jaccard, monotonicity_breach};
///
/// assert_eq!(monotonicity_breach(&Jaccard::new(vec![true, false, true]))?, None);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn monotonicity_breach<F: SetFunction + ?Sized>(f: &F) -> Result<Option<Breach>, Error> {
    let p = f.len();
    for mask in 0..subsets(p)? {
        let set = indicator(mask, p);
        for i in (0..p).filter(|&i| !set[i]) {
            let mut larger = set.clone();
            larger[i] = true;
            if f.value(&set) > f.value(&larger) {
                return Ok(Some(Breach { a: set, b: larger }));
            }
        }
    }
    Ok(None)
}

/// 2^len, the number of subsets, where it is small enough to try them all.
pub(super) fn subsets(len: usize) -> Result<u32, Error> {
    if len <= MAX_ELEMENTS {
        return Ok(1 << len);
    }
    Err(Error::Unsupported {
        loss: "set_function",
        what: format!("trying the subsets of {len} elements"),
        instead: format!("give at most {MAX_ELEMENTS}, or a set function with its own method"),
    })
}

/// The elements of `block` whose bits are set in the mask.
pub(super) fn members(mask: u32, block: &[usize]) -> impl Iterator<Item = usize> {
    block
        .iter()
        .enumerate()
        .filter(move |(bit, _)| mask >> bit & 1 == 1)
        .map(|(_, &e)| e)
}

fn indicator(mask: u32, len: usize) -> Vec<bool> {
    (0..len).map(|bit| mask >> bit & 1 == 1).collect()
}
