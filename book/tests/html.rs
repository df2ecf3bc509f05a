//! Reading built pages: elements and their attributes, as much as the checks need.

/// A start tag with its attributes.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// What follows it up to the next tag: of a script or a style, its text.
    pub(crate) text: String,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The start tags of a page, in order; comments are left out.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, after) = tag(rest);
            rest = after;
            found.push(tag);
        }
    }
    found
}

/// The tag that a text begins with, and what follows it.
fn tag(text: &str) -> (Tag, &str) {
    let ends = |c: char| c.is_whitespace() || c == '>' || c == '/';
    let (name, mut rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        if rest.is_empty() {
            break;
        }
        let ends = |c: char| c.is_whitespace() || c == '>' || c == '=';
        let (key, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let (value, after) = match after.strip_prefix('=') {
            Some(value) => value_of(value),
            None => ("", after),
        };
        attributes.push((key.to_owned(), value.replace("&amp;", "&")));
        rest = after;
    }
    let close = match name {
        "script" => "</script",
        "style" => "</style",
        _ => "<",
    };
    let text = &rest[..rest.find(close).unwrap_or(rest.len())];
    let raw = if close == "<" { 0 } else { text.len() };
    (
        Tag {
            name: name.to_owned(),
            attributes,
            text: text.to_owned(),
        },
        &rest[raw..],
    )
}

fn value_of(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_at(
            text.find(|c: char| c.is_whitespace() || c == '>')
                .unwrap_or(0),
        ),
    }
}

#[test]
fn tags_and_attributes_are_read() {
    let page = "<!-- <a href=no> --><p id=one>x<a class='b c' href=\"u?a&amp;b\">y</a><br/>\
                <script>if (1<a) {}</script>";
    let tags = tags(page);
    let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["p", "a", "br", "script"]);
    assert_eq!(tags[0].attribute("id"), Some("one"));
    assert_eq!(tags[1].attribute("href"), Some("u?a&b"));
    assert_eq!(tags[1].text, "y");
    assert_eq!(tags[3].text, "if (1<a) {}");
}
