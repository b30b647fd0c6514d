//! What Dropcontact can be asked.

use super::refused;
use crate::sandbox::{
    api::Unread,
    http::{Params, Reply, Request},
    world::{Name, canonical_domain, canonical_email},
};
use serde_json::{Map, Value, json};

const MOST_CONTACTS: usize = 250;
/// The most bytes of one contact.
const MOST_BYTES: usize = 15_000;

/// A question Dropcontact can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    Submit(Submission),
    Collect { id: String, force: bool },
    Credits,
}

/// A batch.
#[derive(Debug)]
pub(in crate::sandbox) struct Submission {
    pub(super) contacts: Vec<Contact>,
    pub(super) siren: bool,
}

/// One contact of a batch.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Contact {
    pub(super) name: Option<Name>,
    /// A domain or a name.
    pub(super) firm: Option<String>,
    pub(super) email: Option<String>,
    pub(super) linkedin: Option<String>,
    pub(super) custom_fields: Option<Value>,
    /// What was sent, to be sent back where nothing better is known.
    pub(super) sent: Map<String, Value>,
}

impl Question {
    /// A collection's is the task; a batch's is what its contacts are known by, with what the
    /// sender wrote beside them, so that the same batch sent twice looks the same.
    pub(super) fn input(&self) -> String {
        match self {
            Self::Submit(submission) => {
                let inputs = submission.contacts.iter().map(Contact::input);
                inputs.collect::<Vec<_>>().join("|")
            }
            Self::Collect { id, .. } => format!("request_id={id}"),
            Self::Credits => String::new(),
        }
    }
}

impl Contact {
    fn input(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.email.as_ref().map(|email| format!("email={email}")));
        parts.extend(self.name.as_ref().map(|name| format!("name={}", name.key())));
        parts.extend(self.firm.as_ref().map(|firm| format!("company={firm}")));
        parts.extend(self.linkedin.as_ref().map(|handle| format!("profile={handle}")));
        parts.extend(self.custom_fields.as_ref().map(|fields| format!("custom={fields}")));
        parts.join(";")
    }

    fn read(sent: &Map<String, Value>) -> Self {
        let text = |name: &str| {
            let text = sent.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        let halves = text("first_name").zip(text("last_name"));
        let name = halves.and_then(|(first, last)| Name::of(first, last));
        let site = text("website").map(|site| canonical_domain(site).unwrap_or_default());
        let email = text("email").map(|email| {
            let read = canonical_email(email);
            read.map_or_else(|| email.to_lowercase(), |(local, domain)| format!("{local}@{domain}"))
        });
        Self {
            name: name.or_else(|| Name::parse(text("full_name")?)),
            firm: site.or_else(|| text("company").map(str::to_lowercase)),
            email,
            linkedin: text("linkedin").map(str::to_lowercase),
            custom_fields: sent.get("custom_fields").cloned(),
            sent: sent.clone(),
        }
    }
}

type Read = Result<Question, Unread>;

/// The endpoint's name and what is asked of it.
pub(super) fn read(path: &str, request: &Request<'_>, params: &Params<'_>) -> (&'static str, Read) {
    match (path, request.method) {
        ("enrich/all", "POST") => ("enrich/all", submission(&request.body)),
        ("account/credits", "GET") => ("account/credits", Ok(Question::Credits)),
        (path, "GET") => match path.strip_prefix("enrich/all/").filter(|id| !id.is_empty()) {
            Some(id) => {
                let force = params.is_true("forceResults");
                ("enrich/all/{id}", Ok(Question::Collect { id: id.to_owned(), force }))
            }
            None => ("unknown", Err(unknown())),
        },
        _ => ("unknown", Err(unknown())),
    }
}

fn unknown() -> Unread {
    Unread::Endpoint(Reply::json(404, &json!({"detail": "Not found"})))
}

fn submission(body: &[u8]) -> Read {
    let invalid = |reason: &str| Unread::Input(refused(400, reason));
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| invalid("The body is no JSON object"))?;
    let Some(Value::Array(data)) = body.get("data") else {
        return Err(invalid("data must be a list of contacts"));
    };
    if data.is_empty() {
        return Err(invalid("data holds no contact"));
    }
    if data.len() > MOST_CONTACTS {
        return Err(invalid("Too many records, you can only submit up to 250 records"));
    }
    let contact = |sent: &Value| {
        let small = sent.to_string().len() <= MOST_BYTES;
        sent.as_object().filter(|_| small).map(Contact::read)
    };
    let contacts: Option<Vec<_>> = data.iter().map(contact).collect();
    let contacts = contacts.ok_or_else(|| invalid("A record is invalid or too large"))?;
    let siren = body.get("siren").and_then(Value::as_bool).unwrap_or(false);
    Ok(Question::Submit(Submission { contacts, siren }))
}
