//! The article's ledger: each statement with its tag, and what is true of it. Which chapter treats
//! a tag is not written here but found in the chapters, which name their tags.

use std::fs;

use mdbook_preprocessor::errors::Result;

use super::Item;
use crate::root;

pub(super) const ITEMS: &[Item] = &[
    Item::table("errata-cross-entropy", || table("CE-")),
    Item::table("errata-kl-divergence", || table("KL-")),
    Item::table("errata-binary-cross-entropy", || table("BCE-")),
    Item::table("errata-balanced-cross-entropy", || table("BAL-")),
    Item::table("errata-focal", || table("FL-")),
    Item::table("errata-lovasz", || table("LOV-")),
];

/// One statement of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row {
    /// Its name in the chapters.
    pub tag: &'static str,
    /// What the article says.
    pub says: &'static str,
    /// What is true.
    pub truth: &'static str,
}

const fn row(tag: &'static str, says: &'static str, truth: &'static str) -> Row {
    Row { tag, says, truth }
}

/// Every statement, in the article's order.
pub const LEDGER: &[Row] = &[
    row(
        "CE-1",
        r"$\mathrm{H}_p(q) = \sum q \log_2 \frac1p$",
        r"The definition, in bits. The base is a parameter; nats are bits times $\ln 2$.",
    ),
    row(
        "CE-2",
        "The more $p$ and $q$ differ, the larger the cross entropy compared to the entropy of $p$",
        r"**Erratum.** Compared to the entropy of $q$. Compared to that of $p$ it can be smaller.",
    ),
    row(
        "CE-3",
        r"$L = -\frac1N \sum_x \sum_c y \log_2 p$, with $q(y \vert x) = \frac1N$",
        r"The mean over the samples. $\frac1N$ is the joint weight of sample and class; the conditional one is 1.",
    ),
    row(
        "CE-4",
        "The example gives 0.36, 0.92, 2.30 and the mean 1.19",
        r"**Erratum.** In nats, not in bits as the formula says. The mean is one of rounded values, which here is harmless.",
    ),
    row(
        "KL-1",
        r"$D = -\sum q \log p + \sum p \log p = \mathrm{H}_p(q) - \mathrm{H}(p)$",
        r"**Erratum.** $\sum q \log q$ and $\mathrm{H}(q)$. As printed it can be negative.",
    ),
    row(
        "KL-2",
        "With fixed labels, the divergence and cross entropy are equivalent for training",
        r"True with $q$ the labels: the gradients are equal exactly.",
    ),
    row(
        "KL-3",
        "The divergence measures the distance between distributions",
        r"**Erratum.** It is $\ge 0$, and 0 only at $p = q$, but neither symmetric nor does it obey the triangle inequality.",
    ),
    row(
        "BCE-1",
        r"$P_\theta(y) = \theta^y (1 - \theta)^{1-y}$",
        "The Bernoulli law, in both cases.",
    ),
    row(
        "BCE-2",
        r"$l(\theta) = \sum \bigl( y \log\theta + (1-y) \log(1-\theta) \bigr)$",
        "The logarithm of the product, as one log form.",
    ),
    row(
        "BCE-3",
        r"$l(\theta)$ is exactly the cross entropy",
        r"**Erratum.** $-l(\theta)$ is, summed over the samples. It is least at the mean of $y$.",
    ),
    row(
        "BAL-1",
        r"Three forms of the loss: with sums, by cases, and as $-\log p_t$",
        r"Equal for $y \in \{0, 1\}$.",
    ),
    row(
        "BAL-2",
        r"$-\alpha_t \log p_t$ with $\alpha_t = \alpha$ or $1 - \alpha$",
        "As printed.",
    ),
    row(
        "BAL-3",
        r"$\alpha / (1 - \alpha) = n/m$ for $n$ negatives and $m$ positives",
        r"$\alpha = n/(n+m)$, and both classes carry the same total weight, $mn/(n+m)$.",
    ),
    row(
        "BAL-4",
        "Balanced cross entropy does not separate easy from hard examples",
        r"The weight within a class does not depend on $p_t$.",
    ),
    row(
        "FL-1",
        r"$\mathrm{FL}(p_t) = (1 - p_t)^\gamma \log p_t$",
        "**Erratum.** The minus sign is missing: as printed the loss is never positive.",
    ),
    row(
        "FL-2",
        r"$\gamma = 0$ is cross entropy; a larger $\gamma$ raises the contribution of hard examples",
        r"The *relative* contribution. Each value falls as $\gamma$ grows, since $(1 - p_t)^\gamma \le 1$.",
    ),
    row(
        "FL-3",
        r"$\alpha_t$ as a vector of inverse class frequencies",
        "For two classes that of BAL-3, up to a factor.",
    ),
    row(
        "FL-4",
        r"A figure for $\gamma = 0, 0.5, 1, 2, 5$",
        "Redrawn from the crate, with rational $\\gamma$.",
    ),
    row(
        "LOV-1",
        r"$J_c$ is intersection over union, and $\Delta = 1 - J_c \in [0, 1]$",
        r"With $\Delta = 0$ for a class that both lack, where the quotient is $0/0$.",
    ),
    row(
        "LOV-2",
        r"$\Delta = \vert M \vert / \vert \{y^* = c\} \cup M \vert$",
        "An identity of sets.",
    ),
    row(
        "LOV-3",
        r"$\Delta$ is submodular",
        "True, and monotone too. The Dice loss is not submodular.",
    ),
    row(
        "LOV-4",
        r"$\bar\Delta = \sum m_i g_i(m)$, sorted so that $x_{\pi_1} \ge x_{\pi_2} \ge \dots$",
        r"**Erratum.** It is the $m$ that are sorted, and $g$ belongs to a position: $\bar\Delta = \sum_i m_{\pi_i} \bigl( \Delta(\{\pi_1..\pi_i\}) - \Delta(\{\pi_1..\pi_{i-1}\}) \bigr)$.",
    ),
    row(
        "LOV-5",
        r"$\bar\Delta$ extends $\Delta$",
        "True: they agree exactly on every vertex.",
    ),
    row(
        "LOV-6",
        r"Continuous and piecewise linear, with the derivative $g$",
        "True where no two errors are equal. At ties $g$ is one subgradient of many.",
    ),
    row(
        "LOV-7",
        r"With softmax, $m_i(c) = 1 - f_i(c)$ or $f_i(c)$, and the mean over the classes",
        "As printed, over all classes, those present, or a list.",
    ),
    row(
        "LOV-8",
        "Four steps of code for the multi-class loss",
        "**Erratum.** They are those of the binary Lovász hinge, whose errors are built from \
         labels of ±1; step 2 is the curve of the Jaccard loss.",
    ),
];

