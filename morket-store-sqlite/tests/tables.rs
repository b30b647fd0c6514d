//! The tables as the file's own catalogue has them, beside what is declared of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::FolderClock;
use morket_store_sql::{Kind, Table, tables};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::block_on;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Tables that are no tenant's: everybody's people, requests and names.
const NOBODYS: &[(&str, &str)] = &[
    ("names", "names of fields and providers, the same for everybody"),
    ("users", "a person may belong to many workspaces, or to none"),
    ("sessions", "a person's, whichever workspaces it works in"),
    ("refresh_tokens", "a session's"),
    ("login_attempts", "counted before anybody has signed in"),
    ("revoked_access", "an access token's own id"),
    ("idempotency_keys", "the scope is a text that names the workspace where there is one"),
    ("permits", "a vendor counts by key, and two workspaces may use one"),
];

/// Keys of tenants' tables without the tenant, and why nobody meets another's row by them.
const WITHOUT_TENANT: &[(&str, &str, &str)] = &[
    ("workspaces", "id", "the workspace's id is the tenant"),
    ("workspaces", "slug", "one name space of addresses: it leads to the tenant"),
    ("invitations", "token", "256 random bits, looked up before the tenant is known"),
    ("jobs", "no", "a number of the database's own; every look-up goes by workspace and id"),
    ("outbox", "seq", "the order of events over all; they are read by workspace or by the relay"),
    ("batches", "job_no, number", "the job's number comes from a look-up with the workspace"),
    ("job_records", "job_no, idx", "as above"),
    ("cells", "job_no, idx, field", "as above"),
    ("steps", "job_no, idx, field, provider", "as above"),
];

/// What the catalogue says of a table.
struct Found {
    columns: BTreeMap<String, String>,
    /// The primary key and every unique index.
    keys: BTreeSet<Vec<String>>,
}

/// The rows of a query of one column.
fn all(file: &Connection, sql: &str) -> Vec<String> {
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn table(file: &Connection, name: &str) -> Found {
    let mut statement =
        file.prepare(&format!("SELECT name, type FROM pragma_table_info('{name}')")).unwrap();
    let columns = statement.query_map([], |row| row.try_into()).unwrap();
    let columns = columns.collect::<Result<_, _>>().unwrap();
    let sql = format!("SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk");
    let mut keys = BTreeSet::from([all(file, &sql)]);
    let sql = format!("SELECT name FROM pragma_index_list('{name}') WHERE \"unique\" = 1");
    for index in all(file, &sql) {
        let sql = format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno");
        keys.insert(all(file, &sql));
    }
    Found { columns, keys }
}

/// Every table of a fresh file but that of the migrations.
async fn catalogue() -> BTreeMap<String, Found> {
    let home = FolderClock::new();
    let options = SqliteOptions::new(home.file()).volatile();
    let sqlite = Sqlite::open(options, home.clock()).await.unwrap();
    let file = Connection::open(home.file()).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
               AND name NOT LIKE 'sqlite_%' AND name <> '_morket_migrations'";
    let mut found = BTreeMap::new();
    for name in all(&file, sql) {
        let table = table(&file, &name);
        found.insert(name, table);
    }
    drop(file);
    sqlite.close().await;
    found
}

fn declared(table: &Table) -> BTreeMap<String, String> {
    let word = |kind| match kind {
        Kind::Int => "INTEGER",
        Kind::Text => "TEXT",
        Kind::Bytes | Kind::Uuid => "BLOB",
    };
    table.columns.iter().map(|(name, kind)| ((*name).to_owned(), word(*kind).to_owned())).collect()
}

#[test]
fn p280_no_table_and_no_column_is_forgotten() {
    // method: exhaustive
    block_on(async {
        let found = catalogue().await;
        let listed: BTreeMap<_, _> = tables().into_iter().map(|it| (it.name, it)).collect();
        assert_eq!(listed.len(), tables().len(), "no table is moved twice");
        assert_eq!(found.keys().collect::<Vec<_>>(), listed.keys().collect::<Vec<_>>());
        for (name, found) in found {
            let table = listed[name.as_str()];
            assert_eq!(found.columns, declared(table), "{name}");
            let key: Vec<_> = table.key.iter().map(|&column| column.to_owned()).collect();
            assert!(found.keys.contains(&key), "{name}: {key:?} is a key of it");
        }
    });
}

#[test]
fn p141_every_key_of_a_tenants_table_holds_the_workspace() {
    // method: exhaustive
    block_on(async {
        let found = catalogue().await;
        let (mut nobodys, mut without) = (BTreeSet::new(), BTreeSet::new());
        for (name, Found { columns, keys }) in &found {
            let tenants = name == "workspaces" || columns.contains_key("workspace_id");
            if !tenants {
                nobodys.insert(name.as_str());
                continue;
            }
            let key = |key: &Vec<String>| key.join(", ");
            let foreign =
                keys.iter().filter(|it| !it.iter().any(|column| column == "workspace_id"));
            without.extend(foreign.map(|it| (name.as_str(), key(it))));
        }
        assert_eq!(nobodys, NOBODYS.iter().map(|(name, _)| *name).collect());
        let listed = WITHOUT_TENANT.iter().map(|(name, key, _)| (*name, (*key).to_owned()));
        assert_eq!(without, listed.collect());
    });
}

#[test]
fn p141_every_declared_key_of_a_tenants_table_holds_the_workspace() {
    // method: exhaustive
    for table in tables() {
        let owned = table.columns.iter().any(|(name, _)| *name == "workspace_id");
        let excepted = WITHOUT_TENANT
            .iter()
            .any(|(name, key, _)| *name == table.name && *key == table.key.join(", "));
        let holds = table.key.contains(&"workspace_id");
        assert_eq!(holds, owned && !excepted, "{}: {:?}", table.name, table.key);
    }
}
