//! Mathematics: TeX between dollar signs becomes KaTeX's HTML with MathML, at build time.
//! Finding the formulas is the Markdown parser's work; drawing them is the style sheet's.

use std::fmt::Write;

use katex::{KatexContext, Settings, StrictMode, StrictSetting};
use pulldown_cmark::{Event, Options, Parser};

use super::{Expanded, Fault};

/// What mdBook reads as Markdown, and mathematics.
const MARKDOWN: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_MATH);

pub(super) fn render(chapter: &Expanded) -> Result<String, Vec<Fault>> {
    let context = KatexContext::default();
    let mut page = String::new();
    let mut faults = Vec::new();
    let mut done = 0;
    for (event, range) in Parser::new_ext(&chapter.text, MARKDOWN).into_offset_iter() {
        let (tex, display) = match &event {
            Event::InlineMath(tex) => (tex, false),
            Event::DisplayMath(tex) => (tex, true),
            _ => continue,
        };
        match katex::render_to_string(&context, tex, &settings(display)) {
            Ok(html) => {
                page.push_str(&chapter.text[done..range.start]);
                page.push_str(&guard(&ordered(&without_source(&html))));
                done = range.end;
            }
            Err(error) => faults.push(Fault {
                line: chapter.line_at(range.start),
                message: format!("{error} in the formula {tex}"),
            }),
        }
    }
    page.push_str(&chapter.text[done..]);
    if faults.is_empty() {
        Ok(page)
    } else {
        Err(faults)
    }
}

fn settings(display: bool) -> Settings {
    Settings::builder()
        .display_mode(display)
        .strict(StrictSetting::Mode(StrictMode::Error))
        .build()
}

/// KaTeX repeats the TeX in an annotation, which would be found by the book's search.
fn without_source(html: &str) -> String {
    match (html.find("<annotation"), html.find("</annotation>")) {
        (Some(start), Some(end)) => {
            format!("{}{}", &html[..start], &html[end + "</annotation>".len()..])
        }
        _ => html.to_owned(),
    }
}

/// KaTeX's attributes come in any order; sorted, the same chapter gives the same page.
fn ordered(html: &str) -> String {
    let mut pieces = html.split('<');
    let mut sorted = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        // Each attribute is two pieces: its name with the opening quote, its value with the other.
        let attributes: Vec<&str> = attributes.split_inclusive('"').collect();
        let pairs = attributes.chunks_exact(2);
        let mut pairs: Vec<_> = pairs.map(|pair| (pair[0].trim(), pair[1])).collect();
        pairs.sort_unstable();
        let closed = if tag.ends_with('/') && !name.ends_with('/') {
            "/"
        } else {
            ""
        };
        let pairs: String = pairs
            .iter()
            .map(|(key, value)| format!(" {key}{value}"))
            .collect();
        sorted.push_str(&format!("<{name}{pairs}{closed}>{text}"));
    }
    sorted
}

/// The HTML of a formula passes through Markdown once more: outside its tags every character
/// that Markdown could read as its own is written as an entity.
fn guard(html: &str) -> String {
    let mut guarded = String::with_capacity(html.len() * 2);
    let mut in_tag = false;
    let mut in_entity = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '&' if !in_tag => in_entity = true,
            _ => {}
        }
        if c == '\n' {
            guarded.push(' ');
        } else if in_tag || in_entity || !c.is_ascii_punctuation() {
            guarded.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(guarded, "&#{};", u32::from(c));
        }
        match c {
            '>' => in_tag = false,
            ';' => in_entity = false,
            _ => {}
        }
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(markdown: &str) -> Result<String, Vec<Fault>> {
        let mut chapter = Expanded::default();
        for (index, line) in markdown.lines().enumerate() {
            chapter.push(line, index + 1);
        }
        render(&chapter)
    }

    #[test]
    fn bad_tex_is_a_fault_with_its_line() {
        let faults = page("Text.\n\n$$\nx\n$$\n\nand $\\nonsense$\n").expect_err("bad TeX");
        assert_eq!(faults[0].line, 7);
    }

    #[test]
    fn markdown_cannot_read_into_a_formula() {
        let html = page(r"$a_1 * b_2 * [c](d) | \{e\}$").expect("it parses");
        let outside: String = html
            .split('<')
            .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
            .collect();
        assert!(
            !outside.contains(['_', '*', '[', '|', '{', '\\']),
            "{outside}"
        );
    }

    #[test]
    fn the_same_formula_gives_the_same_page() {
        let tex = r"$$\Bigl( q' \sum_i \sqrt{x_i} \Bigr)$$";
        let pages: Vec<_> = (0..20).map(|_| page(tex)).collect();
        assert!(pages.iter().all(|page| page.is_ok() && *page == pages[0]));
        let tag = r#"a<path d="M0" a="1"/><b>c</b><i z="3" y="x y">"#;
        assert_eq!(
            ordered(tag),
            r#"a<path a="1" d="M0"/><b>c</b><i y="x y" z="3">"#
        );
    }

    #[test]
    fn a_formula_may_stand_in_a_table_and_in_a_quotation() {
        let html =
            page("| a |\n|---|\n| $\\lvert x \\rvert$ |\n\n> $$\n> y\n> $$\n").expect("fine");
        assert_eq!(html.matches("class=\"katex\"").count(), 2);
        assert!(html.contains("> <span class=\"katex-display\">"));
    }

    #[test]
    fn a_price_is_no_formula() {
        assert_eq!(
            page(r"from \$5 to \$6"),
            Ok("from \\$5 to \\$6\n".to_owned())
        );
    }

    /// The notation of the article that other renderers lack.
    #[test]
    fn the_notation_of_the_article_is_known() {
        let html = page(r"$$\overline{\Delta_{J_c}}(\pmb{m}(c), \widetilde{y}) \tag{1}$$");
        assert!(html.is_ok_and(|html| html.contains("tag")));
    }
}
