//! Sign-in over a store in memory, with its clock, its dice and its threads in hand.

use crate::watched::Watched;
use morket_core::{
    Clock, Error, ErrorKind, Result, Timestamp, UserId,
    identity::{
        Auth, AuthConfig, EmailAddress, HashGate, NewUser, PasswordHash, SigningKey, SigningKeys,
        Spawn, Tokens, User, UserStore,
    },
    memory::MemoryStore,
    rbac::Principal,
};
use morket_testkit::{ManualClock, SeededRng};
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

pub(crate) const RIGHT: &str = "correct horse battery staple";
pub(crate) const WRONG: &str = "incorrect horse battery staple";
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const CORES: usize = 2;

/// A thread per hash; counts them.
#[derive(Debug, Default)]
pub(crate) struct Threads(AtomicUsize);

impl Threads {
    /// How many ran since the last time.
    pub(crate) fn ran(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Spawn for Threads {
    fn blocking(&self, work: Box<dyn FnOnce() + Send>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        thread::spawn(work);
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// Hashes that wait until the test runs them.
#[derive(Default)]
pub(crate) struct Queue(Mutex<VecDeque<Work>>);

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn take(&self) -> Option<Work> {
        self.0.lock().unwrap().pop_front()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue")
    }
}

impl Spawn for Queue {
    fn blocking(&self, work: Work) {
        self.0.lock().unwrap().push_back(work);
    }
}

pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) store: Arc<Watched>,
    pub(crate) threads: Arc<Threads>,
    pub(crate) auth: Auth,
}

pub(crate) fn config() -> AuthConfig {
    let secret: Vec<u8> = (0..32).collect();
    let keys = SigningKeys::new(SigningKey::new("2026-11", secret).unwrap());
    AuthConfig::new("https://morket.example", "morket", keys)
}

pub(crate) fn auth(store: Arc<Watched>, spawn: Arc<dyn Spawn>, clock: Arc<ManualClock>) -> Auth {
    let (tokens, rng) = (config().build().unwrap(), Arc::new(SeededRng::new(7)));
    Auth::new(store, tokens, HashGate::new(CORES), spawn, clock, rng)
}

impl House {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let memory = Arc::new(MemoryStore::new(clock.clone()));
        let store = Arc::new(Watched::over(memory.clone()));
        let threads = Arc::new(Threads::default());
        let auth = auth(store.clone(), threads.clone(), clock.clone());
        Self { clock, memory, store, threads, auth }
    }

    /// Somebody with the right password.
    pub(crate) async fn ada(&self) -> Tokens {
        self.auth.register("ada@example.com", "Ada", RIGHT.to_owned()).await.unwrap()
    }

    /// Somebody with a hash from elsewhere.
    pub(crate) async fn import(&self, email: &str, hash: &str) -> UserId {
        let id = UserId::new(self.clock.now(), &SeededRng::new(email.len() as u64));
        let email = EmailAddress::parse(email).unwrap();
        let password_hash = PasswordHash::stored(hash);
        let new = NewUser { id, email, name: "Old".to_owned(), password_hash };
        self.memory.create_user(new).await.unwrap().id
    }

    /// The only one there is.
    pub(crate) async fn memory_user(&self) -> User {
        self.memory.user_by_email("ada@example.com").await.unwrap().unwrap()
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Result<Tokens> {
        self.auth.login(email, password.to_owned()).await
    }

    pub(crate) async fn is_in(&self, tokens: &Tokens) -> bool {
        match self.auth.authenticate(tokens.access.expose()).await {
            Ok(principal) => principal == Principal::User(tokens.user),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unauthenticated);
                false
            }
        }
    }

    pub(crate) async fn refresh(&self, tokens: &Tokens) -> Result<Tokens> {
        self.auth.refresh(tokens.refresh.expose()).await
    }

    pub(crate) async fn logout(&self, tokens: &Tokens) {
        self.auth.logout(tokens.refresh.expose()).await.unwrap();
    }
}

/// Everything of an error that anybody could look at.
pub(crate) fn shown<T: fmt::Debug>(result: Result<T>) -> String {
    let error: Error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    format!("{error:?} {:?} {:?}", error.facts(), error.message())
}
