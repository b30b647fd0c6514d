//! Vendors' keys: from the environment, else from a file of the user's own, sealed under a master
//! key that lies beside it. Neither leaves this machine, and no key is ever a flag.

use crate::{exit::Failure, keys_master::MasterFile};
use async_trait::async_trait;
use morket::{
    CredentialId, Error, ErrorKind, Morket, OsRng, Result, Secret, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::Keys,
    name::ProviderSlug,
    rbac::{Operation, Principal},
    vault::{CredentialView, NewCredential, NewValue, Vault},
    workspace::NewWorkspace,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::OnceCell;

/// The one workspace of the file of keys.
const PLACE: WorkspaceId = WorkspaceId(crate::run::WORKSPACE);

/// The variable that holds a provider's key: `MORKET_HUNTER_KEY`.
pub fn variable(provider: &ProviderSlug) -> String {
    format!("MORKET_{}_KEY", provider.as_str().replace('-', "_").to_uppercase())
}

/// What a rotation of the master key came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// The new master key's version.
    pub version: u32,
    /// How many data keys of the file of keys were wrapped anew.
    pub keys: u64,
    /// How many of the store.
    pub stored: u64,
    /// How many of the store are under `MORKET_MASTER_KEY`, and stay so.
    pub left: u64,
}

/// How many were wrapped anew, if none is left behind.
#[cfg(feature = "sqlite")]
fn all(done: morket::vault::Rotation) -> Result<u64> {
    match done.failures.into_iter().next() {
        Some(failure) => Err(failure.error),
        None => Ok(done.rewrapped),
    }
}

#[cfg(feature = "sqlite")]
fn of_another_master(error: Error, file: &MasterFile) -> Error {
    let message = format!(
        "a data key of the store does not open with {}: if MORKET_MASTER_KEY sealed it, set that. \
         The old master key is kept",
        file.path().display()
    );
    Error::new(error.kind(), "keys.rotate", message).caused_by(error)
}

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The user's keys.
#[derive(Clone)]
pub struct KeyFile {
    folder: PathBuf,
    vars: Lookup,
    open: Arc<OnceCell<Opened>>,
}

