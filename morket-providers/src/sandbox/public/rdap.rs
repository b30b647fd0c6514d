//! A directory of registries, and the registry it leads to.

use super::{asked, found, known, missed};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Reply, Request},
    limits::Limit,
    log::Outcome,
};
use morket_core::VendorUnits;
use serde_json::json;

/// The directory and the registry.
#[derive(Debug)]
pub(in crate::sandbox) struct Rdap;

/// A domain, and of whom it is asked.
#[derive(Debug)]
pub(in crate::sandbox) struct Question {
    domain: String,
    /// Where the registry lives, when the directory is asked.
    registry: Option<String>,
}

impl Api for Rdap {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let at_registry = path.strip_prefix("registry/domain/");
        let domain = at_registry.or_else(|| path.strip_prefix("domain/"));
        let host = request.header("host").unwrap_or("127.0.0.1");
        let question = domain.filter(|_| request.method == "GET").map(|domain| {
            let domain = domain.to_lowercase();
            let registry = at_registry.is_none().then(|| format!("http://{host}/rdap/registry"));
            (domain.clone(), Question { domain, registry })
        });
        asked(if at_registry.is_some() { "domain" } else { "directory" }, question)
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        &[]
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        VendorUnits::ZERO
    }

    fn refuse(refusal: Refusal) -> Reply {
        super::refuse(refusal)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let domain = &question.domain;
        if let Some(registry) = &question.registry {
            let mut reply = Reply::text(302, "text/plain", "");
            reply.headers.push(("Location", format!("{registry}/domain/{domain}")));
            return Answer::free(reply, Outcome::Pending);
        }
        let Some(company) = known(context, "rdap", domain) else {
            return missed(Reply::json(404, &json!({"errorCode": 404, "title": "Not Found"})));
        };
        let roll = context.world.roll("registration", &[domain]);
        // Nobody had one before.
        let year = company.founded.max(1993);
        let (month, day) = (1 + roll.below(12), 1 + roll.aspect(1).below(28));
        let since = format!("{year}-{month:02}-{day:02}T04:00:00Z");
        let registrar = roll.aspect(2).pick(&["Sample Registrar, Inc.", "Example Names GmbH"]);
        let card =
            json!(["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", registrar]]]);
        found(&json!({
            "ldhName": domain.to_uppercase(),
            "status": ["active"],
            "events": [{"eventAction": "registration", "eventDate": since}],
            "entities": [{"roles": ["registrar"], "vcardArray": card}],
            "nameservers": [],
        }))
    }
}
