//! Job stores that recall what they must not.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result, Timestamp, WorkspaceId,
    job::{Entity, LookupRow, LookupWrite, Settled, Settlement, Sought},
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
        name: "whose turn it is, is mixed up",
        must_fail: "recall_gives_each_its_own_answer_first",
        walk: None,
        wrap: |subject| through(subject, Reversed),
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
        for item in settlement.items.iter() {
            for lookup in &item.lookups {
                let about = item.entities.iter().filter(|it| it.lookup == lookup.key);
                let about = about.map(|it| it.entity).collect();
                let lookup = lookup.clone();
                self.1.lock().unwrap().push(Written { of, lookup, about, at });
            }
        }
        right.store.settle(settlement).await
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
        Ok(sought.iter().zip(found).map(|(it, row)| row.or_else(|| instead(it))).collect())
    }
}

/// One each, and in no order to rely on.
struct Reversed;

#[async_trait]
impl Defect for Reversed {
    async fn recall(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        sought: Vec<Sought>,
    ) -> Result<Vec<Option<LookupRow>>> {
        let mut found = right.store.recall(workspace, sought).await?;
        found.reverse();
        Ok(found)
    }
}
