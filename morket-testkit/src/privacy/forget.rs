//! Forgetting a person.

use super::*;
use crate::{job::TTL, subject::refused, webhook::endpoint};
use morket_core::{
    ErrorKind,
    accept::Known,
    activity::NewActivity,
    job::{CellStatus, JobState, Settled},
    outbox::NewEvent,
    webhook::{Outcome, Report, Schedule},
};

/// Whether a text names her: the word alone, for ids are hexadecimal and spell her by chance.
fn names_ada(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == "ada")
}

/// Inputs, cells, candidates, calls, answers, events and the feed.
pub(super) async fn nothing_that_named_somebody_is_left_and_nothing_of_others_is_gone(
    subject: Subject,
) {
    let ended = Ended::new(&subject).await;
    let of = ended.desk.workspace;
    let event = |text: &str| NewEvent {
        id: fresh(),
        kind: "note".into(),
        payload: json!({"to": format!("mailto:{text}")}),
    };
    let events = vec![event(ADA), event("bob@example.com")];
    subject.store.publish(of, events).await.unwrap();
    let line = NewActivity { actor: None, kind: "note".into(), detail: json!([ADA]) };
    subject.store.record_activity(of, line).await.unwrap();
    let receipt = ended.forget(erasure(&[ADA])).await.unwrap();
    let erased = receipt.erased;
    assert_eq!((erased.records, erased.cells, erased.calls), (2, 3, 2));
    assert_eq!((erased.lookups, erased.events, erased.suppressed), (2, 2, 0));
    let all = ended.all().await;
    assert!(!names_ada(&all), "{all}");
    let feed = subject.store.activity(of, None, Limit::default()).await.unwrap();
    assert!(!format!("{:?}", feed.rows).contains(ADA));
    let inputs = ended.inputs().await;
    assert_eq!(inputs[..2], [Value::Null, Value::Null]);
    assert_eq!(inputs[2], json!({"email": "bob@example.com"}));
    let cells = subject.store.cells(of, ended.desk.job, 0..9).await.unwrap();
    assert_eq!(cells[0].cell.status, CellStatus::Skipped);
    assert_eq!(cells[0].cell.reason.as_deref(), Some("erased"));
    assert_eq!(cells[2].cell.value, Some(json!("bob@example.com")));
    assert!(all.contains("mailto:bob@example.com"), "{all}");
    assert_eq!(subject.store.lookups(of, ended.lookups.clone()).await.unwrap().len(), 1);
}

/// An answer from one call for many, as it is kept and found again.
fn kept(index: u32, call: &NewCall, expires_at: morket_core::Timestamp) -> Answered {
    let lookup = LookupWrite {
        key: [u8::try_from(index).unwrap(); 32],
        provider: call.provider.clone(),
        call: call.id,
        answer: Some(json!({"values": [["title", "CTO"]]})),
        expires_at,
    };
    let call = (index == 0).then(|| result(call.id, CallState::Settled, 5));
    let mut item = Answered { lookups: vec![lookup], call, ..answer(index, None) };
    item.cells[0].value = Some(json!("CTO"));
    item
}

