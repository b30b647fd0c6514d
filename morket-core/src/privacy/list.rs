//! The suppression list: who is not to be asked about. It keeps fingerprints, never names.

use super::{Fingerprint, IdentifierKind, PrivacyKey};
use crate::{
    Error, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    job::numbered,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use std::{collections::BTreeSet, fmt};

/// The most entries that are added or removed in one step.
pub const BATCH: usize = 1_000;

/// The most fingerprints that are looked for in one step: those of a whole batch of records.
pub const SCREEN: usize = 20_000;

numbered! {
    /// How an entry came to the list. The number is what stores keep.
    Source {
        /// With a list that was imported.
        Import = 1,
        /// By hand.
        Manual = 2,
        /// A vendor said that it must not answer about this person.
        Provider = 3,
        /// The person was forgotten.
        Erasure = 4,
    }
}

impl Source {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Manual => "manual",
            Self::Provider => "provider",
            Self::Erasure => "erasure",
        }
    }
}

/// An entry to put on the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewSuppression {
    /// Of whom.
    pub fingerprint: Fingerprint,
    /// What kind of name it was.
    pub kind: IdentifierKind,
    /// How it came here.
    pub source: Source,
    /// Why, in a word; no text in which a name could stand.
    pub reason: Option<String>,
}

impl NewSuppression {
    /// Refuse what no list should hold.
    pub fn validate(&self) -> Result<()> {
        let fits = |it: &str| {
            (1..=64).contains(&it.len())
                && it
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b))
        };
        match self.reason.as_deref().is_none_or(fits) {
            true => Ok(()),
            false => {
                let problem = "a word of at most 64 of a-z, 0-9, `_`, `-` and `.`";
                Err(Error::invalid("suppression.add", "reason", problem))
            }
        }
    }

    /// Refuse a batch that is too large, or that holds what no list should.
    pub fn validate_all(all: &[Self]) -> Result<()> {
        if all.len() > BATCH {
            return Err(Error::invalid("suppression.add", "entries", "at most 1,000 at once"));
        }
        all.iter().try_for_each(Self::validate)
    }
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What was put there.
    pub entry: NewSuppression,
    /// When, by the store's clock.
    pub at: Timestamp,
}

/// What came of adding an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    Added,
    /// It stood there; it stays as it was.
    Existing,
}

/// What a list says of some fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    /// Those that stand on it.
    pub listed: BTreeSet<Fingerprint>,
    /// Nothing at all stands on it.
    pub empty: bool,
}

/// Where suppression lists live. Each method is one atomic step; the tenant comes first.
#[async_trait]
pub trait SuppressionStore: fmt::Debug + Send + Sync + 'static {
    /// The key of a workspace's fingerprints: what is there, else `fresh` from now on.
    ///
    /// # Behavior
    /// - The first key stays: whoever comes later, or at once, gets that one.
    /// - Two workspaces have keys of their own.
    /// - Of an unknown or deleted workspace it is `NotFound`.
    async fn privacy_key(&self, workspace: WorkspaceId, fresh: PrivacyKey) -> Result<PrivacyKey>;

    /// Put up to 1,000 entries on the list; one result each, in order.
    ///
    /// # Behavior
    /// - An entry that is there stays as it was and is `Existing`, also the second in one batch.
    /// - A batch that adds something leaves one audit row, another one none.
    /// - More than 1,000, and a reason that is no word, are `Validation`, and nothing is added.
    async fn suppress(
        &self,
        workspace: WorkspaceId,
        entries: Vec<NewSuppression>,
        audit: NewAudit,
    ) -> Result<Vec<Added>>;

    /// Take up to 1,000 off the list; how many stood there.
    ///
    /// # Behavior
    /// - Others stay; what is not there is no error.
    /// - One audit row if any stood there, else none.
    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
        audit: NewAudit,
    ) -> Result<u32>;

    /// A page of the list, by fingerprint.
    ///
    /// # Behavior
    /// - The pages together are all entries, each once.
    /// - A cursor of another workspace is `Validation`.
    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Suppression>>;

    /// How many stand on the list.
    ///
    /// # Behavior
    /// - It is the number of entries of this workspace alone.
    async fn count_suppressions(&self, workspace: WorkspaceId) -> Result<u64>;

    /// Which of up to 20,000 fingerprints stand on the list: all that is ever asked of it before
    /// something is spent.
    ///
    /// # Behavior
    /// - What stands there is found, nothing else is, and nothing of another workspace.
    /// - It says whether the list is empty.
    /// - More than 20,000 is `Validation`.
    async fn screen(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Screening>;
}

const _: Option<&dyn SuppressionStore> = None;

impl Screening {
    /// Refuse to look for too many at once. Every adapter calls this.
    pub fn validate(fingerprints: &[Fingerprint]) -> Result<()> {
        match fingerprints.len() <= SCREEN {
            true => Ok(()),
            false => Err(Error::invalid("suppression.screen", "fingerprints", "at most 20,000")),
        }
    }
}
