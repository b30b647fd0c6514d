//! A manifest as text: read with the place of every part, and held against the table of keys, so
//! that whatever is wrong is told with its line and column.

use super::{
    form::{Form, Key, Section, sent_header_problem},
    keys::ROOT,
    words::{self, MOST_PATTERNS},
};
use std::{fmt, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The largest manifest, in bytes.
pub const LARGEST: usize = 128 * 1024;

/// The most problems told of one manifest.
const MOST: usize = 50;

/// How deep a JSON body may be nested.
const DEEPEST: usize = 12;

/// Something wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// Which part, `operation.0.request.path`; empty where it is the whole.
    pub at: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.message)
    }
}

/// A parsed text and what was found wrong with it.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Option<Spanned<DeTable<'t>>>,
    problems: Vec<Problem>,
    /// How many patterns were seen so far.
    patterns: usize,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> Document<'t> {
    /// Read a text and hold it against the table of keys.
    pub(super) fn read(text: &'t str) -> Self {
        let mut document = Self { text, root: None, problems: Vec::new(), patterns: 0 };
        if text.len() > LARGEST {
            document.tell(0..0, "", format!("is larger than {LARGEST} bytes; split it"));
            return document;
        }
        match DeTable::parse(text) {
            Ok(root) => {
                document.section(&ROOT, root.get_ref(), root.span(), "");
                document.root = Some(root);
            }
            Err(error) => {
                let message = error.message().lines().collect::<Vec<_>>().join("; ");
                document.tell(error.span().unwrap_or(0..0), "", message);
            }
        }
        document
    }

    /// What is wrong, from the top; none is good.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems.dedup();
        self.problems
    }

    pub(super) fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many problems have been found so far.
    pub(super) fn found(&self) -> usize {
        self.problems.len()
    }

    /// Say what is wrong with a part, `operation.0.request.path`; where it is not there itself,
    /// its nearest surrounding is shown.
    pub(super) fn wrong(&mut self, at: &str, message: impl Into<String>) {
        let span = self.root.as_ref().map_or(0..0, |root| find(root, at));
        self.tell(span, at, message.into());
    }

    /// Line and column of a part.
    pub(super) fn place(&self, at: &str) -> (usize, usize) {
        self.line_and_column(self.root.as_ref().map_or(0, |root| find(root, at).start))
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    fn tell(&mut self, span: Range<usize>, at: &str, message: String) {
        if self.problems.len() >= MOST {
            return;
        }
        let (line, column) = self.line_and_column(span.start);
        self.problems.push(Problem { line, column, at: at.to_owned(), message });
    }

    fn section(&mut self, section: &Section, table: &DeTable<'_>, span: Range<usize>, at: &str) {
        for (name, value) in table {
            let here = join(at, name.get_ref());
            match section.keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => self.form(key.form, value, &here),
                None => {
                    let message = unknown(section, name.get_ref());
                    self.tell(name.span(), &here, message);
                }
            }
        }
        for key in section.keys.iter().filter(|key| key.required) {
            if !table.contains_key(key.name) {
                let message = format!("`{}` is missing: {}", key.name, wanted(key));
                self.tell(span.clone(), at, message);
            }
        }
    }

    fn form(&mut self, form: Form, value: &Value<'_>, at: &str) {
        match (form, value.get_ref()) {
            (Form::Flag | Form::Scalar, DeValue::Boolean(_)) => {}
            (Form::Scalar, DeValue::Integer(_)) => {}
            (Form::Number(least, most), DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                if !number.is_some_and(|it| (least..=most).contains(&it)) {
                    self.tell(value.span(), at, format!("must be {}", form.wanted()));
                }
            }
            (Form::Status, DeValue::Integer(number)) => {
                let fits = number.as_str().parse().is_ok_and(|it: u16| (100..600).contains(&it));
                if !fits {
                    self.tell(value.span(), at, "must be a status from 100 to 599".to_owned());
                }
            }
            (Form::Json, _) => self.json(value, at, 0),
            (Form::Headers, DeValue::Table(table)) => self.headers(table, value.span(), at),
            (Form::Map(inner, most), DeValue::Table(table)) => {
                self.count(table.len(), most, value.span(), at);
                for (name, value) in table.iter().take(most) {
                    self.form(*inner, value, &join(at, name.get_ref()));
                }
            }
            (Form::List(inner, most), DeValue::Array(_)) => self.items(*inner, value, most, at),
            (Form::OneOrMany(inner), DeValue::Array(_)) => self.items(*inner, value, 32, at),
            (Form::OneOrMany(inner), _) => self.form(*inner, value, at),
            (Form::Pick(_), DeValue::Array(_)) => self.items(form, value, 16, at),
            (
                Form::Tables(section, most) | Form::TableOrTables(section, most),
                DeValue::Array(_),
            ) => {
                self.items(Form::Table(section), value, most, at);
            }
            (
                Form::Table(section) | Form::TableOrTables(section, _) | Form::Pick(section),
                DeValue::Table(table),
            ) => self.section(section, table, value.span(), at),
            (Form::Tables(section, _), DeValue::Table(_)) => {
                let title = section.title.split(", ").last().unwrap_or_default();
                self.tell(value.span(), at, format!("must be written as {title}"));
            }
            (_, DeValue::String(text)) => self.text(form, text, value.span(), at),
            _ => self.tell(value.span(), at, format!("must be {}", form.wanted())),
        }
    }

    /// A text, unless it holds more patterns than anybody compiles.
    fn text(&mut self, form: Form, text: &str, span: Range<usize>, at: &str) {
        let (before, more) = (self.patterns, form.patterns(text));
        self.patterns += more;
        if more == 0 || self.patterns <= MOST_PATTERNS {
            if let Some(problem) = form.text_problem(text) {
                self.tell(span, at, problem);
            }
        } else if before <= MOST_PATTERNS {
            let problem = "a manifest may hold; use `map`, `split` or `says` where they will do";
            self.tell(
                span,
                at,
                format!("is more than the {MOST_PATTERNS} patterns that {problem}"),
            );
        }
    }

    fn items(&mut self, form: Form, list: &Value<'_>, most: usize, at: &str) {
        let Some(items) = list.get_ref().as_array() else { return };
        self.count(items.len(), most, list.span(), at);
        for (nth, item) in items.iter().enumerate().take(most) {
            self.form(form, item, &join(at, &nth.to_string()));
        }
    }

    fn count(&mut self, count: usize, most: usize, span: Range<usize>, at: &str) {
        if count == 0 {
            self.tell(span, at, "is empty; leave it out".to_owned());
        } else if count > most {
            self.tell(span, at, format!("holds {count}; at most {most} are read"));
        }
    }

    fn headers(&mut self, table: &DeTable<'_>, span: Range<usize>, at: &str) {
        self.count(table.len(), 16, span, at);
        for (name, value) in table.iter().take(16) {
            let here = join(at, name.get_ref());
            if let Some(problem) = sent_header_problem(name.get_ref()) {
                self.tell(name.span(), &here, problem);
            }
            self.form(Form::Template, value, &here);
            if value.get_ref().as_str().is_some_and(|text| text.contains(|c: char| c.is_control()))
            {
                self.tell(value.span(), &here, "must be one line".to_owned());
            }
        }
    }

    /// A body: texts are templates, times have no form in JSON.
    fn json(&mut self, value: &Value<'_>, at: &str, depth: usize) {
        if depth > DEEPEST {
            let message = format!("is nested more than {DEEPEST} levels deep");
            return self.tell(value.span(), at, message);
        }
        match value.get_ref() {
            DeValue::String(text) => self.text(Form::Json, text, value.span(), at),
            DeValue::Array(items) => {
                for (nth, item) in items.iter().enumerate() {
                    self.json(item, &join(at, &nth.to_string()), depth + 1);
                }
            }
            DeValue::Table(table) => {
                for (name, item) in table {
                    self.json(item, &join(at, name.get_ref()), depth + 1);
                }
            }
            DeValue::Datetime(_) => {
                self.tell(value.span(), at, "JSON has no times; put it in quotes".to_owned());
            }
            DeValue::Float(number) if number.as_str().contains(['n', 'i']) => {
                self.tell(value.span(), at, "JSON has no such number".to_owned());
            }
            _ => {}
        }
    }
}

