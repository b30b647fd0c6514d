//! What a server promises beyond the ports: row-level security, durability, migrations, tampering,
//! lost connections, and being told when there is work.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::Schema;
use morket_core::{
    Credits, ErrorKind, JobId, Store, WorkspaceId,
    audit::{Action, NewAudit},
    job::{Dispatch, JobStore, NewJob},
    ledger::{LedgerExt, LedgerStore},
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_store_postgres::Postgres;
use morket_store_sql::migrate;
use morket_testkit::{block_on, fresh, service};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

/// The schema for a test, or `None` where there is no server.
async fn schema() -> Option<Schema> {
    let test = std::thread::current().name().unwrap_or("server").to_owned();
    Some(Schema::create(service::postgres_url(&test)?).await)
}

/// A workspace with three entries in its ledger.
async fn furnished(store: &dyn Store) -> WorkspaceId {
    let audit = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
    let new = NewWorkspace::embedded(fresh(), "Kept").prepaid();
    let workspace = store.create_workspace(new, audit).await.unwrap().id;
    for key in ["one", "two", "three"] {
        store.grant(workspace, key.parse().unwrap(), Credits(7)).await.unwrap();
    }
    workspace
}

/// A sealed job of one record.
async fn job(store: &dyn Store, workspace: WorkspaceId) -> JobId {
    let id = fresh();
    let new = NewJob {
        id,
        name: None,
        plan: serde_json::json!({}),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    };
    store.open_job(workspace, new).await.unwrap();
    store.append_records(workspace, id, 0, vec![serde_json::json!({})]).await.unwrap();
    store.seal_job(workspace, id, 1).await.unwrap();
    id
}

/// The tables with a tenant, by the catalogue.
async fn guarded(connection: &mut PgConnection, schema: &str) -> Vec<String> {
    let sql = format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace \
         AND relrowsecurity AND relforcerowsecurity ORDER BY 1"
    );
    let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[test]
fn p138_without_a_tenant_there_are_no_rows() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let store = schema.open().await.store();
        let workspace = furnished(&store).await;
        job(&store, workspace).await;
        let mut connection = schema.connect().await;
        let tables = guarded(&mut connection, &schema.name).await;
        assert!(tables.len() >= 20, "every table with a tenant is guarded: {tables:?}");
        let mut filled = 0;
        for table in tables {
            let mut seen = Vec::new();
            let other = uuid::Uuid::from_u128(7).to_string();
            for tenant in [workspace.to_string(), String::new(), other] {
                let mut tx = connection.begin().await.unwrap();
                let set = format!(
                    "SET LOCAL search_path TO {}; SET LOCAL ROLE morket_app; \
                     SET LOCAL morket.workspace = '{tenant}'",
                    schema.name
                );
                tx.execute(AssertSqlSafe(set)).await.unwrap();
                let sql = format!("SELECT count(*) FROM {table}");
                seen.push(tx.fetch_one(AssertSqlSafe(sql)).await.unwrap().get::<i64, _>(0));
            }
            assert_eq!(seen[1..], [0, 0], "{table}: without a tenant, and of another");
            filled += i64::from(seen[0] > 0);
        }
        assert!(filled >= 6, "the tables were not empty: {filled}");
    });
}

#[test]
fn p048_entries_and_audit_rows_refuse_every_change() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let store = schema.open().await.store();
        let workspace = furnished(&store).await;
        let mut connection = schema.connect().await;
        for role in ["morket_app", "morket_system", "NONE"] {
            for table in ["ledger_entries", "audit_log"] {
                for sql in [
                    format!("UPDATE {table} SET at = 0"),
                    format!("DELETE FROM {table}"),
                    format!("TRUNCATE {table}"),
                ] {
                    let mut tx = connection.begin().await.unwrap();
                    let set = format!(
                        "SET LOCAL search_path TO {}; SET LOCAL ROLE {role}; \
                         SET LOCAL morket.workspace = '{workspace}'",
                        schema.name
                    );
                    tx.execute(AssertSqlSafe(set)).await.unwrap();
                    let refused = tx.execute(AssertSqlSafe(sql.clone())).await.unwrap_err();
                    let state = refused.as_database_error().unwrap().code().unwrap().into_owned();
                    assert_eq!(state, "42501", "{role}: {sql}");
                }
            }
        }
        assert_eq!(store.verify_chain(workspace).await.unwrap(), 3);
    });
}

#[test]
fn p056_every_changed_column_and_missing_entry_is_found() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let store = schema.open().await.store();
        schema.admin("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_stay").await;
        let changes = [
            "UPDATE ledger_entries SET amount = amount + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET balance_after = balance_after + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET key = 'other' WHERE seq = 2",
            "UPDATE ledger_entries SET kind = 2 WHERE seq = 2",
            "UPDATE ledger_entries SET contra = 3 WHERE seq = 2",
            "UPDATE ledger_entries SET at = at + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET of_key = 'one' WHERE seq = 2",
            "UPDATE ledger_entries SET hold_id = gen_random_uuid() WHERE seq = 2",
            "UPDATE ledger_entries SET prev = sha256('x') WHERE seq = 2",
            "UPDATE ledger_entries SET hash = sha256('x') WHERE seq = 2",
            "DELETE FROM ledger_entries WHERE seq = 1",
            "DELETE FROM ledger_entries WHERE seq = 2",
            "DELETE FROM ledger_entries WHERE seq = 3",
            "UPDATE accounts SET balance = balance + 1",
            "UPDATE accounts SET head = sha256('x')",
            "UPDATE accounts SET seq = seq + 1",
        ];
        for change in changes {
            let workspace = furnished(&store).await;
            schema.admin(change).await;
            let found = store.verify_chain(workspace).await.unwrap_err();
            assert_eq!(found.kind(), ErrorKind::Tampered, "{change}");
        }
    });
}

