//! Moving from schema to schema as an ordinary user, and the tables as the catalogue has them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::Schema;
use morket_core::{
    ErrorKind,
    audit::{Action, NewAudit},
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_store_sql::{Kind, tables};
use morket_testkit::{Subject, block_on, equivalence, fresh, service};
use sqlx::{AssertSqlSafe, Executor, Row};
use std::{collections::BTreeMap, sync::Arc};

/// The schema for a test, or `None` where there is no server.
async fn schema() -> Option<Schema> {
    let test = std::thread::current().name().unwrap_or("moving").to_owned();
    Some(Schema::create(service::postgres_url(&test)?).await)
}

#[test]
fn p280_a_schema_moves_into_another_schema() {
    // method: property
    block_on(async {
        let (Some(from), Some(to)) = (schema().await, schema().await) else { return };
        let (source, target) = (from.open().await, to.open().await);
        assert!(source.is_guarded() && target.is_guarded());
        let subject = Subject::new(Arc::new(source.store()), Arc::new(from));
        equivalence::populate(&subject, 6).await;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let exported = source.store().export(&mut first).await.unwrap();
        let moved = target.store().import(&first[..]).await.unwrap();
        assert_eq!(moved.rows, exported.rows);
        assert!(moved.verified >= 12, "two workspaces of every sequence: {moved:?}");
        target.store().export(&mut second).await.unwrap();
        assert!(first == second, "the same bytes come out again");
        // The database goes on numbering behind the rows that were moved.
        let subject = Subject::new(Arc::new(target.store()), Arc::new(to));
        equivalence::populate(&subject, 3).await;
    });
}

#[test]
fn p280_a_store_that_is_not_empty_is_left_alone() {
    // method: property
    block_on(async {
        let (Some(from), Some(to)) = (schema().await, schema().await) else { return };
        let (source, target) = (from.open().await.store(), to.open().await.store());
        let mut export = Vec::new();
        source.export(&mut export).await.unwrap();
        let audit = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
        let new = NewWorkspace::embedded(fresh(), "Here first");
        let here = target.create_workspace(new, audit).await.unwrap();
        let refused = target.import(&export[..]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
        assert_eq!(target.workspace(here.id).await.unwrap(), here);
    });
}

#[test]
fn p280_no_table_and_no_column_is_forgotten() {
    // method: exhaustive
    block_on(async {
        let Some(schema) = schema().await else { return };
        let sql = format!(
            "SELECT table_name::text, column_name::text, data_type::text \
             FROM information_schema.columns \
             WHERE table_schema = '{}' AND table_name <> '_morket_migrations'",
            schema.name
        );
        let mut connection = schema.connect().await;
        let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in connection.fetch_all(AssertSqlSafe(sql)).await.unwrap() {
            found.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
        }
        let word = |kind| match kind {
            Kind::Int => "bigint",
            Kind::Text => "text",
            Kind::Bytes => "bytea",
            Kind::Uuid => "uuid",
        };
        let declared = tables().into_iter().map(|table| {
            let columns = table.columns.iter();
            let columns = columns.map(|(name, kind)| ((*name).to_owned(), word(*kind).to_owned()));
            (table.name.to_owned(), columns.collect())
        });
        assert_eq!(found, declared.collect());
    });
}
