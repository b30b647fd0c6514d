//! What need not be asked: answers to the same question, and to others about the same one.

use super::{Desk, provider};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind, WorkspaceId,
    audit::{Action, NewAudit},
    job::{Answered, Entity, EntityKind, EntityWrite, Lease, LookupWrite, Sought},
    privacy::{Erasure, Expiry, Fingerprint, Identifier},
    rbac::Principal,
};
use serde_json::json;
use std::time::Duration;

const MAIL: EntityKind = EntityKind::Email;
const NAME: EntityKind = EntityKind::NameAtDomain;

const HOUR: u64 = 3_600;

fn entities(about: &[(EntityKind, u8)]) -> Vec<Entity> {
    about.iter().map(|(kind, byte)| Entity { kind: *kind, hash: [*byte; 32] }).collect()
}

fn sought(key: u8, about: &[(EntityKind, u8)]) -> Sought {
    Sought { key: [key; 32], about: entities(about) }
}

/// A workspace, and the right to write down what is kept there.
struct Shelf {
    desk: Desk,
    lease: Lease,
}

impl Shelf {
    async fn new(subject: &Subject) -> Self {
        let workspace = subject.workspace(0).await;
        Self::of(subject, workspace).await
    }

    async fn of(subject: &Subject, workspace: WorkspaceId) -> Self {
        let desk = Desk::opened(subject, workspace, Desk::new_job()).await;
        desk.append_all(1).await;
        desk.seal(1).await.unwrap();
        let lease = desk.claim().await.lease;
        Self { desk, lease }
    }

    async fn lookup(&self, key: u8, answered: bool, lives: u64) -> LookupWrite {
        let now = self.desk.subject.clock.now().await;
        LookupWrite {
            key: [key; 32],
            provider: provider("hunter"),
            call: fresh(),
            answer: answered.then(|| json!({"email": "ada@example.com", "n": key})),
            expires_at: now + Duration::from_secs(lives),
        }
    }

    async fn keep(&self, key: u8, about: &[(EntityKind, u8)], answered: bool, lives: u64) {
        let lookup = self.lookup(key, answered, lives).await;
        let entities = EntityWrite::all(&lookup, entities(about)).collect();
        let item = Answered { lookups: vec![lookup], entities, ..Answered::default() };
        self.desk.write(self.lease, vec![item]).await;
    }

    /// The keys of what serves.
    async fn recalled(&self, all: Vec<Sought>) -> Vec<Option<u8>> {
        let found = self.desk.subject.store.recall(self.desk.workspace, all).await.unwrap();
        found.into_iter().map(|it| it.map(|row| row.lookup.key[0])).collect()
    }
}

fn audit(action: Action) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, None)
}

/// One each, in order, however often; what is kept under the very key comes first.
pub(super) async fn recall_gives_each_its_own_answer_first(subject: Subject) {
    let shelf = Shelf::new(&subject).await;
    shelf.keep(1, &[(MAIL, 1)], true, HOUR).await;
    shelf.keep(2, &[(MAIL, 1)], false, HOUR).await;
    let asked = vec![
        sought(9, &[(MAIL, 9)]),
        sought(2, &[(MAIL, 1)]),
        sought(1, &[]),
        sought(8, &[(MAIL, 1)]),
        sought(8, &[]),
        sought(1, &[(MAIL, 9)]),
    ];
    let expected = [None, Some(2), Some(1), Some(1), None, Some(1)];
    assert_eq!(shelf.recalled(asked).await, expected);
    let (store, of) = (&subject.store, shelf.desk.workspace);
    let found = store.recall(of, vec![sought(8, &[(MAIL, 1)])]).await.unwrap();
    let kept = store.lookups(of, vec![[1; 32]]).await.unwrap();
    assert_eq!(found[0].as_ref(), kept.first(), "whole, as it is kept");
    assert_eq!(store.recall(of, Vec::new()).await.unwrap(), []);
}

/// Something must name both, and nothing may name them differently.
pub(super) async fn recall_serves_the_newest_answer_about_the_same(subject: Subject) {
    let shelf = Shelf::new(&subject).await;
    let minute = Duration::from_secs(60);
    for (key, about) in [
        (1, [(MAIL, 1), (NAME, 7)].as_slice()),
        (2, &[(NAME, 7)]),
        (3, &[(MAIL, 3), (NAME, 7)]),
        (4, &[(MAIL, 4)]),
    ] {
        shelf.keep(key, about, true, HOUR).await;
        subject.clock.advance(minute).await;
    }
    for (about, expected) in [
        ([(MAIL, 1)].as_slice(), Some(1)),
        (&[(NAME, 7)], Some(3)),
        (&[(MAIL, 1), (NAME, 7)], Some(2)),
        (&[(MAIL, 2), (NAME, 7)], Some(2)),
        (&[(MAIL, 4), (NAME, 7)], Some(4)),
        (&[(MAIL, 1), (NAME, 8)], None),
        // The same bytes under another kind are another name.
        (&[(EntityKind::Profile, 1)], None),
        (&[], None),
    ] {
        assert_eq!(shelf.recalled(vec![sought(9, about)]).await, [expected], "{about:?}");
    }
    shelf.keep(1, &[], true, HOUR).await;
    let newest = shelf.recalled(vec![sought(9, &[(NAME, 7)])]).await;
    assert_eq!(newest, [Some(1)], "fetched again, about the same");
}

