//! From a page to facts.

use super::{address::Address, html, html::Tags, organisation, tools::Tools};
use crate::kit::{Reading, Take, domain_asked, field};
use morket_core::{
    field::domain,
    http::HttpResponse,
    provider::{Ask, Outcome},
};
use serde_json::Value;

/// What a page that nobody has moved into says.
const EMPTY: &[&str] = &[
    "domain is for sale",
    "domain for sale",
    "buy this domain",
    "domain may be for sale",
    "domain is parked",
    "parked domain",
    "default web page",
    "welcome to nginx",
    "apache2 ubuntu default page",
];

/// A company's pages elsewhere: the field, the hosts, and first parts of paths that are nobody's.
const ELSEWHERE: &[(&str, &[&str], &[&str])] = &[
    ("company_linkedin_url", &["linkedin.com"], &["share", "sharing", "in", "feed", "login"]),
    ("company_twitter_url", &["twitter.com", "x.com"], &["share", "intent", "home", "search"]),
    (
        "company_facebook_url",
        &["facebook.com"],
        &["sharer", "sharer.php", "share.php", "dialog", "tr", "plugins", "login"],
    ),
    ("company_github_url", &["github.com"], &["login", "features", "pricing", "about"]),
];

/// The longest title and the longest description that are no accident.
const LONGEST: usize = 2_000;

/// What was found while passing over a page.
#[derive(Default)]
struct Found {
    title: Option<String>,
    metas: Vec<(String, String)>,
    links: Vec<String>,
    icon: Option<String>,
    own_address: Option<String>,
    company: Option<Value>,
}

pub(super) fn read(ask: &Ask<'_>, answer: &HttpResponse) -> Outcome {
    let Ok(domain) = domain_asked(ask) else { return Outcome::InvalidInput };
    let page = String::from_utf8_lossy(&answer.body);
    let lower = page.to_ascii_lowercase();
    let mut tools = Tools::of_headers(answer);
    let mut found = Found::default();
    for tag in Tags::of(&page, &lower) {
        tools.look(&tag);
        found.look(&tag);
    }
    if found.is_empty_lot() {
        return Outcome::Miss;
    }
    let nothing = Value::Null;
    let company = found.company.as_ref().unwrap_or(&nothing);
    let mut reading = organisation::read(Reading::new(), company);
    let text = |text: &Option<String>| -> Value {
        let usable = text.as_ref().filter(|it| it.len() <= LONGEST && !it.contains('\u{fffd}'));
        usable.map_or(Value::Null, |it| it.as_str().into())
    };
    reading.first(field("website_title"), [&text(&found.title)], Take::Text);
    for (name, metas) in [
        ("company_name", ["og:site_name", "application-name"]),
        ("description", ["description", "og:description"]),
    ] {
        let values = metas.map(|meta| text(&found.meta(meta)));
        reading.first(field(name), &values, Take::Text);
    }
    pages(&mut reading, &found, company);
    logo(&mut reading, &found, company, &domain);
    let names = tools.into_names();
    if !names.is_empty() {
        reading.put("technologies", names);
    }
    // What the page calls its own address; another owner's page says so.
    let own = found.own_address.as_deref().and_then(domain::canonical);
    reading.put("company_domain", own.unwrap_or(domain));
    reading.outcome(ask.operation, None)
}

impl Found {
    fn look(&mut self, tag: &html::Tag<'_>) {
        match tag.name.as_str() {
            "title" if self.title.is_none() => self.title = Some(html::decode(tag.inside)),
            "meta" => {
                let name = tag.get("property").or_else(|| tag.get("name"));
                if let Some((name, content)) = name.zip(tag.get("content")) {
                    if name == "og:url" && self.own_address.is_none() {
                        self.own_address = Some(content.clone());
                    }
                    self.metas.push((name.to_ascii_lowercase(), content));
                }
            }
            "link" => match (tag.get("rel").unwrap_or_default().as_str(), tag.get("href")) {
                ("canonical", Some(href)) if is_absolute(&href) => self.own_address = Some(href),
                ("apple-touch-icon", Some(href)) if self.icon.is_none() => self.icon = Some(href),
                _ => {}
            },
            "a" if self.links.len() < 2_000 => self.links.extend(tag.get("href")),
            "script" if self.company.is_none() => {
                let kind = tag.get("type").unwrap_or_default();
                if kind.eq_ignore_ascii_case("application/ld+json") {
                    self.company = organisation::find(tag.inside);
                }
            }
            _ => {}
        }
    }

    fn meta(&self, name: &str) -> Option<String> {
        let found = self.metas.iter().find(|(known, it)| known == name && !it.is_empty());
        found.map(|(_, content)| content.clone())
    }

    /// Whether nobody lives there.
    fn is_empty_lot(&self) -> bool {
        let texts = [self.title.clone(), self.meta("description")];
        let says = texts.into_iter().flatten().map(|it| it.to_lowercase());
        says.into_iter().any(|text| EMPTY.iter().any(|it| text.contains(it)))
    }
}

fn is_absolute(href: &str) -> bool {
    href.starts_with("https://") || href.starts_with("http://")
}

/// Its pages elsewhere: those it names for machines, else the first it links to.
fn pages(reading: &mut Reading, found: &Found, company: &Value) {
    let links = organisation::pages(company).chain(found.links.iter().map(String::as_str));
    let links: Vec<&str> = links.collect();
    for (name, hosts, nobodies) in ELSEWHERE {
        let page = links.iter().find_map(|it| elsewhere(name, it, hosts, nobodies));
        if let Some(page) = page {
            reading.put(name, page);
        }
    }
}

fn elsewhere(name: &str, link: &str, hosts: &[&str], nobodies: &[&str]) -> Option<String> {
    let rest = ["https://", "http://", "//"].iter().find_map(|it| link.strip_prefix(it))?;
    let (host, path) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let host = hosts.iter().find(|it| host == **it || host.ends_with(&format!(".{it}")))?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./%".contains(&byte);
    let fits = !first.is_empty() && path.len() <= 200 && path.bytes().all(plain);
    if !fits || nobodies.contains(&first.to_ascii_lowercase().as_str()) {
        return None;
    }
    if name == "company_linkedin_url" {
        let slug = parts.next().filter(|it| !it.is_empty())?;
        let page = ["company", "school", "showcase"].contains(&first);
        return page.then(|| format!("https://www.linkedin.com/{first}/{slug}"));
    }
    let www = if *host == "facebook.com" { "www." } else { "" };
    // A page of the owner, not of one of its posts.
    Some(format!("https://{www}{host}/{first}"))
}

fn logo(reading: &mut Reading, found: &Found, company: &Value, domain: &str) {
    let here = Address::front(domain);
    let given = organisation::logo(company).or(found.icon.as_deref());
    let Some(address) = given.and_then(|it| here.resolve(it)) else { return };
    reading.put("logo_url", format!("https://{}{}", address.host, address.path));
}
