//! What was kept for long enough.

use super::*;
use crate::subject::refused;
use morket_core::ErrorKind;
use std::time::Duration;

async fn expire(subject: &Subject, of: WorkspaceId, expiry: Expiry) -> Result<Receipt> {
    subject.store.expire(of, expiry, audit(Action::ValuesExpired)).await
}

/// Of jobs by their end, of answers by when they were fetched; a running job keeps everything.
pub(super) async fn what_is_older_goes_and_what_is_younger_stays(subject: Subject) {
    let old = Ended::new(&subject).await;
    let of = old.desk.workspace;
    let (running, lease) = Ended::begun(&subject, of).await;
    subject.clock.advance(Duration::from_secs(60)).await;
    let before = subject.clock.now().await;
    subject.clock.advance(Duration::from_secs(1)).await;
    let expiry = Expiry { id: fresh(), before, limit: 100 };
    let erased = expire(&subject, of, expiry).await.unwrap().erased;
    assert_eq!((erased.records, erased.cells, erased.calls, erased.lookups), (4, 4, 3, 3));
    assert_eq!(old.inputs().await, vec![Value::Null; 4]);
    assert!(!old.all().await.contains("bob"));
    assert!(running.all().await.contains("bob"));
    running.desk.finish(lease).await;
    let young = Ended::begun(&subject, of).await.0;
    let expiry = Expiry { id: fresh(), ..expiry };
    assert!(expire(&subject, of, expiry).await.unwrap().erased.is_nothing());
    assert_eq!(subject.store.lookups(of, young.lookups).await.unwrap().len(), 3);
}

/// However little each may take.
pub(super) async fn a_step_is_bounded_and_steps_come_to_an_end(subject: Subject) {
    let old = Ended::new(&subject).await;
    let of = old.desk.workspace;
    subject.clock.advance(Duration::from_secs(60)).await;
    let before = subject.clock.now().await;
    let mut records = Vec::new();
    loop {
        let expiry = Expiry { id: fresh(), before, limit: 1 };
        let erased = expire(&subject, of, expiry).await.unwrap().erased;
        assert!(erased.records <= 1 && erased.calls <= 1 && erased.lookups <= 1);
        if erased.is_nothing() {
            break;
        }
        records.push(erased.records);
    }
    assert_eq!(records.iter().sum::<u32>(), 4);
    for limit in [0, 10_001] {
        let expiry = Expiry { id: fresh(), before, limit };
        refused(expire(&subject, of, expiry).await, ErrorKind::Validation);
    }
}

/// And no audit row; one that erased something leaves both.
pub(super) async fn what_erased_nothing_leaves_no_receipt(subject: Subject) {
    let old = Ended::new(&subject).await;
    let (of, store) = (old.desk.workspace, &subject.store);
    let rows = audits(&subject, of).await;
    let early = Expiry { id: fresh(), before: morket_core::Timestamp::default(), limit: 9 };
    assert!(expire(&subject, of, early).await.unwrap().erased.is_nothing());
    refused(store.receipt(of, early.id).await, ErrorKind::NotFound);
    assert_eq!(audits(&subject, of).await, rows);
    subject.clock.advance(Duration::from_secs(60)).await;
    let due = Expiry { id: fresh(), before: subject.clock.now().await, limit: 9 };
    let receipt = expire(&subject, of, due).await.unwrap();
    assert_eq!(store.receipt(of, due.id).await.unwrap(), receipt);
    assert_eq!(audits(&subject, of).await, rows + 1);
}