/// One call asked about Ada twice, by address and by name, and about two others. A later job was
/// given what is kept of Ada's name.
pub(super) async fn of_a_call_for_many_only_the_persons_answers_go(subject: Subject) {
    let of = subject.workspace(1_000).await;
    let people = [
        json!({"email": ADA}),
        json!({"email": "bob@example.com"}),
        json!({"full_name": "Ada Example", "company_domain": "example.com"}),
        json!({"full_name": "Eve Example", "company_domain": "example.com"}),
    ];
    let desk = Desk::opened(&subject, of, Desk::new_job()).await;
    subject.store.append_records(of, desk.job, 0, people.to_vec()).await.unwrap();
    desk.seal(4).await.unwrap();
    let lease = desk.claim().await.lease;
    let parts = (0_u8..).zip(&people);
    let parts = parts.map(|(at, it)| json!([at, ["email"], it, null, key_text(&[at; 32])]));
    let bulk = NewCall { composition: Value::from_iter(parts).to_string().into(), ..call() };
    desk.mark(lease, std::slice::from_ref(&bulk)).await;
    let day = subject.clock.now().await.after(std::time::Duration::from_secs(86_400));
    desk.write(lease, (0..4).map(|index| kept(index, &bulk, day)).collect()).await;
    desk.finish(lease).await;
    let later = Desk::opened(&subject, of, Desk::new_job()).await;
    let row = json!({"full_name": "ada example", "company_domain": "https://www.example.com/"});
    subject.store.append_records(of, later.job, 0, vec![row]).await.unwrap();
    later.seal(1).await.unwrap();
    let lease = later.claim().await.lease;
    let mut item = answer(0, Some(bulk.id));
    item.cells[0].value = Some(json!(ADA));
    later.write(lease, vec![item]).await;
    later.finish(lease).await;
    let forget = |whom| subject.store.forget(of, erasure(whom), audit(Action::SubjectErased));
    let left = || async {
        let keys = (0..4).map(|it| [it; 32]).collect();
        let rows = subject.store.lookups(of, keys).await.unwrap();
        rows.into_iter().map(|it| it.lookup.key[0]).collect::<BTreeSet<u8>>()
    };
    assert_eq!(forget(&[ADA]).await.unwrap().erased.lookups, 2);
    assert_eq!(left().await, BTreeSet::from([1, 3]), "what others are kept by is theirs");
    assert_eq!(forget(&["bob@example.com"]).await.unwrap().erased.lookups, 1);
    assert_eq!(left().await, BTreeSet::from([3]));
}

/// What a program told of her, and what a receiver answered: of waiting ones, of what is under way
/// and of dead letters. Others are sent as they were.
pub(super) async fn deliveries_keep_nothing_that_named_somebody(subject: Subject) {
    let of = subject.workspace(0).await;
    let hook = endpoint(Schedule::Standard);
    let made = audit(Action::WebhookCreated);
    subject.store.create_webhook(of, hook.clone(), made).await.unwrap();
    let of_each = [ADA, ADA, ADA, "bob@example.com", "bob@example.com"];
    let mut ids = Vec::new();
    for email in of_each {
        let payload = json!({"to": [{"mail": email}]});
        let event = NewEvent { id: fresh(), kind: "job.completed".into(), payload };
        ids.push(event.id);
        subject.store.publish(of, vec![event]).await.unwrap();
        subject.clock.advance(TTL).await;
    }
    subject.store.relay_events(100).await.unwrap();
    let claimed = subject.store.claim_deliveries(4, 4, TTL).await.unwrap();
    let answer = |text: &str| text.to_owned();
    let said = |outcome, answer| Report { answer, ..Report::of(outcome) };
    let record = |at: usize, report| subject.store.record_attempt(claimed[at].ticket, report);
    record(0, said(Outcome::Status(200), answer("took it"))).await.unwrap();
    record(3, said(Outcome::Status(500), answer("cannot write to Ada@Example.com"))).await.unwrap();
    record(1, said(Outcome::Status(410), answer("no"))).await.unwrap();
    let dead = audit(Action::WebhookUpdated);
    subject.store.switch_webhook(of, hook.id, true, dead).await.unwrap();
    let replay = audit(Action::WebhookReplayed);
    let again = claimed[2].delivery.id;
    subject.store.replay_delivery(of, again, replay).await.unwrap();
    let out = subject.store.claim_deliveries(1, 4, TTL).await.unwrap().remove(0);
    let forgotten = subject.store.forget(of, erasure(&[ADA]), audit(Action::SubjectErased)).await;
    assert_eq!(forgotten.unwrap().erased.events, 3 + 3 + 1, "events, deliveries, an answer");
    let limit = Limit::new(100).unwrap();
    let all = subject.store.deliveries(of, hook.id, None, None, limit).await.unwrap().rows;
    assert_eq!(all.len(), 5);
    assert!(!names_ada(&format!("{all:?}").to_lowercase()), "{all:?}");
    for it in &all {
        let body: Value = serde_json::from_str(&it.body).unwrap();
        let at = ids.iter().position(|id| *id == it.event).unwrap();
        let data = match of_each[at] {
            ADA => json!({"erased": true}),
            bob => json!({"to": [{"mail": bob}]}),
        };
        assert_eq!((&body["data"], &body["id"]), (&data, &json!(it.event.to_string())));
        assert_eq!(body["type"], "job.completed");
    }
    // Its receiver may have answered with her name: nobody hears of that, and it is sent anew.
    let late = said(Outcome::Status(500), answer(ADA));
    refused(subject.store.record_attempt(out.ticket, late).await, ErrorKind::StaleLease);
    let anew = subject.store.claim_deliveries(1, 4, TTL).await.unwrap().remove(0);
    assert_eq!(anew.delivery.id, out.delivery.id);
    assert!(!names_ada(&anew.delivery.body), "{}", anew.delivery.body);
}

