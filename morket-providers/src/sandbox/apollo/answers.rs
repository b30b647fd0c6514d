//! How Apollo answers.

use super::{MATCH, NAME, shapes};
use crate::sandbox::{
    api::{Answer, Context},
    http::Reply,
    log::Outcome,
    whom::{self, Whom},
    world::{Person, Sight},
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// Whoever is not known is null, and costs nothing.
pub(super) fn one(context: &Context<'_>, whom: &Option<Whom>) -> Answer {
    let person = look(context, whom).map(|it| shapes::person(context.world, &it, true));
    let input = whom.as_ref().map(Whom::input).unwrap_or_default();
    respond(&json!({"person": person, "request_id": request_id(context, &input)}), &person)
}

pub(super) fn bulk(context: &Context<'_>, all: &[Option<Whom>]) -> Answer {
    let find = |whom| look(context, whom).map(|it| shapes::person(context.world, &it, false));
    let matches: Vec<Option<Value>> = all.iter().map(find).collect();
    let found = matches.iter().flatten().count();
    let inputs: Vec<_> = all.iter().flatten().map(Whom::input).collect();
    let body = json!({
        "status": "success", "error_code": null, "error_message": null,
        "total_requested_enrichments": all.len(), "unique_enriched_records": found,
        "missing_records": all.len() - found, "credits_consumed": found,
        "matches": matches, "request_id": request_id(context, &inputs.join("|")),
    });
    let price = VendorUnits::whole(i64::try_from(found).unwrap_or(i64::MAX));
    let outcome = if found > 0 { Outcome::Answer } else { Outcome::Miss };
    Answer { reply: Reply::json(200, &body), outcome, price }
}

pub(super) fn company(context: &Context<'_>, firm: &str) -> Answer {
    let (world, knowledge) = (context.world, context.options.knowledge);
    let company = whom::company(world, firm).filter(|it| world.knows(NAME, knowledge, it));
    let company = company.map(|it| shapes::company(&it, true));
    respond(&json!({"organization": company}), &company)
}

pub(super) fn profile(context: &Context<'_>) -> Answer {
    let state = &context.account.state;
    let body = json!({
        "id": "64a000000000000000000009", "first_name": "Sandbox", "last_name": "Fake",
        "email": "sandbox@fake.example",
        "effective_num_lead_credits": state.credits.0 / 1_000,
        "num_lead_credits_used": state.used.0 / 1_000,
    });
    Answer::free(Reply::json(200, &body), Outcome::Answer)
}

fn look(context: &Context<'_>, whom: &Option<Whom>) -> Option<Person> {
    match whom.as_ref()?.sight(NAME, context) {
        Sight::Here(person)
        | Sight::Stale(person)
        | Sight::Moved(person)
        | Sight::Namesake(person) => Some(*person),
        Sight::Nothing => None,
    }
}

fn respond(body: &Value, found: &Option<Value>) -> Answer {
    let reply = Reply::json(200, body);
    match found {
        Some(_) => Answer { reply, outcome: Outcome::Answer, price: MATCH },
        None => Answer::free(reply, Outcome::Miss),
    }
}

/// Larger than what a float holds, and negative now and then.
fn request_id(context: &Context<'_>, input: &str) -> i64 {
    context.world.roll("apollo request", &[input]).bits().cast_signed()
}
