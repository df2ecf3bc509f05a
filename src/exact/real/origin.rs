//! Forms, and how they come to know their terms: at once, or when they are first asked for, from the forms
//! that they were made of. Most forms never are: a ball around the value answers what is asked of a
//! component of a gradient. What is done with the terms lives in `form`.

use std::sync::{Arc, OnceLock};

use num_traits::{One, Signed};

use super::classify::Class;
use super::form::{Term, is_divided, ln_two};
use super::monomial::{Generator, Monomial};
use crate::exact::exp_sum::Core;
use crate::exact::ratio;
use crate::exact::{Ball, Enclosure, ExpSum, Rational};

/// Σ coefficient · monomial, sorted by monomial, none twice, no coefficient 0. A clone is the same form,
/// and knows what the other comes to know.
#[derive(Debug, Clone)]
pub(crate) struct Form(Arc<Node>);

#[derive(Debug)]
struct Node {
    terms: OnceLock<Vec<Term>>,
    /// What the terms come from, where they were not known from the start.
    origin: Option<Origin>,
    /// How many forms below this one may have to be asked first.
    depth: u32,
    most_terms: usize,
    ball: OnceLock<Option<Ball>>,
    enclosed: OnceLock<Enclosure>,
    class: OnceLock<Class>,
}

/// What a form is made of.
#[derive(Debug)]
pub(super) enum Origin {
    Sum(Vec<Form>),
    Multiple(Form, Rational),
    Product(Form, Form),
    /// Of two sums that are not 0.
    Quotient(ExpSum, ExpSum),
    /// Of a positive sum.
    Logarithm(ExpSum),
    /// A form over ln 2.
    InBits(Form),
}

/// A form of forms of forms asks no deeper than this.
const DEEPEST: u32 = 24;

/// A form of more terms is not made one quotient for the sake of its ball, nor one over a product of sums that
/// may have more.
const LONGEST_QUOTIENT: usize = 64;

/// A part of more terms gathers them, and keeps them for whoever asks next.
const LONGEST_PASSED_ON: usize = 256;

impl Form {
    /// The form with these terms.
    pub(super) fn of(terms: Vec<Term>) -> Self {
        // Of none, too, one is asked.
        let most_terms = terms.len().max(1);
        Self::node(OnceLock::from(terms), None, 0, most_terms)
    }

    /// The form that this makes, once its terms are asked for.
    pub(super) fn later(origin: Origin) -> Self {
        let depth = 1 + origin.depth();
        if depth > DEEPEST {
            return Self::of(origin.terms());
        }
        let most_terms = origin.most_terms();
        Self::node(OnceLock::new(), Some(origin), depth, most_terms)
    }

    fn node(
        terms: OnceLock<Vec<Term>>,
        origin: Option<Origin>,
        depth: u32,
        most_terms: usize,
    ) -> Self {
        Self(Arc::new(Node {
            terms,
            origin,
            depth,
            most_terms,
            ball: OnceLock::new(),
            enclosed: OnceLock::new(),
            class: OnceLock::new(),
        }))
    }

    /// The terms.
    pub(super) fn terms(&self) -> &[Term] {
        let from_origin = || self.0.origin.as_ref().map_or_else(Vec::new, Origin::terms);
        self.0.terms.get_or_init(from_origin)
    }

    /// Adds the terms times a factor to others, which are gathered later: sums of sums are so gathered once.
    fn add_multiple_to(&self, factor: &Rational, terms: &mut Vec<Term>) {
        let is_passed_on = !self.has_terms() && self.most_terms() <= LONGEST_PASSED_ON;
        match &self.0.origin {
            Some(Origin::Multiple(form, own)) if is_passed_on => {
                form.add_multiple_to(&ratio::multiply(own, factor), terms);
            }
            Some(Origin::Sum(forms)) if is_passed_on => {
                let start = terms.len();
                for form in forms {
                    form.add_multiple_to(factor, terms);
                }
                // Quotients of one sum may come to a number, which others added to them would hide.
                if terms[start..].iter().any(is_divided) {
                    let own = terms.split_off(start);
                    terms.extend(Self::gather(own).into_terms());
                }
            }
            _ => {
                let multiple =
                    |(monomial, c): &Term| (monomial.clone(), ratio::multiply(c, factor));
                terms.extend(self.terms().iter().map(multiple));
            }
        }
    }

    /// The terms, without a copy where nobody else has the form.
    pub(super) fn into_terms(self) -> Vec<Term> {
        self.terms();
        match Arc::try_unwrap(self.0) {
            Ok(node) => node.terms.into_inner().unwrap_or_default(),
            Err(shared) => Self(shared).terms().to_vec(),
        }
    }

