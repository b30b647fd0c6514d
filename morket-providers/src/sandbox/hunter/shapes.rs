//! Hunter's answers as they look on the wire.

use serde::Serialize;

/// What is always null.
pub(super) type Null = ();

/// `{"data": …, "meta": …}`
#[derive(Serialize)]
pub(super) struct Envelope<D, M> {
    pub(super) data: D,
    pub(super) meta: M,
}

#[derive(Serialize)]
pub(super) struct Meta<P> {
    pub(super) params: P,
}

#[derive(Serialize)]
pub(super) struct Found<'a> {
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) score: Option<u64>,
    pub(super) domain: Option<&'a str>,
    pub(super) accept_all: Option<bool>,
    pub(super) position: Option<&'a str>,
    pub(super) twitter: Null,
    pub(super) linkedin_url: Option<String>,
    pub(super) phone_number: Null,
    pub(super) company: Option<&'a str>,
    pub(super) sources: Vec<Source<'a>>,
    pub(super) verification: Verification,
}

#[derive(Serialize)]
pub(super) struct Source<'a> {
    pub(super) domain: &'a str,
    pub(super) uri: String,
    pub(super) extracted_on: &'static str,
    pub(super) last_seen_on: &'static str,
    pub(super) still_on_page: bool,
}

impl<'a> Source<'a> {
    /// The team page of a company's site.
    pub(super) fn team_page(domain: &'a str) -> Self {
        Self {
            domain,
            uri: format!("https://{domain}/team"),
            extracted_on: "2025-01-01",
            last_seen_on: "2026-10-01",
            still_on_page: true,
        }
    }
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Verification {
    pub(super) date: Option<&'static str>,
    pub(super) status: Option<&'static str>,
}

impl Verification {
    pub(super) const NONE: Self = Self { date: None, status: None };

    pub(super) const fn of(status: &'static str) -> Self {
        Self { date: Some("2026-10-01"), status: Some(status) }
    }
}

#[derive(Serialize)]
pub(super) struct FinderParams<'a> {
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
    pub(super) full_name: Option<&'a str>,
    pub(super) domain: Option<&'a str>,
    pub(super) company: Option<&'a str>,
    pub(super) max_duration: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Verdict<'a> {
    pub(super) status: &'static str,
    pub(super) result: &'static str,
    #[serde(rename = "_deprecation_notice")]
    pub(super) notice: &'static str,
    pub(super) score: u64,
    pub(super) email: &'a str,
    pub(super) regexp: bool,
    pub(super) gibberish: bool,
    pub(super) disposable: bool,
    pub(super) webmail: bool,
    pub(super) mx_records: bool,
    pub(super) smtp_server: bool,
    pub(super) smtp_check: bool,
    pub(super) accept_all: bool,
    pub(super) block: bool,
    pub(super) sources: [Null; 0],
}

#[derive(Serialize)]
pub(super) struct EmailParam<'a> {
    pub(super) email: &'a str,
}

#[derive(Serialize)]
pub(super) struct Listed<'a> {
    pub(super) value: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) confidence: u64,
    pub(super) sources: [Null; 0],
    pub(super) first_name: Option<&'a str>,
    pub(super) last_name: Option<&'a str>,
    pub(super) position: Option<&'a str>,
    pub(super) position_raw: Option<&'a str>,
    pub(super) seniority: Option<&'a str>,
    pub(super) department: Option<&'a str>,
    pub(super) linkedin: Option<String>,
    pub(super) twitter: Null,
    pub(super) phone_number: Null,
    pub(super) verification: Verification,
}
