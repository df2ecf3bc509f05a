//! No floating-point arithmetic on the exact floor. Outside tests a float type may be named
//! only as the type that a trait is implemented for; there its bits may be read and made, and
//! no operator stands in a body. What has no float type in it cannot compute with floats.

use super::tokens::{Token, begins, group, tokens, without_tests};
use super::{Source, assert_none, sources};

/// Ways to a float that do not name its type.
const CONVERSIONS: [&str; 5] = ["to_f64", "to_f32", "from_f64", "from_f32", "from_float"];

fn float_arithmetic(source: &Source) -> Vec<String> {
    if source.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let tokens = without_tests(&tokens(&source.text));
    let mut faults = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (before, rest) = (&tokens[..at], &tokens[at..]);
        let text = token.text.as_str();
        if text == "f32" || text == "f64" {
            let implemented = before.last().is_some_and(|token| token.text == "for")
                && begins(&rest[1..], &["{"]);
            if implemented {
                faults.extend(operators(source, &rest[1..]));
            } else {
                faults.push(format!("{}:{}: names {text}", source.path, token.line));
            }
        } else if CONVERSIONS.contains(&text) || (is_float_literal(text) && !is_field(before)) {
            faults.push(format!("{}:{}: uses {text}", source.path, token.line));
        }
    }
    faults
}

/// The operators in the bodies of the functions of an implementation.
fn operators(source: &Source, tokens: &[Token]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut body = 0..0;
    for at in 1..group(tokens) {
        let token = &tokens[at];
        if token.text == "{" && at >= body.end {
            body = at..at + group(&tokens[at..]);
        }
        let dereference = token.text == "*" && begins(&tokens[at + 1..], &["self"]);
        let operator = ["+", "-", "*", "/", "%"].contains(&token.text.as_str());
        if body.contains(&at) && operator && !dereference {
            faults.push(format!(
                "{}:{}: {} on a float",
                source.path, token.line, token.text
            ));
        }
    }
    faults
}

/// After a dot, `1.0` is two fields of tuples.
fn is_field(before: &[Token]) -> bool {
    before.last().is_some_and(|token| token.text == ".")
}

fn is_float_literal(text: &str) -> bool {
    let text = text.trim_end_matches("usize").trim_end_matches("isize");
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let based = text.starts_with("0x") || text.starts_with("0b") || text.starts_with("0o");
    let suffix = text.ends_with("f32") || text.ends_with("f64");
    digits && !based && (suffix || text.contains('.') || text.contains(['e', 'E']))
}

#[test]
fn the_exact_floor_has_no_float_arithmetic() {
    assert_none(sources("src/exact").iter().flat_map(float_arithmetic));
}

#[test]
fn float_arithmetic_is_found() {
    let found = |text: &str| float_arithmetic(&Source::new("src/exact/a.rs", text)).len();
    for fine in [
        "impl Format for f64 { const LEAST: i32 = -1022; fn a(self) -> u64 { self.to_bits() } }",
        "impl Lift for f32 { fn lift(&self) -> Option<u64> { lift(*self) } }",
        "/// `1.5_f64 + 2.0`\nfn a(b: u64) -> u64 { 2 * b + 0xe5 - 1_usize }",
        "fn a(b: C) { b.1.0 }",
        "#[cfg(test)]\nmod tests { fn a() -> f64 { 1.0 + 2.0 } }",
    ] {
        assert_eq!(found(fine), 0, "{fine}");
    }
    for wrong in [
        "fn a(b: f64) {}",
        "fn a(b: u64) { let c = b as f64; }",
        "fn a() { let b = 2.5; }",
        "fn a() { let b = 1e300; }",
        "fn a() { b.to_f64() }",
        "fn a() { f64::from_bits(1) }",
        "impl Lift for f64 { fn a(&self) { *self * *self } }",
        "macro_rules! a { () => { 1f32 } }",
    ] {
        assert!(found(wrong) > 0, "not found: {wrong}");
    }
}