#[test]
fn p282_a_forgetful_server_is_refused_unless_allowed() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        let mut connection = schema.connect().await;
        let fsync = connection.fetch_one("SHOW fsync").await.unwrap().get::<String, _>(0);
        let mut options = schema.options();
        options.allow_volatile = false;
        // The suites' server may be forgetful itself; where it is not, one session of it is.
        if fsync == "on" {
            let url = format!("{}?options=-c%20synchronous_commit%3Doff", options.url.expose());
            options.url = url.into();
        }
        let refused = Postgres::open(options.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotDurable);
        options.allow_volatile = true;
        assert!(Postgres::open(options).await.is_ok());
    });
}

#[test]
fn p279_up_again_does_nothing_and_down_comes_back() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let whole = columns(&schema).await;
        for to in (0..=migrate::latest()).rev() {
            let owner = Postgres::open(schema.options()).await.unwrap();
            assert_eq!(columns(&schema).await, whole, "up again from {to}");
            owner.migrate_down(to, false).await.unwrap();
            owner.close().await;
        }
        Postgres::open(schema.options()).await.unwrap();
        assert_eq!(columns(&schema).await, whole);
    });
}

/// The server's own collation may be any: a case that lists names would not show it here.
#[test]
fn p278_every_text_is_compared_by_bytes() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let sql = format!(
            "SELECT table_name || '.' || column_name, collation_name \
             FROM information_schema.columns WHERE table_schema = '{}' AND data_type = 'text'",
            schema.name
        );
        let rows = schema.connect().await.fetch_all(AssertSqlSafe(sql)).await.unwrap();
        assert!(rows.len() > 10, "the schema has texts");
        for row in rows {
            let (column, collation): (String, Option<String>) = (row.get(0), row.get(1));
            assert_eq!(collation.as_deref(), Some("C"), "{column}");
        }
    });
}

async fn columns(schema: &Schema) -> Vec<String> {
    let sql = format!(
        "SELECT table_name || '.' || column_name || ' ' || data_type \
         FROM information_schema.columns WHERE table_schema = '{}' ORDER BY 1",
        schema.name
    );
    let rows = schema.connect().await.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_ledger_that_holds_anything_is_dropped_only_when_told() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        let owner = Postgres::open(schema.options()).await.unwrap();
        furnished(&owner.store()).await;
        let refused = owner.migrate_down(0, false).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        owner.migrate_down(0, true).await.unwrap();
    });
}

#[test]
fn an_older_release_refuses_a_newer_schema_by_name() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        schema.admin("INSERT INTO _morket_migrations VALUES (99, 'from_the_future', 0)").await;
        let refused = Postgres::open(schema.options()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
        assert!(refused.message().contains("from_the_future"), "{refused}");
    });
}

#[test]
fn a_url_that_cannot_be_read_is_not_repeated() {
    block_on(async {
        let options = morket_store_postgres::PostgresOptions::new("postgres://u:hunter2@[bad");
        let refused = Postgres::open(options.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
        assert!(!format!("{refused:?} {options:?}").contains("hunter2"));
    });
}

/// Connections that the server ends in the middle of everything cost a retry, never an entry.
#[test]
fn p062_lost_connections_leave_one_entry_per_key() {
    // method: crash
    block_on(async {
        let Some(schema) = schema().await else { return };
        let store = schema.open().await.store();
        let workspace = furnished(&store).await;
        let (mut acknowledged, mut lost) = (3_u64, 0);
        for round in 0..30 {
            let tasks: Vec<_> = (0..8)
                .map(|task| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        let key = format!("round-{round}-{task}");
                        let mut lost = 0;
                        while let Err(error) =
                            store.grant(workspace, key.parse().unwrap(), Credits(1)).await
                        {
                            assert_eq!(error.kind(), ErrorKind::StoreUnavailable, "{error:?}");
                            lost += 1;
                        }
                        lost
                    })
                })
                .collect();
            schema
                .admin(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE application_name = current_schema() AND query LIKE '%ledger_entries%'",
                )
                .await;
            for task in tasks {
                lost += task.await.unwrap();
                acknowledged += 1;
            }
        }
        assert_eq!(store.verify_chain(workspace).await.unwrap(), acknowledged, "{lost} were lost");
    });
}

#[test]
fn a_listener_is_told_that_a_job_was_sealed() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        let postgres = schema.open().await;
        let mut wakeups = postgres.wakeups().await.unwrap();
        let workspace = furnished(&postgres.store()).await;
        let job = job(&postgres.store(), workspace).await;
        wakeups.next().await.unwrap();
        postgres.store().cancel_job(workspace, job).await.unwrap();
        wakeups.next().await.unwrap();
    });
}

#[test]
fn a_member_of_the_roles_is_guarded() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        assert!(schema.open().await.is_guarded());
    });
}

/// Two processes share one database: what one writes the other reads.
#[test]
fn two_processes_see_each_other() {
    block_on(async {
        let Some(schema) = schema().await else { return };
        let (one, two) = (schema.open().await.store(), schema.open().await.store());
        let workspace = furnished(&one).await;
        assert_eq!(two.account(workspace).await.unwrap().balance, Credits(21));
        two.grant(workspace, "four".parse().unwrap(), Credits(1)).await.unwrap();
        assert_eq!(one.workspace(workspace).await.unwrap().name, "Kept");
        assert_eq!(one.account(workspace).await.unwrap().balance, Credits(22));
    });
}
