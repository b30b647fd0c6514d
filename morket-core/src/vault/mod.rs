//! Where vendor keys rest: what wraps what, and what a thief of the database is left with.
//!
//! ```text
//! master key, version m        operator's environment, never stored   [`MasterKey`], [`KeyRing`]
//!   └─ wrapping key            HKDF(master, salt = H(workspace), info = purpose), never stored
//!        └─ data key           32 random bytes, stored wrapped, one row per workspace and purpose
//!             └─ credential    stored sealed, bound to workspace, credential, provider and field
//! ```
//!
//! Three layers, for three things that happen to keys:
//!
//! * **The master key is replaced.** Each workspace's one row is wrapped anew
//!   ([`WrappedKey::rewrap`]); no credential is touched, and each row says which master version
//!   opens it, so rows of both kinds are readable while it goes on. Afterwards the ring's minimum
//!   is raised and the old master opens nothing.
//! * **A workspace is deleted.** Its row is destroyed, and with it every credential, for
//!   one who holds the master key too: the data key was random. Old backups, and pages a
//!   database has not reused yet, hold the wrapped key until they go.
//! * **A row is moved.** Every seal is bound to its [`Context`]; a ciphertext copied to another
//!   workspace, credential, provider or field does not open.
//!
//! The nonces of a key are random, so each key has a [`SealBudget`] that ends long before they
//! could repeat.
//!
//! All of that is functions of their arguments: the store is the caller's, as is the randomness.
//! [`Vault`] puts them together over a [`CredentialStore`]; it is what callers use.
//!
//! ```
//! use morket_core::{Rng, Timestamp, WorkspaceId, CredentialId};
//! use morket_core::vault::{self, DataKey, KeyRing, MasterKey, Purpose};
//!
//! # #[derive(Debug)] struct Dice(std::sync::atomic::AtomicU8);
//! # impl Rng for Dice {
//! #     fn fill(&self, bytes: &mut [u8]) {
//! #         bytes.fill_with(|| self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed));
//! #     }
//! # }
//! # let rng = Dice(1.into());
//! # let now = Timestamp::default();
//! let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
//! let master = MasterKey::parse(hex)?;
//! let ring = KeyRing::new([(1, master)], 1, 1)?;
//!
//! let workspace = WorkspaceId::new(now, &rng);
//! let (data_key, row) = DataKey::create(&ring, workspace, Purpose::Credentials, 1, &rng)?;
//!
//! let place = data_key.context(CredentialId::new(now, &rng), "hunter", "api_key");
//! let sealed = vault::seal_verified(data_key.key(), &place.aad(), b"sk_live_1234", &rng)?;
//!
//! let opened = vault::open(row.unwrap(&ring)?.key(), &place.aad(), &sealed)?;
//! assert_eq!(opened.expose(), b"sk_live_1234");
//! # Ok::<(), morket_core::Error>(())
//! ```

mod budget;
mod context;
mod credential;
mod data_key;
mod derive;
mod mask;
mod master;
mod rotate;
mod seal;
mod service;
mod store;
mod view;
mod webhook;

pub use budget::SealBudget;
pub use context::Context;
pub use credential::{
    CredentialStatus, SealedCredential, SealedField, SealedValue, StoredCredential, decode_fields,
    encode_fields,
};
pub use data_key::{DataKey, WrappedKey};
pub use derive::{Purpose, wrapping_key};
pub use mask::{last4, mask};
pub use master::{KeyRing, MasterKey};
pub use rotate::{KeyFailure, Rotation};
pub use seal::{MAX_SECRET_BYTES, check_sealed, open, seal, seal_verified};
pub use service::Vault;
pub use store::{CredentialStore, KeyPlace, Verify, refusal};
pub use view::{CredentialView, NewCredential, NewValue, OpenedCredential};

use crate::Secret;

/// Bytes in every key of the vault.
pub const KEY_BYTES: usize = 32;

/// A key of AES-256, whichever layer it belongs to.
pub type Key = Secret<[u8; KEY_BYTES]>;
