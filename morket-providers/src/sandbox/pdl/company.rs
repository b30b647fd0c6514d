//! PDL's company as it looks on the wire: its fields stand at the top.

use super::title_case;
use crate::sandbox::world::Company;
use serde_json::{Value, json};

pub(super) fn shape(company: &Company, likelihood: u64, titles: bool) -> Value {
    let cased = |text: &str| {
        let lower = text.to_lowercase();
        if titles { title_case(&lower) } else { lower }
    };
    let place = company.place;
    let stage = company.raised.map(|_| "series_a");
    json!({
        "status": 200,
        "name": cased(&company.name),
        "display_name": company.name,
        "size": company.size,
        "employee_count": company.employees,
        "id": company.linkedin,
        "founded": company.founded,
        "industry": company.industry.to_lowercase(),
        "industry_v2": company.industry.to_lowercase(),
        "naics": [],
        "sic": [],
        "location": {
            "name": cased(&format!("{}, {}, {}", place.city, place.region, place.country)),
            "locality": cased(place.city),
            "region": cased(place.region),
            "country": cased(place.country),
            "continent": cased(place.continent),
            "street_address": null,
            "postal_code": null,
            "geo": format!("{},{}", place.geo.0, place.geo.1),
        },
        "linkedin_id": null,
        "linkedin_url": format!("linkedin.com/company/{}", company.linkedin),
        "facebook_url": null,
        "twitter_url": null,
        "profiles": [],
        "website": company.domain,
        "ticker": null,
        "type": "private",
        "summary": company.description().to_lowercase(),
        "tags": [],
        "headline": null,
        "inferred_revenue": company.revenue,
        "total_funding_raised": company.raised,
        "latest_funding_stage": stage,
        "last_funding_date": company.raised.map(|_| "2022-01-15"),
        "number_funding_rounds": company.raised.map(|_| 1),
        "funding_stages": stage.map_or_else(Vec::new, |stage| vec![stage]),
        "technologies_used": null,
        "likelihood": likelihood,
    })
}
