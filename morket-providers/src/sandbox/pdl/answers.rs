//! How PDL answers, one record or many.

use super::{
    DATASET, NAME, RECORD, company, error, error_body, person,
    questions::{By, CompanyQuery, Item, PersonQuery, Question, Shaping},
};
use crate::sandbox::{
    api::{Answer, Context},
    http::Reply,
    log::Outcome,
    world::{Person, Sight},
};
use morket_core::VendorUnits;
use serde::Serialize;
use serde_json::{Map, Value, json};

const NOT_FOUND: &str = "No records were found matching your request";

#[derive(Serialize)]
struct Found<D> {
    status: u16,
    likelihood: u64,
    data: D,
    dataset_version: &'static str,
}

pub(super) fn answer(context: &Context<'_>, question: &Question) -> Answer {
    match question {
        Question::Person(query, pretty) => one_person(context, query, *pretty),
        Question::Company(query, pretty) => match company_entry(context, query) {
            Some(entry) => found(render(&entry, *pretty)),
            None => not_found(),
        },
        Question::People(items) => bulk(context, items, person_entry),
        Question::Companies(items) => bulk(context, items, company_entry),
    }
}

/// The way most calls take: straight from the shape to bytes.
fn one_person(context: &Context<'_>, query: &PersonQuery, pretty: bool) -> Answer {
    let Shaping { required, include, matched, title_case, .. } = &query.options;
    if required.is_some() || include.is_some() || *matched || pretty {
        return match person_entry(context, query) {
            Some(entry) => found(render(&entry, pretty)),
            None => not_found(),
        };
    }
    match look(context, query) {
        Some((person, likelihood)) => {
            let plan = context.account.state.plan;
            let data = person::shape(context.world, &person, plan, *title_case);
            found(Reply::json(
                200,
                &Found { status: 200, likelihood, data, dataset_version: DATASET },
            ))
        }
        None => not_found(),
    }
}

fn person_entry(context: &Context<'_>, query: &PersonQuery) -> Option<Value> {
    let (person, likelihood) = look(context, query)?;
    let plan = context.account.state.plan;
    let shape = person::shape(context.world, &person, plan, query.options.title_case);
    let mut data = serde_json::to_value(shape).expect("shapes have text for keys");
    let required = query.options.required.as_deref();
    required.is_none_or(|needs| has_all(&data, needs)).then_some(())?;
    if let (Some(names), Value::Object(all)) = (&query.options.include, &mut data) {
        include(all, names);
    }
    let mut entry = json!({
        "status": 200, "likelihood": likelihood, "data": data, "dataset_version": DATASET,
    });
    if query.options.matched {
        entry["matched"] = json!(matched(&query.by));
    }
    Some(entry)
}

fn company_entry(context: &Context<'_>, query: &CompanyQuery) -> Option<Value> {
    let (world, knowledge) = (context.world, context.options.knowledge);
    let company = query.by.iter().find_map(|text| world.company_called(text))?;
    let known = world.knows(NAME, knowledge, &company);
    let likelihood = 7 + world.roll("pdl company", &[&company.domain]).below(4);
    (known && likelihood >= query.options.min_likelihood).then_some(())?;
    let shape = company::shape(&company, likelihood, query.options.title_case);
    let required = query.options.required.as_deref();
    required.is_none_or(|needs| has_all(&shape, needs)).then_some(shape)
}

/// Whom PDL finds, and how sure it is: 6 to 10, or 2 to 4 for somebody of the same name.
fn look(context: &Context<'_>, query: &PersonQuery) -> Option<(Person, u64)> {
    let world = context.world;
    let (name, company) = match &query.by {
        By::Email(email) => {
            let owner = world.owner(email)?;
            (owner.name, owner.company)
        }
        By::Handle(handle) => {
            let person = world.person_of_profile(handle)?;
            (person.name, person.company)
        }
        By::At(name, firm) => (name.clone(), world.company_called(firm)?),
        By::Other(_) => return None,
    };
    let sight = world.sees(NAME, context.options.knowledge, &name, &company);
    let roll = world.roll("likelihood", &[&name.key(), &company.domain]);
    let exact = matches!(query.by, By::Email(_) | By::Handle(_));
    let (person, likelihood) = match sight {
        Sight::Here(person) => (person, 6 + u64::from(exact) + roll.below(4)),
        Sight::Stale(person) | Sight::Moved(person) => (person, 6 + roll.below(2)),
        Sight::Namesake(person) if !exact => (person, 2 + roll.below(3)),
        Sight::Namesake(_) | Sight::Nothing => return None,
    };
    (likelihood >= query.options.min_likelihood).then_some((*person, likelihood))
}

/// Each with its own status, in the order asked, billed for each found while credits last.
fn bulk<Q>(
    context: &Context<'_>,
    items: &[Item<Q>],
    entry: fn(&Context<'_>, &Q) -> Option<Value>,
) -> Answer {
    let mut price = VendorUnits::ZERO;
    let mut one = |item: &Item<Q>| {
        let mut answer = match &item.query {
            None => error_body(400, "invalid_request_error", "The request lacks an identifier"),
            Some(query) => match entry(context, query) {
                None => error_body(404, "not_found", NOT_FOUND),
                Some(_) if context.account.state.credits.0 < price.0 + RECORD.0 => {
                    error_body(402, "payment_required", "All matches used")
                }
                Some(found) => {
                    price.0 += RECORD.0;
                    found
                }
            },
        };
        if let Some(metadata) = &item.metadata {
            answer["metadata"] = metadata.clone();
        }
        answer
    };
    let answers: Vec<_> = items.iter().map(&mut one).collect();
    let outcome = if price.is_positive() { Outcome::Answer } else { Outcome::Miss };
    Answer { reply: Reply::json(200, &answers), outcome, price }
}

fn found(reply: Reply) -> Answer {
    Answer { reply, outcome: Outcome::Answer, price: RECORD }
}

fn not_found() -> Answer {
    Answer::free(error(404, "not_found", NOT_FOUND), Outcome::Miss)
}

fn render(entry: &Value, pretty: bool) -> Reply {
    let mut reply = Reply::json(200, entry);
    if pretty {
        reply.body = format!("{entry:#}").into_bytes();
    }
    reply
}

/// `emails AND (job_title OR headline)`: every part of the conjunction has one field that is there.
fn has_all(data: &Value, required: &str) -> bool {
    let there = |name: &str| {
        let found = name.split('.').try_fold(data, |value, part| value.get(part));
        found.is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(list) => !list.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        })
    };
    let plain = required.replace(['(', ')'], " ");
    let mut parts = plain.split(" AND ");
    parts.all(|part| part.split(" OR ").any(|name| there(name.trim())))
}

/// Keeps the fields named, or with a leading `-` all others.
fn include(data: &mut Map<String, Value>, names: &str) {
    let (names, keep) = names.strip_prefix('-').map_or((names, true), |rest| (rest, false));
    let named: Vec<_> = names.split(',').map(str::trim).collect();
    data.retain(|name, _| named.contains(&name.as_str()) == keep);
}

fn matched(by: &By) -> &'static [&'static str] {
    match by {
        By::Email(_) => &["email"],
        By::Handle(_) => &["profile"],
        By::At(..) => &["name", "company"],
        By::Other(_) => &[],
    }
}
