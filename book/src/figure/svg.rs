//! Writing SVG: numbers, text, and the frame of a figure. No geometry.

/// A coordinate with two decimals; never a negative zero.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" {
        "0.00".to_owned()
    } else {
        text
    }
}

/// Points as `x,y x,y`.
pub(super) fn points(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let pairs: Vec<String> = points
        .into_iter()
        .map(|(x, y)| format!("{},{}", number(x), number(y)))
        .collect();
    pairs.join(" ")
}

/// A number of a tick or a label: fixed decimals and a true minus sign.
pub(super) fn label(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text
        .trim_start_matches('-')
        .chars()
        .all(|c| c == '0' || c == '.');
    if zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// Text for an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A text element; `class` says how it is anchored.
pub(super) fn text(x: f64, y: f64, class: &str, content: &str) -> String {
    let (x, y) = (number(x), number(y));
    format!(
        "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>\n",
        escape(content)
    )
}

/// Text that runs upwards, centred on a point.
pub(super) fn turned_text(x: f64, y: f64, content: &str) -> String {
    let (x, y, content) = (number(x), number(y), escape(content));
    format!(
        "<text transform=\"translate({x} {y}) rotate(-90)\" class=\"middle\">{content}</text>\n"
    )
}

/// A line element.
pub(super) fn line(from: (f64, f64), to: (f64, f64), class: &str) -> String {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
    format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\"/>\n")
}

/// The whole figure, named and described for those who do not see it.
pub(super) fn frame(title: &str, description: &str, size: (f64, f64), body: &str) -> String {
    let slug: String = title
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let (width, height) = (number(size.0), number(size.1));
    format!(
        "<svg class=\"figure\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{slug}-title {slug}-desc\">\n\
         <title id=\"{slug}-title\">{}</title>\n<desc id=\"{slug}-desc\">{}</desc>\n\
         {body}</svg>",
        escape(title),
        escape(description)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_fixed_decimals_and_no_negative_zero() {
        assert_eq!(number(-0.001), "0.00");
        assert_eq!(label(-0.04, 1), "0.0");
        assert_eq!(label(-1.5, 2), "−1.50");
    }

    #[test]
    fn text_cannot_open_a_tag() {
        assert_eq!(
            text(0.0, 0.0, "a", "p < 1 & q"),
            "<text x=\"0.00\" y=\"0.00\" class=\"a\">p &lt; 1 &amp; q</text>\n"
        );
    }
}
