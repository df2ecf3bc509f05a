//! Set functions, their Lovász extension with its greedy subgradient, and the checks that make
//! "submodular" and "monotone" decidable. What losses make of them lives with the losses.
//!
//! A set function F gives a rational to every subset of {0, …, p−1}, and 0 to the empty set. A
//! set is written as its indicator in {0,1}^p, a `[bool]` of length p.
//!
//! # The Lovász extension
//!
//! Let π sort m so that m_π₁ ≥ m_π₂ ≥ … ≥ m_πₚ, and let gᵢ, the *marginal* of the element in
//! position i, be F({π₁, …, πᵢ}) − F({π₁, …, πᵢ₋₁}). The Lovász extension of F is
//!
//! > F̄(m) = Σᵢ m_πᵢ·gᵢ.
//!
//! Its value does not depend on how ties in m are ordered. It extends F: at a vertex 1_A of the
//! cube the first |A| marginals sum to F(A), and the other elements of m are 0. It is linear on
//! each region where one order holds, and there its gradient is g, each gᵢ in the place of πᵢ.
//! F̄ is convex if and only if F is submodular, and then g is a subgradient everywhere, one of
//! many at ties: see [`Subdifferential`].
//!
//! | function | what it computes | cost |
//! |---|---|---|
//! | [`extension`] | the definition, for any set function | p values of F |
//! | [`choquet`] | ∫ F({m ≥ t}) dt, the same number by another road | p values of F |
//! | [`greedy`] | g, as a vector in the order of m | p values of F |
//! | [`Jaccard::extension`] | the value for the Jaccard loss, by counting | O(p log p) |
//! | [`Jaccard::enclose_extension`] | the same between two rationals, for millions of elements | O(p log p) |
//!
//! # Examples
//! ```
//! use exact_loss::exact::rational::parse_rational;
//! use exact_loss::exact::Rational;
//! use exact_loss::exact::set_function::{Explicit, extension};
//!
//! // The cut function of one edge: 1 for a set that holds exactly one of its ends.
//! let cut = Explicit::new(2, |set: &[bool]| {
//!     Rational::from_integer(i32::from(set[0] != set[1]).into())
//! });
//! let m = [parse_rational("3/4")?, parse_rational("1/4")?];
//! assert_eq!(extension(&cut, &m)?.to_string(), "1/2"); // |m₀ − m₁|
//! # Ok::<(), exact_loss::Error>(())
//! ```

mod check;
mod counts;
mod order;
mod subdifferential;

pub use check::{Breach, MAX_ELEMENTS, monotonicity_breach, submodularity_breach};
pub use counts::{Dice, Jaccard};
pub use order::{descending, ties};
pub(crate) use order::{descending_rationals, try_descending};
pub use subdifferential::{Subdifferential, Violation};

use num_traits::{Signed, Zero};

use super::Rational;
use super::rational::{dot, sum};
use crate::Error;

/// A function from the subsets of {0, …, p−1} to the rationals.
pub trait SetFunction {
    /// p, the number of elements that a set may have.
    fn len(&self) -> usize;

    /// Whether there is no element, and so only the empty set.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// F of the set with this indicator, which has p entries.
    fn value(&self, set: &[bool]) -> Rational;

    /// F({π₁, …, πᵢ}) for i from 0 to the length of the order π, which names no element twice.
    fn along(&self, order: &[usize]) -> Vec<Rational> {
        let mut set = vec![false; self.len()];
        let mut values = vec![self.value(&set)];
        for &element in order {
            set[element] = true;
            values.push(self.value(&set));
        }
        values
    }

    /// The marginals F({π₁, …, πᵢ}) − F({π₁, …, πᵢ₋₁}) along an order, for i ≥ 1.
    fn marginals(&self, order: &[usize]) -> Vec<Rational> {
        self.along(order)
            .windows(2)
            .map(|pair| &pair[1] - &pair[0])
            .collect()
    }

    /// A set A ⊆ B with x(A) > F(S ∪ A) − F(S) + slack, where B with its slack is one of the
    /// `blocks` and S is the union of the blocks before it; `None` where there is no such set.
    /// Here x(A) = Σ_{a∈A} x_a, and x has an entry for each of the p elements. The blocks are
    /// disjoint.
    ///
    /// The default tries every subset of each block. A set function with structure can do
    /// better, as [`Jaccard`] does.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a block of more than [`MAX_ELEMENTS`] elements.
    fn exceeding(
        &self,
        blocks: &[(&[usize], Rational)],
        x: &[Rational],
    ) -> Result<Option<Vec<usize>>, Error> {
        let mut chosen = vec![false; self.len()];
        for (block, slack) in blocks {
            let base = self.value(&chosen) - slack;
            for mask in 0..check::subsets(block.len())? {
                let mut set = chosen.clone();
                let members: Vec<usize> = check::members(mask, block).collect();
                members.iter().for_each(|&element| set[element] = true);
                if sum(members.iter().map(|&element| &x[element])) > self.value(&set) - &base {
                    return Ok(Some(members));
                }
            }
            block.iter().for_each(|&element| chosen[element] = true);
        }
        Ok(None)
    }
}

