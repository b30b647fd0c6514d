//! What Apollo can be asked.

use super::error;
use crate::sandbox::{
    api::Unread,
    http::{Params, Reply, Request},
    whom::{Whom, firm},
};
use serde_json::{Map, Value, json};

const MOST_IN_BULK: usize = 10;

/// A question Apollo can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    /// None where what is told suffices for nobody.
    Match(Option<Whom>),
    Matches(Vec<Option<Whom>>),
    Company(String),
    Profile,
}

impl Question {
    pub(super) fn input(&self) -> String {
        let one = |whom: &Option<Whom>| whom.as_ref().map_or_else(String::new, Whom::input);
        match self {
            Self::Match(whom) => one(whom),
            Self::Matches(all) => all.iter().map(one).collect::<Vec<_>>().join("|"),
            Self::Company(firm) => format!("company={firm}"),
            Self::Profile => String::new(),
        }
    }
}

type Read = Result<Question, Unread>;

/// The endpoint's name and what is asked of it.
pub(super) fn read(path: &str, request: &Request<'_>) -> (&'static str, Read) {
    let query = Params::of_query(request.query);
    match (request.method, path) {
        ("POST", "people/match") => ("people/match", person(request, &query)),
        ("POST", "people/bulk_match") => ("people/bulk_match", people(request)),
        ("GET", "organizations/enrich") => ("organizations/enrich", company(&query)),
        ("GET", "users/api_profile") => ("users/api_profile", Ok(Question::Profile)),
        _ => ("unknown", Err(Unread::Endpoint(error(404, "Not Found")))),
    }
}

/// The parameters stand in the query, as documented, or in a body, as the vendor's own tools do.
fn person(request: &Request<'_>, query: &Params<'_>) -> Read {
    let body: Option<Map<String, Value>> = serde_json::from_slice(&request.body).ok();
    let body = body.as_ref().filter(|it| !it.is_empty()).map(Params::of_object);
    let params = body.as_ref().unwrap_or(query);
    let wants_phone = [params, query].iter().any(|it| it.is_true("reveal_phone_number"));
    if wants_phone && params.get("webhook_url").or(query.get("webhook_url")).is_none() {
        return Err(Unread::Input(error(422, "webhook_url is required to reveal phone numbers")));
    }
    let named = ["linkedin_url", "email", "name", "first_name", "last_name", "id", "hashed_email"];
    if named.iter().all(|name| params.get(name).is_none()) {
        return Err(Unread::Input(error(422, "Provide at least one identifier of the person")));
    }
    Ok(Question::Match(whom(params)))
}

fn whom(params: &Params<'_>) -> Option<Whom> {
    let profile = params.get("linkedin_url").and_then(Whom::profile);
    let email = || Whom::email(params.get("email")?);
    let named = || Whom::named(params, "name", &["domain", "organization_name"]);
    profile.or_else(email).or_else(named)
}

fn people(request: &Request<'_>) -> Read {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let refused = |code: &str, text: &str| {
        let body = json!({"status": "failed", "error_code": code, "error_message": text});
        Unread::Input(Reply::json(400, &body))
    };
    let details = body["details"].as_array().filter(|it| !it.is_empty());
    let details = details.ok_or_else(|| refused("INVALID_REQUEST", "details must be a list"))?;
    if details.len() > MOST_IN_BULK {
        return Err(refused("RECORD_LIMIT_EXCEEDED", "At most 10 records in a request"));
    }
    let one = |detail: &Value| whom(&Params::of_object(detail.as_object()?));
    Ok(Question::Matches(details.iter().map(one).collect()))
}

fn company(query: &Params<'_>) -> Read {
    let names = ["domain", "linkedin_url", "name", "website"];
    let text = names.iter().find_map(|it| query.get(it));
    let missing = || Unread::Input(error(422, "Required parameter 'domain' missing"));
    Ok(Question::Company(firm(text.ok_or_else(missing)?)))
}
