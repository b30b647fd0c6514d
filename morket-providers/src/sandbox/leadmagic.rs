//! LeadMagic: addresses, and whether they receive mail. Its answers say what they cost.

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal, Unread, number},
    http::{Params, Reply, Request},
    limits::Limit,
    log::Outcome,
    verifiers::{Heard, Said},
    whom::Whom,
    world::{Person, Sight},
};
use morket_core::VendorUnits;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// LeadMagic's API.
#[derive(Debug)]
pub(super) struct LeadMagic;

/// What is asked.
#[derive(Debug)]
pub(super) enum Question {
    Find(Whom),
    Validate(String),
    Credits,
}

/// The name its knowledge of the world is rolled under.
const NAME: &str = "leadmagic";
const ADDRESS: VendorUnits = VendorUnits::whole(1);
const VALIDATION: VendorUnits = VendorUnits(250);
const LIMITS: &[Limit] = &[Limit::new(300, 60)];

impl Api for LeadMagic {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let body: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        let params = Params::of_object(&body);
        let (operation, question) = read(path, request.method, &params);
        let input = match &question {
            Ok(Question::Find(whom)) => whom.input(),
            Ok(Question::Validate(email)) => format!("email={}", email.to_lowercase()),
            Ok(Question::Credits) | Err(_) => String::new(),
        };
        let key = Cow::Borrowed(request.header("x-api-key").unwrap_or_default().trim());
        Asked { operation, key, needs_key: true, input, question }
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        LIMITS
    }

    fn least_balance(question: &Question) -> VendorUnits {
        match question {
            Question::Find(_) => ADDRESS,
            Question::Validate(_) => VALIDATION,
            Question::Credits => VendorUnits::ZERO,
        }
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => error(401, "unauthorized", "Invalid API key"),
            Refusal::Throttled => error(429, "rate_limit_exceeded", "Too many requests"),
            Refusal::OutOfCredits => error(402, "insufficient_credits", "Insufficient credits"),
            Refusal::ServerError => error(500, "internal_error", "Internal server error"),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        match question {
            Question::Find(whom) => find(context, whom),
            Question::Validate(email) => validate(context, email),
            Question::Credits => {
                let left = number(context.account.state.credits);
                let body = json!({
                    "credits": left, "is_frozen": false, "credits_frozen": 0,
                    "credits_liquid": left, "credit_freeze_message": null,
                });
                Answer::free(Reply::json(200, &body), Outcome::Answer)
            }
        }
    }
}

type Read = (&'static str, Result<Question, Unread>);

fn read(path: &str, method: &str, params: &Params<'_>) -> Read {
    let invalid = || Unread::Input(error(400, "validation_error", "A field is missing"));
    match (method, path) {
        ("POST", "people/email-finder") => {
            let whom = Whom::named(params, "full_name", &["domain", "company_name"]);
            ("people/email-finder", whom.map(Question::Find).ok_or_else(invalid))
        }
        ("POST", "people/email-validation") => {
            let email = params.get("email").map(|it| Question::Validate(it.to_owned()));
            ("people/email-validation", email.ok_or_else(invalid))
        }
        ("GET", "credits") => ("credits", Ok(Question::Credits)),
        _ => ("unknown", Err(Unread::Endpoint(error(404, "not_found", "No such route")))),
    }
}

fn error(status: u16, code: &str, title: &str) -> Reply {
    let wrong = json!({
        "type": "about:blank", "title": title, "status": status, "code": code,
        "docs": "https://leadmagic.invalid/docs",
    });
    let meta = json!({"request_id": "sandbox", "timestamp": "2026-11-21T10:00:00Z"});
    Reply::json(status, &json!({"success": false, "errors": [wrong], "meta": meta}))
}

/// Nobody is found at another company than the one asked about, unless taken for somebody else.
fn find(context: &Context<'_>, whom: &Whom) -> Answer {
    match whom.sight(NAME, context) {
        Sight::Here(person) => found(context, &person, true),
        Sight::Stale(person) | Sight::Namesake(person) => found(context, &person, false),
        Sight::Moved(_) | Sight::Nothing => {
            let body = json!({
                "email": null, "status": null, "credits_consumed": 0,
                "message": "No email found.",
            });
            Answer::free(Reply::json(200, &body), Outcome::Miss)
        }
    }
}

fn found(context: &Context<'_>, person: &Person, employed: bool) -> Answer {
    let company = &person.company;
    let catch_all = ["catch_all", "valid_catch_all"];
    let roll = context.world.roll("leadmagic status", &[&person.address]);
    let status = if company.catch_all { roll.pick(&catch_all) } else { "valid" };
    let place = [company.place.city, company.place.country].map(str::to_lowercase);
    let body = json!({
        "email": person.address, "status": status, "credits_consumed": 1,
        "message": "Valid email found.",
        "first_name": person.first_name, "last_name": person.last_name,
        "domain": company.domain, "employment_verified": employed,
        "is_domain_catch_all": company.catch_all, "mx_record": format!("mx.{}", company.domain),
        "mx_provider": "Google", "mx_security_gateway": false,
        "company_name": company.name, "company_industry": company.industry,
        "company_size": company.size, "company_founded": company.founded,
        "company_type": "private",
        "company_linkedin_url": format!("linkedin.com/company/{}", company.linkedin),
        "company_linkedin_id": "1",
        "company_location": {
            "name": place.join(", "), "locality": place[0],
            "region": company.place.region.to_lowercase(), "country": place[1],
        },
    });
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: ADDRESS }
}

fn validate(context: &Context<'_>, email: &str) -> Answer {
    let heard = Heard::of(context.world, NAME, email);
    let status = match heard.said {
        Said::Valid => "valid",
        Said::CatchAll => "catch_all",
        Said::Unknown => "unknown",
        Said::NoMailbox | Said::NoDomain | Said::NoAddress | Said::Disposable => "invalid",
    };
    let body = json!({
        "email": heard.email, "email_status": status, "credits_consumed": number(VALIDATION),
        "message": "Email validated.", "is_domain_catch_all": heard.said == Said::CatchAll,
    });
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: VALIDATION }
}
