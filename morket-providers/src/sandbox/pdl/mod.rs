//! People Data Labs, v5.

mod answers;
mod company;
mod person;
mod questions;

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Params, Reply, Request},
    limits::Limit,
};
use morket_core::VendorUnits;
use questions::Question;
use serde_json::json;
use std::{borrow::Cow, time::Duration};

/// PDL's API.
#[derive(Debug)]
pub(super) struct PeopleDataLabs;

/// The name its knowledge of the world is rolled under.
const NAME: &str = "pdl";
/// Each record found.
const RECORD: VendorUnits = VendorUnits::whole(1);
const DATASET: &str = "31.0";

const MINUTE: Duration = Duration::from_secs(60);
const FREE: &[Limit] = &[Limit::new(100, 60)];
const PAID: &[Limit] = &[Limit::new(1_000, 60)];

impl Api for PeopleDataLabs {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let in_header = request.header("x-api-key").map(|key| Cow::Borrowed(key.trim()));
        let in_query = || Cow::Owned(params.get("api_key").unwrap_or_default().to_owned());
        let key = in_header.unwrap_or_else(in_query);
        let (operation, question) = questions::read(path, request, &params);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        Asked { operation, key, needs_key: true, input, question }
    }

    fn limits(_operation: &'static str, plan: Plan) -> &'static [Limit] {
        match plan {
            Plan::Free => FREE,
            Plan::Paid | Plan::Scoped => PAID,
        }
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        RECORD
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => {
                error(401, "authentication_error", "Request contained a missing or invalid key")
            }
            Refusal::Throttled => error(
                429,
                "rate_limit_error",
                "An error occurred due to requests being made too fast",
            ),
            Refusal::OutOfCredits => error(
                402,
                "payment_required",
                "You have reached your account maximum (all matches used)",
            ),
            Refusal::ServerError => error(500, "api_error", "The server encountered an error"),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        answers::answer(context, question)
    }

    fn finish(
        reply: &mut Reply,
        operation: &'static str,
        context: &Context<'_>,
        billed: VendorUnits,
    ) {
        let limit = Self::limits(operation, context.account.state.plan)[0].calls;
        let gate = context.account.gates.get(operation);
        let used = gate.map_or(0, |gate| gate.within(MINUTE, context.monotonic));
        let state = &context.account.state;
        reply.headers.extend([
            ("x-ratelimit-limit", format!("{{'minute': {limit}}}")),
            ("x-ratelimit-remaining", format!("{{'minute': {}}}", limit.saturating_sub(used))),
            ("x-ratelimit-reset", context.now.after(MINUTE).to_string()),
            ("x-call-credits-spent", billed.to_string()),
            ("x-call-credits-type", operation.replace('/', "_")),
            ("x-totallimit-remaining", state.credits.to_string()),
            ("x-lifetime-used", state.used.to_string()),
        ]);
    }
}

fn error(status: u16, kind: &str, message: &str) -> Reply {
    Reply::json(status, &error_body(status, kind, message))
}

/// The type is a text or a list: a list for what was wrong with the request.
fn error_body(status: u16, kind: &str, message: &str) -> serde_json::Value {
    let kind = if status == 400 { json!([kind]) } else { json!(kind) };
    json!({"status": status, "error": {"type": kind, "message": message}})
}

/// Words as `titlecase=true` shows them.
fn title_case(text: &str) -> String {
    let capital = |word: &str| {
        let mut rest = word.chars();
        rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
    };
    text.split(' ').map(capital).collect::<Vec<String>>().join(" ")
}
