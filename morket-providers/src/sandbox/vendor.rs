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
    /// Apollo.io.
    Apollo,
    /// Prospeo.
    Prospeo,
    /// Findymail.
    Findymail,
    /// LeadMagic.
    #[serde(rename = "leadmagic")]
    LeadMagic,
    /// NeverBounce.
    #[serde(rename = "neverbounce")]
    NeverBounce,
    /// MillionVerifier.
    #[serde(rename = "millionverifier")]
    MillionVerifier,
    /// Bouncer.
    Bouncer,
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
    pub const ALL: [Self; 18] = [
        Self::Hunter,
        Self::PeopleDataLabs,
        Self::ZeroBounce,
        Self::Dropcontact,
        Self::Clearbit,
        Self::Apollo,
        Self::Prospeo,
        Self::Findymail,
        Self::LeadMagic,
        Self::NeverBounce,
        Self::MillionVerifier,
        Self::Bouncer,
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
            Self::Apollo => "apollo",
            Self::Prospeo => "prospeo",
            Self::Findymail => "findymail",
            Self::LeadMagic => "leadmagic",
            Self::NeverBounce => "neverbounce",
            Self::MillionVerifier => "millionverifier",
            Self::Bouncer => "bouncer",
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
            Self::Apollo => "/apollo/api/v1",
            Self::Prospeo => "/prospeo",
            Self::Findymail => "/findymail/api",
            Self::LeadMagic => "/leadmagic/v1",
            Self::NeverBounce => "/neverbounce/v4.2",
            Self::MillionVerifier => "/millionverifier/api/v3",
            Self::Bouncer => "/bouncer/v1.1",
            Self::Dns => "/dns/dns-query",
            Self::Website => "/website",
            Self::Rdap => "/rdap",
            Self::Gleif => "/gleif/api/v1",
            Self::Wikidata => "/wikidata",
            Self::GitHub => "/github",
        }
    }

    /// What follows in a path after those that lead to it.
    pub(super) fn below(self, path: &str) -> Option<&str> {
        let own = match self {
            // The resolver is its path alone.
            Self::Dns => "/dns",
            _ => self.base_path(),
        };
        let after = |prefix| path.strip_prefix(prefix)?.strip_prefix('/');
        let second = || after(ZEROBOUNCE_BULK).filter(|_| self == Self::ZeroBounce);
        after(own).or_else(second)
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// Stands for ZeroBounce's second host, which takes batches.
pub(super) const ZEROBOUNCE_BULK: &str = "/zerobounce-bulk/v2";
