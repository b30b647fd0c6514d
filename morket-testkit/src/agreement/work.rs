//! What jobs, leases, calls and settlements refuse.

use super::violation::Violations;
use crate::{
    Subject, fresh,
    job::{Desk, TTL, answer, call, limited, result},
    subject::{created, named},
};
use morket_core::{
    Credits,
    ErrorKind::{Conflict, InsufficientCredits, NotFound, OverBudget, StaleLease, Validation},
    job::{CallState, Closing, NewCall, NewJob, Scope, Settlement},
};
use serde_json::json;

pub(super) async fn building(subject: &Subject, table: &mut Violations) {
    let store = &subject.store;
    let new = Desk::new_job();
    let at = subject.workspace(100).await;
    let desk = Desk::opened(subject, at, new.clone()).await;
    let named_anew = NewJob { name: Some("Other".into()), ..new.clone() };
    table.row("another job's id", Conflict, store.open_job(at, named_anew).await);
    let absent = store.open_job(subject.deleted().await, Desk::new_job()).await;
    table.row("a job of nobody", NotFound, absent);
    table.row("a gap", Validation, desk.append(1, 1).await);
    table.row("no records", Validation, desk.append(0, 0).await);
    table.row("1,001 records", Validation, desk.append(0, 1_001).await);
    let other = store.append_records(at, fresh(), 0, vec![json!(1)]).await;
    table.row("records of an unknown job", NotFound, other);
    table.row("sealed empty", Validation, desk.seal(0).await);
    desk.append(0, 2).await.unwrap();
    let other = store.append_records(at, desk.job, 0, vec![json!("other")]).await;
    table.row("other records", Conflict, other);
    table.row("another total", Validation, desk.seal(3).await);
    table.row("an unsealed job", NotFound, store.job(at, desk.job).await);
    table.row("an unknown job sealed", NotFound, store.seal_job(at, fresh(), 2).await);
    desk.seal(2).await.unwrap();
    table.row("records of a sealed job", Conflict, desk.append(2, 1).await);
    let foreign = subject.workspace(0).await;
    table.row("a foreign job", NotFound, store.job(foreign, desk.job).await);
    table.row("a foreign job's records", NotFound, store.records(foreign, desk.job, 0..1).await);
    table.row("a foreign job's cells", NotFound, store.cells(foreign, desk.job, 0..1).await);
    table.row("a foreign job's steps", NotFound, store.steps(foreign, desk.job, 0..1).await);
    table.row("a foreign job's end", NotFound, store.cancel_job(foreign, desk.job).await);
    let dear = NewJob { worst_case: Credits(101), ..Desk::new_job() };
    let desk = Desk::opened(subject, at, dear.clone()).await;
    desk.append(0, 1).await.unwrap();
    table.row("a job too dear", InsufficientCredits, desk.seal(1).await);
    let free = store.create_workspace(named("Free"), created()).await.unwrap().id;
    let desk = Desk::opened(subject, free, NewJob { id: fresh(), ..dear }).await;
    desk.append(0, 1).await.unwrap();
    table.row("a price where nobody pays", Conflict, desk.seal(1).await);
}

pub(super) async fn leases(subject: &Subject, table: &mut Violations) {
    let desk = Desk::sealed(subject, 1).await;
    let old = desk.claim().await.lease;
    desk.outlast().await;
    let store = &subject.store;
    table.row("an ended lease renewed", StaleLease, store.renew_lease(old, TTL).await);
    let lease = desk.claim().await.lease;
    table.row("an old lease renewed", StaleLease, store.renew_lease(old, TTL).await);
    table.row("an old lease funded", StaleLease, desk.fund(old, fresh(), &[1]).await);
    table.row("an old lease marks", StaleLease, store.mark_sent(old, vec![call()]).await);
    table.row("an old lease looks", StaleLease, store.open_calls(old).await);
    let first = desk.funded(lease, 10).await;
    desk.funded(lease, 11).await;
    table.row("a hold that was replaced", Conflict, desk.fund(lease, first, &[1]).await);
    let closing = Some(Closing::Done);
    let done = store.settle(Settlement { lease, items: [].into(), closing }).await;
    table.row("done with an open record", Conflict, done);
}

pub(super) async fn calls(subject: &Subject, table: &mut Violations) {
    let desk = Desk::sealed(subject, 2).await;
    let lease = desk.claim().await.lease;
    let dear = limited(Scope::Job, 10, Some(9));
    table.row("a call above its ceiling", OverBudget, desk.try_mark(lease, dear).await);
    let sent = call();
    desk.mark(lease, std::slice::from_ref(&sent)).await;
    let other = NewCall { composition: json!({"rows": [1]}).to_string().into(), ..sent.clone() };
    table.row("another composition", Conflict, desk.try_mark(lease, other).await);
    let mut item = answer(0, Some(sent.id));
    item.call = Some(result(sent.id, CallState::Settled, 4));
    desk.write(lease, vec![item]).await;
    table.row("a settled call sent", Conflict, desk.try_mark(lease, sent.clone()).await);
    let item = desk.charge(answer(1, None), fresh(), 5);
    let unpaid = desk.applied(lease, vec![item], None).await.0.remove(0);
    table.row("paid from an unknown hold", NotFound, unpaid);
    let again = desk.applied(lease, vec![answer(0, None)], None).await.0.remove(0);
    table.row("a step decided again", Conflict, again);
}
