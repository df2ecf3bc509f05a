//! Set functions that depend on how many foreground and how many background elements a set has:
//! the Jaccard loss, with what counting makes fast, and the Dice loss, which is the
//! counterexample to submodularity.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

use super::{SetFunction, check_length, descending, descending_rationals};
use crate::Error;
use crate::exact::enclosure::Dyadic;
use crate::exact::ratio::{CommonDenominator, gcd, in_lowest_terms};
use crate::exact::{Enclosure, Rational};

/// The discrete Jaccard loss as a function of the set M of mispredicted elements:
/// Δ(M) = |M| / |y ∪ M|, where y is the set of foreground elements, and Δ(∅) = 0.
///
/// A prediction ỹ with M = y △ ỹ has the intersection y∖M and the union y ∪ M with y, so Δ(M) is
/// 1 − |y ∩ ỹ| / |y ∪ ỹ|.
///
/// # It is monotone and submodular
/// Let G = |y|, and let M hold f foreground and n background elements: Δ(M) = (f+n)/(G+n). One
/// more foreground element adds 1/(G+n). One more background element adds
/// (f+n+1)/(G+n+1) − (f+n)/(G+n) = (G−f)/((G+n)(G+n+1)), which is 1 where G = n = 0. Both are
/// at least 0, since f ≤ G, and neither grows with f or n: that is monotone and submodular.
///
/// # Which sets exceed it, in O(p log p)
/// To find a set A in a block, with i foreground and j background elements, that has
/// x(A) > Δ(S ∪ A) − Δ(S) + slack, only the largest x of each kind matter: the right side
/// depends on i and j alone. Let Pᵢ and Qⱼ be the sums of the i and j largest, and d = G+n+j
/// for S with f and n. The excess Pᵢ + Qⱼ − (f+i+n+j)/d + Δ(S) has in i the increments
/// x₍ᵢ₎ − 1/d, which fall with i. So for each j it is largest at the i that counts the
/// foreground elements with x > 1/d, and that i grows with j, as 1/d falls: one pass over the
/// two sorted lists tries all sets that matter.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::{Jaccard, SetFunction};
///
/// let loss = Jaccard::new(vec![true, true, false, false]);
/// // One of two foreground elements missed, one background element taken for foreground.
/// assert_eq!(loss.value(&[true, false, true, false]).to_string(), "2/3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jaccard {
    foreground: Vec<bool>,
    size: usize,
}

/// The Dice loss as a function of the set M of mispredicted elements:
/// 1 − 2|y ∩ ỹ| / (|y| + |ỹ|) = |M| / (2|y| − |M ∩ y| + |M∖y|), and 0 for the empty set.
///
/// It is monotone, and it is **not** submodular: for y = {0, 1}, A = {0} and B = {1},
/// F(A) + F(B) = 1/3 + 1/3 is less than F(A ∪ B) + F(A ∩ B) = 1 + 0. So its Lovász extension is
/// not convex.
///
/// # Examples
/// ```
/// use exact_loss::exact::set_function::{Dice, SetFunction};
///
/// let dice = Dice::new(vec![true, true]);
/// assert_eq!(dice.value(&[true, false]).to_string(), "1/3");
/// assert_eq!(dice.value(&[true, true]).to_string(), "1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dice {
    foreground: Vec<bool>,
    size: usize,
}

impl Jaccard {
    /// The Jaccard loss where the foreground is the set with this indicator.
    #[must_use]
    pub fn new(foreground: Vec<bool>) -> Self {
        Self {
            size: size(&foreground),
            foreground,
        }
    }

    /// The indicator of the foreground y.
    #[must_use]
    pub fn foreground(&self) -> &[bool] {
        &self.foreground
    }

    /// Δ̄(m), the Lovász extension, by counting.
    ///
    /// With G = |y|, let n be the number of background elements before a position and f that of
    /// foreground elements. A foreground element adds m/(G+n). A background element adds
    /// m·(G−f)·(1/(G+n) − 1/(G+n+1)). So the value is Σₙ cₙ/(G+n), where cₙ only needs
    /// additions. Without foreground it is the largest element of m.
    ///
    /// # Errors
    /// [`Error::Shape`] where m does not have p elements.
    ///
    /// # Complexity
    /// O(p log p) comparisons and O(p) additions of integers. The result is a fraction whose
    /// denominator may divide no less than the least common multiple of p consecutive integers,
    /// 1.44·p bits: beyond some hundred thousand elements take [`Jaccard::enclose_extension`].
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::Rational;
    /// use exact_loss::exact::set_function::Jaccard;
    ///
    /// let loss = Jaccard::new(vec![true, false, false]);
    /// let m = [(1, 2), (3, 4), (1, 4)].map(|(a, b)| Rational::new(a.into(), b.into()));
    /// // 3/4·1/2 + 1/2·1/2 + 1/4·0
    /// assert_eq!(loss.extension(&m)?.to_string(), "5/8");
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn extension(&self, m: &[Rational]) -> Result<Rational, Error> {
        check_length("m", m.len(), self)?;
        Ok(self.extension_along(&descending_rationals(m), m))
    }

