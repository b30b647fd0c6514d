//! The vendors the sandbox plays.

use serde::{Deserialize, Serialize};

/// A vendor whose API the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    /// Hunter.io.
    Hunter,
    /// People Data Labs.
    PeopleDataLabs,
    /// ZeroBounce.
    #[serde(rename = "zerobounce")]
    ZeroBounce,
    /// Dropcontact.
    Dropcontact,
    /// Clearbit.
    Clearbit,
    /// A resolver of domain names; it asks for no key, and neither do those below.
    Dns,
    /// The sites of all companies.
    Website,
    /// The registries of domains.
    Rdap,
    /// The register of legal entities.
    Gleif,
    /// Wikidata.
    Wikidata,
    /// GitHub.
    #[serde(rename = "github")]
    GitHub,
}

impl Vendor {
    /// All of them, in the order of their indices.
    pub const ALL: [Self; 11] = [
        Self::Hunter,
        Self::PeopleDataLabs,
        Self::ZeroBounce,
        Self::Dropcontact,
        Self::Clearbit,
        Self::Dns,
        Self::Website,
        Self::Rdap,
        Self::Gleif,
        Self::Wikidata,
        Self::GitHub,
    ];

    /// The name in addresses and logs.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Hunter => "hunter",
            Self::PeopleDataLabs => "people-data-labs",
            Self::ZeroBounce => "zerobounce",
            Self::Dropcontact => "dropcontact",
            Self::Clearbit => "clearbit",
            Self::Dns => "dns",
            Self::Website => "website",
            Self::Rdap => "rdap",
            Self::Gleif => "gleif",
            Self::Wikidata => "wikidata",
            Self::GitHub => "github",
        }
    }

    /// The vendor of this name.
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.slug() == slug)
    }

    /// The path that its API begins with.
    pub const fn base_path(self) -> &'static str {
        match self {
            Self::Hunter => "/hunter/v2",
            Self::PeopleDataLabs => "/people-data-labs/v5",
            Self::ZeroBounce => "/zerobounce/v2",
            Self::Dropcontact => "/dropcontact/v1",
            Self::Clearbit => "/clearbit",
            Self::Dns => "/dns/dns-query",
            Self::Website => "/website",
            Self::Rdap => "/rdap",
            Self::Gleif => "/gleif/api/v1",
            Self::Wikidata => "/wikidata",
            Self::GitHub => "/github",
        }
    }

    /// All paths that lead to it, in the order a request's is compared with.
    pub(super) const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Hunter => &["/hunter/v2/"],
            Self::PeopleDataLabs => &["/people-data-labs/v5/"],
            Self::ZeroBounce => &["/zerobounce/v2/", ZEROBOUNCE_BULK_PREFIX],
            Self::Dropcontact => &["/dropcontact/v1/"],
            Self::Clearbit => &["/clearbit/"],
            Self::Dns => &["/dns/"],
            Self::Website => &["/website/"],
            Self::Rdap => &["/rdap/"],
            Self::Gleif => &["/gleif/api/v1/"],
            Self::Wikidata => &["/wikidata/"],
            Self::GitHub => &["/github/"],
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// Stands for ZeroBounce's second host, which takes batches.
pub(super) const ZEROBOUNCE_BULK_PREFIX: &str = "/zerobounce-bulk/v2/";
