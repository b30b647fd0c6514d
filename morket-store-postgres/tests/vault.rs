//! The backstop under the vault: what row-level security leaves a statement that forgot its tenant.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::Schema;
use morket_core::{
    Store, WorkspaceId,
    audit::{Action, NewAudit},
    name::FieldName,
    vault::{Purpose, SealedCredential, SealedField, SealedValue, WrappedKey},
    workspace::NewWorkspace,
};
use morket_testkit::{block_on, fresh, service};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::sync::Arc;

const TABLES: [&str; 3] = ["workspace_keys", "credentials", "credential_uses"];

/// A workspace with one row in each of the vault's tables.
async fn furnished(store: &dyn Store) -> WorkspaceId {
    let audit = |action| NewAudit { actor: None, action, object: None };
    let new = NewWorkspace::embedded(fresh(), "Guarded");
    let workspace = store.create_workspace(new, audit(Action::WorkspaceCreated)).await.unwrap().id;
    let (purpose, sealed) = (Purpose::Credentials, vec![1; 61]);
    let key = WrappedKey { workspace, purpose, version: 1, master_version: 1, sealed };
    store.put_data_key(workspace, key).await.unwrap();
    let fields =
        vec![SealedField { name: FieldName::new("api_key").unwrap(), sealed: vec![2; 40] }];
    let credential = SealedCredential {
        id: fresh(),
        provider: "hunter".parse().unwrap(),
        name: "Main".into(),
        value: SealedValue { fields, data_key_version: 1, mask: "••••".into() },
        created_by: None,
    };
    let id = credential.id;
    let created = audit(Action::CredentialCreated);
    store.put_credential(workspace, credential, Arc::new(|_| Ok(())), created).await.unwrap();
    let read = audit(Action::CredentialRead);
    store.use_credential(workspace, id, Some(fresh()), read).await.unwrap();
    workspace
}

/// How many rows of a table this role sees, for this tenant or none.
async fn seen(connection: &mut PgConnection, role: &str, tenant: &str, table: &str) -> i64 {
    connection.execute("BEGIN").await.unwrap();
    let set = format!("SET LOCAL ROLE {role}; SET LOCAL morket.workspace = '{tenant}'");
    connection.execute(AssertSqlSafe(set)).await.unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    let count = connection.fetch_one(AssertSqlSafe(sql)).await.unwrap().get(0);
    connection.execute("ROLLBACK").await.unwrap();
    count
}

#[test]
fn p138_without_a_tenant_the_vault_is_empty() {
    // method: exhaustive
    let Some(url) = service::postgres_url("vault::p138_without_a_tenant_the_vault_is_empty") else {
        return;
    };
    block_on(async {
        let schema = Schema::create(url).await;
        let store = schema.open().await.store();
        let (ours, _) = (furnished(&store).await, furnished(&store).await);
        let mut connection = schema.connect().await;
        let path = format!("SET search_path TO {}", schema.name);
        connection.execute(AssertSqlSafe(path)).await.unwrap();
        for table in TABLES {
            assert_eq!(seen(&mut connection, "morket_app", "", table).await, 0, "{table}");
            let other = fresh::<WorkspaceId>().to_string();
            assert_eq!(seen(&mut connection, "morket_app", &other, table).await, 0, "{table}");
            let ours = ours.to_string();
            assert_eq!(seen(&mut connection, "morket_app", &ours, table).await, 1, "{table}");
            assert_eq!(seen(&mut connection, "morket_system", "", table).await, 2, "{table}");
        }
        connection.close().await.unwrap();
    });
}
