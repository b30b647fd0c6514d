//! A schema of its own for every case, on one real server, as an ordinary user: a superuser would
//! walk past row-level security and make the backstop decoration.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket_core::Timestamp;
use morket_store_postgres::{Postgres, PostgresOptions};
use morket_testkit::{StoreClock, Subject, service};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Who the suites connect as: a member of the store's roles, and nothing more.
const USER: &str = "morket_suite";

/// A schema with the store in it, and the way to move the clock it lives by.
#[derive(Debug)]
pub struct Schema {
    url: String,
    pub name: String,
    /// Microseconds that were let pass.
    ahead: AtomicU64,
    /// The instant at which the clock was held still, in microseconds; zero while it goes.
    held: AtomicU64,
}

impl Schema {
    /// A new one, migrated by its owner.
    pub async fn create(url: String) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("suite_{}_{next}", process::id());
        let schema = Self { url, name, ahead: AtomicU64::new(0), held: AtomicU64::new(0) };
        let mut options = schema.options();
        options.connections = 1;
        let owner = Postgres::open(options).await.expect("the owner can migrate");
        owner.close().await;
        schema
            .admin(&format!(
                "DO $$ BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object OR \
             unique_violation THEN NULL; END $$"
            ))
            .await;
        schema
            .admin(&format!(
                "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7); \
                 IF NOT pg_has_role('{USER}', 'morket_app', 'MEMBER') THEN \
                 GRANT morket_app, morket_system TO {USER}; END IF; END $$"
            ))
            .await;
        schema
    }

    /// How its owner opens it.
    pub fn options(&self) -> PostgresOptions {
        let mut options = PostgresOptions::new(self.url.clone());
        options.schema.clone_from(&self.name);
        options.allow_volatile = true;
        options
    }

    /// How a process that serves opens it.
    pub async fn open(&self) -> Postgres {
        let mut options = self.options();
        let url = self.url.split_once('@').expect("the URL names a user").1;
        let name = &self.name;
        options.url = format!("postgres://{USER}@{url}?application_name={name}").into();
        options.migrate = false;
        Postgres::open(options).await.expect("a member of the roles can open")
    }

    /// Run a statement as the database's owner.
    pub async fn admin(&self, sql: &str) {
        let mut connection = self.connect().await;
        let path = format!("SET search_path TO {}", self.name);
        connection.execute(AssertSqlSafe(path)).await.unwrap();
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Tell the database the time that the test wants.
    async fn set_clock(&self) {
        let ahead = self.ahead.load(Ordering::SeqCst);
        let base = match self.held.load(Ordering::SeqCst) {
            0 => "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint".to_owned(),
            held => format!("{held}::bigint"),
        };
        self.admin(&format!(
            "CREATE OR REPLACE FUNCTION now_us() RETURNS bigint LANGUAGE sql VOLATILE AS \
             $$ SELECT {base} + {ahead} $$"
        ))
        .await;
    }

    /// The owner's connection.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

/// Gone with its test, also when that panicked: the server may be one that stays. A thread of its
/// own, because a runtime may be at work on this one.
impl Drop for Schema {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await?;
                connection
                    .execute("SET lock_timeout = '5s'; SET client_min_messages = error")
                    .await?;
                let sql = format!("DROP SCHEMA IF EXISTS {name} CASCADE");
                connection.execute(AssertSqlSafe(sql)).await?;
                connection.close().await
            })
        });
        // A server that is gone needs no tidying, and a test that fails has its own reason.
        drop(dropped.join());
    }
}

#[async_trait]
impl StoreClock for Schema {
    async fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_micros()).unwrap();
        self.ahead.fetch_add(by, Ordering::SeqCst);
        self.set_clock().await;
    }

    async fn hold_still(&self) {
        let now = u64::try_from(self.now().await.micros()).unwrap();
        self.held.store(now - self.ahead.load(Ordering::SeqCst), Ordering::SeqCst);
        self.set_clock().await;
    }

    async fn now(&self) -> Timestamp {
        let sql = format!("SELECT {}.now_us()", self.name);
        let mut connection = self.connect().await;
        let row = connection.fetch_one(AssertSqlSafe(sql)).await.unwrap();
        Timestamp::from_micros(row.get(0))
    }
}

/// A fresh store, or `None` when there is no server to make it on.
pub async fn make() -> Option<Subject> {
    let test = std::thread::current().name().unwrap_or("postgres").to_owned();
    let schema = Schema::create(service::postgres_url(&test)?).await;
    let store = schema.open().await.store();
    Some(Subject::new(Arc::new(store), Arc::new(schema)))
}
