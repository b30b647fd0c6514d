//! What is being asked of vendors, so that no other process asks it too.

use super::Migration;

pub(super) static FLIGHTS: Migration = Migration {
    number: 7,
    name: "flights",
    up: &["CREATE TABLE flights (
            workspace_id {uuid} NOT NULL, key {bytes} NOT NULL, call_id {uuid} NOT NULL,
            PRIMARY KEY (workspace_id, key)){narrow}"],
    down: &["DROP TABLE flights"],
};