/// The store of the file, and the vault over it.
type Opened = (Morket, Arc<Vault>);

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl KeyFile {
    /// The keys in this folder, and in these variables.
    pub fn new(folder: &Path, vars: Lookup) -> Self {
        Self { folder: folder.to_owned(), vars, open: Arc::default() }
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.join("keys.db")
    }

    /// The master key's file.
    pub fn master_path(&self) -> PathBuf {
        self.folder.join("master.key")
    }

    fn of_env(&self, provider: &ProviderSlug) -> Option<Secret<String>> {
        let key = (self.vars)(&variable(provider))?;
        (!key.trim().is_empty()).then(|| Secret::new(key.trim().to_owned()))
    }

    /// Whether there is a key, and where.
    pub async fn source(&self, provider: &ProviderSlug) -> Result<Option<String>> {
        if self.of_env(provider).is_some() {
            return Ok(Some(variable(provider)));
        }
        let stored = self.list().await?.into_iter().find(|it| it.provider == *provider);
        Ok(stored.map(|_| "keys file".to_owned()))
    }

    /// The stored keys, masked.
    pub async fn list(&self) -> Result<Vec<CredentialView>> {
        let Some((morket, vault)) = self.opened(false).await? else { return Ok(Vec::new()) };
        let may = morket.access();
        let may = may.allow(Principal::Embedder, PLACE, Operation::ListCredentials).await?;
        vault.list(may).await
    }

    /// Store a key, in the place of the one before.
    pub async fn set(&self, provider: &ProviderSlug, key: Secret<String>) -> Result<String> {
        let _alone = self.alone()?;
        let before = self.list().await?.into_iter().find(|it| it.provider == *provider);
        let opened = self.opened(true).await?;
        let (morket, vault) = opened.ok_or_else(|| Error::internal("keys.set", "not opened"))?;
        let access = morket.access();
        let may = access.allow(Principal::Embedder, PLACE, Operation::PutCredential).await?;
        let value = NewValue { key, secret: None };
        let view = match before {
            Some(before) => vault.replace(may, before.id, value).await?,
            None => {
                let (provider, name) = (provider.clone(), provider.to_string());
                vault.put(may, NewCredential { provider, name, value }).await?
            }
        };
        Ok(view.mask)
    }

    /// Remove a key; whether there was one.
    pub async fn remove(&self, provider: &ProviderSlug) -> Result<bool> {
        let Some(view) = self.list().await?.into_iter().find(|it| it.provider == *provider) else {
            return Ok(false);
        };
        let Some((morket, vault)) = self.opened(false).await? else { return Ok(false) };
        let access = morket.access();
        let may = access.allow(Principal::Embedder, PLACE, Operation::DeleteCredential).await?;
        vault.delete(may, view.id).await?;
        Ok(true)
    }

    /// The file, opened once; nothing if there is none and none is to be made.
    async fn opened(&self, create: bool) -> Result<Option<Opened>> {
        if !create && !self.path().exists() {
            return Ok(None);
        }
        Ok(Some(self.open.get_or_try_init(|| self.open_file()).await?.clone()))
    }

    #[cfg(feature = "sqlite")]
    async fn open_file(&self) -> Result<Opened> {
        private::folder(&self.folder)?;
        let master = self.master()?.ring()?;
        private::file(&self.path())?;
        let morket = Morket::builder().sqlite(self.path()).build().await?;
        let missing = |error: &Error| error.kind() == ErrorKind::NotFound;
        if morket.store().workspace(PLACE).await.as_ref().is_err_and(missing) {
            let new = NewWorkspace::embedded(PLACE, "Keys");
            let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
            morket.store().create_workspace(new, audit).await?;
        }
        // A rotation meanwhile is met by reading the master key's file again.
        let path = self.master_path();
        let vault = morket.vault(master).reloading(move || MasterFile::read(&path)?.ring());
        Ok((morket, Arc::new(vault)))
    }

    #[cfg(not(feature = "sqlite"))]
    async fn open_file(&self) -> Result<Opened> {
        let message = "this build keeps no keys; set MORKET_<PROVIDER>_KEY";
        Err(Error::new(ErrorKind::Unsupported, "keys.open", message))
    }

    /// What `MORKET_MASTER_KEY` holds.
    pub(crate) fn given_master(&self) -> Option<Secret<String>> {
        (self.vars)("MORKET_MASTER_KEY").filter(|it| !it.trim().is_empty()).map(Secret::new)
    }

    /// The master key; made when there is none.
    pub(crate) fn master(&self) -> Result<MasterFile> {
        private::folder(&self.folder)?;
        let path = self.master_path();
        if !path.exists() {
            if self.path().exists() {
                let message = format!("{} is gone; without it no key opens", path.display());
                return Err(Error::new(ErrorKind::KeyUnavailable, "keys.open", message));
            }
            return MasterFile::create(&path, &OsRng);
        }
        MasterFile::read(&path)
    }

    /// Give the file of keys, and the store of runs that is named, a new master key.
    ///
    /// The new one is on disk beside the old before anything is wrapped under it, and the old one
    /// goes when nothing is left under it: whoever is killed in between rotates again and goes on.
    /// With `keep_old` it stays, for other stores that something is sealed in.
    #[cfg(feature = "sqlite")]
    pub async fn rotate(&self, store: Option<&Morket>, keep_old: bool) -> Result<Rotated> {
        let _alone = self.alone()?;
        if !self.path().exists() && !self.master_path().exists() {
            let message = "there are no keys yet: morket keys set hunter";
            return Err(Error::new(ErrorKind::NotFound, "keys.rotate", message));
        }
        let opened = self.opened(false).await?;
        let mut master = self.master()?;
        if master.versions() == 1 {
            master.add(&OsRng)?;
        }
        let mut rotated = Rotated { version: master.newest(), ..Rotated::default() };
        if let Some((_, vault)) = opened {
            vault.use_ring(master.ring()?);
            rotated.keys = all(vault.rewrap_all(100).await?)?;
        }
        if let Some(store) = store {
            let done = store.vault(master.ring()?).rewrap_all(100).await?;
            if self.given_master().is_some() {
                // What the variable seals is none of the file's.
                (rotated.stored, rotated.left) = (done.rewrapped, done.failures.len() as u64);
            } else {
                rotated.stored = all(done).map_err(|error| of_another_master(error, &master))?;
            }
        }
        if !keep_old {
            master.forget_old()?;
        }
        Ok(rotated)
    }

    /// Nobody else changes the file, its master key, or what is sealed under that while this lives.
    #[cfg(feature = "sqlite")]
    pub(crate) fn alone(&self) -> Result<std::fs::File> {
        private::folder(&self.folder)?;
        let path = self.folder.join("keys.lock");
        private::file(&path)?;
        let lock = std::fs::File::open(&path).and_then(|it| it.lock().map(|()| it));
        lock.map_err(|error| unreadable(&path, error))
    }

    #[cfg(not(feature = "sqlite"))]
    #[allow(clippy::unused_self, reason = "with SQLite it locks a file")]
    pub(crate) fn alone(&self) -> Result<()> {
        Ok(())
    }

    /// Open a stored key.
    async fn open_stored(&self, id: CredentialId) -> Result<Option<Secret<String>>> {
        let Some((morket, vault)) = self.opened(false).await? else { return Ok(None) };
        let access = morket.access();
        let may = access.allow(Principal::Embedder, PLACE, Operation::UseCredential).await?;
        Ok(Some(vault.open(may, id, None).await?.key))
    }
}