/// A set function given by a Rust function of the indicator.
///
/// # Examples
/// ```
/// use exact_loss::exact::Rational;
/// use exact_loss::exact::set_function::{Explicit, SetFunction, submodularity_breach};
///
/// // |A|² is not submodular.
/// let square = Explicit::new(3, |set: &[bool]| {
///     let size = set.iter().filter(|&&member| member).count();
///     Rational::from_integer((size * size).into())
/// });
/// assert_eq!(square.value(&[true, false, true]).to_string(), "4");
/// assert!(submodularity_breach(&square)?.is_some());
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explicit<F> {
    len: usize,
    function: F,
}

impl<F: Fn(&[bool]) -> Rational> Explicit<F> {
    /// The set function on {0, …, len−1} that `function` computes.
    #[must_use]
    pub fn new(len: usize, function: F) -> Self {
        Self { len, function }
    }
}

impl<F: Fn(&[bool]) -> Rational> SetFunction for Explicit<F> {
    fn len(&self) -> usize {
        self.len
    }

    fn value(&self, set: &[bool]) -> Rational {
        (self.function)(set)
    }
}

/// F̄(m), the Lovász extension of a set function, by its definition.
///
/// # Errors
/// [`Error::Shape`] where m does not have p elements, [`Error::Parameter`] where F(∅) ≠ 0.
///
/// # Complexity
/// p + 1 values of F.
///
/// # Examples
/// ```
/// use exact_loss::exact::Rational;
/// use exact_loss::exact::set_function::{Jaccard, SetFunction, extension};
///
/// // On a vertex of the cube it is the set function itself.
/// let loss = Jaccard::new(vec![true, true, false]);
/// let vertex = [1, 0, 1].map(|m: i32| Rational::from_integer(m.into()));
/// assert_eq!(extension(&loss, &vertex)?, loss.value(&[true, false, true]));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn extension<F: SetFunction + ?Sized>(f: &F, m: &[Rational]) -> Result<Rational, Error> {
    Ok(dot(m.iter().zip(greedy(f, m)?)))
}

/// g, the greedy subgradient of the Lovász extension at m: each element's marginal, in the
/// descending order of m, ties by index. It is the gradient where m has no ties.
///
/// # Errors
/// As [`extension`].
///
/// # Complexity
/// p + 1 values of F.
///
/// # Examples
/// ```
/// use exact_loss::exact::Rational;
/// use exact_loss::exact::set_function::{Jaccard, greedy};
///
/// let loss = Jaccard::new(vec![true, false]);
/// let m = [1, 2].map(|m: i32| Rational::from_integer(m.into()));
/// let g = greedy(&loss, &m)?;
/// assert_eq!((g[0].to_string(), g[1].to_string()), ("1/2".into(), "1/2".into()));
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn greedy<F: SetFunction + ?Sized>(f: &F, m: &[Rational]) -> Result<Vec<Rational>, Error> {
    check_arguments(f, m)?;
    let order = descending_rationals(m);
    let mut g = vec![Rational::zero(); m.len()];
    for (element, marginal) in order.iter().zip(f.marginals(&order)) {
        g[*element] = marginal;
    }
    Ok(g)
}

/// The Choquet integral of m with respect to F,
/// ∫₀^∞ F({m ≥ t}) dt + ∫₋∞^0 (F({m ≥ t}) − F(V)) dt where V is the set of all elements.
///
/// It equals the Lovász extension. The integrand is a step function, with its steps at the
/// elements of m, so the integral is a finite sum.
///
/// # Errors
/// As [`extension`].
///
/// # Complexity
/// One value of F for each distinct element of m.
///
/// # Examples
/// ```
/// use exact_loss::exact::rational::parse_rational;
/// use exact_loss::exact::set_function::{Jaccard, choquet, extension};
///
/// let loss = Jaccard::new(vec![true, false, true]);
/// let m = ["1/2", "-1/3", "2"].map(|m| parse_rational(m).expect("three numbers"));
/// assert_eq!(choquet(&loss, &m)?, extension(&loss, &m)?);
/// # Ok::<(), exact_loss::Error>(())
/// ```
pub fn choquet<F: SetFunction + ?Sized>(f: &F, m: &[Rational]) -> Result<Rational, Error> {
    check_arguments(f, m)?;
    let all = f.value(&vec![true; m.len()]);
    let mut levels: Vec<Rational> = m.to_vec();
    levels.push(Rational::zero());
    levels.sort_unstable();
    levels.dedup();
    let steps = levels.windows(2).map(|ends| {
        // On (ends[0], ends[1]] the level set is {m ≥ ends[1]}.
        let level: Vec<bool> = m.iter().map(|m| *m >= ends[1]).collect();
        let below_zero = if ends[1].is_positive() {
            Rational::zero()
        } else {
            all.clone()
        };
        (&ends[1] - &ends[0], f.value(&level) - below_zero)
    });
    Ok(dot(steps))
}

fn check_arguments<F: SetFunction + ?Sized>(f: &F, m: &[Rational]) -> Result<(), Error> {
    check_length("m", m.len(), f)?;
    let empty = f.value(&vec![false; m.len()]);
    if empty.is_zero() {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "set_function",
        got: format!("{empty} on the empty set"),
        wanted: "0 on the empty set".to_owned(),
    })
}

fn check_length<F: SetFunction + ?Sized>(
    argument: &'static str,
    got: usize,
    f: &F,
) -> Result<(), Error> {
    if got == f.len() {
        return Ok(());
    }
    Err(Error::Shape {
        argument,
        got: vec![got],
        wanted: format!("[{}]", f.len()),
    })
}
