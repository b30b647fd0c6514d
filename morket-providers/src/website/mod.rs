//! What a company's front page says of it: one page, no scripts run, nothing taken that its
//! `robots.txt` keeps for itself.

mod address;
mod facts;
mod html;
mod organisation;
mod robots;
mod tools;

use crate::kit::{AGENT, alternatives, domain_asked, fields, free, keyless};
use address::Address;
use morket_core::{
    Result,
    field::Kind,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use std::time::Duration;

/// A front page that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a page says of its owner stands near its top: what is beyond this nobody reads.
const LARGEST: usize = 2_000_000;

/// Front pages.
#[derive(Clone, Debug)]
pub struct Website {
    manifest: Manifest,
}

impl Website {
    /// Of the company's own domain.
    pub fn new() -> Self {
        let page = Operation {
            inputs: alternatives(&[&["company_domain"]]),
            outputs: fields(&[
                "website_title",
                "company_name",
                "description",
                "logo_url",
                "company_linkedin_url",
                "company_twitter_url",
                "company_facebook_url",
                "company_github_url",
                "company_phone",
                "company_city",
                "company_country",
                "founded_year",
                "employee_count",
                "technologies",
            ]),
            ..free("front_page", Kind::Company)
        };
        Self { manifest: keyless("website", "Website", address::EVERYWHERE, vec![page]) }
    }
}

impl Default for Website {
    fn default() -> Self {
        Self::new()
    }
}

fn asking(url: String) -> HttpRequest {
    let request = HttpRequest::get(url).header("accept", "text/html, text/plain;q=0.8");
    request.header("user-agent", AGENT).timeout(PATIENCE).max_body(LARGEST).cut_body().free()
}

impl Provider for Website {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its rules for robots first.
    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let rules = Address { host: domain_asked(ask)?, path: robots::PATH.to_owned() };
        Ok(asking(rules.url(ask.base_url)))
    }

    fn follow(&self, ask: &Ask<'_>, asked: &str, answer: &HttpResponse) -> Option<HttpRequest> {
        let domain = domain_asked(ask).ok()?;
        let here = Address::parse(ask.base_url, asked)?;
        let next = match (answer.status, here.path == robots::PATH) {
            // Only within what one owner holds: elsewhere begins somebody else's page.
            (300..400, rules) => {
                let there = here.resolve(answer.header("location")?)?;
                match there.belongs_to(&domain) {
                    true if rules && there.path != robots::PATH => Address::front(&here.host),
                    true => there,
                    false if rules => Address::front(&here.host),
                    false => return None,
                }
            }
            // A server in trouble may have rules that nobody can read now.
            (500.., true) => return None,
            (200, true) if is_html(answer) => Address::front(&here.host),
            (200, true) if !robots::allow(&String::from_utf8_lossy(&answer.body)) => return None,
            (_, true) => Address::front(&here.host),
            (_, false) => return None,
        };
        // What leads to where it is leads nowhere.
        (next != here).then(|| asking(next.url(ask.base_url)))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        match answer.status {
            200 if is_html(answer) => facts::read(ask, answer),
            // Rules that keep the page for itself, or a page that is no page.
            200 if answer.header("content-type").is_some() => Outcome::Miss,
            // It leads to somebody else, is not there, or is not shown.
            301 | 302 | 303 | 307 | 308 | 401 | 403 | 404 | 410 | 451 => Outcome::Miss,
            // One site's limit is no other's, so nothing waits for it.
            429 | 500..600 => Outcome::Transient,
            _ => Outcome::Unknown,
        }
        .into()
    }
}

fn is_html(answer: &HttpResponse) -> bool {
    match answer.header("content-type") {
        Some(kind) => kind.to_ascii_lowercase().contains("html"),
        None => {
            let start = &answer.body[..answer.body.len().min(512)];
            let start = String::from_utf8_lossy(start).to_ascii_lowercase();
            start.contains("<!doctype html") || start.contains("<html")
        }
    }
}
