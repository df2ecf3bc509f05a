//! A report as one JSON object. As text and as Markdown it is written in `report`.

use super::super::report::{Failure, NO_PROOF, Report, Shown, Sums, Worst};
use super::super::{Dtype, Fault};
use super::write::text;

/// Writes a report as a line, without the end of line.
pub fn write_report(report: &Report, out: &mut String) {
    let mut object = Object::new(out);
    object.number("status", report.exit_status().into());
    object.text("conclusion", &report.conclusion());
    object.text("limitation", NO_PROOF);
    object.text("max_ulps", &report.limit.to_string());
    if let Some(dialect) = &report.dialect {
        object.text("dialect", dialect);
    }
    object.number("unreadable", report.unreadable);
    object.key("total");
    sums(&report.total, object.out);
    object.key("by_loss");
    list(&report.by_loss, object.out, |((loss, dtype), of), out| {
        let mut object = Object::new(out);
        object.text("loss", loss);
        object.text("dtype", dtype.name());
        object.key("sums");
        sums(of, object.out);
        object.end();
    });
    object.key("by_tag");
    list(&report.by_tag, object.out, |(tag, of), out| {
        let mut object = Object::new(out);
        object.text("tag", tag);
        object.key("sums");
        sums(of, object.out);
        object.end();
    });
    object.key("failures");
    list(report.failures.values(), object.out, failure);
    object.key("dialects");
    list(
        report.agreeing_dialects(),
        object.out,
        |(dialect, tried), out| {
            let mut object = Object::new(out);
            object.text("loss", dialect.loss);
            object.text("dialect", dialect.name);
            object.text("note", dialect.note);
            object.number("right", tried.right);
            object.number("not", tried.not);
            object.end();
        },
    );
    object.key("notes");
    list(report.notes(), object.out, |note, out| text(&note, out));
    object.end();
}

fn sums(of: &Sums, out: &mut String) {
    let mut object = Object::new(out);
    object.number("judged", of.judged);
    object.number("within", of.within);
    object.number("outside", of.outsides());
    object.key("outside_by_class");
    let mut classes = Object::new(object.out);
    for (name, &count) in Fault::NAMES.iter().zip(&of.outside) {
        if count > 0 {
            classes.number(name, count);
        }
    }
    classes.end();
    object.number("undecided", of.undecided);
    object.number("unjudged", of.unjudged);
    object.number("scaled", of.scaled);
    object.number("gradients", of.gradients);
    object.number("without_gradient", of.without_gradient);
    for (name, worst) in [
        ("worst_value", &of.worst_value),
        ("worst_gradient", &of.worst_gradient),
    ] {
        if let Some(Worst { case, number, .. }) = worst {
            object.key(name);
            let mut inner = Object::new(object.out);
            inner.text("id", &case.id);
            inner.got(case.dtype, number);
            inner.exact(case.dtype, &worst.as_ref().map(Worst::exact));
            inner.end();
        }
    }
    object.end();
}

fn failure(failure: &Failure, out: &mut String) {
    let Failure {
        count,
        case,
        part,
        fault,
        number,
        note,
    } = failure;
    let mut object = Object::new(out);
    object.text("loss", case.entry.name);
    object.text("part", part);
    object.text("class", fault.name());
    object.number("count", *count);
    object.key("case");
    super::write_case(case, object.out);
    match fault {
        Fault::Shape { got, wanted } => {
            object.text("got", &format!("shape {got:?}"));
            object.text("wanted", &format!("shape {wanted:?}"));
        }
        Fault::Unreadable(reason) => object.text("got", reason),
        _ => {}
    }
    if let Some(number) = number {
        object.got(case.dtype, number);
    }
    object.exact(case.dtype, &Some(failure.exact()));
    if let Some(note) = note {
        object.text("note", note);
    }
    object.end();
}

fn list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push('[');
    for (i, item) in items.into_iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        write(item, out);
    }
    out.push(']');
}

/// An object that is being written.
struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
        }
    }

    fn key(&mut self, name: &str) {
        self.out.push_str(if self.is_empty { "" } else { "," });
        self.is_empty = false;
        text(name, self.out);
        self.out.push(':');
    }

    fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        text(value, self.out);
    }

    fn number(&mut self, name: &str, value: u64) {
        self.key(name);
        self.out.push_str(&value.to_string());
    }

    fn float(&mut self, name: &str, dtype: Dtype, value: f64) {
        self.key(name);
        dtype.write(value, self.out);
    }

    fn got(&mut self, dtype: Dtype, number: &super::super::judge::Number) {
        self.key("index");
        list(&number.index, self.out, |at, out| {
            out.push_str(&at.to_string());
        });
        self.float("got", dtype, number.got);
        if let Some((lower, upper)) = number.ulps {
            self.key("ulps");
            list([lower, upper], self.out, |x, out| Dtype::F64.write(x, out));
        }
        self.float("limit", Dtype::F64, number.limit);
    }

    fn exact(&mut self, dtype: Dtype, shown: &Option<Shown>) {
        let Some(Shown {
            expression,
            nearest,
        }) = shown
        else {
            return;
        };
        if let Some(expression) = expression {
            self.text("exact", expression);
        }
        if let Some(nearest) = nearest {
            self.float("nearest", dtype, *nearest);
        }
    }

    fn end(self) {
        self.out.push('}');
    }
}
