//! The vault: data keys, credentials, and which job used which.

use super::Migration;

pub(super) static VAULT: Migration = Migration {
    number: 2,
    name: "vault",
    up: &[
        "CREATE TABLE workspace_keys (
            workspace_id {uuid} NOT NULL, purpose {text} NOT NULL, version {int} NOT NULL,
            master_version {int} NOT NULL, sealed {bytes} NOT NULL, seals {int} NOT NULL,
            PRIMARY KEY (workspace_id, purpose, version), CHECK (seals >= 0)){narrow}",
        // What a walk over all workspaces reads when the master key is replaced.
        "CREATE INDEX workspace_keys_by_master
            ON workspace_keys (master_version, workspace_id, purpose, version)",
        // All parts of a credential in one column: they are written and read together, and a row is
        // never half of one value and half of another.
        "CREATE TABLE credentials (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, provider {text} NOT NULL,
            name {text} NOT NULL, fields {bytes} NOT NULL, data_key_version {int} NOT NULL,
            mask {text} NOT NULL, status {int} NOT NULL, created_by {uuid},
            created_at {int} NOT NULL, last_used_at {int}, PRIMARY KEY (workspace_id, id))",
        // A job's later uses of a credential write no further audit row.
        "CREATE TABLE credential_uses (
            workspace_id {uuid} NOT NULL, credential_id {uuid} NOT NULL, job_id {uuid} NOT NULL,
            PRIMARY KEY (workspace_id, credential_id, job_id)){narrow}",
    ],
    down: &["DROP TABLE credential_uses", "DROP TABLE credentials", "DROP TABLE workspace_keys"],
};