    /// The number where the form is known to be written without generators, but not 0.
    pub(super) fn known_constant(&self) -> Option<&Rational> {
        match self.0.terms.get()?.as_slice() {
            [(monomial, coefficient)] if monomial.is_one() => Some(coefficient),
            _ => None,
        }
    }

    /// Whether the terms are known.
    pub(super) fn has_terms(&self) -> bool {
        self.0.terms.get().is_some()
    }

    /// No fewer than there are terms.
    pub(super) fn most_terms(&self) -> usize {
        self.0.most_terms
    }

    /// A ball around the value, which is worked out once: from the balls of what the form is made of, or where
    /// these cancel from its terms, or from these as one quotient. `None` where it takes enclosures.
    pub(super) fn ball(&self) -> Option<Ball> {
        *self.0.ball.get_or_init(|| {
            let of_origin = match &self.0.origin {
                Some(origin) if !self.has_terms() => origin.ball(),
                _ => None,
            };
            of_origin
                .or_else(|| self.ball_around_terms())
                .or_else(|| self.ball_around_quotient(1))
        })
    }

    /// [`Form::ball`] of the difference of two numbers, or from their terms as one quotient.
    pub(super) fn ball_of_cancelled(&self) -> Option<Ball> {
        self.ball().or_else(|| self.ball_around_quotient(2))
    }

    /// A ball around the terms as one quotient, where they are quotients of no more than so many sums.
    fn ball_around_quotient(&self, most_sums: usize) -> Option<Ball> {
        let terms = self.terms();
        if terms.len() > LONGEST_QUOTIENT {
            return None;
        }
        let mut sums: Vec<&Arc<Core>> = Vec::new();
        for (generator, _) in terms.iter().flat_map(|(monomial, _)| &monomial.factors) {
            let Generator::Sum(core) = generator else {
                return None;
            };
            if !sums.contains(&core) {
                sums.push(core);
            }
            if sums.len() > most_sums {
                return None;
            }
        }
        let product: usize = sums.iter().map(|core| core.terms().len()).product();
        if sums.is_empty() || (sums.len() > 1 && product > LONGEST_QUOTIENT) {
            return None;
        }
        let (monomial, coefficient) = self.as_quotient()?;
        Self::term(coefficient, monomial).ball_around_terms()
    }

    /// Its enclosure at the first working precision, once there is one.
    pub(super) fn enclosed(&self) -> &OnceLock<Enclosure> {
        &self.0.enclosed
    }

    /// What can be proved about it, once that was asked for.
    pub(super) fn class(&self) -> &OnceLock<Class> {
        &self.0.class
    }
}

impl Origin {
    fn depth(&self) -> u32 {
        let depth = |form: &Form| if form.has_terms() { 0 } else { form.0.depth };
        match self {
            Self::Sum(forms) => forms.iter().map(depth).max().unwrap_or(0),
            Self::Multiple(form, _) | Self::InBits(form) => depth(form),
            Self::Product(left, right) => depth(left).max(depth(right)),
            Self::Quotient(..) | Self::Logarithm(_) => 0,
        }
    }

    fn most_terms(&self) -> usize {
        match self {
            Self::Sum(forms) => forms.iter().map(Form::most_terms).sum(),
            Self::Multiple(form, _) | Self::InBits(form) => form.most_terms(),
            Self::Product(left, right) => left.most_terms().saturating_mul(right.most_terms()),
            Self::Quotient(..) => 1,
            Self::Logarithm(_) => 3,
        }
    }

    fn terms(&self) -> Vec<Term> {
        match self {
            Self::Sum(forms) => {
                let mut terms = Vec::with_capacity(self.most_terms().min(LONGEST_PASSED_ON));
                for form in forms {
                    form.add_multiple_to(&Rational::one(), &mut terms);
                }
                Form::gather(terms).into_terms()
            }
            Self::Multiple(form, factor) => {
                let mut terms = Vec::new();
                form.add_multiple_to(factor, &mut terms);
                if form.has_terms() {
                    // They were gathered.
                    return terms;
                }
                Form::gather(terms).into_terms()
            }
            Self::Product(left, right) => product(left, right),
            Self::Quotient(numerator, denominator) => {
                let (c, top) = Monomial::sum(numerator);
                let (d, bottom) = Monomial::sum(denominator);
                let (_, bottom) = bottom.raise(&-Rational::one());
                let (_, quotient) = top.multiply(&bottom);
                vec![(quotient, ratio::divide(&c, &d))]
            }
            Self::Logarithm(sum) => logarithm(sum),
            Self::InBits(form) => {
                let (_, factor) = Monomial::generator(ln_two()).raise(&-Rational::one());
                form.times(&factor).into_terms()
            }
        }
    }

