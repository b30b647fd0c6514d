//! Erasing what is kept about a person, or what was kept for too long, with a receipt.

use super::{Fingerprint, Identifier, IdentifierKind, NewSuppression};
use crate::{
    ErasureId, Error, ErrorKind, JobId, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    job::numbered,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use serde::Serialize;
use std::{collections::BTreeSet, fmt};

numbered! {
    /// Why something was erased. The number is what stores keep.
    Cause {
        /// A person was to be forgotten.
        Forgotten = 1,
        /// It was kept for as long as it was to be.
        Expired = 2,
    }
}

/// Whom to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The receipt's id, made by the caller, so that a repeat gets the same receipt.
    pub id: ErasureId,
    /// The person's names: addresses and profiles.
    pub names: BTreeSet<Identifier>,
    /// What stands for them together.
    pub subject: Fingerprint,
    /// What goes on the suppression list in the same step, so that nobody buys it again.
    pub suppress: Vec<NewSuppression>,
}

impl Erasure {
    /// Refuse what would erase nobody, or everybody of a company. Every adapter calls this.
    pub fn validate(&self) -> Result<()> {
        let invalid = |problem| Err(Error::invalid("erasure.forget", "names", problem));
        if self.names.is_empty() || self.names.len() > 100 {
            return invalid("between 1 and 100 of them");
        }
        if self.names.iter().any(|it| it.kind() == IdentifierKind::Domain) {
            return invalid("a domain names a company and not a person; suppress it instead");
        }
        if self.names.iter().any(|it| it.kind() == IdentifierKind::NameAtCompany) {
            return invalid("a name and a company are many people; name an address or a profile");
        }
        NewSuppression::validate_all(&self.suppress)
    }

    /// The error of a person whose record a job still works on.
    pub fn still_running(job: JobId) -> Error {
        let message = "a job that has not ended holds this person; let it end or cancel it first";
        Error::new(ErrorKind::Conflict, "erasure.forget", message).with("job", job)
    }

    /// The error of a workspace in which a worker may hold what nobody has written down yet.
    pub fn still_leased(job: JobId) -> Error {
        let message = "a worker is busy in this workspace and may hold answers about this person; \
                       let it end first";
        Error::new(ErrorKind::Conflict, "erasure.forget", message).with("job", job)
    }
}

/// What is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The receipt's id, made by the caller.
    pub id: ErasureId,
    /// Everything from before this instant goes.
    pub before: Timestamp,
    /// The most records, the most calls and the most lookups of one step.
    pub limit: u32,
}

impl Expiry {
    /// The most of each kind in one step.
    pub const MAX: u32 = 10_000;

    /// Refuse what no step could do. Every adapter calls this.
    pub fn validate(&self) -> Result<()> {
        match (1..=Self::MAX).contains(&self.limit) {
            true => Ok(()),
            false => Err(Error::invalid("erasure.expire", "limit", "between 1 and 10,000")),
        }
    }
}

/// How much was erased, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Records of jobs that were about the person.
    pub records: u32,
    /// Cells: values, and what vendors returned for them.
    pub cells: u32,
    /// Calls in which the person was asked about.
    pub calls: u32,
    /// Stored answers and misses.
    pub lookups: u32,
    /// Events, their deliveries, and lines of the feed.
    pub events: u32,
    /// Entries that were new on the suppression list.
    pub suppressed: u32,
}

impl Erased {
    /// Nothing was there.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What was erased, when, and why. It names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ErasureId,
    /// Why.
    pub cause: Cause,
    /// What stands for the person.
    pub subject: Option<Fingerprint>,
    /// How much.
    pub erased: Erased,
    /// When, by the store's clock.
    pub at: Timestamp,
}

/// Erasing, and the receipts of it. Each method is one atomic step; the tenant comes first.
#[async_trait]
pub trait ErasureStore: fmt::Debug + Send + Sync + 'static {
    /// Erase all that the workspace keeps about a person: records' inputs, cells and candidates,
    /// what calls were made of, stored answers, events and their deliveries.
    ///
    /// # Behavior
    /// - Nothing that named the person is there any more, and nothing of anybody else is gone.
    /// - What a vendor returned by mistake for somebody else goes; that record stays.
    /// - Of a delivery goes what names the person; it stays, and one under way is sent again.
    /// - Ledger, spend, counters, steps, the states of records and jobs, and the audit log stay.
    /// - A record of a job that has not ended is `Conflict`, and so is a leased batch of the
    ///   workspace; nothing is erased then.
    /// - What a worker settles afterwards under an old lease brings nothing back.
    /// - The person is on the suppression list afterwards, if that was asked for.
    /// - A repeat with the same id changes nothing and gives the same receipt.
    /// - No name, and a domain or a name at a company among the names, are `Validation`.
    async fn forget(
        &self,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
    ) -> Result<Receipt> {
        let _ = (workspace, erasure, audit);
        Err(unsupported("erasure.forget"))
    }

    /// Erase what is older than it may be: lookups by when they were fetched, and records, cells
    /// and calls of jobs by when those ended. At most so much at once; nothing left gives a receipt
    /// that says so and is not kept.
    ///
    /// # Behavior
    /// - What is younger stays, and so does all of a job that has not ended.
    /// - No more than the limit of each kind goes in one step; called until nothing is left it
    ///   erases everything that is due.
    /// - A step that erased something leaves a receipt and one audit row, another one neither.
    async fn expire(
        &self,
        workspace: WorkspaceId,
        expiry: Expiry,
        audit: NewAudit,
    ) -> Result<Receipt> {
        let _ = (workspace, expiry, audit);
        Err(unsupported("erasure.expire"))
    }

    /// One receipt.
    ///
    /// # Behavior
    /// - It is what was handed out; an unknown one, and another workspace's, is `NotFound`.
    async fn receipt(&self, workspace: WorkspaceId, id: ErasureId) -> Result<Receipt> {
        let _ = (workspace, id);
        Err(unsupported("erasure.receipt"))
    }

    /// A page of receipts, by id.
    ///
    /// # Behavior
    /// - The pages together are all receipts of this workspace, each once.
    async fn receipts(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Receipt>> {
        let _ = (workspace, after, limit);
        Err(unsupported("erasure.receipts"))
    }
}

const _: Option<&dyn ErasureStore> = None;

fn unsupported(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unsupported, operation, "this store does not erase")
}