/// Another question may find more; what is too old is no answer.
pub(super) async fn recall_serves_no_miss_and_nothing_that_has_expired(subject: Subject) {
    let shelf = Shelf::new(&subject).await;
    shelf.keep(1, &[(MAIL, 1)], false, HOUR).await;
    shelf.keep(2, &[(MAIL, 2)], true, 60).await;
    shelf.keep(3, &[(MAIL, 3)], true, HOUR).await;
    let all = || (1..4).map(|byte| sought(9, &[(MAIL, byte)])).collect();
    assert_eq!(shelf.recalled(all()).await, [None, Some(2), Some(3)]);
    subject.clock.advance(Duration::from_secs(61)).await;
    assert_eq!(shelf.recalled(all()).await, [None, None, Some(3)]);
    let own = shelf.recalled(vec![sought(2, &[(MAIL, 3)])]).await;
    assert_eq!(own, [Some(3)], "what has expired under its own key is not there");
}

/// What one knows of somebody, another does not.
pub(super) async fn p137_recall_is_of_its_workspace(subject: Subject) {
    let shelf = Shelf::new(&subject).await;
    shelf.keep(1, &[(MAIL, 1)], true, HOUR).await;
    let other = Shelf::new(&subject).await;
    let asked = vec![sought(1, &[]), sought(9, &[(MAIL, 1)])];
    assert_eq!(other.recalled(asked.clone()).await, [None, None]);
    other.keep(1, &[], true, HOUR).await;
    assert_eq!(other.recalled(asked.clone()).await, [Some(1), None]);
    assert_eq!(shelf.recalled(asked.clone()).await, [Some(1), Some(1)]);
    let unknown = subject.store.recall(fresh(), asked).await;
    refused(unknown, ErrorKind::NotFound);
}

/// Whom an answer was about is written with it or not at all.
pub(super) async fn a_refused_item_says_of_nobody_whom_it_was_about(subject: Subject) {
    let shelf = Shelf::new(&subject).await;
    let lookup = shelf.lookup(1, true, HOUR).await;
    let about = EntityWrite::all(&lookup, entities(&[(MAIL, 1)])).collect();
    let mut bad = super::answer(7, None);
    (bad.lookups, bad.entities) = (vec![lookup], about);
    let (items, _) = shelf.desk.applied(shelf.lease, vec![bad], None).await;
    assert!(items[0].is_err(), "there is no record 7");
    shelf.keep(1, &[], true, HOUR).await;
    assert_eq!(shelf.recalled(vec![sought(9, &[(MAIL, 1)])]).await, [None]);
}

/// With an answer goes whom it was about: the same key, kept anew, serves nobody else.
pub(super) async fn once_an_answer_is_erased_nothing_tells_whom_it_was_about(subject: Subject) {
    for forgotten in [true, false] {
        let shelf = Shelf::new(&subject).await;
        let of = shelf.desk.workspace;
        shelf.keep(1, &[(MAIL, 1)], true, HOUR).await;
        shelf.desk.finish(shelf.lease).await;
        subject.clock.advance(Duration::from_secs(60)).await;
        let erased = match forgotten {
            true => {
                let names = [Identifier::guess("ada@example.com").unwrap()].into();
                let subject_of = Fingerprint([9; 32]);
                let erasure =
                    Erasure { id: fresh(), names, subject: subject_of, suppress: Vec::new() };
                subject.store.forget(of, erasure, audit(Action::SubjectErased)).await
            }
            false => {
                let before = subject.clock.now().await;
                let expiry = Expiry { id: fresh(), before, limit: 9 };
                subject.store.expire(of, expiry, audit(Action::ValuesExpired)).await
            }
        };
        assert_eq!(erased.unwrap().erased.lookups, 1);
        let asked = || vec![sought(9, &[(MAIL, 1)])];
        assert_eq!(shelf.recalled(asked()).await, [None]);
        let next = Shelf::of(&subject, of).await;
        next.keep(1, &[], true, HOUR).await;
        assert_eq!(next.recalled(asked()).await, [None], "forgotten: {forgotten}");
    }
}
