//! The list: what is put on it, what is asked of it.

use super::*;
use crate::subject::{at_once, refused};
use morket_core::{ErrorKind, page::Cursor};

/// Whoever comes later gets the key that is there.
pub(super) async fn the_first_privacy_key_stays(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let (one, two) = (PrivacyKey::new([1; 32]), PrivacyKey::new([2; 32]));
    for fresh in [one.clone(), two] {
        let key = subject.store.privacy_key(workspace, fresh).await.unwrap();
        assert_eq!(key.expose(), one.expose());
    }
}

/// All of them work with the same one.
pub(super) async fn of_many_privacy_keys_at_once_one_stays(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let keys = at_once(8, |number| {
        let store = subject.store.clone();
        let fresh = PrivacyKey::new([u8::try_from(number).unwrap(); 32]);
        async move { store.privacy_key(workspace, fresh).await.unwrap() }
    });
    let keys = keys.await;
    assert!(keys.iter().all(|key| key.expose() == keys[0].expose()));
}

/// Nobody is kept back elsewhere.
pub(super) async fn p137_privacy_keys_and_lists_are_those_of_their_workspace(subject: Subject) {
    let (ours, theirs) = (subject.workspace(0).await, subject.workspace(0).await);
    for (workspace, byte) in [(ours, 1), (theirs, 2)] {
        let key = subject.store.privacy_key(workspace, PrivacyKey::new([byte; 32])).await.unwrap();
        assert_eq!(*key.expose(), [byte; 32]);
    }
    add(&subject, ours, vec![entry(1)]).await.unwrap();
    assert_eq!(listed(&subject, theirs).await, []);
    assert_eq!(subject.store.count_suppressions(theirs).await.unwrap(), 0);
    let screening = subject.store.screen(theirs, vec![print(1)]).await.unwrap();
    assert!(screening.empty && screening.listed.is_empty());
    let gone = subject.store.unsuppress(theirs, vec![print(1)], audit(Action::SuppressionRemoved));
    assert_eq!(gone.await.unwrap(), 0);
    assert_eq!(listed(&subject, ours).await.len(), 1);
}

/// Its source, reason and time are the first ones, whoever adds it again.
pub(super) async fn an_entry_that_is_there_stays_as_it_was(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let results = add(&subject, workspace, vec![entry(1), entry(2), entry(1)]).await.unwrap();
    assert_eq!(results, [Added::Added, Added::Added, Added::Existing]);
    let before = listed(&subject, workspace).await;
    assert_eq!(before.iter().map(|it| it.entry.clone()).collect::<Vec<_>>(), [entry(1), entry(2)]);
    subject.clock.advance(std::time::Duration::from_secs(5)).await;
    let other = NewSuppression { source: Source::Manual, reason: None, ..entry(1) };
    assert_eq!(add(&subject, workspace, vec![other]).await.unwrap(), [Added::Existing]);
    assert_eq!(listed(&subject, workspace).await, before);
}

/// The log says when the list changed, and nothing of whom.
pub(super) async fn adding_leaves_one_audit_row_and_a_repeat_none(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let before = audits(&subject, workspace).await;
    for _ in 0..2 {
        add(&subject, workspace, vec![entry(1), entry(2)]).await.unwrap();
    }
    assert_eq!(audits(&subject, workspace).await, before + 1);
}

/// Too many at once, and a reason in which a name could stand.
pub(super) async fn a_list_that_is_wrong_is_refused_whole(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let many = (0..1_001_u16).map(|number| {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        NewSuppression { fingerprint: Fingerprint(bytes), ..entry(0) }
    });
    let many: Vec<NewSuppression> = many.collect();
    refused(add(&subject, workspace, many.clone()).await, ErrorKind::Validation);
    for reason in ["", "Ada asked", "ada@example.com", &"a".repeat(65)] {
        let wrong = NewSuppression { reason: Some(reason.to_owned()), ..entry(2) };
        refused(add(&subject, workspace, vec![entry(1), wrong]).await, ErrorKind::Validation);
    }
    assert_eq!(listed(&subject, workspace).await, []);
    add(&subject, workspace, many[..1_000].to_vec()).await.unwrap();
    assert_eq!(subject.store.count_suppressions(workspace).await.unwrap(), 1_000);
}

/// What is not there is no error, and leaves no audit row.
pub(super) async fn taking_off_leaves_the_others(subject: Subject) {
    let workspace = subject.workspace(0).await;
    add(&subject, workspace, vec![entry(1), entry(2), entry(3)]).await.unwrap();
    let before = audits(&subject, workspace).await;
    for gone in [2, 0] {
        let row = audit(Action::SuppressionRemoved);
        let prints = vec![print(1), print(3), print(7)];
        assert_eq!(subject.store.unsuppress(workspace, prints, row).await.unwrap(), gone);
    }
    assert_eq!(audits(&subject, workspace).await, before + 1);
    let left = listed(&subject, workspace).await;
    assert_eq!(left.iter().map(|it| it.entry.clone()).collect::<Vec<_>>(), [entry(2)]);
}

