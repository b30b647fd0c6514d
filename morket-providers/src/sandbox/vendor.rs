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
}

impl Vendor {
    /// All of them, in the order of their indices.
    pub const ALL: [Self; 4] =
        [Self::Hunter, Self::PeopleDataLabs, Self::ZeroBounce, Self::Dropcontact];

    /// The name in addresses and logs.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Hunter => "hunter",
            Self::PeopleDataLabs => "people-data-labs",
            Self::ZeroBounce => "zerobounce",
            Self::Dropcontact => "dropcontact",
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
        }
    }

    /// All paths that lead to it, in the order a request's is compared with.
    pub(super) const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Hunter => &["/hunter/v2/"],
            Self::PeopleDataLabs => &["/people-data-labs/v5/"],
            Self::ZeroBounce => &["/zerobounce/v2/", ZEROBOUNCE_BULK_PREFIX],
            Self::Dropcontact => &["/dropcontact/v1/"],
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// Stands for ZeroBounce's second host, which takes batches.
pub(super) const ZEROBOUNCE_BULK_PREFIX: &str = "/zerobounce-bulk/v2/";
