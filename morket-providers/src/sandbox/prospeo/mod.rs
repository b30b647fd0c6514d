//! Prospeo: people, one by one or fifty at a time. Whatever goes wrong has a code in the body.

mod answers;
mod questions;

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Reply, Request},
    limits::Limit,
};
use morket_core::VendorUnits;
use questions::Question;
use serde_json::json;
use std::borrow::Cow;

/// Prospeo's API.
#[derive(Debug)]
pub(super) struct Prospeo;

/// The name its knowledge of the world is rolled under.
const NAME: &str = "prospeo";
/// Each person found for the first time.
const MATCH: VendorUnits = VendorUnits::whole(1);
/// The same, with a mobile number.
const MOBILE: VendorUnits = VendorUnits::whole(10);

impl Api for Prospeo {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let (operation, question) = questions::read(path, request);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        let key = Cow::Borrowed(request.header("x-key").unwrap_or_default().trim());
        Asked { operation, key, needs_key: true, input, question }
    }

    /// They follow from the plan, and no number is published.
    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        &[]
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::One(asked) => asked.dearest(),
            Question::Many(all) => {
                let each = all.iter().flat_map(|(_, asked)| asked).map(|it| it.dearest());
                VendorUnits::sum(each).unwrap_or(VendorUnits::ZERO)
            }
            Question::Account => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => error(401, "INVALID_API_KEY"),
            Refusal::Throttled => error(429, "RATE_LIMITED"),
            Refusal::OutOfCredits => error(400, "INSUFFICIENT_CREDITS"),
            Refusal::ServerError => error(500, "INTERNAL_ERROR"),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::One(asked) => answers::one(context, asked),
            Question::Many(all) => answers::many(context, all),
            Question::Account => answers::account(context),
        }
    }
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({"error": true, "error_code": code}))
}
