//! People and companies in Clearbit's shape.

use super::{
    ENRICHMENT, NAME,
    answers::{claimed, is_claimed},
    error,
    questions::By,
};
use crate::sandbox::{
    api::{Answer, Context},
    http::Reply,
    log::Outcome,
    world::{Company, Person, Place, Sight},
};
use serde_json::{Value, json};

const INDEXED: &str = "2026-01-01T00:00:00.000Z";

pub(super) fn person(context: &Context<'_>, by: &By, plain: bool) -> Answer {
    let person = match by {
        By::Email(email) => context.world.owner(email),
        By::Handle(handle) => context.world.person_of_profile(handle),
    };
    match person.and_then(|person| seen(context, &person)) {
        Some(person) if is_claimed(context.world, &person) => claimed(),
        Some(person) => answer(person_shape(&person, context), plain),
        None => unknown(),
    }
}

pub(super) fn company(context: &Context<'_>, domain: &str, plain: bool) -> Answer {
    match known(context, domain) {
        Some(company) => answer(company_shape(&company, context), plain),
        None => unknown(),
    }
}

pub(super) fn combined(context: &Context<'_>, email: &str, plain: bool) -> Answer {
    let person = context.world.owner(email).and_then(|person| seen(context, &person));
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let company = known(context, domain);
    if person.as_ref().is_some_and(|person| is_claimed(context.world, person)) {
        return claimed();
    }
    if person.is_none() && company.is_none() {
        return unknown();
    }
    let person = person.map(|person| person_shape(&person, context));
    let company = company.map(|company| company_shape(&company, context));
    answer(json!({"person": person, "company": company}), plain)
}

/// The person as Hunter knows them.
fn seen(context: &Context<'_>, person: &Person) -> Option<Person> {
    match context.world.sees(NAME, context.options.knowledge, &person.name, &person.company) {
        Sight::Here(person) | Sight::Stale(person) | Sight::Moved(person) => Some(*person),
        Sight::Namesake(_) | Sight::Nothing => None,
    }
}

fn known(context: &Context<'_>, domain: &str) -> Option<Company> {
    let company = context.world.company(domain);
    company.filter(|company| context.world.knows(NAME, context.options.knowledge, company))
}

fn answer(shape: Value, plain: bool) -> Answer {
    let body = if plain { shape } else { json!({"data": shape, "meta": {"params": {}}}) };
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: ENRICHMENT }
}

fn unknown() -> Answer {
    let reply = error(404, "not_found", "We have no data for this request");
    Answer::free(reply, Outcome::Miss)
}

fn person_shape(person: &Person, context: &Context<'_>) -> Value {
    let company = &person.company;
    let id = context.world.roll("hunter id", &[&person.address]).bits();
    json!({
        "id": format!("{id:016x}"),
        "name": {
            "fullName": person.full_name(),
            "givenName": person.first_name,
            "familyName": person.last_name,
        },
        "email": person.address,
        "location": format!("{}, {}", company.place.city, company.place.country),
        "timeZone": company.place.zone,
        "utcOffset": null,
        "geo": geo(company.place, false),
        "bio": null,
        "site": null,
        "avatar": null,
        "employment": {
            "domain": company.domain,
            "name": company.name,
            "title": person.title,
            "role": person.role,
            "subRole": null,
            "seniority": person.seniority,
        },
        "facebook": {"handle": null},
        "github": {"handle": null},
        "twitter": {"handle": null},
        "linkedin": {"handle": person.linkedin},
        "googleplus": {"handle": null},
        "gravatar": {"handle": null, "urls": [], "avatar": null, "avatars": []},
        "fuzzy": false,
        "emailProvider": false,
        "indexedAt": INDEXED,
        "phone": null,
        "activeAt": null,
        "inactiveAt": null,
    })
}

fn company_shape(company: &Company, context: &Context<'_>) -> Value {
    let roll = context.world.roll("hunter company", &[&company.domain]);
    let range = roll.below(2) == 0;
    let employees = if range { json!(company.size) } else { json!(company.employees) };
    json!({
        "id": format!("{:016x}", roll.aspect(1).bits()),
        "name": company.name,
        "legalName": company.legal_name,
        "domain": company.domain,
        "domainAliases": [],
        "site": {"phoneNumbers": [company.phone], "emailAddresses": []},
        "category": {
            "sector": null, "industryGroup": null, "industry": company.industry,
            "subIndustry": null, "gicsCode": null, "sicCode": null, "naicsCode": null,
        },
        "tags": [],
        "description": company.description(),
        "foundedYear": company.founded,
        "location": format!("{}, {}", company.place.city, company.place.country),
        "timeZone": company.place.zone,
        "utcOffset": null,
        "geo": geo(company.place, true),
        "logo": null,
        "facebook": {"handle": null, "likes": null},
        "linkedin": {"handle": format!("company/{}", company.linkedin)},
        "twitter": {"handle": null},
        "crunchbase": {"handle": null},
        "emailProvider": false,
        "type": "private",
        "company_type": "privately held",
        "ticker": null,
        "identifiers": {"usEIN": null},
        "phone": company.phone,
        "metrics": {
            "alexaUsRank": null, "alexaGlobalRank": null, "trafficRank": "medium",
            "employees": employees, "employeesRange": company.size, "marketCap": null,
            "raised": company.raised, "annualRevenue": null,
            "estimatedAnnualRevenue": company.revenue, "fiscalYearEnd": 12,
        },
        "indexedAt": INDEXED,
        "tech": company.technologies,
        "techCategories": [],
        "fundingRounds": [],
        "parent": {"domain": null},
        "ultimateParent": {"domain": null},
    })
}

fn geo(place: &Place, street: bool) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut geo = json!({
        "city": place.city, "state": place.region, "stateCode": null,
        "country": place.country, "countryCode": place.code,
        "lat": number(place.geo.0), "lng": number(place.geo.1),
    });
    if street {
        for name in ["streetNumber", "streetName", "subPremise", "postalCode"] {
            geo[name] = Value::Null;
        }
    }
    geo
}
