//! The promises of [`SuppressionStore`](morket_core::privacy::SuppressionStore) and
//! [`ErasureStore`](morket_core::privacy::ErasureStore).

mod expire;
mod forget;
mod list;
mod receipts;

use crate::{
    Subject, fresh,
    job::{Desk, answer, call, result},
};
use morket_core::{
    ErasureId, Result, WorkspaceId,
    audit::{Action, NewAudit},
    job::{Answered, CallState, Closing, LookupWrite, NewCall},
    page::Limit,
    privacy::{
        Added, Erasure, Expiry, Fingerprint, Identifier, NewSuppression, PrivacyKey, Receipt,
        Source, Suppression, key_text,
    },
    rbac::Principal,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the ports of privacy, as tests over what `$make` gives.
    privacy_suite;
    list {
        the_first_privacy_key_stays,
        of_many_privacy_keys_at_once_one_stays,
        p137_privacy_keys_and_lists_are_those_of_their_workspace,
        an_entry_that_is_there_stays_as_it_was,
        adding_leaves_one_audit_row_and_a_repeat_none,
        a_list_that_is_wrong_is_refused_whole,
        taking_off_leaves_the_others,
        the_pages_of_a_list_are_all_entries,
        a_cursor_of_another_list_is_refused,
        a_list_is_screened_for_exactly_what_stands_on_it,
        a_settlement_brings_its_entries_or_nothing,
        an_absent_workspace_has_no_list,
        a_list_goes_with_its_workspace,
    }
    forget {
        nothing_that_named_somebody_is_left_and_nothing_of_others_is_gone,
        of_a_call_for_many_only_the_persons_answers_go,
        deliveries_keep_nothing_that_named_somebody,
        somebody_returned_by_mistake_goes_and_the_record_stays,
        what_outlives_a_person_stays,
        a_person_of_a_running_job_is_not_forgotten,
        a_person_is_not_forgotten_while_a_worker_is_busy,
        a_stale_worker_brings_nothing_back,
        a_forgotten_person_is_on_the_list_if_asked_for,
        forgetting_again_gives_the_same_receipt,
        nobody_and_a_company_are_not_forgotten,
        p137_forgetting_is_for_one_workspace,
    }
    expire {
        what_is_older_goes_and_what_is_younger_stays,
        a_step_is_bounded_and_steps_come_to_an_end,
        what_erased_nothing_leaves_no_receipt,
    }
    receipts {
        a_receipt_reads_as_it_was_given,
        the_pages_of_receipts_are_all_of_them,
    }
}

fn audit(action: Action) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, None)
}

fn name(text: &str) -> Identifier {
    Identifier::guess(text).unwrap()
}

fn print(number: u8) -> Fingerprint {
    Fingerprint([number; 32])
}

fn entry(number: u8) -> NewSuppression {
    let (fingerprint, kind) = (print(number), name("a@b.example").kind());
    NewSuppression {
        fingerprint,
        kind,
        source: Source::Import,
        reason: Some("unsubscribed".into()),
    }
}

async fn add(
    subject: &Subject,
    of: WorkspaceId,
    entries: Vec<NewSuppression>,
) -> Result<Vec<Added>> {
    subject.store.suppress(of, entries, audit(Action::SuppressionAdded)).await
}

async fn listed(subject: &Subject, of: WorkspaceId) -> Vec<Suppression> {
    let limit = Limit::new(Limit::MAX).unwrap();
    subject.store.suppressions(of, None, limit).await.unwrap().rows
}

async fn audits(subject: &Subject, of: WorkspaceId) -> usize {
    let limit = Limit::new(Limit::MAX).unwrap();
    subject.store.audit_log(of, None, limit).await.unwrap().rows.len()
}

/// An ended job about Ada and Bob, with everything a store keeps of such a job.
struct Ended {
    desk: Desk,
    /// The keys under which answers are kept.
    lookups: Vec<[u8; 32]>,
}

/// Whom to forget.
const ADA: &str = "ada@example.com";

impl Ended {
    async fn new(subject: &Subject) -> Self {
        let workspace = subject.workspace(1_000).await;
        let (ended, lease) = Self::begun(subject, workspace).await;
        ended.desk.finish(lease).await;
        ended
    }

