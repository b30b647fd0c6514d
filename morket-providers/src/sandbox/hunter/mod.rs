//! Hunter.io, v2.

mod answers;
mod find;
mod questions;
mod shapes;

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal, Unread},
    http::{Params, Reply, Request},
    limits::Limit,
};
use morket_core::VendorUnits;
use questions::Question;
use serde_json::json;
use std::borrow::Cow;

/// Hunter's API.
#[derive(Debug)]
pub(super) struct Hunter;

/// The name its knowledge of the world is rolled under.
const NAME: &str = "hunter";

/// An address found.
const FINDER: VendorUnits = VendorUnits::whole(1);
const VERIFICATION: VendorUnits = VendorUnits(500);
const ENRICHMENT: VendorUnits = VendorUnits(200);
/// Each page of ten addresses begun.
const TEN_ADDRESSES: VendorUnits = VendorUnits::whole(1);

const MOST: &[Limit] = &[Limit::new(15, 1), Limit::new(500, 60)];
const VERIFIER: &[Limit] = &[Limit::new(10, 1), Limit::new(300, 60)];

impl Api for Hunter {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let (operation, question) = questions::read(path, request.method, &params);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        Asked {
            operation,
            key: key(request, &params),
            needs_key: path != "email-count",
            input,
            question,
        }
    }

    fn limits(operation: &'static str, _plan: Plan) -> &'static [Limit] {
        if operation == "email-verifier" { VERIFIER } else { MOST }
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Finder(_) => FINDER,
            Question::Verifier { .. } => VERIFICATION,
            Question::DomainSearch(_) => TEN_ADDRESSES,
            Question::Person { .. } | Question::Company { .. } | Question::Combined { .. } => {
                ENRICHMENT
            }
            Question::Count { .. } | Question::Account => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        let (status, id, details) = match refusal {
            Refusal::BadKey => {
                (401, "authentication_failed", "No user found for the API key supplied")
            }
            Refusal::Throttled => (403, "rate_limit_reached", "You have reached the rate limit"),
            Refusal::OutOfCredits => (
                429,
                "usage_limit_reached",
                "You have reached your usage limit for this billing period",
            ),
            Refusal::ServerError => (500, "server_error", "Something went wrong on our end"),
        };
        error(status, id, details)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::Finder(asked) => answers::finder(context, asked),
            Question::Verifier { email } => answers::verifier(context, email),
            Question::DomainSearch(asked) => answers::domain_search(context, asked),
            Question::Person { by, plain } => find::person(context, by, *plain),
            Question::Company { domain, plain } => find::company(context, domain, *plain),
            Question::Combined { email, plain } => find::combined(context, email, *plain),
            Question::Count { domain } => answers::count(context, domain),
            Question::Account => answers::account(context),
        }
    }
}

/// Header first, then bearer, then query.
fn key<'a>(request: &'a Request<'_>, params: &Params<'a>) -> Cow<'a, str> {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    let in_header = request.header("x-api-key").or_else(bearer);
    let in_query = || Cow::Owned(params.get("api_key").unwrap_or_default().to_owned());
    in_header.map_or_else(in_query, |key| Cow::Borrowed(key.trim()))
}

fn error(status: u16, id: &str, details: &str) -> Reply {
    let body = json!({"errors": [{"id": id, "code": status, "details": details}]});
    Reply::json(status, &body)
}

fn wrong_params(details: &str) -> Unread {
    Unread::Input(error(400, "wrong_params", details))
}
