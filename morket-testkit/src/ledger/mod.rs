//! The promises of [`LedgerStore`](morket_core::ledger::LedgerStore).

mod amounts;
pub mod model;
mod movement;
mod race;
mod reading;
mod tenant;
mod walk;

use crate::Subject;
use morket_core::{
    Credits, HoldId, Result, WorkspaceId,
    ledger::{Account, Credit, Entry, Key, LedgerExt, Op, Receipt},
    page::Limit,
};

cases! {
    ($)
    /// Every promise of the ledger port, as tests over what `$make` gives.
    ledger_suite;
    movement {
        a_repeat_changes_nothing_and_gets_the_first_receipt,
        a_key_that_names_another_movement_is_refused,
        a_hold_id_that_names_another_hold_is_refused,
        one_key_may_name_one_movement_of_each_kind,
        a_key_is_captured_once_whatever_the_hold,
        a_capture_of_a_closed_hold_is_refused,
        a_hold_closes_once,
        p045_refund_equals_debit,
        p045_void_returns_what_was_not_captured,
        a_bad_item_does_not_touch_its_neighbours,
        what_is_not_there_is_not_found,
    }
    amounts {
        an_amount_of_zero_or_less_is_refused,
        a_hold_above_what_is_available_is_refused,
        what_starts_is_the_longest_affordable_prefix,
        an_expiry_above_what_is_available_is_refused,
        an_expiry_stays_within_its_grant,
        p052_a_capture_stays_within_its_hold,
        p057_a_sum_that_overflows_changes_nothing,
        an_unmetered_workspace_has_no_credits,
        crossing_the_threshold_asks_once_until_it_is_crossed_again,
        a_recharge_that_makes_no_sense_is_refused,
        the_account_says_what_recharge_was_set,
    }
    tenant {
        an_absent_workspace_has_no_ledger,
        p130_a_foreign_hold_is_not_found,
        a_foreign_hold_cannot_be_moved,
        a_foreign_entry_cannot_be_taken_back,
        the_same_names_in_two_workspaces_are_two_movements,
    }
    reading {
        p063_the_statement_is_the_whole_ledger,
        p200_statement_pages_are_complete_for_every_limit,
        p201_statement_pages_stay_stable_under_writes,
        p202_the_statement_says_how_many_entries_there_are,
        p203_a_statement_cursor_that_was_changed_is_refused,
        a_hold_reads_as_it_was_opened_and_closed,
        p056_an_untouched_chain_verifies,
    }
    race {
        p050_concurrent_debits,
        p051_one_key_is_captured_once_by_many_at_once,
        p051_a_hold_is_closed_once_by_many_at_once,
        p052_parallel_captures_stay_within_their_hold,
        p054_one_capture_is_refunded_once_by_many_at_once,
        p059_parallel_debits_ask_for_one_recharge,
        one_grant_by_many_at_once_is_one_entry,
    }
    walk {
        p046_per_key_net,
        p047_balance,
        p049_never_negative,
        p052_capture_bound,
        p054_refund_bound,
        p055_double_entry,
        p057_integers,
        p058_conservation,
        p063_statement,
        every_walk_matches_the_model,
    }
}

/// A movement's name.
pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub(crate) fn grant(name: &str, amount: i64) -> Op {
    Op::Credit { kind: Credit::Grant, key: key(name), amount: Credits(amount) }
}

pub(crate) fn hold(id: HoldId, amount: i64) -> Op {
    Op::Hold { id, amount: Credits(amount), batch: None, lapses_at: None }
}

pub(crate) fn capture(hold: HoldId, name: &str, amount: i64) -> Op {
    Op::Capture { hold, key: key(name), amount: Credits(amount) }
}

pub(crate) fn void(hold: HoldId) -> Op {
    Op::Void { hold }
}

pub(crate) fn refund(name: &str, of: &str) -> Op {
    Op::Refund { key: key(name), of: key(of) }
}

pub(crate) fn expire(name: &str, of: &str, amount: i64) -> Op {
    Op::Expire { key: key(name), of: key(of), amount: Credits(amount) }
}

/// One workspace's ledger, so that a case reads as movements and amounts.
#[derive(Clone)]
pub(crate) struct Purse {
    pub(crate) subject: Subject,
    pub(crate) workspace: WorkspaceId,
}

impl Purse {
    /// A new workspace with `credits` thousandths.
    pub(crate) async fn with(subject: &Subject, credits: i64) -> Self {
        Self { subject: subject.clone(), workspace: subject.workspace(credits).await }
    }

    pub(crate) async fn post(&self, op: Op) -> Result<Receipt> {
        self.subject.store.post_one(self.workspace, op).await
    }

    /// Post what must succeed.
    pub(crate) async fn done(&self, ops: impl IntoIterator<Item = Op>) {
        for op in ops {
            let text = format!("{op:?}");
            self.post(op).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    pub(crate) async fn account(&self) -> Account {
        self.subject.store.account(self.workspace).await.unwrap()
    }

    /// Balance and what is held of it, in thousandths.
    pub(crate) async fn stands(&self) -> (i64, i64) {
        let account = self.account().await;
        (account.balance.0, account.held.0)
    }

    /// Everything the statement tells, in pages of `limit`.
    pub(crate) async fn entries(&self, limit: u32) -> Vec<Entry> {
        let (mut entries, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(limit).unwrap();
            let page = self.subject.store.statement(self.workspace, after, limit).await.unwrap();
            assert!(page.rows.len() <= limit.rows() as usize, "a page holds no more than asked");
            entries.extend(page.rows);
            after = page.next;
            if after.is_none() {
                return entries;
            }
        }
    }
}
