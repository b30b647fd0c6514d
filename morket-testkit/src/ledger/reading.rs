//! What a ledger tells about itself.

use super::{Purse, capture, grant, hold, refund, void};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    Credits, ErrorKind,
    ledger::{HoldState, verify_chain},
    page::{Cursor, Limit},
};

/// A ledger of `entries` entries.
async fn of(subject: &Subject, entries: usize) -> Purse {
    let purse = Purse::with(subject, 0).await;
    let ops = (0..entries).map(|number| grant(&format!("grant-{number}"), 3 + number as i64));
    for result in subject.store.post(purse.workspace, ops.collect()).await.unwrap() {
        result.unwrap();
    }
    purse
}

/// The statement is every entry in order, and sums to the balance.
pub(super) async fn p063_the_statement_is_the_whole_ledger(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    purse.done([hold(id, 50), capture(id, "step", 20), void(id), refund("back", "step")]).await;
    let entries = purse.entries(100).await;
    let amounts: Vec<_> = entries.iter().map(|it| (it.seq, it.amount.0)).collect();
    assert_eq!(amounts, [(1, 100), (2, -20), (3, 20)]);
    assert_eq!(entries[1].hold, Some(id));
    assert!(entries.iter().all(|it| it.workspace == purse.workspace));
    assert_eq!(Credits::sum(entries.iter().map(|it| it.amount)).unwrap(), Credits(100));
}

/// However it is cut, it is the same ledger.
pub(super) async fn p200_statement_pages_are_complete_for_every_limit(subject: Subject) {
    // method: exhaustive
    let purse = of(&subject, 13).await;
    let whole = purse.entries(100).await;
    assert_eq!(whole.iter().map(|it| it.seq).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    for limit in 1..=14 {
        assert_eq!(purse.entries(limit).await, whole, "limit {limit}");
    }
}

/// Entries that come while one reads neither hide nor repeat those that were there.
pub(super) async fn p201_statement_pages_stay_stable_under_writes(subject: Subject) {
    let purse = of(&subject, 5).await;
    let (mut after, mut seen) = (None, Vec::new());
    for round in 0.. {
        let limit = Limit::new(2).unwrap();
        let page = subject.store.statement(purse.workspace, after, limit).await.unwrap();
        seen.extend(page.rows.iter().map(|entry| entry.seq));
        if round < 3 {
            purse.done([grant(&format!("late-{round}"), 1)]).await;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=8).collect::<Vec<_>>());
}

/// The total is that of the ledger, not of the page.
pub(super) async fn p202_the_statement_says_how_many_entries_there_are(subject: Subject) {
    let purse = of(&subject, 7).await;
    let first =
        subject.store.statement(purse.workspace, None, Limit::new(3).unwrap()).await.unwrap();
    assert_eq!((first.rows.len(), first.total), (3, 7));
    let rest = subject.store.statement(purse.workspace, first.next, Limit::default()).await;
    let rest = rest.unwrap();
    assert_eq!((rest.rows.len(), rest.total, rest.next), (4, 7, None));
}

/// A cursor is good for the listing and the tenant it was made for, as it was made.
pub(super) async fn p203_a_statement_cursor_that_was_changed_is_refused(subject: Subject) {
    let (ours, theirs) = (of(&subject, 3).await, of(&subject, 3).await);
    let limit = Limit::new(1).unwrap();
    let cursor = |page: morket_core::ledger::StatementPage| page.next.unwrap();
    let own = cursor(subject.store.statement(ours.workspace, None, limit).await.unwrap());
    let foreign = cursor(subject.store.statement(theirs.workspace, None, limit).await.unwrap());
    let mut changed = own.as_str().to_owned();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    let texts = [changed, own.as_str()[1..].to_owned(), String::new(), "?".into()];
    for bad in texts.into_iter().map(Cursor::from_text).chain([foreign]) {
        let page = subject.store.statement(ours.workspace, Some(bad), limit).await;
        refused(page, ErrorKind::Validation);
    }
}

/// A hold tells what it was opened for and how it ended.
pub(super) async fn a_hold_reads_as_it_was_opened_and_closed(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    let opened = purse.post(hold(id, 40)).await.unwrap();
    let found = subject.store.hold(purse.workspace, id).await.unwrap();
    assert_eq!(Some(&found), opened.hold());
    assert_eq!((found.state, found.amount, found.closed_at), (HoldState::Open, Credits(40), None));
    assert_eq!((found.id, found.workspace), (id, purse.workspace));
    purse.done([capture(id, "step", 15)]).await;
    let closed = purse.post(void(id)).await.unwrap();
    let found = subject.store.hold(purse.workspace, id).await.unwrap();
    assert_eq!(Some(&found), closed.hold());
    assert_eq!((found.state, found.captured), (HoldState::Voided, Credits(15)));
    assert!(found.closed_at.is_some_and(|at| at >= found.opened_at));
}

/// What is told is what was hashed, and the account holds the chain's head.
pub(super) async fn p056_an_untouched_chain_verifies(subject: Subject) {
    let purse = Purse::with(&subject, 0).await;
    assert_eq!(subject.store.verify_chain(purse.workspace).await.unwrap(), 0);
    let id = fresh();
    purse.done([grant("g", 100), hold(id, 50), capture(id, "a", 20), refund("r", "a")]).await;
    assert_eq!(subject.store.verify_chain(purse.workspace).await.unwrap(), 3);
    let entries = purse.entries(2).await;
    verify_chain(&purse.account().await, &entries).unwrap();
}
