//! Apollo's people and companies as they look on the wire.

use crate::sandbox::{
    dice::Rate,
    world::{Address, Company, Person, World},
};
use serde_json::{Value, json};

/// How many addresses it does not unlock.
const LOCKED: Rate = Rate::percent(2);

/// A person; in bulk, the company beside them is told in fewer words.
pub(super) fn person(world: &World, it: &Person, whole: bool) -> Value {
    let place = it.company.place;
    let (email, status) = email(world, it);
    json!({
        "id": "64a000000000000000000001",
        "first_name": it.first_name, "last_name": it.last_name, "name": it.full_name(),
        "linkedin_url": format!("http://www.linkedin.com/in/{}", it.linkedin),
        "title": it.title, "headline": format!("{} at {}", it.title, it.company.name),
        "email": email, "email_status": status, "extrapolated_email_confidence": null,
        "photo_url": null, "twitter_url": null, "github_url": null, "facebook_url": null,
        "organization_id": "5e0000000000000000000002",
        "employment_history": [{
            "_id": "1", "organization_id": "5e0000000000000000000002",
            "organization_name": it.company.name, "title": it.title,
            "start_date": format!("{}-01", it.since), "end_date": null, "current": true,
        }],
        "street_address": "", "city": place.city, "state": place.region,
        "country": place.country, "postal_code": null,
        "formatted_address": format!("{}, {}", place.city, place.country),
        "time_zone": place.zone, "contact_id": null, "contact": null,
        "revealed_for_current_team": true, "is_likely_to_engage": true, "show_intent": false,
        "intent_strength": null,
        "departments": [format!("master_{}", it.role)], "subdepartments": [it.role],
        "functions": [it.role], "seniority": it.level,
        "organization": company(&it.company, whole),
    })
}

/// What it sells as verified may be out of date.
fn email(world: &World, it: &Person) -> (Value, Value) {
    let roll = world.roll("apollo email", &[&it.address]);
    if roll.happens(LOCKED) {
        return (json!("email_not_unlocked@domain.com"), json!("unavailable"));
    }
    let status = match world.address(&it.address) {
        Some(Address::Valid) => json!("verified"),
        Some(Address::CatchAll) => json!(roll.aspect(1).pick(&["extrapolated", "guessed"])),
        _ => roll.aspect(2).pick(&[Some("verified"), Some("unverified"), None]).into(),
    };
    (json!(it.address), status)
}

/// A company; next to a person in bulk it lacks funding and technologies.
pub(super) fn company(it: &Company, whole: bool) -> Value {
    let (place, phone) = (it.place, &it.phone);
    let revenue = u64::from(it.employees) * 150_000;
    let mut shape = json!({
        "id": "5e0000000000000000000002", "name": it.name,
        "website_url": format!("http://www.{}", it.domain), "primary_domain": it.domain,
        "linkedin_url": format!("http://www.linkedin.com/company/{}", it.linkedin),
        "twitter_url": null, "facebook_url": null, "logo_url": null,
        "primary_phone": {"number": phone, "source": "Scraped", "sanitized_number": phone},
        "phone": phone, "sanitized_phone": phone,
        "founded_year": it.founded, "industry": it.industry.to_lowercase(),
        "industries": [it.industry.to_lowercase()], "keywords": [],
        "estimated_num_employees": it.employees,
        "raw_address": format!("1 Sample Street, {}, {}", place.city, place.country),
        "street_address": "1 Sample Street", "city": place.city, "state": place.region,
        "postal_code": "10000", "country": place.country,
        "short_description": it.description(), "seo_description": null,
        "annual_revenue": revenue, "annual_revenue_printed": printed(revenue),
    });
    if whole {
        shape["total_funding"] = json!(it.raised);
        shape["latest_funding_stage"] = json!(it.raised.map(|_| "Series A"));
        shape["funding_events"] = json!([]);
        shape["technology_names"] = json!(it.technologies);
        shape["current_technologies"] = json!([]);
    }
    shape
}

fn printed(dollars: u64) -> String {
    match dollars {
        0..1_000_000 => format!("{}K", dollars / 1_000),
        _ => format!("{}.{}M", dollars / 1_000_000, dollars % 1_000_000 / 100_000),
    }
}
