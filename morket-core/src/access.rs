//! Who may do what, asked of the store each time.

use crate::{
    Result, WorkspaceId,
    rbac::{Allowed, Operation, Principal, decide},
    workspace::WorkspaceStore,
};
use std::sync::Arc;

/// The gate before every service. It remembers nothing, so a changed role counts from the next
/// question on.
#[derive(Clone, Debug)]
pub struct Access {
    store: Arc<dyn WorkspaceStore>,
}

impl Access {
    /// A gate that asks this store.
    pub fn new(store: Arc<dyn WorkspaceStore>) -> Self {
        Self { store }
    }

    /// The proof that `principal` may do `operation` in `workspace` as things stand now.
    ///
    /// Who is not a member learns nothing of the workspace, not even that it was there; a deleted
    /// workspace is `NotFound` for all. Who is nobody is refused before anything is read.
    pub async fn allow(
        &self,
        principal: Principal,
        workspace: WorkspaceId,
        operation: Operation,
    ) -> Result<Allowed> {
        let membership = match principal {
            Principal::User(user) => self.store.role_of(workspace, user).await?,
            Principal::Embedder => {
                self.store.workspace(workspace).await?;
                None
            }
            Principal::Anonymous => None,
        };
        decide(principal, workspace, membership, operation)
    }
}
