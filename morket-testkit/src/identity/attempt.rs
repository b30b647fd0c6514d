//! Attempts on passwords. A key that nobody has stands for any: the store does not look.

use super::{Person, address};
use crate::Subject;
use morket_core::identity::{
    Admission,
    lockout::{MAX_FAILURES, WINDOW},
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Whether an attempt is allowed.
pub(crate) async fn allowed(subject: &Subject, key: &str) -> bool {
    subject.store.begin_attempt(key).await.unwrap() == Admission::Allowed
}

async fn lock(subject: &Subject, key: &str) {
    for attempt in 1..=MAX_FAILURES {
        assert!(allowed(subject, key).await, "attempt {attempt}");
    }
}

pub(super) async fn p120_the_sixth_attempt_is_refused(subject: Subject) {
    // method: property
    let key = address("locked");
    let began = subject.clock.now().await;
    lock(&subject, key.key()).await;
    let ended = subject.clock.now().await;
    match subject.store.begin_attempt(key.key()).await.unwrap() {
        Admission::Locked { until } => {
            assert!(began.after(WINDOW) <= until && until <= ended.after(WINDOW));
        }
        Admission::Allowed => panic!("the sixth attempt was allowed"),
    }
}

pub(super) async fn p121_attempts_stop_counting(subject: Subject) {
    // method: property
    let key = address("sliding");
    assert!(allowed(&subject, key.key()).await);
    subject.clock.advance(5 * MINUTE).await;
    for _ in 1..MAX_FAILURES {
        assert!(allowed(&subject, key.key()).await);
    }
    assert!(!allowed(&subject, key.key()).await);
    // Only the first is past the window, so one more is allowed.
    subject.clock.advance(WINDOW - 4 * MINUTE).await;
    assert!(allowed(&subject, key.key()).await);
    assert!(!allowed(&subject, key.key()).await);
}

pub(super) async fn p122_a_success_starts_again_from_none(subject: Subject) {
    // method: property
    let key = address("lucky");
    for _ in 1..MAX_FAILURES {
        assert!(allowed(&subject, key.key()).await);
    }
    subject.store.succeed_attempt(key.key()).await.unwrap();
    lock(&subject, key.key()).await;
    assert!(!allowed(&subject, key.key()).await);
}

pub(super) async fn p116_a_key_that_nobody_has_is_counted_alike(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (known, unknown) = (person.user.email.key(), address("nobody"));
    subject.store.succeed_attempt(unknown.key()).await.unwrap();
    for attempt in 0..10 {
        let both = [allowed(&subject, known).await, allowed(&subject, unknown.key()).await];
        assert_eq!(both, [attempt < MAX_FAILURES; 2], "attempt {attempt}");
    }
}

pub(super) async fn another_keys_attempts_do_not_matter(subject: Subject) {
    let (one, other) = (address("one"), address("other"));
    lock(&subject, one.key()).await;
    lock(&subject, other.key()).await;
    subject.store.succeed_attempt(one.key()).await.unwrap();
    assert!(allowed(&subject, one.key()).await);
    assert!(!allowed(&subject, other.key()).await);
}

pub(super) async fn p125_a_lock_ends_by_itself_and_leaves_sessions(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, token) = person.sign_in().await;
    lock(&subject, person.user.email.key()).await;
    for _ in 0..14 {
        subject.clock.advance(MINUTE).await;
        assert!(!allowed(&subject, person.user.email.key()).await);
    }
    assert!(person.is_live(session).await);
    person.rotated(session, token).await;
    // Knocking did not prolong it.
    subject.clock.advance(MINUTE).await;
    assert!(allowed(&subject, person.user.email.key()).await);
}
