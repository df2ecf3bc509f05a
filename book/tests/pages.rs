//! The pages as they are built: every link leads somewhere, and nothing is loaded from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::html::{Tag, tags};
use crate::{BUILT, files, read};

fn pages() -> BTreeMap<PathBuf, Vec<Tag>> {
    let pages = files(&BUILT, ".html").into_iter();
    pages
        .map(|path| (path.clone(), tags(&read(&path))))
        .collect()
}

fn is_elsewhere(address: &str) -> bool {
    let scheme = address
        .split([':', '/', '#', '?'])
        .next()
        .unwrap_or_default();
    address.starts_with("//") || (address[scheme.len()..].starts_with(':') && scheme != "data")
}

/// A path without its `.` and `..`, for comparison with the pages' paths.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn ids(tags: &[Tag]) -> Vec<&str> {
    tags.iter().filter_map(|tag| tag.attribute("id")).collect()
}

/// What is wrong with a link on a page, if anything.
fn broken(
    page: &Path,
    address: &str,
    fragments: &BTreeMap<&Path, BTreeSet<&str>>,
) -> Option<String> {
    let (file, fragment) = address.split_once('#').unwrap_or((address, ""));
    let folder = page.parent().expect("a page lies in a folder");
    let target = if file.is_empty() {
        page.to_path_buf()
    } else {
        plain(&folder.join(file))
    };
    if !target.is_file() {
        return Some(format!("{}: no file for {address}", page.display()));
    }
    let there = fragments.get(target.as_path());
    let found = fragment.is_empty() || there.is_some_and(|ids| ids.contains(fragment));
    (!found).then(|| format!("{}: no element for {address}", page.display()))
}

#[test]
fn every_link_and_fragment_leads_somewhere() {
    let pages = pages();
    let fragments: BTreeMap<&Path, BTreeSet<&str>> = pages
        .iter()
        .map(|(path, tags)| (path.as_path(), ids(tags).into_iter().collect()))
        .collect();
    let mut faults = Vec::new();
    let mut checked = 0;
    for (page, tags) in &pages {
        for tag in tags {
            let addresses = ["href", "src"]
                .into_iter()
                .filter_map(|name| tag.attribute(name));
            for address in addresses.filter(|address| !is_elsewhere(address)) {
                checked += 1;
                faults.extend(broken(page, address, &fragments));
            }
        }
    }
    assert!(checked > 50, "only {checked} links were found");
    assert_eq!(faults, [""; 0], "broken links");
}

#[test]
fn a_broken_link_is_found() {
    let page = BUILT.join("index.html");
    let fragments = BTreeMap::from([(page.as_path(), BTreeSet::from(["words"]))]);
    assert_eq!(broken(&page, "#words", &fragments), None);
    assert_eq!(broken(&page, "./index.html#words", &fragments), None);
    assert!(broken(&page, "#word", &fragments).is_some());
    assert!(broken(&page, "nowhere.html", &fragments).is_some());
}

#[test]
fn no_page_uses_an_id_twice() {
    for (page, tags) in pages() {
        let ids: Vec<&str> = ids(&tags);
        let different: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), different.len(), "{}: {ids:?}", page.display());
    }
}

/// What a page loads from elsewhere when it is opened, as far as its text tells.
fn loads(tags: &[Tag]) -> Vec<String> {
    let mut found = Vec::new();
    for tag in tags {
        if tag.name != "a" {
            let sources = ["src", "href", "data", "srcset", "poster", "xlink:href"];
            let sources = sources.into_iter().filter_map(|name| tag.attribute(name));
            found.extend(
                sources
                    .filter(|source| is_elsewhere(source))
                    .map(str::to_owned),
            );
        }
        found.extend(tag.attribute("style").map(style_loads).unwrap_or_default());
        match tag.name.as_str() {
            "style" => found.extend(style_loads(&tag.text)),
            "script" if tag.text.contains("http") => found.push(tag.text.clone()),
            _ => {}
        }
    }
    found
}

fn style_loads(style: &str) -> Vec<String> {
    let mut code = String::new();
    for piece in style.split("*/") {
        code.push_str(piece.split("/*").next().unwrap_or_default());
    }
    let addresses = code
        .split("url(")
        .skip(1)
        .map(|url| url.trim_start_matches(['"', '\'', ' ']));
    let mut found: Vec<String> = addresses
        .filter(|url| is_elsewhere(url))
        .map(str::to_owned)
        .collect();
    found.extend(code.contains("@import").then(|| code.clone()));
    found
}

#[test]
fn no_page_and_no_style_loads_from_elsewhere() {
    for (page, tags) in pages() {
        assert_eq!(loads(&tags), [""; 0], "{}", page.display());
    }
    for path in files(&BUILT, ".css") {
        assert_eq!(style_loads(&read(&path)), [""; 0], "{}", path.display());
    }
}

#[test]
fn loads_from_elsewhere_are_found() {
    let page = "<script src=https://a.b/c.js></script><img src='//a.b/c'><a href=http://a.b>x</a>\
                <p style=\"background: url(http://a.b)\"><script>fetch('https://a.b')</script>\
                <link href='fine.css'><img src='data:image/png;base64,x'>";
    assert_eq!(loads(&tags(page)).len(), 4);
    assert_eq!(
        style_loads("/* url(http://a) */ a { b: url('http://c') }").len(),
        1
    );
    assert_eq!(style_loads("@import 'x.css';").len(), 1);
}

/// mdBook's scripts name addresses in comments, and one server that runs the code of pages
/// which offer that. Every address is known, and no page offers it.
#[test]
fn scripts_name_no_other_address() {
    const KNOWN: [&str; 8] = [
        "https://play.rust-lang.org",
        "https://github.com/rust-lang/mdBook/",
        "https://developer.mozilla.org/",
        "https://zenorocha.github.io/",
        "https://markjs.io/",
        "https://git.io/",
        "http://weixsong.github.io",
        "http://www.w3.org/",
    ];
    for path in files(&BUILT, ".js") {
        let script = read(&path);
        // The index of the search is data: the text of the chapters.
        if script.starts_with("window.search = Object.assign") {
            continue;
        }
        let addresses = ["http://", "https://"].map(|scheme| script.match_indices(scheme));
        for (at, _) in addresses.into_iter().flatten() {
            let known = KNOWN.iter().any(|known| script[at..].starts_with(known));
            let shown: String = script[at..].chars().take(60).collect();
            assert!(known, "{}: {shown}", path.display());
        }
    }
    for (page, tags) in pages() {
        let offers = |tag: &Tag| {
            tag.attribute("class")
                .is_some_and(|class| class.contains("playground"))
        };
        assert!(
            !tags.iter().any(offers),
            "{} offers to run its code",
            page.display()
        );
    }
}
