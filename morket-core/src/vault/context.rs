//! What a seal is bound to: a ciphertext opens in its own row and nowhere else.

use crate::{CredentialId, WorkspaceId};

/// The place of one sealed secret.
///
/// ```
/// use morket_core::{CredentialId, WorkspaceId, vault::Context};
///
/// # let workspace = WorkspaceId(Default::default());
/// # let credential = CredentialId(Default::default());
/// let place = |provider, field| {
///     Context { workspace, credential, provider, field, data_key_version: 1 }
/// };
/// assert_ne!(place("ab", "c").aad(), place("a", "bc").aad());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context<'a> {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The credential it belongs to.
    pub credential: CredentialId,
    /// The vendor the credential is for.
    pub provider: &'a str,
    /// Which part of the credential (`api_key`, `client_secret`).
    pub field: &'a str,
    /// The version of the data key it is sealed with.
    pub data_key_version: u32,
}

impl Context<'_> {
    /// The associated data of the seal: different for any two different contexts.
    pub fn aad(&self) -> Vec<u8> {
        join([
            b"morket/v1/credential".as_slice(),
            self.workspace.0.as_bytes(),
            self.credential.0.as_bytes(),
            self.provider.as_bytes(),
            self.field.as_bytes(),
            &self.data_key_version.to_be_bytes(),
        ])
    }
}

/// All parts in one string of bytes, each behind its length, so that no two lists read alike.
pub(super) fn join<const N: usize>(parts: [&[u8]; N]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}
