//! What the parts of a request probably are: keys, and values of fields.

use serde_json::Value;

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Query,
    Body,
}

/// Whether a name, in lower case, is one that keys go by.
pub(super) fn is_secret(place: Place, name: &str) -> bool {
    let parts: Vec<&str> = name.split(['-', '_', '.']).collect();
    let ends = parts.last().copied().unwrap_or_default();
    let whole = ["apikey", "authorization", "password", "passwd", "secret", "token", "auth"];
    whole.contains(&name)
        || ["key", "token", "secret", "apikey", "password", "auth"].contains(&ends)
        || name.ends_with("apikey")
        || name.ends_with("accesstoken")
        || (place == Place::Query && name == "api")
}

/// Fields, and names that vendors give them.
const NAMES: &[(&str, &[&str])] = &[
    ("email", &["email", "mail", "email_address", "emailaddress", "work_email"]),
    ("linkedin_url", &["linkedin_url", "linkedin", "profile", "profile_url", "linkedinurl"]),
    ("first_name", &["first_name", "firstname", "first", "given_name"]),
    ("last_name", &["last_name", "lastname", "last", "family_name", "surname"]),
    ("full_name", &["full_name", "fullname", "name", "person_name"]),
    ("company_domain", &["domain", "company_domain", "website", "site", "companydomain", "url"]),
    ("company_name", &["company", "company_name", "companyname", "organization", "employer"]),
    ("phone", &["phone", "phone_number", "mobile", "tel"]),
    ("country", &["country", "country_code"]),
];

/// The inputs found so far.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) inputs: Vec<&'static str>,
}

impl Values {
    /// A named value: the placeholder of its field, or the value itself.
    pub(super) fn of(&mut self, name: &str, value: &str) -> Value {
        match field(name, value) {
            Some(field) => self.placeholder(field).into(),
            None => plain(value).into(),
        }
    }

    /// A segment of a path.
    pub(super) fn segment(&mut self, text: &str) -> String {
        match by_looks(text) {
            Some(field) => self.placeholder(field),
            None => plain(text),
        }
    }

    /// A body with placeholders.
    pub(super) fn body(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => self.of(name, text),
            Value::Array(items) => items.iter().map(|it| self.body(name, it)).collect(),
            Value::Object(map) => {
                map.iter().map(|(name, it)| (name.clone(), self.body(name, it))).collect()
            }
            other => other.clone(),
        }
    }

    fn placeholder(&mut self, field: &'static str) -> String {
        if !self.inputs.contains(&field) {
            self.inputs.push(field);
        }
        format!("{{{{ {field} }}}}")
    }

    /// What a record is about, and a field that it may give.
    pub(super) fn subject(&self) -> (&'static str, &'static str) {
        let company = self.inputs.iter().all(|it| it.starts_with("company") || *it == "country");
        match (company, self.inputs.contains(&"email")) {
            (true, _) if self.inputs.contains(&"company_name") => ("company", "company_domain"),
            (true, _) => ("company", "company_name"),
            (false, true) => ("person", "full_name"),
            (false, false) => ("person", "email"),
        }
    }
}

/// A value that stays as it is: it holds no placeholder.
fn plain(text: &str) -> String {
    text.replace("{{", "{ {").replace("}}", "} }")
}

fn field(name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace('-', "_");
    let named = NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(it, _)| *it);
    match (by_looks(value), named) {
        // A domain is a company's only where the name says so.
        (Some("company_domain"), named) => named,
        (Some(seen), _) => Some(seen),
        (None, Some("email" | "linkedin_url")) => None,
        (None, named) => named.filter(|_| !value.is_empty()),
    }
}

fn by_looks(text: &str) -> Option<&'static str> {
    let domain = |it: &str| {
        let parts: Vec<&str> = it.split('.').collect();
        let last = parts.last().copied().unwrap_or_default();
        let letters = |it: &str| it.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        parts.len() > 1
            && parts.iter().all(|it| !it.is_empty() && letters(it))
            && (2..=10).contains(&last.len())
            && last.chars().all(|c| c.is_ascii_alphabetic())
    };
    if text.contains("linkedin.com/in/") {
        return Some("linkedin_url");
    }
    match text.split_once('@') {
        Some((local, host)) if !local.is_empty() && domain(host) => Some("email"),
        None if domain(text) && !text.ends_with(".json") && !text.ends_with(".php") => {
            Some("company_domain")
        }
        _ => None,
    }
}
