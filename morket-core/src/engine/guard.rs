//! Whom a batch leaves alone: what the list said of its records when it was taken up, and what the
//! list is asked by.

use crate::{
    Result, Rng, Store, WorkspaceId,
    field::Catalogue,
    privacy::{Fingerprint, Identifier, PrivacyKey, SCREEN, Screening, SuppressionStore},
    rng::random,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What the suppression list says to a batch.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What the workspace's fingerprints are made with.
    pub key: PrivacyKey,
    /// Those of the records' names that stand on the list.
    pub screening: Screening,
}

impl Guard {
    /// A guard over a list on which nothing stands.
    pub fn of_nobody(key: PrivacyKey) -> Self {
        Self { key, screening: Screening { empty: true, ..Screening::default() } }
    }

    /// Ask the list about all these records, in one step for as many as a batch holds.
    pub async fn ask(
        store: &dyn Store,
        workspace: WorkspaceId,
        rng: &dyn Rng,
        catalogue: &Catalogue,
        records: impl IntoIterator<Item = &Value>,
    ) -> Result<Self> {
        let key = store.privacy_key(workspace, PrivacyKey::new(random::<32>(rng))).await?;
        let names = records.into_iter().flat_map(|it| Identifier::of_record(catalogue, it));
        let all = key.covers(&names.collect::<BTreeSet<_>>());
        let screening = screened(store, workspace, all).await?;
        Ok(Self { key, screening })
    }

    /// A guard that knows whether anything stands on the list, and nothing of any record yet.
    pub async fn open(store: &dyn Store, workspace: WorkspaceId, rng: &dyn Rng) -> Result<Self> {
        Self::ask(store, workspace, rng, Catalogue::standard(), []).await
    }

    /// The names of a record, as the list is asked about them.
    pub fn names(&self, catalogue: &Catalogue, record: &Value) -> BTreeSet<Fingerprint> {
        self.key.covers(&Identifier::of_record(catalogue, record))
    }

    /// Ask the list about these too.
    pub async fn learn(
        &mut self,
        store: &dyn Store,
        workspace: WorkspaceId,
        names: BTreeSet<Fingerprint>,
    ) -> Result<()> {
        self.screening.listed.extend(screened(store, workspace, names).await?.listed);
        Ok(())
    }

    /// Whether a record may not be asked about.
    pub fn keeps_back(&self, catalogue: &Catalogue, record: &Value) -> bool {
        let listed = &self.screening.listed;
        !listed.is_empty() && self.names(catalogue, record).iter().any(|it| listed.contains(it))
    }
}

async fn screened<S: SuppressionStore + ?Sized>(
    store: &S,
    workspace: WorkspaceId,
    all: BTreeSet<Fingerprint>,
) -> Result<Screening> {
    let all: Vec<Fingerprint> = all.into_iter().collect();
    let mut screening = Screening::default();
    let mut parts = all.chunks(SCREEN);
    // Nothing to ask about: whether the list is empty must be known all the same.
    let mut part = parts.next().unwrap_or_default();
    loop {
        let found = store.screen(workspace, part.to_vec()).await?;
        screening.empty = found.empty;
        screening.listed.extend(found.listed);
        match parts.next() {
            Some(next) => part = next,
            None => return Ok(screening),
        }
    }
}