fn join(at: &str, name: &str) -> String {
    match at {
        "" => name.to_owned(),
        at => format!("{at}.{name}"),
    }
}

fn wanted(key: &Key) -> String {
    format!("{} ({})", key.about, key.form.wanted())
}

fn unknown(section: &Section, name: &str) -> String {
    let names = || section.keys.iter().map(|key| key.name);
    let within = if section.title.starts_with('[') { "in " } else { "" };
    match words::nearest(name, names()) {
        Some(near) => {
            format!("there is no such key {within}{}; did you mean `{near}`?", section.title)
        }
        None => {
            let all = names().collect::<Vec<_>>().join(", ");
            format!("there is no such key {within}{}; there are {all}", section.title)
        }
    }
}

/// Where a part stands, or the nearest part around it.
fn find(root: &Spanned<DeTable<'_>>, at: &str) -> Range<usize> {
    let mut span = root.span();
    let mut table: Option<&DeTable<'_>> = Some(root.get_ref());
    let mut value: Option<&Value<'_>> = None;
    let mut rest = at;
    while !rest.is_empty() {
        let step = |name: &str| match (table, value.map(Spanned::get_ref)) {
            (Some(table), _) => table.get(name),
            (None, Some(DeValue::Array(items))) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        };
        // A name of one's own may hold dots itself, so the longest that is there counts.
        let ends = rest.char_indices().filter(|(_, c)| *c == '.').map(|(end, _)| end);
        let ends: Vec<usize> = ends.chain([rest.len()]).collect();
        let Some((end, next)) =
            ends.iter().rev().find_map(|end| Some((*end, step(&rest[..*end])?)))
        else {
            break;
        };
        span = next.span();
        table = next.get_ref().as_table();
        value = Some(next);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    span
}
