//! The subdifferential of a Lovász extension at a point, at ties and at the kink of the positive
//! part: which vectors are subgradients there, decided exactly. For submodular set functions.

use core::fmt;
use core::ops::Range;

use num_traits::{Signed, Zero};

use super::{SetFunction, check_arguments, check_length, descending_rationals, ties};
use crate::Error;
use crate::exact::Rational;
use crate::exact::rational::sum;

/// The set of all subgradients of a convex function made of a Lovász extension, at one point.
///
/// # At ties
/// Let F be submodular, and let m take its distinct values on the blocks B₁, …, B_k, the largest
/// first, with Sⱼ = B₁ ∪ … ∪ Bⱼ. F̄ is the maximum of ⟨g, m⟩ over the base polytope
/// {g : g(A) ≤ F(A) for all A, g(V) = F(V)}, so its subgradients at m are the g of the base
/// polytope that attain the maximum. They are the g with, for each j,
///
/// * g(Bⱼ) = F(Sⱼ) − F(Sⱼ₋₁), and
/// * g(A) ≤ F(Sⱼ₋₁ ∪ A) − F(Sⱼ₋₁) for every A ⊆ Bⱼ.
///
/// *Proof.* Let g fulfil both. For any A, submodularity gives F(A) ≥ Σⱼ F(Sⱼ₋₁ ∪ (A ∩ Bⱼ)) −
/// F(Sⱼ₋₁) ≥ g(A), so g is in the base polytope, and by the first condition
/// ⟨g, m⟩ = Σⱼ m_{Bⱼ}·(F(Sⱼ) − F(Sⱼ₋₁)) = F̄(m). Conversely, with m's distinct values v₁ > … > v_k,
/// ⟨g, m⟩ = Σ_{j<k} (vⱼ − vⱼ₊₁)·g(Sⱼ) + v_k·g(V) is the maximum only where g(Sⱼ) = F(Sⱼ) for
/// every j; that is the first condition, and the second is g(Sⱼ₋₁ ∪ A) ≤ F(Sⱼ₋₁ ∪ A). ∎
///
/// It is the convex hull of the greedy vectors of all the orders that sort m. The blocks do not
/// constrain each other.
///
/// # At the kink of the positive part
/// A hinge loss is e ↦ F̄(max(e, 0)), convex where F is also monotone. Its positive elements form
/// blocks as above. Let S be the set of all of these, and Z the elements where e is 0. In a
/// direction d the function grows by a maximum over the positive blocks, plus the Lovász
/// extension of A ↦ F(S ∪ A) − F(S) at max(d, 0) on Z. For a monotone submodular function that is
/// the maximum of ⟨g, d⟩ over {g ≥ 0 : g(A) ≤ F(S ∪ A) − F(S) for all A ⊆ Z} (Edmonds 1970): the
/// same inequalities, with g ≥ 0 in place of the equation. Where e is negative, g is 0.
///
/// # Whether a box meets it
/// A rounded gradient is never exactly a subgradient. [`Subdifferential::meets`] decides whether
/// some subgradient lies between two vectors. For lower ≤ upper that is so, block by block, if
/// and only if lower(A) ≤ F(S ∪ A) − F(S) and upper(B∖A) ≥ F(S ∪ B) − F(S ∪ A) for every A ⊆ B,
/// by Frank's theorem that two generalised polymatroids intersect where neither's lower bound
/// exceeds the other's upper bound. At the kink: where upper ≥ 0, and max(lower, 0) fulfils the
/// inequalities.
///
/// # Complexity
/// One call of [`SetFunction::exceeding`] for each block: O(p log p) operations on integers for
/// [`Jaccard`](super::Jaccard), 2^|B| values of F in general.
///
/// # Examples
/// ```
/// use exact_loss::exact::Rational;
/// use exact_loss::exact::set_function::{Jaccard, Subdifferential};
///
/// // A foreground and a background element with the same error.
/// let loss = Jaccard::new(vec![true, false]);
/// let half = Rational::new(1.into(), 2.into());
/// let subdifferential = Subdifferential::at(&loss, &[half.clone(), half.clone()])?;
/// assert!(!subdifferential.is_unique());
///
/// // The orders give (1, 0) and (1/2, 1/2). Whatever lies between is a subgradient too.
/// let quarter = Rational::new(1.into(), 4.into());
/// let three_quarters = Rational::new(3.into(), 4.into());
/// assert!(subdifferential.contains(&[three_quarters.clone(), quarter.clone()])?);
/// let violation = subdifferential.violation(&[quarter, three_quarters])?;
/// assert_eq!(
///     violation.expect("the background takes too much").to_string(),
///     "the components of [1] sum to 3/4, and may sum to at most 1/2",
/// );
/// # Ok::<(), exact_loss::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Subdifferential<'a, F: ?Sized> {
    function: &'a F,
    order: Vec<usize>,
    blocks: Vec<Block>,
}