/// The chapters that name the tag, with their titles: `("cross-entropy.md", "Cross entropy")`.
///
/// # Errors
///
/// A chapter that cannot be read.
///
/// # Examples
///
/// ```
/// let chapters = book::computed::errata::chapters_that_treat("KL-1")?;
/// assert_eq!(chapters[0].0, "kl-divergence.md");
/// # Ok::<(), book::Error>(())
/// ```
pub fn chapters_that_treat(tag: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("chapters"))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if !name.ends_with(".md") || ["building.md", "SUMMARY.md"].contains(&name) {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        if names(&text, tag) {
            let title = text.lines().next().unwrap_or_default();
            let title = title.trim_start_matches(['#', ' ']).to_owned();
            found.push((name.to_owned(), title));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the tag occurs, and not as a part of another: `BCE-1` does not name `CE-1`.
fn names(text: &str, tag: &str) -> bool {
    text.match_indices(tag).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + tag.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The rows whose tags begin so, as a list: a table of so much text does not fit narrow windows.
fn table(family: &str) -> Result<String> {
    let mut list = String::new();
    for Row { tag, says, truth } in LEDGER.iter().filter(|row| row.tag.starts_with(family)) {
        let links: Vec<String> = chapters_that_treat(tag)?
            .iter()
            .map(|(file, title)| format!("[{title}]({file})"))
            .collect();
        list.push_str(&format!(
            "* **{tag}** *The article:* {says}.\n\n  *The truth:* {truth}"
        ));
        if !links.is_empty() {
            list.push_str(&format!(" *Shown in* {}.", links.join(", ")));
        }
        list.push_str("\n\n");
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_longer_tag_is_no_tag() {
        assert!(names("Erratum (CE-1).", "CE-1") && names("<!-- ledger: CE-1 -->", "CE-1"));
        assert!(!names("BCE-1", "CE-1") && !names("CE-12", "CE-1"));
    }
}
