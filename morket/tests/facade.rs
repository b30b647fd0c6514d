//! The same services over every store: one walk, three builders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    Credits, ErrorKind, HoldId, Morket,
    ledger::LedgerExt,
    rbac::{Operation, Principal},
    vault::{KeyRing, MasterKey, NewCredential, NewValue},
};

/// What a newcomer does first.
async fn walk(mk: Morket) {
    let workspace = mk.create_workspace("Acme").prepaid().await.unwrap().id;
    let (ledger, hold) = (mk.store(), HoldId::new(mk.clock().now(), mk.rng().as_ref()));
    ledger.grant(workspace, "welcome".parse().unwrap(), Credits::whole(100)).await.unwrap();
    ledger.set_aside(workspace, hold, Credits::whole(10)).await.unwrap();
    ledger.capture(workspace, hold, "step".parse().unwrap(), Credits::whole(3)).await.unwrap();
    ledger.void(workspace, hold).await.unwrap();
    let account = ledger.account(workspace).await.unwrap();
    assert_eq!((account.balance, account.held), (Credits::whole(97), Credits::ZERO));
    assert_eq!(ledger.verify_chain(workspace).await.unwrap(), 2);

    let (master, access) = (MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap(), mk.access());
    let vault = mk.vault(KeyRing::new([(1, master)], 1, 1).unwrap());
    let put = access.allow(Principal::Embedder, workspace, Operation::PutCredential).await.unwrap();
    let value = NewValue { key: "sk_live_abcd1234".to_owned().into(), secret: None };
    let provider = "hunter".parse().unwrap();
    let new = NewCredential { provider, name: "Main".into(), value };
    let stored = vault.put(put, new).await.unwrap();
    assert!(!format!("{stored:?}").contains("sk_live"));
    let stranger = access.allow(Principal::Anonymous, workspace, Operation::ReadLedger).await;
    assert_eq!(stranger.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn in_memory() {
    walk(Morket::builder().memory().build().await.unwrap()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Morket::builder().sqlite(folder.path().join("morket.db"));
    walk(builder.build().await.unwrap()).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn on_postgres() {
    let Some(url) = morket_testkit::service::postgres_url("facade::on_postgres") else { return };
    let mut options = morket::postgres::PostgresOptions::new(url);
    options.schema = format!("facade_{}", std::process::id());
    options.allow_volatile = true;
    walk(Morket::builder().postgres_with(options).build().await.unwrap()).await;
}

#[tokio::test]
async fn without_a_store_nothing_is_built() {
    let refused = Morket::builder().build().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Validation);
    assert!(refused.message().contains(".memory()"), "{refused}");
}
