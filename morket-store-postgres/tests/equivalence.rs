//! PostgreSQL answers as the memory store does, whatever is asked of both.

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use async_trait::async_trait;
use morket_core::{
    Clock, Timestamp,
    memory::MemoryStore,
    outbox::{NewEvent, OutboxStore},
};
use morket_testkit::{ManualClock, StoreClock, Subject, block_on, equivalence, fresh, service};
use sqlx::{AssertSqlSafe, Executor};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Moves on by a microsecond whenever it is looked at, as a server's clock does: nothing happens at
/// the same instant, so listings by time are in the order in which things happened.
#[derive(Debug)]
struct Ticking(ManualClock);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_micros(1));
        Clock::now(&self.0)
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

#[async_trait]
impl StoreClock for Ticking {
    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    async fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

async fn memory() -> Option<Subject> {
    let start = Timestamp::from_micros(1_795_000_000_000_000);
    let clock = Arc::new(Ticking(ManualClock::at(start)));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock))
}

/// A transaction that has written an event fails as late as one can: when it commits.
#[test]
fn p185_what_is_rolled_back_at_its_commit_is_told_to_nobody() {
    // method: property
    block_on(async {
        let Some(url) = service::postgres_url("p185") else { return };
        let schema = Arc::new(common::Schema::create(url).await);
        schema
            .admin(
                "CREATE TABLE veto (refuses boolean); INSERT INTO veto VALUES (false); \
                 GRANT SELECT ON veto TO morket_app, morket_system; \
                 CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF (SELECT refuses FROM veto) THEN RAISE EXCEPTION 'vetoed'; END IF; \
                 RETURN NULL; END $$; \
                 CREATE CONSTRAINT TRIGGER late AFTER INSERT ON outbox \
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
            )
            .await;
        let store = schema.open().await.store();
        let subject = Subject::new(Arc::new(store.clone()), schema.clone());
        let mut hand = schema.connect().await;
        let path = format!("SET search_path TO {}", schema.name);
        hand.execute(AssertSqlSafe(path)).await.unwrap();
        let hand = Arc::new(tokio::sync::Mutex::new(hand));
        let veto = |refuses: bool| {
            let hand = hand.clone();
            let set = async move {
                let sql = format!("UPDATE veto SET refuses = {refuses}");
                hand.lock().await.execute(AssertSqlSafe(sql)).await.unwrap();
            };
            Box::pin(set) as Pin<Box<dyn Future<Output = ()> + Send>>
        };
        // It is seen to refuse: otherwise nothing would be shown.
        let workspace = subject.workspace(0).await;
        let event = || NewEvent { id: fresh(), kind: "note".into(), payload: "n".into() };
        veto(true).await;
        assert!(store.publish(workspace, vec![event()]).await.is_err());
        veto(false).await;
        store.publish(workspace, vec![event()]).await.unwrap();
        assert_eq!(store.events(workspace).await.unwrap().len(), 1);
        equivalence::no_phantoms(&subject, &veto).await;
    });
}

#[test]
fn p275_postgres_answers_as_memory_does() {
    // method: model
    equivalence::check(memory, common::make);
}
