//! Sessions and the tokens that keep them going.

use super::{DAY, HOUR, Person, refresh, token};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    identity::{NewRefresh, NewSession, Rotated, session::MAX_SESSIONS},
};
use std::time::Duration;

pub(super) async fn p104_a_refresh_token_works_once(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, mut token) = person.sign_in().await;
    let mut used = Vec::new();
    for _ in 0..5 {
        used.push(token);
        token = person.rotated(session, token).await;
        assert!(person.is_live(session).await);
    }
    for old in used {
        assert_eq!(person.refresh(old).await.0, person.replayed());
    }
    assert_eq!(person.refresh(token).await.0, Rotated::Refused);
}

pub(super) async fn p105_a_replay_ends_every_session_of_its_user(subject: Subject) {
    // method: property
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let (session, stolen) = person.sign_in().await;
    let (second, untouched) = person.sign_in().await;
    let (theirs, their_token) = other.sign_in().await;
    let newest = person.rotated(session, stolen).await;
    assert_eq!(person.refresh(stolen).await.0, person.replayed());
    for (session, token) in [(session, newest), (second, untouched)] {
        assert!(!person.is_live(session).await);
        assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    }
    assert!(person.sessions().await.is_empty());
    other.rotated(theirs, their_token).await;
    // Who it was can sign in again, until the stolen token comes once more.
    let (again, _) = person.sign_in().await;
    assert!(person.is_live(again).await);
    person.pass(4 * DAY).await;
    let (again, _) = person.sign_in().await;
    assert_eq!(person.refresh(stolen).await.0, person.replayed(), "also after it has expired");
    assert!(!person.is_live(again).await);
}

pub(super) async fn p105_a_replay_is_noticed_after_a_logout(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, stolen) = person.sign_in().await;
    let newest = person.rotated(session, stolen).await;
    let (other, _) = person.sign_in().await;
    subject.store.end_session(newest).await.unwrap();
    assert!(person.is_live(other).await);
    assert_eq!(person.refresh(stolen).await.0, person.replayed());
    assert!(!person.is_live(other).await);
}

pub(super) async fn p107_the_oldest_session_gives_way(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let mut all = Vec::new();
    for _ in 0..MAX_SESSIONS + 3 {
        person.pass(Duration::from_secs(1)).await;
        all.push(person.sign_in().await);
        // What counts is when it began, not when it was last refreshed.
        if let [(first, token), ..] = &mut all[..]
            && person.is_live(*first).await
        {
            *token = person.rotated(*first, *token).await;
        }
        let live: Vec<_> = all.iter().rev().take(MAX_SESSIONS).rev().map(|it| it.0).collect();
        assert_eq!(person.sessions().await, live);
    }
    let (gone, left) = all.split_at(3);
    for (session, token) in gone {
        assert!(!person.is_live(*session).await);
        assert_eq!(person.refresh(*token).await.0, Rotated::Refused);
    }
    for (session, token) in left {
        person.rotated(*session, *token).await;
    }
}

/// A session that nobody can refresh any more must not push out one that somebody uses.
pub(super) async fn p107_dead_sessions_take_no_room(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (first, token) = person.sign_in().await;
    for _ in 1..MAX_SESSIONS {
        person.sign_in().await;
    }
    person.pass(20 * HOUR).await;
    let newest = person.rotated(first, token).await;
    person.pass(20 * HOUR).await;
    for _ in 1..MAX_SESSIONS {
        person.sign_in().await;
    }
    person.rotated(first, newest).await;
}

pub(super) async fn p110_a_family_ends_however_often_it_is_refreshed(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, mut token) = person.sign_in().await;
    for _ in 0..7 {
        person.pass(10 * HOUR).await;
        token = person.rotated(session, token).await;
    }
    assert!(person.is_live(session).await);
    let listed = subject.store.sessions(person.user.id).await.unwrap()[0];
    assert_eq!(listed.expires_at, listed.family_end, "the last token ends with its family");
    person.pass(3 * HOUR).await;
    assert!(!person.is_live(session).await);
    assert!(person.sessions().await.is_empty());
    assert_eq!(person.refresh(token).await.0, Rotated::Refused);
}

pub(super) async fn an_expired_token_is_refused_and_ends_nothing(subject: Subject) {
    let person = Person::new(&subject).await;
    let (_, idle) = person.sign_in().await;
    person.pass(23 * HOUR).await;
    let (session, token) = person.sign_in().await;
    person.pass(2 * HOUR).await;
    assert_eq!(person.refresh(idle).await.0, Rotated::Refused);
    assert!(person.is_live(session).await);
    person.rotated(session, token).await;
}

pub(super) async fn an_unknown_token_is_refused(subject: Subject) {
    let person = Person::new(&subject).await;
    let (session, _) = person.sign_in().await;
    let (refused, next) = person.refresh(token()).await;
    assert_eq!(refused, Rotated::Refused);
    assert_eq!(person.refresh(next).await.0, Rotated::Refused, "it left no successor");
    subject.store.end_session(token()).await.unwrap();
    assert!(person.is_live(session).await);
}

pub(super) async fn a_token_is_stored_once(subject: Subject) {
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let (session, known) = person.sign_in().await;
    let same = NewRefresh { hash: known, ..refresh() };
    let new = NewSession { token: same, ..other.next_session() };
    refused(other.open(new).await, ErrorKind::Conflict);
    assert!(!other.is_live(new.id).await);
    let new = NewSession { id: session, ..other.next_session() };
    refused(other.open(new).await, ErrorKind::Conflict);

    let (theirs, token) = other.sign_in().await;
    refused(subject.store.rotate(token, same, Duration::ZERO).await, ErrorKind::Conflict);
    other.rotated(theirs, token).await;
    person.rotated(session, known).await;
}

pub(super) async fn a_session_belongs_to_its_user(subject: Subject) {
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let (session, _) = person.sign_in().await;
    assert!(person.is_live(session).await);
    assert!(!other.is_live(session).await);
    assert!(!person.is_live(fresh()).await);
    let nobody = NewSession { user: fresh(), ..person.next_session() };
    refused(person.open(nobody).await, ErrorKind::Unauthenticated);
}

pub(super) async fn sessions_are_listed_oldest_first(subject: Subject) {
    let person = Person::new(&subject).await;
    let mut began = Vec::new();
    for _ in 0..4 {
        person.pass(Duration::from_secs(1)).await;
        let new = person.next_session();
        let opened = person.open(new).await.unwrap();
        assert_eq!((opened.id, opened.user, opened.ended_at), (new.id, person.user.id, None));
        assert_eq!(opened.expires_at, opened.started_at.after(DAY));
        assert_eq!(opened.family_end, opened.started_at.after(3 * DAY));
        began.push(opened);
    }
    assert_eq!(subject.store.sessions(person.user.id).await.unwrap(), began);
}