/// Each once, however it is cut.
pub(super) async fn the_pages_of_a_list_are_all_entries(subject: Subject) {
    let workspace = subject.workspace(0).await;
    add(&subject, workspace, (1..=7).rev().map(entry).collect()).await.unwrap();
    for limit in 1..=8 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(limit).unwrap();
            let page = subject.store.suppressions(workspace, after, limit).await.unwrap();
            assert_eq!(page.total, 7);
            seen.extend(page.rows.into_iter().map(|it| it.entry.fingerprint));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, (1..=7).map(print).collect::<Vec<_>>(), "limit {limit}");
    }
}

/// Neither a foreign one nor one that nobody made.
pub(super) async fn a_cursor_of_another_list_is_refused(subject: Subject) {
    let (ours, theirs) = (subject.workspace(0).await, subject.workspace(0).await);
    for workspace in [ours, theirs] {
        add(&subject, workspace, vec![entry(1), entry(2)]).await.unwrap();
    }
    let limit = Limit::new(1).unwrap();
    let foreign = subject.store.suppressions(theirs, None, limit).await.unwrap().next;
    for cursor in [foreign, Some(Cursor::from_text("AAAA"))] {
        let page = subject.store.suppressions(ours, cursor, limit).await;
        refused(page, ErrorKind::Validation);
    }
}

/// For as many as a batch of records can name, and for no more.
pub(super) async fn a_list_is_screened_for_exactly_what_stands_on_it(subject: Subject) {
    let workspace = subject.workspace(0).await;
    assert!(subject.store.screen(workspace, vec![]).await.unwrap().empty);
    add(&subject, workspace, vec![entry(1), entry(2)]).await.unwrap();
    let many = |count: u32| {
        let of = |number: u32| {
            let mut bytes = [7; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            Fingerprint(bytes)
        };
        (0..count).map(of).chain([print(2)]).collect::<Vec<_>>()
    };
    let screening = subject.store.screen(workspace, many(19_999)).await.unwrap();
    assert_eq!((screening.listed, screening.empty), ([print(2)].into(), false));
    let screening = subject.store.screen(workspace, vec![print(3)]).await.unwrap();
    assert_eq!((screening.listed.len(), screening.empty), (0, false));
    refused(subject.store.screen(workspace, many(20_000)).await, ErrorKind::Validation);
}

/// With the rest of its item, and once however often it is repeated.
pub(super) async fn a_settlement_brings_its_entries_or_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let good = Answered { suppress: vec![entry(1)], ..answer(0, None) };
    let bad = Answered { suppress: vec![entry(2)], ..answer(0, Some(fresh())) };
    for _ in 0..2 {
        let (items, _) = desk.applied(lease, vec![good.clone(), bad.clone()], None).await;
        assert!(items[0].is_ok() && items[1].is_err());
    }
    let list = listed(&subject, desk.workspace).await;
    assert_eq!(list.iter().map(|it| it.entry.clone()).collect::<Vec<_>>(), [entry(1)]);
    desk.outlast().await;
    let late = Answered { suppress: vec![entry(3)], ..answer(1, None) };
    desk.settle(lease, vec![late], None).await.unwrap();
    assert_eq!(listed(&subject, desk.workspace).await, list);
}

/// Neither one that never was nor one that is gone.
pub(super) async fn an_absent_workspace_has_no_list(subject: Subject) {
    let (store, missing) = (&subject.store, ErrorKind::NotFound);
    for workspace in subject.absent().await {
        refused(store.privacy_key(workspace, PrivacyKey::new([1; 32])).await, missing);
        refused(add(&subject, workspace, vec![entry(1)]).await, missing);
        let row = audit(Action::SuppressionRemoved);
        refused(store.unsuppress(workspace, vec![print(1)], row).await, missing);
        refused(store.suppressions(workspace, None, Limit::default()).await, missing);
        refused(store.count_suppressions(workspace).await, missing);
        refused(store.screen(workspace, vec![print(1)]).await, missing);
    }
}

/// A workspace that is created again under the same id begins anew.
pub(super) async fn a_list_goes_with_its_workspace(subject: Subject) {
    let workspace = subject.workspace(0).await;
    subject.store.privacy_key(workspace, PrivacyKey::new([1; 32])).await.unwrap();
    add(&subject, workspace, vec![entry(1)]).await.unwrap();
    let row = audit(Action::WorkspaceDeleted);
    subject.store.delete_workspace(workspace, row).await.unwrap();
    refused(subject.store.count_suppressions(workspace).await, ErrorKind::NotFound);
}
