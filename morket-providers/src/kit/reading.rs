//! From a body to an outcome: rows say where each field stands, and what is left decides.

use super::{Take, Taken, field};
use morket_core::{
    field::Kind,
    name::FieldName,
    provider::{Answer, Operation, Outcome, Returned},
};
use serde_json::Value;

/// Where a field stands in a body: JSON pointers, of which the first with a value counts.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    field: &'static str,
    at: &'static [&'static str],
    take: Take,
}

impl Pick {
    /// A field, where it stands, and what it wants.
    pub const fn new(field: &'static str, at: &'static [&'static str], take: Take) -> Self {
        Self { field, at, take }
    }
}

/// Values found so far. Fields that the operation does not declare may be picked too: they tell
/// whom the answer is about and go no further.
#[derive(Debug, Default)]
pub struct Reading {
    values: Vec<(FieldName, Value)>,
    withheld: Vec<FieldName>,
    junk: Vec<FieldName>,
    gated: bool,
}

impl Reading {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, of a vendor whose lesser plans show `true` where there would be a value.
    pub fn gated() -> Self {
        Self { gated: true, ..Self::default() }
    }

    /// Read every row.
    #[must_use]
    pub fn rows(mut self, body: &Value, rows: &[Pick]) -> Self {
        for row in rows {
            let found = row.at.iter().filter_map(|pointer| find(body, pointer));
            self.first(field(row.field), found, row.take);
        }
        self
    }

    /// Read one field from the first of these that has it, unless it is known already.
    pub fn first<'v>(
        &mut self,
        name: FieldName,
        candidates: impl IntoIterator<Item = &'v Value>,
        take: Take,
    ) {
        if self.get(&name).is_some() {
            return;
        }
        let (mut withheld, mut junk) = (false, false);
        for candidate in candidates {
            match self.take(take, candidate) {
                Taken::Value(value) => return self.values.push((name, value)),
                Taken::Absent => {}
                Taken::Withheld => withheld = true,
                Taken::Junk => junk = true,
            }
        }
        if withheld {
            self.withheld.push(name);
        } else if junk {
            self.junk.push(name);
        }
    }

    fn take(&self, take: Take, value: &Value) -> Taken {
        match value {
            Value::Bool(has) if self.gated && *has => Taken::Withheld,
            Value::Bool(_) if self.gated => Taken::Absent,
            value => take.of(value),
        }
    }

    /// A value that the adapter worked out itself.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.values.push((field(name), value.into()));
    }

    /// How sure the address is; it stands only beside an address.
    #[must_use]
    pub fn email_status(mut self, status: &str) -> Self {
        if self.get(&field("email")).is_some() {
            self.put("email_status", status);
        }
        self
    }

    /// A field that the vendor has and does not show.
    pub fn withhold(&mut self, name: &str) {
        self.withheld.push(field(name));
    }

    /// A value found so far.
    pub fn get(&self, name: &FieldName) -> Option<&Value> {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(&field(name)).and_then(Value::as_str).map(str::to_owned)
    }

    /// Without this field there is no answer, whatever else was found.
    #[must_use]
    pub fn only_with(mut self, name: &str) -> Self {
        if self.text(name).is_none() {
            self.values.clear();
            self.junk.retain(|it| it.as_str() == name);
            self.withheld.retain(|it| it.as_str() == name);
        }
        self
    }

    /// What it comes to.
    ///
    /// Nothing found is a miss when the vendor had nothing. Where there was something that cannot
    /// be read it is `Unknown`: the vendor may well have billed it, and a miss would be believed.
    pub fn outcome(self, operation: &Operation, confidence: Option<u8>) -> Outcome {
        let identity = self.identity(operation.kind);
        let declared = |name: &FieldName| operation.outputs.contains(name);
        let values: Vec<_> = self.values.into_iter().filter(|(name, _)| declared(name)).collect();
        let withheld: Vec<_> = self.withheld.into_iter().filter(declared).collect();
        if !values.is_empty() {
            return Outcome::Answer(Answer { values, confidence, identity, withheld });
        }
        if !self.junk.is_empty() {
            return Outcome::Unknown;
        }
        if self.gated && !withheld.is_empty() { Outcome::PlanLacks } else { Outcome::Miss }
    }

    fn identity(&self, kind: Kind) -> Returned {
        let person = kind == Kind::Person;
        let both = || Some(format!("{} {}", self.text("first_name")?, self.text("last_name")?));
        let page = if person { "linkedin_url" } else { "company_linkedin_url" };
        Returned {
            full_name: self.text("full_name").or_else(both).filter(|_| person),
            company_domain: self.text("company_domain"),
            company_name: self.text("company_name"),
            linkedin_url: self.text(page),
            email: self.text("email").filter(|_| person),
            company_country: self.text("company_country").filter(|_| !person),
        }
    }
}

