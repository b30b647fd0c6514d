//! What a page at GitHub says of its owner.

use super::USER;
use crate::kit::{Pick, Reading, Take, field};
use morket_core::field::text::is_placeholder;
use morket_core::provider::{Operation, Outcome};
use serde_json::Value;

const PERSON: &[Pick] = &[
    Pick::new("full_name", &["/name"], Take::Text),
    Pick::new("location", &["/location"], Take::Text),
    // What people publish there is theirs rather than their employer's.
    Pick::new("personal_email", &["/email"], Take::Email),
];

const COMPANY: &[Pick] = &[
    Pick::new("company_name", &["/name"], Take::Text),
    Pick::new("company_domain", &["/blog"], Take::Domain),
];

pub(super) fn read(operation: &Operation, body: &Value) -> Outcome {
    let person = operation.name == USER;
    let mut reading = Reading::new().rows(body, if person { PERSON } else { COMPANY });
    if person {
        // `@example` is a page there, not the name of a company.
        let company = body.get("company").filter(|it| !it.as_str().unwrap_or("").contains('@'));
        reading.first(field("company_name"), company, Take::Text);
    }
    let handle = body["twitter_username"].as_str().filter(|it| is_handle(it));
    if let Some(handle) = handle {
        let name = if person { "twitter_url" } else { "company_twitter_url" };
        reading.put(name, format!("https://twitter.com/{handle}"));
    }
    reading.outcome(operation, None)
}

fn is_handle(text: &str) -> bool {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=15).contains(&text.len()) && text.bytes().all(usual) && !is_placeholder(text)
}
