//! Whether an address receives mail.

use crate::kit::verdict;
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Operation, Outcome, Parsed},
};
use serde_json::Value;
use std::time::Duration;

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let request = HttpRequest::get(format!("{}/email-verifier", ask.base_url));
    Ok(request.query("email", ask.record().required("email")?))
}

pub(super) fn parse(operation: &Operation, http: u16, data: Option<&Value>) -> Parsed {
    match http {
        // There is no id: the same question again is the poll.
        202 => {
            let task = Some("verification".to_owned());
            Outcome::Pending { task, after: Duration::from_secs(5) }.into()
        }
        // The mail server on the other side failed. That says nothing about Hunter, so it must not
        // count against it; it is a verdict that may be asked for again.
        222 => verdict(operation, "unknown", &Value::Null).into(),
        200 => data.map_or(Outcome::Unknown.into(), |data| read(operation, data)),
        _ => Outcome::Unknown.into(),
    }
}

fn read(operation: &Operation, data: &Value) -> Parsed {
    match data["status"].as_str().map(str::trim) {
        Some(known @ ("valid" | "invalid" | "accept_all" | "unknown")) => {
            verdict(operation, known, data).into()
        }
        None | Some("") => Outcome::Unknown.into(),
        // `webmail` and `disposable` are kinds of address, not verdicts on this one; what Hunter
        // will say next year is none yet.
        Some(_) => verdict(operation, "unknown", data).into(),
    }
}