    /// Δ̄(m) with a descending order of m.
    pub(crate) fn extension_along(&self, order: &[usize], m: &[Rational]) -> Rational {
        if self.size == 0 {
            let largest = order.first().map(|&element| &m[element]);
            return largest.cloned().unwrap_or_else(Rational::zero);
        }
        let (terms, scale) = self.terms(order, m);
        let (numerator, denominator) = sum_over_consecutive(&terms, self.size);
        in_lowest_terms(numerator, denominator * scale)
    }

    /// An interval of width at most 2^−bits around Δ̄(m).
    ///
    /// # Errors
    /// As [`Jaccard::extension`].
    ///
    /// # Complexity
    /// O(p log p) comparisons and O(p) operations on integers of some hundred bits for floats m:
    /// a second for a million elements.
    ///
    /// # Examples
    /// ```
    /// use exact_loss::exact::Rational;
    /// use exact_loss::exact::set_function::Jaccard;
    ///
    /// let loss = Jaccard::new(vec![true, false, false]);
    /// let m = [(1, 2), (3, 4), (1, 4)].map(|(a, b)| Rational::new(a.into(), b.into()));
    /// let enclosure = loss.enclose_extension(&m, 100)?;
    /// assert!(enclosure.contains(&loss.extension(&m)?));
    /// # Ok::<(), exact_loss::Error>(())
    /// ```
    pub fn enclose_extension(&self, m: &[Rational], bits: u32) -> Result<Enclosure, Error> {
        check_length("m", m.len(), self)?;
        let order = descending_rationals(m);
        if self.size == 0 {
            let largest = self.extension_along(&order, m);
            let (units, shift) = (largest.numer() << bits, bits);
            return between(units.div_floor(largest.denom()), 1, shift);
        }
        let (terms, scale) = self.terms(&order, m);
        // Each quotient is rounded down by less than one unit of 2^−shift.
        let shift = bits + usize::BITS - terms.len().leading_zeros();
        let units = terms
            .iter()
            .enumerate()
            .map(|(n, term)| (term << shift).div_floor(&(&scale * BigInt::from(self.size + n))));
        between(units.sum(), terms.len(), shift)
    }

    /// (c, s) with Δ̄(m) = (1/s)·Σₙ cₙ/(G+n), for G > 0.
    fn terms(&self, order: &[usize], m: &[Rational]) -> (Vec<BigInt>, BigInt) {
        let (integers, scale) = on_common_denominator(m);
        let mut terms = vec![BigInt::zero(); m.len() - self.size + 1];
        let (mut f, mut n) = (0, 0);
        for &element in order {
            if self.foreground[element] {
                terms[n] += &integers[element];
                f += 1;
            } else {
                let product = &integers[element] * (self.size - f);
                terms[n] += &product;
                n += 1;
                terms[n] -= product;
            }
        }
        (terms, scale)
    }

    /// Δ of a set with f foreground and n background elements.
    fn of_counts(&self, f: usize, n: usize) -> Rational {
        ratio(f + n, self.size + n)
    }

    /// [`SetFunction::exceeding`] for one block, whose elements are added to the counts of
    /// foreground and background elements before it.
    fn exceeding_in_block(
        &self,
        counts: &mut (usize, usize),
        (block, slack): (&[usize], &Rational),
        x: &[Rational],
    ) -> Option<Vec<usize>> {
        let (f, n) = *counts;
        let values: Vec<Rational> = block.iter().map(|&element| x[element].clone()).collect();
        let (integers, scale) = on_common_denominator(&values);
        let (foreground, background): (Vec<usize>, Vec<usize>) = descending(&integers)
            .into_iter()
            .partition(|&k| self.foreground[block[k]]);
        *counts = (f + foreground.len(), n + background.len());
        let bound = slack - self.of_counts(f, n);
        // The largest i foreground and the largest j background elements, and their sum.
        let (mut i, mut total) = (0, BigInt::zero());
        for j in 0..=background.len() {
            if let Some(last) = j.checked_sub(1) {
                total += &integers[background[last]];
            }
            // A union of no elements has no foreground to add, and Δ = 0/1.
            let union = (self.size + n + j).max(1);
            while let Some(&next) = foreground.get(i)
                && &integers[next] * union > scale
            {
                total += &integers[next];
                i += 1;
            }
            // total/scale > (f+i+n+j)/union + bound
            let left = &total * bound.denom() * union;
            let right = &scale * (bound.denom() * (f + i + n + j) + bound.numer() * union);
            if left > right {
                let members = foreground[..i].iter().chain(&background[..j]);
                return Some(members.map(|&k| block[k]).collect());
            }
        }
        None
    }
}

