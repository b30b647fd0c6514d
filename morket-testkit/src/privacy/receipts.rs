//! What shows that something was erased.

use super::*;
use crate::subject::refused;
use morket_core::{ErrorKind, privacy::Cause};

/// By its id, as it was handed out.
pub(super) async fn a_receipt_reads_as_it_was_given(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let whom = erasure(&[ADA]);
    let given = ended.forget(whom.clone()).await.unwrap();
    let of = ended.desk.workspace;
    assert_eq!((given.cause, given.subject), (Cause::Forgotten, Some(print(9))));
    assert_eq!(subject.store.receipt(of, whom.id).await.unwrap(), given);
    refused(subject.store.receipt(of, fresh()).await, ErrorKind::NotFound);
}

/// Each once, however they are cut.
pub(super) async fn the_pages_of_receipts_are_all_of_them(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let of = ended.desk.workspace;
    let mut ids = BTreeSet::new();
    for _ in 0..5 {
        ids.insert(ended.forget(erasure(&[ADA])).await.unwrap().id);
    }
    for limit in 1..=6 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(limit).unwrap();
            let page = subject.store.receipts(of, after, limit).await.unwrap();
            assert_eq!(page.total, 5);
            seen.extend(page.rows.into_iter().map(|it| it.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids.iter().copied().collect::<Vec<_>>(), "limit {limit}");
    }
}
