//! Permits of vendors that processes were given, so that together they keep to the vendors' rates.

use super::Migration;

pub(super) static PERMITS: Migration = Migration {
    number: 10,
    name: "permits",
    up: &[
        "CREATE TABLE permits (
            key {bytes} NOT NULL, holder {int} NOT NULL, slice {int} NOT NULL,
            given {int} NOT NULL, ends_at {int} NOT NULL, lapses_at {int} NOT NULL,
            PRIMARY KEY (key, holder, slice)){narrow}",
        // Keys that nobody asks for any more.
        "CREATE INDEX permits_lapsed ON permits (lapses_at) WHERE slice = 0",
    ],
    down: &["DROP TABLE permits"],
};
