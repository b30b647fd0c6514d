//! The order of every listing: bytes, not what a language thinks of them, and the id where all else
//! is equal. Time stands still, so that what happens at one instant is the rule.

use crate::{
    Subject,
    credential::{Safe, accept, credential},
    fresh,
    identity::Person,
    job::{Desk, answer, call, field, jobs_of, provider},
    ledger::{Purse, grant},
    subject::{created, named},
    workspace::Team,
};
use morket_core::{
    JobId, SessionId, UserId,
    activity::NewActivity,
    audit::{Action, NewAudit},
    identity::session::MAX_SESSIONS,
    outbox::NewEvent,
    page::Limit,
    rbac::{Actor, MemberChange, Principal, Role},
    workspace::NewWorkspace,
};
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn sorted<T: Ord + Clone>(all: &[T]) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort();
    all
}

/// The newest first, so the highest id; page by page it is the same.
pub(super) async fn p278_jobs_of_one_instant_are_listed_by_id(subject: Subject) {
    // method: property
    subject.clock.hold_still().await;
    let workspace = subject.workspace(0).await;
    let mut due: Vec<JobId> = Vec::new();
    for _ in 0..2 {
        let mut instant = Vec::new();
        for _ in 0..6 {
            instant.push(Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await.job);
        }
        due.extend(sorted(&instant));
        subject.clock.advance(SECOND).await;
    }
    due.reverse();
    let listed: Vec<_> = jobs_of(&subject, workspace).await.iter().map(|it| it.id).collect();
    assert_eq!(listed, due);
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = subject.store.jobs(workspace, after, Limit::new(5).unwrap()).await.unwrap();
        paged.extend(page.rows.iter().map(|it| it.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, due);
}

async fn begun(person: &Person, count: usize) -> Vec<SessionId> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(person.sign_in().await.0);
    }
    all
}

pub(super) async fn p278_sessions_of_one_instant_are_listed_by_id(subject: Subject) {
    // method: property
    subject.clock.hold_still().await;
    let person = Person::new(&subject).await;
    let mut due = sorted(&begun(&person, 4).await);
    subject.clock.advance(SECOND).await;
    due.extend(sorted(&begun(&person, 4).await));
    assert_eq!(person.sessions().await, due);
}

pub(super) async fn p278_the_session_that_gives_way_among_equals_has_the_lowest_id(
    subject: Subject,
) {
    // method: property
    subject.clock.hold_still().await;
    let person = Person::new(&subject).await;
    let first = sorted(&begun(&person, MAX_SESSIONS).await);
    subject.clock.advance(SECOND).await;
    let later = sorted(&begun(&person, 3).await);
    assert_eq!(person.sessions().await, [&first[3..], &later[..]].concat());
}

pub(super) async fn p278_calls_of_one_instant_are_listed_by_id(subject: Subject) {
    // method: property
    subject.clock.hold_still().await;
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let mut due = Vec::new();
    for _ in 0..2 {
        let calls: Vec<_> = (0..6).map(|_| call()).collect();
        desk.mark(lease, &calls).await;
        due.extend(sorted(&calls.iter().map(|it| it.id).collect::<Vec<_>>()));
        subject.clock.advance(SECOND).await;
    }
    let open = subject.store.open_calls(lease).await.unwrap();
    assert_eq!(open.iter().map(|it| it.id).collect::<Vec<_>>(), due);
}

pub(super) async fn p278_members_are_listed_by_id(subject: Subject) {
    // method: property
    let users: Vec<UserId> = (0..12).map(|_| fresh()).collect();
    let team = Team::of(&subject, users[0]).await;
    for user in &users[1..] {
        team.change(Actor::Embedder, *user, MemberChange::Add(Role::Viewer)).await.unwrap();
    }
    let members = subject.store.members(team.workspace).await.unwrap();
    assert_eq!(members.iter().map(|it| it.user).collect::<Vec<_>>(), sorted(&users));
}

/// A dash comes before digits and digits before letters; a language would skip the dash.
pub(super) async fn p278_workspaces_are_listed_by_the_bytes_of_their_slugs(subject: Subject) {
    // method: property
    let user = fresh();
    for name in ["ab", "a c", "a", "A-b", "a1", "Ä z", "aa", "1a", "zz", "a-10", "a-9"] {
        let new = NewWorkspace { owner: Some(user), ..named(name) };
        subject.store.create_workspace(new, created()).await.unwrap();
    }
    let mine = subject.store.workspaces_of(user).await.unwrap();
    let slugs: Vec<_> = mine.iter().map(|it| it.0.slug.as_str()).collect();
    let due = ["1a", "a", "a-10", "a-9", "a-b", "a-c", "a-z", "a1", "aa", "ab", "zz"];
    assert_eq!(slugs, due);
}

