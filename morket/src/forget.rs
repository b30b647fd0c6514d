//! People who are to be left alone, and people who are to be forgotten, from the handle.

use crate::Morket;
use morket_core::{
    ErasureId, Result, WorkspaceId,
    audit::{Action, NewAudit},
    privacy::{
        Added, BATCH, Erased, Erasure, Expiry, Identifier, NewSuppression, PrivacyKey, Receipt,
        Source,
    },
    rbac::Principal,
    rng::random,
};
use std::{collections::BTreeSet, time::Duration};

impl Morket {
    /// Put people and companies on a workspace's suppression list; one result each, in order. From
    /// the next batch on nobody is asked about them, and what is found of them is not kept.
    ///
    /// ```
    /// # async fn example() -> morket::Result<()> {
    /// use morket::{Morket, privacy::{Added, Identifier, Source}};
    ///
    /// let mk = Morket::builder().memory().build().await?;
    /// let workspace = mk.create_workspace("Acme").await?.id;
    /// let names = [Identifier::guess("ada@example.com")?, Identifier::guess("example.org")?];
    /// let added = mk.suppress(workspace, &names, Source::Manual, None).await?;
    /// assert_eq!(added, [Added::Added, Added::Added]);
    /// assert!(mk.is_suppressed(workspace, &Identifier::guess("eve@example.org")?).await?);
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn suppress(
        &self,
        workspace: WorkspaceId,
        names: &[Identifier],
        source: Source,
        reason: Option<&str>,
    ) -> Result<Vec<Added>> {
        let key = self.privacy_key(workspace).await?;
        let mut all = Vec::with_capacity(names.len());
        for part in names.chunks(BATCH) {
            let entries = part.iter().map(|it| entry(&key, it, source, reason)).collect();
            let audit = audit(Action::SuppressionAdded, None);
            all.extend(self.store().suppress(workspace, entries, audit).await?);
        }
        Ok(all)
    }

    /// Take names off the list; how many stood there.
    pub async fn unsuppress(&self, workspace: WorkspaceId, names: &[Identifier]) -> Result<u32> {
        let key = self.privacy_key(workspace).await?;
        let mut gone = 0;
        for part in names.chunks(BATCH) {
            let prints = part.iter().map(|it| key.fingerprint(it)).collect();
            let audit = audit(Action::SuppressionRemoved, None);
            gone += self.store().unsuppress(workspace, prints, audit).await?;
        }
        Ok(gone)
    }

    /// Whether a name is on the list, itself or by its domain.
    pub async fn is_suppressed(&self, workspace: WorkspaceId, name: &Identifier) -> Result<bool> {
        let key = self.privacy_key(workspace).await?;
        let prints = key.covers([name]).into_iter().collect();
        Ok(!self.store().screen(workspace, prints).await?.listed.is_empty())
    }

    /// Erase what a workspace keeps about a person, and leave the person alone from then on; done
    /// when awaited. `Conflict` while a job that has not ended holds the person, or while a worker
    /// is busy in the workspace.
    pub fn forget(&self, workspace: WorkspaceId, names: BTreeSet<Identifier>) -> Forget<'_> {
        let id = self.erasure_id();
        Forget { morket: self, workspace, names, id, suppress: true }
    }

    /// Erase everything older than `age` in lookups and in jobs that have ended, step by step until
    /// nothing is left that is due; how much it was in all.
    pub async fn expire(&self, workspace: WorkspaceId, age: Duration) -> Result<Erased> {
        let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        // The store's clock: a machine whose own is years ahead must not erase everything.
        let now = self.store_time().await?.micros();
        let before = morket_core::Timestamp::from_micros(now.saturating_sub(micros));
        let mut all = Erased::default();
        loop {
            let expiry = Expiry { id: self.erasure_id(), before, limit: Expiry::MAX };
            let audit = audit(Action::ValuesExpired, Some(expiry.id));
            let erased = self.store().expire(workspace, expiry, audit).await?.erased;
            if erased.is_nothing() {
                return Ok(all);
            }
            all.records += erased.records;
            all.cells += erased.cells;
            all.calls += erased.calls;
            all.lookups += erased.lookups;
        }
    }

    fn erasure_id(&self) -> ErasureId {
        ErasureId::new(self.clock().now(), self.rng().as_ref())
    }

    async fn privacy_key(&self, workspace: WorkspaceId) -> Result<PrivacyKey> {
        let fresh = PrivacyKey::new(random::<32>(self.rng().as_ref()));
        self.store().privacy_key(workspace, fresh).await
    }
}

fn entry(
    key: &PrivacyKey,
    name: &Identifier,
    source: Source,
    reason: Option<&str>,
) -> NewSuppression {
    let (fingerprint, reason) = (key.fingerprint(name), reason.map(str::to_owned));
    NewSuppression { fingerprint, kind: name.kind(), source, reason }
}

fn audit(action: Action, receipt: Option<ErasureId>) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, receipt.map(|it| it.0))
}

/// A person about to be forgotten.
#[must_use = "it is done when awaited"]
#[derive(Debug)]
pub struct Forget<'a> {
    morket: &'a Morket,
    workspace: WorkspaceId,
    names: BTreeSet<Identifier>,
    id: ErasureId,
    suppress: bool,
}

impl Forget<'_> {
    /// Leave the suppression list as it is: the next job may ask about the person again.
    pub fn without_suppressing(mut self) -> Self {
        self.suppress = false;
        self
    }

    /// Do it under this id: a repeat gets the receipt of the first time.
    pub fn under(mut self, id: ErasureId) -> Self {
        self.id = id;
        self
    }
}

impl<'a> IntoFuture for Forget<'a> {
    type Output = Result<Receipt>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { morket, workspace, names, id, suppress } = self;
            let key = morket.privacy_key(workspace).await?;
            let subject = key.fingerprint_of_all(&names);
            let listed = names.iter().filter(|_| suppress);
            let suppress = listed.map(|it| entry(&key, it, Source::Erasure, None)).collect();
            let erasure = Erasure { id, names, subject, suppress };
            let audit = audit(Action::SubjectErased, Some(id));
            morket.store().forget(workspace, erasure, audit).await
        })
    }
}
