//! A store, a vault over it, and short words for what the tests do with both.

use morket_core::{
    Access, CredentialId, Result, Timestamp, UserId, WorkspaceId,
    audit::{Action, AuditStore, NewAudit},
    memory::MemoryStore,
    page::Limit,
    rbac::{Allowed, Operation, Principal},
    rng::random,
    vault::{
        CredentialStore, CredentialView, KeyRing, MasterKey, NewCredential, NewValue,
        OpenedCredential, Vault, Verify,
    },
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_testkit::{ManualClock, SeededRng, fresh};
use std::sync::Arc;

pub(crate) struct House {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) access: Access,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Arc<SeededRng>,
}

/// A ring of these master versions, the same keys each time.
pub(crate) fn ring(versions: &[u32], current: u32, minimum: u32) -> KeyRing {
    let master = |version: &u32| {
        let bytes = random::<32>(&SeededRng::new(u64::from(*version)));
        (*version, MasterKey::from_bytes(&bytes).unwrap())
    };
    KeyRing::new(versions.iter().map(master), current, minimum).unwrap()
}

impl House {
    /// With the first master key.
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_000_000_000_000)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let rng = Arc::new(SeededRng::new(7));
        let vault = Vault::new(store.clone(), ring(&[1], 1, 1), clock.clone(), rng.clone());
        let access = Access::new(store.clone());
        Self { store, access, vault: Arc::new(vault), clock, rng }
    }

    /// Another vault over the same store, as another process has one.
    pub(crate) fn vault_over(&self, store: Arc<dyn CredentialStore>, ring: KeyRing) -> Vault {
        Vault::new(store, ring, self.clock.clone(), self.rng.clone())
    }

    pub(crate) async fn workspace(&self) -> WorkspaceId {
        self.workspace_of(None).await
    }

    pub(crate) async fn workspace_of(&self, owner: Option<UserId>) -> WorkspaceId {
        let new = NewWorkspace { owner, ..NewWorkspace::embedded(fresh(), "House") };
        let created = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
        self.store.create_workspace(new, created).await.unwrap().id
    }

    pub(crate) async fn delete_workspace(&self, workspace: WorkspaceId) {
        let deleted = NewAudit { actor: None, action: Action::WorkspaceDeleted, object: None };
        self.store.delete_workspace(workspace, deleted).await.unwrap();
    }

    pub(crate) async fn may(&self, workspace: WorkspaceId, operation: Operation) -> Allowed {
        self.access.allow(Principal::Embedder, workspace, operation).await.unwrap()
    }

    pub(crate) async fn put(&self, workspace: WorkspaceId, value: NewValue) -> CredentialView {
        let may = self.may(workspace, Operation::PutCredential).await;
        self.vault.put(may, new(value)).await.unwrap()
    }

    pub(crate) async fn open(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<OpenedCredential> {
        let may = self.may(workspace, Operation::UseCredential).await;
        self.vault.open(may, id, None).await
    }

    pub(crate) async fn list(&self, workspace: WorkspaceId) -> Vec<CredentialView> {
        let may = self.may(workspace, Operation::ListCredentials).await;
        self.vault.list(may).await.unwrap()
    }

    /// What was noted since the workspace was created.
    pub(crate) async fn log(&self, workspace: WorkspaceId) -> Vec<NewAudit> {
        let limit = Limit::new(Limit::MAX).unwrap();
        let page = self.store.audit_log(workspace, None, limit).await.unwrap();
        page.rows.into_iter().skip(1).map(|row| row.audit).collect()
    }
}

/// A credential for some vendor.
pub(crate) fn new(value: NewValue) -> NewCredential {
    NewCredential { provider: "hunter".parse().unwrap(), name: "Main".into(), value }
}

/// An audit row that nobody looks at.
pub(crate) fn noted() -> NewAudit {
    NewAudit { actor: None, action: Action::CredentialUpdated, object: None }
}

/// What a thief with a hand in the store would have it check.
pub(crate) fn unchecked() -> Verify {
    Arc::new(|_| Ok(()))
}
