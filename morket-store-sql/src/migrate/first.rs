//! The spine: workspaces, ledger, jobs and what hangs on them.

use super::Migration;

pub(super) static SPINE: Migration = Migration {
    number: 1,
    name: "spine",
    up: &[
        // Names of fields and providers, as small numbers.
        "CREATE TABLE names (number {serial}, name {text} NOT NULL UNIQUE)",
        "CREATE TABLE workspaces (
            id {uuid} NOT NULL PRIMARY KEY, name {text} NOT NULL, slug {text} UNIQUE,
            metering {int} NOT NULL, environment {int} NOT NULL, settings {text} NOT NULL,
            made {bytes} NOT NULL, created_at {int} NOT NULL, updated_at {int} NOT NULL,
            deleted_at {int}, audit_seq {int} NOT NULL, activity_seq {int} NOT NULL)",
        "CREATE TABLE workspace_members (
            workspace_id {uuid} NOT NULL, user_id {uuid} NOT NULL, role {int} NOT NULL,
            joined_at {int} NOT NULL, PRIMARY KEY (workspace_id, user_id)){narrow}",
        "CREATE INDEX workspace_members_by_user ON workspace_members (user_id)",
        // Money. The checks and unique keys are the last line; the rules are core's.
        "CREATE TABLE accounts (
            workspace_id {uuid} NOT NULL PRIMARY KEY, metering {int} NOT NULL,
            balance {int} NOT NULL, held {int} NOT NULL, seq {int} NOT NULL, head {bytes} NOT NULL,
            recharge_threshold {int}, recharge_amount {int}, recharges {int} NOT NULL,
            closed {int} NOT NULL DEFAULT 0,
            CHECK (held >= 0), CHECK (balance >= held)){narrow}",
        "CREATE TABLE ledger_entries (
            workspace_id {uuid} NOT NULL, seq {int} NOT NULL, kind {int} NOT NULL,
            key {text} NOT NULL, amount {int} NOT NULL, balance_after {int} NOT NULL,
            contra {int} NOT NULL, hold_id {uuid}, of_key {text}, at {int} NOT NULL,
            prev {bytes} NOT NULL, hash {bytes} NOT NULL,
            PRIMARY KEY (workspace_id, seq), CHECK (balance_after >= 0)){narrow}",
        "CREATE UNIQUE INDEX ledger_entries_by_key ON ledger_entries (workspace_id, kind, key)",
        "CREATE INDEX ledger_entries_by_of ON ledger_entries (workspace_id, of_key)
            WHERE of_key IS NOT NULL",
        "CREATE UNIQUE INDEX ledger_entries_refund_once ON ledger_entries (workspace_id, of_key)
            WHERE kind = 5",
        "CREATE TABLE holds (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, amount {int} NOT NULL,
            captured {int} NOT NULL, state {int} NOT NULL, job_id {uuid}, batch {int},
            lapses_at {int}, opened_at {int} NOT NULL, closed_at {int},
            PRIMARY KEY (workspace_id, id),
            CHECK (captured >= 0), CHECK (captured <= amount)){narrow}",
        "CREATE INDEX holds_open ON holds (opened_at, id) WHERE state = 1",
        // Jobs.
        "CREATE TABLE jobs (
            no {serial}, workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, name {text},
            plan {text} NOT NULL, dispatch {int} NOT NULL, worst_case {int} NOT NULL,
            created_by {uuid}, retry_of {uuid}, state {int} NOT NULL, total {int} NOT NULL,
            success {int} NOT NULL, failed {int} NOT NULL, skipped {int} NOT NULL,
            cancelled {int} NOT NULL, created_at {int} NOT NULL, sealed_at {int}, started_at {int},
            cancel_requested_at {int}, finished_at {int}, UNIQUE (workspace_id, id))",
        "CREATE INDEX jobs_sealed ON jobs (workspace_id, sealed_at, id)",
        "CREATE INDEX jobs_open ON jobs (sealed_at, id) WHERE state < 3",
        "CREATE TABLE batches (
            workspace_id {uuid} NOT NULL, job_no {int} NOT NULL, number {int} NOT NULL,
            first_index {int} NOT NULL, size {int} NOT NULL, state {int} NOT NULL, worker {text},
            lease_until {int}, wake_at {int}, waits {text}, fence {int} NOT NULL, hold_id {uuid},
            vacant_since {int} NOT NULL, cancelled {int} NOT NULL,
            PRIMARY KEY (job_no, number)){narrow}",
        "CREATE INDEX batches_open ON batches (job_no, number) WHERE state < 4",
        "CREATE INDEX batches_leased ON batches (workspace_id, lease_until) WHERE state = 2",
        "CREATE TABLE job_records (
            workspace_id {uuid} NOT NULL, job_no {int} NOT NULL, idx {int} NOT NULL,
            input {text} NOT NULL, status {int} NOT NULL, PRIMARY KEY (job_no, idx)){narrow}",
        "CREATE TABLE cells (
            workspace_id {uuid} NOT NULL, job_no {int} NOT NULL, idx {int} NOT NULL,
            field {int} NOT NULL, status {int} NOT NULL, source {int}, provider {int},
            call_id {uuid}, value {text}, reason {text}, detail {text}, at {int} NOT NULL,
            PRIMARY KEY (job_no, idx, field)){narrow}",
        "CREATE TABLE steps (
            workspace_id {uuid} NOT NULL, job_no {int} NOT NULL, idx {int} NOT NULL,
            field {int} NOT NULL, provider {int} NOT NULL, call_id {uuid}, outcome {int} NOT NULL,
            charge {int} NOT NULL, at {int} NOT NULL,
            PRIMARY KEY (job_no, idx, field, provider)){narrow}",
        "CREATE TABLE calls (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, job_no {int} NOT NULL,
            batch {int} NOT NULL, provider {int} NOT NULL, operation {text} NOT NULL,
            composition {text} NOT NULL, state {int} NOT NULL, attempts {int} NOT NULL,
            units {int} NOT NULL, usd {int}, fence {int} NOT NULL, sent_at {int} NOT NULL,
            day {int} NOT NULL, counters {text} NOT NULL, task {text},
            PRIMARY KEY (workspace_id, id)){narrow}",
        "CREATE INDEX calls_open ON calls (job_no, batch) WHERE state <> 3",
        "CREATE TABLE vendor_spend (
            workspace_id {uuid} NOT NULL, call_id {uuid} NOT NULL, job_id {uuid} NOT NULL,
            provider {int} NOT NULL, operation {text} NOT NULL, units {int} NOT NULL, usd {int},
            state {int} NOT NULL, at {int} NOT NULL, PRIMARY KEY (workspace_id, call_id)){narrow}",
        "CREATE TABLE spend_counters (
            workspace_id {uuid} NOT NULL, key {text} NOT NULL, amount {int} NOT NULL,
            PRIMARY KEY (workspace_id, key), CHECK (amount >= 0)){narrow}",
        "CREATE TABLE lookups (
            workspace_id {uuid} NOT NULL, key {bytes} NOT NULL, provider {int} NOT NULL,
            call_id {uuid} NOT NULL, answer {text}, fetched_at {int} NOT NULL,
            expires_at {int} NOT NULL, PRIMARY KEY (workspace_id, key)){narrow}",
        // What happened, for others to read.
        "CREATE TABLE outbox (
            seq {serial}, workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, kind {text} NOT NULL,
            payload {text} NOT NULL, at {int} NOT NULL, attempts {int} NOT NULL,
            claimed_until {int} NOT NULL, acked_at {int}, UNIQUE (workspace_id, id))",
        "CREATE INDEX outbox_waiting ON outbox (seq) WHERE acked_at IS NULL",
        "CREATE INDEX outbox_by_id ON outbox (id)",
        "CREATE TABLE idempotency_keys (
            scope {text} NOT NULL, key {text} NOT NULL, body {bytes} NOT NULL,
            began_at {int} NOT NULL, lease_until {int} NOT NULL, ticket {int} NOT NULL,
            answer {bytes}, PRIMARY KEY (scope, key)){narrow}",
        "CREATE TABLE audit_log (
            workspace_id {uuid} NOT NULL, seq {int} NOT NULL, actor {uuid}, action {int} NOT NULL,
            object {uuid}, at {int} NOT NULL, PRIMARY KEY (workspace_id, seq)){narrow}",
        "CREATE TABLE activity (
            workspace_id {uuid} NOT NULL, seq {int} NOT NULL, actor {uuid}, kind {text} NOT NULL,
            detail {text} NOT NULL, at {int} NOT NULL, PRIMARY KEY (workspace_id, seq)){narrow}",
    ],
    down: &[
        "DROP TABLE activity",
        "DROP TABLE audit_log",
        "DROP TABLE idempotency_keys",
        "DROP TABLE outbox",
        "DROP TABLE lookups",
        "DROP TABLE spend_counters",
        "DROP TABLE vendor_spend",
        "DROP TABLE calls",
        "DROP TABLE steps",
        "DROP TABLE cells",
        "DROP TABLE job_records",
        "DROP TABLE batches",
        "DROP TABLE jobs",
        "DROP TABLE holds",
        "DROP TABLE ledger_entries",
        "DROP TABLE accounts",
        "DROP TABLE workspace_members",
        "DROP TABLE workspaces",
        "DROP TABLE names",
    ],
};
