//! Passwords: argon2id for every new hash, old bcrypt hashes until their owner comes back.
//!
//! | Stored | Verifies | Is replaced |
//! |---|---|---|
//! | argon2id, at least 19456 KiB, t = 2, p = 1 | yes | no |
//! | argon2id, weaker | yes | yes |
//! | bcrypt (`$2a$`, `$2b$`, `$2y$`), cost 12 or more | yes | yes |
//! | anything else | never: its owner resets the password | |
//!
//! bcrypt reads 72 bytes and stops at a NUL as if the password began again, so different passwords
//! share a hash. A password that is longer or holds a NUL therefore never verifies against it.

use super::{PasswordHash, guessable::is_guessable};
use crate::{Error, Result, Rng, Secret, rng::random};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash as Phc,
};
use std::fmt;

/// Memory of a new hash, in KiB.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes of a new hash.
pub const PASSES: u32 = 2;
/// Lanes of a new hash.
pub const LANES: u32 = 1;
/// The lowest bcrypt cost that still counts.
pub const BCRYPT_COST: u32 = 12;

/// What one verification may cost at most: a corrupt row must not take the process's memory.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 64;
const MAX_BCRYPT_COST: u32 = 20;

const SALT_BYTES: usize = 16;
const SHORTEST_TAG: usize = 16;
const BCRYPT_READS: usize = 72;

/// Nobody's password: random salt, random tag, today's cost.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Yx1qJ3uTq0a5QkZ7m2VbLw\
    $3Jm0p8mQb1z6Yt9XcK4oVvR2sHnW5uDgE7fLqAxTiCk";

/// A password as someone typed it: every byte counts, nothing is trimmed or normalised.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

impl Password {
    /// A password that is being chosen: 12 to 128 characters, of any kind, that are more than what
    /// is guessed first: common words, rows of keys, years, and `own`, what its owner's address and
    /// name are made of.
    pub fn chosen(text: impl Into<Secret<String>>, own: &[&str]) -> Result<Self> {
        let text = text.into();
        let problem = match text.expose().chars().count() {
            12..=128 if is_guessable(text.expose(), own) => {
                "is easy to guess: add words that are not common, nor your name or address"
            }
            12..=128 => return Ok(Self(text)),
            _ => "must have 12 to 128 characters",
        };
        Err(Error::invalid("identity.password", "password", problem))
    }

    /// A password that is being shown: it may be older than today's rules.
    pub fn presented(text: impl Into<Secret<String>>) -> Self {
        Self(text.into())
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// What a verification found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the right one.
    pub ok: bool,
    /// It is, and the stored hash is to be replaced by a new one. Never true when `ok` is false.
    pub needs_upgrade: bool,
}

/// Hash `password` with a fresh salt. Blocks for tens of milliseconds: call it inside a
/// [`HashGate`](super::HashGate).
pub fn hash(password: &Password, rng: &dyn Rng) -> Result<PasswordHash> {
    let failed = |error: &dyn fmt::Display| Error::internal("identity.hash", error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.bytes(), &random::<SALT_BYTES>(rng))
        .map(|phc| PasswordHash::stored(phc.to_string()))
        .map_err(|error| failed(&error))
}

/// Whether `password` is the one that `stored` was made of. Blocks as [`hash`] does.
pub fn verify(password: &Password, stored: &str) -> Verdict {
    let (ok, needs_upgrade) = match Scheme::of(stored) {
        Some(Scheme::Argon2id { phc, weak }) => (matches_argon2(password, &phc), weak),
        Some(Scheme::Bcrypt) => (matches_bcrypt(password, stored), true),
        None => return verify_nobody(password),
    };
    Verdict { ok, needs_upgrade: ok && needs_upgrade }
}

/// Verify against no account at all: the time of [`verify`], and always no.
pub fn verify_nobody(password: &Password) -> Verdict {
    if let Some(Scheme::Argon2id { phc, .. }) = Scheme::of(DUMMY) {
        std::hint::black_box(matches_argon2(password, &phc));
    }
    Verdict::default()
}

enum Scheme {
    Argon2id { phc: Box<Phc>, weak: bool },
    Bcrypt,
}

impl Scheme {
    /// The scheme of a stored hash, if it is one that may verify.
    fn of(stored: &str) -> Option<Self> {
        if stored.starts_with("$argon2id$") { Self::argon2id(stored) } else { Self::bcrypt(stored) }
    }

    fn argon2id(stored: &str) -> Option<Self> {
        let phc = Phc::new(stored).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let affordable = params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES;
        let complete = phc.salt.is_some() && phc.hash?.as_bytes().len() >= SHORTEST_TAG;
        let weak = params.m_cost() < MEMORY_KIB
            || params.t_cost() < PASSES
            || params.p_cost() < LANES
            || phc.version != Some(Version::V0x13.into());
        (affordable && complete).then(|| Self::Argon2id { phc: Box::new(phc), weak })
    }

    fn bcrypt(stored: &str) -> Option<Self> {
        let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix));
        let cost = stored.parse::<bcrypt::HashParts>().ok()?.get_cost();
        (known && (BCRYPT_COST..=MAX_BCRYPT_COST).contains(&cost)).then_some(Self::Bcrypt)
    }
}

fn matches_argon2(password: &Password, phc: &Phc) -> bool {
    Argon2::default().verify_password(password.bytes(), phc).is_ok()
}

/// The hash is computed even when the answer is settled, so that both answers take as long.
fn matches_bcrypt(password: &Password, stored: &str) -> bool {
    let whole = password.bytes().len() <= BCRYPT_READS && !password.bytes().contains(&0);
    let same = bcrypt::verify(password.bytes(), stored).unwrap_or(false);
    whole & same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dummy_costs_what_a_new_hash_costs() {
        assert!(matches!(Scheme::of(DUMMY), Some(Scheme::Argon2id { weak: false, .. })));
        let params = Params::try_from(&Phc::new(DUMMY).unwrap()).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, 1));
    }
}
