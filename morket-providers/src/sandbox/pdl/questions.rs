//! What PDL can be asked, and what it says to a question it cannot read.

use super::error;
use crate::sandbox::{
    api::Unread,
    http::{Params, Request},
    world::{Name, canonical_domain, canonical_email, canonical_handle},
};
use serde_json::{Map, Value};

const MOST_IN_BULK: usize = 100;

/// A question PDL can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    Person(PersonQuery, bool),
    Company(CompanyQuery, bool),
    People(Vec<Item<PersonQuery>>),
    Companies(Vec<Item<CompanyQuery>>),
}

/// One request of a bulk; none where its input is not good enough.
#[derive(Debug)]
pub(in crate::sandbox) struct Item<Q> {
    pub(super) query: Option<Q>,
    pub(super) metadata: Option<Value>,
}

/// Who is looked for, and how it shall be answered.
#[derive(Debug)]
pub(in crate::sandbox) struct PersonQuery {
    pub(super) by: By,
    pub(super) options: Shaping,
}

/// Which company.
#[derive(Debug)]
pub(in crate::sandbox) struct CompanyQuery {
    /// Every text that may name it, the surest first.
    pub(super) by: Vec<String>,
    pub(super) options: Shaping,
}

/// What is left out of an answer, and when there is none.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Shaping {
    pub(super) min_likelihood: u64,
    pub(super) title_case: bool,
    pub(super) required: Option<String>,
    pub(super) include: Option<String>,
    pub(super) matched: bool,
}

/// What a person is found by.
#[derive(Debug)]
pub(in crate::sandbox) enum By {
    Email(String),
    Handle(String),
    At(Name, String),
    /// An identifier that the world gives to nobody.
    Other(String),
}

type Read = Result<Question, Unread>;

impl Question {
    pub(super) fn input(&self) -> String {
        let people = |item: &Item<PersonQuery>| {
            item.query.as_ref().map_or_else(String::new, PersonQuery::input)
        };
        let companies = |item: &Item<CompanyQuery>| {
            item.query.as_ref().map_or_else(String::new, CompanyQuery::input)
        };
        match self {
            Self::Person(query, _) => query.input(),
            Self::Company(query, _) => query.input(),
            Self::People(items) => items.iter().map(people).collect::<Vec<_>>().join("|"),
            Self::Companies(items) => items.iter().map(companies).collect::<Vec<_>>().join("|"),
        }
    }
}

impl PersonQuery {
    pub(super) fn input(&self) -> String {
        match &self.by {
            By::Email(email) => format!("email={email}"),
            By::Handle(handle) => format!("profile={handle}"),
            By::At(name, firm) => {
                let firm = canonical_domain(firm).unwrap_or_else(|| firm.to_lowercase());
                format!("name={};company={firm}", name.key())
            }
            By::Other(text) => text.clone(),
        }
    }

    fn of(params: &Params<'_>) -> Option<Self> {
        Some(Self { by: by(params)?, options: Shaping::of(params) })
    }
}

impl CompanyQuery {
    pub(super) fn input(&self) -> String {
        format!("company={}", self.by.join(";"))
    }

    fn of(params: &Params<'_>) -> Option<Self> {
        let website = params.get("website").map(|site| canonical_domain(site).unwrap_or_default());
        let page = |text: &str| {
            let slug = text.rsplit_once("/company/").map_or(text, |(_, slug)| slug);
            slug.trim_end_matches('/').replace('-', " ")
        };
        let rest = [
            params.get("name").map(str::to_lowercase),
            params.get("profile").map(page),
            params.get("pdl_id").map(page),
            params.get("ticker").map(|_| String::new()),
        ];
        let by: Vec<_> = website.into_iter().chain(rest.into_iter().flatten()).collect();
        (!by.is_empty()).then(|| Self { by, options: Shaping::of(params) })
    }
}

impl Shaping {
    fn of(params: &Params<'_>) -> Self {
        let text = |name| params.get(name).map(str::to_owned);
        let likelihood = params.get("min_likelihood").and_then(|number| number.parse().ok());
        Self {
            min_likelihood: likelihood.unwrap_or(2),
            title_case: params.is_true("titlecase"),
            required: text("required"),
            include: text("data_include"),
            matched: params.is_true("include_if_matched"),
        }
    }
}

