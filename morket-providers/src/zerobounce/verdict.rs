//! One verdict, and one refusal.

use crate::kit::{Pick, Reading, Take, says};
use morket_core::{
    VendorUnits,
    provider::{Operation, Outcome},
};
use serde_json::Value;

/// The address is picked too: it tells which one the verdict is on.
const ADDRESS: &[Pick] = &[Pick::new("email", &["/address"], Take::Email)];

fn read(operation: &Operation, entry: &Value) -> Outcome {
    let status = match entry["status"].as_str().map(str::trim) {
        Some("valid") => "valid",
        Some("invalid" | "spamtrap" | "abuse") => "invalid",
        Some("catch-all") => "accept_all",
        None | Some("") => return Outcome::Unknown,
        // `do_not_mail` is advice about a role or a throw-away address; new words come every year.
        Some(_) => "unknown",
    };
    let mut reading = Reading::new().rows(entry, ADDRESS);
    reading.put("email_status", status);
    reading.outcome(operation, None)
}

/// What an error in a 200 comes to. One sentence stands for a bad key and for an empty account:
/// keys are tested when they are set, and accounts run dry, so it is read as the latter. The free
/// look at the credits tells them apart.
pub(super) fn refusal(error: &Value) -> Option<Outcome> {
    match error {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        error if says(error, &["credit"]) => Some(Outcome::OutOfCredits),
        error if says(error, &["api key", "api_key"]) => Some(Outcome::AuthFailed),
        error if says(error, &["too many", "rate limit"]) => {
            Some(Outcome::RateLimited { retry_after: None })
        }
        _ => Some(Outcome::Unknown),
    }
}

/// An outcome, and what it cost, where that can be told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Priced {
    pub(super) outcome: Outcome,
    pub(super) cost: Option<VendorUnits>,
}

/// The vendor's own `unknown` is free; every other word is billed as a verdict.
pub(super) fn priced(operation: &Operation, entry: &Value) -> Priced {
    let free = entry["status"].as_str().map(str::trim) == Some("unknown");
    let outcome = read(operation, entry);
    let cost = match outcome {
        Outcome::Answer(_) if free => Some(VendorUnits::ZERO),
        Outcome::Answer(_) => Some(VendorUnits::whole(1)),
        _ => None,
    };
    Priced { outcome, cost }
}
