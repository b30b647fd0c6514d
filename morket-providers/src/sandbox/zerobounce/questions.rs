//! What ZeroBounce can be asked.

use crate::sandbox::{
    api::Unread,
    http::{Params, Reply, Request},
};
use serde::Deserialize;
use serde_json::json;

const MOST_IN_BATCH: usize = 100;

/// A question ZeroBounce can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    Credits,
    One(String),
    Batch(Vec<String>),
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    api_key: String,
    #[serde(default)]
    email_batch: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    email_address: String,
}

impl Question {
    pub(super) fn input(&self) -> String {
        let one = |email: &String| format!("email={}", email.to_lowercase());
        match self {
            Self::Credits => String::new(),
            Self::One(email) => one(email),
            Self::Batch(emails) => emails.iter().map(one).collect::<Vec<_>>().join("|"),
        }
    }
}

type Read = (&'static str, String, Result<Question, Unread>);

/// The endpoint's name, the key, and what is asked.
pub(super) fn read(path: &str, bulk: bool, request: &Request<'_>, params: &Params<'_>) -> Read {
    let key = params.get("api_key").unwrap_or_default().to_owned();
    match (path, bulk, request.method) {
        ("getcredits", false, "GET") => ("getcredits", key, Ok(Question::Credits)),
        ("validate", false, "GET") => {
            let email = params.get("email").map(|email| Question::One(email.to_owned()));
            ("validate", key, email.ok_or_else(|| missing("email")))
        }
        ("validatebatch", _, "POST") => batch(&request.body),
        _ => {
            let reply = Reply::text(404, "text/html", "<html><body>Not found</body></html>");
            ("unknown", key, Err(Unread::Endpoint(reply)))
        }
    }
}

fn batch(body: &[u8]) -> Read {
    let Ok(Batch { api_key, email_batch }) = serde_json::from_slice::<Batch>(body) else {
        return ("validatebatch", String::new(), Err(refused("The request body is invalid")));
    };
    let addresses: Vec<_> = email_batch.into_iter().map(|item| item.email_address).collect();
    let question = match addresses.len() {
        0 => Err(missing("email_batch")),
        1..=MOST_IN_BATCH => Ok(Question::Batch(addresses)),
        _ => Err(refused("A batch holds up to 100 addresses")),
    };
    ("validatebatch", api_key, question)
}

fn missing(name: &str) -> Unread {
    Unread::Input(Reply::json(400, &json!({"error": format!("Missing parameter: {name}")})))
}

/// What is wrong with a whole batch names the address `all`.
fn refused(why: &str) -> Unread {
    let body = json!({"email_batch": [], "errors": [{"error": why, "email_address": "all"}]});
    Unread::Input(Reply::json(400, &body))
}
