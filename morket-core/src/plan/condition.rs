//! `run_if`: which rows a plan is for. A small language without loops, calls or surprises.
//!
//! ```text
//! company_domain != null && (country == "DE" || employee_count >= 50)
//! ```
//!
//! A field alone is true when it is known. What cannot be compared is not equal, and neither
//! smaller nor larger.

use crate::{Error, Result, field::text, name::FieldName};
use serde_json::{Number, Value};
use std::cmp::Ordering;

/// How deep parentheses and `!` may go.
const DEPTH: usize = 32;

/// How long a condition may be.
const LENGTH: usize = 2_000;

/// A condition on what is known of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Known(Term),
    Compare(Term, Operator, Term),
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Field(FieldName),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Condition {
    /// Read a condition, or say where it is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > LENGTH {
            return Err(Error::invalid("plan", "run_if", "is longer than 2,000 characters"));
        }
        let mut reader = Reader { text, at: 0, depth: 0 };
        let node = reader.any()?;
        reader.space();
        match reader.rest().is_empty() {
            true => Ok(Self(node)),
            false => Err(reader.wrong("the condition should end here")),
        }
    }

    /// The fields it looks at.
    pub fn fields(&self) -> Vec<&FieldName> {
        let mut fields = Vec::new();
        self.0.fields(&mut fields);
        fields
    }

    /// Whether it holds, by what is known.
    pub fn holds<'a>(&self, known: &dyn Fn(&FieldName) -> Option<&'a Value>) -> bool {
        self.0.holds(known)
    }
}

impl Node {
    fn fields<'a>(&'a self, found: &mut Vec<&'a FieldName>) {
        let mut term = |it: &'a Term| {
            if let Term::Field(name) = it {
                found.push(name);
            }
        };
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|it| it.fields(found)),
            Self::Not(node) => node.fields(found),
            Self::Known(it) => term(it),
            Self::Compare(left, _, right) => {
                term(left);
                term(right);
            }
        }
    }

    fn holds<'a>(&self, known: &dyn Fn(&FieldName) -> Option<&'a Value>) -> bool {
        let value = |term: &Term| -> Value {
            match term {
                Term::Field(name) => known(name).cloned().unwrap_or(Value::Null),
                Term::Value(value) => value.clone(),
            }
        };
        match self {
            Self::All(nodes) => nodes.iter().all(|it| it.holds(known)),
            Self::Any(nodes) => nodes.iter().any(|it| it.holds(known)),
            Self::Not(node) => !node.holds(known),
            Self::Known(term) => !matches!(value(term), Value::Null | Value::Bool(false)),
            Self::Compare(left, operator, right) => operator.compares(&value(left), &value(right)),
        }
    }
}

impl Operator {
    fn compares(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::Number(left), Value::Number(right)) => numbers(left, right),
            (Value::String(left), Value::String(right)) => Some(folded(left).cmp(&folded(right))),
            _ => (left == right).then_some(Ordering::Equal),
        };
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::More => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

fn numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Texts are compared as people read them: without case and stray spaces.
fn folded(told: &str) -> String {
    text::clean(told).to_lowercase()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn wrong(&self, problem: &str) -> Error {
        let place = self.text[..self.at].chars().count() + 1;
        Error::invalid("plan", "run_if", format!("{problem} (at character {place})"))
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn any(&mut self) -> Result<Node> {
        let mut nodes = vec![self.all()?];
        while self.takes("||") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self) -> Result<Node> {
        let mut nodes = vec![self.one()?];
        while self.takes("&&") {
            nodes.push(self.one()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn one(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("too many parentheses"));
        }
        self.space();
        let node = if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            Node::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let node = self.any()?;
            if !self.takes(")") {
                return Err(self.wrong("a `)` is missing"));
            }
            node
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node> {
        let left = self.term()?;
        const OPERATORS: [(&str, Operator); 6] = [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::AtMost),
            (">=", Operator::AtLeast),
            ("<", Operator::Less),
            (">", Operator::More),
        ];
        let operator = OPERATORS.iter().find(|(word, _)| self.takes(word));
        Ok(match operator {
            Some((_, operator)) => Node::Compare(left, *operator, self.term()?),
            None => Node::Known(left),
        })
    }

    fn term(&mut self) -> Result<Term> {
        self.space();
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(first) if first.is_ascii_digit() || first == '-' => self.number(),
            Some(first) if first.is_ascii_lowercase() => self.word(),
            _ => Err(self.wrong("a field, a \"text\", a number or null should stand here")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Term> {
        let inside = &self.rest()[1..];
        let Some(end) = inside.find(quote) else { return Err(self.wrong("the text does not end")) };
        let text = inside[..end].to_owned();
        self.at += end + 2;
        Ok(Term::Value(Value::String(text)))
    }

    fn number(&mut self) -> Result<Term> {
        let part = |it: char| it.is_ascii_digit() || matches!(it, '-' | '.');
        let end = self.rest().find(|it| !part(it)).unwrap_or(self.rest().len());
        match serde_json::from_str::<Number>(&self.rest()[..end]) {
            Ok(number) => {
                self.at += end;
                Ok(Term::Value(Value::Number(number)))
            }
            Err(_) => Err(self.wrong("this is no number")),
        }
    }

    fn word(&mut self) -> Result<Term> {
        let part = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        let end = self.rest().find(|it| !part(it)).unwrap_or(self.rest().len());
        let word = self.rest()[..end].to_owned();
        let term = match word.as_str() {
            "null" => Term::Value(Value::Null),
            "true" => Term::Value(Value::Bool(true)),
            "false" => Term::Value(Value::Bool(false)),
            name => Term::Field(FieldName::new(name).map_err(|_| self.wrong("no field's name"))?),
        };
        self.at += end;
        Ok(term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(condition: &str, row: &Value, holds: bool) {
        let known = |name: &FieldName| row.get(name.as_str());
        let parsed = Condition::parse(condition).unwrap();
        assert_eq!(parsed.holds(&known), holds, "{condition}");
    }

    #[test]
    fn conditions_hold_as_they_read() {
        let row = json!({ "country": "DE", "employee_count": 50, "title": " CTO " });
        for (condition, holds) in [
            ("country", true),
            ("email", false),
            ("email == null", true),
            ("email != null", false),
            ("country == \"de\"", true),
            ("country == 'FR' || employee_count >= 50", true),
            ("country == 'FR' || employee_count > 50 && title", false),
            ("!(country == 'FR') && title == \"cto\"", true),
            ("employee_count < 50.5", true),
            ("employee_count < 'a'", false),
            ("email < 5", false),
            ("!email", true),
            ("-1 < 0", true),
        ] {
            check(condition, &row, holds);
        }
    }

    #[test]
    fn what_cannot_be_read_is_pointed_at() {
        for (condition, place) in [
            ("", "character 1"),
            ("country ==", "character 11"),
            ("(country", "character 9"),
            ("country = 'DE'", "character 9"),
            ("country == 'DE", "character 12"),
            ("Country", "character 1"),
            ("a && ", "character 6"),
            ("1-2 == 3", "character 1"),
            ("ä", "character 1"),
        ] {
            let error = Condition::parse(condition).unwrap_err();
            assert!(error.message().contains(place), "{condition}: {}", error.message());
        }
        assert!(Condition::parse(&"(".repeat(100)).is_err());
        assert!(Condition::parse(&"!".repeat(1_999)).is_err());
    }
}
