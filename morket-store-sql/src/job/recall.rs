//! Whom kept answers were asked about, and what of them serves another question.

use super::results::StoredLookup;
use crate::{Record, Row, Scope, Session, SqlStore, Value, args, query::find, store::live, table};
use morket_core::{
    Result, Timestamp, WorkspaceId,
    job::{Entity, EntityKind, EntityWrite, LookupRow, Sought},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

type Key = [u8; 32];

/// One of those whom an answer was asked about.
pub(super) struct EntityRow {
    workspace: WorkspaceId,
    write: EntityWrite,
}

impl EntityRow {
    pub(super) fn new(workspace: WorkspaceId, write: EntityWrite) -> Self {
        Self { workspace, write }
    }
}

impl Record for EntityRow {
    const TABLE: &'static crate::Table = table!(
        "lookup_entities", key ["workspace_id", "key", "kind"], {
        workspace_id: Uuid, key: Bytes, kind: Int, entity: Bytes,
    });

    fn values(&self) -> Vec<Value> {
        let EntityWrite { lookup, entity } = self.write;
        args![self.workspace, lookup, entity.kind as u8, entity.hash]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, lookup) = (WorkspaceId(row.uuid()?), row.hash()?);
        let (kind, hash) = (row.one_of(EntityKind::from_number)?, row.hash()?);
        let entity = Entity { kind, hash };
        Ok(Self { workspace, write: EntityWrite { lookup, entity } })
    }
}

/// What is kept of what is sought, and the store's time.
struct Kept {
    now: Timestamp,
    lookups: BTreeMap<Key, StoredLookup>,
    about: BTreeMap<Key, Vec<Entity>>,
}

impl Kept {
    /// Under the very keys first; whom else's answers are about is looked up only where that lacks.
    async fn load(
        session: &mut dyn Session,
        workspace: WorkspaceId,
        sought: &[Sought],
    ) -> Result<Self> {
        live(session, workspace).await?;
        let now = session.now();
        let mut kept = Self { now, lookups: BTreeMap::new(), about: BTreeMap::new() };
        kept.add_lookups(session, workspace, sought.iter().map(|it| it.key).collect()).await?;
        let lacking = sought.iter().filter(|it| !kept.lookups.contains_key(&it.key));
        let hashes: BTreeSet<Key> = lacking.flat_map(|it| &it.about).map(|it| it.hash).collect();
        let named = hashes.into_iter().map(|hash| args![workspace, hash]).collect();
        let found: Vec<EntityRow> = find(session, &["workspace_id", "entity"], named).await?;
        let keys: BTreeSet<Key> = found.iter().map(|it| it.write.lookup).collect();
        let each = keys.iter().map(|key| args![workspace, *key]).collect();
        let rows: Vec<EntityRow> = find(session, &["workspace_id", "key"], each).await?;
        for EntityRow { write, .. } in rows {
            kept.about.entry(write.lookup).or_default().push(write.entity);
        }
        kept.add_lookups(session, workspace, keys).await?;
        Ok(kept)
    }

    /// Those of these keys that have not expired.
    async fn add_lookups(
        &mut self,
        session: &mut dyn Session,
        workspace: WorkspaceId,
        keys: BTreeSet<Key>,
    ) -> Result<()> {
        let keys = keys.into_iter().map(|key| args![workspace, key]).collect();
        let rows: Vec<StoredLookup> = find(session, &["workspace_id", "key"], keys).await?;
        let young = rows.into_iter().filter(|it| it.row.lookup.expires_at > self.now);
        self.lookups.extend(young.map(|it| (it.row.lookup.key, it)));
        Ok(())
    }

    /// What serves this question: the answer to it, or to another one about the same.
    fn serving(&self, sought: &Sought) -> Option<Key> {
        if self.lookups.contains_key(&sought.key) {
            return Some(sought.key);
        }
        let about = self.about.iter();
        let kept = about.filter_map(|(key, it)| Some((&self.lookups.get(key)?.row, &it[..])));
        Entity::newest(&sought.about, kept).map(|row| row.lookup.key)
    }
}

pub(super) async fn recall(
    store: &SqlStore,
    workspace: WorkspaceId,
    sought: Vec<Sought>,
) -> Result<Vec<Option<LookupRow>>> {
    let sought = Arc::new(sought);
    let wanted = sought.clone();
    let mut kept = store
        .read(Scope::Tenant(workspace), move |session| {
            let wanted = wanted.clone();
            Box::pin(async move { Kept::load(session, workspace, &wanted).await })
        })
        .await?;
    let serving: Vec<Option<Key>> = sought.iter().map(|it| kept.serving(it)).collect();
    let wanted: BTreeSet<Key> = serving.iter().flatten().copied().collect();
    kept.lookups.retain(|key, _| wanted.contains(key));
    let names = store.names_for(kept.lookups.values().map(|it| it.provider)).await?;
    let shown = kept.lookups.into_iter().map(|(key, it)| Ok((key, it.shown(&names)?)));
    let shown = shown.collect::<Result<BTreeMap<_, _>>>()?;
    Ok(serving.into_iter().map(|key| shown.get(&key?).cloned()).collect())
}