impl SetFunction for Jaccard {
    fn len(&self) -> usize {
        self.foreground.len()
    }

    fn value(&self, set: &[bool]) -> Rational {
        let (f, n) = counts(&self.foreground, set);
        self.of_counts(f, n)
    }

    fn along(&self, order: &[usize]) -> Vec<Rational> {
        let (mut f, mut n) = (0, 0);
        let steps = order.iter().map(|&element| {
            if self.foreground[element] {
                f += 1
            } else {
                n += 1
            }
            self.of_counts(f, n)
        });
        core::iter::once(Rational::zero()).chain(steps).collect()
    }

    fn marginals(&self, order: &[usize]) -> Vec<Rational> {
        let (mut f, mut n) = (0, 0);
        let steps = order.iter().map(|&element| {
            if self.foreground[element] {
                f += 1;
                ratio(1, self.size + n)
            } else {
                n += 1;
                let union = self.size + n;
                // The first element of a union of one is all of it.
                if union == 1 {
                    Rational::one()
                } else {
                    ratio(self.size - f, union * (union - 1))
                }
            }
        });
        steps.collect()
    }

    fn exceeding(
        &self,
        blocks: &[(&[usize], Rational)],
        x: &[Rational],
    ) -> Result<Option<Vec<usize>>, Error> {
        let mut counts = (0, 0);
        let mut blocks = blocks.iter();
        Ok(blocks
            .find_map(|(block, slack)| self.exceeding_in_block(&mut counts, (block, slack), x)))
    }
}

impl Dice {
    /// The Dice loss where the foreground is the set with this indicator.
    #[must_use]
    pub fn new(foreground: Vec<bool>) -> Self {
        Self {
            size: size(&foreground),
            foreground,
        }
    }
}

impl SetFunction for Dice {
    fn len(&self) -> usize {
        self.foreground.len()
    }

    fn value(&self, set: &[bool]) -> Rational {
        let (f, n) = counts(&self.foreground, set);
        ratio(f + n, 2 * self.size - f + n)
    }
}

fn size(set: &[bool]) -> usize {
    set.iter().filter(|&&member| member).count()
}

fn counts(foreground: &[bool], set: &[bool]) -> (usize, usize) {
    let members = foreground.iter().zip(set).filter(|&(_, &member)| member);
    let f = members
        .clone()
        .filter(|&(&foreground, _)| foreground)
        .count();
    (f, members.count() - f)
}

/// a/b, with 0/0 = 0: the loss where there is neither foreground nor an error.
fn ratio(a: usize, b: usize) -> Rational {
    in_lowest_terms(a.into(), b.max(1).into())
}

/// Integers with their common denominator, the least one.
fn on_common_denominator(numbers: &[Rational]) -> (Vec<BigInt>, BigInt) {
    let common = CommonDenominator::of(numbers);
    (common.numerators(numbers), common.denominator().clone())
}

/// Σₙ terms[n]/(first + n) over the least common multiple of first, first + 1, …, by halves so that
/// the factors of a product are of like size. For first > 0 and at least one term.
fn sum_over_consecutive(terms: &[BigInt], first: usize) -> (BigInt, BigInt) {
    if let [term] = terms {
        return (term.clone(), first.into());
    }
    let middle = terms.len() / 2;
    let (a, b) = sum_over_consecutive(&terms[..middle], first);
    let (c, d) = sum_over_consecutive(&terms[middle..], first + middle);
    let shared = BigInt::from(gcd(b.magnitude(), d.magnitude()));
    let (b, d_of_shared) = (b / &shared, &d / shared);
    (a * d_of_shared + c * &b, b * d)
}

/// The interval [units, units + width]·2^−shift.
fn between(units: BigInt, width: usize, shift: u32) -> Result<Enclosure, Error> {
    let upper = &units + width;
    let exponent = -i64::from(shift);
    Enclosure::new(Dyadic::new(units, exponent)?, Dyadic::new(upper, exponent)?)
}
