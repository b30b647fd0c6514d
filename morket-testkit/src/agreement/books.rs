//! What workspaces, their members, their ledgers and their logs refuse.

use super::violation::Violations;
use crate::{
    Subject, fresh,
    job::Desk,
    ledger::{Purse, capture, expire, grant, hold, refund, void},
    subject::{created, named},
    workspace::Team,
};
use morket_core::{
    Credits,
    ErrorKind::{Conflict, Forbidden, InsufficientCredits, NotFound, Validation},
    activity::NewActivity,
    audit::{Action, NewAudit},
    ledger::{Credit, LedgerExt, Op, Recharge},
    outbox::NewEvent,
    page::{Cursor, Limit},
    rbac::{Actor, MemberChange, Principal, Role},
    workspace::{NewWorkspace, WorkspaceChange},
};
use serde_json::json;

fn audit(action: Action) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, None)
}

pub(super) async fn workspaces(subject: &Subject, table: &mut Violations) {
    let store = &subject.store;
    let there = store.create_workspace(named("There"), created()).await.unwrap();
    let (id, [_, gone]) = (there.id, subject.absent().await);
    let create = |new: NewWorkspace| store.create_workspace(new, created());
    table.row("no name", Validation, create(named(" ")).await);
    table.row("a control character", Validation, create(named("a\0b")).await);
    table.row("101 characters", Validation, create(named(&"x".repeat(101))).await);
    let listed = NewWorkspace { settings: json!([]), ..named("Listed") };
    table.row("settings are no object", Validation, create(listed).await);
    table.row("another's id", Conflict, create(NewWorkspace { id, ..named("Other") }).await);
    let buried = NewWorkspace { id: gone, ..named("Buried") };
    table.row("a deleted one's id", Conflict, create(buried).await);
    let update = |id, name: &str| {
        let change = WorkspaceChange { name: Some(name.to_owned()), settings: None };
        store.update_workspace(id, change, audit(Action::WorkspaceUpdated))
    };
    table.row("no new name", Validation, update(id, "").await);
    let settings = WorkspaceChange { name: None, settings: Some(json!(1)) };
    let updated = store.update_workspace(id, settings, audit(Action::WorkspaceUpdated)).await;
    table.row("new settings are no object", Validation, updated);
    for id in [fresh(), gone] {
        table.row("an absent one", NotFound, store.workspace(id).await);
        table.row("an absent one's name", NotFound, update(id, "New").await);
        let deleted = store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await;
        table.row("an absent one's deletion", NotFound, deleted);
        table.row("an absent one's members", NotFound, store.members(id).await);
    }
    table.row("a slug nobody has", NotFound, store.workspace_by_slug("nobody-has-it").await);
    let desk = Desk::sealed(subject, 1).await;
    let deleted = store.delete_workspace(desk.workspace, audit(Action::WorkspaceDeleted)).await;
    table.row("a job runs", Conflict, deleted);
}

pub(super) async fn members(subject: &Subject, table: &mut Violations) {
    let [owner, admin, viewer] = [fresh(), fresh(), fresh()];
    let team = Team::of(subject, owner).await;
    for (user, role) in [(admin, Role::Admin), (viewer, Role::Viewer)] {
        team.change(Actor::Embedder, user, MemberChange::Add(role)).await.unwrap();
    }
    let (add, set) = (MemberChange::Add(Role::Viewer), MemberChange::SetRole(Role::Member));
    let (remove, crown) = (MemberChange::Remove, MemberChange::SetRole(Role::Owner));
    let user = Actor::User;
    for (what, due, actor, target, change) in [
        ("a member comes again", Conflict, user(owner), viewer, add),
        ("a stranger's role", NotFound, user(owner), fresh(), set),
        ("a stranger goes", NotFound, Actor::Embedder, fresh(), remove),
        ("a stranger changes", NotFound, user(fresh()), viewer, set),
        ("a viewer changes", Forbidden, user(viewer), fresh(), add),
        ("above oneself", Forbidden, user(admin), owner, set),
        ("a role above one's own", Forbidden, user(admin), viewer, crown),
        ("the last owner goes", Conflict, user(owner), owner, remove),
        ("the last owner steps down", Conflict, Actor::Embedder, owner, set),
    ] {
        table.row(what, due, team.change(actor, target, change).await);
    }
}

