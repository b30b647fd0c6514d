//! Clearbit, for those who still hold a key.

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal, Unread},
    http::{Params, Reply, Request},
    limits::Limit,
    log::Outcome,
    world::{Company, Person},
};
use morket_core::VendorUnits;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Clearbit's API.
#[derive(Debug)]
pub(super) struct Clearbit;

/// Whom or what is looked up.
#[derive(Debug)]
pub(super) enum Question {
    Person(String),
    Company(String),
    Combined(String),
}

const MATCH: VendorUnits = VendorUnits::whole(1);
const LIMITS: &[Limit] = &[Limit::new(600, 60)];

impl Api for Clearbit {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let bearer = request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let get = |name: &str| {
            let wrong = || Unread::Input(error(422, "params_invalid", "A parameter is missing."));
            params.get(name).map(str::to_lowercase).ok_or_else(wrong)
        };
        let (operation, question) = match (request.method, path) {
            ("GET", "v2/people/find") => ("people/find", get("email").map(Question::Person)),
            ("GET", "v2/combined/find") => ("combined/find", get("email").map(Question::Combined)),
            ("GET", "v2/companies/find") => {
                ("companies/find", get("domain").map(Question::Company))
            }
            _ => ("unknown", Err(Unread::Endpoint(error(404, "unknown_route", "No such route.")))),
        };
        let input = match &question {
            Ok(Question::Person(it) | Question::Company(it) | Question::Combined(it)) => it.clone(),
            Err(_) => String::new(),
        };
        let key = Cow::Borrowed(bearer.unwrap_or_default().trim());
        Asked { operation, key, needs_key: true, input, question }
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        LIMITS
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        MATCH
    }

    fn refuse(refusal: Refusal) -> Reply {
        match refusal {
            Refusal::BadKey => error(401, "auth_required", "Invalid API key."),
            Refusal::Throttled => error(429, "rate_limit", "Too many requests."),
            Refusal::OutOfCredits => error(402, "over_plan", "Over plan limit."),
            Refusal::ServerError => error(500, "server", "Something went wrong."),
        }
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let (Question::Person(input) | Question::Company(input) | Question::Combined(input)) =
            question;
        let roll = context.world.roll("clearbit queue", &[input]);
        if roll.happens(context.options.pending)
            && context.attempt <= context.options.ready_after_polls
        {
            let body = json!({"error": {"type": "queued", "message": "Lookup queued."}});
            return Answer::free(Reply::json(202, &body), Outcome::Pending);
        }
        let world = context.world;
        let knows = |it: &Company| world.knows("clearbit", context.options.knowledge, it);
        let owner = |email: &str| world.owner(email).filter(|it| knows(&it.company));
        let company_of = |domain: &str| world.company(domain).filter(&knows);
        let host = |email: &str| email.rsplit_once('@').map(|(_, it)| it.to_owned());
        let body = match question {
            Question::Person(email) => owner(email).map(|it| person(&it, email)),
            Question::Company(domain) => company_of(domain).map(|it| company(&it)),
            Question::Combined(email) => {
                let employer = host(email).and_then(|it| company_of(&it));
                let owner = owner(email);
                (owner.is_some() || employer.is_some()).then(|| {
                    let owner = owner.map(|it| person(&it, email));
                    json!({"person": owner, "company": employer.map(|it| company(&it))})
                })
            }
        };
        match body {
            Some(body) => {
                Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: MATCH }
            }
            None => Answer::free(error(404, "unknown_record", "Unknown person."), Outcome::Miss),
        }
    }
}

fn error(status: u16, kind: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"type": kind, "message": message}}))
}

fn person(it: &Person, email: &str) -> Value {
    let place = it.company.place;
    json!({
        "id": "d54c0000-0000-4000-8000-000000000001",
        "name": {"fullName": it.full_name(), "givenName": it.first_name,
                 "familyName": it.last_name},
        "email": email,
        "location": format!("{}, {}", place.city, place.country),
        "geo": {"city": place.city, "state": place.region, "country": place.country},
        "employment": {"domain": it.company.domain, "name": it.company.name, "title": it.title,
                       "role": it.department, "seniority": it.seniority},
        "twitter": {"handle": null},
        "linkedin": {"handle": format!("in/{}", it.linkedin)},
        "fuzzy": false,
        "emailProvider": false,
    })
}

fn company(it: &Company) -> Value {
    json!({
        "id": "c5a00000-0000-4000-8000-000000000002",
        "name": it.name,
        "legalName": it.legal_name,
        "domain": it.domain,
        "category": {"industry": it.industry},
        "description": it.description(),
        "foundedYear": it.founded,
        "geo": {"city": it.place.city, "state": it.place.region, "country": it.place.country},
        // The host is gone, and its addresses still stand there.
        "logo": format!("https://logo.clearbit.com/{}", it.domain),
        "linkedin": {"handle": format!("company/{}", it.linkedin)},
        "twitter": {"handle": null},
        "phone": it.phone,
        "metrics": {"employees": it.employees, "employeesRange": it.size, "annualRevenue": null,
                    "estimatedAnnualRevenue": it.revenue},
        "tech": it.technologies,
    })
}
