//! How sessions end, and what is left of them.

use super::{DAY, HOUR, Person, address, attempt::allowed};
use crate::{Subject, fresh};
use morket_core::{
    Timestamp,
    identity::{Rotated, lockout::MAX_FAILURES},
};

pub(super) async fn p108_a_logout_ends_its_session_alone(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let ((session, token), (other, theirs)) = (person.sign_in().await, person.sign_in().await);
    let token = person.rotated(session, token).await;
    for _ in 0..2 {
        subject.store.end_session(token).await.unwrap();
        assert!(!person.is_live(session).await);
        assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    }
    assert!(person.is_live(other).await);
    person.rotated(other, theirs).await;
}

pub(super) async fn p105_a_logout_with_a_used_token_is_a_replay(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let ((session, used), (other, _)) = (person.sign_in().await, person.sign_in().await);
    person.rotated(session, used).await;
    subject.store.end_session(used).await.unwrap();
    assert!(!person.is_live(session).await && !person.is_live(other).await);
}

pub(super) async fn everybody_is_signed_out_at_once_and_nobody_else(subject: Subject) {
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let (mine, theirs) = ([person.sign_in().await, person.sign_in().await], other.sign_in().await);
    assert_eq!(subject.store.end_all(person.user.id).await.unwrap(), 2);
    assert_eq!(subject.store.end_all(person.user.id).await.unwrap(), 0);
    for (session, token) in mine {
        assert!(!person.is_live(session).await);
        assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    }
    assert!(other.is_live(theirs.0).await);
    person.sign_in().await;
}

pub(super) async fn p100_a_revoked_access_token_is_refused_alone(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, _) = person.sign_in().await;
    let (revoked, other) = (fresh(), fresh());
    let until = subject.clock.now().await.after(HOUR);
    for _ in 0..2 {
        subject.store.revoke_access(revoked, until).await.unwrap();
        let live = |jti| subject.store.is_live(person.user.id, session, jti);
        assert!(!live(revoked).await.unwrap());
        assert!(live(other).await.unwrap());
    }
}

const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

pub(super) async fn pruning_leaves_what_counts(subject: Subject) {
    let person = Person::new(&subject).await;
    let (session, used) = person.sign_in().await;
    let token = person.rotated(session, used).await;
    let (revoked, key) = (fresh(), address("locked"));
    let until = subject.clock.now().await.after(HOUR);
    subject.store.revoke_access(revoked, until).await.unwrap();
    for _ in 0..MAX_FAILURES {
        assert!(allowed(&subject, key.key()).await);
    }
    assert_eq!(subject.store.prune_sessions(NEVER).await.unwrap(), 0);
    assert!(!allowed(&subject, key.key()).await, "the lock stays");
    assert!(!subject.store.is_live(person.user.id, session, revoked).await.unwrap());
    assert!(person.is_live(session).await);
    person.rotated(session, token).await;
    assert_eq!(person.refresh(used).await.0, person.replayed(), "used tokens stay too");
}

pub(super) async fn pruning_removes_what_has_ended(subject: Subject) {
    let person = Person::new(&subject).await;
    let (_, ended) = person.sign_in().await;
    subject.store.end_session(ended).await.unwrap();
    person.pass(HOUR).await;
    let (_, lapsed) = person.sign_in().await;
    let between = subject.clock.now().await;
    person.pass(4 * DAY).await;
    let (live, _) = person.sign_in().await;
    // The second has not ended by then: its family went on.
    assert_eq!(subject.store.prune_sessions(between).await.unwrap(), 1);
    assert_eq!(subject.store.prune_sessions(NEVER).await.unwrap(), 1);
    assert_eq!(subject.store.prune_sessions(NEVER).await.unwrap(), 0);
    for token in [ended, lapsed] {
        assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    }
    assert_eq!(person.sessions().await, [live]);
}
