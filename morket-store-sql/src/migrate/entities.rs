//! Whom kept answers were asked about, so that they serve other questions about the same ones.

use super::Migration;

pub(super) static ENTITIES: Migration = Migration {
    number: 11,
    name: "entities",
    up: &[
        "CREATE TABLE lookup_entities (
            workspace_id {uuid} NOT NULL, key {bytes} NOT NULL, kind {int} NOT NULL,
            entity {bytes} NOT NULL, PRIMARY KEY (workspace_id, key, kind)){narrow}",
        "CREATE INDEX lookup_entities_about ON lookup_entities (workspace_id, entity)",
    ],
    down: &["DROP TABLE lookup_entities"],
};
