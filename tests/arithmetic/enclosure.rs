//! Enclosures by containment: an operation on numbers lies in the operation on their enclosures,
//! whatever the signs and however low the precision. And that nothing grows without bound.

use core::cmp::Ordering;

use exact_loss::exact::enclosure::{Bound, Direction, Dyadic, EXPONENT_LIMIT, Enclosure};
use exact_loss::exact::{Rational, elementary};
use num_bigint::BigInt;
use proptest::prelude::*;

use super::{power_of_two, ratio, rational, rationals};

/// An interval, with numbers of it: its ends and its middle.
fn intervals() -> impl Strategy<Value = (Enclosure, [Rational; 3])> {
    let end = (-1000_i64..1000, -12_i64..12);
    (end.clone(), end, 0..4).prop_map(|(a, b, point)| {
        let dyadic =
            |(m, e): (i64, i64)| Dyadic::new(BigInt::from(m), e).expect("in range and in order");
        let (a, b) = (dyadic(a), dyadic(if point == 0 { a } else { b }));
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let (low, high) = (
            a.to_rational().expect("in range and in order"),
            b.to_rational().expect("in range and in order"),
        );
        let middle = (&low + &high) / ratio(2, 1);
        (
            Enclosure::new(a, b).expect("in range and in order"),
            [low, high, middle],
        )
    })
}

