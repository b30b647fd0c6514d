//! What a refresh token was exchanged for, so that a lost response can be made good.

use super::Migration;

pub(super) static SUCCESSORS: Migration = Migration {
    number: 6,
    name: "successors",
    up: &["ALTER TABLE refresh_tokens ADD COLUMN successor {uuid}"],
    down: &["ALTER TABLE refresh_tokens DROP COLUMN successor"],
};
