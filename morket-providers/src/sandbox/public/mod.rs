//! Sources that ask for no key: what all of them have in common.

mod dns;
mod github;
mod gleif;
mod rdap;
mod website;
mod wikidata;

pub(super) use dns::Dns;
pub(super) use github::GitHub;
pub(super) use gleif::Gleif;
pub(super) use rdap::Rdap;
pub(super) use website::Website;
pub(super) use wikidata::Wikidata;

use super::{
    api::{Answer, Asked, Context, Refusal, Unread},
    http::Reply,
    log::Outcome,
    world::Company,
};
use serde_json::Value;
use std::borrow::Cow;

/// A request to an endpoint that anybody may ask, or to none.
fn asked<'a, Q>(operation: &'static str, question: Option<(String, Q)>) -> Asked<'a, Q> {
    let (input, question) = match question {
        Some((input, question)) => (input, Ok(question)),
        None => {
            let reply = Reply::text(404, "text/html", "<html><body>Not found</body></html>");
            (String::new(), Err(Unread::Endpoint(reply)))
        }
    };
    Asked { operation, key: Cow::Borrowed(""), needs_key: false, input, question }
}

/// How public sources refuse: in plain words, without a bill.
fn refuse(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::BadKey | Refusal::OutOfCredits => Reply::text(403, "text/plain", "Forbidden"),
        Refusal::Throttled => {
            let mut reply = Reply::text(429, "text/plain", "Too Many Requests");
            reply.headers.push(("Retry-After", "1".to_owned()));
            reply
        }
        Refusal::ServerError => Reply::text(500, "text/plain", "Internal Server Error"),
    }
}

fn found(body: &Value) -> Answer {
    Answer::free(Reply::json(200, body), Outcome::Answer)
}

fn missed(reply: Reply) -> Answer {
    Answer::free(reply, Outcome::Miss)
}

/// The company of a domain, if this source knows it.
fn known(context: &Context<'_>, source: &str, domain: &str) -> Option<Company> {
    let company = context.world.company(domain)?;
    context.world.knows(source, context.options.knowledge, &company).then_some(company)
}

/// Whether this source takes somebody else of the same name for the company.
fn mistakes(context: &Context<'_>, source: &str, company: &Company) -> bool {
    let roll = context.world.roll("mistakes", &[source, &company.domain]);
    roll.happens(context.options.knowledge.wrong_person)
}
