//! PDL's person as it looks on the wire.

use super::{DATASET, title_case};
use crate::sandbox::{
    account::Plan,
    dice::Rate,
    world::{Person, World},
};
use serde::Serialize;
use std::borrow::Cow;

type Null = ();
type Text<'a> = Cow<'a, str>;

/// A value, or on the free plan only whether there is one.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Gated<T> {
    Value(T),
    Has(bool),
}

#[derive(Serialize)]
pub(super) struct Email<'a> {
    address: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct Profile<'a> {
    network: &'static str,
    url: String,
    username: &'a str,
}

#[derive(Serialize)]
pub(super) struct PersonShape<'a> {
    id: String,
    full_name: Text<'a>,
    first_name: Text<'a>,
    last_name: Text<'a>,
    sex: Null,
    linkedin_url: String,
    linkedin_username: &'a str,
    twitter_url: Null,
    github_url: Null,
    facebook_url: Null,
    work_email: Gated<Option<&'a str>>,
    personal_emails: Gated<[Null; 0]>,
    recommended_personal_email: Gated<Null>,
    emails: Gated<Vec<Email<'a>>>,
    mobile_phone: Gated<Option<&'a str>>,
    phone_numbers: Gated<Vec<&'a str>>,
    street_address: Gated<Null>,
    job_title: Text<'a>,
    job_title_role: &'a str,
    job_title_sub_role: Null,
    job_title_levels: [&'a str; 1],
    job_start_date: &'a str,
    job_company_id: &'a str,
    job_company_name: Text<'a>,
    job_company_website: &'a str,
    job_company_linkedin_url: String,
    job_company_industry: Text<'a>,
    job_company_size: &'a str,
    job_company_employee_count: u32,
    job_company_founded: u32,
    job_company_inferred_revenue: &'a str,
    job_company_total_funding_raised: Option<u64>,
    location_name: Text<'a>,
    location_locality: Text<'a>,
    location_region: Text<'a>,
    location_country: Text<'a>,
    headline: Null,
    summary: Null,
    skills: [Null; 0],
    interests: [Null; 0],
    experience: [Null; 0],
    education: [Null; 0],
    profiles: [Profile<'a>; 1],
    dataset_version: &'static str,
}

/// A person as PDL tells it: lower-case unless asked otherwise, contacts only on a paid plan.
pub(super) fn shape<'a>(
    world: &World,
    person: &'a Person,
    plan: Plan,
    titles: bool,
) -> PersonShape<'a> {
    let roll = world.roll("pdl person", &[&person.address]);
    let email = roll.happens(Rate::percent(85)).then_some(person.address.as_str());
    let mobile = roll.aspect(1).happens(Rate::percent(30)).then_some(person.mobile.as_str());
    let cased = |text: &str| -> Text<'a> {
        let lower = text.to_lowercase();
        Cow::Owned(if titles { title_case(&lower) } else { lower })
    };
    let company = &person.company;
    let place = company.place;
    let email_list = email.map(|address| Email { address, kind: "current_professional" });
    PersonShape {
        id: format!("{:016x}_0000", roll.aspect(2).bits()),
        full_name: cased(&person.full_name()),
        first_name: cased(&person.first_name),
        last_name: cased(&person.last_name),
        sex: (),
        linkedin_url: format!("linkedin.com/in/{}", person.linkedin),
        linkedin_username: &person.linkedin,
        twitter_url: (),
        github_url: (),
        facebook_url: (),
        work_email: gated(plan, email, email.is_some()),
        personal_emails: gated(plan, [], false),
        recommended_personal_email: gated(plan, (), false),
        emails: gated(plan, email_list.into_iter().collect(), email.is_some()),
        mobile_phone: gated(plan, mobile, mobile.is_some()),
        phone_numbers: gated(plan, mobile.into_iter().collect(), mobile.is_some()),
        street_address: gated(plan, (), false),
        job_title: cased(&person.title),
        job_title_role: person.role,
        job_title_sub_role: (),
        job_title_levels: [person.level],
        job_start_date: &person.since,
        job_company_id: &company.linkedin,
        job_company_name: cased(&company.name),
        job_company_website: &company.domain,
        job_company_linkedin_url: format!("linkedin.com/company/{}", company.linkedin),
        job_company_industry: Cow::Owned(company.industry.to_lowercase()),
        job_company_size: company.size,
        job_company_employee_count: company.employees,
        job_company_founded: company.founded,
        job_company_inferred_revenue: company.revenue,
        job_company_total_funding_raised: company.raised,
        location_name: cased(&format!("{}, {}, {}", place.city, place.region, place.country)),
        location_locality: cased(place.city),
        location_region: cased(place.region),
        location_country: cased(place.country),
        headline: (),
        summary: (),
        skills: [],
        interests: [],
        experience: [],
        education: [],
        profiles: [Profile {
            network: "linkedin",
            url: format!("linkedin.com/in/{}", person.linkedin),
            username: &person.linkedin,
        }],
        dataset_version: DATASET,
    }
}

fn gated<T>(plan: Plan, value: T, has: bool) -> Gated<T> {
    match plan {
        Plan::Paid | Plan::Scoped => Gated::Value(value),
        Plan::Free => Gated::Has(has),
    }
}
