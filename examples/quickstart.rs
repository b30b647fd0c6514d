//! A first look: credits that are set aside, spent and given back; a vendor's key that rests
//! sealed; all of it in one SQLite file that is gone when the example ends.
#![allow(clippy::print_stdout, reason = "an example's output is its product")]

use anyhow::{Result, ensure};
use morket::{
    Access, Credits, HoldId, Morket, WorkspaceId,
    ledger::{Account, LedgerExt},
    rbac::{Operation, Principal},
    vault::{KeyRing, MasterKey, NewCredential, NewValue, Vault},
};

/// In a program of yours it comes from the environment, and is in no repository.
const MASTER_KEY: &str = "7d8f3c2a91b04e65a8c1f0d92b7e4436c59a08d1e3f7264b9d50c8a71e6f3b02";

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mk = Morket::builder().sqlite(folder.path().join("morket.db")).build().await?;
    let workspace = mk.create_workspace("Acme").prepaid().await?;
    println!("Workspace {} at /{}, in one SQLite file.\n", workspace.name, workspace.slug);

    credits(&mk, workspace.id).await?;
    credential(&mk, workspace.id).await?;

    let entries = mk.store().verify_chain(workspace.id).await?;
    println!("\nChain verified: {entries} entries, each covers the one before it.");
    Ok(())
}

/// 100 credits come in, 10 are set aside for a batch, 3 are spent, 7 are free again.
async fn credits(mk: &Morket, workspace: WorkspaceId) -> Result<()> {
    let ledger = mk.store();
    let hold = HoldId::new(mk.clock().now(), mk.rng().as_ref());
    println!("{:<32}{:>9}{:>7}{:>11}", "Step", "balance", "held", "available");

    ledger.grant(workspace, "welcome".parse()?, Credits::whole(100)).await?;
    print_line("grant 100", &ledger.account(workspace).await?);

    ledger.set_aside(workspace, hold, Credits::whole(10)).await?;
    print_line("hold 10 for a batch", &ledger.account(workspace).await?);

    ledger.capture(workspace, hold, "job-1:0:email:hunter".parse()?, Credits::whole(3)).await?;
    print_line("capture 3 for an answer", &ledger.account(workspace).await?);

    ledger.void(workspace, hold).await?;
    print_line("void the rest", &ledger.account(workspace).await?);

    println!("\nEntries (a hold is none: it moves no credits)");
    for entry in ledger.statement(workspace, None, Default::default()).await?.rows {
        let kind = format!("{:?}", entry.kind).to_lowercase();
        let amount = entry.amount.to_string();
        println!("{:>3}  {kind:<9}{:<22}{amount:>6}", entry.seq, entry.key.as_str());
    }
    Ok(())
}

fn print_line(step: &str, account: &Account) {
    let Account { balance, held, .. } = account;
    let [balance, held, available] =
        [*balance, *held, account.available()].map(|it| it.to_string());
    println!("{step:<32}{balance:>9}{held:>7}{available:>11}");
}

/// Store a vendor's key. It rests sealed; a listing shows a mask, and each opening is on record.
async fn credential(mk: &Morket, workspace: WorkspaceId) -> Result<()> {
    let ring = KeyRing::new([(1, MasterKey::parse(MASTER_KEY)?)], 1, 1)?;
    let (store, clock, rng) = (mk.store().clone(), mk.clock().clone(), mk.rng().clone());
    let vault = Vault::new(store.clone(), ring, clock, rng);
    let access = Access::new(store);
    let may = |operation| access.allow(Principal::Embedder, workspace, operation);

    let api_key = "sk_live_51HxQabcd1234";
    let (provider, value) = ("hunter".parse()?, NewValue::key(api_key));
    let new = NewCredential { provider, name: "Main".into(), value };
    let stored = vault.put(may(Operation::PutCredential).await?, new).await?;
    println!("\nCredential {} of {}: {}", stored.name, stored.provider, stored.mask);

    let opened = vault.open(may(Operation::UseCredential).await?, stored.id, None).await?;
    ensure!(opened.key.same_as(api_key.as_bytes()), "it should open to what was stored");
    println!("  opened: the same key, and it prints as {}", opened.key);

    let log = mk.store().audit_log(workspace, None, Default::default()).await?;
    let actions: Vec<_> = log.rows.iter().map(|row| row.audit.action.code()).collect();
    println!("  audit log: {}", actions.join(", "));
    Ok(())
}
