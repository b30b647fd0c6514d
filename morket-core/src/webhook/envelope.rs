//! What is sent: `{id, type, timestamp, data}`, the same bytes for every attempt.

use crate::outbox::Event;
use serde::Serialize;

/// What an endpoint can ask to be told, and in a few words when that is.
pub const EVENT_KINDS: &[(&str, &str)] = &[
    ("job.completed", "every record of a job was found"),
    ("job.partially_completed", "a job ended, and some of its records failed"),
    ("job.failed", "a job ended, and no record was found"),
    ("job.cancelled", "a job was cancelled"),
    ("credits.low", "credits fell below the threshold of auto-recharge"),
    ("credits.recharged", "auto-recharge brought credits in"),
    ("credential.invalid", "a vendor refused a key, or there is none"),
    ("provider.paused", "a vendor serves this job no more until its owner mends something"),
    ("webhook.disabled", "another endpoint was switched off because it failed"),
];

/// The kind of an event that tries an endpoint out; it need not be asked for.
pub const TEST_KIND: &str = "webhook.test";

/// What receivers read as the type of an event, if they are told of its kind at all. The outbox
/// calls it `credits.recharge_due` because others act on it; for a receiver it is news.
pub fn kind_told(kind: &str) -> Option<&'static str> {
    let told = if kind == "credits.recharge_due" { "credits.low" } else { kind };
    EVENT_KINDS.iter().map(|(kind, _)| *kind).find(|it| *it == told)
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: String,
    r#type: &'a str,
    timestamp: String,
    data: &'a serde_json::Value,
}

/// The body of every attempt to tell of this event.
pub fn body(event: &Event, kind: &str) -> String {
    let envelope = Envelope {
        id: event.id.to_string(),
        r#type: kind,
        timestamp: event.at.to_string(),
        data: &event.payload,
    };
    serde_json::to_string(&envelope).expect("text, and a value that was JSON before")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, Timestamp, WorkspaceId};
    use serde_json::json;

    #[test]
    fn the_body_is_the_event_in_four_fields() {
        let event = Event {
            workspace: WorkspaceId(uuid::Uuid::nil()),
            id: EventId(uuid::Uuid::nil()),
            kind: "job.completed".into(),
            payload: json!({"job": "j"}),
            at: Timestamp::default(),
            attempts: 3,
        };
        let expected = concat!(
            r#"{"id":"00000000-0000-0000-0000-000000000000","type":"job.completed","#,
            r#""timestamp":"1970-01-01T00:00:00.000000Z","data":{"job":"j"}}"#
        );
        assert_eq!(body(&event, "job.completed"), expected);
    }

    #[test]
    fn what_is_not_for_receivers_is_not_told() {
        for (kind, told) in [
            ("job.failed", Some("job.failed")),
            ("credits.recharge_due", Some("credits.low")),
            ("something.else", None),
            (TEST_KIND, None),
        ] {
            assert_eq!(kind_told(kind), told, "{kind}");
        }
    }
}