/// Upper before lower case, and what is beyond ASCII at the end.
pub(super) async fn p278_credentials_are_listed_by_bytes_then_id(subject: Subject) {
    // method: property
    let safe = Safe::new(&subject).await;
    let mut due = Vec::new();
    for provider in ["a-b", "a", "ab", "a1"] {
        for name in ["b", "B", "ä", "a b", "ab", "_", "Z", "A\u{308}", "😀", "\u{ff21}"] {
            for _ in 0..2 {
                let stored = safe.put(credential(provider, name), accept()).await.unwrap().sealed;
                due.push((provider.as_bytes().to_vec(), name.as_bytes().to_vec(), stored.id));
            }
        }
    }
    due.sort();
    let listed = safe.list().await.into_iter().map(|it| it.sealed);
    let bytes = |text: &str| text.as_bytes().to_vec();
    let listed = listed.map(|it| (bytes(it.provider.as_str()), bytes(&it.name), it.id));
    assert_eq!(listed.collect::<Vec<_>>(), due);
}

pub(super) async fn p278_cells_and_steps_are_listed_by_the_bytes_of_their_names(subject: Subject) {
    // method: property
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let mut due = Vec::new();
    for name in ["b", "a_b", "ab", "a1", "a"] {
        for slug in ["x1", "x-1", "x", "xa"] {
            for index in [1, 0] {
                let mut item = answer(index, None);
                (item.cells[0].field, item.steps[0].field) = (field(name), field(name));
                item.steps[0].provider = provider(slug);
                desk.write(lease, vec![item]).await;
                due.push((index, name, slug));
            }
        }
    }
    due.sort();
    let (store, range) = (&subject.store, 0..2);
    let steps = store.steps(desk.workspace, desk.job, range.clone()).await.unwrap();
    let step = |it: &'_ morket_core::job::StepRow| {
        (it.step.index, it.step.field.to_string(), it.step.provider.to_string())
    };
    let steps: Vec<_> = steps.iter().map(step).collect();
    let texts = due.iter().map(|it| (it.0, it.1.to_owned(), it.2.to_owned()));
    assert_eq!(steps, texts.collect::<Vec<_>>());
    let cells = store.cells(desk.workspace, desk.job, range).await.unwrap();
    let cells: Vec<_> = cells.iter().map(|it| (it.cell.index, it.cell.field.as_str())).collect();
    let mut fields: Vec<_> = due.iter().map(|it| (it.0, it.1)).collect();
    fields.dedup();
    assert_eq!(cells, fields);
}

/// Entries, audit rows, events and records upwards, the feed downwards; at one instant too.
pub(super) async fn p278_what_is_numbered_is_listed_by_number(subject: Subject) {
    // method: property
    subject.clock.hold_still().await;
    let (purse, limit) = (Purse::with(&subject, 0).await, Limit::new(100).unwrap());
    let (store, id) = (&subject.store, purse.workspace);
    let mut events = Vec::new();
    for number in 0..12 {
        purse.done([grant(&format!("k{}", 99 - number), 1)]).await;
        let row = NewAudit::new(Principal::Embedder, Action::CredentialRead, Some(fresh()));
        store.audit(id, row).await.unwrap();
        let detail = json!(number);
        let line = NewActivity { actor: None, kind: "test".into(), detail };
        store.record_activity(id, line).await.unwrap();
        let event = NewEvent { id: fresh(), kind: "test".into(), payload: json!(number) };
        events.push(event.id);
        store.publish(id, vec![event]).await.unwrap();
    }
    let entries: Vec<_> = purse.entries(5).await.iter().map(|it| it.seq).collect();
    assert_eq!(entries, (1..=12).collect::<Vec<_>>());
    let log = store.audit_log(id, None, limit).await.unwrap().rows;
    assert_eq!(log.iter().map(|it| it.seq).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    let feed = store.activity(id, None, limit).await.unwrap().rows;
    assert_eq!(
        feed.iter().map(|it| it.seq).collect::<Vec<_>>(),
        (1..=12).rev().collect::<Vec<_>>()
    );
    let told = store.events(id).await.unwrap();
    assert_eq!(told.iter().map(|it| it.id).collect::<Vec<_>>(), events);
    let claimed = store.claim_events(100, SECOND * 60).await.unwrap();
    assert_eq!(claimed.iter().map(|it| it.id).collect::<Vec<_>>(), events);
}
