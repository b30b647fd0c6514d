//! Who opened what: one audit row per job and credential.

use super::{Safe, audit};
use crate::{Subject, fresh, subject::at_once};
use morket_core::{CredentialId, JobId, audit::Action, vault::StoredCredential};
use std::time::Duration;

async fn open(safe: &Safe, id: CredentialId, job: Option<JobId>) -> StoredCredential {
    let audit = audit(Action::CredentialRead, id);
    safe.subject.store.use_credential(safe.workspace, id, job, audit).await.unwrap()
}

async fn reads(safe: &Safe, id: CredentialId) -> usize {
    let log = safe.log().await;
    let of = |it: &&_| {
        let it: &morket_core::audit::NewAudit = it;
        it.action == Action::CredentialRead && it.object == Some(id.0)
    };
    log.iter().filter(of).count()
}

/// However often it uses it, and whoever else does.
pub(super) async fn p195_a_job_uses_a_credential_in_one_audit_row(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let ids = [safe.stored().await.sealed.id, safe.stored().await.sealed.id];
    let jobs: [JobId; 3] = [fresh(), fresh(), fresh()];
    for _ in 0..3 {
        for job in jobs {
            for id in ids {
                open(&safe, id, Some(job)).await;
            }
        }
    }
    for id in ids {
        assert_eq!(reads(&safe, id).await, jobs.len());
    }
    let audit = audit(Action::CredentialRead, ids[0]);
    let (store, job) = (&subject.store, Some(fresh()));
    store.use_credential(safe.workspace, ids[0], job, audit).await.unwrap();
    assert_eq!(safe.log().await.pop(), Some(audit), "as it was given");
}

/// Batches of one job run on many workers.
pub(super) async fn p195_the_tasks_of_a_job_write_one_audit_row(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let (id, job) = (safe.stored().await.sealed.id, Some(fresh()));
        let uses = at_once(8, |_| {
            let safe = safe.clone();
            async move { open(&safe, id, job).await }
        });
        uses.await;
        assert_eq!(reads(&safe, id).await, 1, "round {round}");
    }
}

/// Nothing says that two of them are one.
pub(super) async fn p195_without_a_job_each_use_writes_an_audit_row(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let id = safe.stored().await.sealed.id;
    for uses in 1..=4 {
        open(&safe, id, None).await;
        assert_eq!(reads(&safe, id).await, uses);
    }
}

/// A repeat by the same job moves it too.
pub(super) async fn a_use_is_the_last_use(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let stored = safe.stored().await;
    let (id, job) = (stored.sealed.id, fresh());
    let mut last = stored.created_at;
    for job in [Some(job), Some(job), None] {
        subject.clock.advance(Duration::from_secs(5)).await;
        let used = open(&safe, id, job).await;
        assert!(used.last_used_at > Some(last));
        assert_eq!(StoredCredential { last_used_at: None, ..used.clone() }, stored);
        assert_eq!(safe.get(id).await.unwrap(), used);
        last = used.last_used_at.unwrap();
    }
}