/// Elements whose components are constrained together: positions in the order.
#[derive(Debug, Clone)]
struct Block {
    range: Range<usize>,
    kind: Kind,
    /// F(S ∪ B) − F(S).
    increase: Rational,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Equal elements: the components sum to the increase of F.
    Tie,
    /// Elements at the kink of the positive part: the components are not negative.
    Kink,
    /// Elements where the positive part is flat: the components are 0.
    Flat,
}

/// Why a vector is not a subgradient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The components of these elements sum to more than they may.
    TooLarge {
        /// The elements.
        elements: Vec<usize>,
        /// The sum of their components.
        got: Rational,
        /// The most that it may be.
        limit: Rational,
    },
    /// The components of a block of ties do not sum to what they must.
    BlockSum {
        /// The elements of the block.
        elements: Vec<usize>,
        /// The sum of their components.
        got: Rational,
        /// What it must be.
        wanted: Rational,
    },
    /// A component at the kink is negative.
    Negative {
        /// The element.
        element: usize,
        /// Its component.
        got: Rational,
    },
    /// A component is not 0 where the positive part is flat.
    NotZero {
        /// The element.
        element: usize,
        /// Its component.
        got: Rational,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge {
                elements,
                got,
                limit,
            } => write!(
                f,
                "the components of {elements:?} sum to {got}, and may sum to at most {limit}"
            ),
            Self::BlockSum {
                elements,
                got,
                wanted,
            } => write!(
                f,
                "the components of the ties {elements:?} sum to {got}, and must sum to {wanted}"
            ),
            Self::Negative { element, got } => {
                write!(
                    f,
                    "component {element} is {got}, and may not be negative at a kink"
                )
            }
            Self::NotZero { element, got } => {
                write!(
                    f,
                    "component {element} is {got}, and must be 0 where the loss is flat"
                )
            }
        }
    }
}

impl<'a, F: SetFunction + ?Sized> Subdifferential<'a, F> {
    /// The subdifferential of the Lovász extension of a submodular function at m.
    ///
    /// # Errors
    /// [`Error::Shape`] where m does not have p elements, [`Error::Parameter`] where F(∅) ≠ 0.
    pub fn at(function: &'a F, m: &[Rational]) -> Result<Self, Error> {
        Self::new(function, m, |_| Kind::Tie)
    }