proptest! {
    #[test]
    fn the_four_operations_contain_their_results(
        (x, of_x) in intervals(),
        (y, of_y) in intervals(),
        bits in 2..40_u32,
    ) {
        for a in &of_x {
            for b in &of_y {
                prop_assert!(x.add(&y, bits).contains(&(a + b)));
                prop_assert!(x.sub(&y, bits).contains(&(a - b)));
                prop_assert!(x.mul(&y, bits).contains(&(a * b)));
                if *b != ratio(0, 1) {
                    prop_assert!(x.div(&y, bits).contains(&(a / b)), "{x} / {y}, {a} / {b}");
                    prop_assert!(y.recip(bits).contains(&(ratio(1, 1) / b)));
                }
            }
        }
    }

    /// With the ends exact, the ends of the result are those of the exact operation on intervals.
    #[test]
    fn sums_and_products_of_intervals_are_the_narrowest(
        (x, of_x) in intervals(),
        (y, of_y) in intervals(),
    ) {
        let ends = [(0, 0), (0, 1), (1, 0), (1, 1)];
        let products: Vec<Rational> = ends.iter().map(|&(i, j)| &of_x[i] * &of_y[j]).collect();
        let product = x.mul(&y, 1000);
        prop_assert_eq!(&product.lower().unwrap(), products.iter().min().unwrap());
        prop_assert_eq!(&product.upper().unwrap(), products.iter().max().unwrap());
        let total = x.add(&y, 1000);
        prop_assert_eq!(total.lower().unwrap(), &of_x[0] + &of_y[0]);
        prop_assert_eq!(total.upper().unwrap(), &of_x[1] + &of_y[1]);
    }

    #[test]
    fn signs_powers_and_scales_contain_their_results(
        (x, of_x) in intervals(),
        factor in rationals(),
        exponent in -9_i64..9,
        bits in 2..40_u32,
    ) {
        for a in &of_x {
            prop_assert!(x.neg().contains(&-a));
            let magnitude = a.clone().max(-a);
            prop_assert!(x.abs().contains(&magnitude));
            prop_assert!(x.scale(&factor, bits).contains(&(a * &factor)));
            prop_assert!(x.add_rational(&factor, bits).contains(&(a + &factor)));
            prop_assert!(x.shift(-7).contains(&(a / ratio(128, 1))));
            if *a != ratio(0, 1) || exponent >= 0 {
                let power = x.powi(exponent, bits);
                prop_assert!(power.contains(&a.pow(exponent as i32)), "{x}^{exponent}: {power}");
            }
        }
    }

    #[test]
    fn an_even_power_is_not_negative((x, _) in intervals(), half in 1_i64..5) {
        prop_assert!(x.powi(2 * half, 30).lower_bound().sign() != Ordering::Less);
    }

    #[test]
    fn a_rational_is_enclosed_to_the_width_promised(x in rationals(), bits in 2..300_u32) {
        let enclosure = Enclosure::from_rational(&x, bits);
        prop_assert!(enclosure.contains(&x));
        prop_assert!(enclosure.relative_width_at_most(bits - 1));
        // Read as the definition says.
        let (low, high) = (enclosure.lower().unwrap(), enclosure.upper().unwrap());
        prop_assert!(low <= x && x <= high);
        let magnitude = if x < ratio(0, 1) { -&x } else { x.clone() };
        prop_assert!((high - low) <= magnitude * power_of_two(2 - bits as i32));
    }

    #[test]
    fn the_width_tests_are_those_of_the_definition(
        (x, [low, high, _]) in intervals(),
        bits in 0..20_u32,
    ) {
        let width = &high - &low;
        let zero = ratio(0, 1);
        let least = if low > zero { low } else if high < zero { -high } else { zero };
        let narrow = width <= least * power_of_two(-(bits as i32));
        prop_assert_eq!(x.relative_width_at_most(bits), narrow);
        for exponent in -14..22 {
            prop_assert_eq!(x.width_at_most(exponent), width <= power_of_two(exponent as i32));
        }
    }

    #[test]
    fn dyadic_numbers_compare_as_their_values(
        (m, e) in (any::<i64>(), -70_i64..70),
        (n, f) in (any::<i64>(), -70_i64..70),
        x in rationals(),
        equal in any::<bool>(),
    ) {
        let a = Dyadic::new(m.into(), e).unwrap();
        let b = if equal {
            Dyadic::new(BigInt::from(m) << 5_u32, e - 5).unwrap()
        } else {
            Dyadic::new(n.into(), f).unwrap()
        };
        let (p, q) = (a.to_rational().unwrap(), b.to_rational().unwrap());
        prop_assert_eq!(a.cmp(&b), p.cmp(&q));
        prop_assert_eq!(a.cmp_rational(&x), p.cmp(&x));
        prop_assert_eq!(a.cmp_rational(&q), p.cmp(&q));
        prop_assert_eq!(Dyadic::from_rational(&p), Some(a));
    }

    #[test]
    fn rounding_goes_in_its_direction_to_the_bits_asked_for(
        m in any::<i128>(),
        e in -200_i64..200,
        bits in 1..130_u32,
    ) {
        let x = Dyadic::new(m.into(), e).unwrap();
        for direction in [Direction::Down, Direction::Up] {
            let Bound::Finite(y) = x.round(bits, direction) else { panic!("not infinite") };
            prop_assert!(direction == Direction::Up || y <= x);
            prop_assert!(direction == Direction::Down || y >= x);
            // A carry may leave a power of two with one bit more, all of them zeros.
            let zeros = y.mantissa().trailing_zeros().unwrap_or(0);
            prop_assert!(y.mantissa().bits() - zeros <= u64::from(bits));
            let error = y.to_rational().unwrap() - x.to_rational().unwrap();
            let error = if error < ratio(0, 1) { -error } else { error };
            let top = x.magnitude().unwrap_or(0) as i32;
            prop_assert!(error < power_of_two(top + 1 - bits as i32));
        }
    }

    #[test]
    fn a_summand_far_below_is_not_lost(
        m in 1_i64..1000,
        n in prop::sample::select(vec![-3_i64, -1, 1, 5]),
        gap in 40_i64..200_000_000_000,
    ) {
        let large = Enclosure::point(Dyadic::new(m.into(), 0).unwrap());
        let small = Enclosure::point(Dyadic::new(n.into(), -gap).unwrap());
        let sum = large.add(&small, 30);
        let order = sum.order_rational(&ratio(m, 1));
        // The large summand is an end at most, and the other end is on the side of the small.
        let wrong = if n > 0 { Ordering::Less } else { Ordering::Greater };
        prop_assert_ne!(order, Some(wrong));
        prop_assert!(!sum.is_point());
        prop_assert!(sum.contains(&ratio(m, 1)));
        prop_assert!(sum.relative_width_at_most(28));
    }
}

#[test]
fn intervals_decide_what_their_ends_decide() {
    let interval = |low: i64, high: i64| Enclosure::new(low.into(), high.into()).unwrap();
    assert_eq!(interval(1, 2).sign(), Some(Ordering::Greater));
    assert_eq!(interval(-2, -1).sign(), Some(Ordering::Less));
    assert_eq!(interval(0, 0).sign(), Some(Ordering::Equal));
    assert_eq!(interval(0, 1).sign(), None);
    assert_eq!(interval(-1, 0).sign(), None);
    assert_eq!(interval(1, 2).order(&interval(3, 4)), Some(Ordering::Less));
    assert_eq!(
        interval(3, 4).order(&interval(1, 2)),
        Some(Ordering::Greater)
    );
    assert_eq!(interval(1, 2).order(&interval(2, 3)), None);
    assert_eq!(interval(2, 2).order(&interval(2, 2)), Some(Ordering::Equal));
    assert_eq!(
        interval(1, 3).intersection(&interval(2, 5)),
        Some(interval(2, 3))
    );
    assert_eq!(interval(1, 2).intersection(&interval(3, 5)), None);
    assert!(interval(1, 3).encloses(&interval(1, 2)) && !interval(1, 2).encloses(&interval(1, 3)));
    assert!(Enclosure::new(2.into(), 1.into()).is_err());
    assert_eq!(
        Enclosure::sum(&[interval(1, 2), interval(3, 5)], 10),
        interval(4, 7)
    );
}

