//! MillionVerifier, v3: a bad key and an empty account look like verdicts.

use super::{Heard, Key, Said, Verifier};
use crate::sandbox::{api::Refusal, http::Reply, limits::Limit};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// MillionVerifier.
#[derive(Debug)]
pub(in crate::sandbox) struct MillionVerifier;

impl Verifier for MillionVerifier {
    const NAME: &'static str = "millionverifier";
    const PATH: &'static str = "";
    const KEY: Key = Key::Query("api");
    /// None is published.
    const LIMITS: &'static [Limit] = &[];

    fn verdict(heard: &Heard<'_>, left: VendorUnits) -> Value {
        let (result, code, quality) = match heard.said {
            Said::Valid => ("ok", 1, "good"),
            Said::CatchAll => ("catch_all", 2, "risky"),
            Said::Unknown => ("unknown", 3, "risky"),
            Said::Disposable => ("disposable", 5, "bad"),
            Said::NoMailbox | Said::NoDomain | Said::NoAddress => ("invalid", 6, "bad"),
        };
        json!({
            "email": heard.email, "quality": quality, "result": result, "resultcode": code,
            "subresult": result, "free": heard.webmail, "role": heard.role, "didyoumean": "",
            "credits": left.0 / 1_000, "executiontime": 1, "error": "", "livemode": true,
        })
    }

    fn nothing_asked() -> Reply {
        refused("No email specified", 0)
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => refused("Apikey not found", 4),
            Refusal::OutOfCredits => refused("Insufficient credits", 0),
            Refusal::Throttled => Reply::json(429, &json!({"error": "Too many requests"})),
            Refusal::ServerError => Reply::text(500, "text/plain", "Internal Server Error"),
        }
    }
}

fn refused(error: &str, code: u32) -> Reply {
    Reply::json(200, &json!({"result": "error", "resultcode": code, "error": error}))
}