    /// The same before it has ended. Records: Ada by address, Ada by what was found, Bob, and Bob
    /// with Ada beside him by a vendor's mistake.
    async fn begun(subject: &Subject, of: WorkspaceId) -> (Self, morket_core::job::Lease) {
        let desk = Desk::opened(subject, of, Desk::new_job()).await;
        let rows = vec![
            json!({"email": "Ada@Example.com", "full_name": "Ada"}),
            json!({"full_name": "Ada Example", "company_domain": "example.com"}),
            json!({"email": "bob@example.com"}),
            json!({"full_name": "Bob"}),
        ];
        subject.store.append_records(of, desk.job, 0, rows).await.unwrap();
        desk.seal(4).await.unwrap();
        let lease = desk.claim().await.lease;
        let calls: Vec<NewCall> = (0..3).map(about).collect();
        desk.mark(lease, &calls).await;
        let mut lookups = Vec::new();
        let mut items = Vec::new();
        for (index, call) in (0_u8..).zip(&calls) {
            let email = ["ada@example.com", "ada@example.com", "bob@example.com"];
            let email = email[usize::from(index)];
            let mut item = answer(u32::from(index), Some(call.id));
            item.cells[0].value = Some(json!(email));
            item.records.clear();
            let key = [index; 32];
            lookups.push(key);
            item.lookups = vec![LookupWrite {
                key,
                provider: call.provider.clone(),
                call: call.id,
                answer: Some(json!({"values": [["email", email]], "title": "CTO"})),
                expires_at: subject.clock.now().await.after(std::time::Duration::from_secs(86_400)),
            }];
            item.call = Some(result(call.id, CallState::Settled, 5));
            items.push(item);
        }
        items.push(mistaken(ADA));
        desk.write(lease, items).await;
        (Self { desk, lookups }, lease)
    }

    /// Everything the ports show of it, as text.
    async fn all(&self) -> String {
        let (store, of, job) = (&self.desk.subject.store, self.desk.workspace, self.desk.job);
        let records = store.records(of, job, 0..9).await.unwrap();
        let cells = store.cells(of, job, 0..9).await.unwrap();
        let lookups = store.lookups(of, self.lookups.clone()).await.unwrap();
        let events = store.events(of).await.unwrap();
        format!("{records:?}{cells:?}{lookups:?}{events:?}").to_lowercase()
    }

    async fn inputs(&self) -> Vec<Value> {
        let store = &self.desk.subject.store;
        let records = store.records(self.desk.workspace, self.desk.job, 0..9).await.unwrap();
        records.into_iter().map(|it| it.input).collect()
    }

    async fn forget(&self, erasure: Erasure) -> Result<Receipt> {
        let store = &self.desk.subject.store;
        store.forget(self.desk.workspace, erasure, audit(Action::SubjectErased)).await
    }
}

/// A call about one record, with what it was asked with.
fn about(index: u32) -> NewCall {
    let who = ["ada@example.com", "Ada Example", "bob@example.com"][index as usize];
    NewCall {
        composition: json!([[index, ["email"], {"email": who}, null]]).to_string().into(),
        ..call()
    }
}

/// Bob's cell, in which a vendor put somebody else.
fn mistaken(email: &str) -> Answered {
    let mut item = answer(3, None);
    let cell = &mut item.cells[0];
    cell.value = None;
    cell.status = morket_core::job::CellStatus::NoResult;
    let of = |email: &str, identity: &str| {
        json!({"value": email, "provider": "hunter", "operation": "find", "call": Uuid::nil(),
               "fetched_at": 5, "identity": identity, "fate": {"rejected": "mismatch"}})
    };
    cell.detail =
        Some(json!({"candidates": [of(email, "mismatch"), of("robert@example.com", "likely")]}));
    item.records.clear();
    item
}

fn erasure(names: &[&str]) -> Erasure {
    let names: BTreeSet<Identifier> = names.iter().map(|it| name(it)).collect();
    let id: ErasureId = fresh();
    Erasure { id, names, subject: print(9), suppress: Vec::new() }
}
