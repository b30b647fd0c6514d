//! Which stored answers go with a person. One call may have asked about many: theirs stay.

use super::Search;
use crate::{
    CallId,
    field::{Catalogue, normalise},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde_json::Value;
use std::collections::BTreeSet;

/// How a key stands in a call's composition.
pub fn key_text(key: &[u8; 32]) -> String {
    BASE64.encode(key)
}

/// The stored answers that go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAnswers {
    keys: BTreeSet<[u8; 32]>,
    /// Calls of which nobody can say which of their answers is whose.
    whole: BTreeSet<CallId>,
}

impl OwnAnswers {
    /// Take in a call that asked about the person, or whose answer one of their records was given.
    /// `about` says which records of its job are the person's; `given` is what is
    /// [known](known_values) of each record that took its answer from what was stored.
    pub fn add(
        &mut self,
        call: CallId,
        composition: &Value,
        search: &Search,
        about: &dyn Fn(u32) -> bool,
        given: &[BTreeSet<String>],
    ) {
        let Some(parts) = composition.as_array() else {
            self.whole.insert(call);
            return;
        };
        let mut found = false;
        for part in parts {
            let inputs = inputs(part);
            let asks_for = |known: &BTreeSet<String>| {
                !inputs.is_empty() && inputs.iter().all(|it| known.contains(it))
            };
            let index = part.get(0).and_then(Value::as_u64).and_then(|it| it.try_into().ok());
            if !search.is_in(part) && !index.is_some_and(about) && !given.iter().any(asks_for) {
                continue;
            }
            found = true;
            match part.get(4).and_then(Value::as_str).and_then(key) {
                Some(key) => drop(self.keys.insert(key)),
                // One that was erased before has neither.
                None if inputs.is_empty() => {}
                None => drop(self.whole.insert(call)),
            }
        }
        if !found {
            self.whole.insert(call);
        }
    }

    /// Whether a stored answer is one of them.
    pub fn holds(&self, key: &[u8], call: CallId) -> bool {
        self.whole.contains(&call) || self.keys.iter().any(|it| it == key)
    }
}

/// What is known of a record, for comparing it with what a call asked.
pub fn known_values<'a>(
    input: &Value,
    cells: impl IntoIterator<Item = &'a Value>,
) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = cells.into_iter().map(plain).collect();
    for (name, value) in input.as_object().into_iter().flatten() {
        known.insert(plain(value));
        if let Ok(field) = Catalogue::standard().named(name) {
            known.extend(normalise(field.ty, value).as_ref().map(plain));
        }
    }
    known
}

fn inputs(part: &Value) -> Vec<String> {
    let inputs = part.get(2).and_then(Value::as_object);
    inputs.into_iter().flatten().map(|(_, value)| plain(value)).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |it| it.trim().to_lowercase())
}

fn key(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::Identifier;
    use serde_json::json;

    const CALL: CallId = CallId(uuid::Uuid::from_u128(7));

    #[track_caller]
    fn check(composition: &Value, about: &[u32], given: &Value, keys: &[u8], whole: bool) {
        let search = Search::new(&[Identifier::guess("ada@example.com").unwrap()].into());
        let given: Vec<_> = match given {
            Value::Null => Vec::new(),
            given => vec![known_values(given, [&json!("acme.example")])],
        };
        let mut own = OwnAnswers::default();
        own.add(CALL, composition, &search, &|it| about.contains(&it), &given);
        for number in 0..9 {
            let due = whole || keys.contains(&number);
            assert_eq!(own.holds(&[number; 32], CALL), due, "{composition} {number}");
        }
    }

    #[test]
    fn only_the_answers_of_the_person_go() {
        let part = |index: u8, inputs: Value| {
            json!([index, ["email"], inputs, null, key_text(&[index; 32])])
        };
        let bulk = json!([
            part(0, json!({"email": "ada@example.com"})),
            part(1, json!({"full_name": "Eve Example", "company_domain": "acme.example"})),
            part(2, json!({"full_name": "Ada Example", "company_domain": "acme.example"})),
        ]);
        check(&bulk, &[], &Value::Null, &[0], false);
        check(&bulk, &[1], &Value::Null, &[0, 1], false);
        let ada = json!({"full_name": " Ada EXAMPLE", "email": "ada@example.com", "n": 5});
        check(&bulk, &[], &ada, &[0, 2], false);
        // What an earlier release wrote names no keys; what is erased holds nothing.
        let old = json!([[0, ["email"], {"email": "ada@example.com"}, null]]);
        check(&old, &[], &Value::Null, &[], true);
        check(&json!([[0, ["email"], {}, null]]), &[0], &Value::Null, &[], false);
        check(&json!([]), &[], &Value::Null, &[], true);
        check(&json!("ada@example.com"), &[], &Value::Null, &[], true);
    }
}
