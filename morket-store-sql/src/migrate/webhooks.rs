//! Who is told of events, and every event on its way there.

use super::Migration;

pub(super) static WEBHOOKS: Migration = Migration {
    number: 9,
    name: "webhooks",
    up: &[
        "CREATE TABLE webhook_subscriptions (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, url {text} NOT NULL,
            kinds {text} NOT NULL, schedule {int} NOT NULL, secrets {text} NOT NULL,
            created_by {uuid}, created_at {int} NOT NULL, disabled_at {int}, disabled_cause {int},
            failing_since {int}, served_at {int} NOT NULL, PRIMARY KEY (workspace_id, id)){narrow}",
        "CREATE TABLE deliveries (
            workspace_id {uuid} NOT NULL, id {uuid} NOT NULL, webhook_id {uuid} NOT NULL,
            event_id {uuid} NOT NULL, kind {text} NOT NULL, body {text} NOT NULL,
            state {int} NOT NULL, cause {int}, made {int} NOT NULL, next_at {int} NOT NULL,
            created_at {int} NOT NULL, finished_at {int}, attempts {text} NOT NULL,
            claimed_until {int} NOT NULL, ticket {int} NOT NULL,
            PRIMARY KEY (workspace_id, id))",
        // What a courier asks for: whose turn it is, then what of it is due.
        "CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 1",
        "CREATE INDEX deliveries_waiting ON deliveries (workspace_id, webhook_id, next_at)
            WHERE state = 1",
        "CREATE INDEX deliveries_listed ON deliveries (workspace_id, webhook_id, created_at, id)",
        "CREATE INDEX deliveries_ended ON deliveries (finished_at) WHERE finished_at IS NOT NULL",
        // Apart from the mark of those who claim events themselves: neither takes the other's.
        "ALTER TABLE outbox ADD COLUMN relayed_at {int}",
        "CREATE INDEX outbox_unrelayed ON outbox (seq) WHERE relayed_at IS NULL",
    ],
    down: &[
        "DROP INDEX outbox_unrelayed",
        "ALTER TABLE outbox DROP COLUMN relayed_at",
        "DROP TABLE deliveries",
        "DROP TABLE webhook_subscriptions",
    ],
};
