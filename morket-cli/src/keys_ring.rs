//! The master keys as a store of runs needs them: secrets of its webhooks are sealed under them,
//! and more than one machine may share it.

use crate::{keys::KeyFile, keys_master::MasterFile};
use morket::{
    Error, ErrorKind, Morket, OsRng, Result, WorkspaceId,
    rng::random,
    vault::{KeyRing, MasterKey, Purpose, Vault, WrappedKey},
};

impl KeyFile {
    /// What seals secrets in this store: the master key is made when there is none, unless the
    /// store holds what another one sealed.
    pub async fn sealing_vault(&self, store: &Morket, at: WorkspaceId) -> Result<Vault> {
        let sealed = sealed(store, at).await?;
        if sealed.is_none() && self.given_master().is_none() {
            self.master()?;
        }
        Ok(store.vault(self.ring_that_opens(sealed)?))
    }

    /// What opens secrets in this store, also when its master key changes or comes meanwhile:
    /// then it is read again, and where that fails `told` is.
    pub async fn opening_vault(
        &self,
        store: &Morket,
        at: WorkspaceId,
        told: impl Fn(&Error) + Send + Sync + 'static,
    ) -> Result<Vault> {
        let sealed = sealed(store, at).await?;
        let vault = match sealed.is_none() && self.ring().is_err() {
            true => self.closed_vault(store)?,
            false => store.vault(self.ring_that_opens(sealed)?),
        };
        let keys = self.clone();
        Ok(vault.reloading(move || keys.ring().inspect_err(&told)))
    }

    /// For what neither seals nor opens: a vault with whatever keys there are, or none.
    pub fn closed_vault(&self, store: &Morket) -> Result<Vault> {
        // Nothing was ever sealed under this one, and nothing will be.
        let nobodys = || {
            let hex: String = random::<32>(&OsRng).iter().map(|it| format!("{it:02x}")).collect();
            KeyRing::new([(u32::MAX, MasterKey::parse(&hex)?)], u32::MAX, u32::MAX)
        };
        Ok(store.vault(self.ring().or_else(|_| nobodys())?))
    }

    /// The master keys: `MORKET_MASTER_KEY`, else the file; none is made.
    pub fn ring(&self) -> Result<KeyRing> {
        if let Some(hex) = self.given_master() {
            return KeyRing::new([(1, MasterKey::parse(hex.expose().trim())?)], 1, 1);
        }
        let path = self.master_path();
        if !path.exists() {
            return Err(absent(&format!(
                "secrets of this store's webhooks are sealed under a master key that is not here: \
                 copy {} from the machine that added them, or set MORKET_MASTER_KEY if they have \
                 it from there",
                path.display()
            )));
        }
        MasterFile::read(&path)?.ring()
    }

    /// The ring, if it opens what is sealed already.
    fn ring_that_opens(&self, sealed: Option<WrappedKey>) -> Result<KeyRing> {
        let ring = self.ring()?;
        let Some(Err(error)) = sealed.map(|it| it.unwrap(&ring)) else { return Ok(ring) };
        let here = match self.given_master() {
            Some(_) => "MORKET_MASTER_KEY".to_owned(),
            None => format!("the one in {}", self.master_path().display()),
        };
        let message = format!(
            "secrets of this store's webhooks are sealed under another master key than {here}: \
             bring the one of the machine that added them, or do it there"
        );
        Err(absent(&message).caused_by(error))
    }
}

fn absent(message: &str) -> Error {
    Error::new(ErrorKind::KeyUnavailable, "keys.ring", message)
}

/// The data key that secrets of webhooks are under in this store, if there are some.
async fn sealed(store: &Morket, at: WorkspaceId) -> Result<Option<WrappedKey>> {
    store.store().data_key(at, Purpose::WebhookSecrets, None).await
}
