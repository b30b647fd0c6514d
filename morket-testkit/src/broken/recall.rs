//! Job stores that recall what they must not.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    job::{Entity, LookupRow, LookupWrite, Settled, Settlement, Sought},
    privacy::{Erasure, Expiry, Receipt},
};
use std::sync::Mutex;

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "another workspace's answer is recalled",
        must_fail: "p137_recall_is_of_its_workspace",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Foreign)),
    },
    Broken {
        name: "an answer that expired is recalled",
        must_fail: "recall_serves_no_miss_and_nothing_that_has_expired",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Expired)),
    },
    Broken {
        name: "a miss is recalled for another question",
        must_fail: "recall_serves_no_miss_and_nothing_that_has_expired",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Missed)),
    },
    Broken {
        name: "a namesake's answer is recalled",
        must_fail: "recall_serves_the_newest_answer_about_the_same",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Namesake)),
    },
    Broken {
        name: "an erased answer tells whom it was about",
        must_fail: "once_an_answer_is_erased_nothing_tells_whom_it_was_about",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Erased)),
    },
    Broken {
        name: "another question's answer comes before its own",
        must_fail: "recall_gives_each_its_own_answer_first",
        walk: None,
        wrap: |subject| through(subject, Recalls::wrong(Wrong::Order)),
    },
];

/// What a store does not look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Foreign,
    Expired,
    Missed,
    Namesake,
    Erased,
    Order,
}

/// An answer as it was written.
struct Written {
    of: WorkspaceId,
    lookup: LookupWrite,
    about: Vec<Entity>,
    at: Timestamp,
}

/// Everything that was ever written serves, but for one rule.
struct Recalls(Wrong, Mutex<Vec<Written>>);

impl Recalls {
    fn wrong(wrong: Wrong) -> Self {
        Self(wrong, Mutex::default())
    }

    /// Everything that is kept of a workspace goes.
    fn erased(&self, workspace: WorkspaceId) {
        if self.0 != Wrong::Erased {
            self.1.lock().unwrap().retain(|it| it.of != workspace);
        }
    }

    fn serves(
        &self,
        it: &Written,
        workspace: WorkspaceId,
        sought: &Sought,
        now: Timestamp,
    ) -> bool {
        let Self(wrong, _) = self;
        let shared = sought.about.iter().any(|name| it.about.contains(name));
        let same = match wrong {
            Wrong::Namesake => shared,
            _ => Entity::same(&sought.about, &it.about),
        };
        same && (it.of == workspace || *wrong == Wrong::Foreign)
            && (it.lookup.expires_at > now || *wrong == Wrong::Expired)
            && (it.lookup.answer.is_some() || *wrong == Wrong::Missed)
    }
}

#[async_trait]
impl Defect for Recalls {
    async fn settle(&self, right: &Right, settlement: Settlement) -> Result<Settled> {
        let (of, at) = (settlement.lease.workspace, right.clock.now().await);
        let items = settlement.items.clone();
        let settled = right.store.settle(settlement).await?;
        let Settled::Applied { items: results, .. } = &settled else { return Ok(settled) };
        let mut written = self.1.lock().unwrap();
        for (item, _) in items.iter().zip(results).filter(|(_, it)| it.is_ok()) {
            for lookup in &item.lookups {
                let same = |it: &&Written| it.of == of && it.lookup.key == lookup.key;
                let mut about = written.iter().find(same).map_or(Vec::new(), |it| it.about.clone());
                let added = item.entities.iter().filter(|it| it.lookup == lookup.key);
                about.extend(added.map(|it| it.entity));
                written.retain(|it| !same(&it));
                written.push(Written { of, lookup: lookup.clone(), about, at });
            }
        }
        drop(written);
        Ok(settled)
    }

    async fn forget(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
    ) -> Result<Receipt> {
        self.erased(workspace);
        right.store.forget(workspace, erasure, audit).await
    }

    async fn expire(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        expiry: Expiry,
        audit: NewAudit,
    ) -> Result<Receipt> {
        self.erased(workspace);
        right.store.expire(workspace, expiry, audit).await
    }

    async fn recall(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        sought: Vec<Sought>,
    ) -> Result<Vec<Option<LookupRow>>> {
        let now = right.clock.now().await;
        let found = right.store.recall(workspace, sought.clone()).await?;
        let written = self.1.lock().unwrap();
        let instead = |it: &Sought| {
            let mut all = written.iter().rev();
            let serves = all.find(|kept| self.serves(kept, workspace, it, now))?;
            Some(LookupRow { lookup: serves.lookup.clone(), fetched_at: serves.at })
        };
        let both = sought.iter().zip(found);
        Ok(both
            .map(|(it, row)| match self.0 {
                Wrong::Order => instead(it).or(row),
                _ => row.or_else(|| instead(it)),
            })
            .collect())
    }
}