pub(super) async fn ledger(subject: &Subject, table: &mut Violations) {
    let (purse, other) = (Purse::with(subject, 100).await, Purse::with(subject, 100).await);
    let (open, closed, foreign) = (fresh(), fresh(), fresh());
    purse.done([hold(open, 30), capture(open, "paid", 10), hold(closed, 5), void(closed)]).await;
    purse.done([refund("back", "paid"), grant("gift", 5)]).await;
    other.done([hold(foreign, 10), capture(foreign, "theirs", 5)]).await;
    let purchase =
        |amount| Op::Credit { kind: Credit::Purchase, key: "p".parse().unwrap(), amount };
    for (what, due, op) in [
        ("a grant of nothing", Validation, grant("zero", 0)),
        ("a purchase below nothing", Validation, purchase(Credits(-1))),
        ("a hold of nothing", Validation, hold(fresh(), 0)),
        ("a sum too large", Validation, grant("most", i64::MAX)),
        ("a key of another amount", Conflict, grant("gift", 6)),
        ("a hold of another amount", Conflict, hold(open, 31)),
        ("a hold above what is there", InsufficientCredits, hold(fresh(), 1_000)),
        ("a capture of an unknown hold", NotFound, capture(fresh(), "c", 1)),
        ("a capture of a foreign hold", NotFound, capture(foreign, "c", 1)),
        ("a capture above its hold", Validation, capture(open, "c", 21)),
        ("a capture of a closed hold", Conflict, capture(closed, "c", 1)),
        ("a void of a foreign hold", NotFound, void(foreign)),
        ("a refund of nothing known", NotFound, refund("r", "unknown")),
        ("a refund of a foreign capture", NotFound, refund("r", "theirs")),
        ("a second refund", Conflict, refund("again", "paid")),
        ("a refund's key for another", Conflict, refund("back", "other")),
        ("an expiry of an unknown grant", NotFound, expire("e", "unknown", 1)),
        ("an expiry above its grant", Validation, expire("e", "gift", 6)),
    ] {
        table.row(what, due, purse.post(op).await);
    }
    let store = &subject.store;
    let recharge = |threshold, amount| {
        let (threshold, amount) = (Credits(threshold), Credits(amount));
        store.set_recharge(purse.workspace, Some(Recharge { threshold, amount }))
    };
    table.row("a threshold below nothing", Validation, recharge(-1, 5).await);
    table.row("a recharge of nothing", Validation, recharge(5, 0).await);
    table.row("an unknown hold", NotFound, store.hold(purse.workspace, fresh()).await);
    let unmetered = store.create_workspace(named("Free"), created()).await.unwrap().id;
    table.row("credits unmetered", Conflict, store.post_one(unmetered, grant("g", 1)).await);
    table.row("absent", NotFound, store.account(fresh()).await);
}

pub(super) async fn logs(subject: &Subject, table: &mut Violations) {
    let (store, id) = (&subject.store, subject.workspace(0).await);
    let bad = || Some(Cursor::new("another listing", id, &[0; 8]));
    let limit = Limit::default();
    table.row("a statement's cursor", Validation, store.statement(id, bad(), limit).await);
    table.row("a log's cursor", Validation, store.audit_log(id, bad(), limit).await);
    table.row("a feed's cursor", Validation, store.activity(id, bad(), limit).await);
    table.row("a jobs' cursor", Validation, store.jobs(id, bad(), limit).await);
    let line = NewActivity { actor: None, kind: "test".into(), detail: json!({}) };
    let event = NewEvent { id: fresh(), kind: "test".into(), payload: json!({}) };
    let gone = subject.deleted().await;
    table.row("an absent feed", NotFound, store.record_activity(gone, line).await);
    table.row("an absent outbox", NotFound, store.publish(gone, vec![event]).await);
    table.row("an absent log", NotFound, store.audit(gone, audit(Action::CredentialRead)).await);
}