    /// The subdifferential of e ↦ F̄(max(e, 0)) at e, for a monotone submodular function.
    ///
    /// # Errors
    /// As [`Subdifferential::at`].
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::Rational;
    /// use exact_loss::exact::set_function::{Jaccard, Subdifferential};
    ///
    /// let loss = Jaccard::new(vec![true, false]);
    /// let e = [0, -1].map(|e: i32| Rational::from_integer(e.into()));
    /// let at_the_kink = Subdifferential::of_positive_part(&loss, &e)?;
    /// for (g, is_one) in [([0, 0], true), ([1, 0], true), ([2, 0], false), ([0, 1], false)] {
    ///     let g = g.map(|g: i32| Rational::from_integer(g.into()));
    ///     assert_eq!(at_the_kink.contains(&g)?, is_one, "{g:?}");
    /// }
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn of_positive_part(function: &'a F, e: &[Rational]) -> Result<Self, Error> {
        Self::new(function, e, |value| {
            if value.is_positive() {
                Kind::Tie
            } else if value.is_zero() {
                Kind::Kink
            } else {
                Kind::Flat
            }
        })
    }

    fn new(
        function: &'a F,
        m: &[Rational],
        kind: impl Fn(&Rational) -> Kind,
    ) -> Result<Self, Error> {
        check_arguments(function, m)?;
        let order = descending_rationals(m);
        let along = function.along(&order);
        let blocks = ties(&order, |i, j| m[i] == m[j])
            .into_iter()
            .map(|range| Block {
                kind: kind(&m[order[range.start]]),
                increase: &along[range.end] - &along[range.start],
                range,
            });
        let blocks = blocks.collect();
        Ok(Self {
            function,
            order,
            blocks,
        })
    }

    /// The blocks of ties, the largest first.
    pub fn blocks(&self) -> impl Iterator<Item = &[usize]> {
        self.blocks.iter().map(|block| self.elements(block))
    }

