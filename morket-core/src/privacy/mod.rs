//! People who are to be left alone, and people who are to be forgotten.
//!
//! A [suppression](SuppressionStore) says that somebody is not to be asked about: it binds before
//! anything is spent. An [erasure](ErasureStore) removes what was kept about somebody and leaves a
//! receipt. Both name people by an [`Identifier`]; a list keeps only its [`Fingerprint`], so that
//! it never becomes a list of addresses itself.
//!
//! A fingerprint is keyed by a random [`PrivacyKey`] that lies beside the list, one for each
//! workspace: lists of two workspaces have nothing in common, an export takes the key along, and a
//! deleted workspace loses it. It keeps a list from being read or compared. Whoever holds list and
//! key may try out addresses: nothing could keep a small space from that.

mod answers;
mod erase;
mod identifier;
mod list;
mod redact;
mod search;

pub use answers::{OwnAnswers, key_text, known_values};
pub use erase::{Cause, Erased, Erasure, ErasureStore, Expiry, Receipt};
pub use identifier::{Fingerprint, Identifier, IdentifierKind, PrivacyKey};
pub use list::{
    Added, BATCH, NewSuppression, SCREEN, Screening, Source, Suppression, SuppressionStore,
};
pub use redact::{
    Named, erased_cell, erased_composition, erased_payload, named, redact_delivery, without,
};
pub use search::Search;
