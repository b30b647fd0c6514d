//! What a worker tells its witness: a line before each operation, a line after its answer.

use std::{
    fmt,
    io::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// One operation, complete enough to be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is done.
    pub kind: String,
    /// Its name: a ledger key, or an id.
    pub key: String,
    /// Credits, or records.
    pub amount: i64,
    /// What else it needs: a hold, a job, the key of a capture; `-` for nothing.
    pub extra: String,
}

impl Line {
    /// An operation.
    pub fn new(kind: &str, key: impl fmt::Display, amount: i64, extra: impl fmt::Display) -> Self {
        Self { kind: kind.to_owned(), key: key.to_string(), amount, extra: extra.to_string() }
    }

    /// Out of the words of a line.
    pub fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (kind, key) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (amount, extra) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        Some(Self { kind, key, amount, extra })
    }

    /// Its name as it is compared: ids are written with hyphens here and without them there.
    pub fn bare_key(&self) -> String {
        self.key.replace('-', "")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.kind, self.key, self.amount, self.extra)
    }
}

/// The worker's side of the pipe. What it wrote is in the pipe when the worker dies.
#[derive(Debug, Default)]
pub struct Teller {
    next: AtomicU64,
    pipe: Mutex<()>,
}

impl Teller {
    /// Say that an operation begins.
    pub fn started(&self, line: &Line) -> u64 {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        self.tell(&format!("S {id} {line}"));
        id
    }

    /// Say that it was acknowledged.
    pub fn acknowledged(&self, id: u64) {
        self.tell(&format!("A {id}"));
    }

    /// Say that the store refused it, knowing that nothing was done.
    pub fn refused(&self, id: u64) {
        self.tell(&format!("R {id}"));
    }

    /// Say anything else. Without a witness there is nothing to work for: the worker ends.
    pub fn tell(&self, line: &str) {
        let _one_at_a_time = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            std::process::exit(1);
        }
    }
}
