//! A store that writes down what it is asked, and that can be made to fail.

use async_trait::async_trait;
use morket_core::{
    Error, ErrorKind, Result, SessionId, Timestamp, UserId,
    identity::{
        Admission, HashChange, NewRefresh, NewSession, NewUser, PasswordHash, Rotated, Session,
        SessionStore, TokenHash, User, UserStore,
    },
    memory::MemoryStore,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Watched {
    inner: Arc<MemoryStore>,
    /// Whether nothing is answered.
    pub(crate) down: AtomicBool,
    /// Attempts that were allowed.
    pub(crate) admitted: AtomicUsize,
    calls: Mutex<Vec<&'static str>>,
}

impl Watched {
    pub(crate) fn over(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            down: AtomicBool::default(),
            admitted: AtomicUsize::default(),
            calls: Mutex::default(),
        }
    }

    /// What was asked since the last time.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn asked(&self, name: &'static str) -> Result<&MemoryStore> {
        self.calls.lock().unwrap().push(name);
        match self.down.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::StoreUnavailable, "store", "it is down")),
            false => Ok(&self.inner),
        }
    }
}

macro_rules! delegate {
    ($port:ident { $(async fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)* }) => {
        #[async_trait]
        impl $port for Watched {
            $(async fn $name(&self, $($arg: $ty),*) -> $out {
                let result = $port::$name(self.asked(stringify!($name))?, $($arg),*).await;
                self.note(&result);
                result
            })*
        }
    };
}

/// Counts what was allowed, whatever else an answer may be.
trait Note<T> {
    fn note(&self, result: &T);
}

impl<T: std::any::Any> Note<Result<T>> for Watched {
    fn note(&self, result: &Result<T>) {
        let answer = result.as_ref().ok().map(|it| it as &dyn std::any::Any);
        if answer.and_then(|it| it.downcast_ref()) == Some(&Admission::Allowed) {
            self.admitted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

delegate! { UserStore {
    async fn create_user(new: NewUser) -> Result<User>;
    async fn user(user: UserId) -> Result<User>;
    async fn user_by_email(key: &str) -> Result<Option<User>>;
    async fn set_password_hash(
        user: UserId, hash: PasswordHash, expected: Option<PasswordHash>, change: HashChange
    ) -> Result<()>;
    async fn set_disabled(user: UserId, disabled: bool) -> Result<()>;
    async fn begin_attempt(key: &str) -> Result<Admission>;
    async fn succeed_attempt(key: &str) -> Result<()>;
} }

delegate! { SessionStore {
    async fn open_session(new: NewSession) -> Result<Session>;
    async fn rotate(
        presented: TokenHash,
        successor: NewRefresh,
        grace: Duration
    ) -> Result<Rotated>;
    async fn end_session(presented: TokenHash) -> Result<()>;
    async fn end_all(user: UserId) -> Result<u32>;
    async fn sessions(user: UserId) -> Result<Vec<Session>>;
    async fn is_live(user: UserId, session: SessionId, jti: Uuid) -> Result<bool>;
    async fn revoke_access(jti: Uuid, expires_at: Timestamp) -> Result<()>;
    async fn prune_sessions(before: Timestamp) -> Result<u32>;
} }
