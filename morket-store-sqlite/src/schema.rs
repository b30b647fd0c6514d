//! SQLite's words for the shared schema, and what it adds to it.

use morket_store_sql::migrate::Dialect;

pub(crate) static DIALECT: Dialect = Dialect {
    words: &[
        ("{uuid}", "BLOB"),
        ("{bytes}", "BLOB"),
        ("{int}", "INTEGER"),
        ("{text}", "TEXT"),
        ("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
        ("{narrow}", " WITHOUT ROWID"),
    ],
    after_up,
    before_down,
    has_table: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_morket_migrations'",
};

/// Entries and audit rows never change, whoever asks.
fn after_up(number: u32) -> &'static [&'static str] {
    match number {
        1 => &[
            "CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'ledger entries never change'); END",
            "CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'ledger entries never go'); END",
            "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
                BEGIN SELECT RAISE(ABORT, 'audit rows never change'); END",
            "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
                BEGIN SELECT RAISE(ABORT, 'audit rows never go'); END",
        ],
        _ => &[],
    }
}

/// Dropping a table takes its triggers along.
fn before_down(_: u32) -> &'static [&'static str] {
    &[]
}
