//! Stores to move from and to, and random things in them.

use async_trait::async_trait;
use morket::{
    Clock, JobId, Morket, Result, SessionId, TokenId, UserId, WorkspaceId,
    identity::{
        EmailAddress, NewRefresh, NewSession, NewUser, PasswordHash, Token, TokenKind, User,
    },
    rbac::{Operation, Principal},
    vault::{KeyRing, MasterKey, NewCredential, NewValue, Vault},
};
use morket_testkit::{ManualClock, StoreClock, Subject, equivalence, fresh};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use uuid::Uuid;

const START: i64 = 1_795_000_000_000_000;
const DAY: Duration = Duration::from_secs(86_400);

/// A store and what keeps it there.
pub(crate) struct House {
    pub(crate) morket: Morket,
    clock: Arc<ManualClock>,
    _folder: Option<TempDir>,
}

/// The server's clock goes by itself.
struct Goes;

#[async_trait]
impl StoreClock for Goes {
    async fn advance(&self, _: Duration) {}

    async fn now(&self) -> morket::Timestamp {
        morket::SystemClock::new().now()
    }
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        let clock = Arc::new(ManualClock::at(morket::Timestamp::from_micros(START)));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("morket.db");
        let options = morket::sqlite::SqliteOptions::new(file).volatile();
        let builder = Morket::builder().sqlite_with(options).clock(clock.clone());
        Self { morket: builder.build().await.unwrap(), clock, _folder: Some(folder) }
    }

    /// A schema of its own, or `None` where there is no server.
    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Option<Self> {
        let test = std::thread::current().name().unwrap_or("moving").to_owned();
        let url = morket_testkit::service::postgres_url(&test)?;
        let mut options = morket::postgres::PostgresOptions::new(url);
        options.schema = format!("moving_{}", Uuid::simple(fresh()));
        options.allow_volatile = true;
        options.connections = 2;
        let clock = Arc::new(ManualClock::at(morket::Timestamp::from_micros(START)));
        let builder = Morket::builder().postgres_with(options);
        Some(Self { morket: builder.build().await.unwrap(), clock, _folder: None })
    }

    fn subject(&self) -> Subject {
        let store = self.morket.store().clone();
        match self._folder {
            Some(_) => Subject::new(store, self.clock.clone()),
            None => Subject::new(store, Arc::new(Goes)),
        }
    }

    /// Random data in every table: what random sequences of calls leave, with people who signed in
    /// and keys of vendors.
    pub(crate) async fn fill(&self, rounds: usize) -> Credential {
        equivalence::populate(&self.subject(), rounds).await;
        for _ in 0..rounds {
            self.sign_in().await;
        }
        self.credential().await
    }

    async fn sign_in(&self) {
        let store = self.morket.store();
        let email = format!("Ünal.{}@Example.com", Uuid::simple(fresh()));
        let email = EmailAddress::parse(&email).unwrap();
        let password_hash = PasswordHash::stored("$argon2id$none");
        let new =
            NewUser { id: fresh(), email, name: "\"Ü\\nal\" \u{1f980}".into(), password_hash };
        let user: User = store.create_user(new).await.unwrap();
        let (first, second) = (self.token(), self.token());
        let session = NewSession {
            id: fresh::<SessionId>(),
            user: user.id,
            password_version: user.password_version,
            token: first,
            family_lifetime: DAY,
        };
        store.open_session(session).await.unwrap();
        store.rotate(first.hash, second, Duration::ZERO).await.unwrap();
        store.begin_attempt(user.email.key()).await.unwrap();
        store.revoke_access(fresh(), self.morket.clock().now()).await.unwrap();
    }

    fn token(&self) -> NewRefresh {
        let token = Token::issue(TokenKind::Refresh, self.morket.rng().as_ref());
        NewRefresh { id: fresh::<TokenId>(), hash: token.hash(), lifetime: DAY }
    }

    /// A vendor's key, sealed, that a job has used.
    async fn credential(&self) -> Credential {
        let owner: UserId = fresh();
        let new = morket::workspace::NewWorkspace::embedded(fresh(), "Vault of one");
        let new = morket::workspace::NewWorkspace { owner: Some(owner), ..new };
        let workspace = new.id;
        self.morket
            .store()
            .create_workspace(new, morket_testkit::subject::created())
            .await
            .unwrap();
        let value = NewValue { key: KEY.to_owned().into(), secret: None };
        let provider = "hunter".parse().unwrap();
        let put = self.allow(workspace, Operation::PutCredential).await;
        let new = NewCredential { provider, name: "Main".into(), value };
        let id = self.vault().put(put, new).await.unwrap().id;
        let credential = Credential { workspace, id };
        self.open(&credential).await.unwrap();
        credential
    }

    async fn allow(&self, workspace: WorkspaceId, what: Operation) -> morket::rbac::Allowed {
        self.morket.access().allow(Principal::Embedder, workspace, what).await.unwrap()
    }

    fn vault(&self) -> Vault {
        let master = MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        self.morket.vault(KeyRing::new([(1, master)], 1, 1).unwrap())
    }

    /// Open the vendor's key for a job.
    pub(crate) async fn open(&self, credential: &Credential) -> Result<String> {
        let usable = self.allow(credential.workspace, Operation::UseCredential).await;
        let job: JobId = fresh();
        let opened = self.vault().open(usable, credential.id, Some(job)).await?;
        Ok(opened.key.expose().clone())
    }

    pub(crate) async fn export(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        self.morket.export(&mut lines).await.unwrap();
        lines
    }
}

/// What every vendor's key here is.
pub(crate) const KEY: &str = "sk_live_abcd1234";

/// Where a vendor's key lies.
pub(crate) struct Credential {
    workspace: WorkspaceId,
    id: morket::CredentialId,
}
