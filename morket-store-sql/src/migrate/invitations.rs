//! Invitations to a workspace.

use super::Migration;

pub(super) static INVITATIONS: Migration = Migration {
    number: 4,
    name: "invitations",
    up: &[
        // A token is looked up before anybody knows whose it is, so its hash is unique over all.
        "CREATE TABLE invitations (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, email_key {text} NOT NULL,
            role {int} NOT NULL, token {bytes} NOT NULL UNIQUE, invited_by {uuid},
            created_at {int} NOT NULL, expires_at {int} NOT NULL, state {int} NOT NULL,
            closed_at {int}, PRIMARY KEY (workspace_id, id)){narrow}",
        "CREATE INDEX invitations_pending ON invitations (workspace_id, email_key)
            WHERE state = 1",
    ],
    down: &["DROP TABLE invitations"],
};
