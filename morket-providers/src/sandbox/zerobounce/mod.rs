//! ZeroBounce, v2: single and batch verification.

mod answers;
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
use std::borrow::Cow;

/// ZeroBounce's API.
#[derive(Debug)]
pub(super) struct ZeroBounce;

/// Each verdict but `unknown`.
const VERDICT: VendorUnits = VendorUnits::whole(1);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const VALIDATE: &[Limit] = &[Limit::blocking(50_000, 10, MINUTE)];
const BATCH: &[Limit] = &[Limit::blocking(20, MINUTE, 10 * MINUTE)];
const CREDITS: &[Limit] = &[Limit::blocking(50_000, HOUR, DAY)];
const BAD_KEYS: &[Limit] = &[Limit::blocking(200, HOUR, HOUR)];
const BAD_KEYS_CREDITS: &[Limit] = &[Limit::blocking(200, HOUR, DAY)];

impl Api for ZeroBounce {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let bulk = request.path.starts_with(super::vendor::ZEROBOUNCE_BULK);
        let (operation, key, question) = questions::read(path, bulk, request, &params);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        // A bad key is no reason to refuse `getcredits`: it answers −1.
        let needs_key = operation != "getcredits";
        Asked { operation, key: Cow::Owned(key), needs_key, input, question }
    }

    fn limits(operation: &'static str, _plan: Plan) -> &'static [Limit] {
        match operation {
            "validate" => VALIDATE,
            "validatebatch" => BATCH,
            _ => CREDITS,
        }
    }

    fn bad_key_limits(operation: &'static str) -> &'static [Limit] {
        if operation == "getcredits" { BAD_KEYS_CREDITS } else { BAD_KEYS }
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Credits => VendorUnits::ZERO,
            Question::One(_) => VERDICT,
            Question::Batch(addresses) => {
                VendorUnits::whole(i64::try_from(addresses.len()).unwrap_or(i64::MAX))
            }
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            // One text for both: only `getcredits` tells them apart.
            Refusal::BadKey | Refusal::OutOfCredits => {
                let text = "Invalid API key or your account ran out of credits";
                Reply::json(200, &json!({"error": text}))
            }
            Refusal::Throttled => Reply::text(
                403,
                "text/html",
                "<html><head><title>Access denied</title></head><body>Blocked</body></html>",
            ),
            Refusal::ServerError => Reply::json(500, &json!({"error": "Internal server error"})),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::Credits => answers::credits(context),
            Question::One(email) => answers::one(context, email),
            Question::Batch(addresses) => answers::batch(context, addresses),
        }
    }
}