/// The candidate goes, and whoever the record is about stays.
pub(super) async fn somebody_returned_by_mistake_goes_and_the_record_stays(subject: Subject) {
    let ended = Ended::new(&subject).await;
    ended.forget(erasure(&[ADA])).await.unwrap();
    let of = ended.desk.workspace;
    let cell = subject.store.cells(of, ended.desk.job, 3..4).await.unwrap().remove(0).cell;
    let detail = cell.detail.unwrap_or_default().to_string();
    assert!(detail.contains("robert@example.com") && !names_ada(&detail), "{detail}");
    assert_eq!(ended.inputs().await[3], json!({"full_name": "Bob"}));
    // For its own candidate it is about him.
    ended.forget(erasure(&["robert@example.com"])).await.unwrap();
    assert_eq!(ended.inputs().await[3], Value::Null);
}

/// Money, steps, the states of things, and the log of what was done.
pub(super) async fn what_outlives_a_person_stays(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let (of, desk) = (ended.desk.workspace, &ended.desk);
    let see = || async {
        let steps = subject.store.steps(of, desk.job, 0..9).await.unwrap();
        let statement = subject.store.statement(of, None, Limit::default()).await.unwrap().rows;
        (steps, statement, desk.spent().await, desk.statuses().await, desk.job().await)
    };
    let (before, rows) = (see().await, audits(&subject, of).await);
    ended.forget(erasure(&[ADA])).await.unwrap();
    assert_eq!(see().await, before);
    assert_eq!(audits(&subject, of).await, rows + 1);
    subject.store.verify_chain(of).await.unwrap();
}

/// Cancelling it is enough; so is its end.
pub(super) async fn a_person_of_a_running_job_is_not_forgotten(subject: Subject) {
    let of = subject.workspace(1_000).await;
    let (ended, lease) = Ended::begun(&subject, of).await;
    let before = ended.all().await;
    refused(ended.forget(erasure(&[ADA])).await, ErrorKind::Conflict);
    ended.desk.park(lease, None, "hunter:auth").await;
    refused(ended.forget(erasure(&[ADA])).await, ErrorKind::Conflict);
    assert_eq!(ended.all().await, before, "nothing of it is erased");
    // Somebody whom the job does not hold may be forgotten meanwhile.
    ended.forget(erasure(&["eve@example.com"])).await.unwrap();
    subject.store.cancel_job(of, ended.desk.job).await.unwrap();
    assert_eq!(ended.desk.job().await.state, JobState::Cancelled);
    ended.forget(erasure(&[ADA])).await.unwrap();
    assert!(!names_ada(&ended.all().await));
}

/// It may hold an answer that nobody has written down.
pub(super) async fn a_person_is_not_forgotten_while_a_worker_is_busy(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let of = ended.desk.workspace;
    let other = Desk::sealed_in(&subject, of, Desk::new_job(), 1).await;
    let lease = other.claim().await.lease;
    refused(ended.forget(erasure(&[ADA])).await, ErrorKind::Conflict);
    assert!(names_ada(&ended.all().await));
    other.applied(lease, vec![], Some(Closing::Release)).await;
    ended.forget(erasure(&[ADA])).await.unwrap();
}

