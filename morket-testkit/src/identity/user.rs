//! Users, their addresses and their passwords.

use super::{Person, address, hash, newcomer};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    identity::{EmailAddress, HashChange, NewUser, Rotated},
};

pub(super) async fn a_user_is_found_by_its_id_and_by_every_spelling(subject: Subject) {
    let new = NewUser { email: address("Zo\u{eb}.Straße"), ..newcomer() };
    let created = subject.store.create_user(new.clone()).await.unwrap();
    let written = new.email.written();
    let spellings =
        [written.to_uppercase(), written.to_lowercase(), written.replace('ë', "e\u{308}")];
    for spelling in spellings {
        let key = EmailAddress::parse(&spelling).unwrap();
        let found = subject.store.user_by_email(key.key()).await.unwrap().unwrap();
        assert_eq!((found.id, found.email.written()), (new.id, written), "{spelling}");
    }
    let found = subject.store.user(new.id).await.unwrap();
    assert_eq!((found.name.as_str(), found.email.key()), ("Ada", new.email.key()));
    assert_eq!(found.password_hash, new.password_hash);
    assert_eq!(found.password_version, created.password_version);
    assert_eq!((found.created_at, found.disabled_at), (created.created_at, None));
}

pub(super) async fn an_unknown_user_is_not_there(subject: Subject) {
    let (store, nobody) = (&subject.store, fresh());
    refused(store.user(nobody).await, ErrorKind::NotFound);
    refused(store.set_disabled(nobody, true).await, ErrorKind::NotFound);
    let change = HashChange::Password;
    let result = store.set_password_hash(nobody, hash("new"), None, change).await;
    refused(result, ErrorKind::NotFound);
    assert!(store.user_by_email(address("nobody").key()).await.unwrap().is_none());
    assert_eq!(store.end_all(nobody).await.unwrap(), 0);
    assert!(store.sessions(nobody).await.unwrap().is_empty());
}

pub(super) async fn a_repeat_gets_the_user_as_it_stands(subject: Subject) {
    let new = newcomer();
    let first = subject.store.create_user(new.clone()).await.unwrap();
    let change = HashChange::Password;
    subject.store.set_password_hash(new.id, hash("second"), None, change).await.unwrap();
    let again = subject.store.create_user(new).await.unwrap();
    assert_eq!((again.id, again.created_at), (first.id, first.created_at));
    assert_eq!(again.password_hash, hash("second"), "a repeat brings no old password back");
}

pub(super) async fn an_id_names_one_user(subject: Subject) {
    let new = newcomer();
    subject.store.create_user(new.clone()).await.unwrap();
    for other in [
        NewUser { email: address("other"), ..new.clone() },
        NewUser { name: "Grace".to_owned(), ..new.clone() },
        NewUser { password_hash: hash("other"), ..new.clone() },
    ] {
        refused(subject.store.create_user(other).await, ErrorKind::Conflict);
    }
    assert_eq!(subject.store.user(new.id).await.unwrap().name, "Ada");
}

pub(super) async fn an_address_names_one_user(subject: Subject) {
    let new = newcomer();
    subject.store.create_user(new.clone()).await.unwrap();
    let shouted = EmailAddress::parse(&new.email.written().to_uppercase()).unwrap();
    let other = NewUser { email: shouted, ..newcomer() };
    let id = other.id;
    refused(subject.store.create_user(other).await, ErrorKind::Conflict);
    refused(subject.store.user(id).await, ErrorKind::NotFound);
}

pub(super) async fn a_user_has_a_name(subject: Subject) {
    for name in ["", "  ", "a\nb", &"x".repeat(101)] {
        let new = NewUser { name: name.to_owned(), ..newcomer() };
        let id = new.id;
        refused(subject.store.create_user(new).await, ErrorKind::Validation);
        refused(subject.store.user(id).await, ErrorKind::NotFound);
    }
}

pub(super) async fn p118_an_upgrade_leaves_sessions_as_they_are(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let (session, token) = person.sign_in().await;
    let old = Some(person.user.password_hash.clone());
    let change = HashChange::Upgrade;
    subject.store.set_password_hash(person.user.id, hash("better"), old, change).await.unwrap();
    assert_eq!(person.now().await.password_hash, hash("better"));
    assert!(person.is_live(session).await);
    person.rotated(session, token).await;
    // Who verified the old hash verified the same password.
    person.sign_in().await;
}

pub(super) async fn a_hash_is_replaced_only_where_it_is_the_expected_one(subject: Subject) {
    let person = Person::new(&subject).await;
    let (session, _) = person.sign_in().await;
    for change in [HashChange::Upgrade, HashChange::Password] {
        let expected = Some(hash("another"));
        let result =
            subject.store.set_password_hash(person.user.id, hash("new"), expected, change).await;
        refused(result, ErrorKind::Conflict);
        let now = person.now().await;
        assert_eq!(now.password_hash, person.user.password_hash);
        assert_eq!(now.password_version, person.user.password_version);
        assert!(person.is_live(session).await);
    }
}

pub(super) async fn p111_another_password_ends_every_session(subject: Subject) {
    // method: property
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let (mine, theirs) = ([person.sign_in().await, person.sign_in().await], other.sign_in().await);
    let old = Some(person.user.password_hash.clone());
    let change = HashChange::Password;
    subject.store.set_password_hash(person.user.id, hash("second"), old, change).await.unwrap();
    for (session, token) in mine {
        assert!(!person.is_live(session).await);
        assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    }
    assert!(other.is_live(theirs.0).await, "another user's session goes on");
    assert!(person.sessions().await.is_empty());
}

pub(super) async fn p111_no_session_begins_with_an_older_password(subject: Subject) {
    // method: property
    let person = Person::new(&subject).await;
    let verified = person.next_session();
    let (id, change) = (person.user.id, HashChange::Password);
    subject.store.set_password_hash(id, hash("second"), None, change).await.unwrap();
    refused(person.open(verified).await, ErrorKind::Unauthenticated);
    assert!(!person.is_live(verified.id).await);
    assert_eq!(person.refresh(verified.token.hash).await.0, Rotated::Refused);
    let later = Person { user: person.now().await, ..person.clone() };
    assert!(later.user.password_version > person.user.password_version);
    later.sign_in().await;
}

pub(super) async fn p111_a_disabled_user_has_no_session(subject: Subject) {
    // method: property
    let (person, other) = (Person::new(&subject).await, Person::new(&subject).await);
    let ((session, token), theirs) = (person.sign_in().await, other.sign_in().await);
    subject.store.set_disabled(person.user.id, true).await.unwrap();
    assert!(!person.is_live(session).await);
    assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    refused(person.open(person.next_session()).await, ErrorKind::Unauthenticated);
    assert!(other.is_live(theirs.0).await, "another user's session goes on");

    subject.store.set_disabled(person.user.id, false).await.unwrap();
    assert_eq!(person.now().await.disabled_at, None);
    assert!(!person.is_live(session).await, "enabling brings no session back");
    assert_eq!(person.refresh(token).await.0, Rotated::Refused);
    let (session, _) = person.sign_in().await;
    assert!(person.is_live(session).await);
}

pub(super) async fn disabling_again_changes_nothing(subject: Subject) {
    let person = Person::new(&subject).await;
    subject.store.set_disabled(person.user.id, true).await.unwrap();
    let first = person.now().await.disabled_at;
    assert!(first.is_some());
    person.pass(super::HOUR).await;
    subject.store.set_disabled(person.user.id, true).await.unwrap();
    assert_eq!(person.now().await.disabled_at, first);
}
