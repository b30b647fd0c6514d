//! Wrapping keys: one per workspace and purpose, derived when needed and never stored.

use super::{KEY_BYTES, Key, MasterKey};
use crate::{Error, Result, Secret, WorkspaceId};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What a data key is for. Keys of two purposes have nothing in common.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Purpose {
            $($(#[$doc])* $name,)*
        }

        impl Purpose {
            /// Every purpose there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable word a store writes down.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// What HKDF is told: scheme, version of the scheme, purpose.
            const fn info(self) -> &'static str {
                match self { $(Self::$name => concat!("morket/v1/", $code)),* }
            }
        }
    };
}

purposes! {
    /// Vendor keys of a workspace.
    Credentials = "credentials";
    /// Secrets that outgoing webhooks are signed with.
    WebhookSecrets = "webhook-secrets";
    /// Tokens that other systems gave us (OAuth of a CRM).
    Tokens = "tokens";
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Purpose {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self> {
        let known = Self::ALL.iter().find(|purpose| purpose.code() == code).copied();
        known.ok_or_else(|| Error::invalid("vault.purpose", "purpose", "not one of ours"))
    }
}

/// The key that wraps `workspace`'s data key for `purpose`.
///
/// The salt is a hash of the workspace, so the keys of two workspaces are as independent as those
/// of two masters; no table of salts has to be kept for it.
pub fn wrapping_key(master: &MasterKey, workspace: WorkspaceId, purpose: Purpose) -> Result<Key> {
    let salt = Sha256::digest(workspace.0.as_bytes());
    let mut key = [0; KEY_BYTES];
    Hkdf::<Sha256>::new(Some(&salt), master.key().expose())
        .expand(purpose.info().as_bytes(), &mut key)
        .map_err(|_| Error::internal("vault.derive", "HKDF refused a length of 32"))?;
    Ok(Secret::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_read_back_from_their_code() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.code().parse::<Purpose>().unwrap(), *purpose);
            assert!(purpose.info().ends_with(purpose.code()));
        }
        assert!("Credentials".parse::<Purpose>().is_err());
    }
}
