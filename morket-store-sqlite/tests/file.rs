//! What a file promises beyond the ports: durability, migrations, backups, full disks, tampering.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::FolderClock;
use futures::FutureExt;
use morket_core::{
    Credits, ErrorKind, Store, WorkspaceId,
    audit::{Action, NewAudit},
    ledger::{LedgerExt, LedgerStore},
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_store_sql::migrate;
use morket_store_sqlite::{Sqlite, SqliteOptions, Synchronous, restore};
use morket_testkit::{block_on, fresh};
use rusqlite::Connection;
use std::path::Path;

async fn open(home: &FolderClock) -> Sqlite {
    Sqlite::open(SqliteOptions::new(home.file()).volatile(), home.clock()).await.unwrap()
}

fn raw(file: &Path) -> Connection {
    Connection::open(file).unwrap()
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

#[test]
fn p282_a_forgetful_setting_is_refused_unless_allowed() {
    // method: exhaustive
    block_on(async {
        for (synchronous, durable) in
            [(Synchronous::Full, true), (Synchronous::Normal, false), (Synchronous::Off, false)]
        {
            let home = FolderClock::new();
            let mut options = SqliteOptions::new(home.file());
            options.synchronous = synchronous;
            let opened = Sqlite::open(options.clone(), home.clock()).await;
            assert_eq!(opened.is_ok(), durable, "{synchronous:?}");
            if let Err(error) = opened {
                assert_eq!(error.kind(), ErrorKind::NotDurable);
                options.allow_volatile = true;
                assert!(Sqlite::open(options, home.clock()).await.is_ok(), "{synchronous:?}");
            }
        }
    });
}

#[test]
fn a_store_in_memory_is_no_file() {
    block_on(async {
        for path in ["", ":memory:"] {
            let home = FolderClock::new();
            let refused = Sqlite::open(SqliteOptions::new(path), home.clock()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Validation, "{path}");
        }
    });
}

#[test]
fn p048_entries_and_audit_rows_refuse_every_change() {
    // method: exhaustive
    block_on(async {
        let home = FolderClock::new();
        let sqlite = open(&home).await;
        let workspace = furnished(&sqlite.store()).await;
        let connection = raw(&home.file());
        for table in ["ledger_entries", "audit_log"] {
            for sql in [format!("UPDATE {table} SET at = 0"), format!("DELETE FROM {table}")] {
                assert!(connection.execute(&sql, []).is_err(), "{sql}");
            }
        }
        assert_eq!(sqlite.store().verify_chain(workspace).await.unwrap(), 3);
    });
}

#[test]
fn p056_every_changed_column_and_missing_entry_is_found() {
    // method: exhaustive
    block_on(async {
        let changes = [
            "UPDATE ledger_entries SET amount = amount + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET balance_after = balance_after + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET key = 'other' WHERE seq = 2",
            "UPDATE ledger_entries SET kind = 2 WHERE seq = 2",
            "UPDATE ledger_entries SET contra = 3 WHERE seq = 2",
            "UPDATE ledger_entries SET at = at + 1 WHERE seq = 2",
            "UPDATE ledger_entries SET of_key = 'one' WHERE seq = 2",
            "UPDATE ledger_entries SET hold_id = x'00112233445566778899aabbccddeeff' WHERE seq = 2",
            "UPDATE ledger_entries SET prev = zeroblob(32) WHERE seq = 2",
            "UPDATE ledger_entries SET hash = zeroblob(32) WHERE seq = 2",
            "DELETE FROM ledger_entries WHERE seq = 1",
            "DELETE FROM ledger_entries WHERE seq = 2",
            "DELETE FROM ledger_entries WHERE seq = 3",
            "UPDATE accounts SET balance = balance + 1",
            "UPDATE accounts SET head = zeroblob(32)",
            "UPDATE accounts SET seq = seq + 1",
        ];
        for change in changes {
            let home = FolderClock::new();
            let sqlite = open(&home).await;
            let workspace = furnished(&sqlite.store()).await;
            let connection = raw(&home.file());
            for trigger in ["ledger_entries_no_update", "ledger_entries_no_delete"] {
                connection.execute(&format!("DROP TRIGGER {trigger}"), []).unwrap();
            }
            connection.execute(change, []).unwrap();
            let found = sqlite.store().verify_chain(workspace).await.unwrap_err();
            assert_eq!(found.kind(), ErrorKind::Tampered, "{change}");
        }
    });
}

#[test]
fn p279_up_again_does_nothing_and_down_comes_back() {
    // method: exhaustive
    block_on(async {
        for from in 0..=migrate::latest() {
            let home = FolderClock::new();
            let mut options = SqliteOptions::new(home.file()).volatile();
            options.migrate_to = from;
            let partial = Sqlite::open(options, home.clock()).await;
            assert_eq!(partial.is_ok(), from == migrate::latest(), "stops at {from}");
            drop(partial);
            let whole = open(&home).await;
            let schema = schema_of(&home.file());
            whole.migrate_down(from, false).await.unwrap();
            whole.close().await;
            let again = open(&home).await;
            assert_eq!(schema_of(&home.file()), schema, "down to {from} and up");
            again.close().await;
        }
    });
}

fn schema_of(file: &Path) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name";
    let connection = raw(file);
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_ledger_that_holds_anything_is_dropped_only_when_told() {
    block_on(async {
        let home = FolderClock::new();
        let sqlite = open(&home).await;
        furnished(&sqlite.store()).await;
        let refused = sqlite.migrate_down(0, false).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        sqlite.migrate_down(0, true).await.unwrap();
    });
}

#[test]
fn an_older_release_refuses_a_newer_schema_by_name() {
    block_on(async {
        let home = FolderClock::new();
        open(&home).await.close().await;
        let newer = "INSERT INTO _morket_migrations VALUES (99, 'from_the_future', 0)";
        raw(&home.file()).execute(newer, []).unwrap();
        let options = SqliteOptions::new(home.file()).volatile();
        let refused = Sqlite::open(options, home.clock()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SchemaMismatch);
        assert!(refused.message().contains("from_the_future"), "{refused}");
    });
}

#[test]
fn a_backup_taken_while_others_write_is_whole() {
    block_on(async {
        let home = FolderClock::new();
        let sqlite = open(&home).await;
        let store = sqlite.store();
        let workspace = furnished(&store).await;
        let writer = tokio::spawn(async move {
            for number in 0..500 {
                let key = format!("while-{number}").parse().unwrap();
                store.grant(workspace, key, Credits(1)).await.unwrap();
            }
        });
        // What means something in an address means nothing in a name.
        let copy = home.file().with_file_name("a copy?of=100%41#.db");
        sqlite.backup(&copy).await.unwrap();
        writer.await.unwrap();
        let refused = sqlite.backup(&copy).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation, "a backup never overwrites");

        let refused = restore(&copy, home.file()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation, "a database stands there");
        let place = home.file().with_file_name("restored.db");
        restore(&copy, &place).await.unwrap();
        let options = SqliteOptions::new(place).volatile();
        let restored = Sqlite::open(options, home.clock()).await.unwrap().store();
        let entries = restored.verify_chain(workspace).await.unwrap();
        assert!((3..=503).contains(&entries), "{entries}");
    });
}

/// A runner that claims another batch, or looks at its job, drives none of those it runs meanwhile.
#[test]
fn readers_that_nobody_drives_keep_nobody_waiting() {
    block_on(async {
        let home = FolderClock::new();
        let mut options = SqliteOptions::new(home.file()).volatile();
        options.readers = 2;
        let sqlite = Sqlite::open(options, home.clock()).await;
        let store = sqlite.unwrap().store();
        let workspace = furnished(&store).await;
        let begun = (0..2).map(|_| Box::pin(store.workspace(workspace)));
        let mut left = Vec::new();
        for mut reader in begun {
            // One whose thread was quick is over already: on a busy machine that happens.
            match reader.as_mut().now_or_never() {
                Some(read) => drop(read.unwrap()),
                None => left.push(reader),
            }
        }
        store.workspace(workspace).await.expect("somebody else reads meanwhile");
        for reader in left {
            reader.await.unwrap();
        }
    });
}

#[test]
fn a_damaged_backup_is_not_restored() {
    block_on(async {
        let home = FolderClock::new();
        let copy = home.file().with_file_name("copy.db");
        std::fs::write(&copy, "no database at all, but long enough to be read as one".repeat(99))
            .unwrap();
        let refused = restore(&copy, home.file()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Tampered);
        assert!(!home.file().exists());
    });
}

/// Write until the file may grow no more; what was acknowledged is there, and it goes on by itself
/// when there is room again.
#[test]
fn a_full_disk_is_unavailable_and_then_over() {
    block_on(async {
        let home = FolderClock::new();
        let sqlite = open(&home).await;
        let store = sqlite.store();
        let workspace = furnished(&store).await;
        let pages = "PRAGMA page_count";
        let pages: i64 = raw(&home.file()).query_row(pages, [], |row| row.get(0)).unwrap();
        sqlite.limit_pages(Some(pages + 40)).await.unwrap();
        let (mut acknowledged, mut refused) = (3_u64, None);
        for number in 0..10_000 {
            let key = format!("until-full-{number}").parse().unwrap();
            match store.grant(workspace, key, Credits(1)).await {
                Ok(_) => acknowledged += 1,
                Err(error) => {
                    refused = Some(error.kind());
                    break;
                }
            }
        }
        assert_eq!(refused, Some(ErrorKind::StoreUnavailable));
        assert_eq!(store.verify_chain(workspace).await.unwrap(), acknowledged, "nothing by halves");
        sqlite.limit_pages(None).await.unwrap();
        store.grant(workspace, "room-again".parse().unwrap(), Credits(1)).await.unwrap();
        assert_eq!(store.verify_chain(workspace).await.unwrap(), acknowledged + 1);
    });
}

#[test]
fn p281_another_process_writing_is_waited_for() {
    // method: race
    block_on(async {
        let home = FolderClock::new();
        let (one, two) = (open(&home).await, open(&home).await);
        let workspace = furnished(&one.store()).await;
        let writers = [one.store(), two.store()].map(|store| {
            tokio::spawn(async move {
                for number in 0..100 {
                    let key = format!("{:?}-{number}", std::thread::current().id());
                    let key = key.replace(['(', ')'], "-").parse().unwrap();
                    // The same key from both is one movement.
                    store.grant(workspace, key, Credits(1)).await.unwrap();
                }
            })
        });
        for writer in writers {
            writer.await.unwrap();
        }
        let entries = two.store().verify_chain(workspace).await.unwrap();
        let balance = one.store().account(workspace).await.unwrap().balance;
        assert_eq!(balance, Credits(21 + i64::try_from(entries).unwrap() - 3));
    });
}

#[test]
fn p285_closing_keeps_what_was_acknowledged_and_refuses_the_rest() {
    // method: race
    block_on(async {
        let home = FolderClock::new();
        let sqlite = open(&home).await;
        let store = sqlite.store();
        let workspace = furnished(&store).await;
        let tasks: Vec<_> = (0..200)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let key = format!("closing-{number}").parse().unwrap();
                    store.grant(workspace, key, Credits(1)).await.map(drop)
                })
            })
            .collect();
        sqlite.close().await;
        let mut acknowledged = 3;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => acknowledged += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::StoreUnavailable),
            }
        }
        let again = open(&home).await.store();
        assert!(again.verify_chain(workspace).await.unwrap() >= acknowledged);
    });
}
