//! Responses that get lost. A case is done with its ten seconds long before they are over.

use super::{HOUR, Person};
use crate::{Subject, subject::at_once};
use morket_core::identity::{Rotated, session::MAX_GRACE};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn p104_a_lost_response_is_made_good_once(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, token) = person.sign_in().await;
    let (other, _) = person.sign_in().await;
    person.rotated(session, token).await;
    let (again, newest) = person.refresh_within(MAX_GRACE, token).await;
    assert_eq!(again, Rotated::Rotated { user: person.user.id, session });
    assert!(person.is_live(session).await && person.is_live(other).await);
    let newest = person.rotated(session, newest).await;
    assert_eq!(person.refresh_within(MAX_GRACE, token).await.0, person.replayed(), "a third time");
    assert_eq!(person.refresh(newest).await.0, Rotated::Refused);
    assert!(!person.is_live(session).await && !person.is_live(other).await);
}

/// Somebody has it after all.
pub(super) async fn p105_the_successor_that_was_lost_is_a_replay(subject: Subject) {
    // method: property
    for grace in [Duration::ZERO, MAX_GRACE] {
        let person = Person::new(&subject).await;
        let (session, token) = person.sign_in().await;
        let lost = person.rotated(session, token).await;
        let newest = person.refresh_within(MAX_GRACE, token).await.1;
        assert_eq!(person.refresh_within(grace, lost).await.0, person.replayed());
        assert_eq!(person.refresh(newest).await.0, Rotated::Refused);
        assert!(!person.is_live(session).await);
    }
}

/// The response arrived, so whoever shows the old token is another.
pub(super) async fn p105_a_successor_that_was_shown_ends_the_grace(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, token) = person.sign_in().await;
    let second = person.rotated(session, token).await;
    let third = person.rotated(session, second).await;
    assert_eq!(person.refresh_within(MAX_GRACE, token).await.0, person.replayed());
    assert_eq!(person.refresh(third).await.0, Rotated::Refused);
}

pub(super) async fn p105_the_grace_ends_with_its_time(subject: Subject) {
    // method: exhaustive
    for (grace, wait) in [
        (Duration::ZERO, Duration::ZERO),
        (SECOND, SECOND),
        (MAX_GRACE, MAX_GRACE),
        (HOUR, MAX_GRACE),
    ] {
        let person = Person::new(&subject).await;
        let (session, token) = person.sign_in().await;
        let newest = person.rotated(session, token).await;
        person.pass(wait).await;
        let late = person.refresh_within(grace, token).await.0;
        assert_eq!(late, person.replayed(), "{grace:?} after {wait:?}");
        assert_eq!(person.refresh(newest).await.0, Rotated::Refused);
    }
}

pub(super) async fn p105_the_grace_opens_nothing_that_was_ended(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, token) = person.sign_in().await;
    let newest = person.rotated(session, token).await;
    subject.store.end_session(newest).await.unwrap();
    assert_eq!(person.refresh_within(MAX_GRACE, token).await.0, person.replayed());

    let (session, token) = person.sign_in().await;
    person.rotated(session, token).await;
    subject.store.set_disabled(person.user.id, true).await.unwrap();
    subject.store.set_disabled(person.user.id, false).await.unwrap();
    assert_eq!(person.refresh_within(MAX_GRACE, token).await.0, person.replayed());
    assert!(person.sessions().await.is_empty());

    // Signing out with a used token is a replay as ever.
    let (session, token) = person.sign_in().await;
    person.sign_in().await;
    person.rotated(session, token).await;
    subject.store.end_session(token).await.unwrap();
    assert!(person.sessions().await.is_empty());
}

/// Two at once both get an answer, and at most one of the two works; more of them are a theft.
pub(super) async fn p106_of_many_uses_within_the_grace_one_successor_works(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        for crowd in [2, 8] {
            let person = Person::new(&subject).await;
            let (session, token) = person.sign_in().await;
            let results = at_once(crowd, |_| {
                let person = person.clone();
                async move { person.refresh_within(MAX_GRACE, token).await }
            });
            let results = results.await;
            let won = results.iter().filter(|it| matches!(it.0, Rotated::Rotated { .. }));
            let won: Vec<_> = won.map(|it| it.1).collect();
            assert_eq!(won.len(), 2, "round {round} of {crowd}");
            assert_eq!(person.is_live(session).await, crowd == 2, "round {round} of {crowd}");
            let mut works = 0;
            for successor in won {
                let shown = person.refresh(successor).await.0;
                works += usize::from(matches!(shown, Rotated::Rotated { .. }));
            }
            assert!(works <= usize::from(crowd == 2), "round {round} of {crowd}: {works} work");
            assert!(person.sessions().await.is_empty(), "the void one was shown, too");
        }
    }
}
