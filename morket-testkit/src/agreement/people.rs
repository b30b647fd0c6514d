//! What users, sessions, requests and the vault refuse.

use super::violation::Violations;
use crate::{
    Subject,
    credential::{Safe, accept, audit, credential, field, refuse, value},
    fresh,
    idempotency::{LEASE, Request},
    identity::{Person, address, hash, newcomer, refresh, token},
};
use morket_core::{
    ErrorKind::{
        Conflict, IdempotencyMismatch, InProgress, Internal, KeyUnavailable, NotFound, StaleLease,
        Unauthenticated, Validation,
    },
    audit::Action,
    idempotency::Ticket,
    identity::{HashChange, NewRefresh, NewSession, NewUser},
    vault::{CredentialStatus, Purpose, SealedCredential, SealedValue},
};
use std::time::Duration;

pub(super) async fn users(subject: &Subject, table: &mut Violations) {
    let (store, new) = (&subject.store, newcomer());
    let user = store.create_user(new.clone()).await.unwrap();
    let named = |name: &str| NewUser { name: name.to_owned(), ..newcomer() };
    for (what, due, new) in [
        ("no name", Validation, named(" ")),
        ("101 characters", Validation, named(&"x".repeat(101))),
        ("a control character", Validation, named("a\u{7}")),
        ("another's id", Conflict, NewUser { email: address("b"), ..new.clone() }),
        ("another's address", Conflict, NewUser { id: fresh(), ..new.clone() }),
    ] {
        table.row(what, due, store.create_user(new).await);
    }
    let change = HashChange::Password;
    let other = Some(hash("other"));
    let replaced = store.set_password_hash(user.id, hash("new"), other, change).await;
    table.row("another hash was expected", Conflict, replaced);
    let replaced = store.set_password_hash(fresh(), hash("new"), None, change).await;
    table.row("nobody's hash", NotFound, replaced);
    table.row("nobody", NotFound, store.user(fresh()).await);
    table.row("nobody disabled", NotFound, store.set_disabled(fresh(), true).await);
}

pub(super) async fn sessions(subject: &Subject, table: &mut Violations) {
    let (person, other) = (Person::new(subject).await, Person::new(subject).await);
    let first = person.next_session();
    person.open(first).await.unwrap();
    let again = NewSession { id: first.id, ..other.next_session() };
    table.row("another session's id", Conflict, other.open(again).await);
    let known = NewRefresh { hash: first.token.hash, ..refresh() };
    let again = NewSession { token: known, ..other.next_session() };
    table.row("another session's token", Conflict, other.open(again).await);
    let second = other.next_session();
    other.open(second).await.unwrap();
    let rotated = subject.store.rotate(second.token.hash, known, Duration::ZERO).await;
    table.row("a known successor", Conflict, rotated);
    let nobody = NewSession { user: fresh(), ..person.next_session() };
    table.row("nobody's session", Unauthenticated, person.open(nobody).await);
    let old = NewSession { password_version: 0, ..person.next_session() };
    table.row("an older password", Unauthenticated, person.open(old).await);
    subject.store.set_disabled(person.user.id, true).await.unwrap();
    let shut_out = NewSession { token: NewRefresh { hash: token(), ..refresh() }, ..first };
    let shut_out = NewSession { id: fresh(), ..shut_out };
    table.row("a disabled user", Unauthenticated, person.open(shut_out).await);
}

pub(super) async fn requests(subject: &Subject, table: &mut Violations) {
    let (request, never) = (Request::new(subject), Request::new(subject));
    let ticket = request.run().await;
    table.row("it is running", InProgress, request.begin_with([7; 32], LEASE).await);
    table.row("another body", IdempotencyMismatch, request.begin_with([8; 32], LEASE).await);
    let wrong = Ticket(ticket.0.wrapping_add(1));
    table.rows(
        StaleLease,
        [
            ("another's ticket renews", request.renew(wrong).await),
            ("another's ticket finishes", request.finish(wrong, b"").await),
            ("what never began renews", never.renew(ticket).await),
            ("what never began finishes", never.finish(ticket, b"").await),
        ],
    );
    let scope = morket_core::idempotency::Scope::new(["table"]);
    let long = "x".repeat(256);
    for key in ["", &long] {
        let begun = subject.store.begin(&scope, key, [7; 32], LEASE).await;
        table.row("a key's length", Validation, begun);
    }
}

pub(super) async fn data_keys(subject: &Subject, table: &mut Violations) {
    let (safe, other) = (Safe::new(subject).await, Safe::new(subject).await);
    table.row("a foreign key put", NotFound, safe.put_key(other.key(2, 1)).await);
    table.row("a foreign key wrapped", NotFound, safe.rewrap(1, other.key(1, 2)).await);
    table.row("a missing key wrapped", KeyUnavailable, safe.rewrap(1, safe.key(2, 2)).await);
    table.row("wrapped under the same", Validation, safe.rewrap(1, safe.key(1, 1)).await);
    table.row("a missing key seals", KeyUnavailable, safe.spend(2, 1).await);
    let absent = Safe { subject: subject.clone(), workspace: subject.deleted().await };
    let read = subject.store.data_key(absent.workspace, Purpose::Credentials, None).await;
    table.row("an absent key", NotFound, read);
    table.row("an absent key put", NotFound, absent.put_key(absent.key(1, 1)).await);
    table.row("an absent key seals", NotFound, absent.spend(1, 1).await);
}

pub(super) async fn credentials(subject: &Subject, table: &mut Violations) {
    let (safe, other) = (Safe::new(subject).await, Safe::new(subject).await);
    let there = safe.stored().await.sealed;
    let foreign = other.stored().await.sealed.id;
    let sealed = |value| SealedCredential { value, ..credential("hunter", "Other") };
    let bare = SealedValue { fields: vec![], ..value() };
    let twice = vec![field("key", b"1"), field("key", b"2")];
    let lost = SealedValue { data_key_version: 2, ..value() };
    for (what, due, new) in [
        ("no name", Validation, credential("hunter", "")),
        ("no parts", Validation, sealed(bare)),
        ("parts of one name", Validation, sealed(SealedValue { fields: twice, ..value() })),
        ("a missing data key", KeyUnavailable, sealed(lost.clone())),
        ("another's id", Conflict, SealedCredential { id: there.id, ..sealed(value()) }),
    ] {
        table.row(what, due, safe.put(new, accept()).await);
    }
    table.row("it reads back wrong", Internal, safe.put(sealed(value()), refuse()).await);
    let replaced = safe.replace(there.id, lost, accept()).await;
    table.row("replaced under a missing key", KeyUnavailable, replaced);
    table.row("a foreign one", NotFound, safe.get(foreign).await);
    table.row("a foreign one replaced", NotFound, safe.replace(foreign, value(), accept()).await);
    table.row("a foreign one removed", NotFound, safe.delete(foreign).await);
    let (store, status) = (&subject.store, CredentialStatus::Valid);
    let row = audit(Action::CredentialUpdated, foreign);
    let set = store.set_credential_status(safe.workspace, foreign, status, row).await;
    table.row("a foreign one's status", NotFound, set);
    let row = audit(Action::CredentialRead, foreign);
    let used = store.use_credential(safe.workspace, foreign, Some(fresh()), row).await;
    table.row("a foreign one used", NotFound, used);
    table.row("absent", NotFound, store.credentials(fresh()).await);
}
