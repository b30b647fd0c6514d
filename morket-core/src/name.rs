//! Names of fields and providers, restricted so that a step's textual key is injective.

use crate::{Error, JobId, Result, ledger::Key};
use std::{fmt, sync::Arc};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $field:literal, $allowed:expr, $rule:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest name in characters.
            pub const MAX: usize = 64;

            /// A name, or an error that says what is wrong with it.
            pub fn new(text: impl Into<Arc<str>>) -> Result<Self> {
                let text = text.into();
                let allowed: fn(u8) -> bool = $allowed;
                if text.is_empty() || text.len() > Self::MAX || !text.bytes().all(allowed) {
                    return Err(Error::invalid("name", $field, $rule).with("name", text));
                }
                Ok(Self(text))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <Box<str>>::deserialize(from)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A field, e.g. `email`; a verifier's step uses `email__verify_1`.
    FieldName, "field", |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'),
        "must be 1 to 64 of a-z, 0-9 and _";
    /// A provider's slug, e.g. `people-data-labs`.
    ProviderSlug, "provider", |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'),
        "must be 1 to 64 of a-z, 0-9 and -";
}

impl FieldName {
    /// A name a user may give to a field: names with `__` belong to the engine.
    pub fn of_user(text: &str) -> Result<Self> {
        if text.contains("__") {
            return Err(Error::invalid("name", "field", "`__` is reserved").with("name", text));
        }
        Self::new(text)
    }
}

/// The identity of a decision and of a charge, as text: `{job}:{record}:{field}:{provider}`.
///
/// ```
/// use morket_core::{JobId, name::{FieldName, ProviderSlug, step_key}};
///
/// let key = step_key(
///     JobId(uuid::Uuid::nil()), 7, &FieldName::new("email")?, &ProviderSlug::new("hunter")?);
/// assert_eq!(key.as_str(), "00000000-0000-0000-0000-000000000000:7:email:hunter");
/// # Ok::<(), morket_core::Error>(())
/// ```
pub fn step_key(job: JobId, record: u32, field: &FieldName, provider: &ProviderSlug) -> Key {
    // 36 + 10 + 64 + 64 characters and three colons: always inside `Key::MAX`, always ASCII.
    Key::new(format!("{job}:{record}:{field}:{provider}")).expect("restricted names fit a key")
}
