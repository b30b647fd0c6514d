//! The standard fields, as a table.

use super::{
    Field, FieldType as T,
    Group::{self, Employment, Headquarters, Location},
    Kind::{self, Company, Person},
};
use crate::name::FieldName;
use std::time::Duration;

struct Row(&'static str, Kind, T, Option<Group>, Believed, &'static str);

/// How long a value is believed: how fast the fact it tells of changes.
#[derive(Clone, Copy)]
enum Believed {
    /// Work changes: 90 days.
    Quarter,
    /// Numbers, places and companies change slowly: 180 days.
    HalfYear,
    /// Names and years of foundation hardly do.
    Years,
}

use Believed::{HalfYear, Quarter, Years};

impl Believed {
    const fn ttl(self) -> Duration {
        let days = match self {
            Self::Quarter => 90,
            Self::HalfYear => 180,
            Self::Years => 730,
        };
        Duration::from_secs(days * 86_400)
    }
}

/// What belongs to the person rather than to the job: asked for only by name.
const PERSONAL: &[&str] = &["personal_email", "mobile_phone"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("full_name", Person, T::PersonName, None, Years, "The person's name as written."),
    Row("first_name", Person, T::PersonName, None, Years, "The given name."),
    Row("last_name", Person, T::PersonName, None, Years, "The family name."),
    Row("email", Person, T::Email, None, Quarter, "The address at work."),
    Row("email_status", Person, T::EmailStatus, None, Quarter, "What is known of `email`."),
    Row("personal_email", Person, T::Email, None, Quarter, "A private address."),
    Row("title", Person, T::Text, Some(Employment), Quarter, "The job title."),
    Row("seniority", Person, T::Text, Some(Employment), Quarter, "The level of the job."),
    Row("department", Person, T::Text, Some(Employment), Quarter, "The part of the company."),
    Row("phone", Person, T::Phone, None, HalfYear, "A direct number at work."),
    Row("mobile_phone", Person, T::Phone, None, HalfYear, "A mobile number."),
    Row("linkedin_url", Person, T::LinkedinPerson, None, HalfYear, "The person's profile."),
    Row("twitter_url", Person, T::Url, None, HalfYear, "The person's page at X."),
    Row("github_url", Person, T::Url, None, HalfYear, "The person's page at GitHub."),
    Row("location", Person, T::Location, Some(Location), HalfYear, "Where the person is."),
    Row("city", Person, T::Location, Some(Location), HalfYear, "The person's town."),
    Row("region", Person, T::Location, Some(Location), HalfYear, "The person's state or region."),
    Row("country", Person, T::Country, Some(Location), HalfYear, "The person's country."),
    Row("company_name", Company, T::Text, Some(Employment), HalfYear, "The company's usual name."),
    Row("company_domain", Company, T::CompanyDomain, Some(Employment), HalfYear,
        "The company's domain: the key by which companies are told apart."),
    Row("company_linkedin_url", Company, T::LinkedinCompany, Some(Employment), HalfYear,
        "The company's page."),
    Row("legal_name", Company, T::Text, None, HalfYear, "The name in the register."),
    Row("industry", Company, T::Text, None, HalfYear, "What the company does, in a word."),
    Row("description", Company, T::Text, None, HalfYear, "What the company does, in sentences."),
    Row("employee_count", Company, T::Count, None, HalfYear, "How many work there."),
    Row("employee_range", Company, T::Range, None, HalfYear, "Between which bounds that lies."),
    Row("founded_year", Company, T::Year, None, Years, "The year of foundation."),
    Row("revenue", Company, T::Money, None, HalfYear, "What it takes in a year."),
    Row("company_phone", Company, T::Phone, None, HalfYear, "The switchboard."),
    Row("technologies", Company, T::TextList, None, HalfYear, "What it runs on."),
    Row("company_city", Company, T::Location, Some(Headquarters), HalfYear, "Where it sits."),
    Row("company_country", Company, T::Country, Some(Headquarters), HalfYear,
        "The country in which it sits."),
    Row("company_twitter_url", Company, T::Url, None, HalfYear, "The company's page at X."),
    Row("company_facebook_url", Company, T::Url, None, HalfYear, "Its page at Facebook."),
    Row("company_github_url", Company, T::Url, None, HalfYear, "Its page at GitHub."),
    Row("logo_url", Company, T::Url, None, HalfYear, "Where a picture of its logo lies."),
    Row("website_title", Company, T::Text, None, HalfYear, "What its front page calls itself."),
    Row("lei", Company, T::Lei, None, Years, "The identifier of the legal entity."),
    Row("company_status", Company, T::Text, None, HalfYear,
        "What the register says of it: active, inactive."),
    Row("domain_registered_on", Company, T::Date, None, Years,
        "The day since which the domain is registered."),
    Row("registrar", Company, T::Text, None, HalfYear, "By whom the domain was registered."),
    Row("accepts_mail", Company, T::Bool, None, Quarter, "Whether the domain names a mail host."),
    Row("mail_provider", Company, T::Text, None, HalfYear, "Who runs the domain's mail."),
    Row("spf_record", Company, T::Text, None, HalfYear, "Who may send mail for the domain (SPF)."),
    Row("dmarc_policy", Company, T::Text, None, HalfYear,
        "What becomes of mail that fails the domain's checks: `p=none`, `p=reject`."),
];

pub(super) fn fields() -> impl Iterator<Item = Field> {
    ROWS.iter().map(|Row(name, kind, ty, group, believed, about)| Field {
        name: FieldName::of_user(name).expect("the table holds names of fields"),
        kind: *kind,
        ty: *ty,
        group: *group,
        ttl: believed.ttl(),
        personal: PERSONAL.contains(name),
        about: (*about).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_a_field_once() {
        let names: BTreeSet<_> = fields().map(|field| field.name).collect();
        assert_eq!(names.len(), ROWS.len());
        for name in PERSONAL {
            assert!(names.iter().any(|known| known.as_str() == *name), "{name}");
        }
    }

    #[test]
    fn groups_belong_to_their_kind() {
        for field in fields() {
            let fits = match field.group {
                Some(Location) => field.kind == Person,
                Some(Headquarters) => field.kind == Company,
                Some(Employment) | None => true,
            };
            assert!(fits, "{}", field.name);
        }
    }
}
