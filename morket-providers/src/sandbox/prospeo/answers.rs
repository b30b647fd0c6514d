//! How Prospeo answers, and what it bills only once.

use super::{MATCH, MOBILE, NAME, error, questions::Wanted};
use crate::sandbox::{
    api::{Answer, Context},
    dice::{Rate, digest},
    http::Reply,
    log::Outcome,
    world::{Address, Company, Person, Sight},
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// Of how many people it has a number.
const MOBILES: Rate = Rate::percent(45);

/// Somebody who was found.
struct Found {
    person: Person,
    verified: bool,
    /// The number, where it was asked for and there is one.
    mobile: Option<String>,
    price: VendorUnits,
}

pub(super) fn one(context: &mut Context<'_>, asked: &Wanted) -> Answer {
    let Some(found) = find(context, asked) else {
        return Answer::free(error(400, "NO_MATCH"), Outcome::Miss);
    };
    let mut body = json!({"error": false, "free_enrichment": !found.price.is_positive()});
    describe(&mut body, &found);
    Answer { reply: Reply::json(200, &body), outcome: Outcome::Answer, price: found.price }
}

pub(super) fn many(context: &mut Context<'_>, all: &[(Value, Option<Wanted>)]) -> Answer {
    let (mut matched, mut missed, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
    let mut price = VendorUnits::ZERO;
    for (identifier, asked) in all {
        let Some(asked) = asked else {
            invalid.push(identifier);
            continue;
        };
        match find(context, asked) {
            Some(found) => {
                let mut entry = json!({"identifier": identifier});
                describe(&mut entry, &found);
                price = price.plus(found.price).unwrap_or(price);
                matched.push(entry);
            }
            None => missed.push(identifier),
        }
    }
    let outcome = if matched.is_empty() { Outcome::Miss } else { Outcome::Answer };
    let body = json!({
        "error": false, "total_cost": price.0 / 1_000, "matched": matched,
        "not_matched": missed, "invalid_datapoints": invalid,
    });
    Answer { reply: Reply::json(200, &body), outcome, price }
}

pub(super) fn account(context: &Context<'_>) -> Answer {
    let state = &context.account.state;
    let body = json!({"error": false, "response": {
        "current_plan": "STARTER", "remaining_credits": state.credits.0 / 1_000,
        "used_credits": state.used.0 / 1_000, "next_quota_renewal_date": "2026-12-01",
    }});
    Answer::free(Reply::json(200, &body), Outcome::Answer)
}

/// The same person again is free for life; a number that comes with them is not. Whoever has none
/// is a match without one.
fn find(context: &mut Context<'_>, asked: &Wanted) -> Option<Found> {
    let person = match asked.whom.sight(NAME, context) {
        Sight::Here(person)
        | Sight::Stale(person)
        | Sight::Moved(person)
        | Sight::Namesake(person) => *person,
        Sight::Nothing => return None,
    };
    let world = context.world;
    let verified = world.address(&person.address) == Some(Address::Valid);
    (verified || !asked.verified).then_some(())?;
    let has = world.roll("prospeo mobile", &[&person.address]).happens(MOBILES);
    let mobile = (asked.mobile && has).then(|| person.mobile.clone());
    let bought = &mut context.account.bought;
    let mut is_new =
        |what: &str| bought.insert(digest(format!("{what} {}", person.address).as_bytes()));
    let (first, with_number) = (is_new("person"), mobile.is_some() && is_new("mobile"));
    let price = match (with_number, first) {
        (true, _) => MOBILE,
        (false, true) => MATCH,
        (false, false) => VendorUnits::ZERO,
    };
    Some(Found { person, verified, mobile, price })
}

fn describe(entry: &mut Value, found: &Found) {
    entry["person"] = person(found);
    entry["company"] = company(&found.person.company);
}

fn person(found: &Found) -> Value {
    let Found { person, verified, mobile, .. } = found;
    let (company, place) = (&person.company, person.company.place);
    let status = if *verified { "VERIFIED" } else { "UNVERIFIED" };
    let known = if mobile.is_some() { "VERIFIED" } else { "UNAVAILABLE" };
    let code = mobile.as_ref().map(|_| "US");
    json!({
        "person_id": format!("{:016x}", digest(person.address.as_bytes())),
        "first_name": person.first_name, "last_name": person.last_name,
        "full_name": person.full_name(),
        "linkedin_url": format!("https://www.linkedin.com/in/{}", person.linkedin),
        "current_job_title": person.title, "current_job_key": "k1", "headline": null,
        "linkedin_member_id": null, "last_job_change_detected_at": null,
        "job_history": [{
            "title": person.title, "company_name": company.name, "current": true,
            "start_year": person.since[..4].parse::<u32>().ok(), "start_month": 1,
            "end_year": null, "end_month": null, "duration_in_months": null,
            "departments": [person.department], "seniority": person.seniority,
            "company_id": "cccc0002", "job_key": "k1",
        }],
        "mobile": {
            "status": known, "revealed": mobile.is_some(), "mobile": mobile,
            "mobile_national": null, "mobile_international": mobile, "mobile_country": null,
            "mobile_country_code": code,
        },
        "email": {
            "status": status, "revealed": true, "email": person.address,
            "verification_method": "SMTP", "email_mx_provider": "Google",
        },
        "location": {
            "country": place.country, "country_code": place.code, "state": place.region,
            "city": place.city, "time_zone": place.zone, "time_zone_offset": null,
        },
        "skills": [],
    })
}

fn company(it: &Company) -> Value {
    let printed = it.revenue.replace('$', "");
    json!({
        "company_id": "cccc0002", "name": it.name, "website": format!("https://{}", it.domain),
        "domain": it.domain, "other_websites": [], "description": it.description(),
        "description_seo": null, "description_ai": null, "type": "Private",
        "industry": it.industry, "employee_count": it.employees, "employee_range": it.size,
        "location": {
            "country": it.place.country, "country_code": it.place.code,
            "state": it.place.region, "city": it.place.city, "raw_address": null,
        },
        "sic_codes": [], "naics_codes": [],
        "email_tech": {
            "domain": it.domain, "mx_provider": "Google", "catch_all_domain": it.catch_all,
        },
        "linkedin_url": format!("https://www.linkedin.com/company/{}", it.linkedin),
        "twitter_url": null, "facebook_url": null, "crunchbase_url": null,
        "founded": it.founded, "revenue_range": null, "revenue_range_printed": printed,
        "keywords": [], "logo_url": null, "attributes": {}, "funding": null,
        "technology": {
            "count": it.technologies.len(), "technology_names": it.technologies,
            "technology_list": [],
        },
        "job_postings": null,
    })
}
