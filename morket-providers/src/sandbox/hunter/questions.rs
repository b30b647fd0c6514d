//! What Hunter can be asked, and what it says to a question it cannot read.

use super::{error, wrong_params};
use crate::sandbox::{
    api::Unread,
    http::Params,
    world::{Name, canonical_domain, canonical_handle},
};

/// A question Hunter can read.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    Finder(Finder),
    Verifier { email: String },
    DomainSearch(DomainSearch),
    Person { by: By, plain: bool },
    Company { domain: String, plain: bool },
    Combined { email: String, plain: bool },
    Count { domain: String },
    Account,
}

/// The e-mail finder's.
#[derive(Debug)]
pub(in crate::sandbox) struct Finder {
    pub(super) firm: Firm,
    pub(super) who: Who,
    /// As it was sent, to be repeated in the answer.
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) max_duration: Option<u32>,
}

/// The domain search's.
#[derive(Debug)]
pub(in crate::sandbox) struct DomainSearch {
    pub(super) firm: Firm,
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) kind: Option<String>,
    pub(super) seniority: Option<String>,
    pub(super) department: Option<String>,
}

/// Which company.
#[derive(Debug)]
pub(in crate::sandbox) enum Firm {
    Domain(String),
    Name(String),
}

/// Whom the finder looks for.
#[derive(Debug)]
pub(in crate::sandbox) enum Who {
    Name(Name),
    /// A single word: nobody is found by it.
    Word(String),
    Handle(String),
}

/// Whom a person is found by.
#[derive(Debug)]
pub(in crate::sandbox) enum By {
    Email(String),
    Handle(String),
}

impl Question {
    pub(super) fn input(&self) -> String {
        match self {
            Self::Finder(Finder { firm, who, .. }) => match who {
                Who::Name(name) => format!("name={};{}", name.key(), firm.input()),
                Who::Word(word) => format!("name={word};{}", firm.input()),
                Who::Handle(handle) => format!("profile={handle};{}", firm.input()),
            },
            Self::DomainSearch(search) => {
                format!("{};limit={};offset={}", search.firm.input(), search.limit, search.offset)
            }
            Self::Person { by: By::Handle(handle), .. } => format!("profile={handle}"),
            Self::Verifier { email }
            | Self::Person { by: By::Email(email), .. }
            | Self::Combined { email, .. } => format!("email={email}"),
            Self::Company { domain, .. } | Self::Count { domain } => format!("domain={domain}"),
            Self::Account => String::new(),
        }
    }
}

impl Firm {
    fn input(&self) -> String {
        match self {
            Self::Domain(domain) => format!("domain={domain}"),
            Self::Name(name) => format!("company={}", name.to_lowercase()),
        }
    }
}

type Read = Result<Question, Unread>;

/// The endpoint's name and what is asked of it.
pub(super) fn read(path: &str, method: &str, params: &Params<'_>) -> (&'static str, Read) {
    let plain = params.is_true("clearbit_format");
    let (operation, question): (_, Read) = match path {
        "email-finder" => ("email-finder", finder(params)),
        "email-verifier" => {
            ("email-verifier", email(params).map(|email| Question::Verifier { email }))
        }
        "domain-search" => ("domain-search", domain_search(params)),
        "people/find" => ("people/find", by(params).map(|by| Question::Person { by, plain })),
        "companies/find" => {
            let domain = domain(params);
            ("companies/find", domain.map(|domain| Question::Company { domain, plain }))
        }
        "combined/find" => {
            ("combined/find", email(params).map(|email| Question::Combined { email, plain }))
        }
        "email-count" => ("email-count", domain(params).map(|domain| Question::Count { domain })),
        "account" => ("account", Ok(Question::Account)),
        _ => ("unknown", Err(unknown())),
    };
    if method == "GET" { (operation, question) } else { (operation, Err(unknown())) }
}

fn unknown() -> Unread {
    Unread::Endpoint(error(404, "not_found", "The requested resource does not exist"))
}

fn finder(params: &Params<'_>) -> Read {
    let firm = firm(params)?;
    let text = |name| params.get(name).map(str::to_owned);
    let named = |name: Option<Name>, text: &str| {
        name.map_or_else(|| Who::Word(text.to_lowercase()), Who::Name)
    };
    let both = params.get("first_name").zip(params.get("last_name"));
    let who = match (both, params.get("full_name"), params.get("linkedin_handle")) {
        (Some((first, last)), _, _) => named(Name::of(first, last), first),
        (None, Some(full), _) => named(Name::parse(full), full),
        (None, None, Some(handle)) => {
            let handle = canonical_handle(handle);
            Who::Handle(handle.ok_or_else(|| wrong_params("The LinkedIn handle is invalid"))?)
        }
        _ if params.get("first_name").is_some() => {
            return Err(wrong_params("You are missing the last_name parameter"));
        }
        _ => return Err(wrong_params("You are missing the first_name parameter")),
    };
    let max_duration = match params.get("max_duration").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds @ 3..=20)) => Some(seconds),
        Some(_) => return Err(wrong_params("The max_duration must be between 3 and 20")),
    };
    Ok(Question::Finder(Finder {
        firm,
        who,
        first_name: text("first_name"),
        last_name: text("last_name"),
        full_name: text("full_name"),
        max_duration,
    }))
}

fn domain_search(params: &Params<'_>) -> Read {
    let number = |name, default| params.get(name).map_or(Ok(default), str::parse::<usize>);
    let text = |name| params.get(name).map(str::to_lowercase);
    let (Ok(limit @ 1..=100), Ok(offset)) = (number("limit", 10), number("offset", 0)) else {
        return Err(wrong_params("The limit must be between 1 and 100"));
    };
    let kind = text("type");
    if kind.as_deref().is_some_and(|kind| !["personal", "generic"].contains(&kind)) {
        return Err(wrong_params("The type must be personal or generic"));
    }
    let (seniority, department) = (text("seniority"), text("department"));
    Ok(Question::DomainSearch(DomainSearch {
        firm: firm(params)?,
        limit,
        offset,
        kind,
        seniority,
        department,
    }))
}

fn firm(params: &Params<'_>) -> Result<Firm, Unread> {
    match (params.get("domain"), params.get("company")) {
        (Some(_), _) => domain(params).map(Firm::Domain),
        (None, Some(name)) => Ok(Firm::Name(name.to_owned())),
        (None, None) => Err(wrong_params("You are missing the domain parameter")),
    }
}

fn domain(params: &Params<'_>) -> Result<String, Unread> {
    let given = params.get("domain");
    let given = given.ok_or_else(|| wrong_params("You are missing the domain parameter"))?;
    canonical_domain(given).ok_or_else(|| wrong_params("The domain name is invalid"))
}

fn by(params: &Params<'_>) -> Result<By, Unread> {
    match params.get("linkedin_handle") {
        Some(handle) if params.get("email").is_none() => {
            let handle = canonical_handle(handle);
            Ok(By::Handle(handle.ok_or_else(|| wrong_params("The LinkedIn handle is invalid"))?))
        }
        _ => email(params).map(By::Email),
    }
}

fn email(params: &Params<'_>) -> Result<String, Unread> {
    let given = params.get("email");
    let given = given.ok_or_else(|| wrong_params("You are missing the email parameter"))?;
    let valid = crate::sandbox::world::canonical_email(given);
    let (local, domain) = valid.ok_or_else(|| wrong_params("The email address is invalid"))?;
    Ok(format!("{local}@{domain}"))
}
