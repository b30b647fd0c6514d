//! Secrets of webhooks in the vault: sealed with a data key of their own purpose, each bound to its
//! endpoint.

use super::{Purpose, Vault, context::join, open, refusal, seal_verified};
use crate::{
    Error, Result, WebhookId, WorkspaceId,
    webhook::{SealedSecret, SigningSecret},
};

fn aad(workspace: WorkspaceId, webhook: WebhookId, version: u32) -> Vec<u8> {
    join([
        b"morket/v1/webhook-secret".as_slice(),
        workspace.0.as_bytes(),
        webhook.0.as_bytes(),
        &version.to_be_bytes(),
    ])
}

impl Vault {
    /// The secret, sealed for this endpoint.
    pub(crate) async fn seal_webhook_secret(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        secret: &SigningSecret,
    ) -> Result<SealedSecret> {
        let key = self.sealing_key(workspace, Purpose::WebhookSecrets, 1).await?;
        let aad = aad(workspace, webhook, key.version());
        let sealed = seal_verified(key.key(), &aad, secret.bytes(), &*self.rng)?;
        Ok(SealedSecret { sealed, data_key_version: key.version(), since: None, until: None })
    }

    /// A secret that was sealed for this endpoint, and for no other.
    pub(crate) async fn open_webhook_secret(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        secret: &SealedSecret,
    ) -> Result<SigningSecret> {
        let version = secret.data_key_version;
        let key = self.unwrapped(workspace, Purpose::WebhookSecrets, Some(version)).await?;
        let key = key.ok_or_else(|| refusal::no_key("webhook.open"))?;
        let opened = open(key.key(), &aad(workspace, webhook, version), &secret.sealed)?;
        SigningSecret::from_bytes(opened.expose().clone())
            .map_err(|error| Error::internal("webhook.open", "a wrong length").caused_by(error))
    }
}