    fn ball(&self) -> Option<Ball> {
        match self {
            Self::Sum(forms) => {
                let mut balls = forms.iter().map(Form::ball);
                balls.try_fold(Ball::ZERO, |sum, ball| sum.add(ball?))
            }
            Self::Multiple(form, factor) => form.ball()?.mul(Ball::from_rational(factor)?),
            Self::Product(left, right) => left.ball()?.mul(right.ball()?),
            Self::Quotient(numerator, denominator) => numerator.ball_of_quotient(denominator),
            Self::Logarithm(sum) => sum.ball_of_ln(),
            Self::InBits(form) => form.ball()?.div(Ball::LN_2),
        }
    }
}

/// The terms of a product: each of one times each of the other.
fn product(left: &Form, right: &Form) -> Vec<Term> {
    if let Some(factor) = right.as_constant() {
        return left.scale(&factor).into_terms();
    }
    if let Some(factor) = left.as_constant() {
        return right.scale(&factor).into_terms();
    }
    let mut products = Vec::with_capacity(left.terms().len() * right.terms().len());
    for (a, c) in left.terms() {
        for (b, d) in right.terms() {
            let (coefficient, monomial) = a.multiply(b);
            let coefficient = ratio::multiply(&coefficient, &ratio::multiply(c, d));
            products.push((monomial, coefficient));
        }
    }
    Form::gather(products).into_terms()
}

/// ln(content) + shift + ln(core), and where core and content are negative ln(−content) + … + ln(−core).
fn logarithm(sum: &ExpSum) -> Vec<Term> {
    let (coefficient, monomial) = Monomial::ln(&sum.content().abs());
    let mut terms = vec![
        (Monomial::one(), sum.shift().clone()),
        (monomial, coefficient),
    ];
    if let Some(core) = sum.core() {
        let core = if sum.content().is_negative() {
            core.negated()
        } else {
            core.clone()
        };
        terms.push((Monomial::generator(Generator::LnSum(core)), Rational::one()));
    }
    Form::gather(terms).into_terms()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{ExpSum, Real};

    fn integer(n: i64) -> Rational {
        Rational::from_integer(n.into())
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_operations_does_not_overflow_the_stack() {
        let mut value = Real::exp(&integer(1));
        for _ in 0..50_000 {
            value = value.add(&Real::one()).expect("finite").neg();
        }
        // Each one is taken away by the next.
        assert_eq!(value.to_string(), "exp(1)");
    }

    #[test]
    fn the_ball_of_a_form_is_found_without_its_terms_and_lies_around_them() {
        let sum = ExpSum::new([(integer(1), integer(0)), (integer(2), integer(-3))]);
        let part = Form::later(Origin::Quotient(ExpSum::one(), sum.clone()));
        let logarithm = Form::later(Origin::Logarithm(sum));
        let both = Form::later(Origin::Sum(vec![part.clone(), logarithm.clone()]));
        let forms = [
            Form::later(Origin::Product(both.clone(), logarithm)),
            Form::later(Origin::InBits(
                part.scale(&Rational::new(2.into(), 7.into())),
            )),
            both,
        ];
        let balls = forms.each_ref().map(Form::ball);
        assert!(!forms.iter().any(Form::has_terms));
        for (form, ball) in forms.iter().zip(balls) {
            let (ball, of_terms) = (ball.expect("nothing cancels"), form.ball_around_terms());
            // Two balls around one number do not tell which is greater.
            let order = ball.order(of_terms.expect("nothing cancels"));
            assert_eq!(order, None, "{form:?}");
        }
    }

    #[test]
    fn terms_passed_on_to_one_sum_are_those_of_the_sums_that_it_is_of() {
        let sum = ExpSum::new([(integer(1), integer(0)), (integer(2), integer(-3))]);
        let first = || Form::later(Origin::Quotient(ExpSum::one(), sum.clone()));
        let second = ExpSum::new([(integer(2), integer(-3))]);
        let second = || Form::later(Origin::Quotient(second.clone(), sum.clone()));
        let ln = || Form::later(Origin::Logarithm(sum.clone()));
        // The first two are 1 together, which is not seen of twice the one and once the other.
        let parts: [fn(Vec<Form>) -> Form; 2] = [
            |forms| Form::later(Origin::Sum(forms)),
            |forms| {
                let form = Form::later(Origin::Sum(forms));
                form.terms();
                form
            },
        ];
        let [passed_on, stepwise] = parts.map(|part| {
            let one = part(vec![first(), second()]);
            let logs = part(vec![ln(), ln(), one.clone()]);
            part(vec![
                first(),
                one.scale(&integer(2)),
                logs.scale(&integer(-3)).scale(&integer(5)),
                ln(),
            ])
        });
        assert_eq!(passed_on.terms(), stepwise.terms());
        assert_eq!(passed_on.terms().len(), 3);
    }
}