#[test]
fn division_by_what_may_be_zero_gives_an_infinite_end() {
    let interval = |low: i64, high: i64| Enclosure::new(low.into(), high.into()).unwrap();
    let half_line = interval(1, 2).div(&interval(0, 4), 10);
    assert_eq!(half_line.lower(), Ok(ratio(1, 4)));
    assert_eq!(half_line.upper_bound(), &Bound::Infinity);
    assert!(half_line.upper().is_err());
    assert_eq!(
        interval(1, 2).div(&interval(-4, 0), 10).upper(),
        Ok(ratio(-1, 4))
    );
    assert_eq!(
        interval(1, 2).div(&interval(-1, 1), 10),
        Enclosure::whole_line()
    );
    assert_eq!(
        interval(1, 2).div(&interval(0, 0), 10),
        Enclosure::whole_line()
    );
    assert_eq!(interval(0, 0).div(&interval(0, 2), 10), interval(0, 0));
}

/// Each of these would take 2^40 bits or more if it were written out.
#[test]
fn astronomical_exponents_saturate_outward() {
    let least = Dyadic::new(1.into(), -EXPONENT_LIMIT).unwrap();
    let greatest = Dyadic::new(1.into(), EXPONENT_LIMIT).unwrap();
    let vanishing = elementary::exp(&rational("-1e308"), 64).unwrap();
    assert_eq!(
        vanishing,
        Enclosure::new(Dyadic::zero(), least.clone()).unwrap()
    );
    let huge = elementary::exp(&rational("1e308"), 64).unwrap();
    assert_eq!(huge.lower_bound(), &Bound::Finite(greatest.clone()));
    assert_eq!(huge.upper_bound(), &Bound::Infinity);

    // Their powers, products and quotients stay sound and small.
    let squared = vanishing.mul(&vanishing, 64);
    assert_eq!(squared.lower_bound().sign(), Ordering::Equal);
    assert!(
        squared.upper_bound() <= &Bound::Finite(Dyadic::new(1.into(), 1 - EXPONENT_LIMIT).unwrap())
    );
    assert_eq!(huge.powi(1 << 40, 64).upper_bound(), &Bound::Infinity);
    assert_eq!(
        huge.mul(&vanishing, 64).lower_bound().sign(),
        Ordering::Equal
    );
    let sum = Enclosure::one().add(&vanishing, 64);
    assert!(sum.contains(&ratio(1, 1)) && sum.relative_width_at_most(60));
    let difference = huge.sub(&huge, 64);
    assert_eq!(difference, Enclosure::whole_line());
    assert_eq!(
        huge.order_rational(&rational("1e20000")),
        Some(Ordering::Greater)
    );
    assert_eq!(
        vanishing.order_rational(&rational("1e-20000")),
        Some(Ordering::Less)
    );
    assert!(huge.lower().is_err());
    assert!(!huge.relative_width_at_most(0) && !vanishing.relative_width_at_most(0));
    assert!(vanishing.width_at_most(-1000) && !huge.width_at_most(1000));

    // ln brings them back.
    let ln = elementary::ln_enclosure(&vanishing, 64).unwrap();
    assert_eq!(ln.lower_bound(), &Bound::NegativeInfinity);
    assert!(ln.order_rational(&rational("-7e11")) == Some(Ordering::Less));
    let ln = elementary::ln_enclosure(&huge, 64).unwrap();
    assert_eq!(
        ln.order_rational(&rational("7e11")),
        Some(Ordering::Greater)
    );
    // ln(1 + tiny) ≤ tiny.
    let ln_1p = elementary::ln_1p_enclosure(&vanishing, 64).unwrap();
    assert!(
        ln_1p.upper_bound() <= &Bound::Finite(Dyadic::new(1.into(), 1 - EXPONENT_LIMIT).unwrap())
    );
    assert_eq!(ln_1p.lower_bound().sign(), Ordering::Equal);
    assert!(Dyadic::new(1.into(), i64::MAX).is_err());
}

#[test]
fn a_precision_beyond_all_use_costs_no_memory() {
    let third = Enclosure::from_rational(&ratio(1, 3), u32::MAX);
    assert!(third.relative_width_at_most(60_000));
    assert!(third.div(&third, u32::MAX).contains(&ratio(1, 1)));
    assert!(third.powi(i64::MAX, 64).lower_bound().sign() == Ordering::Equal);
}
