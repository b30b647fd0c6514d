//! Which rule an answer falls under, and what it comes to. The body counts before the status.

use super::shape::{Rule, Then};
use super::words::LONGEST_TEXT;
use crate::kit::says;
use morket_core::{http::HttpResponse, provider::Outcome};
use serde_json::Value;
use std::time::Duration;

/// How long a task waits for its next poll, and a throttle for its end, where nobody says.
const WAIT: Duration = Duration::from_secs(10);

/// The longest id of a task.
const LONGEST_TASK: usize = 512;

impl Rule {
    /// Whether it holds of this part of an answer. A failure of the server is neither an answer nor
    /// a miss, whatever a rule says.
    pub(super) fn holds(&self, answer: &HttpResponse, body: &Value) -> bool {
        let tells = matches!(self.then, Then::Answer | Then::Miss | Then::Pending);
        let statuses = self.status.as_ref().map(|it| it.as_slice());
        if statuses.is_some_and(|all| !all.iter().any(|it| it.holds(answer.status)))
            || (tells && answer.status >= 500)
        {
            return false;
        }
        match (&self.header, &self.at) {
            (Some(name), _) => {
                let header = answer.header(&name.to_ascii_lowercase());
                let header = header.map(Value::from);
                self.fits(&header.iter().collect::<Vec<_>>(), true)
            }
            (None, Some(path)) => self.fits(&path.all(body), !body.is_null()),
            (None, None) => self.fits(&[body], !body.is_null()),
        }
    }

    /// Of a body that cannot be read nobody can say what is not in it.
    fn fits(&self, found: &[&Value], readable: bool) -> bool {
        let any = |test: &dyn Fn(&Value) -> bool| found.iter().any(|value| test(value));
        let is = self.is.as_ref().is_none_or(|wanted| any(&|it| wanted.as_slice().contains(it)));
        let words = self.says.as_ref().is_none_or(|words| {
            let words: Vec<_> = words.as_slice().iter().map(|word| word.to_lowercase()).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            any(&|it| says(it, &words))
        });
        let matches = self.matches.as_ref().is_none_or(|pattern| {
            any(&|it| {
                let short = |text: &&str| text.len() <= LONGEST_TEXT;
                it.as_str().filter(short).is_some_and(|text| pattern.is_match(text))
            })
        });
        let exists = any(&|it| !it.is_null());
        let empty = !found.is_empty() && found.iter().all(|it| is_empty(it));
        is && words
            && matches
            && self.exists.is_none_or(|wanted| readable && exists == wanted)
            && self.empty.is_none_or(|wanted| readable && !found.is_empty() && empty == wanted)
    }

    /// Whether it would hold of everything.
    pub(super) fn says_nothing(&self) -> bool {
        self.status.is_none()
            && self.is.is_none()
            && self.says.is_none()
            && self.matches.is_none()
            && self.exists.is_none()
            && self.empty.is_none()
    }

    /// What it comes to; `None` when the fields are to be read.
    pub(super) fn outcome(&self, body: &Value, told: Option<Duration>) -> Option<Outcome> {
        Some(match self.then {
            Then::Answer => return None,
            Then::Pending => return Some(self.pending(body, told)),
            Then::RateLimited => Outcome::RateLimited { retry_after: told.or(self.after) },
            Then::Miss => Outcome::Miss,
            Then::InvalidInput => Outcome::InvalidInput,
            Then::AuthFailed => Outcome::AuthFailed,
            Then::PlanLacks => Outcome::PlanLacks,
            Then::OutOfCredits => Outcome::OutOfCredits,
            Then::LegalBlock => Outcome::LegalBlock,
            Then::Transient => Outcome::Transient,
            Then::Unknown => Outcome::Unknown,
        })
    }

    /// A task without the id that its rule promises is one that nobody can ask about.
    fn pending(&self, body: &Value, told: Option<Duration>) -> Outcome {
        let after = told.or(self.after).unwrap_or(WAIT);
        let Some(task) = &self.task else { return Outcome::Pending { task: None, after } };
        let id = match super::path::Path::parse(task) {
            Ok(path) => path.first(body).and_then(scalar),
            Err(_) => Some(task.clone()),
        };
        match id.filter(|it| !it.is_empty() && it.len() <= LONGEST_TASK) {
            Some(id) => Outcome::Pending { task: Some(id), after },
            None => Outcome::Unknown,
        }
    }
}

/// A text or a number as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use morket_core::provider::OutcomeKind;
    use serde_json::json;

    fn rule(text: &str) -> Rule {
        toml::from_str(&format!("then = \"unknown\"\n{text}")).unwrap()
    }

    #[test]
    fn all_conditions_must_hold() {
        let mut answer = HttpResponse::new(404, "");
        answer.headers.push(("x-why".to_owned(), "Quota exceeded".to_owned()));
        let body = json!({"error": {"text": "No Credits left"}, "n": 4, "none": null, "list": []});
        for (text, expected) in [
            ("status = 404", true),
            ("status = [400, 404]", true),
            ("status = \"4xx\"", true),
            ("status = 400", false),
            ("at = \"$.n\"\nis = 4", true),
            ("at = \"$.n\"\nis = [3, 4]", true),
            ("at = \"$.n\"\nis = \"4\"", false),
            ("at = \"$.n\"\nis = 4\nstatus = 200", false),
            ("says = \"credits\"", true),
            ("at = \"$.n\"\nsays = \"credits\"", false),
            ("at = \"$.error.text\"\nmatches = \"^No .* left$\"", true),
            ("header = \"X-Why\"\nsays = \"quota\"", true),
            ("header = \"x-not\"\nexists = true", false),
            ("header = \"x-not\"\nexists = false", true),
            ("at = \"$.none\"\nexists = true", false),
            ("at = \"$.none\"\nexists = false", true),
            ("at = \"$.none\"\nempty = true", true),
            ("at = \"$.list\"\nempty = true", true),
            ("at = \"$.gone\"\nempty = true", false),
            ("at = \"$.error\"\nempty = false", true),
        ] {
            assert_eq!(rule(text).holds(&answer, &body), expected, "{text}");
        }
        // Nothing can be said of what is not in a body that nobody can read.
        assert!(!rule("at = \"$.x\"\nexists = false").holds(&answer, &Value::Null));
    }

    #[test]
    fn a_task_needs_its_id() {
        let body = json!({"id": 7, "no": {}});
        for (task, expected) in [
            ("$.id", OutcomeKind::Pending),
            ("the-same", OutcomeKind::Pending),
            ("$.no", OutcomeKind::Unknown),
            ("$.gone", OutcomeKind::Unknown),
        ] {
            let text = format!("then = \"pending\"\nstatus = 202\ntask = \"{task}\"");
            let rule: Rule = toml::from_str(&text).unwrap();
            assert_eq!(rule.outcome(&body, None).unwrap().kind(), expected, "{task}");
        }
    }
}
