//! The promises of [`OutboxStore`](morket_core::outbox::OutboxStore).

use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind, EventId, WorkspaceId,
    outbox::{Event, NewEvent},
};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

cases! {
    ($)
    /// Every promise of the outbox port, as tests over what `$make` gives.
    outbox_suite;
    relay {
        events_are_told_oldest_first,
        an_event_id_that_is_there_is_left_as_it_is,
        p137_events_are_those_of_their_workspace,
        an_absent_workspace_has_no_outbox,
        a_claimed_event_is_given_to_nobody_else,
        an_event_that_was_not_acknowledged_comes_again,
        an_acknowledged_event_never_comes_again,
        acknowledging_again_or_the_unknown_changes_nothing,
        an_event_that_came_late_is_not_passed_over,
        relays_never_share_an_event,
    }
    walk {
        p185_what_is_refused_is_told_to_nobody,
    }
}

mod walk;

const LEASE: Duration = Duration::from_secs(600);

/// An event to publish, with an id of its own.
pub(crate) fn event(kind: &str) -> NewEvent {
    NewEvent { id: fresh(), kind: kind.into(), payload: json!({"n": 1}) }
}

async fn published(subject: &Subject, n: usize) -> (WorkspaceId, Vec<EventId>) {
    let workspace = subject.workspace(0).await;
    let mut ids = Vec::new();
    for number in 0..n {
        let new = event(&format!("test.{number}"));
        ids.push(new.id);
        subject.store.publish(workspace, vec![new]).await.unwrap();
        subject.clock.advance(Duration::from_millis(1)).await;
    }
    (workspace, ids)
}

async fn claim(subject: &Subject, limit: u32) -> Vec<Event> {
    subject.store.claim_events(limit, LEASE).await.unwrap()
}

fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

mod relay {
    use super::*;

    /// In the order they happened, whether they were delivered or not.
    pub(super) async fn events_are_told_oldest_first(subject: Subject) {
        let (workspace, sent) = published(&subject, 3).await;
        let claimed = claim(&subject, 2).await;
        assert_eq!(ids(&claimed), sent[..2]);
        assert!(claimed.iter().all(|it| it.workspace == workspace && it.attempts == 1));
        subject.store.ack_events(ids(&claimed)).await.unwrap();
        let told = subject.store.events(workspace).await.unwrap();
        assert_eq!(ids(&told), sent);
        assert_eq!((told[2].kind.as_str(), &told[2].payload), ("test.2", &json!({"n": 1})));
    }

    /// The id is its identity: a repeat is no second event, and changes nothing of the first.
    pub(super) async fn an_event_id_that_is_there_is_left_as_it_is(subject: Subject) {
        let workspace = subject.workspace(0).await;
        let first = event("first");
        let other = NewEvent { kind: "other".into(), ..first.clone() };
        let twice = vec![first.clone(), other.clone()];
        subject.store.publish(workspace, twice).await.unwrap();
        let before = subject.store.events(workspace).await.unwrap();
        subject.store.publish(workspace, vec![other, event("new")]).await.unwrap();
        let after = subject.store.events(workspace).await.unwrap();
        assert_eq!((after.len(), &after[0]), (2, &before[0]));
        assert_eq!(after[0].kind, "first");
    }

    /// Nobody hears of another's doings.
    pub(super) async fn p137_events_are_those_of_their_workspace(subject: Subject) {
        let (ours, our_ids) = published(&subject, 2).await;
        let (theirs, their_ids) = published(&subject, 1).await;
        assert_eq!(ids(&subject.store.events(ours).await.unwrap()), our_ids);
        assert_eq!(ids(&subject.store.events(theirs).await.unwrap()), their_ids);
    }

    /// Unknown and deleted are the same answer.
    pub(super) async fn an_absent_workspace_has_no_outbox(subject: Subject) {
        for workspace in subject.absent().await {
            let publish = subject.store.publish(workspace, vec![event("e")]).await;
            refused(publish, ErrorKind::NotFound);
            refused(subject.store.events(workspace).await, ErrorKind::NotFound);
        }
        assert_eq!(claim(&subject, 10).await, []);
    }

    /// While the lease runs.
    pub(super) async fn a_claimed_event_is_given_to_nobody_else(subject: Subject) {
        let (_, sent) = published(&subject, 3).await;
        assert_eq!(ids(&claim(&subject, 2).await), sent[..2]);
        subject.clock.advance(LEASE / 2).await;
        assert_eq!(ids(&claim(&subject, 10).await), sent[2..]);
        assert_eq!(claim(&subject, 10).await, []);
    }

    /// A relay that died told nobody, or perhaps did: somebody tells it again.
    pub(super) async fn an_event_that_was_not_acknowledged_comes_again(subject: Subject) {
        let (_, sent) = published(&subject, 2).await;
        claim(&subject, 10).await;
        subject.clock.advance(LEASE + Duration::from_secs(1)).await;
        let again = claim(&subject, 10).await;
        assert_eq!(ids(&again), sent);
        assert!(again.iter().all(|event| event.attempts == 2));
    }

    /// What was delivered is done, also when the lease has ended.
    pub(super) async fn an_acknowledged_event_never_comes_again(subject: Subject) {
        let (_, sent) = published(&subject, 2).await;
        claim(&subject, 10).await;
        subject.store.ack_events(vec![sent[0]]).await.unwrap();
        subject.clock.advance(LEASE * 2).await;
        assert_eq!(ids(&claim(&subject, 10).await), sent[1..]);
    }

    /// A relay may say it twice, and may be wrong.
    pub(super) async fn acknowledging_again_or_the_unknown_changes_nothing(subject: Subject) {
        let (workspace, sent) = published(&subject, 2).await;
        claim(&subject, 1).await;
        subject.store.ack_events(vec![sent[0]]).await.unwrap();
        let before = subject.store.events(workspace).await.unwrap();
        subject.store.ack_events(vec![sent[0], fresh()]).await.unwrap();
        subject.store.ack_events(Vec::new()).await.unwrap();
        assert_eq!(subject.store.events(workspace).await.unwrap(), before);
        assert_eq!(ids(&claim(&subject, 10).await), sent[1..]);
    }

    /// A cursor over numbers would skip what was committed behind it; claiming does not.
    pub(super) async fn an_event_that_came_late_is_not_passed_over(subject: Subject) {
        let (workspace, sent) = published(&subject, 2).await;
        claim(&subject, 10).await;
        subject.store.ack_events(sent).await.unwrap();
        let late = event("late");
        subject.store.publish(workspace, vec![late.clone()]).await.unwrap();
        assert_eq!(ids(&claim(&subject, 10).await), [late.id]);
    }

    /// Many relays at once share the work, never an event.
    pub(super) async fn relays_never_share_an_event(subject: Subject) {
        // method: race
        for round in 0..subject.rounds() {
            let (_, sent) = published(&subject, 12).await;
            let taken = at_once(8, |_| {
                let subject = subject.clone();
                async move { ids(&claim(&subject, 3).await) }
            });
            let taken = taken.await.concat();
            let distinct: BTreeSet<_> = taken.iter().copied().collect();
            assert_eq!(distinct.len(), taken.len(), "round {round}");
            assert!(taken.iter().all(|id| sent.contains(id)), "round {round}");
            claim(&subject, 100).await;
            subject.store.ack_events(sent).await.unwrap();
        }
    }
}
