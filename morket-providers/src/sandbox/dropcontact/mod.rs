//! Dropcontact, v1: batches that are submitted, then collected.

mod answers;
mod questions;
mod tasks;

pub(super) use tasks::Tasks;

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

/// Dropcontact's API.
#[derive(Debug)]
pub(super) struct Dropcontact;

/// The name its knowledge of the world is rolled under.
const NAME: &str = "dropcontact";
/// Each contact found, and each address that was handed in.
const CONTACT: VendorUnits = VendorUnits::whole(1);

const LIMITS: &[Limit] = &[Limit::new(60, 1)];

impl Api for Dropcontact {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let key = request.header("x-access-token").unwrap_or_default().trim();
        let params = Params::of_query(request.query);
        let (operation, question) = questions::read(path, request, &params);
        let input = question.as_ref().map_or_else(|_| String::new(), Question::input);
        Asked { operation, key: Cow::Borrowed(key), needs_key: true, input, question }
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        LIMITS
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Submit(submission) => {
                let contacts = i64::try_from(submission.contacts.len()).unwrap_or(i64::MAX);
                VendorUnits::whole(contacts)
            }
            Question::Collect { .. } | Question::Credits => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        let (status, reason) = match refusal {
            Refusal::BadKey => (401, "Invalid access token"),
            Refusal::Throttled => (429, "Too many requests"),
            Refusal::OutOfCredits => (403, "Not enough credits"),
            Refusal::ServerError => {
                return Reply::json(500, &json!({"detail": "Internal server error"}));
            }
        };
        refused(status, reason)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::Submit(submission) => answers::submit(context, submission),
            Question::Collect { id, force } => answers::collect(context, id, *force),
            Question::Credits => answers::credits(context),
        }
    }
}

fn refused(status: u16, reason: &str) -> Reply {
    Reply::json(status, &json!({"error": true, "reason": reason, "success": false}))
}