/// Its lease has ended, its answer comes, and what it says is spend alone.
pub(super) async fn a_stale_worker_brings_nothing_back(subject: Subject) {
    let of = subject.workspace(1_000).await;
    let (ended, lease) = Ended::begun(&subject, of).await;
    let new = NewCall { id: fresh(), ..about(1) };
    ended.desk.mark(lease, std::slice::from_ref(&new)).await;
    subject.clock.advance(TTL * 2).await;
    subject.store.cancel_job(of, ended.desk.job).await.unwrap();
    ended.forget(erasure(&[ADA])).await.unwrap();
    let mut late = answer(1, Some(new.id));
    late.cells[0].value = Some(json!(ADA));
    late.call = Some(result(new.id, CallState::Settled, 3));
    let settled = ended.desk.settle(lease, vec![late], None).await.unwrap();
    assert!(matches!(settled, Settled::Stale { .. }));
    let all = ended.all().await;
    assert!(!names_ada(&all), "{all}");
}

/// In the same step, and counted when it is new.
pub(super) async fn a_forgotten_person_is_on_the_list_if_asked_for(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let suppress = vec![NewSuppression { source: Source::Erasure, reason: None, ..entry(4) }];
    let whom = Erasure { suppress: suppress.clone(), ..erasure(&[ADA]) };
    assert_eq!(ended.forget(whom.clone()).await.unwrap().erased.suppressed, 1);
    let list = listed(&subject, ended.desk.workspace).await;
    assert_eq!(list.into_iter().map(|it| it.entry).collect::<Vec<_>>(), suppress);
    let again = Erasure { id: fresh(), ..whom };
    assert_eq!(ended.forget(again).await.unwrap().erased.suppressed, 0);
}

/// A repeat is a repeat, whatever came since.
pub(super) async fn forgetting_again_gives_the_same_receipt(subject: Subject) {
    let ended = Ended::new(&subject).await;
    let whom = erasure(&[ADA]);
    let first = ended.forget(whom.clone()).await.unwrap();
    let rows = audits(&subject, ended.desk.workspace).await;
    assert_eq!(ended.forget(whom).await.unwrap(), first);
    assert_eq!(audits(&subject, ended.desk.workspace).await, rows);
}

/// A domain is a company with all its people.
pub(super) async fn nobody_and_a_company_are_not_forgotten(subject: Subject) {
    let ended = Ended::new(&subject).await;
    for names in [&[] as &[&str], &["example.com"], &[ADA, "example.com"]] {
        refused(ended.forget(erasure(names)).await, ErrorKind::Validation);
    }
    let text = |text: &str| Some(text.to_owned());
    let (full_name, company_name) = (text("Ada Example"), text("Acme"));
    let known = Known { full_name, company_name, ..Known::default() };
    let names = Identifier::named_at(&known);
    assert_eq!(names.len(), 1);
    refused(ended.forget(Erasure { names, ..erasure(&[]) }).await, ErrorKind::Validation);
    assert!(names_ada(&ended.all().await));
}

/// Another one keeps what is its own, and knows of no receipt.
pub(super) async fn p137_forgetting_is_for_one_workspace(subject: Subject) {
    let (ours, theirs) = (Ended::new(&subject).await, Ended::new(&subject).await);
    let whom = erasure(&[ADA]);
    ours.forget(whom.clone()).await.unwrap();
    assert!(names_ada(&theirs.all().await));
    let receipt = subject.store.receipt(theirs.desk.workspace, whom.id).await;
    refused(receipt, ErrorKind::NotFound);
    for workspace in subject.absent().await {
        let row = audit(Action::SubjectErased);
        let forgotten = subject.store.forget(workspace, erasure(&[ADA]), row).await;
        refused(forgotten, ErrorKind::NotFound);
    }
}