/// The endpoint's name and what is asked of it.
pub(super) fn read(path: &str, request: &Request<'_>, query: &Params<'_>) -> (&'static str, Read) {
    match (path, request.method) {
        ("person/enrich", "GET" | "POST") => ("person/enrich", one_person(request, query)),
        ("company/enrich", "GET" | "POST") => ("company/enrich", one_company(request, query)),
        ("person/bulk", "POST") => {
            let items = bulk(&request.body, PersonQuery::of);
            ("person/bulk", items.map(Question::People))
        }
        ("company/enrich/bulk", "POST") => {
            let items = bulk(&request.body, CompanyQuery::of);
            ("company/enrich/bulk", items.map(Question::Companies))
        }
        ("person/enrich" | "company/enrich" | "person/bulk" | "company/enrich/bulk", _) => {
            let reply = error(405, "invalid_request_error", "The method is not allowed");
            ("unknown", Err(Unread::Endpoint(reply)))
        }
        _ => {
            let reply = error(404, "not_found", "The requested URL was not found");
            ("unknown", Err(Unread::Endpoint(reply)))
        }
    }
}

fn one_person(request: &Request<'_>, query: &Params<'_>) -> Read {
    let body = single(request)?;
    let params = body.as_ref().unwrap_or(query);
    let asked = PersonQuery::of(params).filter(|_| is_likelihood(params));
    let missing = "Request must contain a profile, email, phone, email_hash, lid or pdl_id, \
                   or a name with a company, school or location";
    let asked = asked.ok_or_else(|| invalid(missing))?;
    Ok(Question::Person(asked, params.is_true("pretty")))
}

fn one_company(request: &Request<'_>, query: &Params<'_>) -> Read {
    let body = single(request)?;
    let params = body.as_ref().unwrap_or(query);
    let asked = CompanyQuery::of(params).filter(|_| is_likelihood(params));
    let missing = "Request must contain a name, website, profile, ticker or pdl_id";
    let asked = asked.ok_or_else(|| invalid(missing))?;
    Ok(Question::Company(asked, params.is_true("pretty")))
}

/// The parameters of a POST.
fn single(request: &Request<'_>) -> Result<Option<Params<'static>>, Unread> {
    if request.method == "GET" {
        return Ok(None);
    }
    let object: Map<String, Value> =
        serde_json::from_slice(&request.body).map_err(|_| invalid("The body is no JSON object"))?;
    Ok(Some(Params::of_object(&object)))
}

/// A bulk's requests; what stands beside them holds for each that does not say otherwise.
fn bulk<Q>(body: &[u8], read: fn(&Params<'_>) -> Option<Q>) -> Result<Vec<Item<Q>>, Unread> {
    let mut common: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| invalid("The body is no JSON object"))?;
    let Some(Value::Array(requests)) = common.remove("requests") else {
        return Err(invalid("Request must contain a list of requests"));
    };
    if !(1..=MOST_IN_BULK).contains(&requests.len()) {
        return Err(invalid("A bulk holds 1 to 100 requests"));
    }
    let item = |request: Value| {
        let mut all = common.clone();
        let own = request.get("params").and_then(Value::as_object);
        all.extend(own.cloned().unwrap_or_default());
        Item { query: read(&Params::of_object(&all)), metadata: request.get("metadata").cloned() }
    };
    Ok(requests.into_iter().map(item).collect())
}

fn by(params: &Params<'_>) -> Option<By> {
    if let Some(email) = params.get("email") {
        let read = canonical_email(email).map(|(local, domain)| format!("{local}@{domain}"));
        return Some(By::Email(read.unwrap_or_else(|| email.to_lowercase())));
    }
    if let Some(profile) = params.get("profile") {
        return Some(By::Handle(canonical_handle(profile).unwrap_or_default()));
    }
    let other = ["phone", "email_hash", "lid", "pdl_id"];
    if let Some(name) = other.into_iter().find(|name| params.get(name).is_some()) {
        return Some(By::Other(format!("{name}={}", params.get(name).unwrap_or_default())));
    }
    let halves = params.get("first_name").zip(params.get("last_name"));
    let whole = halves.map(|(first, last)| format!("{first} {last}"));
    let whole = params.get("name").map(str::to_owned).or(whole)?;
    let place = ["location", "locality", "region", "country", "postal_code", "street_address"];
    let beside = place.into_iter().chain(["school"]).find_map(|name| params.get(name));
    match (params.get("company"), beside, Name::parse(&whole)) {
        (Some(company), _, Some(name)) => Some(By::At(name, company.to_owned())),
        (None, None, _) => None,
        _ => Some(By::Other(format!("name={}", whole.to_lowercase()))),
    }
}

fn is_likelihood(params: &Params<'_>) -> bool {
    let number = params.get("min_likelihood").map(str::parse::<u64>);
    number.is_none_or(|number| matches!(number, Ok(1..=10)))
}

fn invalid(message: &str) -> Unread {
    Unread::Input(error(400, "invalid_request_error", message))
}
