//! Whom kept answers were asked about, and what of them serves another question.

use super::MemoryStore;
use crate::{
    Result, Timestamp, WorkspaceId,
    job::{Entity, EntityWrite, LookupRow, Sought},
};
use std::collections::{BTreeMap, BTreeSet};

type Key = [u8; 32];

/// Whom answers are about, from both sides.
#[derive(Debug, Default)]
pub(super) struct Entities {
    of: BTreeMap<Key, Vec<Entity>>,
    about: BTreeMap<Entity, BTreeSet<Key>>,
}

impl Entities {
    /// By one kind an answer is about one: what is there stays.
    pub(super) fn put(&mut self, EntityWrite { lookup, entity }: EntityWrite) {
        let of = self.of.entry(lookup).or_default();
        if of.iter().all(|it| it.kind != entity.kind) {
            of.push(entity);
            self.about.entry(entity).or_default().insert(lookup);
        }
    }

    /// Only of what is kept is it told whom it is about.
    pub(super) fn retain(&mut self, kept: impl Fn(&Key) -> bool) {
        self.of.retain(|key, _| kept(key));
        self.about.values_mut().for_each(|keys| keys.retain(&kept));
        self.about.retain(|_, keys| !keys.is_empty());
    }

    /// The answer to another question that serves this one.
    fn recall<'a>(
        &'a self,
        lookups: &'a BTreeMap<Key, LookupRow>,
        about: &[Entity],
        now: Timestamp,
    ) -> Option<&'a LookupRow> {
        let keys = about.iter().filter_map(|it| self.about.get(it)).flatten();
        let kept = keys.filter_map(|key| Some((lookups.get(key)?, self.of.get(key)?.as_slice())));
        Entity::newest(about, kept.filter(|(row, _)| row.lookup.expires_at > now))
    }
}

impl MemoryStore {
    pub(super) fn recalled(
        &self,
        workspace: WorkspaceId,
        sought: &[Sought],
    ) -> Result<Vec<Option<LookupRow>>> {
        self.step(|state, now| {
            let tenant = state.tenant("job.recall", workspace)?;
            let recall = |it: &Sought| {
                let own = tenant.lookups.get(&it.key).filter(|row| row.lookup.expires_at > now);
                own.or_else(|| tenant.entities.recall(&tenant.lookups, &it.about, now)).cloned()
            };
            Ok(sought.iter().map(recall).collect())
        })
    }
}
