//! The documented sections of public items: those of a loss in the agreed order, `# Errors` on
//! every public function that can fail, `# Examples` after all others but the references.

use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ImplItemFn, ItemFn, ItemStruct, Lit, Meta, ReturnType, Type, Visibility,
};

use super::catalogue::{files_of, losses, type_name};
use super::{Source, assert_none, sources};

/// The sections of a loss's documentation.
const OF_A_LOSS: [&str; 11] = [
    "Formula",
    "Shapes",
    "Domain",
    "Conventions",
    "Gradient",
    "Accuracy",
    "Complexity",
    "Errors",
    "Examples",
    "Dialects",
    "References",
];

/// The headings of a documentation, code left out.
fn sections(attributes: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in attributes
        .iter()
        .filter_map(documented)
        .flat_map(|text| lines(&text))
    {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if let (Some(title), false) = (line.trim_start().strip_prefix("# "), in_code) {
            found.push(title.trim().to_owned());
        }
    }
    found
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn documented(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

struct Reader<'a> {
    source: &'a Source,
    /// The type whose documentation is a loss's, if this is a loss's file.
    loss: Option<String>,
    /// How many losses were found.
    found: usize,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn fault(&mut self, name: &syn::Ident, what: &str) {
        let line = name.span().start().line;
        self.faults
            .push(format!("{}:{line}: {name}: {what}", self.source.path));
    }

    /// What comes after the examples of other items is what comes after a loss's.
    fn check_order(&mut self, name: &syn::Ident, sections: &[String]) {
        let mut after = sections
            .iter()
            .skip_while(|title| *title != "Examples")
            .skip(1);
        if after.any(|title| title != "Dialects" && title != "References") {
            self.fault(
                name,
                "# Examples is not the last section before the references",
            );
        }
    }

    fn check_function(
        &mut self,
        attributes: &[Attribute],
        visible: &Visibility,
        s: &syn::Signature,
    ) {
        if !matches!(visible, Visibility::Public(_)) {
            return;
        }
        let sections = sections(attributes);
        if can_fail(&s.output) && !sections.iter().any(|title| title == "Errors") {
            self.fault(&s.ident, "returns a Result and has no section # Errors");
        }
        self.check_order(&s.ident, &sections);
    }
}

fn can_fail(output: &ReturnType) -> bool {
    let ReturnType::Type(_, kind) = output else {
        return false;
    };
    let Type::Path(path) = kind.as_ref() else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "Result")
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let sections = sections(&item.attrs);
        if self.loss.as_deref() == Some(item.ident.to_string().as_str()) {
            self.found += 1;
            if sections != OF_A_LOSS {
                let got = sections.join(", ");
                self.fault(&item.ident, &format!("the sections of a loss are: {got}"));
            }
        } else if matches!(item.vis, Visibility::Public(_)) {
            self.check_order(&item.ident, &sections);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.check_function(&item.attrs, &item.vis, &item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.check_function(&item.attrs, &item.vis, &item.sig);
        visit::visit_impl_item_fn(self, item);
    }
}

/// Reads a file, and says how many losses it documents and what is wrong.
fn read_file(source: &Source, loss: Option<String>) -> (usize, Vec<String>) {
    let file = syn::parse_file(&source.text).expect("the file is Rust");
    let mut reader = Reader {
        source,
        loss,
        found: 0,
        faults: Vec::new(),
    };
    reader.visit_file(&file);
    (reader.found, reader.faults)
}

#[test]
fn public_items_have_their_sections_in_order() {
    let all = sources("src").into_iter().chain(sources("book/src"));
    let others = all.filter(|source| {
        !losses()
            .iter()
            .any(|loss| files_of(loss).iter().any(|file| file.path == source.path))
    });
    assert_none(others.flat_map(|source| read_file(&source, None).1));
}

#[test]
fn every_loss_has_its_sections_in_order() {
    for loss in losses() {
        let files = files_of(&loss);
        let read: Vec<_> = files
            .iter()
            .map(|f| read_file(f, Some(type_name(&loss))))
            .collect();
        let found: usize = read.iter().map(|(found, _)| found).sum();
        assert_eq!(found, 1, "{loss} has one struct {}", type_name(&loss));
        assert_none(read.into_iter().flat_map(|(_, faults)| faults));
    }
}

#[test]
fn wrong_sections_are_found() {
    let faults = |text: &str, loss: Option<&str>| {
        read_file(&Source::new("src/a.rs", text), loss.map(str::to_owned))
            .1
            .len()
    };
    let right: String = OF_A_LOSS
        .iter()
        .map(|title| format!("/// # {title}\n/// text\n"))
        .collect();
    assert_eq!(
        faults(&format!("{right}pub struct Focal;"), Some("Focal")),
        0
    );
    let swapped = right
        .replace("Shapes", "x")
        .replace("Domain", "Shapes")
        .replace("# x", "# Domain");
    assert_eq!(
        faults(&format!("{swapped}pub struct Focal;"), Some("Focal")),
        1
    );
    assert_eq!(faults("/// # Formula\npub struct Focal;", Some("Focal")), 1);

    let can_fail = "pub fn a() -> Result<u8, Error> { b }";
    assert_eq!(faults(can_fail, None), 1);
    assert_eq!(
        faults(&format!("/// # Errors\n/// # Examples\n{can_fail}"), None),
        0
    );
    assert_eq!(
        faults(&format!("/// # Examples\n/// # Errors\n{can_fail}"), None),
        1
    );
    assert_eq!(
        faults(
            "impl A { pub fn a() -> Result<u8> { b } fn c() -> Result<u8> { d } }",
            None
        ),
        1
    );
    assert_eq!(
        faults(
            "/// # Examples\n/// ```\n/// # Errors\n/// ```\npub fn a() {}",
            None
        ),
        0
    );
}
