//! What Prospeo can be asked.

use super::{MATCH, MOBILE, error};
use crate::sandbox::{
    api::Unread,
    http::{Params, Request},
    whom::Whom,
};
use morket_core::VendorUnits;
use serde_json::Value;

const MOST_IN_BULK: usize = 50;

/// A question Prospeo can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    One(Wanted),
    /// By the sender's identifiers; none for data that names nobody.
    Many(Vec<(Value, Option<Wanted>)>),
    Account,
}

/// Somebody, and what is wanted of them.
#[derive(Debug)]
pub(in crate::sandbox) struct Wanted {
    pub(super) whom: Whom,
    pub(super) mobile: bool,
    /// Whoever has no verified address is no match.
    pub(super) verified: bool,
}

impl Wanted {
    /// What it costs at most.
    pub(super) fn dearest(&self) -> VendorUnits {
        if self.mobile { MOBILE } else { MATCH }
    }

    fn input(&self) -> String {
        let Self { whom, mobile, verified } = self;
        format!("{};mobile={mobile};verified={verified}", whom.input())
    }
}

impl Question {
    pub(super) fn input(&self) -> String {
        match self {
            Self::One(asked) => asked.input(),
            Self::Many(all) => {
                let inputs = all.iter().flat_map(|(_, asked)| asked).map(Wanted::input);
                inputs.collect::<Vec<_>>().join("|")
            }
            Self::Account => String::new(),
        }
    }
}

type Read = Result<Question, Unread>;

/// The endpoint's name and what is asked of it.
pub(super) fn read(path: &str, request: &Request<'_>) -> (&'static str, Read) {
    let body = || serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
    match (request.method, path) {
        ("POST", "enrich-person") => {
            let body = body();
            let asked = wanted(&body, &body["data"]).map(Question::One);
            ("enrich-person", asked.ok_or_else(|| Unread::Input(error(400, "INVALID_DATAPOINTS"))))
        }
        ("POST", "bulk-enrich-person") => ("bulk-enrich-person", many(&body())),
        ("GET", "account-information") => ("account-information", Ok(Question::Account)),
        _ => ("unknown", Err(Unread::Endpoint(error(404, "NOT_FOUND")))),
    }
}

fn many(body: &Value) -> Read {
    let data = body["data"].as_array().filter(|it| (1..=MOST_IN_BULK).contains(&it.len()));
    let data = data.ok_or_else(|| Unread::Input(error(400, "INVALID_REQUEST")))?;
    let each = data.iter().map(|one| (one["identifier"].clone(), wanted(body, one)));
    Ok(Question::Many(each.collect()))
}

fn wanted(flags: &Value, data: &Value) -> Option<Wanted> {
    let params = Params::of_object(data.as_object()?);
    let profile = params.get("linkedin_url").and_then(Whom::profile);
    let email = || Whom::email(params.get("email")?);
    let firms = ["company_website", "company_linkedin_url", "company_name"];
    let named = || Whom::named(&params, "full_name", &firms);
    let whom = profile.or_else(email).or_else(named)?;
    let set = |name: &str| flags[name] == true;
    Some(Wanted { whom, mobile: set("enrich_mobile"), verified: set("only_verified_email") })
}
