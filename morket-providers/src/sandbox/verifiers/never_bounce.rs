//! NeverBounce, v4.2: whatever it has to say, it says in a 200.

use super::{Heard, Key, Said, Verifier};
use crate::sandbox::{api::Refusal, http::Reply, limits::Limit};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// NeverBounce.
#[derive(Debug)]
pub(in crate::sandbox) struct NeverBounce;

impl Verifier for NeverBounce {
    const NAME: &'static str = "neverbounce";
    const PATH: &'static str = "single/check";
    const KEY: Key = Key::Query("key");
    /// Its limits are those of jobs.
    const LIMITS: &'static [Limit] = &[];

    fn verdict(heard: &Heard<'_>, _left: VendorUnits) -> Value {
        let result = match heard.said {
            Said::Valid => "valid",
            Said::CatchAll => "catchall",
            Said::NoMailbox | Said::NoDomain | Said::NoAddress => "invalid",
            Said::Disposable => "disposable",
            Said::Unknown => "unknown",
        };
        let flags = [
            ("has_dns", heard.has_mail()),
            ("smtp_connectable", heard.has_mail() && heard.said != Said::Unknown),
            ("role_account", heard.role),
            ("free_email_host", heard.webmail),
        ];
        let flags: Vec<_> = flags.iter().filter(|(_, set)| *set).map(|(flag, _)| *flag).collect();
        json!({
            "status": "success", "result": result, "flags": flags, "suggested_correction": "",
            "execution_time": 100 + heard.roll.aspect(1).below(900),
        })
    }

    fn nothing_asked() -> Reply {
        refused("general_failure", "Missing required parameter 'email'")
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => refused("auth_failure", "Invalid API key"),
            Refusal::Throttled => {
                refused("throttle_triggered", "Too many requests in a short time")
            }
            Refusal::OutOfCredits => refused("general_failure", "Insufficient credit balance"),
            Refusal::ServerError => refused("temp_unavail", "Temporarily unavailable"),
        }
    }
}

fn refused(status: &str, message: &str) -> Reply {
    Reply::json(200, &json!({"status": status, "message": message, "execution_time": 1}))
}
