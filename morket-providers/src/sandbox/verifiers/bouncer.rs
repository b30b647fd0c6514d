//! Bouncer, v1.1.

use super::{Heard, Key, Said, Verifier};
use crate::sandbox::{api::Refusal, http::Reply, limits::Limit};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// Bouncer.
#[derive(Debug)]
pub(in crate::sandbox) struct Bouncer;

impl Verifier for Bouncer {
    const NAME: &'static str = "bouncer";
    const PATH: &'static str = "email/verify";
    const KEY: Key = Key::Header("x-api-key");
    const LIMITS: &'static [Limit] = &[Limit::new(1_000, 60)];

    fn verdict(heard: &Heard<'_>, _left: VendorUnits) -> Value {
        let greylisted = heard.roll.aspect(1).below(2) == 0;
        let (status, reason, score) = match heard.said {
            Said::Valid => ("deliverable", "accepted_email", 100),
            Said::CatchAll => ("risky", "low_deliverability", 60),
            Said::Disposable => ("risky", "low_quality", 30),
            Said::NoMailbox => ("undeliverable", "rejected_email", 0),
            Said::NoDomain => ("undeliverable", "invalid_domain", 0),
            Said::NoAddress => ("undeliverable", "invalid_email", 0),
            Said::Unknown if greylisted => ("unknown", "greylisted", 0),
            Said::Unknown => ("unknown", "timeout", 0),
        };
        // The documents have words, and some clients see truths.
        let words = heard.roll.aspect(2).below(4) > 0;
        let is = |it: bool| match (words, it) {
            (true, true) => json!("yes"),
            (true, false) => json!("no"),
            (false, it) => json!(it),
        };
        let mut verdict = json!({
            "email": heard.email, "status": status, "reason": reason,
            "domain": {
                "name": heard.domain, "acceptAll": is(heard.said == Said::CatchAll),
                "disposable": is(heard.said == Said::Disposable), "free": is(heard.webmail),
            },
            "account": {"role": is(heard.role), "disabled": is(false), "fullMailbox": is(false)},
            "dns": {"type": "MX", "record": format!("mx.{}.", heard.domain)},
            "provider": "google.com", "score": score, "toxic": "unknown",
        });
        if !heard.has_mail() {
            verdict["dns"] = Value::Null;
        }
        if reason == "greylisted" {
            verdict["retryAfter"] = json!("2026-11-21T10:00:00Z");
        }
        verdict
    }

    fn nothing_asked() -> Reply {
        refused(400, "The email parameter is required")
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => refused(401, "Unauthorized"),
            Refusal::Throttled => refused(429, "Too many requests"),
            Refusal::OutOfCredits => refused(402, "Not enough credits"),
            Refusal::ServerError => refused(503, "Service unavailable"),
        }
    }
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"status": status, "message": message}))
}
