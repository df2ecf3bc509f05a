//! Who may use whom. The two floors know neither each other nor the losses; in a loss's file the
//! exact twin uses nothing of `kernel`, and the fast twin nothing of `exact`.

use super::catalogue::{files_of, losses};
use super::tokens::{Token, begins, group, inline_module, tokens};
use super::{Source, assert_none, sources};

/// What one floor must not name, and what of the crate's root it may.
struct Rule {
    forbidden: [&'static str; 3],
    from_root: [&'static str; 3],
}

const EXACT: Rule = Rule {
    forbidden: ["kernel", "losses", "exact_loss"],
    from_root: ["exact", "error", "Error"],
};
const KERNEL: Rule = Rule {
    forbidden: ["exact", "losses", "exact_loss"],
    from_root: ["kernel", "error", "Error"],
};

/// What a file of a floor uses although the rule forbids it.
fn strangers(source: &Source, rule: &Rule) -> Vec<String> {
    let tokens = tokens(&source.text);
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: &str| {
        faults.push(format!("{}:{line}: {what}", source.path));
    };
    // The depth of the module in the crate's tree, and where the inline modules around end.
    let mut depth = source.module().split('/').count();
    let mut ends = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let rest = &tokens[at..];
        if ends.last() == Some(&at) {
            ends.pop();
            depth -= 1;
        }
        if token.text == "mod" && rest.len() > 2 && rest[2].text == "{" {
            ends.push(at + 2 + group(&rest[2..]));
            depth += 1;
        }
        if rule.forbidden.contains(&token.text.as_str()) {
            fault(token.line, &format!("uses {}", token.text));
        }
        if token.text == "crate" && begins(&rest[1..], &[":", ":"]) {
            for root in first_names(&rest[3..]) {
                if !rule.from_root.contains(&root.as_str()) {
                    fault(token.line, &format!("uses crate::{root}"));
                }
            }
        }
        let climbs = (0..).take_while(|n| begins(&rest[(3 * n).min(rest.len())..], &["super"]));
        if climbs.count() >= depth {
            fault(
                token.line,
                "climbs to the crate's root by super; write crate",
            );
        }
    }
    faults
}

/// The first names of a path, or of each path of a group in braces.
fn first_names(tokens: &[Token]) -> Vec<String> {
    let size = group(tokens);
    if size == 0 {
        return tokens
            .iter()
            .take(1)
            .map(|token| token.text.clone())
            .collect();
    }
    let mut names = Vec::new();
    let mut at = 1;
    let mut expected = true;
    while at + 1 < size {
        if expected {
            names.push(tokens[at].text.clone());
        }
        expected = tokens[at].text == ",";
        at += group(&tokens[at..]).max(1);
    }
    names
}

#[test]
fn the_exact_floor_uses_neither_kernels_nor_losses() {
    assert_none(
        sources("src/exact")
            .iter()
            .flat_map(|source| strangers(source, &EXACT)),
    );
}

#[test]
fn the_kernels_use_neither_the_exact_floor_nor_losses() {
    assert_none(
        sources("src/kernel")
            .iter()
            .flat_map(|source| strangers(source, &KERNEL)),
    );
}

#[test]
fn strangers_are_found_however_they_come_in() {
    let found = |text: &str| strangers(&Source::new("src/exact/real.rs", text), &EXACT).len();
    assert_eq!(
        found("use crate::{Error, exact::{Real, round}}; use super::Real;"),
        0
    );
    assert_eq!(
        found("//! As the kernel does.\n/// See losses.\nfn a() {}"),
        0
    );
    assert_eq!(
        found("mod tests { use super::*; use super::super::round; }"),
        0
    );
    for text in [
        "use crate::kernel::Float;",
        "use crate::{exact::Real, losses::Loss};",
        "use crate::{\n    exact::{Real, round},\n    Scalar,\n};",
        "use crate::*;",
        "use super::super::Scalar;",
        "mod tests { use super::super::super::Scalar; }",
        "fn a() { b!(crate::kernel::c()) }",
        "fn a() -> exact_loss::Scalar { b }",
    ] {
        assert!(found(text) > 0, "not found: {text}");
    }
}

/// What of the other floor the twins of a loss use, and which twin is missing. A twin is an
/// inline module of one of the loss's files, or a file of its own in the loss's folder.
fn mixed_twins(loss: &str, files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (twin, other) in [("exact_twin", "kernel"), ("fast_twin", "exact")] {
        let mut found = false;
        for file in files {
            let tokens = tokens(&file.text);
            let (body, outside) = if file.module().split('/').any(|part| part == twin) {
                (&tokens[..], Vec::new())
            } else if let Some(body) = inline_module(&tokens, twin) {
                (body, imported_from(&outside_of_twins(&tokens), other))
            } else {
                continue;
            };
            found = true;
            for token in body
                .iter()
                .filter(|t| t.text == other || outside.contains(&t.text))
            {
                let (path, line, text) = (&file.path, token.line, &token.text);
                faults.push(format!("{path}:{line}: {twin} uses {text} of {other}"));
            }
        }
        if !found {
            faults.push(format!("{loss}: no module {twin}"));
        }
        // What a glob brings in has no name here, so nothing could forbid it.
        for file in files {
            if imported_from(&tokens(&file.text), other)
                .iter()
                .any(|name| name == "*")
            {
                faults.push(format!("{}: a glob of {other}", file.path));
            }
        }
    }
    faults
}

fn outside_of_twins(tokens: &[Token]) -> Vec<Token> {
    let twins = ["exact_twin", "fast_twin"].map(|twin| inline_module(tokens, twin));
    let inside = |token: &Token| {
        twins
            .iter()
            .flatten()
            .any(|body| body.as_ptr_range().contains(&std::ptr::from_ref(token)))
    };
    tokens
        .iter()
        .filter(|token| !inside(token))
        .cloned()
        .collect()
}

/// The names that a file imports from a floor, or `*`: whatever stands in a `use` of it.
fn imported_from(tokens: &[Token], floor: &str) -> Vec<String> {
    let mut names = Vec::new();
    for at in (0..tokens.len()).filter(|&at| tokens[at].text == "use") {
        let end = tokens[at..].iter().position(|token| token.text == ";");
        let item = &tokens[at..at + end.unwrap_or(tokens.len() - at)];
        let Some(from) = item.iter().position(|token| token.text == floor) else {
            continue;
        };
        let part = &item[from + 1..];
        // In a group of several modules the floor's part ends with its braces or at a comma.
        let end = if begins(part, &[":", ":", "{"]) {
            2 + group(&part[2..])
        } else {
            part.iter()
                .position(|token| token.text == ",")
                .unwrap_or(part.len())
        };
        let is_name = |text: &str| text == "*" || text.starts_with(char::is_alphabetic);
        let words = part[..end].iter().map(|token| token.text.clone());
        names.extend(words.filter(|word| is_name(word) && word != "as" && word != "self"));
    }
    names
}

#[test]
fn the_twins_meet_in_no_loss() {
    assert_none(
        losses()
            .iter()
            .flat_map(|loss| mixed_twins(loss, &files_of(loss))),
    );
}

#[test]
fn a_twin_that_uses_the_other_floor_is_found() {
    let faults = |imports: &str, exact: &str, fast: &str| {
        let text = format!("{imports} mod exact_twin {{ {exact} }} mod fast_twin {{ {fast} }}");
        mixed_twins("fixture", &[Source::new("src/losses/fixture.rs", &text)]).len()
    };
    let imports = "use crate::exact::{Real, Lift as Exact}; use crate::kernel::log_sum_exp as lse;";
    assert_eq!(
        faults(
            imports,
            "fn a() -> super::Real {}",
            "fn b() { super::lse() }"
        ),
        0
    );
    assert_eq!(faults(imports, "fn a() { super::lse() }", ""), 1);
    assert_eq!(faults(imports, "", "use super::Exact;"), 1);
    assert_eq!(faults("", "use crate::kernel::Float;", ""), 1);
    assert_eq!(faults("", "", "fn b() { crate::exact::c() }"), 1);
    assert_eq!(
        faults("", "use crate::exact::a;", "use crate::kernel::a;"),
        0
    );
    let (glob, fine) = (
        "use crate::{exact::Real, kernel::*};",
        "use crate::{kernel::a, exact::b};",
    );
    assert_eq!(faults(glob, "", ""), 1);
    assert_eq!(faults(fine, "use super::b;", "use super::a;"), 0);

    let file = |path: &str, text: &str| Source::new(&format!("src/losses/fixture/{path}"), text);
    let folder = [
        file("mod.rs", "mod exact_twin; mod fast_twin;"),
        file("exact_twin.rs", ""),
    ];
    assert_eq!(
        mixed_twins("fixture", &folder),
        ["fixture: no module fast_twin"]
    );
    let folder = [
        folder,
        [
            file("fast_twin.rs", "use crate::exact::a;"),
            file("b.rs", ""),
        ],
    ]
    .concat();
    assert_eq!(mixed_twins("fixture", &folder).len(), 1);
}