pub(crate) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let message = format!("{} cannot be used: {error}", path.display());
    Error::new(ErrorKind::KeyUnavailable, "keys.open", message).caused_by(error)
}

#[async_trait]
impl Keys for KeyFile {
    async fn key(&self, _: WorkspaceId, provider: &ProviderSlug) -> Result<Option<Secret<String>>> {
        if let Some(key) = self.of_env(provider) {
            return Ok(Some(key));
        }
        let Some(view) = self.list().await?.into_iter().find(|it| it.provider == *provider) else {
            return Ok(None);
        };
        self.open_stored(view.id).await
    }
}

/// When a key was stored, for people: a day.
pub fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A key from standard input, or from a prompt that does not show it.
pub fn read_hidden(prompt: &str) -> Result<Secret<String>, Failure> {
    use std::io::{BufRead, IsTerminal, Write};
    let terminal = std::io::stdin().is_terminal();
    let mut line = String::new();
    if terminal {
        let mut err = std::io::stderr().lock();
        // Before the prompt: whoever answers at once must not be seen either.
        let silence = Silence::begin();
        write!(err, "{prompt}: ")?;
        err.flush()?;
        std::io::stdin().lock().read_line(&mut line)?;
        drop(silence);
        writeln!(err)?;
    } else {
        // What it was is not repeated: it may be a key all the same.
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|_| Failure::usage("key: standard input does not hold text"))?;
    }
    match line.trim() {
        "" => Err(Failure::usage("no key was given")),
        key if key.contains(char::is_control) => {
            Err(Failure::usage("key: must be one line without control characters"))
        }
        key => Ok(Secret::new(key.to_owned())),
    }
}

/// While it lives, the terminal does not show what is typed.
#[cfg(unix)]
struct Silence(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Silence {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(mut hidden) = before.clone() {
            hidden.local_modes.remove(LocalModes::ECHO);
            // If it cannot be hidden, it is seen by the one who types it.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(std::io::stdin(), now, before);
        }
    }
}

#[cfg(not(unix))]
struct Silence;

#[cfg(not(unix))]
impl Silence {
    fn begin() -> Self {
        Self
    }
}

/// Files that nobody else may read.
pub(crate) mod private {
    use super::unreadable;
    use morket::{Error, ErrorKind, Result};
    use std::{fs::OpenOptions, io::Write, path::Path};

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
    }

    /// A folder for the user alone.
    pub(crate) fn folder(path: &Path) -> Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|error| unreadable(path, error))
    }

    /// An empty file, if there is none.
    pub(crate) fn file(path: &Path) -> Result<()> {
        let made = options().create(true).truncate(false).open(path);
        made.map(drop).map_err(|error| unreadable(path, error))
    }

    /// A file with this in it, which must not be there yet.
    pub(crate) fn create(path: &Path, text: &str) -> Result<()> {
        let made = options().create_new(true).open(path);
        let mut file = made.map_err(|error| unreadable(path, error))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| unreadable(path, error))
    }

    /// Refuses a file that others may read.
    pub(crate) fn check(path: &Path) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let found = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
            if found.permissions().mode() & 0o077 != 0 {
                let path = path.display();
                let message = format!("others may read {path}; run `chmod 600 {path}`");
                return Err(Error::new(ErrorKind::KeyUnavailable, "keys.open", message));
            }
        }
        let _ = (path, ErrorKind::KeyUnavailable);
        Ok::<(), Error>(())
    }
}
