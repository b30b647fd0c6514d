//! Whose results a job takes over: the sample's of which it is the whole.

use super::Migration;

pub(super) static BASE: Migration = Migration {
    number: 12,
    name: "base",
    up: &["ALTER TABLE jobs ADD COLUMN base {uuid}"],
    down: &["ALTER TABLE jobs DROP COLUMN base"],
};
