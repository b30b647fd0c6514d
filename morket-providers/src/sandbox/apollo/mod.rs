//! Apollo.io: people, one by one or ten at a time, and companies.

mod answers;
mod questions;
mod shapes;

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Reply, Request},
    limits::Limit,
    log::Outcome,
};
use morket_core::VendorUnits;
use questions::Question;
use serde_json::json;
use std::{borrow::Cow, time::Duration};

/// Apollo's API.
#[derive(Debug)]
pub(super) struct Apollo;

/// The name its knowledge of the world is rolled under.
const NAME: &str = "apollo";
/// Each person and each company found.
const MATCH: VendorUnits = VendorUnits::whole(1);

const PAID: &[Limit] = &[Limit::new(1_000, 60)];
const FREE: &[Limit] = &[Limit::new(50, 60), Limit::new(200, 3_600), Limit::new(600, 86_400)];
const FREE_BULK: &[Limit] = &[Limit::new(20, 60)];

/// How its headers name the windows: of the limit, of what was used, of what is left.
const WINDOWS: [(u64, &str, &str, &str); 3] = [
    (60, "x-rate-limit-minute", "x-minute-usage", "x-minute-requests-left"),
    (3_600, "x-rate-limit-hourly", "x-hourly-usage", "x-hourly-requests-left"),
    (86_400, "x-rate-limit-24-hour", "x-24-hour-usage", "x-24-hour-requests-left"),
];

impl Api for Apollo {
    type Question = Question;

    /// The key stands in the header and nowhere else.
    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let (operation, question) = questions::read(path, request);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        let key = Cow::Borrowed(request.header("x-api-key").unwrap_or_default().trim());
        Asked { operation, key, needs_key: true, input, question }
    }

    fn limits(operation: &'static str, plan: Plan) -> &'static [Limit] {
        match (plan, operation) {
            (Plan::Free, "people/bulk_match") => FREE_BULK,
            (Plan::Free, _) => FREE,
            (Plan::Paid | Plan::Scoped, _) => PAID,
        }
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Match(_) | Question::Company(_) => MATCH,
            Question::Matches(all) => {
                VendorUnits::whole(i64::try_from(all.len()).unwrap_or(i64::MAX))
            }
            Question::Profile => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => {
                let text = "Invalid API key. See https://docs.apollo.io/reference/authentication";
                Reply::text(401, "text/plain", text)
            }
            Refusal::Throttled => {
                let text = "The maximum number of api calls allowed for this endpoint is reached. \
                            Please upgrade your plan.";
                Reply::json(429, &json!({"message": text}))
            }
            Refusal::OutOfCredits => error(422, "You have insufficient credits for this request"),
            Refusal::ServerError => error(500, "Internal server error"),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        // A key without the scope passes the check of keys all the same.
        if context.account.state.plan == Plan::Scoped && !matches!(question, Question::Profile) {
            let text = "This endpoint is not accessible with this api_key";
            let body = json!({"error": text, "error_code": "API_INACCESSIBLE"});
            return Answer::free(Reply::json(403, &body), Outcome::PlanLacks);
        }
        match question {
            Question::Match(whom) => answers::one(context, whom),
            Question::Matches(all) => answers::bulk(context, all),
            Question::Company(firm) => answers::company(context, firm),
            Question::Profile => answers::profile(context),
        }
    }

    /// A window that is not limited sends empty texts; who is refused is told nothing of windows.
    fn finish(
        reply: &mut Reply,
        operation: &'static str,
        context: &Context<'_>,
        _billed: VendorUnits,
    ) {
        if matches!(reply.status, 401 | 403) {
            return;
        }
        let limits = Self::limits(operation, context.account.state.plan);
        let gate = context.account.gates.get(operation);
        for (seconds, most, used, left) in WINDOWS {
            let span = Duration::from_secs(seconds);
            let limit = limits.iter().find(|it| it.per == span).map(|it| it.calls);
            let seen = gate.map_or(0, |gate| gate.within(span, context.monotonic));
            let text = |number: Option<usize>| number.map(|it| it.to_string()).unwrap_or_default();
            reply.headers.extend([
                (most, text(limit)),
                (used, text(limit.map(|_| seen))),
                (left, text(limit.map(|it| it.saturating_sub(seen)))),
            ]);
        }
        if reply.status == 429 {
            let wait = gate.map_or(Duration::ZERO, |it| it.until_free(limits, context.monotonic));
            reply.headers.push(("retry-after", (wait.as_secs() + 1).to_string()));
        }
    }
}

fn error(status: u16, text: &str) -> Reply {
    Reply::json(status, &json!({"error": text}))
}