    /// Whether there is only one subgradient, so that it is the gradient.
    ///
    /// The subgradients of a block of ties are one exactly where F is modular on the block, given
    /// what comes before. That is so where the greedy vector does not change when the block is
    /// reversed: for its first element this compares its largest with its smallest marginal, and
    /// an element whose marginals are all equal can be left out of the block, which leaves the
    /// same question for the next one. A kink has one where F does not increase on it.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        let mut reversed = self.order.clone();
        for block in &self.blocks {
            reversed[block.range.clone()].reverse();
        }
        let forward = self.function.marginals(&self.order);
        let backward = self.function.marginals(&reversed);
        self.blocks.iter().all(|block| match block.kind {
            Kind::Flat => true,
            Kind::Kink => block.increase.is_zero(),
            Kind::Tie => {
                let forward = forward[block.range.clone()].iter();
                forward.eq(backward[block.range.clone()].iter().rev())
            }
        })
    }

    /// Whether g is a subgradient.
    ///
    /// # Errors
    /// [`Error::Shape`] where g does not have p elements; those of [`SetFunction::exceeding`].
    pub fn contains(&self, g: &[Rational]) -> Result<bool, Error> {
        self.violation(g).map(|violation| violation.is_none())
    }

    /// Why g is not a subgradient; `None` where it is one.
    ///
    /// # Errors
    /// As [`Subdifferential::contains`].
    pub fn violation(&self, g: &[Rational]) -> Result<Option<Violation>, Error> {
        check_length("g", g.len(), self.function)?;
        for block in &self.blocks {
            let elements = self.elements(block);
            let worst = match block.kind {
                Kind::Tie => {
                    let got = total(g, elements);
                    (got != block.increase).then(|| Violation::BlockSum {
                        elements: elements.to_vec(),
                        got,
                        wanted: block.increase.clone(),
                    })
                }
                Kind::Kink => elements
                    .iter()
                    .find(|&&element| g[element].is_negative())
                    .map(|&element| Violation::Negative {
                        element,
                        got: g[element].clone(),
                    }),
                Kind::Flat => {
                    elements
                        .iter()
                        .find(|&&element| !g[element].is_zero())
                        .map(|&element| Violation::NotZero {
                            element,
                            got: g[element].clone(),
                        })
                }
            };
            if worst.is_some() {
                return Ok(worst);
            }
        }
        let exceeding = self.exceeding(g, |_| Rational::zero())?;
        Ok(exceeding.map(|elements| Violation::TooLarge {
            got: total(g, &elements),
            limit: self.limit(&elements),
            elements,
        }))
    }

    /// Whether some subgradient g has lower ≤ g ≤ upper in every component.
    ///
    /// # Errors
    /// As [`Subdifferential::contains`].
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::Rational;
    /// use exact_loss::exact::set_function::{Jaccard, Subdifferential};
    ///
    /// let loss = Jaccard::new(vec![true, true, true]);
    /// let m = [3, 2, 1].map(|m: i32| Rational::from_integer(m.into()));
    /// let at = Subdifferential::at(&loss, &m)?;
    /// // 0.333 is not a component of the gradient, and 1/3 lies between 0.333 and 0.334.
    /// let thousandths = |n: i32| vec![Rational::new(n.into(), 1000.into()); 3];
    /// assert!(!at.contains(&thousandths(333))?);
    /// assert!(at.meets(&thousandths(333), &thousandths(334))?);
    /// assert!(!at.meets(&thousandths(334), &thousandths(335))?);
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn meets(&self, lower: &[Rational], upper: &[Rational]) -> Result<bool, Error> {
        check_length("lower", lower.len(), self.function)?;
        check_length("upper", upper.len(), self.function)?;
        let mut at_least = lower.to_vec();
        for block in &self.blocks {
            for &element in self.elements(block) {
                let (lower, upper) = (&lower[element], &upper[element]);
                let possible = match block.kind {
                    Kind::Tie => lower <= upper,
                    Kind::Kink => lower <= upper && !upper.is_negative(),
                    Kind::Flat => !lower.is_positive() && !upper.is_negative(),
                };
                if !possible {
                    return Ok(false);
                }
                if block.kind != Kind::Tie && lower.is_negative() {
                    at_least[element] = Rational::zero();
                }
            }
        }
        if self.exceeding(&at_least, |_| Rational::zero())?.is_some() {
            return Ok(false);
        }
        // upper(B∖A) ≥ F(S∪B) − F(S∪A), with both sides taken from those of A = ∅. A kink asks
        // nothing of this kind, so any upper bound that is as small as it can be will do.
        let mut at_most = upper.to_vec();
        for block in self.blocks.iter().filter(|block| block.kind != Kind::Tie) {
            for &element in self.elements(block) {
                at_most[element] = Rational::zero();
            }
        }
        let exceeding = self.exceeding(&at_most, |block| match block.kind {
            Kind::Tie => total(upper, self.elements(block)) - &block.increase,
            Kind::Kink | Kind::Flat => Rational::zero(),
        })?;
        Ok(exceeding.is_none())
    }

    fn elements(&self, block: &Block) -> &[usize] {
        &self.order[block.range.clone()]
    }

    /// A set within a block that exceeds its bound by more than the block's slack.
    fn exceeding(
        &self,
        x: &[Rational],
        slack: impl Fn(&Block) -> Rational,
    ) -> Result<Option<Vec<usize>>, Error> {
        let constrained = self.blocks.iter().filter(|block| block.kind != Kind::Flat);
        let blocks: Vec<_> = constrained
            .map(|block| (self.elements(block), slack(block)))
            .collect();
        self.function.exceeding(&blocks, x)
    }

    /// F(S ∪ A) − F(S), where A lies in a block and S is the union of the blocks before it.
    fn limit(&self, a: &[usize]) -> Rational {
        let mut set = vec![false; self.order.len()];
        for block in self.blocks() {
            if a.first().is_none_or(|element| block.contains(element)) {
                break;
            }
            block.iter().for_each(|&element| set[element] = true);
        }
        let before = self.function.value(&set);
        a.iter().for_each(|&element| set[element] = true);
        self.function.value(&set) - before
    }
}

/// x(A).
fn total(x: &[Rational], a: &[usize]) -> Rational {
    sum(a.iter().map(|&element| &x[element]))
}
