//! Many at once. Every case runs in rounds, because one may be won by luck.

use super::{Person, address, attempt::allowed, hash, newcomer, refresh};
use crate::{Subject, subject::at_once};
use morket_core::{
    ErrorKind,
    identity::{HashChange, NewUser, Rotated, lockout::MAX_FAILURES, session::MAX_SESSIONS},
};
use std::time::Duration;

/// How many ask at once.
const CROWD: usize = 16;

pub(super) async fn one_address_is_one_account_when_many_ask(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let email = address("wanted");
        let results = at_once(CROWD, |_| {
            let (store, email) = (subject.store.clone(), email.clone());
            async move { store.create_user(NewUser { email, ..newcomer() }).await }
        });
        let (created, refused): (Vec<_>, Vec<_>) =
            results.await.into_iter().partition(|result| result.is_ok());
        assert_eq!(created.len(), 1, "round {round}");
        let kinds = refused.into_iter().map(|result| result.unwrap_err().kind());
        assert!(kinds.into_iter().all(|kind| kind == ErrorKind::Conflict), "round {round}");
        let found = subject.store.user_by_email(email.key()).await.unwrap().unwrap();
        assert_eq!(found.id, created.into_iter().next().unwrap().unwrap().id, "round {round}");
    }
}

/// The losers are replays, so that afterwards nothing of the user's works any more.
pub(super) async fn p106_of_many_uses_one_wins(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let person = Person::new(&subject).await;
        let ((session, token), (other, _)) = (person.sign_in().await, person.sign_in().await);
        let results = at_once(32, |_| {
            let person = person.clone();
            async move { person.refresh(token).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            results.await.into_iter().partition(|it| matches!(it.0, Rotated::Rotated { .. }));
        assert_eq!(won.len(), 1, "round {round}");
        assert!(lost.iter().all(|it| it.0 == person.replayed()), "round {round}: {lost:?}");
        assert_eq!(person.refresh(won[0].1).await.0, Rotated::Refused, "round {round}");
        assert!(!person.is_live(session).await && !person.is_live(other).await, "round {round}");
    }
}

pub(super) async fn p107_at_most_ten_however_many_begin(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let person = Person::new(&subject).await;
        let opened = at_once(CROWD, |_| {
            let person = person.clone();
            async move { person.sign_in().await }
        });
        let opened = opened.await;
        let live = person.sessions().await;
        assert_eq!(live.len(), MAX_SESSIONS, "round {round}");
        for (session, token) in opened {
            let works = matches!(person.refresh(token).await.0, Rotated::Rotated { .. });
            assert_eq!(works, live.contains(&session), "round {round}");
        }
    }
}

/// Sign-ins whose password was verified a moment ago meet the step that shuts them out.
pub(super) async fn p111_disabling_outruns_every_sign_in(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let person = Person::new(&subject).await;
        let results = at_once(8, |number| {
            let (person, new) = (person.clone(), person.next_session());
            async move {
                if number == 0 {
                    return person.subject.store.set_disabled(person.user.id, true).await;
                }
                person.open(new).await.map(drop)
            }
        });
        assert!(results.await[0].is_ok(), "round {round}");
        assert!(person.sessions().await.is_empty(), "round {round}");
    }
}

pub(super) async fn p111_a_new_password_outruns_every_sign_in(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let person = Person::new(&subject).await;
        let (_, token) = person.sign_in().await;
        let results = at_once(8, |number| {
            let (person, new) = (person.clone(), person.next_session());
            async move {
                let store = &person.subject.store;
                match number {
                    0 => {
                        let change = HashChange::Password;
                        store.set_password_hash(person.user.id, hash("new"), None, change).await
                    }
                    1 => store.rotate(token, refresh(), Duration::ZERO).await.map(drop),
                    _ => person.open(new).await.map(drop),
                }
            }
        });
        assert!(results.await[0].is_ok(), "round {round}");
        assert!(person.sessions().await.is_empty(), "round {round}");
    }
}

pub(super) async fn p118_of_many_upgrades_one_is_made(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let person = Person::new(&subject).await;
        let results = at_once(8, |number| {
            let person = person.clone();
            async move {
                let old = Some(person.user.password_hash.clone());
                let (new, change) = (hash(&number.to_string()), HashChange::Upgrade);
                person.subject.store.set_password_hash(person.user.id, new, old, change).await
            }
        });
        let results = results.await;
        let won: Vec<_> = (0..8).filter(|number| results[*number].is_ok()).collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(person.now().await.password_hash, hash(&won[0].to_string()), "round {round}");
    }
}

/// Whoever knows the password starts again from none, also while others guess.
pub(super) async fn p122_a_success_counts_while_others_guess(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let key = address("guessed");
        for _ in 0..3 {
            assert!(allowed(&subject, key.key()).await, "round {round}");
        }
        at_once(3, |number| {
            let (subject, key) = (subject.clone(), key.clone());
            async move {
                match number {
                    0 => subject.store.succeed_attempt(key.key()).await.unwrap(),
                    _ => drop(allowed(&subject, key.key()).await),
                }
            }
        })
        .await;
        // At most two came after the success.
        for _ in 0..3 {
            assert!(allowed(&subject, key.key()).await, "round {round}");
        }
    }
}

pub(super) async fn p123_of_many_guesses_five_are_looked_at(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let key = address("guessed");
        let results = at_once(32, |_| {
            let (subject, key) = (subject.clone(), key.clone());
            async move { allowed(&subject, key.key()).await }
        });
        let looked_at = results.await.into_iter().filter(|it| *it).count();
        assert_eq!(looked_at, MAX_FAILURES, "round {round}");
    }
}