/// The value a JSON pointer leads to; most are plain names, which need no unescaping.
fn find<'v>(body: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.contains('~') || !pointer.starts_with('/') {
        return body.pointer(pointer);
    }
    pointer.split('/').skip(1).try_fold(body, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(_) => value.pointer(&format!("/{name}")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{fields, free};
    use morket_core::provider::OutcomeKind;
    use serde_json::json;

    const ROWS: &[Pick] = &[
        Pick::new("email", &["/work", "/mail"], Take::Email),
        Pick::new("title", &["/job"], Take::Text),
        Pick::new("full_name", &["/name"], Take::Text),
    ];

    fn operation() -> Operation {
        Operation { outputs: fields(&["email", "title"]), ..free("find", Kind::Person) }
    }

    #[test]
    fn a_pointer_leads_where_it_always_did() {
        let body = serde_json::json!({ "": 1, "a": { "b": [5, { "c/d": 6 }], "": 7 }, "~": 8 });
        let pointers =
            ["", "/", "a", "/a", "/a/", "/a/b", "/a/b/0", "/a/b/00", "/a/b/+1", "/a/b/9"];
        for pointer in
            pointers.into_iter().chain(["/a/b/1/c~1d", "/a/b/1", "/~0", "/a/b/0/x", "//"])
        {
            assert_eq!(find(&body, pointer), body.pointer(pointer), "{pointer:?}");
        }
    }

    #[test]
    fn what_is_left_decides() {
        for (body, gated, expected) in [
            (json!({"work": "a@example.com"}), false, OutcomeKind::Answer),
            (json!({"work": 7, "mail": "a@example.com"}), false, OutcomeKind::Answer),
            (json!({"work": 7, "job": "CEO"}), false, OutcomeKind::Answer),
            (json!({"work": 7}), false, OutcomeKind::Unknown),
            (json!({"work": true}), false, OutcomeKind::Unknown),
            (json!({"work": true}), true, OutcomeKind::PlanLacks),
            (json!({"work": false}), true, OutcomeKind::Miss),
            (json!({"work": "a***@example.com"}), false, OutcomeKind::Miss),
            (json!({"work": null, "job": ""}), false, OutcomeKind::Miss),
            // A name alone is not what was asked for.
            (json!({"name": "Ada Example"}), false, OutcomeKind::Miss),
            (json!([]), false, OutcomeKind::Miss),
        ] {
            let reading = if gated { Reading::gated() } else { Reading::new() };
            let outcome = reading.rows(&body, ROWS).outcome(&operation(), None);
            assert_eq!(outcome.kind(), expected, "{body}");
        }
    }

    #[test]
    fn p024_an_undeclared_field_tells_whom_it_is_about_and_no_more() {
        let body = json!({"job": "CEO", "name": "Ada Example", "mail": "a***@example.com"});
        let Outcome::Answer(answer) = Reading::new().rows(&body, ROWS).outcome(&operation(), None)
        else {
            panic!("an answer")
        };
        assert_eq!(answer.values, [(field("title"), json!("CEO"))]);
        assert_eq!(answer.withheld, [field("email")]);
        assert_eq!(answer.identity.full_name.as_deref(), Some("Ada Example"));
    }

    #[test]
    fn an_answer_can_hang_on_one_field() {
        for (body, expected) in [
            (json!({"job": "CEO", "mail": "a@example.com"}), OutcomeKind::Answer),
            (json!({"job": "CEO", "mail": null}), OutcomeKind::Miss),
            (json!({"job": "CEO", "mail": []}), OutcomeKind::Unknown),
            (json!({"job": 7, "mail": null}), OutcomeKind::Miss),
        ] {
            let reading = Reading::new().rows(&body, ROWS).only_with("email");
            assert_eq!(reading.outcome(&operation(), None).kind(), expected, "{body}");
        }
    }
}
