//! Sources as flat lists of tokens. Comments are gone, the bodies of macros are not, and a
//! documentation comment is one string: so a word that is found is code.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token, with the line that it stands on. Brackets are tokens of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let stream: TokenStream = text.parse().expect("the file is Rust");
    let mut flat = Vec::new();
    flatten(stream, &mut flat);
    flat
}

fn flatten(stream: TokenStream, flat: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let end = group.span_close().end().line;
                flat.push(Token {
                    text: open.to_owned(),
                    line,
                });
                flatten(group.stream(), flat);
                flat.push(Token {
                    text: close.to_owned(),
                    line: end,
                });
            }
            tree => flat.push(Token {
                text: tree.to_string(),
                line,
            }),
        }
    }
}

/// Whether the tokens go on with these.
pub(super) fn begins(tokens: &[Token], with: &[&str]) -> bool {
    tokens.len() >= with.len()
        && tokens
            .iter()
            .zip(with)
            .all(|(token, text)| token.text == *text)
}

/// The number of tokens of the bracketed group that a list begins with, brackets included; if it
/// begins with none, 0.
pub(super) fn group(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if index == 0 { 0 } else { index + 1 };
        }
    }
    tokens.len()
}

/// The tokens without the inline test modules.
pub(super) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some(token) = rest.first() {
        let attribute = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
        if begins(rest, &attribute) && rest.len() > 10 && rest[9].text == "{" {
            rest = &rest[9 + group(&rest[9..])..];
        } else {
            kept.push(token.clone());
            rest = &rest[1..];
        }
    }
    kept
}

/// The body of the inline module of that name, if there is one.
pub(super) fn inline_module<'a>(tokens: &'a [Token], name: &str) -> Option<&'a [Token]> {
    let at = (0..tokens.len()).find(|&at| begins(&tokens[at..], &["mod", name, "{"]))?;
    let body = &tokens[at + 2..];
    Some(&body[..group(body)])
}

#[test]
fn test_modules_are_left_out_and_inline_modules_are_found() {
    let all =
        tokens("fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nmod c { fn d() { e!(f) } }");
    let words = |tokens: &[Token]| -> Vec<String> {
        let words = tokens.iter().map(|token| token.text.clone());
        words
            .filter(|text| text.starts_with(char::is_alphabetic))
            .collect()
    };
    assert_eq!(
        words(&without_tests(&all)),
        ["fn", "a", "mod", "c", "fn", "d", "e", "f"]
    );
    let inner = inline_module(&all, "c").expect("it is there");
    assert_eq!(words(inner), ["fn", "d", "e", "f"]);
    assert_eq!(inner[0].line, 4);
    assert_eq!(inline_module(&all, "x"), None);
}
