//! Who signs in: users, their sessions, and the attempts on their passwords. They are nobody's
//! tenant data.

use super::Migration;

pub(super) static IDENTITY: Migration = Migration {
    number: 3,
    name: "identity",
    up: &[
        "CREATE TABLE users (
            id {uuid} NOT NULL PRIMARY KEY, email_key {text} NOT NULL UNIQUE, email {text} NOT NULL,
            name {text} NOT NULL, password_hash {text} NOT NULL, password_version {int} NOT NULL,
            made {bytes} NOT NULL, created_at {int} NOT NULL, disabled_at {int})",
        "CREATE TABLE sessions (
            id {uuid} NOT NULL PRIMARY KEY, user_id {uuid} NOT NULL, started_at {int} NOT NULL,
            refreshed_at {int} NOT NULL, expires_at {int} NOT NULL, family_end {int} NOT NULL,
            ended_at {int}){narrow}",
        "CREATE INDEX sessions_open ON sessions (user_id) WHERE ended_at IS NULL",
        "CREATE TABLE refresh_tokens (
            id {uuid} NOT NULL PRIMARY KEY, session_id {uuid} NOT NULL,
            hash {bytes} NOT NULL UNIQUE, issued_at {int} NOT NULL, expires_at {int} NOT NULL,
            used_at {int}){narrow}",
        "CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)",
        // By the hash of what was typed: strangers' addresses are not kept.
        "CREATE TABLE login_attempts (
            account {bytes} NOT NULL PRIMARY KEY, failures {text} NOT NULL,
            last_at {int} NOT NULL){narrow}",
        "CREATE TABLE revoked_access (
            jti {uuid} NOT NULL PRIMARY KEY, expires_at {int} NOT NULL){narrow}",
    ],
    down: &[
        "DROP TABLE revoked_access",
        "DROP TABLE login_attempts",
        "DROP TABLE refresh_tokens",
        "DROP TABLE sessions",
        "DROP TABLE users",
    ],
};
