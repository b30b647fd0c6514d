//! What the sandbox asks of each vendor it plays.

use super::{
    VendorOptions, World,
    account::{Account, Plan},
    dropcontact::Tasks,
    http::{Reply, Request},
    limits::Limit,
    log::Outcome,
};
use morket_core::{Timestamp, VendorUnits};
use std::borrow::Cow;

/// A request as a vendor reads it.
pub(super) struct Asked<'a, Q> {
    /// The endpoint, for limits and the log.
    pub(super) operation: &'static str,
    /// The key it came with.
    pub(super) key: Cow<'a, str>,
    /// Whether the endpoint asks for one.
    pub(super) needs_key: bool,
    /// The canonical input.
    pub(super) input: String,
    /// The question, or what the vendor says to one it cannot read.
    pub(super) question: Result<Q, Unread>,
}

/// Why a request is no question.
#[derive(Debug)]
pub(super) enum Unread {
    /// There is no such endpoint, or not by this method.
    Endpoint(Reply),
    /// Its input is not good enough.
    Input(Reply),
}

/// Why a vendor does not serve a question it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    BadKey,
    Throttled,
    OutOfCredits,
    /// A 500 of the vendor's own making.
    ServerError,
}

/// What a vendor answers and what it asks for it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) outcome: Outcome,
    pub(super) price: VendorUnits,
}

impl Answer {
    pub(super) const fn free(reply: Reply, outcome: Outcome) -> Self {
        Self { reply, outcome, price: VendorUnits::ZERO }
    }
}

/// What a vendor may look at while it answers.
pub(super) struct Context<'a> {
    pub(super) world: &'a World,
    pub(super) options: &'a VendorOptions,
    pub(super) account: &'a mut Account,
    pub(super) tasks: &'a mut Tasks,
    /// How often this input has come, this time included.
    pub(super) attempt: u32,
    pub(super) now: Timestamp,
    pub(super) monotonic: std::time::Duration,
}

/// Thousandths as a decimal number.
pub(super) fn number(units: VendorUnits) -> serde_json::Value {
    serde_json::from_str(&units.to_string()).unwrap_or(serde_json::Value::Null)
}

/// A vendor's API. Its facts come from the vendor's documentation alone.
pub(super) trait Api {
    /// What can be asked.
    type Question;

    /// Reads a request below the vendor's base path.
    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Self::Question>;

    /// The limits of an endpoint.
    fn limits(operation: &'static str, plan: Plan) -> &'static [Limit];

    /// How many calls with bad keys an endpoint bears.
    fn bad_key_limits(_operation: &'static str) -> &'static [Limit] {
        &[]
    }

    /// What the account has to hold before the question is served.
    fn least_balance(question: &Self::Question) -> VendorUnits;

    /// How the vendor refuses.
    fn refuse(refusal: Refusal) -> Reply;

    /// Answers, but does not bill.
    fn answer(context: &mut Context<'_>, question: &Self::Question) -> Answer;

    /// Adds what every answer to a good key carries, once it is billed.
    fn finish(
        _reply: &mut Reply,
        _operation: &'static str,
        _context: &Context<'_>,
        _billed: VendorUnits,
    ) {
    }
}
