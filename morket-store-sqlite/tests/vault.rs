//! What the vault leaves on disk: never a value, and after a deletion not the key that opens it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Access, Clock, ErrorKind, JobId, Secret, Store, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    rbac::{Operation, Principal},
    rng::random,
    vault::{KeyRing, MasterKey, NewCredential, NewValue, Purpose, Vault},
    workspace::NewWorkspace,
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{ManualClock, SeededRng, block_on, fresh};
use std::{fs, path::Path, sync::Arc};

const CANARIES: [&str; 2] = ["canary-yellow-wing-7f3a", "canary-second-half-91cc"];

/// A store in a folder, and a vault over it.
struct House {
    sqlite: Sqlite,
    store: Arc<dyn Store>,
    vault: Vault,
}

impl House {
    async fn open(folder: &Path) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_micros(1_795 << 40)));
        let options = SqliteOptions::new(folder.join("morket.db"));
        let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(sqlite.store());
        let master = MasterKey::from_bytes(&random::<32>(&SeededRng::new(1))).unwrap();
        let ring = KeyRing::new([(1, master)], 1, 1).unwrap();
        let vault = Vault::new(store.clone(), ring, clock, Arc::new(SeededRng::new(2)));
        Self { sqlite, store, vault }
    }

    async fn workspace(&self) -> WorkspaceId {
        let created = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
        let new = NewWorkspace::embedded(fresh(), "House");
        self.store.create_workspace(new, created).await.unwrap().id
    }

    async fn may(
        &self,
        workspace: WorkspaceId,
        operation: Operation,
    ) -> morket_core::rbac::Allowed {
        let access = Access::new(self.store.clone());
        access.allow(Principal::Embedder, workspace, operation).await.unwrap()
    }
}

/// How often the bytes are in any file of the folder.
fn hits(folder: &Path, bytes: &[u8]) -> usize {
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.map(|file| file.windows(bytes.len()).filter(|it| *it == bytes).count()).sum()
}

#[test]
fn p096_no_value_is_in_any_file() {
    // method: exhaustive
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(folder.path()).await;
        let workspace = house.workspace().await;
        let [key, secret] = CANARIES.map(|it| Secret::new(it.to_owned()));
        let value = NewValue { key, secret: Some(secret) };
        let name = "a name that is there in the clear".to_owned();
        let new = NewCredential { provider: "hunter".parse().unwrap(), name, value };
        let put = house.may(workspace, Operation::PutCredential).await;
        let id = house.vault.put(put, new.clone()).await.unwrap().id;
        house.vault.replace(put, id, new.value.clone()).await.unwrap();
        let open = house.may(workspace, Operation::UseCredential).await;
        let job: JobId = fresh();
        let opened = house.vault.open(open, id, Some(job)).await.unwrap();
        assert_eq!(opened.key.expose(), CANARIES[0]);
        for ended in [false, true] {
            if ended {
                house.sqlite.close().await;
            }
            assert!(hits(folder.path(), new.name.as_bytes()) > 0, "the search finds what is there");
            for canary in CANARIES {
                for window in canary.as_bytes().windows(9) {
                    assert_eq!(hits(folder.path(), window), 0, "ended: {ended}");
                }
            }
        }
    });
}

#[test]
fn p099_a_deleted_data_key_is_in_no_file() {
    // method: exhaustive
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(folder.path()).await;
        let (gone, stays) = (house.workspace().await, house.workspace().await);
        let mut wrapped = Vec::new();
        for workspace in [gone, stays] {
            for number in 0..20 {
                let value = NewValue::key(format!("key {number}").repeat(number * 40 + 1));
                let (provider, name) = ("hunter".parse().unwrap(), "Main".to_owned());
                let put = house.may(workspace, Operation::PutCredential).await;
                house.vault.put(put, NewCredential { provider, name, value }).await.unwrap();
            }
            let key = house.store.data_key(workspace, Purpose::Credentials, None).await.unwrap();
            wrapped.push(key.unwrap().sealed);
        }
        assert!(hits(folder.path(), &wrapped[0]) > 0, "the search finds what is there");
        let deleted = NewAudit { actor: None, action: Action::WorkspaceDeleted, object: None };
        house.store.delete_workspace(gone, deleted).await.unwrap();
        let again = house.store.data_key(gone, Purpose::Credentials, None).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::NotFound);
        house.sqlite.close().await;
        assert_eq!(hits(folder.path(), &wrapped[0]), 0);
        assert!(hits(folder.path(), &wrapped[1]) > 0, "another's is still there");
    });
}

#[test]
fn the_vaults_tables_are_not_dropped_while_they_hold_a_key() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(folder.path()).await;
        house.sqlite.migrate_down(1, false).await.unwrap();
        house.sqlite.close().await;
        let house = House::open(folder.path()).await;
        let workspace = house.workspace().await;
        let put = house.may(workspace, Operation::PutCredential).await;
        let (provider, name) = ("hunter".parse().unwrap(), "Main".to_owned());
        let value = NewValue::key("a key");
        house.vault.put(put, NewCredential { provider, name, value }).await.unwrap();
        let refusal = house.sqlite.migrate_down(1, false).await.unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Conflict);
        house.sqlite.migrate_down(1, true).await.unwrap();
        house.sqlite.close().await;
        let house = House::open(folder.path()).await;
        assert!(house.store.credentials(workspace).await.unwrap().is_empty());
    });
}
