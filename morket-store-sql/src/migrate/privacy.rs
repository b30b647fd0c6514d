//! Suppression lists, and receipts of what was erased.

use super::Migration;

pub(super) static PRIVACY: Migration = Migration {
    number: 8,
    name: "privacy",
    up: &[
        // What fingerprints are made with: it lies beside them, so that an export takes it along.
        "CREATE TABLE privacy_keys (
            workspace_id {uuid} NOT NULL PRIMARY KEY, key {bytes} NOT NULL,
            created_at {int} NOT NULL){narrow}",
        "CREATE TABLE suppressions (
            workspace_id {uuid} NOT NULL, fingerprint {bytes} NOT NULL, kind {int} NOT NULL,
            source {int} NOT NULL, reason {text}, at {int} NOT NULL,
            PRIMARY KEY (workspace_id, fingerprint)){narrow}",
        "CREATE TABLE erasures (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, cause {int} NOT NULL,
            subject {bytes}, records {int} NOT NULL, cells {int} NOT NULL, calls {int} NOT NULL,
            lookups {int} NOT NULL, events {int} NOT NULL, suppressed {int} NOT NULL,
            at {int} NOT NULL, PRIMARY KEY (workspace_id, id)){narrow}",
    ],
    down: &["DROP TABLE erasures", "DROP TABLE suppressions", "DROP TABLE privacy_keys"],
};
